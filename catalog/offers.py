"""Promotions as cards tell them: a badge on what they are about, and what one piece costs where nothing else is asked for.

Told are promotions that run now in a channel for everybody who comes: no coupon, no customers of some sort, no hours of the
week. A card shows the best single one; what a basket costs is decided by catalog.pricing alone.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from catalog.current_prices import halves

Json = dict[str, Any]

# As in catalog.pricing: the order in which they are worked.
ORDER = "m.priority desc, m.starts_at nulls first, m.code"
ROWS = f"""select m.code, coalesce(nullif(m.receipt_text, ''), m.name), m.starts_at, m.ends_at, m.combination,
    coalesce(m.most_uses, m.most_per_customer, m.budget, m.monthly_budget) is not null, m.rule::text
    from catalog_promotion m where m.state = 'approved' and not m.needs_coupon and {{which}} order by {ORDER}"""
RUNNING = """(m.starts_at is null or m.starts_at <= %(at)s) and (m.ends_at is null or m.ends_at > %(at)s)
    and (m.most_uses is null or m.used < m.most_uses) and (m.budget is null or m.given < m.budget)
    and (m.rule -> 'channels' ? (select n.code from org_channel n where n.id = %(channel)s)
        or coalesce(nullif(m.rule -> 'channels', '[]'), nullif(m.rule -> 'stores', '[]'), nullif(m.rule -> 'store_groups', '[]')) is null)"""
# Goods that carry a promotion's badge are found by it.
FACET = "promotion"
EVERYTHING = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """`limited`: not everybody who comes gets it for ever."""

    code: str
    text: str
    starts_at: datetime | None
    ends_at: datetime | None
    combination: str
    limited: bool
    rule: Json

    @property
    def reward(self) -> Json:
        return self.rule.get("reward") or {}

    @property
    def told(self) -> bool:
        """Of the whole basket only where it is about some goods, of delivery never: no product has that."""
        rule = self.rule
        asks = any(rule.get(part) for part in ("windows", "groups", "segments", "first_order", "staff"))
        level = rule.get("level") or "line"
        return not asks and (level == "line" or (level == "order" and bool((rule.get("selection") or {}).get("any"))))

    @property
    def single(self) -> Json | None:
        """The reward, when one piece alone gets it."""
        rule, reward = self.rule, self.reward
        minimum = rule.get("minimum") or {}
        asks = rule.get("needs") or minimum.get("amount") or (minimum.get("quantity") or 1) > 1
        if self.limited or asks or (rule.get("level") or "line") != "line" or reward.get("kind") not in ("percent", "amount", "fixed"):
            return None
        most = rule.get("stack_limit") if self.combination == "stack" else None
        return {"kind": reward["kind"], "value": reward["value"], "most": most}

    @property
    def selections(self) -> list[Json]:
        """What has its badge is in one of these."""
        bundle = self.reward.get("kind") == "bundle"
        wanted = [slot.get("selection") or {} for slot in self.reward.get("slots") or ()] if bundle else [self.rule.get("selection") or {}]
        return [{"groups": list(_groups(each, "any")), "without": _named(each, "except")} for each in wanted]

    @property
    def keys(self) -> list[str]:
        """Whatever is in a selection has one of these facets; the shortest group finds the fewest."""
        return [key for each in self.selections for key in (min(each["groups"], key=len) if each["groups"] else [EVERYTHING])]

    def as_json(self) -> Json:
        selections = self.selections
        return {
            "code": self.code,
            "text": self.text,
            "kind": self.reward.get("kind", ""),
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "single": self.single,
            "selections": selections,
            "by_sku": any(name.startswith("sku:") for each in selections for group in (*each["groups"], each["without"]) for name in group),
        }


NOT_REDUCED = "select null::bigint as amount, null::jsonb as offer, null::text as code, null::timestamptz as starts_at"


def running(*, channel: UUID, now: datetime) -> list[Offer]:
    """What the cards of the channel tell now, in order."""
    return told(which=RUNNING, values={"channel": channel, "at": now})


def told(*, which: str, values: Mapping[str, Any]) -> list[Offer]:
    """Of approved promotions m for which the condition `which` holds, whatever the time."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(which=which), values)
        rows: list[list[Any]] = [[*columns, orjson.loads(rule)] for *columns, rule in cursor]
    made = [Offer(*row) for row in rows]
    return [offer for offer in made if offer.told]


def parameters(offers: Sequence[Offer]) -> Json:
    """For CANDIDATES: what each offer is, and which are found by a facet."""
    index: dict[str, list[int]] = {}
    for number, offer in enumerate(offers):
        for key in offer.keys:
            index.setdefault(key, []).append(number)
    told = {"index": index, "offers": [offer.as_json() for offer in offers]}
    return {"offers": orjson.dumps(told).decode()}


# A common table expression, of one row.
OFFERS = "offers as materialized (select told -> 'index' as index, told -> 'offers' as offers from (select %(offers)s::jsonb as told) t)"


