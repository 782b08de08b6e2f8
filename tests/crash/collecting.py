"""What the oracle is shown: rows of the product's database, the provider's book, and every acknowledged write asked once more."""

import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.chaos.collecting import WRONG_LEVELS
from tests.crash.line import Answered, Book, Line
from tests.crash.oracle import Asked
from tests.crash.payments import Money
from tests.crash.stock import Stock

Row = dict[str, Any]
ORDERS = "select id::text, number, status, kind, source, total, customer_id is not null as customer from orders_order"
BROKEN = """select orders_broken::text as broken from orders_broken()
            union all select 'key ' || scope || ' ' || key || ' has no answer' from kernel_idempotencykey where status = 102"""
ATTEMPTS = """select a.id::text, a.order_id::text as "order", a.key, a.state, a.amount, a.captured, a.refunded, o.status
              from orders_attempt a join orders_order o on o.id = a.order_id where a.backend = 'simulator'"""
REFUNDS = "select key, state, amount from orders_providerrefund"
# What goes back stands on the return; it is told of the order it came from.
TENDERS = """select coalesce(first.order_id, p.order_id)::text as id, sum(p.amount)::bigint as many from orders_payment p
             left join orders_payment first on first.id = p.refunds_id
             where p.kind = 'card' and coalesce(first.source, p.source) in (select id from orders_attempt where backend = 'simulator') group by 1"""
PAYMENTS_THERE = 'select key, "order", state, captured, refunded from payment'
REFUNDS_THERE = "select key, state from refund"
WEB = """select id::text, number, kind, status, handed_over_at is not null as "left" from orders_order where source in ('web', 'staff')
         and not id = any(%(before)s::uuid[])"""
LINES = """select l.order_id::text as "order", l.variant_id::text as variant, l.quantity from orders_orderline l
           where l.kind = 'goods' and l.variant_id is not null"""
MOVEMENTS = "select reference::text, variant_id::text as variant, quantity from inventory_movement where cause in ('sale', 'return')"
HELD = "select reference::text, variant_id::text as variant, quantity from inventory_reservation where state = 'open' and kind = 'order'"
WRONG_HOLDS = """select 'held of ' || coalesce(l.variant_id, r.variant_id) || ': ' || coalesce(l.reserved, 0) || ', promised ' || coalesce(r.held, 0)
                 from inventory_level l full join (select location_id, variant_id, sum(quantity) as held from inventory_reservation
                 where state = 'open' group by 1, 2) r on r.location_id = l.location_id and r.variant_id = l.variant_id
                 where coalesce(l.reserved, 0) <> coalesce(r.held, 0)"""
TOLD = "select aggregate_id::text as id, count(*) as many from kernel_message where type = 'orders.order.placed' group by 1"
BOOKED = "select reference::text as id, sum(amount)::bigint as many from orders_bookline group by reference, currency"
EARNED = "select reference::text as id, count(*) as many from customers_transaction where cause = 'earn' group by 1"
UNDELIVERED = """select s.name || ' did not get ' || m.type || ' ' || m.id || ': ' || coalesce(d.state || ' ' || d.last_error, 'nothing for it')
                 from kernel_message m cross join (values ('orders.books'), ('orders.points'), ('orders.mails')) s(name)
                 left join kernel_delivery d on d.message_id = m.id and d.subscriber = s.name
                 where m.type = 'orders.order.placed' and coalesce(d.state, '') <> 'done'
                 union all select subscriber || ' gave up: ' || last_error from kernel_delivery where state = 'parked'"""
# Whatever somebody has still to do. What waits for a bus that is not there waits for good.
QUEUES = {
    "events without a place": "kernel_message where position is null",
    "deliveries": "kernel_delivery where state = 'pending' and subscriber <> 'eventbridge'",
    "payments": "orders_attempt where state in ('created', 'unknown', 'authorised', 'action')",
    "refunds": "orders_providerrefund where state in ('created', 'unknown')",
    "messages of the provider": "orders_providerevent where state = 'held'",
    "journal entries": "pos_journalentry where state = 'accepted' and posting = 'pending'",
    "jobs": "kernel_job where state in ('queued', 'running')",
    "levels to be told": "inventory_levelchange where position is null",
}


def rows(database: str, statement: str, **given: Any) -> list[Row]:
    with psycopg.connect(database, row_factory=dict_row) as connection:
        return connection.execute(statement, given or None).fetchall()


def left(database: str) -> dict[str, int]:
    """By queue, how much is in it."""
    counted = " union all ".join(f"select '{name}' as name, count(*) as many from {what}" for name, what in QUEUES.items())
    return {row["name"]: row["many"] for row in rows(database, counted) if row["many"]}


def until_drained(database: str, *, until: float) -> dict[str, int]:
    """What is left by then; nothing as soon as nothing is."""
    while found := left(database):
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return found


def collect(*, database: str, gateway: Path, book: Book, port: int, before: frozenset[str]) -> dict[str, Any]:
    """The oracle's evidence, but for the till's."""

    def texts(statement: str) -> list[str]:
        return [str(next(iter(row.values()))) for row in rows(database, statement)]

    def counts(statement: str) -> dict[str, int]:
        return {row["id"]: row["many"] for row in rows(database, statement)}

    return {
        "asked": asked_again(book, port),
        "orders": rows(database, ORDERS),
        "before": before,
        "broken": texts(BROKEN),
        "money": Money(
            attempts=rows(database, ATTEMPTS),
            refunds=rows(database, REFUNDS),
            tenders=counts(TENDERS),
            payments_there=provider(gateway, PAYMENTS_THERE),
            refunds_there=provider(gateway, REFUNDS_THERE),
        ),
        "goods": Stock(
            orders=rows(database, WEB, before=list(before)),
            lines=rows(database, LINES),
            movements=rows(database, MOVEMENTS),
            held=rows(database, HELD),
            wrong=texts(WRONG_LEVELS) + texts(WRONG_HOLDS),
        ),
        "told": counts(TOLD),
        "booked": counts(BOOKED),
        "earned": counts(EARNED),
        "undelivered": texts(UNDELIVERED),
    }


def provider(gateway: Path, statement: str) -> list[Row]:
    connection = sqlite3.connect(f"file:{gateway}?mode=ro", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement).fetchall()]
    finally:
        connection.close()


def asked_again(book: Book, port: int) -> list[Asked]:
    line = Line(port=port, book=Book(), chance=random.Random(0), leaves=0)
    return [_again(line, one) for one in list(book.kept)]


def _again(line: Line, one: Answered) -> Asked:
    status, answer = one.status, one.answer
    if one.status < 300:
        again = line.ask(one.method, one.path, one.body, **{name.replace("-", "_"): value for name, value in one.headers.items()})
        status, answer = again.status, again.answer
    key = one.headers.get("Idempotency-Key", "")
    return Asked(one.what, one.path, key, one.status, one.answer, one.told, status, answer)
