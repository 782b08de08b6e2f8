"""The books, quotes and papers of orders through GraphQL: what REST says, in pages, and nothing for strangers."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from kernel import outbox
from orders import services
from orders.models import Order
from orders.queries import books
from orders.tests.test_books import sell
from orders.tests.till_sales import sale
from orders.tests.web_orders import open_for_business, order
from orders.tests.web_shop import open_web_shop
from org.tests.cast import NOW, hire
from org.tests.doorstep import code_of, graphql, key, rest, statements

DAY = "2026-03-14"
DAYS = """query($on: Date!, $store: String) { booksDay(on: $on, store: $store) { on balances { account rate taxClass currency debit credit }
    differences { kind id account expected booked } } }"""
TAXES = '{ booksTaxes(since: "2026-03-01", until: "2026-03-31") { sales { rate credit } taxes { account credit } } }'
LINES = """query($first: Int, $after: String, $until: Date!) { bookLines(since: "2026-03-14", until: $until, first: $first, after: $after) {
    nodes { bookedOn store account debit credit reference cause line } pageInfo { hasNextPage endCursor } } }"""
CLOSE = "mutation($input: BooksPeriodCloseInput!) { booksPeriodClose(input: $input) { period { company through } errors { code field } } }"


@pytest.fixture
def ada(room):
    return hire("ada", "accountant")


def tell():
    outbox.carry(clock=lambda: datetime.now(UTC))


def test_a_day_and_its_taxes_are_what_rest_says(room, ada):
    sell(sale(room), sale(room))
    tell()
    told = graphql(DAYS, user=ada, on=DAY, store="northside").json()["data"]["booksDay"]
    same = rest("/api/v1/books/days", user=ada, on=DAY, store="northside").json()
    for row in told["balances"]:
        row["tax_class"] = row.pop("taxClass")
    assert told["balances"] == same["balances"]
    assert told["differences"] == same["differences"] == []
    taxes = graphql(TAXES, user=ada).json()["data"]["booksTaxes"]
    assert (taxes["sales"], taxes["taxes"][0]["credit"]) == ([{"rate": 70_000, "credit": 558}], 42)


def test_books_are_for_accountants_alone(room, ada):
    for document, given in ((DAYS, {"on": DAY}), (TAXES, {}), (LINES, {"until": DAY}), ("{ booksPeriods { company } }", {})):
        told = [code_of(graphql(document, user=who, **given)) for who in (None, room.cast.carla, room.cast.mia, ada)]
        assert told == ["not_signed_in", "not_signed_in", "not_allowed", ""]
    closing = {"company": "harrow", "through": DAY, "idempotencyKey": "1"}
    assert code_of(graphql(CLOSE, user=room.cast.mia, input=closing)) == "not_allowed"
    assert code_of(graphql(DAYS, user=ada, on=DAY, store="nowhere")) == "not_found"
    assert code_of(graphql(LINES, user=ada, until="2029-01-01")) == "invalid"


def test_lines_come_in_pages_as_the_file_has_them(room, ada):
    counts = []
    for more in (1, 9):
        sell(*(sale(room) for _ in range(more)))
        tell()
        with statements() as seen:
            graphql(LINES, user=ada, until=DAY, first=100)
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts
    met, after = [], None
    while True:
        page = graphql(LINES, user=ada, until=DAY, first=7, after=after).json()["data"]["bookLines"]
        met += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    file = b"".join(rest("/api/v1/books/export", user=ada, since=DAY, until=DAY).streaming_content).decode()
    wanted = [(row["account"], row["debit"], row["credit"], row["reference"], row["line"]) for row in csv.DictReader(io.StringIO(file))]
    assert [(row["account"], str(row["debit"]), str(row["credit"]), row["reference"], str(row["line"])) for row in met] == wanted
    assert len(met) > 20
    assert books.lines(since=date(2026, 3, 15), until=date(2026, 3, 15), first=5, after=(date(2026, 3, 1), 0)).items == ()
    assert code_of(graphql(LINES, user=ada, until=DAY, after="WyIxIl0")) == "invalid"


def test_a_period_is_closed_once(room, ada):
    sell(sale(room))
    closing = {"company": "harrow", "through": DAY, "idempotencyKey": "march"}
    refused = graphql(CLOSE, user=ada, input=closing).json()["data"]["booksPeriodClose"]
    assert (refused["period"], refused["errors"][0]["code"]) == (None, "period_not_ready")
    tell()
    told = [graphql(CLOSE, user=ada, input=closing).json()["data"]["booksPeriodClose"] for _ in range(2)]
    assert told == [{"period": {"company": "harrow", "through": DAY}, "errors": []}] * 2
    again = graphql(CLOSE, user=ada, input=closing | {"idempotencyKey": "2"}).json()["data"]["booksPeriodClose"]
    assert again["errors"][0]["code"] == "period_closed"
    nobody = graphql(CLOSE, user=ada, input=closing | {"idempotencyKey": "3", "company": "nobody"}).json()["data"]["booksPeriodClose"]
    assert nobody["errors"] == [{"code": "not_found", "field": "company"}]
    assert graphql("{ booksPeriods { company through } }", user=ada).json()["data"]["booksPeriods"] == [{"company": "harrow", "through": DAY}]


PAPERS = """{ orders(first: 100) { nodes { customer delivery invoices { name kind document } returns { id number total { amount } }
    payments { label refunded } } } }"""


def test_papers_and_returns_of_orders_cost_the_same_at_any_length(room):
    room = open_for_business(room, many=1_000_000)
    desk, counts = key(room.cast.web, "orders:read", "orders:write"), []
    for more in (1, 9, 90):
        made = [order(room) for _ in range(more)]
        services.issue_invoice(order=made[0].id, now=NOW)
        with statements() as seen:
            nodes = graphql(PAPERS, key=desk).json()["data"]["orders"]["nodes"]
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts
    assert [len(one["invoices"]) for one in nodes].count(1) == 3
    assert all(one["returns"] == [] for one in nodes)


def test_a_quote_is_made_once_and_by_who_may(db):
    shop = open_web_shop()
    document = "mutation($input: QuoteCreateInput!) { quoteCreate(input: $input) { moved { order status total } errors { code field } } }"
    pickup = {"kind": "pickup", "option": "collect", "location": "northside"}
    wanted = {"lines": [{"sku": "TEA", "quantity": 1000}], "delivery": pickup, "idempotencyKey": "1", "until": "2126-01-01T00:00:00"}
    desk = key(shop.cast.web, "orders:write")
    first, again = (graphql(document, key=desk, input=wanted).json()["data"]["quoteCreate"] for _ in range(2))
    assert first == again
    assert (first["moved"]["status"], first["errors"]) == ("quote", [])
    assert Order.objects.filter(status="quote").count() == 1
    assert code_of(graphql(document, input=wanted)) == "not_signed_in"
    assert code_of(graphql(document, key=key(shop.cast.web, "orders:read"), input=wanted)) == "not_allowed"
    unknown = graphql(document, key=desk, input=wanted | {"idempotencyKey": "2", "lines": [{"sku": "NOTHING", "quantity": 1000}]})
    assert unknown.json()["data"]["quoteCreate"]["errors"]


def test_how_a_cart_could_be_delivered(db):
    shop = open_web_shop()
    buyer = key(shop.cast.web, "checkout:write")
    made = graphql(
        "mutation($input: CartCreateInput!) { cartCreate(input: $input) { cart { id } errors { code } } }",
        key=buyer,
        input={"lines": [{"sku": "TEA", "quantity": 1000}], "idempotencyKey": "0123456789abcdef"},
    ).json()["data"]["cartCreate"]["cart"]["id"]
    asked = f'{{ cartDeliveryOptions(id: "{made}", country: "DE") {{ options {{ code amount daysLeast }} pickup {{ location readyAt }} }} }}'
    told = graphql(asked, key=buyer).json()["data"]["cartDeliveryOptions"]
    assert told["options"]
    assert told["pickup"]
    assert code_of(graphql(asked)) == "not_signed_in"
    assert code_of(graphql(asked.replace('"DE"', '"de"'), key=buyer)) == "invalid"
