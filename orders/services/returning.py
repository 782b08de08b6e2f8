"""Goods come back: one document of what was returned, what was bought in exchange, and the money between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from catalog.pricing import cash
from catalog.services import redemptions
from customers import services as customers
from inventory import services as inventory
from kernel import outbox
from kernel.errors import Conflict
from orders.allocation import allocation
from orders.events import OrderReturned
from orders.models import Order, OrderLine, Payment
from orders.queries import returns as queries
from orders.refunds import RefundExceedsCapture
from orders.services import refunds as money
from orders.services.attempts import carry_on_refund
from orders.services.earning import take_back
from orders.services.life import moved, record_step, tell_change
from orders.services.refunds import Plan, Refund
from orders.services.return_drafts import Coming, Draft, OfSale, PlaceNeeded, ReturnExceedsSale, ReturnLine, drafted
from orders.services.sales import MANUAL, MARKDOWN, SaleLine
from orders.services.tenders import known_cards, point_worth, take_tenders
from orders.tenders import AWAITED, CASH, Share, Tender, TenderMismatch, cover
from org.queries import store_of

Condition = OrderLine.Condition
# Where what came back goes that is not sold again at once.
BESIDE: Final = {Condition.DAMAGED: "damaged", Condition.QUARANTINE: "quarantine"}


class ReturnIdTaken(Conflict):
    code = "return_id_taken"
    title = "This id is another order's"


@dataclass(frozen=True, kw_only=True)
class Quote:
    """Amounts in minor units. `due` above zero the customer pays, below zero is given back; `due_cash`: when it is paid in cash.

    `lines`: what each comes to and what is in the way of it. `refunds`: who would get what back. `allowed`: "original" tenders or
    "store_credit"; `with_approval`: what a manager may allow besides. `way`: what `refunds` tell; empty: nothing without a manager.
    """

    currency: str
    owed: int
    new_total: int
    due: int
    due_cash: int
    lines: list[dict[str, Any]]
    refunds: list[dict[str, Any]]
    way: str
    allowed: list[str]
    with_approval: list[str]
    reasons: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The document as it stands; the same for the first time and every replay but for `new` and `shortages`.

    `at_providers`: refunds to be carried out there. `gift_cards`: codes by position of the tender, of cards that were made for this.
    """

    id: UUID
    number: str
    total: int
    tax: int
    rounding: int
    currency: str
    lines: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    at_providers: list[UUID]
    gift_cards: dict[int, str]
    new: bool
    shortages: Sequence[inventory.Shortage] = ()


def quote_return(
    *,
    lines: Sequence[ReturnLine],
    new_lines: Sequence[SaleLine] = (),
    refunds: Sequence[Refund] | None = None,
    at: UUID | None,
    fee: int = 0,
    deposits: bool = True,
    customer: UUID | None = None,
    approved: bool = False,
    now: datetime,
) -> Quote:
    """What would come back to whom, and what is in the way. Nothing is written. `at`: the store it comes back to; None: it was sent in.

    `approved`: as it would be with a manager.
    """
    draft = drafted(lines=lines, new_lines=new_lines, fee=fee, deposits=deposits, store=_store(at), customer=customer, now=now)
    try:
        plan = money.planned(draft=draft, chosen=refunds, approved=approved)
    except money.ReturnNeedsApproval:
        plan = None
    due = draft.due if plan is None or not plan.backs else -plan.paid_out
    return Quote(
        currency=draft.currency,
        owed=draft.owed,
        new_total=draft.new_total,
        due=due if draft.new_lines or due < 0 else 0,
        due_cash=cash.rounded(due, step=draft.cash_step),
        lines=[_quoted(one) for one in draft.coming],
        refunds=money.told(plan) if plan else [],
        way=plan.way if plan else "",
        allowed=sorted(draft.allowed),
        with_approval=sorted(draft.with_approval),
        reasons=money.reasons_of(draft),
    )


