"""Rewards that take pieces together: set, buy_get, bundle and gift. What was weighed never belongs to a set."""

from collections.abc import Callable, Sequence
from typing import Any

from catalog.pricing.compiling import Promotion
from catalog.pricing.gates import Reason
from catalog.pricing.pieces import Stretch, Take, dearest_first, first, last, number, spread, worth
from catalog.pricing.rewards import Given
from catalog.pricing.selections import Selection
from kernel.money import MILLION, divided

# The pieces of a selection that the promotion may take, in order of line and place.
Pick = Callable[[Selection], list[Stretch]]
# Line and place of a run's first piece.
RunKey = tuple[int, int]
Json = dict[str, Any]


def fixed_sets(promotion: Promotion, pick: Pick) -> Given:
    """ "2 for 5.00": the dearest together, as long as it saves something."""
    size, value = promotion.reward["size"], promotion.reward["value"]
    # The dearest stand last, where they are taken from.
    rest = dearest_first(pick(promotion.selection))[::-1]
    had = number(rest)
    given = Given(short=_too_few(had, size))
    takes: list[Take] = []
    left = _times(promotion, had // size)
    while left > 0:
        # Sets made wholly of equal pieces of one run are worked together, and their odd minor units stand first.
        repeat = min(left, max(rest[-1][2] // size, 1))
        together = _off_the_end(rest, size * repeat)
        one = [(line, place, count // repeat, price) for line, place, count, price in together]
        off = worth(one) - value
        if off <= 0:
            break
        takes += spread(off, sorted(one), repeat=repeat)
        given.times += repeat
        left -= repeat
    given.takes = takes
    return given


def _off_the_end(rest: list[Stretch], count: int) -> list[Stretch]:
    """Takes so many pieces away from the end of `rest`."""
    got = []
    while count:
        line, place, many, price = rest.pop()
        taken = min(many, count)
        got.append((line, place, taken, price))
        if many > taken:
            rest.append((line, place + taken, many - taken, price))
        count -= taken
    return got


def buy_get(promotion: Promotion, pick: Pick) -> Given:
    """Buy so many and get so many at a discount."""
    reward = promotion.reward
    if promotion.of_reward is not None:
        return _buy_get_other(promotion, pick)
    pieces = dearest_first(pick(promotion.selection))
    size = reward["buy"] + reward["get"]
    times = _times(promotion, number(pieces) // size)
    bought, _ = first(pieces, times * reward["buy"])
    return _bought_and_got(promotion, bought, last(pieces, times * reward["get"]), times) if times else Given(short=_too_few(number(pieces), size))


def _buy_get_other(promotion: Promotion, pick: Pick) -> Given:
    """What is got comes of another selection; a piece of both serves only once."""
    assert promotion.of_reward is not None
    buy, get = promotion.reward["buy"], promotion.reward["get"]
    buyable, gettable = pick(promotion.selection), pick(promotion.of_reward)
    if not (buyable and gettable):
        return Given(short=_too_few(number(buyable) + number(gettable), buy + get))
    to_buy, to_get = set(buyable), set(gettable)
    only_buy, both, only_get = to_buy - to_get, to_buy & to_get, to_get - to_buy
    had = number(only_buy), number(both), number(only_get)
    times = _times(promotion, min((had[0] + had[1]) // buy, (had[1] + had[2]) // get, sum(had) // (buy + get)))
    if not times:
        return Given(short=_too_few(sum(had), buy + get))
    bought, _ = first(dearest_first(only_buy), times * buy)
    of_both, rest = first(dearest_first(both), times * buy - number(bought))
    return _bought_and_got(promotion, bought + of_both, last(dearest_first([*only_get, *rest]), times * get), times)


def _bought_and_got(promotion: Promotion, bought: Sequence[Stretch], got: Sequence[Stretch], times: int) -> Given:
    percent = promotion.reward["percent"]
    takes = [(line, place, count, 0) for line, place, count, _ in bought]
    takes += [(line, place, count, divided(price * percent, MILLION)) for line, place, count, price in got]
    return Given(takes=takes, times=times)


def bundle(promotion: Promotion, pick: Pick) -> Given:
    """One of each slot, again and again as long as it saves something."""
    free = [pick(selection) for selection in promotion.of_slots]
    slots = promotion.reward["slots"]
    # The slot with the smallest choice chooses first, so that no other takes what only it could use.
    had = [number(stretches) for stretches in free]
    order = sorted(range(len(slots)), key=had.__getitem__)
    if had[order[0]] < slots[order[0]]["quantity"] and _times(promotion, 1):
        return Given(short=Reason("missing", {"name": slots[order[0]]["name"]}))
    # The dearest stand last: runs that are used up go from there.
    free = [dearest_first(stretches)[::-1] for stretches in free]
    # What is left of each run, and the place where it begins.
    left = {(line, place): count for stretches in free for line, place, count, _ in stretches}
    begin = {run: run[1] for run in left}
    price = {(line, place): each for stretches in free for line, place, _, each in stretches}
    given = Given()
    takes: list[Take] = []
    while _times(promotion, given.times + 1) > given.times:
        chosen = _one_bundle(slots, order, free, left)
        if isinstance(chosen, Reason):
            given.short = chosen
            break
        repeat = _times(promotion, given.times + min(left[run] // count for run, count in chosen.items())) - given.times
        one = sorted((line, begin[line, place], count, price[line, place]) for (line, place), count in chosen.items())
        off = _bundle_off(promotion, worth(one))
        if off <= 0:
            break
        takes += spread(off, one, repeat=repeat)
        given.times += repeat
        for run, count in chosen.items():
            left[run] -= count * repeat
            begin[run] += count * repeat
    given.takes = takes
    return given


def _one_bundle(slots: Sequence[Json], order: Sequence[int], free: Sequence[list[Stretch]], left: dict[RunKey, int]) -> dict[RunKey, int] | Reason:
    """How many pieces of which run; or the slot that finds too few."""
    chosen: dict[RunKey, int] = {}
    for slot in order:
        wanted = slots[slot]["quantity"]
        while free[slot] and not left[free[slot][-1][:2]]:
            free[slot].pop()
        for line, place, _, _ in reversed(free[slot]):
            got = min(wanted, left[line, place] - chosen.get((line, place), 0))
            if got:
                chosen[line, place] = chosen.get((line, place), 0) + got
                wanted -= got
            if not wanted:
                break
        if wanted:
            return Reason("missing", {"name": slots[slot]["name"]})
    return chosen


def _bundle_off(promotion: Promotion, whole: int) -> int:
    value = promotion.reward["value"]
    return whole - value if promotion.reward["as"] == "price" else divided(whole * value, MILLION)


def gift(promotion: Promotion, pick: Pick) -> Given:
    """Pieces that lie in the basket become free; those that do not are told."""
    assert promotion.of_reward is not None
    wanted = promotion.reward["quantity"]
    free, _ = first(dearest_first(pick(promotion.of_reward)), wanted)
    missing = wanted - number(free)
    short = Reason("add_more", {"count": missing, "size": wanted}, almost=True) if missing else None
    return Given(takes=[(line, place, count, price) for line, place, count, price in free], times=number(free), missing=missing, short=short)


def _times(promotion: Promotion, possible: int) -> int:
    limit = promotion.data["limits"]["per_basket"]
    return possible if limit is None else min(possible, limit)


def _too_few(had: int, size: int) -> Reason | None:
    return Reason("add_more", {"count": size - had, "size": size}, almost=True) if 0 < had < size else None
