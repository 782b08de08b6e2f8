"""manage.py export_catalog FILE [--format onecounter|shopify|xlsx] [--currency EUR]"""

import shutil
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from catalog import services
from catalog.services.runs import EXPORTS
from kernel import jobs


class Command(BaseCommand):
    help = "Writes every product that is not archived into a file that import_catalog reads back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", default="onecounter", choices=EXPORTS)
        parser.add_argument("--currency", default="EUR", help="of the prices in the file (default EUR)")

    def handle(self, **options: Any) -> None:
        now = datetime.now(UTC)
        queued = services.export_catalog(format=options["format"], currency=options["currency"], products=None, actor=None, now=now)
        job = jobs.run(job=queued, now=now)
        if job is None or job.result is None:
            raise CommandError(f"The export did not end well: {job.error if job else 'a worker has taken it over'}")
        with default_storage.open(job.result["file"], "rb") as made, options["file"].open("wb") as out:
            shutil.copyfileobj(made, out)
        self.stdout.write(f"{job.result['rows']:,} rows in {options['file']}")
