"""Translations: the product's words in every other language, beside the English ones."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from catalog import services
from catalog.admin.page import fields
from catalog.admin.page.tab import Part, Step, Tab
from catalog.admin.page.variants import A_PAGE
from catalog.models import Variant
from catalog.services.translations import NAME

WORDS = ("name", "description", "seo_title", "seo_description")


def languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE.split("-")[0]]


def labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "description": _("Description"),
        "seo_title": _("Search engine title"),
        "seo_description": _("Search engine description"),
    }


class LanguagePart(Part):
    def __init__(self, *args: Any, code: str, said: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, prefix=code, initial=said, **kwargs)
        self.code = code
        label = labels()

        def said_in(name: str) -> str:
            return f"{label[name]} ({self.title.capitalize()})"

        self.fields["name"] = fields.Text(label=said_in("name"), max_length=300)
        self.fields["description"] = fields.LongText(label=said_in("description"), rows=6)
        self.fields["seo_title"] = fields.Text(label=said_in("seo_title"), max_length=120)
        self.fields["seo_description"] = fields.LongText(label=said_in("seo_description"), rows=3, max_length=320)
        for field in self.fields.values():
            field.widget.attrs["lang"] = code

    @property
    def title(self) -> str:
        return str(get_language_info(self.code)["name_local"])


class VariantLanguages(Part):
    """One variant's name in every language."""

    def __init__(self, *args: Any, variant: Variant, **kwargs: Any) -> None:
        self.variant = variant
        said = {code: variant.translations.get(code, {}).get("name", "") for code in languages()}
        super().__init__(*args, prefix=str(variant.pk), initial=said, **kwargs)
        for code in languages():
            language = str(get_language_info(code)["name_local"]).capitalize()
            self.fields[code] = fields.Text(label=f"{variant.name} ({language})", max_length=NAME["name"])
            self.fields[code].widget.attrs["lang"] = code

    @property
    def translated(self) -> dict[str, dict[str, str]]:
        return {code: {"name": text} for code, text in self.cleaned_data.items() if text}


class Translations(Tab):
    key: ClassVar[str] = "translations"
    title: ClassVar[Any] = gettext_lazy("Translations")
    template: ClassVar[str] = "backoffice/product_translations.html"

    @cached_property
    def page(self) -> Any:
        """The variants that have a name to translate."""
        rows = self.product.variants.filter(archived_at=None).exclude(name="").order_by("position", "id")
        return Paginator(rows, A_PAGE).get_page(self.query.get("page"))

    def parts(self) -> Sequence[Part]:
        whole = [LanguagePart(self.data, code=code, said=self.product.translations.get(code, {})) for code in languages()]
        return [*whole, *(VariantLanguages(self.data, variant=row) for row in self.page.object_list)]

    @property
    def whole(self) -> list[LanguagePart]:
        return [part for part in self.bound if isinstance(part, LanguagePart)]

    def context(self) -> dict[str, Any]:
        """A row a word: the English, then each language's field."""
        label = labels()
        english = {name: getattr(self.product, name) for name in WORDS}
        rows = [
            {"label": label[name], "english": english[name], "markup": name == "description", "fields": [part[name] for part in self.whole]}
            for name in WORDS
        ]
        variants = [
            {"name": part.variant.name, "fields": [part[code] for code in languages()]} for part in self.bound if isinstance(part, VariantLanguages)
        ]
        return {"rows": rows, "languages": self.whole, "variants": variants, "page": self.page}

    def steps(self, now: datetime) -> Iterator[Step]:
        said = {code: dict(words) for code, words in self.product.translations.items()}
        changed = [part for part in self.whole if self.changed(part)]
        who: dict[str, Any] = {"now": now, "actor": self.actor}
        for part in changed:
            typed = {name: part.cleaned_data[name] for name in self.changed(part)}
            said[part.prefix or ""] = {name: text for name, text in {**said.get(part.prefix or "", {}), **typed}.items() if text}
        if changed:
            wanted = {"translations": {code: words for code, words in said.items() if words}}
            yield Step(changed[0], lambda: services.change_product(product=self.product.pk, fields=wanted, **who), otherwise="name")
        for row in self.bound:
            if isinstance(row, VariantLanguages) and self.changed(row):
                named = {"translations": row.translated}
                yield Step(row, lambda row=row, named=named: services.change_variant(variant=row.variant.pk, fields=named, **who))  # type: ignore[misc]
