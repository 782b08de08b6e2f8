"""Texts in the shop's other languages, kept beside the first one: {"de": {"name": …}}."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from catalog import markup
from kernel.errors import Invalid

NAME: Final = {"name": 300}
DESCRIBED: Final = {"name": 300, "description": 50_000, "seo_title": 120, "seo_description": 320}
"""Field and its longest text, of a variant, attribute or choice, and of what has a page of its own."""


class BadTranslation(Invalid):
    code = "translation_invalid"


def languages() -> dict[str, str]:
    """The languages that are translated into: every one of the settings but the first."""
    return {code: str(name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE}


def checked(texts: object, fields: Mapping[str, int] = DESCRIBED) -> dict[str, dict[str, str]]:
    """As it is stored: known languages and fields only, HTML cleaned, what is empty left out."""
    if not isinstance(texts, Mapping):
        raise BadTranslation("Translations are written {language: {field: text}}.", field="translations")
    made = {language: _language(language, own, fields) for language, own in texts.items()}
    return {language: made[language] for language in sorted(made) if made[language]}


def _language(language: Any, own: object, fields: Mapping[str, int]) -> dict[str, str]:
    if language not in languages():
        raise BadTranslation(f"There is nothing to translate into “{language}”: the languages are {', '.join(languages())}.", field="translations")
    if not isinstance(own, Mapping):
        raise BadTranslation("Translations are written {language: {field: text}}.", field=f"translations.{language}")
    unknown = next((name for name in own if name not in fields), None)
    if unknown is not None:
        raise BadTranslation(f"“{unknown}” is not translated.", field=f"translations.{language}.{unknown}")
    texts = {name: _text(language, name, own.get(name) or "", fields[name]) for name in fields}
    return {name: text for name, text in texts.items() if text}


def _text(language: str, name: str, text: object, longest: int) -> str:
    field = f"translations.{language}.{name}"
    if not isinstance(text, str) or "\0" in text:
        raise BadTranslation("This is not a text.", field=field)
    text = markup.cleaned(text.strip()) if name == "description" else " ".join(text.split())
    if len(text) > longest:
        raise BadTranslation(f"This is longer than {longest} characters.", field=field)
    return text
