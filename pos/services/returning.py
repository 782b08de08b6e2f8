"""Goods come back at a till: a receipt is found, asked about, and taken back. Online only: what has come back already stands here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from kernel.errors import Invalid, NotAllowed
from orders import asked_returns, queries
from orders.queries import returns
from orders.services import Quote, Returned, quote_return, return_and_refund
from orders.tenders import Tender
from org.access import allows
from pos.models import PinCredential, Shift, Till

Json = dict[str, Any]
MOST: Final = 20


class WhichReceipt(Invalid):
    code = "receipt_not_named"
    title = "Give the receipt's number, or its day and amount"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A sale of which something may come back. `lines`: each with what has come back of it."""

    order: queries.OrderRow
    lines: list[Any]
    tenders: list[returns.TenderRow]


def find_receipts(*, till: Till, number: str = "", on: date | None = None, total: int | None = None) -> list[Receipt]:
    """By the number on the paper, wherever it was sold; without one by day and amount, of the till's own store."""
    if not number and (on is None or total is None):
        raise WhichReceipt(field="number")
    ids = returns.receipts(number=number, store=till.store_id, on=on, total=total, most=MOST)
    details, lines = queries.details(ids=ids), returns.sellable_lines(orders=ids)
    return [Receipt(order=details[id].order, lines=lines[id], tenders=returns.tenders(sale=id)) for id in ids if id in details]


def quote(*, till: Till, asked: Mapping[str, Any], approved: bool, now: datetime) -> Quote:
    return quote_return(**_common(till, asked, now), at=till.store_id, approved=approved, now=now)


def take_back(*, till: Till, id: UUID, asked: Mapping[str, Any], manager: UUID | None, clock: Callable[[], datetime]) -> Returned:
    """`id` is the till's, once for ever. `asked` names the cashier; the drawer of the shift that is open here pays."""
    now = clock()
    cashier = asked["cashier"]
    held = PinCredential.objects.select_related("user").filter(user=cashier, store=till.store_id).first()
    if held is None or not allows(held.user, "pos.sell", store=till.store_id):
        raise NotAllowed("This person does not sell in this store.", field="cashier")
    shift = Shift.objects.filter(till=till, closed_at=None).order_by("-opened_at").values_list("id", flat=True).first()
    tenders = [Tender(**one) for one in asked.get("tenders") or ()]
    placed = {"id": id, "store": till.store_id, "source": "till", "shift": shift, "actor": cashier, "who": f"till:{till.pk}"}
    return return_and_refund(**_common(till, asked, now), **placed, tenders=tenders, approved_by=manager, clock=clock)


def _common(till: Till, asked: Mapping[str, Any], now: datetime) -> Json:
    customer = asked.get("customer")
    return {
        "lines": asked_returns.lines_of(asked=asked["lines"], order=None),
        "new_lines": asked_returns.new_lines(asked=asked.get("exchange") or (), store=till.store_id, customer=customer, now=now),
        "refunds": asked_returns.refunds_of(asked.get("refunds")),
        "fee": asked.get("fee") or 0,
        "deposits": asked.get("deposits") is not False,
        "customer": customer,
    }
