"""The journal format, version 1: what a till writes, read strictly.

Money is minor units, quantities are thousandths, rates are parts per million, times are Unix milliseconds. Reading judges
shape alone, never business: a sale of something unheard of at an odd price is still a sale that happened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson

VERSION = 1
NO_HASH = bytes(32)
# JavaScript's safe integers: what a till can count in.
SAFE = 2**53 - 1
SMALL = 2**31 - 1
LONGEST_KIND = 20
LONGEST_CODE = 100
LONGEST_NAME = 200
LONGEST_REASON = 200
YEAR_2020_MS = 1_577_836_800_000
YEAR_2100_MS = 4_102_444_800_000


class Unreadable(ValueError):
    """The text does not have the shape of an entry. Says which field and why, in words that may be shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: UUID
    till: UUID
    epoch: int
    seq: int
    prev: bytes
    kind: str
    session: UUID | None
    cashier: UUID | None
    wall_ms: int
    clock_offset_ms: int
    snapshot: str
    body: Mapping[str, Any]
    # Who allowed what, in the till's own words.
    approvals: Sequence[Any] = ()

    @property
    def approved_by(self) -> UUID | None:
        """The first who allowed it; None where nobody had to, or where it says nothing that can be read."""
        for approval in self.approvals:
            try:
                return identifier(approval, "by")
            except (Unreadable, AttributeError):
                continue
        return None

    def made_at(self, *, received_at: datetime) -> datetime:
        """The till's clock corrected by what it knew of the server's; never later than the entry was received."""
        made_at = datetime.fromtimestamp(self.wall_ms / 1000, tz=UTC) + timedelta(milliseconds=self.clock_offset_ms)
        return min(made_at, received_at)


@dataclass(frozen=True, slots=True)
class SessionOpen:
    currency: str
    float_amount: int
    business_date: date


@dataclass(frozen=True, slots=True)
class SessionClose:
    counted: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DrawerMove:
    """Cash beside the sales, as the drawer sees it: above zero comes in. A drawer that was opened for none moves 0 and names no currency."""

    amount: int
    currency: str
    reason: str
    business_date: date


@dataclass(frozen=True, slots=True)
class Off:
    """What an offer took off: a line's part of it, or all it gave in the sale (then with the supplier's part)."""

    promotion: str
    name: str
    amount: int
    supplier_amount: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """`discounts`, `taxes` and `allocation` are None in what was written before there were any."""

    position: int
    kind: str
    variant: UUID | None
    sku: str
    gtin: str
    name: str
    quantity: int
    unit_price: int
    price_quantity: int
    list_total: int
    discount: int
    total: int
    tax_class: str
    tax_rate: int
    tax: int
    price_source: str
    discounts: tuple[Off, ...] | None
    taxes: list[dict[str, Any]] | None
    allocation: list[dict[str, int]] | None
    # The position of the line a deposit belongs to.
    parent: int | None
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tender:
    position: int
    kind: str
    amount: int
    tendered: int
    change: int


@dataclass(frozen=True, slots=True)
class SaleBody:
    receipt: str
    receipt_no: int
    currency: str
    business_date: date
    lines: tuple[Line, ...]
    tenders: tuple[Tender, ...]
    total: int
    tax: int
    rounding: int
    tax_included: bool
    # What the till priced by, and the moment it priced for.
    snapshot: str
    priced_at: int | None
    coupons: tuple[str, ...]
    promotions: tuple[Off, ...]


Body = SessionOpen | SaleBody | SessionClose | DrawerMove


class Said(NamedTuple):
    """An entry that was read, with its body."""

    entry: Entry
    body: Body | None


LINE_COLUMNS = frozenset(
    {"n", "kind", "variant", "sku", "gtin", "name", "quantity", "unit_price", "price_quantity"}
    | {"list_total", "discount", "total", "tax_class", "tax_rate", "tax", "discounts", "taxes", "allocation"}
)


def read(text: str) -> Entry:
    """Raises Unreadable."""
    if "\0" in text or "\\u0000" in text:
        raise Unreadable("it holds a NUL character")
    try:
        fields = orjson.loads(text)
    except ValueError as error:
        raise Unreadable("it is not JSON") from error
    if not isinstance(fields, dict):
        raise Unreadable("it is not a JSON object")
    if whole(fields, "v") != VERSION:
        raise Unreadable(f"v: version {fields['v']} is not known here")
    return _entry(fields)


