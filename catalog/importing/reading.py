"""A file as a stream of rows: CSV (.gz as it is, quoted line breaks, comma, semicolon or tab) or the first sheet of an XLSX
workbook. Memory of one row; what unpacks to more than any catalogue is refused."""

import csv
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

from catalog.importing.incoming import Fault, Row
from kernel.errors import Refused

LONGEST_CELL = 1_000_000
MOST_COLUMNS = 200
MOST_ROWS = 1_000_000
LARGEST_FILE = 200 * 1024 * 1024
LARGEST_UNPACKED = 1024 * 1024 * 1024
# Text compresses to a tenth; what compresses to a two-hundredth was made to.
HIGHEST_RATIO = 200
SAMPLE = 64 * 1024
# What spreadsheets call "Unicode text": read where tables are, refused where a format says UTF-8.
UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# How a text begins that is XML and not UTF-8: by its first bytes, or as its declaration says; and what declares entities.
NOT_UTF8 = re.compile(rb"""\xff\xfe|\xfe\xff|\0+[\s<]|[\s<]\0|(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\bencoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)
FOREIGN = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an old Excel file (.xls); save it as .xlsx"}


class UnreadableFile(Refused):
    code = "import_file_unreadable"
    title = "The file cannot be read"


class FileTooLarge(UnreadableFile):
    code = "import_file_too_large"
    title = "The file is too large"


class MissingColumns(Refused):
    code = "import_columns_missing"
    title = "Columns are missing"


Line = tuple[int, list[str] | Fault]


class SourceFile:
    """An open file and how far it was read, in bytes as they lie on disk."""

    def __init__(self, raw: BinaryIO, size: int, *, lenient: bool = False) -> None:
        """`lenient`: what is not UTF-8 is read as Windows-1252, for tables from spreadsheets."""
        if size > LARGEST_FILE:
            raise FileTooLarge(f"The file has {size // 2**20:,} MB; at most {LARGEST_FILE // 2**20} are read. Split it.")
        self._raw = raw
        self.size = size
        self.start = raw.read(SAMPLE)
        raw.seek(0)
        self.lenient = lenient
        # Once rows() has read the first line.
        self.columns: list[str] = []
        self.is_workbook = self.start.startswith(b"PK\x03\x04")

    @property
    def read(self) -> int:
        return min(self._raw.tell(), self.size)

    def lines(self) -> Iterator[Line]:
        """Where each begins, and its cells; lines without any are left out."""
        return workbook_lines(self._raw) if self.is_workbook else self._text_lines()

    def _text_lines(self) -> Iterator[Line]:
        coded = UTF16.get(self.start[:2]) if self.lenient else None
        kind = None if coded else next((kind for mark, kind in _MARKS.items() if self.start.startswith(mark)), None)
        if kind:
            raise UnreadableFile(f"The file is {kind}, not CSV in UTF-8. Export it as CSV UTF-8.")
        packed = self.start[:2] == b"\x1f\x8b"
        data = cast(BinaryIO, Unpacked(self._raw, self.size)) if packed else self._raw
        sample = _first_of(data) if packed else self.start
        # A byte that is not UTF-8 becomes a lone surrogate, so that its row is refused by line and column and the rest read.
        plain = not self.lenient or _is_utf8(sample)
        encoding = coded or ("utf-8-sig" if plain else "cp1252")
        text = io.TextIOWrapper(data, encoding=encoding, errors="surrogateescape" if plain and not coded else "replace", newline="")
        try:
            yield from _csv_lines(csv.reader(text, delimiter=_delimiter(sample.decode(encoding, "replace"))))
        finally:
            # The file is its opener's to close, and may be closed by now.
            with suppress(ValueError):
                text.detach()


class Unpacked(io.BufferedIOBase):
    """A .gz as it is unpacked, so far and no further."""

    def __init__(self, raw: BinaryIO, size: int) -> None:
        self._data = gzip.GzipFile(fileobj=raw)
        self._most = min(LARGEST_UNPACKED, max(size * HIGHEST_RATIO, SAMPLE * 16))
        self._given = 0

    def read1(self, size: int | None = -1, /) -> bytes:
        given = self._data.read1(-1 if size is None else size)
        self._given += len(given)
        if self._given > self._most:
            raise FileTooLarge(f"The compressed file unpacks to more than {self._most // 2**20:,} MB; that is no catalogue.")
        return given

    read = read1

    def peek(self) -> bytes:
        return self._data.peek(SAMPLE)

    def readable(self) -> bool:
        return True


def _first_of(data: Any) -> bytes:
    try:
        return bytes(data.peek())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"The compressed file is damaged: {error}.") from error


def _is_utf8(sample: bytes) -> bool:
    try:
        # The sample may end within a letter.
        sample[: sample.rfind(b"\n") + 1 or len(sample)].decode()
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(sample: str) -> str:
    """Of the three that spreadsheets write, the one the first line has most of outside quotes."""
    first = re.sub(r'"[^"]*"', "", re.split("[\r\n]", sample, maxsplit=1)[0])
    return max(",;\t", key=first.count)


def _csv_lines(reader: Any) -> Iterator[Line]:
    csv.field_size_limit(LONGEST_CELL)
    while True:
        line = reader.line_num + 1
        if line > MOST_ROWS * 10:
            raise FileTooLarge(f"The file has more than {MOST_ROWS * 10:,} lines. Split it.")
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


def workbook_lines(raw: BinaryIO) -> Iterator[Line]:
    """The first sheet, row by row."""
    _check_archive(raw)
    try:
        for line, values in _sheet_rows(raw):
            if line > MOST_ROWS:
                raise FileTooLarge(f"The sheet has more than {MOST_ROWS:,} rows. Split it.")
            cells = [_cell(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            if any(len(cell) > LONGEST_CELL for cell in cells):
                yield line, Fault(line, "", f"a cell is longer than {LONGEST_CELL:,} characters")
            elif cells:
                yield line, cells
    except (KeyError, ValueError, IndexError, SyntaxError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableFile("The workbook is damaged or not an XLSX file. Open it in a spreadsheet and save it anew.") from error


def _sheet_rows(raw: BinaryIO) -> Iterator[tuple[int, list[Any]]]:
    """The number of each row of the first sheet, and its values from column A on: one more than may be read at most, so that too many are seen."""
    from openpyxl.reader.excel import ExcelReader, apply_stylesheet  # type: ignore[import-untyped]

    from catalog.importing.workbook import Cells

    reader = ExcelReader(raw, read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    # Formats tell dates from numbers.
    apply_stylesheet(reader.archive, reader.wb)
    sheets = [place.target for _, place in reader.parser.find_sheets() if "chartsheet" not in place.Type]
    with reader.archive.open(sheets[0]) as source:
        for line, cells in Cells(source, reader.shared_strings, reader.wb).parse():
            values: list[Any] = [None] * min(max((cell["column"] for cell in cells), default=0), MOST_COLUMNS + 1)
            for cell in cells:
                if cell["column"] <= len(values):
                    values[cell["column"] - 1] = cell["value"]
            yield line, values


def _check_archive(raw: BinaryIO) -> None:
    try:
        archive = zipfile.ZipFile(raw)
    except zipfile.BadZipFile as error:
        raise UnreadableFile("The file begins like an XLSX workbook but is damaged.") from error
    parts = archive.infolist()
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise UnreadableFile("The file is a zip archive, not an XLSX workbook.")
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > 5_000 or unpacked > LARGEST_UNPACKED or unpacked > max(packed, SAMPLE) * HIGHEST_RATIO:
        raise FileTooLarge(f"The workbook unpacks to {unpacked // 2**20:,} MB; that is no catalogue.")
    for part in parts:
        _check_xml(archive, part)
    raw.seek(0)


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """No part brings a document type of its own, in whatever encoding it might hide: entities are declared there and nowhere else."""
    last = b""
    try:
        with archive.open(part) as content:
            while block := content.read(SAMPLE * 16):
                if not last and NOT_UTF8.match(block):
                    raise UnreadableFile("The workbook is not written in UTF-8. Open it in a spreadsheet and save it anew.")
                if FOREIGN.search(last + block):
                    raise UnreadableFile("The workbook declares a document type. Open it in a spreadsheet and save it anew.")
                last = block[-len("<!DOCTYPE") :]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile("The workbook is damaged or not an XLSX file. Open it in a spreadsheet and save it anew.") from error


def _cell(value: Any) -> str:
    """As a person reads it: 2.5 and not 2.50000001, a barcode without its decimal point, a date as ISO has it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            # The shortest decimal that is this number: what was typed into the sheet.
            number = Decimal(repr(value))
            return format(number.to_integral_value() if number == number.to_integral_value() else number, "f")
        case datetime():
            return value.isoformat()[:10] if (value.hour, value.minute, value.second) == (0, 0, 0) else value.isoformat()
        case date():
            return value.isoformat()
    return str(value)


def digest(content: BinaryIO) -> str:
    """Of the whole file, which is at its start again afterwards."""
    told = hashlib.sha256()
    content.seek(0)
    while part := content.read(SAMPLE * 16):
        told.update(part)
    content.seek(0)
    return told.hexdigest()


@contextmanager
def opened(path: Path, *, lenient: bool = False) -> Iterator[SourceFile]:
    try:
        size = path.stat().st_size
        raw = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}.") from error
    with raw:
        yield SourceFile(raw, size, lenient=lenient)


