"""What everybody wants at once: one row of a level, the same goods split over eight rows, and the least PostgreSQL could do.

    DATABASE_URL=postgresql://… .venv/bin/python -m bench.stock [--seconds 60] [--clients 8]

The database must be migrated, and one that may be written to. All forms take turns in one run, each client on its own connection
in its own process. A second table holds every lock for --commit milliseconds longer, as a disk that has to say it has written does:
this machine's PostgreSQL may not wait for one.

one       services.reserve, one level for all
eight     services.reserve, one of eight levels by chance: the best a split could do, for it would also have to look into the
          others when one is empty, and add them up for everybody who asks what is left
spread    services.reserve, one of 64: nobody waits
floor     one guarded update of one row, nothing else; floor_8 of one of eight
"""

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ROWS = {"one": 1, "eight": 8, "spread": 64, "floor": 1, "floor_8": 8}
PLENTY = 10**12
GUARDED = "update bench_hot set left_over = left_over - 1000 where id = %s and left_over >= 1000"
# Fires at the commit, with every lock still held.
SLOW = """
create or replace function bench_wait() returns trigger language plpgsql as $$ begin perform pg_sleep({seconds}); return null; end $$;
create constraint trigger bench_wait after insert on inventory_reservation deferrable initially deferred
    for each row execute function bench_wait();
create constraint trigger bench_wait after update on bench_hot deferrable initially deferred for each row execute function bench_wait();
"""
FAST = "drop trigger if exists bench_wait on inventory_reservation; drop trigger if exists bench_wait on bench_hot"


def fill() -> tuple[Any, list[Any]]:
    from django.db import connection
    from django.utils import timezone

    from catalog.models import Product, TaxClass, Variant
    from inventory import services
    from kernel.ids import uuid7

    run, now = str(uuid7())[-12:], timezone.now()
    tax = TaxClass.objects.create(code=f"hot-{run}", name="Hot", rate=0)
    product = Product.objects.create(handle=f"hot-{run}", name="Hot", sort_key="hot", tax_class=tax, created_at=now, updated_at=now)
    made = Variant.objects.bulk_create([Variant(product=product, sku=f"HOT-{run}-{n}") for n in range(max(ROWS.values()))])
    place = services.create_location(code=f"hot-{run}", name="Hot", kind="warehouse").id
    services.open_stock(location=place, quantities={variant.id: PLENTY for variant in made}, reference=uuid7(), now=now)
    with connection.cursor() as cursor:
        cursor.execute("create table if not exists bench_hot (id int primary key, left_over bigint)")
        cursor.execute("truncate bench_hot")
        cursor.execute("insert into bench_hot select n, %s from generate_series(0, 63) n", [PLENTY])
        cursor.execute(FAST)
    return place, [variant.id for variant in made]


def buy(task: tuple[str, float, Any, list[Any]]) -> int:
    """One client for a while. How often it bought."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from inventory import services
    from inventory.services import Hold
    from kernel.ids import uuid7

    form, seconds, place, variants = task
    now, bought = timezone.now(), 0
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            row = random.randrange(ROWS[form])  # noqa: S311 - which row, not a secret
            if form.startswith("floor"):
                cursor.execute(GUARDED, [row])
            else:
                hold = Hold(location=place, variant=variants[row], quantity=1_000, line=1)
                services.reserve(holds=[hold], reference=uuid7(), kind="cart", expires_at=now + timedelta(minutes=15), now=now)
            bought += 1
    return bought


def measured(pool: Any, clients: int, seconds: float, rounds: int, place: Any, variants: list[Any]) -> dict[str, float]:
    """Median of what all clients together bought a second, the forms in turns; the first round warms up."""
    found: dict[str, list[float]] = {form: [] for form in ROWS}
    for turn in range(rounds + 1):
        for form in ROWS:
            bought = sum(pool.map(buy, [(form, seconds, place, variants)] * clients, chunksize=1))
            if turn:
                found[form].append(bought / seconds)
    return {form: statistics.median(figures) for form, figures in found.items()}


def told(title: str, figures: dict[str, float]) -> None:
    print(f"\n{title}\n{'form':10}{'a second':>10}{'of one row':>12}{'of spread':>12}")
    for form, each in figures.items():
        print(f"{form:10}{each:10.0f}{each / figures['one']:12.2f}{each / figures['spread']:12.2f}")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--clients", type=int, default=8)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--commit", type=float, default=2.0, help="milliseconds that a slow disk takes")
    given = asked.parse_args()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "commerce.settings", "ONECOUNTER_ROLE": "command"}
    import django

    django.setup()
    from django.db import connection

    place, variants = fill()
    # Clients are made without a connection of ours.
    connection.close()
    seconds = given.seconds / 2 / (given.rounds + 1) / len(ROWS)
    with multiprocessing.get_context("fork").Pool(given.clients) as pool:
        told(f"{given.clients} clients, as this machine commits", measured(pool, given.clients, seconds, given.rounds, place, variants))
        with connection.cursor() as cursor:
            cursor.execute(SLOW.format(seconds=given.commit / 1000))
        told(f"each commit {given.commit:g} ms", measured(pool, given.clients, seconds, given.rounds, place, variants))
    with connection.cursor() as cursor:
        cursor.execute(FAST)


if __name__ == "__main__":
    main()
