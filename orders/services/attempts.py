"""Asking a provider for money and giving it back. What is wanted is written down and committed before the call goes out."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from kernel.errors import Conflict, NotFound
from orders import payments as port
from orders.models import Attempt, AttemptStep, Payment, ProviderRefund
from orders.payments import Ask, Outcome
from orders.refunds import GIVEN_INSTEAD, GIVEN_TWICE, RefundExceedsCapture
from orders.services import settling

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
State = Attempt.State

# Longer than any call may take: nobody else asks meanwhile.
LEASE: Final = timedelta(seconds=30)
# A call that never got there is sent again under its key for as long as the customer may still be waiting.
ASK_AGAIN: Final = timedelta(minutes=10)
MOST_CALLS: Final = 4


class UnknownAttempt(NotFound):
    title = "There is no such payment attempt"


class AttemptState(Conflict):
    code = "payment_state"
    title = "This cannot be done with the payment as it is"


@dataclass(frozen=True)
class Claim:
    """What is in hand: the row as it was, and how often it had been asked before."""

    id: UUID
    lease: UUID
    asked_before: int


def prepare(*, order: UUID, backend: str, amount: int, currency: str, token: str, now: datetime, capture: bool = True) -> UUID:
    """Writes the attempt down, in the transaction that writes the order. `capture=False`: the money is only held, see `capture`.

    Raises BackendUnknown, CardNumberNotAllowed.
    """
    port.backend(name=backend)
    port.refuse_card_number(token=token)
    wants, wanted = (Attempt.Wants.CAPTURE, amount) if capture else (Attempt.Wants.HOLD, 0)
    row = Attempt(order_id=order, backend=backend, amount=amount, currency=currency, token=token, wants=wants, wanted=wanted)
    row.key = f"oc-{row.id.hex}"
    # Whoever wrote it asks at once; a worker does where they are gone by then.
    row.created_at, row.changed_at, row.due_at = now, now, now + LEASE
    row.save(force_insert=True)
    return row.id


def carry_on(*, attempt: UUID, clock: Clock) -> str:
    """Asks what is to be asked next and settles it; the attempt's state then. Outside any transaction. May be called any number of times:
    where somebody else is at it, or it is too early to ask again, nothing happens."""
    for calls in range(MOST_CALLS):
        claim = _claim(CLAIM_ATTEMPT, {"id": attempt, "now": clock(), "first": calls == 0})
        if claim is None:
            break
        _carry(claim, clock)
    return state_of(attempt=attempt)


def ask_gateway(*, attempt: UUID, now: datetime) -> str:
    return carry_on(attempt=attempt, clock=lambda: now)


def state_of(*, attempt: UUID) -> str:
    state = Attempt.objects.filter(pk=attempt).values_list("state", flat=True).first()
    if state is None:
        raise UnknownAttempt
    return state


# What was just written down goes at once, and one that waits for the customer is asked about whenever somebody comes back;
# anything else when its time has come.
CLAIM_ATTEMPT = """
with next as materialized (
    select id from orders_attempt
    where id = %(id)s and due_at is not null and (due_at <= %(now)s
        or %(first)s and lease is null and (state = 'created' and tries = 0 or state = 'action'))
    for no key update skip locked
)
update orders_attempt a set lease = %(lease)s, due_at = %(until)s, tries = a.tries + 1
from next where a.id = next.id returning a.id, a.tries - 1
"""
CLAIM_NEXT_ATTEMPT = """
with next as materialized (
    select id from orders_attempt where due_at <= %(now)s order by due_at limit 1 for no key update skip locked
)
update orders_attempt a set lease = %(lease)s, due_at = %(until)s, tries = a.tries + 1
from next where a.id = next.id returning a.id, a.tries - 1
"""
CLAIM_REFUND = """
with next as materialized (
    select id from orders_providerrefund
    where id = %(id)s and due_at is not null and (due_at <= %(now)s or lease is null and tries = 0)
    for no key update skip locked
)
update orders_providerrefund r set lease = %(lease)s, due_at = %(until)s, tries = r.tries + 1
from next where r.id = next.id returning r.id, r.tries - 1
"""
CLAIM_NEXT_REFUND = """
with next as materialized (
    select id from orders_providerrefund where due_at <= %(now)s order by due_at limit 1 for no key update skip locked
)
update orders_providerrefund r set lease = %(lease)s, due_at = %(until)s, tries = r.tries + 1
from next where r.id = next.id returning r.id, r.tries - 1
"""


def _claim(statement: str, asked: dict[str, Any]) -> Claim | None:
    lease = uuid4()
    # durable: inside someone's transaction the claim would not be committed before the call goes out.
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(statement, {**asked, "lease": lease, "until": asked["now"] + LEASE})
        row = cursor.fetchone()
    return Claim(id=row[0], lease=lease, asked_before=row[1]) if row else None


def _carry(claim: Claim, clock: Clock) -> None:
    row = Attempt.objects.get(pk=claim.id)
    call = next_call(state=row.state, wants=row.wants, asked_before=claim.asked_before)
    if call:
        with transaction.atomic(durable=True):
            AttemptStep.objects.create(attempt=row, what=f"asks_{call}", facts={"key": row.key}, at=clock())
    outcome = _answer(row, call, clock())
    settling.settle(attempt=row.id, outcome=outcome, now=clock(), lease=claim.lease)


def next_call(*, state: str, wants: str, asked_before: int) -> str:
    """What is asked of the provider; empty: nothing needs to be, it was never told of it."""
    if state == State.CREATED and not asked_before:
        return "" if wants == Attempt.Wants.VOID else "authorise"
    if state == State.AUTHORISED:
        return {Attempt.Wants.CAPTURE: "capture", Attempt.Wants.VOID: "void"}.get(Attempt.Wants(wants), "look")
    if state == State.ACTION and wants == Attempt.Wants.VOID:
        return "void"
    return "look"


def _answer(row: Attempt, call: str, now: datetime) -> Outcome:
    if not call:
        return Outcome(state=port.VOIDED, code="never_asked")
    outcome = _asked(row.backend, call, ask_of(row, call))
    if outcome.state != port.ABSENT or row.reference:
        return outcome
    if row.wants == Attempt.Wants.VOID:
        return Outcome(state=port.VOIDED, code="never_arrived")
    if now - row.created_at <= ASK_AGAIN:
        return _asked(row.backend, "authorise", ask_of(row, "authorise"))
    return Outcome(state=port.DECLINED, code="never_arrived")


def ask_of(row: Attempt, call: str) -> Ask:
    told: dict[str, Any] = {"currency": row.currency, "reference": row.reference, "order": str(row.order_id), "since": row.created_at}
    if call == "capture":
        return Ask(key=f"{row.key}-capture", amount=row.wanted or row.amount, **told)
    if call == "void":
        return Ask(key=f"{row.key}-void", amount=row.amount, **told)
    return Ask(key=row.key, amount=row.amount, token=row.token, capture=row.wants == Attempt.Wants.CAPTURE, **told)


def _asked(backend: str, call: str, ask: Ask) -> Outcome:
    """A backend that breaks has not told us anything."""
    try:
        answer: Outcome = getattr(port.backend(name=backend), call)(ask)
        return answer
    except Exception as error:
        log.exception("%s could not be asked to %s %s", backend, call, ask.key)
        return Outcome(state=port.UNKNOWN, code=f"broken_{type(error).__name__}")


def work(*, clock: Clock, limit: int = 50) -> int:
    """What is due: attempts, then money that goes back. How many were taken in hand."""
    done = 0
    while done < limit and (claim := _claim(CLAIM_NEXT_ATTEMPT, {"now": clock()})):
        _carry(claim, clock)
        done += 1
    while done < limit and (claim := _claim(CLAIM_NEXT_REFUND, {"now": clock()})):
        _carry_refund(claim, clock)
        done += 1
    return done


@transaction.atomic
def prepare_refund(*, payment: int, negative_payment: int, amount: int, now: datetime) -> UUID:
    """Writes down that `amount` of the tender `payment` goes back at its provider, in the transaction that writes the tender below zero.

    Raises RefundExceedsCapture, and UnknownAttempt for a tender that came by no provider.
    """
    order = Payment.objects.filter(pk=payment).values_list("attempt__pk", flat=True).first()
    if order is None:
        raise UnknownAttempt
    _, row = settling.locked(order)
    if not 0 < amount <= row.captured - row.refunded:
        raise RefundExceedsCapture(field="amount", asked=amount, left=row.captured - row.refunded)
    return settling.new_refund(row, negative_payment, amount, now)


def carry_on_refund(*, refund: UUID, clock: Clock) -> str:
    """As carry_on: outside any transaction, any number of times. The refund's state."""
    claim = _claim(CLAIM_REFUND, {"id": refund, "now": clock()})
    if claim is not None:
        _carry_refund(claim, clock)
    return ProviderRefund.objects.values_list("state", flat=True).get(pk=refund)


