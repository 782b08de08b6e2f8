"""A return before it is written: which units come back and what they were sold for, what is in the way, and what is due to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.errors import Conflict, Invalid, NotFound
from kernel.money import MILLION, divided, included_tax
from orders.allocation import allocation
from orders.models import Order, OrderLine
from orders.queries import returns as queries
from orders.refunds import RefundExceedsCapture
from orders.returns import Facts, Part, Verdict, part, together, turned, verdict, without_receipt
from orders.services import return_prices
from orders.services.gift_lines import Sold, coming_back
from orders.services.sales import SaleLine
from org import settings
from org.queries import business_date

MOST_LINES: Final = 500
PIECE: Final = 1000


class LineUnknown(NotFound):
    title = "There is no such line"


class QuantityInvalid(Invalid):
    code = "quantity_invalid"
    title = "A quantity is above 0, and whole for what is sold by the piece"


class ReturnExceedsSale(Conflict):
    """`details`: line, asked, left (thousandths)."""

    code = "return_exceeds_sale"
    title = "This is more than is left to come back"


class NotReturnable(Conflict):
    """`details.reason`: order_state, not_handed_over, gift_card."""

    code = "not_returnable"
    title = "This cannot come back"


class MixedReturn(Invalid):
    code = "return_mixed"
    title = "What is returned together has one currency and one way of taxing"


class ReasonUnknown(Invalid):
    code = "return_reason_unknown"
    title = "There is no such reason"


class PlaceNeeded(Invalid):
    code = "return_place_needed"
    title = "Say which store the goods come back to"


@dataclass(frozen=True, kw_only=True)
class ReturnLine:
    """`order_line`: the line it was sold on. Without a receipt None, with `sku` instead.

    `quantity` in thousandths, above 0. `condition` is one of OrderLine.Condition; empty: as its reason says. `serial`: read from the piece.
    """

    order_line: int | None
    quantity: int
    reason: str = ""
    condition: str = ""
    sku: str = ""
    serial: str = ""


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Units of one line that come back. `sold` None: nobody has a receipt. `row`: the columns of the return's line, below zero."""

    asked: ReturnLine
    sold: OrderLine | None
    row: dict[str, Any]
    condition: str
    verdict: Verdict
    # Gift cards that were sold and come back unused.
    cards: tuple[Sold, ...] = ()

    @property
    def owed(self) -> int:
        return -int(self.row["total"])


