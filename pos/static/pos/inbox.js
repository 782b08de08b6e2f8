// The manager's sync inbox: asked of the server whenever it is opened, never kept here. Without a line it says so, and selling goes on.
import { askApproval, mayAllow } from "./allowing.js";
import { counted } from "./inbox-words.js";
import { backOf } from "./selling.js";
import { change, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-inbox.js";
import { ask, Refused } from "./sync.js";

const PATH = "/api/v1/till/inbox";
const QUESTIONS = "/api/v1/till/questions";

/** @type {InboxState} */
export const inbox = fresh();
/** Whose PIN opened it, where the till was, and whether they look at what they are asked. @type {{manager: Cashier | null, from: TillScreen, asked: boolean}} */
const opened = { manager: null, from: "sell", asked: false };

/** @returns {InboxState} */
function fresh() {
  return { phase: "loading", open: 0, items: [], done: [], next: "", chosen: 0, told: false, busy: false, typing: null, sale: null, refused: "" };
}

/** @param {Partial<InboxState>} patch */
function tell(patch) {
  Object.assign(inbox, patch);
  change({});
}

/** Somebody who manages the store opens it; for anybody else such a person types their PIN. */
export function openInbox() {
  const { cashier, screen } = state;
  if (!cashier || (screen !== "sell" && screen !== "change")) return;
  if (mayAllow(cashier)) enter(cashier);
  else askApproval({ kind: "inbox", title: t("inbox.ask"), text: t("inbox.ask.text"), then: enter });
}

/** How many questions wait for whoever is signed in. */
export function askedOfMe() {
  return state.identity?.asked?.[state.cashier?.id ?? ""] ?? 0;
}

/** Said after signing in. */
export function tellAsked() {
  if (askedOfMe()) change({ notice: { title: t("asked.you", { n: askedOfMe() }), text: t("asked.you.text") } });
}

/** What they are asked, for whoever is signed in. */
export function openAsked() {
  if (state.cashier) enter(state.cashier, true);
}

/** @param {Cashier} manager @param {boolean} [asked] */
function enter(manager, asked = false) {
  Object.assign(opened, { manager, from: state.screen, asked });
  Object.assign(inbox, fresh());
  change({ screen: "inbox", panel: null, query: "", results: [], warning: null, notice: null });
  void load();
}

function leave() {
  if (inbox.sale) tell({ sale: null });
  else if (inbox.typing !== null) tell({ typing: null });
  else if (inbox.told && isNarrow()) tell({ told: false });
  else out();
}

/** Straight back to the till. */
export function out() {
  opened.manager = null;
  change({ screen: opened.from });
}

function isNarrow() {
  return matchMedia("(max-width: 700px)").matches;
}

/** @param {string} path @param {object} [body] */
async function request(path, body) {
  const { manager } = opened;
  const who = manager ? `${manager.id} ${manager.digest}` : "";
  const answer = await ask(path, { method: body ? "POST" : "GET", body: body && JSON.stringify(body), token: state.identity?.token, who });
  return answer.json();
}

export async function load() {
  tell({ phase: "loading", refused: "" });
  try {
    const { open, items, done, next } = opened.asked ? await questions() : await request(PATH);
    tell({ phase: "ready", open, items, done, next, chosen: items[0]?.id ?? 0, told: false, sale: null, typing: null });
    if (!opened.asked) remember(open);
  } catch (error) {
    tell({ phase: error instanceof Refused ? "failed" : "offline", refused: wordsOf(error) });
  }
}

async function questions() {
  const { items } = await request(QUESTIONS);
  const notes = items.map((/** @type {{note: InboxNote, asked_by: string}} */ { note, asked_by }) => ({ ...note, asked_by, closed_at: null }));
  return { open: notes.length, items: notes, done: [], next: "" };
}

/** @param {InboxNote} note @param {string} words */
export function answer(note, words) {
  return attempt(async () => {
    await request(`${QUESTIONS}/${note.id}/answer`, { words });
    const items = inbox.items.filter(({ id }) => id !== note.id);
    tell({ items, open: items.length, chosen: items[0]?.id ?? 0, told: false });
    const { identity, cashier } = state;
    if (identity && cashier) change({ identity: { ...identity, asked: { ...identity.asked, [cashier.id]: items.length } } });
  });
}

export async function loadMore() {
  await attempt(async () => {
    const { items, next } = await request(`${PATH}?after=${encodeURIComponent(inbox.next)}`);
    tell({ items: [...inbox.items, ...items], next });
  });
}

/** The status bar says how many there are. @param {number} open */
function remember(open) {
  if (state.identity) change({ identity: { ...state.identity, inbox: open } });
}

/** @param {unknown} error */
function wordsOf(error) {
  if (!(error instanceof Refused)) return t("inbox.offline");
  return error.status === 429 ? t("inbox.wait") : error.message;
}

/** One thing at a time; what was refused is said beside the note, which stays. @param {() => Promise<void>} act */
async function attempt(act) {
  if (inbox.busy) return;
  tell({ busy: true, refused: "" });
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof TypeError) && !(error instanceof DOMException)) console.error(error);
    tell({ refused: wordsOf(error) });
  }
  tell({ busy: false });
}

