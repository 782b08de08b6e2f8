"""manage.py import_catalog FILE --format openfoodfacts|shopify [--json]"""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.importing import run
from catalog.importing.incoming import Terms
from kernel.errors import Refused
from kernel.models import Job

TOLD = 20
"""Refused rows written out; the rest are counted, and all are kept with the job."""


class Command(BaseCommand):
    help = "Brings products from a CSV file (also .gz) into the catalogue. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted(run.FORMATS))
        parser.add_argument("--currency", default="EUR", help="of the prices in the file (default EUR)")
        parser.add_argument("--tax-class", default=run.DEFAULT_TAX_CLASS, help="code of the tax class of new products (default standard)")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON: created, changed, unchanged, refused")

    def handle(self, **options: Any) -> None:
        screen = Screen(quiet=options["json"])
        terms = Terms(currency=options["currency"], tax_class=options["tax_class"])
        try:
            if terms.tax_class == run.DEFAULT_TAX_CLASS and run.first_tax_class(actor=None):
                screen.say(f"No tax class existed: made “standard” with {run.DEFAULT_RATE // 10_000} %. Change it if that is wrong.")
            job = run.import_file(path=options["file"], format=options["format"], terms=terms, now=datetime.now(UTC), actor=None, watch=screen.show)
        except Refused as refused:
            raise CommandError(refused.message) from None
        finally:
            screen.clear()
        screen.end(job)
        if options["format"] == "openfoodfacts" and screen.tally.created:
            screen.say("These products have no price yet: they are drafts and cannot be sold until they have one.")
        if options["json"] and job.state == Job.State.SUCCEEDED:
            self.stdout.write(json.dumps(asdict(screen.tally)))


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
