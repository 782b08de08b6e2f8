"""The simulator as a payment backend: orders.payments.Backend over its HTTP door."""

import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from integrations.gateway_simulator.webhooks import HEADER, signature
from integrations.wire import Limits, NoAnswer, call
from orders import payments as port
from orders.payments import Ask, Event, Outcome, Seen

KNOWN = {port.ACTION, port.AUTHORISED, port.CAPTURED, port.DECLINED, port.VOIDED, port.REFUNDED}


class Backend:
    limits = Limits()

    def authorise(self, ask: Ask) -> Outcome:
        told = {"key": ask.key, "amount": ask.amount, "currency": ask.currency, "token": ask.token, "order": ask.order, "capture": ask.capture}
        return self._payment("POST", "/v1/payments", told)

    def capture(self, ask: Ask) -> Outcome:
        return self._changed(ask, "capture")

    def void(self, ask: Ask) -> Outcome:
        return self._changed(ask, "void")

    def refund(self, ask: Ask) -> Outcome:
        return self._payment("POST", f"/v1/payments/{ask.reference}/refund", {"key": ask.key, "amount": ask.amount})

    def look(self, ask: Ask) -> Outcome:
        return self._look("payments", ask.key)

    def look_refund(self, ask: Ask) -> Outcome:
        return self._look("refunds", ask.key)

    def payments(self, since: datetime) -> Iterator[Seen]:
        return self._listed("payments", since)

    def refunds(self, since: datetime) -> Iterator[Seen]:
        return self._listed("refunds", since)

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Event | None:
        given = headers.get(HEADER, "")
        at = _signed_at(given)
        if not hmac.compare_digest(given.encode(), signature(body=body, secret=settings.GATEWAY_SIMULATOR_SECRET, at=at).encode()):
            raise port.SignatureInvalid
        if abs(now.timestamp() - at) > port.OLDEST_SIGNATURE:
            raise port.EventTooOld
        told = json.loads(body)
        row = told["object"]
        about_refund = told["kind"].startswith("refund.")
        return Event(id=told["id"], kind=told["kind"], key=row["key"], reference=row["id"], outcome=_outcome(row), refund=about_refund)

    def _changed(self, ask: Ask, what: str) -> Outcome:
        answer = self._payment("POST", f"/v1/payments/{ask.reference}/{what}", {"key": ask.key, "amount": ask.amount})
        # It is something else by now than we believed.
        return self._payment("GET", f"/v1/payments/{ask.reference}", None) if answer.code in ("cannot_capture", "already_captured") else answer

    def _payment(self, method: str, path: str, told: dict[str, Any] | None) -> Outcome:
        try:
            status, row = self._call(method, path, told)
        except NoAnswer as reason:
            return Outcome(state=port.UNKNOWN, code=f"no_answer_{reason}"[:60])
        if status >= 500:
            return Outcome(state=port.UNKNOWN, code=f"status_{status}")
        if "state" in row:
            return _outcome(row)
        # Refused for what it is: asked again it is refused again.
        return Outcome(state=port.DECLINED if status == 402 else port.UNKNOWN, code=str(row.get("code", f"status_{status}")))

    def _look(self, table: str, key: str) -> Outcome:
        try:
            status, told = self._call("GET", f"/v1/{table}?{urlencode({'key': key})}")
        except NoAnswer as reason:
            return Outcome(state=port.UNKNOWN, code=f"no_answer_{reason}"[:60])
        if status != 200:
            return Outcome(state=port.UNKNOWN, code=f"status_{status}")
        return _outcome(told["items"][0]) if told["items"] else Outcome(state=port.ABSENT)

    def _listed(self, table: str, since: datetime) -> Iterator[Seen]:
        """Raises NoAnswer: half a list compares with nothing."""
        after: int | None = 0
        while after is not None:
            status, told = self._call("GET", f"/v1/{table}?{urlencode({'since': since.timestamp(), 'after': after})}")
            if status != 200:
                raise NoAnswer(f"status {status}")
            yield from (_seen(row) for row in told["items"])
            after = told["next"]

    def _call(self, method: str, path: str, told: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        body = json.dumps(told).encode() if told is not None else None
        headers = {"Authorization": f"Bearer {settings.GATEWAY_SIMULATOR_SECRET}", "Content-Type": "application/json"}
        status, answer = call(method=method, url=settings.GATEWAY_SIMULATOR_URL + path, body=body, headers=headers, limits=self.limits)
        try:
            return status, json.loads(answer)
        except ValueError as error:
            raise NoAnswer("Unreadable") from error


def _signed_at(given: str) -> int:
    at = given.partition(",")[0].removeprefix("t=")
    if not at.isdigit() or len(at) > 12:
        raise port.SignatureInvalid
    return int(at)


def _outcome(row: dict[str, Any]) -> Outcome:
    state = port.DECLINED if row["state"] == "failed" else row["state"]
    return Outcome(
        state=state if state in KNOWN else port.UNKNOWN,
        reference=row.get("id", ""),
        label=row.get("label", ""),
        amount=row.get("amount"),
        currency=row.get("currency", ""),
        captured=row.get("captured", 0),
        refunded=row.get("refunded", 0),
        code=row.get("code", ""),
        action=row.get("action", {}),
    )


def _seen(row: dict[str, Any]) -> Seen:
    return Seen(
        reference=row["id"],
        key=row["key"],
        state=_outcome(row).state,
        amount=row["amount"],
        currency=row["currency"],
        captured=row.get("captured", 0),
        of=row.get("payment", ""),
        order=row.get("order", ""),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
    )