/** Open ones, then what is done. */
function all() {
  return [...inbox.items, ...inbox.done];
}

export function chosenNote() {
  return all().find(({ id }) => id === inbox.chosen) ?? null;
}

/** @param {number} id */
export function choose(id) {
  tell({ chosen: id, told: true, sale: null, typing: null, refused: "" });
}

/** @param {number} by */
export function step(by) {
  const notes = all();
  if (!notes.length) return;
  const now = notes.findIndex(({ id }) => id === inbox.chosen);
  choose(notes[Math.max(0, Math.min(notes.length - 1, now + by))].id);
}

/** @param {InboxNote} note @param {string} fix */
export function fix(note, fix) {
  if (fix === "counted" || fix === "closed") tell({ typing: "", refused: "" });
  else void send(note, fix === "rule" ? { fix, under: note.under } : { fix });
}

/** @param {InboxNote} note @param {{fix: string, under?: number, counted?: number}} body */
async function send(note, body) {
  await attempt(async () => {
    const fixed = await request(`${PATH}/${note.id}/fixes`, body);
    // A rule closes others with it: the list is asked for anew.
    if (body.fix === "rule") return void (await load());
    const place = inbox.items.findIndex(({ id }) => id === note.id);
    const items = inbox.items.filter(({ id }) => id !== note.id);
    const open = Math.max(0, inbox.open - 1);
    tell({ items, open, done: [fixed, ...inbox.done], chosen: (items[place] ?? items[place - 1])?.id ?? fixed.id, told: items.length > 0, typing: null, sale: null });
    remember(open);
  });
}

/** @param {string} key a digit, "erase" or "next" */
export function countKey(key) {
  if (inbox.typing === null) return;
  if (key === "erase") tell({ typing: inbox.typing.slice(0, -1) });
  else if (key === "next") takeCount();
  else if (/^\d$/.test(key)) tell({ typing: (inbox.typing + key).slice(0, isDrawer(chosenNote()) ? 7 : 6) });
}

/** A shift that was left open, closed by what is in its drawer. @param {InboxNote | null} note */
export function isDrawer(note) {
  return Boolean(note?.fixes.includes("closed"));
}

export function takeCount() {
  const note = chosenNote();
  const drawer = isDrawer(note);
  const amount = drawer && inbox.typing ? Number(inbox.typing) : counted(inbox.typing ?? "");
  if (note && amount !== null) void send(note, { fix: drawer ? "closed" : "counted", counted: amount });
}

/** @param {InboxNote} note */
export function showSale(note) {
  return attempt(async () => {
    const { sale } = await request(`${PATH}/${note.id}`);
    tell({ sale });
  });
}

/** ↑ and ↓ walk through the notes wherever the focus is. @param {KeyboardEvent} event */
function walk(event) {
  if (state.screen !== "inbox" || !["ArrowDown", "ArrowUp"].includes(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  step(event.key === "ArrowDown" ? 1 : -1);
}

backOf("inbox", leave);
document.addEventListener("keydown", walk);