@transaction.atomic
def return_goods(
    *,
    id: UUID,
    lines: Sequence[ReturnLine],
    new_lines: Sequence[SaleLine] = (),
    tenders: Sequence[Tender] = (),
    refunds: Sequence[Refund] | None = None,
    store: UUID | None,
    fee: int = 0,
    deposits: bool = True,
    customer: UUID | None = None,
    source: str = Order.Source.STAFF,
    shift: UUID | None = None,
    actor: UUID | None,
    approved_by: UUID | None = None,
    now: datetime,
) -> Returned:
    """Writes the return, moves goods and value, and writes down what providers have to give back. `id` once and for ever: again it answers the same.

    `refunds` None: to the tenders of the sales in their order, or as store credit where no more is allowed. `tenders`: what the customer pays
    where new goods cost more. Raises what orders.services.return_drafts and orders.services.refunds refuse, TenderMismatch, ReturnIdTaken.
    """
    _one_at_a_time(id, lines)
    if (first := queries.document(id=id)) is not None:
        return _again(first)
    draft = drafted(lines=lines, new_lines=new_lines, fee=fee, deposits=deposits, store=_store(store), customer=customer, now=now)
    plan = money.planned(draft=draft, chosen=refunds, approved=approved_by is not None)
    shares, own_rounding = _paid(draft, tenders)
    order = _document(id, draft, plan, own_rounding, source, shift, actor, now)
    order.save(force_insert=True)
    try:
        rows = _lines(order, draft, plan)
        OrderLine.objects.bulk_create(rows)
        payments = _payments(order, draft, plan, shares, actor, now)
        Payment.objects.bulk_create(payments)
    except IntegrityError as error:
        raise _refusal(error) from error
    money.at_providers(rows=[row for row in payments if row.amount < 0], plan=plan, now=now)
    _count_offers(order, draft, now)
    short = _move_goods(order, draft, rows, actor, now)
    _follow_points(order, draft, now)
    _tell(order, draft, plan, rows, payments, approved_by, actor, now)
    return replace(_told(order, rows, payments, new=True), shortages=short)


def return_and_refund(*, clock: Any, who: str = "", tenders: Sequence[Tender] = (), **asked: Any) -> Returned:
    """`return_goods`, and after its commit what providers have to give back: a worker goes on with what does not get an answer now.

    `who` tries codes of gift cards (org.access.Principal.name). What stands already is told again, whatever its cards' codes are by now.
    """
    if tenders and queries.document(id=asked["id"]) is None:
        tenders = known_cards(wanted=tenders, who=who or str(asked["id"]))
    returned = return_goods(now=clock(), tenders=tenders, **asked)
    for refund in returned.at_providers:
        carry_on_refund(refund=refund, clock=clock)
    return returned


LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"


def _one_at_a_time(id: UUID, lines: Sequence[ReturnLine]) -> None:
    """The same return twice, and two returns of one sale: the second reads what the first has written. Sales in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"return {id}"])
    sales = OrderLine.objects.filter(pk__in=[line.order_line for line in lines if line.order_line is not None]).values("order")
    list(Order.objects.select_for_update(no_key=True).filter(pk__in=sales).order_by("id").values_list("pk"))


def _store(id: UUID | None) -> Any:
    return store_of(id=id) if id else None


def _again(order: Order) -> Returned:
    if order.kind != Order.Kind.RETURN:
        raise ReturnIdTaken(field="id")
    lines = sorted(order.lines.all(), key=lambda line: line.position)
    return _told(order, lines, sorted(order.payments.all(), key=lambda row: row.position), new=False)


def _paid(draft: Draft, tenders: Sequence[Tender]) -> tuple[list[Share], int]:
    """What the customer pays, and what rounding of cash makes of it."""
    if draft.due <= 0 or not draft.new_lines:
        if tenders:
            raise TenderMismatch("Nothing is to be paid.", field="tenders", missing=0)
        return [], 0
    _must_be_here(draft, tenders)
    others = sum(tender.amount for tender in tenders if tender.kind != CASH)
    in_cash = any(tender.kind == CASH for tender in tenders)
    total = others + cash.rounded(draft.due - others, step=draft.cash_step) if in_cash and others < draft.due else draft.due
    return cover(total=total, tenders=tenders, point_worth=point_worth()), total - draft.due


def _must_be_here(draft: Draft, tenders: Sequence[Tender]) -> None:
    """Cards go through the store's own terminal; money that is still to come would leave the exchange unpaid."""
    for place, tender in enumerate(tenders):
        if tender.kind == "transfer" or (draft.at is None and tender.kind in (CASH, *AWAITED)):
            raise TenderMismatch("An exchange is paid on the spot: in a store, or by gift card, credit or points.", field=f"tenders.{place}.kind")


