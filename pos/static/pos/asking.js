// What this till does not find by somebody's words the whole shop may: mistyped ones, and those that mean the same.
import { state } from "./state.js";
import { ask } from "./sync.js";

const PAUSE_MS = 250;

/**
 * The things of this till that the shop finds, best first; none without a line, or when typing went on meanwhile.
 * @param {string} query
 * @returns {Promise<CatalogueItem[]>}
 */
export async function askTheShop(query) {
  await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  const token = state.identity?.token;
  if (!token || state.query !== query) return [];
  try {
    const { items } = await (await ask(`/api/v1/till/search?q=${encodeURIComponent(query.slice(0, 100))}`, { token })).json();
    // Only what can be priced here: what is new comes with the next catalogue.
    return items.flatMap((/** @type {{id: string}} */ { id }) => state.catalogue?.byId.get(id) ?? []);
  } catch {
    return [];
  }
}
