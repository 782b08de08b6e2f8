"""Carts and checkout through REST: the same rules and codes as orders.schema.checkout. Carts are read by their id, which is random.

Bodies are looked at by orders.carts and not by serializers: a quantity of "1" or 1.5 is refused and never guessed at, and whoever sends a
price learns that there is no such field. The serializers here describe what goes in and comes out.
"""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import Invalid
from orders import asked_carts, carts
from org.doors import Filter, principal_of
from org.writing import KEY, WriteDoor

MINOR = "Minor units of the cart's currency."
WRITE = {"POST": asked_carts.SCOPE}
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description='The version that was read, as "3": refused with cart_changed when it is another by now.'
)
VERSION = re.compile(r'(?:W/)?"?(\d{1,9})"?', re.ASCII)


def minor(help_text: str = MINOR, **more: Any) -> Any:
    return serializers.IntegerField(help_text=help_text, **more)


def uuid(help_text: str = "", **more: Any) -> Any:
    return serializers.UUIDField(required=False, allow_null=True, help_text=help_text, **more)


class CartLineIn(serializers.Serializer[Any]):
    id = serializers.CharField(required=False, max_length=40, help_text="Yours, once in the cart; without it the line is numbered.")
    sku = serializers.CharField(required=False, max_length=carts.LONGEST)
    gift_card = minor("Instead of a SKU: what a gift card is worth, minor units.", required=False)
    quantity = serializers.IntegerField(
        required=False, min_value=carts.LEAST_QUANTITY, max_value=carts.MOST_QUANTITY, help_text="Thousandths: 1000 is one piece or one kilogram."
    )


class CartDeliveryIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=list(carts.KINDS))
    option = serializers.CharField(required=False, allow_null=True, max_length=carts.LONGEST, help_text="The code of a delivery option.")
    location = serializers.CharField(required=False, allow_null=True, max_length=carts.LONGEST, help_text="Of a pickup: the place's code.")


class CartIn(serializers.Serializer[Any]):
    lines = CartLineIn(many=True, required=False)
    coupons = serializers.ListField(child=serializers.CharField(max_length=carts.LONGEST), required=False, max_length=carts.MOST_COUPONS)
    delivery = CartDeliveryIn(required=False, allow_null=True)


class NewCartIn(CartIn):
    channel = serializers.CharField(required=False, help_text="Of staff: where. A key buys in its own channel.")
    store = serializers.CharField(required=False, help_text="Of staff: a store of theirs, by code.")


class CartLinesIn(serializers.Serializer[Any]):
    lines = CartLineIn(many=True)


class CartCouponsIn(serializers.Serializer[Any]):
    coupons = serializers.ListField(child=serializers.CharField(max_length=carts.LONGEST), max_length=carts.MOST_COUPONS)


class CartDeliveryPut(serializers.Serializer[Any]):
    delivery = CartDeliveryIn(allow_null=True)


class CartContactIn(serializers.Serializer[Any]):
    given_name = serializers.CharField(required=False)
    family_name = serializers.CharField(required=False)
    company = serializers.CharField(required=False)
    email = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)


class CartAddressIn(serializers.Serializer[Any]):
    name = serializers.CharField()
    company = serializers.CharField(required=False)
    line1 = serializers.CharField()
    line2 = serializers.CharField(required=False)
    city = serializers.CharField()
    region = serializers.CharField(required=False)
    postcode = serializers.CharField(required=False)
    country = serializers.CharField(help_text="Two capital letters: DE.")
    phone = serializers.CharField(required=False)


class CartPeopleIn(serializers.Serializer[Any]):
    contact = CartContactIn(required=False)
    shipping = CartAddressIn(required=False)
    billing = CartAddressIn(required=False)


class CartCustomerIn(serializers.Serializer[Any]):
    customer = serializers.UUIDField()
    ship_to = uuid("An address of theirs.")
    bill_to = uuid("An address of theirs.")


class CartTenderIn(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="card, transfer, gift_card, store_credit, points or account")
    amount = minor("What it pays, minor units.")
    code = serializers.CharField(required=False, help_text="Of a gift card.")
    backend = serializers.CharField(required=False, help_text="Of a card: the payment provider.")
    token = serializers.CharField(required=False, help_text="Of a card: what the provider gave the browser for it. Never a card's number.")


class CartPlaceIn(serializers.Serializer[Any]):
    agreed_total = minor("What the shopper agreed to pay; refused with price_changed when it is another total by now.")
    agreed_lines = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text="What they saw of each line, by its id; else what the cart said last."
    )
    tenders = CartTenderIn(many=True, required=False)


class CheckoutIn(CartPlaceIn, NewCartIn, CartPeopleIn):
    customer = uuid("Not for publishable keys, as the addresses by id.")
    ship_to = uuid()
    bill_to = uuid()


class CartTaxOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    rate = serializers.IntegerField(help_text="Parts per million.")
    amount = minor()


