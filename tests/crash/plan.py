"""Who is killed how often, when, and at which point; made of a seed. Pure."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

WEB, WORKER, RELAY, POSTGRES = PARTS = ("web", "worker", "relay", "postgres")
# At any moment, with all it has started; everything else is a named point (tests.crash.points).
ANYWHERE = "anywhere"
# (who dies, at which point, in whom that point is) to how many of a hundred. What is killed at a point of another's is the database.
MIX: Mapping[tuple[str, str, str], int] = {
    (WEB, ANYWHERE, WEB): 5,
    (WEB, "before_commit", WEB): 4,
    (WEB, "after_commit", WEB): 4,
    (WEB, "before_charge", WEB): 3,
    (WEB, "after_charge", WEB): 4,
    (WEB, "before_kept", WEB): 3,
    (WEB, "reply_lost", WEB): 3,
    (WORKER, ANYWHERE, WORKER): 6,
    (WORKER, "before_commit", WORKER): 9,
    (WORKER, "after_commit", WORKER): 8,
    (WORKER, "after_charge", WORKER): 3,
    (RELAY, ANYWHERE, RELAY): 6,
    (RELAY, "before_commit", RELAY): 8,
    (RELAY, "after_commit", RELAY): 7,
    (POSTGRES, ANYWHERE, POSTGRES): 13,
    (POSTGRES, "before_commit", WEB): 5,
    (POSTGRES, "after_commit", WEB): 4,
    (POSTGRES, "before_commit", WORKER): 3,
    (POSTGRES, "before_commit", RELAY): 2,
}


@dataclass(frozen=True, slots=True)
class Kill:
    number: int
    part: str
    point: str
    # Whose point it is.
    at: str
    # How many answers clients get between the part's being back and its next end.
    answers: int

    @property
    def kind(self) -> str:
        return kind(self.part, self.point, self.at)


def kind(part: str, point: str, at: str) -> str:
    return f"{part} {point}" if part == at else f"{part} {point} of {at}"


def make(*, kills: int, seed: int, mix: Mapping[tuple[str, str, str], int] = MIX) -> dict[str, list[Kill]]:
    """Of each part its own ends, in their order: they go on side by side."""
    chance = random.Random(seed)
    wanted = [what for what, many in counts(kills=kills, mix=mix).items() for _ in range(many)]
    chance.shuffle(wanted)
    made = [Kill(number, *what, answers=chance.randrange(2, 12)) for number, what in enumerate(wanted)]
    return {part: [kill for kill in made if kill.part == part] for part in PARTS}


def counts(*, kills: int, mix: Mapping[tuple[str, str, str], int]) -> dict[tuple[str, str, str], int]:
    """As many as are asked for, shared out as the mix says; the largest remainders get what rounding leaves over."""
    total = sum(mix.values())
    exact = {what: kills * many / total for what, many in mix.items()}
    found = {what: int(share) for what, share in exact.items()}
    by_remainder = sorted(mix, key=lambda what: found[what] - exact[what])
    for what in by_remainder[: kills - sum(found.values())]:
        found[what] += 1
    return {what: many for what, many in found.items() if many}


def planned(plan: Mapping[str, list[Kill]]) -> Counter[str]:
    return Counter(kill.kind for kills in plan.values() for kill in kills)


def told(plan: Mapping[str, list[Kill]]) -> Iterator[str]:
    """One line each, for the artefacts of a failed run."""
    for part, kills in plan.items():
        for kill in kills:
            yield f"{part:<9} {kill.number:4d} {kill.kind}, {kill.answers} answers before"
