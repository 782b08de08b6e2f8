"""Deliveries of events through REST: look, and send again."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backoffice import deliveries
from kernel import outbox
from kernel.errors import Conflict
from kernel.models import Delivery
from org.doors import Door, PageFilter
from org.paging import cursor, position
from org.writing import KEY, WriteDoor

LARGEST_ID = 2**63 - 1


class AlreadyDelivered(Conflict):
    code = "already_delivered"
    title = "This delivery has arrived; it is not sent again"


class DeliveryFilter(PageFilter):
    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False, default="")
    subscriber = serializers.CharField(required=False, default="", max_length=60)


class MessageOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    type = serializers.CharField()
    version = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    aggregate_type = serializers.CharField()
    aggregate_id = serializers.UUIDField()
    sequence = serializers.IntegerField()
    store = serializers.CharField(allow_null=True)


class DeliveryOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    message = MessageOut()
    subscriber = serializers.CharField()
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    attempts = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()


class DeliveryPage(serializers.Serializer[Any]):
    items = DeliveryOut(many=True)
    next = serializers.CharField(allow_null=True)


class Deliveries(Door):
    allowed = {"GET": "deliveries:read"}

    @extend_schema(operation_id="deliveries_list", parameters=[DeliveryFilter], responses=DeliveryPage)
    def get(self, request: Request) -> Response:
        asked = DeliveryFilter.of(request)
        after = position(asked["after"], int, field="after")
        page = deliveries.deliveries(
            first=asked["first"],
            after=min(after[0], LARGEST_ID) if after else None,
            state=asked["state"],
            subscriber=asked["subscriber"],
        )
        last = page.items[-1] if page.more else None
        return Response({"items": DeliveryOut(page.items, many=True).data, "next": cursor(last.id) if last else None})


class Retries(WriteDoor):
    allowed = {"POST": "deliveries:write"}

    @extend_schema(
        parameters=[KEY],
        request=None,
        responses={202: DeliveryOut},
    )
    def post(self, request: Request, id: int) -> HttpResponse:
        """Send a waiting or parked delivery again, due now and with all its tries."""
        return self.once(request, lambda now: retried(id, now), status=202)


def retried(id: int, now: datetime) -> dict[str, Any]:
    deliveries.delivery(id=id)
    if not outbox.retry(ids=[id], now=now):
        raise AlreadyDelivered
    return dict(DeliveryOut(deliveries.delivery(id=id)).data)
