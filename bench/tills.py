"""Sales a second that tills deliver, in batches of twenty, until they are posted with their outbox row: beside the least that is safe,
one statement and one commit a sale that locks its stock in order, refuses what is not there and writes order, lines, payment and outbox.

Both with the same number of writers, each in its own process with its own connection, and each on a till of its own. The entries are
made and signed before anything is measured: that is the till's work.
"""

import json
import multiprocessing
import random
import statistics
import time
from datetime import UTC, datetime
from typing import Any

SIZE = 20
SKUS = 10_000
PLENTY = 10**9
TABLES = f"""
    create table if not exists bench_stock (id int primary key, on_hand bigint not null);
    create table if not exists bench_safe (id bigserial primary key, body jsonb);
    create table if not exists bench_safe_line (order_id bigint, sku int, primary key (order_id, sku));
    create table if not exists bench_safe_payment (order_id bigint);
    create table if not exists bench_safe_outbox (order_id bigint);
    insert into bench_stock select n, {PLENTY} from generate_series(1, {SKUS}) n on conflict do nothing
"""  # noqa: S608
SAFE = """
    with locked as materialized (
        select id from bench_stock where id = any(%s) and on_hand > 0 order by id for no key update
    ), enough as (select count(*) = 3 as all_there from locked), taken as (
        update bench_stock set on_hand = on_hand - 1 where id in (select id from locked) and (select all_there from enough) returning id
    ), placed as (insert into bench_safe (body) select %s::jsonb from enough where all_there returning id
    ), lines as (insert into bench_safe_line select placed.id, taken.id from placed, taken
    ), paid as (insert into bench_safe_payment select id from placed)
    insert into bench_safe_outbox select id from placed
"""


def till_of(application: Any, number: int) -> tuple[Any, dict[str, Any]]:
    """A till of Northside that has opened its shift, and what it may sell."""
    from bench.measuring import Web
    from org.models import Store
    from pos import services
    from pos.tests.paper_till import PaperTill

    web, now = Web(application), datetime.now(UTC)

    def send(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        named = {name.upper().replace("-", "_"): value for name, value in headers.items()}
        status, content, _ = web(method, path, b"" if body is None else json.dumps(body).encode(), **named)
        return status, json.loads(content or b"null")

    made = services.create_till(store=Store.objects.get(code="northside"), number=number, name=f"Till {number}")
    till = PaperTill(send, clock=now)
    till.enrol(services.create_enrolment_code(till=made, actor=None, now=now))
    status, feed = till.get("/api/v1/till/catalogue")
    assert status == 200, feed
    till.open()
    till.deliver()
    return till, feed


def deliver(task: tuple[str, list[bytes]]) -> float:
    """One writer: its batches one after the other; seconds. Keys and senders stay where they are: only texts go to another process."""
    from bench.measuring import Web
    from commerce.wsgi import application

    token, bodies = task
    web = Web(application, authorization=f"Till {token}")
    began = time.perf_counter()
    answers = [web("POST", "/api/v1/till/journal", body) for body in bodies]
    seconds = time.perf_counter() - began
    for status, content, _ in answers:
        assert status == 200, content
        assert [result["status"] for result in json.loads(content)["results"]] == ["accepted"] * SIZE
    return seconds


def safe(sales: int) -> float:
    from django.db import connection

    bodies = [(random.sample(range(1, SKUS), 3), json.dumps({"n": n, "lines": [1, 2, 3]})) for n in range(sales)]  # noqa: S311
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        began = time.perf_counter()
        for body in bodies:
            cursor.execute(SAFE, body)
        return time.perf_counter() - began


def throughput(application: Any, *, batches: int = 20, rounds: int = 3, writers: tuple[int, ...] = (1, 2, 4)) -> dict[str, dict[str, float]]:
    """Sales a second of all writers together, the median of the rounds; both take turns, and the first round warms up."""
    from django.db import connection

    from orders.models import Order

    with connection.cursor() as cursor:
        for statement in TABLES.split(";"):
            cursor.execute(statement)
    tills = [till_of(application, 20 + n) for n in range(max(writers))]
    found: dict[str, dict[str, float]] = {}
    before, delivered = Order.objects.count(), 0
    for count in writers:
        rates: dict[str, list[float]] = {"till": [], "safe": []}
        for turn in range(rounds + 1):
            tasks = [(till.token, made(till, feed, batches)) for till, feed in tills[:count]]
            delivered += count * batches * SIZE
            # Writers are made without a connection of ours, and without the pool that would lend them all the same one.
            connection.close()
            connection.close_pool()
            with multiprocessing.get_context("fork").Pool(count) as pool:
                slowest = {"till": max(pool.map(deliver, tasks, chunksize=1)), "safe": max(pool.map(safe, [batches * SIZE] * count, chunksize=1))}
            if turn:
                for name, seconds in slowest.items():
                    rates[name].append(count * batches * SIZE / seconds)
        till, floor = (statistics.median(rates[name]) for name in ("till", "safe"))
        found[f"{count} writers"] = {"sales_per_second": round(till, 1), "safe_per_second": round(floor, 1), "of_floor": round(till / floor, 3)}
    assert Order.objects.count() - before == delivered, "sales were lost or doubled"
    return found


def made(till: Any, feed: dict[str, Any], batches: int) -> list[bytes]:
    """The bodies of as many batches, as they go over the line."""
    return [
        json.dumps(till.batch([till.ring(feed, random.sample(feed["items"], 3)) for _ in range(SIZE)])).encode()  # noqa: S311
        for _ in range(batches)
    ]


def told(figures: dict[str, dict[str, float]]) -> None:
    print(f"\n{'till sales a second':24}{'until posted':>14}{'safe floor':>14}{'of the floor':>14}  (target 0.5)")
    for name, row in figures.items():
        print(f"{name:24}{row['sales_per_second']:>14}{row['safe_per_second']:>14}{row['of_floor']:>14}")
