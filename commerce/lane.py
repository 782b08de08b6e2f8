"""The short way for programs: a request with a key passes by what only people's browsers need (sessions, messages, languages,
forms' tokens), and gets the same headers as everybody."""

import re
from collections.abc import Callable
from uuid import UUID

from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, get_resolver
from django.utils import translation

from commerce.csp import PERSONAL

KEPT_HOSTS = 64
# As Django's converter takes one.
ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Lane(BaseHandler):
    """Django's own handler with no middleware in it. It stands inside that handler's own chain, which closes and logs."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, ...], ResolverMatch] = {}
        self.load_middleware()

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[object] = []
        self._template_response_middleware: list[object] = []
        self._exception_middleware: list[object] = []
        self.answer: Callable[[HttpRequest], HttpResponseBase] = convert_exception_to_response(self._get_response)  # type: ignore[assignment]

    def _get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Django's innermost part without what asynchronous views and transactions around a view need: a door has neither."""
        callback, arguments, named = self.resolve_request(request)
        response = callback(request, *arguments, **named)
        self.check_response(response, callback)  # type: ignore[attr-defined]  # Django's own
        if callable(getattr(response, "render", None)):
            response = response.render()
        return response  # type: ignore[no-any-return]

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """An address in which nothing varies but ids leads where it led before; there are only as many as routes."""
        ids = ID.findall(request.path_info)
        # In pieces: no letter could stand for an id that an address may not have itself.
        place = (settings.ROOT_URLCONF, *ID.split(request.path_info))
        known = self.known.get(place)
        if known is None:
            match = get_resolver(settings.ROOT_URLCONF).resolve(request.path_info)
            if not match.args and [*match.kwargs.values()] == [*map(UUID, ids)]:
                self.known[place] = match
        elif not ids:
            match = known
        else:
            # One that is asked to be copied refuses.
            match = object.__new__(ResolverMatch)
            vars(match).update(vars(known), kwargs=dict(zip(known.kwargs, map(UUID, ids), strict=True)))
        request.resolver_match = match
        return match


class KeyLaneMiddleware:
    """Stands behind the one that sees to TLS, before all others. A key outside the programs' doors goes the long way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.lane = Lane()
        self.hosts: set[str] = set()
        self.headers = headers_of_all()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_X_API_KEY" not in request.META or not request.path_info.startswith(PERSONAL):
            return self.get_response(request)
        self.check_host(request)
        request.user = AnonymousUser()
        translation.activate(settings.LANGUAGE_CODE)
        response = self.lane.answer(request)
        # Where Django keeps a response's headers: these were checked when they were made, not again for every answer.
        told = response.headers._store
        for key, header in self.headers:
            told.setdefault(key, header)
        if isinstance(response, HttpResponse):
            told.setdefault("content-length", ("Content-Length", str(len(response.content))))
        # The same pairs, for the handler to send: without looking each name up once more.
        response.items = told.values  # type: ignore[method-assign]
        return response

    def check_host(self, request: HttpRequest) -> None:
        """Refuses a host that is not ours. One that is stays so, and most programs send the same."""
        host = request.META.get("HTTP_HOST")
        if host in self.hosts:
            return
        request.get_host()
        if host and len(self.hosts) < KEPT_HOSTS:
            self.hosts.add(host)


def headers_of_all() -> list[tuple[str, tuple[str, str]]]:
    """What the long way tells everybody, as a response keeps it. SecurityMiddleware finds its own set, and looks after TLS alone."""
    response = HttpResponse(
        headers={
            "Content-Security-Policy": build_policy(config=settings.STRICT_CSP),
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Cache-Control": "private, no-cache",
        }
    )
    # An unencrypted request: whether TLS may be insisted on is the request's to say.
    SecurityMiddleware(lambda request: response).process_response(HttpRequest(), response)
    del response.headers["Content-Type"]
    return list(response.headers._store.items())
