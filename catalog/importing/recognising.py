"""What a file is, told by its first lines: a known format by its columns, else a table whose columns somebody has to match."""

from collections.abc import Sequence
from itertools import islice
from typing import BinaryIO

from catalog.importing import reading
from catalog.importing.incoming import Fault
from catalog.importing.reading import MissingColumns, SourceFile, UnreadableFile, header_of, storable
from catalog.importing.run import FORMATS, TABLE
from catalog.importing.table import header_hash, proposed
from catalog.models import ColumnMapping

__all__ = ["TABLE", "first_rows", "looked_at", "proposed_mapping"]


def looked_at(content: BinaryIO, size: int, format: str) -> tuple[list[str], str]:
    """The columns and the format: as given, or as the columns say. A file without a single row is refused."""
    lines = SourceFile(content, size, lenient=True).lines()
    header = header_of(next(lines, None))
    if next(lines, None) is None:
        raise UnreadableFile("The file has a header line and no rows.", field="file")
    if not format:
        return header, next((name for name, known in FORMATS.items() if set(known.required) <= set(header)), TABLE)
    missing = [name for name in FORMATS[format].required if name not in header] if format in FORMATS else []
    if missing:
        raise MissingColumns(f"The first line must name the columns; missing: {', '.join(missing)}.", field="file", missing=missing)
    return header, format if format in FORMATS else TABLE


def first_rows(file: str, count: int) -> tuple[list[str], list[Sequence[str]]]:
    with reading.stored(file, lenient=True) as source:
        lines = source.lines()
        header = header_of(next(lines, None))
        return header, [storable(cells) for _, cells in islice(lines, count) if not isinstance(cells, Fault)]


def proposed_mapping(header: Sequence[str]) -> dict[str, str]:
    """As such a file was matched last time; else by the names, each field once."""
    known = ColumnMapping.objects.filter(header_hash=header_hash(header)).first()
    if known is not None:
        return dict(known.mapping)
    mapping: dict[str, str] = {}
    for column in header:
        field = proposed(column)
        mapping[column] = field if field not in mapping.values() else ""
    return mapping
