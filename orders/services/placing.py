"""Place orders. A sale at the till and a web checkout come through the same door."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction

from catalog.services import redemptions
from inventory import services as inventory
from inventory.bounds import LONGEST_SERIAL
from kernel import outbox
from kernel.errors import Refused
from kernel.events import Event
from orders.allocation import allocation
from orders.events import OrderConfirmed, OrderPlaced
from orders.models import Order
from orders.services.sales import MANUAL, MARKDOWN, NotASale, NumberTaken, Placed, Sale, SaleLine, SalePayment, Unbalanced, check

LONGEST_COUPON = 60

# In order of id, so that two batches with the same sales wait for each other and never lock each other out.
# Waiting is what makes a replay safe: the second comes here only when the first has committed or is gone.
# No column is named after "on conflict": with only the id named, the same sale arriving twice at once can trip over its
# own number. A number that belongs to another order is told apart afterwards.
# A till tells of customers that were never ours, or not yet: the order keeps those it finds.
# Lines and payments of those that are new alone: a replay writes nothing.
INSERT = """
with placed as (
    insert into orders_order (
        id, number, source, status, customer_id, ship_to_id, bill_to_id, channel_id, store_id, currency, total, tax, tax_included, rounding,
        shift, cashier, business_date, placed_at, recorded_at, delivery, delivery_option, location, coupons, expires_at
    )
    select id, case when number = '' then 'W-' || nextval('orders_number') else number end, source, status,
        (select known.id from customers_customer known where known.id = sale.customer), ship_to, bill_to, channel, store, currency, total, tax,
        tax_included, rounding, shift, cashier, business_date, placed_at, %(now)s, delivery, delivery_option, location, coupons, expires_at
    from jsonb_to_recordset(%(sales)s::jsonb) as sale(
        id uuid, number text, source text, status text, customer uuid, ship_to uuid, bill_to uuid, channel uuid, store uuid, currency text,
        total bigint, tax bigint, tax_included boolean, rounding bigint, shift uuid, cashier uuid, business_date date, placed_at timestamptz,
        delivery text, delivery_option text, location uuid, coupons text[], expires_at timestamptz
    )
    order by sale.id
    on conflict do nothing
    returning id, number, store_id, channel_id, source, total, status, cashier
), stepped as (
    insert into orders_orderstep (order_id, kind, facts, actor, at)
    select id, 'placed', jsonb_build_object('total', total, 'status', status), cashier, %(now)s from placed where source in ('web', 'staff')
), lined as (
    insert into orders_orderline (
        order_id, position, kind, variant_id, sku, gtin, name, quantity, unit_price, price_quantity, list_total, discount, total,
        tax_class, tax_rate, tax, taxes, discounts, allocation, extra
    )
    select "order", position, kind, variant, sku, gtin, name, quantity, unit_price, price_quantity, list_total, discount, line.total,
        tax_class, tax_rate, tax, taxes, discounts, allocation, extra
    from jsonb_to_recordset(%(lines)s::jsonb) as line(
        "order" uuid, position integer, kind text, variant uuid, sku text, gtin text, name text, quantity bigint, unit_price bigint,
        price_quantity integer, list_total bigint, discount bigint, total bigint, tax_class text, tax_rate integer, tax bigint,
        taxes jsonb, discounts jsonb, allocation jsonb, extra jsonb
    ) join placed on placed.id = line."order"
), paid as (
    insert into orders_payment (order_id, position, kind, amount, tendered, change, paid_at, source, label, refunds_id)
    select "order", position, kind, amount, tendered, change, paid_at, payment.source, label, refunds
    from jsonb_to_recordset(%(payments)s::jsonb) as payment(
        "order" uuid, position integer, kind text, amount bigint, tendered bigint, change bigint, paid_at timestamptz, source uuid, label text,
        refunds bigint
    ) join placed on placed.id = payment."order"
)
select placed.id, placed.number, store.code, channel.code
from placed left join org_store store on store.id = placed.store_id left join org_channel channel on channel.id = placed.channel_id
"""

# What the database refuses, in our words. Foreign keys and balances are checked at commit and reach whoever commits.
REFUSALS: dict[str, Callable[[], Refused]] = {
    "order_lines_add_up": lambda: Unbalanced(field="total"),
    "order_tax_adds_up": lambda: Unbalanced(field="tax"),
    "order_paid_exactly": lambda: Unbalanced(field="payments"),
    "order_paid_within": lambda: Unbalanced(field="payments"),
    "order_paid_nothing": lambda: Unbalanced(field="payments"),
    "order_line_adds_up": lambda: Unbalanced(field="lines"),
    "payment_adds_up": lambda: Unbalanced(field="payments"),
    "order_line_quantity_not_zero": NotASale,
}


def place(*, sales: Sequence[Sale], now: datetime) -> list[Placed]:
    """Places all the sales or none, in as many statements for fifty as for one; answers in their order.

    A sale whose id stands already is a replay: it gives back the first order and changes nothing. Call it once in a
    transaction, last of what takes locks. On any refusal the transaction is lost: leave it, and place the good ones anew.
    Raises Unbalanced, NotASale, NumberTaken; for a sale that is not a till's redemptions.PromotionUsedUp and CouponUsed; and for goods that
    are held inventory.OutOfStock.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("place orders inside a transaction: order, stock and event stand or fall together")
    wanted = {sale.id: sale for sale in sales}
    for sale in wanted.values():
        check(sale=sale)
    try:
        placed = _insert(wanted, now)
    except IntegrityError as error:
        refusal = refusal_of(error=error)
        if refusal is None:
            raise
        raise refusal from error
    first = _first_numbers([sale for sale in wanted.values() if sale.id not in placed])
    new = [sale for sale in wanted.values() if sale.id in placed and sale.status != Order.Status.QUOTE]
    gone = [sale for sale in new if not sale.hold]
    lots = inventory.known_lots(wanted={pair for sale in gone for pair in _lots(sale)})
    short = inventory.take(lines=[take for sale in gone for take in _takes(sale, lots)], now=now)
    strange = inventory.sell_pieces(pieces=[piece for sale in gone for piece in _pieces(sale)])
    for sale in new:
        if sale.hold:
            inventory.reserve(holds=_holds(sale), reference=sale.id, kind="order", expires_at=None, new=True, now=now)
    over = redemptions.claim(claims=[_claim(sale) for sale in new])
    if new:
        outbox.record_many([_told_by(sale, placed[sale.id]) for sale in new], now=now)
    return _answers(sales, placed, first, short, over, strange)


