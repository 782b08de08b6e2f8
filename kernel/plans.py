"""How PostgreSQL plans what is asked of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def planned_for_its_values() -> Iterator[None]:
    """Statements in here are planned anew each time. A question narrowed to a few rows and one narrowed to nearly all need different
    plans, and a prepared statement settles on one for both after some rounds: at 100,000 rows that is half a second."""
    connection.ensure_connection()
    held: Any = connection.connection
    before, held.prepare_threshold = held.prepare_threshold, None
    try:
        yield
    finally:
        held.prepare_threshold = before
