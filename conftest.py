"""For every test: the settings of a command, plain static files, and no call to the outside while a transaction is open."""

import os
import socket
import time
import urllib.request
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

# For the processes that tests start; the settings of this one are already loaded.
os.environ["ONECOUNTER_ROLE"] = "command"


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    config.addinivalue_line("markers", "tampers: leaves orders, ledgers or books broken on purpose")
    # Threads of a test close their connections themselves: a pool would keep the test database in use.
    databases: dict[str, dict[str, Any]] = settings.DATABASES
    for database in databases.values():
        database["OPTIONS"].pop("pool", None)
    # Pages in tests name their static files plainly: nothing has been collected.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # The real hasher takes most of a second for every user made: that is its purpose, and not what tests are for.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("whitenoise.")]
    _empty_between_tests()


def _empty_between_tests() -> None:
    """Tables that refuse to be emptied are emptied all the same after a test that committed: a replica fires no trigger."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    plain = DatabaseOperations.execute_sql_flush

    def as_replica(self: Any, sql_list: Iterable[str]) -> None:
        plain(self, ["set local session_replication_role = replica", *sql_list])

    DatabaseOperations.execute_sql_flush = as_replica  # type: ignore[method-assign]


# Nothing is looked at where nothing was sold or owed: the filter comes before the function. A third of a millisecond then.
BROKEN = """
select * from orders_broken() where exists (select from orders_order) or exists (select from customers_account)
    or exists (select from orders_bookline) or exists (select from orders_invoice)
"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """After every test with a database all that orders, ledgers and books have to keep is kept: as the test left it, before it is undone.

    A test that breaks it on purpose says so: @pytest.mark.tampers.
    """
    outcome = yield
    with_database = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    if with_database and item.get_closest_marker("tampers") is None:
        broken = _broken()
        assert not broken, f"orders_broken() found {broken}"
    return outcome


def _broken() -> list[Any]:
    from django.db import connection

    # What a test left in an aborted transaction is undone anyway, and cannot be read.
    if connection.connection is None or connection.connection.closed or connection.needs_rollback or not connection.is_usable():
        return []
    with connection.cursor() as cursor:
        cursor.execute("select to_regprocedure('orders_broken()') is not null")
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(BROKEN)
        return list(cursor.fetchall())


@pytest.fixture
def now() -> datetime:
    """A moment to hand in where a function takes the clock: a Saturday, mid-morning in Berlin, months from any clock change."""
    return datetime(2026, 7, 18, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_call_leaves_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network call inside a transaction holds locks for as long as a stranger likes: it fails the test that makes it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and in_a_transaction():
            pytest.fail(f"a call to {address} while a database transaction is open")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def in_a_transaction() -> bool:
    """Opened by the product, in this thread: the transaction a test itself runs in does not count."""
    from django.db import connections

    return any(
        not getattr(block, "_from_testcase", False) for connection in connections.all(initialized_only=True) for block in connection.atomic_blocks
    )


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """The address of the AWS emulator; bin/test has started it."""
    url = os.environ.get("ONECOUNTER_TEST_EMULATOR", "")
    if not url:
        pytest.skip("no AWS emulator: bin/test starts one")
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in keys.items():
            environment.setenv(name, value)
        wait_for(f"{url}/_ministack/health")
        yield url


def wait_for(url: str, *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
