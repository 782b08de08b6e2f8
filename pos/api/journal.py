"""Where tills deliver what they wrote."""

from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import Invalid, NotAllowed, Refused
from pos import services
from pos.api.tills import AnyTill, TillDoor
from pos.models import TillEpoch

MOST_ENTRIES = 50
MOST_TEXT = 256 * 1024
# The texts are quoted once more on the wire, so the body may be larger than what it carries.
MOST_BODY = min(4 * MOST_TEXT, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class WrongTill(NotAllowed):
    code = "wrong_till"
    title = "This token belongs to another till"


class JournalMalformed(Invalid):
    code = "journal_malformed"
    status = 400
    title = "Send {till, epoch, entries: [{text, hash, sig}, …]} as JSON"


class JournalTooLarge(Refused):
    code = "journal_too_large"
    status = 413
    title = "At most 50 entries and 256 KB of text at a time. Send the rest in the next batch."


class EntryPart(serializers.Serializer):
    text = serializers.CharField(help_text="The entry's exact text.")
    hash = serializers.CharField(help_text="SHA-256 of the text, hexadecimal.")
    sig = serializers.CharField(help_text="ECDSA over the text, r and s, base64url.")


class JournalRequest(serializers.Serializer):
    till = serializers.UUIDField()
    epoch = serializers.IntegerField()
    entries = EntryPart(many=True)


class ResultPart(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True)
    hash = serializers.CharField()
    status = serializers.ChoiceField(choices=["accepted", "conflict", "quarantined"])
    reason = serializers.CharField(required=False)


class JournalAnswer(serializers.Serializer):
    results = ResultPart(many=True)
    server_time_ms = serializers.IntegerField()


class TillJournal(TillDoor):
    permission_classes = (AnyTill,)

    @extend_schema(
        operation_id="till_journal_create",
        summary="Deliver journal entries",
        description="Answers 200 with a status for each entry, whatever the entries say. The same entries again get the same answer.",
        tags=["tills"],
        request=JournalRequest,
        responses={200: JournalAnswer, 400: OpenApiTypes.OBJECT, 413: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        now = timezone.now()
        results = services.receive(epoch=self.epoch, entries=entries_of(request, self.epoch), now=now)
        answers = [
            {"id": result.id, "hash": result.hash, "status": result.status} | ({"reason": result.reason} if result.reason else {})
            for result in results
        ]
        return Response({"results": answers, "server_time_ms": int(now.timestamp() * 1000)})


def entries_of(request: Request, epoch: TillEpoch) -> list[services.Sealed]:
    """The batch's shape and its limits; what the entries say is not looked at here."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BODY:
        raise JournalTooLarge
    try:
        batch = orjson.loads(request.body)
    except ValueError as error:
        raise JournalMalformed("The body is not JSON.") from error
    if not isinstance(batch, dict) or not isinstance(batch.get("entries"), list) or type(batch.get("epoch")) is not int:
        raise JournalMalformed
    if batch.get("till") != str(epoch.till_id):
        raise WrongTill(field="till")
    entries = [_sealed(entry) for entry in batch["entries"]]
    # One entry alone may be larger than a batch: what a till has written must get through somehow.
    too_much = len(entries) > 1 and sum(len(entry.text.encode()) for entry in entries) > MOST_TEXT
    if len(entries) > MOST_ENTRIES or too_much:
        raise JournalTooLarge
    return entries


def _sealed(entry: Any) -> services.Sealed:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in ("text", "hash", "sig")):
        raise JournalMalformed(field="entries")
    return services.Sealed(text=entry["text"], hash=entry["hash"][:64], signature=entry["sig"])
