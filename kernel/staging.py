"""A CSV file into a staging table, as PostgreSQL reads it: a million lines in seconds, and no line held in Python."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from psycopg import DataError

from kernel.errors import Refused


def stage(
    *, cursor: Any, table: str, file: Iterable[bytes], needed: Collection[str], also: Collection[str] = (), refuse: Callable[[str], Refused]
) -> None:
    """`file` is CSV in UTF-8, in pieces of any size; its first line names its columns. `refuse` makes the error for a file that is none."""
    header, rest, pieces = _header(file)
    names = next(csv.reader(io.StringIO(header.decode("utf-8-sig", "replace"))), [])
    if not set(names) >= set(needed) or not set(names) <= {*needed, *also} or len(set(names)) != len(names):
        more = f"; it may have {', '.join(sorted(also))}" if also else ""
        raise refuse(f"It needs the columns {', '.join(sorted(needed))}{more}.")
    # Only names that are known get here.
    columns = ", ".join(f'"{name}"' for name in names)
    try:
        with cursor.copy(f"copy {table} ({columns}) from stdin (format csv)") as staging:
            staging.write(rest)
            for piece in pieces:
                staging.write(piece)
    except DataError as error:
        raise refuse(_where(error)) from error


def _header(file: Iterable[bytes]) -> tuple[bytes, bytes, Iterator[bytes]]:
    """The first line, what was read beyond it, and what is left."""
    pieces = iter(file)
    read = b""
    for piece in pieces:
        read += piece
        if b"\n" in read:
            break
    line, _end, rest = read.partition(b"\n")
    return line.rstrip(b"\r"), rest, pieces


def _where(error: DataError) -> str:
    """PostgreSQL counts lines from the one after the header."""
    said = error.diag.context or ""
    _copy, _comma, place = said.partition(", line ")
    line = place.split(",")[0].split(":")[0]
    return f"Line {int(line) + 1} cannot be read: its commas, quotes or characters are wrong." if line.isdigit() else "It is no CSV in UTF-8."
