"""Gift cards, credit and points through GraphQL: the same rows, rules and codes as REST.

A mutation's answer is kept for when it is sent again. A gift card's code is no part of what is kept: it stands in the first answer alone.
What is on a card is asked by a mutation, which never comes by an address: a code in an address would stand in logs.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import graphene
from graphql_relay import to_global_id

from catalog.schema import PageInfo, local_id
from customers import queries, services
from kernel.errors import NotFound
from kernel.ids import uuid7
from org.doors import allowed
from org.paging import cursor, moment, page_size, plain_text, position
from org.writing import errors_field, key_field, mutated

Json = dict[str, Any]
UNITS = "Minor units of the currency, or whole points."


class ValueMovement(graphene.ObjectType):
    id = graphene.ID(required=True)
    cause = graphene.String(required=True, description="issue, top_up, spend, give_back, refund, goodwill, earn, reverse, expire, adjust, merge")
    reference = graphene.ID(required=True, description="The order, return or import it belongs to.")
    line = graphene.Int(required=True)
    amount = graphene.BigInt(required=True, description=f"{UNITS} Above 0 came; 0: nothing moved, the note says what was done.")
    note = graphene.String(required=True)
    at = graphene.DateTime(required=True)


class ValueMovementConnection(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(ValueMovement), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class ValueAccount(graphene.ObjectType):
    """A gift card, or credit or points of a customer."""

    id = graphene.ID(required=True)
    kind = graphene.String(required=True, description="gift_card, store_credit or points")
    currency = graphene.String(required=True, description="PTS: whole points.")
    customer_id = graphene.ID()
    last4 = graphene.String(required=True, description="Of a gift card's code.")
    balance = graphene.BigInt(required=True, description=UNITS)
    expires_at = graphene.DateTime()
    blocked_at = graphene.DateTime()
    created_at = graphene.DateTime(required=True)

    def resolve_id(account, info):
        return to_global_id("ValueAccount", account.id)

    def resolve_customer_id(account, info):
        return to_global_id("Customer", account.customer) if account.customer else None


class ValueAccountConnection(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(ValueAccount), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class ValueLiability(graphene.ObjectType):
    kind = graphene.String(required=True)
    currency = graphene.String(required=True, description="PTS: whole points.")
    age = graphene.String(required=True, description="Of the account: month (30 days at most), quarter (90), year (365) or older.")
    accounts = graphene.Int(required=True)
    amount = graphene.BigInt(required=True, description=UNITS)


class Query:
    value_accounts = graphene.Field(
        ValueAccountConnection,
        required=True,
        description="Gift cards, credit and points, newest first.",
        kind=graphene.String(),
        customer=graphene.ID(),
        last4=graphene.String(description="The last characters of a gift card's code."),
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )
    value_account = graphene.Field(ValueAccount, id=graphene.ID(required=True))
    value_movements = graphene.Field(
        ValueMovementConnection,
        required=True,
        description="What came onto an account and went from it, and what was done with it; newest first.",
        account=graphene.ID(required=True),
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )
    value_liability = graphene.List(graphene.NonNull(ValueLiability), required=True, description="What the shop owes.")

    @allowed("value:read")
    def resolve_value_accounts(root, info, kind=None, customer=None, last4=None, first=None, after=None):
        place = position(after, moment, UUID, field="after")
        page = queries.accounts(
            first=page_size(first, field="first"),
            after=place,
            kind=plain_text(kind, field="kind"),
            customer=local_id("Customer", customer) if customer else None,
            last4=plain_text(last4, field="last4", longest=4),
        )
        ends = [cursor(one.created_at.isoformat(), one.id) for one in page.items[:1] + page.items[-1:]]
        return {"nodes": page.items, "page_info": page_info(page.more, after, ends)}

    @allowed("value:read")
    def resolve_value_account(root, info, id):
        return queries.account(id=named(id))

    @allowed("value:read")
    def resolve_value_movements(root, info, account, first=None, after=None):
        place = position(after, moment, UUID, field="after")
        page = queries.movements(account=named(account), first=page_size(first, field="first"), after=place)
        ends = [cursor(one.at.isoformat(), one.id) for one in page.items[:1] + page.items[-1:]]
        return {"nodes": page.items, "page_info": page_info(page.more, after, ends)}

    @allowed("value:read")
    def resolve_value_liability(root, info):
        return queries.liability(now=info.context.now)


def page_info(more: bool, after: str | None, ends: list[str]) -> PageInfo:
    start, end = (ends[0], ends[-1]) if ends else (None, None)
    return PageInfo(has_next_page=more, has_previous_page=bool(after), start_cursor=start, end_cursor=end)


def named(id: str) -> UUID:
    found = local_id("ValueAccount", id)
    if found is None:
        raise NotFound("There is no such account.", field="id")
    return found


class ValueAccountPayload(graphene.ObjectType):
    account = graphene.Field(ValueAccount, description="As it is now; null when it was refused.")
    errors = errors_field()

    def resolve_account(payload, info):
        # Who may write alone learns nothing of what is there.
        info.context.require("value:read")
        return queries.account(id=UUID(payload["account"]["id"])) if payload["account"] else None


class GiftCardPayload(ValueAccountPayload):
    code = graphene.String(description="Told this once. Null: the card brought its own, or this is an answer sent again.")


class GiftCardOnIt(graphene.ObjectType):
    last4 = graphene.String(required=True)
    currency = graphene.String(required=True)
    balance = graphene.BigInt(required=True, description=UNITS)
    spendable = graphene.BigInt(required=True, description=f"{UNITS} Nothing where it is blocked or has expired.")
    expires_at = graphene.DateTime()
    blocked = graphene.Boolean(required=True)

    def resolve_expires_at(card, info):
        return datetime.fromisoformat(card["expires_at"]) if card["expires_at"] else None


class GiftCardBalancePayload(graphene.ObjectType):
    card = graphene.Field(GiftCardOnIt, description="Null when it was refused.")
    errors = errors_field()


class GiftCardBalanceInput(graphene.InputObjectType):
    code = graphene.String(required=True)
    idempotency_key = key_field()


class GiftCardIssueInput(graphene.InputObjectType):
    amount = graphene.BigInt(required=True, description=UNITS)
    currency = graphene.String(required=True)
    code = graphene.String(description="Of another system, 6 to 40 letters and digits; absent: one is made.")
    customer = graphene.ID(description="Whose it is, where that is known.")
    expires_at = graphene.DateTime(description="Absent: as the setting value.gift_card_days says.")
    idempotency_key = key_field()


class GiftCardTopUpInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    amount = graphene.BigInt(required=True, description=UNITS)
    currency = graphene.String(required=True)
    idempotency_key = key_field()


class GiftCardBlockInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    blocked = graphene.Boolean(required=True, description="false: it pays again.")
    note = graphene.String()
    idempotency_key = key_field()


class GiftCardCodeInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    idempotency_key = key_field()


class CreditGiveInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    amount = graphene.BigInt(required=True, description=UNITS)
    currency = graphene.String(required=True)
    note = graphene.String(required=True, description="Why.")
    idempotency_key = key_field()


class PointsGiveInput(graphene.InputObjectType):
    customer = graphene.ID(required=True)
    points = graphene.BigInt(required=True)
    note = graphene.String(required=True, description="Why.")
    idempotency_key = key_field()


class ValueAdjustInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    amount = graphene.BigInt(required=True, description=f"{UNITS} Below 0 takes away.")
    note = graphene.String(required=True, description="Why.")
    idempotency_key = key_field()


def taking(payload: Any, input: Any, description: str = "") -> graphene.Field:
    return graphene.Field(payload, required=True, description=description, input=graphene.Argument(input, required=True))


def written(info: Any, operation: str, given: Any, effect: Any) -> Json:
    """`effect(asked, once)`: the input without its key, and who, when and under which reference; answers the account's id."""
    asked = {name: value for name, value in given.items() if name != "idempotency_key"}
    if "note" in asked:
        asked["note"] = plain_text(asked["note"], field="note", longest=150)
    by = info.context.principal.user
    once = {"reference": uuid7(), "line": 0, "actor": by.id if by else None, "now": info.context.now}
    return mutated(info.context, operation=operation, given=given, told="account", effect=lambda: {"id": str(effect(asked, once))})


