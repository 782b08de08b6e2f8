"""Database connections of the pool, checked before each use without asking the server."""

import re
import select
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, _queries
from psycopg._preparing import PrepareManager
from psycopg.pq import TransactionStatus

PING = ""
# How long a statement may be to be taken apart only once: 4,096 characters are psycopg's own measure, ours are up to twice as long.
_queries.MAX_CACHED_STATEMENT_LENGTH = 16_384
ENDS_PLANS = re.compile(rb"^(?:DROP|ALTER|DISCARD ALL|DEALLOCATE ALL)\b")


class Plans(PrepareManager):
    """Statements stay prepared when a transaction is given up. psycopg forgets them all then, for tables might have been made in it: this
    product makes none beside its migrations, and a request that is refused would leave its connection to plan everything anew."""

    def _should_discard(self, prep: Any, results: Sequence[Any]) -> bool:
        return super()._should_discard(prep, results, ENDS_PLANS.match)


class PooledConnection(Connection[Any]):
    """A server that went away has closed its end, and a closed end can be read at once. So the pool's check asks the server
    only where there is something to read: a round trip less for every request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared = Plans()

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
