import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from catalog.models import Variant
from inventory.models import Level, Movement
from kernel.ids import uuid7
from kernel.models import Message
from orders.models import Order, OrderLine, Payment
from orders.services import placing
from pos import services
from pos.models import JournalEntry, Shift
from pos.services import delivery, posting
from pos.tests.conftest import stock_shop
from pos.tests.paper_till import id_of


def basket(till, shop):
    return [till.goods(shop.items[0], 2), till.goods(shop.items[1]), till.goods(shop.items[2], 3)]


def entry(sealed):
    return JournalEntry.objects.get(id=id_of(sealed))


def later(**by):
    return timezone.now() + timedelta(**by)


def keep(till, entries=None):
    """Delivered and kept, and the server died before it could post."""
    from pos.queries import till_of_token

    sealed = [services.Sealed(text=one["text"], hash=one["hash"], signature=one["sig"]) for one in entries or till.entries]
    return services.ingest(epoch=till_of_token(till.token), entries=sealed, now=timezone.now())


def test_a_sale_becomes_an_order_a_payment_stock_and_an_event(shop):
    till = shop.till()
    till.open()
    sale = till.sell(basket(till, shop), tendered=1000)
    till.deliver()
    order = Order.objects.get()
    assert str(order.id) == id_of(sale)
    assert (order.number, order.source, order.total, order.tax, order.rounding) == ("NORTHSIDE-1-1-0001", "till", 864, 56, 0)
    assert (str(order.shift), order.cashier, order.store, order.channel) == (till.session, shop.cast.carla.id, shop.cast.northside, shop.cast.stores)
    assert (order.business_date.isoformat(), order.placed_at) == (till.day, till.clock)
    assert list(OrderLine.objects.order_by("position").values_list("name", "quantity", "total")) == [
        ("Oats 0 500 g", 2000, 298),
        ("Oats 1 500 g", 1000, 299),
        ("Oats 2 500 g", 3000, 267),
    ]
    assert OrderLine.objects.first().extra == {"price_source": "list"}
    payment = Payment.objects.get()
    assert (payment.kind, payment.amount, payment.tendered, payment.change) == ("cash", 864, 1000, 136)
    assert sorted(Level.objects.values_list("on_hand", flat=True)) == [-3000, -2000, -1000]
    assert list(Message.objects.filter(type__startswith="pos.").values_list("type", "store")) == [("pos.shift.opened", "northside")]
    assert Message.objects.get(type="orders.order.placed").data["total"] == 864
    assert (entry(sale).posting, entry(sale).reason) == ("posted", "")


def test_a_shift_is_counted_against_our_own_books(shop):
    till = shop.till()
    till.open(float_amount=15_000)
    till.sell(basket(till, shop), tendered=2000)
    till.sell(basket(till, shop))
    till.close(counted=16_700)
    till.deliver()
    shift = Shift.objects.get()
    assert (shift.float_amount, shift.expected, shift.counted) == (15_000, 15_000 + 2 * 864, 16_700)
    assert shift.close_body["head"] == till.entries[2]["hash"]
    closed = Message.objects.get(type="pos.shift.closed")
    assert (closed.sequence, closed.data["expected"], closed.data["counted"]) == (2, 16_728, 16_700)


def test_a_late_sale_belongs_to_its_shift_and_is_counted(shop):
    till = shop.till()
    till.open(float_amount=15_000)
    late = till.sell(basket(till, shop))
    till.close(counted=15_864)
    till.deliver([till.entries[0], till.entries[2]])
    assert Shift.objects.get().expected == 15_000
    till.deliver([late])
    assert Shift.objects.get().expected == 15_864
    assert entry(late).reason == "It came after its shift was closed."


def test_a_second_close_changes_nothing(shop):
    till = shop.till()
    till.open()
    till.close(counted=15_000)
    till.close(counted=1)
    till.deliver()
    till.close(counted=2)
    till.deliver()
    assert Shift.objects.get().counted == 15_000
    assert Message.objects.filter(type="pos.shift.closed").count() == 1
    assert set(JournalEntry.objects.values_list("posting", flat=True)) == {"posted"}