def _document(id: UUID, draft: Draft, plan: Plan, own: int, source: str, shift: UUID | None, actor: UUID | None, now: datetime) -> Order:
    rows = [*(one.row for one in draft.coming), *(vars(line) for line in draft.new_lines)]
    tax = sum(row["tax"] for row in rows)
    rounding = own + sum(_carried(sale, plan) for sale in draft.sales)
    return Order(
        id=id,
        number=_number(),
        kind=Order.Kind.RETURN,
        source=source,
        status=Order.Status.PAID,
        customer_id=draft.customer,
        channel_id=draft.channel,
        store=draft.at,
        currency=draft.currency,
        total=sum(row["total"] for row in rows) + (0 if draft.tax_included else tax) + rounding,
        tax=tax,
        tax_included=draft.tax_included,
        rounding=rounding,
        shift=shift,
        cashier=actor,
        business_date=draft.business_date,
        placed_at=now,
        recorded_at=now,
        location=_place(draft),
        handed_over_at=now,
    )


def _number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('orders_number')")
        return f"R-{cursor.fetchone()[0]}"


def _carried(sale: OfSale, plan: Plan) -> int:
    """What of the document's rounding belongs to this sale: its own given back, what was carried settled, what is carried from here on."""
    return plan.carried.get(sale.order.pk, 0) - sale.carried - sale.rounding


def _place(draft: Draft) -> UUID | None:
    """Where goods come back to that can be sold again; None: nothing that stands on a shelf comes or goes."""
    if draft.at is not None:
        return inventory.selling_location(draft.at)
    order = draft.sales[0].order
    if order.location is not None:
        return order.location
    if order.store_id is None:
        if not any(one.row["variant_id"] for one in draft.coming):
            return None
        raise PlaceNeeded(field="store")
    return inventory.selling_location(order.store_id)


def _lines(order: Order, draft: Draft, plan: Plan) -> list[OrderLine]:
    """What came back, and after it what was taken. The first line of each sale says what of the rounding is that sale's."""
    told = {sale.order.pk: _carried(sale, plan) for sale in draft.sales}
    rows = []
    for position, one in enumerate(draft.coming, start=1):
        sale = one.sold.order_id if one.sold else None
        rounding = told.pop(sale, 0) if sale else 0
        extra = one.row["extra"] | ({"rounding": rounding} if rounding else {})
        rows.append(OrderLine(order=order, position=position, **one.row | {"extra": extra}))
    return rows + [_new_line(order, line, position) for position, line in enumerate(draft.new_lines, start=len(rows) + 1)]


def _new_line(order: Order, line: SaleLine, position: int) -> OrderLine:
    runs = line.allocation or allocation(quantity=line.quantity, total=line.total, discount=line.discount, tax=line.tax)
    told = vars(line) | {"position": position, "variant_id": line.variant, "allocation": list(runs)}
    told |= {"taxes": list(line.taxes), "discounts": list(line.discounts)}
    del told["variant"]
    return OrderLine(order=order, **told)


