"""The sync inbox at the till, for whoever manages its store: what was not as expected, and one tap to be done with it.

The till shows its token and says who asks: `X-Till-Manager: <user id> <digest of the PIN, hexadecimal>`, the digest made of the PIN that was
typed as the till's own document tells (PBKDF2 with the store's salt). Five wrong ones in a minute, and the till waits.
"""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import Invalid, NotFound
from pos import services
from pos.api.tills import TillDoor
from pos.models import SyncNote
from pos.queries import notes
from pos.services import fixes, pins

FIRST = 50
WHO = OpenApiParameter(
    "X-Till-Manager", str, OpenApiParameter.HEADER, required=True, description="Who manages the store and asks: `<user id> <digest of the PIN>`."
)
REFUSED = {401: OpenApiTypes.OBJECT, 403: OpenApiTypes.OBJECT, 429: OpenApiTypes.OBJECT}


class NoteTill(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()


class NoteAnswer(serializers.Serializer):
    by = serializers.CharField(allow_blank=True)
    words = serializers.CharField()
    at = serializers.DateTimeField()


class NotePart(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=SyncNote.Kind.values)
    about = serializers.CharField(allow_blank=True)
    entry = serializers.UUIDField(allow_null=True)
    till = NoteTill()
    facts = serializers.DictField(help_text="Plain values that the words are made of.")
    names = serializers.DictField(child=serializers.CharField(), help_text="Of those whose ids stand in `facts`.")
    amount = serializers.IntegerField(help_text="Minor units; below zero is what it costs the store.")
    happened_at = serializers.DateTimeField()
    title = serializers.CharField()
    short = serializers.CharField()
    happened = serializers.CharField(help_text="What happened.")
    safe = serializers.CharField(help_text="What is safe.")
    costs = serializers.CharField(help_text="What it costs.")
    fixes = serializers.ListField(child=serializers.CharField(), help_text="What may be done about it, the usual one first; none when it is closed.")
    under = serializers.IntegerField(help_text='The amount that the fix "rule" is offered for, minor units.')
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(allow_blank=True)
    answer = NoteAnswer(allow_null=True, help_text="What who was asked has said.")
    fix = serializers.CharField(allow_blank=True, help_text='How it was closed: one of the fixes; "rule" also when the store\'s rule did.')


class InboxDocument(serializers.Serializer):
    open = serializers.IntegerField()
    items = NotePart(many=True, help_text="Open ones, the newest first.")
    next = serializers.CharField(allow_blank=True, help_text="Send it as `after` for those before these.")
    done = NotePart(many=True, help_text="With the first page: those that were closed today.")


class SaleLinePart(serializers.Serializer):
    name = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Thousandths.")
    unit_price = serializers.IntegerField()
    discount = serializers.IntegerField()
    total = serializers.IntegerField()
    price_source = serializers.CharField(allow_blank=True, help_text="The price list's code, or base.")


class SaleTenderPart(serializers.Serializer):
    kind = serializers.CharField()
    amount = serializers.IntegerField()


class SalePart(serializers.Serializer):
    receipt = serializers.CharField()
    currency = serializers.CharField()
    total = serializers.IntegerField()
    lines = SaleLinePart(many=True)
    tenders = SaleTenderPart(many=True)


class NoteDocument(serializers.Serializer):
    note = NotePart()
    sale = SalePart(allow_null=True, help_text="The sale it is about, as the till wrote it.")


class FixRequest(serializers.Serializer):
    fix = serializers.ChoiceField(choices=list(fixes.DO))
    under = serializers.IntegerField(required=False, help_text='For "rule": minor units.')
    counted = serializers.IntegerField(
        required=False, help_text='For "counted": thousandths on the shelf. For "closed": cash in the drawer, minor units.'
    )


class InboxDoor(TillDoor):
    def manager(self) -> Any:
        """Raises PinNotProven, TooManyPins."""
        who, _, digest = self.request.headers.get("X-Till-Manager", "").partition(" ")
        try:
            user, proof = UUID(who), bytes.fromhex(digest)
        except ValueError as error:
            raise pins.PinNotProven from error
        return services.prove(till=self.epoch.till, user=user, digest=proof)


class TillInbox(InboxDoor):
    @extend_schema(
        operation_id="till_inbox_list",
        summary="What was not as expected in this store",
        tags=["tills"],
        parameters=[
            WHO,
            OpenApiParameter("after", str, description="`next` of the page before."),
            OpenApiParameter("kind", str, enum=SyncNote.Kind.values, description="Of this kind alone."),
            OpenApiParameter("till", OpenApiTypes.UUID, description="Of this till alone."),
        ],
        responses={200: InboxDocument, **REFUSED},
    )
    def get(self, request: Request) -> Response:
        self.manager()
        store, asked = self.epoch.till.store, request.query_params
        narrowed: dict[str, Any] = {"store": store.id, "kind": _kind(asked.get("kind", "")), "till": _till(asked.get("till", ""))}
        after = asked.get("after")
        page = notes.inbox(first=FIRST, after=after, **narrowed)
        done = () if after else notes.inbox(first=FIRST, state="done", since=notes.today_of(store=store, now=timezone.now()), **narrowed).items
        return Response(
            {
                "open": notes.open_notes(stores=[store.id]),
                "items": [note_of(told) for told in page.items],
                "next": notes.cursor_of(page.items[-1]) if page.more else "",
                "done": [note_of(told) for told in done],
            }
        )


class TillInboxNote(InboxDoor):
    @extend_schema(
        operation_id="till_inbox_retrieve",
        summary="One note, with the sale it is about",
        tags=["tills"],
        parameters=[WHO],
        responses={200: NoteDocument, 404: OpenApiTypes.OBJECT, **REFUSED},
    )
    def get(self, request: Request, note: int) -> Response:
        self.manager()
        held = notes.notes(stores=[self.epoch.till.store_id]).filter(pk=note).first()
        if held is None:
            raise fixes.UnknownNote
        sale = notes.sale_of(note=held)
        return Response({"note": note_of(notes.told([held])[0]), "sale": None if sale is None else SalePart(sale).data})


class TillInboxFixes(InboxDoor):
    @extend_schema(
        operation_id="till_inbox_fixes_create",
        summary="Be done with a note",
        description="The same again, or another fix for what is closed already, changes nothing and answers with the note as it was closed.",
        tags=["tills"],
        parameters=[WHO],
        request=FixRequest,
        responses={200: NotePart, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT, **REFUSED},
    )
    def post(self, request: Request, note: int) -> Response:
        manager = self.manager()
        asked = FixRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        fixed = services.fix_note(note=note, store=self.epoch.till.store_id, actor=manager.pk, now=timezone.now(), **asked.validated_data)
        return Response(note_of(notes.told([fixed])[0]))


def note_of(told: notes.Told) -> dict[str, Any]:
    note, story, answer = told.note, told.story, notes.answer_of(told.note)
    return {
        "id": note.pk,
        "kind": note.kind,
        "about": note.about,
        "entry": note.entry,
        "till": {"id": note.till_id, "number": note.till.number, "name": note.till.name},
        "facts": note.facts,
        "names": told.names,
        "amount": note.amount,
        "happened_at": note.happened_at,
        "title": story.title,
        "short": story.short,
        "happened": story.happened,
        "safe": story.safe,
        "costs": story.costs,
        "fixes": told.fixes,
        "under": told.under,
        "answer": answer and {"by": told.named("asked"), "words": answer.answer, "at": answer.answered_at},
        "closed_at": note.closed_at,
        "closed_by": told.closed_by,
        "fix": note.fix,
    }


def _kind(text: str) -> str:
    if text and text not in SyncNote.Kind.values:
        raise Invalid("There is no such kind of note.", field="kind")
    return text


def _till(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFound("There is no such till.", field="till") from error
