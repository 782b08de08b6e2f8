"""Ids and languages: how a thing is called outside."""

from base64 import b64encode
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


def said(thing, name, language):
    """A text of a document in this language, or as it was written."""
    if language is None:
        return thing[name]
    return (thing["translations"].get(language.value) or {}).get(name) or thing[name]


def global_id(kind: str, id: str) -> str:
    """As graphql_relay writes it."""
    return b64encode(f"{kind}:{id}".encode()).decode()


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
