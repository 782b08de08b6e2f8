"""Many want the same at once: never more than there is, the rest told why by name, and what came to nothing given back once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from threading import Barrier
from uuid import UUID, uuid4

from kernel.errors import Refused
from org.tests.threads import in_threads

CLAIMS, THREADS = 200, 20


@dataclass(frozen=True, kw_only=True)
class Prize:
    """Something of which there is enough for `there` claims.

    `claim(order)` has one or raises Refused with one of `refusals`. `taken()`: how many are gone, as the database has it.
    `give_back(order)`: how much of it went back; None: what is taken stays taken.
    """

    there: int
    claim: Callable[[UUID], object]
    taken: Callable[[], int]
    refusals: frozenset[str]
    give_back: Callable[[UUID], int] | None = None


def fire(prize: Prize, *, claims: int = CLAIMS, threads: int = THREADS) -> None:
    """All at once; of those that have one every third comes to nothing, told by two at once, and is there for others again, and no more of it."""
    had = rush(prize, claims=claims, threads=threads)
    assert (len(had), prize.taken()) == (prize.there, prize.there)
    if prize.give_back is None:
        return
    failed = had[::3]
    assert given_back(prize, failed) == len(failed)
    assert prize.taken() == prize.there - len(failed)
    assert len(rush(prize, claims=len(failed) + 4, threads=4)) == len(failed)
    assert prize.taken() == prize.there


def rush(prize: Prize, *, claims: int, threads: int) -> list[UUID]:
    """Who had one. Whoever had none was told a reason that is foreseen."""
    start = Barrier(threads, timeout=60)

    def one_thread(n: int) -> list[tuple[UUID, str]]:
        orders = [uuid4() for _ in range(n, claims, threads)]
        start.wait()
        return [(order, told(prize, order)) for order in orders]

    answers = [answer for each in in_threads(threads, one_thread) for answer in each]
    why = Counter(code for _, code in answers)
    assert set(why) <= prize.refusals | {""}, why
    return [order for order, code in answers if not code]


def told(prize: Prize, order: UUID) -> str:
    try:
        prize.claim(order)
    except Refused as refused:
        return refused.code
    return ""


def given_back(prize: Prize, orders: list[UUID]) -> int:
    """Each by two at once, in the same order, so that they meet."""
    start = Barrier(4, timeout=60)

    def one_thread(n: int) -> int:
        start.wait()
        return sum(prize.give_back(order) for order in orders[n % 2 :: 2])

    return sum(in_threads(4, one_thread))
