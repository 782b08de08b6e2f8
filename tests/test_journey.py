"""From scan to event: one sale in real Chromium against the whole running product, seen at every door, and then abused.

The browser is enrolled as Northside's second till; the bus is the AWS emulator's, with a rule that delivers to a queue.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests.stack import Stack
from tests.till import ASK, TillPage

pytestmark = pytest.mark.browser

FACTS = f"async () => {{ {ASK} const all = await answer(store('facts').getAll()); db.close(); return JSON.parse(JSON.stringify(all)); }}"


class Shop:
    """The running product as this file asks it questions."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.key = self._secret_key()
        self.events: list[dict[str, Any]] = []

    def _secret_key(self) -> str:
        made = (
            "from django.utils import timezone; from org import services, queries; from org.models import Channel;"
            "print(services.create_api_key(name='journey', kind='secret', channel=Channel.objects.get(code='stores'),"
            "scopes=['catalog:read', 'orders:read'], now=timezone.now())[1])"
        )
        return self.stack.manage("shell", "-v", "0", "-c", made).strip().splitlines()[-1]

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.stack.settings["DATABASE_URL"]) as database:
            return database.execute(sql, parameters).fetchall()

    def ask(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        request = urllib.request.Request(self.stack.url + path, method="POST" if body is not None else "GET")
        for name, value in {"X-API-Key": self.key, **headers}.items():
            request.add_header(name.replace("_", "-"), value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def event_of(self, order: str) -> dict[str, Any]:
        """What arrived on the queue for this order; waits for it."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            self._drain()
            found[:] = [event for event in self.events if event["detail"]["aggregate"]["id"] == order]
            return bool(found)

        self.stack.wait(arrived, what=f"the event of order {order}", seconds=30)
        return found[0]

    def _drain(self) -> None:
        known = self.stack.settings
        queues = boto3.client(
            "sqs",
            endpoint_url=known["AWS_ENDPOINT_URL"],
            region_name=known["AWS_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        url = queues.get_queue_url(QueueName="onecounter-events")["QueueUrl"]
        while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            self.events += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def sales(self) -> set[str]:
        return {str(row[0]) for row in self.rows("select id from orders_order")}

    def levels(self) -> dict[str, int]:
        """On hand in Northside, by variant."""
        found = "select l.variant_id::text, l.on_hand from inventory_level l join inventory_location o on o.id = l.location_id where o.code = %s"
        return dict(self.rows(found, "northside"))

    def facts(self) -> tuple[Any, ...]:
        """Everything a replay could change."""
        counts = [
            self.rows(f"select count(*) from {table}")[0][0] for table in ("orders_order", "orders_orderline", "orders_payment", "pos_journalentry")
        ]
        return (
            *counts,
            *self.rows("select count(*), coalesce(sum(quantity), 0) from inventory_movement")[0],
            *self.rows("select count(*) from kernel_message")[0],
        )


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Shop:
    return Shop(stack)


@pytest.fixture(scope="module")
def till(shop: Shop, browser: Browser) -> Iterator[TillPage]:
    """Enrolled, signed in as Carla, shift open with a float of 150.00."""
    page = TillPage(browser, shop.stack.url)
    yield page.ready(pin=shop.stack.logins["carla"]["pin"], till="Northside Till 2")
    page.close()


@pytest.fixture(scope="module")
def goods(shop: Shop) -> list[tuple[str, str, int]]:
    """Three real products with codes from the pack: gtin, variant, price."""
    found = shop.rows(
        """select distinct on (p.sort_key) g.gtin, v.id::text, pr.amount from catalog_gtin g join catalog_variant v on v.id = g.variant_id
           join catalog_product p on p.id = v.product_id join catalog_price pr on pr.variant_id = v.id and pr.currency = 'EUR'
           where p.status = 'active' and v.sold_by = 'each' and g.gtin like '0%%' and g.gtin not like '02%%' order by p.sort_key limit 3"""
    )
    assert len(found) == 3
    return found


def sell(till: TillPage, goods: list[tuple[str, str, int]]) -> None:
    """Three scans and one key."""
    till.scan(*(gtin[1:] for gtin, _, _ in goods))
    till.wait(lambda: len(till.lines()) == len(goods), what="three lines")
    till.exact_cash()


def only(found: set[str]) -> str:
    assert len(found) == 1, found
    return next(iter(found))


def new_sale(shop: Shop, before: set[str]) -> str:
    shop.stack.wait(lambda: shop.sales() - before, what="the sale to be posted")
    return only(shop.sales() - before)


def test_a_sale_is_seen_at_every_door(shop: Shop, till: TillPage, goods: list[tuple[str, str, int]]):
    total = sum(price for _, _, price in goods)
    before, levels = shop.sales(), shop.levels()
    sell(till, goods)
    till.shows("Change 0.00")
    order = new_sale(shop, before)

    status, answer = shop.ask(
        "/graphql/",
        {
            "query": "query($id: ID!) { order(id: $id) { number total { amount } lines { sku quantity } payments { kind } } }",
            "variables": {"id": order},
        },
    )
    assert status == 200
    assert "errors" not in answer, answer
    assert answer["data"]["order"]["total"]["amount"] == total
    assert [line["quantity"] for line in answer["data"]["order"]["lines"]] == [1000, 1000, 1000]

    status, rest = shop.ask(f"/api/v1/orders/{order}")
    assert (status, rest["total"], rest["number"]) == (200, total, answer["data"]["order"]["number"])

    after = shop.levels()
    assert {variant: levels[variant] - after[variant] for _, variant, _ in goods} == {variant: 1000 for _, variant, _ in goods}
    assert shop.rows("select count(*), sum(quantity) from inventory_movement where reference = %s and cause = 'sale'", order) == [(3, -3000)]
    assert shop.rows("select kind, amount from orders_payment where order_id = %s", order) == [("cash", total)]

    event = shop.event_of(order)
    assert event["detail-type"] == "orders.order.placed"
    assert event["detail"]["data"]["total"] == total


def test_the_admin_shows_the_sale(shop: Shop, till: TillPage, browser: Browser):
    number = shop.rows("select number from orders_order order by recorded_at desc limit 1")[0][0]
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(shop.stack.url + "/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", shop.stack.logins["admin"]["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Needs attention")).to_be_visible()
    page.goto(f"{shop.stack.url}/admin/orders/order/?q={number}")
    page.get_by_role("link", name=number).first.click()
    expect(page.get_by_text("Cash").first).to_be_visible()
    page.goto(shop.stack.url + "/admin/pos/shift/")
    expect(page.get_by_text("Carla").first).to_be_visible()
    page.goto(shop.stack.url + "/admin/kernel/delivery/")
    expect(page.get_by_text("orders.order.placed").first).to_be_visible()
    page.close()


def test_the_same_journal_posted_again_changes_nothing(shop: Shop, till: TillPage):
    token = next(text for text in _strings(till.page.evaluate(FACTS), "token"))
    till.sent()
    entries = till.entries()
    before = shop.facts()
    body = {
        "till": entries[0]["till"],
        "epoch": entries[0]["epoch"],
        "entries": [{"text": entry["text"], "hash": entry["hash"], "sig": entry["sig"]} for entry in entries],
    }
    for _ in range(5):
        status, answer = shop.ask("/api/v1/till/journal", body, Authorization=f"Till {token}")
        assert status == 200
        assert {result["status"] for result in answer["results"]} == {"accepted"}
    assert shop.facts() == before


def _strings(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name and isinstance(inner, str):
                yield inner
            yield from _strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, name)


def test_killing_the_web_server_between_commit_and_answer_makes_no_second_order(shop: Shop, till: TillPage, goods: list[tuple[str, str, int]]):
    """The entry is committed in one transaction and posted in the next. A lock on orders holds the web server between the
    two, so it dies after the commit and before its answer; the till sends the entry again."""
    before = shop.sales()
    with psycopg.connect(shop.stack.settings["DATABASE_URL"]) as holding:
        holding.execute("lock table orders_order in access exclusive mode")
        sell(till, goods)
        sale = max(till.entries(), key=lambda entry: entry["seq"])
        assert "waiting" in sale
        shop.stack.wait(lambda: shop.rows("select 1 from pos_journalentry where id = %s", sale["id"]), what="the entry to be committed")
        killed = shop.stack.kill("web")
        # The dead server's statement would wait on for the lock: end it, as its broken connection would in time.
        holding.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'onecounter-web' and wait_event_type = 'Lock'"
        )
        holding.rollback()
    shop.stack.await_restart("web", of=killed)
    assert new_sale(shop, before) == sale["id"]
    till.sent()
    assert shop.rows("select count(*) from pos_journalentry where id = %s", sale["id"]) == [(1,)]
    assert shop.rows("select count(*) from inventory_movement where reference = %s", sale["id"]) == [(3,)]
    assert shop.event_of(sale["id"])["detail"]["id"]


def test_a_sale_made_with_the_server_down_arrives_after_it_is_back(shop: Shop, till: TillPage, goods: list[tuple[str, str, int]]):
    before = shop.sales()
    shop.stack.stop()
    assert shop.stack.status("/healthz") == 0
    sell(till, goods)
    sell(till, goods)
    till.shows("Offline: keep selling.")
    shop.stack.start()
    shop.stack.wait(lambda: len(shop.sales() - before) == 2, what="both sales to arrive", seconds=120)
    till.sent()
    for order in shop.sales() - before:
        assert shop.event_of(order)["detail-type"] == "orders.order.placed"


def test_what_was_sold_and_what_was_counted_agree(shop: Shop, till: TillPage):
    """After all of the above: journal, orders, money and stock tell one story."""
    assert shop.rows("select id from pos_journalentry where kind = 'sale' and state = 'accepted' except select id from orders_order") == []
    assert shop.rows("select till_id, epoch from pos_journalentry where state = 'accepted' group by 1, 2 having max(seq) <> count(*)") == []
    assert (
        shop.rows(
            """select l.variant_id from inventory_level l join
               (select variant_id, location_id, sum(quantity) as moved from inventory_movement group by 1, 2) m
               on m.variant_id = l.variant_id and m.location_id = l.location_id where l.on_hand <> m.moved"""
        )
        == []
    )
    until = time.monotonic() + 30
    while shop.rows("select count(*) from kernel_delivery where state <> 'done'") != [(0,)]:
        assert time.monotonic() < until, "deliveries are left over"
        time.sleep(0.1)
