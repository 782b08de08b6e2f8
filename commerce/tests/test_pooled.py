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


PREPARED = "select name from pg_prepared_statements where statement = 'select $1::int2 + 1'"


def in_a_transaction_that_is_given_up(held, *statements):
    held.autocommit = False
    for statement in statements:
        held.execute(statement, prepare=False)
    assert held.execute("select %s::int2 + 1", [1]).fetchone() == (2,)
    held.rollback()
    held.autocommit = True


def test_what_was_prepared_stays_prepared_when_a_transaction_is_given_up(pool):
    with pool.connection() as held:
        held.prepare_threshold = 0
        in_a_transaction_that_is_given_up(held)
        kept = held.execute(PREPARED, prepare=False).fetchall()
        assert len(kept) == 1
        in_a_transaction_that_is_given_up(held)
        assert held.execute(PREPARED, prepare=False).fetchall() == kept


def test_what_was_prepared_is_forgotten_after_an_error_of_the_database(pool):
    with pool.connection() as held:
        held.prepare_threshold = 0
        held.autocommit = False
        held.execute("select %s::int2 + 1", [1])
        with pytest.raises(psycopg.errors.DivisionByZero):
            held.execute("select 1 / 0")
        held.rollback()
        assert held.execute(PREPARED, prepare=False).fetchall() == []
