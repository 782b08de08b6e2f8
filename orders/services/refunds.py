"""Money that goes back for goods that came back: which tender takes how much, and how each is moved."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from customers import services as customers
from kernel.errors import Conflict, NotAllowed
from orders.models import Order, OrderLine, Payment
from orders.queries import returns as queries
from orders.refunds import CASH, CREDIT, Back, RefundExceedsCapture, Tender, all_as, as_chosen, cash_rounded, exact, in_order
from orders.returns import ORIGINAL, STORE_CREDIT
from orders.services.attempts import prepare_refund
from orders.services.gift_lines import Sold, code_of, void_cards
from orders.services.return_drafts import Draft
from orders.services.tenders import lock_value, refund_tender

Kind = Payment.Kind
VALUE: Final = frozenset({Kind.GIFT_CARD, Kind.STORE_CREDIT, Kind.POINTS})
# What may be chosen instead of the tenders it came by.
INSTEAD: Final = frozenset({Kind.CASH, Kind.STORE_CREDIT})
# Of an unknown card nobody can give back more by name than what it is.
LABELS: Final = {Kind.STORE_CREDIT: "Store credit", Kind.GIFT_CARD: "Gift card"}


class ReturnNeedsApproval(NotAllowed):
    """`details`: reasons, allowed, with_approval."""

    code = "return_needs_approval"
    title = "This needs somebody who manages the store"


class WayImpossible(Conflict):
    """`details`: kind."""

    code = "refund_way_impossible"
    title = "Money cannot go back this way"


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money that goes back as the caller chose: a kind of orders.models.Payment and an amount above 0."""

    kind: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`backs`: with the sale each is counted against, None without a receipt. `carried`: by sale, what rounding kept back (above 0) or gave too
    much. `way`: "original", "store_credit" or "chosen"."""

    backs: tuple[tuple[UUID | None, Back], ...]
    tenders: Mapping[int, queries.TenderRow]
    carried: Mapping[UUID, int]
    way: str

    @property
    def paid_out(self) -> int:
        return sum(back.amount for _, back in self.backs)


def planned(*, draft: Draft, chosen: Sequence[Refund] | None, approved: bool) -> Plan:
    """What goes back of what is owed, once what is taken instead is paid by it: of the first sale first. Raises ReturnNeedsApproval,
    RefundExceedsCapture, TenderMismatch, WayImpossible."""
    found = {sale.order.pk: queries.tenders(sale=sale.order.pk) for sale in draft.sales}
    rows = {row.id: row for rows in found.values() for row in rows}
    owed = _owed(draft)
    way = _way(draft, chosen, approved=approved)
    if draft.due >= 0:
        # Tiny sums that rounding gave too much before are not asked back: they are carried on.
        carried = {sale.order.pk: min(0, -draft.due) if draft.due and not draft.new_lines else 0 for sale in draft.sales[:1]}
        return Plan(backs=(), tenders=rows, carried=carried, way=way)
    if chosen is not None:
        backs = _chosen(draft, chosen, found, owed, approved=approved)
    else:
        backs = [(sale, back) for sale, amount in owed for back in _of_sale(draft, way, amount, found.get(sale, []) if sale else None)]
    return _rounded(draft, backs, rows, way)


def _owed(draft: Draft) -> list[tuple[UUID | None, int]]:
    """Of each sale what is left to give back when what is new has been paid by it; what has no receipt last."""
    spent = draft.new_total + sum(-sale.owed for sale in draft.sales if sale.owed < 0)
    left: list[tuple[UUID | None, int]] = []
    for sale, amount in [*((one.order.pk, max(0, one.owed)) for one in draft.sales), (None, draft.without_receipt)]:
        taken = min(spent, amount)
        spent -= taken
        if amount - taken:
            left.append((sale, amount - taken))
    return left


def _way(draft: Draft, chosen: Sequence[Refund] | None, *, approved: bool) -> str:
    may = draft.allowed | (draft.with_approval if approved else frozenset())
    if not may:
        raise needs_approval(draft)
    if chosen is not None:
        return "chosen"
    return ORIGINAL if ORIGINAL in may else STORE_CREDIT


def needs_approval(draft: Draft) -> ReturnNeedsApproval:
    reasons = reasons_of(draft)
    text = reasons[0]["text"] if reasons else ""
    return ReturnNeedsApproval(text, field="approval", reasons=reasons, allowed=sorted(draft.allowed), with_approval=sorted(draft.with_approval))


def reasons_of(draft: Draft) -> list[dict[str, Any]]:
    """Each once, in the order of the lines."""
    found = [{"code": reason.code, "text": reason.text} | reason.facts for one in draft.coming for reason in one.verdict.reasons]
    return [reason for place, reason in enumerate(found) if reason not in found[:place]]


def _of_sale(draft: Draft, way: str, amount: int, rows: Sequence[queries.TenderRow] | None) -> list[Back]:
    if rows is None:
        return [Back(tender=None, kind=_credit(draft), amount=amount, why="no_receipt")]
    tenders = [_tender(row, draft) for row in rows if row.left]
    if way == ORIGINAL:
        return in_order(owed=amount, tenders=tenders)
    return all_as(kind=_credit(draft), owed=amount, tenders=tenders, why="store_credit_only")


def _credit(draft: Draft) -> str:
    """Of nobody we know: a gift card."""
    return Kind.STORE_CREDIT if draft.customer else Kind.GIFT_CARD


def _tender(row: queries.TenderRow, draft: Draft) -> Tender:
    why = _cannot(row, draft)
    # Cash where there is a drawer, but never for what was no money: blocked cards and points become credit.
    way = row.kind if not why else CASH if draft.at and row.kind == Kind.OTHER else _credit(draft)
    return Tender(id=row.id, kind=row.kind, left=row.left, way=way, why=why)


def _cannot(row: queries.TenderRow, draft: Draft) -> str:
    """Why a tender cannot take back what it gave; empty when it can."""
    if row.kind in VALUE:
        return "unknown_account" if row.held is None else "blocked" if row.held.blocked else ""
    if row.kind == Kind.CASH:
        return "" if draft.at else "no_drawer"
    if row.kind == Kind.CARD:
        return "" if row.attempt or draft.at else "no_terminal"
    return "unknown_tender" if row.kind == Kind.OTHER else ""


def _chosen(
    draft: Draft,
    chosen: Sequence[Refund],
    found: Mapping[UUID, Sequence[queries.TenderRow]],
    owed: Sequence[tuple[UUID | None, int]],
    *,
    approved: bool,
) -> list[tuple[UUID | None, Back]]:
    by_kind: Counter[str] = Counter()
    for one in chosen:
        by_kind[one.kind] += one.amount
    wanted = exact(chosen=list(by_kind.items()), owed=sum(amount for _, amount in owed), step=draft.cash_step)
    backs: list[tuple[UUID | None, Back]] = []
    for sale, amount in owed:
        share, wanted = _share(wanted, amount)
        if sale is None:
            backs += [(None, Back(tender=None, kind=kind, amount=part, why="no_receipt")) for kind, part in share]
        else:
            tenders = [_tender(row, draft) for row in found[sale] if row.left]
            backs += [(sale, back) for back in as_chosen(chosen=share, tenders=tenders)]
    for sale, back in backs:
        _must_be_allowed(draft, back, sale, approved=approved)
    return [(sale, replace(back, kind=_credit(draft)) if back.kind == Kind.STORE_CREDIT else back) for sale, back in backs]


def _share(wanted: Sequence[tuple[str, int]], amount: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    share, rest = [], []
    for kind, part in wanted:
        taken = min(part, amount)
        amount -= taken
        share += [(kind, taken)] if taken else []
        rest += [(kind, part - taken)] if part > taken else []
    return share, rest


def _must_be_allowed(draft: Draft, back: Back, sale: UUID | None, *, approved: bool) -> None:
    """To where it came from, or as store credit. Cash for what was not cash is a manager's to give."""
    own = sale is not None and not back.why
    if not own and back.kind not in INSTEAD:
        raise WayImpossible(f"Nothing was paid by {back.kind} that could take it back.", field="refunds", kind=back.kind)
    if back.kind == CASH and (draft.at is None or sale is None):
        raise WayImpossible("There is cash only in a store, for what was paid.", field="refunds", kind=back.kind)
    needed = STORE_CREDIT if back.kind == Kind.STORE_CREDIT else ORIGINAL
    if not approved and (needed not in draft.allowed or (not own and back.kind == CASH)):
        raise needs_approval(draft)
    if needed not in draft.allowed | draft.with_approval:
        raise WayImpossible("Without a receipt there is store credit only.", field="refunds", kind=back.kind)


