"""manage.py rebuild_shelf: drops the read models of the catalogue and makes them anew."""

import time
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from catalog import search, shelf
from org.queries import channels


class Command(BaseCommand):
    help = "Makes every channel's product cards and the search index anew, from the tables. Reading goes on meanwhile."

    def handle(self, **options: Any) -> None:
        for channel in channels():
            started = time.monotonic()
            made = shelf.rebuild(channel=channel.id, now=datetime.now(UTC))
            self.stdout.write(f"{channel.code}: {made:,} cards in {time.monotonic() - started:.1f} s")
        started = time.monotonic()
        search.rebuild()
        self.stdout.write(f"search index in {time.monotonic() - started:.1f} s")
