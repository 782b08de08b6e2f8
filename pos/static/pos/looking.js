// The search of this till: asked in the page, and answered at once, over what a worker has made ready.
import { find } from "./search.js";
import { warm } from "./warming.js";
import { startWorker } from "./workers.js";

/** @type {SearchIndex | undefined} */
let index;
let tell = () => {};
/** @type {Promise<void> | undefined} */
let warming;
/** When something was read, or could not be, for the first time. @type {Promise<void>} */
export const ready = new Promise((done) => (tell = done));

export function isReady() {
  return index !== undefined;
}

/** @param {string} query @returns {string[]} ids of things, best first */
export function look(query) {
  return index ? find(index, query) : [];
}

/** @param {SearchIndex | null} made null when it could not be read: what was before is searched on */
function take(made) {
  if (made) index = made;
  performance.mark("searchable");
  tell();
  warming ??= warm(look).catch(console.warn);
}

/** In the page where there is no worker. */
function readHere() {
  import("./searching.js").then(({ readIndex }) => readIndex()).then(take, (error) => (console.warn(error), take(null)));
}

/** Everything that is kept is read anew, beside the page. @type {() => void} */
export let read = () => {
  const worker = startWorker("search");
  worker.onmessage = ({ data }) => take(data);
  worker.onerror = (event) => {
    console.warn(event);
    read = readHere;
    read();
  };
  read = () => worker.postMessage(0);
  read();
};
