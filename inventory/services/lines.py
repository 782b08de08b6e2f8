"""The lines of a document: what people scanned or typed, checked against what the goods are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from catalog.gtin import normalise, shown
from inventory.bounds import DEAREST, LONGEST_LOT, LONGEST_SERIAL, MOST
from inventory.queries.goods import Good, Scanned, goods, scanned
from kernel.errors import Invalid, NotFound
from org.paging import plain_text


class UnknownGoods(NotFound):
    code = "variant_not_found"
    title = "There is no such variant"


class BundleHasNoStock(Invalid):
    code = "bundle_has_no_stock"
    title = "A bundle has no stock of its own"


class WholePiecesOnly(Invalid):
    code = "whole_pieces_only"
    title = "This is sold by the piece"


class LotNeeded(Invalid):
    code = "lot_needed"
    title = "This is kept by lot"


class LotNotKept(Invalid):
    code = "lot_not_kept"
    title = "This is not kept by lot"


class SerialsNeeded(Invalid):
    code = "serials_needed"
    title = "Each piece has a serial number"


class SerialsNotKept(Invalid):
    code = "serials_not_kept"
    title = "These pieces have no serial numbers"


class TooDear(Invalid):
    code = "cost_too_high"
    title = "This cost cannot be right"


class Said(Protocol):
    """What the lines of receipts and adjustments have in common."""

    @property
    def variant(self) -> UUID | None: ...
    @property
    def gtin(self) -> str | None: ...
    @property
    def quantity(self) -> int: ...
    @property
    def lot(self) -> str | None: ...
    @property
    def serials(self) -> Sequence[str]: ...


@dataclass(frozen=True, kw_only=True)
class Line:
    """What moves: thousandths, signed. `cost`: minor units for all of it. `lot` is its code."""

    variant: UUID
    quantity: int
    lot: str = ""
    expires_on: date | None = None
    cost: int | None = None
    serials: tuple[str, ...] = ()


def read_lines(said: Sequence[Said]) -> tuple[list[Line], dict[UUID, Good]]:
    """Two statements for any number. Raises UnknownGoods, BadGtin, BundleHasNoStock, WholePiecesOnly."""
    codes = {normalise(line.gtin) for line in said if line.variant is None and line.gtin}
    known = scanned(codes=codes)
    named = [_named(line, place, known) for place, line in enumerate(said)]
    found = goods(variants={line.variant for line in named})
    for place, line in enumerate(named):
        _must_be_counted(line, found.get(line.variant), f"lines.{place}")
    _must_differ(named)
    return named, found


def _named(line: Said, place: int, known: Mapping[str, Scanned]) -> Line:
    """A case's code is as many as are in it."""
    field = f"lines.{place}"
    # True is an integer to Python, and 1.5 would be cut by the database.
    if type(line.quantity) is not int or not 0 < abs(line.quantity) <= MOST:
        raise Invalid("A quantity is more than nothing, and no more than a million.", field=f"{field}.quantity")
    variant, times = line.variant, 1000
    if variant is None:
        pack = known.get(normalise(line.gtin)) if line.gtin else None
        if pack is None:
            raise UnknownGoods(f"Nothing has the code {shown(normalise(line.gtin))}." if line.gtin else "", field=f"{field}.gtin")
        variant, times = pack.variant, pack.quantity
    if line.quantity * times % 1000:
        raise WholePiecesOnly("Scan a whole case, or the pieces one by one.", field=f"{field}.quantity")
    lot = plain_text((line.lot or "").strip(), field=f"{field}.lot", longest=LONGEST_LOT)
    serials = tuple(plain_text(number.strip(), field=f"{field}.serials", longest=LONGEST_SERIAL) for number in line.serials)
    expires_on, cost = getattr(line, "expires_on", None), getattr(line, "cost", None)
    return Line(variant=variant, quantity=line.quantity * times // 1000, lot=lot, serials=serials, expires_on=expires_on, cost=cost)


def _must_be_counted(line: Line, good: Good | None, field: str) -> None:
    if good is None:
        raise UnknownGoods(field=f"{field}.variant")
    if good.bundle:
        raise BundleHasNoStock(f"{good.sku} is a bundle: name what it is made of.", field=f"{field}.variant")
    if good.pieces and line.quantity % 1000:
        raise WholePiecesOnly(f"{good.sku} is sold by the piece: the quantity is a multiple of 1000.", field=f"{field}.quantity")
    if abs(line.quantity) > MOST:
        raise Invalid("A quantity is no more than a million.", field=f"{field}.quantity")
    if (line.lot or line.expires_on) and not good.by_lot:
        raise LotNotKept(f"{good.sku} is not kept by lot.", field=f"{field}.lot")
    if line.expires_on and not line.lot:
        raise LotNeeded(f"A date needs its lot: {good.sku}.", field=f"{field}.lot")
    _must_number_pieces(line, good, f"{field}.serials")
    if line.cost is not None and not 0 <= line.cost * 1000 <= DEAREST * line.quantity:
        raise TooDear(f"What {good.sku} costs is zero or more, and not endless.", field=f"{field}.cost")


def _must_number_pieces(line: Line, good: Good, field: str) -> None:
    if line.serials and not good.by_serial:
        raise SerialsNotKept(f"{good.sku} has no serial numbers.", field=field)
    if good.by_serial and (abs(line.quantity) != len(line.serials) * 1000 or not all(line.serials)):
        pieces = abs(line.quantity) // 1000
        raise SerialsNeeded(f"{good.sku}: {pieces:,} pieces have {pieces:,} serial numbers; these are {len(line.serials):,}.", field=field)


def _must_differ(lines: Sequence[Line]) -> None:
    seen: set[tuple[UUID, str]] = set()
    for place, line in enumerate(lines):
        for number in line.serials:
            if (line.variant, number) in seen:
                raise Invalid(f"The serial number {number} stands here twice.", field=f"lines.{place}.serials")
            seen.add((line.variant, number))
