"""What somebody agreed to and what staff wrote down about them; groups that prices know customers by."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from customers.models import Consent, Group, Note
from customers.services.held import held, key_of, moved_on
from kernel.errors import Conflict, Invalid
from org.paging import storable

LONGEST_NOTE = 4000


class ConsentInvalid(Invalid):
    code = "consent_invalid"
    title = "This cannot be agreed to"


class NoteInvalid(Invalid):
    code = "note_invalid"
    title = "A note is plain text"


class GroupTaken(Conflict):
    code = "group_taken"
    title = "There is a group of this code already"


@transaction.atomic
def record_consent(*, customer: UUID, channel: str, purpose: str, given: bool, wording: str, source: str, actor: UUID | None, now: datetime) -> None:
    """`wording`: the version of the text that was shown; `source`: where it was asked ("till", "web", "letter"). The same answer to the same
    wording again is written down again: it was given again."""
    if channel not in ("email", "sms", "phone", "post"):
        raise ConsentInvalid("By email, sms, phone or post.", field="channel")
    for field, text in (("purpose", purpose), ("wording", wording), ("source", source)):
        if not isinstance(text, str) or not 0 < len(text.strip()) <= 40 or not storable(text):
            raise ConsentInvalid("Give a short text of at most 40 characters.", field=field)
    one = held(customer)
    Consent.objects.create(customer=one.row, channel=channel, purpose=purpose, given=given, wording=wording, source=source, actor=actor, at=now)
    moved_on(one.row, "consents", now=now)


@transaction.atomic
def add_note(*, customer: UUID, text: str, actor: UUID | None, now: datetime) -> int:
    """Its id."""
    kept = text.strip()
    if not 0 < len(kept) <= LONGEST_NOTE or not storable(kept):
        raise NoteInvalid(f"Write 1 to {LONGEST_NOTE} characters.", field="text", maximum=LONGEST_NOTE)
    return int(Note.objects.create(customer_id=customer, sealed=key_of(customer).seal("note", {"text": kept}), actor=actor, at=now).pk)


@transaction.atomic
def create_group(*, code: str, name: str, actor: UUID | None, now: datetime) -> UUID:
    row = Group(code=code.strip(), name=" ".join(name.split()))
    row.clean_fields()
    if Group.objects.bulk_create([row], ignore_conflicts=True) and not Group.objects.filter(id=row.id).exists():
        raise GroupTaken(field="code")
    return row.id
