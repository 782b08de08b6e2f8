"""The page of the till. Everything it shows is made in the browser; the server gives it its files and its policy."""

import hashlib
import json
from functools import cache
from pathlib import Path

from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

STATIC = Path(__file__).parent / "static"
WORKER = settings.BASE_DIR / "templates/pos/worker.js"
# Only lit-html may turn strings into markup, and only one address may become a worker; nothing turns strings into script.
TILL_CSP = {**settings.STRICT_CSP, "require-trusted-types-for": ["'script'"], "trusted-types": ["lit-html", "till-sw"]}
BESIDE_OURS = (
    "design/inter.css",
    "design/tokens.css",
    "vendor/inter/inter-latin-wght-normal.woff2",
    "vendor/inter/inter-latin-ext-wght-normal.woff2",
    "vendor/idb/index.js",
    "vendor/lit-html/lit-html.js",
)


@csp(TILL_CSP)
@require_safe
def till(request: HttpRequest) -> HttpResponse:
    response = render(request, "pos/till.html")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """At /pos/, so that its reach is /pos/. Its list is made of the names the files have now."""
    response = HttpResponse(_worker(), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _worker() -> str:
    ours = sorted(str(path.relative_to(STATIC)) for path in STATIC.glob("pos/**/*") if path.suffix in {".js", ".css", ".svg"})
    files = [static(name) for name in [*ours, *BESIDE_OURS]]
    source = WORKER.read_text()
    version = hashlib.sha256(json.dumps([files, source]).encode()).hexdigest()[:16]
    return f"const VERSION = {json.dumps(version)};\nconst LIST = {json.dumps(files)};\n{source}"
