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
        levels = info.context.memo.setdefault("inventory.levels", {})
        if variant["id"] not in levels:
            wanted = [id for id in variants_read(info) if id not in levels]
            found = queries.availability(variants=wanted, stores=info.context.principal.stores("stock:read"))
            levels.update({id: found.get(id, []) for id in wanted})
        return levels[variant["id"]]
