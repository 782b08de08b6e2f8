"""Doors that write. Every write names a key of its caller's choice, and what is sent twice happens once: kernel.idempotency has the rule.

A REST door is a WriteDoor and answers with `self.once(...)` or `self.resumably(...)`; a mutation answers with `mutated(...)`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import graphene
import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from kernel import card_numbers, idempotency
from kernel.errors import Refused
from org.access import Principal
from org.doors import Asking, Door, principal_of

Json = dict[str, Any]
HEADER = "Idempotency-Key"
Way = Callable[..., idempotency.Answer]
# Of callers who share a principal, as all browsers do that hold the storefront's key: nobody may meet another's answer by chance.
SHORTEST_SHARED = 16
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# For extend_schema(parameters=[KEY, …]) of every write.
KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 255 characters of your choice: the same request sent again under it happens once and gets the first answer.",
)


class Unkept(RuntimeError):
    """A write that would happen twice when it is sent twice: a mistake in a program, found by the first test that calls it."""


class WriteDoor(Door):
    """Reads as any door; a method that writes is refused without a key, and fails when it did not go by it."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE and not request.headers.get(HEADER):
            raise idempotency.KeyInvalid(f"Send the header {HEADER}: a key of your choice, the same one when you try again.", field=HEADER)
        # Kept before it is parsed: afterwards nobody can read it.
        if request.method not in SAFE and request._request.body and request.content_type.startswith("application/json"):
            card_numbers.refuse(request.data)

    def once(self, request: Request, effect: Callable[[datetime], Json | None], *, status: int = 201) -> HttpResponse:
        """`effect(now)` in one transaction with the record of its answer. None: answered 204 without a body."""
        now = datetime.now(UTC)
        return self._answered(request, idempotency.answer_once, now, lambda: _answer(effect(now), status))

    def resumably(
        self, request: Request, effect: Callable[[UUID, datetime], Json | None], *, status: int = 201, at_once: bool = False
    ) -> HttpResponse:
        """`effect(id, now)` over several transactions: `id` follows from the key, and what stands under it already is gone on with.
        `at_once`: this time it is one transaction, with the record of its answer in it."""
        now = datetime.now(UTC)
        way = idempotency.answer_as_one if at_once else idempotency.answer_resumably
        return self._answered(request, way, now, lambda id: _answer(effect(id, now), status))

    def _answered(self, request: Request, way: Way, now: datetime, effect: Callable[..., idempotency.Answer]) -> HttpResponse:
        principal, key = principal_of(request), request.headers.get(HEADER, "")
        _unguessable(principal, key)
        answer = way(scope=f"{principal.name} {request.method} {request.path}", key=key, body=request._request.body, now=now, effect=effect)
        response = HttpResponse(answer.body, content_type=answer.content_type, status=answer.status)
        response.written_once = True  # type: ignore[attr-defined]
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method not in SAFE and response.status_code < 400 and not getattr(response, "written_once", False):
            raise Unkept(f"{type(self).__name__}.{request.method} wrote without its key: answer with self.once or self.resumably")
        return super().finalize_response(request, response, *args, **kwargs)


def _unguessable(principal: Principal, key: str) -> None:
    if principal.key is not None and principal.key.kind == "publishable" and len(key) < SHORTEST_SHARED:
        raise idempotency.KeyInvalid(f"Under a publishable key choose at least {SHORTEST_SHARED} random characters: a UUID is fine.", field=HEADER)


def _answer(told: Json | None, status: int) -> idempotency.Answer:
    if told is None:
        return idempotency.Answer(status=204, body=b"")
    return idempotency.Answer(status=status, body=orjson.dumps(told, default=str))


class MutationError(graphene.ObjectType):
    """What the rules refuse, with the codes that REST has too."""

    code = graphene.String(required=True)
    field = graphene.String(description="The input it is about; null: none by itself.")
    message = graphene.String(required=True)
    details = graphene.JSONString(description="What REST tells beside it: both prices, what is left.")


def errors_field() -> graphene.List:
    """For every mutation's payload: `errors = errors_field()`."""
    return graphene.List(graphene.NonNull(MutationError), required=True)


def key_field() -> graphene.String:
    """For every mutation's input: `idempotency_key = key_field()`."""
    return graphene.String(required=True, description="1 to 255 characters of your choice: sent again, it happens once.")


def mutated(
    asking: Asking,
    *,
    operation: str,
    given: Mapping[str, Any],
    told: str,
    effect: Callable[..., Json | None],
    resumably: bool = False,
    at_once: bool = False,
) -> Json:
    """The payload of a mutation: {told: what `effect` answers, "errors": []}, or null and why it was refused.

    `given` is its input with `idempotency_key`. `effect()` in one transaction; with `resumably`, `effect(id)` over several, or in one all the
    same with `at_once`.
    """
    asked = dict(given)
    key = asked.pop("idempotency_key")
    common: dict[str, Any] = {
        "scope": f"{asking.principal.name} {operation}",
        "key": key,
        "body": orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str),
        "now": asking.now,
    }
    try:
        _unguessable(asking.principal, key)
        card_numbers.refuse(asked)
        if resumably:
            way = idempotency.answer_as_one if at_once else idempotency.answer_resumably
            answer = way(**common, effect=lambda id: _answer(effect(id), 200))
        else:
            answer = idempotency.answer_once(**common, effect=lambda: _answer(effect(), 200))
    except Refused as refused:
        return {told: None, "errors": [_refusal(refused)]}
    return {told: orjson.loads(answer.body) if answer.body else None, "errors": []}


def _refusal(refused: Refused) -> Json:
    details = orjson.loads(orjson.dumps(refused.details, default=str)) if refused.details else None
    return {"code": refused.code, "field": refused.field or None, "message": refused.message, "details": details}
