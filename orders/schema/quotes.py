"""Quotes, and how a cart could be delivered, through GraphQL: as orders.api.life and orders.api.checkout have them."""

from datetime import UTC, datetime

import graphene
from graphql_relay import to_global_id

from catalog.schema import local_id
from orders import asked_carts, asked_life
from orders.schema.checkout import CartDeliveryInput, CartLineInput, cart_id
from orders.schema.life import OrderMovePayload, OrderPartInput
from org.doors import allowed
from org.paging import plain_text
from org.writing import key_field, mutated

MINOR = "Minor units of the cart's currency."


class CartDeliveryOption(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    kind = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)
    days_least = graphene.Int(required=True)
    days_most = graphene.Int(required=True)


class CartPickup(graphene.ObjectType):
    location = graphene.String(required=True)
    name = graphene.String(required=True)
    ready_at = graphene.DateTime(required=True)

    def resolve_ready_at(pickup, info):
        at = pickup["ready_at"]
        return at if isinstance(at, datetime) else datetime.fromisoformat(at)


class CartDeliveryOptions(graphene.ObjectType):
    options = graphene.List(graphene.NonNull(CartDeliveryOption), required=True)
    pickup = graphene.List(graphene.NonNull(CartPickup), required=True, description="Where all of it is, ready first first.")


class Query:
    cart_delivery_options = graphene.Field(
        CartDeliveryOptions,
        required=True,
        description="How it could be delivered and what that costs, and where it can be fetched when.",
        id=graphene.ID(required=True),
        country=graphene.String(description="Before there is an address: two capital letters."),
    )

    @allowed(asked_carts.SCOPE)
    def resolve_cart_delivery_options(root, info, id, country=None):
        asking = info.context
        return asked_carts.choices(
            principal=asking.principal, id=cart_id(id), country=plain_text(country, field="country", longest=2), now=asking.now
        )


class QuoteCreateInput(graphene.InputObjectType):
    channel = graphene.String(description="Its code; a key has its own.")
    lines = graphene.List(graphene.NonNull(CartLineInput), required=True)
    coupons = graphene.List(graphene.NonNull(graphene.String))
    delivery = CartDeliveryInput()
    customer = graphene.ID()
    ship_to = graphene.ID(description="An address of theirs.")
    bill_to = graphene.ID(description="An address of theirs.")
    parts = graphene.List(graphene.NonNull(OrderPartInput), description="In which it is paid.")
    until = graphene.DateTime(description="How long it holds.")
    idempotency_key = key_field()


class Mutation:
    quote_create = graphene.Field(
        OrderMovePayload,
        required=True,
        description="An offer at today's prices: an order of which nothing is promised yet.",
        input=graphene.Argument(QuoteCreateInput, required=True),
    )

    @allowed("orders:write")
    def resolve_quote_create(root, info, input):
        asking = info.context

        def effect():
            done = asked_life.quote(principal=asking.principal, given=offered(input), now=asking.now)
            return {**done, "order": to_global_id("Order", done["order"])}

        return mutated(asking, operation="quoteCreate", given=input, told="moved", effect=effect)


IDS = {"customer": "Customer", "ship_to": "Address", "bill_to": "Address"}


def offered(input):
    given = {name: value for name, value in input.items() if name != "idempotency_key"}
    given["channel"] = plain_text(given.get("channel"), field="channel", longest=20)
    given |= {name: local_id(kind, given.get(name)) for name, kind in IDS.items()}
    until = given.get("until")
    given["until"] = until.replace(tzinfo=UTC) if until and not until.tzinfo else until
    return given
