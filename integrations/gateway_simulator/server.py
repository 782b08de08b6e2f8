"""The simulator's door: plain HTTP on the loopback address, one secret, JSON in and out."""

import contextlib
import hmac
import html
import json
import os
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

from integrations.gateway_simulator import faults
from integrations.gateway_simulator.book import Book, Impossible, Row, shown
from integrations.gateway_simulator.webhooks import Messenger

HOST: Final = "127.0.0.1"
LARGEST: Final = 1_000_000
PAGE: Final = 100

CHALLENGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Your bank asks</title>
<h1>Your bank asks</h1><p>Pay {amount} {currency}, in its smallest unit?</p>
<form method="post"><button name="answer" value="yes">Yes, it is me</button> <button name="answer" value="no">No</button></form></html>"""


@dataclass
class Provider:
    book: Book
    secret: str
    messenger: Messenger
    plan: list[faults.Fault] = field(default_factory=list)
    hang: float = 30.0
    ended: threading.Event = field(default_factory=threading.Event)

    def fault(self, operation: str, *, key: str, token: str, among: tuple[str, ...]) -> str:
        """Which of these goes wrong now, and has one turn less; empty: none."""
        for found in faults.of_token(token):
            if found.operation == operation and found.kind in among and self.book.spend(fault=found, key=key):
                return found.kind
        for found in self.plan:
            if found.operation == operation and found.kind in among and self.book.spend(fault=found, key=""):
                return found.kind
        return ""


class Dropped(Exception):
    """The caller gets no answer."""


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the book says what happened."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        steps = [step for step in parts.path.split("/") if step]
        self.asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
            return self._answer(413, {"code": "too_large"})
        self.body = self.rfile.read(length)
        try:
            if steps[:1] == ["challenge"]:
                return self._challenge(method, steps[1])
            if steps == ["health"]:
                return self._answer(200, {"status": "ready"})
            if not hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {self.provider.secret}"):
                return self._answer(401, {"code": "not_allowed"})
            return self._route(method, steps[1:])
        except Impossible as reason:
            return self._answer(409, {"code": reason.args[0]})
        except (KeyError, ValueError, IndexError):
            return self._answer(400, {"code": "malformed"})
        except Dropped:
            self.close_connection = True

    def _route(self, method: str, steps: list[str]) -> None:
        match (method, steps):
            case ("POST", ["payments"]):
                return self._authorise(json.loads(self.body))
            case ("GET", ["payments" | "refunds" as table]):
                return self._list(table.removesuffix("s"))
            case ("GET", ["payments", id]):
                return self._answer(200, self._told(self.provider.book.payment(id=id)))
            case ("POST", ["payments", id, "capture" | "void" | "refund" as operation]):
                return self._act(operation, id, json.loads(self.body or b"{}"))
            case ("POST", ["payments", id, "confirm"]):
                found = self.provider.book.confirm(id=id, agreed=bool(json.loads(self.body).get("agreed")))
                return self._answer(200, self._told(found))
            case ("GET", ["events"]):
                return self._answer(200, {"items": self.provider.messenger.waiting()})
        return self._answer(404, {"code": "not_found"})

    def _authorise(self, told: Row) -> None:
        key, token = str(told["key"]), str(told["token"])
        self._break("authorise", key, token, faults.BEFORE)
        spoken = self.provider.fault("authorise", key=key, token=token, among=faults.SPOKEN)
        answer = {"decline": "declined", "action": "action", "unknown": "unknown"}.get(spoken, "authorised")
        wanted: Row = {"amount": int(told["amount"]), "currency": str(told["currency"]), "order": str(told.get("order", ""))}
        code = "card_declined" if answer == "declined" else ""
        made = self.provider.book.authorise(key=key, token=token, capture=bool(told.get("capture", True)), answer=answer, code=code, **wanted)
        self._break("authorise", key, token, faults.AFTER)
        if "webhook:early" in token.split("."):
            self.provider.messenger.send_due()
        self._answer(402 if made["state"] == "declined" else 200, self._told(made))

    def _act(self, operation: str, id: str, told: Row) -> None:
        book, paid = self.provider.book, self.provider.book.payment(id=id)
        key = str(told["key"])
        self._break(operation, key, paid["token"], faults.BEFORE)
        spoken = self.provider.fault(operation, key=key, token=paid["token"], among=faults.SPOKEN)
        if spoken == "decline" and operation != "refund":
            return self._answer(402, {"code": f"{operation}_declined"})
        if spoken == "unknown":
            return self._answer(200, {"state": "unknown", "id": ""})
        if operation == "refund":
            done = book.refund(key=key, id=id, amount=int(told["amount"]), declined=spoken == "decline")
        else:
            done = book.capture(id=id, amount=int(told["amount"])) if operation == "capture" else book.void(id=id)
        self._break(operation, key, paid["token"], faults.AFTER)
        return self._answer(200, shown(done) if operation == "refund" else self._told(done))

    def _list(self, table: str) -> None:
        book = self.provider.book
        if "key" in self.asked:
            found = book.ask(f"select * from {table} where key = ? order by seq", self.asked["key"])  # noqa: S608 - one of two names
            token = found[0].get("token", "") if found else ""
            self._break("look", self.asked["key"], token, (*faults.BEFORE, *faults.AFTER))
            if self.provider.fault("look", key=self.asked["key"], token=token, among=("unknown",)):
                found = [row | {"state": "unknown"} for row in found]
        else:
            after, since = int(self.asked.get("after", 0)), float(self.asked.get("since", 0))
            statement = f"select * from {table} where created_at >= ? and seq > ? order by seq limit {PAGE}"  # noqa: S608 - one of two names
            found = book.ask(statement, since, after)
        following = found[-1]["seq"] if "key" not in self.asked and len(found) == PAGE else None
        self._answer(200, {"items": [self._told(row) if table == "payment" else shown(row) for row in found], "next": following})

    def _told(self, row: Row) -> Row:
        port = cast(ThreadingHTTPServer, self.server).server_port
        action = {"url": f"http://{HOST}:{port}/challenge/{row['id']}"} if row["state"] == "action" else {}
        return {**shown(row), "action": action}

    def _break(self, operation: str, key: str, token: str, among: tuple[str, ...]) -> None:
        kind = self.provider.fault(operation, key=key, token=token, among=among)
        if kind.startswith("crash"):
            os._exit(137)
        if kind.startswith("timeout"):
            self.provider.ended.wait(self.provider.hang)
        if kind.startswith(("timeout", "lost")):
            raise Dropped
        if kind.startswith("500"):
            self._answer(500, {"code": "internal"})
            raise Dropped

    def _challenge(self, method: str, id: str) -> None:
        found = self.provider.book.payment(id=id)
        if method == "POST":
            agreed = parse_qs(self.body.decode()).get("answer") == ["yes"]
            self.provider.book.confirm(id=id, agreed=agreed)
            return self._page("<p>Thank you. Go back to the shop.</p>")
        return self._page(CHALLENGE.format(amount=int(found["amount"]), currency=html.escape(found["currency"])))

    def _page(self, text: str) -> None:
        self._send(200, "text/html; charset=utf-8", text.encode())

    def _answer(self, status: int, body: Row) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        # The caller may have given up waiting: its loss, not ours.
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


def serve(*, provider: Provider, port: int) -> ThreadingHTTPServer:
    door = type("Opened", (Door,), {"provider": provider})
    server = ThreadingHTTPServer((HOST, port), door)
    server.daemon_threads = True
    return server