def test_a_close_waits_for_its_opening(shop):
    till = shop.till()
    opening, close = till.open(), till.close(counted=15_000)
    till.deliver([close])
    assert (entry(close).posting, entry(close).last_error) == ("pending", posting.WAITS)
    services.post_waiting(now=later(days=1))
    for _ in range(20):
        services.post_waiting(now=later(days=1))
    assert entry(close).posting == "failed"
    till.deliver([opening])
    services.post_waiting(now=later(seconds=1))
    assert entry(close).posting == "posted"
    assert Shift.objects.get().counted == 15_000


def test_what_was_kept_before_a_crash_the_worker_posts(shop):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    keep(till)
    assert Order.objects.count() == 0
    assert services.post_waiting(now=timezone.now()) == services.Posted(posted=2)
    assert Order.objects.count() == 1
    assert services.post_waiting(now=timezone.now()) == services.Posted()


def test_a_replay_posts_what_a_crash_left(shop):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    keep(till)
    till.deliver()
    assert Order.objects.count() == 1


def test_trouble_with_posting_never_costs_an_answer(shop, monkeypatch):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    monkeypatch.setattr(delivery, "post", lambda **_: 1 / 0)
    assert [result["status"] for result in till.deliver()] == ["accepted", "accepted"]
    assert services.post_waiting(now=timezone.now()).posted == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"total": 863}, "The lines and rounding come to 864, the sale says 863."),
        ({"tax": 55}, "The tax of the lines come to 56, the sale says 55."),
        ({"rounding": 1}, "The lines and rounding come to 865, the sale says 864."),
        ({"lines": []}, "It has no lines."),
        ({"tenders": []}, "The payments come to 0, the sale says 864."),
    ],
)
def test_sums_that_do_not_agree_wait_for_a_person_and_stop_nobody(shop, change, words):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    wrong = till.sell(basket(till, shop), **change)
    till.sell(basket(till, shop))
    assert {result["status"] for result in till.deliver()} == {"accepted"}
    assert Order.objects.count() == 2
    assert (entry(wrong).posting, entry(wrong).attempts, entry(wrong).last_error) == ("pending", 1, words)


def test_poison_is_found_among_many_and_its_neighbours_are_posted(shop):
    """A number taken is refused by the database alone: the batch is halved until the entry stands by itself."""
    till = shop.till()
    till.open()
    for _ in range(20):
        till.sell(basket(till, shop))
    poison = [till.sell(basket(till, shop), receipt=f"1-1-{n:04d}", receipt_no=n) for n in (3, 17)]
    for _ in range(5):
        till.sell(basket(till, shop))
    till.deliver()
    assert Order.objects.count() == 25
    assert Movement.objects.count() == 75
    for sale, number in zip(poison, ("NORTHSIDE-1-1-0003", "NORTHSIDE-1-1-0017"), strict=True):
        assert (entry(sale).posting, entry(sale).attempts, entry(sale).last_error) == ("pending", 1, f"Another order has the number {number}.")
    assert Message.objects.filter(type="orders.order.placed").count() == 25


def test_poison_is_tried_less_and_less_often_and_then_needs_a_person(shop):
    till = shop.till()
    till.open()
    sale = till.sell(basket(till, shop), total=1)
    till.deliver()
    tries = []
    for minutes in (0, 1, 2, 5, 6, 10, 20, 59, 61, 100, 239, 241, 600, 719, 721, 2000):
        services.post(now=later(minutes=minutes))
        tries.append(entry(sale).attempts)
    assert tries == [1, 2, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8]
    assert entry(sale).posting == "failed"
    # A person may ask again; it is counted from the beginning.
    services.retry_posting(ids=[entry(sale).id], actor=shop.cast.mia.id, now=timezone.now())
    assert (entry(sale).posting, entry(sale).attempts) == ("pending", 1)


def test_a_mistake_of_ours_in_one_entry_stops_nobody(shop, monkeypatch):
    till = shop.till()
    till.open()
    first = till.sell(basket(till, shop))
    till.sell(basket(till, shop))
    real = posting.sales.sale_of

    def mistaken(made, body, **facts):
        if str(made.id) == id_of(first):
            raise KeyError("secret")
        return real(made, body, **facts)

    monkeypatch.setattr(posting.sales, "sale_of", mistaken)
    till.deliver()
    assert Order.objects.count() == 1
    assert (entry(first).posting, entry(first).last_error) == ("pending", "It could not be posted (KeyError).")
    monkeypatch.undo()
    services.post_waiting(now=later(minutes=1))
    assert Order.objects.count() == 2
    assert (entry(first).posting, entry(first).last_error) == ("posted", "")


