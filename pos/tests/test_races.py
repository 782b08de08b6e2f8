"""Two at once, one after the other by force: the first transaction is held open until the second waits for it or is done."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from orders.models import Order
from pos import services
from pos.models import JournalEntry, Shift
from pos.queries import till_of_token
from pos.services import posting
from pos.tests.conftest import stock_shop

pytestmark = pytest.mark.django_db(transaction=True)


class Second(Thread):
    """What happens while the first transaction is still open."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work, self.answer, self.error = work, None, None

    def run(self) -> None:
        try:
            self.answer = self.work()
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()

    def start_and_wait_for_lock(self) -> bool:
        """Whether it waits for a lock; False when it went through."""
        self.start()
        deadline = time.monotonic() + 20
        while self.is_alive() and time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute("select pg_stat_clear_snapshot()")
                cursor.execute("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
                if cursor.fetchone()[0]:
                    return True
        return False

    def finish(self) -> Any:
        self.join(30)
        assert self.error is None
        return self.answer


def basket(till, shop):
    return [till.goods(item) for item in shop.items]


def keep(till, entries):
    sealed = [services.Sealed(text=one["text"], hash=one["hash"], signature=one["sig"]) for one in entries]
    return [result.status for result in services.ingest(epoch=till_of_token(till.token), entries=sealed, now=timezone.now())]


def test_one_tills_batches_come_in_one_after_the_other():
    till = stock_shop().till()
    opening = till.open()
    till.head = "ab" * 32
    unchained = till.write("age_refusal", {})
    second = Second(lambda: keep(till, [unchained]))
    with transaction.atomic():
        assert keep(till, [opening]) == ["accepted"]
        assert second.start_and_wait_for_lock()
    assert second.finish() == ["conflict"]


def test_nothing_slips_in_beside_a_new_enrolment():
    shop = stock_shop()
    till = shop.till()
    opening = till.open()
    second = Second(lambda: keep(till, [opening]))
    with transaction.atomic():
        services.revoke(till=shop.northside_till, now=timezone.now())
        assert second.start_and_wait_for_lock()
    assert second.finish() == ["quarantined"]


def test_what_one_worker_holds_the_other_skips_without_waiting():
    shop = stock_shop()
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    keep(till, till.entries)
    second = Second(lambda: services.post_waiting(now=timezone.now()))
    with transaction.atomic():
        assert services.post(now=timezone.now()) == services.Posted(posted=2)
        assert not second.start_and_wait_for_lock()
    assert second.finish() == services.Posted()
    assert Order.objects.count() == 1


def test_a_count_waits_for_the_sale_that_is_being_posted():
    shop = stock_shop()
    till = shop.till()
    till.open(float_amount=15_000)
    till.deliver()
    sale = till.sell(basket(till, shop))
    close = till.close(counted=15_000)
    keep(till, [sale, close])
    sale_id, close_id = JournalEntry.objects.exclude(posting="posted").order_by("seq").values_list("id", flat=True)
    second = Second(lambda: services.post(ids=[close_id], now=timezone.now()))
    with transaction.atomic():
        assert posting.post(ids=[sale_id], now=timezone.now()).posted == 1
        assert second.start_and_wait_for_lock()
    assert second.finish().posted == 1
    assert Shift.objects.get().expected == 15_000 + sum(item["price"] for item in shop.items)