def refusal_of(*, error: IntegrityError) -> Refused | None:
    """Our word for a constraint of ours; None for what is nobody's fault but a program's."""
    diagnosis = getattr(error.__cause__, "diag", None)
    make = REFUSALS.get(getattr(diagnosis, "constraint_name", None) or "")
    return make() if make else None


@dataclass(frozen=True, slots=True)
class Standing:
    """A new order as the database has it; store and channel by code."""

    number: str
    store: str | None
    channel: str


def _insert(wanted: dict[UUID, Sale], now: datetime) -> dict[UUID, Standing]:
    """Every order that is new, with its lines and payments, in one statement."""
    if not wanted:
        return {}
    sales = wanted.values()
    values: dict[str, str | datetime] = {
        "now": now,
        "sales": _json(_order_row(sale) for sale in sales),
        "lines": _json(_line_row(sale, line) for sale in sales for line in sale.lines),
        "payments": _json(_payment_row(sale, payment) for sale in sales for payment in sale.payments),
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return {id: Standing(*told) for id, *told in cursor.fetchall()}


def _order_row(sale: Sale) -> dict[str, Any]:
    row = {name: value for name, value in vars(sale).items() if name not in ("lines", "payments", "hold")}
    # What a till was shown may be anything; what is longer than a coupon's code is none.
    return row | {"coupons": [code for code in sale.coupons if len(code) <= LONGEST_COUPON]}


def _line_row(sale: Sale, line: SaleLine) -> dict[str, Any]:
    if line.allocation is not None:
        return {**vars(line), "order": sale.id}
    shares = allocation(quantity=line.quantity, total=line.total, discount=line.discount, tax=line.tax)
    return {**vars(line), "order": sale.id, "allocation": shares}


def _payment_row(sale: Sale, payment: SalePayment) -> dict[str, Any]:
    return {**vars(payment), "order": sale.id, "paid_at": sale.placed_at}


def _json(rows: Iterable[dict[str, Any]]) -> str:
    """One parameter for any number of rows, so that the statement's text, and with it its plan, stays the same."""
    return orjson.dumps(list(rows)).decode()


def _told_of(line: SaleLine, what: str) -> str:
    """What the code on the pack said: "lot" or "serial"."""
    value = line.extra.get(what)
    return value if isinstance(value, str) and len(value) <= LONGEST_SERIAL else ""


def _lots(sale: Sale) -> list[tuple[UUID, str]]:
    found = [(line.variant, _told_of(line, "lot")) for line in sale.lines]
    return [(variant, code) for variant, code in found if variant and code]


def _pieces(sale: Sale) -> list[inventory.Piece]:
    found = [(line.variant, _told_of(line, "serial")) for line in sale.lines]
    here: dict[str, Any] = {"location": sale.location, "reference": sale.id}
    return [inventory.Piece(variant=variant, number=number, **here) for variant, number in found if variant and number]


def _takes(sale: Sale, lots: Mapping[tuple[UUID, str], UUID]) -> list[inventory.Take]:
    return [
        inventory.Take(
            location=sale.location,
            variant=line.variant,
            quantity=line.quantity,
            reference=sale.id,
            line=line.position,
            occurred_at=sale.placed_at,
            lot=lots.get((line.variant, _told_of(line, "lot"))),
            actor=sale.cashier,
        )
        for line in sale.lines
        if sale.location is not None and line.variant is not None
    ]


def _holds(sale: Sale) -> list[inventory.Hold]:
    """Goods that are not digital: those are handed over without having been anywhere, and deposits are nobody's stock."""
    return [
        inventory.Hold(location=sale.location, variant=line.variant, quantity=line.quantity, line=line.position)
        for line in sale.lines
        if sale.location is not None and line.variant is not None and line.kind == "goods" and not line.extra.get("digital")
    ]


def _claim(sale: Sale) -> redemptions.Claim:
    """What is counted. What a sticker or a person took off is told with the line and counts for no promotion."""
    given = [
        redemptions.Given(part["promotion"], part["amount"], part.get("supplier_amount", 0))
        for line in sale.lines
        for part in line.discounts
        if part["promotion"] != MANUAL and not part["promotion"].startswith(MARKDOWN)
    ]
    return redemptions.Claim(
        order=sale.id, at=sale.placed_at, given=tuple(given), coupons=sale.coupons, customer=sale.customer, stands=sale.source == Order.Source.TILL
    )


def _told_by(sale: Sale, standing: Standing) -> Event:
    return _placed_event(sale, standing) if sale.status == Order.Status.PAID else _confirmed_event(sale, standing)


def _confirmed_event(sale: Sale, standing: Standing) -> OrderConfirmed:
    return OrderConfirmed(
        aggregate_id=sale.id,
        sequence=1,
        store=standing.store,
        number=standing.number,
        source=sale.source,
        channel=standing.channel,
        currency=sale.currency,
        total=sale.total,
        due=sale.total - sum(payment.amount for payment in sale.payments),
        business_date=sale.business_date.isoformat(),
        expires_at=_moment(sale.expires_at) if sale.expires_at else None,
    )


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _placed_event(sale: Sale, standing: Standing) -> OrderPlaced:
    return OrderPlaced(
        aggregate_id=sale.id,
        sequence=1,
        store=standing.store,
        number=standing.number,
        source=sale.source,
        channel=standing.channel,
        currency=sale.currency,
        total=sale.total,
        tax=sale.tax,
        tax_included=sale.tax_included,
        rounding=sale.rounding,
        business_date=sale.business_date.isoformat(),
        placed_at=_moment(sale.placed_at),
        shift=sale.shift,
        line_count=len(sale.lines),
        lines=[_told(line) for line in sale.lines],
        payments=[{"kind": payment.kind, "amount": payment.amount} for payment in sale.payments],
    )


def _told(line: SaleLine) -> dict[str, Any]:
    return {
        "position": line.position,
        "kind": line.kind,
        "variant": str(line.variant) if line.variant else None,
        "sku": line.sku,
        "quantity": line.quantity,
        "total": line.total,
        "tax": line.tax,
        "discounts": [{"promotion": part["promotion"], "amount": part["amount"]} for part in line.discounts],
    }


def _first_numbers(replayed: Sequence[Sale]) -> dict[UUID, str]:
    """The numbers under which these sales stand already."""
    numbers = dict(Order.objects.filter(id__in=[sale.id for sale in replayed]).values_list("id", "number")) if replayed else {}
    for sale in replayed:
        if sale.id not in numbers:
            raise NumberTaken(f"Another order has the number {sale.number}.", field="number")
    return numbers


def _answers(
    sales: Sequence[Sale],
    placed: Mapping[UUID, Standing],
    first: Mapping[UUID, str],
    short: Sequence[inventory.Shortage],
    over: Sequence[redemptions.Over],
    strange: Sequence[inventory.Piece],
) -> list[Placed]:
    found = {(shortage.location, shortage.variant): shortage for shortage in short}
    return [
        Placed(id=sale.id, number=first[sale.id], new=False)
        if sale.id in first
        else Placed(
            id=sale.id,
            number=placed[sale.id].number,
            new=True,
            shortages=_shortages(sale, found),
            over=tuple(one.name for one in over if one.order == sale.id),
            strange=tuple(piece.number for piece in strange if piece.reference == sale.id),
        )
        for sale in sales
    ]


def _shortages(sale: Sale, found: dict[tuple[UUID, UUID], inventory.Shortage]) -> tuple[inventory.Shortage, ...]:
    taken = {(sale.location, line.variant) for line in sale.lines if line.variant}
    return tuple(shortage for key, shortage in found.items() if key in taken)
