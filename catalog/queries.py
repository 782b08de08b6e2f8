"""What can be asked of the catalogue: products as documents (catalog.documents), in one statement a list.

Both doors read through here. Somebody bound to a channel reads its shelf; staff read the tables. `tables` has even
a channel's documents made from the tables: the slow way, which the quick one must agree with.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from catalog import by_name as search
from catalog import documents, shelf
from catalog.documents import Document, Sight
from catalog.gtin import normalise
from kernel.errors import NotFound
from org.access import Principal

Rows = tuple[tuple[str, Document], ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """`rows`: place in the order, document. `version`: of the shelf; None when it was read elsewhere, too, and may not be kept."""

    rows: Rows
    more: bool
    version: int | None
    corrected: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A product; of a search for a variant also that one."""

    product: Document
    version: int | None
    variant: Document | None = None


def sight_of(principal: Principal) -> Sight:
    """A key sees its channel's offer; staff see all there is."""
    channel = principal.channel
    return Sight(channel=channel.id, currency=channel.currency) if channel else Sight()


def products(*, sight: Sight, asked: search.Asked, now: datetime, tables: bool = False) -> Listed:
    """`asked.first` of what was asked for, beyond `asked.after`."""
    chosen = search.selection(sight=sight, asked=asked, now=now)
    version, rows = _read(chosen.sql, chosen.params, sight, now, tables)
    # What is found by words follows the index of words, which moves on its own.
    kept = None if asked.words else version
    return Listed(rows=rows[: asked.first], more=len(rows) > asked.first, version=kept, corrected=chosen.corrected)


BY_ID = "select id as product_id, '' as place from catalog_product where id = %(wanted)s"
# Today's handle before one of earlier days.
BY_HANDLE = """select product_id, '' as place from (
    select id as product_id, 1 as rank from catalog_product where handle = %(wanted)s
    union all select product_id, 2 from catalog_handleredirect where handle = %(wanted)s) named order by rank"""
BY_VARIANT = "select product_id, '' as place from catalog_variant where id = %(wanted)s"
BY_SKU = "select product_id, '' as place from catalog_variant where sku = %(wanted)s"
BY_GTIN = """select v.product_id, '' as place from catalog_gtin g join catalog_variant v on v.id = g.variant_id
    where g.gtin = %(wanted)s"""


def product(*, sight: Sight, now: datetime, id: UUID | None = None, handle: str | None = None, tables: bool = False) -> Found:
    """NotFound also for what is not for these eyes: a draft answers as a product that does not exist.

    An old handle leads to the product; the answer has the new one.
    """
    version, rows = _read(BY_ID if id else BY_HANDLE, {"wanted": id or handle}, sight, now, tables)
    if not rows:
        raise NotFound("There is no such product.")
    return Found(product=rows[0][1], version=version)


def variant(*, sight: Sight, now: datetime, id: UUID | None = None, sku: str | None = None, gtin: str | None = None, tables: bool = False) -> Found:
    """By any of its names. A GTIN has 8 to 14 digits; one that cannot be right is refused (catalog.gtin.BadGtin)."""
    statement, wanted = _named(id, sku, gtin)
    version, rows = _read(statement, {"wanted": wanted}, sight, now, tables)
    name = str(wanted)
    for _, product in rows:
        for candidate in product["variants"]:
            if name in (candidate["id"], candidate["sku"]) or (gtin and name in candidate["gtins"]):
                return Found(product=product, version=version, variant=candidate)
    raise NotFound("There is no such variant.")


def _named(id: UUID | None, sku: str | None, gtin: str | None) -> tuple[str, UUID | str]:
    if id:
        return BY_VARIANT, id
    return (BY_SKU, sku) if sku else (BY_GTIN, normalise(gtin or ""))


def _read(selection: str, values: Mapping[str, Any], sight: Sight, now: datetime, tables: bool) -> tuple[int | None, Rows]:
    if sight.channel and not tables:
        read = shelf.read(selection=selection, values=values, channel=sight.channel, now=now)
        return read.version, read.rows
    if sight.channel:
        values = {**values, "channel": sight.channel}
    with connection.cursor() as cursor:
        cursor.execute(f"select product_id, place from ({selection}) found", values)
        places = cursor.fetchall()
    made = documents.read(ids="select unnest(%(products)s::uuid[]) as id", values={"products": [id for id, _ in places]}, sight=sight, now=now)
    return None, tuple((place, made[id]) for id, place in places if id in made)


asked = search.Asked


def cursor_of(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
