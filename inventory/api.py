"""Stock through REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory import queries
from org.doors import Door, PageFilter, principal_of
from org.paging import cursor, position


class StockFilter(PageFilter):
    variant = serializers.UUIDField(required=False)
    location = serializers.UUIDField(required=False)


class StockOut(serializers.Serializer[Any]):
    variant = serializers.UUIDField()
    location = serializers.UUIDField()
    location_code = serializers.CharField()
    location_name = serializers.CharField()
    on_hand = serializers.IntegerField(help_text="Thousandths of the variant's unit; below zero when a till sold what the ledger did not have.")


class StockPage(serializers.Serializer[Any]):
    items = StockOut(many=True)
    next = serializers.CharField(allow_null=True)


class StockLevels(Door):
    allowed = {"GET": "stock:read"}

    @extend_schema(operation_id="stock_levels_list", parameters=[StockFilter], responses=StockPage)
    def get(self, request: Request) -> Response:
        """What is on hand, by variant and place. Staff see the places of their own stores."""
        asked = StockFilter.of(request)
        page = queries.stock(
            first=asked["first"],
            after=position(asked["after"], UUID, UUID, field="after"),
            variant=asked.get("variant"),
            location=asked.get("location"),
            stores=principal_of(request).stores("stock:read"),
        )
        last = page.items[-1] if page.more else None
        return Response({"items": StockOut(page.items, many=True).data, "next": cursor(last.variant, last.location) if last else None})
