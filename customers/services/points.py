"""Points: earned by what was paid, worth money when they pay, taken back when goods come back."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from django.db import connection, transaction

from customers.services import ledger
from kernel.errors import Invalid
from kernel.money import exponent

# The first says whose account it was; the newest, what is earned in all and for how much: an order that is edited earns anew.
EARNED = """
select first.account_id, first.amount, newest.line, newest.note,
    (select coalesce(max(line), 0) from customers_transaction back where back.reference = newest.reference and back.cause = 'reverse')
from customers_transaction newest
cross join lateral (
    select posting.account_id, posting.amount from customers_transaction earned
    join customers_posting posting on posting.transaction_id = earned.id and posting.amount > 0
    where earned.reference = newest.reference and earned.cause = 'earn' and earned.line = 0
) first
where newest.reference = %s and newest.cause = 'earn' order by newest.line desc limit 1
"""


class PartInvalid(Invalid):
    code = "points_part_invalid"
    title = "What came back of an order is between nothing and all of it"


@dataclass(frozen=True, kw_only=True)
class Reversed:
    """`short`: points that should have come back and were spent already; nobody owes them."""

    points: int = 0
    short: int = 0


@dataclass(frozen=True, kw_only=True)
class Earned:
    """What an order has earned: `points` in all for `amount` (None: nobody wrote it down), `times`: how often it was counted."""

    account: UUID
    points: int
    amount: int | None
    times: int
    reversed: int


def points_for(*, amount: int, currency: str) -> int:
    """What paying `amount` minor units earns, in whole points."""
    return max(0, amount) * ledger.setting("points_earned") // 10 ** exponent(currency)


def earn_points(*, customer: UUID, order: UUID, amount: int, currency: str, now: datetime) -> int:
    """What an order earns, however often it is told; the points that came, below zero those that went. `amount`: what was paid for goods,
    without what points paid. An order that costs something else by now earns what that is worth; what was spent already is not asked for."""
    points = points_for(amount=amount, currency=currency)
    if not points and _earned(order) is None:
        return 0
    with transaction.atomic():
        holding = ledger.opened(customer=customer, kind="points", currency=ledger.POINTS, now=now)
        # Read behind the lock: two who tell of one order meet here.
        before = _earned(order)
        if before is not None and (before.amount == amount or before.amount is None and before.points == points):
            return 0
        more = max(-holding.balance, points - (before.points if before else 0))
        move = ledger.Move(cause="earn", reference=order, line=before.times if before else 0, holding=holding, amount=more, note=f"{points} {amount}")
        made = ledger.post(moves=[move], now=now)
        if made and more > 0:
            ledger.keep_alive(account=holding.id, now=now)
    return more if made else 0


def reverse_points(*, order: UUID, part: Fraction, now: datetime) -> Reversed:
    """Takes back of what an order earned in proportion to what came back of it. `part`: in all, this return and those before it, 0 to 1.

    What has been taken back stands as the line of the reversal, with what was short: the same part again takes nothing. Never below
    zero: what was spent already is told as short, and is not asked for again.
    """
    if not 0 <= part <= 1:
        raise PartInvalid(field="part")
    with transaction.atomic():
        earned = _earned(order)
        if earned is None:
            return Reversed()
        holding = ledger.one(account=earned.account)
        # Read again behind the lock: two returns of one order meet here.
        earned = _earned(order) or earned
        points, before = earned.points, earned.reversed
        # The customer keeps whole points for what they keep.
        wanted = points - int(points * (1 - part)) - before
        if wanted <= 0:
            return Reversed()
        taken = min(wanted, holding.balance)
        ledger.post(moves=[ledger.Move(cause="reverse", reference=order, line=before + wanted, holding=holding, amount=-taken)], now=now)
    return Reversed(points=taken, short=wanted - taken)


def _earned(order: UUID) -> Earned | None:
    with connection.cursor() as cursor:
        cursor.execute(EARNED, [order])
        row = cursor.fetchone()
    if row is None:
        return None
    account, first, line, note, reversed = row
    points, _, amount = note.partition(" ")
    told = {"points": int(points), "amount": int(amount)} if points else {"points": first, "amount": None}
    return Earned(account=account, times=line + 1, reversed=reversed, **told)