@contextmanager
def stored(name: str, *, lenient: bool = False) -> Iterator[SourceFile]:
    """A file of the storage, disk or S3."""
    from django.core.files.storage import default_storage

    try:
        size = default_storage.size(name)
        raw = default_storage.open(name, "rb")
    except OSError as error:
        raise UnreadableFile("The uploaded file is gone. Upload it again.") from error
    with raw:
        yield SourceFile(cast(BinaryIO, raw), size, lenient=lenient)


def rows(file: SourceFile, required: Sequence[str]) -> Iterator[Row | Fault]:
    lines = file.lines()
    header = file.columns = header_of(next(lines, None))
    missing = [name for name in required if name not in header]
    if missing:
        raise MissingColumns(f"The first line must name the columns; missing: {', '.join(missing)}.", missing=missing)
    for line, cells in lines:
        yield cells if isinstance(cells, Fault) else _row(line, cells, header, padded=file.is_workbook)


def header_of(first: Line | None) -> list[str]:
    """The names of the columns. An empty file, a nameless line and a name that stands twice are refused."""
    if first is None or isinstance(first[1], Fault):
        raise UnreadableFile("The file has no header line.")
    names = [name.replace("\0", "").strip()[:200] for name in first[1]]
    if len(names) > MOST_COLUMNS:
        raise UnreadableFile(f"The first line names {len(names):,} columns; at most {MOST_COLUMNS} are read.")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise UnreadableFile(f"The column {twice[0]} stands in the first line twice. Rename or remove one of them.")
    if not any(names):
        raise UnreadableFile("The first line must name the columns.")
    return names


def _row(line: int, cells: list[str], header: list[str], *, padded: bool) -> Row | Fault:
    if padded and len(cells) < len(header):
        cells = cells + [""] * (len(header) - len(cells))
    if len(cells) != len(header):
        reason = f"has {len(cells)} columns, the header has {len(header)}"
        return Fault(line, "", f"{reason}; a quote is probably not closed" if any("\n" in cell for cell in cells) else reason, storable(cells))
    return Row(line, dict(zip(header, cells, strict=True)))


def storable(cells: Iterable[str]) -> tuple[str, ...]:
    """As text that the database takes: no NUL, no lone surrogate, cut to what a person reads."""
    return tuple(cell[:500].replace("\0", "").encode("utf-8", "replace").decode() for cell in cells)
