"""manage.py load_orders history.csv --source oldshop --channel web --currency GBP: what was sold before, into history."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kernel.errors import Refused
from kernel.money import format_amount
from orders.services import load_history
from org import settings
from org.queries import channel_of

PIECE = 1 << 20


class Command(BaseCommand):
    help = (
        "Loads past orders out of a CSV file (.gz too) with the columns order, placed_at, sku, quantity and total, perhaps store, name and discount. "
        "They count in history and move neither stock nor money nor books. The same file again adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="the system it comes from: its numbers are only unique there")
        parser.add_argument("--channel", required=True, help="the channel of orders that name no store")
        parser.add_argument("--currency", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        self.talks = options["verbosity"] > 1
        try:
            loaded = load_history(
                file=pieces(options["file"]),
                source=options["source"],
                channel=channel_of(code=options["channel"]).pk,
                currency=options["currency"],
                zone=settings.get("shop.timezone"),
                now=timezone.now(),
                progress=self.told,
            )
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        except Refused as refused:
            raise CommandError(refused.message) from refused
        total = format_amount(loaded.total, options["currency"])
        self.stdout.write(f"{loaded.read:,} lines: {loaded.orders:,} orders with {loaded.lines:,} lines, {total} {options['currency']} in all")
        self.stdout.write(f"{loaded.known:,} orders known already, {loaded.nothing:,} lines of nothing, {loaded.rounded:,} totals rounded")
        for reason, (count, lines) in loaded.refused.items():
            shown = ", ".join(str(line) for line in lines)
            self.stdout.write(f"refused for its {reason}: {count:,} lines ({shown}{', …' if count > len(lines) else ''})")
        if loaded.refused_orders:
            self.stdout.write(f"{loaded.refused_orders:,} orders were refused with them")

    def told(self, done: int, size: int) -> None:
        if self.talks and (done % 20_000 == 0 or done == size):
            self.stderr.write(f"{done:,} of {size:,}")


def pieces(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
