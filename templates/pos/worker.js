// Opens the till without a line. The page is asked for first and kept; what it is made of has its content's hash in its
// name and is taken from here. Nothing else passes through: sales are sent by the page alone.
// LIST and VERSION stand before it when it is served.

const PAGE = "/pos/";
const PAGE_WAIT_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(page(event.request));
  else if (LIST.includes(pathname)) event.respondWith(part(event.request));
});

async function keepAll() {
  const cache = await caches.open(VERSION);
  await cache.addAll([PAGE, ...LIST]);
}

async function dropOthers() {
  for (const name of await caches.keys()) if (name !== VERSION) await caches.delete(name);
}

/** @param {Request} request */
async function page(request) {
  const cache = await caches.open(VERSION);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PAGE_WAIT_MS) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer;
  } catch (error) {
    const kept = await cache.match(PAGE);
    if (kept) return kept;
    throw error;
  }
}

/** @param {Request} request */
async function part(request) {
  const cache = await caches.open(VERSION);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}
