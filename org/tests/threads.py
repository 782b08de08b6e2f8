"""The same thing done by many at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

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
