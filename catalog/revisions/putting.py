"""Values set back: a constant number of statements for any number of products. Inside the transaction that holds them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from catalog import names
from catalog.models import Brand, Category, Gtin, HandleRedirect, Product, ProductType, TaxClass, Variant
from catalog.revisions import statements
from kernel.errors import Conflict, Refused

TEXTS = frozenset({"name", "handle", "description", "status", "life_cycle", "tile", "image_url", "seo_title", "seo_description"})
PLAIN = TEXTS | {"age_limit", "tracks_serials", "tracks_lots", "tags", "translations"}
CODED: dict[str, type[Brand | Category | ProductType | TaxClass]] = {"brand": Brand, "category": Category, "type": ProductType, "tax_class": TaxClass}
VARIANT_PLAIN = frozenset({"sku", "name", "options", "sold_by", "reference_cost", "translations"})
VARIANT_FIELDS = VARIANT_PLAIN | {"net_content", "archived", "gtins", "deposit"}
WRITTEN = (*PLAIN, *CODED, "attributes", "sort_key", "source_hash", "updated_at", "archived_at")
VARIANT_WRITTEN = (*VARIANT_PLAIN, "net_content", "net_unit", "deposit", "archived_at")

Wanted = Mapping[UUID, Mapping[str, Any]]


class UnknownPath(Refused):
    code = "path_unknown"
    title = "Nothing of a product is called that"


class CannotPutBack(Conflict):
    code = "cannot_put_back"
    title = "It cannot be put back: something else has its place now"


@dataclass
class Sorted:
    """What is wanted, by where it is stored."""

    product: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    attributes: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    publications: list[tuple[UUID, str, Any]] = field(default_factory=list)
    ranges: list[tuple[UUID, str, Any]] = field(default_factory=list)
    pictures: dict[UUID, list[Any]] = field(default_factory=dict)
    collections: dict[UUID, list[str]] = field(default_factory=dict)
    variants: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    prices: list[tuple[UUID, str, Any]] = field(default_factory=list)
    gtins: dict[UUID, list[str]] = field(default_factory=dict)

    def add(self, product: UUID, path: str, value: Any) -> None:
        head, _, rest = path.partition(".")
        if not rest and (path in PLAIN or path in CODED):
            self.product.setdefault(product, {})[path] = value
        elif head == "attributes" and rest:
            self.attributes.setdefault(product, {})[rest] = value
        elif head in ("publication", "range") and rest:
            (self.publications if head == "publication" else self.ranges).append((product, rest, value))
        elif path in ("pictures", "collections"):
            (self.pictures if path == "pictures" else self.collections)[product] = value or []
        else:
            self._add_variant(path, value)

    def _add_variant(self, path: str, value: Any) -> None:
        variant, name, currency = parts_of(path)
        if currency:
            self.prices.append((variant, currency, value))
        elif name == "gtins":
            self.gtins[variant] = value or []
        elif name in VARIANT_FIELDS:
            self.variants.setdefault(variant, {})[name] = value
        else:
            raise UnknownPath(f"{path} is no path of a product.", field=path)


def parts_of(path: str) -> tuple[UUID, str, str]:
    """The variant a path speaks of, which of its fields, and the currency of a price."""
    head, _, rest = path.partition(".")
    ident, _, name = rest.partition(".")
    try:
        variant = UUID(ident)
    except ValueError as error:
        raise UnknownPath(f"{path} is no path of a product.", field=path) from error
    if head != "variant" or not name:
        raise UnknownPath(f"{path} is no path of a product.", field=path)
    name, _, currency = name.partition(".")
    return variant, name, currency if name == "price" else ""


def put(product: Product, fields: Mapping[str, Any], *, at: datetime) -> None:
    """Sets these values, in the row and in the object, which the caller has locked. Refused whole when one cannot be put back."""
    wanted = {product.id: fields}
    in_the_way = blocked(wanted)
    if in_the_way:
        path = min(path for _, path in in_the_way)
        raise CannotPutBack(f"{path} cannot be put back: something else has its place now.", field=path)
    put_many([product], wanted, at=at)


def put_many(products: Sequence[Product], wanted: Wanted, *, at: datetime) -> None:
    """`products` are locked; nothing of `wanted` may be blocked."""
    told = Sorted()
    for product, fields in wanted.items():
        for path, value in fields.items():
            told.add(product, path, value)
    _put_products([row for row in products if row.id in wanted], told, at)
    _put_variants(told, at)
    _put_gtins(told)
    statements.put_prices(told.prices)
    statements.put_publications(told.publications)
    statements.put_ranges(told.ranges)
    statements.put_pictures(told.pictures)
    statements.put_collections(told.collections)


def _put_products(rows: Sequence[Product], told: Sorted, at: datetime) -> None:
    codes = {name: _by_code(name, told) for name in CODED}
    left: dict[str, UUID] = {}
    for row in rows:
        fields = told.product.get(row.id, {})
        if "handle" in fields:
            left[row.handle] = row.id
        for name, value in fields.items():
            setattr(row, f"{name}_id" if name in CODED else name, codes[name].get(value) if name in CODED else value)
        attributes = {**row.attributes, **told.attributes.get(row.id, {})}
        row.attributes = {code: value for code, value in attributes.items() if value is not None}
        row.sort_key = names.sort_key(row.name)
        row.archived_at = (row.archived_at or at) if row.status == Product.Status.ARCHIVED else None
        row.updated_at = at
    # One statement for rows that differ in many columns; the conflict is certain, the rows are locked.
    Product.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)
    if left:
        HandleRedirect.objects.filter(handle__in=[row.handle for row in rows]).delete()
        moved = [HandleRedirect(handle=handle, product_id=product) for handle, product in left.items()]
        HandleRedirect.objects.bulk_create(moved, update_conflicts=True, unique_fields=["handle"], update_fields=["product"])


def _by_code(name: str, told: Sorted) -> dict[str, int]:
    codes = {fields[name] for fields in told.product.values() if fields.get(name) is not None}
    return dict(CODED[name]._default_manager.filter(code__in=codes).values_list("code", "pk")) if codes else {}


def _put_variants(told: Sorted, at: datetime) -> None:
    if not told.variants:
        return
    skus = {fields["deposit"] for fields in told.variants.values() if fields.get("deposit")}
    deposits = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "id")) if skus else {}
    rows = list(Variant.objects.filter(id__in=list(told.variants)))
    for row in rows:
        for name, value in told.variants[row.id].items():
            if name == "net_content":
                row.net_content, row.net_unit = value or (None, "")
            elif name == "archived":
                row.archived_at = (row.archived_at or at) if value else None
            elif name == "deposit":
                row.deposit_id = deposits.get(value)
            else:
                setattr(row, name, value)
    Variant.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=VARIANT_WRITTEN)


def _put_gtins(told: Sorted) -> None:
    if told.gtins:
        # All away first: a code may go from one of these variants to another.
        wanted = {code for codes in told.gtins.values() for code in codes}
        stored = {row.gtin: row.variant_id for row in Gtin.objects.filter(variant_id__in=list(told.gtins))}
        new = [Gtin(gtin=code, variant_id=variant) for variant, codes in told.gtins.items() for code in codes if stored.get(code) != variant]
        moved = {row.gtin for row in new}
        Gtin.objects.filter(gtin__in=[code for code in stored if code not in wanted or code in moved]).delete()
        Gtin.objects.bulk_create(new)


BLOCKED = """
with asked as materialized (
    select * from jsonb_to_recordset(%s::jsonb) as r(product uuid, path text, kind text, variant uuid, value text)
)
select distinct r.product, r.path from asked r where case r.kind
    when 'brand' then not exists (select from catalog_brand where code = r.value)
    when 'category' then not exists (select from catalog_category where code = r.value)
    when 'type' then not exists (select from catalog_producttype where code = r.value)
    when 'tax_class' then not exists (select from catalog_taxclass where code = r.value)
    when 'publication' then not exists (select from org_channel where code = r.value)
    when 'range' then not exists (select from org_store where code = r.value)
    -- One step: what is a deposit carries none, and nothing is its own.
    when 'deposit' then not exists (
            select from catalog_variant d where d.sku = r.value and d.id <> r.variant and d.deposit_id is null
        ) or exists (select from catalog_variant v where v.deposit_id = r.variant)
    when 'media' then not exists (select from catalog_media where id = r.value::uuid)
    when 'collections' then not exists (select from catalog_collection where code = r.value and kind = 'manual')
    when 'attribute' then not exists (
        select from catalog_attribute a, jsonb(r.value) as v(told) where a.code = substr(r.path, length('attributes.') + 1)
            and jsonb_typeof(v.told) = case a.kind when 'number' then 'number' when 'boolean' then 'boolean' when 'multi_choice' then 'array'
                when 'measurement' then 'object' else 'string' end
            and (a.kind not in ('choice', 'multi_choice') or v.told <@ (
                select coalesce(jsonb_agg(h.code), '[]') from catalog_attributechoice h where h.attribute_id = a.id))
    )
    when 'handle' then exists (select from catalog_product p where p.handle = r.value and p.id <> r.product)
        or exists (select from asked o where o.kind = 'handle' and o.value = r.value and o.product <> r.product)
    when 'sku' then exists (select from catalog_variant v where v.sku = r.value and v.id <> r.variant)
        or exists (select from asked o where o.kind = 'sku' and o.value = r.value and o.variant <> r.variant)
    -- A code that its holder gives up in the same stroke is free, unless two want it.
    when 'gtin' then exists (
        select from catalog_gtin g where g.gtin = r.value and g.variant_id <> r.variant
            and not exists (select from asked o where o.kind = 'gtins' and o.variant = g.variant_id)
    ) or exists (select from asked o where o.kind = 'gtin' and o.value = r.value and o.variant <> r.variant)
    else false
