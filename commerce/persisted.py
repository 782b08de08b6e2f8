"""Operations known by their SHA-256, so that a program sends 64 characters instead of a document (Apollo's protocol).

A document is kept once it has passed every check; whoever names one that nobody keeps sends it again in full. It is its
own proof: the hash is worked out here, so a kept document can only be found under the name that fits it.
"""

import hashlib
import logging
import re
from collections import OrderedDict
from threading import Lock
from typing import Any

from django.core.cache import cache

from kernel.errors import Invalid, Refused

log = logging.getLogger("onecounter.persisted")

KEPT_SECONDS = 30 * 24 * 3600
KEPT_HERE = 256
LONGEST = 8 * 1024
_HASH = re.compile(r"[0-9a-f]{64}")
_here: "OrderedDict[str, str]" = OrderedDict()
_lock = Lock()


class OperationNotFound(Refused):
    """Clients know it by its message, too."""

    code = "persisted_query_not_found"
    status = 400
    title = "This operation is not kept here"


class OperationDiffers(Invalid):
    code = "persisted_query_mismatch"
    title = "The hash is not that of the query"


def named(body: dict[str, Any]) -> str | None:
    """The hash in extensions.persistedQuery; None without."""
    extensions = body.get("extensions") or {}
    if not isinstance(extensions, dict):
        raise Invalid("Send the extensions as an object.", field="extensions")
    asked = extensions.get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, dict) or asked.get("version") != 1:
        raise Invalid("persistedQuery has version 1 and sha256Hash.", field="extensions")
    return hash_of(asked.get("sha256Hash"))


def hash_of(text: Any) -> str:
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise Invalid("A hash is 64 hexadecimal digits in lower case.", field="sha256Hash")
    return text


def found(name: str) -> str:
    """The document of this hash. A store that does not answer knows none."""
    with _lock:
        query = _here.get(name)
    if query is None:
        try:
            query = cache.get(f"operation:{name}")
        except Exception:
            log.warning("The cache does not answer; no operation is known by its hash.", exc_info=True)
    if not isinstance(query, str) or digest(query) != name:
        raise OperationNotFound("PersistedQueryNotFound")
    _remember(name, query)
    return query


def check(name: str, query: str) -> None:
    if digest(query) != name:
        raise OperationDiffers("sha256Hash is not the SHA-256 of the query.", field="extensions")


def keep(name: str, query: str) -> None:
    """Call it once the document is known to be valid."""
    with _lock:
        known = name in _here
    if known or len(query) > LONGEST:
        return
    _remember(name, query)
    try:
        cache.set(f"operation:{name}", query, KEPT_SECONDS)
    except Exception:
        log.warning("The cache does not answer; an operation is known to this process alone.", exc_info=True)


def digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()


def _remember(name: str, query: str) -> None:
    with _lock:
        _here[name] = query
        _here.move_to_end(name)
        while len(_here) > KEPT_HERE:
            _here.popitem(last=False)


def forget() -> None:
    with _lock:
        _here.clear()
