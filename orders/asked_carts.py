"""Carts and checkout as programs and staff ask for them: both doors send what they were given here and tell what comes back.

A publishable key stands in a browser: it buys as a guest, and never says that it is somebody. A secret key stands on a server that knows
who signed in; staff order for a customer, in a channel or in a store of theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from catalog.pricebook import UnknownPlace
from kernel.errors import Invalid, NotAllowed
from orders import carts as documents
from orders import services
from orders.carts import CartInvalid, only
from orders.queries.carts import Standing
from orders.services.carts import Cart
from orders.tenders import ACCOUNT, MOST, POINTS, STORE_CREDIT, Tender
from org.access import Principal
from org.queries import channel_of, store_of

Json = dict[str, Any]

SCOPE: Final = "checkout:write"
PARTS: Final = ("lines", "coupons", "delivery")
PERSON: Final = ("given_name", "family_name", "company", "email", "phone")
ADDRESS: Final = ("name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone")
PAYING: Final = ("agreed_total", "agreed_lines", "tenders")
# Taken, or awaited, without anybody being asked. A gift card's code is looked up where wrong ones are counted.
SETTLED_HERE: Final = frozenset({"transfer", STORE_CREDIT, POINTS, ACCOUNT})
TENDER: Final = ("kind", "amount", "code", "backend", "token")


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Whose carts: of the key's channel; of staff's stores, None: all."""

    channel: UUID | None
    stores: frozenset[UUID] | None
    only_offered: bool
    knows_people: bool
    source: str
    actor: UUID | None
    who: str

    @property
    def asked(self) -> Json:
        return {"channel": self.channel, "only_offered": self.only_offered}


def reach(principal: Principal) -> Reach:
    principal.require(SCOPE)
    if principal.channel is not None:
        secret = principal.key is not None and principal.key.kind == principal.key.Kind.SECRET
        return Reach(channel=principal.channel.id, stores=None, only_offered=True, knows_people=secret, source="web", actor=None, who=principal.name)
    assert principal.user is not None
    return Reach(
        channel=None,
        stores=principal.stores(SCOPE),
        only_offered=False,
        knows_people=True,
        source="staff",
        actor=principal.user.id,
        who=principal.name,
    )


def create(*, principal: Principal, given: Mapping[str, Any], now: datetime) -> Json:
    """`given`: lines, coupons, delivery; of staff channel or store."""
    mine = reach(principal)
    only(given, (*PARTS, "channel", "store"), "")
    channel, store = _place(mine, given)
    parts = {name: given[name] for name in PARTS if name in given}
    return told(services.create_cart(channel=channel, store=store, given=parts, only_offered=mine.only_offered, now=now))


def get(*, principal: Principal, id: UUID, now: datetime) -> Json:
    mine = reach(principal)
    return told(_theirs(mine, services.get_cart(id=id, **mine.asked, now=now)))


def put(*, principal: Principal, id: UUID, version: int | None, given: Mapping[str, Any], now: datetime) -> Json:
    """Lines, coupons and delivery that are given, in place of those that are there."""
    parts = documents.read(given)
    return _changed(principal, id, version, lambda old: {**old, **parts}, now)


def add_lines(*, principal: Principal, id: UUID, version: int | None, lines: Any, now: datetime) -> Json:
    return _changed(principal, id, version, lambda old: documents.with_lines(old, lines), now)


def remove_line(*, principal: Principal, id: UUID, version: int | None, line: str, now: datetime) -> Json:
    return _changed(principal, id, version, lambda old: documents.without_line(old, line), now)


def _changed(principal: Principal, id: UUID, version: int | None, change: Callable[[Json], Json], now: datetime) -> Json:
    mine = reach(principal)
    return told(services.change_cart(id=id, version=version, change=_guarded(mine, change), **mine.asked, now=now))


def set_addresses(*, principal: Principal, id: UUID, version: int | None, given: Mapping[str, Any], now: datetime) -> Json:
    """`given`: contact, shipping, billing."""
    mine = reach(principal)
    only(given, ("contact", "shipping", "billing"), "")
    _reaches(mine, id, now)
    return told(services.set_addresses(id=id, version=version, **_people(given), **mine.asked, now=now))


