"""What a business owes, and paying it: GraphQL."""

import graphene
from graphql_relay import to_global_id

from catalog.schema import Money, local_id
from customers import queries as customers
from kernel.errors import NotFound
from kernel.ids import uuid7
from orders.queries.owed import open_items
from orders.services import on_account
from org.doors import allowed
from org.paging import plain_text
from org.writing import errors_field, key_field, mutated

MINOR = "Minor units of the currency."


class OwedItem(graphene.ObjectType):
    order_id = graphene.ID(required=True)
    number = graphene.String(required=True)
    business_date = graphene.Date(required=True)
    amount = graphene.BigInt(required=True, description=f"{MINOR} What was bought on account.")
    left = graphene.BigInt(required=True, description=f"{MINOR} What of it is owed.")

    def resolve_order_id(item, info):
        return to_global_id("Order", item.order)


class CustomerAccount(graphene.ObjectType):
    limit = graphene.Field(Money, description="Null: nothing may be bought on account.")
    owed = graphene.BigInt(required=True, description=MINOR)
    items = graphene.List(graphene.NonNull(OwedItem), required=True, description="Oldest first.")


class Query:
    customer_account = graphene.Field(CustomerAccount, required=True, description="What a customer owes.", customer=graphene.ID(required=True))

    @allowed("payments:read")
    def resolve_customer_account(root, info, customer):
        id = named(customer)
        may = customers.may_owe(customer=id)
        if may is None:
            raise NotFound("There is no such customer.", field="customer")
        items = open_items(customer=id, currency=may.currency)
        limit = Money(amount=may.limit, currency=may.currency) if may.currency else None
        return {"limit": limit, "owed": sum(item.left for item in items), "items": items}


def named(customer):
    found = local_id("Customer", customer)
    if found is None:
        raise NotFound("There is no such customer.", field="customer")
    return found


class SettledItem(graphene.ObjectType):
    order_id = graphene.ID(required=True)
    number = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)

    def resolve_order_id(item, info):
        return to_global_id("Order", item["order"])


class Settlement(graphene.ObjectType):
    id = graphene.ID(required=True, description="What the payments name as their source.")
    settled = graphene.List(graphene.NonNull(SettledItem), required=True)


class AccountSettlePayload(graphene.ObjectType):
    settlement = graphene.Field(Settlement, description="Null when it was refused.")
    errors = errors_field()


class AccountSettleInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)
    currency = graphene.String(required=True)
    kind = graphene.String(required=True, description="cash, card, transfer or other")
    label = graphene.String(description="What people know it by.")
    idempotency_key = key_field()


class Mutation:
    account_settle = graphene.Field(
        AccountSettlePayload,
        required=True,
        description="Money for what is owed, in one sum for many orders, oldest first.",
        input=graphene.Argument(AccountSettleInput, required=True),
    )

    @allowed("payments:write")
    def resolve_account_settle(root, info, input):
        def effect():
            reference, user = uuid7(), info.context.principal.user
            paid = on_account.settle_account(
                customer=named(input["customer"]),
                amount=input["amount"],
                currency=plain_text(input["currency"], field="currency", longest=3),
                kind=plain_text(input["kind"], field="kind", longest=12),
                label=plain_text(input.get("label"), field="label", longest=60),
                reference=reference,
                actor=user.id if user else None,
                now=info.context.now,
            )
            return {"id": str(reference), "settled": [vars(one) for one in paid]}

        return mutated(info.context, operation="accountSettle", given=input, told="settlement", effect=effect)