def test_what_does_not_agree_with_our_arithmetic_stands_and_is_flagged(shop):
    till = shop.till()
    till.open()
    lines = [till.goods(shop.items[0], list_total=150, total=150, tax=10), till.goods(shop.items[1], tax=19)]
    sale = till.sell(lines, receipt="9-9-9999", currency="USD")
    till.deliver()
    assert Order.objects.get().total == 449
    assert entry(sale).posting == "posted"
    for flag in (
        "Receipt 9-9-9999 should be 1-1-0001.",
        "Sold in USD",
        "Line 1: charged 150, the price comes to 149.",
        "Line 2: tax 19, computed 20.",
    ):
        assert flag in entry(sale).reason


def test_goods_nobody_knows_any_more_were_sold_all_the_same(shop):
    till = shop.till()
    till.open()
    gone = till.goods(shop.items[0], variant=str(uuid7()))
    sale = till.sell([gone, till.goods(shop.items[1])])
    till.deliver()
    assert Order.objects.get().total == 448
    line = OrderLine.objects.get(position=1)
    assert (line.variant, line.extra["unknown_variant"], line.name) == (None, gone["variant"], "Oats 0 500 g")
    assert Movement.objects.count() == 1
    assert "variant is unknown" in entry(sale).reason


def test_an_archived_variant_is_sold_like_any_other(shop):
    till = shop.till()
    Variant.objects.filter(id=shop.items[0]["id"]).update(archived_at=timezone.now())
    till.open()
    till.sell([till.goods(shop.items[0])])
    till.deliver()
    assert Movement.objects.count() == 1


def test_a_shift_of_another_till_is_not_touched(shop):
    northside, riverside = shop.till(), shop.till(shop.riverside_till)
    northside.open()
    northside.deliver()
    riverside.session = northside.session
    sale, close = riverside.sell(basket(riverside, shop)), riverside.close(counted=1)
    riverside.deliver()
    assert Shift.objects.get().closed_at is None
    assert (Order.objects.get().shift, entry(sale).reason) == (None, "It names a shift of another till.")
    assert entry(close).last_error == "It names a shift of another till."


def test_a_clock_that_runs_ahead_makes_no_sale_of_tomorrow(shop):
    till = shop.till()
    till.open()
    till.clock = later(days=1)
    till.sell(basket(till, shop))
    till.clock = later(days=1)
    till.sell(basket(till, shop), business_date=till.day)
    till.write("sale", json.loads(till.entries[-1]["text"])["body"] | {"receipt": "1-1-0003", "receipt_no": 3}, clock_offset_ms=-48 * 3_600_000)
    till.deliver()
    placed = list(Order.objects.order_by("number").values_list("placed_at", flat=True))
    assert all(at <= timezone.now() for at in placed)
    assert timezone.now() - placed[2] > timedelta(hours=23)


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_posted_once_however_many_workers_there_are():
    shop = stock_shop()
    till = shop.till()
    till.open()
    for _ in range(12):
        till.sell(basket(till, shop))
    keep(till)
    barrier, done = Barrier(4), []

    def work():
        try:
            barrier.wait(timeout=30)
            done.append(services.post(now=timezone.now(), limit=4))
            done.append(services.post_waiting(now=timezone.now()))
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(one.posted for one in done) == 13
    assert Order.objects.count() == 12
    assert Movement.objects.count() == 36
    assert set(JournalEntry.objects.values_list("posting", "attempts")) == {("posted", 0)}


@pytest.mark.django_db(transaction=True)
def test_what_only_the_commit_refuses_is_isolated_too(monkeypatch):
    """Should our own check of the sums be wrong one day, the database's deferred one is met at commit."""
    shop = stock_shop()
    till = shop.till()
    till.open()
    first = till.sell(basket(till, shop), tax=55)
    till.sell(basket(till, shop))
    monkeypatch.setattr(posting.sales, "sums_wrong", lambda sale: "")
    monkeypatch.setattr(placing, "check", lambda **_: None)
    till.deliver()
    assert Order.objects.count() == 1
    assert entry(first).posting == "pending"
    assert entry(first).last_error.startswith("The books refuse it")
