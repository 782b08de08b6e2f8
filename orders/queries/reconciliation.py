"""Whether the journal says what the orders, the drawers' Z and the ledgers of value say. Nothing comes back from sound books."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from kernel.models import Message
from orders import accounts
from orders.accounts import Postings
from orders.models import Order
from orders.queries import books

CHUNK: Final = 1000
LIABILITY: Final = {"gift_card": "gift_card_liability", "store_credit": "store_credit_liability"}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`kind`: order, shift or value. Debit above zero."""

    kind: str
    id: str
    name: str
    account: str
    expected: int
    booked: int


def differences(*, on: date, store: UUID | None = None, channel: UUID | None = None) -> list[Difference]:
    """Of the orders and drawers of one business day, whenever they were booked."""
    found = [*of_orders(on=on, store=store, channel=channel)]
    return found if channel and not store else [*found, *of_shifts(on=on, store=store)]


def of_orders(*, on: date, store: UUID | None = None, channel: UUID | None = None) -> Iterator[Difference]:
    """Each order as it stands beside what was booked of it, in chunks."""
    orders = Order.objects.filter(business_date=on).exclude(source=Order.Source.IMPORT)
    orders = orders.filter(store=store) if store else orders
    orders = orders.filter(channel=channel) if channel else orders
    ids = list(orders.order_by("placed_at", "id").values_list("id", flat=True))
    for start in range(0, len(ids), CHUNK):
        documents = books.documents(orders=ids[start : start + CHUNK])
        booked = books.booked(references=[one.id for one in documents])
        for one in documents:
            yield from _compared("order", str(one.id), one.number, accounts.of_document(one.document), booked.get(one.id, {}))


def _compared(kind: str, id: str, name: str, target: Postings, booked: Postings) -> Iterator[Difference]:
    for key, _ in accounts.difference(target, booked):
        account = key.account if key.rate is None else f"{key.account} {key.tax_class} {key.rate}".replace("  ", " ")
        yield Difference(kind=kind, id=id, name=name, account=account, expected=target.get(key, 0), booked=booked.get(key, 0))


# What sales, returns and drawer movements of a shift put into its drawer, as the journal has it.
CASH = """
select coalesce(sum(amount), 0)::bigint from orders_bookline
where account = 'cash' and (
    reference in (select id from orders_order where shift = %(shift)s and store_id = %(store)s)
    or reference in (select aggregate_id from kernel_message where type = 'pos.drawer.moved' and data ->> 'shift' = %(shift)s::text)
    or (reference = %(shift)s and cause = 'opened')
)
"""


def of_shifts(*, on: date, store: UUID | None = None) -> Iterator[Difference]:
    """Each counted drawer: its difference as the Z has it, and that what should have been in it is what the journal put in."""
    closed = Message.objects.filter(type="pos.shift.closed", data__business_date=on.isoformat())
    places = books.places(codes={message.store for message in closed if message.store})
    for message in closed.order_by("id"):
        place = places.get(message.store or "")
        if place is None or (store and place.store != store):
            continue
        yield from _of_shift(message.aggregate_id, message, place)


def _of_shift(shift: UUID, closed: Message, place: books.PlaceOf) -> Iterator[Difference]:
    newest = books.newest_count(shift=shift) or closed
    counted, expected = newest.data["counted"], newest.data["expected"]
    yield from _compared("shift", str(shift), "", accounts.of_count(counted=counted, expected=expected), books.counts_booked(shift=shift))
    in_drawer = int(books.rows(CASH, {"shift": shift, "store": place.store})[0][0])
    if in_drawer != expected:
        # What came when the Z was final stays beside it.
        yield Difference(kind="shift", id=str(shift), name="", account="cash", expected=expected, booked=in_drawer)


OWED = """
select kind, currency, coalesce(sum(balance), 0)::bigint from customers_account where kind in ('gift_card', 'store_credit') group by kind, currency
"""
BOOKED = "select account, currency, -sum(amount)::bigint from orders_bookline where account = any(%s) group by account, currency"


def of_value() -> list[Difference]:
    """What holders of gift cards and credit have, beside what the journal says is owed. While events are on their way they differ."""
    owed = {(LIABILITY[kind], currency): amount for kind, currency, amount in books.rows(OWED, [])}
    booked = {(account, currency): amount for account, currency, amount in books.rows(BOOKED, [list(LIABILITY.values())])}
    return [
        Difference(kind="value", id=currency, name=currency, account=account, expected=owed.get(key, 0), booked=booked.get(key, 0))
        for key in sorted({*owed, *booked})
        if owed.get(key, 0) != booked.get(key, 0)
        for account, currency in (key,)
    ]
