"""Bottles come back with what was in them: their deposit is given back without being named, and stays where it is left out."""

from dataclasses import replace

import pytest

from catalog.models import Variant
from inventory.models import Movement
from kernel.errors import Refused
from kernel.ids import uuid7
from orders.models import Order
from orders.services import ReturnLine, quote_return
from orders.tests.sold import back, broken, goods, line_of, money, sold
from orders.tests.test_life_doors import post
from org.tests.cast import NOW
from org.tests.doorstep import key


@pytest.fixture
def drinks(room):
    """Two lines of goods and one without, each bottle with 0.25 on it."""
    Variant.objects.filter(id__in=room.variants[:2]).update(deposit=room.variants[5])
    bottles = [replace(goods(room, 5, pieces * 1_000, 25, rate=0), position=position, kind="deposit") for position, pieces in ((2, 3), (4, 2))]
    things = [goods(room, 0, 3_000), replace(goods(room, 1, 2_000), position=3), replace(goods(room, 2, 1_000), position=5)]
    return sold(room, [things[0], bottles[0], things[1], bottles[1], things[2]])


def lines(done):
    return [(row.kind, row.quantity, row.condition) for row in Order.objects.get(id=done.id).lines.order_by("position")]


def test_a_deposit_comes_back_with_its_goods_and_is_nobodys_stock(drinks):
    done = back(drinks, (1, 2_000))
    assert lines(done) == [("goods", -2000, "restock"), ("deposit", -2000, "none")]
    assert money(done) == [("cash", -250)]
    assert Movement.objects.filter(reference=done.id).count() == 1
    assert broken() == []


def test_all_of_it_comes_to_all_that_was_paid(drinks):
    found = [back(drinks, *wanted) for wanted in ([(1, 1_000)], [(3, 2_000), (1, 1_000)], [(1, 1_000), (5, 1_000)])]
    assert [amount for done in found for _, amount in money(done)] == [-125, -375, -225]
    assert {line.returned == line.quantity for line in drinks.lines.all()} == {True}
    assert broken() == []


def test_it_is_left_out_or_named_where_somebody_says_so(drinks):
    assert lines(back(drinks, (1, 1_000), deposits=False)) == [("goods", -1000, "restock")]
    assert [row[1] for row in lines(back(drinks, (1, 1_000), (2, 2_000)))] == [-1000, -2000]
    # One is left of the first, and two of the second.
    assert [row[:2] for row in lines(back(drinks, (2, 1_000)))] == [("deposit", -1000)]
    assert [row[:2] for row in lines(back(drinks, (1, 1_000)))] == [("goods", -1000), ("deposit", -1000)]
    with pytest.raises(Refused):
        back(drinks, (2, 1_000))
    assert broken() == []


def test_what_would_come_back_is_told_before(drinks):
    quote = quote_return(lines=[ReturnLine(order_line=line_of(drinks).pk, quantity=1_000)], at=drinks.store_id, now=NOW)
    assert ([line["sku"] for line in quote.lines], quote.owed) == (["MILK-0", "MILK-5"], 125)


def test_through_the_door(room, drinks):
    desk = key(room.cast.stores, "orders:write")
    asked = {"store": "northside", "lines": [{"position": 1, "quantity": 1000}]}
    quoted = post(f"orders/{drinks.id}/returns/quote", asked, key=desk, once=str(uuid7())).json()
    assert quoted["owed"] == 125
    done = post(f"orders/{drinks.id}/returns", asked | {"deposits": False}, key=desk)
    assert (done.status_code, done.json()["total"]) == (201, -100)
    done = post(f"orders/{drinks.id}/returns", asked, key=desk)
    assert (done.status_code, done.json()["total"]) == (201, -125)
