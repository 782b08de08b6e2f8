"""What is tried again, so that nobody meets a deadlock."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import OperationalError, connection

from kernel.errors import Conflict

P = ParamSpec("P")
R = TypeVar("R")

# deadlock_detected, serialization_failure: nothing happened, and nothing was wrong with it.
PASSING: Final = frozenset({"40P01", "40001"})
TRIES: Final = 4


class StockBusy(Conflict):
    """Others moved the same goods in another order. Nothing happened; the same again can succeed."""

    code = "stock_busy"
    title = "The same goods are being moved by others: try again"


def patient(service: Callable[P, R]) -> Callable[P, R]:
    """Alone, a service that PostgreSQL ended for another's sake starts again; inside a caller's transaction only the caller can.

    Levels are locked in one order, so this is the second line: for callers who put several services into one transaction.
    """

    @wraps(service)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for left in range(TRIES)[::-1]:
            try:
                return service(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in PASSING:
                    raise
                if connection.in_atomic_block or not left:
                    raise StockBusy from error
        raise AssertionError("the last try returns or raises")

    return tried
