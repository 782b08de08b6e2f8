"""A CSV file as a stream of rows: .gz as it is, UTF-8 with or without a mark, quoted line breaks, memory of one row."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from catalog.importing.incoming import Fault, Row
from kernel.errors import Refused

LONGEST_CELL = 1_000_000
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03\x04": "a spreadsheet or zip file", b"%PDF": "a PDF"}


class UnreadableFile(Refused):
    code = "import_file_unreadable"
    title = "The file cannot be read"


class MissingColumns(Refused):
    code = "import_columns_missing"
    title = "Columns are missing"


class SourceFile:
    """An open file and how far it was read, in bytes as they lie on disk."""

    def __init__(self, raw: BinaryIO, size: int) -> None:
        self._raw = raw
        self.size = size
        self.text = self._decoded()

    @property
    def read(self) -> int:
        return self._raw.tell()

    def _decoded(self) -> io.TextIOWrapper:
        start = self._raw.peek(4)[:4] if isinstance(self._raw, io.BufferedReader) else b""
        for mark, kind in _MARKS.items():
            if start.startswith(mark):
                raise UnreadableFile(f"The file is {kind}, not CSV in UTF-8. Export it as CSV UTF-8.")
        data = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw)) if start[:2] == b"\x1f\x8b" else self._raw
        # A byte that is not UTF-8 becomes a lone surrogate, so that its row is refused by line and column and the rest read.
        return io.TextIOWrapper(data, encoding="utf-8-sig", errors="surrogateescape", newline="")


@contextmanager
def opened(path: Path) -> Iterator[SourceFile]:
    try:
        size = path.stat().st_size
        raw = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}.") from error
    with raw:
        yield SourceFile(raw, size)


def rows(file: SourceFile, required: Sequence[str]) -> Iterator[Row | Fault]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(file.text)
    lines = _lines(reader)
    header = _header(next(lines, None), required)
    for line, cells in lines:
        yield cells if isinstance(cells, Fault) else _row(line, cells, header)


def _lines(reader: Any) -> Iterator[tuple[int, list[str] | Fault]]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, Fault(line, "", f"a cell is longer than {LONGEST_CELL:,} characters; a closing quote is probably missing")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(f"The compressed file is damaged after line {line - 1}: {error}.") from error
        else:
            if cells:
                yield line, cells


def _header(first: tuple[int, list[str] | Fault] | None, required: Sequence[str]) -> list[str]:
    if first is None or isinstance(first[1], Fault):
        raise UnreadableFile("The file has no header line.")
    names = [name.strip() for name in first[1]]
    missing = [name for name in required if name not in names]
    if not missing:
        return names
    hint = " The columns seem to be separated by semicolons; commas are needed." if len(names) == 1 and ";" in names[0] else ""
    raise MissingColumns(f"The first line must name the columns; missing: {', '.join(missing)}.{hint}", missing=missing)


def _row(line: int, cells: list[str], header: list[str]) -> Row | Fault:
    if len(cells) != len(header):
        reason = f"has {len(cells)} columns, the header has {len(header)}"
        return Fault(line, "", f"{reason}; a quote is probably not closed" if any("\n" in cell for cell in cells) else reason, storable(cells))
    return Row(line, dict(zip(header, cells, strict=True)))


def storable(cells: Iterable[str]) -> tuple[str, ...]:
    """As text that the database takes: no NUL, no lone surrogate, cut to what a person reads."""
    return tuple(cell[:500].replace("\0", "").encode("utf-8", "replace").decode() for cell in cells)
