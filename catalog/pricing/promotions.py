"""Step 4: the promotions, one after the other; the best ones compete."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Any

from catalog.pricing import rewards, sets
from catalog.pricing.compiling import Compiled, Promotion
from catalog.pricing.delivery import over_delivery
from catalog.pricing.gates import Asked, Reason, shut_by_facts, shut_by_goods
from catalog.pricing.lines import Charge, Line
from catalog.pricing.pieces import Stretch, Take, shared
from catalog.pricing.selections import Selection
from kernel.money import MILLION

Json = dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What a promotion would take off as things stand. `reason`: why nothing, or nothing more; `gate`: it is a shut gate, `final` one that
    no other promotion can open.

    `limited` are lines that their stack limit left nothing for.
    """

    off: int = 0
    times: int = 0
    takes: Sequence[Take] = ()
    charges: Sequence[tuple[int, int]] = ()
    reason: Reason | None = None
    gate: bool = False
    final: bool = False
    missing: int = 0
    limited: Set[int] = frozenset()


# A promotion, what it took off, and why it gave nothing for a line it is about.
Settled = tuple[Promotion, Outcome, Mapping[int, Reason]]


@dataclass(slots=True)
class Work:
    """One evaluation under way. `worked` is what became of each promotion, in the order it was settled."""

    compiled: Compiled
    lines: list[Line]
    charges: list[Charge]
    asked: Asked
    matching: dict[int, list[Line]]
    worked: list[Settled] = field(default_factory=list)
    excluded: dict[str, Reason] = field(default_factory=dict)

    def excluded_by(self, code: str) -> Reason:
        if code not in self.excluded:
            self.excluded[code] = Reason("excluded_by", {"promotion": code, "name": self.compiled.names.get(code, "")})
        return self.excluded[code]


def work(compiled: Compiled, lines: list[Line], charges: list[Charge], asked: Asked) -> Work:
    given = [asked.facts["coupons"][code]["promotion"] for code in asked.coupons if code in asked.facts["coupons"]]
    working = Work(compiled, lines, charges, asked, compiled.matching(asked.found, given))
    for promotions in _in_order([compiled.promotions[index] for index in sorted(working.matching)]):
        if len(promotions) == 1:
            settle(working, promotions[0], attempt(working, promotions[0]))
        else:
            _compete(working, promotions)
    return working


def _in_order(promotions: list[Promotion]) -> list[list[Promotion]]:
    """Each alone, but the best of a priority, level and group together, at the place of the first of them."""
    found: list[list[Promotion]] = []
    competing: dict[tuple[int, str, str], list[Promotion]] = {}
    for promotion in promotions:
        if not promotion.best:
            found.append([promotion])
        elif promotion.competes in competing:
            competing[promotion.competes].append(promotion)
        else:
            found.append([promotion])
            competing[promotion.competes] = found[-1]
    return found


def _compete(working: Work, promotions: list[Promotion]) -> None:
    """Whoever takes most off first, and again among the rest: only those that a winner's lines concern are worked out anew."""
    outcomes = {promotion.index: attempt(working, promotion) for promotion in promotions}
    heap = [(-outcome.off, index) for index, outcome in outcomes.items() if outcome.off]
    heapify(heap)
    # Whoever wins alone concerns nobody.
    open_still = [promotion for promotion in promotions if not outcomes[promotion.index].final] if heap else []
    concerned = _concerned(working, open_still) if len(open_still) > 1 else {}
    while heap:
        off, index = heappop(heap)
        if index not in outcomes or outcomes[index].off != -off:
            continue
        winner = outcomes.pop(index)
        settle(working, working.compiled.promotions[index], winner)
        for other in {one for line in {-1, *(take[0] for take in winner.takes)} for one in concerned.get(line, ()) if one in outcomes}:
            before = outcomes[other]
            after = outcomes[other] = attempt(working, working.compiled.promotions[other])
            if after.off and after.off != before.off:
                heappush(heap, (-after.off, other))
    for index in sorted(outcomes):
        settle(working, working.compiled.promotions[index], outcomes[index])


def _concerned(working: Work, promotions: list[Promotion]) -> dict[int, list[int]]:
    """Whom a change of a line concerns. Under -1, whom any change does: the whole order, delivery, those that need other goods."""
    concerned: dict[int, list[int]] = {}
    for promotion in promotions:
        wide = promotion.level != "line" or promotion.needs
        for line in [-1] if wide else [line.index for line in working.matching[promotion.index]]:
            concerned.setdefault(line, []).append(promotion.index)
    return concerned


def attempt(working: Work, promotion: Promotion) -> Outcome:
    """What it would take off, alone, as things stand. Changes nothing."""
    matching = working.matching[promotion.index]
    reason = shut_by_facts(promotion, working.asked)
    if reason is not None:
        return Outcome(reason=reason, gate=True, final=True)
    reason = shut_by_goods(promotion, working.asked, matching)
    if reason is not None:
        return Outcome(reason=reason, gate=True)
    outcome = _of_delivery(working, promotion) if promotion.level == "delivery" else _of_goods(working, promotion, matching)
    left = working.asked.facts["left"].get(promotion.code) if outcome.off else None
    over_budget = left is not None and left["budget"] is not None and outcome.off > left["budget"]
    return Outcome(reason=Reason("over_budget"), missing=outcome.missing) if over_budget else outcome


