"""The door tills come through. A till shows its token (`Authorization: Till <token>`); a browser that wants to become
one shows a one-time code."""

from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory.queries.shop_floor import at_till
from kernel.errors import Invalid, NotAllowed, NotSignedIn, Refused
from org.paging import plain_text
from pos import queries, services
from pos.models import TillEpoch
from pos.queries import feed

MOST_ENTRIES = 50
MOST_ASKED = 200
MOST_TEXT = 256 * 1024
# The texts are quoted once more on the wire, so the body may be larger than what it carries.
MOST_BODY = min(4 * MOST_TEXT, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class TillUnknown(NotSignedIn):
    code = "till_unknown"
    title = "This browser is no till here. Enrol it with a code from the back office."


class TillRevoked(NotSignedIn):
    code = "till_revoked"
    title = "This till was enrolled anew or switched off. What it recorded can still be sent; to sell, enrol it again."


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


class TillTokenAuthentication(BaseAuthentication):
    """Whose token it is, live or not: a fenced-off till must still be able to deliver. `request.auth` is its TillEpoch."""

    def authenticate(self, request: Request) -> tuple[None, TillEpoch] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "till":
            return None
        epoch = queries.till_of_token(token.strip())
        if epoch is None:
            raise TillUnknown
        return None, epoch

    def authenticate_header(self, request: Request) -> str:
        return 'Till realm="till"'


class TillTokenScheme(OpenApiAuthenticationExtension):
    target_class = "pos.api.TillTokenAuthentication"
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
    head = HeadPart(help_text="The last entry of this epoch that the server has.")
    server_time_ms = serializers.IntegerField()


class EnrolmentAnswer(TillDocument):
    token = serializers.CharField(help_text="Told this once.")


class CategoryPart(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class OfferPart(serializers.Serializer):
    list = serializers.CharField(help_text="The price list's code.")
    amount = serializers.IntegerField(help_text="Minor units for price_quantity.")
    price_quantity = serializers.IntegerField(help_text="Thousandths.")
    from_quantity = serializers.IntegerField(help_text="From so much of the SKU in the basket on. Thousandths.")
    starts_at = serializers.IntegerField(allow_null=True, help_text="Milliseconds since 1970 UTC.")
    ends_at = serializers.IntegerField(allow_null=True, help_text="Milliseconds since 1970 UTC; it holds until just before.")
    group = serializers.CharField(allow_blank=True, help_text="Only for customers of this group; empty: everybody.")
    rank = serializers.IntegerField(help_text="The higher one wins.")


class StickerPart(serializers.Serializer):
    code = serializers.CharField()
    variant = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["percent", "amount", "price"])
    value = serializers.IntegerField(help_text="Parts per million, or minor units.")
    expires_at = serializers.IntegerField(help_text="Milliseconds since 1970 UTC.")


class PricingPart(serializers.Serializer):
    snapshot = serializers.CharField(help_text="What these rules are known by; a sale names it.")
    rules = serializers.DictField(help_text="As docs/pricing.md tells them.")
    timezone = serializers.CharField()
    channel = serializers.CharField()
    store = serializers.CharField()
    stickers = StickerPart(many=True)


class ItemPart(serializers.Serializer):
    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    gtins = serializers.ListField(child=serializers.CharField(), help_text="14 digits each.")
    price = serializers.IntegerField(help_text="Minor units for price_quantity, tax included.")
    price_quantity = serializers.IntegerField(help_text="Thousandths.")
    tax_class = serializers.CharField()
    tax_rate = serializers.IntegerField(help_text="Parts per million.")
    category = serializers.CharField()
    tile = serializers.CharField()
    sold_by = serializers.ChoiceField(choices=["each", "weight"])
    favourite = serializers.IntegerField(help_text="Place among the till's favourites, from 1; 0 is none.")
    offers = OfferPart(many=True, required=False, help_text="Prices of price lists, now and to come; without any: only `price`.")
    facets = serializers.ListField(child=serializers.CharField(), help_text="Those that any promotion of the feed is about.")
    deposit = serializers.UUIDField(allow_null=True, help_text="The variant that is charged with it, for each piece.")
    only_deposit = serializers.BooleanField(required=False, help_text="There as a deposit: it is not sold by itself.")


class CatalogueDocument(serializers.Serializer):
    snapshot = serializers.CharField()
    currency = serializers.CharField()
    categories = CategoryPart(many=True)
    pricing = PricingPart()
    items = ItemPart(many=True)


class FoundItems(serializers.Serializer):
    items = ItemPart(many=True)


class StockRequest(serializers.Serializer):
    variants = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_ASKED)


class StoppedPart(serializers.Serializer):
    lot = serializers.CharField()
    reason = serializers.CharField()


class GoodsPart(serializers.Serializer):
    variant = serializers.UUIDField()
    left = serializers.IntegerField(help_text="Thousandths the book has and nobody was promised.")
    stopped = StoppedPart(many=True, help_text="Recalled lots of it that are still on the shelf: nobody may sell it.")


class StockAnswer(serializers.Serializer):
    short_sales = serializers.ChoiceField(choices=["allow", "warn", "block"], help_text="What to do with what the book does not have.")
    goods = GoodsPart(many=True)


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


@method_decorator(gzip_page, name="dispatch")
class TillCatalogue(TillDoor):
    @extend_schema(
        operation_id="till_catalogue_retrieve",
        summary="Everything the till may sell",
        tags=["tills"],
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The snapshot the till has.")],
        responses={200: CatalogueDocument, 304: None},
    )
    def get(self, request: Request) -> HttpResponse:
        told = services.catalogue(till=self.epoch.till, now=timezone.now())
        headers = {"ETag": f'"{told.snapshot}"', "Cache-Control": "private, no-cache"}
        if told.snapshot in request.headers.get("If-None-Match", ""):
            return HttpResponseNotModified(headers=headers)
        return HttpResponse(told.body, content_type="application/json", headers=headers)


class TillSearch(TillDoor):
    @extend_schema(
        operation_id="till_search_list",
        summary="Find in the whole shop what the till's own catalogue does not know",
        tags=["tills"],
        parameters=[OpenApiParameter("q", str, required=True, description="Words, part of a SKU, or a code; at most 100 characters.")],
        responses=FoundItems,
    )
    def get(self, request: Request) -> Response:
        words = plain_text(request.query_params.get("q"), field="q", longest=100)
        return Response({"items": feed.found(store=self.epoch.till.store, words=words, now=timezone.now()) if words.strip() else []})


class TillStock(TillDoor):
    @extend_schema(
        operation_id="till_stock_create",
        summary="What the shop knows of goods on the belt",
        description="Recalls that stop them here, and what the book has. A till asks beside selling and never waits for it.",
        tags=["tills"],
        request=StockRequest,
        responses={200: StockAnswer},
    )
    def post(self, request: Request) -> Response:
        asked = StockRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(StockAnswer(at_till(store=self.epoch.till.store_id, variants=asked.validated_data["variants"])).data)


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
