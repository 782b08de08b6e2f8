"""What is made from a name: the key it sorts by and the handle it is addressed by."""

import unicodedata
from collections.abc import Iterable

from django.utils.text import slugify


def sort_key(name: str) -> str:
    """Case-folded and without accents, 300 characters at most: the database sorts these by bytes."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return plain.casefold()[:300]


def handle(*parts: str, length: int = 200) -> str:
    """Lower-case words joined by hyphens, in any script; empty when nothing of it is a letter or digit."""
    return slugify(" ".join(part for part in parts if part), allow_unicode=True)[:length].strip("-_")


def tags(texts: Iterable[str]) -> list[str]:
    """Tags as they are kept: lower-case codes, each once, sorted."""
    return sorted({code for text in texts if (code := handle(text, length=60))})
