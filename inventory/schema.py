"""Stock through GraphQL: fields on the catalogue's variant, read for all variants of the answer in a constant number of statements,
movements, and stock put right."""

from datetime import datetime
from typing import Any
from uuid import UUID

import graphene
from graphql_relay import to_global_id

from catalog.schema import PageInfo, local_id, variants_read
from inventory import asked_adjustments, asked_promises, queries
from inventory.models import Document
from inventory.queries import Moved, Wanted
from kernel.errors import Invalid, NotFound
from org.doors import allowed
from org.paging import Page, cursor, page_size, plain_text, position
from org.writing import errors_field, key_field, mutated

THOUSANDTHS = "Thousandths of the variant's unit: 2000 is two pieces."
LARGEST_ID = 2**63 - 1
MOST_LINES = 200


class Availability(graphene.ObjectType):
    location_code = graphene.String(required=True)
    location_name = graphene.String(required=True)
    on_hand = graphene.BigInt(
        required=True, description="Thousandths of the variant's unit: 2000 is two pieces. Below zero when a till sold what the ledger did not have."
    )


class Pickup(graphene.ObjectType):
    location_code = graphene.String(required=True)
    location_name = graphene.String(required=True)
    distance = graphene.Int(description="Metres as the crow flies; null without near, or where the place is on no map.")
    state = graphene.String(required=True, description="in_stock, low, backorder or preorder")
    quantity = graphene.BigInt(description=f"{THOUSANDTHS} Only with stock:read.")
    ready_at = graphene.DateTime(required=True, description="Ready on the counter if ordered now; only hours in which the place is open count.")


class Promise(graphene.ObjectType):
    state = graphene.String(required=True, description="in_stock, low, backorder, preorder or out")
    quantity = graphene.BigInt(description=f"{THOUSANDTHS} All that may be promised; null without stock:read.")
    there = graphene.BigInt(description="Of it, what lies there and does not have to come first.")
    ships = graphene.Boolean(required=True, description="Whether a place that ships has it.")
    comes_on = graphene.Date(description="When what is sold ahead comes, as far as that is known.")
    pickup = graphene.List(
        graphene.NonNull(Pickup),
        required=True,
        description="Where it can be fetched, at most ten places: nearest first, else as the channel prefers them.",
    )


class VariantStock:
    availability = graphene.List(
        graphene.NonNull(Availability), description="What is on hand, place by place; staff see their own stores. Keys need stock:read."
    )
    promise = graphene.Field(
        Promise,
        description="What may be promised of it, as it is this moment. Keys need availability:read and ask in their own channel.",
        near=graphene.String(description="Latitude and longitude: 52.5219,13.4132. Nearest places come first."),
        channel=graphene.String(description="A channel's code."),
    )

    @allowed("stock:read")
    def resolve_availability(variant: Any, info):  # type: ignore[misc]  # graphene passes the document, not self
        read = available(info)
        return [{**read.places[place], "on_hand": int(on_hand)} for place, on_hand in read.levels[variant["id"]]]

    # For products told by lines: what rows have in common, and of each variant those that it has (commerce.lines).
    resolve_availability.rows = lambda info: (read := available(info)) and (read.places, read.levels)  # type: ignore[attr-defined]
    resolve_availability.moving = "on_hand"  # type: ignore[attr-defined]

    @allowed("availability:read")
    def resolve_promise(variant: Any, info, near=None, channel=None):  # type: ignore[misc]
        return promised(info, near or "", plain_text(channel, field="channel", longest=20)).get(variant["id"])


def available(info: Any) -> queries.Available:
    """Of all variants of the answer so far."""
    memo = info.context.memo
    products, read = memo.get("inventory.available", (0, queries.Available({}, {})))
    if products == len(memo["catalog.read"]):
        return read
    wanted = [id for id in variants_read(info) if id not in read.levels]
    found = queries.availability(variants=wanted, stores=info.context.principal.stores("stock:read"))
    read.places.update(found.places)
    read.levels.update(found.levels)
    memo["inventory.available"] = len(memo["catalog.read"]), read
    return read


def promised(info: Any, near: str, channel: str) -> dict[str, Any]:
    """Of all variants of the answer so far, as they are asked for: from the same point and in the same channel."""
    asking = info.context
    products, read = asking.memo.get(("inventory.promised", near, channel), (0, {}))
    if products == len(asking.memo["catalog.read"]):
        return read
    wanted = [UUID(id) for id in variants_read(info) if id not in read]
    for one in asked_promises.promises(principal=asking.principal, variants=wanted, channel=channel, near=near, now=asking.now):
        read[str(one["variant"])] = one
    asking.memo["inventory.promised", near, channel] = len(asking.memo["catalog.read"]), read
    return read


class StockMovement(graphene.ObjectType):
    id = graphene.ID(required=True)
    variant_id = graphene.ID(required=True)
    sku = graphene.String(required=True)
    location_code = graphene.String(required=True)
    quantity = graphene.BigInt(required=True, description="Thousandths: above 0 came, below 0 went.")
    cause = graphene.String(required=True, description="sale, return, opening, receipt, count, adjustment, transfer, recall or undo")
    lot = graphene.String(description="Its code.")
    reference = graphene.ID(required=True, description="The sale, receipt, adjustment or transfer it belongs to, as REST has it.")
    # Not called line in Python: that is what a type's lines (catalog.lines) are kept as.
    of_line = graphene.Int(name="line", required=True)
    part = graphene.Int(required=True, description="Of a bundle's line, which component.")
    note = graphene.String(required=True)
    occurred_at = graphene.DateTime(required=True)
    recorded_at = graphene.DateTime(required=True)

    def resolve_variant_id(movement, info):
        return to_global_id("Variant", movement.variant)

    def resolve_of_line(movement, info):
        return movement.line


class StockMovementEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(StockMovement, required=True)

    def resolve_cursor(movement, info):
        return cursor(movement.id)

    def resolve_node(movement, info):
        return movement


class StockMovementConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(StockMovementEdge), required=True)
    nodes = graphene.List(graphene.NonNull(StockMovement), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class StockMovementFilter(graphene.InputObjectType):
    variant = graphene.ID()
    location = graphene.String(description="A place's id or code.")
    cause = graphene.String()
    lot = graphene.String(description="A lot's code, as printed.")
    since = graphene.DateTime(name="from", description="That happened then or later.")
    until = graphene.DateTime(description="That happened before.")


class Query:
    stock_movements = graphene.Field(
        StockMovementConnection,
        required=True,
        description="What came and went, newest first. Staff see the places of their own stores.",
        filter=graphene.Argument(StockMovementFilter),
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )

    @allowed("stock:read")
    def resolve_stock_movements(root, info, filter=None, first=None, after=None):
        place = position(after, int, field="after")
        before = None if place is None else min(max(place[0], 0), LARGEST_ID)
        stores = info.context.principal.stores("stock:read")
        try:
            wanted = wanted_of(filter or {})
        except NotFound:
            # What does not exist has not moved.
            return connection(Page(items=(), more=False), after)
        return connection(queries.movements(wanted=wanted, first=page_size(first, field="first"), before=before, stores=stores), after)


def wanted_of(filter: Any) -> Wanted:
    for field in ("since", "until"):
        if filter.get(field) and filter[field].tzinfo is None:
            raise Invalid("Give a moment with its zone: 2026-12-01T09:00:00Z.", field="from" if field == "since" else field)
    return Wanted(
        variant=local_id("Variant", filter.get("variant")),
        since=filter.get("since"),
        until=filter.get("until"),
        **{name: plain_text(filter.get(name), field=name, longest=60) for name in ("location", "cause", "lot")},
    )


def connection(page: Page[Moved], after: str | None) -> StockMovementConnection:
    ends = (cursor(page.items[0].id), cursor(page.items[-1].id)) if page.items else (None, None)
    place = PageInfo(has_next_page=page.more, has_previous_page=bool(after), start_cursor=ends[0], end_cursor=ends[1])
    return StockMovementConnection(edges=page.items, nodes=page.items, page_info=place)


class AdjustedLine(graphene.ObjectType):
    position = graphene.Int(required=True)
    variant_id = graphene.ID(required=True)
    quantity = graphene.BigInt(required=True, description="Thousandths.")
    lot = graphene.String(description="Its code.")

    def resolve_variant_id(line, info):
        return to_global_id("Variant", line["variant"])


class StockAdjustment(graphene.ObjectType):
    id = graphene.ID(required=True)
    number = graphene.BigInt(required=True, description="What people call it: Adjustment 318.")
    location_code = graphene.String(required=True)
    reason = graphene.String(required=True)
    note = graphene.String(required=True)
    occurred_at = graphene.DateTime(required=True)
    lines = graphene.List(graphene.NonNull(AdjustedLine), required=True)

    def resolve_id(document, info):
        return to_global_id("StockAdjustment", document["id"])

    def resolve_occurred_at(document, info):
        return datetime.fromisoformat(document["occurred_at"])


class StockAdjustPayload(graphene.ObjectType):
    adjustment = graphene.Field(StockAdjustment, description="Null when it was refused.")
    errors = errors_field()


REASONS = [(name, value) for value, name in zip(Document.Reason.values, Document.Reason.names, strict=True) if value]
AdjustmentReason = graphene.Enum("AdjustmentReason", REASONS)


class AdjustedLineInput(graphene.InputObjectType):
    variant = graphene.ID(description="Or its gtin.")
    gtin = graphene.String(description="A case's code counts as many as are in it.")
    quantity = graphene.BigInt(required=True, description="Thousandths to add; below 0 to take away.")
    lot = graphene.String()
    serials = graphene.List(graphene.NonNull(graphene.String))


class StockAdjustInput(graphene.InputObjectType):
    location = graphene.String(required=True, description="A place's id or code.")
    reason = graphene.Field(AdjustmentReason, required=True)
    note = graphene.String()
    lines = graphene.List(graphene.NonNull(AdjustedLineInput), required=True, description="At most 200.")
    idempotency_key = key_field()


class Mutation:
    stock_adjust = graphene.Field(
        StockAdjustPayload,
        required=True,
        description="Put stock right, saying why: one document, all of its lines or none.",
        input=graphene.Argument(StockAdjustInput, required=True),
    )

    @allowed("stock:write")
    def resolve_stock_adjust(root, info, input):
        return mutated(info.context, operation="stockAdjust", given=input, told="adjustment", effect=lambda: adjusted(info.context, dict(input)))


def adjusted(asking: Any, given: dict[str, Any]) -> Any:
    if len(given["lines"]) > MOST_LINES:
        raise Invalid(f"An adjustment has at most {MOST_LINES} lines.", field="lines", maximum=MOST_LINES)
    lines = [{**line, "variant": local_id("Variant", line.get("variant"))} for line in given["lines"]]
    asked = {**given, "reason": given["reason"].value, "lines": lines}
    return asked_adjustments.adjust(principal=asking.principal, asked=asked, now=asking.now)
