"""Cards read: the selected products' documents and the shelf's version, in one statement."""
# ruff: noqa: S608  # statements are put together of this package's own parts; every value that comes from outside is a parameter

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from catalog import lines
from catalog.documents import Document
from catalog.lines import Line
from catalog.shelf.keeping import turn
from org.access import Beside


@dataclass(frozen=True, slots=True)
class Read:
    """`rows`: place in the order and document or line, as selected. `version`: of the shelf they were read from."""

    version: int
    rows: tuple[tuple[str, Any], ...]


# What else reads the state in a statement of its own joins it to its channel, c.
STATE = Beside(columns=("s.version", "s.next_change_at"), join="left join catalog_shelfstate s on s.channel_id = c.id and s.rebuilt_at is not null")


def standing(*, channel: UUID, now: datetime, state: Sequence[Any] = ()) -> int:
    """The shelf's version at this moment: one small statement, unless a window has just opened or closed. -1 without a shelf.
    `state`: what has been read as STATE; then it is none."""
    version, due = state or _state(channel)
    if due is not None and due <= now:
        turn(channel=channel, now=now)
        return standing(channel=channel, now=now)
    return -1 if version is None else int(version)


def _state(channel: UUID) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute("select version, next_change_at from catalog_shelfstate where channel_id = %s and rebuilt_at is not null", [channel])
        return cursor.fetchone() or (None, None)


def read(*, selection: str, values: Mapping[str, Any], channel: UUID, now: datetime, short: bool = False, carrying: bool = False) -> Read:
    """The cards of `selection`, a statement that yields product_id and place in order (and `carrying` the cards' bodies):
    documents, or `short` their lines. One statement, unless time moved the shelf."""
    card = lines.line_of("body") if short else "body"
    cards = "s" if carrying else "(s join catalog_card c on c.channel_id = %(channel)s and c.product_id = s.product_id)"
    statement = f"""with s as (select row_number() over () as number, found.* from ({selection}) found)
        select state.version, state.next_change_at, s.place, {card}
        from (select max(version) as version, max(next_change_at) as next_change_at from catalog_shelfstate
            where channel_id = %(channel)s and rebuilt_at is not null) state
        left join {cards} on true order by s.number"""
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "channel": channel})
        found = cursor.fetchall()
    version, due = found[0][0], found[0][1]
    if due is not None and due <= now:
        turn(channel=channel, now=now)
        return read(selection=selection, values=values, channel=channel, now=now, short=short, carrying=carrying)
    made = Line if short else document
    rows = tuple((place, made(body)) for _, _, place, body in found if body is not None)
    return Read(version=-1 if version is None else int(version), rows=rows)


def document(card: str) -> Document:
    made: Document = orjson.loads(lines.document_of(card))
    return made
