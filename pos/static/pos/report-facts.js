// What an X and a Z say, line by line: the same on the screen and on paper.
import { dateWords, percent, signed } from "./figures.js";
import { money } from "./parts.js";
import { state } from "./state.js";
import { t } from "./strings.js";
import "./strings-later.js";
import "./strings-drawer.js";

/** @typedef {{caption: string, rows: {words: string, small?: string, value: string, sum?: boolean}[]}} Facts */

/** An X before the count tells what was done and no sum of what was taken: nobody counts towards it. @param {ShiftReport} report */
export function isBlind({ kind, allowed }) {
  return kind === "x" && !allowed;
}

/** @param {ShiftReport} report @returns {Facts[]} */
export function factsOf(report) {
  if (isBlind(report)) return [blindFacts(report.figures), otherFacts(report)];
  return [soldFacts(report.figures), { caption: t("report.tenders"), rows: report.figures.tenders.map(({ kind, count, amount }) => ({ words: t(`tender.${kind}`), small: String(count), value: money(amount) })) },
    drawerFacts(report), otherFacts(report)].filter(({ rows }) => rows.length);
}

/** How many, and what whoever is at the till put in and took out. @param {ShiftFigures} figures @returns {Facts} */
function blindFacts({ float, sales, moves }) {
  return {
    caption: t("report.drawer"),
    rows: [{ words: t("report.sales"), value: String(sales) }, { words: t("float"), value: money(float) }, ...movesOf(moves)],
  };
}

/** @param {ShiftFigures["moves"]} moves */
function movesOf(moves) {
  return moves.filter(({ count }) => count).map((move) => ({ words: t(`drawer.${move.kind}`), small: String(move.count), value: money(signed(move)) }));
}

/** @param {ShiftFigures} figures @returns {Facts} */
function soldFacts({ sales, gross, discounts, rounding, total, taxes }) {
  return {
    caption: t("report.sold"),
    rows: [
      { words: t("report.gross"), small: t("variance.sales.n", { n: sales }), value: money(gross) },
      ...(discounts ? [{ words: t("report.discounts"), value: money(-discounts) }] : []),
      ...(rounding ? [{ words: t("report.rounding"), value: money(rounding) }] : []),
      { words: t("report.total"), value: money(total), sum: true },
      ...taxes.map(({ name, rate, amount }) => ({ words: t("report.tax", { rate: percent(rate) }), small: name, value: money(amount) })),
    ],
  };
}

/** From the float to what should be there, and what was. @param {Pick<ShiftReport, "figures" | "counted">} report @returns {Facts} */
export function drawerFacts({ figures, counted }) {
  const { float, sales, cash, moves, expected } = figures;
  return {
    caption: t("report.drawer"),
    rows: [
      { words: t("float"), value: money(float) },
      { words: t("variance.sales"), small: t("variance.sales.n", { n: sales }), value: money(cash) },
      ...movesOf(moves),
      { words: t("expected"), value: money(expected), sum: true },
      ...(counted === undefined ? [] : [{ words: t("counted"), value: money(counted), sum: true }]),
    ],
  };
}

/** @param {ShiftReport} report @returns {Facts} */
function otherFacts({ figures, shift, counted, reason, note, allowed, parked }) {
  const difference = counted === undefined ? 0 : counted - figures.expected;
  const why = [reason && t(`reason.${reason}`), note].filter(Boolean).join(": ");
  return {
    caption: t("report.day"),
    rows: [
      { words: t("report.day"), value: dateWords(shift.business_date, state.language) },
      { words: t("report.receipts"), value: figures.first ? t("report.from", { first: figures.first, last: figures.last }) : t("report.none") },
      { words: t("report.opened"), value: String(figures.no_sales) },
      ...(figures.copies ? [{ words: t("report.copies"), value: String(figures.copies) }] : []),
      ...(parked ? [{ words: t("report.parked"), value: String(parked) }] : []),
      ...(difference ? [{ words: t(difference < 0 ? "short" : "over"), small: why, value: money(Math.abs(difference)) }] : []),
      ...(allowed ? [{ words: t("report.allowed", { name: allowed }), value: "" }] : []),
    ],
  };
}