def settle(working: Work, promotion: Promotion, outcome: Outcome) -> None:
    """Takes off what it takes off, and keeps why it gave what it gave."""
    kept = NO_REASONS if outcome.gate or promotion.level == "delivery" else _kept(working, promotion, outcome)
    if outcome.off:
        for line, takes in groupby(sorted(outcome.takes), key=FIRST):
            working.lines[line].take(list(takes), code=promotion.code, closing=promotion.closing)
        for charge, off in outcome.charges:
            working.charges[charge].take(off, code=promotion.code, closing=promotion.closing)
    working.worked.append((promotion, outcome, kept))


def _of_delivery(working: Work, promotion: Promotion) -> Outcome:
    offs = over_delivery(promotion, working.charges)
    if isinstance(offs, str):
        return Outcome(reason=working.excluded_by(offs))
    if isinstance(offs, Reason):
        return Outcome(reason=offs)
    return Outcome(off=sum(off for _, off in offs), times=1, charges=offs)


def _of_goods(working: Work, promotion: Promotion, matching: list[Line]) -> Outcome:
    given = _given(working, promotion, matching)
    takes, limited = given.takes, NOTHING
    if takes and promotion.limit is not None:
        takes, limited = _limited(promotion.limit, takes, working.lines)
    off = sum([count * each for _, _, count, each in takes])
    return Outcome(off=off, times=given.times, takes=takes, reason=given.short, missing=given.missing, limited=limited)


def _given(working: Work, promotion: Promotion, matching: list[Line]) -> rewards.Given:
    if not promotion.sets:
        stretches = free(promotion, matching)
        if not stretches:
            return rewards.Given()
        return rewards.over_order(promotion, stretches) if promotion.level == "order" else rewards.over_lines(promotion, stretches, working.lines)

    def pick(selection: Selection) -> list[Stretch]:
        return free(promotion, [line for line in working.asked.found.of(selection) if not line.weighed])

    return REWARDS[promotion.kind](promotion, pick)


def free(promotion: Promotion, lines: Sequence[Line]) -> list[Stretch]:
    """The pieces it may take."""
    stack = promotion.stack
    return [stretch for line in lines for stretch in line.free[stack]]


def _limited(limit: int, takes: Sequence[Take], lines: Sequence[Line]) -> tuple[Sequence[Take], Set[int]]:
    """No more off a line than the stack limit lets; what is less is shared by what each piece would have got."""
    kept: list[Take] = []
    nothing: set[int] = set()
    for index, group in groupby(sorted(takes), key=lambda take: take[0]):
        of_line = list(group)
        allowed = max(lines[index].list_total * limit // MILLION - lines[index].off, 0)
        wanted = sum(count * each for _, _, count, each in of_line)
        if wanted <= allowed:
            kept += of_line
        elif allowed:
            kept += _less(allowed, of_line)
        else:
            nothing.add(index)
    return kept, nothing


def _less(allowed: int, takes: list[Take]) -> list[Take]:
    less: list[Take] = []
    for (line, place, _, _), parts in zip(takes, shared(total=allowed, runs=[(take[2], take[3]) for take in takes]), strict=True):
        for count, part in parts:
            less.append((line, place, count, part))
            place += count
    return less


def _kept(working: Work, promotion: Promotion, outcome: Outcome) -> dict[int, Reason]:
    """Why it gives nothing for a line that it is about, told before it is applied."""
    taken = {take[0] for take in outcome.takes} if outcome.off else NOTHING
    stack, reasons = promotion.stack, {}
    for line in working.matching[promotion.index]:
        if line.index in taken:
            continue
        reason = _barred(promotion, outcome, line)
        if reason is None and not line.free[stack]:
            reason = working.excluded_by(line.holders[stack])
        if reason is not None:
            reasons[line.index] = reason
    return reasons


def _barred(promotion: Promotion, outcome: Outcome, line: Line) -> Reason | None:
    if line.kind == "deposit":
        return DEPOSIT
    if line.fixed is not None:
        return Reason("fixed", {"source": line.fixed["source"]})
    if promotion.sets and line.weighed:
        return WEIGHED
    return LIMIT_REACHED if line.index in outcome.limited else None


FIRST = itemgetter(0)
NOTHING: Set[int] = frozenset()
NO_REASONS: Mapping[int, Reason] = {}
DEPOSIT, WEIGHED, LIMIT_REACHED = Reason("deposit"), Reason("weighed"), Reason("stack_limit")
REWARDS = {"set": sets.fixed_sets, "buy_get": sets.buy_get, "bundle": sets.bundle, "gift": sets.gift}
