"""Pictures of products: taken in, put in order, described."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.db.models import Max

from catalog import pictures
from catalog.models import Media, Product, ProductMedia, Variant
from catalog.services import changes
from catalog.services.changes import UnknownProduct, UnknownVariant
from kernel import jobs
from kernel.errors import Conflict, Invalid, NotFound

KIND: Final = "catalog.renditions"
"""The job that makes the smaller copies (catalog.renditions)."""
LONGEST_ALT: Final = 200


class UnknownPicture(NotFound):
    code = "picture_not_found"
    title = "There is no such picture"


class PictureTwice(Conflict):
    code = "picture_twice"
    title = "This picture is here already"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A file that was found to be a picture and lies in the storage."""

    kept: pictures.Kept
    file: str


def take_picture(*, content: BinaryIO) -> Taken:
    """The first half of add_picture, for who saves several things in one transaction: call it before, the storage may be far away.

    Takes a JPEG, PNG, WebP or GIF (its first frame) of at most 20 MB and 25 million points; judged by what it holds.
    """
    kept = pictures.examine(content)
    known = Media.objects.filter(sha256=kept.digest).values_list("file", flat=True).first()
    # When what follows is refused the file lies there unused, and the same upload finds it.
    return Taken(kept=kept, file=known or pictures.store(kept.digest, kept.content, ending=pictures.ENDINGS[kept.content_type]))


def add_picture(
    *, product: UUID, content: BinaryIO | Taken, name: str, now: datetime, actor: UUID | None, variant: UUID | None = None, alt: str = ""
) -> Media:
    """`content` as take_picture takes it, or what that gave. It stands last.

    The same file again is the same Media. Smaller copies are made by a job; until then the state is waiting.
    """
    if not Product.objects.filter(pk=product).exists():
        raise UnknownProduct(field="product")
    taken = content if isinstance(content, Taken) else take_picture(content=content)
    with changes.changing(product=product, now=now, actor=actor) as change:
        _must_be_of(change.product, variant)
        media = _media(taken, name=name, now=now, actor=actor)
        if ProductMedia.objects.filter(product=product, variant=variant, media=media).exists():
            raise PictureTwice(field="picture")
        last = ProductMedia.objects.filter(product=product).aggregate(last=Max("position"))["last"]
        place = 0 if last is None else last + 1
        ProductMedia.objects.create(product_id=product, variant_id=variant, media=media, alt=_alt(alt), position=place)
        change.kind = "changed"
    return media


def move_picture(*, picture: int, place: int, now: datetime, actor: UUID | None) -> None:
    """`picture` is a ProductMedia; `place` counts from 0 among all pictures of the product."""
    row = _row(picture)
    with changes.changing(product=row.product_id, now=now, actor=actor) as change:
        rows = list(ProductMedia.objects.filter(product=row.product_id).order_by("position", "id"))
        moved = next((one for one in rows if one.pk == picture), None)
        if moved is None:
            raise UnknownPicture(field="picture")
        others = [one for one in rows if one is not moved]
        others.insert(max(0, min(place, len(others))), moved)
        if [one.pk for one in others] == [one.pk for one in rows]:
            return
        for position, one in enumerate(others):
            one.position = position
        ProductMedia.objects.bulk_update(others, ["position"])
        change.kind = "changed"


def remove_picture(*, picture: int, now: datetime, actor: UUID | None) -> None:
    """The file stays: an undo puts the picture back, and other products may show it."""
    row = _row(picture)
    with changes.changing(product=row.product_id, now=now, actor=actor) as change:
        removed, _ = ProductMedia.objects.filter(pk=picture).delete()
        change.kind = "changed" if removed else ""


def set_alt(*, picture: int, alt: str, now: datetime, actor: UUID | None) -> ProductMedia:
    """What it shows, in words."""
    with changes.changing(product=_row(picture).product_id, now=now, actor=actor) as change:
        row = _row(picture)
        text = _alt(alt)
        if row.alt != text:
            row.alt = text
            row.save(update_fields=["alt"])
            change.kind = "changed"
    return row


