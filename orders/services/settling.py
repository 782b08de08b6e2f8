"""What an answer of a provider does to our book: one place, whoever heard it - the call, a webhook, a look or reconciliation.

The order is locked first and then its attempt, by everyone. Facts only move forward: what was captured stays captured, and an
answer that is older than what is known changes nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from kernel import outbox
from orders import payments as port
from orders.events import PaymentCaptured, PaymentRefunded
from orders.models import Attempt, AttemptStep, Due, Order, Payment, ProviderEvent, ProviderRefund
from orders.payments import Outcome
from orders.refunds import GIVEN_INSTEAD, GIVEN_TWICE
from orders.services import life

State = Attempt.State
OnFailed = Callable[..., None]
# By the clock of an attempt's beginning: how long nobody knows, before a person is asked; how long a customer may take to answer their bank.
REVIEW_AFTER: Final = timedelta(hours=24)
ACTION_LASTS: Final = timedelta(minutes=30)
OPEN: Final = (State.CREATED, State.ACTION, State.AUTHORISED, State.UNKNOWN)
UNDECIDED: Final = (State.CREATED, State.UNKNOWN, State.ACTION)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)
PAYMENT_FAILED: Final = "payment_failed"

_on_failed: list[OnFailed] = []


def on_failed(function: OnFailed) -> OnFailed:
    """Registers who undoes what was taken and held for an order whose payment came to nothing: `function(order=UUID, now=…)`."""
    _on_failed[:] = [function]
    return function


def back_off(tries: int) -> timedelta:
    """Doubling, up to the longest."""
    return LONGEST_WAIT if tries > 10 else min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, tries - 1))


@transaction.atomic
def settle(*, attempt: UUID, outcome: Outcome, now: datetime, lease: UUID | None = None, told: bool = False) -> str:
    """Writes down what the provider says. Again, and from several at once, it changes nothing. Returns the attempt's state.

    `lease`: of the call that brought it. `told`: a message says so, which may be older than what is known already.
    """
    order, row = locked(attempt)
    before, claimed = row.state, row.due_at
    row.reference, row.label = row.reference or outcome.reference, row.label or outcome.label[:60]
    ours = lease is not None and row.lease == lease
    row.lease = None if ours else row.lease
    _apply(order, row, outcome, now, told)
    if ours and row.due_at == claimed:
        # The answer has changed nothing.
        rests = row.state not in OPEN or row.state == State.AUTHORISED and row.wants == Attempt.Wants.HOLD
        row.due_at = None if rests else now + back_off(row.tries)
    if row.state != before or not told:
        note(row, f"{'told' if told else 'answered'}_{outcome.state}", now, code=outcome.code, captured=outcome.captured, was=before, state=row.state)
    if row.state != before:
        row.tries = 0
    row.changed_at = now
    row.save()
    if row.state != before or outcome.reference:
        apply_held(row, now)
        row.refresh_from_db(fields=["state"])
    return row.state


def locked(attempt: UUID) -> tuple[Order, Attempt]:
    order = Order.objects.select_for_update(no_key=True, of=("self",)).get(attempts=attempt)
    return order, Attempt.objects.select_for_update(no_key=True, of=("self",)).get(pk=attempt)


def note(row: Attempt, what: str, now: datetime, **facts: Any) -> None:
    AttemptStep.objects.create(attempt=row, what=what[:40], facts={name: value for name, value in facts.items() if value not in ("", None)}, at=now)


def _apply(order: Order, row: Attempt, outcome: Outcome, now: datetime, told: bool) -> None:
    match outcome.state:
        case port.CAPTURED if not row.captured and row.state != State.REVIEW or row.state == State.REVIEW and row.payment_id is None:
            _captured(order, row, outcome, now)
        case port.AUTHORISED if row.state in UNDECIDED or row.state in (State.REVIEW, State.DECLINED, State.VOIDED) and not told:
            _authorised(order, row, now)
        case port.ACTION if row.state in UNDECIDED:
            _waits_for_customer(row, outcome, now)
        case port.DECLINED if row.state in UNDECIDED or row.state == State.REVIEW:
            _ended(order, row, State.DECLINED, outcome.code or "declined", now)
        case port.DECLINED if row.state == State.AUTHORISED and not told:
            _not_taken(order, row, outcome, now)
        case port.VOIDED if row.state in OPEN or row.state == State.REVIEW:
            _ended(order, row, State.VOIDED, row.code or outcome.code, now)
        case port.UNKNOWN | port.ABSENT if row.state in OPEN and not told:
            _not_known(order, row, outcome, now)


def _authorised(order: Order, row: Attempt, now: datetime) -> None:
    if row.state in (State.DECLINED, State.VOIDED) or order.status == Order.Status.CANCELLED:
        row.wants = Attempt.Wants.VOID
    row.state, row.code, row.action = State.AUTHORISED, "", {}
    row.due_at = None if row.wants == Attempt.Wants.HOLD else now


def _waits_for_customer(row: Attempt, outcome: Outcome, now: datetime) -> None:
    row.state, row.action = State.ACTION, outcome.action or row.action
    row.due_at = now + max(timedelta(seconds=30), back_off(row.tries))
    if now - row.created_at > ACTION_LASTS:
        # They have gone: nothing is to be taken any more when they come back tomorrow.
        row.wants, row.code = Attempt.Wants.VOID, "abandoned"
    if row.wants == Attempt.Wants.VOID:
        row.due_at = now


def _not_known(order: Order, row: Attempt, outcome: Outcome, now: datetime) -> None:
    row.code = outcome.code[:60] or outcome.state
    if now - row.created_at > REVIEW_AFTER:
        _to_review(order, row, row.code, now)
    else:
        row.state = State.UNKNOWN if row.state == State.CREATED else row.state
        row.due_at = now + back_off(row.tries)


def _not_taken(order: Order, row: Attempt, outcome: Outcome, now: datetime) -> None:
    """It would not be captured: it is not kept from the customer either. And where it would not even be let go, it is tried for a day."""
    if row.wants == Attempt.Wants.VOID:
        _not_known(order, row, outcome, now)
    else:
        row.wants, row.code, row.due_at = Attempt.Wants.VOID, outcome.code[:60], now


def _captured(order: Order, row: Attempt, outcome: Outcome, now: datetime) -> None:
    wanted = row.wanted or row.amount
    if outcome.currency not in ("", row.currency) or not 0 < outcome.captured <= row.amount or outcome.captured != wanted:
        if row.state != State.REVIEW:
            _to_review(order, row, "amount_differs", now)
        return
    reviewed = row.state == State.REVIEW
    row.state, row.captured, row.due_at, row.code, row.action = State.CAPTURED, outcome.captured, None, "", {}
    row.payment = _tender(order, row, row.captured, now)
    row.save()
    _tell_captured(order, row, now)
    paid = life.paid_of(order.id)
    if order.status not in (Order.Status.PENDING, Order.Status.REVIEW) or paid > order.total:
        # Money nobody waits for any more: the order was cancelled, or paid by something else.
        send_back(order, row, row.captured, now)
    elif order.status == Order.Status.PENDING:
        life.mark_paid(order=order.id, now=now)
    elif reviewed:
        life.settle_review(order=order.id, version=order.version, note="The provider has told what became of it.", actor=None, now=now)


def _tender(order: Order, row: Attempt, amount: int, now: datetime, **more: Any) -> Payment:
    position = (Payment.objects.filter(order=order).aggregate(last=Max("position"))["last"] or 0) + 1
    paid: dict[str, Any] = {"amount": amount, "tendered": amount, "source": row.id, "label": row.label, "paid_at": now}
    return Payment.objects.create(order=order, position=position, kind=Payment.Kind.CARD, **paid, **more)


def send_back(order: Order, row: Attempt, amount: int, now: datetime) -> UUID:
    """A tender below zero, and the provider is to give it back: written down together."""
    assert row.payment is not None
    back = _tender(order, row, -amount, now, refunds=row.payment)
    return new_refund(row, back.pk, amount, now)


def new_refund(row: Attempt, negative_payment: int, amount: int, now: datetime) -> UUID:
    """Under the attempt's lock: what is given back is counted before it is asked for, so two can never give back more than came."""
    row.refunded += amount
    row.changed_at = now
    row.save(update_fields=["refunded", "changed_at"])
    refund = ProviderRefund(attempt=row, payment_id=negative_payment, amount=amount, due_at=now, created_at=now, changed_at=now)
    refund.key = f"oc-refund-{refund.id.hex}"
    refund.save(force_insert=True)
    note(row, "refund_wanted", now, refund=str(refund.id), amount=amount)
    return refund.id


