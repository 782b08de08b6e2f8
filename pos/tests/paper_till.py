"""A till of paper: real keys, real signatures, a real chain, and no browser.

It speaks to whatever `send(method, path, body, headers) -> (status, answer)` reaches: Django's test client or a server
that runs.

    till = PaperTill(send)
    till.enrol(code)
    till.open(float_amount=15_000)
    till.sell([till.goods(item, 2)])
    till.close(counted=15_500)
    till.deliver()
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from catalog.pricing import compile, evaluate
from kernel import money
from kernel.ids import uuid7

Send = Callable[[str, str, Any, dict[str, str]], tuple[int, Any]]
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CARLA = UUID("019aa000-0000-7000-8000-00000000ca71")


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@dataclass
class PaperTill:
    send: Send | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    cashier: UUID = CARLA
    clock: datetime = START

    id: str = ""
    number: int = 0
    epoch: int = 0
    token: str = ""
    currency: str = "EUR"
    snapshot: str = ""
    session: str | None = None
    seq: int = 0
    head: str = "0" * 64
    receipt: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    entries: list[dict[str, str]] = field(default_factory=list)

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": base64url(numbers.x.to_bytes(32, "big")), "y": base64url(numbers.y.to_bytes(32, "big"))}

    def enrol(self, code: str) -> None:
        status, answer = self._ask("POST", "/api/v1/till-enrolments", {"code": code, "public_key": self.jwk})
        assert status == 201, answer
        self.enrolled(answer, token=answer["token"])

    def enrolled(self, document: dict[str, Any], *, token: str) -> None:
        self.document, self.token = document, token
        self.id, self.number, self.epoch = document["till"]["id"], document["till"]["number"], document["epoch"]
        self.currency = document["store"]["currency"]
        self.seq, self.head, self.receipt = document["head"]["seq"], document["head"]["hash"], document["head"]["receipt"]

    def open(self, *, float_amount: int = 15_000) -> dict[str, str]:
        self.session = str(uuid7())
        return self.write("session_open", {"currency": self.currency, "float": float_amount, "business_date": self.day}, id=self.session)

    def sell(self, sold: list[dict[str, Any]], /, *, tendered: int | None = None, **changes: Any) -> dict[str, str]:
        total = sum(line["total"] for line in sold)
        paid = total if tendered is None else tendered
        self.receipt += 1
        body = {
            "receipt": f"{self.number}-{self.epoch}-{self.receipt:04d}",
            "receipt_no": self.receipt,
            "currency": self.currency,
            "business_date": self.day,
            "lines": [{"n": n, **line} for n, line in enumerate(sold, 1)],
            "tenders": [{"n": 1, "kind": "cash", "amount": total, "tendered": paid, "change": paid - total}],
            "total": total,
            "tax": sum(line["tax"] for line in sold),
            "rounding": 0,
        }
        return self.write("sale", {**body, **changes})

    def ring(self, feed: dict[str, Any], rung: list[Any], *, offline: bool = True, coupons: tuple[str, ...] = (), **changes: Any) -> dict[str, str]:
        """A sale as the till in the browser makes it: priced by the feed's rules. `rung`: items, or (item, thousandths, fixed or None);
        a deposit follows its goods."""
        pricing, by_id = feed["pricing"], {item["id"]: item for item in feed["items"]}
        things: list[Any] = []
        for item, quantity, fixed in ((*one, None, None)[:3] if isinstance(one, tuple) else (one, 1000, None) for one in rung):
            things.append(("goods", item, quantity, fixed))
            if item["deposit"]:
                things.append(("deposit", by_id[item["deposit"]], quantity, None))
        at = changes.pop("priced_at", int(self.clock.timestamp() * 1000))
        lines = [basket_line(n, *thing) for n, thing in enumerate(things, 1)]
        result = evaluate({"lines": lines, "coupons": list(coupons), "charges": []}, compiled(pricing), told_facts(pricing, at, offline, changes), at)
        totals, names = result["totals"], {one["promotion"]: one["name"] for one in result["discounts"]}
        sold = [body_line(thing, line, names) for thing, line in zip(things, result["lines"], strict=True)]
        return self.sell(
            sold,
            **{
                "total": totals["cash_total"],
                "tax": totals["tax"],
                "rounding": totals["cash_rounding"],
                "tenders": [{"n": 1, "kind": "cash", "amount": totals["cash_total"], "tendered": totals["cash_total"], "change": 0}],
                "tax_included": pricing["rules"]["prices_include_tax"],
                "snapshot": pricing["snapshot"],
                "priced_at": at,
                "promotions": result["discounts"],
                "coupons": list(coupons),
                **changes,
            },
        )

    def close(self, *, counted: int) -> dict[str, str]:
        return self.write("session_close", {"currency": self.currency, "counted": counted, "denominations": {}, "head": self.head})

    def goods(self, item: dict[str, Any], pieces: int = 1, **changes: Any) -> dict[str, Any]:
        """A line of `pieces` of an item of the catalogue feed."""
        quantity = pieces * 1000
        total = money.line_total(price=item["price"], price_quantity=item["price_quantity"], quantity=quantity)
        line = {
            "kind": "goods",
            "variant": item["id"],
            "sku": item["sku"],
            "gtin": item["gtins"][0] if item["gtins"] else "",
            "name": item["name"],
            "quantity": quantity,
            "unit_price": item["price"],
            "price_quantity": item["price_quantity"],
            "list_total": total,
            "discount": 0,
            "total": total,
            "tax_class": item["tax_class"],
            "tax_rate": item["tax_rate"],
            "tax": money.included_tax(amount=total, rate=item["tax_rate"]),
            "price_source": "list",
        }
        return {**line, **changes}

    def write(self, kind: str, body: dict[str, Any], **changes: Any) -> dict[str, str]:
        """One more entry at the end of the chain."""
        fields = {
            "v": 1,
            "id": str(uuid7()),
            "till": self.id,
            "epoch": self.epoch,
            "seq": self.seq + 1,
            "prev": self.head,
            "kind": kind,
            "session": self.session,
            "cashier": str(self.cashier),
            "approvals": [],
            "wall_ms": int(self.clock.timestamp() * 1000),
            "clock_offset_ms": 0,
            "snapshot": self.snapshot,
            "body": body,
        }
        entry = self.seal(json.dumps({**fields, **changes}, separators=(",", ":"), ensure_ascii=False))
        self.seq, self.head = self.seq + 1, entry["hash"]
        self.entries.append(entry)
        return entry

    def seal(self, text: str) -> dict[str, str]:
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return {"text": text, "hash": hashlib.sha256(text.encode()).hexdigest(), "sig": base64url(signature)}

    def batch(self, entries: list[dict[str, str]] | None = None) -> dict[str, Any]:
        return {"till": self.id, "epoch": self.epoch, "entries": self.entries if entries is None else entries}

    def deliver(self, entries: list[dict[str, str]] | None = None) -> list[dict[str, Any]]:
        """Sends everything, or these entries; the results."""
        status, answer = self.post(self.batch(entries))
        assert status == 200, answer
        return answer["results"]

    def post(self, batch: Any) -> tuple[int, Any]:
        return self._ask("POST", "/api/v1/till/journal", batch)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self._ask("GET", path, None, headers)

    @property
    def day(self) -> str:
        return self.clock.date().isoformat()

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        assert self.send is not None
        authorization = {"Authorization": f"Till {self.token}"} if self.token else {}
        return self.send(method, path, body, {**authorization, **(headers or {})})


def id_of(entry: dict[str, str]) -> str:
    return json.loads(entry["text"])["id"]


RULES: dict[str, Any] = {}


def compiled(pricing: dict[str, Any]) -> Any:
    if pricing["snapshot"] not in RULES:
        RULES[pricing["snapshot"]] = compile(pricing["rules"])
    return RULES[pricing["snapshot"]]


def told_facts(pricing: dict[str, Any], at: int, offline: bool, changes: dict[str, Any]) -> dict[str, Any]:
    local = datetime.fromtimestamp(at / 1000, tz=ZoneInfo(pricing["timezone"]))
    return {
        "channel": pricing["channel"],
        "store": pricing["store"],
        "weekday": local.isoweekday(),
        "minute": local.hour * 60 + local.minute,
        "customer": {"known": False, "groups": [], "segments": [], "orders": None},
        "staff": False,
        "offline": offline,
        "left": {},
        "coupons": changes.pop("known_coupons", {}),
        "exempt": None,
        "tax_quote": None,
    }


def basket_line(n: int, kind: str, item: dict[str, Any], quantity: int, fixed: dict[str, Any] | None) -> dict[str, Any]:
    base = {"list": "", "amount": item["price"], "price_quantity": item["price_quantity"], "from_quantity": 0, "group": "", "rank": 0}
    return {
        "id": n,
        "kind": kind,
        "sku": item["sku"],
        "quantity": quantity,
        "sold_by": item["sold_by"],
        "tax_class": item["tax_class"],
        "prices": [{**base, "starts_at": None, "ends_at": None}, *item.get("offers", [])],
        "facets": item["facets"] if kind == "goods" else [],
        "fixed": fixed,
    }


def body_line(thing: tuple[Any, ...], line: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    kind, item, quantity, _fixed = thing
    same = ("unit_price", "price_quantity", "list_total", "discount", "total", "tax", "taxes", "allocation")
    return {
        "kind": kind,
        "variant": item["id"],
        "sku": item["sku"],
        "gtin": "",
        "name": item["name"],
        "quantity": quantity,
        **{name: line[name] for name in same},
        "tax_class": item["tax_class"],
        "tax_rate": line["taxes"][0]["rate"] if len(line["taxes"]) == 1 else 0,
        "price_source": line["list"] or "base",
        "discounts": [{**off, "name": names[off["promotion"]]} for off in line["discounts"]],
    }
