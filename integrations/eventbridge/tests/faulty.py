"""A proxy on loopback in front of the AWS emulator that throttles, fails halves, and loses answers, as planned."""

import json
import socket
import struct
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

PASS, THROTTLE, HALF, RESET, ERROR, GARBAGE = "pass", "throttle", "half", "reset after accept", "error", "garbage"


class FaultyProxy:
    """Answers each call by the next of `plan`; when the plan is used up, calls go through."""

    def __init__(self, target, plan):
        self.target = target
        self.plan = list(plan)
        self.injected = Counter()
        self.sizes = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def handler(self):
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                proxy.sizes.append(len(body["Entries"]))
                fault = proxy.plan.pop(0) if proxy.plan else PASS
                proxy.injected[fault] += 1
                proxy.answer(self, fault, body)

            def log_message(self, *_):
                pass

        return Handler

    def answer(self, request, fault, body):
        if fault == THROTTLE:
            self.reply(request, 400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
        elif fault == ERROR:
            self.reply(request, 500, {"__type": "InternalFailure", "message": "Internal failure"})
        elif fault == GARBAGE:
            self.reply(request, 200, "<html>a proxy's login page</html>")
        elif fault == HALF:
            self.reply(request, 200, self.half(request, body))
        else:
            told = self.forward(request, body)
            self.drop(request) if fault == RESET else self.reply(request, 200, told)

    def half(self, request, body):
        """Every second entry is refused inside a 200; the others really go in."""
        kept = body["Entries"][::2]
        told = iter(self.forward(request, {**body, "Entries": kept})["Entries"])
        refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
        results = [refused if number % 2 else next(told) for number in range(len(body["Entries"]))]
        return {"FailedEntryCount": len(results) - len(kept), "Entries": results}

    def forward(self, request, body):
        headers = {name: request.headers[name] for name in ("Content-Type", "X-Amz-Target", "Authorization", "X-Amz-Date")}
        with urlopen(Request(self.target, data=json.dumps(body).encode(), headers=headers), timeout=10) as answer:
            return json.loads(answer.read())

    def reply(self, request, status, told):
        body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/x-amz-json-1.1")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def drop(self, request):
        """A reset, not an orderly end: unread data is thrown away on both sides."""
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.connection.close()
        request.close_connection = True
        request.wfile = open("/dev/null", "wb")  # noqa: SIM115 - the handler flushes it when it ends
