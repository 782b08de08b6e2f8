"""Who writes, for the audit trail; and whose clock the back office shows."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from commerce import errors
from kernel import card_numbers
from kernel.audit import acting_as
from org.access import stores_for
from org.queries import zone_of

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# POST by its form, a read by its nature; and tills name their cashiers entry by entry.
FORM = "application/x-www-form-urlencoded"
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


class CardNumberMiddleware:
    """What is typed into a form of the back office. The programs' doors look for themselves (org.writing), tills before they write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.content_type == FORM and card_numbers.found_in(dict(request.POST.lists())):
            return errors.answer(request, card_numbers.CardNumberNotAllowed())
        return self.get_response(request)


class OfficeClockMiddleware:
    """The back office tells times by the clock of the reader's first store; a page of one store may say it by that store's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/") or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(zone_of(stores=stores_for(request.user, "orders.view"))):
            return self.get_response(request)
