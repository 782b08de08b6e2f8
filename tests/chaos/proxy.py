"""The line between browser and web, as bad as asked: what is dropped, cut, refused or held up is counted here."""

import asyncio
import contextlib
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field

JOURNAL = "/api/v1/till/journal"
WORKER = "/pos/sw.js"
PAGE = "/pos/"
# What the worker calls its release; the page names the same.
VERSION = re.compile(rb'VERSION\s*=\s*"([^"]+)"')
# Longer than any client waits; it leaves before.
STALL_SECONDS = 30
# Whoever leaves earlier has died rather than given up.
PATIENCE_SECONDS = 9
ERRORS = {"error_500": b"500 Internal Server Error", "error_503": b"503 Service Unavailable"}
# The server has done its work before the line fails.
AFTER_COMMIT = frozenset({"drop_after", "error_500", "cut", "stall_after"})


class Gone(Exception):
    """The other side of this connection is not there any more, or shall not be."""


@dataclass(frozen=True, slots=True)
class Request:
    head: bytes
    body: bytes

    @property
    def line(self) -> tuple[str, str]:
        method, path = self.head.split(b" ", 2)[:2]
        return method.decode(), path.decode().partition("?")[0]

    @property
    def once(self) -> bytes:
        """To be answered on a connection that ends with it."""
        kept = [line for line in self.head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + self.body


@dataclass
class Proxy:
    """`faults`: one for each coming request that carries entries, in their order. `upstream` is a port of this machine."""

    upstream: int
    port: int = 0
    online: bool = True
    # Only entries are kept from the server; everything else passes.
    holds_entries: bool = False
    worker_release: int = 0
    faults: deque[str] = field(default_factory=deque)
    executed: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    _release: bytes = b""
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> "Proxy":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve_one(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (Gone, OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        request = Request(head, await reader.readexactly(int(length[1])) if length else b"")
        is_entries = request.line == ("POST", JOURNAL)
        if not self.online or (self.holds_entries and is_entries):
            self.seen["refused"] += 1
            raise Gone
        self.seen["entries" if is_entries else "other"] += 1
        fault = self.faults.popleft() if is_entries and self.faults else ""
        done = self.executed[fault]
        try:
            writer.write(await self._answer(request, fault, reader))
            await writer.drain()
            if fault:
                self.executed[fault] += 1
        finally:
            # The server had no answer, or the page died meanwhile: the fault is still to come.
            if fault and self.executed[fault] == done:
                self.faults.appendleft(fault)
        if fault == "cut":
            raise Gone

    async def _answer(self, request: Request, fault: str, client: asyncio.StreamReader) -> bytes:
        answer = b""
        if not fault or fault in AFTER_COMMIT:
            answer = await self._forwarded(request, fault)
        if fault.startswith("drop"):
            self.executed[fault] += 1
            raise Gone
        if fault.startswith("stall"):
            await self._wait_for_end(client, fault)
        if fault in ERRORS:
            return b"HTTP/1.1 " + ERRORS[fault] + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        if fault == "cut":
            body = answer.index(b"\r\n\r\n") + 4
            return answer[: body + (len(answer) - body) // 2]
        path = request.line[1]
        return self._renewed(answer, path) if path in (WORKER, PAGE) else answer

    async def _forwarded(self, request: Request, fault: str) -> bytes:
        """A fault that needs the server's work has not happened where the server did none."""
        answer = await self._ask(request)
        if not answer or (fault and not answer.startswith(b"HTTP/1.1 200")):
            raise Gone
        return answer

    async def _ask(self, request: Request) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            writer.write(request.once)
            return await reader.read(-1)
        finally:
            writer.close()

    async def _wait_for_end(self, client: asyncio.StreamReader, fault: str) -> None:
        """Done when the client has given up by itself."""
        began = time.monotonic()
        async with asyncio.timeout(STALL_SECONDS):
            await client.read(1)
        if time.monotonic() - began > PATIENCE_SECONDS:
            self.executed[fault] += 1
        raise Gone

    def _renewed(self, answer: bytes, path: str) -> bytes:
        """The page and its worker under another release: same behaviour, another name, so it is fetched and kept anew."""
        head, _, body = answer.partition(b"\r\n\r\n")
        if path == WORKER and (told := VERSION.search(body)):
            self._release = told[1]
        if not self.worker_release or not self._release or not answer.startswith(b"HTTP/1.1 200"):
            return answer
        kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-length:", b"etag:"))]
        body = body.replace(self._release, self._release + b"-%d" % self.worker_release)
        self.seen["worker_renewed"] += path == WORKER
        return b"\r\n".join([*kept, b"Content-Length: %d" % len(body), b"", b""]) + body
