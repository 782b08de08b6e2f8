"""manage.py import_catalog FILE [--format openfoodfacts|shopify|onecounter] [--dry-run] [--json], or --undo RUN"""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from catalog import services
from catalog.importing import reading, run
from catalog.importing.incoming import Terms
from kernel import jobs
from kernel.errors import Refused
from kernel.models import Job

TOLD = 20
"""Refused rows written out; the rest are counted, and all are kept with the job."""


class Command(BaseCommand):
    help = "Brings products from a CSV file (also .gz) into the catalogue. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--format", choices=sorted(run.FORMATS), help="told by the columns when it is left out")
        parser.add_argument("--dry-run", action="store_true", help="save nothing; the run stays in the back office to be reviewed")
        parser.add_argument("--undo", metavar="RUN", type=UUID, help="take back a whole run, named by its id")
        parser.add_argument("--currency", default="EUR", help="of the prices in the file (default EUR)")
        parser.add_argument("--tax-class", default=run.DEFAULT_TAX_CLASS, help="code of the tax class of new products (default standard)")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON: created, changed, unchanged, refused")

    def handle(self, **options: Any) -> None:
        if options["undo"]:
            self.take_back(options["undo"])
            return
        if options["file"] is None:
            raise CommandError("Name a file, or a run to take back with --undo.")
        screen = Screen(quiet=options["json"])
        terms = Terms(currency=options["currency"], tax_class=options["tax_class"])
        try:
            if terms.tax_class == run.DEFAULT_TAX_CLASS and run.first_tax_class(actor=None):
                screen.say(f"No tax class existed: made “standard” with {run.DEFAULT_RATE // 10_000} %. Change it if that is wrong.")
            format = options["format"] or told_by_columns(options["file"])
            now, dry = datetime.now(UTC), options["dry_run"]
            job = run.import_file(path=options["file"], format=format, terms=terms, now=now, actor=None, watch=screen.show, dry=dry)
        except Refused as refused:
            raise CommandError(refused.message) from None
        finally:
            screen.clear()
        screen.end(job)
        if dry:
            screen.say("Nothing was saved: this was a dry run.")
        elif format == "openfoodfacts" and screen.tally.created:
            screen.say("These products have no price yet: they are drafts and cannot be sold until they have one.")
        if options["json"] and job.state == Job.State.SUCCEEDED:
            self.stdout.write(json.dumps(asdict(screen.tally)))

    def take_back(self, id: UUID) -> None:
        try:
            row = services.undo_import(run=id, actor=None, now=datetime.now(UTC))
        except Refused as refused:
            raise CommandError(refused.message) from None
        job = jobs.run(job=Job.objects.get(id=row.job or row.pk), now=datetime.now(UTC))
        if job is None or job.result is None:
            raise CommandError(f"The undo did not end well: {job.error if job else 'a worker has taken it over; look at it in the back office'}")
        self.stdout.write(f"{job.result['restored']:,} restored, {job.result['edited']:,} edited since and left alone")


def told_by_columns(path: Path) -> str:
    with reading.opened(path, lenient=True) as file:
        columns = set(reading.header_of(next(file.lines(), None)))
    known = next((name for name, format in run.FORMATS.items() if set(format.required) <= columns), "")
    if not known:
        raise CommandError("No known format has these columns. Import the file in the back office, where its columns can be matched.")
    return known


class Screen:
    """What a person sees on standard error: a bar on a terminal, the refused rows, the sum."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.tally = run.Tally()
        self.faults = 0
        self._bar = sys.stderr.isatty()
        self._started = time.monotonic()

    def say(self, line: str) -> None:
        self.clear()
        sys.stderr.write(line + "\n")

    def show(self, progress: run.Progress) -> None:
        self.tally = progress.tally
        for fault in progress.faults:
            self.faults += 1
            if self.faults <= TOLD:
                self.say(f"refused {fault}")
        if self._bar:
            part = progress.read / progress.size if progress.size else 1
            bar = "█" * int(part * 30)
            sys.stderr.write(f"\r\033[K{bar:<30} {part:4.0%}  {_counted(progress.tally)}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._bar:
            sys.stderr.write("\r\033[K")

    def end(self, job: Job) -> None:
        if self.faults > TOLD:
            self.say(f"… and {self.faults - TOLD:,} more refused rows; all are kept with job {job.id}")
        if job.state == Job.State.CANCELLED:
            raise CommandError(f"Stopped: {_counted(self.tally)}. What was saved stays; run it again to go on.", returncode=130)
        if job.state != Job.State.SUCCEEDED:
            raise CommandError(f"{job.error} Saved before that: {_counted(self.tally)}.")
        if not self.quiet:
            self.say(f"{_counted(self.tally)} in {time.monotonic() - self._started:.1f} s")


def _counted(tally: run.Tally) -> str:
    return f"{tally.created:,} new, {tally.changed:,} changed, {tally.unchanged:,} unchanged, {tally.refused:,} refused"
