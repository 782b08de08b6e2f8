"""Gift cards, credit and points through REST: the same rows, rules and codes as customers.schema_value.

The answer to a write is kept for when it is sent again. A gift card's code is no part of what is kept: it stands in the first answer alone,
and whoever lost that gives the card another (`POST /gift-cards/{id}/codes`). A code is sent in a body, never in an address.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers import queries, services
from customers.api.people import actor_of
from customers.api.shapes import Given
from customers.models import Account, Transaction
from kernel.errors import NotFound
from kernel.ids import uuid7
from org.doors import Door, PageFilter, principal_of
from org.paging import cursor, moment, position
from org.writing import KEY, WriteDoor

Json = dict[str, Any]
AMOUNT = "Minor units of the currency."
MOST = 10**12
KINDS = [choice for choice in Account.Kind.choices if choice[0] != Account.Kind.COUNTER]


def whole(help_text: str = AMOUNT, **more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=help_text, max_value=MOST, **more)


class CardGiven(Given):
    amount = whole(min_value=1)
    currency = serializers.CharField(max_length=3)
    code = serializers.CharField(required=False, max_length=100, help_text="Of another system, 6 to 40 letters and digits; absent: one is made.")
    customer = serializers.UUIDField(required=False, allow_null=True, help_text="Whose it is, where that is known.")
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Absent: as the setting value.gift_card_days says.")


class IssuedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField(allow_null=True, help_text="Told this once. Null: the card brought its own, or this is an answer sent again.")


class MoneyGiven(Given):
    amount = whole(min_value=1)
    currency = serializers.CharField(max_length=3)


class CreditGiven(MoneyGiven):
    note = serializers.CharField(max_length=200, help_text="Why.")


class PointsGiven(Given):
    points = whole("Whole points.", min_value=1)
    note = serializers.CharField(max_length=200, help_text="Why.")


class BlockGiven(Given):
    blocked = serializers.BooleanField(help_text="false: it pays again.")
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=150)


class AdjustmentGiven(Given):
    amount = whole(f"{AMOUNT} Or points. Below 0 takes away.", min_value=-MOST)
    note = serializers.CharField(max_length=200, help_text="Why.")


class CodeGiven(Given):
    code = serializers.CharField(max_length=100, help_text="As it is printed; spaces and dashes do not matter.")


class GiftCardBalanceOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    last4 = serializers.CharField()
    currency = serializers.CharField()
    balance = whole()
    spendable = whole(f"{AMOUNT} Nothing where it is blocked or has expired.")
    expires_at = serializers.DateTimeField(allow_null=True)
    blocked = serializers.BooleanField()


class WrittenOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The account's.")


class HeldOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    currency = serializers.CharField(help_text="PTS: whole points.")
    balance = whole()
    expires_at = serializers.DateTimeField(allow_null=True)


class AccountOut(HeldOut):
    customer = serializers.UUIDField(allow_null=True)
    number = serializers.CharField(allow_null=True, help_text="The customer's.")
    last4 = serializers.CharField(help_text="Of a gift card's code.")
    blocked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class AccountPage(serializers.Serializer[Any]):
    items = AccountOut(many=True)
    next = serializers.CharField(allow_null=True)


class HeldPage(serializers.Serializer[Any]):
    items = HeldOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null: all of them are told at once.")


class AccountFilter(PageFilter):
    kind = serializers.ChoiceField(choices=KINDS, required=False, default="")
    customer = serializers.UUIDField(required=False)
    last4 = serializers.CharField(required=False, default="", max_length=4, help_text="The last characters of a gift card's code.")


class ValueMovementOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    cause = serializers.ChoiceField(choices=Transaction.Cause.choices)
    reference = serializers.UUIDField(help_text="The order, return or import it belongs to.")
    line = serializers.IntegerField()
    amount = whole(f"{AMOUNT} Or points. Above 0 came, below 0 went; 0: nothing moved, the note says what was done.")
    actor = serializers.UUIDField(allow_null=True, help_text="Of the staff.")
    note = serializers.CharField()
    at = serializers.DateTimeField()


class ValueMovementPage(serializers.Serializer[Any]):
    items = ValueMovementOut(many=True)
    next = serializers.CharField(allow_null=True)


class LiabilityOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=KINDS)
    currency = serializers.CharField(help_text="PTS: whole points.")
    age = serializers.CharField(help_text="Of the account: month (30 days at most), quarter (90), year (365) or older.")
    accounts = serializers.IntegerField()
    amount = whole()


class LiabilityPage(serializers.Serializer[Any]):
    items = LiabilityOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null.")


class GiftCards(WriteDoor):
    allowed = {"POST": "value:write"}

    @extend_schema(operation_id="gift_cards_issue", parameters=[KEY], request=CardGiven, responses={201: IssuedOut})
    def post(self, request: Request) -> HttpResponse:
        """A gift card with money on it. Its code is told in this answer and never again."""
        given, told = CardGiven.of(request.data), Json()
        return with_code(self.once(request, lambda now: issued(given, actor_of(request), now, told)), told)


def issued(given: Json, actor: UUID | None, now: datetime, told: Json) -> Json:
    """`told` is given the code: what is returned is kept."""
    card = services.issue_gift_card(**given, reference=uuid7(), line=0, actor=actor, now=now)
    told["code"] = card.code or None
    return {"id": card.id, "code": None}


def with_code(response: HttpResponse, told: Json) -> HttpResponse:
    if told.get("code"):
        response.content = orjson.dumps(orjson.loads(response.content) | told)
    return response


class GiftCardCodes(WriteDoor):
    allowed = {"POST": "value:write"}

    @extend_schema(operation_id="gift_card_codes_create", parameters=[KEY], request=None, responses={201: IssuedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Another code for a card whose code was lost or seen. The old one opens nothing any more."""
        told = Json()
        return with_code(self.once(request, lambda now: recoded(id, actor_of(request), now, told)), told)