end
"""


def blocked(wanted: Wanted) -> set[tuple[UUID, str]]:
    """Product and path of what cannot be put back: what it refers to is gone, or another has the handle, SKU or code. One statement."""
    asked = [row for product, fields in wanted.items() for path, value in fields.items() for row in _asked(product, path, value)]
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED, [json.dumps(asked)])
        return set(cursor.fetchall())


def _asked(product: UUID, path: str, value: Any) -> Iterator[dict[str, str]]:
    if value is None:
        return
    row = {"product": str(product), "path": path}
    head, _, rest = path.partition(".")
    if path in CODED or path == "handle":
        yield {**row, "kind": path, "value": value}
    elif head in ("publication", "range"):
        yield {**row, "kind": head, "value": rest}
    elif path == "collections":
        yield from ({**row, "kind": path, "value": code} for code in value)
    elif head == "attributes":
        yield {**row, "kind": "attribute", "value": json.dumps(value)}
    elif path == "pictures":
        yield from ({**row, "kind": "media", "value": picture["media"]} for picture in value)
    elif head == "variant":
        yield from _asked_of_variant(row, path, value)


def _asked_of_variant(row: dict[str, str], path: str, value: Any) -> Iterator[dict[str, str]]:
    variant, name, _ = parts_of(path)
    row = {**row, "variant": str(variant)}
    if name in ("sku", "deposit"):
        yield {**row, "kind": name, "value": value}
    elif name == "gtins":
        yield {**row, "kind": "gtins", "value": ""}
        yield from ({**row, "kind": "gtin", "value": code} for code in value)
