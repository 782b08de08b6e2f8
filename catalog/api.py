"""The catalogue through REST: the same rows, rules and codes as catalog.schema."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from catalog import queries, shelf
from catalog.documents import Document, Sight
from catalog.gtin import shown
from catalog.telling import media_url, price_text, unit_price_of
from kernel.errors import Invalid, NotFound
from org.doors import Door, Filter, PageFilter, principal_of
from org.paging import cursor, position
from org.wire import KEPT_BY_READER, VARIES, etag, matches, unchanged


def several(help_text: str) -> Any:
    return serializers.ListField(child=serializers.CharField(max_length=100), required=False, default=list, max_length=50, help_text=help_text)


class ProductFilter(PageFilter):
    search = serializers.CharField(required=False, default="", max_length=100, help_text="Words as they are typed, part of a SKU, or a whole GTIN.")
    category = several("A category's code, as often as you like; those below it count too.")
    brand = several("A brand's code; likewise.")
    type = several("A product type's code; likewise.")
    tag = several("Likewise.")
    life_cycle = several("planned, active, run_down or delisted; likewise.")
    collection = several("A collection's code; likewise.")
    promotion = several("A promotion's code as badges have it; likewise.")
    attribute = several("attribute:value, such as roast:dark; likewise.")
    price_from = serializers.IntegerField(required=False, default=None, help_text="Minor units of the channel's currency.")
    price_to = serializers.IntegerField(required=False, default=None)
    sort = serializers.ChoiceField(choices=["name", "price", "-price", "newest", "relevance"], required=False, default="")
    facets = serializers.BooleanField(required=False, default=False, help_text="Tell what the list can be narrowed by, and how many there are.")


class VariantFilter(Filter):
    gtin = serializers.CharField(required=False, default="", max_length=60, help_text="As scanned: 8, 12, 13 or 14 digits.")
    sku = serializers.CharField(required=False, default="", max_length=60)


class PriceBreakOut(serializers.Serializer[Any]):
    from_quantity = serializers.IntegerField(help_text="Thousandths in the basket: from 6000 on is from six pieces on.")
    amount = serializers.IntegerField()
    formatted = serializers.CharField()
    price_quantity = serializers.IntegerField()


class PriceOut(serializers.Serializer[Any]):
    amount = serializers.IntegerField(
        help_text="What it costs now, in minor units for `price_quantity` thousandths of the variant's unit, tax included where the channel's"
        " prices include it."
    )
    currency = serializers.CharField()
    formatted = serializers.CharField()
    price_quantity = serializers.IntegerField()
    list_amount = serializers.IntegerField(allow_null=True, help_text="What it costs when the present price has ended; null unless that is more.")
    list_formatted = serializers.CharField(allow_null=True)
    promotional_amount = serializers.IntegerField(
        allow_null=True, help_text="What a promotion makes of it for whoever buys one and does nothing else. The basket has the last word."
    )
    promotional_formatted = serializers.CharField(allow_null=True)
    promotion = serializers.CharField(allow_null=True, help_text="The code of that promotion.")
    lowest_last_30_days = serializers.IntegerField(
        allow_null=True, help_text="The lowest price of the 30 days before the present reduction began; null when it is not reduced."
    )
    lowest_last_30_days_formatted = serializers.CharField(allow_null=True)
    breaks = PriceBreakOut(many=True, help_text="Prices of larger quantities, rising.")


class BadgeOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    kind = serializers.CharField(help_text="percent, amount, fixed, set, buy_get, bundle, tiers or gift")
    ends_at = serializers.DateTimeField(allow_null=True)


class UnitPriceOut(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="Minor units for one kg, l or piece of what is in the pack, tax included.")
    currency = serializers.CharField()
    formatted = serializers.CharField()
    unit = serializers.ChoiceField(choices=["kg", "l", "piece"])


class TaxClassOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    rate = serializers.IntegerField(help_text="Parts per million: 190000 is 19%.")


class CategoryOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class NamedOut(CategoryOut):
    translations = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))


class TypeOut(CategoryOut):
    pass


class NetContentOut(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(help_text="Thousandths of the unit.")
    unit = serializers.CharField()


class VariantOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    translations = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    options = serializers.DictField(child=serializers.CharField())
    net_content = NetContentOut(allow_null=True)
    sold_by = serializers.ChoiceField(choices=["each", "weight"])
    archived = serializers.BooleanField()
    gtins = serializers.ListField(child=serializers.CharField())
    prices = PriceOut(many=True)
    unit_price = UnitPriceOut(allow_null=True, help_text="By the first price; null when nobody said how much is in it.")
    deposit_sku = serializers.CharField(allow_null=True)


class AttributeOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    translations = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    kind = serializers.ChoiceField(choices=["text", "number", "choice", "multi_choice", "boolean", "date", "measurement"])
    unit = serializers.CharField(allow_blank=True)
    value = serializers.JSONField(
        help_text="A text; thousandths of the unit; true or false; a date; the code of a choice or several; of a measurement value and unit."
    )
    choices = NamedOut(many=True)


class RenditionOut(serializers.Serializer[Any]):
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class PictureOut(RenditionOut):
    alt = serializers.CharField(allow_blank=True)
    variant = serializers.UUIDField(allow_null=True)
    focal_x = serializers.IntegerField(help_text="Thousandths from the left.")
    focal_y = serializers.IntegerField(help_text="Thousandths from the top.")
    renditions = RenditionOut(many=True)


class ProductHead(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    handle = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    brand = serializers.CharField()
    brand_code = serializers.CharField(allow_null=True)
    status = serializers.CharField(help_text="draft, active or archived; keys see active ones only.")
    life_cycle = serializers.CharField(help_text="planned, active, run_down or delisted")
    tile = serializers.CharField()
    image_url = serializers.CharField()
    pictures = PictureOut(many=True)
    tax_class = TaxClassOut()
    category = NamedOut(allow_null=True)
    categories = NamedOut(many=True, help_text="The path to its category, from the top.")
    type = TypeOut(allow_null=True)
    attributes = AttributeOut(many=True)
    tags = serializers.ListField(child=serializers.CharField())
    collections = NamedOut(many=True)
    age_limit = serializers.IntegerField(allow_null=True)
    seo_title = serializers.CharField()
    seo_description = serializers.CharField()
    translations = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    created_at = serializers.DateTimeField()
    badges = BadgeOut(many=True, help_text="Promotions that run now in the key's channel and ask for nothing first.")


class ProductOut(ProductHead):
    variants = VariantOut(many=True)


class VariantWithProduct(VariantOut):
    product = ProductHead()


class FacetValueOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()
    chosen = serializers.BooleanField()


class FacetOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    values = FacetValueOut(many=True)  # type: ignore[assignment]  # the name is the field's own


class ProductPage(serializers.Serializer[Any]):
    items = ProductOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Send it back as `after`; null on the last page.")
    corrected = serializers.CharField(allow_null=True, help_text="The words that were looked for instead of those given.")
    facets = FacetOut(many=True, required=False, help_text="With facets=1.")
    total = serializers.IntegerField(required=False, help_text="With facets=1; counted to 10000 and no further.")


class DescribedOut(NamedOut):
    description = serializers.CharField()
    seo_title = serializers.CharField()
    seo_description = serializers.CharField()


class CategoryInTreeOut(DescribedOut):
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # no attribute: the serializer's class takes it away
    level = serializers.IntegerField(help_text="1 at the top.")


class CategoryTree(serializers.Serializer[Any]):
    items = CategoryInTreeOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null: the whole tree is told at once.")


class CollectionPage(serializers.Serializer[Any]):
    items = DescribedOut(many=True)
    next = serializers.CharField(allow_null=True)


class VariantPage(serializers.Serializer[Any]):
    items = VariantWithProduct(many=True)
    next = serializers.CharField(allow_null=True)


class Products(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="products_list", parameters=[ProductFilter], responses=ProductPage)
    def get(self, request: Request) -> HttpResponse:
        given = ProductFilter.of(request)
        asked = queries.asked(
            words=given["search"],
            filters=facets_of(given),
            first=given["first"],
            **{name: given[name] for name in ("price_from", "price_to", "sort", "after")},
        )
        sight = queries.sight_of(principal_of(request))

        def read() -> tuple[Any, int | None]:
            now = datetime.now(UTC)
            listed = queries.products(sight=sight, asked=asked, now=now)
            items = [product_told(product) for _, product in listed.rows]
            body: dict[str, Any] = {
                "items": items,
                "next": queries.cursor_of(listed.rows[-1][0]) if listed.more else None,
                "corrected": listed.corrected,
            }
            if given["facets"]:
                body["facets"] = queries.facets(sight=sight, asked=asked, now=now)
                body["total"] = queries.total(sight=sight, asked=asked, now=now)
            if listed.missed:
                listed.missed()
            return body, listed.version

        return answered(request, sight, read)


def facets_of(given: dict[str, Any]) -> dict[str, list[str]]:
    chosen = {facet: given[facet] for facet in ("category", "brand", "type", "tag", "life_cycle", "collection", "promotion")}
    for one in given["attribute"]:
        code, _, value = one.partition(":")
        chosen.setdefault(f"attribute.{code}", []).append(value)
    return chosen


class ProductById(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="products_retrieve", responses=ProductOut)
    def get(self, request: Request, id: UUID) -> HttpResponse:
        sight = queries.sight_of(principal_of(request))

        def read() -> tuple[Any, int | None]:
            found = queries.product(sight=sight, id=id, now=datetime.now(UTC))
            return product_told(found.product), found.version

        return answered(request, sight, read)


class Variants(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="variants_list", parameters=[VariantFilter], responses=VariantPage)
    def get(self, request: Request) -> HttpResponse:
        """The variant with this GTIN or SKU, as a list of one or none. Give exactly one of the two."""
        given = VariantFilter.of(request)
        if bool(given["gtin"]) == bool(given["sku"]):
            raise Invalid("Give exactly one of gtin, sku.", field="gtin")
        sight = queries.sight_of(principal_of(request))

        def read() -> tuple[Any, int | None]:
            try:
                found = queries.variant(sight=sight, gtin=given["gtin"] or None, sku=given["sku"] or None, now=datetime.now(UTC))
            except NotFound:
                return {"items": [], "next": None}, None
            told = variant_told(found.variant or {}) | {"product": head_told(found.product)}
            return {"items": [told], "next": None}, found.version

        return answered(request, sight, read)


class Categories(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="categories_list", responses=CategoryTree)
    def get(self, request: Request) -> HttpResponse:
        """The whole tree in order, each below its parent. Keys see those that hold something for their channel."""
        Filter.of(request)
        sight = queries.sight_of(principal_of(request))
        return answered(request, sight, lambda: ({"items": queries.categories(sight=sight), "next": None}, None))


class Collections(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="collections_list", parameters=[PageFilter], responses=CollectionPage)
    def get(self, request: Request) -> HttpResponse:
        """In the shop's order. Their products are those of /products?collection=<code>."""
        given = PageFilter.of(request)
        sight = queries.sight_of(principal_of(request))
        page = queries.collections(sight=sight, first=given["first"], after=position(given["after"], int, int, field="after"))
        items = [{name: one[name] for name in COLLECTION} for one in page.items]
        last = page.items[-1] if page.more else None
        return answered(request, sight, lambda: ({"items": items, "next": cursor(last["position"], last["id"]) if last else None}, None))


