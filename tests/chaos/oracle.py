"""What must be true when everything has calmed down. Pure: it judges what was collected."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Evidence:
    """`papers`: receipts and totals that customers hold, each once. `client`: entries as the browser has them. The rest is the server's."""

    papers: list[tuple[str, int]]
    client: list[dict[str, Any]]
    # Accepted entries: id, till, epoch, seq, prev, hash, text, kind, posting.
    journal: list[dict[str, Any]]
    # Kept apart or in conflict.
    apart: list[str]
    # id, number, total, tax, shift.
    orders: list[dict[str, Any]]
    # order, amount, kind
    payments: list[dict[str, Any]]
    # reference, variant, quantity: of sales alone.
    movements: list[dict[str, Any]]
    # (location, variant) whose level is not the sum of its movements.
    wrong_levels: list[str]
    # Order to how many events say it was placed.
    events: dict[str, int]
    # id, float_amount, counted, expected, closed, drawer: what came in beside sales.
    shifts: list[dict[str, Any]]
    # Entries still unsent when their minute was over.
    unsent: int


@dataclass(frozen=True, slots=True)
class Found:
    check: str
    broken: list[str]


Check = Callable[[Evidence], Iterable[str]]


def judge(evidence: Evidence) -> list[Found]:
    """Every check, in its order; what is broken is named, the first of it at least."""
    return [Found(name, list(check(evidence))) for name, check in CHECKS.items()]


def _body(entry: dict[str, Any]) -> dict[str, Any]:
    return json.loads(entry["text"])["body"]


def _sales(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["kind"] == "sale"]


def _receipt_of(number: str) -> str:
    """NORTHSIDE-1-1-0042: the store's code may hold hyphens too."""
    return "-".join(number.split("-")[-3:])


def _lost(evidence: Evidence) -> Iterable[str]:
    """Every paper has its order of the same total, every entry of the browser its row."""
    totals = {_receipt_of(order["number"]): order["total"] for order in evidence.orders}
    for receipt, total in evidence.papers:
        if receipt not in totals:
            yield f"paper {receipt} of {total} has no order"
        elif totals[receipt] != total:
            yield f"paper {receipt} says {total}, its order {totals[receipt]}"
    kept = {entry["hash"] for entry in evidence.journal}
    for entry in evidence.client:
        if entry["hash"] not in kept:
            yield f"entry {entry['epoch']}/{entry['seq']} of the browser is not in the journal"


def _doubled(evidence: Evidence) -> Iterable[str]:
    """One order and one entry for a receipt, one entry for a place, one event for an order."""
    orders = Counter(_receipt_of(order["number"]) for order in evidence.orders)
    yield from (f"receipt {receipt} has {many} orders" for receipt, many in orders.items() if many > 1)
    entries = Counter(_body(entry)["receipt"] for entry in _sales(evidence.journal))
    yield from (f"receipt {receipt} stands in {many} entries" for receipt, many in entries.items() if many > 1 and orders[receipt] <= 1)
    yield from (f"order {order} was told {many} times" for order, many in evidence.events.items() if many > 1)


def _gaps(evidence: Evidence) -> Iterable[str]:
    """Places of an epoch, and the receipts of a till's epoch, run from one without a hole."""
    places: dict[tuple[str, int], list[int]] = defaultdict(list)
    receipts: dict[tuple[str, int], list[int]] = defaultdict(list)
    for entry in evidence.journal:
        places[entry["till"], entry["epoch"]].append(entry["seq"])
        if entry["kind"] == "sale":
            receipts[entry["till"], entry["epoch"]].append(_body(entry)["receipt_no"])
    for what, numbers in (("place", places), ("receipt", receipts)):
        for (_, epoch), found in numbers.items():
            yield from (f"epoch {epoch}: no {what} {missing}" for missing in sorted(set(range(1, max(found) + 1)) - set(found)))


def _chain(evidence: Evidence) -> Iterable[str]:
    """Each text has its hash, and names the hash of the one before it."""
    at = {(entry["till"], entry["epoch"], entry["seq"]): entry for entry in evidence.journal}
    for (till, epoch, seq), entry in at.items():
        before = at.get((till, epoch, seq - 1))
        if hashlib.sha256(entry["text"].encode()).hexdigest() != entry["hash"]:
            yield f"{epoch}/{seq}: its text has another hash"
        if entry["prev"] != (GENESIS if seq == 1 else before["hash"] if before else entry["prev"]):
            yield f"{epoch}/{seq}: it does not follow the one before it"


