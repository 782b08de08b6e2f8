"""The columns of the grid: what a cell says now, and what a typed or pasted text would make of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog import amounts, gtin, names
from catalog.models import LifeCycle, Product, Variant
from catalog.revisions.words import net_content_words
from kernel.money import format_amount

PRODUCT_COLUMNS = ("name", "brand", "category", "status", "life_cycle", "tags", "tax_class")
VARIANT_COLUMNS = ("price", "cost", "net_content", "gtin")
COLUMNS = (*PRODUCT_COLUMNS, *VARIANT_COLUMNS)

FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NET = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,3}))?\s*(kg|g|ml|cl|l|pcs|pieces?)", re.IGNORECASE)
_UNITS = {"pcs": "piece", "pieces": "piece", "cl": "ml"}


class NotTaken(Exception):
    """The words say what is wrong with the cell."""


@dataclass(frozen=True)
class Known:
    """What cells are read by: codes by the names people write, lower-case; a name that several have leads to none."""

    currency: str
    company_currency: str
    codes: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)


def path_of(column: str, variant: Variant, currency: str) -> str:
    """The path of catalog.revisions that the column sets."""
    if column in PRODUCT_COLUMNS:
        return column
    own = {"price": f"price.{currency}", "cost": "reference_cost", "net_content": "net_content", "gtin": "gtins"}
    return f"variant.{variant.id}.{own[column]}"


def value_of(column: str, variant: Variant, currency: str) -> Any:
    """What the path says now. The row was read with everything in reach."""
    product = variant.product
    if column in ("brand", "category", "tax_class"):
        row = getattr(product, column)
        return row.code if row else None
    if column in PRODUCT_COLUMNS:
        return getattr(product, column)
    if column == "price":
        return next(([price.amount, price.price_quantity] for price in variant.prices.all() if price.currency == currency), None)
    if column == "cost":
        return variant.reference_cost
    if column == "net_content":
        return None if variant.net_content is None else [variant.net_content, variant.net_unit]
    return sorted(code.gtin for code in variant.gtins.all())


def shown(column: str, value: Any, known: Known, called: Mapping[str, str]) -> str:
    """As it stands in the cell. `called`: the names of codes of this column."""
    if value is None:
        return ""
    if column == "price":
        return format_amount(value[0], known.currency)
    if column == "cost":
        return format_amount(value, known.company_currency)
    if column == "net_content":
        return net_content_words(value)
    if column == "gtin":
        return ", ".join(gtin.shown(code) for code in value)
    if column == "tags":
        return ", ".join(value)
    if column in ("status", "life_cycle"):
        choices = Product.Status.choices if column == "status" else LifeCycle.choices
        return str(dict(choices)[value])
    return called.get(value, str(value))


def read(column: str, text: str, variant: Variant, known: Known) -> Any:
    """The value a text asks for. NotTaken with the words for the Check column."""
    text = " ".join(text.split())
    if column not in ("price", "cost") and text.startswith(FORMULA):
        raise NotTaken(f"Starts with “{text[0]}”: a formula, not text")
    return READERS[column](column, text, variant, known)


def _name(column: str, text: str, variant: Variant, known: Known) -> str:
    if len(text) > 300:
        raise NotTaken(f"{len(text)} characters; at most 300 fit")
    return text


def _coded(column: str, text: str, variant: Variant, known: Known) -> str:
    codes = known.codes[column]
    if text.lower() not in codes:
        raise NotTaken(f"No such {column.replace('_', ' ')}")
    code = codes[text.lower()]
    if code is None:
        raise NotTaken("Several are called this; write the code")
    return code


def _chosen(column: str, text: str, variant: Variant, known: Known) -> str:
    choices = Product.Status.choices if column == "status" else LifeCycle.choices
    asked = text.lower().replace("-", "_").replace(" ", "_")
    for value, label in choices:
        if asked in (value, str(label).lower().replace("-", "_")):
            return str(value)
    raise NotTaken(f"Write {', '.join(str(label) for _, label in choices[:-1])} or {choices[-1][1]}")


def _tags(column: str, text: str, variant: Variant, known: Known) -> list[str]:
    tags = names.tags(text.replace(";", ",").split(","))
    if any(len(tag) > 60 for tag in tags):
        raise NotTaken("A tag has 60 characters at most")
    return list(tags)


def _price(column: str, text: str, variant: Variant, known: Known) -> list[int]:
    now = value_of("price", variant, known.currency)
    return [_amount(text, known.currency), now[1] if now else 1000]


def _cost(column: str, text: str, variant: Variant, known: Known) -> int:
    return _amount(text, known.company_currency)


def _amount(text: str, currency: str) -> int:
    try:
        return amounts.minor_units(text, currency)
    except amounts.NotAnAmount as error:
        raise NotTaken(str(error)) from error


def _net_content(column: str, text: str, variant: Variant, known: Known) -> list[Any]:
    match = _NET.fullmatch(text)
    if match is None:
        raise NotTaken("Write it like 500 g or 0.75 l")
    unit = match[3].lower()
    thousandths = int(match[1] + (match[2] or "").ljust(3, "0")) * (10 if unit == "cl" else 1)
    if thousandths <= 0:
        raise NotTaken("Net content is more than zero")
    return [thousandths, _UNITS.get(unit, unit)]


def _gtins(column: str, text: str, variant: Variant, known: Known) -> list[str]:
    try:
        return sorted({gtin.normalise(code.strip().removeprefix("'")) for code in re.split(r"[,;]", text)})
    except gtin.BadGtin as error:
        raise NotTaken(error.message) from error


READERS: Mapping[str, Callable[[str, str, Variant, Known], Any]] = {
    "name": _name,
    "brand": _coded,
    "category": _coded,
    "status": _chosen,
    "life_cycle": _chosen,
    "tags": _tags,
    "tax_class": _coded,
    "price": _price,
    "cost": _cost,
    "net_content": _net_content,
    "gtin": _gtins,
}


def codes_by_name(rows: Sequence[tuple[str, str]]) -> dict[str, str | None]:
    """Code and name of each: both lead to the code, in small letters. A code wins over another's name."""
    found: dict[str, str | None] = {}
    for code, name in rows:
        found[name.lower()] = None if name.lower() in found else code
    return found | {code.lower(): code for code, _ in rows}
