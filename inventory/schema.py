"""Stock through GraphQL: a field on the catalogue's variant, read for all variants of the answer in one statement."""

from typing import Any

import graphene

from catalog.schema import variants_read
from inventory import queries
from org.doors import allowed


class Availability(graphene.ObjectType):
    location_code = graphene.String(required=True)
    location_name = graphene.String(required=True)
    on_hand = graphene.BigInt(
        required=True, description="Thousandths of the variant's unit: 2000 is two pieces. Below zero when a till sold what the ledger did not have."
    )


class VariantStock:
    availability = graphene.List(
        graphene.NonNull(Availability), description="What is on hand, place by place; staff see their own stores. Keys need stock:read."
    )

    @allowed("stock:read")
    def resolve_availability(variant: Any, info):  # type: ignore[misc]  # graphene passes the document, not self
        read = available(info)
        return [{**read.places[place], "on_hand": int(on_hand)} for place, on_hand in read.levels[variant["id"]]]

    # For products told by lines: what rows have in common, and of each variant those that it has (commerce.lines).
    resolve_availability.rows = lambda info: (read := available(info)) and (read.places, read.levels)  # type: ignore[attr-defined]
    resolve_availability.moving = "on_hand"  # type: ignore[attr-defined]


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
