"""Value moves: between what a customer holds and the shop's own side of the ledger, in one statement however many moves.

Accounts are locked in the order of their ids, here and by the trigger of postings. A move is once per reference, cause and line: what is
sent again moves nothing. Call these inside the transaction of what they are for, before goods are taken: value first, stock after it.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import IntegrityError, connection, transaction

from customers.events import ValueMoved
from kernel import outbox
from kernel.errors import Conflict, Invalid, NotFound
from kernel.ids import uuid7
from org import settings

POINTS: Final = "PTS"
# Beyond this nobody's balance is a balance, and sums stay far from where integers end.
MOST: Final = 10**12
# What comes back to a card that has expired, or is about to, can be spent at least this long.
GRACE: Final = timedelta(days=30)
COUNTERS: Final = UUID("0d0a3c52-3f0e-5b7c-9c60-9a3f5e1b8a11")

# The other side of each cause: "gift_card:issued" and so on.
SIDES: Final = {
    "issue": "issued",
    "top_up": "issued",
    "spend": "spent",
    "give_back": "spent",
    "refund": "spent",
    "goodwill": "goodwill",
    "earn": "earned",
    "reverse": "earned",
    "expire": "expired",
    "adjust": "adjusted",
}


class AmountInvalid(Invalid):
    code = "value_amount_invalid"
    title = "Give a whole amount above 0"


class CurrencyDiffers(Invalid):
    code = "value_currency_differs"
    title = "This is held in another currency"


class CurrencyUnknown(Invalid):
    code = "value_currency_unknown"
    title = "Give a currency's code, such as EUR"


class NotEnough(Conflict):
    """`details`: asked, left (minor units or points), account."""

    code = "value_balance"
    title = "There is not that much left"


class GiftCardBalance(NotEnough):
    code = "gift_card_balance"
    title = "There is not that much left on this gift card"


class CreditBalance(NotEnough):
    code = "store_credit_balance"
    title = "There is not that much store credit left"


class PointsBalance(NotEnough):
    code = "points_balance"
    title = "There are not that many points left"


class GiftCardBlocked(Conflict):
    code = "gift_card_blocked"
    title = "This gift card is blocked"


class GiftCardExpired(Conflict):
    code = "gift_card_expired"
    title = "This gift card has expired"


class AlreadyGivenBack(Conflict):
    """What was spent under this reference came back: the same cannot be spent a second time under it."""

    code = "value_given_back"
    title = "What was spent for this has been given back"


class SpentOtherwise(Conflict):
    """A replay has to be the same: under this reference something moved on another account, or another amount."""

    code = "value_moved_otherwise"
    title = "Something else moved for this already"


BALANCES: Final[dict[str, type[NotEnough]]] = {"gift_card": GiftCardBalance, "store_credit": CreditBalance, "points": PointsBalance}


@dataclass(frozen=True, kw_only=True)
class Holding:
    """An account as it stands under its lock."""

    id: UUID
    kind: str
    currency: str
    balance: int
    customer: UUID | None
    last4: str
    expires_at: datetime | None
    blocked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Spend:
    """`amount` in minor units of `currency`, or points of "PTS". `line`: which tender of the reference it is; None: its place among the others."""

    account: UUID
    amount: int
    currency: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """Above zero the account gets it. `other`: the account it comes from; None: the shop's own side, as the cause says."""

    cause: str
    reference: UUID
    line: int
    holding: Holding
    amount: int
    undoes: UUID | None = None
    other: Holding | None = None
    actor: UUID | None = None
    note: str = ""

    @property
    def counter(self) -> str:
        return "" if self.other else f"{self.holding.kind}:{SIDES[self.cause]}"


HOLDINGS = """
select id, kind, currency, balance, customer_id, last4, expires_at, blocked_at
from customers_account where id = any(%s::uuid[]) and kind <> 'counter' order by id for no key update
"""

