"""What a file of opening stock would open, by the catalogue and the places as they are: in a fixed number of statements."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalog.importing.incoming import Fault, nearest
from catalog.importing.reading import storable
from inventory.bounds import DEAREST, MOST
from inventory.models import Location
from inventory.opening_file import Said
from inventory.queries.goods import Good, Scanned, by_sku, goods, scanned
from kernel.money import line_total


@dataclass(frozen=True, slots=True)
class Planned:
    """A line of the file that would be opened. `cost`: minor units for all of it."""

    line: int
    location: UUID
    variant: UUID
    quantity: int
    cost: int | None
    lot: str
    expires_on: date | None


@dataclass
class Plan:
    """`warned`: opened all the same. `nothing`: how many lines say zero."""

    lines: list[Planned] = field(default_factory=list)
    refused: list[Fault] = field(default_factory=list)
    warned: list[Fault] = field(default_factory=list)
    nothing: int = 0
    places: dict[UUID, Location] = field(default_factory=dict)
    goods: dict[UUID, Good] = field(default_factory=dict)


LOTS: Final = """
select lot.variant_id, lot.code, lot.expires_on, exists (select from inventory_recall r where r.lot_id = lot.id and r.closed_at is null)
from inventory_lot lot join (select distinct variant, code from jsonb_to_recordset(%s::jsonb) as told(variant uuid, code text)) told
on lot.variant_id = told.variant and lot.code = told.code
"""
# Of each level one index entry, however much has moved.
MOVED: Final = """
select told.variant, told.location, coalesce(level.on_hand, 0)
from (select distinct variant, location from jsonb_to_recordset(%s::jsonb) as one(variant uuid, location uuid)) told
left join inventory_level level on level.variant_id = told.variant and level.location_id = told.location
where exists (select from inventory_movement m where m.variant_id = told.variant and m.location_id = told.location)
"""


class Wrong(Exception):
    """Why a line is not opened."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def planned(read: Iterable[Said | Fault], *, stores: Collection[UUID] | None) -> Plan:
    """`stores`: those whose places may be opened; None means all places, warehouses among them."""
    plan = Plan()
    rows = list(_readable(read, plan))
    known = _Known(rows, stores)
    plan.goods, plan.places = known.goods, {row.id: row for row in known.places.values()}
    seen: dict[tuple[UUID, UUID, str], int] = {}
    for row in rows:
        try:
            line = known.line(row, seen)
        except Wrong as wrong:
            plan.refused.append(Fault(row.line, wrong.column, wrong.reason, storable(row.row)))
            continue
        if line.quantity:
            plan.lines.append(line)
        else:
            plan.nothing += 1
    _refuse_lots(plan, {row.line: row for row in rows})
    _warn(plan, {row.line: row for row in rows})
    plan.refused.sort(key=lambda fault: fault.line)
    return plan


def _readable(read: Iterable[Said | Fault], plan: Plan) -> Iterator[Said]:
    for row in read:
        if isinstance(row, Fault):
            plan.refused.append(row)
        else:
            yield row


