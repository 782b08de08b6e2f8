"""Faults put into the engine on purpose: each has to be found by the cases worked out by hand or by what holds for every basket."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.pricing import allocations, cash, gates, lines, pieces, prices, promotions, rewards, selections, sets, taxes
from catalog.tests.pricing.baskets import canonical, cases, result
from catalog.tests.pricing.golden import CASES, wrong
from catalog.tests.pricing.test_properties import broken, turned

Plant = Callable[[Any], None]
PLANTED: dict[str, Plant] = {}


def planted(function: Plant) -> Plant:
    PLANTED[function.__name__] = function
    return function


@planted
def a_percentage_is_rounded_down(patch):
    patch.setattr(rewards, "divided", lambda numerator, denominator: numerator // denominator)


@planted
def the_odd_cent_goes_to_the_last_piece(patch):
    def stepped(count, each, odd):
        return [(count - odd, each), (odd, each + 1)] if 0 < odd < count else [(count, each)] if not odd else [(count, each + 1)]

    patch.setattr(pieces, "_stepped", stepped)


@planted
def a_tie_goes_to_the_later_piece(patch):
    patch.setattr(pieces, "dearest_first", later := lambda stretches: sorted(stretches, key=lambda s: (-s[3], -s[0], s[1])))
    patch.setattr(sets, "dearest_first", later)


@planted
def what_is_closed_is_taken_again(patch):
    def free(promotion, of):
        return [(line.index, 0, line.count, line.runs[0][2]) for line in of if line.kind != "deposit" and len(line.runs) == 1]

    patch.setattr(promotions, "free", free)


@planted
def an_exclusive_one_closes_nothing(patch):
    cut = lines._cut
    patch.setattr(lines, "_cut", lambda runs, takes, code, closing: cut(runs, takes, code, False))


@planted
def tax_is_on_the_list_price(patch):
    shares = taxes._shares

    def of_lists(of_lines, *others):
        found = shares(of_lines, *others)
        for share in found[: len(of_lines)]:
            share.amount = share.owner.list_total
        return found

    patch.setattr(taxes, "_shares", of_lists)


@planted
def a_compound_rate_is_on_the_net_amount_alone(patch):
    folded = taxes.folded
    patch.setattr(taxes, "folded", lambda rates, at: folded([rate | {"compound": False} for rate in rates], at))


@planted
def document_rounding_is_line_rounding(patch):
    def by_line(shares, inside):
        for share in shares:
            share.tax = share.rates.tax(share.amount, inside=inside)

    patch.setattr(taxes, "_by_document", by_line)


@planted
def a_window_includes_its_end(patch):
    def within(window, weekday, minute):
        return weekday in window["days"] and window["from"] <= minute <= window["until"]

    patch.setattr(gates, "within", within)


@planted
def a_refused_coupon_counts(patch):
    patch.setitem(gates.GATES, "coupon", lambda data, asked: None if asked.coupons else gates.Reason("needs_coupon"))


@planted
def the_first_of_the_best_wins(patch):
    def compete(working, together):
        for promotion in together:
            promotions.settle(working, promotion, promotions.attempt(working, promotion))

    patch.setattr(promotions, "_compete", compete)


@planted
def the_dearest_of_three_is_free(patch):
    patch.setattr(sets, "last", lambda stretches, count: pieces.first(stretches, count)[0])


@planted
def a_stack_limit_forgets_what_came_off_before(patch):
    limited = promotions._limited

    def forgetful(promotion, takes, of):
        before = [line.off for line in of]
        for line in of:
            line.off = 0
        found = limited(promotion, takes, of)
        for line, off in zip(of, before, strict=True):
            line.off = off
        return found

    patch.setattr(promotions, "_limited", forgetful)


@planted
def a_quantity_break_counts_one_line(patch):
    patch.setattr(prices, "quantities", lambda rows: {row["sku"]: row["quantity"] for row in rows})


@planted
def what_is_excepted_is_taken(patch):
    matches = selections.Selection.matches

    def careless(self, line):
        self.without = frozenset()
        return matches(self, line)

    patch.setattr(selections.Selection, "matches", careless)


@planted
def the_pieces_of_an_exempt_line_keep_their_tax(patch):
    allocation = allocations.allocation
    patch.setattr("catalog.pricing.engine.allocation", lambda line, *, tax, exempted: allocation(line, tax=tax, exempted=0))


@planted
def cash_is_rounded_down(patch):
    patch.setattr(cash, "rounded", lambda total, *, step: total - total % step if step > 1 else total)


@planted
def a_price_holds_at_its_end(patch):
    def valid(row, at):
        return (row["starts_at"] is None or row["starts_at"] <= at) and (row["ends_at"] is None or at <= row["ends_at"])

    patch.setattr(prices, "valid", valid)


def found_by() -> set[str]:
    """Whether the cases by hand or the properties find a fault."""
    finders = {
        "by hand": lambda: any(wrong(case, result(case)) for case in CASES),
        "sums": lambda: any(broken(case, result(case)) for case in cases(count=200, seed=77)),
        "order": lambda: any(canonical(result(turned(case, 1))) != canonical(result(case)) for case in cases(count=60, seed=78)),
    }
    return {name for name, finds in finders.items() if _finds(finds)}


def _finds(finds: Callable[[], bool]) -> bool:
    try:
        return finds()
    except Exception:  # a fault may as well break the engine
        return True


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name, monkeypatch):
    PLANTED[name](monkeypatch)
    assert found_by(), name.replace("_", " ")


def test_without_a_fault_nothing_is_found():
    assert found_by() == set()
