"""The page of the till and the scripts beside it. Everything it shows is made in the browser; the server gives it its files and its policy."""

import hashlib
import json
from functools import cache
from pathlib import Path

from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

STATIC = Path(__file__).parent / "static"
SERVICE_WORKER = settings.BASE_DIR / "templates/pos/worker.js"
# Only lit-html may turn strings into markup, and only the till's own addresses may become workers; nothing turns strings into script.
TILL_CSP = {**settings.STRICT_CSP, "require-trusted-types-for": ["'script'"], "trusted-types": ["lit-html", "till-sw"]}
BESIDE_OURS = (
    "design/inter.css",
    "design/tokens.css",
    "vendor/inter/inter-latin-wght-normal.woff2",
    "vendor/inter/inter-latin-ext-wght-normal.woff2",
)
WORKERS = ("search", "mirror")


@csp(TILL_CSP)
@require_safe
def till(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(_page(_release()))
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """At /pos/, so that its reach is /pos/. Its list is made of the names the files have now."""
    told = f"const VERSION = {json.dumps(_release())};\nconst LIST = {json.dumps(_files())};\n"
    response = HttpResponse(told + SERVICE_WORKER.read_text(), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@gzip_page
@require_safe
def worker(request: HttpRequest, name: str) -> HttpResponse:
    """Below /pos/ too: no other worker's script is found by the service worker. It takes its policy from this answer, not from the page."""
    script = _workers().get(f"/pos/{name}")
    if script is None:
        raise Http404
    response = HttpResponse(script, content_type="text/javascript")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@cache
def _release() -> str:
    """Another as soon as a byte of the page, of its policy or of anything it is made of is another; the same on every web server."""
    made_of = [_files(), SERVICE_WORKER.read_text(), _page(""), {name: list(values) for name, values in TILL_CSP.items()}]
    return _digest(json.dumps(made_of).encode())


@cache
def _page(release: str) -> str:
    workers = dict(zip(WORKERS, _workers(), strict=True))
    return render_to_string("pos/till.html", {"release": release, "workers": workers})


@cache
def _files() -> list[str]:
    """All that the page and its scripts ask for, by its address."""
    ours = sorted(str(path.relative_to(STATIC)) for path in STATIC.glob("pos/**/*") if path.suffix in {".css", ".svg"})
    bundled = settings.BUNDLES / "static"
    scripts = sorted(str(path.relative_to(bundled)) for path in bundled.glob("pos/**/*.js"))
    return [static(name) for name in [*ours, *scripts, *BESIDE_OURS]] + list(_workers())


@cache
def _workers() -> dict[str, bytes]:
    """By their addresses, search first. Where nothing was bundled they are empty."""
    paths = [settings.BUNDLES / "workers" / f"{name}-worker.js" for name in WORKERS]
    scripts = [path.read_bytes() if path.exists() else b"" for path in paths]
    return {f"/pos/{path.stem}.{_digest(script)}.js": script for path, script in zip(paths, scripts, strict=True)}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
