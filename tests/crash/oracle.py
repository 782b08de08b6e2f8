"""What must be true when everything has calmed down. Pure: it judges what was collected."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import oracle as till
from tests.crash import payments, stock

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A write that was acknowledged, and what was answered when it was asked once more at the end."""

    what: str
    path: str
    key: str
    status: int
    answer: bytes
    told: Any
    again_status: int
    again: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """`before`: the orders that stood when it began."""

    asked: list[Asked]
    # id, number, status, kind, source, total, customer: whether there is one.
    orders: list[Row]
    before: frozenset[str] = frozenset()
    # What orders_broken() says, and keys whose work was never brought to an answer.
    broken: list[str] = field(default_factory=list)
    money: payments.Money = field(default_factory=payments.Money)
    goods: stock.Stock = field(default_factory=stock.Stock)
    # Of each order: how many events say that it was placed; what its book lines come to, none being None; how many times it earned points.
    told: dict[str, int] = field(default_factory=dict)
    booked: dict[str, int] = field(default_factory=dict)
    earned: dict[str, int] = field(default_factory=dict)
    # Messages that a subscriber did not get, or not to the end.
    undelivered: list[str] = field(default_factory=list)
    # What the till has on its own side, and what became of it.
    counter: till.Evidence | None = None
    # By queue, what was still in it when its minute was over.
    left: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    check: str
    broken: list[str]


Check = Callable[[Evidence], Iterable[str]]
PLACING = frozenset({"checkout", "cart_order"})


def judge(evidence: Evidence) -> list[Found]:
    return [Found(name, list(check(evidence))) for name, check in CHECKS.items()]


def _placed(evidence: Evidence) -> list[Asked]:
    return [one for one in evidence.asked if one.what in PLACING and one.status == 201]


def answers(evidence: Evidence) -> Iterable[str]:
    """What was done says the same again, byte for byte. What was refused may be evaluated anew."""
    for one in evidence.asked:
        if one.status < 300 and (one.again_status, one.again) != (one.status, one.answer):
            yield f"{one.what} {one.path} {one.key}: {one.status} {one.answer[:200]!r} became {one.again_status} {one.again[:200]!r}"


def lost(evidence: Evidence) -> Iterable[str]:
    stand = {row["id"]: row for row in evidence.orders}
    for one in _placed(evidence):
        row = stand.get(one.told["id"])
        if row is None:
            yield f"{one.told['number']} was acknowledged and is not there"
        elif one.told["number"] != row["number"]:
            yield f"{one.told['number']} is called {row['number']}"


def doubled(evidence: Evidence) -> Iterable[str]:
    """An order for each answer and no more: also none that nobody was ever told of, since everybody asked until they were answered."""
    told = Counter(one.told["id"] for one in _placed(evidence))
    yield from (f"{id} was told to {many} askers" for id, many in told.items() if many > 1)
    for row in evidence.orders:
        ours = row["kind"] == "sale" and row["source"] == "web" and row["id"] not in evidence.before
        # What was refused came to nothing, and is told apart from what was placed twice.
        if ours and row["id"] not in told and row["status"] != "cancelled":
            yield f"{row['number']} ({row['status']}) stands and nobody was told of it"


def totals(evidence: Evidence) -> Iterable[str]:
    """The total that was told is the order's, but for what was changed afterwards on purpose."""
    stand = {row["id"]: row for row in evidence.orders}
    changed = {one.path.split("/")[4] for one in evidence.asked if one.what == "edits" and one.status == 201}
    for one in _placed(evidence):
        row = stand.get(one.told["id"])
        if row is not None and row["id"] not in changed and row["total"] != one.told["total"]:
            yield f"{row['number']}: told {one.told['total']}, is {row['total']}"


def sums(evidence: Evidence) -> Iterable[str]:
    """What the database itself says of its orders, ledgers and books."""
    return evidence.broken


def money(evidence: Evidence) -> Iterable[str]:
    return payments.judge(evidence.money)


def goods(evidence: Evidence) -> Iterable[str]:
    return stock.judge(evidence.goods)


def events(evidence: Evidence) -> Iterable[str]:
    """What is paid was told once, booked to nothing and earned its points once."""
    for row in evidence.orders:
        if row["id"] in evidence.before or row["status"] != "paid" or row["kind"] != "sale":
            continue
        if evidence.told.get(row["id"], 0) != 1:
            yield f"{row['number']} was told {evidence.told.get(row['id'], 0)} times"
        if row["id"] not in evidence.booked:
            yield f"{row['number']} is not in the books"
        if row["customer"] and evidence.earned.get(row["id"], 0) != 1:
            yield f"{row['number']} earned points {evidence.earned.get(row['id'], 0)} times"
    yield from (f"{id} is booked to {left}" for id, left in evidence.booked.items() if left)
    yield from evidence.undelivered


def counter(evidence: Evidence) -> Iterable[str]:
    """What the till's own gate asks: papers, entries, chain, stock, money, posting, shifts."""
    if evidence.counter is not None:
        for found in till.judge(evidence.counter):
            yield from (f"{found.check}: {one}" for one in found.broken)


def drained(evidence: Evidence) -> Iterable[str]:
    return (f"{many} {queue} wait a minute after the last kill" for queue, many in evidence.left.items() if many)


CHECKS: dict[str, Check] = {
    "answers": answers,
    "lost": lost,
    "doubled": doubled,
    "totals": totals,
    "sums": sums,
    "money": money,
    "goods": goods,
    "events": events,
    "counter": counter,
    "drained": drained,
}
