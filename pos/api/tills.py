"""Whoever comes through the tills' door: how a till shows its token, how a browser becomes one, and what a till opens with."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.errors import NotSignedIn
from pos import queries, services
from pos.models import TillEpoch
from pos.queries import chains


class TillUnknown(NotSignedIn):
    code = "till_unknown"
    title = "This browser is no till here. Enrol it with a code from the back office."


class TillRevoked(NotSignedIn):
    code = "till_revoked"
    title = "This till was enrolled anew or switched off. What it recorded can still be sent; to sell, enrol it again."


class TillTokenAuthentication(BaseAuthentication):
    """Whose token it is, live or not: a fenced-off till must still be able to deliver. `request.auth` is its TillEpoch;
    that it was heard is kept with it."""

    def authenticate(self, request: Request) -> tuple[None, TillEpoch] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "till":
            return None
        epoch = services.come_in(token=token.strip(), report=request.headers.get("X-Till-Report", ""), now=timezone.now())
        if epoch is None:
            raise TillUnknown
        return None, epoch

    def authenticate_header(self, request: Request) -> str:
        return 'Till realm="till"'


class TillTokenScheme(OpenApiAuthenticationExtension):
    target_class = "pos.api.tills.TillTokenAuthentication"
    name = "tillToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Till <token>`, as enrolment gave it."}


class AnyTill(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, TillEpoch):
            raise TillUnknown
        return True


class LiveTill(AnyTill):
    def has_permission(self, request: Request, view: APIView) -> bool:
        super().has_permission(request, view)
        if request.auth.revoked_at is not None:  # type: ignore[union-attr]
            raise TillRevoked
        return True


class EnrolmentRequest(serializers.Serializer):
    code = serializers.CharField(max_length=40, help_text="XXXX-XXXX-XXXX; case, spaces and hyphens do not matter.")
    public_key = serializers.DictField(help_text="ECDSA P-256 public key as JWK.")


class TillPart(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    name = serializers.CharField()


class StorePart(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()
    timezone = serializers.CharField()
    day_cutoff = serializers.CharField(help_text="HH:MM on the store's clock.")


class PinPart(serializers.Serializer):
    salt = serializers.CharField(help_text="Hexadecimal.")
    iterations = serializers.IntegerField(help_text="PBKDF2-HMAC-SHA256, 32 bytes.")


class CashierPart(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    digest = serializers.CharField(help_text="Of the PIN, hexadecimal.")


class HeadPart(serializers.Serializer):
    seq = serializers.IntegerField()
    hash = serializers.CharField()
    receipt = serializers.IntegerField()


class OpenItemPart(serializers.Serializer):
    allowed = serializers.BooleanField()
    most = serializers.IntegerField(help_text="Minor units; above it a manager approves.")
    tax_class = serializers.CharField(allow_blank=True)


class EmbeddedPart(serializers.Serializer):
    prefix = serializers.CharField()
    item = serializers.IntegerField(help_text="Digits of the item's code after the prefix.")
    value = serializers.IntegerField(help_text="Digits before the check digit that hold the value.")
    holds = serializers.ChoiceField(choices=["price", "weight"], help_text="Minor units, or thousandths.")


class RulesPart(serializers.Serializer):
    open_item = OpenItemPart()
    variance_limit = serializers.IntegerField(help_text="Minor units; a drawer off by more needs a manager.")
    cash_limit = serializers.IntegerField(help_text="Minor units; cash in, out and payouts above it need a manager.")
    embedded_codes = EmbeddedPart(many=True)


class TillDocument(serializers.Serializer):
    epoch = serializers.IntegerField()
    till = TillPart()
    store = StorePart()
    pin = PinPart()
    cashiers = CashierPart(many=True)
    try_this = serializers.ListField(child=serializers.DictField())
    note_buttons = serializers.ListField(child=serializers.IntegerField(), help_text="Minor units.")
    rules = RulesPart()
    asked = serializers.DictField(child=serializers.IntegerField(), help_text="How many questions wait for whom, by the ids of cashiers.")
    inbox = serializers.IntegerField(help_text="Open notes of the store's sync inbox.")
    head = HeadPart(help_text="The last entry of this epoch that the server has.")
    server_time_ms = serializers.IntegerField()


class CheckpointDocument(serializers.Serializer):
    epoch = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Everything up to this entry is kept here.")
    hash = serializers.CharField(help_text="Its hash, hexadecimal; zeros where there is none.")


class EnrolmentAnswer(TillDocument):
    token = serializers.CharField(help_text="Told this once.")


class TillEnrolments(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="till_enrolments_create", summary="Become a till", tags=["tills"], request=EnrolmentRequest, responses={201: EnrolmentAnswer}
    )
    def post(self, request: Request) -> Response:
        asked = EnrolmentRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        enrolled = services.enrol(code=asked.validated_data["code"], public_key=asked.validated_data["public_key"], now=now)
        return Response({"token": enrolled.token, **queries.bootstrap(epoch=enrolled.epoch, now=now)}, status=201)


class TillDoor(APIView):
    authentication_classes = (TillTokenAuthentication,)
    permission_classes: tuple[type[BasePermission], ...] = (LiveTill,)

    @property
    def epoch(self) -> TillEpoch:
        assert isinstance(self.request.auth, TillEpoch)
        return self.request.auth


class TillItself(TillDoor):
    @extend_schema(operation_id="till_retrieve", summary="What a till needs to open", tags=["tills"], responses=TillDocument)
    def get(self, request: Request) -> Response:
        return Response(queries.bootstrap(epoch=self.epoch, now=timezone.now()))


class TillCheckpoint(TillDoor):
    # A till that was fenced off must know as well what it may forget.
    permission_classes = (AnyTill,)

    @extend_schema(
        operation_id="till_checkpoint_retrieve",
        summary="How far the till's journal has come without a hole",
        description="A till forgets only what is below it and has the same hash.",
        tags=["tills"],
        responses=CheckpointDocument,
    )
    def get(self, request: Request) -> Response:
        return Response(chains.checkpoint(till=self.epoch.till_id, epoch=self.epoch.epoch))
