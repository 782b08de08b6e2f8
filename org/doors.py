"""Who may come through a door: every GraphQL field that reads and every REST view names a scope of org.access.SCOPES,
or answers nobody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial, wraps
from typing import Any, ClassVar

from django.template.response import SimpleTemplateResponse
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from kernel.errors import Refused
from org.access import ANONYMOUS, SCOPES, Principal
from org.paging import LONGEST
from org.wire import packed

Resolver = Callable[..., Any]


@dataclass
class Asking:
    """One GraphQL request: who asks, when, and what was read on the way (so that extensions load in one statement)."""

    principal: Principal
    now: datetime
    memo: dict[str, Any] = field(default_factory=dict)
    # The shelf's versions that were read. The answer may be kept while that is one and stays it; None in it: not at all.
    versions: set[int | None] = field(default_factory=set)
    # To be done once the answer stands.
    later: list[Callable[[], None]] = field(default_factory=list)
    # Answer from the tables instead of the shelf: slow, and what the shelf's answers are compared with.
    tables: bool = False
    # What lists mostly ask for is enough (catalog.lines).
    short: bool = False
    _passed: set[str] = field(default_factory=set)

    def afresh(self) -> "Asking":
        """The same question with nothing read yet."""
        return Asking(principal=self.principal, now=self.now, tables=self.tables)

    @property
    def version(self) -> int | None:
        """The one version of the shelf that all was read from; None when there was none or several, or something else was read."""
        return next(iter(self.versions)) if len(self.versions) == 1 else None

    def require(self, scope: str) -> None:
        """As the principal has it; asked for every row of a list, so it remembers."""
        if scope not in self._passed:
            self.principal.require(scope)
            self._passed.add(scope)


def allowed(scope: str, *, shelved: bool = False) -> Callable[[Resolver], Resolver]:
    """On a GraphQL resolver: checked before it runs. Staff need the permission that the scope stands for.

    `shelved`: what it answers changes only with the shelf's version, which it notes in Asking.versions.
    """
    if scope not in SCOPES:
        raise LookupError(f"{scope} is no scope of org.access")

    def guard(resolver: Resolver) -> Resolver:
        @wraps(resolver)
        def guarded(root: Any, info: Any, **arguments: Any) -> Any:
            info.context.require(scope)
            return resolver(root, info, **arguments)

        guarded.allowed = scope  # type: ignore[attr-defined]
        guarded.shelved = shelved  # type: ignore[attr-defined]
        # For whoever has asked for the scope itself (commerce.straight).
        guarded.resolver = resolver  # type: ignore[attr-defined]
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

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(answer, SimpleTemplateResponse) and not answer.is_rendered:
            answer.add_post_render_callback(partial(packed, request))
            return answer
        return packed(request, answer)


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