def _carry_refund(claim: Claim, clock: Clock) -> None:
    back = ProviderRefund.objects.select_related("attempt").get(pk=claim.id)
    row = back.attempt
    ask = Ask(key=back.key, amount=back.amount, currency=row.currency, reference=row.reference, order=str(row.order_id), since=back.created_at)
    call = "look_refund" if claim.asked_before else "refund"
    with transaction.atomic(durable=True):
        AttemptStep.objects.create(attempt=row, what=f"asks_{call}", facts={"key": back.key, "amount": back.amount}, at=clock())
    outcome = _asked(row.backend, call, ask)
    if outcome.state == port.ABSENT:
        outcome = _asked(row.backend, "refund", ask)
    settling.settle_refund(refund=back.id, outcome=outcome, now=clock(), lease=claim.lease)


@transaction.atomic
def let_go(*, attempt: UUID, now: datetime, actor: UUID | None = None) -> str:
    """It shall be voided; a worker sees to it, or carry_on. Raises UnknownAttempt, AttemptState."""
    row = _opened(attempt, settling.OPEN)
    return _wants(row, Attempt.Wants.VOID, 0, now, actor)


@transaction.atomic
def capture(*, attempt: UUID, amount: int, now: datetime, actor: UUID | None = None) -> str:
    """Of what is held, this much shall be taken, once; the rest is let go. A worker sees to it, or carry_on."""
    row = _opened(attempt, (State.AUTHORISED,))
    if row.wants != Attempt.Wants.HOLD or not 0 < amount <= row.amount:
        raise AttemptState(f"{row.amount} is held and can be taken once.", field="amount", held=row.amount, asked=amount)
    return _wants(row, Attempt.Wants.CAPTURE, amount, now, actor)


