"""Lots and serial numbers: which there are, which go first, and what becomes of single pieces."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from inventory.models import LotLevel, Serial
from kernel.errors import Conflict, NotFound
from kernel.ids import uuid7


class UnknownLot(NotFound):
    code = "lot_not_found"
    title = "There is no such lot"


class LotDiffers(Conflict):
    code = "lot_expires_differently"
    title = "This lot is known with another date"


class LotRecalled(Conflict):
    code = "lot_recalled"
    title = "This lot is recalled"


class SerialKnown(Conflict):
    code = "serial_known"
    title = "This serial number is in the book already"


class SerialNotHere(Conflict):
    code = "serial_not_here"
    title = "This serial number is not here"


@dataclass(frozen=True, kw_only=True)
class LotHeld:
    """What of a lot was moved here and has not left with its code: it may be more than there is."""

    lot: UUID
    code: str
    expires_on: date | None
    on_hand: int
    recalled: bool


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece at a place, and the document or sale it comes or goes with."""

    variant: UUID
    number: str
    location: UUID
    reference: UUID


# Held until the end of the transaction, in one order for everybody.
ENSURE: Final = """
insert into inventory_lot as lot (id, variant_id, code, expires_on, made_at)
select id, variant, code, expires_on, %s
from jsonb_to_recordset(%s::jsonb) as told(id uuid, variant uuid, code text, expires_on date)
order by variant, code
on conflict (variant_id, code) do update set expires_on = coalesce(lot.expires_on, excluded.expires_on)
returning variant_id, code, id, expires_on, exists (select from inventory_recall r where r.lot_id = lot.id and r.closed_at is null)
"""
FIND: Final = """
select lot.variant_id, lot.code, lot.id
from inventory_lot lot join jsonb_to_recordset(%s::jsonb) as told(variant uuid, code text) on lot.variant_id = told.variant and lot.code = told.code
"""
# Numbers that are in the book as gone may come again: a receipt that was undone left them so.
COME: Final = """
insert into inventory_serial as serial (id, variant_id, number, state, location_id, came_with)
select id, variant, number, 'in_stock', location, reference
from jsonb_to_recordset(%s::jsonb) as told(id uuid, variant uuid, number text, location uuid, reference uuid)
order by variant, number
on conflict (variant_id, number) do update
set state = 'in_stock', location_id = excluded.location_id, came_with = excluded.came_with, left_with = null where serial.state = 'gone'
returning variant_id, number
"""
LEAVE: Final = """
update inventory_serial serial set state = %s, location_id = null, left_with = told.reference
from jsonb_to_recordset(%s::jsonb) as told(variant uuid, number text, location uuid, reference uuid)
where serial.variant_id = told.variant and serial.number = told.number and serial.location_id = told.location and serial.state = 'in_stock'
returning serial.variant_id, serial.number
"""


RETURN: Final = """
update inventory_serial serial set state = 'in_stock', location_id = told.location, came_with = told.reference, left_with = null
from jsonb_to_recordset(%s::jsonb) as told(variant uuid, number text, location uuid, reference uuid)
where serial.variant_id = told.variant and serial.number = told.number and serial.state = 'sold'
returning serial.variant_id, serial.number
"""


NUMBERED: Final = """
select v.id from catalog_variant v join catalog_product p on p.id = v.product_id where p.tracks_serials and v.id = any(%s::uuid[])
"""


def lots_of(*, variant: UUID, location: UUID) -> list[LotHeld]:
    """What of which lot lies here: what expires first comes first, and what never does comes last."""
    rows = LotLevel.objects.filter(lot__variant=variant, location=location, on_hand__gt=0).select_related("lot", "lot__recall")
    held = [_held(row) for row in rows]
    return sorted(held, key=lambda one: (one.expires_on is None, one.expires_on or date.max, one.code))


def pick(*, variant: UUID, location: UUID, quantity: int) -> list[tuple[LotHeld, int]]:
    """Which lots to take `quantity` from, and how much of each: first expired, first out, none that is recalled. What no lot
    has is not in it."""
    picked: list[tuple[LotHeld, int]] = []
    for held in lots_of(variant=variant, location=location):
        if quantity > 0 and not held.recalled:
            picked.append((held, min(held.on_hand, quantity)))
            quantity -= held.on_hand
    return picked


