// The sync inbox: what was not as expected, each with its story and what to do about it. Every sale stands; this is tidying up.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { answer, askedOfMe, choose, chosenNote, countKey, fix, inbox, isDrawer, load, loadMore, openAsked, openInbox, out, showSale, step, takeCount, tellAsked } from "../inbox.js";
import { about, storyOf, thousandths } from "../inbox-words.js";
import { keysOf } from "../keys.js";
import { icon, keypad, money, notice, time } from "../parts.js";
import { ONE } from "../sale.js";
import { back } from "../selling.js";
import { state } from "../state.js";
import { kilograms, t } from "../strings.js";
import "../strings-inbox.js";

export { askedOfMe, openAsked, openInbox, tellAsked };

/** @type {Record<string, string>} */
const SIGNS = { price: "tag", stock: "box", shift: "clock", customer: "user", item: "barcode", limit: "gift", sums: "cash", held: "alert", apart: "lock", conflict: "copy", hole: "search", clock: "clock" };
const WORDS = { words: t, money, time: (/** @type {number} */ ms) => time(ms) };

keysOf("inbox", countKey);

export function inboxScreen() {
  const note = chosenNote();
  return html`
    <section class="basket-pane ${inbox.told && note ? "wide-pane" : ""}" aria-label=${t("inbox")}>
      <div class="basket-head"><h1 tabindex="-1" data-focus>${t("inbox")}</h1> <span class="basket-head-count" role="status">${counts()}</span>
        <div class="basket-head-end"><button class="button button-quiet" type="button" @click=${out}>${t("inbox.back")} <kbd>Esc</kbd></button></div></div>
      ${list()}
      ${notice({ title: t("inbox.safe"), text: t("inbox.safe.text"), lead: "safe" })}
    </section>
    <section class="action-pane ${inbox.told && note ? "" : "wide-pane"}" aria-label=${t("inbox.fix")}>${note ? story(note) : nothing}</section>`;
}

function counts() {
  if (inbox.phase === "loading") return t("inbox.loading");
  if (inbox.phase !== "ready") return "";
  const { waiting } = state.sync;
  return `${waiting ? t("inbox.here", { n: waiting }) : t("all.sent")} · ${inbox.open ? t("inbox.need", { n: inbox.open }) : t("inbox.none")}`;
}

function list() {
  if (inbox.phase === "offline") return empty("cloud-off", t("inbox.offline"), t("inbox.offline.text"), true);
  if (inbox.phase === "failed") return empty("alert", t("inbox.failed"), inbox.refused, true);
  if (inbox.phase === "loading") return html`<div class="pane-fill" aria-busy="true"></div>`;
  if (!inbox.items.length && !inbox.done.length) return empty("check", t("inbox.empty"), t("inbox.empty.text"), false);
  return html`
    <ul class="pane-fill" aria-label=${t("inbox.list")}>
      ${inbox.items.map(row)}
      ${inbox.next ? html`<li class="inbox-item"><button class="button button-quiet inbox-more" type="button" ?disabled=${inbox.busy} @click=${loadMore}>${t("inbox.more")}</button></li>` : nothing}
      ${inbox.done.length ? html`<li class="inbox-group">${t("inbox.done")}</li>` : nothing}
      ${inbox.done.map(row)}
    </ul>`;
}

/** @param {string} sign @param {string} title @param {string} text @param {boolean} again */
function empty(sign, title, text, again) {
  return html`<div class="pane-fill empty-basket" role="status">${icon(sign)}<strong>${title}</strong><span>${text}</span>${again ? html`<button class="button" type="button" @click=${load}>${t("inbox.again")}</button>` : nothing}</div>`;
}

/** @param {InboxNote} note */
function row(note) {
  const { title, short } = storyOf(note, WORDS);
  const done = note.closed_at !== null;
  return html`
    <li class="inbox-item ${done ? "inbox-item-done" : ""}">
      <button class="inbox-open" type="button" data-note=${note.id} aria-current=${note.id === inbox.chosen ? "true" : nothing} @click=${() => choose(note.id)}>
        ${icon(done ? "check" : SIGNS[note.kind] ?? "alert")}<strong>${title}</strong><span class="inbox-text">${done ? closedWords(note) : short}</span>
        <span class="amount">${note.amount ? money(note.amount) : ""}</span><time datetime=${note.happened_at}>${time(Date.parse(note.happened_at))}</time>
      </button>
    </li>`;
}

/** @param {InboxNote} note */
function closedWords({ fix, closed_by, facts, names }) {
  const values = { who: closed_by, asked: names[String(facts.asked ?? "")] ?? "", n: thousandths(facts.counted) };
  const key = closed_by ? `fixed.${fix}` : `fixed.${fix}.self`;
  const words = t(key, values);
  return words === key ? t("fixed") : words;
}

