"""`evaluate`: a basket under the rules and what is known about the sale, step by step. docs/pricing.md tells each step."""

from typing import Any

from catalog.pricing import lines, taxes, told
from catalog.pricing.allocations import allocation
from catalog.pricing.compiling import Compiled, compile
from catalog.pricing.gates import Asked
from catalog.pricing.promotions import Work, work
from catalog.pricing.selections import Found
from catalog.pricing.totals import totals

Json = dict[str, Any]
QUOTE_OUTDATED: Json = {"promotion": "", "line": None, "state": "not", "code": "quote_outdated", "params": {}}


def evaluate(basket: Json, rules: Json | Compiled, facts: Json, at: int) -> Json:
    """`at` is milliseconds since 1970 UTC. Shapes and units: docs/pricing.md. Raises Unpriced, Untaxed or TooLarge."""
    compiled = compile(rules)
    rules = compiled.rules
    opened = lines.opened(basket, groups=facts["customer"]["groups"], at=at)
    asked = Asked(facts, at, sorted(basket["coupons"]), Found(opened))
    done = work(compiled, opened, lines.charges(basket), asked)
    trace = told.trace(done)
    of_lines, of_charges = _taxed(done, rules, facts, at, trace)
    line_rows = [_line(line, taxed) for line, taxed in zip(done.lines, of_lines, strict=True)]
    charge_rows = [_charge(charge, taxed) for charge, taxed in zip(done.charges, of_charges, strict=True)]
    return {
        "currency": rules["currency"],
        "lines": line_rows,
        "charges": charge_rows,
        "discounts": told.discounts(done),
        "gifts": told.gifts(done),
        "totals": totals(line_rows, charge_rows, [*of_lines, *of_charges], rules),
        "trace": trace,
    }


def _taxed(done: Work, rules: Json, facts: Json, at: int, trace: list[Json]) -> tuple[list[taxes.Taxed], list[taxes.Taxed]]:
    """A tax service's answer when it is about exactly this; else by the rules, and the trace tells that it was outdated."""
    if facts["tax_quote"] is not None:
        quoted = taxes.quoted(done.lines, done.charges, quote=facts["tax_quote"], inside=rules["prices_include_tax"])
        if quoted is not None:
            return quoted
        trace.append(dict(QUOTE_OUTDATED, params={}))
    return taxes.taxed(done.lines, done.charges, rules=rules, facts=facts, at=at)


def _line(line: lines.Line, taxed: taxes.Taxed) -> Json:
    return {
        "id": line.id,
        "list": line.list,
        "unit_price": line.unit_price,
        "price_quantity": line.price_quantity,
        "list_total": line.list_total,
        "discount": line.off,
        "total": line.amount - taxed.exempted,
        "exempted": taxed.exempted,
        "tax": taxed.tax,
        "taxes": taxed.taxes,
        "discounts": _discounts(line),
        "allocation": allocation(line, tax=taxed.tax, exempted=taxed.exempted),
    }


def _charge(charge: lines.Charge, taxed: taxes.Taxed) -> Json:
    return {
        "id": charge.id,
        "amount": charge.amount,
        "discount": charge.off,
        "total": charge.present - taxed.exempted,
        "exempted": taxed.exempted,
        "tax": taxed.tax,
        "taxes": taxed.taxes,
        "discounts": _discounts(charge),
    }


def _discounts(owner: lines.Line | lines.Charge) -> list[Json]:
    return [{"promotion": promotion, "amount": amount} for promotion, amount in owner.discounts.items()]