def _entry(fields: Mapping[str, Any]) -> Entry:
    approvals, body = fields.get("approvals", []), fields.get("body")
    if not isinstance(approvals, list):
        raise Unreadable("approvals: expected a list")
    if not isinstance(body, dict):
        raise Unreadable("body: expected an object")
    return Entry(
        id=identifier(fields, "id"),
        till=identifier(fields, "till"),
        epoch=whole(fields, "epoch", least=1, most=SMALL),
        seq=whole(fields, "seq", least=1),
        prev=digest(fields, "prev"),
        kind=words(fields, "kind", longest=LONGEST_KIND, empty=False),
        session=optional_identifier(fields, "session"),
        cashier=optional_identifier(fields, "cashier"),
        wall_ms=whole(fields, "wall_ms", least=YEAR_2020_MS, most=YEAR_2100_MS),
        clock_offset_ms=whole(fields, "clock_offset_ms", least=-YEAR_2020_MS, most=YEAR_2020_MS),
        snapshot=words(fields, "snapshot", longest=64),
        body=body,
        approvals=approvals,
    )


def body_of(entry: Entry) -> Body | None:
    """The body of a kind that has an effect, None for every other kind. Raises Unreadable."""
    reader = READERS.get(entry.kind)
    if reader is None:
        return None
    if entry.session is None or entry.cashier is None:
        raise Unreadable("session, cashier: expected ids")
    if entry.kind == "session_open" and entry.session != entry.id:
        raise Unreadable("session: an opening's session is its own id")
    return reader(entry.body)


def _session_open(body: Mapping[str, Any]) -> SessionOpen:
    return SessionOpen(currency=currency(body), float_amount=whole(body, "float", least=0), business_date=day(body, "business_date"))


def _session_close(body: Mapping[str, Any]) -> SessionClose:
    return SessionClose(counted=whole(body, "counted", least=0), body=body)


def _cash_move(body: Mapping[str, Any], *, sign: int) -> DrawerMove:
    return DrawerMove(
        amount=sign * whole(body, "amount", least=1),
        currency=currency(body),
        reason=words(body, "reason", longest=LONGEST_REASON),
        business_date=day(body, "business_date"),
    )


def _no_sale(body: Mapping[str, Any]) -> DrawerMove:
    return DrawerMove(amount=0, currency="", reason=words(body, "reason", longest=LONGEST_REASON), business_date=day(body, "business_date"))


def _sale(body: Mapping[str, Any]) -> SaleBody:
    return SaleBody(
        receipt=words(body, "receipt", longest=19, empty=False),
        receipt_no=whole(body, "receipt_no", least=1),
        currency=currency(body),
        business_date=day(body, "business_date"),
        lines=tuple(_line(line) for line in objects(body, "lines")),
        tenders=tuple(_tender(tender) for tender in objects(body, "tenders")),
        total=whole(body, "total"),
        tax=whole(body, "tax"),
        rounding=whole(body, "rounding"),
        tax_included=flag(body, "tax_included", missing=True),
        snapshot=words(body, "snapshot", longest=64),
        priced_at=optional_whole(body, "priced_at", least=YEAR_2020_MS, most=YEAR_2100_MS),
        coupons=tuple(texts(body, "coupons", longest=LONGEST_CODE)),
        promotions=tuple(_off(one) for one in objects(body, "promotions", missing=True)),
    )


def _line(line: Mapping[str, Any]) -> Line:
    return Line(
        position=whole(line, "n", least=1, most=SMALL),
        kind=words(line, "kind", longest=10, empty=False),
        variant=optional_identifier(line, "variant"),
        sku=words(line, "sku", longest=60),
        gtin=words(line, "gtin", longest=14),
        name=words(line, "name", longest=2000),
        quantity=whole(line, "quantity"),
        unit_price=whole(line, "unit_price"),
        price_quantity=whole(line, "price_quantity", least=1, most=SMALL),
        list_total=whole(line, "list_total"),
        discount=whole(line, "discount"),
        total=whole(line, "total"),
        tax_class=words(line, "tax_class", longest=20),
        tax_rate=whole(line, "tax_rate", least=0, most=SMALL),
        tax=whole(line, "tax"),
        price_source=words(line, "price_source", longest=LONGEST_CODE),
        discounts=None if line.get("discounts") is None else tuple(_off(one) for one in objects(line, "discounts")),
        taxes=None if line.get("taxes") is None else [_tax(one) for one in objects(line, "taxes")],
        allocation=None if line.get("allocation") is None else [_segment(one) for one in objects(line, "allocation")],
        parent=optional_whole(line, "parent", least=1, most=SMALL),
        extra={name: value for name, value in line.items() if name not in LINE_COLUMNS},
    )


