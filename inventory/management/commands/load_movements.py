"""manage.py load_movements history.csv --source oldtill: what moved in another system, into the ledger."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inventory.services import load_movements
from kernel.errors import Refused

PIECE = 1 << 20


class Command(BaseCommand):
    help = (
        "Loads movements out of a CSV file (.gz too) with the columns location, sku, quantity, cause, reference, line, occurred_at and note. "
        "The same file again moves nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="the system it comes from: its references are only unique there")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_movements(file=pieces(options["file"]), source=options["source"], now=timezone.now(), progress=self.told)
        except OSError as error:
            raise CommandError(str(error)) from error
        except Refused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"{loaded.read:,} lines: {loaded.moved:,} moved, {loaded.known:,} known already, {loaded.nothing:,} of nothing")
        for reason, (count, lines) in loaded.refused.items():
            shown = ", ".join(str(line) for line in lines)
            self.stdout.write(f"refused for its {reason}: {count:,} lines ({shown}{', …' if count > len(lines) else ''})")

    def told(self, done: int, size: int) -> None:
        if self.verbosity_of_progress and (done % 100_000 == 0 or done == size):
            self.stderr.write(f"{done:,} of {size:,}")

    def execute(self, *args: Any, **options: Any) -> Any:
        self.verbosity_of_progress = options.get("verbosity", 1) > 1
        return super().execute(*args, **options)


def pieces(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
