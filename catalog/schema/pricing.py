"""What things cost in a place, and what a basket would: worked out anew for every question."""

import graphene

from catalog import asked_prices
from catalog.schema.names import ready
from catalog.schema.products import UnitPrice
from kernel.errors import Refused
from org.doors import allowed
from org.paging import page_size

MINOR = "Minor units of the basket's currency."


class TooManyLines(Refused):
    code = "query_too_complex"
    status = 400
    title = "The query asks for too much at once"


class CurrentPrice(graphene.ObjectType):
    """What holds in one place now."""

    sku = graphene.String(required=True)
    name = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description="Minor units for price_quantity thousandths of the variant's unit.")
    currency = graphene.String(required=True)
    formatted = graphene.String(required=True)
    price_quantity = graphene.Int(required=True, description="1000 is one piece or one kilogram.")
    from_quantity = graphene.BigInt(required=True, description="Holds from so many thousandths in the basket on.")
    price_list = graphene.String(description="The code of the list it comes from; null: the base price.")
    base_amount = graphene.BigInt(description="The price without any list.")
    unit_price = graphene.Field(UnitPrice)
    next_change_at = graphene.DateTime(description="When time alone brings another price; null: not as far as is known.")


class BasketTax(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    rate = graphene.Int(required=True, description="Parts per million: 190000 is 19%.")
    base = graphene.BigInt(description=f"{MINOR} What it is worked out on; only of the whole basket.")
    amount = graphene.BigInt(required=True, description=MINOR)


class DiscountShare(graphene.ObjectType):
    promotion = graphene.String(required=True, description="Its code.")
    amount = graphene.BigInt(required=True, description=MINOR)


class BasketPiece(graphene.ObjectType):
    """So much of a line is charged alike: what a return of one piece gives back."""

    quantity = graphene.BigInt(required=True, description="Thousandths.")
    total = graphene.BigInt(required=True, description=MINOR)
    discount = graphene.BigInt(required=True, description=MINOR)
    tax = graphene.BigInt(required=True, description=MINOR)


class BasketLine(graphene.ObjectType):
    id = graphene.Int(required=True, description="Its place, from 1; a deposit stands behind the line it belongs to.")
    sku = graphene.String(required=True)
    name = graphene.String(required=True)
    kind = graphene.String(required=True, description="goods or deposit")
    quantity = graphene.BigInt(required=True, description="Thousandths.")
    price_list = graphene.String(description="The code of the list its price comes from; null: the base price.")
    unit_price = graphene.BigInt(required=True, description=f"{MINOR} For price_quantity thousandths.")
    price_quantity = graphene.Int(required=True)
    list_total = graphene.BigInt(required=True, description=f"{MINOR} Before any discount.")
    discount = graphene.BigInt(required=True, description=MINOR)
    total = graphene.BigInt(required=True, description=f"{MINOR} With the tax where prices include it.")
    exempted = graphene.BigInt(required=True, description=f"{MINOR} Tax that a certificate took out of the price.")
    tax = graphene.BigInt(required=True, description=MINOR)
    taxes = graphene.List(graphene.NonNull(BasketTax), required=True)
    discounts = graphene.List(graphene.NonNull(DiscountShare), required=True)
    allocation = graphene.List(graphene.NonNull(BasketPiece), required=True)

    def resolve_price_list(line, info):
        return line["list"] or None


class BasketCharge(graphene.ObjectType):
    id = graphene.Int(required=True, description="Its place, from 1.")
    kind = graphene.String(required=True, description="delivery or fee")
    name = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)
    discount = graphene.BigInt(required=True, description=MINOR)
    total = graphene.BigInt(required=True, description=MINOR)
    tax = graphene.BigInt(required=True, description=MINOR)
    taxes = graphene.List(graphene.NonNull(BasketTax), required=True)
    discounts = graphene.List(graphene.NonNull(DiscountShare), required=True)


class BasketDiscount(graphene.ObjectType):
    promotion = graphene.String(required=True, description="Its code.")
    name = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)
    times = graphene.Int(required=True, description="Sets, bundles or pieces it was given for.")


class BasketGift(graphene.ObjectType):
    """Something that would be free and is not in the basket yet."""

    promotion = graphene.String(required=True, description="The promotion's code.")
    quantity = graphene.Int(required=True, description="Pieces.")


class BasketTotals(graphene.ObjectType):
    goods = graphene.BigInt(required=True, description=f"{MINOR} All lines before any discount.")
    charges = graphene.BigInt(required=True, description=MINOR)
    discount = graphene.BigInt(required=True, description=MINOR)
    tax = graphene.BigInt(required=True, description=MINOR)
    net = graphene.BigInt(required=True, description=f"{MINOR} Without tax.")
    total = graphene.BigInt(required=True, description=f"{MINOR} What the customer pays.")
    cash_total = graphene.BigInt(required=True, description=f"{MINOR} What is paid in cash.")
    cash_rounding = graphene.BigInt(required=True, description=MINOR)
    taxes = graphene.List(graphene.NonNull(BasketTax), required=True)


class BasketCoupon(graphene.ObjectType):
    code = graphene.String(required=True)
    promotion = graphene.String(required=True, description="The code of the promotion it opens; empty when nobody knows it here.")
    refused = graphene.String(required=True, description="unknown, used, expired or not_yours; empty: it is good.")


class TraceParameter(graphene.ObjectType):
    name = graphene.String(required=True)
    value = graphene.String(required=True)


