"""What the provider knows, kept in one SQLite file: what it has answered survives its own death."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from integrations.gateway_simulator.faults import Fault

TABLES = """
create table if not exists payment (
    seq integer primary key, id text unique not null, key text not null, amount integer not null, currency text not null, token text not null,
    "order" text not null, capture integer not null, state text not null, captured integer not null default 0, refunded integer not null default 0,
    code text not null default '', created_at real not null
);
create index if not exists payment_key on payment (key);
create table if not exists refund (
    seq integer primary key, id text unique not null, key text not null, payment text not null, amount integer not null, currency text not null,
    state text not null, code text not null default '', created_at real not null
);
create index if not exists refund_key on refund (key);
create table if not exists event (
    seq integer primary key, id text not null, body text not null, due_at real not null, sent_at real, tries integer not null default 0
);
create table if not exists spent (name text not null, key text not null, times integer not null, primary key (name, key));
"""
Row = dict[str, Any]


class Impossible(Exception):
    """What was asked does not fit what the payment is; `args[0]` is the code."""


class Book:
    def __init__(self, *, path: str, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.row_factory = sqlite3.Row
        # Told only after it is on the disk: a crash loses nothing that was answered.
        self._file.executescript(f"pragma journal_mode = wal; pragma synchronous = full; {TABLES}")

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._lock:
            self._file.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._file.execute("rollback")
                raise
            self._file.execute("commit")

    def ask(self, statement: str, *values: Any) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._file.execute(statement, values).fetchall()]

    def one(self, statement: str, *values: Any) -> Row | None:
        rows = self.ask(statement, *values)
        return rows[0] if rows else None

    def add(self, table: str, **row: Any) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self.ask(f"insert into {table} ({names}) values ({marks})", *row.values())  # noqa: S608 - names are ours

    def payment(self, *, id: str) -> Row:
        found = self.one("select * from payment where id = ?", id)
        if found is None:
            raise Impossible("no_such_payment")
        return found

    def authorise(self, *, key: str, amount: int, currency: str, token: str, order: str, capture: bool, answer: str, code: str) -> Row:
        """The same key is the same payment, whatever was asked the second time."""
        with self.writing():
            known = self.one("select * from payment where key = ? order by seq limit 1", key)
            if known is not None:
                if (known["amount"], known["currency"]) != (amount, currency):
                    raise Impossible("key_reused")
                return known
            state = "captured" if answer == "authorised" and capture else answer
            row: Row = {"id": f"sp_{uuid4().hex}", "key": key, "amount": amount, "currency": currency, "token": token, "order": order}
            row |= {"capture": int(capture), "state": state, "captured": amount if state == "captured" else 0}
            self.add("payment", **row, code=code, created_at=self.clock())
            self.tell(self.payment(id=row["id"]), "payment")
            return self.payment(id=row["id"])

    def change(self, *, id: str, state: str, captured: int = 0, code: str = "") -> Row:
        self.ask("update payment set state = ?, captured = ?, code = ? where id = ?", state, captured, code, id)
        self.tell(self.payment(id=id), "payment")
        return self.payment(id=id)

    def capture(self, *, id: str, amount: int) -> Row:
        with self.writing():
            found = self.payment(id=id)
            if found["state"] == "captured":
                return found
            if found["state"] != "authorised" or not 0 < amount <= found["amount"]:
                raise Impossible("cannot_capture")
            return self.change(id=id, state="captured", captured=amount)

    def void(self, *, id: str) -> Row:
        with self.writing():
            found = self.payment(id=id)
            if found["state"] in ("voided", "declined"):
                return found
            if found["state"] == "captured":
                raise Impossible("already_captured")
            return self.change(id=id, state="voided")

    def confirm(self, *, id: str, agreed: bool) -> Row:
        """The customer has answered their bank."""
        with self.writing():
            found = self.payment(id=id)
            if found["state"] != "action":
                return found
            if not agreed:
                return self.change(id=id, state="declined", code="authentication_failed")
            return self.change(id=id, state="captured" if found["capture"] else "authorised", captured=found["amount"] if found["capture"] else 0)

    def refund(self, *, key: str, id: str, amount: int, declined: bool) -> Row:
        with self.writing():
            known = self.one("select * from refund where key = ? order by seq limit 1", key)
            if known is not None:
                return known
            paid = self.payment(id=id)
            left = paid["captured"] - paid["refunded"]
            state = "failed" if declined or amount > left or amount <= 0 else "refunded"
            code = "" if state == "refunded" else "refund_declined" if declined else "more_than_captured"
            row: Row = {"id": f"sr_{uuid4().hex}", "key": key, "payment": id, "amount": amount, "currency": paid["currency"], "state": state}
            self.add("refund", **row, code=code, created_at=self.clock())
            if state == "refunded":
                self.ask("update payment set refunded = refunded + ? where id = ?", amount, id)
            made = self.one("select * from refund where key = ?", key) or row
            self.tell(made, "refund")
            return made

    def tell(self, row: Row, kind: str) -> None:
        """The message about it, in the transaction that changed it."""
        id = f"se_{uuid4().hex}"
        body = json.dumps({"id": id, "kind": f"{kind}.{row['state']}", "created_at": self.clock(), "object": shown(row)})
        token = row.get("token") or self.payment(id=row["payment"])["token"]
        ways = {part.removeprefix("webhook:") for part in token.split(".")[1:] if part.startswith("webhook:")}
        if "never" in ways:
            return
        # Reordered: the first message about a payment waits, so that its later ones are there before it.
        waits = 20.0 if "late" in ways else 2.0 if "reordered" in ways and row["state"] in ("action", "authorised") else 0.0
        for _ in range(2 if "duplicate" in ways else 1):
            self.add("event", id=id, body=body, due_at=self.clock() + waits)

    def spend(self, *, fault: Fault, key: str) -> bool:
        """Whether this fault still has a turn for this payment; it has one less then."""
        with self.writing():
            used = self.one("select times from spent where name = ? and key = ?", fault.name, key)
            if used and used["times"] >= fault.times:
                return False
            self.ask("insert into spent values (?, ?, 1) on conflict do update set times = times + 1", fault.name, key)
            return True


def shown(row: Row) -> Row:
    """A row as it is told outside: nothing of how it is kept."""
    told = {name: value for name, value in row.items() if name not in ("seq", "token", "capture")}
    if "token" in row:
        told["label"] = row["token"].split(".")[0].removeprefix("sim_").replace("_", " ").title()
    return told