def _rounded(draft: Draft, backs: Sequence[tuple[UUID | None, Back]], rows: Mapping[int, queries.TenderRow], way: str) -> Plan:
    """Coins there are, sale by sale: what is kept back or given too much is carried to the next return of that sale."""
    found: list[tuple[UUID | None, Back]] = []
    carried: dict[UUID, int] = {}
    left = {id: row.left for id, row in rows.items()}
    for sale in dict.fromkeys(sale for sale, _ in backs):
        mine = [back for of, back in backs if of == sale]
        given = cash_rounded(backs=mine, left=left, step=draft.cash_step)
        if sale is not None:
            carried[sale] = sum(back.amount for back in mine) - sum(back.amount for back in given)
        found += [(sale, back) for back in given]
    return Plan(backs=tuple(found), tenders=rows, carried=carried, way=way)


def negative_payments(*, order: Order, plan: Plan, first: int, now: datetime) -> list[Payment]:
    """The rows of money that goes back, not yet written."""
    rows = []
    for position, (_, back) in enumerate(plan.backs, start=first):
        tender = plan.tenders.get(back.tender) if back.tender is not None else None
        label = tender.label if tender is not None and tender.kind == back.kind else LABELS.get(Kind(back.kind), "")
        amounts = {"amount": -back.amount, "tendered": -back.amount, "label": label, "paid_at": now}
        rows.append(Payment(order=order, position=position, kind=back.kind, refunds_id=back.tender, **amounts))
    return rows