/** @param {InboxNote} note */
function story(note) {
  const { title, happened, safe, costs } = storyOf(note, WORDS);
  return html`
    <div class="panel-head"><h2>${title}</h2>${inbox.sale || inbox.typing !== null
      ? html`<button class="button button-quiet" type="button" @click=${back}>${t("inbox.hide")} <kbd>Esc</kbd></button>`
      : html`<button class="button button-quiet" type="button" @click=${() => step(1)}>${t("inbox.next")} <kbd>↓</kbd></button>`}</div>
    ${inbox.refused ? html`<div class="panel-fact" role="alert"><strong>${t("inbox.refused")}</strong><span>${inbox.refused}</span></div>` : nothing}
    ${inbox.sale ? saleShown(inbox.sale) : inbox.typing !== null ? counting(note, inbox.typing) : html`
      <div class="story-room" role="region" tabindex="0" aria-label=${title}><dl class="story">
        <div><dt>${t("inbox.happened")}</dt><dd>${happened}</dd></div>
        <div><dt>${t("inbox.stays")}</dt><dd>${safe}</dd></div>
        <div><dt>${t("inbox.costs")}</dt><dd>${costs}</dd></div>
        ${note.answer ? html`<div><dt>${t("asked.says", { who: note.answer.by })}</dt><dd>${note.answer.words}</dd></div>` : nothing}
      </dl></div>
      ${note.asked_by === undefined ? fixes(note) : answering(note, note.asked_by)}`}`;
}

/** A line of theirs, sent once. @param {InboxNote} note @param {string} who */
function answering(note, who) {
  const send = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const words = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("words") ?? "").trim();
    if (words) void answer(note, words);
  };
  return html`
    <form class="fixes" @submit=${send}>
      <div class="panel-fact"><label class="text-field"><span>${t("asked.by", { who })}</span><input type="text" name="words" maxlength="200" required autocomplete="off"></label></div>
      <button class="button button-primary" ?disabled=${inbox.busy}><span>${t("asked.answer")}<small>${t("asked.answer.text")}</small></span></button>
    </form>`;
}

/** The usual one last and filled: Enter does it. @param {InboxNote} note */
function fixes(note) {
  const [usual, ...others] = note.fixes;
  return html`
    <div class="fixes">
      ${note.facts.receipt ? button({ title: t("inbox.show", { receipt: String(note.facts.receipt) }), text: t("inbox.show.text"), act: () => showSale(note) }) : nothing}
      ${others.reverse().map((one) => fixButton(note, one))}
      ${usual ? fixButton(note, usual, "button-primary") : nothing}
    </div>`;
}

/** @param {InboxNote} note @param {string} one @param {string} [kind] */
function fixButton(note, one, kind = "") {
  const values = { who: note.names[String(note.facts.cashier ?? "")] ?? "", amount: money(note.under) };
  const key = one === "kept" && about(note) === "drawer" ? "fix.kept.drawer" : `fix.${one}`;
  return button({ title: t(key, values), text: t(`${key}.text`), act: () => fix(note, one), kind });
}

/** @param {{title: string, text: string, act: () => void, kind?: string}} what */
function button({ title, text, act, kind = "" }) {
  return html`<button class="button ${kind}" type="button" ?disabled=${inbox.busy} @click=${act}><span>${title}<small>${text}</small></span></button>`;
}

/** @param {InboxNote} note @param {string} typing */
function counting(note, typing) {
  if (isDrawer(note)) return countingDrawer(typing);
  return html`
    <div class="panel-fact weight-fact"><span><strong>${String(note.facts.name ?? "")}</strong><small>${t("fix.counted.hint")}</small></span><span class="weight-figure"><output>${typing || "–"}</output></span></div>
    <div class="pin-entry pin-entry-fill">${keypad({ press: countKey, corner: "" })}</div>
    <div class="fixes"><button class="button button-primary" type="button" ?disabled=${!typing || inbox.busy} @click=${takeCount}><span>${typing ? t("fix.counted.take", { n: Number(typing) }) : t("fix.counted.hint")}<small>${t("fix.counted.text")}</small></span></button></div>`;
}

/** @param {string} typing */
function countingDrawer(typing) {
  return html`
    <div class="panel-fact weight-fact"><span><small>${t("fix.closed.hint")}</small></span><span class="weight-figure"><output>${typing ? money(Number(typing)) : "–"}</output></span></div>
    <div class="pin-entry pin-entry-fill">${keypad({ press: countKey, corner: "" })}</div>
    <div class="fixes"><button class="button button-primary" type="button" ?disabled=${!typing || inbox.busy} @click=${takeCount}><span>${typing ? t("fix.closed.take", { amount: money(Number(typing)) }) : t("fix.closed.hint")}<small>${t("fix.closed.text")}</small></span></button></div>`;
}

/** @param {InboxSale} sale */
function saleShown({ receipt, total, lines, tenders }) {
  return html`
    <div class="pane-fill panel-fact receipt-facts" role="region" tabindex="0" aria-label="${t("receipt")} ${receipt}">
      <table class="facts"><caption>${t("receipt")} ${receipt}</caption><tbody>
        ${lines.map((line) => html`<tr><th scope="row">${line.name} <small>${line.quantity % ONE ? `${kilograms(line.quantity)} ${t("kg")}` : `${line.quantity / ONE} ×`} ${money(line.unit_price)}, ${sourceWords(line.price_source)}</small></th><td>${money(line.total)}</td></tr>`)}
        <tr class="facts-sum"><th scope="row">${t("total")}</th><td>${money(total)}</td></tr>
        ${tenders.map(({ kind, amount }) => html`<tr><th scope="row">${kind === "cash" ? t("cash") : kind}</th><td>${money(amount)}</td></tr>`)}
      </tbody></table>
    </div>`;
}

/** @param {string} source */
function sourceWords(source) {
  if (source === "base" || !source) return t("inbox.base");
  return source === "open" ? t("inbox.typed") : t("inbox.list.price", { list: source });
}