class CartTaxTotalOut(CartTaxOut):
    base = minor(f"{MINOR} What it is worked out on.")


class CartDiscountOut(serializers.Serializer[Any]):
    promotion = serializers.CharField()
    name = serializers.CharField()
    amount = minor()


class CartLineOut(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The cart's line; a deposit has that of what it is on.")
    kind = serializers.CharField(help_text="goods, deposit or gift_card")
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Thousandths.")
    unit_price = minor(f"{MINOR} For price_quantity thousandths.")
    price_quantity = serializers.IntegerField()
    list_total = minor()
    discount = minor()
    total = minor()
    tax = minor()
    taxes = CartTaxOut(many=True)
    discounts = CartDiscountOut(many=True)


class CartCouponOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    promotion = serializers.CharField()
    refused = serializers.CharField(help_text="Why it does not count: unknown, used, expired or not_yours; empty when it does.")


class CartDeliveryOut(CartDeliveryIn):
    amount = minor()


class CartTotalsOut(serializers.Serializer[Any]):
    goods = minor()
    discount = minor()
    delivery = minor()
    tax = minor()
    total = minor()
    taxes = CartTaxTotalOut(many=True)


class CartProblemOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    line = serializers.CharField()
    sku = serializers.CharField()
    message = serializers.CharField()


class CartHintOut(serializers.Serializer[Any]):
    promotion = serializers.CharField()
    code = serializers.CharField(help_text="What is missing for it, as basket previews tell it.")
    params = serializers.DictField()


class CartOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Whoever knows it is let in: keep it secret.")
    version = serializers.IntegerField()
    state = serializers.CharField(help_text="open or placed")
    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    customer = serializers.UUIDField(allow_null=True)
    signed_in = serializers.BooleanField()
    ship_to = serializers.UUIDField(allow_null=True)
    bill_to = serializers.UUIDField(allow_null=True)
    lines = CartLineOut(many=True)
    coupons = CartCouponOut(many=True)
    delivery = CartDeliveryOut(allow_null=True)
    totals = CartTotalsOut()
    agreed_lines = serializers.DictField(child=serializers.IntegerField(), help_text="To be sent back when it is placed.")
    hints = CartHintOut(many=True)
    problems = CartProblemOut(many=True, help_text="What stands in the way of placing it.")
    order = serializers.UUIDField(allow_null=True)
    expires_at = serializers.DateTimeField()


class PlacedPaymentOut(serializers.Serializer[Any]):
    state = serializers.CharField(help_text="action: the shopper has to do something first; unknown: asked about until it is known.")
    action = serializers.DictField(allow_null=True, help_text="What the shopper's browser needs to go on.")


class PlacedOrderOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField(help_text="paid, or pending while money is awaited.")
    currency = serializers.CharField()
    total = minor()
    tax = minor()
    paid = minor()
    payment = PlacedPaymentOut(allow_null=True, help_text="Of a card; null without one.")


class DeliveryChoiceOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    amount = minor()
    days_least = serializers.IntegerField()
    days_most = serializers.IntegerField()


class PickupChoiceOut(serializers.Serializer[Any]):
    location = serializers.CharField()
    name = serializers.CharField()
    ready_at = serializers.DateTimeField()


class DeliveryChoicesOut(serializers.Serializer[Any]):
    options = DeliveryChoiceOut(many=True)
    pickup = PickupChoiceOut(many=True, help_text="Where all of it is, ready first first.")


class ChoicesFilter(Filter):
    country = serializers.CharField(required=False, default="", max_length=2, help_text="Before there is an address: two capital letters.")


class CartDoor(WriteDoor):
    def version(self, request: Request) -> int | None:
        given = request.headers.get("If-Match", "")
        found = VERSION.fullmatch(given)
        if given and not found:
            raise Invalid('If-Match is the version that was read, as "3".', field="If-Match")
        return int(found.group(1)) if found else None

    def part(self, request: Request, name: str) -> Any:
        given = body_of(request)
        carts.only(given, (name,), "")
        if name not in given:
            raise carts.CartInvalid(f"Give {name}.", field=name)
        return {name: given[name]}


def body_of(request: Request) -> Any:
    """As it came: what is in it is looked at by orders.carts."""
    return request.data


class Carts(CartDoor):
    allowed = WRITE

    @extend_schema(operation_id="carts_create", parameters=[KEY], request=NewCartIn, responses={201: CartOut})
    def post(self, request: Request) -> HttpResponse:
        """A cart, nobody's yet. Its id is the shopper's secret."""
        return self.once(request, lambda now: asked_carts.create(principal=principal_of(request), given=body_of(request), now=now))


class CartById(CartDoor):
    allowed = {"GET": asked_carts.SCOPE, "PUT": asked_carts.SCOPE}

    @extend_schema(operation_id="carts_retrieve", responses=CartOut)
    def get(self, request: Request, id: UUID) -> Response:
        """What is in it and what it costs now."""
        told = asked_carts.get(principal=principal_of(request), id=id, now=datetime.now(UTC))
        return Response(told, headers={"ETag": f'"{told["version"]}"'})

    @extend_schema(operation_id="carts_update", parameters=[KEY, IF_MATCH], request=CartIn, responses=CartOut)
    def put(self, request: Request, id: UUID) -> HttpResponse:
        """Lines, coupons and delivery that are given, in place of those that are there."""
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request)}
        return self.once(request, lambda now: asked_carts.put(**asked, given=body_of(request), now=now), status=200)


