"""Orders as they stand, and what was done to them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import NotFound
from orders import queries
from orders.api.shapes import DueOut, StepOut
from orders.queries import life
from org.access import Principal
from org.doors import Door, PageFilter, principal_of
from org.paging import cursor, moment, position

MINOR = "Minor units of the order's currency."


class OrderOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    source = serializers.ChoiceField(choices=["till", "web", "staff", "import"])  # type: ignore[assignment]  # also the name of an argument of every field
    status = serializers.CharField()
    channel = serializers.CharField(help_text="The channel's code.")
    store = serializers.CharField(source="store_code", allow_null=True, help_text="The store's code; null for an order of the web.")
    currency = serializers.CharField()
    total = serializers.IntegerField(help_text=MINOR)
    tax = serializers.IntegerField(help_text=f"{MINOR} Contained in total.")
    tax_included = serializers.BooleanField(help_text="Whether the lines' totals hold their tax.")
    rounding = serializers.IntegerField(help_text=f"{MINOR} total is the lines, their tax where it is not included, and this.")
    business_date = serializers.DateField()
    placed_at = serializers.DateTimeField()


class LineDiscountOut(serializers.Serializer[Any]):
    promotion = serializers.CharField(help_text="Its code; markdown:<code> for a sticker, manual for a price by hand.")
    name = serializers.CharField(default="", help_text="As the customer read it.")
    amount = serializers.IntegerField(help_text=MINOR)
    supplier_amount = serializers.IntegerField(default=0, help_text=f"{MINOR} The part of it a supplier pays.")


class LineTaxOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    rate = serializers.IntegerField(help_text="Parts per million.")
    amount = serializers.IntegerField(help_text=MINOR)


class LineOut(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    kind = serializers.CharField()
    variant = serializers.UUIDField(source="variant_id", allow_null=True)
    sku = serializers.CharField()
    gtin = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Thousandths of the unit.")
    unit_price = serializers.IntegerField(help_text=f"{MINOR} For price_quantity thousandths.")
    price_quantity = serializers.IntegerField()
    list_total = serializers.IntegerField(help_text=MINOR)
    discount = serializers.IntegerField(help_text=MINOR)
    total = serializers.IntegerField(help_text=MINOR)
    tax_class = serializers.CharField()
    tax_rate = serializers.IntegerField(help_text="Parts per million.")
    tax = serializers.IntegerField(help_text=f"{MINOR} Contained in total when the order's tax is included.")
    discounts = LineDiscountOut(many=True, help_text="Who gave the discount; none in older orders.")
    taxes = LineTaxOut(many=True, help_text="Each tax by itself; none in older orders.")
    returned = serializers.IntegerField(help_text="Thousandths of it that came back.")


class PaymentOut(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    kind = serializers.CharField()
    amount = serializers.IntegerField(help_text=MINOR)
    tendered = serializers.IntegerField(help_text=MINOR)
    change = serializers.IntegerField(help_text=MINOR)
    paid_at = serializers.DateTimeField()
    label = serializers.CharField(help_text="What people know it by: Visa 4242.")  # type: ignore[assignment]
    refunded = serializers.IntegerField(help_text=f"{MINOR} Of it, what went back.")


class StandingOut(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="sale or return")
    version = serializers.IntegerField(help_text="Named by whoever changes it.")
    customer = serializers.UUIDField(allow_null=True)
    delivery = serializers.CharField(help_text="ship, pickup, digital or empty")
    delivery_option = serializers.CharField()
    held_reason = serializers.CharField(help_text="Why nothing is handed over; empty: it is not held.")
    handed_over_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until then goods of what is not paid are kept.")


class OrderInFull(OrderOut, StandingOut):
    lines = LineOut(many=True)
    payments = PaymentOut(many=True)
    dues = DueOut(many=True, help_text="In which parts it is paid; none: at once.")
    steps = StepOut(many=True, help_text="What was done to it, oldest first; none of a sale that a till told.")


class OrderPage(serializers.Serializer[Any]):
    items = OrderOut(many=True)
    next = serializers.CharField(allow_null=True)


class OrderList(Door):
    allowed = {"GET": "orders:read"}

    @extend_schema(operation_id="orders_list", parameters=[PageFilter], responses=OrderPage)
    def get(self, request: Request) -> Response:
        """Newest first. Staff see the orders of their stores, a secret key those of its channel."""
        asked = PageFilter.of(request)
        after = position(asked["after"], moment, UUID, field="after")
        page = queries.page(first=asked["first"], after=after, **reach(principal_of(request)))
        last = page.items[-1] if page.more else None
        following = cursor(last.placed_at.isoformat(), last.id) if last else None
        return Response({"items": OrderOut(page.items, many=True).data, "next": following})


class OrderById(Door):
    allowed = {"GET": "orders:read"}

    @extend_schema(operation_id="orders_retrieve", responses=OrderInFull)
    def get(self, request: Request, id: UUID) -> Response:
        found = queries.detail(id=id, **reach(principal_of(request)))
        if found is None:
            raise NotFound("There is no such order.")
        parts = {"lines": LineOut(found.lines, many=True).data, "payments": PaymentOut(found.payments, many=True).data}
        parts |= {"dues": DueOut(life.dues(orders=[id])[id], many=True).data, "steps": StepOut(life.steps(orders=[id])[id], many=True).data}
        return Response({**OrderOut(found.order).data, **StandingOut(life.standings(orders=[id])[id]).data, **parts})


def reach(principal: Principal) -> dict[str, Any]:
    """Whose orders: of the person's stores, or of the key's channel."""
    return {"stores": principal.stores("orders:read"), "channel": principal.channel.id if principal.channel else None}
