"""A real year of sales through the ledger: "Complete Journey 2.0" of 84.51 degrees (CC0), 1.2 million lines of 427 stores.

    python -m bench.complete_journey convert FOLDER sales.csv      its Parquet files as a file of load_movements (needs pyarrow)
    DATABASE_URL=… python -m bench.complete_journey open sales.csv stores and products as the file names them
    DATABASE_URL=… manage.py load_movements sales.csv --source complete_journey -v 2
    DATABASE_URL=… python -m bench.complete_journey check sales.csv every level against the file, to the unit

Parquet is read here alone, so pyarrow is nothing the product or its tests need: pip install pyarrow==26.0.1 beside them.
"""

import csv
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
HEADER = ("location", "sku", "quantity", "cause", "reference", "line", "occurred_at")


def convert(folder: Path, out: Path) -> None:
    """In the order in which things were sold. A line is its place in its basket."""
    import pyarrow.parquet as parquet  # type: ignore[import-not-found]

    lines: Counter[Any] = Counter()
    with out.open("w", newline="") as file:
        write = csv.writer(file).writerow
        write(HEADER)
        for path in sorted(folder.glob("transactions_*.parquet")):
            table = parquet.read_table(path, columns=["store_id", "basket_id", "product_id", "quantity", "transaction_timestamp"])
            table = table.sort_by([("transaction_timestamp", "ascending"), ("basket_id", "ascending"), ("product_id", "ascending")])
            columns = (table.column(name).to_pylist() for name in table.column_names)
            for store, basket, product, quantity, at in zip(*columns, strict=True):
                lines[basket] += 1
                moved = -int(quantity) if quantity else 0
                write((f"cj-{store}", f"cj-{product}", moved, "sale", basket, lines[basket], f"{at:%Y-%m-%dT%H:%M:%SZ}"))


def rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline="") as opened:
        yield from csv.DictReader(opened)


STORES = """
insert into inventory_location (id, code, name, kind, street, postal_code, city, country, hours, timezone, offers_pickup, pickup_minutes, ships,
    receives, short_sales)
select gen_random_uuid(), code, code, 'warehouse', '', '', '', '', '{}', '', false, 0, false, true, 'allow' from unnest(%s::text[]) code
on conflict (code) do nothing
"""
PRODUCTS = """
insert into catalog_taxclass (code, name, rate) values ('cj', 'Complete Journey', 0) on conflict do nothing;
insert into catalog_product (id, handle, name, description, seo_title, seo_description, translations, attributes, tags, tax_class_id, status,
    life_cycle, tracks_serials, tracks_lots, tile, image_url, sort_key, source, source_key, source_hash, created_at, updated_at)
select md5('product ' || sku)::uuid, sku, sku, '', '', '', '{}', '{}', '{}', (select id from catalog_taxclass where code = 'cj'), 'active',
    'active', false, false, '', '', sku, '', '', '', now(), now() from unnest(%(skus)s::text[]) sku on conflict do nothing;
insert into catalog_variant (id, product_id, sku, name, options, net_content, net_unit, sold_by, translations, position)
select md5('variant ' || sku)::uuid, md5('product ' || sku)::uuid, sku, '', '{}', null, '', 'each', '{}', 1 from unnest(%(skus)s::text[]) sku
on conflict do nothing
"""


def open_shop(file: Path) -> None:
    """Stores as places and products without names: enough for stock."""
    from django.db import connection

    places, skus = set(), set()
    for row in rows(file):
        places.add(row["location"])
        skus.add(row["sku"])
    with connection.cursor() as cursor:
        cursor.execute(STORES, [sorted(places)])
        for statement in PRODUCTS.split(";\n"):
            cursor.execute(statement, {"skus": sorted(skus)})
    print(f"{len(places):,} places, {len(skus):,} products")


def check(file: Path) -> None:
    from django.db import connection

    from inventory.queries import reconcile

    told: Counter[tuple[str, str]] = Counter()
    for row in rows(file):
        told[row["location"], row["sku"]] += int(row["quantity"]) * 1000
    with connection.cursor() as cursor:
        cursor.execute("""select l.code, v.sku, s.on_hand from inventory_level s join inventory_location l on l.id = s.location_id
            join catalog_variant v on v.id = s.variant_id where v.sku like 'cj-%'""")
        kept = {(place, sku): on_hand for place, sku, on_hand in cursor.fetchall()}
    wrong = [key for key in told.keys() | kept.keys() if told.get(key, 0) != kept.get(key, 0)]
    print(f"{len(told):,} pairs of the file, {len(kept):,} levels, {-sum(told.values()) // 1000:,} units sold, {len(wrong):,} differ")
    print(f"{len(reconcile()):,} levels are not the sum of their movements")
    if wrong:
        sys.exit(1)


def main() -> None:
    do, *paths = sys.argv[1:]
    if do == "convert":
        return convert(Path(paths[0]), Path(paths[1]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")
    import django

    django.setup()
    return {"open": open_shop, "check": check}[do](Path(paths[0]))


if __name__ == "__main__":
    main()