def set_customer(*, principal: Principal, id: UUID, version: int | None, given: Mapping[str, Any], now: datetime) -> Json:
    """`given`: customer, ship_to, bill_to, each an id. Not for publishable keys."""
    mine = reach(principal)
    only(given, ("customer", "ship_to", "bill_to"), "")
    if not mine.knows_people:
        raise NotAllowed("A publishable key does not say who somebody is. Use a secret key, from a server.", field="customer")
    if given.get("customer") is None:
        raise CartInvalid("Say which customer.", field="customer")
    ids: Json = {name: uuid_of(given.get(name), name) for name in ("customer", "ship_to", "bill_to")}
    _reaches(mine, id, now)
    return told(services.sign_in(id=id, version=version, **ids, **mine.asked, now=now))


def choices(*, principal: Principal, id: UUID, country: str | None, now: datetime) -> Json:
    mine = reach(principal)
    if country and not (len(country) == 2 and country.isascii() and country.isupper()):
        raise Invalid("A country is two capital letters: DE.", field="country")
    _reaches(mine, id, now)
    return services.delivery_choices(id=id, country=country or None, **mine.asked, now=now)


def place(*, principal: Principal, id: UUID, version: int | None, given: Mapping[str, Any], order: UUID, now: datetime) -> Json:
    """`given`: agreed_total, agreed_lines, tenders."""
    mine = reach(principal)
    only(given, PAYING, "")
    _reaches(mine, id, now)
    asked: Json = {**_paying(given), **_by(mine), "joined": settled_at_once(given)}
    return told_order(services.place_cart(cart=id, channel=mine.channel, version=version, **asked, order=order, now=now))


def settled_at_once(given: Mapping[str, Any]) -> bool:
    """Whether nobody outside has to be asked, neither a provider nor what counts wrong codes: one transaction is enough then."""
    tenders = (given.get("tenders") if isinstance(given, Mapping) else None) or []
    return isinstance(tenders, list) and all(isinstance(one, Mapping) and one.get("kind") in SETTLED_HERE for one in tenders)


def check_out(*, principal: Principal, given: Mapping[str, Any], order: UUID, now: datetime) -> Json:
    """All of it in one: lines, coupons, delivery; customer, ship_to, bill_to or contact, shipping, billing; agreed_total, agreed_lines, tenders."""
    mine = reach(principal)
    ids = ("customer", "ship_to", "bill_to")
    only(given, (*PARTS, "channel", "store", *ids, "contact", "shipping", "billing", *PAYING), "")
    if not mine.knows_people and any(given.get(name) for name in ids):
        raise NotAllowed("A publishable key does not say who somebody is. Use a secret key, from a server.", field="customer")
    channel, store = _place(mine, given)
    known: Json = {name: uuid_of(given.get(name), name) for name in ids}
    parts = {name: given[name] for name in PARTS if name in given}
    people = _people(given) if any(given.get(name) for name in ("contact", "shipping", "billing")) else {}
    asked: Json = {**known, **people, **_paying(given), **_by(mine), "joined": settled_at_once(given)}
    standing = services.checkout(channel=channel, store=store, given=parts, **asked, order=order, now=now)
    return told_order(standing)


def _by(mine: Reach) -> Json:
    return {"source": mine.source, "actor": mine.actor, "who": mine.who}


def _place(mine: Reach, given: Mapping[str, Any]) -> tuple[UUID, UUID | None]:
    """Raises UnknownPlace for what is not theirs or does not exist, the same for both."""
    if mine.channel is not None:
        if given.get("channel") or given.get("store"):
            raise NotAllowed("A key buys in its own channel.", field="channel" if given.get("channel") else "store")
        return mine.channel, None
    if given.get("store"):
        store = store_of(code=str(given["store"]))
        if mine.stores is not None and store.id not in mine.stores:
            raise UnknownPlace(field="store")
        return store.channel_id, store.id
    if mine.stores is not None:
        raise UnknownPlace("Say for which store.", field="store")
    if not given.get("channel"):
        raise Invalid("Say where: give a store or a channel.", field="channel")
    return channel_of(code=str(given["channel"])).id, None


def _reaches(mine: Reach, id: UUID, now: datetime) -> None:
    """A key is bound to its channel by what it calls; staff to their stores by what is in the cart."""
    if mine.stores is not None:
        _theirs(mine, services.get_cart(id=id, **mine.asked, now=now))


def _theirs(mine: Reach, cart: Cart) -> Cart:
    _must_be_theirs(mine, cart.kept.document)
    return cart