def _apart(evidence: Evidence) -> Iterable[str]:
    """One honest browser gives no reason to keep anything apart."""
    return evidence.apart


def _stock(evidence: Evidence) -> Iterable[str]:
    """What moved is what was sold, and every level is the sum of its movements."""
    sold: Counter[str] = Counter()
    for entry in _sales(evidence.journal):
        sold.update({line["variant"]: line["quantity"] for line in _merged(_body(entry)["lines"]) if line["variant"]})
    moved: Counter[str] = Counter()
    for movement in evidence.movements:
        moved[movement["variant"]] -= movement["quantity"]
    yield from (f"variant {one}: sold {sold[one]}, moved {moved[one]}" for one in sorted(sold.keys() | moved.keys()) if sold[one] != moved[one])
    yield from evidence.wrong_levels


def _merged(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: Counter[str] = Counter()
    for line in lines:
        if line.get("variant"):
            sums[line["variant"]] += line["quantity"]
    return [{"variant": variant, "quantity": quantity} for variant, quantity in sums.items()]


def _money(evidence: Evidence) -> Iterable[str]:
    """Journal, orders and payments tell one sum; tax too."""
    bodies = [_body(entry) for entry in _sales(evidence.journal)]
    sums = {
        "journal": sum(body["total"] for body in bodies),
        "tenders": sum(tender["amount"] for body in bodies for tender in body["tenders"]),
        "orders": sum(order["total"] for order in evidence.orders),
        "payments": sum(payment["amount"] for payment in evidence.payments),
    }
    if len(set(sums.values())) > 1:
        yield f"sums differ: {sums}"
    taxes = {"journal": sum(body["tax"] for body in bodies), "orders": sum(order["tax"] for order in evidence.orders)}
    if len(set(taxes.values())) > 1:
        yield f"taxes differ: {taxes}"


def _posted(evidence: Evidence) -> Iterable[str]:
    """Every sale of the journal is posted, as the one order of its id, and was told once."""
    orders = {order["id"] for order in evidence.orders}
    sales = _sales(evidence.journal)
    yield from (
        f"{entry['kind']} {entry['epoch']}/{entry['seq']} is {entry['posting']}"
        for entry in evidence.journal
        if entry["posting"] in ("pending", "failed")
    )
    yield from (f"sale {entry['epoch']}/{entry['seq']} has no order" for entry in sales if entry["id"] not in orders)
    yield from (f"order {order} has no entry" for order in sorted(orders - {entry["id"] for entry in sales}))
    yield from (f"order {order} was never told" for order in sorted(orders - evidence.events.keys()))


def _shifts(evidence: Evidence) -> Iterable[str]:
    """What a drawer should hold is its float, the cash of its own sales by the journal, and what came beside them."""
    cash: Counter[str] = Counter()
    for entry in _sales(evidence.journal):
        told = json.loads(entry["text"])
        cash[told["session"]] += sum(tender["amount"] for tender in told["body"]["tenders"] if tender["kind"] == "cash")
    kinds = {payment["order"]: Counter[str]() for payment in evidence.payments}
    for payment in evidence.payments:
        kinds[payment["order"]][payment["kind"]] += payment["amount"]
    booked: Counter[str] = Counter()
    for order in evidence.orders:
        booked[order["shift"]] += kinds.get(order["id"], Counter())["cash"]
    for shift in evidence.shifts:
        if cash[shift["id"]] != booked[shift["id"]]:
            yield f"shift {shift['id']}: journal says {cash[shift['id']]}, its orders {booked[shift['id']]}"
        if shift["closed"] and shift["expected"] != shift["float_amount"] + cash[shift["id"]] + shift["drawer"]:
            yield f"shift {shift['id']}: expected {shift['expected']} is not its float and its sales"
    yield from (f"shift {one} was never opened" for one in sorted(cash.keys() - {shift["id"] for shift in evidence.shifts}))


def _unsent(evidence: Evidence) -> Iterable[str]:
    if evidence.unsent:
        yield f"{evidence.unsent} entries wait a minute after the line is back"


CHECKS: dict[str, Check] = {
    "lost": _lost,
    "doubled": _doubled,
    "gaps": _gaps,
    "chain": _chain,
    "apart": _apart,
    "stock": _stock,
    "money": _money,
    "posted": _posted,
    "shifts": _shifts,
    "unsent": _unsent,
}
