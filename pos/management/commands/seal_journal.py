"""manage.py seal_journal: how far each till's chain has come, signed and kept in the storage. Beat does the same once a day."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from pos import services


class Command(BaseCommand):
    help = "Seals the head of every chain that has come further, and stores what the storage had refused before."

    def handle(self, *args: Any, **options: Any) -> None:
        done = services.seal_heads(now=timezone.now())
        self.stdout.write(f"{done.sealed} heads sealed, {done.stored} files stored, {done.failed} wait for the storage.")
        if done.failed:
            raise SystemExit(1)
