"""What became of every promotion: discounts, gifts, and the trace that says why."""

from collections.abc import Mapping
from typing import Any

from catalog.pricing import lines
from catalog.pricing.compiling import Promotion
from catalog.pricing.gates import Reason
from catalog.pricing.promotions import Outcome, Work
from kernel.money import MILLION, divided

Json = dict[str, Any]
NO_SAVING = Reason("no_saving")


def discounts(work: Work) -> list[Json]:
    """First what was fixed, line by line, then the promotions as they were worked."""
    found: dict[str, Json] = {}
    for line in work.lines:
        if line.fixed is not None and lines.source(line.fixed) in line.discounts:
            source = lines.source(line.fixed)
            name = line.fixed["code"] if line.fixed["source"] == "markdown" else ""
            row = found.setdefault(source, {"promotion": source, "name": name, "amount": 0, "times": 0, "supplier": "", "supplier_amount": 0})
            row["amount"] += line.discounts[source]
            row["times"] += 1
    return list(found.values()) + [_discount(promotion, outcome) for promotion, outcome, _ in work.worked if outcome.off]


def gifts(work: Work) -> list[Json]:
    return [{"promotion": promotion.code, "quantity": outcome.missing} for promotion, outcome, _ in work.worked if outcome.missing]


def trace(work: Work) -> list[Json]:
    entries: list[Json] = []
    for promotion, outcome, kept in work.worked:
        if outcome.gate or promotion.level != "line":
            entries.append(_whole(work, promotion, outcome, kept))
        else:
            entries += _by_line(work, promotion, outcome, kept)
    return entries


def _discount(promotion: Promotion, outcome: Outcome) -> Json:
    share = divided(outcome.off * promotion.data["supplier_share"], MILLION)
    supplier = {"supplier": promotion.data["supplier"], "supplier_amount": share}
    return {"promotion": promotion.code, "name": promotion.name, "amount": outcome.off, "times": outcome.times} | supplier


def _whole(work: Work, promotion: Promotion, outcome: Outcome, kept: Mapping[int, Reason]) -> Json:
    """One entry for the promotion as a whole."""
    if outcome.off:
        return _applied(promotion, None, outcome.off, outcome.times)
    reason = outcome.reason
    if reason is None and kept and len(kept) == len(work.matching[promotion.index]):
        reason = next(iter(kept.values()))
    return _entry(promotion, None, reason or NO_SAVING)


def _by_line(work: Work, promotion: Promotion, outcome: Outcome, kept: Mapping[int, Reason]) -> list[Json]:
    if not outcome.off:
        entries = [] if outcome.reason is None else [_entry(promotion, None, outcome.reason)]
        # In order of line: that is how they were found.
        entries += [_entry(promotion, work.lines[index].id, reason) for index, reason in kept.items()]
        return entries or [_entry(promotion, None, NO_SAVING)]
    offs: dict[int, int] = {}
    for line, _, count, each in outcome.takes:
        offs[line] = offs.get(line, 0) + count * each
    entries = []
    for index in sorted(offs.keys() | kept.keys()):
        line = work.lines[index].id
        entries.append(_applied(promotion, line, offs[index], outcome.times) if index in offs else _entry(promotion, line, kept[index]))
    return entries


def _applied(promotion: Promotion, line: int | None, amount: int, times: int) -> Json:
    return {"promotion": promotion.code, "line": line, "state": "applied", "code": "applied", "params": {"amount": amount, "times": times}}


def _entry(promotion: Promotion, line: int | None, reason: Reason) -> Json:
    state = "almost" if reason.almost else "not"
    return {"promotion": promotion.code, "line": line, "state": state, "code": reason.code, "params": reason.params}
