"""Carts and checkout through GraphQL: the same rules and codes as REST. A cart is known by its id, which is random."""

from typing import Any

import graphene
from graphql import GraphQLError
from graphql.language import ast
from graphql_relay import to_global_id

from catalog.schema import local_id
from orders import asked_carts
from org.doors import allowed
from org.writing import errors_field, key_field, mutated

MINOR = "Minor units of the cart's currency."
CART_VERSION = "As it was read: a change of another's meanwhile is refused with cart_changed. Without it, whatever stands is changed."


class CartQuantity(graphene.Scalar):
    """Thousandths, a whole number from 1 to 9999000: 1000 is one piece or one kilogram. Anything else is refused with quantity_invalid."""

    @staticmethod
    def serialize(value):
        return value

    @staticmethod
    def parse_value(value):
        # As it came: the rules say what is wrong with it, in words, under a code.
        return value

    @staticmethod
    def parse_literal(node, _variables=None):
        if isinstance(node, ast.IntValueNode):
            return int(node.value)
        if isinstance(node, ast.FloatValueNode | ast.StringValueNode | ast.BooleanValueNode):
            return str(node.value)
        raise GraphQLError("A quantity is a whole number of thousandths.")


class CartTax(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    rate = graphene.Int(required=True, description="Parts per million.")
    amount = graphene.BigInt(required=True, description=MINOR)
    base = graphene.BigInt(description=f"{MINOR} Of the whole cart: what it is worked out on.")


class CartDiscount(graphene.ObjectType):
    promotion = graphene.String(required=True, description="Its code.")
    name = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)


class CartLine(graphene.ObjectType):
    id = graphene.String(required=True, description="The cart's line; a deposit has that of what it is on.")
    kind = graphene.String(required=True, description="goods, deposit or gift_card")
    sku = graphene.String(required=True)
    name = graphene.String(required=True)
    quantity = CartQuantity(required=True)
    unit_price = graphene.BigInt(required=True, description=f"{MINOR} For priceQuantity thousandths.")
    price_quantity = graphene.Int(required=True)
    list_total = graphene.BigInt(required=True, description=MINOR)
    discount = graphene.BigInt(required=True, description=MINOR)
    total = graphene.BigInt(required=True, description=MINOR)
    tax = graphene.BigInt(required=True, description=MINOR)
    taxes = graphene.List(graphene.NonNull(CartTax), required=True)
    discounts = graphene.List(graphene.NonNull(CartDiscount), required=True)


class CartCoupon(graphene.ObjectType):
    code = graphene.String(required=True)
    promotion = graphene.String(required=True)
    refused = graphene.String(required=True, description="Why it does not count: unknown, used, expired or not_yours; empty when it does.")


class CartDelivery(graphene.ObjectType):
    kind = graphene.String(required=True)
    option = graphene.String()
    location = graphene.String()
    amount = graphene.BigInt(required=True, description=MINOR)


class CartTotals(graphene.ObjectType):
    goods = graphene.BigInt(required=True, description=MINOR)
    discount = graphene.BigInt(required=True, description=MINOR)
    delivery = graphene.BigInt(required=True, description=MINOR)
    tax = graphene.BigInt(required=True, description=MINOR)
    total = graphene.BigInt(required=True, description=MINOR)
    taxes = graphene.List(graphene.NonNull(CartTax), required=True)


class CartProblem(graphene.ObjectType):
    code = graphene.String(required=True)
    line = graphene.String(required=True)
    sku = graphene.String(required=True)
    message = graphene.String(required=True)


class Cart(graphene.ObjectType):
    id = graphene.ID(required=True, description="Whoever knows it is let in: keep it secret.")
    version = graphene.Int(required=True)
    state = graphene.String(required=True, description="open or placed")
    currency = graphene.String(required=True)
    prices_include_tax = graphene.Boolean(required=True)
    customer = graphene.ID()
    signed_in = graphene.Boolean(required=True)
    ship_to = graphene.ID()
    bill_to = graphene.ID()
    lines = graphene.List(graphene.NonNull(CartLine), required=True)
    coupons = graphene.List(graphene.NonNull(CartCoupon), required=True)
    delivery = graphene.Field(CartDelivery)
    totals = graphene.Field(CartTotals, required=True)
    problems = graphene.List(graphene.NonNull(CartProblem), required=True, description="What stands in the way of placing it.")
    order = graphene.ID(description="What it became.")
    expires_at = graphene.String(required=True)

    def resolve_id(cart, info):
        return to_global_id("Cart", cart["id"])

    def resolve_customer(cart, info):
        return cart["customer"] and to_global_id("Customer", cart["customer"])

    def resolve_order(cart, info):
        return cart["order"] and to_global_id("Order", cart["order"])


