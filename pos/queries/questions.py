"""What people are asked about: by whom, about which note, and what waits for whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from org.models import User
from pos.models import NoteQuestion
from pos.queries import notes

MOST = 50


@dataclass(frozen=True, slots=True)
class Question:
    told: notes.Told
    asked_by: str
    asked_at: datetime


def of_person(*, person: UUID, store: UUID) -> list[Question]:
    """What waits for this person's answer in a store, the oldest first. Three statements, however many."""
    waiting = NoteQuestion.objects.filter(asked=person, answered_at=None, note__store=store, note__fix="asked")
    rows = list(waiting.select_related("note__till__store", "note__store").order_by("asked_at", "note_id")[:MOST])
    told = notes.told([row.note for row in rows])
    names = _names({row.asked_by for row in rows if row.asked_by})
    return [Question(one, names.get(row.asked_by, "") if row.asked_by else "", row.asked_at) for row, one in zip(rows, told, strict=True)]


def _names(ids: set[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}