# In the order of what makes a move unique, so that two who bring the same moves wait for each other and never lock each other out.
POST = """
with wanted as materialized (
    select * from jsonb_to_recordset(%s::jsonb) as move(
        id uuid, cause text, reference uuid, line integer, account uuid, other uuid, counter text, currency text, amount bigint,
        undoes uuid, actor uuid, note text
    )
), counters as (
    insert into customers_account (id, kind, currency, name, last4, balance, created_at)
    select distinct other, 'counter', currency, counter, '', 0, %s::timestamptz from wanted where counter <> '' order by other
    on conflict do nothing
), moved as (
    insert into customers_transaction (id, cause, reference, line, undoes_id, actor, note, at)
    select id, cause, reference, line, undoes, actor, note, %s::timestamptz from wanted order by reference, cause, line
    on conflict do nothing
    returning id
), posted as (
    insert into customers_posting (transaction_id, account_id, amount)
    select id, side.account, side.amount
    from moved join wanted using (id)
    cross join lateral (values (wanted.account, wanted.amount), (wanted.other, -wanted.amount)) side (account, amount)
    where side.amount <> 0
)
select id from moved
"""

SPENT = """
select moved.line, moved.id, posting.account_id, -posting.amount, exists (select from customers_transaction back where back.undoes_id = moved.id)
from customers_transaction moved
join customers_posting posting on posting.transaction_id = moved.id
join customers_account account on account.id = posting.account_id and account.kind <> 'counter'
where moved.reference = %s and moved.cause = 'spend' and moved.line = any(%s::integer[])
"""

MOVED = """
select account.id, posting.amount from customers_transaction moved
join customers_posting posting on posting.transaction_id = moved.id
join customers_account account on account.id = posting.account_id and account.kind <> 'counter'
where moved.reference = %s and moved.cause = %s and moved.line = %s
"""

# Whatever stands of it, once: two who give back at once meet at the unique key of what is undone.
TO_GIVE_BACK = """
select spent.id, spent.line, posting.account_id, -posting.amount
from customers_transaction spent
join customers_posting posting on posting.transaction_id = spent.id
join customers_account account on account.id = posting.account_id and account.kind <> 'counter'
where spent.reference = %s and spent.cause = 'spend' and (%s::integer[] is null or spent.line = any(%s::integer[]))
    and not exists (select from customers_transaction back where back.undoes_id = spent.id)
order by spent.line
"""

PROLONG = """
update customers_account set expires_at = %s
where id = any(%s::uuid[]) and kind = 'gift_card' and expires_at is not null and expires_at < %s
"""


def locked(*, accounts: Collection[UUID]) -> dict[UUID, Holding]:
    """As they stand, and held until the transaction ends; in the order of their ids, whoever asks."""
    names = Holding.__dataclass_fields__
    rows = _rows(HOLDINGS, [sorted(set(accounts))]) if accounts else []
    found = [Holding(**dict(zip(names, row, strict=True))) for row in rows]
    return {holding.id: holding for holding in found}


def lock_accounts(*, accounts: Collection[UUID]) -> None:
    """For whoever moves several one after the other: all of them first, in everybody's order, or two could lock each other out."""
    locked(accounts=accounts)


def one(*, account: UUID) -> Holding:
    found = locked(accounts=[account]).get(account)
    if found is None:
        raise NotFound("There is no such account.", field="account")
    return found


