"""Customers are written to: their order stands, is paid, or came to nothing. Mails name what was bought and where to, and nothing else.

Nothing is written without settings.MAIL_FROM, nor to who left no address or was erased. Who got which mail is a step of the order.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from customers.queries import pricing_facts, read
from kernel.errors import Conflict
from kernel.models import Message
from kernel.money import format_amount
from orders.events import OrderMailWanted
from orders.models import Order, OrderLine, OrderStep, Payment
from orders.paper import language_of
from orders.queries.life import invoices, printed_invoice
from orders.services.gift_lines import codes_of
from orders.services.life import Moved, UnknownOrder, common, moved, record_step, tell

WANTED: Final = "orders.order.mail_wanted"
TYPES: Final = ("orders.order.placed", "orders.order.confirmed", "orders.order.cancelled", WANTED)
CONFIRMATION, INVOICE = "confirmation", "invoice"
# What is told of an order that stands so, when somebody asks for it again.
TOLD: Final[Mapping[str, str]] = {
    Order.Status.PAID: "placed",
    Order.Status.PENDING: "confirmed",
    Order.Status.REVIEW: "confirmed",
    Order.Status.CANCELLED: "cancelled",
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "hello": "Hello",
        "placed": "Thank you for your order",
        "placed_text": "It is paid, and we are getting it ready.",
        "confirmed": "We have received your order",
        "confirmed_text": "We keep the goods for you until it is paid.",
        "cancelled": "Your order was cancelled",
        "cancelled_text": "What you paid goes back the way it came.",
        "invoice": "Your invoice",
        "invoice_text": "You find it attached.",
        "order": "Order",
        "total": "Total",
        "tax": "Tax in it",
        "tax_added": "Tax",
        "paid": "Paid",
        "due": "To pay",
        "code": "Gift card",
    },
    "de": {
        "hello": "Guten Tag",
        "placed": "Danke für Ihre Bestellung",
        "placed_text": "Sie ist bezahlt, und wir machen sie fertig.",
        "confirmed": "Wir haben Ihre Bestellung erhalten",
        "confirmed_text": "Wir halten die Waren für Sie bereit, bis sie bezahlt ist.",
        "cancelled": "Ihre Bestellung wurde storniert",
        "cancelled_text": "Was Sie bezahlt haben, kommt auf demselben Weg zurück.",
        "invoice": "Ihre Rechnung",
        "invoice_text": "Sie finden sie im Anhang.",
        "order": "Bestellung",
        "total": "Summe",
        "tax": "Darin Steuer",
        "tax_added": "Steuer",
        "paid": "Bezahlt",
        "due": "Zu zahlen",
        "code": "Gutschein",
    },
}


class MailImpossible(Conflict):
    """`details.reason`: no_sender, not_ours (sold at a till or imported), erased, no_address, order_state, no_invoice."""

    code = "mail_impossible"
    title = "No mail can be sent about this"


@transaction.atomic
def send_again(*, order: UUID, what: str, actor: UUID | None, now: datetime) -> Moved:
    """ "confirmation": how the order stands; "invoice": its newest paper, attached. Sent after the commit, to where they are written to now.

    Raises UnknownOrder, MailImpossible.
    """
    found = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("channel", "store").filter(id=order).first()
    if found is None:
        raise UnknownOrder
    if reason := _in_the_way(found, what):
        raise MailImpossible(field="what", reason=reason)
    done = moved(found)
    record_step(order=order, kind="mail_wanted", facts={"template": what}, actor=actor, now=now)
    tell(found, OrderMailWanted(**common(found), what=what), now=now)
    return done


def _in_the_way(order: Order, what: str) -> str:
    if not settings.MAIL_FROM:
        return "no_sender"
    if order.customer_id is None or order.source not in (Order.Source.WEB, Order.Source.STAFF):
        return "not_ours"
    if pricing_facts(customer=order.customer_id).erased:
        return "erased"
    if not read(id=order.customer_id)["email"]:
        return "no_address"
    if what == INVOICE and not invoices(order=order.id):
        return "no_invoice"
    return "" if what == INVOICE or order.status in TOLD else "order_state"


def write(*, message: Message, now: datetime) -> bool:
    """One mail about one event, once as far as anybody can know. Outside any transaction. Whether one was sent."""
    if not settings.MAIL_FROM or message.data.get("source") == "till":
        return False
    order = Order.objects.select_related("channel__company").filter(id=message.aggregate_id).first()
    if order is None or order.customer_id is None or order.source not in (Order.Source.WEB, Order.Source.STAFF):
        return False
    person = read(id=order.customer_id)
    if not person["email"] or _written(order, message):
        return False
    what = _what(order, message)
    if not what:
        return False
    _mail(order, what, person).send()
    record_step(order=order.id, kind="mailed", facts={"message": str(message.id), "type": message.type}, actor=None, now=now)
    return True


def _what(order: Order, message: Message) -> str:
    """As it stands when it is written; empty: there is nothing to say any more."""
    if message.type != WANTED:
        return message.type.rpartition(".")[2]
    return INVOICE if message.data["what"] == INVOICE else TOLD.get(order.status, "")


def _written(order: Order, message: Message) -> bool:
    return OrderStep.objects.filter(order=order, kind="mailed", facts__message=str(message.id)).exists()


def _mail(order: Order, what: str, person: Mapping[str, Any]) -> EmailMultiAlternatives:
    language = language_of(person["language"] or "")
    words = WORDS[language]
    told = _told(order, what, words) | {"name": person["given_name"], "language": language}
    subject = f"{words[what]}: {order.number}"
    mail = EmailMultiAlternatives(subject, render_to_string("orders/mail.txt", told), settings.MAIL_FROM, [person["email"]])
    mail.attach_alternative(render_to_string("orders/mail.html", told), "text/html")
    if what == INVOICE and (papers := invoices(order=order.id)) and (printed := printed_invoice(order=order.id, id=papers[-1].id)):
        mail.attach(f"{printed[0]}.pdf", printed[1], "application/pdf")
    return mail


def _told(order: Order, what: str, words: Mapping[str, str]) -> dict[str, Any]:
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    paid = sum(Payment.objects.filter(order=order).values_list("amount", flat=True))
    return {
        "words": words,
        "heading": words[what],
        "text": words[f"{what}_text"],
        "seller": order.channel.company.name,
        "order": order,
        "lines": [{"name": line.name, "quantity": _quantity(line.quantity), "total": format_amount(line.total, order.currency)} for line in lines],
        "tax_word": words["tax" if order.tax_included else "tax_added"],
        **{name: f"{format_amount(amount, order.currency)} {order.currency}" for name, amount in (("tax", order.tax), ("total", order.total))},
        "due": f"{format_amount(order.total - paid, order.currency)} {order.currency}" if what == "confirmed" else "",
        "codes": codes_of(order=order) if what == "placed" else [],
    }


def _quantity(thousandths: int) -> str:
    whole, part = divmod(thousandths, 1000)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)
