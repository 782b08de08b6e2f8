"""Promotions that everybody gets without doing anything for it: for the law they are prices like others. Reads only."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalog import facets
from catalog.models import Promotion
from catalog.price_history import Cut
from catalog.price_places import here
from catalog.pricebook import Clock, Standing
from catalog.pricebook.promotions import holds_in, limited, told

KINDS: Final = ("percent", "amount", "fixed")
FACETS = f"""with recursive {facets.TREE}
select f.facets || array['product:' || p.handle, 'sku:' || v.sku]::varchar[]
from catalog_variant v join catalog_product p on p.id = v.product_id
left join tree on tree.id = p.category_id left join catalog_brand b on b.id = p.brand_id left join catalog_producttype k on k.id = p.type_id
cross join lateral (select {facets.ARRAY} as facets) f
where v.id = %s"""  # noqa: S608  # put together of our own parts


def cuts(*, variant: UUID, where: Standing, clock: Clock) -> list[Cut]:
    """One statement, and one more for what the variant is sorted into."""
    states = (Promotion.State.APPROVED, Promotion.State.ENDED)
    rows = Promotion.objects.filter(state__in=states, needs_coupon=False, rule__reward__kind__in=KINDS)
    groups: Mapping[str, list[str]] = {code: [where.store] for code in where.groups if where.store}
    plain = [(row, rule) for row in rows if not limited(row) and _is_plain(rule := told(row, clock=clock, groups=groups))]
    here = [(row, rule) for row, rule in plain if holds_in(rule, channel=where.channel, store=where.store)]
    own = _facets(variant) if here else frozenset()
    return [found for row, rule in here if _matches(rule["selection"], own) and (found := _cut(row, rule, clock)) is not None]


def _is_plain(rule: Mapping[str, Any]) -> bool:
    """On the line, for one piece, always and for anybody."""
    asked = ("windows", "groups", "segments", "first_order", "staff", "needs")
    minimum = rule["minimum"]
    several = (minimum["quantity"] or 0) > 1 or minimum["amount"] is not None
    return rule["level"] == "line" and not several and not any(rule[name] for name in asked)


def _matches(selection: Mapping[str, Any], own: frozenset[str]) -> bool:
    wanted = all(any(f"{group}:{value}" in own for value in values) for group, values in selection["any"].items())
    return wanted and not any(f"{group}:{value}" in own for group, values in selection["except"].items() for value in values)


def _facets(variant: UUID) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(FACETS, [variant])
        row = cursor.fetchone()
    return frozenset(row[0]) if row else frozenset()


def _cut(row: Promotion, rule: Mapping[str, Any], clock: Clock) -> Cut | None:
    """From when somebody let it in. One that was put away before it began has no end, or one before its beginning."""
    begun = row.decided_at or row.made_at
    starts, ends = here(clock, row.starts_at), here(clock, row.ends_at)
    starts = max(starts, begun) if starts else begun
    if (row.state == Promotion.State.ENDED and ends is None) or (ends is not None and ends <= starts):
        return None
    reward = rule["reward"]
    return Cut(reward["kind"], reward["value"], row.code, starts, ends)
