"""A manager asks somebody about a note: who is asked sees it at the till, answers with a line, and the note is the manager's again."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kernel import card_numbers
from kernel.errors import Conflict, Invalid, NotFound
from pos.models import NoteQuestion, SyncNote

log = logging.getLogger(__name__)

LONGEST_ANSWER = 200
ASKED = "asked"


class UnknownQuestion(NotFound):
    code = "question_unknown"
    title = "Nobody asks you about this"


class AnswerUnusable(Invalid):
    code = "answer_invalid"
    title = f"Answer in one line, at most {LONGEST_ANSWER} characters"


class AlreadyAnswered(Conflict):
    code = "question_answered"
    title = "You have answered this already"


@transaction.atomic
def ask(*, note: SyncNote, actor: UUID | None, now: datetime) -> None:
    """Whoever sold is asked. The note leaves the open ones until the answer comes; asked once, whoever taps next."""
    asked = UUID(str(note.facts["cashier"]))
    facts = {**note.facts, ASKED: str(asked)}
    if SyncNote.objects.filter(pk=note.pk, closed_at=None).update(closed_at=now, closed_by=actor, fix=ASKED, facts=facts):
        NoteQuestion.objects.get_or_create(note=note, defaults={"asked": asked, "asked_by": actor, "asked_at": now})


@transaction.atomic
def answer(*, note: int, store: UUID, words: str, actor: UUID, now: datetime) -> NoteQuestion:
    """The same again changes nothing. Raises UnknownQuestion, AnswerUnusable, AlreadyAnswered, card_numbers.CardNumberNotAllowed."""
    said = " ".join(words.split())
    if not 0 < len(said) <= LONGEST_ANSWER or not said.isprintable():
        raise AnswerUnusable(field="words")
    card_numbers.refuse(said)
    held = NoteQuestion.objects.select_for_update(of=("self",)).select_related("note").filter(note=note, note__store=store, asked=actor).first()
    if held is None:
        raise UnknownQuestion(field="note")
    if held.answered_at is not None:
        if held.answer != said:
            raise AlreadyAnswered(field="words")
        return held
    held.answer, held.answered_at = said, now
    held.save(update_fields=["answer", "answered_at"])
    # It is the manager's again, unless something else was done about it meanwhile.
    SyncNote.objects.filter(pk=note, fix=ASKED).update(closed_at=None, closed_by=None, fix="")
    log.info("%s answered about note %d", actor, note)
    return held
