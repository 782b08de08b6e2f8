"""The benchmark of the published budgets: what each operation costs beside a floor measured in the same run.

    bench/run [--json] [--growth] [--variants 100000] [--rounds 5]
    bench/run --orders 1000000 [--variants 10000]    checkout, sales of tills and the list of orders beside so many past orders
    bench/run --tps [--variants 10000]      sales a second that tills deliver, beside the safe floor; nothing else

Production settings, permissions on, every call with parameters of its own. Needs a PostgreSQL on this machine: the running
one (bin/run), or DATABASE_URL; it makes a database of its own there and drops it again. Wall time on shared machines says
little, so it counts CPU of this process and of its database backends (docs/performance.md). Linux only.
"""

import argparse
import base64
import json
import os
import secrets
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
NAME = "onecounter_bench"
GROWTH = (100, 10_000, 100_000)
# CPU-ms of the published budgets.
BUDGETS = {
    "product_list_50": 3.5,
    "product_list_50_kept": 0.5,
    "product_list_50_warm": 0.5,
    "product": 1.3,
    "search_20": 6.0,
    "gtin": 1.5,
    "till_sale": 3.0,
    "price_basket_3": 0.5,
    "price_basket_200": 25.0,
    "checkout_one_request": 8.0,
    "checkout_steps": 22.0,
}
# A place that ships, and where goods can be fetched.
SERVING = {"latitude": 52_520_000, "longitude": 13_400_000, "hours": {"mon": [["09:00", "18:30"]]}, "offers_pickup": True, "ships": True}
COLUMNS = ("cpu_ms", "floor_cpu_ms", "ratio", "statements", "p50_ms", "p95_ms")


def prepare() -> str:
    """Production settings for a database of our own beside the one that runs; the address of the latter."""
    running = ROOT / "var/run.json"
    known = json.loads(running.read_text()) if running.exists() else {}
    given = os.environ.get("DATABASE_URL") or known["DATABASE_URL"]
    if "REDIS_URL" in known:
        os.environ.setdefault("REDIS_URL", known["REDIS_URL"])
    os.environ |= {
        # Files of its own, too: the back office's pages name theirs by what is in them.
        "ONECOUNTER_VAR": tempfile.mkdtemp(prefix="onecounter-bench-"),
        "DJANGO_SETTINGS_MODULE": "commerce.settings",
        "ONECOUNTER_MODE": "production",
        "ONECOUNTER_ROLE": "web",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "PERSONAL_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "ALLOWED_HOSTS": "localhost",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": urlunsplit(urlsplit(given)._replace(path=f"/{NAME}")),
    }
    return given


