// Opens the till without a line. A release is a page and all it is made of, kept together under its own name and used
// together: what this worker gives out is of one release, whatever the server has by now. A newer release is fetched whole,
// waits, and takes over when the page asks for it, between two sales. Nothing else passes through: sales are sent by the
// page alone. LIST and VERSION stand before it when it is served.

const PAGE = "/pos/";
const STATIC = "/static/";

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder().then(() => self.clients.claim())));

self.addEventListener("message", (event) => {
  // Not waited for: an event that is still open here would keep the next release out.
  if (event.data === "take over") void self.skipWaiting();
  if (event.data === "all here?") event.waitUntil(complete().then((all) => event.ports[0].postMessage(all)));
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(page(event.request));
  else if (LIST.includes(pathname) || pathname.startsWith(STATIC)) event.respondWith(part(event.request));
});

/** All or nothing: a page of another release than this list is no page to keep. */
async function keepAll() {
  const fresh = await fetch(PAGE, { cache: "reload" });
  if (!fresh.ok || !(await fresh.clone().text()).includes(VERSION)) throw new Error("the server has another release");
  const cache = await caches.open(VERSION);
  await cache.addAll(LIST);
  await cache.put(PAGE, fresh);
}

/** The release before this one stays: another window may still show it, and its later parts. */
async function dropOlder() {
  const older = (await caches.keys()).filter((name) => name !== VERSION);
  for (const name of older.slice(0, -1)) await caches.delete(name);
}

/** Whether the till opens without a line; what the browser has thrown away is fetched again. */
async function complete() {
  const cache = await caches.open(VERSION);
  const kept = await Promise.all([PAGE, ...LIST].map((address) => cache.match(address)));
  if (kept.every(Boolean)) return true;
  return keepAll().then(() => true, () => false);
}

/** @param {Request} request */
async function page(request) {
  const cache = await caches.open(VERSION);
  return (await cache.match(PAGE)) ?? fetch(request);
}

/** @param {Request} request */
async function part(request) {
  const cache = await caches.open(VERSION);
  // The address names the content: no header makes it another.
  const any = { ignoreVary: true };
  return (await cache.match(request, any)) ?? (await caches.match(request, any)) ?? fetch(request);
}
