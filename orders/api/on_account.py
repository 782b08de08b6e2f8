"""What a business owes, and paying it: REST."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers import queries as customers
from customers.api.shapes import Given
from kernel.errors import NotFound
from kernel.ids import uuid7
from orders.queries.owed import open_items
from orders.services import on_account
from org.doors import Door, principal_of
from org.writing import KEY, WriteDoor

MINOR = "Minor units of the currency."


class OpenItemOut(serializers.Serializer[Any]):
    order = serializers.UUIDField()
    number = serializers.CharField()
    business_date = serializers.DateField()
    amount = serializers.IntegerField(help_text=f"{MINOR} What was bought on account.")
    left = serializers.IntegerField(help_text=f"{MINOR} What of it is owed.")


class OwedOut(serializers.Serializer[Any]):
    currency = serializers.CharField(help_text="Empty: nothing may be bought on account.")
    limit = serializers.IntegerField(help_text=MINOR)
    owed = serializers.IntegerField(help_text=MINOR)
    items = OpenItemOut(many=True, help_text="Oldest first.")


class SettlementGiven(Given):
    amount = serializers.IntegerField(min_value=1, max_value=10**12, help_text=MINOR)
    currency = serializers.CharField(max_length=3)
    kind = serializers.ChoiceField(choices=on_account.KINDS, help_text="How it came.")
    # A serializer has a label of its own.
    locals()["label"] = serializers.CharField(required=False, default="", allow_blank=True, max_length=60, help_text="What people know it by.")


class SettledOut(serializers.Serializer[Any]):
    order = serializers.UUIDField()
    number = serializers.CharField()
    amount = serializers.IntegerField(help_text=MINOR)


class SettlementOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="What the payments name as their source.")
    settled = SettledOut(many=True)


class Account(Door):
    allowed = {"GET": "payments:read"}

    @extend_schema(operation_id="customer_account_read", responses=OwedOut)
    def get(self, request: Request, customer: UUID) -> Response:
        """What a customer may owe and owes."""
        may = customers.may_owe(customer=customer)
        if may is None:
            raise NotFound("There is no such customer.")
        items = open_items(customer=customer, currency=may.currency)
        told = {"currency": may.currency, "limit": may.limit, "owed": sum(item.left for item in items), "items": items}
        return Response(OwedOut(told).data)


class AccountPayments(WriteDoor):
    allowed = {"POST": "payments:write"}

    @extend_schema(operation_id="customer_account_payments_create", parameters=[KEY], request=SettlementGiven, responses={201: SettlementOut})
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """Money for what is owed, in one sum for many orders, oldest first."""
        given, user = SettlementGiven.of(request.data), principal_of(request).user
        return self.once(request, lambda now: settled(customer, given, user.id if user else None, now))


def settled(customer: UUID, given: dict[str, Any], actor: UUID | None, now: datetime) -> dict[str, Any]:
    reference = uuid7()
    paid = on_account.settle_account(customer=customer, **given, reference=reference, actor=actor, now=now)
    return {"id": reference, "settled": [vars(one) for one in paid]}
