"""The benchmark of the budgets: CPU-milliseconds per operation, beside a floor measured in the same run.

    .venv/bin/python bench/run.py [--products 10000] [--rounds 5]

Needs a PostgreSQL on this machine: the running one (bin/run), or DATABASE_URL. It makes a database of its own there and
drops it again. Wall time on shared machines says little, so it counts the CPU of this process and of its one backend,
and interleaves floor and operations, round by round; the median round is told. Linux only.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
NAME = "onecounter_bench"
TICKS = os.sysconf("SC_CLK_TCK")
# CPU-ms of the published budgets; None where there is none yet.
BUDGETS = {"GraphQL: 50 products": 3.5, "GraphQL: one product": 1.3, "3-line till sale, batch of 20": 3.0}

LIST = (
    "query($after: String) { products(first: 50, after: $after) { nodes { id name handle variants { id sku gtins prices { amount currency } } } } }"
)
ONE = "query($id: ID) { product(id: $id) { id name handle variants { id sku gtins prices { amount currency } } } }"


def prepare() -> str:
    """Settings for a database of our own beside the one that runs; the address of the latter."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")
    os.environ |= {"ONECOUNTER_ROLE": "command", "LOG_LEVEL": "ERROR", "ALLOWED_HOSTS": "testserver"}
    given = os.environ.get("DATABASE_URL") or json.loads((ROOT / "var/run.json").read_text())["DATABASE_URL"]
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(given)._replace(path=f"/{NAME}"))
    return given


def administer(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        database.execute(statement)


def fill(products: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from catalog.models import Gtin, Price, Product, TaxClass, Variant
    from inventory.services import create_location
    from org import services
    from org.tests.cast import open_shop

    call_command("migrate", verbosity=0)
    cast, now = open_shop(), timezone.now()
    create_location(code="northside", name="Northside", kind="store", store=cast.northside)
    services.create_api_key(name="bench", kind="publishable", channel=cast.web, scopes=["catalog:read"], now=now, plain="pk_bench")
    tax = TaxClass.objects.create(code="food", name="Food", rate=70_000)
    made = [
        Product(handle=f"p{n}", name=f"Product {n:06}", sort_key=f"product {n:06}", tax_class=tax, status="active", created_at=now, updated_at=now)
        for n in range(products)
    ]
    Product.objects.bulk_create(made, batch_size=2000)
    variants = [Variant(product=product, sku=f"S{n}") for n, product in enumerate(made)]
    Variant.objects.bulk_create(variants, batch_size=2000)
    Price.objects.bulk_create([Price(variant=variant, currency="EUR", amount=199) for variant in variants], batch_size=2000)
    Gtin.objects.bulk_create([Gtin(gtin=f"{n:014}", variant=variant) for n, variant in enumerate(variants)], batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("analyze")


def backend_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(operation: Callable[[], Any], *, times: int, pid: int) -> float:
    """CPU-ms per call, of this process and its backend together."""
    python, postgres = time.process_time(), backend_cpu(pid)
    for _ in range(times):
        operation()
    return (time.process_time() - python + backend_cpu(pid) - postgres) / times * 1000


def reading() -> dict[str, tuple[Callable[[], Any], int, int]]:
    """Operation, calls per round, units per call."""
    from django.db import connection
    from django.test import Client

    from catalog.models import Product
    from org.paging import cursor

    client = Client(headers={"X-API-Key": "pk_bench"})
    ids = [str(id) for id in Product.objects.values_list("id", flat=True)]
    places = [cursor(*row) for row in Product.objects.values_list("sort_key", "id")]

    def ask(query: str, **variables: str) -> None:
        answer = client.post("/graphql/", {"query": query, "variables": variables}, content_type="application/json")
        assert b'"errors"' not in answer.content, answer.content

    def floor() -> None:
        with connection.cursor() as database:
            database.execute("select id, name, handle from catalog_product where id = %s", [random.choice(ids)])  # noqa: S311
            database.fetchall()
        client.get("/healthz")

    return {
        "floor: one request, one statement": (floor, 100, 1),
        "GraphQL: 50 products": (lambda: ask(LIST, after=random.choice(places)), 40, 1),  # noqa: S311
        "GraphQL: one product": (lambda: ask(ONE, id=random.choice(ids)), 100, 1),  # noqa: S311
    }


def selling() -> dict[str, tuple[Callable[[], Any], int, int]]:
    from django.test import Client
    from django.utils import timezone

    from org.models import Store
    from pos import services
    from pos.tests.paper_till import PaperTill

    client = Client()

    def send(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        answer = client.generic(method, path, json.dumps(body), content_type="application/json", headers=headers)
        return answer.status_code, json.loads(answer.content or b"null")

    made = services.create_till(store=Store.objects.get(code="northside"), number=9, name="Till 9")
    till = PaperTill(send, clock=timezone.now())
    till.enrol(services.create_enrolment_code(till=made, actor=None, now=timezone.now()))
    status, feed = till.get("/api/v1/till/catalogue")
    assert status == 200, feed
    till.open()
    batches = []
    for _ in range(200):
        batches.append([till.sell([till.goods(item) for item in random.sample(feed["items"], 3)]) for _ in range(20)])
    till.deliver(till.entries[:1])

    def ingest() -> None:
        assert {result["status"] for result in till.deliver(batches.pop(0))} == {"accepted"}

    return {"3-line till sale, batch of 20": (ingest, 5, 20)}


def tell(figures: dict[str, list[float]]) -> None:
    floor = statistics.median(next(iter(figures.values())))
    print(f"{'operation':36}{'CPU-ms':>9}{'x floor':>9}{'budget':>9}")
    for name, rounds in figures.items():
        middle = statistics.median(rounds)
        budget = BUDGETS.get(name)
        print(f"{name:36}{middle:9.2f}{middle / floor:9.1f}{budget if budget else '–':>9}{'  over' if budget and middle > budget else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    beside = prepare()
    administer(beside, f"drop database if exists {NAME} with (force)")
    administer(beside, f"create database {NAME}")
    try:
        import django

        django.setup()
        from django.core.signals import request_finished, request_started
        from django.db import close_old_connections, connection

        # One backend for the whole run, as a pool would keep it.
        request_started.disconnect(close_old_connections)
        request_finished.disconnect(close_old_connections)
        fill(chosen.products)
        operations = reading() | selling()
        with connection.cursor() as database:
            database.execute("select pg_backend_pid()")
            [pid] = database.fetchone()
        figures: dict[str, list[float]] = {name: [] for name in operations}
        for name, (operation, times, units) in list(operations.items()) * (chosen.rounds + 1):
            figures[name].append(measure(operation, times=times, pid=pid) / units)
        # The first round warms up.
        tell({name: rounds[1:] for name, rounds in figures.items()})
        connection.close()
    finally:
        administer(beside, f"drop database if exists {NAME} with (force)")


if __name__ == "__main__":
    main()
