"""What an order's page shows: lines with what came back of them, money, papers, who bought, and what happened, from the newest."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.admin import shown as people
from orders.admin.order_timeline import timeline
from orders.admin.words import ATTEMPTS, CONDITIONS, REFUNDS, drawn, order_state, reason_text, tender_name
from orders.models import Attempt, Due, Invoice, Order, OrderLine, Payment, ProviderRefund
from orders.services import MANUAL, MARKDOWN
from org.access import allows, stores_for
from org.templatetags.office import percent_text

MOST_DOCUMENTS = 50


def place_of(order: Order) -> str:
    return order.store.name if order.store else order.channel.name


def told(order: Any, user: Any) -> dict[str, Any]:
    lines = list(order.lines.select_related("variant__product", "returns__order").order_by("position"))
    came_back = returns_of(lines)
    payments = list(order.payments.select_related("refunds").order_by("position"))
    zone = order.store.timezone if order.store else ""
    return {
        "state_pill": order_state(order, pill=True),
        "lines": [line_row(line, came_back.get(line.pk, [])) for line in lines],
        "discounted": any(line.discount for line in lines),
        "discount": sum(line.discount for line in lines),
        "list_total": sum(line.list_total for line in lines),
        "came_back": any(line.returned for line in lines),
        "offers": offers(lines),
        "payments": [{"payment": payment, "name": tender_name(payment), "back": payment.amount < 0} for payment in payments],
        "attempts": attempts_of(order, user),
        "taxes": tax_by_rate(lines),
        "dues": list(Due.objects.filter(order=order).order_by("position")),
        "invoices": list(Invoice.objects.filter(order=order).order_by("issued_at")[:MOST_DOCUMENTS]),
        "documents": documents_beside(order, lines, user),
        "held_words": reason_text(order.held_reason),
        "timeline": timeline(order),
        "customer": buyer(order, user),
        "zone": zone,
        "place": place_of(order),
        "is_return": order.kind == Order.Kind.RETURN,
    }


def line_row(line: OrderLine, came_back: Sequence[OrderLine]) -> dict[str, Any]:
    return {
        "line": line,
        "product": line.variant.product if line.variant else None,
        "segments": segments(line),
        "offers": offers([line]),
        "returns": came_back,
        "sold_on": line.returns.order if line.returns else None,
        "reason": reason_text(line.reason),
        "condition": CONDITIONS.get(line.condition, ""),
    }


def returns_of(lines: Sequence[OrderLine]) -> dict[int, list[Any]]:
    """What came back of each line, and on which paper."""
    sold = [line.pk for line in lines if line.quantity > 0 and line.returned]
    found: dict[int, list[Any]] = {}
    if not sold:
        return found
    for row in OrderLine.objects.filter(returns__in=sold).select_related("order").order_by("id"):
        row.units, row.words = -row.quantity, ", ".join(str(word) for word in (reason_text(row.reason), CONDITIONS.get(row.condition, "")) if word)  # type: ignore[attr-defined]
        found.setdefault(row.returns_id or 0, []).append(row)
    return found


def documents_beside(order: Order, lines: Sequence[OrderLine], user: Any) -> list[dict[str, Any]]:
    """Returns of this order; of a return what it was sold on. Only those of stores this person sees."""
    beside = Q(lines__returns__order=order) if order.kind == Order.Kind.SALE else Q(pk__in={line.returns.order_id for line in lines if line.returns})
    if order.kind == Order.Kind.SALE and not any(line.returned for line in lines):
        return []
    seen = stores_for(user, "orders.view")
    rows = Order.objects.filter(beside).distinct().order_by("placed_at")
    rows = rows if seen is None else rows.filter(store__in=seen)
    return [{"order": row, "state": order_state(row), "link": reverse("admin:orders_order_change", args=[row.pk])} for row in rows[:MOST_DOCUMENTS]]


def attempts_of(order: Order, user: Any) -> list[dict[str, Any]]:
    """Money asked for at a gateway and given back there, each with what came of it."""
    found = list(Attempt.objects.filter(order=order).order_by("created_at"))
    if not found:
        return []
    refunds: dict[Any, list[dict[str, Any]]] = {}
    for refund in ProviderRefund.objects.filter(attempt__in=found).order_by("created_at"):
        refunds.setdefault(refund.attempt_id, []).append({"refund": refund, "state": drawn(REFUNDS, refund.state)})
    may_open = allows(user, "payments.view")
    return [
        {
            "attempt": attempt,
            "state": drawn(ATTEMPTS, attempt.state),
            "refunds": refunds.get(attempt.pk, []),
            "link": reverse("admin:orders_attempt_change", args=[attempt.pk]) if may_open else "",
        }
        for attempt in found
    ]


def buyer(order: Order, user: Any) -> dict[str, Any] | None:
    """Who bought, as far as this person may know, and where the goods go."""
    if order.customer_id is None:
        return None
    if not allows(user, "customers.view"):
        return {"name": "", "number": people.numbers([order.customer_id]).get(order.customer_id, ""), "link": ""}
    names = people.names([order.customer_id], user)
    return {
        "name": names.get(order.customer_id, ""),
        "number": people.numbers([order.customer_id]).get(order.customer_id, ""),
        "link": reverse("admin:customers_customer_change", args=[order.customer_id]),
        "orders": Order.objects.filter(customer=order.customer_id).count(),
        "orders_link": f"{reverse('admin:orders_order_changelist')}?customer={order.customer_id}",
        "ship_to": people.address_lines(order.ship_to_id) if order.ship_to_id else [],
        "bill_to": people.address_lines(order.bill_to_id) if order.bill_to_id and order.bill_to_id != order.ship_to_id else [],
    }


def segments(line: OrderLine) -> list[dict[str, Any]]:
    """How price and tax fall on the units, when they do not fall alike on all."""
    return line.allocation if isinstance(line.allocation, list) and len(line.allocation) > 1 else []


def offers(lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Who gave what, by name; what came without a name is told as such."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        for part in line.discounts:
            row = found.setdefault(part["promotion"], {"name": offer_name(part), "amount": 0, "supplier_amount": 0})
            row["amount"] += part["amount"]
            row["supplier_amount"] += part.get("supplier_amount", 0)
    nameless = sum(line.discount for line in lines if not line.discounts)
    return [*found.values(), *([{"name": _("Discount"), "amount": nameless, "supplier_amount": 0}] if nameless else [])]


def offer_name(part: dict[str, Any]) -> str:
    if part["promotion"] == MANUAL:
        return _("Price by hand")
    if part["promotion"].startswith(MARKDOWN):
        return _("Markdown %(code)s") % {"code": part["promotion"].removeprefix(MARKDOWN)}
    return part.get("name") or part["promotion"]


def tax_by_rate(lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Each tax by its name and rate; orders from before there were several know the rate alone."""
    rates: dict[tuple[int, str], int] = {}
    for line in lines:
        for part in line.taxes or [{"name": "", "rate": line.tax_rate, "amount": line.tax}]:
            key = (part["rate"], part.get("name", ""))
            rates[key] = rates.get(key, 0) + part["amount"]
    return [{"name": name, "rate": percent_text(rate), "tax": tax} for (rate, name), tax in sorted(rates.items())]


def paid_in_all(payments: Sequence[Payment]) -> int:
    return sum(payment.amount for payment in payments)
