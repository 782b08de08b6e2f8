"""The same thing done by many at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from django.db import connection


def in_threads(count, work):
    """Every call of work(n) at once, each with its own connection; the first failure is raised here."""
    start = Barrier(count, timeout=60)

    def run(n):
        try:
            connection.ensure_connection()
            start.wait()
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def until_somebody_waits(*, seconds=10.0):
    """Returns when another connection to this database waits for a lock."""
    nothing = Event()
    for _ in range(int(seconds * 100)):
        with connection.cursor() as cursor:
            # Within a transaction the view would else stay as it was first seen.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
        nothing.wait(0.01)
    raise AssertionError(f"nobody waited for a lock within {seconds} s")
