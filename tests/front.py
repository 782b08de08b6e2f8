"""The till of another release before the server of this one: one address, and what it answers is ours to say."""

import http.client
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
PACKAGES = Path(__file__).resolve().parent.parent / "node_modules"
# What a kept release takes from packages of others is theirs: it comes from where it is installed.
BESIDE = {"static/vendor/idb/": "idb/build/index.js", "static/vendor/lit-html/": "lit-html/lit-html.js"}
Answer = tuple[int, dict[str, str], bytes]
Release = Callable[[str, Callable[[], Answer]], Answer]


def as_served(path: str, ask: Callable[[], Answer]) -> Answer:
    return ask()


def kept(archive: Path) -> Release:
    """The till's page, worker and files as a release served them, with the policy it had."""
    with tarfile.open(archive) as packed:
        files = {name: packed.extractfile(name).read() for name in packed.getnames()}  # type: ignore[union-attr]
    policy = files.pop("policy.txt").decode()

    def answer(path: str, ask: Callable[[], Answer]) -> Answer:
        name = path.lstrip("/") + ("index.html" if path.endswith("/") else "")
        package = next((source for folder, source in BESIDE.items() if name.startswith(folder)), None)
        if package:
            return 200, {"Content-Type": KINDS[".js"]}, (PACKAGES / package).read_bytes()
        if name not in files:
            return ask()
        headers = {"Content-Type": KINDS[Path(name).suffix], "Cache-Control": "no-cache"}
        return 200, headers | ({"Content-Security-Policy": policy} if name.startswith("pos/") else {}), files[name]

    return answer


def renamed(before: str, after: str) -> Release:
    """This release under another name: to a browser it is another."""

    def answer(path: str, ask: Callable[[], Answer]) -> Answer:
        status, headers, body = ask()
        return status, headers, body.replace(before.encode(), after.encode()) if path in ("/pos/", "/pos/sw.js") else body

    return answer


@dataclass
class Front:
    """`down`: nothing answers. `takes_entries`: whether the journal's door does. Change them at any time."""

    behind: str
    release: Release = as_served
    down: bool = False
    takes_entries: bool = True
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        self.asked.append(f"{method} {path}")
        if method == "POST" and path.endswith("/journal") and not self.takes_entries:
            return 503, {"Content-Type": "application/json"}, b"{}"
        return (
            self.release(urlsplit(path).path, lambda: self._ask(method, path, headers, body))
            if method == "GET"
            else self._ask(method, path, headers, body)
        )

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        place = urlsplit(self.behind)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "origin", "accept-encoding", "connection")}
            connection.request(method, path, body=body, headers={**kept, "Host": place.netloc})
            answer = connection.getresponse()
            return answer.status, {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}, answer.read()
        finally:
            connection.close()


@contextmanager
def in_front_of(url: str) -> Iterator[Front]:
    front = Front(behind=url)

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request() or front.down:
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            status, headers, told = front.answer(self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(told))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *words: object) -> None:
            """`asked` has it."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A browser that went away is no error of ours."""

    server = Server(("127.0.0.1", 0), Handler)
    front.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
