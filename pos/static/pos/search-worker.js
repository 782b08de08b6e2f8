// Makes ready what the search looks through, away from the page: told that what is kept has changed, it answers with all of it.
import { readIndex } from "./searching.js";

let reading = Promise.resolve();

/** One after the other: the last one read is the newest. Null when it could not be read: what was before is searched on. */
globalThis.onmessage = () => {
  reading = reading.then(async () => {
    const index = await readIndex().catch((error) => (console.warn(error), null));
    const lists = index ? [index.from, index.ranks, index.marks, index.words.starts, index.things.starts, index.ids.starts] : [];
    globalThis.postMessage(index, { transfer: lists.map(({ buffer }) => buffer) });
  });
};
