"""What can be asked about gift cards, credit and points. Amounts are minor units of the account's currency, or whole points of "PTS"."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from customers import codes
from customers.models import Account, Customer, Posting
from org.paging import Page, page_of


@dataclass(frozen=True, kw_only=True)
class Card:
    """A gift card as whoever knows its code sees it."""

    id: UUID
    last4: str
    currency: str
    balance: int
    expires_at: datetime | None
    blocked: bool

    def spendable(self, *, now: datetime) -> int:
        return 0 if self.blocked or self.expires_at is not None and self.expires_at <= now else self.balance


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """`number`: its customer's, where it has one."""

    id: UUID
    kind: str
    currency: str
    customer: UUID | None
    number: str | None
    last4: str
    balance: int
    expires_at: datetime | None
    blocked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class MovementRow:
    """`amount` above zero came onto the account; 0: nothing moved, `note` says what was done. `balance`: what it held then."""

    id: UUID
    cause: str
    reference: UUID
    line: int
    amount: int
    actor: UUID | None
    note: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Liability:
    """What is owed of one kind and currency on accounts of one age: "month" (30 days at most), "quarter" (90), "year" (365), "older"."""

    kind: str
    currency: str
    age: str
    accounts: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class HeldAccount:
    """Credit or points of a customer."""

    id: UUID
    kind: str
    currency: str
    balance: int
    expires_at: datetime | None


COLUMNS = [{"customer": "customer_id", "number": "customer__number"}.get(name, name) for name in AccountRow.__dataclass_fields__]


def find_gift_card(*, code: str) -> Card | None:
    return find_gift_cards(given=[code])[0]


def find_gift_cards(*, given: Sequence[str]) -> list[Card | None]:
    """By their codes, as they were typed, in one statement; in their order."""
    plain = [codes.normalised(code[:1000]) for code in given]
    digests = [codes.digest(code) if codes.fits(code) else b"" for code in plain]
    rows = Account.objects.filter(kind=Account.Kind.GIFT_CARD, digest__in=[digest for digest in digests if digest])
    found = [
        (
            bytes(row.digest or b""),
            Card(
                id=row.id,
                last4=row.last4,
                currency=row.currency,
                balance=row.balance,
                expires_at=row.expires_at,
                blocked=row.blocked_at is not None,
            ),
        )
        for row in rows
    ]
    return [next((card for kept, card in found if hmac.compare_digest(kept, digest)), None) for digest in digests]


def accounts_of(*, customer: UUID, kinds: Collection[str] = ("store_credit", "points")) -> list[HeldAccount]:
    rows = Account.objects.filter(customer_id=customer, kind__in=list(kinds)).order_by("kind", "currency")
    return [HeldAccount(**row) for row in rows.values(*HeldAccount.__dataclass_fields__)]


def accounts(
    *,
    first: int,
    after: tuple[datetime, UUID] | None = None,
    kind: str = "",
    customer: UUID | None = None,
    last4: str = "",
    ids: Collection[UUID] | None = None,
) -> Page[AccountRow]:
    """Newest first, in one statement. `after`: (created_at, id) of the last one seen."""
    bounds = Q(kind=kind) if kind else ~Q(kind=Account.Kind.COUNTER)
    bounds &= Q(customer_id=customer) if customer else Q()
    bounds &= Q(last4=last4.upper()) if last4 else Q()
    bounds &= Q(id__in=list(ids)) if ids is not None else Q()
    bounds &= Q(TupleLessThan(Tuple(F("created_at"), F("id")), after)) if after else Q()
    rows = Account.objects.filter(bounds).order_by("-created_at", "-id").values_list(*COLUMNS)[: first + 1]
    return page_of([AccountRow(**dict(zip(AccountRow.__dataclass_fields__, row, strict=True))) for row in rows], first=first)


def balances(*, accounts: Collection[UUID]) -> dict[UUID, int]:
    """What is on each; of what is not there, nothing."""
    return dict(Account.objects.filter(id__in=list(accounts)).values_list("id", "balance"))


def account(*, id: UUID) -> AccountRow | None:
    return next(iter(accounts(first=1, ids=[id]).items), None)


@dataclass(frozen=True, kw_only=True)
class MayOwe:
    """What a customer may owe, in minor units of `currency`; 0: nothing."""

    limit: int
    currency: str


def may_owe(*, customer: UUID) -> MayOwe | None:
    """None: there is no such customer."""
    row = Customer.objects.filter(id=customer, erased_at__isnull=True).values_list("account_limit", "currency").first()
    return MayOwe(limit=row[0], currency=row[1]) if row else None


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a transaction did to the account it was about; below zero it took."""

    account: UUID
    kind: str
    currency: str
    amount: int


def moved(*, transaction: UUID) -> Moved | None:
    rows = Posting.objects.filter(transaction_id=transaction).exclude(account__kind=Account.Kind.COUNTER).order_by("amount")
    row = rows.values_list("account_id", "account__kind", "account__currency", "amount").first()
    return Moved(account=row[0], kind=row[1], currency=row[2], amount=row[3]) if row else None


def accounts_behind(*, transactions: Collection[UUID]) -> list[UUID]:
    """Which gift cards, credit and points were moved by these."""
    rows = Posting.objects.filter(transaction_id__in=list(transactions)).exclude(account__kind=Account.Kind.COUNTER)
    return list(rows.values_list("account_id", flat=True))


MOVEMENTS = """
select * from (
    (
        select moved.id, cause, reference, line, posting.amount, actor, note, at
        from customers_posting posting join customers_transaction moved on moved.id = posting.transaction_id
        where posting.account_id = %s
    ) union all (
        select moved.id, cause, reference, line, 0, actor, note, at from customers_transaction moved
        where reference = %s and cause = 'adjust' and not exists (select from customers_posting where transaction_id = moved.id)
    )
) movement
where %s::timestamptz is null or (at, id) < (%s::timestamptz, %s::uuid)
order by at desc, id desc limit %s
"""


def movements(*, account: UUID, first: int, after: tuple[datetime, UUID] | None = None) -> Page[MovementRow]:
    """Newest first, in one statement. `after`: (at, id) of the last one seen."""
    at, id = after or (None, None)
    rows = _rows(MOVEMENTS, [account, account, at, at, id, first + 1])
    return page_of([MovementRow(**dict(zip(MovementRow.__dataclass_fields__, row, strict=True))) for row in rows], first=first)


LIABILITY = """
select kind, currency, age, count(*), sum(balance)::bigint from (
    select kind, currency, balance, case
        when created_at > %s::timestamptz - interval '30 days' then 'month'
        when created_at > %s::timestamptz - interval '90 days' then 'quarter'
        when created_at > %s::timestamptz - interval '365 days' then 'year'
        else 'older'
    end as age
    from customers_account where kind <> 'counter' and balance > 0
) owed
group by kind, currency, age
order by kind, currency, array_position(array['month', 'quarter', 'year', 'older'], age)
"""


def liability(*, now: datetime) -> list[Liability]:
    """What the shop owes, in one statement."""
    return [Liability(**dict(zip(Liability.__dataclass_fields__, row, strict=True))) for row in _rows(LIABILITY, [now, now, now])]


def broken() -> list[tuple[str, str, int]]:
    """Rules of the ledgers that do not hold: none, in a sound database."""
    return [(rule, subject, difference) for rule, subject, difference in _rows("select * from customers_broken()", [])]


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
