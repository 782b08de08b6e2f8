"""How a refusal looks on the wire: application/problem+json (RFC 9457) with the code that GraphQL carries too."""

import json
import logging
import sys
from typing import Final
from uuid import uuid4

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from kernel.errors import NotAllowed, NotFound, Refused

log = logging.getLogger("onecounter.refusals")
PROBLEM = "application/problem+json"
# Of PostgreSQL: going down, gone, still coming up; too many connections; class 08 is the connection itself.
AWAY: Final = frozenset({"57P01", "57P02", "57P03", "53300"})
AWAY_SECONDS: Final = 2


class Malformed(Refused):
    """The request could not even be read."""

    code = "malformed"
    status = 400
    title = "The request cannot be read"


class TooLarge(Refused):
    code = "too_large"
    status = 413
    title = "The request is too large"


class MethodNotAllowed(Refused):
    code = "method_not_allowed"
    status = 405
    title = "This address does not answer that method"


class UnsupportedMediaType(Refused):
    code = "unsupported_media_type"
    status = 415
    title = "Send application/json"


class NotAcceptable(Refused):
    code = "not_acceptable"
    status = 406
    title = "Only application/json is spoken here"


class Internal(Refused):
    """What a stranger is told of a fault of ours: nothing but a number to quote."""

    code = "internal"
    status = 500
    title = "Internal error"


class Unavailable(Refused):
    """The database cannot be reached. Whether what was asked has happened is not known: the same key asks for the same thing, once."""

    code = "unavailable"
    status = 503
    title = "The service cannot answer right now"


def is_away(error: BaseException | None) -> bool:
    """Whether this is said by, or instead of, a database that is not there; psycopg has no state for what never reached the server."""
    if isinstance(error, InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None) if isinstance(error, OperationalError) else ""
    return state is None or state in AWAY or state.startswith("08")


def internal(error: BaseException) -> Refused:
    """Log the fault, one of ours under a fresh number, and give back what may be told."""
    if is_away(error):
        log.error("The database cannot be reached", exc_info=error)
        return Unavailable("Send the same again, with the same Idempotency-Key where there is one.", retry_after=AWAY_SECONDS)
    trace_id = uuid4().hex
    log.error("Unexpected error, trace_id %s", trace_id, exc_info=error)
    return Internal("Something went wrong on our side. Quote the trace_id when you report it.", trace_id=trace_id)


def body_of(refused: Refused) -> dict[str, object]:
    body: dict[str, object] = {
        "type": f"urn:onecounter:error:{refused.code}",
        "title": refused.title,
        "status": refused.status,
        "code": refused.code,
        "detail": refused.message,
    }
    if refused.field:
        body["field"] = refused.field
    # A detail never hides what every problem carries.
    return {**refused.details, **body}


def headers_of(refused: Refused) -> dict[str, str]:
    headers = {}
    if "retry_after" in refused.details:
        headers["Retry-After"] = str(refused.details["retry_after"])
    if refused.status == 401:
        headers["WWW-Authenticate"] = 'ApiKey realm="api"'
    return headers


def problem(refused: Refused) -> HttpResponse:
    text = json.dumps(body_of(refused), default=str)
    return HttpResponse(text, content_type=PROBLEM, status=refused.status, headers=headers_of(refused))


def wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/graphql/"))


def answer(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The last resort for errors no view caught: a problem for programs, one line of text for people."""
    if wants_problem(request):
        return problem(refused)
    return HttpResponse(f"{refused.title}\n", content_type="text/plain; charset=utf-8", status=refused.status, headers=headers_of(refused))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Malformed())


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotAllowed())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """Also where a session or a key is looked up before any view is asked."""
    return answer(request, Unavailable(retry_after=AWAY_SECONDS) if is_away(sys.exception()) else Internal())