@dataclass(frozen=True, kw_only=True)
class OfSale:
    """What is owed of one sale: its units, its rounding with the last of them, what rounding has kept back or given too much before."""

    order: Order
    units: int
    rounding: int
    carried: int

    @property
    def owed(self) -> int:
        return self.units + self.rounding + self.carried


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`owed` to the customer, `new_total` for what they take instead; amounts are minor units. `allowed`, `with_approval`: orders.returns."""

    at: Any
    channel: UUID
    currency: str
    tax_included: bool
    customer: UUID | None
    business_date: date
    coming: tuple[Coming, ...]
    sales: tuple[OfSale, ...]
    new_lines: tuple[SaleLine, ...]
    without_receipt: int
    allowed: frozenset[str]
    with_approval: frozenset[str]
    cash_step: int
    notes: list[str] = field(default_factory=list)

    @property
    def new_total(self) -> int:
        return sum(line.total + (0 if self.tax_included else line.tax) for line in self.new_lines)

    @property
    def owed(self) -> int:
        return sum(sale.owed for sale in self.sales) + self.without_receipt

    @property
    def due(self) -> int:
        """Above zero the customer pays."""
        return self.new_total - self.owed


def drafted(
    *,
    lines: Sequence[ReturnLine],
    new_lines: Sequence[SaleLine],
    fee: int,
    store: Any,
    customer: UUID | None,
    deposits: bool = True,
    now: datetime,
) -> Draft:
    """`store`: its row, or None for what was sent in. `deposits`: what was paid for bottles comes back with the goods in them. In the
    transaction that writes it the sales are locked before."""
    _check(lines, new_lines, fee)
    lines = [*lines, *(_deposits(lines) if deposits else ())]
    sold = queries.sold_lines(ids={line.order_line for line in lines if line.order_line is not None})
    sales = _sales(lines, sold)
    first = sales[0] if sales else None
    if customer is not None and not queries.knows_customer(id=customer):
        raise NotFound("There is no such customer.", field="customer")
    if store is None and first is None:
        raise PlaceNeeded(field="store")
    today = _today(store, now)
    coming, bare = _coming(lines, sold, store, today), [line for line in lines if line.order_line is None]
    worth = _without_receipt(bare, store, now)
    known = {order.currency for order in sales} | ({worth.currency} if bare else set())
    included = {order.tax_included for order in sales} | ({worth.tax_included} if bare else set())
    if len(known) > 1 or len(included) > 1:
        raise MixedReturn(field="lines")
    tax_included = included.pop()
    coming += _bare(bare, worth.lines, store)
    verdicts = [one.verdict for one in coming]
    allowed, with_approval = together(verdicts)
    channel = store.channel_id if store else sales[0].channel_id
    return Draft(
        at=store,
        channel=channel,
        currency=known.pop(),
        tax_included=tax_included,
        customer=customer or (first.customer_id if first else None),
        business_date=today,
        coming=tuple(coming),
        sales=tuple(_of_sale(order, coming) for order in sales),
        new_lines=(*new_lines, *_fee(fee, coming, tax_included)),
        without_receipt=sum(_gross(one, tax_included) for one in coming if one.sold is None),
        allowed=allowed,
        with_approval=with_approval,
        cash_step=queries.cash_step(channel=channel),
    )


def _deposits(lines: Sequence[ReturnLine]) -> list[ReturnLine]:
    """A piece of deposit with each piece of its goods, as far as any is left. Whoever names a deposit says how much of it comes back."""
    coming: dict[int, int] = {}
    for asked in lines:
        if asked.order_line is not None:
            coming[asked.order_line] = coming.get(asked.order_line, 0) + asked.quantity
    found: dict[int, int] = {}
    wanted: dict[int, int] = {}
    rows = queries.deposits(coming=coming)
    named = {line for line, deposit, *_ in rows if deposit in coming}
    for line, deposit, left, last in rows:
        if line in named:
            continue
        # Of what is weighed whole pieces, and with the last of it what is left of one.
        wanted.setdefault(line, (-(-coming[line] // PIECE) if last else coming[line] // PIECE) * PIECE)
        taken = min(wanted[line], left - found.get(deposit, 0))
        found[deposit] = found.get(deposit, 0) + taken
        wanted[line] -= taken
    return [ReturnLine(order_line=deposit, quantity=quantity) for deposit, quantity in found.items() if quantity > 0]


def _check(lines: Sequence[ReturnLine], new_lines: Sequence[SaleLine], fee: int) -> None:
    if not 0 < len(lines) <= MOST_LINES or len(new_lines) > MOST_LINES:
        raise QuantityInvalid(f"A return has 1 to {MOST_LINES} lines.", field="lines")
    if any(quantity <= 0 for quantity in [line.quantity for line in lines] + [line.quantity for line in new_lines]):
        raise QuantityInvalid(field="quantity")
    if fee < 0 or any(line.total != line.list_total - line.discount or line.total < 0 for line in new_lines):
        raise Invalid("What is bought or kept back is not below zero and adds up.", field="fee" if fee < 0 else "new_lines")
    if any(line.kind == OrderLine.Kind.GIFT_CARD for line in new_lines):
        raise Invalid("A gift card is bought by itself, not in exchange.", field="new_lines")
    if any((line.order_line is None) != bool(line.sku) for line in lines):
        raise LineUnknown("Name the line it was sold on; without a receipt its SKU.", field="lines")
    if any(line.condition and line.condition not in OrderLine.Condition.values for line in lines):
        raise Invalid(f"A condition is one of {', '.join(OrderLine.Condition.values)}.", field="condition")


def _sales(lines: Sequence[ReturnLine], sold: Mapping[int, OrderLine]) -> list[Order]:
    found: dict[UUID, Order] = {}
    for line in lines:
        if line.order_line is not None:
            if line.order_line not in sold:
                raise LineUnknown(field="lines", line=line.order_line)
            order = sold[line.order_line].order
            _must_be_returnable(order, sold[line.order_line])
            found[order.pk] = order
    return list(found.values())


def _must_be_returnable(order: Order, line: OrderLine) -> None:
    if order.status != Order.Status.PAID:
        raise NotReturnable(f"{order.number} is {order.status}.", field="lines", reason="order_state", status=order.status)
    if line.quantity <= 0:
        raise LineUnknown("This line came back itself.", field="lines", line=line.pk)
    if line.kind == OrderLine.Kind.GIFT_CARD and order.source == Order.Source.TILL:
        raise NotReturnable("Which card was sold at a till is not known here.", field="lines", reason="gift_card")
    ours = order.source in (Order.Source.WEB, Order.Source.STAFF) and order.kind == Order.Kind.SALE
    if ours and order.handed_over_at is None:
        raise NotReturnable(f"The goods of {order.number} have not left yet: cancel or change it.", field="lines", reason="not_handed_over")


def _today(store: Any, now: datetime) -> date:
    return business_date(store=store, at=now) if store else now.astimezone(ZoneInfo(settings.get("shop.timezone"))).date()


def _coming(lines: Sequence[ReturnLine], sold: Mapping[int, OrderLine], store: Any, today: date) -> list[Coming]:
    goods = queries.goods(variants=[line.variant_id for line in sold.values() if line.variant_id])
    policy, conditions = settings.get("returns.policy", store=store), _conditions(store)
    taken: dict[int, int] = {}
    found = []
    for place, asked in enumerate(lines):
        if asked.order_line is None:
            continue
        line = sold[asked.order_line]
        facts = goods.get(line.variant_id) if line.variant_id else None
        start = line.returned + taken.get(line.pk, 0)
        _must_be_left(asked, line, start, by_piece=line.kind == OrderLine.Kind.GIFT_CARD or bool(facts and facts.by_piece), place=place)
        taken[line.pk] = taken.get(line.pk, 0) + asked.quantity
        cards = coming_back(line=line, start=start, quantity=asked.quantity) if line.kind == OrderLine.Kind.GIFT_CARD else []
        back = part(sold=line, start=start, quantity=asked.quantity)
        judged = verdict(facts=_facts(asked, line, facts), policy=policy, on=today)
        # Deposits are nobody's stock, as they are when they are sold.
        condition = _condition(asked, conditions, stands=line.variant_id is not None and line.kind != OrderLine.Kind.DEPOSIT)
        found.append(Coming(asked=asked, sold=line, row=_row(line, back, asked, condition), condition=condition, verdict=judged, cards=tuple(cards)))
    return found


def _must_be_left(asked: ReturnLine, line: OrderLine, start: int, *, by_piece: bool, place: int) -> None:
    if by_piece and asked.quantity % PIECE:
        raise QuantityInvalid("This was sold by the piece: the quantity is a multiple of 1000.", field=f"lines.{place}.quantity")
    if start + asked.quantity > line.quantity:
        raise ReturnExceedsSale(field=f"lines.{place}.quantity", line=line.pk, asked=asked.quantity, left=max(0, line.quantity - start))


def _facts(asked: ReturnLine, line: OrderLine, goods: queries.GoodsFacts | None) -> Facts:
    told = line.extra.get("serial")
    return Facts(
        bought_on=line.order.business_date,
        categories=goods.categories if goods else (),
        discounts=line.discounts,
        age_limit=goods.age_limit if goods else 0,
        numbered=bool(goods and goods.numbered),
        sold_serial=told if isinstance(told, str) else "",
        shown_serial=asked.serial,
    )


def _conditions(store: Any) -> dict[str, str]:
    return {one["code"]: one["condition"] for one in settings.get("returns.reasons", store=store)}


def _condition(asked: ReturnLine, conditions: Mapping[str, str], *, stands: bool) -> str:
    if asked.reason and asked.reason not in conditions:
        raise ReasonUnknown(f"The reasons are: {', '.join(conditions)}.", field="reason")
    wanted = asked.condition or conditions.get(asked.reason, OrderLine.Condition.RESTOCK)
    return wanted if stands else OrderLine.Condition.NONE


def _row(line: OrderLine, back: Part, asked: ReturnLine, condition: str) -> dict[str, Any]:
    told = {name: line.extra[name] for name in ("lot", "serial") if line.extra.get(name)} | ({"serial": asked.serial} if asked.serial else {})
    copied = ("kind", "variant_id", "sku", "gtin", "name", "unit_price", "price_quantity", "tax_class", "tax_rate")
    return {
        **{name: getattr(line, name) for name in copied},
        **turned(back),
        "returns_id": line.pk,
        "reason": asked.reason,
        "condition": condition,
        "extra": told,
    }


def _without_receipt(bare: Sequence[ReturnLine], store: Any, now: datetime) -> return_prices.Worth:
    if not bare:
        return return_prices.Worth(lines=(), tax_included=True, currency="")
    if store is None:
        raise PlaceNeeded("Goods without a receipt come back in a store.", field="store")
    wanted = [return_prices.Wanted(sku=line.sku, quantity=line.quantity) for line in bare]
    return return_prices.without_receipt(channel=store.channel_id, store=store.pk, wanted=wanted, now=now)


def _bare(bare: Sequence[ReturnLine], worth: Sequence[SaleLine], store: Any) -> list[Coming]:
    """Each with what its deposit is worth, which nobody brings by itself."""
    conditions = _conditions(store)
    found: list[Coming] = []
    asked = iter(bare)
    one = None
    for line in worth:
        one = next(asked) if line.kind == OrderLine.Kind.GOODS or one is None else one
        condition = _condition(one, conditions, stands=line.kind == OrderLine.Kind.GOODS)
        row = _bare_row(line, one, condition)
        found.append(Coming(asked=one, sold=None, row=row, condition=condition, verdict=without_receipt()))
    return found


def _bare_row(line: SaleLine, asked: ReturnLine, condition: str) -> dict[str, Any]:
    runs = line.allocation or allocation(quantity=line.quantity, total=line.total, discount=line.discount, tax=line.tax)
    back = Part(
        quantity=line.quantity,
        total=line.total,
        discount=line.discount,
        tax=line.tax,
        taxes=list(line.taxes),
        discounts=list(line.discounts),
        allocation=list(runs),
    )
    copied = {name: getattr(line, name) for name in ("kind", "sku", "gtin", "name", "unit_price", "price_quantity", "tax_class", "tax_rate")}
    serial = {"serial": asked.serial} if asked.serial else {}
    return copied | {"variant_id": line.variant, **turned(back), "reason": asked.reason, "condition": condition, "extra": serial}


def _of_sale(order: Order, coming: Sequence[Coming]) -> OfSale:
    mine = [one for one in coming if one.sold is not None and one.sold.order_id == order.pk]
    besides: dict[int, int] = {}
    for one in mine:
        besides[one.row["returns_id"]] = besides.get(one.row["returns_id"], 0) + one.asked.quantity
    last = queries.all_returned(order=order.pk, besides=besides)
    return OfSale(
        order=order,
        units=sum(_gross(one, order.tax_included) for one in mine),
        rounding=queries.own_rounding(order=order) if last else 0,
        carried=queries.rounding_told(sale=order.pk),
    )


def _gross(one: Coming, tax_included: bool) -> int:
    return -(one.row["total"] + (0 if tax_included else one.row["tax"]))


def _fee(fee: int, coming: Sequence[Coming], tax_included: bool) -> list[SaleLine]:
    """Kept back, and taxed as the first of the goods: it is what is left of that sale."""
    if not fee:
        return []
    like = coming[0].row
    rate = like["tax_rate"]
    tax = included_tax(amount=fee, rate=rate) if tax_included else divided(fee * rate, MILLION)
    named: dict[str, Any] = {"name": "Return fee", "kind": OrderLine.Kind.FEE, "variant": None}
    amounts: dict[str, Any] = {"unit_price": fee, "list_total": fee, "total": fee, "tax": tax, "tax_class": like["tax_class"], "tax_rate": rate}
    return [SaleLine(position=1, quantity=PIECE, **named, **amounts)]


__all__ = ["Coming", "Draft", "LineUnknown", "MixedReturn", "NotReturnable", "OfSale", "PlaceNeeded", "QuantityInvalid", "ReasonUnknown"]
__all__ += ["RefundExceedsCapture", "ReturnExceedsSale", "ReturnLine", "drafted"]
