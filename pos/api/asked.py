"""What somebody at the till is asked about by a manager, and the line they answer with. For whoever works at that store's tills: the till shows
its token and says who asks, by the PIN that was typed."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from pos import services
from pos.api.inbox import REFUSED, NotePart, note_of
from pos.api.tills import TillDoor
from pos.queries import MAY_USE_A_TILL, questions
from pos.services import pins

WHO = OpenApiParameter(
    "X-Till-Manager", str, OpenApiParameter.HEADER, required=True, description="Who is signed in: `<user id> <digest of the PIN>`."
)


class QuestionPart(serializers.Serializer):
    note = NotePart(help_text="What it is about; no fixes, for it is a manager's to be done with.")
    asked_by = serializers.CharField(allow_blank=True)
    asked_at = serializers.DateTimeField()


class QuestionsDocument(serializers.Serializer):
    items = QuestionPart(many=True, help_text="The oldest first, at most 50.")


class AnswerRequest(serializers.Serializer):
    words = serializers.CharField(max_length=1000, help_text="One line, at most 200 characters.")


class AnswerDocument(serializers.Serializer):
    note = serializers.IntegerField()
    words = serializers.CharField()
    answered_at = serializers.DateTimeField()


class QuestionDoor(TillDoor):
    def person(self) -> Any:
        """Raises PinNotProven, TooManyPins."""
        who, _, digest = self.request.headers.get("X-Till-Manager", "").partition(" ")
        try:
            user, proof = UUID(who), bytes.fromhex(digest)
        except ValueError as error:
            raise pins.PinNotProven from error
        return services.prove(till=self.epoch.till, user=user, digest=proof, may=MAY_USE_A_TILL)


class TillQuestions(QuestionDoor):
    @extend_schema(
        operation_id="till_questions_list",
        summary="What whoever is signed in is asked about",
        tags=["tills"],
        parameters=[WHO],
        responses={200: QuestionsDocument, **REFUSED},
    )
    def get(self, request: Request) -> Response:
        found = questions.of_person(person=self.person().pk, store=self.epoch.till.store_id)
        return Response({"items": [{"note": note_of(one.told), "asked_by": one.asked_by, "asked_at": one.asked_at} for one in found]})


class TillQuestionAnswer(QuestionDoor):
    @extend_schema(
        operation_id="till_questions_answer_create",
        summary="Answer what one is asked",
        description="The same answer again changes nothing. The note is then the manager's again, with the answer.",
        tags=["tills"],
        parameters=[WHO],
        request=AnswerRequest,
        responses={200: AnswerDocument, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT, **REFUSED},
    )
    def post(self, request: Request, note: int) -> Response:
        person = self.person()
        asked = AnswerRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        words = asked.validated_data["words"]
        given = services.answer(note=note, store=self.epoch.till.store_id, words=words, actor=person.pk, now=timezone.now())
        return Response({"note": given.note_id, "words": given.answer, "answered_at": given.answered_at})