def ensure_lots(*, wanted: Mapping[tuple[UUID, str], date | None], now: datetime) -> dict[tuple[UUID, str], UUID]:
    """Lots by variant and code, made where they are new. Raises LotDiffers, LotRecalled."""
    if not wanted:
        return {}
    rows = [{"id": str(uuid7()), "variant": str(of), "code": code, "expires_on": on and on.isoformat()} for (of, code), on in wanted.items()]
    lots: dict[tuple[UUID, str], UUID] = {}
    for variant, code, lot, expires_on, recalled in _rows(ENSURE, [now, json.dumps(rows)]):
        if recalled:
            raise LotRecalled(f"Lot {code} is recalled: nobody may sell it. Put it aside.", field="lot", lot=code)
        asked = wanted[variant, code]
        if asked is not None and asked != expires_on:
            raise LotDiffers(f"Lot {code} is known to expire on {expires_on:%Y-%m-%d}, not on {asked:%Y-%m-%d}.", field="expires_on", lot=code)
        lots[variant, code] = lot
    return lots


def find_lots(*, wanted: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Raises UnknownLot."""
    if not wanted:
        return {}
    rows = [{"variant": str(variant), "code": code} for variant, code in wanted]
    lots = {(variant, code): lot for variant, code, lot in _rows(FIND, [json.dumps(rows)])}
    missing = next((one for one in wanted if one not in lots), None)
    if missing is not None:
        raise UnknownLot(f"Nobody has brought a lot {missing[1]} of this.", field="lot", lot=missing[1])
    return lots


def known_lots(*, wanted: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Those of them somebody has brought: goods in a customer's hand are sold whether or not their lot is known."""
    if not wanted:
        return {}
    rows = [{"variant": str(variant), "code": code} for variant, code in sorted(wanted)]
    return {(variant, code): lot for variant, code, lot in _rows(FIND, [json.dumps(rows)])}


def bring_pieces(*, pieces: Sequence[Piece]) -> None:
    """After their goods were moved: the level's lock keeps two of us in one order. Raises SerialKnown."""
    if not pieces:
        return
    came = set(_rows(COME, [json.dumps([{"id": str(uuid7()), **_told(piece)} for piece in pieces])]))
    known = next((piece for piece in pieces if (piece.variant, piece.number) not in came), None)
    if known is not None:
        raise SerialKnown(f"The serial number {known.number} is in the book already.", field="serials", serial=known.number)


def send_pieces(*, pieces: Sequence[Piece], state: str) -> None:
    """After their goods were moved. Raises SerialNotHere."""
    if not pieces:
        return
    left = set(_rows(LEAVE, [state, json.dumps([_told(piece) for piece in pieces])]))
    missing = next((piece for piece in pieces if (piece.variant, piece.number) not in left), None)
    if missing is not None:
        raise SerialNotHere(f"The serial number {missing.number} is not here.", field="serials", serial=missing.number)


def sell_pieces(*, pieces: Sequence[Piece]) -> list[Piece]:
    """In the transaction of the take, after it. A till's customer holds the piece: what was not known here is answered, never refused.
    Many packs have a number: of goods that are not kept by theirs nothing is answered. Said again for the same sale it changes nothing."""
    if not pieces:
        return []
    sold = set(_rows(LEAVE, [Serial.State.SOLD, json.dumps([_told(piece) for piece in pieces])]))
    left = [piece for piece in pieces if (piece.variant, piece.number) not in sold]
    before = Serial.objects.filter(left_with__in={piece.reference for piece in left}).values_list("variant_id", "number", "left_with") if left else []
    known = set(before)
    numbered = {variant for (variant,) in _rows(NUMBERED, [[piece.variant for piece in left]])} if left else set()
    return [piece for piece in left if piece.variant in numbered and (piece.variant, piece.number, piece.reference) not in known]


def return_pieces(*, pieces: Sequence[Piece]) -> list[Piece]:
    """In the transaction of their goods, after these were moved: customers bring them back. What the book does not know as sold is answered."""
    if not pieces:
        return []
    came = set(_rows(RETURN, [json.dumps([_told(piece) for piece in pieces])]))
    return [piece for piece in pieces if (piece.variant, piece.number) not in came]


def _held(row: LotLevel) -> LotHeld:
    recall = getattr(row.lot, "recall", None)
    return LotHeld(
        lot=row.lot.id,
        code=row.lot.code,
        expires_on=row.lot.expires_on,
        on_hand=row.on_hand,
        recalled=recall is not None and recall.closed_at is None,
    )


def _told(piece: Piece) -> dict[str, str]:
    return {name: str(value) for name, value in vars(piece).items()}


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
