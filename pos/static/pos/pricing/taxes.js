// Step 5: the tax in what is charged, or on top of it, per line or per document, split to its rates.
import { allocate, counted, divided, MILLION, refuse } from "./arithmetic.js";
import { Line } from "./lines.js";
import { valid } from "./prices.js";

/**
 * The rates that hold for a class, folded to one fraction: weight by weight over `scale`, all on the net amount. A compound rate
 * is on the net amount and the taxes before it. One rate needs no large numbers; several need them: a million for each.
 */
export class Rates {
  /** @param {Rate[]} rates @param {number} at */
  constructor(rates, at) {
    this.rows = rates.filter((rate) => valid(rate, at)).map(({ code, name, rate, compound }) => ({ code, name, rate, compound }));
    this.key = JSON.stringify(this.rows.map(({ code, name, rate, compound }) => [code, name, rate, compound]));
    this.scale = BigInt(MILLION) ** BigInt(this.rows.length);
    /** @type {bigint[]} */
    this.weights = [];
    for (const { rate, compound } of this.rows) this.weights.push(((compound ? this.scale + sum(this.weights) : this.scale) * BigInt(rate)) / BigInt(MILLION));
    this.weight = sum(this.weights);
  }

  /** @param {number} amount @param {boolean} inside @returns {number} */
  tax(amount, inside) {
    if (!this.rows.length) return 0;
    if (this.rows.length === 1) return divided(amount, this.rows[0].rate, inside ? MILLION + this.rows[0].rate : MILLION);
    const by = inside ? this.scale + this.weight : this.scale;
    return counted(Number((2n * BigInt(amount) * this.weight + by) / (2n * by)));
  }

  /** Largest remainder first, ties to the earlier rate. @param {number} tax @returns {Tax[]} */
  split(tax) {
    const parts = this.rows.length > 1 ? this.partsOf(tax) : [tax];
    return this.rows.map(({ code, name, rate }, index) => ({ code, name, rate, amount: parts[index] }));
  }

  /** @param {number} tax @returns {number[]} */
  partsOf(tax) {
    const whole = this.weight;
    if (!whole) return allocate(tax, this.rows.map(() => 1));
    const exact = this.weights.map((weight) => BigInt(tax) * weight);
    const parts = exact.map((share) => Number(share / whole));
    const left = tax - parts.reduce((had, part) => had + part, 0);
    const order = exact.map((_, index) => index).sort((one, two) => Number(exact[one] % whole < exact[two] % whole) - Number(exact[one] % whole > exact[two] % whole) || one - two);
    for (const index of order.slice(0, left)) parts[index] += 1;
    return parts;
  }
}

/** @param {bigint[]} values */
function sum(values) {
  return values.reduce((had, value) => had + value, 0n);
}

/** For each line and each charge, in their order. @param {Line[]} lines @param {Charge[]} charges @param {Rules} rules @param {Facts} facts @param {number} at @returns {[Taxed[], Taxed[]]} */
export function taxed(lines, charges, rules, facts, at) {
  const inside = rules.prices_include_tax;
  const shares = sharesOf(lines, charges, rules.taxes, facts.exempt, at);
  if (rules.tax_rounding === "document") byDocument(shares, inside);
  else for (const share of shares) share.tax = share.rates.tax(share.amount, inside);
  for (const share of shares) {
    if (share.exempt) [share.exempted, share.tax] = [inside ? share.tax : 0, 0];
  }
  // A line has one share, in its place; a charge may have more.
  return [lines.map((_, index) => gathered([shares[index]], inside)), charges.map((charge) => gathered(shares.filter(({ owner }) => owner === charge), inside))];
}

/** What a tax service answered, when it was asked about exactly these amounts. @param {Line[]} lines @param {Charge[]} charges @param {TaxQuote} quote @param {boolean} inside @returns {[Taxed[], Taxed[]] | null} */
export function quoted(lines, charges, quote, inside) {
  const same = (/** @type {(Line | Charge)[]} */ owners, /** @type {TaxQuote["lines"]} */ rows) =>
    owners.length === Object.keys(rows).length && owners.every((owner) => rows[owner.id]?.amount === present(owner));
  if (!same(lines, quote.lines) || !same(charges, quote.charges)) return null;
  return [lines.map((line) => asQuoted(line.amount, quote.lines[line.id].taxes, inside)), charges.map((charge) => asQuoted(charge.present, quote.charges[charge.id].taxes, inside))];
}

/** What is charged before any tax is looked at. @param {Line | Charge} owner */
function present(owner) {
  return owner instanceof Line ? owner.amount : owner.present;
}

/** Each rate over the whole document, with the net amount it is on. @param {Taxed[]} rows @returns {TaxTotal[]} */
export function totals(rows) {
  /** @type {Map<string, TaxTotal>} */
  const found = new Map();
  for (const { bases } of rows) {
    for (const { code, name, rate, base, amount } of bases) {
      const key = keyOf({ code, rate, name });
      const total = found.get(key);
      if (!total) found.set(key, { code, name, rate, base, amount });
      else {
        total.base += base;
        total.amount += amount;
      }
    }
  }
  return [...found.values()].sort((one, two) => compare(one.code, two.code) || one.rate - two.rate || compare(one.name, two.name));
}

