"""Orders seen through both doors."""

import base64
from datetime import timedelta

import pytest
from django.db import transaction

from kernel.ids import uuid7
from orders import services
from orders.tests.till_sales import line, sale
from org.tests.cast import NOW
from org.tests.doorstep import code_of, graphql, key, rest, statements

WHOLE = "number total { formatted } lines { name total } payments { kind tendered }"
ONE = f"query($id: ID, $number: String) {{ order(id: $id, number: $number) {{ {WHOLE} }} }}"
NODES = "nodes { id number lines { sku } payments { kind } } pageInfo { endCursor }"
MANY = f"query($n: Int, $after: String) {{ orders(first: $n, after: $after) {{ {NODES} }} }}"
NAIVE = base64.b64encode(b'["2026-03-14T10:00:00","01900000-0000-7000-8000-000000000000"]').decode()


def place(*sales):
    with transaction.atomic():
        services.place(sales=sales, now=NOW)
    return sales


@pytest.fixture
def sold(room):
    return place(sale(room))[0]


@pytest.fixture
def counter(room):
    return key(room.cast.stores, "orders:read")


def test_an_order_is_found_by_id_and_number_through_both_doors(room, sold, counter):
    by_id = graphql(ONE, key=counter, id=str(sold.id)).json()["data"]["order"]
    by_number = graphql(ONE, key=counter, number=sold.number).json()["data"]["order"]
    by_global_id = graphql(ONE, key=counter, id=base64.b64encode(f"Order:{sold.id}".encode()).decode()).json()["data"]["order"]
    by_rest = rest(f"/api/v1/orders/{sold.id}", key=counter).json()
    assert by_id == by_number == by_global_id
    assert (by_id["number"], by_id["total"]["formatted"]) == (by_rest["number"], "3.00")
    assert [entry["total"] for entry in by_id["lines"]] == [entry["total"] for entry in by_rest["lines"]] == [100, 100, 100]
    assert by_rest["payments"][0]["tendered"] == by_id["payments"][0]["tendered"] == 800


def test_another_stores_manager_gets_the_answer_of_a_missing_order(room, sold):
    missing = str(uuid7())
    for path in ("/api/v1/orders/{}", None):
        ask = (lambda id, user: rest(path.format(id), user=user)) if path else (lambda id, user: graphql(ONE, user=user, id=id))  # noqa: B023
        assert ask(str(sold.id), room.cast.mia).status_code == 200
        foreign, nothing = ask(str(sold.id), room.cast.stan), ask(missing, room.cast.stan)
        assert code_of(foreign) == "not_found"
        assert (foreign.status_code, foreign.content) == (nothing.status_code, nothing.content)
    assert rest("/api/v1/orders", user=room.cast.stan).json() == {"items": [], "next": None}
    assert graphql(MANY, user=room.cast.stan).json()["data"]["orders"]["nodes"] == []


def test_a_key_sees_its_own_channels_orders_alone(room, sold, counter):
    web = key(room.cast.web, "orders:read")
    assert len(rest("/api/v1/orders", key=counter).json()["items"]) == 1
    assert rest("/api/v1/orders", key=web).json()["items"] == []
    assert code_of(rest(f"/api/v1/orders/{sold.id}", key=web)) == code_of(graphql(ONE, key=web, id=str(sold.id))) == "not_found"


@pytest.mark.parametrize("id", ["x", "T3JkZXI6eA==", "UHJvZHVjdDow", "é", "0" * 500])
def test_an_id_that_cannot_be_is_not_found(room, sold, counter, id):
    assert code_of(graphql(ONE, key=counter, id=id)) == "not_found"
    assert rest(f"/api/v1/orders/{id}", key=counter).status_code == 404


def test_orders_come_newest_first_page_by_page(room, counter):
    sales = place(*(sale(room, 1, placed_at=NOW + timedelta(seconds=n // 2)) for n in range(6)))
    seen, after = [], None
    while after != "":
        page = rest("/api/v1/orders", key=counter, first=2, **({"after": after} if after else {})).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"] or ""
    newest = sorted(sales, key=lambda one: (one.placed_at, one.id), reverse=True)
    assert seen == [str(one.id) for one in newest]
    first = graphql(MANY, key=counter, n=4).json()["data"]["orders"]
    second = graphql(MANY, key=counter, n=4, after=first["pageInfo"]["endCursor"]).json()["data"]["orders"]
    assert [node["number"] for node in first["nodes"] + second["nodes"]] == [one.number for one in newest]


@pytest.mark.parametrize("after", ["WyIyMDI2LTAzLTE0IiwgImEiXQ", NAIVE])
def test_a_forged_cursor_is_refused(room, counter, after):
    assert code_of(rest("/api/v1/orders", key=counter, after=after)) == code_of(graphql(MANY, key=counter, after=after)) == "invalid"


@pytest.mark.parametrize("count", [1, 10, 100])
def test_a_list_costs_the_same_statements_however_long(room, counter, count):
    place(*(sale(room, [line(room, 0), line(room, 1)]) for _ in range(count)))
    with statements() as seen:
        response = graphql(MANY, key=counter, n=100)
    assert len(response.json()["data"]["orders"]["nodes"]) == count
    assert len(seen) == 4, seen  # the key, the orders, their lines, their payments
    with statements() as seen:
        rest("/api/v1/orders", key=counter, first=100)
    assert len(seen) == 2, seen
