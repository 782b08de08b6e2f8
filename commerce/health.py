"""Two answers for whoever watches the process: is it alive, may it get traffic."""

import logging
from functools import cache as once

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked, so an outage of the database does not restart the web."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, knows every migration, and the cache answers; else 503 with what is missing."""
    told = {"database": database(), "migrations": migrations(), "cache": keeps()}
    ready = set(told.values()) == {"ok"}
    return JsonResponse({"status": "ready" if ready else "waiting", **told}, status=200 if ready else 503)


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Exception as error:
        return _unreachable("database", error)
    return "ok"


class NotYet(Exception):
    pass


def migrations() -> str:
    try:
        _all_applied()
    except NotYet:
        return "waiting"
    except Exception as error:
        return _unreachable("migrations", error)
    return "ok"


@once
def _all_applied() -> None:
    """Asked until it is so, then remembered: new migrations come with a new process. (An exception is not remembered.)"""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotYet


def keeps() -> str:
    try:
        cache.set("readyz", "ok", 10)
        return "ok" if cache.get("readyz") == "ok" else "unreachable"
    except Exception as error:
        return _unreachable("cache", error)


def _unreachable(what: str, error: Exception) -> str:
    # Why is for the log: a stranger may ask for /readyz.
    log.warning("readyz: %s: %s", what, error)
    return "unreachable"
