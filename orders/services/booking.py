"""The books follow what happens: every event about an order, a drawer or value books what is not booked yet.

An order is booked by difference: what it comes to as it stands, less what was booked of it. So an event that arrives twice, late or in
another order than it was told books nothing wrong, and an order that was edited or cancelled is put right on the day of the change.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from kernel.models import Message
from orders import accounts
from orders.accounts import Key
from orders.queries import books
from org import settings

# One who books or closes at a time: what is booked before is seen, and nobody books into a day that is being closed.
BOOKS_LOCK: Final = 0x626F_6F6B_73


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is to be booked of one reference and cause; in all nothing."""

    reference: UUID
    cause: str
    store: UUID | None
    channel: UUID
    company: UUID
    currency: str
    day: date
    at: datetime
    lines: Sequence[tuple[Key, int]]


# What stands already under its reference, cause and line stays as it is. The causes of an order's differences are its versions, which
# the lock keeps from meeting.
INSERT = """
insert into orders_bookline (store_id, channel_id, business_date, booked_on, account, currency, amount, reference, cause, line, rate, tax_class, at)
select store, channel, day, booked_on, account, currency, amount, reference, cause, line, rate, tax_class, at
from jsonb_to_recordset(%s::jsonb) as told(
    store uuid, channel uuid, day date, booked_on date, account text, currency text, amount bigint, reference uuid, cause text, line integer,
    rate integer, tax_class text, at timestamptz
)
on conflict (reference, cause, line) do nothing
"""


def lock_books() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [BOOKS_LOCK])


def book(*, messages: Sequence[Message], now: datetime) -> int:
    """In one transaction, about ten statements however many messages. How many lines were written."""
    lock_books()
    entries = [*_of_orders(messages, now), *_of_shifts(messages, now), *_of_value(messages, now)]
    return write(entries=[entry for entry in entries if entry.lines])


def write(*, entries: Sequence[Entry]) -> int:
    """Books each on its day, or on the first open one after it. Within the lock."""
    if not entries:
        return 0
    closed = books.closed_through()
    rows = [row for entry in entries for row in _rows(entry, closed.get(entry.company))]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [json.dumps(rows, default=str)])
        return cursor.rowcount


def _rows(entry: Entry, closed: date | None) -> Iterable[dict[str, Any]]:
    first_open = closed + timedelta(days=1) if closed else entry.day
    for number, (key, amount) in enumerate(entry.lines, start=1):
        yield {
            "store": entry.store,
            "channel": entry.channel,
            "day": entry.day,
            "booked_on": max(entry.day, first_open),
            "account": key.account,
            "currency": entry.currency,
            "amount": amount,
            "reference": entry.reference,
            "cause": entry.cause,
            "line": number,
            "rate": key.rate,
            "tax_class": key.tax_class,
            "at": entry.at,
        }


def _of_orders(messages: Sequence[Message], now: datetime) -> list[Entry]:
    told: dict[UUID, datetime] = {}
    for message in messages:
        order = _order(message)
        if order:
            told[order] = max(message.occurred_at, told.get(order, message.occurred_at))
    if not told:
        return []
    documents = [one for one in books.documents(orders=list(told)) if one.source != "import"]
    booked = books.booked(references=[one.id for one in documents])
    zone = ZoneInfo(settings.get("shop.timezone"))
    found = [_difference(one, booked.get(one.id, {}), _day(one, booked.get(one.id), told[one.id], zone), now) for one in documents]
    return found + _costs(documents, zone, now)


def _order(message: Message) -> UUID | None:
    if message.aggregate_type == "order":
        return message.aggregate_id
    named = message.data.get("order") if message.type.startswith("orders.") else None
    return UUID(str(named)) if named else None


def _difference(one: books.Booked, booked: Mapping[Key, int], day: date, now: datetime) -> Entry:
    lines = accounts.difference(accounts.of_document(one.document), booked)
    # Two differences within one version (a refund that came through) are told apart by what is booked already.
    cause = f"v{one.version}" if not one.entries else f"v{one.version}.{one.entries}"
    return _entry(one, cause, day, lines, now)


def _entry(one: books.Booked, cause: str, day: date, lines: Sequence[tuple[Key, int]], now: datetime, currency: str = "") -> Entry:
    place = {"store": one.store, "channel": one.channel, "company": one.company, "currency": currency or one.currency}
    return Entry(reference=one.id, cause=cause, day=day, at=now, lines=lines, **place)  # type: ignore[arg-type]


