// The journal as a file: the last lifeline when a till's line, or its browser, is gone for good. A line of JSON for each entry
// with its exact text, hash and signature; the server's own check is all it takes to believe it. No token and no key is in it.
import { readFact, writeFacts } from "./db.js";
import { hashOf } from "./journal.js";
import { allEntries, allWaiting, putBack, wipe } from "./journal-store.js";
import { readFile, written } from "./lifeline-file.js";
import { mirror, wipeMirror } from "./mirror.js";
import { mayLeave, stay } from "./keeping.js";
import { change, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-keeping.js";

/** @param {boolean} all whether also what was sent @returns {Promise<void>} */
export async function saveFile(all) {
  const entries = await (all ? allEntries() : allWaiting());
  if (!entries.length) return change({ notice: { title: t("file.none"), text: t("file.none.text") } });
  const { identity } = state;
  const name = `journal-${identity?.store.code ?? ""}-${identity?.till.number ?? ""}-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.jsonl`;
  download(written(entries, { till: identity?.till.id ?? entries[0].till, now: Date.now() }), name);
  change({ notice: { title: t("file.saved"), text: t("file.saved.text", { n: entries.length }) } });
}

/** @param {string} text @param {string} name */
function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** What the file has and this journal lacks is put back, and sent as what it was made under. @param {string} text */
export async function readBack(text) {
  const { identity } = state;
  const head = /** @type {Head} */ (await readFact("head"));
  const formers = /** @type {Enrolment[]} */ ((await readFact("formers")) ?? []);
  const file = await readFile(text, hashOf);
  // What comes after our own head was made by nobody we know: its numbers are still to be given.
  const ours = file?.entries.filter(({ till, epoch, seq }) => (till === head.till && epoch < head.epoch) || (epoch === head.epoch && seq <= head.seq && till === head.till) || formers.some((one) => one.till === till && one.epoch === epoch));
  if (!identity || !file || !ours?.length || file.broken) return change({ warning: { title: t("file.bad"), text: t("file.bad.text"), search: false } });
  const known = new Set([`${head.till} ${head.epoch}`, ...formers.map(({ till, epoch }) => `${till} ${epoch}`)]);
  const fresh = [...new Map(ours.filter(({ till, epoch }) => !known.has(`${till} ${epoch}`)).map(({ till, epoch }) => [epoch, { till, epoch, token: "" }])).values()];
  if (fresh.length) await writeFacts({ formers: [...formers, ...fresh] });
  const added = await putBack(ours);
  void mirror(ours);
  return change({ notice: { title: t("file.back"), text: t("file.back.text", { n: added, of: file.entries.length }) } });
}

/** This browser is no till any more. */
export async function forgetTill() {
  const leave = await mayLeave();
  if (!leave.ok) return stay(leave.words);
  if (state.shift || state.sale.lines.length) return stay(t("stay.shift"));
  await wipe();
  await wipeMirror();
  return location.reload();
}
