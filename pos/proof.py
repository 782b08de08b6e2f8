"""The proof that nothing a till wrote was lost, doubled or changed: every entry against its own text, every text against the one before,
every receipt against the one before and against its order, every chain against what was sealed of it.

What is found says where. What no proof can find: entries behind the newest seal that were cut off together with their orders, before
their till was heard again; a till keeps its own for 30 days and compares its head with ours.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from pos import journal, seal
from pos.queries.proofs import Key, Row

ACCEPTED, QUARANTINED, CONFLICT = "accepted", "quarantined", "conflict"
NOT_SIGNED = "its till's key did not sign it"
MAKE_A_ROW = ("sale", "session_open", "session_close")
# Why something proven may be kept apart (pos.services.intake); an unreadable one says what is unreadable.
WHY_APART = ("old_epoch", "card_number", "unreadable")
UNPROVEN = ("bad_hash", "other_till", "unknown_epoch", "bad_signature", "unreadable")


class Finding(NamedTuple):
    """`seq` 0 where it is about no place; `entry` None where nothing is there."""

    till: UUID
    epoch: int
    seq: int
    entry: UUID | None
    what: str
    words: str


class Examined(NamedTuple):
    """One entry by itself: what is wrong with it, what its text hashes to and names as the one before, and its receipt: its number
    and as it is printed."""

    wrong: tuple[tuple[str, str], ...]
    digest: bytes
    prev: bytes
    receipt: int = 0
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far a chain had come when it was sealed."""

    seq: int
    hash: bytes
    receipt: int
    where: str
    # Whoever sealed it had checked each signature behind `after` up to it: `signatures` is what Vouched made of them; empty: nobody had.
    after: int = 0
    signatures: bytes = b""


class Vouched:
    """All signatures of a stretch of a chain taken together, with whose they are and what they sign: once they were checked one by one, the
    same digest says that none of them is another now. Entries are added by seq; at any length in the same memory."""

    def __init__(self, key: dict[str, str]) -> None:
        self._sha = hashlib.sha256(f"{key['x']} {key['y']}".encode())
        self._seq = 0
        self._here: list[bytes] = []

    def add(self, row: Row) -> None:
        if row.seq != self._seq:
            self._take()
            self._seq = row.seq
        self._here.append(b"%b%b%d %b" % (row.id.bytes, row.hash, len(row.signature), row.signature))

    def digest(self) -> bytes:
        self._take()
        return self._sha.digest()

    def _take(self) -> None:
        for one in sorted(self._here):
            self._sha.update(b"%d " % self._seq)
            self._sha.update(one)
        self._here = []


@dataclass(slots=True)
class Start:
    """Where the walk through a chain begins: its beginning, or a seal that is trusted."""

    seq: int = 0
    hash: bytes = journal.NO_HASH
    receipt: int = 0


def examine(row: Row) -> Examined:
    """Columns against the text, and the text against its hash. What stands in no text (when it came) is not proven."""
    text = row.text.encode()
    digest = hashlib.sha256(text).digest()
    fields = _fields(row.text)
    if row.state == CONFLICT or row.seq <= 0:
        return _unchained(row, text, digest, fields)
    wrong: list[tuple[str, str]] = []
    if digest != row.hash:
        wrong.append(("hash", "its text is not what was hashed"))
    if fields is None:
        wrong.append(("text", "its text is not readable"))
        return Examined(tuple(wrong), digest, row.prev)
    for name, stored in (
        ("id", str(row.id)),
        ("till", text_of(row.till)),
        ("epoch", row.epoch),
        ("seq", row.seq),
        ("prev", bytes(row.prev).hex()),
        ("kind", row.kind),
        ("session", text_of(row.shift) if row.shift else None),
    ):
        if fields.get(name) != stored and not _same(fields.get(name), stored):
            wrong.append((name, f"{name} is stored as {stored}, its text says {str(fields.get(name))[:64]}"))
    body = fields.get("body")
    body = body if isinstance(body, dict) else {}
    wrong += _standing(row) + _order(row, fields, body)
    number = body.get("receipt_no") if row.kind == "sale" else 0
    return Examined(tuple(wrong), digest, _bytes(fields.get("prev")), number if type(number) is int else 0, str(body.get("receipt", "")))


@lru_cache(maxsize=1024)
def text_of(id: UUID) -> str:
    """Of what thousands of entries in a row have in common."""
    return str(id)


