"""A shopper's order through the API with a coupon and two tenders, a part of it brought back to a store for money on both; the books at night.

The whole product runs, its worker and relay too; the card is taken by the provider that only plays one.
"""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import expect

from tests.stack import Stack
from tests.till import axe_findings

pytestmark = pytest.mark.browser

SET_UP = """
from django.utils import timezone
from org import services
from org.models import Channel, User
from catalog.services import coupons, promotions
now = timezone.now()
code = "WELCOME-%d" % now.timestamp()
petra = User.objects.get(username="petra").pk
made = promotions.create_promotion(values={"name": "Welcome", "needs_coupon": True, "rule": {"selection": {"any": {}},
    "reward": {"kind": "percent", "value": 100000}}}, now=now, actor=petra)
promotions.submit_promotion(promotion=made.pk, now=now, actor=petra)
coupons.create_coupons(promotion=made.pk, codes=[code], now=now, actor=petra)
def key(channel, *scopes):
    return services.create_api_key(name="journey", kind="secret", channel=Channel.objects.get(code=channel), scopes=scopes, now=now)[1]
print(key("web", "orders:read", "catalog:read", "value:write", "value:read"), key("web", "books:read"), code)
"""
HAND_OVER = """
from django.utils import timezone
from orders.services import hand_over
hand_over(order="%s", actor=None, now=timezone.now())
"""
BERLIN = {"name": "Ada Example", "line1": "Example Street 1", "city": "Berlin", "postcode": "10115", "country": "DE"}


