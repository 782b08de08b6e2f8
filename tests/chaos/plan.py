"""What a run does, made of a seed: the sales it attempts and the faults they meet. Pure."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# How many of each in three hundred attempts. What needs a restart is rare, what the line does is not.
MIX: Mapping[str, int] = {
    "drop_before": 16,
    "drop_after": 16,
    "error_500": 10,
    "error_503": 10,
    "cut": 10,
    "stall_before": 1,
    "stall_after": 1,
    "line_off": 4,
    "reload": 10,
    "kill_browser": 8,
    "kill_web": 2,
    "kill_worker": 1,
    "kill_postgres": 1,
    "second_tab": 5,
    "clock": 4,
    "quota_full": 2,
    "database_closed": 2,
    "worker_update": 2,
    "torn": 1,
}
# Faults of one request each: the proxy keeps them until a request comes that they fit.
OF_THE_LINE = frozenset({"drop_before", "drop_after", "error_500", "error_503", "cut", "stall_before", "stall_after"})
# When a page dies: with a basket, while the sale is being written, with the paper in the customer's hand.
MOMENTS = ("basket", "commit", "commit", "paper")
DAY_MS = 86_400_000
# The till is on its feet before the first fault.
QUIET = 3


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    # Of a reload or a kill.
    moment: str = ""
    delay_ms: int = 0
    # For how many attempts it lasts.
    span: int = 0
    shift_ms: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    # Places in the list of goods; whoever sells takes them modulo its length.
    goods: tuple[int, ...]
    # Grams of something weighed; 0: nothing weighed.
    grams: int
    lock: bool
    faults: tuple[Fault, ...]


def make(*, attempts: int, seed: int, mix: Mapping[str, int] = MIX) -> list[Attempt]:
    chance = random.Random(seed)
    faults = _spread(attempts, mix, chance)
    return [_attempt(number, tuple(faults.get(number, ())), chance) for number in range(attempts)]


def planned(plan: list[Attempt]) -> Counter[str]:
    return Counter(fault.kind for attempt in plan for fault in attempt.faults)


def counts(*, attempts: int, mix: Mapping[str, int]) -> dict[str, int]:
    """At least one of each kind, however short the run."""
    return {kind: max(1, round(many * attempts / 300)) for kind, many in mix.items() if many}


def _spread(attempts: int, mix: Mapping[str, int], chance: random.Random) -> dict[int, list[Fault]]:
    found: dict[int, list[Fault]] = {}
    free = list(range(min(QUIET, attempts - 1), attempts))
    chance.shuffle(free)
    for kind, many in counts(attempts=attempts, mix=mix).items():
        for _ in range(many):
            # What happens to the page or to a process has its attempt to itself; the line may fail beside it.
            at = chance.randrange(min(QUIET, attempts - 1), attempts) if kind in OF_THE_LINE or not free else free.pop()
            found.setdefault(at, []).append(_fault(kind, chance))
    return found


def _fault(kind: str, chance: random.Random) -> Fault:
    if kind in ("reload", "kill_browser"):
        return Fault(kind, moment=chance.choice(MOMENTS), delay_ms=chance.randrange(25))
    if kind in ("line_off", "worker_update"):
        return Fault(kind, span=chance.randrange(4, 13))
    if kind == "clock":
        return Fault(kind, shift_ms=chance.choice((-DAY_MS, DAY_MS)), span=chance.randrange(2, 8))
    return Fault(kind)


def _attempt(number: int, faults: tuple[Fault, ...], chance: random.Random) -> Attempt:
    goods = tuple(chance.sample(range(1000), chance.choice((1, 1, 2, 3, 4, 5))))
    grams = chance.randrange(50, 2000) if chance.random() < 0.08 else 0
    return Attempt(number=number, goods=goods, grams=grams, lock=chance.random() < 0.03, faults=faults)


def told(plan: list[Attempt]) -> Iterator[str]:
    """One line for each attempt that meets something: for the artefacts of a failed run."""
    for attempt in plan:
        for fault in attempt.faults:
            more = " ".join(f"{name}={value}" for name in ("moment", "delay_ms", "span", "shift_ms") if (value := getattr(fault, name)))
            yield f"{attempt.number:5d} {fault.kind} {more}".rstrip()