def _ended(order: Order, row: Attempt, state: str, code: str, now: datetime) -> None:
    """It comes to nothing; the order with it, where it waited for this money alone."""
    row.state, row.code, row.due_at, row.action = state, code[:60], None, {}
    row.save()
    if order.status != Order.Status.PENDING or Due.objects.filter(order=order).exists():
        return
    if order.attempts.filter(state=State.REVIEW).exists():
        return
    (_on_failed[0] if _on_failed else _cancel)(order=order.id, now=now)


def _cancel(*, order: UUID, now: datetime, actor: UUID | None = None) -> None:
    # It calls give_back in turn.
    from orders.services.cancelling import cancel

    cancel(order=order, version=None, reason=PAYMENT_FAILED, actor=actor, now=now)


def _to_review(order: Order, row: Attempt, code: str, now: datetime) -> None:
    row.state, row.code, row.due_at, row.lease = State.REVIEW, code[:60], None, None
    row.save()
    if order.kind == Order.Kind.SALE and order.status in (Order.Status.PENDING, Order.Status.PAID):
        life.put_to_review(order=order.id, reason=code, now=now)


def end_review(*, order: UUID, actor: UUID | None, now: datetime) -> None:
    """A person has decided that nothing was paid: the order that waited for it comes to nothing, where nothing else is open of it."""
    found = Order.objects.select_for_update(no_key=True, of=("self",)).get(id=order)
    if found.status == Order.Status.REVIEW and not found.attempts.filter(state__in=[*OPEN, State.REVIEW, State.CAPTURED]).exists():
        _cancel(order=order, now=now, actor=actor)


