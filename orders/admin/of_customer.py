"""What a customer's page shows of their orders: the newest, and what came back. Bounded by the stores of whoever looks."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.urls import reverse

from customers.admin import parts
from orders.admin.words import order_state
from orders.models import Order
from org.access import allows
from org.office import scoped

NEWEST = 10


def orders_of(user: Any, customer: UUID) -> dict[str, Any]:
    if not allows(user, "orders.view"):
        return {"may": False}
    seen = scoped(Order.objects.filter(customer=customer), user=user, permission="orders.view", path="store")
    rows = list(seen.select_related("store", "channel").order_by("-placed_at", "-id")[:NEWEST])
    standing = seen.filter(status=Order.Status.PAID)
    counts = seen.aggregate(n=Count("id", filter=Q(kind="sale")), back=Count("id", filter=Q(kind="return")))
    return {
        "may": True,
        "rows": [{"order": row, "state": order_state(row), "place": row.store.name if row.store else row.channel.name} for row in rows],
        "count": counts["n"],
        "returns": counts["back"],
        "spent": list(standing.order_by("currency").values("currency").annotate(sum=Sum("total"))),
        "all": f"{reverse('admin:orders_order_changelist')}?customer={customer}",
    }


parts.add("backoffice/customer_orders.html", orders_of)