def recoded(id: UUID, actor: UUID | None, now: datetime, told: Json) -> Json:
    told["code"] = services.replace_code(id=id, actor=actor, now=now).code
    return {"id": id, "code": None}


class GiftCardTopUps(WriteDoor):
    allowed = {"POST": "value:write"}

    @extend_schema(operation_id="gift_card_top_ups_create", parameters=[KEY], request=MoneyGiven, responses={201: WrittenOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """More money onto a card."""
        given = MoneyGiven.of(request.data)
        return self.once(request, lambda now: topped_up(id, given, actor_of(request), now))


def topped_up(id: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    services.top_up(id=id, **given, reference=uuid7(), line=0, actor=actor, now=now)
    return {"id": id}


class GiftCardBlocks(WriteDoor):
    allowed = {"POST": "value:write"}

    @extend_schema(operation_id="gift_card_blocks_create", parameters=[KEY], request=BlockGiven, responses={201: WrittenOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Nothing can be spent from a blocked card; what comes back to it comes."""
        given = BlockGiven.of(request.data)
        return self.once(request, lambda now: blocked(id, given, actor_of(request), now))


def blocked(id: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    services.block(id=id, **given, actor=actor, now=now)
    return {"id": id}


class GiftCardBalances(Door):
    """A question that is sent as a body, so that no log of addresses holds a code. It writes nothing."""

    allowed = {"POST": "checkout:write"}

    @extend_schema(operation_id="gift_card_balances_read", request=CodeGiven, responses=GiftCardBalanceOut)
    def post(self, request: Request) -> Response:
        """What is on a card, for whoever has its code. Ten wrong codes, and the next is waited for (gift_card_tries)."""
        card = services.look_up(code=CodeGiven.of(request.data)["code"], who=who_tries(request))
        return Response(GiftCardBalanceOut({**vars(card), "spendable": card.spendable(now=datetime.now(UTC))}).data)


def who_tries(request: Request) -> str:
    """A shop's publishable key is everybody's: there the address is counted too, so that one who guesses does not close it for all."""
    principal = principal_of(request)
    shared = principal.key is not None and principal.key.kind == "publishable"
    return f"{principal.name} {request.META.get('REMOTE_ADDR', '')}" if shared else principal.name


class CustomerValue(WriteDoor):
    """Of one kind: store credit or points."""

    allowed = {"GET": "value:read", "POST": "value:write"}
    kind: str

    def held(self, customer: UUID) -> Response:
        found = queries.accounts_of(customer=customer, kinds=[self.kind])
        return Response({"items": HeldOut(found, many=True).data, "next": None})


class CustomerCredit(CustomerValue):
    kind = Account.Kind.STORE_CREDIT

    @extend_schema(operation_id="customer_credit_list", responses=HeldPage)
    def get(self, request: Request, customer: UUID) -> Response:
        """Store credit of a customer, by currency."""
        return self.held(customer)

    @extend_schema(operation_id="customer_credit_give", parameters=[KEY], request=CreditGiven, responses={201: WrittenOut})
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """Goodwill."""
        given = CreditGiven.of(request.data)
        return self.once(request, lambda now: credited(customer, given, actor_of(request), now))


def credited(customer: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    return {"id": services.give_credit(customer=customer, **given, reference=uuid7(), line=0, actor=actor, now=now).account}


class CustomerPoints(CustomerValue):
    kind = Account.Kind.POINTS

    @extend_schema(operation_id="customer_points_list", responses=HeldPage)
    def get(self, request: Request, customer: UUID) -> Response:
        """Points of a customer."""
        return self.held(customer)

    @extend_schema(operation_id="customer_points_give", parameters=[KEY], request=PointsGiven, responses={201: WrittenOut})
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """Points beside those that are earned."""
        given = PointsGiven.of(request.data)
        return self.once(request, lambda now: pointed(customer, given, actor_of(request), now))


def pointed(customer: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    return {"id": services.give_points(customer=customer, **given, reference=uuid7(), line=0, actor=actor, now=now).account}


class ValueAccounts(Door):
    allowed = {"GET": "value:read"}

    @extend_schema(operation_id="value_accounts_list", parameters=[AccountFilter], responses=AccountPage)
    def get(self, request: Request) -> Response:
        """Gift cards, credit and points, newest first."""
        asked = AccountFilter.of(request)
        after = position(asked.pop("after"), moment, UUID, field="after")
        page = queries.accounts(after=after, **asked)  # type: ignore[arg-type]
        last = page.items[-1] if page.more else None
        return Response({"items": AccountOut(page.items, many=True).data, "next": cursor(last.created_at.isoformat(), last.id) if last else None})


class ValueAccount(Door):
    allowed = {"GET": "value:read"}

    @extend_schema(operation_id="value_accounts_read", responses=AccountOut)
    def get(self, request: Request, id: UUID) -> Response:
        """One gift card, or credit or points of a customer."""
        found = queries.account(id=id)
        if found is None:
            raise NotFound("There is no such account.")
        return Response(AccountOut(found).data)


class ValueMovements(Door):
    allowed = {"GET": "value:read"}

    @extend_schema(operation_id="value_movements_list", parameters=[PageFilter], responses=ValueMovementPage)
    def get(self, request: Request, id: UUID) -> Response:
        """What came onto an account and went from it, and what was done with it; newest first."""
        asked = PageFilter.of(request)
        page = queries.movements(account=id, first=asked["first"], after=position(asked["after"], moment, UUID, field="after"))  # type: ignore[arg-type]
        last = page.items[-1] if page.more else None
        return Response({"items": ValueMovementOut(page.items, many=True).data, "next": cursor(last.at.isoformat(), last.id) if last else None})


class ValueAdjustments(WriteDoor):
    allowed = {"POST": "value:write"}

    @extend_schema(operation_id="value_adjustments_create", parameters=[KEY], request=AdjustmentGiven, responses={201: WrittenOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Put a balance right, saying why."""
        given = AdjustmentGiven.of(request.data)
        return self.once(request, lambda now: adjusted(id, given, actor_of(request), now))


def adjusted(id: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    services.adjust(account=id, **given, reference=uuid7(), line=0, actor=actor, now=now)
    return {"id": id}


class ValueLiability(Door):
    allowed = {"GET": "value:read"}

    @extend_schema(operation_id="value_liability_read", responses=LiabilityPage)
    def get(self, request: Request) -> Response:
        """What the shop owes, by kind, currency and age."""
        found = queries.liability(now=datetime.now(UTC))
        return Response({"items": LiabilityOut(found, many=True).data, "next": None})
