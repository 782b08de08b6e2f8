"""Stock through REST: the same rows, rules and codes as inventory.schema."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory import asked_adjustments, asked_promises, queries
from inventory.models import Document, Movement
from org.doors import Door, Filter, PageFilter, principal_of
from org.paging import cursor, position
from org.writing import KEY, WriteDoor

THOUSANDTHS = "Thousandths of the variant's unit: 2000 is two pieces."
LARGEST_ID = 2**63 - 1
MOST_VARIANTS = 100
MOST_LINES = 200


def thousandths(help_text: str = THOUSANDTHS, **given: Any) -> Any:
    return serializers.IntegerField(help_text=help_text, **given)


@extend_schema_field(str)
class Ids(serializers.Field):  # type: ignore[type-arg]
    """UUIDs with commas between them."""

    default_error_messages = {"ids": "Give 1 to {most} ids with commas between them."}

    def to_internal_value(self, data: Any) -> list[UUID]:
        try:
            found = [UUID(one.strip()) for one in str(data).split(",", MOST_VARIANTS)]
        except ValueError:
            self.fail("ids", most=MOST_VARIANTS)
        if len(found) > MOST_VARIANTS:
            self.fail("ids", most=MOST_VARIANTS)
        return found

    def to_representation(self, value: list[UUID]) -> str:
        return ",".join(map(str, value))


class AvailabilityFilter(Filter):
    variants = Ids(help_text=f"Ids with commas between them, at most {MOST_VARIANTS}.")
    channel = serializers.CharField(required=False, default="", max_length=20, help_text="A channel's code; a key has its own.")
    near = serializers.CharField(
        required=False, default="", max_length=60, help_text="Latitude and longitude: 52.5219,13.4132; nearest places first."
    )


class PickupOut(serializers.Serializer[Any]):
    location_code = serializers.CharField()
    location_name = serializers.CharField()
    distance = serializers.IntegerField(allow_null=True, help_text="Metres as the crow flies; null without `near`, or where the place is on no map.")
    state = serializers.CharField(help_text="in_stock, low, backorder or preorder")
    quantity = thousandths(f"{THOUSANDTHS} Only with stock:read.", allow_null=True)
    ready_at = serializers.DateTimeField(help_text="Ready on the counter if ordered now; only hours in which the place is open count.")


class PromiseOut(serializers.Serializer[Any]):
    variant = serializers.UUIDField()
    state = serializers.CharField(help_text="in_stock, low, backorder, preorder or out")
    quantity = thousandths(f"{THOUSANDTHS} All that may be promised; null without stock:read.", allow_null=True)
    there = thousandths("Of it, what lies there and does not have to come first.", allow_null=True)
    ships = serializers.BooleanField(help_text="Whether a place that ships has it.")
    comes_on = serializers.DateField(allow_null=True, help_text="When what is sold ahead comes, as far as that is known.")
    pickup = PickupOut(many=True, help_text="Where it can be fetched, at most ten places: nearest first, else as the channel prefers them.")


class Promises(serializers.Serializer[Any]):
    items = PromiseOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null: all of them are told at once.")


class Availability(Door):
    allowed = {"GET": "availability:read"}

    @extend_schema(operation_id="availability_list", parameters=[AvailabilityFilter], responses=Promises)
    def get(self, request: Request) -> HttpResponse:
        """What may be promised of each variant, as it is this moment; one the channel does not show is left out."""
        asked = AvailabilityFilter.of(request)
        found = asked_promises.promises(principal=principal_of(request), now=datetime.now(UTC), **asked)
        # They stand as they are told: serializers would cost more than all the rest.
        body = orjson.dumps({"items": found, "next": None}, option=orjson.OPT_UTC_Z)
        return HttpResponse(body, content_type="application/json")


class StockFilter(PageFilter):
    variant = serializers.UUIDField(required=False)
    location = serializers.UUIDField(required=False)


class StockOut(serializers.Serializer[Any]):
    variant = serializers.UUIDField()
    location = serializers.UUIDField()
    location_code = serializers.CharField()
    location_name = serializers.CharField()
    on_hand = serializers.IntegerField(help_text="Thousandths of the variant's unit; below zero when a till sold what the ledger did not have.")
    reserved = thousandths("Of it, held for carts and orders.")
    safety = thousandths("Of it, kept back from online doors.")
    available = thousandths("What may still be promised from here, with what may be sold ahead; nothing while a recall is not dealt with.")


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


class ChangeFilter(Filter):
    first = serializers.IntegerField(required=False, min_value=1, max_value=100, default=100, help_text="How many rows.")
    position = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_ID, default=0, help_text="`position` of the page before.")


class ChangedOut(StockOut):
    position = serializers.IntegerField()

    def to_representation(self, change: queries.Change) -> dict[str, Any]:
        return {**StockOut().to_representation(change.stock), "position": change.position}


class ChangePage(serializers.Serializer[Any]):
    items = ChangedOut(many=True)
    position = serializers.IntegerField(help_text="What to ask with next time; the same again when nothing has changed.")
    more = serializers.BooleanField(help_text="Whether there is more to be read at once.")


class StockLevelChanges(Door):
    allowed = {"GET": "stock:read"}

    @extend_schema(operation_id="stock_level_changes_list", parameters=[ChangeFilter], responses=ChangePage)
    def get(self, request: Request) -> Response:
        """Levels that have changed since a position, each once and as it is now. From 0 on: every level that ever changed.
        Positions are given once a second at most, and whoever reads on from the last one misses nothing."""
        asked = ChangeFilter.of(request)
        page = queries.changes(after=asked["position"], first=asked["first"], stores=principal_of(request).stores("stock:read"))
        reached = page.items[-1].position if page.items else asked["position"]
        return Response({"items": ChangedOut(page.items, many=True).data, "position": reached, "more": page.more})


class MovementFilter(PageFilter):
    variant = serializers.UUIDField(required=False)
    location = serializers.CharField(required=False, max_length=60, help_text="A place's id or code.")
    cause = serializers.ChoiceField(choices=Movement.Cause.choices, required=False)
    lot = serializers.CharField(required=False, max_length=20, help_text="A lot's code, as printed.")
    # A word of Python's own.
    locals()["from"] = serializers.DateTimeField(required=False, help_text="That happened then or later.")
    until = serializers.DateTimeField(required=False, help_text="That happened before.")


class MovementOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    variant = serializers.UUIDField()
    sku = serializers.CharField()
    location = serializers.UUIDField()
    location_code = serializers.CharField()
    quantity = thousandths("Thousandths: above 0 came, below 0 went.")
    cause = serializers.ChoiceField(choices=Movement.Cause.choices)
    lot = serializers.CharField(allow_null=True, help_text="Its code.")
    reference = serializers.UUIDField(help_text="The sale, receipt, adjustment or transfer it belongs to.")
    line = serializers.IntegerField()
    part = serializers.IntegerField(help_text="Of a bundle's line, which component.")
    actor = serializers.UUIDField(allow_null=True, help_text="Of the staff.")
    note = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class MovementPage(serializers.Serializer[Any]):
    items = MovementOut(many=True)
    next = serializers.CharField(allow_null=True)


class StockMovements(Door):
    allowed = {"GET": "stock:read"}

    @extend_schema(operation_id="stock_movements_list", parameters=[MovementFilter], responses=MovementPage)
    def get(self, request: Request) -> Response:
        """What came and went, newest first. Staff see the places of their own stores."""
        asked = MovementFilter.of(request)
        first, after = asked.pop("first"), position(asked.pop("after"), int, field="after")
        wanted = queries.Wanted(**{"since" if name == "from" else name: value for name, value in asked.items()})
        before = None if after is None else min(max(after[0], 0), LARGEST_ID)
        page = queries.movements(wanted=wanted, first=first, before=before, stores=principal_of(request).stores("stock:read"))
        last = page.items[-1] if page.more else None
        return Response({"items": MovementOut(page.items, many=True).data, "next": cursor(last.id) if last else None})


class AdjustedLineIn(serializers.Serializer[Any]):
    variant = serializers.UUIDField(required=False, default=None, allow_null=True, help_text="Or its gtin.")
    gtin = serializers.CharField(required=False, default="", max_length=20, allow_blank=True, help_text="A case's code counts as many as are in it.")
    quantity = thousandths("Thousandths to add; below 0 to take away.", min_value=-(2**53), max_value=2**53)
    lot = serializers.CharField(required=False, default="", max_length=20, allow_blank=True)
    serials = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list, max_length=MOST_LINES)


class AdjustmentIn(serializers.Serializer[Any]):
    location = serializers.CharField(max_length=60, help_text="A place's id or code.")
    reason = serializers.ChoiceField(choices=[choice for choice in Document.Reason.choices if choice[0]])
    note = serializers.CharField(required=False, default="", max_length=200, allow_blank=True)
    lines = AdjustedLineIn(many=True, max_length=MOST_LINES, allow_empty=False)  # type: ignore[call-arg]  # of the list


class AdjustedLineOut(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    variant = serializers.UUIDField()
    quantity = thousandths()
    lot = serializers.CharField(allow_null=True)


class AdjustmentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="`reference` of its movements.")
    number = serializers.IntegerField(help_text="What people call it: Adjustment 318.")
    location = serializers.UUIDField()
    location_code = serializers.CharField()
    reason = serializers.CharField()
    note = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    lines = AdjustedLineOut(many=True)


class StockAdjustments(WriteDoor):
    allowed = {"POST": "stock:write"}

    @extend_schema(
        operation_id="stock_adjustments_create",
        parameters=[KEY],
        request=AdjustmentIn,
        responses={201: AdjustmentOut},
    )
    def post(self, request: Request) -> HttpResponse:
        """Put stock right, saying why: one document, all of its lines or none. Staff in their own stores, a key where its channel
        sells or promises from."""
        given = AdjustmentIn(data=request.data)
        given.is_valid(raise_exception=True)
        return self.once(request, lambda now: asked_adjustments.adjust(principal=principal_of(request), asked=given.validated_data, now=now))
