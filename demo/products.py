"""demo/products.csv as an import format: one row a product, everything a shelf needs in it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from catalog import names
from catalog.importing import cleaning, reading
from catalog.importing.incoming import Fault, Faulty, Group, IncomingProduct, IncomingVariant, Row, Terms
from demo import details

FILE = Path(__file__).parent / "products.csv"
# In the order of the till's shelves.
CATEGORIES = {
    "bakery": "Bakery",
    "fruit-veg": "Fruit & veg",
    "chilled": "Chilled",
    "drinks": "Drinks",
    "household": "Household",
    "pantry": "Pantry",
    "snacks": "Snacks",
    "breakfast": "Breakfast",
    "coffee-tea": "Coffee & tea",
    "frozen": "Frozen",
    "wine-beer": "Wine & beer",
}

source = "demo"
finds_by = ""
required: tuple[str, ...] = ("sku", "gtin", "name", "brand", "net_content", "net_unit", "sold_by", "price", "tax_class", "category", "tile")


def rows() -> Iterator[Row | Fault]:
    with reading.opened(FILE) as file:
        yield from reading.rows(file, required)


def groups(rows: Iterable[Row | Fault]) -> Iterator[Group]:
    for row in rows:
        yield Group(row.cells["sku"], (row,)) if isinstance(row, Row) else Group("", (), (row,))


def product(group: Group, terms: Terms) -> IncomingProduct:
    cells = group.rows[0].cells
    price = cleaning.amount(cells["price"], "price", terms.currency) or 0
    net_content = thousandths(cells["net_content"])
    variant = IncomingVariant(
        sku=group.key,
        sku_given=True,
        line=group.line,
        net_content=net_content,
        net_unit=cells["net_unit"],
        sold_by=cells["sold_by"],
        gtins=(cleaning.code(cells["gtin"], "gtin"),),
        price=price,
        **details.told_of_variant(sku=group.key, category=cells["category"], tile=cells["tile"], brand=cells["brand"], price=price),
    )
    name = cleaning.one_line(cells["name"], "name", longest=300, required=True)
    return IncomingProduct(
        name=name,
        handle=names.handle(name),
        brand=cells["brand"],
        category=CATEGORIES[cells["category"]],
        tax_class=cells["tax_class"],
        status="active",
        tile=cells["tile"],
        variants=(variant,),
        **details.told(sku=group.key, name=name, category=cells["category"], tile=cells["tile"], brand=cells["brand"], price=price),
    )


def thousandths(text: str) -> int | None:
    """ "0.75" is 750; None for nothing."""
    if not text:
        return None
    match = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9]{1,3}))?", text, re.ASCII)
    if match is None:
        raise Faulty("net_content", f"{text} is not a number with at most three decimals")
    return int(match[1] + (match[2] or "").ljust(3, "0"))
