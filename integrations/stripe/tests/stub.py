"""A server that speaks as Stripe does, for the few things we ask: shapes are those of Stripe's own published samples."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

INTENT = {
    "object": "payment_intent", "amount": 1099, "amount_capturable": 0, "amount_received": 0, "capture_method": "automatic", "client_secret": "s",
    "created": 1234567890, "currency": "usd", "last_payment_error": None, "latest_charge": None, "livemode": False, "metadata": {},
    "next_action": None, "payment_method": None, "status": "requires_payment_method",
}  # fmt: skip
CHARGE = {
    "object": "charge", "id": "ch_1", "amount_refunded": 0, "billing_details": {"name": "Jenny Rosen"},
    "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}, "type": "card"},
}  # fmt: skip
REFUND = {"object": "refund", "amount": 100, "created": 1234567890, "currency": "usd", "metadata": {}, "payment_intent": None, "status": "succeeded"}
DECLINED = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "message": "Your card has insufficient funds."}


class Stripe(ThreadingHTTPServer):
    """`asked`: every request as (method, path, fields, idempotency key). `drops`: the next so many answers are lost after the deed."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Door)
        self.asked, self.intents, self.refunds, self.kept, self.drops = [], {}, {}, {}, 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


def unflattened(text: str) -> dict:
    """metadata[key]=1 as {"metadata": {"key": "1"}}."""
    fields: dict = {}
    for name, value in parse_qsl(text):
        outer, _, inner = name.partition("[")
        if inner and inner != "0]":
            fields.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            fields[outer] = value
    return fields


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.serve("GET", unflattened(urlsplit(self.path).query))

    def do_POST(self):
        self.serve("POST", unflattened(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))

    def serve(self, method, fields):
        key, steps = self.headers.get("Idempotency-Key", ""), urlsplit(self.path).path.split("/")[2:]
        self.server.asked.append((method, "/".join(steps), fields, key))
        if method == "POST" and key in self.server.kept:
            status, body = self.server.kept[key]
        else:
            status, body = self.answer(method, steps, fields)
            if method == "POST":
                self.server.kept[key] = (status, body)
        if self.server.drops:
            self.server.drops -= 1
            self.close_connection = True
            return
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer(self, method, steps, fields):
        intents, refunds = self.server.intents, self.server.refunds
        match method, steps:
            case "POST", ["payment_intents"]:
                return self.created(fields)
            case "GET", ["payment_intents"]:
                return 200, {"object": "list", "data": list(intents.values()), "has_more": False, "url": "/v1/payment_intents"}
            case "GET", ["payment_intents", id] if id in intents:
                return 200, intents[id]
            case "POST", ["payment_intents", id, what] if id in intents:
                return self.changed(intents[id], what, fields)
            case "POST", ["refunds"]:
                row = REFUND | {"id": f"re_{len(refunds) + 1}", "amount": int(fields["amount"]), "metadata": fields["metadata"]}
                refunds[row["id"]] = row | {"payment_intent": fields["payment_intent"]}
                return 200, refunds[row["id"]]
            case "GET", ["refunds"]:
                return 200, {"object": "list", "data": list(refunds.values()), "has_more": False, "url": "/v1/refunds"}
        return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such thing"}}

    def created(self, fields):
        intents = self.server.intents
        row = INTENT | {
            "id": f"pi_{len(intents) + 1}",
            "amount": int(fields["amount"]),
            "currency": fields["currency"],
            "metadata": fields["metadata"],
        }
        intents[row["id"]] = row
        if fields["payment_method"] == "pm_declined":
            row |= {"last_payment_error": DECLINED}
            return 402, {"error": DECLINED | {"payment_intent": row}}
        held = fields["capture_method"] == "manual"
        status = "requires_action" if fields["payment_method"] == "pm_3ds" else "requires_capture" if held else "succeeded"
        row |= {"status": status, "amount_received": row["amount"] if status == "succeeded" else 0, "latest_charge": CHARGE}
        return 200, row

    def changed(self, row, what, fields):
        possible = {"capture": ("requires_capture",), "cancel": ("requires_capture", "requires_action", "requires_payment_method")}
        if row["status"] not in possible[what]:
            error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "message": "no"}
            return 400, {"error": error | {"payment_intent": row}}
        amount = int(fields.get("amount_to_capture", 0))
        row |= {"status": "succeeded", "amount_received": amount} if what == "capture" else {"status": "canceled"}
        return 200, row
