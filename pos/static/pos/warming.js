// What was never run is slow the first time, most of all on a small machine. Once everything is there, and while nobody waits,
// a search and a sale of one thing are worked out and drawn that nobody sees, so that the first customer's are not the first.
import { render } from "../vendor/lit-html/lit-html.js";
import { by } from "./later.js";
import { addItem, emptySale, ONE } from "./sale.js";
import { sellScreen } from "./screens/sell.js";
import { price, state, whenIdle } from "./state.js";

/** @param {CatalogueItem} item @param {(query: string) => void} look */
export function warm(item, look) {
  const sale = addItem(emptySale(), { item, quantity: ONE });
  const unseen = document.createElement("div");
  unseen.className = "workspace for-screen-reader";
  inTurn([
    () => by("stock", () => undefined),
    () => look(item.name),
    // Stands in a word, begins none.
    () => look(item.name.slice(1)),
    () => price(sale),
    () => as({ sale, basket: price(sale), past: [sale], query: item.name, results: [item], screen: "sell" }, () => render(sellScreen(), unseen)),
    () => {
      document.body.append(unseen);
      unseen.getBoundingClientRect();
      unseen.remove();
    },
  ]);
}

/** Whoever begins to sell meanwhile does all of it himself. @param {(() => unknown)[]} acts */
function inTurn([act, ...others]) {
  if (act) whenIdle(() => !state.sale.lines.length && (act(), inTurn(others)));
}

/** @param {Partial<TillState>} shown @param {() => void} act */
function as(shown, act) {
  const was = { ...state };
  try {
    Object.assign(state, shown);
    act();
  } finally {
    Object.assign(state, was);
  }
}
