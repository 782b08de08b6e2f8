"""The product CSV that Shopify exports (https://help.shopify.com/en/manual/products/import-export/using-csv): the rows
of one Handle stand together; the first tells the product, each with a price or an option is a variant, others are pictures."""

from collections.abc import Iterable, Iterator, Mapping

from catalog import names
from catalog.importing import cleaning
from catalog.importing.describing import derived_sku
from catalog.importing.incoming import Fault, Faulty, Group, IncomingProduct, IncomingVariant, Row, Terms, by_product

source = "shopify"
required = ("Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price")
finds_by = "handle"
OPTIONS = (1, 2, 3)
STATUSES = ("active", "draft", "archived")


def groups(rows: Iterable[Row | Fault]) -> Iterator[Group]:
    return by_product(rows, _handle_of, "Handle")


def _handle_of(row: Row | Fault) -> str:
    return row.cells["Handle"] if isinstance(row, Row) else (row.row[0].strip() if row.row else "")


def product(group: Group, terms: Terms) -> IncomingProduct:
    rows = [Row(row.line, {name: cleaning.unescaped(cell) for name, cell in row.cells.items()}) for row in group.rows]
    first = rows[0]
    cells = first.cells
    option_names = [cleaning.one_line(cells.get(f"Option{number} Name", ""), f"Option{number} Name", longest=60) for number in OPTIONS]
    variants = [_variant(group, row, option_names, terms) for row in rows if _is_variant(row)]
    if not variants:
        raise Faulty("Variant Price", "no row of this product has a price or an option", row=first)
    _no_twins(variants)
    sellable = any(variant.price is not None for variant in variants)
    return IncomingProduct(
        name=cleaning.one_line(cells["Title"], "Title", longest=300, required=True),
        handle=_handle(group.key),
        description=cleaning.rich(cells.get("Body (HTML)", ""), "Body (HTML)"),
        brand=cleaning.one_line(cells.get("Vendor", ""), "Vendor", longest=100),
        category=cleaning.one_line(cells.get("Type", ""), "Type", longest=100),
        status=_status(cells, sellable),
        image_url=cleaning.address(cells.get("Image Src", ""), "Image Src"),
        tags=_tags(cells) if "Tags" in cells else None,
        seo_title=_one(cells, "SEO Title", 120),
        seo_description=_one(cells, "SEO Description", 320),
        variants=tuple(variants),
    )


def _tags(cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(tag for tag in (cleaning.one_line(part, "Tags", longest=60) for part in cells["Tags"].split(",")) if tag)


def _one(cells: Mapping[str, str], column: str, longest: int) -> str | None:
    return cleaning.one_line(cells[column], column, longest=longest) if column in cells else None


def _handle(text: str) -> str:
    handle = names.handle(text)
    if not handle:
        raise Faulty("Handle", f"“{text[:40]}” has no letter or digit")
    return handle


def _is_variant(row: Row) -> bool:
    return any(row.cells.get(column, "").strip() for column in ("Variant Price", "Option1 Value", "Variant SKU"))


def _variant(group: Group, row: Row, option_names: list[str], terms: Terms) -> IncomingVariant:
    try:
        options = _options(row, option_names)
        sku = cleaning.one_line(row.cells["Variant SKU"], "Variant SKU", longest=61).removeprefix("'")
        if len(sku) > 60:
            raise Faulty("Variant SKU", f"is {len(sku)} characters long; at most 60 fit")
        barcode = row.cells.get("Variant Barcode", "").strip()
        return IncomingVariant(
            sku=sku or derived_sku(group.key, options),
            sku_given=bool(sku),
            line=row.line,
            options=options,
            gtins=(cleaning.code(barcode, "Variant Barcode"),) if barcode else (),
            price=cleaning.amount(row.cells["Variant Price"], "Variant Price", terms.currency),
            price_quantity=None,
            cost=cleaning.amount(row.cells.get("Cost per item", ""), "Cost per item", terms.currency),
        )
    except Faulty as faulty:
        faulty.row = faulty.row or row
        raise


def _options(row: Row, option_names: list[str]) -> dict[str, str]:
    """Option names and values in their order; the "Title: Default Title" of a product without options is none."""
    options = {}
    for number, name in zip(OPTIONS, option_names, strict=True):
        value = cleaning.one_line(row.cells.get(f"Option{number} Value", ""), f"Option{number} Value", longest=200)
        if value and (name, value) != ("Title", "Default Title"):
            options[name or f"Option {number}"] = value
    return options


def _no_twins(variants: list[IncomingVariant]) -> None:
    lines: dict[tuple[str, ...], int] = {}
    for variant in variants:
        values = tuple((variant.options or {}).values())
        if values in lines:
            raise Faulty("Option1 Value", f"line {variant.line} has the same options as line {lines[values]}")
        lines[values] = variant.line


def _status(cells: Mapping[str, str], sellable: bool) -> str:
    told = cells.get("Status", "").strip().lower()
    if told and told not in STATUSES:
        raise Faulty("Status", f"“{told[:40]}” is not active, draft or archived")
    if told == "archived":
        return "archived"
    published = cells.get("Published", "").strip().lower() in ("true", "")
    return "active" if (told or "active") == "active" and published and sellable else "draft"