/** @param {string} one @param {string} two */
function compare(one, two) {
  return Number(one > two) - Number(one < two);
}

/** @param {{code: string, rate: number, name: string}} tax */
function keyOf({ code, rate, name }) {
  return `${code}\n${rate}\n${name}`;
}

/** Lines by id, then charges by id, a charge that follows the goods in parts by class.
 * @param {Line[]} lines @param {Charge[]} charges @param {Rules["taxes"]} taxes @param {Facts["exempt"]} exempt @param {number} at */
function sharesOf(lines, charges, taxes, exempt, at) {
  /** @type {Map<string, Rates>} */
  const known = new Map();
  const share = (/** @type {Line | Charge} */ owner, /** @type {string} */ taxClass, /** @type {number} */ amount) => {
    let rates = known.get(taxClass);
    if (!rates) known.set(taxClass, (rates = new Rates(taxes[taxClass] ?? refuse("untaxed", `${owner instanceof Line ? "lines" : "charges"}.${owner.id}`), at)));
    return { owner, amount, rates, exempt: isExempt(exempt, taxClass, at), tax: 0, exempted: 0 };
  };
  return [
    ...lines.map((line) => share(line, line.tax_class, line.amount)),
    ...charges.flatMap((charge) => partsOf(charge, lines).map(([taxClass, amount]) => share(charge, taxClass, amount))),
  ];
}

/** A charge without a class of its own is taxed as the goods are, in proportion to what is charged for them. @param {Charge} charge @param {Line[]} lines @returns {[string, number][]} */
function partsOf(charge, lines) {
  if (charge.tax_class !== null) return [[charge.tax_class, charge.present]];
  /** @type {Map<string, number>} */
  const classes = new Map();
  for (const line of lines) if (line.kind !== "deposit") classes.set(line.tax_class, (classes.get(line.tax_class) ?? 0) + line.amount);
  if (!classes.size) return charge.present ? refuse("untaxed", `charges.${charge.id}`) : [];
  const rising = [...classes].sort(([one], [two]) => compare(one, two));
  const parts = allocate(charge.present, rising.map(([, amount]) => amount));
  return rising.map(([taxClass], index) => [taxClass, parts[index]]);
}

/** @param {Facts["exempt"]} exempt @param {string} taxClass @param {number} at */
function isExempt(exempt, taxClass, at) {
  return exempt !== null && (exempt.expires_at === null || at < exempt.expires_at) && (exempt.classes === null || exempt.classes.includes(taxClass));
}

/** One tax per set of rates over all its amounts, shared back to them. @param {TaxShare[]} shares @param {boolean} inside */
function byDocument(shares, inside) {
  /** @type {Map<string, TaxShare[]>} */
  const groups = new Map();
  for (const share of shares) {
    const key = `${share.exempt} ${share.rates.key}`;
    const group = groups.get(key);
    if (group) group.push(share);
    else groups.set(key, [share]);
  }
  for (const group of groups.values()) {
    const amounts = group.map((share) => share.amount);
    const whole = counted(amounts.reduce((had, amount) => had + amount, 0));
    allocate(group[0].rates.tax(whole, inside), amounts).forEach((tax, index) => (group[index].tax = tax));
  }
}

/** The shares of one line or charge as one, each rate once. @param {TaxShare[]} shares @param {boolean} inside @returns {Taxed} */
function gathered(shares, inside) {
  if (shares.length === 1) return alone(shares[0], inside);
  let [tax, exempted] = [0, 0];
  /** @type {TaxTotal[]} */
  const bases = [];
  for (const share of shares) {
    tax += share.tax;
    exempted += share.exempted;
    const base = inside ? share.amount - share.tax : share.amount;
    if (!share.exempt) for (const one of share.rates.split(share.tax)) bases.push({ ...one, base });
  }
  return { tax, exempted, taxes: onceEach(bases), bases };
}

/** As every line is. @param {TaxShare} share @param {boolean} inside @returns {Taxed} */
function alone({ amount, rates, tax, exempt, exempted }, inside) {
  const taxes = exempt ? [] : rates.split(tax);
  const base = inside ? amount - tax : amount;
  return { tax, exempted, taxes: taxes.length > 1 ? onceEach(taxes) : taxes, bases: taxes.map(({ code, name, rate, amount: part }) => ({ code, name, rate, amount: part, base })) };
}

/** @param {number} amount @param {Tax[]} taxes @param {boolean} inside @returns {Taxed} */
function asQuoted(amount, taxes, inside) {
  const tax = taxes.reduce((had, row) => had + row.amount, 0);
  const base = inside ? amount - tax : amount;
  return { tax, exempted: 0, taxes: onceEach(taxes), bases: taxes.map(({ code, name, rate, amount: part }) => ({ code, name, rate, amount: part, base })) };
}

/** @param {Tax[]} taxes @returns {Tax[]} */
function onceEach(taxes) {
  if (taxes.length < 2) return taxes.map(({ code, name, rate, amount }) => ({ code, name, rate, amount }));
  /** @type {Map<string, Tax>} */
  const found = new Map();
  for (const { code, name, rate, amount } of taxes) {
    const key = keyOf({ code, rate, name });
    found.set(key, { code, name, rate, amount: amount + (found.get(key)?.amount ?? 0) });
  }
  return [...found.values()];
}
