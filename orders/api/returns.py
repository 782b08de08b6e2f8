"""Goods that come back, through REST: asked about before, written once, listed after."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders import asked_returns
from orders.models import OrderLine, Payment
from org.doors import Door, principal_of
from org.writing import KEY, WriteDoor

MINOR = "Minor units."
THOUSANDTHS = "Thousandths: 1000 is one piece or one kilogram."
LARGEST = 2**53
MOST_LINES = 200


class LineIn(serializers.Serializer[Any]):
    order = serializers.UUIDField(required=False, help_text="Whose line it is, where the address names no order.")
    position = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="Of the line in its order.")
    sku = serializers.CharField(required=False, max_length=60, help_text="Without a receipt, instead of a line.")
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST, help_text=THOUSANDTHS)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text="A code of the setting returns.reasons.")
    condition = serializers.ChoiceField(required=False, choices=OrderLine.Condition.choices, help_text="Where it goes; else as its reason says.")
    serial = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text="Read from the piece.")


class WantedIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=60)
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST, help_text=THOUSANDTHS)


class RefundIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Payment.Kind.choices)
    amount = serializers.IntegerField(min_value=1, max_value=LARGEST, help_text=MINOR)


class TenderIn(RefundIn):
    code = serializers.CharField(required=False, max_length=60, help_text="Of a gift card.")
    label = serializers.CharField(required=False, max_length=60, help_text='What people know it by: "Visa 4242".')  # type: ignore[assignment]


class ReturnIn(serializers.Serializer[Any]):
    store = serializers.CharField(required=False, max_length=60, help_text="Code of the store it comes back to; without one it was sent in.")
    lines = serializers.ListField(child=LineIn(), allow_empty=False, max_length=MOST_LINES)
    exchange = serializers.ListField(child=WantedIn(), required=False, max_length=MOST_LINES, help_text="What is taken instead, at today's prices.")
    refunds = RefundIn(many=True, required=False, help_text="Left out: to the tenders it was paid by, in their order.")
    fee = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST, help_text=f"Kept back. {MINOR}")
    deposits = serializers.BooleanField(
        required=False, default=True, help_text="Deposits come back with their goods; false: only where a line names them."
    )
    customer = serializers.UUIDField(required=False, help_text="Who gets store credit, where the order names nobody.")
    approve = serializers.BooleanField(required=False, help_text="Whoever asks manages the store and allows it.")


class ReturnMadeIn(ReturnIn):
    tenders = TenderIn(many=True, required=False, help_text="What the customer pays where the exchange costs more.")


class ReasonOut(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="window_over, final_sale, age_restricted, serial_missing, serial_differs, no_receipt")
    text = serializers.CharField()


class QuotedLineOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(help_text=f"Below zero. {THOUSANDTHS}")
    total = serializers.IntegerField(help_text=f"Below zero. {MINOR}")
    tax = serializers.IntegerField(help_text=MINOR)
    discount = serializers.IntegerField(help_text=MINOR)
    condition = serializers.CharField()
    last_day = serializers.DateField(allow_null=True)
    reasons = ReasonOut(many=True)
    allowed = serializers.ListField(child=serializers.CharField(), help_text="original, store_credit")
    with_approval = serializers.ListField(child=serializers.CharField())


class RefundOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    amount = serializers.IntegerField(help_text=MINOR)
    label = serializers.CharField()  # type: ignore[assignment]
    why = serializers.CharField(help_text="Why not as it was paid: blocked, no_drawer, no_terminal, unknown_tender, store_credit_only, chosen.")


class QuoteOut(serializers.Serializer[Any]):
    currency = serializers.CharField()
    owed = serializers.IntegerField(help_text=MINOR)
    new_total = serializers.IntegerField(help_text=MINOR)
    due = serializers.IntegerField(help_text=f"Above zero the customer pays, below zero it is given back. {MINOR}")
    due_cash = serializers.IntegerField(help_text=f"The same in cash, as coins allow. {MINOR}")
    lines = QuotedLineOut(many=True)
    refunds = RefundOut(many=True)
    way = serializers.CharField(allow_blank=True, help_text="original, store_credit or chosen; empty: nothing without a manager.")
    allowed = serializers.ListField(child=serializers.CharField())
    with_approval = serializers.ListField(child=serializers.CharField())
    reasons = ReasonOut(many=True)


class ReturnedLineOut(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    kind = serializers.CharField()
    variant = serializers.UUIDField(allow_null=True)
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(help_text=f"Below zero came back. {THOUSANDTHS}")
    total = serializers.IntegerField(help_text=MINOR)
    tax = serializers.IntegerField(help_text=MINOR)
    reason = serializers.CharField()
    condition = serializers.CharField()


class ReturnedTenderOut(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    kind = serializers.CharField()
    amount = serializers.IntegerField(help_text=f"Below zero went back. {MINOR}")
    label = serializers.CharField()  # type: ignore[assignment]
    tendered = serializers.IntegerField(help_text=MINOR)
    change = serializers.IntegerField(help_text=MINOR)


class GiftCardOut(serializers.Serializer[Any]):
    position = serializers.IntegerField(help_text="Of the tender.")
    code = serializers.CharField()


class ReturnOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    total = serializers.IntegerField(help_text=f"Below zero went back. {MINOR}")
    tax = serializers.IntegerField(help_text=MINOR)
    rounding = serializers.IntegerField(help_text=MINOR)
    currency = serializers.CharField()
    lines = ReturnedLineOut(many=True)
    payments = ReturnedTenderOut(many=True)
    gift_cards = GiftCardOut(many=True, help_text="Made for what could not go back as it was paid.")


class ReturnRowOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    total = serializers.IntegerField(help_text=f"Below zero went back. {MINOR}")
    currency = serializers.CharField()
    store_id = serializers.UUIDField(allow_null=True)
    business_date = serializers.DateField()
    placed_at = serializers.DateTimeField()


class ReturnRows(serializers.Serializer[Any]):
    items = ReturnRowOut(many=True)


def clock() -> datetime:
    return datetime.now(UTC)


class Quoting(Door):
    """Asks with a body and writes nothing: no key is needed."""

    def quoted(self, request: Request, order: UUID | None) -> Response:
        given = ReturnIn(data=request.data)
        given.is_valid(raise_exception=True)
        found = asked_returns.quote(principal=principal_of(request), order=order, asked=given.validated_data, now=clock())
        return Response(QuoteOut(found).data)


class Returning(WriteDoor):
    def returned(self, request: Request, order: UUID | None) -> HttpResponse:
        given = ReturnMadeIn(data=request.data)
        given.is_valid(raise_exception=True)
        principal, asked = principal_of(request), given.validated_data

        def effect(id: UUID, now: datetime) -> dict[str, Any]:
            return dict(ReturnOut(asked_returns.give_back(principal=principal, order=order, id=id, asked=asked, clock=clock)).data)

        return self.resumably(request, effect)


class OrderReturns(Returning):
    allowed = {"GET": "orders:read", "POST": "orders:write"}

    @extend_schema(operation_id="orders_returns_list", responses=ReturnRows, tags=["returns"])
    def get(self, request: Request, id: UUID) -> Response:
        """The returns of an order, the oldest first."""
        return Response(ReturnRows({"items": asked_returns.returns_of(principal=principal_of(request), order=id)}).data)

    @extend_schema(operation_id="orders_returns_create", parameters=[KEY], request=ReturnMadeIn, responses={201: ReturnOut}, tags=["returns"])
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Goods of this order come back, and what is taken instead leaves. Staff in their own stores; what was sold on the web, in any."""
        return self.returned(request, id)


class OrderReturnQuotes(Quoting):
    allowed = {"POST": "orders:write"}

    @extend_schema(operation_id="orders_returns_quote", request=ReturnIn, responses=QuoteOut, tags=["returns"])
    def post(self, request: Request, id: UUID) -> Response:
        """What would go back to whom, and what is in the way. Nothing is written."""
        return self.quoted(request, id)


class Returns(Returning):
    allowed = {"POST": "orders:write"}

    @extend_schema(operation_id="returns_create", parameters=[KEY], request=ReturnMadeIn, responses={201: ReturnOut}, tags=["returns"])
    def post(self, request: Request) -> HttpResponse:
        """Goods of several orders, or without a receipt. Each line names its order, or its SKU."""
        return self.returned(request, None)


class ReturnQuotes(Quoting):
    allowed = {"POST": "orders:write"}

    @extend_schema(operation_id="returns_quote", request=ReturnIn, responses=QuoteOut, tags=["returns"])
    def post(self, request: Request) -> Response:
        """As for one order, of several or without a receipt."""
        return self.quoted(request, None)
