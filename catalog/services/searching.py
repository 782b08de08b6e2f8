"""What staff do for search: words that mean the same, and products that stand first for some words."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError

from catalog.models import Product, SearchMiss, SearchPin, Synonym
from catalog.search.words import LONGEST_WORD, normalised
from catalog.services import changes
from catalog.services.changes import UnknownProduct
from kernel.errors import Conflict, Invalid, NotFound

__all__ = [
    "AlreadyPinned",
    "UnknownPin",
    "UnknownSynonym",
    "change_pin",
    "change_synonym",
    "create_pin",
    "create_synonym",
    "forget_miss",
    "remove_pin",
    "remove_synonym",
]


class AlreadyPinned(Conflict):
    code = "already_pinned"
    title = "This product is pinned to these words already"


class UnknownSynonym(NotFound):
    code = "synonym_not_found"
    title = "There are no such synonyms"


class UnknownPin(NotFound):
    code = "pin_not_found"
    title = "There is no such pinned result"


def create_synonym(*, words: Sequence[str], actor: UUID | None) -> Synonym:
    """Two or more words or short phrases; kept as search reads them."""
    told = _synonyms(words)
    with changes.written_by(actor):
        made = Synonym.objects.create(words=told)
        SearchMiss.objects.filter(words__in=told).delete()
    return made


def change_synonym(*, synonym: int, words: Sequence[str], actor: UUID | None) -> Synonym:
    told = _synonyms(words)
    with changes.written_by(actor):
        row = Synonym.objects.select_for_update().filter(id=synonym).first()
        if row is None:
            raise UnknownSynonym
        row.words = told
        row.save()
    return row


def remove_synonym(*, synonym: int, actor: UUID | None) -> None:
    with changes.written_by(actor):
        Synonym.objects.filter(id=synonym).delete()


def create_pin(*, words: str, product: UUID, actor: UUID | None, position: int = 0) -> SearchPin:
    told = _words(words)
    if not Product.objects.filter(id=product).exists():
        raise UnknownProduct(field="product")
    try:
        with changes.written_by(actor):
            made = SearchPin.objects.create(words=told, product_id=product, position=position)
            SearchMiss.objects.filter(words=told).delete()
    except IntegrityError as error:
        raise AlreadyPinned(field="product") from error
    return made


def change_pin(*, pin: int, words: str, product: UUID, position: int, actor: UUID | None) -> SearchPin:
    told = _words(words)
    try:
        with changes.written_by(actor):
            row = SearchPin.objects.select_for_update().filter(id=pin).first()
            if row is None:
                raise UnknownPin
            row.words, row.product_id, row.position = told, product, position
            row.save()
    except IntegrityError as error:
        raise AlreadyPinned(field="product") from error
    return row


def remove_pin(*, pin: int, actor: UUID | None) -> None:
    with changes.written_by(actor):
        SearchPin.objects.filter(id=pin).delete()


def forget_miss(*, miss: int) -> None:
    """It comes back when somebody looks for it again in vain."""
    SearchMiss.objects.filter(id=miss).delete()


def _synonyms(words: Sequence[str]) -> list[str]:
    told = list(dict.fromkeys(plain for word in words if (plain := normalised(word))))
    if len(told) < 2:
        raise Invalid("Name at least two different words, separated by commas.", field="words")
    if any(len(word) > LONGEST_WORD for word in told):
        raise Invalid(f"A word or phrase has at most {LONGEST_WORD} letters.", field="words")
    return told


def _words(text: str) -> str:
    told = normalised(text)
    if not told:
        raise Invalid("There is no word in this.", field="words")
    return told
