"""Rewards that go over matching pieces alike: percent, amount, fixed and tiers, for lines and for the whole order.

Each takes the promotion and the pieces it may have, and says what comes off which piece. Nothing is changed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from catalog.pricing.compiling import Promotion
from catalog.pricing.gates import Reason
from catalog.pricing.lines import Line
from catalog.pricing.pieces import Stretch, Take, dearest_first, first, number, spread, worth
from kernel.money import MILLION, divided, line_total

Json = dict[str, Any]


@dataclass(slots=True)
class Given:
    """`short`: what is missing for the reward; `missing`: how many pieces of a gift are not in the basket."""

    takes: Sequence[Take] = ()
    times: int = 0
    short: Reason | None = None
    missing: int = 0


def over_lines(promotion: Promotion, stretches: Sequence[Stretch], lines: Sequence[Line]) -> Given:
    """percent, amount, fixed and tiers at line level."""
    reward = promotion.reward
    if promotion.kind == "tiers":
        step = reached(reward, stretches)
        if isinstance(step, Reason):
            return Given(short=step)
        return Given(takes=_alike(step["kind"], step["value"], stretches, lines, in_all=True), times=1)
    takes = _alike(promotion.kind, reward["value"], _limited(stretches, promotion.data["limits"]["per_basket"]), lines, in_all=False)
    return Given(takes=takes, times=sum(count for _, _, count, _ in takes))


def over_order(promotion: Promotion, stretches: Sequence[Stretch]) -> Given:
    """percent, amount and tiers of the whole: one sum, spread over lines and pieces."""
    step: Json | Reason = promotion.reward if promotion.kind != "tiers" else reached(promotion.reward, stretches)
    if isinstance(step, Reason):
        return Given(short=step)
    whole = worth(stretches)
    off = divided(whole * step["value"], MILLION) if step["kind"] == "percent" else min(step["value"], whole)
    return Given(takes=changing(spread(off, stretches)) if off else [], times=1)


def reached(reward: Json, stretches: Sequence[Stretch]) -> Json | Reason:
    """The highest step reached, or what the first one lacks."""
    by_quantity = reward["by"] == "quantity"
    had = number(stretches) if by_quantity else worth(stretches)
    steps = [step for step in reward["steps"] if step["from"] <= had]
    if steps:
        return max(steps, key=lambda step: int(step["from"]))
    lowest = min(step["from"] for step in reward["steps"])
    if by_quantity:
        return Reason("add_more", {"count": lowest - had, "size": lowest}, almost=had > 0)
    return Reason("spend_more", {"amount": lowest - had}, almost=had > 0)


def changing(takes: Sequence[Take]) -> list[Take]:
    """A piece that nothing comes off is not taken: another promotion may have it."""
    return [take for take in takes if take[3]]


def _alike(kind: str, value: int, stretches: Sequence[Stretch], lines: Sequence[Line], *, in_all: bool) -> list[Take]:
    if kind == "percent":
        return [take for _, group in groupby(stretches, key=lambda s: s[0]) for take in _percent(value, list(group))]
    if kind == "fixed":
        return changing([(line, place, count, max(price - _for_one(value, lines[line]), 0)) for line, place, count, price in stretches])
    if in_all:
        return changing(spread(min(value, worth(stretches)), stretches))
    return changing([(line, place, count, min(_for_one(value, lines[line]), price)) for line, place, count, price in stretches])


def _percent(value: int, of_line: Sequence[Stretch]) -> list[Take]:
    return changing(spread(divided(worth(of_line) * value, MILLION), of_line))


def _for_one(value: int, line: Line) -> int:
    """`value` is for a piece; of what was weighed, for 1000 thousandths."""
    return line_total(price=value, price_quantity=1000, quantity=line.quantity) if line.weighed else value


def _limited(stretches: Sequence[Stretch], pieces: int | None) -> Sequence[Stretch]:
    """The dearest `pieces`, again in order of line and place."""
    return stretches if pieces is None else sorted(first(dearest_first(stretches), pieces)[0])
