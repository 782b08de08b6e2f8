"""Prices and baskets through REST: the same rules and codes as catalog.schema.pricing."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import asked_prices
from catalog.api import UnitPriceOut
from org.doors import Door, Filter, principal_of

MINOR = "Minor units of the currency."
PLACE = "A key asks in its own channel; staff give a store's or a channel's code."


def codes(help_text: str = "") -> Any:
    return serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, default=list, max_length=asked_prices.MOST_CODES, help_text=help_text
    )


def minor(help_text: str = MINOR) -> Any:
    return serializers.IntegerField(help_text=help_text)


class PriceFilter(Filter):
    sku = serializers.ListField(child=serializers.CharField(max_length=60), max_length=asked_prices.MOST_SKUS, help_text="As often as you like.")
    store = serializers.CharField(required=False, default="", max_length=60, help_text=PLACE)
    channel = serializers.CharField(required=False, default="", max_length=60)
    quantity = serializers.IntegerField(required=False, default=1000, help_text="Thousandths in the basket: for prices from some quantity on.")
    customer_group = codes("A customer group's code, as often as you like; not for publishable keys.")


class CurrentPriceOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    amount = minor("Minor units for `price_quantity` thousandths of the variant's unit.")
    currency = serializers.CharField()
    formatted = serializers.CharField()
    price_quantity = serializers.IntegerField()
    from_quantity = minor("Holds from so many thousandths in the basket on.")
    price_list = serializers.CharField(allow_null=True, help_text="The code of the list it comes from; null: the base price.")
    base_amount = serializers.IntegerField(allow_null=True, help_text="The price without any list.")
    unit_price = UnitPriceOut(allow_null=True)
    next_change_at = serializers.DateTimeField(allow_null=True, help_text="When time alone brings another price.")


class CurrentPrices(serializers.Serializer[Any]):
    items = CurrentPriceOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null: all of them are told at once.")


class BasketLineIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=60)
    quantity = serializers.IntegerField(required=False, default=1000, help_text="Thousandths: 1000 is one piece or one kilogram.")


class BasketChargeIn(serializers.Serializer[Any]):
    kind = serializers.RegexField("^(delivery|fee)$", help_text="delivery or fee")
    name = serializers.CharField(required=False, default="", max_length=100, allow_blank=True)
    amount = minor()
    tax_class = serializers.CharField(
        required=False, default=None, max_length=60, allow_null=True, help_text="A tax class's code; without it, as the goods are taxed."
    )


class BasketCustomerIn(serializers.Serializer[Any]):
    id = serializers.UUIDField(required=False, default=None, allow_null=True, help_text="Opaque; what coupons, limits and exemptions go by.")
    groups = codes()
    segments = codes()
    orders = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=0, max_value=2**31, help_text="How many they have had."
    )


class BasketIn(serializers.Serializer[Any]):
    store = serializers.CharField(required=False, default="", max_length=60, allow_blank=True, help_text=PLACE)
    channel = serializers.CharField(required=False, default="", max_length=60, allow_blank=True)
    lines = BasketLineIn(many=True, max_length=asked_prices.MOST_LINES, allow_empty=False)  # type: ignore[call-arg]  # of the list
    coupons = codes()
    charges = BasketChargeIn(many=True, required=False, default=list, max_length=asked_prices.MOST_CODES)  # type: ignore[call-arg]  # of the list
    customer = BasketCustomerIn(required=False, default=None, allow_null=True, help_text="Not for publishable keys.")
    staff = serializers.BooleanField(required=False, default=False, help_text="Somebody of the staff buys. Not for publishable keys.")
    at = serializers.DateTimeField(
        required=False, default=None, allow_null=True, help_text="The moment to price for; without it, now. Not for publishable keys."
    )


class TaxShareOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    rate = serializers.IntegerField(help_text="Parts per million: 190000 is 19%.")
    amount = minor()


class BasketTaxOut(TaxShareOut):
    base = minor(f"{MINOR} What it is worked out on.")


class DiscountShareOut(serializers.Serializer[Any]):
    promotion = serializers.CharField(help_text="Its code.")
    amount = minor()


class BasketPieceOut(serializers.Serializer[Any]):
    quantity = minor("Thousandths that are charged alike.")
    total = minor()
    discount = minor()
    tax = minor()


class BasketLineOut(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="Its place, from 1; a deposit stands behind the line it belongs to.")
    sku = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField(help_text="goods or deposit")
    quantity = minor("Thousandths.")
    price_list = serializers.SerializerMethodField(help_text="The code of the list its price comes from; null: the base price.")
    unit_price = minor(f"{MINOR} For `price_quantity` thousandths.")
    price_quantity = serializers.IntegerField()
    list_total = minor(f"{MINOR} Before any discount.")
    discount = minor()
    total = minor(f"{MINOR} With the tax where prices include it.")
    exempted = minor(f"{MINOR} Tax that a certificate took out of the price.")
    tax = minor()
    taxes = TaxShareOut(many=True)
    discounts = DiscountShareOut(many=True)
    allocation = BasketPieceOut(many=True)

    def get_price_list(self, line: dict[str, Any]) -> str | None:
        return line["list"] or None


class BasketChargeOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="delivery or fee")
    name = serializers.CharField()
    amount = minor()
    discount = minor()
    total = minor()
    tax = minor()
    taxes = TaxShareOut(many=True)
    discounts = DiscountShareOut(many=True)


class BasketDiscountOut(serializers.Serializer[Any]):
    promotion = serializers.CharField(help_text="Its code.")
    name = serializers.CharField()
    amount = minor()
    times = serializers.IntegerField(help_text="Sets, bundles or pieces it was given for.")


class BasketGiftOut(serializers.Serializer[Any]):
    promotion = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Pieces that would be free and are not in the basket yet.")


class BasketCouponOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    promotion = serializers.CharField(help_text="The code of the promotion it opens; empty when nobody knows it here.")
    refused = serializers.CharField(help_text="unknown, used, expired or not_yours; empty: it is good.")


class BasketTotalsOut(serializers.Serializer[Any]):
    goods = minor(f"{MINOR} All lines before any discount.")
    charges = minor()
    discount = minor()
    tax = minor()
    net = minor(f"{MINOR} Without tax.")
    total = minor(f"{MINOR} What the customer pays.")
    cash_total = minor(f"{MINOR} What is paid in cash.")
    cash_rounding = minor()
    taxes = BasketTaxOut(many=True)


class TraceOut(serializers.Serializer[Any]):
    promotion = serializers.CharField(help_text="Its code.")
    name = serializers.CharField()
    line = serializers.IntegerField(allow_null=True, help_text="The line's id; null: the basket as a whole.")
    state = serializers.CharField(help_text="applied, almost or not")
    code = serializers.CharField(help_text="The reason, stable; docs/pricing.md lists them.")
    params = serializers.DictField(child=serializers.JSONField())
    text = serializers.CharField(help_text="In words: Add 1 more for 2 for 5.00.")


class BasketPreviewOut(serializers.Serializer[Any]):
    currency = serializers.CharField()
    channel = serializers.CharField(help_text="The channel's code.")
    store = serializers.SerializerMethodField(help_text="The store's code; null: of no store.")
    timezone = serializers.CharField(help_text="By whose clock it was priced.")
    prices_include_tax = serializers.BooleanField()
    lines = BasketLineOut(many=True)
    charges = BasketChargeOut(many=True)
    discounts = BasketDiscountOut(many=True)
    gifts = BasketGiftOut(many=True)
    coupons = BasketCouponOut(many=True)
    totals = BasketTotalsOut()
    trace = TraceOut(many=True, help_text="At most 1000 entries. Publishable keys learn what was applied and what is almost reached.")

    def get_store(self, preview: dict[str, Any]) -> str | None:
        return preview["store"] or None


class Prices(Door):
    allowed = {"GET": "catalog:read"}

    @extend_schema(operation_id="prices_list", parameters=[PriceFilter], responses=CurrentPrices)
    def get(self, request: Request) -> Response:
        """What each SKU costs in a place now; one that is unknown there, or has no price, is left out."""
        given = PriceFilter.of(request)
        found = asked_prices.prices(
            principal=principal_of(request),
            skus=given["sku"],
            groups=given["customer_group"],
            now=datetime.now(UTC),
            **{name: given[name] for name in ("store", "channel", "quantity")},
        )
        return Response({"items": CurrentPriceOut(found, many=True).data, "next": None})


class BasketPreviews(Door):
    allowed = {"POST": "catalog:read"}

    @extend_schema(operation_id="basket_previews_create", request=BasketIn, responses={200: BasketPreviewOut})
    def post(self, request: Request) -> Response:
        """What a basket would cost and why: as the till and the checkout work it out. Changes nothing."""
        given = BasketIn(data=request.data)
        given.is_valid(raise_exception=True)
        found = asked_prices.basket(principal=principal_of(request), asked=given.validated_data, now=datetime.now(UTC))
        return Response(BasketPreviewOut(found).data)