class CartLines(CartDoor):
    allowed = WRITE

    @extend_schema(operation_id="cart_lines_create", parameters=[KEY, IF_MATCH], request=CartLinesIn, responses=CartOut)
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Puts goods in: more of what is there adds up, a line with an id that is there takes its place."""
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request)}
        return self.once(request, lambda now: asked_carts.add_lines(**asked, **self.part(request, "lines"), now=now), status=200)


class CartLine(CartDoor):
    allowed = {"DELETE": asked_carts.SCOPE}

    @extend_schema(operation_id="cart_lines_destroy", parameters=[KEY, IF_MATCH], responses=CartOut)
    def delete(self, request: Request, id: UUID, line: str) -> HttpResponse:
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request), "line": line}
        return self.once(request, lambda now: asked_carts.remove_line(**asked, now=now), status=200)


class CartCoupons(CartDoor):
    allowed = {"PUT": asked_carts.SCOPE}

    @extend_schema(operation_id="cart_coupons_update", parameters=[KEY, IF_MATCH], request=CartCouponsIn, responses=CartOut)
    def put(self, request: Request, id: UUID) -> HttpResponse:
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request)}
        return self.once(request, lambda now: asked_carts.put(**asked, given=self.part(request, "coupons"), now=now), status=200)


class CartDelivery(CartDoor):
    allowed = {"PUT": asked_carts.SCOPE}

    @extend_schema(operation_id="cart_delivery_update", parameters=[KEY, IF_MATCH], request=CartDeliveryPut, responses=CartOut)
    def put(self, request: Request, id: UUID) -> HttpResponse:
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request)}
        return self.once(request, lambda now: asked_carts.put(**asked, given=self.part(request, "delivery"), now=now), status=200)


class CartAddresses(CartDoor):
    allowed = {"PUT": asked_carts.SCOPE}

    @extend_schema(operation_id="cart_addresses_update", parameters=[KEY, IF_MATCH], request=CartPeopleIn, responses=CartOut)
    def put(self, request: Request, id: UUID) -> HttpResponse:
        """Who buys and where it goes to, of somebody who has not signed in."""
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request)}
        return self.once(request, lambda now: asked_carts.set_addresses(**asked, given=body_of(request), now=now), status=200)


class CartCustomer(CartDoor):
    allowed = {"PUT": asked_carts.SCOPE}

    @extend_schema(operation_id="cart_customer_update", parameters=[KEY, IF_MATCH], request=CartCustomerIn, responses=CartOut)
    def put(self, request: Request, id: UUID) -> HttpResponse:
        """Somebody has signed in: the cart is theirs, and takes in what they had open. Not for publishable keys."""
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request)}
        return self.once(request, lambda now: asked_carts.set_customer(**asked, given=body_of(request), now=now), status=200)


class CartDeliveryOptions(CartDoor):
    allowed = {"GET": asked_carts.SCOPE}

    @extend_schema(operation_id="cart_delivery_options_list", parameters=[ChoicesFilter], responses=DeliveryChoicesOut)
    def get(self, request: Request, id: UUID) -> Response:
        """How it could be delivered and what that costs, and where it can be fetched when."""
        asked = ChoicesFilter.of(request)
        return Response(asked_carts.choices(principal=principal_of(request), id=id, country=asked["country"], now=datetime.now(UTC)))


class CartOrders(CartDoor):
    allowed = WRITE

    @extend_schema(operation_id="cart_orders_create", parameters=[KEY, IF_MATCH], request=CartPlaceIn, responses={201: PlacedOrderOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Places it, for the total that was agreed or not at all. A cart that was placed already answers with its order."""
        asked: Any = {"principal": principal_of(request), "id": id, "version": self.version(request), "given": body_of(request)}
        at_once = asked_carts.settled_at_once(asked["given"])
        return self.resumably(request, lambda order, now: asked_carts.place(**asked, order=order, now=now), at_once=at_once)


class Checkouts(CartDoor):
    allowed = WRITE

    @extend_schema(operation_id="checkouts_create", parameters=[KEY], request=CheckoutIn, responses={201: PlacedOrderOut})
    def post(self, request: Request) -> HttpResponse:
        """From goods to an order in one request, without a cart."""
        asked: Any = {"principal": principal_of(request), "given": body_of(request)}
        at_once = asked_carts.settled_at_once(asked["given"])
        return self.resumably(request, lambda order, now: asked_carts.check_out(**asked, order=order, now=now), at_once=at_once)