def post(*, moves: Sequence[Move], now: datetime) -> list[UUID]:
    """Writes those that are new, each with its event; their transactions. What moves nothing is written down and told nobody."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("move value inside the transaction of what it is for")
    made = {uuid7(): move for move in moves}
    if not made:
        return []
    written = {row[0] for row in _rows(POST, [json.dumps([_row(id, move) for id, move in made.items()], default=str), now, now])}
    new = [id for id in made if id in written]
    told = [_event(id, made[id]) for id in new if made[id].amount]
    if told:
        outbox.record_many(told, now=now)
    return new


def post_one(*, move: Move, now: datetime) -> UUID | None:
    """The transaction; None for a replay. Raises SpentOtherwise when something else moved under this reference, cause and line."""
    made = post(moves=[move], now=now)
    if not made and _moved(move) != [(move.holding.id, move.amount)]:
        raise SpentOtherwise(field="reference")
    return made[0] if made else None


def spend(*, spends: Sequence[Spend], reference: UUID, now: datetime) -> list[UUID]:
    """Takes all or nothing, in as many statements for ten as for one; the transactions in their order.

    What was spent under this reference and line already is not spent again. Raises NotEnough (GiftCardBalance, CreditBalance,
    PointsBalance), GiftCardBlocked, GiftCardExpired, CurrencyDiffers, NotFound, AlreadyGivenBack, SpentOtherwise.
    """
    if not spends:
        return []
    lines = [place if spend.line is None else spend.line for place, spend in enumerate(spends)]
    held = locked(accounts=[spend.account for spend in spends])
    # Read after the lock: the snapshot of this statement has what the locks' last holder committed.
    asked = dict(zip(lines, spends, strict=True))
    known = _spent_before(reference, asked)
    new = [(line, spend) for line, spend in asked.items() if line not in known]
    _check([spend for _, spend in new], held, now)
    moves = [Move(cause="spend", reference=reference, line=line, holding=held[spend.account], amount=-spend.amount) for line, spend in new]
    made = post(moves=moves, now=now)
    if len(made) < len(moves):
        # Not seen above, so from accounts that are not locked here.
        raise SpentOtherwise(field="reference")
    found = known | dict(zip([line for line, _ in new], made, strict=True))
    return [found[line] for line in lines]


def _spent_before(reference: UUID, asked: Mapping[int, Spend]) -> dict[int, UUID]:
    """The transactions of a replay, by line."""
    known = {}
    for line, id, account, amount, undone in _rows(SPENT, [reference, list(asked)]):
        if (account, amount) != (asked[line].account, asked[line].amount):
            raise SpentOtherwise(field="reference")
        if undone:
            raise AlreadyGivenBack(field="reference")
        known[line] = id
    return known


def _check(spends: Sequence[Spend], held: Mapping[UUID, Holding], now: datetime) -> None:
    asked: Counter[UUID] = Counter()
    for spend in spends:
        checked_amount(spend.amount)
        if spend.account not in held:
            raise NotFound("There is no such account.", field="account")
        asked[spend.account] += spend.amount
        if held[spend.account].currency != spend.currency:
            raise CurrencyDiffers(field="currency", currency=held[spend.account].currency)
    for account, amount in asked.items():
        usable(held[account], now=now)
        if amount > held[account].balance:
            raise BALANCES[held[account].kind](field="amount", asked=amount, left=held[account].balance, account=str(account))


def usable(holding: Holding, *, now: datetime) -> None:
    if holding.blocked_at is not None:
        raise GiftCardBlocked(field="account", account=str(holding.id))
    if holding.kind == "gift_card" and holding.expires_at is not None and holding.expires_at <= now:
        raise GiftCardExpired(field="account", account=str(holding.id))


@transaction.atomic
def give_back(*, reference: UUID, now: datetime, lines: Collection[int] | None = None, actor: UUID | None = None) -> int:
    """What was spent under a reference goes back to where it came from, once, however often and by however many this is called. How many."""
    only = None if lines is None else list(lines)
    found = _rows(TO_GIVE_BACK, [reference, only, only])
    held = locked(accounts=[row[2] for row in found])
    moves = [
        Move(cause="give_back", reference=reference, line=line, holding=held[account], amount=amount, undoes=spent, actor=actor)
        for spent, line, account, amount in found
    ]
    given = len(post(moves=moves, now=now))
    if given:
        prolong(accounts=held, now=now)
    return given


def refund_to(*, account: UUID, amount: int, reference: UUID, line: int, now: datetime, actor: UUID | None = None) -> UUID | None:
    """A part of what was spent comes back; the transaction, or None when it had come back under this reference and line.

    Raises AmountInvalid, NotFound, SpentOtherwise.
    """
    checked_amount(amount)
    move = Move(cause="refund", reference=reference, line=line, holding=one(account=account), amount=amount, actor=actor)
    made = post_one(move=move, now=now)
    prolong(accounts=[account] if made else [], now=now)
    return made


@transaction.atomic
def adjust(*, account: UUID, amount: int, reference: UUID, line: int, actor: UUID | None, note: str, now: datetime) -> bool:
    """Puts a balance right, saying why; below zero takes away. Raises NotEnough. False: it was done before."""
    holding = one(account=account)
    checked_amount(abs(amount))
    move = Move(cause="adjust", reference=reference, line=line, holding=holding, amount=amount, actor=actor, note=note)
    if -amount > holding.balance and not _moved(move):
        raise BALANCES[holding.kind](field="amount", asked=-amount, left=holding.balance, account=str(account))
    return post_one(move=move, now=now) is not None


def stands(*, move: Move) -> bool:
    """Whether it was made before. Under the account's lock."""
    return bool(_moved(move))


