"""Keeps the parts running, starts one again when it ends, ends them all together."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from commerce.run.children import told_last
from commerce.run.places import Places
from commerce.run.processes import end_leftovers, gone, group_survives, record_of, signal_group
from commerce.run.refusal import CannotStart

PIDS = "pids.json"
SHORTEST_WAIT = 0.5
LONGEST_WAIT = 30.0
# Alive for this long: the next end counts as the first.
STEADY = 60.0
TRIES_BEFORE_READY = 3


@dataclass
class Part:
    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    end_signal: int = signal.SIGTERM
    # Ended after the others have ended: they still need it.
    store: bool = False
    process: subprocess.Popen[bytes] | None = None
    record: dict[str, object] = field(default_factory=dict)
    since: float = 0.0
    failures: int = 0
    again_at: float = 0.0


class Supervisor:
    def __init__(self, *, places: Places, say: Callable[[str], None]) -> None:
        self.places, self.say = places, say
        self.parts: dict[str, Part] = {}
        self.ready = False

    def start(self, part: Part) -> Part:
        self.parts[part.name] = part
        self._spawn(part)
        return part

    def _spawn(self, part: Part) -> None:
        part.process = part.start()
        part.record = record_of(part.process.pid)
        part.since = time.monotonic()
        self.keep_pids()

    def keep_pids(self) -> None:
        """Written before anything else happens to the child: after a SIGKILL of ours, the next start ends what these lines name."""
        children = {part.name: part.record | {"signal": int(part.end_signal)} for part in self.parts.values() if part.record}
        self.places.keep(PIDS, children)

    def look(self) -> None:
        """One round: a part that ended is cleared away with its whole group (its children may hold the port), then started after a wait."""
        now = time.monotonic()
        for part in self.parts.values():
            if part.process is None:
                if now >= part.again_at:
                    self._spawn(part)
            elif part.process.poll() is not None:
                self._ended(part, now=now)

    def _ended(self, part: Part, *, now: float) -> None:
        assert part.process is not None
        code = part.process.returncode
        signal_group(part.record, signal.SIGKILL)
        gone({part.name: part.record}, seconds=2)
        part.process = None
        part.failures = 1 if now - part.since > STEADY else part.failures + 1
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        if not self.ready and part.failures >= TRIES_BEFORE_READY:
            log = self.places.log / f"{part.name}.log"
            raise CannotStart(f"{part.name} ended {how} {part.failures} times: {told_last(log)} (all of it: {log})")
        wait = min(SHORTEST_WAIT * 2 ** (part.failures - 1), LONGEST_WAIT)
        part.again_at = now + wait
        if self.ready:
            self.say(f"{part.name} ended {how}: starting it again in {wait:g} s")

    def up(self, name: str) -> bool:
        process = self.parts[name].process
        return process is not None and process.poll() is None

    def stop(self) -> None:
        """What serves people first, all at once; then the stores they wrote to."""
        for stores, seconds in ((False, 10.0), (True, 15.0)):
            self._stop([part for part in self.parts.values() if part.store is stores and part.process is not None], seconds=seconds)
        self.places.forget(PIDS)

    def _stop(self, parts: list[Part], *, seconds: float) -> None:
        for part in parts:
            if part.process is not None and part.process.poll() is None:
                part.process.send_signal(part.end_signal)
        until = time.monotonic() + seconds
        while any(part.process is not None and part.process.poll() is None for part in parts) and time.monotonic() < until:
            time.sleep(0.02)
        for part in parts:
            # A main process that is gone may have left children; one that is not gone has had its time.
            if group_survives(part.record):
                signal_group(part.record, signal.SIGKILL)
            if part.process is not None:
                part.process.wait()


def end_what_was_left(places: Places) -> list[str]:
    records = places.state(PIDS)
    ended = end_leftovers(records, gently={name: int(record.get("signal", signal.SIGTERM)) for name, record in records.items()})
    places.forget(PIDS)
    return ended
