"""What can be asked of the catalogue: products with their variants, codes and prices, in one statement a list.

Both doors read through here. Money is minor units; quantities are thousandths.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.gtin import BadGtin, normalise
from kernel.errors import NotFound
from org.paging import Page, page_of

STATUSES = ("active", "archived", "draft")


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of the catalogue somebody sees. With a currency: what is offered in it, and only that. Without: everything."""

    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read along with the products."""

    variants: bool = True
    gtins: bool = True
    prices: bool = True


@dataclass(frozen=True, slots=True)
class TaxClassRow:
    code: str
    name: str
    rate: int


@dataclass(frozen=True, slots=True)
class CategoryRow:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    currency: str
    amount: int
    price_quantity: int


@dataclass(frozen=True, slots=True, eq=False)
class ProductRow:
    id: UUID
    handle: str
    name: str
    description: str
    brand: str
    status: str
    tile: str
    image_url: str
    sort_key: str
    tax_class: TaxClassRow
    category: CategoryRow | None
    # Filled while reading: each variant points back at its product.
    variants: list["VariantRow"] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class VariantRow:
    product: ProductRow
    id: UUID
    sku: str
    name: str
    options: dict[str, Any]
    net_content: int | None
    net_unit: str
    sold_by: str
    archived: bool
    gtins: tuple[str, ...]
    prices: tuple[PriceRow, ...]


def products(
    *,
    sight: Sight,
    first: int,
    after: tuple[str, UUID] | None = None,
    search: str = "",
    category: str = "",
    wanted: Wanted = Wanted(),  # noqa: B008  # frozen
) -> Page[ProductRow]:
    """By name, `first` of them beyond `after`. `search` finds words of the name, parts of a SKU and a whole GTIN."""
    conditions, values = _conditions(after=after, search=search, category=category)
    values["limit"] = first + 1
    statuses = ("active",) if sight.currency else STATUSES
    # One arm a status: each walks the index (status, sort_key, id) and stops early, and their merge is the order.
    arms = " union all ".join(
        f"select p.id, p.sort_key from catalog_product p where p.status = '{status}'{_offered(sight)}{conditions}" for status in statuses
    )
    return page_of(_read(f"select id from ({arms}) arm order by sort_key, id limit %(limit)s", values, sight, wanted), first=first)


def product(*, sight: Sight, id: UUID | None = None, handle: str | None = None, wanted: Wanted = Wanted()) -> ProductRow:  # noqa: B008
    """NotFound also for what is not for these eyes: a draft answers as a product that does not exist."""
    condition = "p.id = %(wanted)s" if id else "p.handle = %(wanted)s"
    found = _visible(condition, {"wanted": id or handle}, sight, wanted)
    if not found:
        raise NotFound("There is no such product.")
    return found[0]


def variant(
    *,
    sight: Sight,
    id: UUID | None = None,
    sku: str | None = None,
    gtin: str | None = None,
    wanted: Wanted = Wanted(),  # noqa: B008
) -> VariantRow:
    """By any of its names. A GTIN has 8 to 14 digits; one that cannot be right is refused (catalog.gtin.BadGtin)."""
    condition, value = _named(id, sku, gtin)
    whole = replace(wanted, variants=True, gtins=wanted.gtins or bool(gtin))
    rows = _visible(f"p.id = (select x.product_id from catalog_variant x where {condition})", {"wanted": value}, sight, whole)
    for candidate in (candidate for row in rows for candidate in row.variants):
        if value in (candidate.id, candidate.sku) or value in candidate.gtins:
            return candidate
    raise NotFound("There is no such variant.")


def _named(id: UUID | None, sku: str | None, gtin: str | None) -> tuple[str, UUID | str]:
    if id:
        return "x.id = %(wanted)s", id
    if sku:
        return "x.sku = %(wanted)s", sku
    return "x.id = (select g.variant_id from catalog_gtin g where g.gtin = %(wanted)s)", normalise(gtin or "")


def _visible(condition: str, values: dict[str, Any], sight: Sight, wanted: Wanted) -> list[ProductRow]:
    status = " and p.status = 'active'" if sight.currency else ""
    return list(_read(f"select p.id from catalog_product p where {condition}{status}{_offered(sight)}", values, sight, wanted))


def _conditions(*, after: tuple[str, UUID] | None, search: str, category: str) -> tuple[str, dict[str, Any]]:
    text = ""
    values: dict[str, Any] = {}
    if after:
        text += " and (p.sort_key, p.id) > (%(after_key)s, %(after_id)s)"
        values |= {"after_key": after[0], "after_id": after[1]}
    if category:
        text += " and p.category_id in (" + _CATEGORY + ")"
        values["category"] = category
    if search.strip():
        found, terms = _search(search)
        text += f" and p.id in ({found})"
        values |= terms
    return text, values


_CATEGORY = """with recursive below as (
    select id from catalog_category where code = %(category)s
    union select c.id from catalog_category c join below b on c.parent_id = b.id
) select id from below"""


def _search(search: str) -> tuple[str, dict[str, Any]]:
    """A union, so that each part may use its own index."""
    words = search.split()[:6]
    values: dict[str, Any] = {f"word{place}": _like(word) for place, word in enumerate(words)}
    values["part"] = _like(search.strip())
    named = " and ".join(f"upper(s.name) like upper(%(word{place})s)" for place in range(len(words)))
    parts = [
        f"select s.id from catalog_product s where {named}",
        "select s.product_id from catalog_variant s where upper(s.sku) like upper(%(part)s)",
    ]
    try:
        values["gtin"] = normalise(search)
        parts.append("select s.product_id from catalog_gtin g join catalog_variant s on s.id = g.variant_id where g.gtin = %(gtin)s")
    except BadGtin:
        pass
    return " union ".join(parts), values


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _offered(sight: Sight, variant: str = "") -> str:
    """For eyes bound to a currency: a product is there when a live variant has a price in it."""
    if not sight.currency:
        return ""
    if variant:
        priced = f"select from catalog_price o where o.variant_id = {variant}.id and o.currency = %(currency)s"
        return f" and {variant}.archived_at is null and exists ({priced})"
    return (
        " and exists (select from catalog_variant w join catalog_price o on o.variant_id = w.id and o.currency = %(currency)s"
        " where w.product_id = p.id and w.archived_at is null)"
    )


def _read(ids: str, values: dict[str, Any], sight: Sight, wanted: Wanted) -> Sequence[ProductRow]:
    """One statement: the products of the inner query with everything wanted of their variants, nested as JSON."""
    statement = f"""select p.id, p.handle, p.name, p.description, coalesce(b.name, ''), p.status, p.tile, p.image_url, p.sort_key,
        t.code, t.name, t.rate, c.code, c.name, {_variants(sight, wanted)}
        from catalog_product p join catalog_taxclass t on t.id = p.tax_class_id left join catalog_category c on c.id = p.category_id
        left join catalog_brand b on b.id = p.brand_id
        where p.id in ({ids}) order by p.sort_key, p.id"""
    with connection.cursor() as cursor:
        cursor.execute(statement, values | ({"currency": sight.currency} if sight.currency else {}))
        return [_product(row) for row in cursor]


def _variants(sight: Sight, wanted: Wanted) -> str:
    if not wanted.variants:
        return "null"
    gtins = "(select json_agg(g.gtin order by g.gtin) from catalog_gtin g where g.variant_id = v.id)" if wanted.gtins else "null"
    bound = " and o.currency = %(currency)s" if sight.currency else ""
    prices = (
        "(select json_agg(json_build_array(o.currency, o.amount, o.price_quantity) order by o.currency)"
        f" from catalog_price o where o.variant_id = v.id{bound})"
        if wanted.prices
        else "null"
    )
    return f"""(select json_agg(json_build_array(v.id, v.sku, v.name, v.options, v.net_content, v.net_unit, v.sold_by,
        v.archived_at is not null, {gtins}, {prices}) order by v.position, v.id)
        from catalog_variant v where v.product_id = p.id{_offered(sight, "v")})"""


def _product(row: Sequence[Any]) -> ProductRow:
    *own, tax_code, tax_name, rate, category_code, category_name, variants = row
    category = CategoryRow(category_code, category_name) if category_code is not None else None
    found = ProductRow(*own, TaxClassRow(tax_code, tax_name, rate), category)  # type: ignore[call-arg]  # nine of the statement's own
    found.variants.extend(_rows_of(found, variants or ()))
    return found


def _rows_of(product: ProductRow, variants: Sequence[Any]) -> Iterator[VariantRow]:
    for id, *own, gtins, prices in variants:
        offered = tuple(PriceRow(*price) for price in prices or ())
        yield VariantRow(product, UUID(id), *own, tuple(gtins or ()), offered)  # type: ignore[call-arg]  # seven of the statement's own