def matches(offer: str, facets: str) -> str:
    """Whether goods with these facets (text[]) are in one of the offer's selections."""

    def listed(json: str) -> str:
        return f"array(select jsonb_array_elements_text({json}))"

    return f"""exists (select from jsonb_array_elements({offer} -> 'selections') s(one)
        where not {facets} && {listed("s.one -> 'without'")}
            and not exists (select from jsonb_array_elements(s.one -> 'groups') g(names) where not {facets} && {listed("g.names")}))"""


# The SKUs of p that an offer may be about: deposits are goods of none.
GOODS = (
    "catalog_variant w where w.product_id = p.id and w.archived_at is null and not exists (select from catalog_variant d where d.deposit_id = w.id)"
)
# running: the offers of the product p with the facets f as an array in order, null for none. facets: also what it and its SKUs are called.
CANDIDATES = f"""select jsonb_agg(c.offer order by c.number) as running from (
        select found.number, (select offers from offers) -> found.number as offer, named.facets
        from (select f.facets::text[] || ('product:' || p.handle) as own, array(select 'sku:' || w.sku from {GOODS}) as skus) names
        cross join lateral (select names.own || names.skus as facets) named
        cross join lateral (select distinct number::int as number from unnest(named.facets || '{EVERYTHING}'::text) key
            cross join lateral jsonb_array_elements((select index from offers) -> key) number) found
        where cardinality(names.skus) > 0
    ) c where (c.offer -> 'by_sku')::bool or {matches("c.offer", "c.facets")}"""


def of_variant(offer: str) -> str:
    """Whether the offer, one of p's, is about the variant w, too."""
    facets = "(f.facets::text[] || ('product:' || p.handle) || ('sku:' || w.sku))"
    return f"(not ({offer} -> 'by_sku')::bool or {matches(offer, facets)})"


BADGES = f"""select json_agg(json_build_object('code', b.offer -> 'code', 'text', b.offer -> 'text', 'kind', b.offer -> 'kind',
            'ends_at', (b.offer ->> 'ends_at')::timestamptz) order by b.number) as told,
        array_agg('{FACET}:' || (b.offer ->> 'code') order by b.number) as facets
    from jsonb_array_elements(c.running) with ordinality b(offer, number)
    where not (b.offer -> 'by_sku')::bool or exists (select from {GOODS} and {of_variant("b.offer")})"""

_VALUE = "({offer} #>> '{{single,value}}')::bigint"
_MOST = "({offer} #>> '{{single,most}}')::bigint"


def reduced(amount: str, price_quantity: str, offer: str) -> str:
    """What one costs with an offer that one piece alone gets. As catalog.pricing rounds."""
    value, most = _VALUE.format(offer=offer), _MOST.format(offer=offer)
    each = halves(f"{value} * {price_quantity}", "1000")
    off = f"""case {offer} #>> '{{single,kind}}' when 'percent' then {halves(f"{amount} * {value}", "1000000")}
        when 'amount' then {each} else {amount} - {each} end"""
    return f"({amount} - greatest(0, least({off}, coalesce({amount} * {most} / 1000000, {amount}), {amount})))"


# Of the variant w at the present price n: what the best single offer makes of it.
REDUCED = f"""select o.amount, o.offer, o.offer ->> 'code' as code, (o.offer ->> 'starts_at')::timestamptz as starts_at from (
        select {reduced("n.amount", "n.price_quantity", "a.offer")} as amount, a.offer, a.number
        from jsonb_array_elements(c.running) with ordinality a(offer, number)
        where jsonb_typeof(a.offer -> 'single') = 'object' and {of_variant("a.offer")}
            and not exists (select from catalog_variant d where d.deposit_id = w.id)
    ) o where o.amount < n.amount order by o.amount, o.number limit 1"""

# Products with one of these facets, or called so. Cards tell what a product's facets are.
REACHED = """select c.product_id from catalog_card c where %(everything)s or c.facets && %(facets)s::varchar[]
    union select p.id from catalog_product p where p.handle = any(%(handles)s::text[])
    union select w.product_id from catalog_variant w where w.sku = any(%(skus)s::text[])"""


def reached(keys: Iterable[str]) -> Json:
    """The parameters of REACHED."""
    wanted = set(keys)
    handles, skus = ([key.removeprefix(of) for key in sorted(wanted) if key.startswith(of)] for of in ("product:", "sku:"))
    return {"everything": EVERYTHING in wanted, "facets": sorted(wanted - {EVERYTHING}), "handles": handles, "skus": skus}


def _groups(selection: Mapping[str, Any], part: str) -> Iterator[list[str]]:
    for group, values in (selection.get(part) or {}).items():
        yield [f"{group}:{value}" for value in values]


def _named(selection: Mapping[str, Any], part: str) -> list[str]:
    return [name for group in _groups(selection, part) for name in group]
