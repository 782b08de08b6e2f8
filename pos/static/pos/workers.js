// The scripts that run beside the page: its service worker, the search, the mirror of the journal. Trusted Types let no other
// address become one.

export const SERVICE_WORKER = "/pos/sw.js";

/** @type {((url: string) => unknown) | undefined} */
let trust;

/** The address as the browser wants it. @param {string} address @returns {string} */
export function trusted(address) {
  const { trustedTypes } = /** @type {{trustedTypes?: TrustedTypesLike}} */ (/** @type {unknown} */ (globalThis));
  if (!trustedTypes) return address;
  const policy = (trust ??= makePolicy(trustedTypes));
  return /** @type {string} */ (policy(address));
}

/** @param {TrustedTypesLike} trustedTypes @returns {(url: string) => unknown} */
function makePolicy(trustedTypes) {
  const policy = trustedTypes.createPolicy("till-sw", {
    createScriptURL(url) {
      if (url !== SERVICE_WORKER && !Object.values(addresses()).includes(url)) throw new TypeError(`not one of the till's workers: ${url}`);
      return url;
    },
  });
  return (url) => policy.createScriptURL(url);
}

/** As the page that the server made names them: `data-worker-search` is the search's. @returns {Record<string, string>} */
function addresses() {
  const { dataset } = document.body;
  return Object.fromEntries(Object.entries(dataset).flatMap(([name, address]) => (name.startsWith("worker") && address ? [[name.slice(6).toLowerCase(), address]] : [])));
}

/** @param {string} name "search" or "mirror" @returns {Worker} */
export function startWorker(name) {
  return new Worker(trusted(addresses()[name]), { type: "module", name });
}
