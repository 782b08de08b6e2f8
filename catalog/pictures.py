"""Pictures as files: what may come in, what is kept of it, and the smaller copies.

A file is judged by what it holds, never by its name. What is kept has the upright turn applied and nothing but the picture in it:
no camera, no place, no comment.
"""

import hashlib
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, ImageOps

from catalog.models import Media
from kernel.errors import Invalid

HEAVIEST: Final = 20 * 1024 * 1024
MOST_PIXELS: Final = 25_000_000
FORMATS: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
SQUARE: Final = 160
WIDTHS: Final = (480, 1200)
FOLDER: Final = "pictures/"
_NAME: Final = re.compile(r"pictures/[0-9a-f]{2}/([0-9a-f]{64})/[0-9a-z-]+\.[a-z]+", re.ASCII)
_REASONS: Final = (OSError, ValueError, SyntaxError, EOFError, ArithmeticError, KeyError, IndexError, TypeError, RuntimeError, MemoryError)
"""What Pillow's readers raise at files that are cut off or lie about themselves."""


class BadPicture(Invalid):
    code = "picture_invalid"
    title = "This is not a picture that can be shown"


class PictureTooLarge(BadPicture):
    code = "picture_too_large"
    title = "This picture is too large"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A picture fit to keep. `digest` is that of the file as it came, so that the same file is known again."""

    digest: str
    content: bytes
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Rendition:
    content: bytes
    width: int
    height: int


def examine(content: BinaryIO) -> Kept:
    """The upload upright, in a colour space that browsers share, without what else it carried. Raises BadPicture or PictureTooLarge."""
    raw = content.read(HEAVIEST + 1)
    if len(raw) > HEAVIEST:
        raise PictureTooLarge("A picture has at most 20 MB.", field="picture")
    with _opened(raw) as image:
        kind = FORMATS[image.format or ""]
        upright = _upright(image)
        target = "image/png" if kind == "image/gif" else kind
        body = _written(upright, target)
    return Kept(digest=hashlib.sha256(raw).hexdigest(), content=body, content_type=target, width=upright.width, height=upright.height)


def renditions(content: bytes, *, focal_x: int, focal_y: int) -> list[Rendition]:
    """WebP: a square of 160 that keeps the focal point (thousandths) in sight, and widths of 480 and 1200 where the picture is wider."""
    with _opened(content, narrowest=max(WIDTHS)) as image:
        whole = _upright(image)
        square = ImageOps.fit(whole, (SQUARE, SQUARE), Image.Resampling.LANCZOS, centering=_centering(whole, focal_x, focal_y))
        made = [square, *(_narrowed(whole, width) for width in WIDTHS)]
        return [Rendition(content=_written(one, "image/webp"), width=one.width, height=one.height) for one in made]


def store(digest: str, content: bytes, *, ending: str, label: str = "") -> str:
    """Puts it into the storage under a name made of what it holds, and returns that name. What is there already stays as it is."""
    own = hashlib.sha256(content).hexdigest()[:20]
    name = f"{FOLDER}{digest[:2]}/{digest}/{f'{label}-' if label else ''}{own}.{ending}"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))
    return name


def type_of(file: str) -> str | None:
    """The content type of a file that is a picture of ours or one of its copies; None for everything else in the storage."""
    match = _NAME.fullmatch(file)
    media = Media.objects.filter(sha256=match[1]).only("file", "content_type", "renditions").first() if match else None
    if media is None:
        return None
    if file == media.file.name:
        return media.content_type
    return "image/webp" if any(copy["file"] == file for copy in media.renditions) else None


def address(file: str) -> str:
    """Where our own origin serves it, whatever the storage."""
    return f"/media/{file}"


@contextmanager
def _opened(raw: bytes, *, narrowest: int = 0) -> Iterator[Image.Image]:
    """With `narrowest` a JPEG is decoded at an eighth, a quarter or half of its size, where that leaves at least so many points a side."""
    try:
        with warnings.catch_warnings():
            # Our own limit speaks, and lower than Pillow's.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=list(FORMATS)) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise PictureTooLarge(f"This picture has {image.width} × {image.height} points; at most 25 million are taken.", field="picture")
                if narrowest:
                    image.draft(None, (narrowest, narrowest))
                image.seek(0)
                image.load()
                yield image
    except Image.DecompressionBombError as error:
        raise PictureTooLarge("This picture has more than 25 million points.", field="picture") from error
    except BadPicture:
        raise
    except _REASONS as error:
        raise BadPicture("This file is no JPEG, PNG, WebP or GIF, or it is damaged.", field="picture") from error


def _upright(image: Image.Image) -> Image.Image:
    # In place, and no copy where the colours are right already: each costs three or four bytes a point.
    ImageOps.exif_transpose(image, in_place=True)
    clear = image.has_transparency_data
    plain = _in_shared_colours(image, "RGBA" if clear else "RGB")
    # What Pillow read beside the points stays behind; some of it would be written again.
    plain.info = {}
    return plain


def _in_shared_colours(image: Image.Image, mode: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "RGBA"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            return made or image.convert(mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # A broken profile: the colours as they stand.
    return image if image.mode == mode else image.convert(mode)


def _centering(image: Image.Image, focal_x: int, focal_y: int) -> tuple[float, float]:
    """Where ImageOps.fit cuts, so that the focal point is as near to the middle as the edges allow."""
    side = min(image.size)

    def along(length: int, focal: int) -> float:
        spare = length - side
        return min(max((length * focal / 1000 - side / 2) / spare, 0.0), 1.0) if spare else 0.5

    return along(image.width, focal_x), along(image.height, focal_y)


def _narrowed(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _written(image: Image.Image, content_type: str) -> bytes:
    options: dict[str, Any] = {
        "image/jpeg": {"format": "JPEG", "quality": 92},
        # Large PNGs take seconds at the usual level.
        "image/png": {"format": "PNG", "compress_level": 4},
        "image/webp": {"format": "WEBP", "quality": 82, "method": 3},
    }[content_type]
    if content_type == "image/jpeg" and image.mode != "RGB":
        image = image.convert("RGB")
    body = io.BytesIO()
    image.save(body, **options)
    return body.getvalue()
