"""What a shop owes a customer without a card: store credit. And what a business may owe the shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db import connection, transaction

from customers.models import Account
from customers.services import ledger
from kernel.errors import Invalid, NotFound

CREDIT, POINTS = "store_credit", "points"
# goodwill: given for nothing. refund: instead of the tender something was paid by. issue: from another system.
CAUSES: Final = ("goodwill", "refund", "issue")


class CauseUnknown(Invalid):
    code = "value_cause_unknown"
    title = f"Credit is given for one of: {', '.join(CAUSES)}"


@dataclass(frozen=True, kw_only=True)
class Given:
    """`transaction` None: it was given under this reference and line before."""

    account: UUID
    transaction: UUID | None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a customer may owe, in minor units of `currency`; 0: nothing."""

    amount: int
    currency: str


def give_credit(
    *,
    customer: UUID,
    amount: int,
    currency: str,
    cause: str = "goodwill",
    reference: UUID,
    line: int,
    actor: UUID | None,
    note: str,
    now: datetime,
) -> Given:
    """Minor units, once per reference, cause and line. Raises AmountInvalid, CurrencyUnknown, CauseUnknown, NotFound."""
    ledger.checked_currency(currency)
    return _given(customer, CREDIT, amount, currency, cause, reference, line, actor, note, now)


def give_points(
    *, customer: UUID, points: int, cause: str = "goodwill", reference: UUID, line: int, actor: UUID | None, note: str, now: datetime
) -> Given:
    """Points that were not earned by an order: goodwill, or those of another system. They expire as earned ones do."""
    given = _given(customer, POINTS, points, ledger.POINTS, cause, reference, line, actor, note, now)
    if given.transaction:
        ledger.keep_alive(account=given.account, now=now)
    return given


def _given(
    customer: UUID, kind: str, amount: int, currency: str, cause: str, reference: UUID, line: int, actor: UUID | None, note: str, now: datetime
) -> Given:
    ledger.checked_amount(amount)
    if cause not in CAUSES:
        raise CauseUnknown(field="cause")
    with transaction.atomic():
        holding = ledger.opened(customer=customer, kind=kind, currency=currency, now=now)
        move = ledger.Move(cause=cause, reference=reference, line=line, holding=holding, amount=amount, actor=actor, note=note)
        return Given(account=holding.id, transaction=ledger.post_one(move=move, now=now))


def account_limit(*, customer: UUID) -> Limit:
    """Held until the transaction ends: two orders on one account are counted after each other. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("select account_limit, currency from customers_customer where id = %s and erased_at is null for no key update", [customer])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("There is no such customer.", field="customer")
    return Limit(amount=row[0], currency=row[1])


def merge_value(*, keep: UUID, gone: UUID, actor: UUID | None, now: datetime) -> int:
    """What the one had is the other's: cards, credit and points. In the transaction that merges them. How many accounts were emptied."""
    Account.objects.filter(customer_id=gone, kind=Account.Kind.GIFT_CARD).update(customer_id=keep)
    found = Account.objects.filter(customer_id=gone, kind__in=[CREDIT, POINTS], balance__gt=0).order_by("id")
    pairs = [
        (id, ledger.opened(customer=keep, kind=kind, currency=currency, now=now))
        for id, kind, currency in found.values_list("id", "kind", "currency")
    ]
    return len(ledger.post(moves=_moves(pairs, gone, actor), now=now))


def follow_merges(*, now: datetime) -> int:
    """What came back to somebody who is part of another by now goes on to them. How many accounts."""
    moved = 0
    late = Account.objects.filter(kind__in=[CREDIT, POINTS], balance__gt=0, customer__merged_into__isnull=False)
    for gone, keep in set(late.values_list("customer_id", "customer__merged_into_id")):
        if gone and keep:
            with transaction.atomic():
                moved += merge_value(keep=keep, gone=gone, actor=None, now=now)
    return moved


def _moves(pairs: Sequence[tuple[UUID, ledger.Holding]], gone: UUID, actor: UUID | None) -> list[ledger.Move]:
    """All are locked anew in one order. What came onto a merged customer's account later moves under a reference of its own."""
    held = ledger.locked(accounts=[id for pair in pairs for id in (pair[0], pair[1].id)])
    return [
        ledger.Move(
            cause="merge",
            reference=uuid5(gone, f"{id} {ledger.newest(account=id)}"),
            line=0,
            holding=held[kept.id],
            other=held[id],
            amount=held[id].balance,
            actor=actor,
        )
        for id, kept in pairs
        if held[id].balance
    ]
