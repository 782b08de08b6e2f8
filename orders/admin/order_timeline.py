"""An order's story: what was done to it, what moved, what was told to whom. The newest stands first."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import Movement
from kernel.models import Delivery, Message
from orders.admin.words import reason_text
from orders.models import Order, OrderStep
from org.queries import names_of_users
from org.templatetags.office import money_text, program_name

# icon, colour, words
STEPS: dict[str, tuple[str, str, Any]] = {
    "paid": ("card", "good", gettext_lazy("Paid in full")),
    "held": ("lock", "warning", gettext_lazy("Put on hold")),
    "let_go": ("check", "", gettext_lazy("Let go")),
    "edited": ("note", "", gettext_lazy("Changed")),
    "review": ("stop", "bad", gettext_lazy("Put before a person")),
    "quoted": ("note", "", gettext_lazy("Offered")),
    "converted": ("bag", "good", gettext_lazy("Became an order")),
    "part_paid": ("card", "", gettext_lazy("Paid in part")),
    "scheduled": ("clock", "", gettext_lazy("To be paid in parts")),
    "cancelled": ("x", "bad", gettext_lazy("Cancelled")),
    "expired": ("clock", "", gettext_lazy("Not paid in time")),
    "returned": ("undo", "", gettext_lazy("Goods came back")),
    "given_instead": ("price", "", gettext_lazy("Refused by the provider, given as store credit")),
    "handed_over": ("truck", "good", gettext_lazy("Handed over")),
    "invoiced": ("file", "", gettext_lazy("Invoice issued")),
    "mail_wanted": ("receipt", "", gettext_lazy("Mail to be sent again")),
    "mailed": ("receipt", "", gettext_lazy("Mail sent")),
    "reviewed": ("shield", "", gettext_lazy("Looked at")),
    "note": ("note", "", gettext_lazy("Note")),
}


def timeline(order: Order) -> list[dict[str, Any]]:
    steps = [*begun(order), *done_to(order), *moved(order), *events(order)]
    # Steps of one instant keep their order: the sale lies below what followed from it.
    steps.reverse()
    return sorted(steps, key=lambda step: step["at"], reverse=True)


def begun(order: Order) -> list[dict[str, Any]]:
    title = {"return": _("Taken back")}.get(order.kind) or (_("Sold and paid") if order.source == Order.Source.TILL else _("Ordered"))
    steps = [{"at": order.placed_at, "icon": "receipt", "kind": "good", "title": title, "note": order.get_source_display()}]
    if order.source == Order.Source.TILL and (order.recorded_at - order.placed_at).total_seconds() > 60:
        note = _("The till was offline meanwhile.")
        steps.append({"at": order.recorded_at, "icon": "clock", "kind": "warning", "title": _("Arrived"), "note": note})
    return steps


def done_to(order: Order) -> list[dict[str, Any]]:
    # That it was placed is how its story begins.
    found = list(OrderStep.objects.filter(order=order).exclude(kind="placed").order_by("id"))
    people: dict[UUID, str] = names_of_users(users={step.actor for step in found if step.actor})
    return [done_step(step, order.currency, people.get(step.actor, "") if step.actor else "") for step in found]


def done_step(step: OrderStep, currency: str, person: str) -> dict[str, Any]:
    icon, kind, words = STEPS.get(step.kind, ("note", "", step.kind))
    note = ", ".join(part for part in (person, facts_text(step.facts, currency)) if part)
    return {"at": step.at, "icon": icon, "kind": kind, "title": str(words), "note": note}


def facts_text(facts: dict[str, Any], currency: str) -> str:
    """What a step says of itself that a person reads: why, how much, which paper."""
    parts = [reason_text(str(facts["reason"]))] if facts.get("reason") else []
    parts += [money_text(facts[name], currency) for name in ("amount", "total", "refunded") if isinstance(facts.get(name), int)][:1]
    parts += [str(facts[name]) for name in ("text", "note", "number", "name", "kind", "template") if facts.get(name)]
    return ", ".join(parts)


def moved(order: Order) -> list[dict[str, Any]]:
    times = Movement.objects.filter(reference=order.pk).order_by("id").values_list("recorded_at", flat=True)
    if not times:
        return []
    title = _("Goods taken in") if order.kind == Order.Kind.RETURN else _("Stock taken")
    return [{"at": times[0], "icon": "box", "kind": "", "title": title, "note": _("%(n)s movements") % {"n": len(times)}}]


def events(order: Order) -> list[dict[str, Any]]:
    messages = Message.objects.filter(aggregate_type="order", aggregate_id=order.pk).order_by("sequence")
    steps = [{"at": one.recorded_at, "icon": "bolt", "kind": "", "title": _("Event written"), "note": one.type} for one in messages]
    deliveries = Delivery.objects.filter(message__aggregate_type="order", message__aggregate_id=order.pk).order_by("id")
    return [*steps, *(delivery_step(delivery) for delivery in deliveries)]


def delivery_step(delivery: Delivery) -> dict[str, Any]:
    told = {
        Delivery.State.DONE: ("done", "good", _("Delivered to %(name)s")),
        Delivery.State.PARKED: ("stop", "bad", _("Given up for %(name)s")),
        Delivery.State.PENDING: ("clock", "warning", _("Waits for %(name)s")),
    }
    shape, kind, title = told[Delivery.State(delivery.state)]
    at = delivery.settled_at or delivery.due_at
    return {"at": at, "icon": shape, "kind": kind, "title": title % {"name": program_name(delivery.subscriber)}, "note": delivery.last_error[:120]}