class TraceEntry(graphene.ObjectType):
    """Why a promotion was given, or not: for the whole basket or one line."""

    promotion = graphene.String(required=True, description="Its code.")
    name = graphene.String(required=True)
    # Not called line in Python: that is what a type's lines (catalog.lines) are kept as.
    of_line = graphene.Int(name="line", description="The line's id; null: the basket as a whole.")
    state = graphene.String(required=True, description="applied, almost or not")
    code = graphene.String(required=True, description="The reason, stable; docs/pricing.md lists them.")
    params = graphene.List(graphene.NonNull(TraceParameter), required=True)
    text = graphene.String(required=True, description="In words: Add 1 more for 2 for 5.00.")

    resolve_of_line = ready("line")

    def resolve_params(entry, info):
        return [{"name": name, "value": str(value)} for name, value in entry["params"].items()]


class BasketPreview(graphene.ObjectType):
    currency = graphene.String(required=True)
    channel = graphene.String(required=True, description="The channel's code.")
    store = graphene.String(description="The store's code; null: of no store.")
    timezone = graphene.String(required=True, description="By whose clock it was priced.")
    prices_include_tax = graphene.Boolean(required=True)
    lines = graphene.List(graphene.NonNull(BasketLine), required=True)
    charges = graphene.List(graphene.NonNull(BasketCharge), required=True)
    discounts = graphene.List(graphene.NonNull(BasketDiscount), required=True)
    gifts = graphene.List(graphene.NonNull(BasketGift), required=True)
    coupons = graphene.List(graphene.NonNull(BasketCoupon), required=True)
    totals = graphene.Field(BasketTotals, required=True)
    trace = graphene.List(
        graphene.NonNull(TraceEntry),
        required=True,
        description="Publishable keys learn what was applied and what is almost reached.",
        first=graphene.Int(default_value=50, description="1 to 100"),
    )

    def resolve_store(preview, info):
        return preview["store"] or None

    def resolve_trace(preview, info, first=None):
        return preview["trace"][: page_size(first, field="first")]


class BasketLineInput(graphene.InputObjectType):
    sku = graphene.String(required=True)
    quantity = graphene.BigInt(default_value=1000, description="Thousandths: 1000 is one piece or one kilogram.")


class ChargeKind(graphene.Enum):
    DELIVERY = "delivery"
    FEE = "fee"


class BasketChargeInput(graphene.InputObjectType):
    kind = graphene.Field(ChargeKind, required=True)
    name = graphene.String(default_value="")
    amount = graphene.BigInt(required=True, description=MINOR)
    tax_class = graphene.String(description="A tax class's code; without it, as the goods are taxed.")


class BasketCustomerInput(graphene.InputObjectType):
    id = graphene.UUID(description="Opaque; what coupons, limits and exemptions go by.")
    groups = graphene.List(graphene.NonNull(graphene.String))
    segments = graphene.List(graphene.NonNull(graphene.String))
    orders = graphene.Int(description="How many they have had.")


class BasketInput(graphene.InputObjectType):
    """A key asks in its own channel; staff name a store or a channel. at, customer and staff are not for publishable keys."""

    store = graphene.String(description="A store's code.")
    channel = graphene.String(description="A channel's code.")
    lines = graphene.List(graphene.NonNull(BasketLineInput), required=True, description="At most 200, in one request.")
    coupons = graphene.List(graphene.NonNull(graphene.String))
    charges = graphene.List(graphene.NonNull(BasketChargeInput))
    customer = graphene.Field(BasketCustomerInput)
    staff = graphene.Boolean(default_value=False, description="Somebody of the staff buys.")
    at = graphene.DateTime(description="The moment to price for; without it, now.")


class PriceQuery:
    price = graphene.Field(
        CurrentPrice,
        required=True,
        description="What one SKU costs in a place now. A key asks in its own channel; staff name a store or a channel.",
        sku=graphene.String(required=True),
        quantity=graphene.BigInt(default_value=1000, description="Thousandths in the basket: for prices from some quantity on."),
        store=graphene.String(description="A store's code."),
        channel=graphene.String(description="A channel's code."),
        customer_groups=graphene.List(graphene.NonNull(graphene.String), description="Not for publishable keys."),
    )
    basket_preview = graphene.Field(
        BasketPreview,
        required=True,
        description="What a basket would cost and why: as the till and the checkout work it out. Changes nothing.",
        input=graphene.Argument(BasketInput, required=True),
    )

    @allowed("catalog:read")
    def resolve_price(root, info, sku, quantity=1000, store=None, channel=None, customer_groups=None):
        asking = info.context
        place = {"store": store or "", "channel": channel or ""}
        return asked_prices.price(principal=asking.principal, sku=sku, quantity=quantity, groups=customer_groups or (), now=asking.now, **place)

    @allowed("catalog:read")
    def resolve_basket_preview(root, info, input):
        count_lines(info, len(input["lines"]))
        return asked_prices.basket(principal=info.context.principal, asked=given(input), now=info.context.now)


def given(input):
    charges = [{**charge, "kind": charge["kind"].value} for charge in input.get("charges") or ()]
    return {**input, "charges": charges}


def count_lines(info, lines):
    """Several baskets under one roof are as much work as one of all their lines."""
    memo = info.context.memo
    memo["catalog.priced"] = memo.get("catalog.priced", 0) + lines
    if memo["catalog.priced"] > asked_prices.MOST_LINES:
        raise TooManyLines(f"One request prices at most {asked_prices.MOST_LINES} lines.", limit=asked_prices.MOST_LINES, counted="lines")