@transaction.atomic
def look_now(*, attempt: UUID, now: datetime, actor: UUID | None) -> str:
    """A worker asks the provider about it within seconds. Also where a person was to decide: what is certain by then settles it."""
    row = _opened(attempt, (*settling.OPEN, State.REVIEW, State.DECLINED, State.VOIDED))
    settling.note(row, "look_wanted", now, actor=str(actor) if actor else "")
    # One that is held for later stays so: it is only looked at.
    Attempt.objects.filter(pk=row.pk).update(due_at=now if row.lease is None else row.due_at, tries=max(1, row.tries), changed_at=now)
    return row.state


@transaction.atomic
def try_refund_again(*, refund: UUID, now: datetime, actor: UUID | None) -> str:
    """Under its key, as ever: what went back already does not go twice."""
    back = ProviderRefund.objects.select_for_update().filter(pk=refund).first()
    if back is None:
        raise UnknownAttempt("There is no such refund.")
    if back.state == ProviderRefund.State.DONE:
        raise AttemptState("It has gone back.", state=back.state)
    if back.code in (GIVEN_INSTEAD, GIVEN_TWICE):
        raise AttemptState("It was given as store credit.", state=back.state)
    settling.note(back.attempt, "refund_wanted_again", now, refund=str(refund), actor=str(actor) if actor else "")
    ProviderRefund.objects.filter(pk=refund).update(state=ProviderRefund.State.UNKNOWN, due_at=now, tries=max(1, back.tries))
    return ProviderRefund.State.UNKNOWN


def _opened(attempt: UUID, states: tuple[str, ...]) -> Attempt:
    if not Attempt.objects.filter(pk=attempt).exists():
        raise UnknownAttempt
    _, row = settling.locked(attempt)
    if row.state not in states:
        raise AttemptState(f"It is {row.state}.", state=row.state)
    return row


def _wants(row: Attempt, wants: str, wanted: int, now: datetime, actor: UUID | None) -> str:
    settling.note(row, f"wants_{wants}", now, amount=wanted, actor=str(actor) if actor else "")
    due = now if row.lease is None else row.due_at
    Attempt.objects.filter(pk=row.pk).update(wants=wants, wanted=wanted or row.wanted, due_at=due, changed_at=now)
    return row.state


@transaction.atomic
def decide(*, attempt: UUID, outcome: str, amount: int | None, reference: str, note: str, now: datetime, actor: UUID | None) -> str:
    """A person has read at the provider what became of one that needs review: "captured" (all, or `amount`) or "failed".

    What failed cancels the order where nothing else is open of it. Raises UnknownAttempt, AttemptState.
    """
    row = _opened(attempt, (State.REVIEW,))
    if amount is not None and amount > row.amount:
        raise AttemptState(f"At most {row.amount} can have been captured.", field="amount", asked=amount)
    settling.note(row, f"decided_{outcome}", now, note=note, actor=str(actor) if actor else "", amount=amount)
    if outcome == "failed":
        settling.settle(attempt=attempt, outcome=Outcome(state=port.DECLINED, code="decided", reference=reference), now=now)
        settling.end_review(order=row.order_id, actor=actor, now=now)
    else:
        taken = amount or row.amount
        Attempt.objects.filter(pk=attempt).update(wanted=taken)
        settling.settle(attempt=attempt, outcome=Outcome(state=port.CAPTURED, captured=taken, reference=reference), now=now)
    return state_of(attempt=attempt)
