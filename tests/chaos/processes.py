"""Processes of our own, by pid: found by what they were started with, ended with all that came of them."""

import os
import signal
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def with_argument(argument: str) -> int:
    """The oldest process that was started with it; 0 when there is none."""
    found = [pid for pid in _pids() if argument.encode() in _command(pid)]
    return min(found, key=_age, default=0)


def tree_of(pid: int) -> list[int]:
    """The process and everything it started, itself first; nothing when it is gone."""
    parents = {one: _parent(one) for one in _pids()}
    if not pid or parents.get(pid) is None:
        return []
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def end_all(pids: list[int]) -> None:
    """The first stands still before its children go, so that it starts no new ones."""
    for pid, number in [(pids[0], signal.SIGSTOP), *((pid, signal.SIGKILL) for pid in reversed(pids))]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def alive(pid: int) -> bool:
    return _fields(pid)[:1] not in ([], ["Z"], ["X"])


def works_in(pid: int) -> Path:
    return (PROC / str(pid) / "cwd").resolve()


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _command(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _fields(pid: int) -> list[str]:
    """Of /proc/PID/stat, from the state on: state, ppid, …"""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(pid: int) -> int | None:
    fields = _fields(pid)
    return int(fields[1]) if fields and fields[0] not in ("Z", "X") else None


def _age(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[19]) if fields else 0
