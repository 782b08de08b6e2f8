"""Ids and languages: how a thing is called outside."""

from binascii import b2a_base64
from uuid import UUID

import graphene
from graphql_relay import from_global_id

from kernel.errors import Invalid, NotFound

ENGLISH_OR_OWN = "Without it, or where nobody translated: as the shop wrote it."


class Language(graphene.Enum):
    EN = "en"
    DE = "de"
    FR = "fr"


def language():
    return graphene.Argument(Language, description=ENGLISH_OR_OWN)


def translated(name):
    """A resolver: this text of a document in the language asked for, or as it was written."""

    def resolve(thing, info, language=None):
        if language is None:
            return thing[name]
        return (thing["translations"].get(language.value) or {}).get(name) or thing[name]

    # Without arguments it only takes this part of its source (commerce.compiled).
    resolve.part = name  # type: ignore[attr-defined]
    return resolve


def global_id(kind: str, id: str) -> str:
    """As graphql_relay writes it."""
    return b2a_base64(f"{kind}:{id}".encode(), newline=False).decode()


def ready(part: str):
    """A resolver: what stands ready in the document under another name."""

    def resolve(thing, info):
        return thing[part]

    resolve.part = part  # type: ignore[attr-defined]
    return resolve


def listed(part: str):
    """A resolver: this list of a document, empty where the document has none."""

    def resolve(thing, info):
        return thing.get(part) or []

    resolve.part = part  # type: ignore[attr-defined]
    return resolve


def one_of(**names) -> None:
    given = [name for name, value in names.items() if value]
    if len(given) != 1:
        raise Invalid(f"Give exactly one of {', '.join(names)}.", field=next(iter(names)))


def local_id(kind: str, text: str | None) -> UUID | None:
    """The UUID behind a global id; a bare UUID, as REST has it, is as good. One that cannot exist is simply not found."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        pass
    try:
        named, id = from_global_id(text)
        if named == kind:
            return UUID(id)
    except (ValueError, UnicodeDecodeError):
        pass
    raise NotFound(f"There is no such {kind.lower()}.")