def _payments(order: Order, draft: Draft, plan: Plan, shares: Sequence[Share], actor: UUID | None, now: datetime) -> list[Payment]:
    """Value moves before goods do."""
    back = money.negative_payments(order=order, plan=plan, first=1, now=now)
    cards = [card for one in draft.coming for card in one.cards]
    money.move_value(order=order, plan=plan, rows=back, cards=cards, customer=draft.customer, actor=actor, now=now)
    if not shares:
        return back
    wanted = [replace(share.tender, amount=share.amount) for share in shares]
    internal = take_tenders(order=order.pk, wanted=wanted, currency=order.currency, customer=draft.customer, now=now)
    taken = {one.position: one for one in internal}
    return [_tender(order, position, share, taken.get(position), now) for position, share in enumerate(shares, start=1)]


def _tender(order: Order, position: int, share: Share, taken: Any, now: datetime) -> Payment:
    named = {"label": taken.label if taken else share.tender.label, "source": taken.source if taken else None}
    amounts = {"amount": share.amount, "tendered": share.tendered, "change": share.change}
    return Payment(order=order, position=position, kind=share.kind, paid_at=now, **named, **amounts)


def _refusal(error: IntegrityError) -> Exception:
    """The database has the last word: whoever got past the checks meets it here."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    known = {"order_line_returned_within": ReturnExceedsSale, "payment_refunded_within": RefundExceedsCapture}
    return known[name]() if name in known else error


def _count_offers(order: Order, draft: Draft, now: datetime) -> None:
    """Offers on what was taken are counted as on any sale; those on what came back stay used."""
    given = [
        redemptions.Given(part["promotion"], part["amount"], part.get("supplier_amount", 0))
        for line in draft.new_lines
        for part in line.discounts
        if part["promotion"] != MANUAL and not part["promotion"].startswith(MARKDOWN)
    ]
    if given:
        claim = redemptions.Claim(order=order.pk, at=now, given=tuple(given), coupons=(), customer=draft.customer, stands=draft.at is not None)
        redemptions.claim(claims=[claim])


def _move_goods(order: Order, draft: Draft, rows: Sequence[OrderLine], actor: UUID | None, now: datetime) -> list[inventory.Shortage]:
    """What came back goes where its condition sends it, what was taken leaves the shelf, numbered pieces with them."""
    if order.location is None:
        return []
    common: dict[str, Any] = {"reference": order.pk, "occurred_at": now, "actor": actor}
    back = [(row, row.variant_id) for row in rows if row.quantity < 0 and row.variant_id and row.condition != Condition.NONE]
    taken = [(row, row.variant_id) for row in rows if row.quantity > 0 and row.variant_id]
    aside = {condition: _beside(draft, condition) for condition in {row.condition for row, _ in back} & set(BESIDE)}
    places = {row.position: aside.get(row.condition, order.location) for row in rows}
    lots = inventory.known_lots(wanted={(variant, row.extra["lot"]) for row, variant in back if row.extra.get("lot")})
    moves = [
        inventory.Move(
            location=places[row.position],
            variant=variant,
            quantity=-row.quantity,
            cause="return",
            line=row.position,
            lot=lots.get((variant, row.extra.get("lot", ""))),
            note=row.reason,
            **common,
        )
        for row, variant in back
    ]
    takes = [inventory.Take(location=order.location, variant=variant, quantity=row.quantity, line=row.position, **common) for row, variant in taken]
    short = inventory.exchange(returned=moves, taken=takes, now=now)
    inventory.return_pieces(pieces=_pieces(order, back, places))
    inventory.sell_pieces(pieces=_pieces(order, taken, places))
    return short


def _pieces(order: Order, rows: Sequence[tuple[OrderLine, UUID]], places: Mapping[int, UUID]) -> list[inventory.Piece]:
    numbered = [(row, variant) for row, variant in rows if row.extra.get("serial")]
    return [
        inventory.Piece(variant=variant, number=row.extra["serial"], location=places[row.position], reference=order.pk) for row, variant in numbered
    ]


def _beside(draft: Draft, condition: str) -> UUID:
    store = draft.at or draft.sales[0].order.store
    return inventory.place_beside(store=store, kind=BESIDE[Condition(condition)])


def _follow_points(order: Order, draft: Draft, now: datetime) -> None:
    """What was earned by what came back is taken back; goods that are taken instead earn, what is kept back does not."""
    for sale in draft.sales:
        if part := queries.share_returned(sale=sale.order.pk):
            take_back(order=sale.order.pk, part=part, now=now)
    bought = [line for line in draft.new_lines if line.kind == OrderLine.Kind.GOODS]
    earning = sum(line.total + (0 if draft.tax_included else line.tax) for line in bought)
    if draft.customer and earning:
        customers.earn_points(customer=draft.customer, order=order.pk, amount=earning, currency=order.currency, now=now)


def _tell(
    order: Order,
    draft: Draft,
    plan: Plan,
    rows: Sequence[OrderLine],
    payments: Sequence[Payment],
    approved_by: UUID | None,
    actor: UUID | None,
    now: datetime,
) -> None:
    facts = {"approved_by": str(approved_by) if approved_by else None, "way": plan.way}
    reasons = [one["code"] for one in money.reasons_of(draft)]
    record_step(order=order.pk, kind="placed", facts=facts | {"reasons": reasons}, actor=actor, now=now)
    for sale in draft.sales:
        moved(sale.order)
        record_step(order=sale.order.pk, kind="returned", facts={"return": str(order.pk), "number": order.number}, actor=actor, now=now)
        tell_change(sale.order, "returned", now=now)
    outbox.record(_event(order, draft, rows, payments), now=now)


def _event(order: Order, draft: Draft, rows: Sequence[OrderLine], payments: Sequence[Payment]) -> OrderReturned:
    return OrderReturned(
        aggregate_id=order.pk,
        sequence=1,
        store=draft.at.code if draft.at else None,
        number=order.number,
        source=order.source,
        channel=draft.at.channel.code if draft.at else draft.sales[0].order.channel.code,
        currency=order.currency,
        total=order.total,
        tax=order.tax,
        tax_included=order.tax_included,
        rounding=order.rounding,
        business_date=order.business_date.isoformat(),
        placed_at=order.placed_at.isoformat().replace("+00:00", "Z"),
        shift=order.shift,
        orders=[str(sale.order.pk) for sale in draft.sales],
        line_count=len(rows),
        lines=[_line_told(row) for row in rows],
        payments=[{"kind": row.kind, "amount": row.amount} for row in payments],
    )


def _line_told(row: OrderLine) -> dict[str, Any]:
    return {
        "position": row.position,
        "kind": row.kind,
        "variant": str(row.variant_id) if row.variant_id else None,
        "sku": row.sku,
        "quantity": row.quantity,
        "total": row.total,
        "tax": row.tax,
        "reason": row.reason,
        "condition": row.condition,
    }


def _quoted(one: Coming) -> dict[str, Any]:
    reasons = [{"code": reason.code, "text": reason.text} | reason.facts for reason in one.verdict.reasons]
    told = {name: one.row[name] for name in ("sku", "name", "quantity", "total", "tax", "discount")}
    return told | {
        "order_line": one.row.get("returns_id"),
        "condition": one.condition,
        "last_day": one.verdict.last_day.isoformat() if one.sold else None,
        "reasons": reasons,
        "allowed": sorted(one.verdict.allowed),
        "with_approval": sorted(one.verdict.with_approval),
    }


def _told(order: Order, lines: Sequence[OrderLine], payments: Sequence[Payment], *, new: bool) -> Returned:
    named = ("position", "kind", "amount", "label", "tendered", "change")
    return Returned(
        id=order.pk,
        number=order.number,
        total=order.total,
        tax=order.tax,
        rounding=order.rounding,
        currency=order.currency,
        lines=[_line_told(row) | {"name": row.name, "order_line": row.returns_id} for row in lines],
        payments=[{name: getattr(row, name) for name in named} | {"refunds": row.refunds_id} for row in payments],
        at_providers=queries.provider_refunds(order=order.pk),
        gift_cards=money.gift_card_codes(order=order, payments=payments),
        new=new,
    )


__all__ = ["Quote", "Refund", "ReturnIdTaken", "ReturnLine", "Returned", "quote_return", "return_and_refund", "return_goods"]
