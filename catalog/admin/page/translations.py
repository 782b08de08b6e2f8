"""Translations: the product's words in every other language, beside the English ones."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from catalog import services
from catalog.admin.page import fields
from catalog.admin.page.tab import Part, Step, Tab

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


class Translations(Tab):
    key: ClassVar[str] = "translations"
    title: ClassVar[Any] = gettext_lazy("Translations")
    template: ClassVar[str] = "backoffice/product_translations.html"

    def parts(self) -> Sequence[Part]:
        return [LanguagePart(self.data, code=code, said=self.product.translations.get(code, {})) for code in languages()]

    def context(self) -> dict[str, Any]:
        """A row a word: the English, then each language's field."""
        label = labels()
        english = {name: getattr(self.product, name) for name in WORDS}
        rows = [
            {"label": label[name], "english": english[name], "markup": name == "description", "fields": [part[name] for part in self.bound]}
            for name in WORDS
        ]
        return {"rows": rows, "languages": self.bound}

    def steps(self, now: datetime) -> Iterator[Step]:
        said = {code: dict(words) for code, words in self.product.translations.items()}
        changed = [part for part in self.bound if self.changed(part)]
        for part in changed:
            typed = {name: part.cleaned_data[name] for name in self.changed(part)}
            said[part.prefix or ""] = {name: text for name, text in {**said.get(part.prefix or "", {}), **typed}.items() if text}
        if changed:
            wanted = {"translations": {code: words for code, words in said.items() if words}}
            who: dict[str, Any] = {"now": now, "actor": self.actor}
            yield Step(changed[0], lambda: services.change_product(product=self.product.pk, fields=wanted, **who), otherwise="name")
