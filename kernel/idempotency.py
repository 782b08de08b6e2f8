"""One rule for every write that may be sent twice: the first answer is kept in the transaction of its effect."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import DatabaseError, connection, transaction

from kernel.errors import Conflict, Invalid, Refused

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
        kept = _locked(LOOK_UP, [_name(scope, key), scope, key])
        if kept.status is not None:
            return _replay(kept, digest)
        answer = effect()
        if answer.status >= 400:
            transaction.set_rollback(True)
            return answer
        _run(KEEP, [scope, key, digest, answer.status, answer.body, answer.content_type, now])
        return answer


def answer_as_one(*, scope: str, key: str, body: bytes, now: datetime, effect: Callable[[UUID], Answer]) -> Answer:
    """As answer_once, for work that at other times takes several transactions: `effect` is given the id that answer_resumably would."""
    return answer_once(scope=scope, key=key, body=body, now=now, effect=lambda: effect(attempt_of(scope=scope, key=key)))


def attempt_of(*, scope: str, key: str) -> UUID:
    """The id of whatever is made under this key: the same one whenever it is asked."""
    return uuid5(ATTEMPTS, f"{scope}\0{key}")


def _checked(key: str, body: bytes) -> bytes:
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyInvalid(field="Idempotency-Key")
    return hashlib.sha256(body).digest()


def _name(scope: str, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{scope}\0{key}".encode()).digest()[:8], "big", signed=True)


@dataclass(frozen=True)
class _Kept:
    """What stands under a key; `status` None: nothing yet."""

    mine: bool
    body_hash: bytes | None
    status: int | None
    answer: bytes | None
    content_type: str | None


KEEP = """insert into kernel_idempotencykey (scope, key, body_hash, status, answer, content_type, created_at)
values (%s, %s, %s, %s, %s, %s, %s)"""
BEGIN = "select * from kernel_key_begun(%s, %s, %s, %s, %s::smallint, %s)"
LOOK_UP = "select * from kernel_key_looked_up(%s, %s, %s)"
UNLOCK = "select pg_advisory_unlock(%s)"
ANSWERED = "update kernel_idempotencykey set status = %s, answer = %s, content_type = %s where scope = %s and key = %s"
FORGOTTEN = "delete from kernel_idempotencykey where scope = %s and key = %s"


def _locked(statement: str, values: Sequence[Any]) -> _Kept:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        kept = _Kept(*cursor.fetchone())
    if not kept.mine:
        raise InFlight(retry_after=1)
    return kept


def _run(statement: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _replay(kept: _Kept, digest: bytes) -> Answer:
    if bytes(kept.body_hash or b"") != digest:
        raise KeyReused(field="Idempotency-Key")
    return Answer(status=kept.status or 0, body=bytes(kept.answer or b""), content_type=kept.content_type or "")


def answer_resumably(*, scope: str, key: str, body: bytes, now: datetime, effect: Callable[[UUID], Answer]) -> Answer:
    """For work over several transactions, as payments are: the key names one attempt that is gone on with, and never begun twice.

    `effect` is given an id that follows from scope and key. It makes its own transactions, and given the same id again goes on where
    it was broken off. What it refuses is forgotten, so that it is evaluated again next time. Raises as answer_once does.
    """
    digest = _checked(key, body)
    name = _name(scope, key)
    kept = _begun(name, [name, scope, key, digest, BEGUN, now])
    try:
        if kept.status != BEGUN or bytes(kept.body_hash or b"") != digest:
            return _replay(kept, digest)
        return _gone_on_with(scope, key, effect)
    finally:
        _run(UNLOCK, [name])


def _begun(name: int, values: Sequence[Any]) -> _Kept:
    try:
        return _locked(BEGIN, values)
    except DatabaseError:
        # A statement that fails is undone; a session's lock is not. Nobody else's is let go of by this.
        _run(UNLOCK, [name])
        raise


def _gone_on_with(scope: str, key: str, effect: Callable[[UUID], Answer]) -> Answer:
    try:
        answer = effect(attempt_of(scope=scope, key=key))
    except Refused:
        _run(FORGOTTEN, [scope, key])
        raise
    if answer.status >= 400:
        _run(FORGOTTEN, [scope, key])
        return answer
    _run(ANSWERED, [answer.status, answer.body, answer.content_type, scope, key])
    return answer
