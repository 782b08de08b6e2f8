"""What was ordered on the web: one order awaits its transfer, one is on hold, one was handed over and partly came back, one waits to be
fetched, one is a firm's on account, one came to nothing. Placed by the services that place any order."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from demo import people, queries
from orders import services as orders
from orders.services import carts, delivery_options
from orders.tenders import Tender
from org import settings
from org.models import Channel

NAMESPACE: Final = UUID("6f6e6563-6f75-5e74-8572-64656d6f0003")
PARCEL: Final = {"kind": "ship", "option": "parcel"}
EXPRESS: Final = {"kind": "ship", "option": "express"}
FETCHED: Final = {"kind": "pickup", "option": "collect", "location": "northside"}
POLICY: Final = {"days": 30, "categories": {}, "extended": []}
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "parcel": {
        "fields": {"name": "Parcel", "names": {"de": "Paket"}, "kind": "ship", "days_least": 1, "days_most": 3},
        "rates": [(["DE"], 0, 490), (["DE"], 5_000, 0), ([], 0, 1_290)],
    },
    "express": {
        "fields": {"name": "Courier in Berlin", "names": {"de": "Kurier in Berlin"}, "kind": "ship", "days_least": 0, "days_most": 1},
        "rates": [(["DE"], 0, 990)],
    },
    "collect": {"fields": {"name": "Pick up in a store", "names": {"de": "Abholung im Laden"}, "kind": "pickup"}, "rates": []},
}


def offer_delivery(*, web: Channel) -> None:
    """Before carts are priced. What people change later stays."""
    for code, told in OPTIONS.items():
        if code not in queries.delivery_options():
            names = ("countries", "from_total", "amount")
            rates = [{"currency": people.CURRENCY, **dict(zip(names, rate, strict=True))} for rate in told["rates"]]
            delivery_options.add_delivery_option(code=code, fields=told["fields"], channels=[web.id], rates=rates)
    if not queries.has_setting("returns.policy"):
        settings.put("returns.policy", POLICY)


def come_in(*, web: Channel, now: datetime) -> None:
    """Once, when the shelf and the prices stand. Orders have ids of their own, so nothing is ordered twice."""
    if queries.has_web_orders():
        return
    sue, hours = queries.person("sue"), timedelta(hours=1)
    _placed(web, "wilma", [("HONEY", 1), ("ELDERFLOWER", 2)], PARCEL, "transfer", now - 3 * hours)
    held = _placed(web, "tilda", [("COFFEE-FILTER", 2), ("NUTELLA-B-READY", 1)], PARCEL, "store_credit", now - 5 * hours)
    orders.hold(order=held, version=_version(held), reason="address", actor=sue, now=now - 4 * hours)
    _placed(web, "juno", [("GRANOLA", 1), ("LOAF", 1)], FETCHED, "store_credit", now - 2 * hours)
    firm = _placed(web, people.FIRM[1], [("WATER-SPARKLING", 6), ("APPLE-JUICE", 4)], EXPRESS, "account", now - 50 * hours)
    orders.hand_over(order=firm, version=_version(firm), actor=sue, now=now - 40 * hours)
    orders.issue_invoice(order=firm, now=now - 39 * hours, actor=sue)
    gone = _placed(web, "emil", [("SPECULOOS", 1)], PARCEL, "transfer", now - 30 * hours)
    orders.cancel(order=gone, version=_version(gone), reason="customer", actor=sue, now=now - 29 * hours)
    _came_back(web, sue, now)


def _came_back(web: Channel, sue: UUID, now: datetime) -> None:
    """Elderflower that broke on the way: one of three bottles, its money goes back to the credit it came from."""
    order = _placed(web, "ingrid", [("ELDERFLOWER", 3)], FETCHED, "store_credit", now - timedelta(hours=72))
    orders.hand_over(order=order, version=_version(order), actor=sue, now=now - timedelta(hours=70))
    line = orders.ReturnLine(order_line=queries.line_of(order, "ELDERFLOWER"), quantity=1_000, reason="damaged")
    orders.return_goods(
        id=uuid5(NAMESPACE, "return ingrid"), lines=[line], store=queries.store_id("northside"), actor=sue, now=now - timedelta(hours=20)
    )


def _placed(web: Channel, who: str, goods: list[tuple[str, int]], how: dict[str, str], tender: str, at: datetime) -> UUID:
    lines = [{"sku": sku, "quantity": 1_000 * pieces} for sku, pieces in goods]
    address = people.address(who)
    asked: dict[str, Any] = {"channel": web.id, "only_offered": True, "now": at}
    cart = carts.create_cart(given={"lines": lines}, **asked)
    cart = carts.sign_in(
        id=cart.kept.id, version=cart.kept.version, customer=people.customer(who), ship_to=address, bill_to=address, **asked
    )  # fmt: skip
    cart = carts.put_cart(id=cart.kept.id, version=cart.kept.version, given={"delivery": how}, **asked)
    total, order = cart.priced.total, uuid5(NAMESPACE, f"order {who}")
    tenders = [Tender(kind=tender, amount=total)]
    orders.place_cart(
        cart=cart.kept.id, channel=web.id, version=cart.kept.version, agreed_total=total, tenders=tenders, order=order, who="demo", now=at
    )  # fmt: skip
    return order


def _version(order: UUID) -> int:
    return queries.version_of(order)
