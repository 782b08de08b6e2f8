"""Pieces of lines, kept as runs of equal ones, and the sharing of an amount over them to the last minor unit."""

from collections.abc import Iterable, Sequence

from kernel.money import allocate

# (line, place, count, price): `count` equal pieces of the line from `place` on, each at `price`.
Stretch = tuple[int, int, int, int]
# (line, place, count, off): so much off each of these pieces.
Take = tuple[int, int, int, int]
# (count, part): so many pieces, this much each.
Parts = list[tuple[int, int]]


def shared(*, total: int, runs: Sequence[tuple[int, int]]) -> list[Parts]:
    """`total` over runs of (count, weight of each): largest remainder first, ties to the earlier piece. What falls to the pieces of each run."""
    if len(runs) == 1:
        return [_evenly(total, runs[0][0])]
    whole = sum(count * weight for count, weight in runs)
    if not whole:
        runs, whole = [(count, 1) for count, _ in runs], sum(count for count, _ in runs)
    parts = [total * weight // whole for _, weight in runs]
    left = total - sum(count * part for (count, _), part in zip(runs, parts, strict=True))
    more = [0] * len(runs)
    for index in sorted(range(len(runs)), key=lambda i: (-(total * runs[i][1] % whole), i)):
        more[index] = min(left, runs[index][0])
        left -= more[index]
    return [_stepped(count, part, extra) for (count, _), part, extra in zip(runs, parts, more, strict=True)]


def spread(off: int, stretches: Sequence[Stretch], *, repeat: int = 1) -> list[Take]:
    """`off` over the pieces by their prices: to the lines by their pieces' sum, then within each line. Stretches stand in order of line and place.

    `repeat`: the same again so many times over the pieces that follow in each stretch; equal parts stand together.
    """
    if len(stretches) == 1:
        return _over_one(off, stretches[0], repeat)
    lines: dict[int, list[Stretch]] = {}
    for stretch in stretches:
        lines.setdefault(stretch[0], []).append(stretch)
    if len(lines) == 1:
        return _within(off, stretches, repeat)
    parts = allocate(total=off, weights=[worth(of_line) for of_line in lines.values()])
    return [take for part, of_line in zip(parts, lines.values(), strict=True) for take in _within(part, of_line, repeat)]


def worth(stretches: Iterable[Stretch]) -> int:
    return sum([count * price for _, _, count, price in stretches])


def number(stretches: Iterable[Stretch]) -> int:
    return sum([count for _, _, count, _ in stretches])


def dearest_first(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Ties: the line's id, then the place in it."""
    return sorted(stretches, key=lambda stretch: (-stretch[3], stretch[0], stretch[1]))


def first(stretches: Iterable[Stretch], count: int) -> tuple[list[Stretch], list[Stretch]]:
    """The first `count` pieces as the stretches stand, and the rest."""
    got: list[Stretch] = []
    rest: list[Stretch] = []
    for line, place, many, price in stretches:
        taken = min(many, count)
        count -= taken
        if taken:
            got.append((line, place, taken, price))
        if many > taken:
            rest.append((line, place + taken, many - taken, price))
    return got, rest


def last(stretches: Sequence[Stretch], count: int) -> list[Stretch]:
    """The last `count` pieces as the stretches stand."""
    _, rest = first(stretches, number(stretches) - count)
    return rest


def _over_one(off: int, stretch: Stretch, repeat: int) -> list[Take]:
    line, place, count, _ = stretch
    each, odd = divmod(off, count)
    if not odd:
        return [(line, place, count * repeat, each)]
    return [(line, place, odd * repeat, each + 1), (line, place + odd * repeat, (count - odd) * repeat, each)]


def _within(off: int, stretches: Sequence[Stretch], repeat: int) -> list[Take]:
    takes: list[Take] = []
    for (line, place, _, _), parts in zip(stretches, shared(total=off, runs=[(s[2], s[3]) for s in stretches]), strict=True):
        for count, part in parts:
            takes.append((line, place, count * repeat, part))
            place += count * repeat
    return takes


def _evenly(total: int, count: int) -> Parts:
    each, odd = divmod(total, count)
    return _stepped(count, each, odd)


def _stepped(count: int, each: int, odd: int) -> Parts:
    """The first `odd` pieces carry one more."""
    if not odd:
        return [(count, each)]
    return [(odd, each + 1), (count - odd, each)] if odd < count else [(count, each + 1)]
