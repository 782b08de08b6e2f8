"""Who may come through a door: every GraphQL field that reads and every REST view names a scope of org.access.SCOPES,
or answers nobody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel.errors import Refused
from org.access import ANONYMOUS, SCOPES, Principal
from org.paging import LONGEST

Resolver = Callable[..., Any]


@dataclass
class Asking:
    """One GraphQL request: who asks, when, and what was read on the way (so that extensions load in one statement)."""

    principal: Principal
    now: datetime
    memo: dict[str, Any] = field(default_factory=dict)


def allowed(scope: str) -> Callable[[Resolver], Resolver]:
    """On a GraphQL resolver: checked before it runs. Staff need the permission that the scope stands for."""
    if scope not in SCOPES:
        raise LookupError(f"{scope} is no scope of org.access")

    def guard(resolver: Resolver) -> Resolver:
        @wraps(resolver)
        def guarded(root: Any, info: Any, **arguments: Any) -> Any:
            info.context.principal.require(scope)
            return resolver(root, info, **arguments)

        guarded.allowed = scope  # type: ignore[attr-defined]
        return guarded

    return guard


class DeclaredScope(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        scope = getattr(view, "allowed", {}).get(request.method)
        if scope is None and not hasattr(view, str(request.method).lower()):
            raise MethodNotAllowed(str(request.method))
        if scope is None:
            return False
        principal_of(request).require(scope)
        return True


class Door(APIView):
    """A REST view that names, method by method, the scope it asks for: `allowed = {"GET": "catalog:read"}`."""

    allowed: ClassVar[dict[str, str]]
    permission_classes = (DeclaredScope,)


def principal_of(request: Request) -> Principal:
    return request.auth if isinstance(request.auth, Principal) else ANONYMOUS


class UnknownFilter(Refused):
    code = "unknown_filter"
    status = 400
    title = "This list has no such filter"


class Filter(serializers.Serializer[Any]):
    """The query string of a list. A name it does not know is refused: a misspelt filter must not answer everything."""

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        for name in request.query_params:
            if name not in cls._declared_fields:  # type: ignore[attr-defined]
                raise UnknownFilter(f"There is no filter {name} here. Known: {', '.join(cls._declared_fields)}.", field=name)  # type: ignore[attr-defined]
        reader = cls(data=request.query_params)
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)


class PageFilter(Filter):
    first = serializers.IntegerField(required=False, min_value=1, max_value=LONGEST, default=50, help_text="How many rows.")
    after = serializers.CharField(required=False, default="", max_length=2000, help_text="`next` of the page before.")
