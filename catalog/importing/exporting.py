"""Products written to a file: the own CSV or XLSX with everything, or Shopify's columns. What is written here reads back and
changes nothing. Cells that a spreadsheet would run begin with an apostrophe; importing takes it off again."""

import csv
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage

from catalog.gtin import shown
from catalog.importing.cleaning import escaped
from catalog.importing.describing import LANGUAGES, TRANSLATED
from catalog.models import Attribute, Product, Variant
from catalog.services.attributes import Rule, rules, written
from kernel import jobs
from kernel.money import divided, format_amount
from org.queries import channels as all_channels

CHUNK = 500
ENDINGS = {"onecounter": "csv", "shopify": "csv", "xlsx": "xlsx"}
FIXED = (
    *("handle", "name", "status", "description", "brand", "category", "type", "tax_class", "tags", "collections", "life_cycle", "age_limit"),
    *("tracks_serials", "tracks_lots", "tile", "image_url", "seo_title", "seo_description"),
)
OF_VARIANT = ("sku", "variant", "options", "net_content", "sold_by", "gtin", "price", "price_for", "cost", "deposit")
SHOPIFY = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value"),
    *("Option3 Name", "Option3 Value", "Variant SKU", "Variant Price", "Variant Barcode", "Cost per item", "Image Src", "SEO Title"),
    *("SEO Description", "Status"),
)


def export(running: jobs.Running, *, format: str, currency: str, products: Collection[UUID] | None) -> dict[str, Any]:
    """Writes the file into the storage under exports/, named by the job."""
    wanted = _wanted(products)
    total = wanted.count()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"products.{ENDINGS[format]}"
        lines = shopify_lines(wanted, currency) if format == "shopify" else own_lines(wanted, currency)
        counted = _write(path, lines, running, total, workbook=format == "xlsx")
        with path.open("rb") as made:
            name = default_storage.save(f"exports/{running.id}.{ENDINGS[format]}", File(made))
    running.progress(total, total)
    return {"file": name, "rows": counted}


def _wanted(products: Collection[UUID] | None) -> Any:
    found = Product.objects.select_related("brand", "category", "type", "tax_class").order_by("handle")
    return found.exclude(status=Product.Status.ARCHIVED) if products is None else found.filter(id__in=list(products))


def _write(path: Path, lines: Iterator[tuple[int, Sequence[str]]], running: jobs.Running, total: int, *, workbook: bool) -> int:
    """`lines`: how many products are done, and the cells. The first is the header."""
    written_lines = -1
    told = 0
    with _writer(path, workbook) as put:
        for done, cells in lines:
            put([escaped(cell) for cell in cells])
            written_lines += 1
            if done >= told + CHUNK:
                told = done
                running.progress(done, total)
    return written_lines


class _writer:
    def __init__(self, path: Path, workbook: bool) -> None:
        self.path, self.workbook = path, workbook

    def __enter__(self) -> Any:
        if self.workbook:
            import openpyxl  # type: ignore[import-untyped]

            self.book = openpyxl.Workbook(write_only=True)
            return self.book.create_sheet("Products").append
        self.file = self.path.open("w", encoding="utf-8-sig", newline="")
        return csv.writer(self.file).writerow

    def __exit__(self, *problem: object) -> None:
        if self.workbook:
            self.book.save(self.path)
        else:
            self.file.close()


def own_lines(products: Any, currency: str) -> Iterator[tuple[int, Sequence[str]]]:
    attributes = list(Attribute.objects.order_by("code").values_list("code", flat=True))
    channels = all_channels()
    by_type = rules(set(products.exclude(type=None).order_by().values_list("type_id", flat=True).distinct()))
    texts = [f"{field}:{language}" for language in LANGUAGES for field in TRANSLATED]
    windows = [f"publication.{channel.code}" for channel in channels]
    yield 0, [*FIXED, *texts, *(f"attributes.{code}" for code in attributes), *windows, *OF_VARIANT]
    for done, product, variants in _chunks(products, currency):
        told = _product_cells(product)
        told += [product.translations.get(text.split(":")[1], {}).get(text.split(":")[0], "") for text in texts]
        told += [_attribute(by_type.get(product.type_id or 0, {}), code, product.attributes.get(code)) for code in attributes]
        told += [_window(product, channel) for channel in channels]
        for variant in variants:
            yield done, [*told, *_variant_cells(variant, currency)]


