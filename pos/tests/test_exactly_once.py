"""However a till's day comes in, once or often, in any order, with anything between: it is in the books once, and the same."""

import json
from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import Movement
from kernel.ids import uuid7
from kernel.models import Message
from orders.models import Order, Payment
from pos import services
from pos.models import JournalEntry, Shift
from pos.queries import till_of_token
from pos.services import delivery, posting
from pos.tests.conftest import stock_shop
from pos.tests.paper_till import id_of
from pos.tests.test_ingest import at_once


def basket(till, shop, n=0):
    return [till.goods(shop.items[n % 3], 1 + n % 2), till.goods(shop.items[(n + 1) % 3])]


def effects():
    """What the books hold, whatever the moment it came at and the number it was given inside."""
    return {
        "orders": sorted(Order.objects.values_list("id", "number", "total", "tax", "shift")),
        "payments": sorted(Payment.objects.values_list("order_id", "kind", "amount")),
        "stock": Counter((one.variant_id, one.location_id, one.quantity) for one in Movement.objects.all()),
        "shifts": sorted(Shift.objects.values_list("id", "expected", "counted", "float_amount")),
        "placed": sorted(Message.objects.filter(type="orders.order.placed").values_list("aggregate_id", flat=True)),
    }


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_overlapping_batches_make_each_sale_once():
    shop = stock_shop()
    till = shop.till()
    till.open()
    for n in range(30):
        till.sell(basket(till, shop, n))
    # One shape of its own for each: where it begins, how long it is, whether it goes backwards.
    parts = [till.entries[n % 25 : n % 25 + 5 + n % 7] for n in range(50)]
    at_once([lambda part=part, n=n: till.deliver(part[::-1] if n % 3 == 0 else part) for n, part in enumerate(parts)])
    assert {result["status"] for result in till.deliver()} == {"accepted"}
    services.post_waiting(now=timezone.now())
    assert Counter(JournalEntry.objects.values_list("posting", flat=True)) == {"posted": 31}
    assert Order.objects.count() == Payment.objects.count() == Message.objects.filter(type="orders.order.placed").count() == 30
    assert Movement.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_one_sale_take_its_goods_and_money_once():
    shop = stock_shop()
    till = shop.till()
    till.open()
    sale = till.sell(basket(till, shop))
    till.deliver(till.entries[:1])
    assert {answer[0]["status"] for answer in at_once([lambda: till.deliver([sale])] * 50)} == {"accepted"}
    services.post_waiting(now=timezone.now())
    assert (Order.objects.count(), Payment.objects.count(), Movement.objects.count()) == (1, 1, 2)
    assert Message.objects.filter(type="orders.order.placed").count() == 1


POISON = {
    "not json": "}{",
    "nul": "a\0b",
    "escaped nul": '{"v":1,"x":"\\u0000"}',
    "half a letter": '{"v":1,"x":"\\ud800"}',
    "deep": "[" * 20_000 + "]" * 20_000,
    "deep object": '{"v":' * 5_000 + "1" + "}" * 5_000,
    "digits": '{"v":' + "9" * 5_000 + "}",
    "empty": "",
    "letters beyond": "\U0010ffff" * 1000,
}


def test_poison_never_blocks_what_comes_behind_it(shop):
    till = shop.till()
    till.open()
    till.deliver()
    for text in POISON.values():
        sale = till.sell(basket(till, shop))
        results = till.deliver([till.seal(text), sale])
        assert [result["status"] for result in results] == ["quarantined", "accepted"], text[:40]
    assert Order.objects.count() == len(POISON)


def test_what_cannot_be_posted_never_blocks_its_neighbours(shop):
    till = shop.till()
    till.open()
    good = till.sell(basket(till, shop))
    impossible = [
        till.sell([till.goods(shop.items[0], list_total=2**53 - 1, total=2**53 - 1)]),
        till.sell([{**till.goods(shop.items[0]), "quantity": 0}]),
        till.sell([till.goods(shop.items[0])], business_date="0001-01-01"),
        till.sell([till.goods(shop.items[0], name="\ufffe" * 1000, sku="x" * 60)]),
        till.sell([till.goods(shop.items[0], extra_field={"a": [{"b": "c" * 5000}]})]),
    ]
    last = till.sell(basket(till, shop))
    assert {result["status"] for result in till.deliver()} == {"accepted"}
    services.post_waiting(now=timezone.now())
    placed = {str(id) for id in Order.objects.values_list("id", flat=True)}
    assert {id_of(good), id_of(last)} <= placed
    assert {entry.posting for entry in JournalEntry.objects.filter(id__in=[id_of(one) for one in impossible])} <= {"posted", "pending", "failed"}


