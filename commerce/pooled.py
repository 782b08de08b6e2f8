"""Database connections of the pool, checked before each use without asking the server."""

import select
from typing import Any

from psycopg import Connection, _queries
from psycopg._preparing import PrepareManager
from psycopg.pq import TransactionStatus

PING = ""
# How long a statement may be to be taken apart only once: 4,096 characters are psycopg's own measure, ours are up to twice as long.
_queries.MAX_CACHED_STATEMENT_LENGTH = 16_384


class Plans(PrepareManager):
    """What is prepared, for as long as it is `keeping` also where psycopg forgets it."""

    keeping = False

    def clear(self) -> bool:
        return False if self.keeping else super().clear()


class PooledConnection(Connection[Any]):
    """A server that went away has closed its end, and a closed end can be read at once. So the pool's check asks the server
    only where there is something to read: a round trip less for every request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared: Plans = Plans()

    def rollback(self) -> None:
        """psycopg forgets all that was prepared, for tables might have been made and are gone. None are while a shop is open, and a request
        that is refused would leave its connection to plan everything anew. After an error of the database it is right to."""
        self._prepared.keeping = self.pgconn.transaction_status == TransactionStatus.INTRANS
        try:
            super().rollback()
        finally:
            self._prepared.keeping = False

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        if query == PING and not self.closed and not heard(self.fileno()):
            return None
        return super().execute(query, *args, **kwargs)

    def set_autocommit(self, value: bool) -> None:
        """Django says it again to every connection that the pool hands out; where it is so already, there is nothing to wait for."""
        if value != self.autocommit or self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().set_autocommit(value)


def heard(socket: int) -> bool:
    waiting = select.poll()
    waiting.register(socket, select.POLLIN)
    return bool(waiting.poll(0))