def _chunks(products: Any, currency: str) -> Iterator[tuple[int, Product, list[Variant]]]:
    """A constant number of statements for every five hundred products."""
    rows = products.prefetch_related("publications", "memberships__collection", "variants__gtins", "variants__prices", "variants__deposit").iterator(
        chunk_size=CHUNK
    )
    for done, product in enumerate(rows, start=1):
        live = [variant for variant in product.variants.all() if variant.archived_at is None]
        yield done, product, sorted(live, key=lambda variant: (variant.position, variant.id))


def _product_cells(product: Product) -> list[str]:
    yes = {True: "yes", False: "no"}
    return [
        *(product.handle, product.name, product.status, product.description),
        *(product.brand.name if product.brand else "", product.category.code if product.category else ""),
        *(product.type.code if product.type else "", product.tax_class.code, ", ".join(product.tags), _collections(product), product.life_cycle),
        *(str(product.age_limit or ""), yes[product.tracks_serials], yes[product.tracks_lots], product.tile, product.image_url),
        *(product.seo_title, product.seo_description),
    ]


def _collections(product: Product) -> str:
    """Those it was put into by hand."""
    return "; ".join(sorted(membership.collection.code for membership in product.memberships.all()))


def _attribute(known: dict[str, Rule], code: str, value: Any) -> str:
    if value is None or code not in known:
        return ""
    told = written(known[code], value)
    return "; ".join(told) if isinstance(told, list) else str(told)


def _window(product: Product, channel: Any) -> str:
    row = next((row for row in product.publications.all() if row.channel_id == channel.id), None)
    if row is None:
        return ""
    if not row.offered or (row.starts_at is None and row.ends_at is None):
        return "on" if row.offered else "off"
    return "/".join(moment.isoformat() if moment else "" for moment in (row.starts_at, row.ends_at))


def _variant_cells(variant: Variant, currency: str) -> list[str]:
    price = next((price for price in variant.prices.all() if price.currency == currency), None)
    content = f"{thousandths_text(variant.net_content)} {variant.net_unit}" if variant.net_content is not None else ""
    return [
        *(variant.sku, variant.name, "; ".join(f"{_escaped(name)}={_escaped(str(value))}" for name, value in variant.options.items())),
        *(content, variant.sold_by, "; ".join(sorted(shown(code.gtin) for code in variant.gtins.all()))),
        format_amount(price.amount, currency) if price else "",
        thousandths_text(price.price_quantity) if price and price.price_quantity != 1000 else "",
        format_amount(variant.reference_cost, currency) if variant.reference_cost is not None else "",
        variant.deposit.sku if variant.deposit else "",
    ]


def thousandths_text(value: int) -> str:
    """750 -> "0.75"."""
    whole, rest = divmod(value, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".") if rest else str(whole)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace("=", "\\=")


def shopify_lines(products: Any, currency: str) -> Iterator[tuple[int, Sequence[str]]]:
    yield 0, SHOPIFY
    for done, product, variants in _chunks(products, currency):
        for number, variant in enumerate(variants):
            cells = dict.fromkeys(SHOPIFY, "") | {"Handle": product.handle} | (_shopify_head(product) if number == 0 else {})
            yield done, list((cells | _shopify_variant(product, variant, currency, first=number == 0)).values())


def _shopify_head(product: Product) -> dict[str, str]:
    return {
        "Title": product.name,
        "Body (HTML)": product.description,
        "Vendor": product.brand.name if product.brand else "",
        "Type": product.category.name if product.category else "",
        "Tags": ", ".join(product.tags),
        "Published": "true" if product.status == Product.Status.ACTIVE else "false",
        "Image Src": product.image_url,
        "SEO Title": product.seo_title,
        "SEO Description": product.seo_description,
        "Status": product.status,
    }


def _shopify_variant(product: Product, variant: Variant, currency: str, *, first: bool) -> dict[str, str]:
    """Three options at most, as there. A product without any has the title "Default Title"."""
    price = next((price for price in variant.prices.all() if price.currency == currency), None)
    options = list(variant.options.items())[:3] or [("Title", "Default Title")]
    told = {f"Option{place} Value": str(value) for place, (_, value) in enumerate(options, start=1)}
    told |= {f"Option{place} Name": name for place, (name, _) in enumerate(options, start=1)} if first else {}
    code = next(iter(sorted(variant.gtins.all(), key=lambda one: one.gtin)), None)
    return told | {
        "Variant SKU": variant.sku,
        # The price of one, where ours may be for another amount.
        "Variant Price": format_amount(divided(price.amount * 1000, price.price_quantity), currency) if price else "",
        "Variant Barcode": shown(code.gtin) if code else "",
        "Cost per item": format_amount(variant.reference_cost, currency) if variant.reference_cost is not None else "",
    }
