"""How a refusal looks on the wire: application/problem+json (RFC 9457) with the code that GraphQL carries too."""

import json
import logging
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from kernel.errors import NotAllowed, NotFound, Refused

log = logging.getLogger("onecounter.refusals")
PROBLEM = "application/problem+json"


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


def internal(error: BaseException) -> Internal:
    """Log the fault under a fresh number and give back what may be told."""
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
    return HttpResponse(f"{refused.title}\n", content_type="text/plain; charset=utf-8", status=refused.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Malformed())


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotAllowed())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, Internal())
