"""Pictures of products, from our own origin: the content policy lets a page show no others.

Public on purpose. A product's picture is there to be shown to shoppers who are not signed in, so this door asks nobody who they are, and a
picture of a draft is kept from others only by its name, which nobody can guess. It serves pictures that Media knows and nothing else of the
storage: no imports, no exports. A name is made of what the file holds, so an answer may be kept for ever.
"""

from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from catalog import pictures

FOR_EVER = "public, max-age=31536000, immutable"
CHUNK = 64 * 1024


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Content types come from what was found when the picture came in, never from the name."""
    kind = pictures.type_of(path)
    if kind is None:
        raise Http404
    etag = quote_etag(path.rsplit("/", 1)[-1])
    unchanged = get_conditional_response(request, etag=etag)
    return _kept(unchanged if unchanged is not None else _whole(request, path, kind), etag)


def _whole(request: HttpRequest, path: str, kind: str) -> HttpResponseBase:
    try:
        file = default_storage.open(path)
        size = file.size
    except FileNotFoundError as error:
        raise Http404 from error
    if request.method == "HEAD":
        file.close()
        response: HttpResponseBase = HttpResponse(content_type=kind)
    else:
        response = StreamingHttpResponse(_chunks(file), content_type=kind)
    response["Content-Length"] = str(size)
    return response


def _chunks(file: Any) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _kept(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = FOR_EVER
    response["X-Content-Type-Options"] = "nosniff"
    return response
