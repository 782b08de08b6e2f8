"""Goods that come back, through GraphQL: as orders.api.returns has it."""

from datetime import UTC, datetime
from uuid import UUID

import graphene
from graphql_relay import to_global_id

from catalog.schema import local_id
from orders import asked_returns
from org.doors import allowed
from org.writing import errors_field, key_field, mutated

MINOR = "Minor units."
THOUSANDTHS = "Thousandths: 1000 is one piece or one kilogram."


class ReturnReason(graphene.ObjectType):
    code = graphene.String(required=True)
    text = graphene.String(required=True)


class ReturnQuoteLine(graphene.ObjectType):
    sku = graphene.String(required=True)
    name = graphene.String(required=True)
    quantity = graphene.BigInt(required=True, description=f"Below zero. {THOUSANDTHS}")
    total = graphene.BigInt(required=True, description=f"Below zero. {MINOR}")
    tax = graphene.BigInt(required=True, description=MINOR)
    condition = graphene.String(required=True, description="restock, damaged, quarantine or none")
    last_day = graphene.String(description="Until when it may come back.")
    reasons = graphene.List(graphene.NonNull(ReturnReason), required=True)
    allowed = graphene.List(graphene.NonNull(graphene.String), required=True, description="original, store_credit")
    with_approval = graphene.List(graphene.NonNull(graphene.String), required=True)


class ReturnRefund(graphene.ObjectType):
    kind = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)
    label = graphene.String(required=True)
    why = graphene.String(required=True, description="Why not as it was paid; empty where it is.")


class ReturnQuote(graphene.ObjectType):
    currency = graphene.String(required=True)
    owed = graphene.BigInt(required=True, description=MINOR)
    new_total = graphene.BigInt(required=True, description=MINOR)
    due = graphene.BigInt(required=True, description=f"Above zero the customer pays, below zero it is given back. {MINOR}")
    due_cash = graphene.BigInt(required=True, description=f"The same in cash, as coins allow. {MINOR}")
    lines = graphene.List(graphene.NonNull(ReturnQuoteLine), required=True)
    refunds = graphene.List(graphene.NonNull(ReturnRefund), required=True)
    way = graphene.String(required=True, description="original, store_credit or chosen; empty: nothing without a manager.")
    allowed = graphene.List(graphene.NonNull(graphene.String), required=True)
    with_approval = graphene.List(graphene.NonNull(graphene.String), required=True)
    reasons = graphene.List(graphene.NonNull(ReturnReason), required=True)


class ReturnedTender(graphene.ObjectType):
    position = graphene.Int(required=True)
    kind = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=f"Below zero went back. {MINOR}")
    label = graphene.String(required=True)


class ReturnedGiftCard(graphene.ObjectType):
    position = graphene.Int(required=True, description="Of the tender.")
    code = graphene.String(required=True)


class Returned(graphene.ObjectType):
    order = graphene.ID(required=True, description="The return: an Order's id.")
    number = graphene.String(required=True)
    currency = graphene.String(required=True)
    total = graphene.BigInt(required=True, description=f"Below zero went back. {MINOR}")
    tax = graphene.BigInt(required=True, description=MINOR)
    rounding = graphene.BigInt(required=True, description=MINOR)
    payments = graphene.List(graphene.NonNull(ReturnedTender), required=True)
    gift_cards = graphene.List(graphene.NonNull(ReturnedGiftCard), required=True, description="Made for what could not go back as it was paid.")


class ReturnPayload(graphene.ObjectType):
    returned = graphene.Field(Returned)
    errors = errors_field()


class ReturnLineInput(graphene.InputObjectType):
    order = graphene.ID(description="An Order's id; none without a receipt.")
    position = graphene.Int(description="Of the line in its order.")
    sku = graphene.String(description="Without a receipt, instead of a line.")
    quantity = graphene.BigInt(required=True, description=THOUSANDTHS)
    reason = graphene.String(description="A code of the setting returns.reasons.")
    condition = graphene.String(description="restock, damaged, quarantine or none; else as its reason says.")
    serial = graphene.String(description="Read from the piece.")


class ReturnExchangeInput(graphene.InputObjectType):
    sku = graphene.String(required=True)
    quantity = graphene.BigInt(required=True, description=THOUSANDTHS)


class ReturnRefundInput(graphene.InputObjectType):
    kind = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)


class ReturnTenderInput(ReturnRefundInput):
    code = graphene.String(description="Of a gift card.")
    label = graphene.String()


class ReturnQuoteInput(graphene.InputObjectType):
    store = graphene.String(description="Code of the store it comes back to; without one it was sent in.")
    lines = graphene.List(graphene.NonNull(ReturnLineInput), required=True)
    exchange = graphene.List(graphene.NonNull(ReturnExchangeInput), description="What is taken instead, at today's prices.")
    refunds = graphene.List(graphene.NonNull(ReturnRefundInput), description="Left out: to the tenders it was paid by, in their order.")
    fee = graphene.BigInt(description=f"Kept back. {MINOR}")
    deposits = graphene.Boolean(description="Left out: deposits come back with their goods; false: only where a line names them.")
    customer = graphene.ID(description="Who gets store credit, where the order names nobody.")
    approve = graphene.Boolean(description="Whoever asks manages the store and allows it.")


class ReturnInput(ReturnQuoteInput):
    tenders = graphene.List(graphene.NonNull(ReturnTenderInput), description="What the customer pays where the exchange costs more.")
    idempotency_key = key_field()


class ReturnQuery:
    return_quote = graphene.Field(
        ReturnQuote,
        required=True,
        description="What would go back to whom, and what is in the way. Nothing is written.",
        input=graphene.Argument(ReturnQuoteInput, required=True),
    )

    @allowed("orders:write")
    def resolve_return_quote(root, info, input):
        return asked_returns.quote(principal=info.context.principal, order=None, asked=_asked(input), now=info.context.now)


class ReturnMutation:
    return_goods = graphene.Field(
        ReturnPayload,
        required=True,
        description="Goods come back, of one order or several or without a receipt, and what is taken instead leaves.",
        input=graphene.Argument(ReturnInput, required=True),
    )

    @allowed("orders:write")
    def resolve_return_goods(root, info, input):
        asking = info.context

        def effect(id: UUID):
            asked = _asked(input)
            done = asked_returns.give_back(principal=asking.principal, order=None, id=id, asked=asked, clock=lambda: datetime.now(UTC))
            return {**done, "order": to_global_id("Order", str(id))}

        return mutated(asking, operation="returnGoods", given=dict(input), told="returned", effect=effect, resumably=True)


def _asked(input):
    """Ids as the services know them."""
    lines = [{**line, "order": local_id("Order", line["order"])} if line.get("order") else dict(line) for line in input["lines"]]
    customer = local_id("Customer", input["customer"]) if input.get("customer") else None
    return {**input, "lines": lines, "customer": customer}
