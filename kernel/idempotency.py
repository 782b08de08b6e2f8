"""One rule for every write that may be sent twice: the first answer is kept in the transaction of its effect."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from kernel.errors import Conflict, Invalid, Refused
from kernel.models import IdempotencyKey

LONGEST_KEY = 255


class KeyInvalid(Invalid):
    code = "idempotency_key_invalid"
    title = "The idempotency key must be 1 to 255 printable ASCII characters"


class KeyReused(Refused):
    code = "idempotency_key_reused"
    status = 422
    title = "This idempotency key was already used with another body"


class InFlight(Conflict):
    code = "idempotency_in_flight"
    title = "The first request with this idempotency key is still being answered"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json"


def answer_once(*, scope: str, key: str, body: bytes, now: datetime, effect: Callable[[], Answer]) -> Answer:
    """Runs `effect` in a transaction with the record of its answer; the same key and body later get that answer byte for byte.

    `scope` is principal + operation, so nobody meets another's key. Only a success is kept: an answer of 400 or more, like
    an exception, undoes whatever the effect wrote and is evaluated again next time.
    Raises KeyReused for another body and InFlight (details.retry_after, seconds) while the first request runs.
    """
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyInvalid(field="Idempotency-Key")
    digest = hashlib.sha256(body).digest()
    with transaction.atomic():
        _lock(scope, key)
        # Read after the lock: the snapshot of this statement has what the lock's last holder committed.
        kept = IdempotencyKey.objects.filter(scope=scope, key=key).first()
        if kept is not None:
            return _replay(kept, digest)
        answer = effect()
        if answer.status >= 400:
            transaction.set_rollback(True)
            return answer
        IdempotencyKey.objects.create(
            scope=scope,
            key=key,
            body_hash=digest,
            status=answer.status,
            answer=answer.body,
            content_type=answer.content_type,
            created_at=now,
        )
        return answer


def _lock(scope: str, key: str) -> None:
    """Tried, not waited for: a request that waits holds a connection the first one may need."""
    name = hashlib.sha256(f"{scope}\0{key}".encode()).digest()[:8]
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [int.from_bytes(name, "big", signed=True)])
        if not cursor.fetchone()[0]:
            raise InFlight(retry_after=1)


def _replay(kept: IdempotencyKey, digest: bytes) -> Answer:
    if bytes(kept.body_hash) != digest:
        raise KeyReused(field="Idempotency-Key")
    return Answer(status=kept.status, body=bytes(kept.answer), content_type=kept.content_type)
