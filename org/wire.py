"""What the JSON doors share on the wire: ETags, and bodies sent compressed."""

import gzip
import hashlib
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

# Asked again every time, and told in a few bytes that nothing changed.
KEPT_BY_READER = "private, no-cache"
VARIES = "X-API-Key, Cookie, Accept, Accept-Encoding"


def etag(*parts: object) -> str:
    """Names an answer by what it was made of, and by the build that made it."""
    digest = hashlib.blake2b(build(), digest_size=15)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return f'"{urlsafe_b64encode(digest.digest()).decode()}"'


@cache
def build() -> bytes:
    """Of the code: another build may tell the same in another way."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(path for app in ("kernel", "org", "catalog", "commerce") for path in (settings.BASE_DIR / app).rglob("*.py")):
        if "tests" not in path.parts:
            digest.update(path.read_bytes())
    return digest.digest()


def matches(seen: str, tag: str) -> bool:
    """Whether an If-None-Match names this answer, packed or not."""
    bare = tag.strip('"').removesuffix(PACKED)
    return any(one.strip().removeprefix("W/").strip('"').removesuffix(PACKED) in (bare, "*") for one in seen.split(","))


# What the ETag of the same answer ends in when it is sent compressed.
PACKED = "-gzip"


def unchanged(tag: str) -> HttpResponse:
    return HttpResponse(status=304, headers={"ETag": tag, "Cache-Control": KEPT_BY_READER, "Vary": VARIES})


SHORTEST_PACKED = 1024
# The least work that still saves four bytes in five.
LEVEL = 1


def packed(request: Any, response: HttpResponseBase) -> HttpResponseBase:
    """Compressed for whoever takes it so, when it is JSON and long enough to be worth it."""
    if not isinstance(response, HttpResponse) or not response.headers.get("Content-Type", "").startswith("application/json"):
        return response
    if response.has_header("Content-Encoding") or len(response.content) < SHORTEST_PACKED:
        return response
    patch_vary_headers(response, ["Accept-Encoding"])
    return pack(response, gzip.compress(response.content, LEVEL, mtime=0)) if takes_gzip(request) else response


def pack(response: HttpResponse, content: bytes) -> HttpResponse:
    """Other bytes, so another strong ETag."""
    response.content = content
    response.headers["Content-Encoding"] = "gzip"
    if response.has_header("Content-Length"):
        response.headers["Content-Length"] = str(len(content))
    if response.has_header("ETag"):
        response.headers["ETag"] = f'"{response.headers["ETag"].strip(chr(34))}{PACKED}"'
    return response


def takes_gzip(request: Any) -> bool:
    for one in request.META.get("HTTP_ACCEPT_ENCODING", "").split(","):
        name, _, weight = one.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
