"""Pictures: several at a time, in order, each with what it shows and the point that stays in sight."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import services
from catalog.admin.page import fields
from catalog.admin.page.tab import Part, Step, Tab
from catalog.models import Media, ProductMedia

A_TIME = 20


class Several(forms.FileInput):
    allow_multiple_selected = True


class Files(forms.FileField):
    """Any number of files at once."""

    widget = Several

    def clean(self, data: Any, initial: Any = None) -> Any:
        if len(data or []) > A_TIME:
            raise forms.ValidationError(_("Send at most %(n)s pictures at a time.") % {"n": A_TIME})
        return list(data or [])


class UploadPart(Part):
    """Files to add. They are never among what was typed: a browser does not send them twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="upload", **kwargs)
        self.fields["files"] = Files(
            label=_("Add pictures"), required=False, help_text=_("JPEG, PNG, WebP or GIF, 20 MB each at most"),
            widget=Several({"class": "input input--file", "multiple": True, "accept": "image/jpeg,image/png,image/webp,image/gif"}),
        )  # fmt: skip

    def _clean_fields(self) -> None:
        self.cleaned_data["files"] = []
        try:
            self.cleaned_data["files"] = self.fields["files"].clean(self.files.getlist("upload-files") if self.files else [])
        except forms.ValidationError as error:
            self.add_error("files", error)

    def shown(self) -> dict[str, Any]:
        return {}

    def typed(self) -> dict[str, Any]:
        return {}

    def changed(self, was: Any) -> set[str]:
        return {"files"} if self.files and self.files.getlist("upload-files") else set()


class PicturePart(Part):
    def __init__(self, *args: Any, picture: ProductMedia, variants: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        media = picture.media
        self.picture, self.held = picture, media
        held = {"alt": picture.alt, "focal_x": str(media.focal_x // 10), "focal_y": str(media.focal_y // 10)}
        super().__init__(*args, prefix=f"picture-{picture.pk}", initial=held, **kwargs)
        self.fields["alt"] = fields.Text(label=_("What it shows"), hint=_("Read aloud to those who cannot see it"), max_length=200)
        self.fields["focal_x"] = fields.Whole(lowest=0, highest=100, label=_("Focus from left, %"))
        self.fields["focal_y"] = fields.Whole(lowest=0, highest=100, label=_("Focus from top, %"))
        self.of = dict(variants).get(str(picture.variant_id), "") if picture.variant_id else ""


class Pictures(Tab):
    key: ClassVar[str] = "pictures"
    title: ClassVar[Any] = gettext_lazy("Pictures")
    template: ClassVar[str] = "backoffice/product_pictures.html"
    multipart: ClassVar[bool] = True

    @cached_property
    def rows(self) -> list[ProductMedia]:
        return list(self.product.pictures.select_related("media").order_by("position", "id"))

    @cached_property
    def variants(self) -> list[tuple[str, str]]:
        live = self.product.variants.filter(archived_at=None).order_by("position", "id")
        return [(str(pk), name or sku) for pk, name, sku in live.values_list("pk", "name", "sku")]

    def parts(self) -> Sequence[Part]:
        of = fields.Choice(self.variants, label=_("Of"), empty=_("The product as a whole"))
        upload = UploadPart(self.data, self.files)
        upload.of = of  # type: ignore[attr-defined]
        return [upload, *(PicturePart(self.data, picture=row, variants=self.variants) for row in self.rows)]

    def context(self) -> dict[str, Any]:
        upload, *pictures = self.bound
        waiting = any(row.media.state == Media.State.WAITING for row in self.rows)
        return {"upload": upload, "pictures": pictures, "waiting": waiting, "variant_choices": self.variants, "of": self.query.get("variant", "")}

    def steps(self, now: datetime) -> Iterator[Step]:
        who: dict[str, Any] = {"now": now, "actor": self.actor}
        for part in self.bound[1:]:
            assert isinstance(part, PicturePart)
            yield from self.described(part, who)
        upload = self.bound[0]
        for file in upload.cleaned_data.get("files", ()):
            yield Step(upload, lambda file=file: self.add(file, who), otherwise="files")  # type: ignore[misc]
        yield from self.arranged(upload, who)

    def described(self, part: PicturePart, who: dict[str, Any]) -> Iterator[Step]:
        changed, given = self.changed(part), part.cleaned_data
        if "alt" in changed:
            yield Step(part, lambda: services.set_alt(picture=part.picture.pk, alt=given["alt"], **who), otherwise="alt")
        if changed & {"focal_x", "focal_y"}:
            point: dict[str, Any] = {"x": (given["focal_x"] or 0) * 10, "y": (given["focal_y"] or 0) * 10}
            yield Step(part, lambda: services.set_focal(media=part.held.pk, **point, **who), otherwise="focal_x")

    def add(self, file: Any, who: dict[str, Any]) -> None:
        assert self.data is not None
        known = {key for key, _name in self.variants}
        wanted = self.data.get("upload-variant", "")
        variant = UUID(wanted) if wanted in known else None
        services.add_picture(product=self.product.pk, variant=variant, content=file, name=file.name, **who)

    def arranged(self, part: Part, who: dict[str, Any]) -> Iterator[Step]:
        """A button pressed beside one picture: "up:12", "down:12", "remove:12" or "retry:12"."""
        assert self.data is not None
        doing, _colon, key = self.data.get("picture", "").partition(":")
        order = [row.pk for row in self.rows]
        if not key.isdecimal() or int(key) not in order:
            return
        picture, place = int(key), order.index(int(key))
        if doing == "remove":
            yield Step(part, lambda: services.remove_picture(picture=picture, **who), otherwise="files")
        elif doing == "retry":
            media = self.rows[place].media_id
            yield Step(part, lambda: services.retry_renditions(media=media, **who), otherwise="files")
        elif doing in ("up", "down"):
            there = place + (1 if doing == "down" else -1)
            yield Step(part, lambda: services.move_picture(picture=picture, place=there, **who), otherwise="files")
