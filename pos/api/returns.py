"""Goods come back at a till: find the receipt, ask what it comes to, take it back. Online only.

A manager allows what the rules do not by the PIN typed at the till, as the sync inbox has it: `X-Till-Manager: <user id> <digest>`.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.returns import MINOR, THOUSANDTHS, QuoteOut, ReturnIn, ReturnMadeIn, ReturnOut
from orders.asked_returns import told, told_quote
from org.doors import Filter
from pos.api.inbox import WHO, InboxDoor
from pos.api.tills import TillDoor
from pos.services import returning

MANAGER = OpenApiParameter(
    WHO.name, str, OpenApiParameter.HEADER, required=False, description="Who manages the store and allows it: `<user id> <digest of the PIN>`."
)


class ReceiptFilter(Filter):
    number = serializers.CharField(required=False, default="", max_length=40, help_text="As it is on the paper.")
    on = serializers.DateField(required=False, default=None, help_text="The business day, without a number.")
    total = serializers.IntegerField(required=False, default=None, help_text=f"With the day. {MINOR}")


class ReceiptLineOut(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    kind = serializers.CharField()
    sku = serializers.CharField()
    gtin = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(help_text=THOUSANDTHS)
    returned = serializers.IntegerField(help_text=f"Of it has come back. {THOUSANDTHS}")
    total = serializers.IntegerField(help_text=MINOR)


class ReceiptTenderOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.IntegerField(help_text=MINOR)
    left = serializers.IntegerField(help_text=f"Has not gone back. {MINOR}")


class ReceiptOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="order.id")
    number = serializers.CharField(source="order.number")
    source = serializers.CharField(source="order.source")  # type: ignore[assignment]
    store = serializers.CharField(source="order.store_code", allow_null=True)
    business_date = serializers.DateField(source="order.business_date")
    placed_at = serializers.DateTimeField(source="order.placed_at")
    currency = serializers.CharField(source="order.currency")
    total = serializers.IntegerField(source="order.total", help_text=MINOR)
    lines = ReceiptLineOut(many=True)
    tenders = ReceiptTenderOut(many=True)


class ReceiptsOut(serializers.Serializer[Any]):
    items = ReceiptOut(many=True)


class TillReturnIn(ReturnMadeIn):
    store = None  # type: ignore[assignment]
    approve = None  # type: ignore[assignment]
    id = serializers.UUIDField(help_text="The till's own, once for ever: sent again it happens once.")
    cashier = serializers.UUIDField()


class TillQuoteIn(ReturnIn):
    store = None  # type: ignore[assignment]
    approve = None  # type: ignore[assignment]


class ReturnDoor(InboxDoor):
    def approver(self) -> UUID | None:
        """Raises PinNotProven, TooManyPins."""
        return self.manager().pk if self.request.headers.get(WHO.name) else None


class TillReceipts(TillDoor):
    @extend_schema(operation_id="till_receipts_list", summary="Find a receipt", tags=["tills"], parameters=[ReceiptFilter], responses=ReceiptsOut)
    def get(self, request: Request) -> Response:
        """By its number, wherever it was sold; or by day and amount, of this store."""
        found = returning.find_receipts(till=self.epoch.till, **ReceiptFilter.of(request))
        return Response(ReceiptsOut({"items": found}).data)


class TillReturnQuotes(ReturnDoor):
    @extend_schema(
        operation_id="till_returns_quote",
        summary="What would go back to whom",
        tags=["tills"],
        parameters=[MANAGER],
        request=TillQuoteIn,
        responses={200: QuoteOut, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        given = TillQuoteIn(data=request.data)
        given.is_valid(raise_exception=True)
        approved = self.approver() is not None
        found = returning.quote(till=self.epoch.till, asked=given.validated_data, approved=approved, now=datetime.now(UTC))
        return Response(QuoteOut(told_quote(found)).data)


class TillReturns(ReturnDoor):
    @extend_schema(
        operation_id="till_returns_create",
        summary="Take goods back",
        description="With what is taken instead. The same id again answers the same and changes nothing.",
        tags=["tills"],
        parameters=[MANAGER],
        request=TillReturnIn,
        responses={201: ReturnOut, 403: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        given = TillReturnIn(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        manager, now = self.approver(), lambda: datetime.now(UTC)
        returned = returning.take_back(till=self.epoch.till, id=asked["id"], asked=asked, manager=manager, clock=now)
        return Response(ReturnOut(told(returned)).data, status=201)