def _must_be_theirs(mine: Reach, document: Json) -> None:
    if mine.stores is not None and (document["store"] is None or UUID(document["store"]) not in mine.stores):
        raise services.UnknownCart


def _guarded(mine: Reach, change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    def guarded(old: Json) -> Json:
        _must_be_theirs(mine, old)
        return change(old)

    return guarded


def _people(given: Mapping[str, Any]) -> Json:
    contact, shipping, billing = given.get("contact") or {}, given.get("shipping"), given.get("billing")
    only(contact, PERSON, "contact")
    for name, address in (("shipping", shipping), ("billing", billing)):
        if address is not None:
            only(address, ADDRESS, name)
    return {"contact": contact, "shipping": shipping, "billing": billing}


def _paying(given: Mapping[str, Any]) -> Json:
    total, lines, tenders = given.get("agreed_total"), given.get("agreed_lines"), given.get("tenders") or []
    if type(total) is not int or total < 0:
        raise CartInvalid("Say what was agreed, in minor units.", field="agreed_total")
    if lines is not None and (not isinstance(lines, Mapping) or any(type(amount) is not int for amount in lines.values())):
        raise CartInvalid("Give each line's total by its id.", field="agreed_lines")
    if not isinstance(tenders, Sequence) or isinstance(tenders, str) or len(tenders) > MOST:
        raise CartInvalid(f"Give a list of at most {MOST} tenders.", field="tenders")
    return {"agreed_total": total, "agreed_lines": lines, "tenders": [_tender(one, f"tenders.{place}") for place, one in enumerate(tenders)]}


def _tender(given: Any, field: str) -> Tender:
    only(given, TENDER, field)
    amount = given.get("amount")
    if type(amount) is not int:
        raise CartInvalid("What it pays is whole minor units.", field=f"{field}.amount")
    texts: Json = {name: given.get(name) or "" for name in ("kind", "code", "backend", "token")}
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > 255 or not (text == "" or text.isprintable()):
            raise CartInvalid("Give a text of at most 255 characters.", field=f"{field}.{name}")
    return Tender(amount=amount, **texts)


def uuid_of(given: Any, field: str) -> UUID | None:
    if given is None:
        return None
    try:
        return given if isinstance(given, UUID) else UUID(str(given))
    except ValueError:
        raise CartInvalid("This is no id.", field=field) from None


def told(cart: Cart) -> Json:
    kept, priced = cart.kept, cart.priced
    document = kept.document
    delivery = document["delivery"]
    return {
        "id": str(kept.id),
        "version": kept.version,
        "state": kept.state,
        "currency": priced.book.currency,
        "prices_include_tax": priced.tax_included,
        "customer": document["customer"],
        "signed_in": document["signed_in"],
        "ship_to": document["ship_to"],
        "bill_to": document["bill_to"],
        "lines": [_told_line(priced.ids[line.position], line) for line in priced.lines if line.position in priced.ids],
        "coupons": priced.coupons,
        "delivery": {**delivery, "amount": priced.delivery} if delivery else None,
        "totals": {
            "goods": priced.goods,
            "discount": priced.discount,
            "delivery": priced.delivery,
            "tax": priced.tax,
            "total": priced.total,
            "taxes": priced.taxes,
        },
        "agreed_lines": priced.by_line,
        "hints": priced.hints,
        "problems": [vars(problem) for problem in priced.problems],
        "order": str(kept.order) if kept.order else None,
        "expires_at": kept.expires_at.isoformat(),
    }


LINE: Final = ("kind", "sku", "name", "quantity", "unit_price", "price_quantity", "list_total", "discount", "total", "tax", "taxes", "discounts")


def _told_line(id: str, line: services.SaleLine) -> Json:
    told: Json = {"id": id} | {name: getattr(line, name) for name in LINE}
    # What a supplier pays is nobody's business but the shop's.
    told["discounts"] = [{part: one[part] for part in ("promotion", "name", "amount")} for one in line.discounts]
    return told


def told_order(standing: Standing) -> Json:
    return {
        "id": str(standing.id),
        "number": standing.number,
        "status": standing.status,
        "currency": standing.currency,
        "total": standing.total,
        "tax": standing.tax,
        "paid": standing.paid,
        "payment": {"state": standing.payment_state, "action": standing.action or None} if standing.attempt else None,
    }
