"""What a till has to know of goods that lie on its belt: whether they are recalled, and what the book has of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import connection

from inventory.models import Location


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """Nobody may sell it: this lot of it is recalled, and nobody has taken it off the shelf here yet."""

    lot: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AtTill:
    """`left`: thousandths that the book has and nobody was promised; of a bundle, as many as its scarcest component makes."""

    variant: UUID
    left: int
    stopped: list[Stopped]


@dataclass(frozen=True, kw_only=True)
class ShopFloor:
    """`short_sales`: what the store wants done with what the book does not have. A store without a place to sell from says nothing."""

    short_sales: str = Location.Short.ALLOW
    goods: list[AtTill] = field(default_factory=list)


# A bundle is stopped when any part of it is.
AT_TILL: Final = """
with place as (
    select id, short_sales from inventory_location where store_id = %(store)s and kind = 'store'
), part as (
    select asked.id as variant, coalesce(c.component_id, asked.id) as item, coalesce(c.quantity, 1000) as per
    from (select distinct id from unnest(%(variants)s::uuid[]) as asked(id)) asked left join inventory_component c on c.bundle_id = asked.id
)
select place.short_sales, part.variant,
    min(div(greatest(coalesce(level.on_hand - level.reserved, 0), 0)::numeric * 1000, part.per))::bigint,
    array_agg(distinct array[lot.code, recall.reason]) filter (where recall.id is not null)
from place cross join part
left join inventory_level level on level.variant_id = part.item and level.location_id = place.id
left join inventory_task task on level.blocked > 0 and task.kind = 'recall' and task.done_at is null
    and task.location_id = place.id and task.variant_id = part.item
left join inventory_recall recall on recall.id = task.recall_id
left join inventory_lot lot on lot.id = recall.lot_id
group by place.short_sales, part.variant
"""


def at_till(*, store: UUID, variants: Iterable[UUID]) -> ShopFloor:
    """In one statement, as fresh as the levels."""
    with connection.cursor() as cursor:
        cursor.execute(AT_TILL, {"store": store, "variants": list(variants)})
        rows = cursor.fetchall()
    if not rows:
        return ShopFloor()
    goods = [
        AtTill(variant=variant, left=left, stopped=[Stopped(lot=lot, reason=reason) for lot, reason in stopped or ()])
        for _, variant, left, stopped in rows
    ]
    return ShopFloor(short_sales=rows[0][0], goods=goods)
