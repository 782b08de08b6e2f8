"""What tills are told and what it was made from: whether that still stands, in one statement that looks at no item."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """`snapshot`: what the manifest is known by; a till that has it needs nothing."""

    snapshot: str
    position: int


# Raised with every change of what is told or how it is made: a newer release builds anew.
LAYOUT = "1"
# Of everything the feed is made from. The catalogue tells of its changes by events, and the relay gives those their position when
# they can be seen by everybody: an index holds the last one of each type. What the shelf has not taken in yet, facets among it,
# counts when it has. Rules have their version; settings, groups and stickers are a handful of rows. No updated_at: a transaction that
# was open for long would be missed.
SIGNATURES = """
with moved as (
    select string_agg(coalesce((select max(m.position) from kernel_message m where m.type = type.name), 0)::text, ',' order by type.name)
        || ':' || coalesce((select min(m.position) from kernel_delivery d join kernel_message m on m.id = d.message_id
            where d.subscriber = 'catalog.shelf' and d.state = 'pending'), 0) as at
    from unnest(array['catalog.product.changed', 'catalog.structure.changed', 'catalog.price_list.changed', 'catalog.promotion.changed']) type(name)
), packed as (
    select count(*) || ':' || coalesce(sum(hashtextextended(gtin || variant_id || ':' || quantity, 0)), 0) as packs from inventory_pack
)
select y.id, md5(concat_ws('|', %(layout)s::text, moved.at, packed.packs, (select version from catalog_pricebookstate),
    y.code, y.currency, y.timezone, c.id, c.code,
    (select string_agg(z.name || '=' || z.value || coalesce(z.store_id::text, ''), '|' order by z.name, z.store_id)
        from org_setting z where z.name in ('shop.timezone', 'till.favourites') and (z.store_id is null or z.store_id = y.id)),
    array(select g.code from org_storegroup g join org_storegroup_stores m on m.storegroup_id = g.id where m.store_id = y.id order by g.code),
    (select string_agg(concat_ws(',', s.code, s.variant_id, s.kind, s.value, s.expires_at), '|' order by s.code)
        from catalog_sticker s where s.store_id = y.id and s.expires_at > %(now)s)))
from org_store y join org_channel c on c.id = y.channel_id cross join moved cross join packed
where %(all)s or y.id = any(%(stores)s::uuid[])
"""
STANDING = "select snapshot, position from pos_tillcatalogue where store_id = %s and snapshot <> ''"
MANIFEST = "select body from pos_tillcatalogue where store_id = %s"
CHUNK = "select c.body from pos_toldchunk t join pos_cataloguechunk c on c.id = t.chunk_id where t.store_id = %s and t.chunk_id = %s"


def signatures(*, stores: Collection[UUID] | None, now: datetime) -> dict[UUID, str]:
    """As long as a store's stays what it is, its tills are told the same; but for what time alone brings. None: of all stores."""
    with connection.cursor() as cursor:
        cursor.execute(SIGNATURES, {"layout": LAYOUT, "now": now, "all": stores is None, "stores": list(stores or ())})
        return dict(cursor.fetchall())


def standing(*, store: UUID) -> Standing | None:
    row = _one(STANDING, [store])
    return Standing(*row) if row else None


def manifest(*, store: UUID) -> bytes:
    """As JSON."""
    row = _one(MANIFEST, [store])
    return bytes(row[0]) if row else b""


def chunk(*, store: UUID, id: str) -> bytes | None:
    """Packed with gzip. None for what this store was never told of, whether or not it is there."""
    row = _one(CHUNK, [store, id])
    return bytes(row[0]) if row else None


def known(*, ids: Sequence[str]) -> set[str]:
    with connection.cursor() as cursor:
        # Whoever clears away what nobody is told of passes these by until they are told.
        cursor.execute("select id from pos_cataloguechunk where id = any(%s) order by id for key share", [list(ids)])
        return {id for (id,) in cursor}


def packs(*, variants: Collection[str]) -> list[Json]:
    with connection.cursor() as cursor:
        cursor.execute("select gtin, variant_id::text, quantity from inventory_pack order by gtin")
        return [{"gtin": gtin, "variant": variant, "quantity": quantity} for gtin, variant, quantity in cursor if variant in variants]


def _one(statement: str, values: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()