class PlacedPayment(graphene.ObjectType):
    state = graphene.String(required=True)
    action = graphene.JSONString(description="What the shopper's browser needs to go on.")


class PlacedOrder(graphene.ObjectType):
    id = graphene.ID(required=True)
    number = graphene.String(required=True)
    status = graphene.String(required=True, description="paid, or pending while money is awaited.")
    currency = graphene.String(required=True)
    total = graphene.BigInt(required=True, description=MINOR)
    tax = graphene.BigInt(required=True, description=MINOR)
    paid = graphene.BigInt(required=True, description=MINOR)
    payment = graphene.Field(PlacedPayment, description="Of a card; null without one.")

    def resolve_id(order, info):
        return to_global_id("Order", order["id"])


class CartPayload(graphene.ObjectType):
    cart = graphene.Field(Cart, description="Null when it was refused.")
    errors = errors_field()


class PlacedPayload(graphene.ObjectType):
    order = graphene.Field(PlacedOrder, description="Null when it was refused.")
    errors = errors_field()


class CartLineInput(graphene.InputObjectType):
    id = graphene.String(description="Yours, once in the cart; without it the line is numbered.")
    sku = graphene.String()
    gift_card = graphene.BigInt(description=f"Instead of a SKU: what a gift card is worth. {MINOR}")
    quantity = CartQuantity()


class CartDeliveryInput(graphene.InputObjectType):
    kind = graphene.String(required=True, description="ship, pickup or digital")
    option = graphene.String(description="The code of a delivery option.")
    location = graphene.String(description="Of a pickup: the place's code.")


class CartContactInput(graphene.InputObjectType):
    given_name = graphene.String()
    family_name = graphene.String()
    company = graphene.String()
    email = graphene.String()
    phone = graphene.String()


class CartAddressInput(graphene.InputObjectType):
    name = graphene.String(required=True)
    company = graphene.String()
    line1 = graphene.String(required=True)
    line2 = graphene.String()
    city = graphene.String(required=True)
    region = graphene.String()
    postcode = graphene.String()
    country = graphene.String(required=True, description="Two capital letters: DE.")
    phone = graphene.String()


class CartTenderInput(graphene.InputObjectType):
    kind = graphene.String(required=True, description="card, transfer, gift_card, store_credit, points or account")
    amount = graphene.BigInt(required=True, description=f"What it pays. {MINOR}")
    code = graphene.String(description="Of a gift card.")
    backend = graphene.String(description="Of a card: the payment provider.")
    token = graphene.String(description="Of a card: what the provider gave the browser for it. Never a card's number.")


class AgreedLineInput(graphene.InputObjectType):
    line = graphene.String(required=True)
    total = graphene.BigInt(required=True, description=MINOR)


class CartCreateInput(graphene.InputObjectType):
    lines = graphene.List(graphene.NonNull(CartLineInput))
    coupons = graphene.List(graphene.NonNull(graphene.String))
    delivery = CartDeliveryInput()
    channel = graphene.String(description="Of staff: where. A key buys in its own channel.")
    store = graphene.String(description="Of staff: a store of theirs, by code.")
    idempotency_key = key_field()


class CartChangeInput(graphene.InputObjectType):
    cart = graphene.ID(required=True)
    version = graphene.Int(description=CART_VERSION)
    idempotency_key = key_field()


class CartLinesInput(CartChangeInput):
    lines = graphene.List(graphene.NonNull(CartLineInput), required=True, description="All of them: in place of those that are there.")


class CartCouponsInput(CartChangeInput):
    coupons = graphene.List(graphene.NonNull(graphene.String), required=True)


class CartDeliverySetInput(CartChangeInput):
    delivery = CartDeliveryInput()


class CartCustomerInput(CartChangeInput):
    customer = graphene.ID(description="Who has signed in; not for publishable keys.")
    ship_to = graphene.ID(description="An address of theirs.")
    bill_to = graphene.ID(description="An address of theirs.")
    contact = CartContactInput(description="Or who buys without signing in.")
    shipping = CartAddressInput()
    billing = CartAddressInput()


class CartPlaceInput(CartChangeInput):
    agreed_total = graphene.BigInt(required=True, description=f"What the shopper agreed to pay. {MINOR}")
    agreed_lines = graphene.List(graphene.NonNull(AgreedLineInput), description="What they saw of each line; else what the cart said last.")
    tenders = graphene.List(graphene.NonNull(CartTenderInput))


