"""Money that a provider would not give back is given as store credit: the customer has it, and nobody asks the provider again."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from customers import queries as customers_read
from customers import services as customers
from orders.models import Order, Payment, ProviderRefund
from orders.refunds import GIVEN_INSTEAD
from orders.services import settling
from orders.services.attempts import AttemptState, UnknownAttempt
from orders.services.life import moved, record_step, tell_change
from orders.tenders import NeedsCustomer

State = ProviderRefund.State
LABEL: Final = "Store credit"


@transaction.atomic
def give_credit_instead(*, refund: UUID, now: datetime, actor: UUID | None) -> str:
    """All of a refund that was refused, once. The tender that went back stands undone beside it, and credit goes back in its place: so the
    document stays paid as it was, and the books owe the customer what the provider owes us.

    Raises UnknownAttempt, AttemptState (it went back, or may still), NeedsCustomer.
    """
    attempt = ProviderRefund.objects.filter(pk=refund).values_list("attempt_id", flat=True).first()
    if attempt is None:
        raise UnknownAttempt("There is no such refund.")
    _, row = settling.locked(attempt)
    back = ProviderRefund.objects.select_for_update(of=("self",)).select_related("payment").get(pk=refund)
    if back.state != State.FAILED or back.code == GIVEN_INSTEAD or back.payment is None:
        raise AttemptState("Only what the provider has refused is given another way.", state=back.state)
    document = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("channel", "store").get(pk=back.payment.order_id)
    _credited(document, back, actor, now)
    settling.note(row, "refund_given_instead", now, refund=str(refund), amount=back.amount, was=back.code, actor=str(actor) if actor else "")
    back.code, back.due_at, back.changed_at = GIVEN_INSTEAD, None, now
    back.save(update_fields=["code", "due_at", "changed_at"])
    moved(document)
    facts = {"refund": str(refund), "attempt": str(row.id), "amount": back.amount}
    record_step(order=document.id, kind="given_instead", facts=facts, actor=actor, now=now)
    tell_change(document, "given_instead", now=now)
    return back.state


def _credited(document: Order, back: ProviderRefund, actor: UUID | None, now: datetime) -> None:
    """Under the refund's own id, so that whatever else happens this credit is given once."""
    if document.customer_id is None:
        raise NeedsCustomer("Nobody knows whose money this is: give it back by hand.", field="customer")
    whose = customers_read.kept(id=document.customer_id)
    asked: dict[str, Any] = {"customer": whose, "amount": back.amount, "currency": document.currency, "cause": "refund"}
    given = customers.give_credit(**asked, reference=back.id, line=0, actor=actor, note=document.number, now=now)
    last = Payment.objects.filter(order=document).aggregate(last=Max("position"))["last"] or 0
    assert back.payment is not None
    undone = {"kind": back.payment.kind, "amount": back.amount, "tendered": back.amount, "source": back.id, "label": back.payment.label}
    came = Payment.objects.create(order=document, position=last + 1, paid_at=now, **undone)
    amounts = {"amount": -back.amount, "tendered": -back.amount, "source": given.transaction, "label": LABEL}
    Payment.objects.create(order=document, position=last + 2, kind=Payment.Kind.STORE_CREDIT, paid_at=now, refunds=came, **amounts)
