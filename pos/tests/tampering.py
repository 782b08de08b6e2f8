"""Who changes the books behind the shop's back: a way for each thing that can be done to a row, a chain or an order."""

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from kernel.ids import uuid7
from pos.queries.proofs import Row


class Tampered(NamedTuple):
    """`places`: the seqs any of which must be named; `near`: those that may be named besides."""

    rows: list[Row]
    places: set[int]
    near: set[int]


def flipped(octets: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(octets) * 8)
    changed = bytearray(octets)
    changed[at // 8] ^= 1 << (at % 8)
    return bytes(changed)


def other_letter(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice([one for one in "0123456789abcxyz ,:" if one != text[at]]) + text[at + 1 :]


def one_column(name: str, change: Callable[[Any, random.Random], Any]) -> Callable[[list[Row], random.Random], Tampered]:
    def tamper(rows: list[Row], rng: random.Random) -> Tampered:
        at = rng.randrange(len(rows))
        row = rows[at]
        changed = row._replace(**{name: change(getattr(row, name), rng)})
        # Far behind the end it leaves a hole before it.
        hole = {len(rows) + 1} if changed.seq > len(rows) else set()
        return Tampered(in_order([*rows[:at], changed, *rows[at + 1 :]]), {row.seq}, {changed.seq, row.seq + 1, *hole})

    return tamper


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.seq)


def delete(rows: list[Row], rng: random.Random) -> Tampered:
    at = rng.randrange(len(rows))
    return Tampered([*rows[:at], *rows[at + 1 :]], {rows[at].seq}, set())


def delete_several(rows: list[Row], rng: random.Random) -> Tampered:
    at = rng.randrange(len(rows) - 5)
    return Tampered([*rows[:at], *rows[at + 5 :]], {rows[at].seq}, set())


def swap(rows: list[Row], rng: random.Random) -> Tampered:
    """What two rows hold, each now at the other's place."""
    one, two = sorted(rng.sample(range(len(rows)), 2))
    a, b = rows[one], rows[two]
    changed = list(rows)
    changed[one], changed[two] = b._replace(seq=a.seq), a._replace(seq=b.seq)
    return Tampered(changed, {a.seq, b.seq}, {a.seq + 1, b.seq + 1})


def cut_the_tail(rows: list[Row], rng: random.Random) -> Tampered:
    """The last row was sealed."""
    left = rng.randrange(len(rows))
    return Tampered(rows[:left], {left + 1}, set())


def rehashed(row: Row, changes: dict[str, Any]) -> Row:
    """A text changed with care: its hash is right again."""
    text = json.dumps({**json.loads(row.text), **changes}, separators=(",", ":"), ensure_ascii=False)
    return row._replace(text=text, hash=hashlib.sha256(text.encode()).digest())


def rewrite(rows: list[Row], rng: random.Random) -> Tampered:
    at = rng.randrange(len(rows))
    forged = rehashed(rows[at], {"wall_ms": json.loads(rows[at].text)["wall_ms"] + rng.randint(1, 10**6)})
    return Tampered([*rows[:at], forged, *rows[at + 1 :]], {forged.seq}, {forged.seq + 1})


def insert(rows: list[Row], rng: random.Random) -> Tampered:
    """A forged entry between two, in the chain as well as anybody without the key can put it."""
    at = rng.randrange(len(rows))
    forged = rehashed(rows[at]._replace(id=uuid7(), number=None, posting="pending"), {"clock_offset_ms": rng.randrange(10**6)})
    forged = forged._replace(id=UUID(int=rng.getrandbits(128)))
    return Tampered(in_order([*rows, forged]), {forged.seq}, {forged.seq + 1})


def append(rows: list[Row], rng: random.Random) -> Tampered:
    """One more at the end, chained and hashed rightly; only the key is missing."""
    last = rows[-1]
    id = UUID(int=rng.getrandbits(128))
    forged = rehashed(
        last._replace(id=id, seq=last.seq + 1, prev=last.hash, number=None, posting="pending"),
        {"id": str(id), "seq": last.seq + 1, "prev": last.hash.hex(), "wall_ms": 1_800_000_000_000 + rng.randrange(10**9)},
    )
    return Tampered([*rows, forged], {forged.seq}, set())


def repeat(rows: list[Row], rng: random.Random) -> Tampered:
    at = rng.randrange(len(rows))
    return Tampered(in_order([*rows, rows[at]]), {rows[at].seq}, {rows[at].seq + 1})


def restore(rows: list[Row], rng: random.Random) -> Tampered:
    """An old copy of the table over the new one: whole, and shorter than what was sealed."""
    return cut_the_tail(rows, rng)


def an_order(name: str, change: Callable[[Any, random.Random], Any]) -> Callable[[list[Row], random.Random], Tampered]:
    def tamper(rows: list[Row], rng: random.Random) -> Tampered:
        at = rng.choice([n for n, row in enumerate(rows) if row.number is not None])
        return Tampered([*rows[:at], rows[at]._replace(**{name: change(getattr(rows[at], name), rng)}), *rows[at + 1 :]], {rows[at].seq}, set())

    return tamper


def no_order(rows: list[Row], rng: random.Random) -> Tampered:
    at = rng.choice([n for n, row in enumerate(rows) if row.number is not None])
    return Tampered([*rows[:at], rows[at]._replace(number=None), *rows[at + 1 :]], {rows[at].seq}, set())


def another(value: Any, rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128))


def more(value: int, rng: random.Random) -> int:
    return value + rng.choice([-1, 1, 7, 1000])


WAYS: dict[str, Callable[[list[Row], random.Random], Tampered]] = {
    "text": one_column("text", other_letter),
    "hash": one_column("hash", flipped),
    "prev": one_column("prev", flipped),
    "signature": one_column("signature", flipped),
    "id": one_column("id", another),
    "till": one_column("till", another),
    "epoch": one_column("epoch", more),
    "seq": one_column("seq", lambda seq, rng: seq + rng.randint(1, 400)),
    "kind": one_column("kind", lambda kind, rng: rng.choice([one for one in ("sale", "no_sale", "session_open", "refund") if one != kind])),
    "shift": one_column("shift", another),
    "no shift": one_column("shift", lambda shift, rng: None),
    "state": one_column("state", lambda state, rng: "quarantined"),
    "rewrite": rewrite,
    "delete": delete,
    "delete several": delete_several,
    "swap": swap,
    "insert": insert,
    "append": append,
    "repeat": repeat,
    "cut": cut_the_tail,
    "restore": restore,
    "receipt of the order": an_order("number", lambda number, rng: number[:-1] + str((int(number[-1]) + rng.randint(1, 9)) % 10)),
    "total of the order": an_order("total", more),
    "tax of the order": an_order("tax", more),
    "rounding of the order": an_order("rounding", more),
    "currency of the order": an_order("currency", lambda currency, rng: "CHF"),
    "shift of the order": an_order("order_shift", another),
    "cashier of the order": an_order("cashier", another),
    "store of the order": an_order("store", another),
    "order gone": no_order,
}
