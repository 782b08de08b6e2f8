"""What a till hears of the goods on its belt: recalls that stop them, and what the book has."""

import json
from functools import partial
from uuid import UUID

import pytest

from inventory import services as inventory
from inventory.models import Location
from inventory.queries import recalls as asked_recalls
from inventory.services.moving import Move
from kernel.ids import uuid7
from org.tests.cast import NOW
from org.tests.doorstep import key, statements
from pos.models import JournalEntry
from pos.tests.conftest import through_django

PATH = "/api/v1/till/stock"


@pytest.fixture
def till(shop):
    return shop.till()


@pytest.fixture
def oats(shop) -> list[UUID]:
    return [UUID(item["id"]) for item in sorted(shop.items, key=lambda item: item["sku"])]


def ask(till, *variants):
    return through_django("POST", PATH, {"variants": [str(variant) for variant in variants]}, {"Authorization": f"Till {till.token}"})


def heard(till, variant):
    status, answer = ask(till, variant)
    assert status == 200, answer
    [goods] = answer["goods"]
    return goods


def bring(store, variant, quantity, *, lot=None):
    came = Move(
        location=inventory.selling_location(store),
        variant=variant,
        quantity=quantity,
        cause="receipt",
        reference=uuid7(),
        occurred_at=NOW,
        lot=lot,
    )
    inventory.move(movements=[came], now=NOW)


def recall(shop, variant, code="L1", reason="Glass in it"):
    return inventory.recall(variant=variant, code=code, reason=reason, actor=shop.cast.olga.id, now=NOW)


def test_it_hears_what_the_book_of_its_own_store_has(shop, till, oats):
    bring(shop.cast.northside, oats[0], 5_000)
    bring(shop.cast.riverside, oats[0], 9_000)
    bring(shop.cast.riverside, oats[1], 9_000)
    status, answer = ask(till, *oats)
    assert (status, answer["short_sales"]) == (200, "allow")
    assert {goods["variant"]: (goods["left"], goods["stopped"]) for goods in answer["goods"]} == {
        str(oats[0]): (5_000, []),
        str(oats[1]): (0, []),
        str(oats[2]): (0, []),
    }


def test_what_is_promised_to_somebody_is_not_left(shop, till, oats):
    bring(shop.cast.northside, oats[0], 5_000)
    hold = inventory.Hold(location=inventory.selling_location(shop.cast.northside), variant=oats[0], quantity=2_000, line=1)
    inventory.reserve(holds=[hold], reference=uuid7(), kind="order", expires_at=None, now=NOW)
    assert heard(till, oats[0])["left"] == 3_000


def test_more_sold_than_there_was_leaves_nothing(shop, till, oats):
    bring(shop.cast.northside, oats[0], -5_000)
    assert heard(till, oats[0])["left"] == 0


@pytest.mark.parametrize("policy", ["allow", "warn", "block"])
def test_it_hears_what_its_store_wants_done(shop, till, oats, policy):
    Location.objects.filter(store=shop.cast.northside).update(short_sales=policy)
    assert ask(till, oats[0])[1]["short_sales"] == policy


def test_recalled_goods_are_stopped_with_the_lots_and_why_until_somebody_has_looked(shop, till, oats):
    bring(shop.cast.northside, oats[0], 5_000)
    first, second = recall(shop, oats[0]), recall(shop, oats[0], "L2", "Wrong label")
    assert heard(till, oats[0])["stopped"] == [{"lot": "L1", "reason": "Glass in it"}, {"lot": "L2", "reason": "Wrong label"}]
    for made in (first, second):
        [task] = asked_recalls.recall_tasks(recall=made.id)
        inventory.finish_recall_task(task=task.id, found=1_000, actor=None, now=NOW)
    assert heard(till, oats[0]) == {"variant": str(oats[0]), "left": 3_000, "stopped": []}


def test_a_recall_of_another_store_stops_nothing_here(shop, till, oats):
    bring(shop.cast.riverside, oats[0], 5_000)
    recall(shop, oats[0])
    assert heard(till, oats[0])["stopped"] == []


def test_a_bundle_has_as_many_as_its_scarcest_part_and_is_stopped_with_any_of_them(shop, till, oats):
    bundle, one, two = oats
    inventory.bundle_of(bundle=bundle, components=[(one, 1_000), (two, 3_000)])
    bring(shop.cast.northside, one, 9_000)
    bring(shop.cast.northside, two, 8_000)
    assert heard(till, bundle)["left"] == 2_666
    recall(shop, two)
    assert [stop["lot"] for stop in heard(till, bundle)["stopped"]] == ["L1"]
    assert heard(till, one)["stopped"] == []


def test_what_nobody_knows_is_not_left(till):
    assert heard(till, uuid7())["left"] == 0


def test_a_store_without_a_place_to_sell_from_says_nothing(shop, till, oats):
    Location.objects.filter(store=shop.cast.northside).delete()
    assert ask(till, oats[0])[1] == {"short_sales": "allow", "goods": []}


@pytest.mark.parametrize("many", [1, 3])
def test_a_question_takes_two_statements_however_many_goods(shop, till, oats, many):
    for variant in oats:
        bring(shop.cast.northside, variant, 1_000)
    # That it was heard is written once a minute.
    ask(till, oats[0])
    with statements() as seen:
        ask(till, *oats[:many])
    assert len(seen) == 2


def test_a_question_has_an_end(till):
    assert ask(till, *(uuid7() for _ in range(201)))[0] == 422


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"variants": "x"}', b'{"variants": [[]]}', b'{"variants": ["\\u0000"]}'])
def test_another_shape_is_refused(till, body):
    assert through_django("POST", PATH, body, {"Authorization": f"Till {till.token}"})[0] in (400, 422)


def test_only_a_live_till_asks(shop, till, oats):
    shop.till()  # enrols Northside's till anew, so the one before is fenced off
    assert (ask(till, oats[0])[0], ask(till, oats[0])[1]["code"]) == (401, "till_revoked")
    body = {"variants": [str(oats[0])]}
    for headers in ({}, {"Authorization": "Till nobody"}, {"X-API-Key": key(shop.cast.stores, "stock:read")}):
        status, answer = through_django("POST", PATH, body, headers)
        assert status == 401, answer


def test_who_allowed_a_short_sale_stands_in_its_journal_entry_and_the_sale_is_posted(shop, till):
    item = shop.items[0]
    allowed = [{"kind": "short_stock", "by": str(shop.cast.mia.id), "at_ms": 1, "lines": [{"variant": item["id"], "quantity": 1000, "left": 0}]}]
    till.open()
    till.write = partial(till.write, approvals=allowed)
    till.sell([till.goods(item, 1)])
    assert {result["status"] for result in till.deliver()} == {"accepted"}
    entry = JournalEntry.objects.get(kind="sale")
    assert (entry.posting, json.loads(entry.text)["approvals"]) == ("posted", allowed)