class _Known:
    """What there is under the names the file uses."""

    def __init__(self, rows: Sequence[Said], stores: Collection[UUID] | None) -> None:
        self.places = {row.code.casefold(): row for row in Location.objects.order_by("code")}
        self.stores = None if stores is None else set(stores)
        self.skus = by_sku(skus={row.sku for row in rows if row.sku})
        self.codes = scanned(codes={row.gtin for row in rows if row.gtin})
        self.goods = goods(variants={*self.skus.values(), *(one.variant for one in self.codes.values())})
        self._guessed: dict[str, str] = {}

    def line(self, row: Said, seen: dict[tuple[UUID, UUID, str], int]) -> Planned:
        place, scan = self._place(row), self._named(row)
        good = self.goods[scan.variant]
        _must_be_stock(row, good)
        if row.quantity * scan.quantity % 1000 or (good.pieces and row.quantity * scan.quantity // 1000 % 1000):
            raise Wrong("quantity", f"{good.sku} is sold by the piece: a whole number of them")
        quantity = row.quantity * scan.quantity // 1000
        if quantity > MOST:
            raise Wrong("quantity", "is more than a million")
        if row.cost is not None and row.cost > DEAREST:
            raise Wrong("cost", "is higher than any cost may be")
        before = seen.setdefault((place.id, good.variant, row.lot), row.line)
        if before != row.line:
            raise Wrong("", f"{good.sku}{f' lot {row.lot}' if row.lot else ''} at {place.code} stands in line {before} already: add them up")
        cost = None if row.cost is None else line_total(price=row.cost, price_quantity=1000, quantity=quantity)
        return Planned(row.line, place.id, good.variant, quantity, cost, row.lot, row.expires_on)

    def _place(self, row: Said) -> Location:
        place = self.places.get(row.location)
        if place is None:
            raise Wrong("location", f"There is no place “{row.location}”{self._meant(row.location)}")
        if self.stores is not None and place.store_id not in self.stores:
            raise Wrong("location", f"{place.code} is not a place of yours")
        if place.archived_at is not None:
            raise Wrong("location", f"{place.code} is archived")
        return place

    def _meant(self, code: str) -> str:
        if code not in self._guessed:
            close = nearest(code, list(self.places))
            self._guessed[code] = f"; did you mean {close}?" if close else ""
        return self._guessed[code]

    def _named(self, row: Said) -> Scanned:
        """The code says how many, the SKU of what; where both stand they speak of one thing."""
        scan = self.codes.get(row.gtin) if row.gtin else None
        if row.gtin and scan is None:
            raise Wrong("gtin", f"Nothing has the code {row.gtin.lstrip('0')}")
        variant = self.skus.get(row.sku) if row.sku else None
        if row.sku and variant is None:
            raise Wrong("sku", f"There is no SKU “{row.sku}”")
        if scan is not None and variant is not None and scan.variant != variant:
            raise Wrong("gtin", f"{row.gtin.lstrip('0')} is not a code of {row.sku}")
        if scan is not None:
            return scan
        assert variant is not None  # noqa: S101  # one of the two was named, and is known
        return Scanned(variant, 1000)


def _must_be_stock(row: Said, good: Good) -> None:
    if good.bundle:
        raise Wrong("sku", f"{good.sku} is a bundle: open what it is made of")
    if good.by_serial:
        raise Wrong("sku", f"{good.sku} has serial numbers: bring it in by a receipt, which asks for them")
    if good.by_lot and not row.lot and row.quantity:
        raise Wrong("lot", f"{good.sku} is kept by lot: name the lot")
    if not good.by_lot and (row.lot or row.expires_on):
        raise Wrong("lot" if row.lot else "expiry", f"{good.sku} is not kept by lot")


def _refuse_lots(plan: Plan, rows: Mapping[int, Said]) -> None:
    """A lot has one date, in the file and in the book."""
    with_lot = [line for line in plan.lines if line.lot]
    if not with_lot:
        return
    asked = json.dumps([{"variant": str(line.variant), "code": line.lot} for line in with_lot])
    dates: dict[tuple[UUID, str], date | None] = {}
    recalled: set[tuple[UUID, str]] = set()
    for variant, code, expires_on, is_recalled in _rows(LOTS, [asked]):
        dates[variant, code] = expires_on
        if is_recalled:
            recalled.add((variant, code))

    def wrong(line: Planned) -> Fault | None:
        of = (line.variant, line.lot)
        if of in recalled:
            return _fault(rows[line.line], "lot", f"Lot {line.lot} is recalled: nobody may sell it")
        known = dates.get(of)
        if known is not None and line.expires_on is not None and known != line.expires_on:
            return _fault(rows[line.line], "expiry", f"Lot {line.lot} expires on {known:%Y-%m-%d}, not on {line.expires_on:%Y-%m-%d}")
        dates[of] = known or line.expires_on
        return None

    _leave_out(plan, wrong)


def _leave_out(plan: Plan, wrong: Callable[[Planned], Fault | None]) -> None:
    kept = []
    for line in plan.lines:
        fault = wrong(line)
        if fault is None:
            kept.append(line)
        else:
            plan.refused.append(fault)
    plan.lines = kept


def _warn(plan: Plan, rows: Mapping[int, Said]) -> None:
    if not plan.lines:
        return
    asked = json.dumps([{"variant": str(line.variant), "location": str(line.location)} for line in plan.lines])
    moved = {(variant, location): on_hand for variant, location, on_hand in _rows(MOVED, [asked])}
    for line in plan.lines:
        if (line.variant, line.location) in moved:
            there = _number(moved[line.variant, line.location])
            sku, place = plan.goods[line.variant].sku, plan.places[line.location].code
            plan.warned.append(_fault(rows[line.line], "", f"{sku} at {place} has movements already: this is added to the {there} there"))


def _fault(row: Said, column: str, reason: str) -> Fault:
    return Fault(row.line, column, reason, storable(row.row))


def _number(thousandths: int) -> str:
    whole, rest = divmod(abs(thousandths), 1000)
    return ("-" if thousandths < 0 else "") + f"{whole:,}" + (f".{rest:03}".rstrip("0") if rest else "")


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
