"""The own CSV: one row a variant, everything the catalogue knows of a product. What export writes, import reads back and
changes nothing. docs/importing.md names the columns."""

from collections.abc import Iterable, Iterator

from catalog.importing import describing
from catalog.importing.incoming import Fault, Group, IncomingProduct, Row, Terms, by_product

source = "onecounter"
required = ("handle", "name", "sku", "price")
finds_by = "handle"


def groups(rows: Iterable[Row | Fault]) -> Iterator[Group]:
    return by_product(rows, _handle_of, "handle")


def _handle_of(row: Row | Fault) -> str:
    return row.cells["handle"] if isinstance(row, Row) else (row.row[0].strip() if row.row else "")


def product(group: Group, terms: Terms) -> IncomingProduct:
    return describing.product(group, terms, said={})
