"""Returns as people and programs ask for them: the doors send what they were given here and tell what comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kernel.errors import Invalid, NotAllowed, NotFound
from orders.queries import returns as queries
from orders.services import Quote, Refund, Returned, ReturnLine, SaleLine, quote_return, return_and_refund
from orders.services.return_prices import Wanted, bought
from orders.tenders import Tender
from org.access import Principal, allows
from org.paging import plain_text
from org.queries import store_of

Json = dict[str, Any]
WRITE: Final = "orders:write"
NOT_HERE: Final = "There is no such order."


def quote(*, principal: Principal, order: UUID | None, asked: Mapping[str, Any], now: datetime) -> Json:
    """What would go back to whom, and what is in the way. `order`: whose lines are meant where a line names none."""
    return told_quote(quote_return(**_common(principal, order, asked, now), approved=bool(_approval(principal, asked)), now=now))


def give_back(*, principal: Principal, order: UUID | None, id: UUID, asked: Mapping[str, Any], clock: Callable[[], datetime]) -> Json:
    """Writes the return `id`, and asks providers to give back what they took."""
    common = _common(principal, order, asked, clock())
    common["store"] = common.pop("at")
    actor = principal.user.pk if principal.user else None
    tenders = [Tender(**one) for one in asked.get("tenders") or ()]
    placed: Json = {"id": id, "actor": actor, "who": principal.name, "approved_by": _approval(principal, asked), "tenders": tenders}
    return told(return_and_refund(clock=clock, **placed, **common))


def returns_of(*, principal: Principal, order: UUID, scope: str = "orders:read") -> list[Json]:
    _must_be_seen(principal, [order], None, scope)
    return [asdict(row) for row in queries.returns_of(order=order)]


def lines_of(*, asked: Sequence[Mapping[str, Any]], order: UUID | None) -> list[ReturnLine]:
    """A line is named by the order and its position there, or without a receipt by its SKU."""
    wanted = [(line.get("order") or order, line.get("position")) for line in asked]
    known = queries.line_ids(wanted={(of, position) for of, position in wanted if of and position is not None})
    found = []
    for place, (line, (of, position)) in enumerate(zip(asked, wanted, strict=True)):
        sku = plain_text(line.get("sku"), field="lines", longest=60)
        if bool(sku) == (position is not None):
            raise Invalid("Name the line that comes back by its position, or without a receipt by its SKU.", field=f"lines.{place}")
        if not sku and (of, position) not in known:
            raise NotFound("There is no such line.", field=f"lines.{place}.position")
        more = {name: plain_text(line.get(name), field="lines", longest=40) for name in ("reason", "condition", "serial")}
        order_line = None if sku else known[of, position]  # type: ignore[index]
        found.append(ReturnLine(order_line=order_line, sku=sku, quantity=line["quantity"], **more))
    return found


def new_lines(*, asked: Sequence[Mapping[str, Any]], store: UUID | None, customer: UUID | None, now: datetime) -> tuple[SaleLine, ...]:
    """What is taken instead, at today's prices of the store."""
    if not asked:
        return ()
    if store is None:
        raise Invalid("Say in which store the goods are taken.", field="store")
    wanted = [Wanted(sku=plain_text(one["sku"], field="exchange", longest=60), quantity=one["quantity"]) for one in asked]
    return bought(channel=store_of(id=store).channel_id, store=store, wanted=wanted, customer=customer, now=now).lines


def refunds_of(asked: Sequence[Mapping[str, Any]] | None) -> list[Refund] | None:
    return None if asked is None else [Refund(kind=one["kind"], amount=one["amount"]) for one in asked]


def told_quote(quote: Quote) -> Json:
    return asdict(quote)


def told(returned: Returned) -> Json:
    found = asdict(returned)
    found["gift_cards"] = [{"position": position, "code": code} for position, code in returned.gift_cards.items()]
    found["shortages"] = [asdict(one) for one in returned.shortages]
    # A replay answers as the first time.
    del found["new"]
    return found


def _common(principal: Principal, order: UUID | None, asked: Mapping[str, Any], now: datetime) -> Json:
    principal.require(WRITE)
    store = _store(principal, asked.get("store"))
    orders = {line.get("order") or order for line in asked["lines"]} | {order}
    _must_be_seen(principal, [one for one in orders if one], store, WRITE)
    customer = asked.get("customer")
    return {
        "lines": lines_of(asked=asked["lines"], order=order),
        "new_lines": new_lines(asked=asked.get("exchange") or (), store=store, customer=customer, now=now),
        "refunds": refunds_of(asked.get("refunds")),
        "fee": asked.get("fee") or 0,
        "deposits": asked.get("deposits") is not False,
        "customer": customer,
        "at": store,
    }


def _store(principal: Principal, code: str | None) -> UUID | None:
    reach = principal.stores(WRITE)
    if not code:
        if reach is not None:
            raise Invalid("Say which store the goods come back to.", field="store")
        return None
    try:
        store = store_of(code=plain_text(code, field="store", longest=60))
    except NotFound:
        store = None
    if store is None or (reach is not None and store.pk not in reach) or (principal.channel and store.channel_id != principal.channel.pk):
        raise NotFound("There is no such store.", field="store")
    return store.pk


def _must_be_seen(principal: Principal, orders: Sequence[UUID], store: UUID | None, scope: str) -> None:
    """Of one's own stores or the key's channel. What was sold in no store comes back in any: whoever named one of theirs may take it."""
    seen = queries.seen(
        orders=orders, stores=principal.stores(scope), channel=principal.channel.pk if principal.channel else None, anywhere=bool(store)
    )
    if set(orders) - seen:
        raise NotFound(NOT_HERE)


def _approval(principal: Principal, asked: Mapping[str, Any]) -> UUID | None:
    """Who manages the store approves what they ask for; of what is sent in, who may give value away. A key is nobody."""
    if not asked.get("approve"):
        return None
    store = _store(principal, asked.get("store"))
    may = allows(principal.user, "pos.manage", store=store) if store else allows(principal.user, "value.issue")
    if principal.user is None or not may:
        raise NotAllowed("Somebody who manages the store has to approve this.", field="approve")
    return principal.user.pk
