"""Passwords are guessed slowly: after a few wrong ones the name waits, whether or not somebody has it."""

import hashlib
import logging
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from org.models import User

log = logging.getLogger(__name__)

MOST_TRIES = 10
# Seconds from the first try. By name and not by address: behind a proxy, or from many machines, addresses tell nothing.
WAIT = 300


class PatientBackend(ModelBackend):
    def authenticate(self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any) -> Any:
        key = "sign-in-" + hashlib.sha256((username or "").casefold().encode("utf-8", "replace")).hexdigest()
        # Counted before the password is looked at, so that guesses sent all at once are counted too.
        if _tries(key) > MOST_TRIES:
            log.warning("too many sign-ins for one name within %d s", WAIT)
            raise PermissionDenied
        user: User | None = super().authenticate(request, username=username, password=password, **kwargs)  # type: ignore[assignment]
        if user is not None:
            _forget(key)
        return user


def _tries(key: str) -> int:
    """This one included. A cache that is away must not lock the shop's people out."""
    try:
        cache.add(key, 0, WAIT)
        return int(cache.incr(key))
    except Exception as error:
        log.warning("sign-ins are not counted: %s", type(error).__name__)
        return 0


def _forget(key: str) -> None:
    try:
        cache.delete(key)
    except Exception as error:
        log.warning("sign-ins are not counted: %s", type(error).__name__)
