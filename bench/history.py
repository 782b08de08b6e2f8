"""Real years of sales as past orders: "Complete Journey 2.0" of 84.51 degrees (CC0) and "Online Retail II" of UCI (CC BY 4.0, Daqing Chen).

    python -m bench.history journey FOLDER history.csv      Parquet files as a file of load_orders (needs pyarrow)
    python -m bench.history retail FILE history.csv
    DATABASE_URL=… manage.py load_orders history.csv --source journey --channel web --currency USD -v 2
    DATABASE_URL=… python -m bench.history check history.csv journey USD       every order against the file, to the cent

Parquet is read here alone, so pyarrow is nothing the product or its tests need: pip install pyarrow==26.0.1 beside them.
"""

import csv
import os
import sys
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
HEADER = ("order", "placed_at", "sku", "name", "quantity", "total", "discount")


def journey(folder: Path, out: Path) -> None:
    """Baskets of a grocer. What was given off is told in three columns; `sales_value` lacks the loyalty discount already."""
    import pyarrow.parquet as parquet  # type: ignore[import-not-found]

    with out.open("w", newline="") as file:
        write = csv.writer(file).writerow
        write(HEADER)
        for path in sorted(folder.glob("transactions_*.parquet")):
            names = ["basket_id", "transaction_timestamp", "product_id", "quantity", "sales_value", "retail_disc"]
            columns = (column.to_pylist() for column in parquet.read_table(path, columns=names).columns)
            for basket, at, product, quantity, value, off in zip(*columns, strict=True):
                write((basket, f"{at:%Y-%m-%dT%H:%M:%SZ}", f"cj-{product}", "", int(quantity), _plain(value), _plain(abs(off))))


def retail(path: Path, out: Path) -> None:
    """Invoices of a wholesaler: cancelled, blank, free of charge and bad debts among them."""
    import pyarrow.parquet as parquet

    names = ["Invoice", "InvoiceDate", "StockCode", "Description", "Quantity", "Price"]
    with out.open("w", newline="") as file:
        write = csv.writer(file).writerow
        write(HEADER)
        columns = (column.to_pylist() for column in parquet.read_table(path, columns=names).columns)
        for invoice, at, sku, name, quantity, price in zip(*columns, strict=True):
            total = Decimal(str(price)) * int(quantity)
            write((invoice, f"{at}".replace(" ", "T") + "Z", sku, name or "", int(quantity), f"{total:f}", ""))


def _plain(value: Any) -> str:
    """The file holds floats: 2.6799999999999997 is 2.68."""
    return f"{Decimal(str(value)):.6f}"


def check(file: Path, source: str, currency: str) -> None:
    from django.db import connection

    from kernel.money import exponent

    unit = Decimal(10) ** exponent(currency)
    told: dict[str, int] = defaultdict(int)
    exact, lines = Decimal(0), 0
    with file.open(newline="") as opened:
        for row in csv.DictReader(opened):
            value = Decimal(row["total"])
            exact += value
            lines += 1
            told[f"{source}-{row['order']}"] += int((value * unit).quantize(Decimal(1), ROUND_HALF_UP))
    with connection.cursor() as cursor:
        cursor.execute("select number, total from orders_order where source = 'import' and number like %s", [f"{source}-%"])
        kept = dict(cursor.fetchall())
        cursor.execute("select count(*) from orders_broken()")
        broken = cursor.fetchone()[0]
    wrong = [number for number in told.keys() | kept.keys() if told.get(number, 0) != kept.get(number, 0)]
    print(f"{lines:,} lines, {len(told):,} orders of the file, {len(kept):,} kept; the file comes to {exact:f}, kept {sum(kept.values()) / unit:f}")
    print(f"{len(wrong):,} orders differ, {broken:,} rows break a rule")
    if wrong or broken:
        sys.exit(1)


def main() -> None:
    do, *given = sys.argv[1:]
    if do in ("journey", "retail"):
        return {"journey": journey, "retail": retail}[do](Path(given[0]), Path(given[1]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")
    import django

    django.setup()
    return check(Path(given[0]), given[1], given[2])


if __name__ == "__main__":
    main()