def customer_of(asked: Json) -> UUID:
    found = local_id("Customer", asked.pop("customer"))
    if found is None:
        raise NotFound("There is no such customer.", field="customer")
    return found


class Mutation:
    gift_card_issue = taking(GiftCardPayload, GiftCardIssueInput, "A gift card with money on it. Its code is told in this answer and never again.")
    gift_card_replace_code = taking(GiftCardPayload, GiftCardCodeInput, "Another code for a card whose code was lost or seen.")
    gift_card_top_up = taking(ValueAccountPayload, GiftCardTopUpInput)
    gift_card_block = taking(ValueAccountPayload, GiftCardBlockInput, "Nothing can be spent from it; what comes back to it comes.")
    gift_card_balance = taking(GiftCardBalancePayload, GiftCardBalanceInput, "What is on a card, for whoever has its code. It changes nothing.")
    credit_give = taking(ValueAccountPayload, CreditGiveInput, "Store credit as goodwill.")
    points_give = taking(ValueAccountPayload, PointsGiveInput, "Points beside those that are earned.")
    value_adjust = taking(ValueAccountPayload, ValueAdjustInput, "Put a balance right, saying why.")

    @allowed("value:write")
    def resolve_gift_card_issue(root, info, input):
        told: Json = {}

        def effect(asked, once):
            customer = customer_of(asked) if asked.get("customer") else None
            card = services.issue_gift_card(**{**asked, "customer": customer, "code": asked.get("code") or ""}, **once)
            told["code"] = card.code or None
            return card.id

        return written(info, "giftCardIssue", input, effect) | told

    @allowed("value:write")
    def resolve_gift_card_replace_code(root, info, input):
        told: Json = {}

        def effect(asked, once):
            id = named(asked["id"])
            told["code"] = services.replace_code(id=id, actor=once["actor"], now=once["now"]).code
            return id

        return written(info, "giftCardReplaceCode", input, effect) | told

    @allowed("value:write")
    def resolve_gift_card_top_up(root, info, input):
        def effect(asked, once):
            id = named(asked.pop("id"))
            services.top_up(id=id, **asked, **once)
            return id

        return written(info, "giftCardTopUp", input, effect)

    @allowed("value:write")
    def resolve_gift_card_block(root, info, input):
        def effect(asked, once):
            id = named(asked.pop("id"))
            services.block(id=id, **asked, actor=once["actor"], now=once["now"])
            return id

        return written(info, "giftCardBlock", input, effect)

    @allowed("checkout:write")
    def resolve_gift_card_balance(root, info, input):
        def effect(_id):
            card = services.look_up(code=input["code"], who=info.context.principal.name)
            return {**vars(card), "spendable": card.spendable(now=info.context.now)}

        # In no transaction: tries are counted elsewhere, and stay counted.
        return mutated(info.context, operation="giftCardBalance", given=input, told="card", effect=effect, resumably=True)

    @allowed("value:write")
    def resolve_credit_give(root, info, input):
        return written(info, "creditGive", input, lambda asked, once: services.give_credit(customer=customer_of(asked), **asked, **once).account)

    @allowed("value:write")
    def resolve_points_give(root, info, input):
        return written(info, "pointsGive", input, lambda asked, once: services.give_points(customer=customer_of(asked), **asked, **once).account)

    @allowed("value:write")
    def resolve_value_adjust(root, info, input):
        def effect(asked, once):
            id = named(asked.pop("id"))
            services.adjust(account=id, **asked, **once)
            return id

        return written(info, "valueAdjust", input, effect)
