"""Goods come back at a till: found by the paper, asked about, taken back once, with a manager where the rules say no."""

import pytest
from django.core.cache.backends.locmem import LocMemCache

from kernel.ids import uuid7
from orders.models import Order
from orders.tests.sold import goods, line_of, sold
from org import settings as typed
from org.tests.doorstep import client_of, key
from pos import services
from pos.queries import pin_digest
from pos.tests.conftest import through_django

AT = "/api/v1/till"


@pytest.fixture
def stores(shop, monkeypatch):
    """The till's shop as a room of stock, with PINs."""
    from catalog.models import Variant
    from inventory import services as inventory
    from inventory.tests.stockroom import Stockroom

    memory = LocMemCache("pins", {})
    memory.clear()
    monkeypatch.setattr("pos.services.pins.cache", memory)
    typed.put("returns.policy", {"days": 3_650, "categories": {}, "extended": []})
    for user, pin in ((shop.cast.carla, "1111"), (shop.cast.mia, "2222")):
        services.set_pin(user=user, store=shop.cast.northside, pin=pin)
    services.set_pin(user=shop.cast.stan, store=shop.cast.riverside, pin="3333")
    variants = list(Variant.objects.order_by("sku").values_list("id", flat=True))
    places = [inventory.selling_location(store) for store in (shop.cast.northside, shop.cast.riverside)]
    return Stockroom(cast=shop.cast, northside=places[0], riverside=places[1], variants=variants)


def ask(till, path, method="GET", body=None, *, who=""):
    return through_django(method, AT + path, body, {"Authorization": f"Till {till.token}"} | ({"X-Till-Manager": who} if who else {}))


def mia(shop, pin="2222"):
    return f"{shop.cast.mia.pk} {pin_digest(store_id=shop.cast.northside.id, pin=pin).hex()}"


def wanted(shop, order, **more):
    lines = [{"order": str(order.id), "position": 1, "quantity": 1_000, "reason": "unwanted"}]
    return {"id": str(uuid7()), "cashier": str(shop.cast.carla.id), "lines": lines} | more


def test_a_receipt_is_found_by_its_number_anywhere_and_by_day_and_amount_here(shop, stores):
    here, there = sold(stores), sold(stores, store=shop.cast.riverside.id)
    till = shop.till()
    day = f"on={here.business_date}&total={here.total}"

    by_number = [ask(till, f"/receipts?number={order.number}") for order in (here, there)]
    by_day = ask(till, f"/receipts?{day}")
    nothing = ask(till, "/receipts")

    assert [[one["number"] for one in found[1]["items"]] for found in (*by_number, by_day)] == [[here.number], [there.number], [here.number]]
    line = by_number[0][1]["items"][0]["lines"][0]
    assert (line["position"], line["quantity"], line["returned"]) == (1, 3_000, 0)
    assert by_number[0][1]["items"][0]["tenders"] == [{"kind": "cash", "label": "", "amount": 300, "left": 300}]
    assert (nothing[0], nothing[1]["code"]) == (422, "receipt_not_named")


def test_it_is_asked_about_and_taken_back_once(shop, stores):
    order, till = sold(stores), shop.till()
    body = wanted(shop, order)

    quote = ask(till, "/returns/quotes", "POST", {"lines": body["lines"]})
    first, again = (ask(till, "/returns", "POST", body) for _ in range(2))

    assert (quote[0], quote[1]["due"]) == (200, -100)
    assert first == again
    assert (first[0], first[1]["total"]) == (201, -100)
    made = Order.objects.get(id=body["id"])
    assert (made.source, made.store_id, made.cashier) == ("till", shop.cast.northside.id, shop.cast.carla.id)
    assert line_of(order).returned == 1_000


def test_an_exchange_is_priced_by_the_one_engine(shop, stores):
    order, till = sold(stores), shop.till()

    status, made = ask(
        till,
        "/returns",
        "POST",
        wanted(shop, order, exchange=[{"sku": "OATS-1", "quantity": 1_000}], tenders=[{"kind": "cash", "amount": 200}]),
    )

    assert (status, made["total"], made["payments"][0]["change"]) == (201, 199, 1)
    assert [line["sku"] for line in made["lines"]] == ["MILK-0", "OATS-1"]


def test_what_only_a_manager_allows_needs_the_managers_pin(shop, stores):
    sticker = [{"promotion": "markdown:2812345678901", "name": "", "amount": 50}]
    order, till = sold(stores, [goods(stores, 0, discount=50, discounts=sticker)]), shop.till()
    body = wanted(shop, order)

    refused = ask(till, "/returns", "POST", body)
    wrong = ask(till, "/returns", "POST", body, who=mia(shop, "9999"))
    made = ask(till, "/returns", "POST", body, who=mia(shop))

    assert (refused[0], refused[1]["code"]) == (403, "return_needs_approval")
    assert (wrong[0], wrong[1]["code"]) == (403, "pin_not_proven")
    assert made[0] == 201
    assert Order.objects.get(id=body["id"]).steps.get(kind="placed").facts["approved_by"] == str(shop.cast.mia.id)


def test_only_a_live_till_and_a_cashier_of_its_store_take_goods_back(shop, stores):
    order, till = sold(stores), shop.till()
    stranger = wanted(shop, order, cashier=str(shop.cast.stan.id))

    class NoTill:
        token = "0" * 43

    assert ask(till, "/returns", "POST", stranger)[0] == 403
    for path, method, body in (("/receipts?number=1", "GET", None), ("/returns", "POST", wanted(shop, order)), ("/returns/quotes", "POST", {})):
        assert ask(NoTill, path, method, body)[0] == 401
        program = client_of(key=key(shop.cast.stores, "orders:write", "orders:read"))
        assert program.generic(method, AT + path, "{}", content_type="application/json").status_code == 401
    assert not Order.objects.filter(kind="return").exists()
