"""What lists mostly ask of a product, as one line that stands before the document in its card.

Each value is there as ready JSON, so a list is put together of pieces of text: nothing is parsed and nothing is written
again (commerce.lines). The line is made of the document itself, so both always say the same. JSON holds no control
characters, so they keep the pieces apart.
"""
# ruff: noqa: S608  # statements are put together of this file's own names

from collections.abc import Sequence
from dataclasses import dataclass

# It moves with every release whose cards say something else, here or in their documents. Cards of another layout are read as
# documents until they are made anew (catalog.shelf.keep).
LAYOUT = "2"
# Between the parts of a row and between the rows of a list, a pair for each level.
SEPARATORS = "\x1c\x1d\x1e\x1f\x1b\x1a"


@dataclass(frozen=True, slots=True)
class Part:
    """A value of the document by its name there; `kind`: the class it has in Python, list for a list of texts."""

    name: str
    kind: type
    null: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a row in their order, and after them its lists of rows."""

    parts: tuple[Part, ...]
    lists: "tuple[tuple[str, Layout], ...]" = ()


PRICE = Layout(
    (
        *(Part("amount", int), Part("currency", str), Part("formatted", str)),
        *(Part("list_amount", int, null=True), Part("list_formatted", str, null=True)),
        *(Part("promotional_amount", int, null=True), Part("promotional_formatted", str, null=True)),
        *(Part("lowest_last_30_days", int, null=True), Part("lowest_last_30_days_formatted", str, null=True)),
    )
)
BADGE = Layout((Part("code", str), Part("text", str), Part("kind", str)))
VARIANT = Layout(
    (Part("id", str), Part("global_id", str), Part("sku", str), Part("name", str), Part("sold_by", str), Part("codes", list)),
    lists=(("prices", PRICE),),
)
PRODUCT = Layout(
    (
        Part("id", str),
        Part("global_id", str),
        Part("handle", str),
        Part("name", str),
        Part("brand", str),
        Part("brand_code", str, null=True),
        Part("tile", str),
        Part("image_url", str),
    ),
    # Variants last: their ids are read without the rest.
    lists=(("badges", BADGE), ("variants", VARIANT)),
)


@dataclass(slots=True)
class Line:
    """Of one product, in place of its document."""

    text: str


def written(document: str) -> str:
    """SQL: the line of a document, an expression of type jsonb."""
    return f"'{LAYOUT}' || chr({ord(SEPARATORS[0])}) || " + _row(PRODUCT, document, 0)


def line_of(card: str) -> str:
    """SQL: the line of a card's text."""
    return f"split_part({card}, chr(10), 1)"


def document_of(card: str) -> str:
    """The document in a card's text; a card of days before lines is nothing else."""
    return card[card.find("\n") + 1 :]


def variants_of(line: Line) -> Sequence[str]:
    """The ids of its variants: what each begins with, in quotes."""
    rows = line.text.rpartition(SEPARATORS[0])[2]
    return [row[1:37] for row in rows.split(SEPARATORS[1])] if rows else []


def _row(layout: Layout, row: str, level: int) -> str:
    pieces = [_texts(part, row) if part.kind is list else f"({row} -> '{part.name}')::text" for part in layout.parts]
    between, inner = SEPARATORS[2 * level], f"e{level}"
    for name, below in layout.lists:
        rows = f"jsonb_array_elements({row} -> '{name}') with ordinality as {inner}(row, number)"
        made = f"string_agg({_row(below, f'{inner}.row', level + 1)}, chr({ord(SEPARATORS[2 * level + 1])}) order by {inner}.number)"
        pieces.append(f"coalesce((select {made} from {rows}), '')")
    return f"array_to_string(array[{', '.join(pieces)}], chr({ord(between)}), 'null')"


def _texts(part: Part, row: str) -> str:
    rows = f"jsonb_array_elements({row} -> '{part.name}') with ordinality as t(one, number)"
    return f"(select '[' || coalesce(string_agg(t.one::text, ',' order by t.number), '') || ']' from {rows})"