def _same(told: Any, stored: Any) -> bool:
    """Letters of hexadecimal may be large."""
    return isinstance(told, str) and isinstance(stored, str) and told.lower() == stored


def _fields(text: str) -> dict[str, Any] | None:
    try:
        fields = orjson.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def _unchained(row: Row, text: bytes, digest: bytes, fields: dict[str, Any] | None) -> Examined:
    """What proved nothing when it came, or stood against another: kept as it was, under an id made of its till and text."""
    wrong: list[tuple[str, str]] = []
    if digest != row.hash:
        # A NUL cannot be stored: such a text is kept as a JSON string.
        try:
            text = str(orjson.loads(row.text)).encode()
        except (ValueError, UnicodeEncodeError):
            text = b""
        digest = hashlib.sha256(text).digest()
        if digest != row.hash:
            wrong.append(("hash", "its text is not what was hashed"))
    if row.state == QUARANTINED and row.id != _own_id(row.till, text):
        wrong.append(("id", "its id is not the one its text gives it"))
    if row.state == ACCEPTED:
        wrong.append(("seq", f"it stands at the place {row.seq}, which there is not"))
    if row.state == QUARANTINED and row.reason.split(":")[0] not in UNPROVEN:
        wrong.append(("reason", f"it is kept apart for {row.reason!r}"))
    if row.state == CONFLICT and row.seq > 0 and fields is not None and (fields.get("seq"), fields.get("epoch")) != (row.seq, row.epoch):
        wrong.append(("seq", f"it is stored at {row.epoch}/{row.seq}, its text says {fields.get('epoch')}/{fields.get('seq')}"))
    return Examined(tuple(wrong), digest, _bytes(fields.get("prev") if fields else None))


def _bytes(told: Any) -> bytes:
    try:
        return bytes.fromhex(told) if isinstance(told, str) else b""
    except ValueError:
        return b""


def _own_id(till: UUID, text: bytes) -> UUID:
    return UUID(bytes=hashlib.sha256(till.bytes + text).digest()[:16], version=5)


def _standing(row: Row) -> list[tuple[str, str]]:
    if row.state == QUARANTINED:
        if row.posting != "none":
            return [("posting", f"it is kept apart, and its posting is {row.posting!r}")]
        return [] if row.reason.split(":")[0] in WHY_APART else [("reason", f"it is kept apart for {row.reason!r}, which is no reason")]
    if row.state != ACCEPTED:
        return [("state", f"its state is {row.state!r}")]
    return [("posting", "it is marked as having nothing to post")] if row.kind in MAKE_A_ROW and row.posting == "none" else []


def _order(row: Row, fields: dict[str, Any], body: dict[str, Any]) -> list[tuple[str, str]]:
    if row.number is None:
        missing = row.kind == "sale" and row.state == ACCEPTED and row.posting == "posted"
        return [("order", f"receipt {body.get('receipt')} is posted, but there is no order of it")] if missing else []
    if row.kind != "sale" or row.state != ACCEPTED or row.posting != "posted":
        return [("order", f"there is an order {row.number}, though this is not a sale that was posted")]
    day = row.business_date.isoformat() if row.business_date else None
    found = []
    for name, booked, told in (
        ("total", row.total, body.get("total")),
        ("tax", row.tax, body.get("tax")),
        ("rounding", row.rounding, body.get("rounding")),
        ("currency", row.currency, body.get("currency")),
        ("business_date", day, body.get("business_date")),
        ("session", text_of(row.order_shift) if row.order_shift else None, fields.get("session")),
        ("cashier", text_of(row.cashier) if row.cashier else None, fields.get("cashier")),
    ):
        if booked != told and not _same(told, booked):
            found.append(("order", f"the order {row.number} has {name} {booked!r}, the receipt says {told!r}"))
    return found


