"""Open Food Facts rows (https://world.openfoodfacts.org/data): one row a product, named by its barcode. There is no
price and no category in them, so products come in as drafts to be priced."""

from collections.abc import Iterable, Iterator

from catalog import gtin, names
from catalog.importing import cleaning
from catalog.importing.incoming import Fault, Faulty, Group, IncomingProduct, IncomingVariant, Row, Terms

source = "openfoodfacts"
required = ("barcode_id", "product_name")
finds_by = ""


def groups(rows: Iterable[Row | Fault]) -> Iterator[Group]:
    for row in rows:
        if isinstance(row, Fault):
            yield Group("", (), (row,))
            continue
        try:
            yield Group(cleaning.code(row.cells["barcode_id"], "barcode_id"), (row,))
        except Faulty as faulty:
            yield Group("", (row,), (Fault(row.line, faulty.column, faulty.reason),))


def product(group: Group, terms: Terms) -> IncomingProduct:
    row = group.rows[0]
    name = cleaning.one_line(row.cells["product_name"], "product_name", longest=300, required=True)
    shown = gtin.shown(group.key)
    return IncomingProduct(
        name=name,
        # With the code at the end no two are alike, and a corrected name keeps the address.
        handle=f"{names.handle(name, length=180)}-{shown}".lstrip("-"),
        description=cleaning.paragraphs(row.cells.get("ingredients", ""), "ingredients"),
        image_url=cleaning.address(row.cells.get("product_image", ""), "product_image"),
        variants=(IncomingVariant(sku=shown, line=row.line, gtins=(group.key,)),),
    )
