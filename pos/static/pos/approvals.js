// Who allowed what, as a sale's entry says it. Pure.

/**
 * Who allowed what of a basket, as its entry says it.
 * @param {{lines: TillLine[], allowed: Map<number, {by: string, at: number, quantity: number, left: number}>}} what
 * @returns {Approval[]}
 */
export function approvalsOf({ lines, allowed }) {
  /** @type {Map<string, Approval & {lines: {variant: string, quantity: number, left: number}[]}>} */
  const found = new Map();
  for (const { n, item, quantity } of lines) {
    const given = allowed.get(n);
    if (!given) continue;
    const approval = found.get(given.by) ?? { kind: "short_stock", by: given.by, at_ms: given.at, lines: [] };
    approval.lines.push({ variant: item.id, quantity, left: given.left });
    found.set(given.by, approval);
  }
  return [...found.values()];
}
