"""What the provider tells by itself: signed messages, sent until somebody takes them."""

import hashlib
import hmac
import threading
import urllib.error
import urllib.request
from typing import Any, Final

from integrations.gateway_simulator.book import Book

HEADER: Final = "Simulator-Signature"
TIMEOUT: Final = 5.0
MOST_TRIES: Final = 12


def signature(*, body: bytes, secret: str, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Messenger:
    def __init__(self, *, book: Book, url: str, secret: str) -> None:
        self.book, self.url, self.secret = book, url, secret
        self.ended = threading.Event()
        self._sending = threading.Lock()

    def waiting(self) -> list[dict[str, Any]]:
        """What has not been taken yet, signed as of now: for whoever wants to deliver it by hand."""
        rows = self.book.ask("select * from event where sent_at is null order by due_at, seq")
        return [{"id": row["id"], "body": row["body"], "header": HEADER, "signature": self._signed(row["body"].encode())} for row in rows]

    def send_due(self) -> int:
        with self._sending:
            now = self.book.clock()
            rows = self.book.ask("select * from event where sent_at is null and due_at <= ? order by due_at, seq limit 50", now)
            return sum(self._send(row) for row in rows)

    def keep_sending(self) -> None:
        while not self.ended.wait(0.2):
            if self.url:
                self.send_due()

    def _send(self, row: dict[str, Any]) -> int:
        body = row["body"].encode()
        headers = {"Content-Type": "application/json", HEADER: self._signed(body)}
        request = urllib.request.Request(self.url, data=body, headers=headers)  # noqa: S310 - given at the start
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 - as above
                self.book.ask("update event set sent_at = ? where seq = ?", self.book.clock(), row["seq"])
                return 1
        except (OSError, urllib.error.URLError):
            wait = min(2.0 ** row["tries"], 600.0) if row["tries"] < MOST_TRIES else 86_400.0
            self.book.ask("update event set tries = tries + 1, due_at = ? where seq = ?", self.book.clock() + wait, row["seq"])
            return 0

    def _signed(self, body: bytes) -> str:
        return signature(body=body, secret=self.secret, at=int(self.book.clock()))
