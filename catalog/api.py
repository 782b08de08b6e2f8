"""The catalogue through REST: the same rows, rules and codes as catalog.schema."""

from typing import Any
from uuid import UUID

from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import queries
from catalog.gtin import shown
from kernel.errors import Invalid, NotFound
from kernel.money import format_amount
from org.access import Principal
from org.doors import Door, Filter, PageFilter, principal_of
from org.paging import cursor, position


class ProductFilter(PageFilter):
    search = serializers.CharField(required=False, default="", max_length=100, help_text="Words of the name, part of a SKU, or a whole GTIN.")
    category = serializers.CharField(required=False, default="", max_length=60, help_text="A category's code; those below it count too.")


class VariantFilter(Filter):
    gtin = serializers.CharField(required=False, default="", max_length=60, help_text="As scanned: 8, 12, 13 or 14 digits.")
    sku = serializers.CharField(required=False, default="", max_length=60)


class PriceOut(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="Minor units for `price_quantity` thousandths of the variant's unit, tax included.")
    currency = serializers.CharField()
    formatted = serializers.SerializerMethodField()
    price_quantity = serializers.IntegerField()

    def get_formatted(self, price: queries.PriceRow) -> str:
        return format_amount(price.amount, price.currency)


class TaxClassOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    rate = serializers.IntegerField(help_text="Parts per million: 190000 is 19%.")


class CategoryOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class NetContentOut(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(source="net_content", help_text="Thousandths of the unit.")
    unit = serializers.CharField(source="net_unit")


class VariantOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    net_content = serializers.SerializerMethodField()
    sold_by = serializers.ChoiceField(choices=["each", "weight"])
    archived = serializers.BooleanField()
    gtins = serializers.SerializerMethodField()
    prices = PriceOut(many=True)

    @extend_schema_field(NetContentOut(allow_null=True))
    def get_net_content(self, variant: queries.VariantRow) -> Any:
        return NetContentOut(variant).data if variant.net_content is not None else None

    def get_gtins(self, variant: queries.VariantRow) -> list[str]:
        return [shown(gtin) for gtin in variant.gtins]


class ProductHead(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    handle = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    brand = serializers.CharField()
    status = serializers.CharField(help_text="draft, active or archived; keys see active ones only.")
    tile = serializers.CharField()
    image_url = serializers.CharField()
    tax_class = TaxClassOut()
    category = CategoryOut(allow_null=True)


class ProductOut(ProductHead):
    variants = VariantOut(many=True)


class VariantWithProduct(VariantOut):
    product = ProductHead()


class ProductPage(serializers.Serializer[Any]):
    items = ProductOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Send it back as `after`; null on the last page.")


class VariantPage(serializers.Serializer[Any]):
    items = VariantWithProduct(many=True)
    next = serializers.CharField(allow_null=True)


class Products(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="products_list", parameters=[ProductFilter], responses=ProductPage)
    @method_decorator(conditional_page)
    def get(self, request: Request) -> Response:
        asked = ProductFilter.of(request)
        page = queries.products(
            sight=sight_of(principal_of(request)),
            first=asked["first"],
            after=position(asked["after"], str, UUID, field="after"),
            search=asked["search"],
            category=asked["category"],
        )
        last = page.items[-1] if page.more else None
        return Response({"items": ProductOut(page.items, many=True).data, "next": cursor(last.sort_key, last.id) if last else None})


class ProductById(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="products_retrieve", responses=ProductOut)
    @method_decorator(conditional_page)
    def get(self, request: Request, id: UUID) -> Response:
        return Response(ProductOut(queries.product(sight=sight_of(principal_of(request)), id=id)).data)


class Variants(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="variants_list", parameters=[VariantFilter], responses=VariantPage)
    def get(self, request: Request) -> Response:
        """The variant with this GTIN or SKU, as a list of one or none. Give exactly one of the two."""
        asked = VariantFilter.of(request)
        if bool(asked["gtin"]) == bool(asked["sku"]):
            raise Invalid("Give exactly one of gtin, sku.", field="gtin")
        try:
            found = [queries.variant(sight=sight_of(principal_of(request)), gtin=asked["gtin"] or None, sku=asked["sku"] or None)]
        except NotFound:
            found = []
        return Response({"items": VariantWithProduct(found, many=True).data, "next": None})


def sight_of(principal: Principal) -> queries.Sight:
    return queries.Sight(currency=principal.channel.currency if principal.channel else None)
