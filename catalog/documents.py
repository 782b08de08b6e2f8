"""A product as a document: everything a door tells about it, made by one statement from the tables.

The shelf keeps these documents as cards; a reader without a channel (staff) gets them made on the spot. Money is minor
units, quantities are thousandths. The keys are those of the GraphQL and REST fields, in snake case.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from catalog import current_prices, facets, offers
from kernel.money import EXPONENTS
from org import settings

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of the catalogue somebody sees. With a channel: what is offered in it, and only that. Without: everything."""

    channel: UUID | None = None
    currency: str | None = None


# What a channel may show at %(at)s: active, not switched off, inside its window.
SHOWN_HERE = """p.status = 'active'
    and not exists (select from catalog_publication u where u.product_id = p.id and u.channel_id = %(channel)s
        and (not u.offered or u.starts_at > %(at)s or u.ends_at <= %(at)s))"""
# What it offers: of that whatever has a live variant that costs something now.
OFFERED = f"""{SHOWN_HERE}
    and exists (select from catalog_variant w where w.product_id = p.id and w.archived_at is null and (
        exists (select from catalog_price o where o.variant_id = w.id and o.currency = %(currency)s)
        or exists (select from ({current_prices.valid("%(at)s")}) e join ({current_prices.HERE}) l on l.id = e.price_list_id
            where e.from_quantity <= {current_prices.ONE})))"""

PICTURES = """select json_agg(json_build_object('id', m.id, 'alt', i.alt, 'variant', i.variant_id, 'file', m.file, 'width', m.width,
    'height', m.height, 'focal_x', m.focal_x, 'focal_y', m.focal_y, 'renditions', m.renditions) order by i.position, i.id)
    from catalog_productmedia i join catalog_media m on m.id = i.media_id and m.state = 'ready' where i.product_id = p.id"""

ATTRIBUTES = """select json_agg(json_build_object('code', a.code, 'name', a.name, 'kind', a.kind, 'unit', a.unit, 'translations', a.translations,
        'value', v.value, 'choices', (select coalesce(json_agg(json_build_object('code', h.code, 'name', h.name, 'translations', h.translations)
            order by h.position, h.id), '[]')
            from catalog_attributechoice h where h.attribute_id = a.id and a.kind in ('choice', 'multi_choice') and v.value @> to_jsonb(h.code)))
        order by y.position nulls last, a.code)
    from jsonb_each(p.attributes) v join catalog_attribute a on a.code = v.key
    left join catalog_typeattribute y on y.type_id = p.type_id and y.attribute_id = a.id"""

COLLECTIONS = """select json_agg(json_build_object('code', l.code, 'name', l.name, 'translations', l.translations) order by l.position, l.id)
    from catalog_collection l where 'collection:' || l.code = any(f.facets)"""


def global_id(kind: str, id: str) -> str:
    """As GraphQL names it: what is ready in the document need not be made for every answer."""
    return f"encode(convert_to('{kind}:' || {id}, 'UTF8'), 'base64')"


# As kernel.money.format_amount writes it; the decimals of EUR and most others are two.
PLACES = " ".join(f"when '{currency}' then {places}" for currency, places in EXPONENTS.items())
FORMATTED = f"""(select case n when 0 then o.amount::text else (o.amount / unit)::text || '.' || lpad(mod(o.amount, unit)::text, n, '0') end
    from (select n, (array[1, 10, 100, 1000, 10000]::bigint[])[n + 1] as unit from (select case o.currency {PLACES} else 2 end as n) p) places)"""
# As catalog.gtin.shown writes it: 8, 12, 13 or 14 digits.
SHOWN = """case when left(g.gtin, 6) = '000000' then right(g.gtin, 8) when left(g.gtin, 2) = '00' then right(g.gtin, 12)
    when left(g.gtin, 1) = '0' then right(g.gtin, 13) else g.gtin end"""


