"""An order that waits for money, a clock one can move, and the simulator's own book to compare with."""

import json
import subprocess
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.request import Request, urlopen

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from kernel.ids import uuid7
from orders.models import Attempt, Order, OrderLine, Payment, ProviderRefund
from orders.services import attempts
from org.tests.cast import Cast, open_shop

DOOR = "/api/v1/payments/webhooks/simulator"


@dataclass
class Simulator:
    process: subprocess.Popen
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, told: dict | None = None) -> dict:
        headers = {"Authorization": "Bearer simulator-only"}
        body = json.dumps(told).encode() if told is not None else None
        with urlopen(Request(f"{self.url}/v1/{path}", data=body, headers=headers), timeout=5) as answer:
            return json.load(answer)

    def payments(self, key: str) -> list[dict]:
        """Fetched as the list for reconciliation has it: no fault of a look stands in the way."""
        return [row for row in self.everything("payments") if row["key"] == key]

    def everything(self, table: str) -> list[dict]:
        rows, after = [], 0
        while after is not None:
            page = self.ask(f"{table}?since=0&after={after}")
            rows, after = rows + page["items"], page["next"]
        return rows

    def messages(self, reference: str) -> list[dict]:
        return [one for one in self.ask("events")["items"] if about(one, reference)]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def about(message: dict, reference: str) -> bool:
    told = json.loads(message["body"])["object"]
    return reference in (told["id"], told.get("payment"))


@dataclass
class Stage:
    simulator: Simulator
    cast: Cast
    now: datetime = field(default_factory=timezone.now)

    def clock(self) -> datetime:
        return self.now

    def later(self, **how_long) -> None:
        self.now += timedelta(**how_long)

    @transaction.atomic
    def order(self, total: int = 1_000, status: str = "pending") -> Order:
        id = uuid7()
        order = Order.objects.create(
            id=id, number=f"W-{id.hex[-12:]}", source="web", status=status, channel=self.cast.web, currency="EUR", total=total, tax=0,
            business_date=date(2026, 3, 14), placed_at=self.now, recorded_at=self.now,
        )  # fmt: skip
        share = [{"quantity": 1000, "total": total, "discount": 0, "tax": 0}]
        OrderLine.objects.create(
            order=order, position=1, variant=None, name="Milk", quantity=1000, unit_price=total, list_total=total, total=total,
            tax_class="food", tax_rate=0, tax=0, allocation=share,
        )  # fmt: skip
        return order

    def attempt(self, order: Order, token: str = "sim_ok", amount: int | None = None, **more) -> Attempt:
        id = attempts.prepare(order=order.id, backend="simulator", amount=amount or order.total, currency="EUR", token=token, now=self.now, **more)
        return Attempt.objects.get(pk=id)

    def carry_on(self, attempt: Attempt) -> str:
        return attempts.carry_on(attempt=attempt.id, clock=self.clock)

    def work(self, hours: float = 0.2) -> None:
        """The worker, over a stretch of time: whatever is due by then has been done."""
        until = self.now + timedelta(hours=hours)
        while self.now < until:
            attempts.work(clock=self.clock)
            due = [one for kind in (Attempt, ProviderRefund) for one in kind.objects.filter(due_at__isnull=False).values_list("due_at", flat=True)]
            self.now = max(self.now + timedelta(seconds=5), min([until, *due]))
        attempts.work(clock=self.clock)

    def deliver(self, message: dict):
        headers = {message["header"]: message["signature"]}
        return Client().post(DOOR, data=message["body"], content_type="application/json", headers=headers)

    def deliver_all(self, reference: str, *, backwards: bool = False) -> list[int]:
        messages = self.simulator.messages(reference)
        return [self.deliver(message).status_code for message in (reversed(messages) if backwards else messages)]


def open_stage(simulator: Simulator) -> Stage:
    return Stage(simulator=simulator, cast=open_shop())


def broken() -> list:
    """Every rule of the database that does not hold."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("select * from orders_broken()")
        found = cursor.fetchall()
        cursor.execute("set constraints all deferred")
    return found


def ended(order: Order) -> str:
    """In which of the three ways; it fails when in none."""
    order.refresh_from_db()
    paid = sum(payment.amount for payment in order.payments.all())
    states = set(order.attempts.values_list("state", flat=True))
    assert broken() == []
    if order.status == "paid":
        assert paid == order.total
    elif order.status == "cancelled":
        assert paid == 0
        assert states <= {"voided", "declined", "captured"}
    else:
        assert order.status == "review", order.status
    return order.status


def paid_back(stage, token: str, amount: int = 300):
    order = stage.order()
    attempt = stage.attempt(order, token)
    stage.carry_on(attempt)
    attempt.refresh_from_db()
    back = stage.order(total=-amount, status="pending")
    negative = Payment.objects.create(
        order=back, position=1, kind="card", amount=-amount, tendered=-amount, paid_at=stage.now, refunds=attempt.payment
    )
    refund = attempts.prepare_refund(payment=attempt.payment_id, negative_payment=negative.pk, amount=amount, now=stage.now)
    return attempt, refund