@dataclass(slots=True)
class Walk:
    """Through one chain, entry by entry. `examined` may be put in place of `examine` by who has looked already."""

    key: Key
    anchors: Sequence[Anchor] = ()
    start: Start = field(default_factory=Start)
    examined: Callable[[Row], Examined] = examine
    # The order's number begins with its store's code; None where the till is not known.
    store: tuple[str, UUID] | None = None

    def through(self, rows: Iterable[Row]) -> Iterator[Finding]:
        sealed = {anchor.seq: anchor for anchor in self.anchors}
        last, before, receipts, skipped = self.start.seq, {self.start.hash}, {self.start.receipt}, 0
        for seq, group in groupby(rows, key=lambda row: row.seq):
            here = [(row, self.examined(row)) for row in group]
            for row, one in here:
                for what, words in (*one.wrong, *self._numbered(row, one)):
                    yield Finding(*self.key, seq, row.id, what, words)
            if seq <= 0:
                continue
            row, one, doubled = self._link(here, before)
            if doubled:
                yield Finding(*self.key, seq, row.id, "doubled", f"{doubled} entries stand at this place")
            if row is None:
                continue
            if seq > last + 1:
                yield self._missing(last + 1, seq - 1)
                skipped += seq - last - 1
            elif before.isdisjoint((row.prev, one.prev)):
                yield Finding(*self.key, seq, row.id, "chain", "it is not chained to the one before")
            if row.kind == "sale" and one.receipt:
                if any(number < one.receipt <= number + 1 + skipped for number in receipts):
                    receipts, skipped = {one.receipt}, 0
                else:
                    yield Finding(*self.key, seq, row.id, "receipt", f"receipt {one.receipt} comes behind receipt {max(receipts)}")
                    # Either this one is odd or those before were: the next one tells.
                    receipts, skipped = {*receipts, one.receipt}, skipped + 1
            elif row.state != ACCEPTED or one.wrong:
                # Kept apart, never stored as itself, or changed: it may have held a number.
                skipped += 1
            yield from self._against_seal(sealed.get(seq), row, one, receipts, skipped)
            last, before = seq, {row.hash, one.digest}
        furthest = max(sealed, default=0)
        if furthest > last:
            yield Finding(*self.key, last + 1, None, "cut", f"entries {last + 1} to {furthest} are gone: {sealed[furthest].where}")

    def _numbered(self, row: Row, one: Examined) -> Iterator[tuple[str, str]]:
        if row.number is None or self.store is None:
            return
        code, id = self.store
        expected = f"{code.upper()}-{one.printed}"
        if row.number != expected or row.store != id:
            yield "order", f"the order is {row.number} of the store {row.store}, the receipt says {expected}"

    def _link(self, here: list[tuple[Row, Examined]], before: set[bytes]) -> tuple[Any, Any, int]:
        """What fills the place: the one that stands, else what was kept apart, else a text whose id was taken."""
        standing = [pair for pair in here if pair[0].state not in (QUARANTINED, CONFLICT)]
        other = [pair for pair in here if pair[0].state == QUARANTINED or pair[0].reason == "id_taken"]
        chained = [pair for pair in standing or other if not before.isdisjoint((pair[0].prev, pair[1].prev))]
        # One that is not even what its own text says fills a place only where nothing else does.
        sound = [pair for pair in standing or other if not pair[1].wrong]
        filled = [pair for pair in chained if pair in sound] or sound or chained or standing or other
        row, one = filled[0] if filled else (None, None)
        return row, one, len(standing) if len(standing) > 1 else 0

    def _missing(self, first: int, last: int) -> Finding:
        known = max((anchor.seq for anchor in self.anchors), default=0)
        words = "were sealed and are gone" if first <= known else "are not here: not delivered yet, or gone"
        return Finding(*self.key, first, None, "missing", f"entries {first} to {last} {words}")

    def _against_seal(self, anchor: Anchor | None, row: Row, one: Examined, receipts: set[int], skipped: int) -> Iterator[Finding]:
        if anchor and anchor.hash not in (row.hash, one.digest):
            yield Finding(*self.key, row.seq, row.id, "seal", f"it is not what was sealed: {anchor.where}")
        elif anchor and not any(number <= anchor.receipt <= number + skipped for number in receipts):
            yield Finding(*self.key, row.seq, row.id, "seal", f"receipt {anchor.receipt} was sealed here, the chain has come to {max(receipts)}")


def to_sign(row: Row) -> bool:
    """Whether a signature is part of what it proves: not so for what proved nothing when it came."""
    return row.state != CONFLICT and row.seq > 0


def signed(row: Row, key: dict[str, str] | None) -> str:
    """What is wrong with its signature; empty when its till's key made it, or when nothing was proven by it."""
    if not to_sign(row):
        return ""
    if key is None:
        return "nobody enrolled the till it names"
    return "" if seal.holds(signature=bytes(row.signature), text=row.text.encode(), jwk=key) else NOT_SIGNED
