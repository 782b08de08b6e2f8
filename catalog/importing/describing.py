"""Cells under our own field names as products: what the own format has, and what a table becomes once its columns are matched.

A field that is not among the cells is not spoken of: a product that exists keeps what it has.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from catalog import names
from catalog.importing import cleaning
from catalog.importing.incoming import Faulty, Group, IncomingProduct, IncomingVariant, Row, Terms, nearest
from catalog.services.attributes import thousandths

STATUSES = ("active", "draft", "archived")
LIFE_CYCLES = ("planned", "active", "run_down", "delisted")
UNITS = ("g", "kg", "ml", "l", "piece")
LANGUAGES = ("de", "fr")
TRANSLATED = {"name": 300, "description": 50_000, "seo_title": 120, "seo_description": 320}
YES = frozenset({"yes", "true", "1", "y", "ja", "oui", "x"})
NO = frozenset({"no", "false", "0", "n", "nein", "non", ""})
_CONTENT = re.compile(r"([0-9]+(?:[.,][0-9]{1,3})?)\s*([^\W\d_]+)")
Amount = Callable[[str, str, str], int | None]


class Cells:
    """The cells of one row by field name; `said` names a field as the file calls its column."""

    def __init__(self, row: Row, said: Mapping[str, str]) -> None:
        self.row = row
        self.said = said

    def __contains__(self, name: str) -> bool:
        return name in self.row.cells

    def text(self, name: str, longest: int, *, required: bool = False) -> str | None:
        """None where there is no such column."""
        if name not in self:
            return None
        return cleaning.one_line(cleaning.unescaped(self.row.cells[name]), self.column(name), longest=longest, required=required)

    def raw(self, name: str) -> str:
        return self.row.cells.get(name, "").strip()

    def column(self, name: str) -> str:
        return self.said.get(name, name)

    def one_of(self, name: str, known: tuple[str, ...]) -> str | None:
        told = self.raw(name).lower().replace("-", "_").replace(" ", "_")
        if told and told not in known:
            raise Faulty(self.column(name), f"“{told[:40]}” is none of {', '.join(known)}", suggestion=nearest(told, known))
        return told or None

    def yes(self, name: str) -> bool | None:
        told = self.raw(name).lower()
        if name in self and told not in YES | NO:
            raise Faulty(self.column(name), f"“{told[:40]}” is neither yes nor no")
        return told in YES if name in self else None


def product(group: Group, terms: Terms, *, said: Mapping[str, str], amount: Amount = cleaning.amount, partial: bool = False) -> IncomingProduct:
    """Raises Faulty, with the row it stands in."""
    cells = Cells(group.rows[0], said)
    units = _units(group)
    variants = tuple(_variant(group, Cells(row, said), terms, amount, units) for row in group.rows)
    _no_twins(variants, said)
    name = cells.text("name", 300, required=True) or ""
    handle = names.handle(cells.raw("handle")) or names.handle(name) or f"product-{group.line}"
    sellable = any(variant.price is not None for variant in variants)
    status = cells.one_of("status", STATUSES)
    return IncomingProduct(
        name=name,
        handle=handle,
        variants=variants,
        partial=partial,
        description=cleaning.rich(cleaning.unescaped(cells.raw("description")), cells.column("description")) if "description" in cells else None,
        brand=cells.text("brand", 100),
        category_code=cells.text("category", 200),
        type=cells.text("type", 100),
        tax_class=cells.text("tax_class", 60) or None,
        status="draft" if status == "active" and not sellable else status,
        tile=cells.text("tile", 30),
        image_url=cleaning.address(cells.raw("image_url"), cells.column("image_url")) if "image_url" in cells else None,
        tags=_tags(cells),
        collections=_collections(cells),
        life_cycle=cells.one_of("life_cycle", LIFE_CYCLES),
        age_limit=_age(cells),
        tracks_serials=cells.yes("tracks_serials"),
        tracks_lots=cells.yes("tracks_lots"),
        seo_title=cells.text("seo_title", 120),
        seo_description=cells.text("seo_description", 320),
        translations=_translations(cells),
        attributes=_attributes(cells),
        windows=_windows(cells),
    )


def _variant(group: Group, cells: Cells, terms: Terms, amount: Amount, units: set[str]) -> IncomingVariant:
    try:
        options = _options(cells)
        content, unit = _net_content(cells, units)
        sku = cells.text("sku", 60) or ""
        codes = re.split(r"[;,\s]+", cells.raw("gtin").removeprefix("'"))
        return IncomingVariant(
            sku=sku or derived_sku(group.key, options or {}),
            sku_given=bool(sku),
            line=cells.row.line,
            name=cells.text("variant", 200),
            options=options,
            net_content=content,
            net_unit=unit,
            sold_by=cells.one_of("sold_by", ("each", "weight")),
            gtins=tuple(cleaning.code(code, cells.column("gtin")) for code in codes if code),
            price=amount(cells.raw("price"), cells.column("price"), terms.currency),
            price_quantity=_price_quantity(cells),
            cost=amount(cells.raw("cost"), cells.column("cost"), terms.currency),
            deposit=cells.text("deposit", 60),
        )
    except Faulty as faulty:
        faulty.row = faulty.row or cells.row
        raise


def derived_sku(key: str, options: Mapping[str, str]) -> str:
    """The same key and options give the same SKU in every run."""
    sku = names.handle(key, *options.values(), length=1000)
    if len(sku) <= 60:
        return sku
    return f"{sku[:51].rstrip('-')}-{hashlib.sha256(sku.encode()).hexdigest()[:8]}"


def _options(cells: Cells) -> dict[str, str] | None:
    """ "Size=1 l; Flavour=Mocha"; an = or ; within a value stands behind a backslash."""
    if "options" not in cells:
        return None
    options = {}
    for part in re.split(r"(?<!\\);", cells.raw("options")):
        if part.strip():
            name, sign, value = _split(part)
            if not sign or not name or not value:
                raise Faulty(cells.column("options"), f"“{part.strip()[:40]}” is not written like Size=500 g")
            options[cleaning.one_line(name, cells.column("options"), longest=60)] = cleaning.one_line(value, cells.column("options"), longest=200)
    return options


def _split(part: str) -> tuple[str, str, str]:
    pieces = re.split(r"(?<!\\)=", part, maxsplit=1)
    plain = [re.sub(r"\\([;=\\])", r"\1", piece).strip() for piece in pieces]
    return (plain[0], "=", plain[1]) if len(plain) == 2 else (plain[0], "", "")


def _units(group: Group) -> set[str]:
    """In which the net contents of this product are written."""
    matches = (_CONTENT.fullmatch(row.cells.get("net_content", "").strip()) for row in group.rows)
    return {_unit(match[2]) for match in matches if match} & set(UNITS)


def _unit(text: str) -> str:
    return {"gr": "g", "litre": "l", "liter": "l", "pcs": "piece", "pc": "piece"}.get(text.lower(), text.lower())


def _net_content(cells: Cells, units: set[str]) -> tuple[int | None, str]:
    """`units`: of the product's other rows. Where there is one, a bare number was probably meant in it."""
    text = cells.raw("net_content")
    if not text:
        return None, ""
    match = _CONTENT.fullmatch(text)
    if match is None:
        bare = re.fullmatch(r"[0-9]+(?:[.,][0-9]{1,3})?", text)
        reason = "is a number without its unit" if bare else "is not written like 500 g"
        suggestion = f"{text} {min(units)}" if bare and len(units) == 1 else ""
        without_unit = text if bare and not units else ""
        raise Faulty(cells.column("net_content"), f"“{text[:40]}” {reason}", suggestion=suggestion, without_unit=without_unit)
    unit = _unit(match[2])
    if unit not in UNITS:
        raise Faulty(cells.column("net_content"), f"“{match[2][:20]}” is none of the units {', '.join(UNITS)}")
    return thousandths(match[1]), unit


