"""What a movement came of, as a link: a document, a recall; apps above name theirs (a sale's receipt) when they are loaded."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from inventory.models import Document, Movement, Recall
from inventory.queries import TimelineEntry
from org.access import stores_for

Cause = Movement.Cause


@dataclass(frozen=True, slots=True)
class Named:
    text: str
    link: str = ""


Namer = Callable[[Any, Collection[UUID]], dict[UUID, Named]]
NAMERS: list[tuple[frozenset[str], Namer]] = []


def name_causes(causes: Collection[str], namer: Namer) -> None:
    """`namer` answers, for a person and references of movements of these causes, what that person may know of them, in one statement."""
    NAMERS.append((frozenset(causes), namer))


def named(entries: Sequence[TimelineEntry | Movement], user: Any) -> dict[UUID, Named]:
    """By reference; what nobody knows a name for, or what somebody may not see, is not in it. One statement a kind."""
    found: dict[UUID, Named] = {}
    for causes, namer in NAMERS:
        wanted = {entry.reference for entry in entries if entry.cause in causes}
        if wanted:
            found |= namer(user, wanted)
    return found


def page_of_one(name: str, key: Any) -> str:
    """Empty where such things have no page of their own."""
    try:
        return reverse(f"admin:{name}_change", args=[key])
    except NoReverseMatch:
        return ""


def documents(user: Any, references: Collection[UUID]) -> dict[UUID, Named]:
    stores = stores_for(user, "inventory.view")
    seen = Document.objects.filter(pk__in=references)
    if stores is not None:
        seen = seen.filter(location__store__in=stores)
    return {document.pk: Named(str(document), page_of_one("inventory_document", document.pk)) for document in seen}


def recalls(user: Any, references: Collection[UUID]) -> dict[UUID, Named]:
    """A lot is recalled everywhere: whoever sees the movement may know of what."""
    rows = Recall.objects.filter(pk__in=references).select_related("lot")
    return {row.pk: Named(_("Recall of lot %(code)s") % {"code": row.lot.code}, page_of_one("inventory_recall", row.pk)) for row in rows}


name_causes([Cause.RECEIPT, Cause.ADJUSTMENT, Cause.OPENING, Cause.TRANSFER, Cause.UNDO], documents)
name_causes([Cause.RECALL], recalls)
