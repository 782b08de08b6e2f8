"""Five hundred differences planted in both books, found, repaired where nobody needs to guess, and not found twice."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from integrations.gateway_simulator.book import Book
from integrations.gateway_simulator.tests.conftest import started
from integrations.gateway_simulator.tests.stage import broken, open_stage
from integrations.wire import NoAnswer
from kernel import jobs
from kernel.ids import uuid7
from orders.models import Attempt, Discrepancy, Order, OrderLine, Payment, ProviderRefund
from orders.services import attempts, reconciling

# How many of each; and how many of them are repaired.
PLANTED = {
    "missing_here": (50, 0),
    "missing_there": (100, 50),
    "amount_differs": (50, 0),
    "captured_here_not_there": (50, 50),
    "captured_there_not_here": (100, 100),
    "refund_missing_here": (50, 25),
    "refund_missing_there": (50, 50),
    "duplicate": (50, 50),
}


class Planting:
    """Rows for both books, written by a few statements."""

    def __init__(self, stage, book):
        self.stage, self.book = stage, book
        self.began = stage.now - timedelta(hours=2)
        self.orders, self.lines, self.payments, self.attempts, self.refunds = [], [], [], [], []

    def here(self, n, state, *, captured=0, refunded=0, status="paid", known=True):
        id, at = uuid7(), self.began
        order = Order(
            id=id, number=f"W-{id.hex[-12:]}", source="web", status=status, channel=self.stage.cast.web, currency="EUR", total=1_000, tax=0,
            business_date=date(2026, 3, 14), placed_at=at, recorded_at=at,
        )  # fmt: skip
        share = [{"quantity": 1000, "total": 1_000, "discount": 0, "tax": 0}]
        line = OrderLine(
            order=order, position=1, name="Milk", quantity=1000, unit_price=1_000, list_total=1_000, total=1_000, tax_class="food", tax_rate=0,
            tax=0, allocation=share,
        )  # fmt: skip
        attempt = Attempt(order=order, backend="simulator", amount=1_000, currency="EUR", state=state, wanted=1_000, token="sim_ok")
        attempt.key, attempt.reference = f"oc-{attempt.id.hex}", f"sp_{attempt.id.hex}" if known else ""
        attempt.created_at = attempt.changed_at = at
        attempt.captured, attempt.refunded = captured, refunded
        if captured:
            attempt.payment = Payment(order=order, position=1, kind="card", amount=captured, tendered=captured, paid_at=at, source=attempt.id)
            self.payments.append(attempt.payment)
        self.orders.append(order)
        self.lines.append(line)
        self.attempts.append(attempt)
        return attempt

    def there(self, key, reference, state, *, captured=0, amount=1_000, refunded=0):
        row = {"id": reference, "key": key, "amount": amount, "currency": "EUR", "token": "sim_ok", "order": "", "capture": 1, "state": state}
        self.book.add("payment", **row, captured=captured, refunded=refunded, created_at=self.began.timestamp())

    def refund_here(self, attempt, state, amount=100):
        refund = ProviderRefund(attempt=attempt, amount=amount, state=state, created_at=self.began, changed_at=self.began)
        refund.key = f"oc-refund-{refund.id.hex}"
        self.refunds.append(refund)
        return refund

    def refund_there(self, key, reference, attempt, amount=100):
        row = {"id": reference, "key": key, "payment": attempt.reference, "amount": amount, "currency": "EUR", "state": "refunded"}
        self.book.add("refund", **row, created_at=self.began.timestamp())

    def write(self):
        with transaction.atomic():
            Order.objects.bulk_create(self.orders)
            OrderLine.objects.bulk_create(self.lines)
            Payment.objects.bulk_create(self.payments)
            for attempt in self.attempts:
                # It has its id now.
                attempt.payment = attempt.payment
            Attempt.objects.bulk_create(self.attempts)
            ProviderRefund.objects.bulk_create(self.refunds)

    def agreed(self, n, *, refunded=0):
        attempt = self.here(n, "captured", captured=1_000, refunded=refunded)
        self.there(attempt.key, attempt.reference, "captured", captured=1_000, refunded=refunded)
        return attempt

    def plant(self, times):
        for n in range(times):
            self.there(f"oc-lost-{n}", f"sp_lost_{n}", "captured", captured=500)
            self.here(n, "captured", captured=1_000)
            self.here(n, "unknown", status="pending", known=False)
            self.there((attempt := self.here(n, "captured", captured=1_000)).key, attempt.reference, "captured", amount=900, captured=900)
            self.there((attempt := self.here(n, "captured", captured=1_000)).key, attempt.reference, "authorised")
            self.there((attempt := self.here(n, "unknown", status="pending")).key, attempt.reference, "captured", captured=1_000)
            self.there((attempt := self.here(n, "declined", status="cancelled")).key, attempt.reference, "captured", captured=1_000)
            self.refund_here(self.agreed(n, refunded=100), "done")
            attempt = self.agreed(n)
            self.there(attempt.key, f"sp_twice_{n}", "captured", captured=1_000)
            attempt = self.agreed(n, refunded=100)
            known = self.refund_here(attempt, "unknown") if n % 2 else None
            self.refund_there(known.key if known else f"by-hand-{n}", f"sr_{n}", attempt)
        for n in range(2 * times):
            self.agreed(n)
        self.write()


@pytest.fixture
def planted(db, at_simulator, tmp_path):
    running = []

    def plant(times):
        book = Book(path=str(tmp_path / "gateway.db"))
        stage = open_stage(None)
        with book.writing():
            Planting(stage, book).plant(times)
        stage.simulator = started(tmp_path)
        running.append(stage.simulator)
        at_simulator(stage.simulator)
        return stage

    yield plant
    for simulator in running:
        simulator.end()


def compared(stage):
    return reconciling.reconcile(backend="simulator", since=stage.now - timedelta(hours=12), now=stage.now)


def test_five_hundred_differences_are_found_and_repaired_once(planted):
    stage = planted(times=50)
    assert sum(count for count, _ in PLANTED.values()) == 500
    found = compared(stage)
    assert dict(found.found) == {kind: count for kind, (count, _) in PLANTED.items()}
    assert {kind: found.repaired[kind] for kind in PLANTED} == {kind: repaired for kind, (_, repaired) in PLANTED.items()}
    assert Discrepancy.objects.filter(state="open").count() == 175
    assert Discrepancy.objects.filter(state="repaired").count() == 325
    attempts.work(clock=stage.clock, limit=500)
    assert broken() == []
    again = compared(stage)
    assert sum(again.found.values()) == 175
    assert sum(again.repaired.values()) == 0
    assert Discrepancy.objects.count() == 500
    assert_books_agree(stage)


def assert_books_agree(stage):
    """What is not open agrees; money for cancelled orders has gone back, and what was charged twice."""
    left = set(Discrepancy.objects.filter(state="open").values_list("reference", flat=True))
    there = {row["id"]: row for row in stage.simulator.everything("payments")}
    for attempt in Attempt.objects.filter(state="captured").select_related("order"):
        seen = there.get(attempt.reference)
        if attempt.reference not in left and seen:
            assert seen["captured"] == attempt.captured
        if attempt.order.status == "cancelled":
            assert seen["refunded"] == 1_000
    assert {row["refunded"] for id, row in there.items() if id.startswith("sp_twice")} == {1_000}
    orders = Order.objects.filter(attempts__state="captured", attempts__payment__isnull=False)
    assert set(orders.values_list("status", flat=True)) <= {"paid", "cancelled", "review"}


def test_what_a_person_accepted_is_not_told_again(planted):
    stage = planted(times=2)
    compared(stage)
    row = Discrepancy.objects.filter(kind="amount_differs", state="open").first()
    reconciling.accept(id=row.id, actor=None, now=stage.now)
    with pytest.raises(reconciling.DiscrepancySettled):
        reconciling.accept(id=row.id, actor=None, now=stage.now)
    assert compared(stage).found["amount_differs"] == 1
    row.refresh_from_db()
    assert row.state == "accepted"


def test_it_is_a_job_and_begins_each_night(stage):
    attempt = stage.attempt(stage.order(), "sim_ok.webhook:never")
    stage.carry_on(attempt)
    assert reconciling.start_nightly(now=stage.now) == 1
    done = jobs.run_next(now=timezone.now())
    assert (done.kind, done.state, done.error) == ("orders.reconcile", "succeeded", "")
    assert done.result["payments"] >= 1


def test_half_a_list_compares_with_nothing(stage, settings):
    settings.GATEWAY_SIMULATOR_SECRET = "another"
    with pytest.raises(NoAnswer):
        compared(stage)
    assert not Discrepancy.objects.exists()
