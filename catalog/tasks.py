"""Celery's door to the catalogue. May be lost or run twice: the rows say what is to do."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from catalog import shelf


@shared_task(name="catalog.tasks.keep_shelf")
def keep_shelf(**kwargs: Any) -> None:
    shelf.keep(now=datetime.now(UTC))
