"""Celery is a doorbell: the rows it points at are the ledger, so losing the broker loses nothing."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

app = Celery("onecounter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
