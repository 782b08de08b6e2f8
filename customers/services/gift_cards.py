"""Gift cards: issued with a code that is told once, topped up, blocked, given a new code when theirs was lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from customers import codes
from customers.models import Account
from customers.queries.value import Card, find_gift_cards
from customers.services import ledger, tries
from kernel.errors import Conflict, Invalid, NotFound

CARDS = UUID("5d0f3f5e-9f58-5b0b-8a77-6a0f6f0b2c41")


class GiftCardUnknown(NotFound):
    code = "gift_card_unknown"
    title = "There is no gift card with this code"


class CodeInvalid(Invalid):
    code = "gift_card_code_invalid"
    title = f"A gift card's code has {codes.SHORTEST} to {codes.LONGEST} letters and digits"


class CodeTaken(Conflict):
    code = "gift_card_code_taken"
    title = "Another gift card has this code"


class GiftCardUsed(Conflict):
    """`details`: sold, left (minor units)."""

    code = "gift_card_used"
    title = "Only a gift card that nothing was paid with can come back"


class NotACard(NotFound):
    code = "gift_card_not_found"
    title = "There is no such gift card"


@dataclass(frozen=True, kw_only=True)
class Issued:
    """`code` is told this once; empty where the card stood already, or brought its own."""

    id: UUID
    code: str = field(repr=False)
    new: bool


@transaction.atomic
def issue_gift_card(
    *,
    amount: int,
    currency: str,
    reference: UUID,
    line: int,
    actor: UUID | None,
    now: datetime,
    code: str = "",
    customer: UUID | None = None,
    expires_at: datetime | None = None,
) -> Issued:
    """One card per reference and line: a replay finds it and tells no code. `code`: of another system; else one is made.

    `amount` in minor units. `expires_at` None: as the setting says. Raises AmountInvalid, CodeInvalid, CodeTaken, CurrencyUnknown.
    """
    ledger.checked_amount(amount)
    ledger.checked_currency(currency)
    id = card_of(reference=reference, line=line)
    if Account.objects.filter(id=id).exists():
        return Issued(id=id, code="", new=False)
    given = _accepted(code) if code else ""
    plain = given or codes.made()
    values = {**_told(plain), "kind": Account.Kind.GIFT_CARD, "currency": currency, "customer_id": customer, "created_at": now}
    if not _created(id, values | {"expires_at": expires_at or _valid_until(now)}):
        return Issued(id=id, code="", new=False)
    moves = [ledger.Move(cause="issue", reference=reference, line=line, holding=ledger.one(account=id), amount=amount, actor=actor)]
    ledger.post(moves=moves, now=now)
    return Issued(id=id, code="" if given else codes.shown(plain), new=True)


@transaction.atomic
def top_up(*, id: UUID, amount: int, currency: str, reference: UUID, line: int, actor: UUID | None, now: datetime) -> bool:
    """More money onto a card that lives; it is valid for as long as a new one. False: this reference and line did it before.

    Raises AmountInvalid, NotACard, CurrencyDiffers, GiftCardBlocked, GiftCardExpired.
    """
    ledger.checked_amount(amount)
    card = _card(id)
    if card.currency != currency:
        raise ledger.CurrencyDiffers(field="currency", currency=card.currency)
    ledger.usable(card, now=now)
    move = ledger.Move(cause="top_up", reference=reference, line=line, holding=card, amount=amount, actor=actor)
    new = ledger.post_one(move=move, now=now) is not None
    until = _valid_until(now)
    if new and card.expires_at and until and until > card.expires_at:
        Account.objects.filter(id=id).update(expires_at=until)
    return new


@transaction.atomic
def block(*, id: UUID, blocked: bool, actor: UUID | None, note: str = "", now: datetime) -> bool:
    """Nothing can be spent from it until it is unblocked; what comes back to it comes. Blocked twice is blocked. Whether it changed."""
    card = _card(id)
    if (card.blocked_at is not None) == blocked:
        return False
    Account.objects.filter(id=id).update(blocked_at=now if blocked else None)
    ledger.note_on(holding=card, note=f"{'blocked' if blocked else 'unblocked'} {note}".strip()[:200], actor=actor, now=now)
    return True


def card_of(*, reference: UUID, line: int) -> UUID:
    """The card that was issued under this reference and line."""
    return uuid5(CARDS, f"{reference}:{line}")


@transaction.atomic
def void(*, id: UUID, amount: int, reference: UUID, line: int, actor: UUID | None, note: str, now: datetime) -> bool:
    """A card that was sold for `amount` comes back unused: nothing is on it any more, and nothing can be paid with it. False: it came back
    under this reference and line before. Raises NotACard, GiftCardUsed."""
    card = _card(id)
    move = ledger.Move(cause="adjust", reference=reference, line=line, holding=card, amount=-amount, actor=actor, note=note[:200])
    if ledger.stands(move=move):
        return False
    if card.balance != amount:
        raise GiftCardUsed(field="lines", sold=amount, left=card.balance)
    ledger.post_one(move=move, now=now)
    Account.objects.filter(id=id, blocked_at=None).update(blocked_at=now)
    return True


@transaction.atomic
def change_expiry(*, id: UUID, expires_at: datetime | None, actor: UUID | None, now: datetime) -> None:
    """None: it never expires."""
    card = _card(id)
    Account.objects.filter(id=id).update(expires_at=expires_at)
    told = expires_at.date().isoformat() if expires_at else "never"
    ledger.note_on(holding=card, note=f"expires: {told}", actor=actor, now=now)


@transaction.atomic
def replace_code(*, id: UUID, actor: UUID | None, now: datetime) -> Issued:
    """The old code opens nothing any more; the card and what is on it stay. For a code that was lost, or seen by somebody else."""
    card = _card(id)
    plain = codes.made()
    Account.objects.filter(id=id).update(**_told(plain))
    ledger.note_on(holding=card, note="new code", actor=actor, now=now)
    return Issued(id=id, code=codes.shown(plain), new=False)


def look_up(*, code: str, who: str) -> Card:
    """What is on a card, for whoever knows its code. `who`: whose tries are counted. Raises GiftCardUnknown, TooManyTries."""
    return look_up_all(given=[code], who=who)[0]


def look_up_all(*, given: Sequence[str], who: str) -> list[Card]:
    """Several in one statement, in their order."""
    for _ in given:
        tries.count(who=who)
    found = find_gift_cards(given=given)
    for card in found:
        if card is None:
            raise GiftCardUnknown(field="code")
        tries.was_right(who=who)
    return [card for card in found if card]


def _accepted(code: str) -> str:
    plain = codes.normalised(code)
    if not codes.fits(plain):
        raise CodeInvalid(field="code")
    return plain


def _told(plain: str) -> dict[str, Any]:
    return {"digest": codes.digest(plain), "last4": plain[-4:]}


def _created(id: UUID, values: dict[str, Any]) -> bool:
    """Whether it is new: another may have issued it while we looked."""
    try:
        with transaction.atomic():
            Account.objects.create(id=id, **values)
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name == "gift_card_code_once" and not Account.objects.filter(id=id).exists():
            raise CodeTaken(field="code") from error
        if name in ("gift_card_code_once", "customers_account_pkey"):
            return False
        raise
    return True


def _card(id: UUID) -> ledger.Holding:
    holding = ledger.locked(accounts=[id]).get(id)
    if holding is None or holding.kind != "gift_card":
        raise NotACard(field="id")
    return holding


def _valid_until(now: datetime) -> datetime | None:
    days = ledger.setting("gift_card_days")
    return now + timedelta(days=days) if days else None
