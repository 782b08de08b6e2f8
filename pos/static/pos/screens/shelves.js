// Shelves for tapping: favourites first, then every category that has something.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { nextTurn } from "../basket.js";
import { whenChanged } from "../changed.js";
import { icon, initials, priceOf } from "../parts.js";
import { addToSale } from "../selling.js";
import { change, clock, state } from "../state.js";
import { t } from "../strings.js";

/** @param {CatalogueItem} item */
export function picture(item) {
  return item.tile && document.getElementById(`icon-${item.tile}`) ? icon(item.tile) : html`<span class="tile-initials" aria-hidden="true">${initials(item.name)}</span>`;
}

/** Shelves as tabs: arrow keys move between them, as in any tab list. */
export function shelves() {
  const all = state.catalogue?.shelves ?? [];
  const shelf = all.find((one) => one.code === state.shelf) ?? all[0];
  if (!shelf) return html`<div class="empty-basket"><strong>${t("check.none")}</strong><span>${t("check.none.text")}</span></div>`;
  // No scan changes them. Prices begin and end at their turn.
  return whenChanged([shelf, all, state.language, state.catalogue && nextTurn(state.catalogue.pricing, clock())], () => html`
    <div class="tabs shelf-tabs" role="tablist" aria-label=${t("shelves")} @keydown=${tabKey}>
      ${all.map((one) => html`<button class="tab" type="button" role="tab" id="tab-${one.code || "favourites"}" aria-controls="shelf" aria-selected=${one === shelf ? "true" : "false"} tabindex=${one === shelf ? 0 : -1} @click=${() => change({ shelf: one.code })}>${one.name || t("favourites")}</button>`)}
    </div>
    <div class="shelf" id="shelf" role="tabpanel" aria-labelledby="tab-${shelf.code || "favourites"}">
      <ul class="tiles" @keydown=${tileKey}>${shelf.items.map(tile)}</ul>
      ${shelf.more ? html`<p class="panel-note">${t("shelf.more", { n: shelf.more })}</p>` : nothing}
    </div>`);
}

/** @param {CatalogueItem} item */
function tile(item) {
  return html`<li><button class="tile" type="button" @click=${() => addToSale(item)}>${picture(item)}<span class="tile-price">${priceOf(item)}</span><span class="tile-name">${item.name}</span></button></li>`;
}

/** Arrows go from tile to tile, up and down by the tiles of a row. @param {KeyboardEvent} event */
function tileKey(event) {
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const tiles = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(".tile")]);
  const row = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
  const across = row < 0 ? tiles.length : row;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
  const next = step && tiles[tiles.indexOf(/** @type {HTMLElement} */ (event.target)) + step];
  if (next) next.focus();
  if (step) event.preventDefault();
}

/** @param {KeyboardEvent} event */
function tabKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tab = /** @type {HTMLElement} */ (event.target).closest("[role=tab]");
  const next = step === 1 ? tab?.nextElementSibling : step === -1 ? tab?.previousElementSibling : null;
  if (next instanceof HTMLElement) {
    next.focus();
    next.click();
    event.preventDefault();
  }
}
