"""Ten million movements, and one product in one store that has moved half a million times: what its timeline is measured on.

    DATABASE_URL=postgresql://… .venv/bin/python -m bench.movements fill [--movements 10000000]
    DATABASE_URL=postgresql://… .venv/bin/python -m bench.movements measure [--rounds 20]

The database must be a new one, of its own, and migrated. Nothing here is random twice: the same call makes the same history.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

VARIANTS, STORES, BATCH, DAYS = 20_000, 10, 500_000, 730
# One movement in twenty is the hot product's; the others thin out as products do.
MOVEMENTS = """
insert into inventory_movement (location_id, variant_id, quantity, cause, reference, line, note, occurred_at, recorded_at, actor)
select l.id, v.id, case cause when 'sale' then -1000 * (1 + n %% 3) when 'receipt' then 196000 when 'return' then 1000
        when 'count' then 1000 * (n %% 7 - 3) + 500 else -1000 end,
    cause, uuidv7(at - now()), n, case cause when 'adjustment' then 'dented' else '' end, at, at + interval '2 seconds', p.id
from (
    select n, %(start)s::timestamptz + n * (%(span)s::interval / %(all)s) as at, hashint8(n) as h, hashint8(n * 31) as g,
        case when n %% 100 = 7 then 'receipt' when n %% 100 = 13 then 'return' when n %% 1000 = 23 then 'adjustment'
            when n %% 10000 = 999 then 'count' else 'sale' end as cause
    from generate_series(%(first)s::bigint, %(last)s::bigint) n
) m
join bench_place l on l.number = case when n %% 1000 < 50 then 0 else abs(h %% %(stores)s) end
join bench_item v on v.number = case when n %% 1000 < 50 then 0
    else (%(variants)s * power(abs(g::bigint) / 2147483648.0, 3))::bigint %% %(variants)s end
join bench_person p on p.number = abs(h / 16 %% 20)
order by n
"""


def fill(movements: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from bench.filling import fill as shop
    from inventory.services import create_location
    from org import services

    now = timezone.now()
    shop(variants=VARIANTS, now=now)
    company = services.create_company(code="bench", name="Bench", currency="EUR")
    channel = services.create_channel(company=company, code="stores", name="Stores", kind="store")
    for number in range(STORES):
        store = services.create_store(company=company, channel=channel, code=f"store-{number}", name=f"Store {number}", timezone="Europe/Berlin")
        create_location(code=store.code, name=store.name, store=store)
    for number in range(20):
        services.create_user(username=f"person-{number}", name=f"Person {number}", password=None)
    given: dict[str, Any] = {"start": now - timedelta(days=DAYS), "span": timedelta(days=DAYS), "all": movements, "stores": STORES}
    with connection.cursor() as cursor:
        for name, table, order in (("place", "inventory_location", "code"), ("item", "catalog_variant", "id"), ("person", "org_user", "username")):
            cursor.execute(f"create table bench_{name} as select id, row_number() over (order by {order}) - 1 as number from {table}")  # noqa: S608
        # Ten million times three looks at tables that are known to have the row.
        cursor.execute("select conname from pg_constraint where conrelid = 'inventory_movement'::regclass and contype = 'f'")
        for (constraint,) in cursor.fetchall():
            cursor.execute(f'alter table inventory_movement drop constraint "{constraint}"')
        for first in range(0, movements, BATCH):
            begun = time.monotonic()
            last = min(first + BATCH, movements) - 1
            cursor.execute(MOVEMENTS, {**given, "variants": VARIANTS, "first": first, "last": last})
            print(f"{last + 1:>12,} {time.monotonic() - begun:6.1f} s", flush=True)
        cursor.execute("vacuum analyze inventory_movement")
        cursor.execute("vacuum analyze inventory_level")


ASKED = {
    "page": "",
    "28 days": "?period=28",
    "90 days": "?period=90",
    "receipts": "?cause=receipt",
    "adjustments": "?cause=adjustment",
    "recalls (none)": "?cause=recall",
    "a person": "?person={person}",
    "nobody": "?person={nobody}",
    "a week, far back": "?since={since}&until={until}",
    "older": "{older}",
}


def measure(rounds: int) -> None:
    """The whole page as the owner asks for it, session and menu included: median of all rounds, and CPU of its database backend."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_test_environment
    from django.utils import timezone

    from inventory.models import Level
    from inventory.queries import reconcile
    from org import services
    from org.models import User

    owner = User.objects.filter(username="bench-owner").first() or services.create_user(username="bench-owner", name="Owner", password=None)
    if not owner.grants.exists():
        services.grant_role(user=owner, role="owner")
    with connection.cursor() as cursor:
        cursor.execute(
            "select v.id, l.id, p.id from bench_item v, bench_place l, bench_person p where v.number = 0 and l.number = 0 and p.number = 3"
        )
        variant, location, person = cursor.fetchone()
    level = Level.objects.get(variant=variant, location=location)
    # Pages say what they were made of.
    setup_test_environment()
    client = Client()
    client.force_login(owner)
    address = f"/admin/inventory/level/{level.pk}/change/"
    day = timezone.now().date() - timedelta(days=600)
    named = {"person": person, "nobody": level.variant_id, "since": day, "until": day + timedelta(days=6)}
    named["older"] = client.get(address).context["older"]
    for name, asked in ASKED.items():
        path = address + asked.format(**named)
        report(name, [timed(partial(client.get, path)) for _round in range(rounds)])
    report("export, first bytes", [timed(lambda: first_bytes(client, level.pk)) for _round in range(rounds)])
    report("reconcile", [timed(reconcile)])


def first_bytes(client: Any, level: int) -> None:
    pieces = iter(client.get(f"/admin/inventory/level/{level}/timeline.csv").streaming_content)
    next(pieces), next(pieces)


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds by the clock, and of CPU of the database backend and this process."""
    begun, used = time.perf_counter(), cpu()
    work()
    return (time.perf_counter() - begun) * 1000, cpu() - used


def cpu() -> float:
    from django.db import connection

    connection.ensure_connection()
    fields = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() * 1000 + (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def report(name: str, took: list[tuple[float, float]]) -> None:
    walls, used = zip(*took, strict=True)
    print(f"{name:22} first {walls[0]:8.1f}   median {median(walls):8.1f} ms   CPU {sum(used) / len(used):8.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=["fill", "measure"])
    parser.add_argument("--movements", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")
    import django

    django.setup()
    doing: dict[str, Callable[[], None]] = {"fill": lambda: fill(given.movements), "measure": lambda: measure(given.rounds)}
    doing[given.do]()


if __name__ == "__main__":
    main()
