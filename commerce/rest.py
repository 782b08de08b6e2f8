"""The REST door's own rules: who is asking, default deny, and one shape of refusal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelInvalid
from django.http import Http404, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from commerce import errors
from kernel.errors import Invalid, NotAllowed, NotFound, NotSignedIn, Refused
from org.access import ALONE, Beside, Principal, known_by_key, principal_of_user

if TYPE_CHECKING:
    from rest_framework.views import APIView

WRONG_CSRF = "The request carries a staff session but no CSRF token. Send the csrftoken cookie's value as X-CSRFToken."


def key_principal(meta: Mapping[str, Any], *, beside: Beside = ALONE) -> tuple[Principal | None, tuple[Any, ...]]:
    """Who the X-API-Key header says is asking, and what was read beside the key; None without the header, refused for a key
    that is not live."""
    # Not request.headers, which is made of all there is in META for every request.
    plain = meta.get("HTTP_X_API_KEY")
    if plain is None:
        return None, ()
    principal, read = known_by_key(plain, beside=beside)
    if principal is None:
        raise NotSignedIn("This API key is unknown or revoked.")
    return principal, read


def require_csrf(request: Any) -> None:
    """A browser sends the session cookie by itself, so a page elsewhere must not be able to use it."""
    check = CSRFCheck(lambda request: None)  # type: ignore[arg-type, return-value]
    check.process_request(request)
    if check.process_view(request, HttpResponse, (), {}):
        raise NotAllowed(WRONG_CSRF)


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Principal] | None:
        principal, _ = key_principal(request.META)
        return (None, principal) if principal else None

    def authenticate_header(self, request: Request) -> str:
        return 'ApiKey realm="api"'


class StaffSessionAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Principal] | None:
        user = request._request.user
        if not user.is_authenticated:
            return None
        require_csrf(request._request)
        return (user, principal_of_user(user))


class ShallowJSONParser(JSONParser):
    """Python's own parser gives up on deep nesting with an error that is no ParseError."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError from error


class Negotiation(DefaultContentNegotiation):
    """Most who ask take anything or name JSON, and most doors speak nothing else: then there is nothing to weigh."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        meta = request.META
        if len(renderers) == 1 and meta.get("HTTP_ACCEPT", "*/*") in ("*/*", renderers[0].media_type) and "format" not in meta["QUERY_STRING"]:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)  # type: ignore[no-any-return]


class DenyAll(BasePermission):
    """What a view that names no rule gets."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class PublicDocument(BasePermission):
    """The description of the API is no secret."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return True


def problem_response(exc: Exception, context: dict[str, Any]) -> Response:
    refused = as_refused(exc)
    headers = errors.headers_of(refused)
    if refused.status == 401:
        headers["WWW-Authenticate"] = context["view"].get_authenticate_header(context["request"]) or headers["WWW-Authenticate"]
    if isinstance(exc, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    response = Response(errors.body_of(refused), status=refused.status, headers=headers)
    response.content_type = errors.PROBLEM
    return response


def as_refused(exc: Exception) -> Refused:
    match exc:
        case Refused():
            return exc
        case exceptions.ValidationError():
            return of_validation(exc.get_full_details())
        case ModelInvalid():
            return Invalid("; ".join(exc.messages))
        case Http404() | exceptions.NotFound():
            return NotFound()
        case PermissionDenied() | exceptions.PermissionDenied():
            return NotAllowed()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return NotSignedIn("Send a staff session or an API key in the X-API-Key header.")
        case RequestDataTooBig():
            return errors.TooLarge()
        case exceptions.ParseError() | SuspiciousOperation():
            return errors.Malformed("The body is not valid JSON.")
        case exceptions.MethodNotAllowed():
            return errors.MethodNotAllowed()
        case exceptions.UnsupportedMediaType():
            return errors.UnsupportedMediaType()
        case exceptions.NotAcceptable():
            return errors.NotAcceptable()
    return errors.internal(exc)


def of_validation(details: Any) -> Invalid:
    """DRF's nested findings as a flat list; the first one is the headline."""
    found = list(findings(details, ""))
    first = found[0] if found else {"field": "", "message": Invalid.title}
    return Invalid(str(first["message"]), field=str(first["field"]), errors=found)


def findings(details: Any, path: str) -> Any:
    if isinstance(details, dict) and "message" in details and "code" in details and not isinstance(details["message"], dict | list):
        yield {"field": path, "message": str(details["message"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from findings(inner, path if name == "non_field_errors" else f"{path}.{name}".strip("."))
    else:
        for inner in details:
            yield from findings(inner, path)


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "commerce.rest.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-API-Key"}


class StaffSessionScheme(OpenApiAuthenticationExtension):
    target_class = "commerce.rest.StaffSessionAuthentication"
    name = "staffSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": "Writes also need X-CSRFToken."}