def variant_row(prices: str) -> str:
    return f"""json_agg(json_build_object('id', w.id, 'global_id', {global_id("Variant", "w.id")},
        'sku', w.sku, 'name', w.name, 'options', w.options, 'net_content', w.net_content,
        'net_unit', w.net_unit, 'sold_by', w.sold_by, 'archived', w.archived_at is not null, 'translations', w.translations,
        'deposit_sku', (select d.sku from catalog_variant d where d.id = w.deposit_id),
        'gtins', coalesce((select json_agg(g.gtin order by g.gtin) from catalog_gtin g where g.variant_id = w.id), '[]'),
        'codes', coalesce((select json_agg({SHOWN} order by g.gtin) from catalog_gtin g where g.variant_id = w.id), '[]'),
        'prices', {prices}) order by w.position, w.id)"""


ALL_PRICES = f"""coalesce((select json_agg(json_build_object('currency', o.currency, 'amount', o.amount, 'formatted', {FORMATTED},
    'price_quantity', o.price_quantity) order by o.currency) from catalog_price o where o.variant_id = w.id), '[]')"""
ALL_VARIANTS = f"select {variant_row(ALL_PRICES)} as told, null::bigint as price from catalog_variant w where w.product_id = p.id"

PRICE = f"""'currency', %(currency)s::text, 'amount', n.amount, 'formatted', {current_prices.formatted("n.amount")},
    'price_quantity', n.price_quantity"""
# Few prices are anything but plain, and cards are read often: what is not there is left out.
CURRENT_PRICE = f"""json_build_array(case when coalesce(lasting.amount, r.amount) is null and steps.told is null then json_build_object({PRICE})
    else json_build_object({PRICE},
        'list_amount', lasting.amount, 'list_formatted', {current_prices.formatted("lasting.amount")},
        'promotional_amount', r.amount, 'promotional_formatted', {current_prices.formatted("r.amount")}, 'promotion', r.code,
        'lowest_last_30_days', low.amount, 'lowest_last_30_days_formatted', {current_prices.formatted("low.amount")},
        'breaks', coalesce(steps.told, '[]')) end)"""
# A reduction that becomes larger step by step begins anew with every step, which tells the lower figure.
REDUCED_SINCE = "greatest(case when lasting.amount is not null then n.starts_at end, r.starts_at)"
LOWEST = current_prices.lowest(REDUCED_SINCE, begun="r.starts_at", reduced=partial(offers.reduced, offer="r.offer"))


def offered_variants(*, listed: bool, promoted: bool) -> str:
    """What costs anything now; `price` is what one pays for the cheapest."""
    lasting, steps = (current_prices.LASTING, current_prices.BREAKS) if listed else (NO_AMOUNT, NO_STEPS)
    return f"""select {variant_row(CURRENT_PRICE)} as told, min(coalesce(r.amount, n.amount)) as price
        from catalog_variant w left join catalog_price o on o.variant_id = w.id and o.currency = %(currency)s
        left join lateral ({current_prices.ENTRY if listed else current_prices.NO_ENTRY}) e on true cross join lateral ({current_prices.NOW}) n
        left join lateral ({lasting}) lasting on lasting.amount > n.amount
        left join lateral ({offers.REDUCED if promoted else offers.NOT_REDUCED}) r on true
        left join lateral ({LOWEST if listed or promoted else NO_AMOUNT}) low on true
        left join lateral ({steps}) steps on true
        where w.product_id = p.id and w.archived_at is null and n.amount is not null"""


# A common table expression: what each tax class is charged in the channel's zone that day, several taxes as one rate.
RATES = """charged as materialized (
    select h.tax_class_id, h.rate, h.compound, row_number() over (partition by h.tax_class_id order by h.position, h.id) as number
    from catalog_taxrate h where h.zone_id = (select x.zone_id from catalog_channeltax x where x.channel_id = %(channel)s)
        and (h.starts_on is null or h.starts_on <= %(day)s::date) and (h.ends_on is null or h.ends_on > %(day)s::date)
),
folded as (
    select tax_class_id, number, rate::bigint as rate from charged where number = 1
    union all
    select f.tax_class_id, h.number,
        f.rate + case when h.compound then div((1000000 + f.rate) * h.rate * 2 + 1000000, 2000000)::bigint else h.rate end
    from folded f join charged h on h.tax_class_id = f.tax_class_id and h.number = f.number + 1
),
rates as materialized (select distinct on (tax_class_id) tax_class_id, rate from folded order by tax_class_id, number desc)"""

NO_AMOUNT = "select null::bigint as amount"
NO_STEPS = "select null::json as told"
NO_BADGES = "select null::json as told, null::text[] as facets"


