"""What stands beside a product and its variants, set back by one or two statements each: rows go in as JSON, codes are looked up there."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

Row = tuple[UUID, str, Any]


def _run(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [json.dumps(rows, default=str)])


PRICES_AWAY = """
delete from catalog_price p using jsonb_to_recordset(%s::jsonb) as r(variant uuid, currency text)
where p.variant_id = r.variant and p.currency = r.currency
"""
PRICES = """
insert into catalog_price (variant_id, currency, amount, price_quantity)
select r.variant, r.currency, r.amount, r.quantity
from jsonb_to_recordset(%s::jsonb) as r(variant uuid, currency text, amount bigint, quantity int)
on conflict (variant_id, currency) do update set amount = excluded.amount, price_quantity = excluded.price_quantity
"""


def put_prices(prices: Sequence[Row]) -> None:
    _run(PRICES_AWAY, [{"variant": variant, "currency": currency} for variant, currency, value in prices if value is None])
    kept = [(variant, currency, value) for variant, currency, value in prices if value is not None]
    _run(PRICES, [{"variant": variant, "currency": currency, "amount": value[0], "quantity": value[1]} for variant, currency, value in kept])


PUBLICATIONS_AWAY = """
delete from catalog_publication u using jsonb_to_recordset(%s::jsonb) as r(product uuid, code text), org_channel c
where c.code = r.code and u.product_id = r.product and u.channel_id = c.id
"""
PUBLICATIONS = """
insert into catalog_publication (product_id, channel_id, offered, starts_at, ends_at)
select r.product, c.id, r.offered, r.starts_at, r.ends_at
from jsonb_to_recordset(%s::jsonb) as r(product uuid, code text, offered boolean, starts_at timestamptz, ends_at timestamptz)
join org_channel c on c.code = r.code
on conflict (product_id, channel_id) do update set offered = excluded.offered, starts_at = excluded.starts_at, ends_at = excluded.ends_at
"""


def put_publications(publications: Sequence[Row]) -> None:
    _run(PUBLICATIONS_AWAY, [{"product": product, "code": code} for product, code, value in publications if value is None])
    _run(PUBLICATIONS, [{"product": product, "code": code, **value} for product, code, value in publications if value is not None])


RANGES_AWAY = """
delete from catalog_storerange a using jsonb_to_recordset(%s::jsonb) as r(product uuid, code text), org_store s
where s.code = r.code and a.product_id = r.product and a.store_id = s.id
"""
RANGES = """
insert into catalog_storerange (product_id, store_id, life_cycle)
select r.product, s.id, r.life_cycle
from jsonb_to_recordset(%s::jsonb) as r(product uuid, code text, life_cycle text) join org_store s on s.code = r.code
on conflict (product_id, store_id) do update set life_cycle = excluded.life_cycle
"""


def put_ranges(ranges: Sequence[Row]) -> None:
    _run(RANGES_AWAY, [{"product": product, "code": code} for product, code, value in ranges if value is None])
    _run(RANGES, [{"product": product, "code": code, "life_cycle": value} for product, code, value in ranges if value is not None])


PICTURES_AWAY = "delete from catalog_productmedia m using jsonb_to_recordset(%s::jsonb) as r(product uuid) where m.product_id = r.product"
PICTURES = """
insert into catalog_productmedia (product_id, media_id, variant_id, alt, position)
select r.product, r.media, r.variant, r.alt, r.position
from jsonb_to_recordset(%s::jsonb) as r(product uuid, media uuid, variant uuid, alt text, position int)
"""


def put_pictures(pictures: Mapping[UUID, Sequence[Mapping[str, Any]]]) -> None:
    _run(PICTURES_AWAY, [{"product": product} for product in pictures])
    _run(PICTURES, [{**picture, "product": product, "position": place} for product, shown in pictures.items() for place, picture in enumerate(shown)])


MEMBERS_AWAY = """
delete from catalog_collectionproduct m using jsonb_to_recordset(%s::jsonb) as r(product uuid, codes jsonb), catalog_collection c
where m.product_id = r.product and c.id = m.collection_id and not r.codes ? c.code
"""
# Back at the end: where it stood among others is the collection's, not the product's.
MEMBERS = """
insert into catalog_collectionproduct (collection_id, product_id, position)
select c.id, r.product, coalesce((select max(o.position) from catalog_collectionproduct o where o.collection_id = c.id), -1) + row_number()
    over (partition by c.id order by r.product)
from jsonb_to_recordset(%s::jsonb) as r(product uuid, codes jsonb) join catalog_collection c on r.codes ? c.code
on conflict (collection_id, product_id) do nothing
"""


def put_collections(collections: Mapping[UUID, Sequence[str]]) -> None:
    rows = [{"product": product, "codes": list(codes)} for product, codes in collections.items()]
    _run(MEMBERS_AWAY, rows)
    _run(MEMBERS, rows)
