"""How fast `manage.py verify_journal` proves the journal: receipts a second in each of its forms, on all the processors there are.

    DATABASE_URL=postgresql://… .venv/bin/python -m bench.proof [--receipts 100000] [--tills 4] [--only sealed,all]

Makes a database of its own beside the one that is named, with that many receipts of tills: real keys, real signatures, real chains, each
receipt with its order; the first of each till is sold through the journal's door, the others are like it. Seals them, proves them as an
operator does, in a process of its own, and drops the database again. Wall time and CPU of the command's processes; PostgreSQL works beside.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

NAME = "onecounter_bench_proof"
FORMS = ("sealed", "all", "sample", "none")
LINES = 3
JOURNAL = ("id", "till_id", "epoch", "seq", "prev", "hash", "signature", "text", "kind", "shift", "state", "reason", "posting", "attempts")
ORDERS = """
    insert into orders_order ({names}) select {values}
    from bench_receipts r cross join lateral (select * from orders_order where id = %s) o where r.till = %s
"""


def prepare() -> None:
    """A database and a storage of its own, in production settings but for the secrets."""
    given = os.environ["DATABASE_URL"]
    administer(given, f"drop database if exists {NAME} with (force)", f"create database {NAME}")
    os.environ |= {
        "DATABASE_URL": urlunsplit(urlsplit(given)._replace(path=f"/{NAME}")),
        "ONECOUNTER_VAR": tempfile.mkdtemp(prefix="onecounter-bench-proof-"),
        "DJANGO_SETTINGS_MODULE": "commerce.settings",
        "ONECOUNTER_ROLE": "command",
        "LOG_LEVEL": "ERROR",
    }


def administer(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        for statement in statements:
            database.execute(statement)


def fill(receipts: int, tills: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from pos import services
    from pos.tests.conftest import stock_shop
    from pos.tests.paper_till import PaperTill

    call_command("migrate", verbosity=0)
    shop, now = stock_shop(), datetime.now(UTC)
    for number in range(tills):
        till = shop.northside_till if number == 0 else services.create_till(store=shop.cast.northside, number=number + 1, name=f"Till {number + 1}")
        paper = PaperTill(cashier=shop.cast.carla.id, clock=now)
        enrolled = services.enrol(code=services.create_enrolment_code(till=till, actor=None, now=now), public_key=paper.jwk, now=now)
        from pos.queries import bootstrap

        paper.enrolled(bootstrap(epoch=enrolled.epoch, now=now), token=enrolled.token)
        paper.open()
        paper.sell([paper.goods(item, 2) for item in shop.items[:LINES]])
        services.receive(epoch=enrolled.epoch, entries=[services.Sealed(one["text"], one["hash"], one["sig"]) for one in paper.entries], now=now)
        more_like_it(paper, receipts // tills - 1, now)
    with connection.cursor() as cursor:
        cursor.execute("drop table bench_receipts")
        cursor.execute("analyze")


def more_like_it(paper: Any, many: int, now: datetime) -> None:
    """Entries and orders behind the one that was sold, written as they would stand."""
    from django.db import connection, transaction

    first = json.loads(paper.entries[-1]["text"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("create table if not exists bench_receipts (id uuid, till uuid, receipt text)")
        with cursor.copy(f"copy pos_journalentry ({', '.join(JOURNAL)}, last_error, received_at, posted_at) from stdin") as copy:
            for row in entries(paper, first, many):
                copy.write_row((*row, "", now, now))
        with cursor.copy("copy bench_receipts from stdin") as copy:
            for entry in paper.entries[2:]:
                told = json.loads(entry["text"])
                copy.write_row((told["id"], told["till"], told["body"]["receipt"]))
        cursor.execute("select column_name from information_schema.columns where table_name = 'orders_order' and is_generated = 'NEVER'")
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute("select number from orders_order where id = %s", [first["id"]])
        head = cursor.fetchone()[0].removesuffix(first["body"]["receipt"])
        own = {"id": "r.id", "number": f"'{head}' || r.receipt"}
        cursor.execute(ORDERS.format(names=", ".join(names), values=", ".join(own.get(name, f"o.{name}") for name in names)), [first["id"], paper.id])


def entries(paper: Any, first: dict[str, Any], many: int) -> Iterator[tuple[Any, ...]]:
    body = first["body"]
    for _ in range(many):
        paper.receipt += 1
        sale = {**body, "receipt": f"{paper.number}-{paper.epoch}-{paper.receipt:04d}", "receipt_no": paper.receipt}
        before = paper.head
        entry = paper.write("sale", sale)
        told = json.loads(entry["text"])
        signature = _octets(entry["sig"])
        place = UUID(told["id"]), UUID(told["till"]), told["epoch"], told["seq"], bytes.fromhex(before), bytes.fromhex(entry["hash"])
        yield *place, signature, entry["text"], "sale", UUID(told["session"]), "accepted", "", "posted", 0


def _octets(signature: str) -> bytes:
    from pos.seal import from_base64url

    return from_base64url(signature)


def proven(form: str, processes: int | None) -> dict[str, Any]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "manage.py", "verify_journal", "--json", "--signatures", form]
    command += [] if processes is None else ["--processes", str(processes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{form}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**told, "wall": time.perf_counter() - began, "cpu": cpu}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.proof", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receipts", type=int, default=100_000)
    parser.add_argument("--tills", type=int, default=4)
    parser.add_argument("--only", default=",".join(FORMS))
    parser.add_argument("--processes", type=int)
    parser.add_argument("--keep", action="store_true", help="the database stays, for a look")
    options = parser.parse_args()
    given = os.environ["DATABASE_URL"]
    prepare()
    try:
        began = time.perf_counter()
        fill(options.receipts, options.tills)
        from django.db import connection
        from django.utils import timezone

        from pos import services

        print(f"{options.receipts} receipts of {options.tills} tills written and signed in {time.perf_counter() - began:.0f} s", flush=True)
        began = time.perf_counter()
        sealed = services.seal_heads(now=timezone.now())
        print(f"sealed {sealed.stored} heads, every signature checked, in {time.perf_counter() - began:.1f} s", flush=True)
        connection.close()
        print(f"{'signatures':12}{'receipts/s':>12}{'CPU us each':>13}{'seconds':>9}{'checked':>9}{'as sealed':>11}")
        for form in options.only.split(","):
            told = proven(form, options.processes)
            rate, each = told["receipts"] / told["seconds"], 1e6 * told["cpu"] / told["receipts"]
            print(f"{form:12}{rate:12.0f}{each:13.1f}{told['seconds']:9.1f}{told['signatures']:9}{told['sealed']:11}", flush=True)
    finally:
        if not options.keep:
            administer(given, f"drop database if exists {NAME} with (force)")


if __name__ == "__main__":
    main()
