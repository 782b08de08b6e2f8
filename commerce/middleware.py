"""Names, for the audit trail, who writes."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.audit import acting_as

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# POST by its form, a read by its nature; and tills name their cashiers entry by entry.
SILENT = ("/graphql/", "/api/v1/till")


class ActorMiddleware:
    """A read, a key's and a till's request pay no statement: only a browser that carries a session and wants to write does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in READS or settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith(SILENT):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        with acting_as(request.user.pk):
            return self.get_response(request)
