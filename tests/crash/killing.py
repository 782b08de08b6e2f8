"""Ending the parts of a running product, and the proof that they ended: a kill that left no trace has not happened."""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.chaos.processes import alive, end_all, tree_of, works_in
from tests.crash.plan import ANYWHERE, POSTGRES, Kill
from tests.stack import Stack

REACHED_WITHIN = 45.0
TRIES = 3
DEAD_WITHIN = 10.0
BACK_WITHIN = 180.0
ANSWERS_WITHIN = 30.0
POLL = 0.02


class NotReached(Exception):
    """Nobody came by the point in time."""


@dataclass
class Killing:
    """`points`: the directory of armed points. `answers()`: how many answers clients have got so far."""

    stack: Stack
    points: Path
    answers: Callable[[], int]
    executed: Counter[str] = field(default_factory=Counter)
    proofs: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lane(self, kills: list[Kill]) -> None:
        """One part's ends, one after the other, each when clients have got answers since it was back."""
        waiting = [(kill, TRIES) for kill in kills]
        while waiting:
            kill, tries = waiting.pop(0)
            try:
                self._until_answers(kill.answers)
                self._done(kill, self._by_hand(kill) if kill.point == ANYWHERE else self._at_point(kill))
            except NotReached:
                # Nobody happened to come by: once more when the others have had their turn.
                waiting += [(kill, tries - 1)] if tries > 1 else []
            except AssertionError as error:
                with self._lock:
                    self.failed.append(f"{kill.kind}: {error}")

    def _until_answers(self, more: int) -> None:
        """Where everything is down just now, it is no reason to wait for ever."""
        wanted, until = self.answers() + more, time.monotonic() + ANSWERS_WITHIN
        while self.answers() < wanted and time.monotonic() < until:
            time.sleep(POLL)

    def _by_hand(self, kill: Kill) -> str:
        pid = self._pid(kill.part)
        if kill.part == POSTGRES:
            assert works_in(pid) == (self.stack.var / "postgres").resolve(), "that is not our database"
        pids = tree_of(pid)
        assert pids, f"{kill.part} was not there to be killed"
        end_all(pids)
        return f"{pid} and what it started ({len(pids)} processes), now {self._back(kill.part, pid)}"

    def _at_point(self, kill: Kill) -> str:
        main = self._pid(kill.part)
        before = set(tree_of(main))
        name = f"{kill.at}.{kill.point}.{kill.number}"
        self._arm(name, victim=main if kill.part != kill.at else 0)
        who = self._who_came_by(name)
        victim = main if kill.part != kill.at else who
        self._must_be_dead(victim, name)
        if victim == main:
            return f"{main} when {who} came by, now {self._back(kill.part, main)}"
        self._wait(lambda: self._replaced(kill.part, before), BACK_WITHIN, f"nothing came in the place of {who}")
        return f"{who} of {main}"

    def _must_be_dead(self, victim: int, name: str) -> None:
        """Whoever came by may have been ended by another lane before it could do it."""
        until = time.monotonic() + DEAD_WITHIN
        while alive(victim):
            if time.monotonic() > until:
                for taken in self.points.with_name("taken").glob(f"{name}.*"):
                    taken.unlink()
                raise NotReached(f"{victim} is still alive")
            time.sleep(POLL)

    def _pid(self, part: str) -> int:
        """Its main process; a part that is just being started again is waited for."""
        self._wait(lambda: alive(self.stack.pids.get(part, 0)), BACK_WITHIN, f"{part} is not there")
        return self.stack.pids[part]

    def _arm(self, name: str, *, victim: int) -> None:
        fresh = self.points.with_name("fresh") / name
        fresh.write_text(json.dumps({"victim": victim}))
        os.replace(fresh, self.points / name)

    def _who_came_by(self, name: str) -> int:
        until = time.monotonic() + REACHED_WITHIN
        taken = self.points.with_name("taken")
        while not (found := list(taken.glob(f"{name}.*"))):
            if time.monotonic() > until:
                (self.points / name).unlink(missing_ok=True)
                raise NotReached(f"nobody came by within {REACHED_WITHIN:.0f} s")
            time.sleep(POLL)
        return int(found[0].name.rpartition(".")[2])

    def _replaced(self, part: str, before: set[int]) -> bool:
        """A process of it runs that did not run before: its main one, or one that the main one has started."""
        return bool(set(tree_of(self.stack.pids.get(part, 0))) - before)

    def _back(self, part: str, of: int) -> int:
        self._wait(lambda: self.stack.pids.get(part) not in (None, of) and self._stands(part), BACK_WITHIN, f"{part} is not back")
        return self.stack.pids[part]

    def _stands(self, part: str) -> bool:
        if part in ("worker", "relay"):
            return (self.stack.var / "ready" / part).exists()
        if part == POSTGRES:
            return self._database_answers()
        return self.stack.status("/readyz") == 200

    def _database_answers(self) -> bool:
        """By itself: the web may be down just now."""
        try:
            with psycopg.connect(self.stack.settings["DATABASE_URL"], connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _wait(self, true: Callable[[], bool], seconds: float, what: str) -> None:
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"{what} after {seconds:.0f} s"
            time.sleep(POLL)

    def _done(self, kill: Kill, proof: str) -> None:
        with self._lock:
            self.executed[kill.kind] += 1
            self.proofs.append(f"{kill.number} {kill.kind}: {proof}")
            self.last = time.monotonic()
