"""Two transactions taken through every order in which their statements can meet.

Each runs in its own thread and stops before every statement and before its commit, until it is its turn. One that waits for a
lock of the other is left waiting: its turns are for the other until it goes on.
"""

import threading
import time
from itertools import combinations

from django.db import connection, transaction

PATIENCE = 20


class Actor:
    """work() in one transaction on its own connection; `outcome` is what it returned, or the name of what it raised."""

    def __init__(self, work):
        self.work, self.outcome, self.steps, self.pid = work, None, 0, None
        self.turn, self.stopped = threading.Semaphore(0), threading.Event()
        self.done = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        assert self.stopped.wait(PATIENCE)
        return self

    def _run(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("select pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            try:
                with transaction.atomic():
                    with connection.execute_wrapper(self._statement):
                        self.outcome = self.work()
                    self._stop()
            except Exception as error:
                self.outcome = type(error).__name__
        finally:
            connection.close()
            self.done = True
            self.stopped.set()

    def _statement(self, execute, sql, params, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self._stop()
        return execute(sql, params, many, context)

    def _stop(self):
        self.stopped.set()
        assert self.turn.acquire(timeout=PATIENCE)

    def go(self):
        """Lets it take its next step, and returns when it stands again: stopped, ended, or behind a lock."""
        self.steps += 1
        self.stopped.clear()
        self.turn.release()
        self.settle()

    def settle(self):
        until = time.monotonic() + PATIENCE
        while not self.stopped.wait(0.002):
            if self.waits():
                return
            assert time.monotonic() < until, "neither goes on nor waits"

    def waits(self):
        with connection.cursor() as cursor:
            cursor.execute("select cardinality(pg_blocking_pids(%s)) > 0", [self.pid])
            return cursor.fetchone()[0] and not self.stopped.is_set()


def together(first, second, order):
    """`order`: whose turn it is, 0 or 1, step by step. The two outcomes, and how many steps each took."""
    actors = [Actor(first).start(), Actor(second).start()]
    for number in order:
        _turn(actors, number)
    while not all(actor.done for actor in actors):
        _turn(actors, 0 if not actors[0].done else 1)
    return [actor.outcome for actor in actors], [actor.steps for actor in actors]


def _turn(actors, number):
    """The actor's own turn, or the other's where it stands behind its lock."""
    for actor in (actors[number], actors[1 - number]):
        if not actor.done and actor.stopped.is_set():
            actor.go()
            break
    for actor in actors:
        # What went on because the other let go of a lock.
        if not actor.done and not actor.stopped.is_set():
            actor.settle()


def orders(first, second):
    """Every way to lay `first` steps of one between `second` of the other."""
    for places in combinations(range(first + second), first):
        yield [0 if n in places else 1 for n in range(first + second)]
