"""Tenders that the shop keeps itself - gift cards, store credit, points, the account of a business - are taken and given back in the
transaction of what they pay. Call these before goods are held or taken: value first, stock after it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from customers import queries as held
from customers import services as customers
from customers.queries import Card, HeldAccount
from orders.models import Payment
from orders.queries.owed import owed
from orders.services.sales import SalePayment
from orders.tenders import ACCOUNT, AWAITED, GIFT_CARD, INTERNAL, POINTS, STORE_CREDIT, AccountLimit, NeedsCustomer, Tender, points_back, whole_points
from org import settings

PTS: Final = "PTS"
# What the ledgers of customers hold.
VALUE: Final = INTERNAL - {ACCOUNT}


def point_worth() -> int:
    """What a point pays, in minor units."""
    return int(settings.get("value.point_worth"))


def known_cards(*, wanted: Sequence[Tender], who: str) -> list[Tender]:
    """Gift cards by their account instead of their code. Wrong codes are counted outside the database: call it before a transaction is open,
    which a cache that is slow would hold, and which would undo nothing of the count. Raises GiftCardUnknown, TooManyTries."""
    codes = [tender.code for tender in wanted if tender.kind == GIFT_CARD and tender.account is None]
    cards = iter(customers.look_up_all(given=codes, who=who) if codes else ())
    return [_as_account(tender, next(cards)) if tender.kind == GIFT_CARD and tender.account is None else tender for tender in wanted]


def _as_account(tender: Tender, card: Card) -> Tender:
    return replace(tender, account=card.id, code="", label=f"Gift card {card.last4}")


def take_tenders(
    *, order: UUID, wanted: Sequence[Tender], currency: str, customer: UUID | None, now: datetime, who: str = "", first: int = 1
) -> list[SalePayment]:
    """Takes what is the shop's own, all or nothing, and answers the payments to write, cash as it is and what is awaited left out.

    Positions count `wanted` from `first`: a second taking for one order goes on where the first ended. The same again takes nothing.
    `who` tries codes that nobody looked up before (known_cards). Cards' shares without change: see orders.tenders.cover.
    Raises what customers.services.spend and look_up raise, NeedsCustomer, AccountLimit, TenderMismatch.
    """
    places = list(enumerate(wanted, start=first))
    _owe([tender for tender in wanted if tender.kind == ACCOUNT], currency, customer, order)
    spends, labels = _spends(
        [(place, tender) for place, tender in places if tender.kind in INTERNAL - {ACCOUNT}], currency, customer, who or str(order)
    )
    moved = dict(zip([spend.line for spend in spends], customers.spend(spends=spends, reference=order, now=now), strict=True))
    return [
        SalePayment(
            position=place,
            kind=tender.kind,
            amount=tender.amount,
            tendered=tender.amount,
            source=moved.get(place),
            label=labels.get(place, tender.label),
        )
        for place, tender in places
        if tender.kind not in AWAITED
    ]


def _spends(places: Sequence[tuple[int, Tender]], currency: str, customer: UUID | None, who: str) -> tuple[list[customers.Spend], dict[int, str]]:
    """What is spent from which account, and what people know it by; in as many statements for ten cards as for one."""
    codes = [(place, tender.code) for place, tender in places if tender.kind == GIFT_CARD and tender.account is None]
    cards = dict(zip([place for place, _ in codes], customers.look_up_all(given=[code for _, code in codes], who=who) if codes else [], strict=True))
    own = _own(customer) if any(tender.kind in (STORE_CREDIT, POINTS) for _, tender in places) else []
    worth = point_worth() if any(tender.kind == POINTS for _, tender in places) else 0
    spends, labels = [], {}
    for place, tender in places:
        if tender.kind == POINTS:
            amount, money = whole_points(amount=tender.amount, point_worth=worth), PTS
        else:
            amount, money = tender.amount, currency
        account = _account(tender, cards.get(place), own, money, amount)
        spends.append(customers.Spend(account=account, amount=amount, currency=money, line=place))
        labels[place] = _label(tender, cards.get(place))
    return spends, labels


def _own(customer: UUID | None) -> list[HeldAccount]:
    if customer is None:
        raise NeedsCustomer(field="customer")
    return held.accounts_of(customer=customer)


def _account(tender: Tender, card: Card | None, own: Sequence[HeldAccount], currency: str, amount: int) -> UUID:
    if tender.kind == GIFT_CARD:
        found = card.id if card else tender.account
    else:
        found = next((one.id for one in own if one.kind == tender.kind and one.currency == currency), None)
    if found is None:
        refusal = customers.PointsBalance if tender.kind == POINTS else customers.CreditBalance
        raise refusal(field="tenders", asked=amount, left=0)
    return found


def _label(tender: Tender, card: Card | None) -> str:
    if tender.kind == GIFT_CARD and card:
        return f"Gift card {card.last4}"
    return tender.label or {GIFT_CARD: "Gift card", STORE_CREDIT: "Store credit", POINTS: "Points"}[tender.kind]


def _owe(tenders: Sequence[Tender], currency: str, customer: UUID | None, order: UUID) -> None:
    """Whether the customer may owe that much more. Two orders of one customer are counted after each other."""
    if not tenders:
        return
    if customer is None:
        raise NeedsCustomer(field="customer")
    limit = customers.account_limit(customer=customer)
    asked = sum(tender.amount for tender in tenders)
    left = max(0, limit.amount - owed(customer=customer, currency=currency, without=order)) if limit.currency == currency else 0
    if asked > left:
        raise AccountLimit(field="tenders", asked=asked, left=left)


def give_back(*, order: UUID, now: datetime, actor: UUID | None = None) -> int:
    """What is left of the gift cards, credit and points that paid an order goes back to where it came from; how many tenders.

    Under the lock of its payments. The payments below zero are written by whoever cancels; once they stand this gives back nothing.
    """
    paid = list(Payment.objects.select_for_update(no_key=True).filter(order=order, amount__gt=0, kind__in=VALUE).order_by("position"))
    lock_value(payments=paid)
    whole = [one.position for one in paid if not one.refunded]
    given = customers.give_back(reference=order, lines=whole, now=now, actor=actor) if whole else 0
    for one in paid:
        if one.refunded and one.refunded < one.amount:
            given += (
                refund_tender(payment=one.pk, amount=one.amount - one.refunded, reference=order, line=one.position, now=now, actor=actor) is not None
            )
    return given


def lock_value(*, payments: Sequence[Payment], customer: UUID | None = None, besides: Sequence[UUID] = ()) -> None:
    """What these tenders came from, what the customer has, and what moves `besides`, before any of it moves: in everybody's order."""
    accounts = held.accounts_behind(transactions=[paid.source for paid in payments if paid.kind in VALUE and paid.source])
    own = [one.id for one in held.accounts_of(customer=customer)] if customer else []
    customers.lock_accounts(accounts=[*accounts, *own, *besides])


def refund_tender(*, payment: int, amount: int, reference: UUID, line: int, now: datetime, actor: UUID | None = None) -> UUID | None:
    """A part of a tender goes back to the card, credit or points it came from, as much of them as that part was; the movement.

    Call it before the payment below zero is written. `reference` and `line`: the document of the return and the position there: once.
    None: nothing moved, because it had moved before, is on account, or is less than a point.
    """
    paid = Payment.objects.select_for_update(no_key=True).get(pk=payment)
    moved = held.moved(transaction=paid.source) if paid.source else None
    if moved is None:
        return None
    value = amount if paid.kind != POINTS else points_back(spent=-moved.amount, paid=paid.amount, before=paid.refunded, amount=amount)
    if not value:
        return None
    return customers.refund_to(account=moved.account, amount=value, reference=reference, line=line, now=now, actor=actor)