def put_to_review(*, attempt: UUID, code: str, now: datetime) -> None:
    """What cannot be guessed: a person decides."""
    with transaction.atomic():
        order, row = locked(attempt)
        note(row, "to_review", now, code=code, was=row.state)
        _to_review(order, row, code, now)


def give_back(*, order: UUID, now: datetime) -> list[UUID]:
    """In the transaction that cancels an order: what was captured goes back (a tender below zero and a refund of the provider), what is
    under way is let go of. Returns the refunds: attempts.carry_on_refund, or a worker, carries them out after the commit."""
    found = Order.objects.select_for_update(no_key=True, of=("self",)).get(id=order)
    refunds = []
    for row in Attempt.objects.select_for_update(no_key=True, of=("self",)).filter(order=order).order_by("id"):
        if row.state in OPEN:
            # Where a call is on its way, its lease is waited for.
            Attempt.objects.filter(pk=row.pk).update(wants=Attempt.Wants.VOID, due_at=now if row.lease is None else row.due_at, changed_at=now)
            note(row, "let_go", now)
        elif row.captured > row.refunded and row.payment is not None:
            refunds.append(send_back(found, row, row.captured - row.refunded, now))
    return refunds


@transaction.atomic
def settle_refund(*, refund: UUID, outcome: Outcome, now: datetime, lease: UUID | None = None, told: bool = False) -> str:
    """As settle, for money that goes back. Returns the refund's state."""
    attempt = ProviderRefund.objects.values_list("attempt_id", flat=True).get(pk=refund)
    order, row = locked(attempt)
    back = ProviderRefund.objects.select_for_update().get(pk=refund)
    before = back.state
    back.reference = back.reference or outcome.reference
    if lease is not None and back.lease == lease:
        back.lease = None
    if back.state != ProviderRefund.State.DONE:
        _apply_refund(back, outcome, now, told)
    if back.state != before or not told:
        note(row, f"refund_{outcome.state}", now, refund=str(back.id), code=outcome.code, was=before, state=back.state)
    back.changed_at = now
    back.save()
    if back.state == ProviderRefund.State.DONE and before != back.state:
        _tell_refunded(order, row, back, now)
    return back.state


def _apply_refund(back: ProviderRefund, outcome: Outcome, now: datetime, told: bool) -> None:
    if back.code in (GIVEN_INSTEAD, GIVEN_TWICE):
        # The customer has credit for it already: should it have gone back all the same, a person decides.
        if outcome.state == port.REFUNDED:
            back.state, back.code, back.due_at = ProviderRefund.State.REVIEW, GIVEN_TWICE, None
    elif outcome.state == port.REFUNDED:
        back.state, back.code, back.due_at = ProviderRefund.State.DONE, "", None
        if outcome.amount not in (None, back.amount):
            back.state, back.code = ProviderRefund.State.REVIEW, "amount_differs"
    elif outcome.state == port.DECLINED:
        back.state, back.code, back.due_at = ProviderRefund.State.FAILED, outcome.code[:60] or "declined", None
    elif not told and now - back.created_at > REVIEW_AFTER:
        back.state, back.code, back.due_at = ProviderRefund.State.REVIEW, outcome.code[:60] or outcome.state, None
    elif not told:
        back.state, back.code, back.due_at = ProviderRefund.State.UNKNOWN, outcome.code[:60], now + back_off(back.tries)


def apply_held(row: Attempt, now: datetime) -> int:
    """Messages that came before what they are about."""
    if not row.reference:
        return 0
    waiting = ProviderEvent.objects.select_for_update(skip_locked=True).filter(backend=row.backend, reference=row.reference, state="held")
    held = list(waiting.order_by("id"))
    if held:
        # Marked first: settling looks for them again.
        ProviderEvent.objects.filter(pk__in=[event.pk for event in held]).update(state=ProviderEvent.State.APPLIED, applied_at=now)
    for event in held:
        settle(attempt=row.id, outcome=Outcome(**event.body["outcome"]), now=now, told=True)
    return len(held)


def _tell_captured(order: Order, row: Attempt, now: datetime) -> None:
    outbox.record(PaymentCaptured(**_told(order, row), sequence=1, amount=row.captured, label=row.label), now=now)


def _tell_refunded(order: Order, row: Attempt, back: ProviderRefund, now: datetime) -> None:
    done = ProviderRefund.objects.filter(attempt=row, state=ProviderRefund.State.DONE).count()
    outbox.record(PaymentRefunded(**_told(order, row), sequence=1 + done, amount=back.amount, refund=back.id), now=now)


def _told(order: Order, row: Attempt) -> dict[str, Any]:
    return {"aggregate_id": row.id, "store": None, "order": order.id, "backend": row.backend, "currency": row.currency}
