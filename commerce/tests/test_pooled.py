"""A pooled connection is known to be broken before it is used."""

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from commerce.pooled import PooledConnection


@pytest.fixture
def pool(db):
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with ConnectionPool(
        kwargs={**parameters, "autocommit": True}, connection_class=PooledConnection, min_size=1, max_size=1, check=ConnectionPool.check_connection
    ) as pool:
        yield pool


def backend(held):
    return held.execute("select pg_backend_pid()").fetchone()[0]


def test_a_live_connection_is_used_again(pool):
    with pool.connection() as held:
        first = backend(held)
    with pool.connection() as held:
        assert backend(held) == first


def test_one_whose_server_went_away_is_replaced_before_use(pool):
    with pool.connection() as held:
        first = backend(held)
    with psycopg.connect(
        **{name: value for name, value in connection.get_connection_params().items() if name in ("dbname", "host", "user", "port")}
    ) as other:
        other.execute("select pg_terminate_backend(%s, 5000)", [first])
    with pool.connection() as held:
        assert backend(held) != first


def test_autocommit_is_changed_where_it_differs_and_never_within_a_transaction(pool):
    with pool.connection() as held:
        held.autocommit = False
        assert held.autocommit is False
        backend(held)
        with pytest.raises(psycopg.ProgrammingError):
            held.autocommit = False
        held.rollback()
        held.autocommit = True
        assert held.autocommit is True
