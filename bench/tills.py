"""Sales a second that tills deliver, in batches of twenty, until they are posted with their outbox row. Beside two floors, each one
statement and one commit a sale that locks its stock in order, refuses what is not there and writes order, lines, payment and outbox:

bare      into tables of its own that have a key each, and nothing else
same      into the product's own tables: the same columns, indexes, foreign keys, balance check, stock ledger and levels

What the tills add to the second is what makes a sale theirs: a signature, a chain, the text as it came, prices worked out anew.

All with the same number of writers, each in its own process with its own connection, and each on a till of its own. The entries are
made and signed before anything is measured: that is the till's work.
"""

import json
import multiprocessing
import random
import statistics
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

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

# As orders.services.placing writes them, for one sale of three things at their price.
SAME = """
    with wanted as materialized (
        select v.id, v.sku, n from unnest(%(variants)s::uuid[]) with ordinality as w(id, n) join catalog_variant v on v.id = w.id
    ), locked as materialized (
        select level.variant_id, level.location_id from inventory_level level
        where level.variant_id = any(%(variants)s::uuid[]) and level.location_id = %(location)s and level.on_hand > 0
        order by level.variant_id, level.location_id for no key update
    ), enough as (select count(*) = 3 as all_there from locked), placed as (
        insert into orders_order (id, number, kind, source, status, channel_id, store_id, currency, total, tax, tax_included, rounding,
            shift, cashier, business_date, placed_at, recorded_at, delivery, delivery_option, location, coupons, held_reason, version)
        select %(id)s, %(number)s, 'sale', 'till', 'paid', %(channel)s, %(store)s, 'EUR', 300, 0, true, 0,
            %(id)s, %(id)s, current_date, now(), now(), '', '', %(location)s, '{}', '', 1 from enough where all_there returning id
    ), lined as (
        insert into orders_orderline (order_id, position, kind, variant_id, sku, gtin, name, quantity, unit_price, price_quantity, list_total,
            discount, total, tax_class, tax_rate, tax, taxes, discounts, allocation, extra)
        select placed.id, n, 'goods', wanted.id, sku, '', sku, 1000, 100, 1000, 100, 0, 100, 'standard', 0, 0, '[]', '[]',
            '[{"quantity": 1000, "total": 100, "discount": 0, "tax": 0}]', '{}' from placed, wanted
    ), paid as (
        insert into orders_payment (order_id, position, kind, amount, tendered, change, paid_at, label)
        select id, 1, 'cash', 300, 300, 0, now(), '' from placed
    ), taken as (
        insert into inventory_movement (location_id, variant_id, quantity, cause, reference, line, part, actor, note, occurred_at, recorded_at)
        select %(location)s, wanted.id, -1000, 'sale', placed.id, n, 0, placed.id, '', now(), now() from placed, wanted
    )
    insert into kernel_message (id, type, version, occurred_at, aggregate_type, aggregate_id, sequence, store, correlation, data)
    select gen_random_uuid(), 'bench.placed', 1, now(), 'order', id, 1, 'northside', id, %(body)s::jsonb from placed
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


def same(task: tuple[int, dict[str, Any], list[str]]) -> float:
    from django.db import connection

    sales, place, variants = task
    body = json.dumps({"total": 300, "lines": [{"position": n, "sku": "0" * 13, "quantity": 1000, "total": 100} for n in range(3)]})
    asked = [
        {**place, "id": uuid4(), "number": f"B-{uuid4().hex[:16]}", "variants": random.sample(variants, 3), "body": body}  # noqa: S311
        for _ in range(sales)
    ]
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        began = time.perf_counter()
        for values in asked:
            cursor.execute(SAME, values)
        return time.perf_counter() - began


def stocked(variants: list[UUID] | None = None) -> tuple[dict[str, Any], list[str]]:
    """Northside has plenty of these, else of everything, as a shop that sells them has: the place, and what there is."""
    from catalog.models import Variant
    from inventory import services as inventory
    from inventory.models import Location
    from kernel.ids import uuid7
    from org.models import Store

    store, place = Store.objects.get(code="northside"), Location.objects.get(code="northside").id
    variants = variants or list(Variant.objects.order_by("id").values_list("id", flat=True))
    for start in range(0, len(variants), 1000):
        quantities = dict.fromkeys(variants[start : start + 1000], PLENTY)
        inventory.open_stock(location=place, quantities=quantities, reference=uuid7(), now=datetime.now(UTC))
    return {"location": place, "store": store.id, "channel": store.channel_id}, [str(id) for id in variants]


def throughput(application: Any, *, batches: int = 20, rounds: int = 3, writers: tuple[int, ...] = (1, 2, 4)) -> dict[str, dict[str, float]]:
    """Sales a second of all writers together, the median of the rounds; both take turns, and the first round warms up."""
    from django.db import connection

    from orders.models import Order

    with connection.cursor() as cursor:
        for statement in TABLES.split(";"):
            cursor.execute(statement)
    place, variants = stocked()
    tills = [till_of(application, 20 + n) for n in range(max(writers))]
    found: dict[str, dict[str, float]] = {}
    before, delivered, floored = Order.objects.count(), 0, 0
    for count in writers:
        rates: dict[str, list[float]] = {"till": [], "same": [], "bare": []}
        for turn in range(rounds + 1):
            tasks = [(till.token, made(till, feed, batches)) for till, feed in tills[:count]]
            delivered += count * batches * SIZE
            # Writers are made without a connection of ours, and without the pool that would lend them all the same one.
            connection.close()
            connection.close_pool()
            with multiprocessing.get_context("fork").Pool(count) as pool:
                sales = batches * SIZE
                slowest = {
                    "till": max(pool.map(deliver, tasks, chunksize=1)),
                    "same": max(pool.map(same, [(sales, place, variants)] * count, chunksize=1)),
                    "bare": max(pool.map(safe, [sales] * count, chunksize=1)),
                }
            floored += count * sales
            if turn:
                for name, seconds in slowest.items():
                    rates[name].append(count * batches * SIZE / seconds)
        rate = {name: statistics.median(of) for name, of in rates.items()}
        ratios = {f"of_{name}": round(rate["till"] / rate[name], 3) for name in ("same", "bare")}
        found[f"{count} writers"] = {name: round(each, 1) for name, each in rate.items()} | ratios
    assert Order.objects.count() - before == delivered + floored, "sales were lost or doubled"
    return found


def made(till: Any, feed: dict[str, Any], batches: int) -> list[bytes]:
    """The bodies of as many batches, as they go over the line."""
    return [
        json.dumps(till.batch([till.ring(feed, random.sample(feed["items"], 3)) for _ in range(SIZE)])).encode()  # noqa: S311
        for _ in range(batches)
    ]


def told(figures: dict[str, dict[str, float]]) -> None:
    columns = ("till", "same", "bare", "of_same", "of_bare")
    print(f"\n{'sales a second':16}" + "".join(f"{name:>12}" for name in columns) + "  (target 0.5)")
    for name, row in figures.items():
        print(f"{name:16}" + "".join(f"{row[column]:>12}" for column in columns))
