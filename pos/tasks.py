"""Celery door."""

from celery import shared_task
from django.utils import timezone

from pos import services


@shared_task(name="pos.tasks.post_waiting")
def post_waiting(**kwargs: object) -> None:
    services.post_waiting(now=timezone.now())


@shared_task(name="pos.tasks.keep_catalogues")
def keep_catalogues(**kwargs: object) -> None:
    services.keep_catalogues(now=timezone.now())


@shared_task(name="pos.tasks.look_for_holes")
def look_for_holes(**kwargs: object) -> None:
    services.look_for_holes(now=timezone.now())
    services.note_left(now=timezone.now())


@shared_task(name="pos.tasks.finish_shifts")
def finish_shifts(**kwargs: object) -> None:
    services.finish(now=timezone.now())


@shared_task(name="pos.tasks.seal_journal")
def seal_journal(**kwargs: object) -> None:
    services.seal_heads(now=timezone.now(), every=services.DAILY)


@shared_task(name="pos.tasks.forget_prices")
def forget_prices(**kwargs: object) -> None:
    services.forget_prices(now=timezone.now())
