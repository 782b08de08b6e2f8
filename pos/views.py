"""The page of the till. Everything it shows is made in the browser; the server gives it its files and its policy."""

from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

# Only lit-html may turn strings into markup; nothing in the page may turn them into script.
TILL_CSP = {**settings.STRICT_CSP, "require-trusted-types-for": ["'script'"], "trusted-types": ["lit-html"]}


@csp(TILL_CSP)
@require_safe
def till(request: HttpRequest) -> HttpResponse:
    response = render(request, "pos/till.html")
    response["Cache-Control"] = "no-cache"
    return response