class CheckoutInput(CartCreateInput):
    customer = graphene.ID(description="Who has signed in; not for publishable keys.")
    ship_to = graphene.ID()
    bill_to = graphene.ID()
    contact = CartContactInput()
    shipping = CartAddressInput()
    billing = CartAddressInput()
    agreed_total = graphene.BigInt(required=True, description=f"What the shopper agreed to pay. {MINOR}")
    agreed_lines = graphene.List(graphene.NonNull(AgreedLineInput))
    tenders = graphene.List(graphene.NonNull(CartTenderInput))


class CartQuery:
    cart = graphene.Field(Cart, id=graphene.ID(required=True), description="What is in it and what it costs now.")

    @allowed(asked_carts.SCOPE)
    def resolve_cart(root, info, id):
        return asked_carts.get(id=cart_id(id), **by(info))


def changing(description: str, given: Any, payload: Any = CartPayload) -> graphene.Field:
    return graphene.Field(payload, required=True, description=description, input=graphene.Argument(given, required=True))


class CartMutation:
    cart_create = changing("A cart, nobody's yet. Its id is the shopper's secret.", CartCreateInput)
    cart_lines_set = changing("Puts these lines in place of those that are there.", CartLinesInput)
    cart_coupons_set = changing("Puts these coupons in place of those that are there.", CartCouponsInput)
    cart_customer_set = changing("Says who buys and where it goes to.", CartCustomerInput)
    cart_delivery_set = changing("Says how it is delivered.", CartDeliverySetInput)
    cart_place = changing("Places it, for the total that was agreed or not at all.", CartPlaceInput, PlacedPayload)
    checkout = changing("From goods to an order in one request, without a cart.", CheckoutInput, PlacedPayload)

    @allowed(asked_carts.SCOPE)
    def resolve_cart_create(root, info, input):
        return changed(info, "cartCreate", input, lambda given: asked_carts.create(given=given, **by(info)))

    @allowed(asked_carts.SCOPE)
    def resolve_cart_lines_set(root, info, input):
        return changed(info, "cartLinesSet", input, lambda given: asked_carts.put(given={"lines": given["lines"]}, **of(info, given)))

    @allowed(asked_carts.SCOPE)
    def resolve_cart_coupons_set(root, info, input):
        return changed(info, "cartCouponsSet", input, lambda given: asked_carts.put(given={"coupons": given["coupons"]}, **of(info, given)))

    @allowed(asked_carts.SCOPE)
    def resolve_cart_delivery_set(root, info, input):
        return changed(info, "cartDeliverySet", input, lambda given: asked_carts.put(given={"delivery": given.get("delivery")}, **of(info, given)))

    @allowed(asked_carts.SCOPE)
    def resolve_cart_customer_set(root, info, input):
        return changed(info, "cartCustomerSet", input, lambda given: customer_set(info, given))

    @allowed(asked_carts.SCOPE)
    def resolve_cart_place(root, info, input):
        def effect(order):
            return asked_carts.place(given=agreed(input, ("agreed_total", "tenders")), order=order, **of(info, input))

        at_once = asked_carts.settled_at_once(input)
        return mutated(info.context, operation="cartPlace", given=input, told="order", effect=effect, resumably=True, at_once=at_once)

    @allowed(asked_carts.SCOPE)
    def resolve_checkout(root, info, input):
        names = [name for name in input if name not in ("idempotency_key", "agreed_lines")]

        def effect(order):
            return asked_carts.check_out(given=ids_of(agreed(input, names)), order=order, **by(info))

        at_once = asked_carts.settled_at_once(input)
        return mutated(info.context, operation="checkout", given=input, told="order", effect=effect, resumably=True, at_once=at_once)


def changed(info, operation, input, effect):
    given = {name: value for name, value in input.items() if name != "idempotency_key"}
    return mutated(info.context, operation=operation, given=input, told="cart", effect=lambda: effect(given))


def customer_set(info, given):
    if given.get("customer"):
        parts = {name: given[name] for name in ("customer", "ship_to", "bill_to") if given.get(name)}
        return asked_carts.set_customer(given=ids_of(parts), **of(info, given))
    parts = {name: given[name] for name in ("contact", "shipping", "billing") if given.get(name)}
    return asked_carts.set_addresses(given=parts, **of(info, given))


def agreed(input, names):
    given = {name: input[name] for name in names if name in input}
    if input.get("agreed_lines") is not None:
        given["agreed_lines"] = {line["line"]: line["total"] for line in input["agreed_lines"]}
    return given


def ids_of(given):
    kinds = {"customer": "Customer", "ship_to": "Address", "bill_to": "Address"}
    return {name: str(local_id(kinds[name], value)) if name in kinds and value else value for name, value in given.items()}


def by(info):
    return {"principal": info.context.principal, "now": info.context.now}


def of(info, given):
    return {"id": cart_id(given["cart"]), "version": given.get("version"), **by(info)}


def cart_id(text) -> Any:
    return local_id("Cart", text)