def select(*, ids: str, offered: bool, listed: bool = True, promoted: bool = True) -> str:
    """The statement: product_id, handle, sort_key, price, created_at, facets, body (json) of the products of the inner
    query `ids`. `offered`: as the channel of the parameters sees them, without those it does not.

    `listed`, `promoted`: whether price lists and promotions have anything to say at all (see `parameters`); where they have not,
    the statement is half as long, and for one product planning it is most of the work.
    """
    tables = ", ".join((facets.TREE, current_prices.LISTS, offers.OFFERS, RATES) if offered else (facets.TREE,))
    rate = "coalesce((select h.rate from rates h where h.tax_class_id = t.id), t.rate)" if offered else "t.rate"
    running = f"left join lateral ({offers.CANDIDATES}) c on true" if offered and promoted else ""
    variants = offered_variants(listed=listed, promoted=promoted) if offered else ALL_VARIANTS
    return f"""with recursive {tables}, wanted as materialized ({ids})
        select p.id as product_id, p.handle, p.sort_key, v.price, p.created_at,
        {"f.facets || coalesce(badges.facets, '{}')::varchar[]" if offered else "f.facets"} as facets,
        json_build_object('id', p.id, 'global_id', {global_id("Product", "p.id")},
            'handle', p.handle, 'name', p.name, 'description', p.description, 'brand', coalesce(b.name, ''),
            'brand_code', b.code, 'status', p.status, 'life_cycle', p.life_cycle, 'tile', p.tile, 'image_url', p.image_url, 'sort_key', p.sort_key,
            'tax_class', json_build_object('code', t.code, 'name', t.name, 'rate', {rate}),
            'category', case when l.id is not null then json_build_object('code', l.code, 'name', l.name, 'translations', l.translations) end,
            'categories', coalesce(tree.path, '[]'),
            'type', case when k.id is not null then json_build_object('code', k.code, 'name', k.name) end,
            'tags', p.tags, 'age_limit', p.age_limit, 'seo_title', p.seo_title, 'seo_description', p.seo_description,
            'translations', p.translations, 'created_at', p.created_at,
            'attributes', coalesce(({ATTRIBUTES}), '[]'), 'collections', coalesce(({COLLECTIONS}), '[]'),
            'pictures', coalesce(({PICTURES}), '[]'), 'badges', coalesce(badges.told, '[]'), 'variants', coalesce(v.told, '[]')) as body
        from wanted join catalog_product p on p.id = wanted.id join catalog_taxclass t on t.id = p.tax_class_id
        left join catalog_category l on l.id = p.category_id left join tree on tree.id = p.category_id
        left join catalog_brand b on b.id = p.brand_id left join catalog_producttype k on k.id = p.type_id
        cross join lateral (select {facets.ARRAY} as facets) f {running}
        cross join lateral ({variants}) v
        left join lateral ({offers.BADGES if offered and promoted else NO_BADGES}) badges on true
        {f"where {SHOWN_HERE} and v.told is not null" if offered else ""}"""


def parameters(*, channel: UUID, currency: str, now: datetime) -> tuple[dict[str, Any], dict[str, bool]]:
    """What the statement of a channel asks for besides its products, and which of its parts are needed."""
    zone = settings.get("shop.timezone")
    running = offers.running(channel=channel, now=now)
    here = {"channel": channel, "currency": currency, "at": now, "zone": zone, "day": now.astimezone(ZoneInfo(zone)).date()}
    values = {**here, **current_prices.digits(currency), **offers.parameters(running)}
    return values, {"listed": current_prices.listed(values), "promoted": bool(running)}


def read(*, ids: str, values: Mapping[str, Any], sight: Sight, now: datetime) -> dict[UUID, Document]:
    """Documents by product, straight from the tables: of the products of the statement `ids` that this sight may see."""
    parts: dict[str, bool] = {}
    if sight.channel is not None:
        told, parts = parameters(channel=sight.channel, currency=sight.currency or "", now=now)
        values = {**values, **told}
    statement = f"select product_id, body::text from ({select(ids=ids, offered=sight.channel is not None, **parts)}) made"
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {id: orjson.loads(body) for id, body in cursor}
