"""One rule for every write that may be sent twice: the first answer is kept in the transaction of its effect."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction

from kernel.errors import Conflict, Invalid, Refused
from kernel.models import IdempotencyKey

LONGEST_KEY = 255
# The status of what was begun and has no answer yet.
BEGUN = 102
ATTEMPTS = UUID("6f0c3a8e-5a53-4d0b-9a52-3c1f6a2d7b10")


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
    digest = _checked(key, body)
    with transaction.atomic():
        # Tried, not waited for: a request that waits holds a connection the first one may need.
        if not _query("select pg_try_advisory_xact_lock(%s)", _name(scope, key)):
            raise InFlight(retry_after=1)
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


def _checked(key: str, body: bytes) -> bytes:
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyInvalid(field="Idempotency-Key")
    return hashlib.sha256(body).digest()


def _name(scope: str, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{scope}\0{key}".encode()).digest()[:8], "big", signed=True)


def _query(statement: str, value: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        return cursor.fetchone()[0]


def _replay(kept: IdempotencyKey, digest: bytes) -> Answer:
    if bytes(kept.body_hash) != digest:
        raise KeyReused(field="Idempotency-Key")
    return Answer(status=kept.status, body=bytes(kept.answer), content_type=kept.content_type)


def answer_resumably(*, scope: str, key: str, body: bytes, now: datetime, effect: Callable[[UUID], Answer]) -> Answer:
    """For work over several transactions, as payments are: the key names one attempt that is gone on with, and never begun twice.

    `effect` is given an id that follows from scope and key. It makes its own transactions, and given the same id again goes on where
    it was broken off. What it refuses is forgotten, so that it is evaluated again next time. Raises as answer_once does.
    """
    digest = _checked(key, body)
    name = _name(scope, key)
    if not _query("select pg_try_advisory_lock(%s)", name):
        raise InFlight(retry_after=1)
    try:
        kept, _ = IdempotencyKey.objects.get_or_create(
            scope=scope, key=key, defaults={"body_hash": digest, "status": BEGUN, "answer": b"", "created_at": now}
        )
        if kept.status != BEGUN or bytes(kept.body_hash) != digest:
            return _replay(kept, digest)
        return _gone_on_with(kept, effect)
    finally:
        _query("select pg_advisory_unlock(%s)", name)


def _gone_on_with(kept: IdempotencyKey, effect: Callable[[UUID], Answer]) -> Answer:
    try:
        answer = effect(uuid5(ATTEMPTS, f"{kept.scope}\0{kept.key}"))
    except Refused:
        kept.delete()
        raise
    if answer.status >= 400:
        kept.delete()
        return answer
    kept.status, kept.answer, kept.content_type = answer.status, answer.body, answer.content_type
    kept.save(update_fields=["status", "answer", "content_type"])
    return answer