class Doors:
    """The running product, asked as a storefront, a support desk and an accountant ask it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.desk, self.finance, self.coupon = stack.manage("shell", "-v", "0", "-c", SET_UP).split()[-3:]
        self.shopper = json.loads(stack.manage("shell", "-v", "0", "-c", "from demo.shop import KEY; import json; print(json.dumps(KEY))"))

    def ask(self, key: str, path: str, body: Any = None, *, method: str = "", fresh: bool = True, **headers: str) -> Any:
        request = urllib.request.Request(f"{self.stack.url}/api/v1/{path}", method=method or ("GET" if body is None else "POST"))
        request.add_header("X-API-Key", key)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            if fresh:
                request.add_header("Idempotency-Key", str(uuid4()))
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            return json.load(refused)

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.stack.settings["DATABASE_URL"]) as database:
            return database.execute(sql, parameters).fetchall()


class Staff:
    """Somebody signed in: their pages, and the doors as those pages ask them."""

    def __init__(self, stack: Stack, browser: Any, name: str) -> None:
        self.url, login = stack.url, stack.logins[name]
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        self.page.goto(f"{self.url}/admin/")
        self.page.get_by_label("Username").fill(login["username"])
        self.page.get_by_label("Password").fill(login["password"])
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_label("Password")).to_have_count(0)

    def post(self, path: str, body: Any) -> Any:
        token = next(cookie["value"] for cookie in self.context.cookies() if cookie["name"] == "csrftoken")
        headers = {"X-CSRFToken": token, "Idempotency-Key": str(uuid4()), "Referer": f"{self.url}/admin/"}
        return self.context.request.post(f"{self.url}/api/v1/{path}", data=body, headers=headers).json()


@pytest.fixture(scope="module")
def doors(stack: Stack) -> Doors:
    return Doors(stack)


def test_an_order_with_a_coupon_and_two_tenders_comes_back_in_part_and_the_books_agree(doors, browser):
    card = doors.ask(doors.desk, "gift-cards", {"amount": 500, "currency": "EUR"})
    goods = promised(doors, 2)
    cart = doors.ask(doors.shopper, "carts", {"lines": [{"sku": sku, "quantity": 2_000} for sku in goods], "coupons": [doors.coupon]})
    cart = put(doors, cart, "addresses", {"contact": {"email": "ada@example.com", "given_name": "Ada"}, "shipping": BERLIN})
    choices = doors.ask(doors.shopper, f"carts/{cart['id']}/delivery-options")
    option = next(one for one in choices["options"] if one["kind"] == "ship")
    cart = put(doors, cart, "delivery", {"delivery": {"kind": "ship", "option": option["code"]}})
    assert cart["totals"]["discount"] > 0
    assert cart["problems"] == []
    total = cart["totals"]["total"]

    too_little = place(doors, cart, total - 1, [{"kind": "card", "amount": total - 1, "backend": "simulator", "token": "sim_visa"}])
    assert (too_little["code"], too_little.get("expected", total)) == ("price_changed", total)
    tenders = [
        {"kind": "gift_card", "amount": 500, "code": card["code"]},
        {"kind": "card", "amount": total - 500, "backend": "simulator", "token": "sim_visa"},
    ]
    key = str(uuid4())
    placed = place(doors, cart, total, tenders, key=key)
    assert (placed["status"], placed["paid"], placed["total"]) == ("paid", total, total)
    assert place(doors, cart, total, tenders, key=key) == placed, "sent again it is the same order"
    assert doors.rows("select kind, amount from orders_payment where order_id = %s order by position", placed["id"]) == [
        ("gift_card", 500),
        ("card", total - 500),
    ]

    doors.stack.manage("shell", "-v", "0", "-c", HAND_OVER % placed["id"])
    shown = doors.ask(doors.desk, f"orders/{placed['id']}")
    first, second = [line for line in shown["lines"] if line["kind"] == "goods"][:2]
    # More than the gift card paid: money goes back on both.
    lines = [{"position": line["position"], "quantity": 2_000, "reason": "unwanted"} for line in (first, second)]
    counter = Staff(doors.stack, browser, "mia")
    back = counter.post(f"orders/{placed['id']}/returns", {"store": "northside", "lines": lines})
    worth = first["total"] + second["total"] + (0 if shown["tax_included"] else first["tax"] + second["tax"])
    assert back.get("total") == -worth, back
    assert [(one["kind"], one["amount"]) for one in back["payments"]] == [("gift_card", -500), ("card", 500 - worth)]
    assert counter.post(f"orders/{placed['id']}/returns", {"store": "northside", "lines": lines[:1]})["status"] == 409
    counter.context.close()
    assert doors.ask(doors.shopper, "gift-card-balances", {"code": card["code"]})["balance"] == 500

    by_night(doors, placed, back)
    looks(doors, browser, placed)


def promised(doors: Doors, many: int) -> list[str]:
    """SKUs of whole pieces that the web shop can send four of, dear enough that a gift card of 5.00 is not all of them."""
    rows = doors.rows(
        """select v.sku from catalog_variant v join inventory_level l on l.variant_id = v.id join inventory_source s on s.location_id = l.location_id
        join org_channel c on c.id = s.channel_id join inventory_location p on p.id = l.location_id join catalog_product g on g.id = v.product_id
        where c.code = 'web' and p.ships and v.sold_by = 'each' and l.on_hand - l.reserved - l.safety >= 8000
            and not g.tracks_serials and g.age_limit is null
        order by l.on_hand desc, v.sku limit 60"""
    )
    found = []
    for (sku,) in rows:
        told = doors.ask(doors.desk, f"prices?sku={sku}&channel=web")
        if told.get("items") and told["items"][0]["amount"] >= 200:
            found.append(sku)
    assert len(found) >= many
    return found[:many]


def put(doors: Doors, cart: Any, part: str, body: Any) -> Any:
    told = doors.ask(doors.shopper, f"carts/{cart['id']}/{part}", body, method="PUT", If_Match=f'"{cart["version"]}"')
    assert "version" in told, told
    return told


def place(doors: Doors, cart: Any, total: int, tenders: Any, key: str = "") -> Any:
    asked = {"agreed_total": total, "tenders": tenders}
    more = {"Idempotency_Key": key, "fresh": False} if key else {}
    return doors.ask(doors.shopper, f"carts/{cart['id']}/orders", asked, If_Match=f'"{cart["version"]}"', **more)


def by_night(doors: Doors, placed: Any, back: Any) -> None:
    """Both are booked by a worker; each comes to nothing, and the day is what orders and drawers say."""

    def booked() -> bool:
        return {str(row[0]) for row in doors.rows("select distinct reference from orders_bookline")} >= {placed["id"], back["id"]}

    doors.stack.wait(booked, what="the books to have both")
    assert doors.rows("select reference from orders_bookline group by reference, cause, currency having sum(amount) <> 0") == []
    [[day]] = doors.rows("select business_date from orders_order where id = %s", placed["id"])
    told = doors.ask(doors.finance, f"books/days?on={day}&channel=web")
    assert told["differences"] == []
    assert sum(row["debit"] - row["credit"] for row in told["balances"]) == 0
    assert doors.rows("select * from orders_broken()") == []


def looks(doors: Doors, browser: Any, placed: Any) -> None:
    """The order as support sees it."""
    support = Staff(doors.stack, browser, "sue")
    page = support.page
    page.goto(f"{doors.stack.url}/admin/orders/order/{placed['id']}/change/")
    expect(page.get_by_text(placed["number"]).first).to_be_visible()
    assert axe_findings(page) == []
    page.screenshot(path=Path(doors.stack.var).parent / "order.png", full_page=True)
    support.context.close()