def administer(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        for statement in statements:
            database.execute(statement)


def open_shop(variants: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from bench.filling import fill
    from bench.floor import TABLES
    from catalog import search, shelf
    from inventory.services import change_location, create_location, set_sources
    from org import services
    from org.models import Channel
    from org.tests.cast import open_shop

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    cast, now = open_shop(), timezone.now()
    for store in (cast.northside, cast.riverside):
        place = create_location(code=store.code, name=store.name, kind="store", store=store)
        change_location(location=place.id, fields=SERVING, actor=None)
        set_sources(location=place.id, channels=[cast.web.id], actor=None)
    publishable = ["catalog:read", "availability:read"]
    services.create_api_key(name="bench", kind="publishable", channel=cast.web, scopes=publishable, now=now, plain="pk_bench")
    services.create_api_key(name="bench", kind="secret", channel=cast.web, scopes=["catalog:read", "stock:read"], now=now, plain="sk_bench")
    fill(variants=variants, now=now)
    for channel in Channel.objects.all():
        shelf.rebuild(channel=channel.id, now=now)
    search.rebuild()
    with connection.cursor() as cursor:
        for statement in TABLES.split(";"):
            cursor.execute(statement)
        cursor.execute("vacuum analyze")


def applications() -> tuple[Any, Any]:
    """The product as it is served, and Django with nothing around the view, for the floor."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    settings.ROOT_URLCONF = "bench.floor"
    # As the server loads it, with what it does for the garbage collection.
    from commerce.wsgi import application as product

    kept = settings.MIDDLEWARE
    settings.MIDDLEWARE = []
    bare = WSGIHandler()
    settings.MIDDLEWARE = kept
    return product, bare


def run(variants: int, rounds: int) -> dict[str, dict[str, Any]]:
    from django.utils import timezone

    from bench import operations
    from bench.buying import buying
    from bench.measuring import measure
    from bench.offers import offer
    from commerce.answers import forget_answers

    product, bare = applications()
    open_shop(variants)
    wanted = operations.reading(product, bare, forget_answers) + operations.office(product, bare)
    wanted += operations.selling(product, bare, batches=10 * (rounds + 1) + 10)
    wanted += buying(product, bare, rounds=rounds)
    figures = measure(wanted, rounds=rounds)
    # Afterwards: what is on offer stands on the cards too, and the figures above are to be compared with those of before.
    offer(now=timezone.now())
    return figures | measure(operations.pricing(product, bare), rounds=rounds)


def tell(figures: dict[str, dict[str, Any]]) -> None:
    print(f"{'operation':24}" + "".join(f"{column:>14}" for column in COLUMNS) + f"{'budget':>9}")
    for name, row in figures.items():
        budget = BUDGETS.get(name)
        over = "  over" if budget and row["cpu_ms"] > budget else ""
        print(f"{name:24}" + "".join(f"{row[column]:>14}" for column in COLUMNS) + f"{budget or '–':>9}{over}")


def tell_growth(by_size: dict[int, dict[str, dict[str, Any]]]) -> None:
    print(f"\n{'cpu_ms at variants':24}" + "".join(f"{size:>14,}" for size in by_size) + f"{'largest : smallest':>20}")
    for name in next(iter(by_size.values())):
        row = [figures[name]["cpu_ms"] for figures in by_size.values()]
        print(f"{name:24}" + "".join(f"{value:>14}" for value in row) + f"{row[-1] / row[0]:>20.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--variants", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", action="store_true", help="also at 100 and 10,000 variants")
    parser.add_argument("--orders", type=int, default=0, help="only what orders cost, beside so many of them")
    parser.add_argument("--tps", action="store_true", help="only what tills deliver a second, until it is posted")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    chosen = parser.parse_args()
    beside = prepare()
    if chosen.tps:
        tell_tps(beside, chosen)
        return
    if chosen.orders:
        tell_orders(beside, chosen)
        return
    sizes = sorted({*GROWTH, chosen.variants}) if chosen.growth else [chosen.variants]
    try:
        by_size = {size: in_own_database(beside, size, chosen.rounds) for size in sizes}
    finally:
        shutil.rmtree(os.environ["ONECOUNTER_VAR"])
    if chosen.json:
        print(json.dumps({str(size): figures for size, figures in by_size.items()}, indent=1))
        return
    for size, figures in by_size.items():
        print(f"\n{size:,} variants")
        tell(figures)
    if chosen.growth:
        tell_growth(by_size)


def tell_tps(beside: str, chosen: argparse.Namespace) -> None:
    from bench import tills

    try:
        figures = in_own_database(beside, chosen.variants, chosen.rounds, deliver)
    finally:
        shutil.rmtree(os.environ["ONECOUNTER_VAR"])
    print(json.dumps(figures, indent=1)) if chosen.json else tills.told(figures)


def deliver(variants: int, rounds: int) -> dict[str, dict[str, Any]]:
    from bench import tills

    product, _ = applications()
    open_shop(variants)
    return tills.throughput(product, rounds=rounds)


def tell_orders(beside: str, chosen: argparse.Namespace) -> None:
    """In a shop that opened today, and in one that has had so many orders."""
    try:
        by_size = {
            many: in_own_database(beside, chosen.variants, chosen.rounds, lambda variants, rounds, many=many: ordering(variants, rounds, many))
            for many in (1_000, chosen.orders)
        }
    finally:
        shutil.rmtree(os.environ["ONECOUNTER_VAR"])
    if chosen.json:
        print(json.dumps({str(many): figures for many, figures in by_size.items()}, indent=1))
        return
    for many, figures in by_size.items():
        print(f"\n{many:,} orders")
        tell(figures)


def ordering(variants: int, rounds: int, orders: int) -> dict[str, dict[str, Any]]:
    from django.utils import timezone

    from bench import operations, past_orders
    from bench.buying import buying
    from bench.measuring import measure

    product, bare = applications()
    open_shop(variants)
    past_orders.fill(orders=orders, now=timezone.now())
    wanted = operations.selling(product, bare, batches=10 * (rounds + 1) + 10)
    wanted += buying(product, bare, rounds=rounds) + operations.desk(product, bare, orders=orders)
    return measure(wanted, rounds=rounds)


def in_own_database(beside: str, variants: int, rounds: int, run: Any = run) -> dict[str, dict[str, Any]]:
    """A process of its own for each size, so that nothing one leaves behind is in the other's way."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        status = 1
        try:
            administer(beside, f"drop database if exists {NAME} with (force)", f"create database {NAME}")
            import django

            django.setup()
            with os.fdopen(write, "w") as out:
                json.dump(run(variants, rounds), out)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as given:
        told = given.read()
    _, status = os.waitpid(child, 0)
    administer(beside, f"drop database if exists {NAME} with (force)")
    if status:
        raise SystemExit("The run failed; see above.")
    return dict(json.loads(told))


if __name__ == "__main__":
    main()
