"""Processes by pid and start time: a pid alone may long belong to somebody else."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PROC = Path("/proc")


def started_at(pid: int) -> str:
    """What distinguishes this process from a later one under the same pid; empty when there is none (a zombie counts as gone)."""
    if PROC.joinpath("self/stat").exists():
        fields = _stat(pid)
        if not fields or fields[0] in {"Z", "X"}:
            return ""
        return f"{_boot()}/{fields[19]}"
    # No /proc (macOS): the start time as ps tells it.
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.split(maxsplit=1)
    return told[1].strip() if len(told) == 2 and not told[0].startswith("Z") else ""


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state onwards: state, ppid, pgrp, session, …"""
    try:
        return PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _boot() -> str:
    try:
        return PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return ""


def record_of(pid: int) -> dict[str, Any]:
    return {"pid": pid, "started": started_at(pid)}


def alive(record: dict[str, Any]) -> bool:
    return bool(record.get("started")) and started_at(int(record["pid"])) == record["started"]


def group_survives(record: dict[str, Any]) -> bool:
    """The recorded process or any member of the group it led. A pid is not given out again while a group of that number exists."""
    if not record.get("started") or not str(record["started"]).startswith(_boot()):
        return False
    pid = int(record["pid"])
    now = started_at(pid)
    if now:
        return now == record["started"]
    return _group_exists(pid)


def _group_exists(group: int) -> bool:
    if not PROC.joinpath("self/stat").exists():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, 0)
            return True
        return False
    members = (_stat(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
    return any(fields and fields[0] not in {"Z", "X"} and fields[2] == str(group) for fields in members)


def signal_group(record: dict[str, Any], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(int(record["pid"]), number)


def end_leftovers(records: dict[str, dict[str, Any]], *, gently: dict[str, int], seconds: float = 8) -> list[str]:
    """End what an earlier run left behind: first asked, then killed. Returns their names."""
    left = {name: record for name, record in records.items() if group_survives(record)}
    for name, record in left.items():
        signal_group(record, gently.get(name, signal.SIGTERM))
    if not gone(left, seconds=seconds):
        for record in left.values():
            if group_survives(record):
                signal_group(record, signal.SIGKILL)
        gone(left, seconds=2)
    return list(left)


def gone(records: dict[str, dict[str, Any]], *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while any(group_survives(record) for record in records.values()):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
