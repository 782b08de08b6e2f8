"""Points: earned by what was paid, worth money when they pay, taken back when goods come back."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from django.db import connection, transaction

from customers.services import ledger
from kernel.errors import Invalid
from kernel.money import exponent

EARNED = """
select posting.account_id, posting.amount,
    (select coalesce(max(line), 0) from customers_transaction back where back.reference = earned.reference and back.cause = 'reverse')
from customers_transaction earned
join customers_posting posting on posting.transaction_id = earned.id and posting.amount > 0
where earned.reference = %s and earned.cause = 'earn'
"""


class PartInvalid(Invalid):
    code = "points_part_invalid"
    title = "What came back of an order is between nothing and all of it"


@dataclass(frozen=True, kw_only=True)
class Reversed:
    """`short`: points that should have come back and were spent already; nobody owes them."""

    points: int = 0
    short: int = 0


def points_for(*, amount: int, currency: str) -> int:
    """What paying `amount` minor units earns, in whole points."""
    return max(0, amount) * ledger.setting("points_earned") // 10 ** exponent(currency)


def earn_points(*, customer: UUID, order: UUID, amount: int, currency: str, now: datetime) -> int:
    """Once per order; the points. `amount`: what was paid for goods, without what points paid."""
    points = points_for(amount=amount, currency=currency)
    if not points:
        return 0
    with transaction.atomic():
        holding = ledger.opened(customer=customer, kind="points", currency=ledger.POINTS, now=now)
        made = ledger.post(moves=[ledger.Move(cause="earn", reference=order, line=0, holding=holding, amount=points)], now=now)
        if made:
            ledger.keep_alive(account=holding.id, now=now)
    return points if made else 0


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
        account = earned[0]
        holding = ledger.one(account=account)
        # Read again behind the lock: two returns of one order meet here.
        _, points, before = _earned(order) or earned
        # The customer keeps whole points for what they keep.
        wanted = points - int(points * (1 - part)) - before
        if wanted <= 0:
            return Reversed()
        taken = min(wanted, holding.balance)
        ledger.post(moves=[ledger.Move(cause="reverse", reference=order, line=before + wanted, holding=holding, amount=-taken)], now=now)
    return Reversed(points=taken, short=wanted - taken)


def _earned(order: UUID) -> tuple[UUID, int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(EARNED, [order])
        found: tuple[UUID, int, int] | None = cursor.fetchone()
    return found
