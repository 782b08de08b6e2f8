"""What pages of orders, payments and books call things, and how they draw a state: shape, word, then colour."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import Attempt, Discrepancy, Order, Payment, ProviderRefund
from org.templatetags.office import status

STATES: dict[str, tuple[str, str, Any]] = {
    Order.Status.QUOTE: ("", "ring", gettext_lazy("Quote")),
    Order.Status.PENDING: ("warning", "half", gettext_lazy("Awaiting payment")),
    Order.Status.PAID: ("good", "full", gettext_lazy("Paid")),
    Order.Status.CANCELLED: ("", "off", gettext_lazy("Cancelled")),
    Order.Status.REVIEW: ("bad", "fail", gettext_lazy("Needs review")),
}
ATTEMPTS: dict[str, tuple[str, str, Any]] = {
    Attempt.State.CREATED: ("", "half", gettext_lazy("Asked")),
    Attempt.State.ACTION: ("warning", "half", gettext_lazy("Waits for the customer")),
    Attempt.State.AUTHORISED: ("good", "half", gettext_lazy("Authorised")),
    Attempt.State.CAPTURED: ("good", "full", gettext_lazy("Captured")),
    Attempt.State.DECLINED: ("", "off", gettext_lazy("Declined")),
    Attempt.State.VOIDED: ("", "off", gettext_lazy("Voided")),
    Attempt.State.UNKNOWN: ("warning", "late", gettext_lazy("Not known yet")),
    Attempt.State.REVIEW: ("bad", "fail", gettext_lazy("Needs review")),
}
REFUNDS: dict[str, tuple[str, str, Any]] = {
    ProviderRefund.State.CREATED: ("", "half", gettext_lazy("Asked")),
    ProviderRefund.State.DONE: ("good", "full", gettext_lazy("Done")),
    ProviderRefund.State.FAILED: ("bad", "fail", gettext_lazy("Refused")),
    ProviderRefund.State.UNKNOWN: ("warning", "late", gettext_lazy("Not known yet")),
    ProviderRefund.State.REVIEW: ("bad", "fail", gettext_lazy("Needs review")),
}
DISCREPANCIES: dict[str, tuple[str, str, Any]] = {
    Discrepancy.State.OPEN: ("bad", "stop", gettext_lazy("To look at")),
    Discrepancy.State.REPAIRED: ("good", "done", gettext_lazy("Repaired")),
    Discrepancy.State.ACCEPTED: ("", "done", gettext_lazy("Accepted")),
}
TENDERS: dict[str, Any] = {
    Payment.Kind.CASH: gettext_lazy("Cash"),
    Payment.Kind.CARD: gettext_lazy("Card"),
    Payment.Kind.TRANSFER: gettext_lazy("Bank transfer"),
    Payment.Kind.GIFT_CARD: gettext_lazy("Gift card"),
    Payment.Kind.STORE_CREDIT: gettext_lazy("Store credit"),
    Payment.Kind.POINTS: gettext_lazy("Points"),
    Payment.Kind.ACCOUNT: gettext_lazy("On account"),
    Payment.Kind.OTHER: gettext_lazy("Other"),
}
CONDITIONS = {
    "restock": gettext_lazy("Back on the shelf"),
    "damaged": gettext_lazy("Damaged"),
    "quarantine": gettext_lazy("To be looked at"),
    "none": gettext_lazy("Nowhere"),
}
# What the doors send as a reason; anything else is shown as it was written.
REASONS = {
    "wrong_item": gettext_lazy("Wrong item"),
    "damaged": gettext_lazy("Came damaged"),
    "faulty": gettext_lazy("Faulty"),
    "not_as_described": gettext_lazy("Not as described"),
    "changed_mind": gettext_lazy("Changed their mind"),
    "too_late": gettext_lazy("Came too late"),
    "customer": gettext_lazy("The customer asked for it"),
    "fraud": gettext_lazy("Suspected fraud"),
    "address": gettext_lazy("The address has to be checked"),
    "stock": gettext_lazy("Goods are missing"),
    "payment": gettext_lazy("The payment has to be checked"),
    "other": gettext_lazy("Another reason"),
}
HOLD_REASONS = ("address", "payment", "fraud", "stock", "other")
CANCEL_REASONS = ("customer", "stock", "fraud", "other")
RETURN_REASONS = ("changed_mind", "damaged", "faulty", "wrong_item", "not_as_described", "too_late", "other")


def drawn(states: dict[str, tuple[str, str, Any]], value: str, *, pill: bool = False) -> str:
    kind, shape, word = states.get(value, ("", "ring", value))
    return status(kind, str(word), shape, pill)


def order_state(order: Order, *, pill: bool = False) -> str:
    """A hold is what somebody has to know first; goods that came back are no sale that is paid."""
    if order.held_reason:
        return status("warning", _("On hold"), "lock", pill)
    if order.kind == Order.Kind.RETURN and order.status == Order.Status.PAID:
        return status("", _("Returned"), "undo", pill)
    return drawn(STATES, order.status, pill=pill)


def tender_name(payment: Payment) -> str:
    """What people know it by: "Visa 4242", "Gift card 8Q4K"."""
    return payment.label or str(TENDERS.get(payment.kind, payment.kind))


def tenders_text(payments: Sequence[Payment]) -> str:
    return ", ".join(dict.fromkeys(tender_name(payment) for payment in payments))


def reason_text(code: str) -> str:
    return str(REASONS.get(code, code))


def choices(codes: Sequence[str]) -> list[tuple[str, str]]:
    return [(code, reason_text(code)) for code in codes]