def answered(request: Request, sight: Sight, read: Callable[[], tuple[Any, int | None]]) -> HttpResponse:
    """The answer with its ETag; 304 without reading when the shelf is still what the caller has seen."""
    what = (request.get_full_path(), sight.channel, sight.currency)
    seen = request.headers.get("If-None-Match")
    # An answer that also hangs on something else was named by its content, and is never found this way.
    if seen and sight.channel and matches(seen, etag(shelf.standing(channel=sight.channel, now=datetime.now(UTC)), *what)):
        return unchanged(seen)
    body, version = read()
    content = orjson.dumps(body)
    tag = etag(content) if version is None else etag(version, *what)
    if seen and matches(seen, tag):
        return unchanged(tag)
    return HttpResponse(content, content_type="application/json", headers={"ETag": tag, "Cache-Control": KEPT_BY_READER, "Vary": VARIES})


def product_told(product: Document) -> dict[str, Any]:
    return head_told(product) | {"variants": [variant_told(variant) for variant in product["variants"]]}


def head_told(product: Document) -> dict[str, Any]:
    told = {name: product.get(name, []) if name == "badges" else product[name] for name in HEAD}
    told["pictures"] = [picture_told(picture) for picture in product["pictures"]]
    return told


# What documents leave out where there is nothing to tell.
PLAIN: dict[str, Any] = {**dict.fromkeys(str(name) for name in PriceOut().fields), "breaks": []}
HEAD = tuple(str(name) for name in ProductHead().fields)
COLLECTION = tuple(str(name) for name in DescribedOut().fields)


def picture_told(picture: Document) -> dict[str, Any]:
    told = {name: picture[name] for name in ("alt", "variant", "width", "height", "focal_x", "focal_y")}
    copies = sorted(picture["renditions"], key=lambda copy: int(copy["width"]))
    renditions = [{"url": media_url(copy["file"]), "width": copy["width"], "height": copy["height"]} for copy in copies]
    return told | {"url": media_url(picture["file"]), "renditions": renditions}


def variant_told(variant: Document) -> dict[str, Any]:
    told = {name: variant[name] for name in ("id", "sku", "name", "translations", "sold_by", "archived", "deposit_sku")}
    told["options"] = {name: str(value) for name, value in variant["options"].items()}
    content = variant["net_content"]
    told["net_content"] = {"quantity": content, "unit": variant["net_unit"]} if content is not None else None
    told["gtins"] = [shown(gtin) for gtin in variant["gtins"]]
    told["prices"] = [PLAIN | price | {"formatted": price_text(price["amount"], price["currency"])} for price in variant["prices"]]
    told["unit_price"] = unit_price_of(variant)
    return told