def test_a_crash_between_keeping_and_posting_costs_nothing(shop, monkeypatch):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    with monkeypatch.context() as broken:
        broken.setattr(delivery, "post", lambda **_: (_ for _ in ()).throw(MemoryError))
        assert {result["status"] for result in till.deliver()} == {"accepted"}
    assert Order.objects.count() == 0
    for _ in range(3):
        services.post_waiting(now=timezone.now())
    assert (Order.objects.count(), Movement.objects.count(), Shift.objects.count()) == (1, 2, 1)


def test_a_crash_in_the_middle_of_posting_leaves_nothing_half_done(shop, monkeypatch):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    sealed = [services.Sealed(text=one["text"], hash=one["hash"], signature=one["sig"]) for one in till.entries]
    services.ingest(epoch=till_of_token(till.token), entries=sealed, now=timezone.now())
    with monkeypatch.context() as broken:
        broken.setattr(posting, "_settle", lambda *_: (_ for _ in ()).throw(OperationalError("the server closed the connection")))
        with pytest.raises(OperationalError), transaction.atomic():
            services.post(now=timezone.now())
    assert (Order.objects.count(), Movement.objects.count(), Shift.objects.count()) == (0, 0, 0)
    assert not Message.objects.filter(type__startswith="orders.").exists()
    services.post_waiting(now=timezone.now())
    assert (Order.objects.count(), Movement.objects.count(), Shift.objects.count()) == (1, 2, 1)


def test_an_entry_of_an_old_enrolment_never_takes_the_place_of_a_new_one(shop):
    old = shop.till()
    old.open()
    stale = old.sell(basket(old, shop))
    new = shop.till()
    new.open()
    sale = new.sell(basket(new, shop))
    assert [result["status"] for result in old.deliver()] == ["quarantined"] * 2
    assert [result["status"] for result in new.deliver()] == ["accepted"] * 2
    fields = json.loads(stale["text"]) | {"epoch": 2, "id": str(uuid7())}
    assert new.deliver([old.seal(json.dumps(fields))])[0] | {"id": "", "hash": ""} == {
        "id": "",
        "hash": "",
        "status": "quarantined",
        "reason": "bad_signature",
    }
    assert [str(id) for id in Order.objects.values_list("id", flat=True)] == [id_of(sale)]


def a_day(shop):
    """Two shifts of sales."""
    till = shop.till()
    for shift in range(2):
        till.open(float_amount=10_000)
        for n in range(6):
            till.sell(basket(till, shop, n + shift))
        till.write("age_refusal", {"reason": "looked sixteen"})
        till.close(counted=10_000 + n)
    return till


@contextmanager
def taken_back():
    """So that the next order of a delivery finds the same shop."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_any_order_and_any_repetition_of_a_day_ends_in_the_same_books():
    shop = stock_shop()
    till = a_day(shop)
    with taken_back():
        till.deliver()
        services.post_waiting(now=timezone.now())
        expected = effects()
    assert len(expected["orders"]) == 12
    assert Order.objects.count() == 0
    places = range(len(till.entries))

    @given(order=st.permutations(places), again=st.lists(st.sampled_from(places), max_size=10), size=st.integers(1, 20), data=st.randoms())
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def delivered(order, again, size, data):
        whole = [*order, *again]
        data.shuffle(whole)
        with taken_back():
            for start in range(0, len(whole), size):
                results = till.deliver([till.entries[n] for n in whole[start : start + size]])
                assert {result["status"] for result in results} == {"accepted"}
            services.post_waiting(now=timezone.now())
            services.post_waiting(now=timezone.now())
            assert effects() == expected

    delivered()
