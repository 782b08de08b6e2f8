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
