// Finds things by their words, away from the page: it is told what is looked for and answers with ids.
import { openSearcher } from "./searching.js";

const searcher = openSearcher();

/** @param {MessageEvent<{n: number, query: string}>} event `n` 0: what is kept has changed */
globalThis.onmessage = async ({ data: { n, query } }) => {
  if (n) globalThis.postMessage({ n, ids: await searcher.find(query) });
  else await searcher.read().then(() => globalThis.postMessage({ n, ids: [] }), console.warn);
};
