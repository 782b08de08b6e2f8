// What was seldom run is slow, most of all on a small machine. Once everything is there, and while nobody waits, a search and a
// sale of many things are worked out and drawn that nobody sees, so that the first customer's are not the first.
import { render } from "../vendor/lit-html/lit-html.js";
import { by } from "./later.js";
import { addItem, emptySale, ONE } from "./sale.js";
import { sellScreen } from "./screens/sell.js";
import { price, state, whenIdle } from "./state.js";

/** So many scans, and browsers have made quick code of what a scan runs. */
const SCANS = 40;

/** @param {(query: string) => void} look */
export async function warm(look) {
  const unseen = document.createElement("div");
  unseen.className = "for-screen-reader";
  const items = state.catalogue?.shelves.flatMap((shelf) => shelf.items).slice(0, SCANS);
  if (!items?.length) return;
  const [{ name }] = items;
  let sale = emptySale();
  for (const act of [
    () => by("stock", () => undefined),
    () => look(name),
    // Stands in a word, begins none.
    () => look(name.slice(1)),
    ...items.map((item) => () => {
      const was = { ...state };
      sale = addItem(sale, { item, quantity: ONE });
      try {
        Object.assign(state, { sale, basket: price(sale), past: [sale], tinted: sale.newest, query: name, results: [item], screen: "sell" });
        render(sellScreen(), unseen);
      } finally {
        Object.assign(state, was);
      }
    }),
    () => {
      document.body.append(unseen);
      void unseen.offsetHeight;
      unseen.remove();
      performance.mark("warm");
    },
  ]) {
    await /** @type {Promise<void>} */ (new Promise(whenIdle));
    // Whoever began to sell meanwhile does all of it himself.
    if (state.sale.lines.length) return;
    act();
  }
}