def opened(*, customer: UUID, kind: str, currency: str, now: datetime) -> Holding:
    """The customer's account of this kind, made if there is none; under its lock. Raises NotFound for a customer who is not there."""
    rows = _rows(OPEN, [uuid7(), kind, currency, now, customer]) or _rows(OPENED, [customer, kind, currency])
    if not rows:
        raise NotFound("There is no such customer.", field="customer")
    return one(account=rows[0][0])


def note_on(*, holding: Holding, note: str, actor: UUID | None, now: datetime) -> None:
    """Something that moves nothing is written down beside what does: blocked, a new code. Under the account's lock."""
    line = _rows("select coalesce(max(line) + 1, 0) from customers_transaction where reference = %s and cause = 'adjust'", [holding.id])[0][0]
    post(moves=[Move(cause="adjust", reference=holding.id, line=line, holding=holding, amount=0, actor=actor, note=note)], now=now)


def prolong(*, accounts: Collection[UUID], now: datetime) -> None:
    if accounts:
        with connection.cursor() as cursor:
            cursor.execute(PROLONG, [now + GRACE, list(accounts), now + GRACE])


OPEN = """
insert into customers_account (id, kind, currency, customer_id, name, last4, balance, created_at)
select %s, %s, %s, customer.id, '', '', 0, %s from customers_customer customer where customer.id = %s and customer.erased_at is null
on conflict do nothing
returning id
"""
OPENED = "select id from customers_account where customer_id = %s and kind = %s and currency = %s"


def keep_alive(*, account: UUID, now: datetime) -> None:
    """Points live on with every point that is earned."""
    days = setting("points_days")
    with connection.cursor() as cursor:
        cursor.execute("update customers_account set expires_at = %s where id = %s", [now + timedelta(days=days) if days else None, account])


def newest(*, account: UUID) -> int:
    return int(_rows("select coalesce(max(id), 0) from customers_posting where account_id = %s", [account])[0][0])


DUE = """
select id, kind, currency, balance, customer_id, last4, expires_at, blocked_at
from customers_account where expires_at <= %s and balance > 0 and expires_at is not null and kind in ('gift_card', 'points')
order by id limit %s for no key update skip locked
"""


def expire(*, now: datetime, limit: int = 500) -> int:
    """Takes what is left on up to `limit` accounts whose time is over. How many. Passes by what somebody is spending."""
    with transaction.atomic():
        due = [Holding(**dict(zip(Holding.__dataclass_fields__, row, strict=True))) for row in _rows(DUE, [now, limit])]
        # An account may expire again when something came onto it later: by the moment it expired, each time is its own.
        moves = [
            Move(cause="expire", reference=uuid5(holding.id, str(holding.expires_at)), line=0, holding=holding, amount=-holding.balance)
            for holding in due
        ]
        if len(post(moves=moves, now=now)) < len(moves):
            raise IntegrityError("an account expired twice at one moment")
        return len(due)


def checked_amount(amount: int) -> None:
    if not 0 < amount <= MOST:
        raise AmountInvalid(field="amount")


def checked_currency(currency: str) -> None:
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()) or currency == POINTS:
        raise CurrencyUnknown(field="currency")


def setting(name: str) -> int:
    return int(settings.get(f"value.{name}"))


def _moved(move: Move) -> list[tuple[UUID, int]]:
    """Which account has moved, and by how much, under its reference, cause and line."""
    found: list[tuple[UUID, int]] = _rows(MOVED, [move.reference, move.cause, move.line])  # type: ignore[assignment]
    return found


def _row(id: UUID, move: Move) -> dict[str, Any]:
    currency = move.holding.currency
    return {
        "id": id,
        "cause": move.cause,
        "reference": move.reference,
        "line": move.line,
        "account": move.holding.id,
        "other": move.other.id if move.other else uuid5(COUNTERS, f"{move.counter} {currency}"),
        "counter": move.counter,
        "currency": currency,
        "amount": move.amount,
        "undoes": move.undoes,
        "actor": move.actor,
        "note": move.note,
    }


def _event(id: UUID, move: Move) -> ValueMoved:
    return ValueMoved(
        aggregate_id=id,
        sequence=1,
        store=None,
        cause=move.cause,
        reference=move.reference,
        line=move.line,
        account=move.holding.id,
        kind=move.holding.kind,
        customer=move.holding.customer,
        currency=move.holding.currency,
        amount=move.amount,
        counter=move.counter,
        other=move.other.id if move.other else None,
        undoes=move.undoes,
    )


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
