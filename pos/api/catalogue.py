"""What a till may sell and what it asks about goods."""

import gzip
from collections.abc import Callable

from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.queries.shop_floor import at_till
from kernel.errors import NotFound
from org.paging import plain_text
from pos import services
from pos.api.tills import TillDoor
from pos.queries import feed, told

MOST_ASKED = 200


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


class PackPart(serializers.Serializer):
    gtin = serializers.CharField(help_text="14 digits.")
    variant = serializers.UUIDField()
    quantity = serializers.IntegerField(help_text="Thousandths of the variant in one pack.")


class ChunkPart(serializers.Serializer):
    id = serializers.CharField(help_text="Of its content.")
    items = serializers.IntegerField()


class CatalogueManifest(serializers.Serializer):
    snapshot = serializers.CharField()
    position = serializers.IntegerField(help_text="One more with every change that a till can see.")
    currency = serializers.CharField()
    categories = CategoryPart(many=True)
    pricing = PricingPart()
    packs = PackPart(many=True)
    chunks = ChunkPart(many=True)


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


@method_decorator(gzip_page, name="dispatch")
class TillCatalogue(TillDoor):
    @extend_schema(
        operation_id="till_catalogue_retrieve",
        summary="Everything the till may sell",
        description="As one document; with `form=chunks` what it is made of, each piece to be fetched by its id where the till has not got it.",
        tags=["tills"],
        parameters=[
            OpenApiParameter("form", str, enum=["chunks"]),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The snapshot the till has."),
        ],
        responses={
            200: PolymorphicProxySerializer(
                component_name="TillCatalogue", serializers=[CatalogueDocument, CatalogueManifest], resource_type_field_name=None
            ),
            304: None,
        },
    )
    def get(self, request: Request) -> HttpResponse:
        till, now = self.epoch.till, timezone.now()
        if request.query_params.get("form") == "chunks":
            standing = services.standing_catalogue(store=till.store, now=now)
            return self._answer(standing.snapshot, lambda: told.manifest(store=till.store_id))
        whole = services.catalogue(till=till, now=now)
        return self._answer(whole.snapshot, lambda: whole.body)

    def _answer(self, snapshot: str, body: Callable[[], bytes]) -> HttpResponse:
        headers = {"ETag": f'"{snapshot}"', "Cache-Control": "private, no-cache"}
        if snapshot in self.request.headers.get("If-None-Match", ""):
            return HttpResponseNotModified(headers=headers)
        return HttpResponse(body(), content_type="application/json", headers=headers)


class ChunkUnknown(NotFound):
    code = "chunk_unknown"
    title = "This till was not told of such a piece. Ask for the catalogue again."


class TillCatalogueChunk(TillDoor):
    @extend_schema(
        operation_id="till_catalogue_chunk_retrieve",
        summary="A piece of the catalogue",
        description="Lines of JSON; the first tells of the others, which are items. Never changed: the id is 32 digits of the text's SHA-256.",
        tags=["tills"],
        responses={(200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        packed = told.chunk(store=self.epoch.till.store_id, id=id)
        if packed is None:
            raise ChunkUnknown
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{id}"', "Vary": "Accept-Encoding"}
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return HttpResponse(gzip.decompress(packed), content_type="application/x-ndjson", headers=headers)
        return HttpResponse(packed, content_type="application/x-ndjson", headers={**headers, "Content-Encoding": "gzip"})


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