def _day(one: books.Booked, booked: Mapping[Key, int] | None, told: datetime, zone: ZoneInfo) -> date:
    """What is told for the first time, and all of a till, belongs to the document's day; what changed later, to the day it did."""
    if one.source == "till" or (booked is None and one.version == 1):
        return one.business_date
    return told.astimezone(zone).date()


def _costs(documents: Sequence[books.Booked], zone: ZoneInfo, now: datetime) -> list[Entry]:
    """Once, when the goods have left or come back: at what they cost on average then, or had cost when they were sold."""
    gone = [one for one in documents if one.left_at and not one.cost_booked]
    costs = books.costs(orders=[one.id for one in gone]) if gone else {}
    entries = []
    for one in gone:
        sums: dict[Key, int] = defaultdict(int)
        for quantity, cost, condition in costs.get(one.id, ()):
            for key, amount in accounts.of_cost(quantity=quantity, cost=cost, condition=condition).items():
                sums[key] += amount
        assert one.left_at is not None
        day = one.business_date if one.source == "till" or one.kind == "return" else one.left_at.astimezone(zone).date()
        entries.append(_entry(one, "cost", day, accounts.difference(sums, {}), now, one.company_currency))
    return entries


def _of_shifts(messages: Sequence[Message], now: datetime) -> list[Entry]:
    drawers = [message for message in messages if message.type.startswith(("pos.shift.", "pos.drawer."))]
    if not drawers:
        return []
    places = books.places(codes={message.store for message in drawers if message.store})
    opened = books.openings(shifts={_shift(message) for message in drawers})
    return [
        entry for message in drawers if message.store in places for entry in _of_drawer(message, places[message.store], opened, now) if entry.lines
    ]


def _shift(message: Message) -> UUID:
    return message.aggregate_id if message.aggregate_type == "shift" else UUID(str(message.data["shift"]))


def _of_drawer(message: Message, place: books.PlaceOf, opened: Mapping[UUID, date], now: datetime) -> Iterable[Entry]:
    data, shift = message.data, _shift(message)
    day = date.fromisoformat(data["business_date"]) if "business_date" in data else opened.get(shift, _moved_on(data, place))
    cause, postings = message.type.rpartition(".")[2], {}
    if message.type == "pos.shift.opened":
        postings = accounts.of_float(data["float_amount"])
    elif message.type == "pos.drawer.moved":
        postings = accounts.of_drawer(data["kind"], data["amount"])
    elif message.type in books.COUNTED:
        # A close, or a count anew of what came late for it: the newest count stands, whichever is told last.
        newest = books.newest_count(shift=shift) or message
        cause = f"count{newest.sequence}"
        target = accounts.of_count(counted=newest.data["counted"], expected=newest.data["expected"])
        yield _shift_entry(shift, cause, place, day, accounts.difference(target, books.counts_booked(shift=shift)), now)
        return
    yield _shift_entry(message.aggregate_id, cause, place, day, accounts.difference(postings, {}), now)


def _shift_entry(reference: UUID, cause: str, place: books.PlaceOf, day: date, lines: Sequence[tuple[Key, int]], now: datetime) -> Entry:
    where = {"store": place.store, "channel": place.channel, "company": place.company, "currency": place.currency}
    return Entry(reference=reference, cause=cause, day=day, at=now, lines=lines, **where)  # type: ignore[arg-type]


def _moved_on(data: Mapping[str, Any], place: books.PlaceOf) -> date:
    return datetime.fromisoformat(data["moved_at"]).astimezone(ZoneInfo(place.timezone)).date()


def _of_value(messages: Sequence[Message], now: datetime) -> list[Entry]:
    moved = [message for message in messages if message.type == "customers.value.moved" and message.data["cause"] in accounts.BORNE_BY]
    if not moved:
        return []
    # What an order or a return moved is booked with it.
    known = books.known_orders(ids={UUID(str(message.data["reference"])) for message in moved})
    place = books.first_place()
    zone = ZoneInfo(settings.get("shop.timezone"))
    if place is None:
        return []
    return [
        Entry(
            reference=message.aggregate_id,
            cause="value",
            store=None,
            channel=place.channel,
            company=place.company,
            currency=message.data["currency"],
            day=message.occurred_at.astimezone(zone).date(),
            at=now,
            lines=accounts.difference(accounts.of_value(kind=message.data["kind"], cause=message.data["cause"], amount=message.data["amount"]), {}),
        )
        for message in moved
        if UUID(str(message.data["reference"])) not in known
    ]
