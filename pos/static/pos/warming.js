// What was never run is slow the first time, most of all on a small machine. Once everything is there, and while nobody waits,
// a search and a sale of one thing are worked out and drawn that nobody sees, so that the first customer's are not the first.
import { render } from "../vendor/lit-html/lit-html.js";
import { by } from "./later.js";
import { addItem, emptySale, ONE } from "./sale.js";
import { sellScreen } from "./screens/sell.js";
import { price, state, whenIdle } from "./state.js";

/** @param {(query: string) => void} look */
export async function warm(look) {
  const unseen = document.createElement("div");
  unseen.className = "for-screen-reader";
  const item = state.catalogue?.shelves[0]?.items[0];
  if (!item) return;
  const sale = addItem(emptySale(), { item, quantity: ONE });
  for (const act of [
    () => by("stock", () => undefined),
    () => look(item.name),
    // Stands in a word, begins none.
    () => look(item.name.slice(1)),
    () => price(sale),
    () => {
      const was = { ...state };
      try {
        Object.assign(state, { sale, basket: price(sale), past: [sale], query: item.name, results: [item], screen: "sell" });
        render(sellScreen(), unseen);
      } finally {
        Object.assign(state, was);
      }
    },
    () => {
      document.body.append(unseen);
      void unseen.offsetHeight;
      unseen.remove();
    },
  ]) {
    await /** @type {Promise<void>} */ (new Promise(whenIdle));
    // Whoever began to sell meanwhile does all of it himself.
    if (state.sale.lines.length) return;
    act();
  }
}
