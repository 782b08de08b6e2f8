// What a row of the grid stands at: what goes with Apply, what needs a look, what stays, and the words for it.

const LOOK = new Set(["refused", "doubtful"]);

export const typedIn = (row) => Object.keys(row.typed);
const taken = (row, cell) => cell.state === "changed" || (cell.may && row.accept);

// "changed" goes with Apply; "look" is left out until somebody has put it right.
export function standing(row) {
  if (row.words) return "look";
  let changed = false;
  for (const column of typedIn(row)) {
    const cell = row.cells[column];
    if (!cell) continue;
    if (LOOK.has(cell.state) && !taken(row, cell)) return "look";
    changed ||= taken(row, cell);
  }
  return changed ? "changed" : "same";
}

export function words(row, inSight, labels) {
  if (row.words) return { text: row.words, kind: "bad" };
  const cells = typedIn(row).map((column) => [column, row.cells[column]]);
  const worst = cells.find(([, cell]) => cell?.state === "refused") ?? cells.find(([, cell]) => cell?.state === "doubtful");
  if (worst) {
    const [column, cell] = worst;
    const text = inSight.includes(column) ? cell.words : `${labels[column]}: ${cell.words}`;
    return { text, kind: cell.state === "refused" ? "bad" : "warning", may: cell.may };
  }
  const same = cells.length > 0 && cells.every(([, cell]) => cell?.state === "same");
  return same && !row.dirty ? { text: "No change", kind: "muted" } : { text: "", kind: "" };
}