def _off(off: Mapping[str, Any]) -> Off:
    return Off(
        promotion=words(off, "promotion", longest=LONGEST_CODE, empty=False),
        name=words(off, "name", longest=LONGEST_NAME),
        amount=whole(off, "amount", least=0),
        supplier_amount=0 if off.get("supplier_amount") is None else whole(off, "supplier_amount", least=0),
    )


def _tax(tax: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": words(tax, "code", longest=LONGEST_CODE, empty=False),
        "name": words(tax, "name", longest=LONGEST_NAME),
        "rate": whole(tax, "rate", least=0, most=SMALL),
        "amount": whole(tax, "amount"),
    }


def _segment(segment: Mapping[str, Any]) -> dict[str, int]:
    return {
        "quantity": whole(segment, "quantity", least=1),
        "total": whole(segment, "total"),
        "discount": whole(segment, "discount"),
        "tax": whole(segment, "tax"),
    }


def _tender(tender: Mapping[str, Any]) -> Tender:
    return Tender(
        position=whole(tender, "n", least=1, most=SMALL),
        kind=words(tender, "kind", longest=10, empty=False),
        amount=whole(tender, "amount"),
        tendered=whole(tender, "tendered"),
        change=whole(tender, "change"),
    )


READERS: dict[str, Callable[[Mapping[str, Any]], Body]] = {
    "session_open": _session_open,
    "sale": _sale,
    "session_close": _session_close,
    "cash_in": partial(_cash_move, sign=1),
    "cash_out": partial(_cash_move, sign=-1),
    "payout": partial(_cash_move, sign=-1),
    "safe_drop": partial(_cash_move, sign=-1),
    "no_sale": _no_sale,
}


def whole(fields: Mapping[str, Any], name: str, *, least: int = -SAFE, most: int = SAFE) -> int:
    value = fields.get(name)
    # type() and not isinstance: true is an int to Python.
    if type(value) is not int or not least <= value <= most:
        raise Unreadable(f"{name}: expected a whole number")
    return value


def words(fields: Mapping[str, Any], name: str, *, longest: int, empty: bool = True) -> str:
    value = fields.get(name)
    if value is None and empty:
        return ""
    if not isinstance(value, str) or len(value) > longest or not (value or empty):
        raise Unreadable(f"{name}: expected text of at most {longest} characters")
    return value


def flag(fields: Mapping[str, Any], name: str, *, missing: bool) -> bool:
    value = fields.get(name)
    if value is None:
        return missing
    if value is not True and value is not False:
        raise Unreadable(f"{name}: expected true or false")
    return value


def texts(fields: Mapping[str, Any], name: str, *, longest: int) -> list[str]:
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) and 0 < len(item) <= longest for item in value):
        raise Unreadable(f"{name}: expected a list of texts of at most {longest} characters")
    return value


def optional_whole(fields: Mapping[str, Any], name: str, *, least: int, most: int) -> int | None:
    return None if fields.get(name) is None else whole(fields, name, least=least, most=most)


def identifier(fields: Mapping[str, Any], name: str) -> UUID:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) != 36:
        raise Unreadable(f"{name}: expected an id")
    try:
        return UUID(value)
    except ValueError as error:
        raise Unreadable(f"{name}: expected an id") from error


def optional_identifier(fields: Mapping[str, Any], name: str) -> UUID | None:
    return None if fields.get(name) is None else identifier(fields, name)


def digest(fields: Mapping[str, Any], name: str) -> bytes:
    value = fields.get(name)
    try:
        found = bytes.fromhex(value) if isinstance(value, str) and len(value) == 64 else b""
    except ValueError:
        found = b""
    if len(found) != 32:
        raise Unreadable(f"{name}: expected 64 hexadecimal digits")
    return found


def currency(fields: Mapping[str, Any]) -> str:
    value = fields.get("currency")
    if not isinstance(value, str) or len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):
        raise Unreadable("currency: expected three letters")
    return value


def day(fields: Mapping[str, Any], name: str) -> date:
    value = fields.get(name)
    try:
        return date.fromisoformat(value) if isinstance(value, str) else date.fromisoformat("")
    except ValueError as error:
        raise Unreadable(f"{name}: expected a date") from error


def objects(fields: Mapping[str, Any], name: str, *, missing: bool = False) -> list[Mapping[str, Any]]:
    value = fields.get(name)
    if value is None and missing:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable(f"{name}: expected a list of objects")
    return value
