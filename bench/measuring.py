"""What one call costs: CPU of this process and of its database backends, statements, wall time."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
Call = Callable[[], Any]


@dataclass
class Operation:
    """`call` makes one request with parameters of its own choosing; `floor` the least that could answer it."""

    name: str
    call: Call
    floor: Call
    # Calls in one round; units a call (the sales of one batch).
    times: int = 200
    units: int = 1
    # What goes before each call and does not count.
    before: Call | None = None


@dataclass
class Figures:
    cpu: list[float] = field(default_factory=list)
    floor_cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    statements: float = 0.0

    def told(self) -> dict[str, Any]:
        cpu, floor = statistics.median(self.cpu), statistics.median(self.floor_cpu)
        marks = statistics.quantiles(self.wall, n=100)
        return {
            "cpu_ms": round(cpu, 2),
            "statements": round(self.statements, 2),
            "p50_ms": round(marks[49], 2),
            "p95_ms": round(marks[94], 2),
            "floor_cpu_ms": round(floor, 2),
            "ratio": round(cpu / floor, 2) if floor else None,
        }


class Web:
    """Requests straight into the WSGI application, as the server hands them over."""

    def __init__(self, application: Any, **headers: str) -> None:
        self.application = application
        self.headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}

    def __call__(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": "localhost",
            # What the proxy in front says: the person's own line is encrypted.
            "HTTP_X_FORWARDED_PROTO": "https",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": None,
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
            **self.headers,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        answer: dict[str, Any] = {}

        def start(status: str, given: list[tuple[str, str]], *_: Any) -> None:
            answer.update(status=int(status[:3]), headers=dict(given))

        response = self.application(environ, start)
        content = b"".join(response)
        response.close()
        return answer["status"], content, answer["headers"]


def backends() -> list[int]:
    """Of this run's database, the one that asks included; not what cleans up behind them now and then, and goes again."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'")
        return [pid for (pid,) in cursor]


def cpu_of(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def cpu_per_call(call: Call, *, times: int, before: Call | None = None, wall: list[float] | None = None) -> float:
    """Milliseconds of CPU a call. The backends' clock ticks a hundred times a second: use enough calls."""
    pids = backends()
    spent = 0.0
    database = cpu_of(pids)
    for _ in range(times):
        if before:
            before()
        python, started = time.process_time(), time.perf_counter()
        call()
        spent += time.process_time() - python
        if wall is not None:
            wall.append((time.perf_counter() - started) * 1000)
    return (spent + cpu_of(pids) - database) / times * 1000


def statements_per_call(call: Call, *, times: int, before: Call | None = None) -> float:
    from django.db import connection

    counted = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(sql, params, many, context)

    for _ in range(times):
        if before:
            before()
        with connection.execute_wrapper(count):
            call()
    return counted / times


def measure(operations: list[Operation], *, rounds: int) -> dict[str, dict[str, Any]]:
    """Floor and product in turns, round by round; the first round warms up and is thrown away."""
    figures = {operation.name: Figures() for operation in operations}
    for turn in range(rounds + 1):
        for operation in operations:
            found = figures[operation.name]
            wall: list[float] = []
            floor = cpu_per_call(operation.floor, times=operation.times)
            cpu = cpu_per_call(operation.call, times=operation.times, before=operation.before, wall=wall)
            if turn:
                found.cpu.append(cpu / operation.units)
                found.floor_cpu.append(floor / operation.units)
                found.wall += wall
    for operation in operations:
        figures[operation.name].statements = statements_per_call(operation.call, times=min(operation.times, 50), before=operation.before)
    return {name: found.told() for name, found in figures.items()}
