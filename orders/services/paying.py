"""A part of an order is paid by staff or from what the customer holds; and given back when the order costs less than was paid."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from orders.models import Order, Payment
from orders.services import attempts, tenders
from orders.services.life import Moved, OrderState, mark_paid, moved, opened, paid_of, record_step, tell_change
from orders.services.sales import SalePayment
from orders.tenders import INTERNAL, Tender, TenderMismatch, checked


@transaction.atomic
def take_payment(*, order: UUID, version: int, tender: Tender, actor: UUID | None, now: datetime) -> Moved:
    """What is still owed, or a part of it. A card is asked for at its provider after the commit, by a worker: the order is paid when it has come.

    Raises TenderMismatch (more than is owed), OrderState, OrderChangedMeanwhile and what the tender's ledger refuses.
    """
    found = opened(order=order, move="pay", version=version)
    checked([tender], point_worth=tenders.point_worth())
    missing = found.total - paid_of(order)
    if tender.amount > missing:
        raise TenderMismatch(f"No more than {missing} is owed.", field="amount", missing=missing - tender.amount)
    if tender.kind == "card":
        return _asked(found, tender, actor, now)
    first = (Payment.objects.filter(order=order).aggregate(last=Max("position"))["last"] or 0) + 1
    write_payments(order=order, rows=_came(found, tender, first, now), now=now)
    return mark_paid(order=order, now=now, actor=actor)


def _asked(order: Order, tender: Tender, actor: UUID | None, now: datetime) -> Moved:
    asked = {"order": order.id, "backend": tender.backend, "amount": tender.amount, "currency": order.currency, "token": tender.token}
    attempt = attempts.prepare(**asked, now=now)  # type: ignore[arg-type]
    done = moved(order)
    record_step(order=order.id, kind="asked", facts={"attempt": str(attempt), "amount": tender.amount}, actor=actor, now=now)
    tell_change(order, "asked", now=now)
    return done


def _came(order: Order, tender: Tender, first: int, now: datetime) -> list[SalePayment]:
    if tender.kind in INTERNAL:
        held = {"currency": order.currency, "customer": order.customer_id, "first": first}
        return tenders.take_tenders(order=order.id, wanted=[tender], now=now, **held)  # type: ignore[arg-type]
    return [SalePayment(position=first, kind=tender.kind, amount=tender.amount, tendered=tender.amount, label=tender.label)]


def write_payments(*, order: UUID, rows: list[SalePayment], now: datetime) -> None:
    names = ("position", "kind", "amount", "tendered", "change", "source", "label")
    Payment.objects.bulk_create([Payment(order_id=order, paid_at=now, **{name: getattr(row, name) for name in names}) for row in rows])


def refund_down_to(*, order: Order, amount: int, actor: UUID | None, now: datetime) -> int:
    """What was paid beyond `amount` goes back: to the last tender first, each no further than it came. How much went.

    Providers are asked by a worker after the commit.
    """
    left = paid_of(order.id) - amount
    came = list(Payment.objects.select_for_update(no_key=True).filter(order=order, amount__gt=0).order_by("-position"))
    position = Payment.objects.filter(order=order).aggregate(last=Max("position"))["last"] or 0
    gone = 0
    for paid in came:
        part = min(left - gone, paid.amount - paid.refunded)
        if part <= 0:
            continue
        position += 1
        _send_back(order, paid, part, position, actor, now)
        gone += part
    if gone < left:
        raise OrderState("There is no tender left to give it back to.", missing=left - gone)
    return gone


def _send_back(order: Order, paid: Payment, part: int, position: int, actor: UUID | None, now: datetime) -> None:
    source = paid.source
    if paid.kind in tenders.VALUE:
        source = tenders.refund_tender(payment=paid.pk, amount=part, reference=order.id, line=position, now=now, actor=actor)
    back = {"kind": paid.kind, "amount": -part, "tendered": -part, "source": source, "label": paid.label}
    row = Payment.objects.create(order=order, position=position, paid_at=now, refunds=paid, **back)
    if hasattr(paid, "attempt"):
        attempts.prepare_refund(payment=paid.pk, negative_payment=row.pk, amount=part, now=now)