def move_value(
    *, order: Order, plan: Plan, rows: Sequence[Payment], cards: Sequence[Sold] = (), customer: UUID | None, actor: UUID | None, now: datetime
) -> None:
    """What goes onto accounts, before its rows are written: they name the movement. `cards` that were sold come back."""
    paid = list(Payment.objects.filter(id__in=[back.tender for _, back in plan.backs if back.tender]))
    lock_value(payments=paid, customer=customer, besides=[card.account for card in cards])
    void_cards(cards=cards, reference=order.pk, actor=actor, note=order.number, now=now)
    for row, (_, back) in zip(rows, plan.backs, strict=True):
        tender = plan.tenders.get(back.tender) if back.tender is not None else None
        if back.kind in VALUE and tender is not None and tender.kind == back.kind and tender.held is not None and not back.why:
            row.source = refund_tender(payment=tender.id, amount=back.amount, reference=order.pk, line=row.position, actor=actor, now=now)
        elif back.kind == Kind.STORE_CREDIT and customer:
            row.source = _credited(order, row, customer, actor, now)
        elif back.kind in CREDIT:
            code = card_code(order=order, position=row.position)
            customers.issue_gift_card(
                amount=back.amount, currency=order.currency, reference=order.pk, line=row.position, actor=actor, now=now, code=code
            )
            row.label = f"{LABELS[Kind.GIFT_CARD]} {code[-4:]}"


def _credited(order: Order, row: Payment, customer: UUID, actor: UUID | None, now: datetime) -> UUID | None:
    given = customers.give_credit(
        customer=customer,
        amount=-row.amount,
        currency=order.currency,
        cause="refund",
        reference=order.pk,
        line=row.position,
        actor=actor,
        note=order.number,
        now=now,
    )
    return given.transaction


def card_code(*, order: Order, position: int) -> str:
    """Of a gift card that is given for goods that came back: kept nowhere, and told again with every answer about this return."""
    return code_of(order=order, line=OrderLine(position=position))


def gift_card_codes(*, order: Order, payments: Sequence[Payment]) -> dict[int, str]:
    """By position of the tender."""
    given = [row for row in payments if row.kind == Kind.GIFT_CARD and row.amount < 0 and row.source is None]
    return {row.position: card_code(order=order, position=row.position) for row in given}


def at_providers(*, rows: Sequence[Payment], plan: Plan, now: datetime) -> list[UUID]:
    """Written down beside the rows; carried out after the commit, by orders.services.attempts.carry_on_refund or a worker."""
    found = []
    for row, (_, back) in zip(rows, plan.backs, strict=True):
        tender = plan.tenders.get(back.tender) if back.tender is not None else None
        if tender is not None and tender.attempt is not None and back.kind == Kind.CARD:
            found.append(prepare_refund(payment=tender.id, negative_payment=row.pk, amount=back.amount, now=now))
    return found


def told(plan: Plan) -> list[dict[str, Any]]:
    """What goes back how, as an answer."""
    return [
        {
            "kind": back.kind,
            "amount": back.amount,
            "refunds": back.tender,
            "label": plan.tenders[back.tender].label if back.tender is not None else "",
            "why": back.why,
        }
        for _, back in plan.backs
    ]


__all__ = ["Plan", "Refund", "RefundExceedsCapture", "ReturnNeedsApproval", "WayImpossible", "planned"]
