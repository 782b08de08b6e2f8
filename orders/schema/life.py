"""What is done with an order, through GraphQL: the acts of orders.asked_life, each under its key and with the version that was read."""

import graphene
from graphql_relay import to_global_id

from catalog.schema import local_id
from orders import asked_life
from org.doors import allowed
from org.writing import errors_field, key_field, mutated

MINOR = "Minor units of the order's currency."


class OrderMoved(graphene.ObjectType):
    order = graphene.ID(required=True, description="An Order's id.")
    number = graphene.String(required=True)
    status = graphene.String(required=True)
    version = graphene.Int(required=True, description="For the next change.")
    total = graphene.BigInt(required=True, description=MINOR)
    paid = graphene.BigInt(required=True, description=MINOR)


class InvoiceIssued(graphene.ObjectType):
    id = graphene.ID(required=True)
    order = graphene.ID(required=True)
    kind = graphene.String(required=True, description="invoice or credit_note")
    name = graphene.String(required=True, description="Its number as printed: without gaps.")
    currency = graphene.String(required=True)
    total = graphene.BigInt(required=True, description=MINOR)
    issued_on = graphene.String(required=True)
    document = graphene.JSONString(required=True, description="All that is on paper but who it is for.")


class OrderMovePayload(graphene.ObjectType):
    moved = graphene.Field(OrderMoved)
    errors = errors_field()


class OrderInvoicePayload(graphene.ObjectType):
    invoice = graphene.Field(InvoiceIssued)
    errors = errors_field()


class OrderMoveInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    version = graphene.Int(required=True, description="As it was read: a change of another's meanwhile is refused with order_changed.")
    idempotency_key = key_field()


class OrderReasonInput(OrderMoveInput):
    reason = graphene.String(required=True, description="Why; not who.")


class OrderReviewInput(OrderMoveInput):
    note = graphene.String(required=True)


class OrderChangeInput(graphene.InputObjectType):
    line = graphene.Int(description="The position of a line that is there.")
    sku = graphene.String(description="Or what is added.")
    quantity = graphene.BigInt(required=True, description="Thousandths it shall be; 0 takes the line out.")


class OrderEditInput(OrderMoveInput):
    changes = graphene.List(graphene.NonNull(OrderChangeInput), required=True)


class OrderPayInput(OrderMoveInput):
    kind = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=f"{MINOR} No more than is owed.")
    code = graphene.String()
    backend = graphene.String()
    token = graphene.String()
    label = graphene.String()


class OrderPartInput(graphene.InputObjectType):
    amount = graphene.BigInt(required=True, description=MINOR)
    due_on = graphene.Date()


class OrderScheduleInput(OrderMoveInput):
    parts = graphene.List(graphene.NonNull(OrderPartInput), required=True)


class OrderInvoiceInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    idempotency_key = key_field()


class OrderMailInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    what = graphene.String(description="confirmation, how the order stands, or invoice; left out: confirmation.")
    idempotency_key = key_field()


def move(shape, what):
    return graphene.Field(OrderMovePayload, required=True, input=graphene.Argument(shape, required=True), description=what)


class Mutation:
    order_cancel = move(OrderReasonInput, "The order comes to nothing; all is given back.")
    order_hold = move(OrderReasonInput, "Nothing is handed over until it is let go of.")
    order_let_go = move(OrderMoveInput, "A held order goes on.")
    order_hand_over = move(OrderMoveInput, "The goods have left, all of them.")
    order_edit = move(OrderEditInput, "Lines are added, changed or taken out; the balance follows.")
    order_pay = move(OrderPayInput, "What is owed, or a part of it.")
    order_schedule = move(OrderScheduleInput, "In which parts it is paid.")
    order_convert = move(OrderMoveInput, "A quote becomes an order.")
    order_review = move(OrderReviewInput, "A person has looked: it stands as its money says.")
    order_invoice = graphene.Field(OrderInvoicePayload, required=True, input=graphene.Argument(OrderInvoiceInput, required=True))

    order_mail = move(OrderMailInput, "Its confirmation or its invoice is sent to the customer again.")

    @allowed("orders:write")
    def resolve_order_mail(root, info, input):
        return act(info, "mail", input)

    @allowed("orders:write")
    def resolve_order_cancel(root, info, input):
        return act(info, "cancel", input)

    @allowed("orders:write")
    def resolve_order_hold(root, info, input):
        return act(info, "hold", input)

    @allowed("orders:write")
    def resolve_order_let_go(root, info, input):
        return act(info, "let_go", input)

    @allowed("orders:write")
    def resolve_order_hand_over(root, info, input):
        return act(info, "hand_over", input)

    @allowed("orders:write")
    def resolve_order_edit(root, info, input):
        return act(info, "edit", input)

    @allowed("orders:write")
    def resolve_order_pay(root, info, input):
        return act(info, "pay", input)

    @allowed("orders:write")
    def resolve_order_schedule(root, info, input):
        return act(info, "schedule", input)

    @allowed("orders:write")
    def resolve_order_convert(root, info, input):
        return act(info, "convert", input)

    @allowed("orders:write")
    def resolve_order_review(root, info, input):
        return act(info, "review", input)

    @allowed("orders:write")
    def resolve_order_invoice(root, info, input):
        return act(info, "invoice", input, told="invoice")


def act(info, what, input, *, told="moved"):
    asking, given = info.context, dict(input)
    id = local_id("Order", given["id"])
    assert id is not None

    asked = asked_life.looked_up(what=what, principal=asking.principal, given=given)

    def effect():
        done = asked_life.act(what=what, principal=asking.principal, id=id, given=asked, now=asking.now)
        return {**done, "order": to_global_id("Order", str(id))}

    return mutated(asking, operation=f"order:{what}", given=given, told=told, effect=effect)
