"""The provider's book beside ours: nobody's money without an order, no order without its money, nothing taken or given back twice. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
# What an attempt may come to. Everything else is still open.
ENDED = frozenset({"captured", "declined", "voided", "review"})


@dataclass(frozen=True, slots=True)
class Money:
    """Of ours: attempts (id, order, key, state, amount, captured, refunded, status: the order's), refunds (key, attempt, state, amount), and
    what the card tenders of each order come to. Of the provider's: payments (key, order, state, captured, refunded), refunds (key, state)."""

    attempts: Sequence[Row] = ()
    refunds: Sequence[Row] = ()
    tenders: Mapping[str, int] = field(default_factory=dict)
    payments_there: Sequence[Row] = ()
    refunds_there: Sequence[Row] = ()


def judge(money: Money) -> Iterable[str]:
    there = {row["key"]: row for row in money.payments_there}
    yield from _once(money)
    for row in money.attempts:
        yield from _agrees(row, there.get(row["key"]))
    keys = {row["key"] for row in money.attempts}
    yield from (f"{row['key']}: {row['captured']} was taken and we know nothing of it" for key, row in there.items() if key not in keys)
    yield from _given_back(money)
    yield from _tendered(money)


def _once(money: Money) -> Iterable[str]:
    """One charge for each key, and one for each order: nobody here pays in parts by card."""
    for what, rows in (("payment", money.payments_there), ("refund", money.refunds_there)):
        yield from (f"{key} is {many} {what}s" for key, many in Counter(row["key"] for row in rows).items() if many > 1)
    taken = Counter(row["order"] for row in money.payments_there if row["captured"])
    yield from (f"order {order} was charged {many} times" for order, many in taken.items() if many > 1)


def _agrees(row: Row, there: Row | None) -> Iterable[str]:
    if row["state"] not in ENDED:
        yield f"{row['key']} of {row['status']} order {row['order']} is {row['state']}, for good"
    if row["state"] == "review":
        return
    captured, refunded = (there["captured"], there["refunded"]) if there else (0, 0)
    if (row["captured"], row["refunded"]) != (captured, refunded):
        yield f"{row['key']}: {row['captured']} taken and {row['refunded']} given back by our book, {captured} and {refunded} by theirs"
    if there and there["state"] == "authorised":
        yield f"{row['key']} is {row['state']}, and still held there"
    if row["status"] == "cancelled" and captured > refunded:
        yield f"{row['key']}: order {row['order']} came to nothing, and {captured - refunded} was kept"
    if row["status"] == "pending" and row["state"] in ("declined", "voided"):
        yield f"{row['key']} is {row['state']}, and order {row['order']} waits for it"


def _given_back(money: Money) -> Iterable[str]:
    there = {row["key"] for row in money.refunds_there if row["state"] == "refunded"}
    for row in money.refunds:
        if row["state"] not in ("done", "failed", "review"):
            yield f"{row['key']} is {row['state']}, for good"
        if (row["state"] == "done") != (row["key"] in there):
            yield f"{row['key']} is {row['state']} here, and there {'it went back' if row['key'] in there else 'it did not'}"
    ours = {row["key"] for row in money.refunds}
    yield from (f"{key} went back, and we know nothing of it" for key in sorted(there - ours))


def _tendered(money: Money) -> Iterable[str]:
    """What an order says was paid by card is what was taken for it, less what goes back."""
    kept: Counter[str] = Counter()
    for row in money.attempts:
        kept[row["order"]] += row["captured"] - row["refunded"]
    for order in sorted(kept.keys() | money.tenders.keys()):
        if kept[order] != money.tenders.get(order, 0):
            yield f"order {order}: its card tenders say {money.tenders.get(order, 0)}, its payments {kept[order]}"