def set_focal(*, media: UUID, x: int, y: int, now: datetime, actor: UUID | None) -> Media:
    """The point that stays in sight, in thousandths from the left and the top. The copies are made anew; old ones show until then."""
    if not (0 <= x <= 1000 and 0 <= y <= 1000):
        raise Invalid("The point lies inside the picture: 0 to 1000 thousandths.", field="focal")
    with changes.written_by(actor):
        row = Media.objects.select_for_update().filter(pk=media).first()
        if row is None:
            raise UnknownPicture(field="media")
        if (row.focal_x, row.focal_y) != (x, y):
            row.focal_x, row.focal_y = x, y
            row.save(update_fields=["focal_x", "focal_y"])
            _prepare(row, now=now, actor=actor)
    return row


def settle_renditions(
    *, media: UUID, focal: tuple[int, int], renditions: Sequence[dict[str, Any]], error: str, now: datetime, actor: UUID | None
) -> bool:
    """What the job found. False when the focal point has moved meanwhile: a later job has the word. Products that show it have changed."""
    with changes.written_by(actor):
        products = sorted(set(ProductMedia.objects.filter(media=media).values_list("product_id", flat=True)))
        # Products first, then the picture: as everywhere, or two would wait for each other.
        list(Product.objects.select_for_update(no_key=True).filter(id__in=products).order_by("id").values_list("id"))
        row = Media.objects.select_for_update().filter(pk=media).first()
        if row is None or (row.focal_x, row.focal_y) != focal:
            return False
        row.state, row.error = (Media.State.FAILED, error) if error else (Media.State.READY, "")
        row.renditions = list(renditions)
        row.save(update_fields=["state", "error", "renditions"])
        for product in products:
            with changes.changing(product=product, now=now, actor=actor) as change:
                change.kind = "changed"
    return True


def retry_renditions(*, media: UUID, now: datetime, actor: UUID | None) -> Media:
    """For one that failed."""
    with changes.written_by(actor):
        row = Media.objects.select_for_update().filter(pk=media).first()
        if row is None:
            raise UnknownPicture(field="media")
        row.state, row.error = Media.State.WAITING, ""
        row.save(update_fields=["state", "error"])
        _prepare(row, now=now, actor=actor)
    return row


def _media(taken: Taken, *, name: str, now: datetime, actor: UUID | None) -> Media:
    kept = taken.kept
    row, new = Media.objects.get_or_create(
        sha256=kept.digest,
        defaults={
            "file": taken.file,
            "name": _name(name),
            "content_type": kept.content_type,
            "size": len(kept.content),
            "width": kept.width,
            "height": kept.height,
            "created_at": now,
        },
    )
    if new:
        _prepare(row, now=now, actor=actor)
    return row


def _prepare(row: Media, *, now: datetime, actor: UUID | None) -> None:
    jobs.start(kind=KIND, arguments={"media": str(row.pk)}, actor=actor, now=now)


def _name(name: str) -> str:
    """A file's name without its folders and without what cannot be seen."""
    own = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in own if letter.isprintable())[-200:] or "picture"


def _alt(text: str) -> str:
    plain = " ".join(text.replace("\0", " ").split())
    if len(plain) > LONGEST_ALT:
        raise Invalid(f"This is longer than {LONGEST_ALT} characters.", field="alt")
    return plain


def _row(picture: int) -> ProductMedia:
    row = ProductMedia.objects.filter(pk=picture).first()
    if row is None:
        raise UnknownPicture(field="picture")
    return row


def _must_be_of(product: Product, variant: UUID | None) -> None:
    if variant is not None and not Variant.objects.filter(pk=variant, product=product).exists():
        raise UnknownVariant(field="variant")
