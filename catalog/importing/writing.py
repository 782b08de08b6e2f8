"""Incoming products as rows: a constant number of statements for a batch of any size. Inside the batch's transaction."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog import markup, names, revisions
from catalog.importing.copying import blank, copy_in
from catalog.importing.incoming import Group, IncomingProduct, IncomingVariant, Terms
from catalog.importing.looking import BY_HANDLE, BY_SKU, found
from catalog.importing.references import References
from catalog.models import Gtin, Price, Product, Publication, Variant
from catalog.revisions import statements
from catalog.services import changes


@dataclass(frozen=True)
class Shaped:
    group: Group
    hash: str
    product: IncomingProduct
    known: UUID | None
    """The product this source brought before."""


@dataclass(frozen=True)
class Written:
    """One product as it was saved: where it stood, what it said before (nothing for a new one) and says now."""

    line: int
    product: UUID
    name: str
    created: bool
    before: Mapping[str, Any]
    after: Mapping[str, Any]


PRODUCT_FIELDS = (
    "name",
    "description",
    "seo_title",
    "seo_description",
    "translations",
    "brand",
    "type",
    "attributes",
    "tags",
    "category",
    "tax_class",
    "status",
    "life_cycle",
    "age_limit",
    "tracks_serials",
    "tracks_lots",
    "tile",
    "image_url",
    "sort_key",
    "source_hash",
    "updated_at",
    "archived_at",
)
VARIANT_FIELDS = ("sku", "name", "options", "net_content", "net_unit", "sold_by", "reference_cost", "position", "archived_at")
new_product = blank(Product)
new_variant = blank(Variant)
new_code = blank(Gtin)
# As they are told, where they are told.
PLAIN = ("tile", "image_url", "status", "life_cycle", "tracks_serials", "tracks_lots", "seo_title", "seo_description")


def write(
    shaped: Sequence[Shaped],
    *,
    source: str,
    terms: Terms,
    known: References,
    run: UUID | None,
    actor: UUID | None,
    now: datetime,
    telling: bool = False,
) -> list[Written]:
    """`telling`: also what new products say, for somebody who wants to see it first."""
    if not shaped:
        return []
    rows = _locked(shaped)
    before = revisions.snapshot(list(rows)) if rows else {}
    products = [_product(one, rows.get(one.known) if one.known else None, source, terms, known, now) for one in shaped]
    _handles(products, rows)
    _upsert(Product, products, rows, PRODUCT_FIELDS)
    pairs = _variants(shaped, products, rows, now)
    _deposits(pairs)
    _gtins(pairs, rows)
    _prices(pairs, terms.currency)
    _windows(shaped, products, known)
    _collections(shaped, products, before)
    made = [row.id for row in products if row.id not in rows]
    seen = revisions.snapshot([row.id for row in products] if telling else list(rows)) if rows or telling else {}
    after = {row.id: seen.get(row.id, {}) for row in products}
    revisions.record(before, after, created=made, run=run, actor=str(actor or ""), at=now)
    different = [row for row in products if row.id not in rows or before[row.id] != after[row.id]]
    changes.record(different, {row.id: "changed" if row.id in rows else "created" for row in different}, now=now)
    return [
        Written(one.group.line, row.id, row.name, row.id not in rows, before.get(row.id, {}), after[row.id])
        for one, row in zip(shaped, products, strict=True)
    ]


def _locked(shaped: Sequence[Shaped]) -> dict[UUID, Product]:
    known = [one.known for one in shaped if one.known]
    if not known:
        return {}
    # In the order of ids: whoever else locks several products does so too, and nobody waits in a circle.
    return {row.id: row for row in Product.objects.select_for_update(no_key=True).filter(id__in=known).order_by("id")}


def _product(one: Shaped, row: Product | None, source: str, terms: Terms, known: References, now: datetime) -> Product:
    told = one.product
    if row is None:
        row = new_product()
        row.source, row.source_key, row.handle, row.created_at = source, one.group.key, told.handle, now
        row.tax_class_id = known.tax_classes[terms.tax_class].pk
    row.name = told.name
    row.sort_key = names.sort_key(told.name)
    for field in PLAIN:
        value = getattr(told, field)
        if value is not None:
            setattr(row, field, value)
    _structure(row, told, known)
    row.archived_at = (row.archived_at or now) if row.status == Product.Status.ARCHIVED else None
    if row.source == source:
        row.source_hash = one.hash
    row.updated_at = now
    return row


def _structure(row: Product, told: IncomingProduct, known: References) -> None:
    if told.description is not None:
        row.description = markup.cleaned(told.description)
    if told.brand is not None:
        row.brand = known.brands.get(told.brand)
    if told.category or told.category_code is not None:
        row.category = known.category(told)
    if told.tax_class:
        row.tax_class = known.tax_classes[told.tax_class]
    if told.type is not None:
        row.type = known.types.get(told.type)
    if told.tags is not None:
        row.tags = names.tags(told.tags)
    if told.age_limit is not None:
        row.age_limit = int(told.age_limit) if told.age_limit else None
    if told.translations is not None:
        row.translations = _translated(row.translations, told.translations)
    if told.attributes is not None:
        kept = {code: value for code, value in row.attributes.items() if code not in told.attributes}
        row.attributes = kept | known.attributes(told, row.type)


def _translated(before: Mapping[str, Mapping[str, str]], told: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    made = {language: {**before.get(language, {}), **told.get(language, {})} for language in {*before, *told}}
    plain = {language: {name: text for name, text in texts.items() if text} for language, texts in sorted(made.items())}
    return {language: texts for language, texts in plain.items() if texts}


def _upsert(model: type, rows: Sequence[Product] | Sequence[Variant], before: Collection[UUID], fields: Sequence[str]) -> None:
    new = [row for row in rows if row.id not in before]
    old = [row for row in rows if row.id in before]
    copy_in(new)
    if old:
        # One statement for rows that differ in many columns; the conflict is certain, the rows are locked.
        model.objects.bulk_create(old, update_conflicts=True, unique_fields=["id"], update_fields=fields)  # type: ignore[attr-defined]


def _handles(products: Sequence[Product], before: Collection[UUID]) -> None:
    """A product keeps the handle it was made with: links to it stay good."""
    new = [row for row in products if row.id not in before]

    def in_use(wanted: Collection[str]) -> set[str]:
        return {handle for handle, _ in found(BY_HANDLE, wanted)}

    for row, handle in zip(new, distinct([row.handle for row in new], in_use, length=200), strict=True):
        row.handle = handle


def distinct(wanted: Sequence[str], in_use: Callable[[Collection[str]], set[str]], *, length: int) -> list[str]:
    """Each as wanted, or with -2, -3 … behind it where another has it. Earlier ones have the first choice."""
    chosen = list(wanted)
    number = [1] * len(wanted)
    taken = in_use(set(chosen))
    while True:
        given: set[str] = set()
        clashing = []
        for index, name in enumerate(chosen):
            if name in taken or name in given:
                clashing.append(index)
            else:
                given.add(name)
        if not clashing:
            return chosen
        for index in clashing:
            number[index] += 1
            tail = f"-{number[index]}"
            chosen[index] = wanted[index][: length - len(tail)] + tail
        taken |= in_use({chosen[index] for index in clashing})


Pair = tuple[IncomingVariant, Variant, bool]
"""What came, the row it is now, and whether the row is new."""


def _variants(shaped: Sequence[Shaped], products: Sequence[Product], before: Collection[UUID], now: datetime) -> list[Pair]:
    stored: dict[UUID, list[Variant]] = {}
    for known in Variant.objects.filter(product_id__in=list(before)) if before else ():
        stored.setdefault(known.product_id, []).append(known)
    pairs: list[Pair] = []
    gone: list[Variant] = []
    for one, product in zip(shaped, products, strict=True):
        left = stored.get(product.id, [])
        for position, told in enumerate(one.product.variants):
            row = _same(told, left, alone=len(one.product.variants) == 1)
            pairs.append((told, _variant(told, row, product, position if row is None or not one.product.partial else row.position), row is None))
            if row is not None:
                left.remove(row)
        gone.extend(() if one.product.partial else left)
    for row in gone:
        row.archived_at = row.archived_at or now
    _skus(pairs)
    old = {row.id for _, row, new in pairs if not new} | {row.id for row in gone}
    _upsert(Variant, [row for _, row, _ in pairs] + gone, old, VARIANT_FIELDS)
    return pairs


def _same(told: IncomingVariant, rows: Sequence[Variant], *, alone: bool) -> Variant | None:
    """The variant with these options; else with this SKU; else the only one of both sides."""
    if alone and len(rows) == 1:
        return rows[0]
    by_options = (row for row in rows if told.options is not None and row.options == dict(told.options))
    return next(by_options, None) or next((row for row in rows if row.sku == told.sku), None)


def _variant(told: IncomingVariant, row: Variant | None, product: Product, position: int) -> Variant:
    if row is None:
        row = new_variant()
        row.product_id = product.id
    row.position = position
    if told.name is not None:
        row.name = told.name
    elif told.options is not None and row.name == _named(row.options):
        row.name = _named(told.options)
    if told.options is not None:
        row.options = dict(told.options)
    row.sold_by = told.sold_by or row.sold_by
    if told.cost is not None:
        row.reference_cost = told.cost
    if told.net_content is not None:
        row.net_content, row.net_unit = told.net_content, told.net_unit
    row.archived_at = None
    return row


def _named(options: Mapping[str, str]) -> str:
    return " / ".join(options.values())[:200]


def _skus(pairs: Sequence[Pair]) -> None:
    """A variant keeps its SKU, unless the source gives it another one than it did."""
    open_pairs = [(told, row) for told, row, _ in pairs if not row.sku or (told.sku_given and not _came_from(told.sku, row.sku))]
    own = {row.id for _, row in open_pairs}

    def in_use(wanted: Collection[str]) -> set[str]:
        return {sku for sku, _, id in found(BY_SKU, wanted) if id not in own}

    chosen = distinct([told.sku for told, _ in open_pairs], in_use, length=60)
    for (_, row), sku in zip(open_pairs, chosen, strict=True):
        row.sku = sku


def _came_from(wanted: str, sku: str) -> bool:
    return sku == wanted or re.fullmatch(r"-[0-9]+", sku.removeprefix(wanted)) is not None


def _deposits(pairs: Sequence[Pair]) -> None:
    """After all variants are there: a deposit may come in the same file. A product whose deposit is not there yet is not taken for
    unchanged when the file comes again."""
    told = {row.id: variant.deposit for variant, row, _ in pairs if variant.deposit is not None}
    if not told:
        return
    wanted = dict(Variant.objects.filter(sku__in=set(told.values())).values_list("sku", "id"))
    different = []
    for _, row, _ in pairs:
        deposit = wanted.get(told.get(row.id) or "")
        if row.id in told and row.deposit_id != deposit and deposit != row.id:
            row.deposit_id = deposit
            different.append(row)
    Variant.objects.bulk_update(different, ["deposit"])
    waiting = {row.product_id for _, row, _ in pairs if told.get(row.id) and told[row.id] not in wanted}
    if waiting:
        Product.objects.filter(id__in=waiting).update(source_hash="")


def _windows(shaped: Sequence[Shaped], products: Sequence[Product], known: References) -> None:
    told = {(product.id, code): window for one, product in zip(shaped, products, strict=True) for code, window in (one.product.windows or {}).items()}
    if not told:
        return
    rows = Publication.objects.filter(product__in={product for product, _ in told})
    stored = {(row.product_id, row.channel_id): (row.offered, row.starts_at, row.ends_at) for row in rows}
    different = [(product, code, window) for (product, code), window in told.items() if stored.get((product, known.channels[code].id)) != window]
    names_of = ("offered", "starts_at", "ends_at")
    statements.put_publications([(product, code, window and dict(zip(names_of, window, strict=True))) for product, code, window in different])


def _collections(shaped: Sequence[Shaped], products: Sequence[Product], before: Mapping[UUID, Mapping[str, Any]]) -> None:
    told = {row.id: sorted(one.product.collections) for one, row in zip(shaped, products, strict=True) if one.product.collections is not None}
    statements.put_collections({id: codes for id, codes in told.items() if codes != (before.get(id, {}).get("collections") or [])})


def _gtins(pairs: Sequence[Pair], before: Collection[UUID]) -> None:
    """Codes are added, never taken away: staff may have added the code of a new pack, and it must go on scanning."""
    wanted = {code: row for told, row, _ in pairs for code in told.gtins}
    # Only codes of these products are moved. One that somebody else took since we looked makes the COPY fail, and the
    # batch is saved again product by product.
    old = [code for code, row in wanted.items() if row.product_id in before]
    own = {wanted[code].product_id for code in old}
    stored = {row.gtin: row for row in Gtin.objects.filter(gtin__in=old, variant__product__in=own)} if old else {}
    moved = []
    for code, row in stored.items():
        if row.variant_id != wanted[code].id:
            row.variant = wanted[code]
            moved.append(row)
    copy_in([_code(code, row) for code, row in wanted.items() if code not in stored])
    Gtin.objects.bulk_update(moved, ["variant"])


def _code(code: str, variant: Variant) -> Gtin:
    row: Gtin = new_code()
    row.gtin, row.variant_id = code, variant.id
    return row


def _prices(pairs: Sequence[Pair], currency: str) -> None:
    priced = [(told, row) for told, row, _ in pairs if told.price is not None]
    old = [row.id for _, row, new in pairs if not new]
    stored = {row.variant_id: row for row in _prices_of(old, currency)}
    new: list[Price] = []
    changed: list[Price] = []
    for told, row in priced:
        price = stored.get(row.id) or Price(variant=row, currency=currency)
        if price.pk is None or not _same_price(price, told):
            price.amount, price.price_quantity = told.price or 0, told.price_quantity or 1000
            (new if price.pk is None else changed).append(price)
    copy_in(new)
    Price.objects.bulk_update(changed, ["amount", "price_quantity"], batch_size=500)


def _same_price(price: Price, told: IncomingVariant) -> bool:
    if told.price_quantity is None:
        return price.amount * 1000 == (told.price or 0) * price.price_quantity
    return (price.amount, price.price_quantity) == (told.price, told.price_quantity)


def _prices_of(variants: Sequence[UUID], currency: str) -> Iterable[Price]:
    return Price.objects.filter(variant_id__in=variants, currency=currency) if variants else ()