def _price_quantity(cells: Cells) -> int | None:
    """None without such a column: the price is that of one."""
    if "price_for" not in cells:
        return None
    text = cells.raw("price_for")
    if not text:
        return 1000
    try:
        return max(thousandths(text), 1)
    except Exception as error:
        raise Faulty(cells.column("price_for"), f"“{text[:40]}” is not a quantity such as 1 or 0.1") from error


def _age(cells: Cells) -> str | None:
    """ "" takes the limit away."""
    text = cells.raw("age_limit")
    if "age_limit" not in cells:
        return None
    if text and not (text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= 99):
        raise Faulty(cells.column("age_limit"), f"“{text[:40]}” is not an age from 1 to 99")
    return text


def _attributes(cells: Cells) -> dict[str, str] | None:
    """Texts; what they mean is the product type's to say."""
    told = {name: cleaning.unescaped(cell.strip()) for name, cell in cells.row.cells.items() if name.startswith("attributes.")}
    return {name.removeprefix("attributes."): cell for name, cell in told.items()} or None


def _tags(cells: Cells) -> tuple[str, ...] | None:
    if "tags" not in cells:
        return None
    return tuple(tag for tag in (cleaning.one_line(part, cells.column("tags"), longest=60) for part in re.split("[,;]", cells.raw("tags"))) if tag)


def _collections(cells: Cells) -> tuple[str, ...] | None:
    if "collections" not in cells:
        return None
    parts = (
        cleaning.one_line(cleaning.unescaped(part.strip()), cells.column("collections"), longest=100) for part in cells.raw("collections").split(";")
    )
    return tuple(dict.fromkeys(part for part in parts if part))


def _translations(cells: Cells) -> dict[str, dict[str, str]] | None:
    told: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        for field, longest in TRANSLATED.items():
            name = f"{field}:{language}"
            if name in cells and field == "description":
                told.setdefault(language, {})[field] = cleaning.rich(cleaning.unescaped(cells.raw(name)), cells.column(name))
            elif name in cells:
                told.setdefault(language, {})[field] = cells.text(name, longest) or ""
    return told or None


def _windows(cells: Cells) -> dict[str, tuple[bool, Any, Any] | None] | None:
    """ "" no window of its own, "off", "on", or "2026-11-22T09:00+01:00/2026-12-01T00:00+01:00", where either end may be open."""
    told = {name: cell.strip() for name, cell in cells.row.cells.items() if name.startswith("publication.")}
    return {name.removeprefix("publication."): _window(text, name) for name, text in told.items()} if told else None


def _window(text: str, column: str) -> tuple[bool, Any, Any] | None:
    if not text or text in ("on", "off"):
        return {"": None, "on": (True, None, None), "off": (False, None, None)}[text]
    try:
        starts, ends = (datetime.fromisoformat(part) if part else None for part in text.split("/"))
        if any(moment is not None and moment.tzinfo is None for moment in (starts, ends)) or (starts and ends and starts >= ends):
            raise ValueError
    except ValueError as error:
        raise Faulty(column, f"“{text[:60]}” is not written like 2026-11-22T09:00+01:00/2026-12-01T00:00+01:00") from error
    return True, starts, ends


def _no_twins(variants: tuple[IncomingVariant, ...], said: Mapping[str, str]) -> None:
    lines: dict[tuple[tuple[str, str], ...], int] = {}
    for variant in variants:
        key = tuple((variant.options or {"": variant.sku}).items())
        if key in lines:
            raise Faulty(said.get("options", "options"), f"line {variant.line} has the same options as line {lines[key]}")
        lines[key] = variant.line
