"""Orders through GraphQL. Lines and payments of all orders in the answer are read together."""

from datetime import datetime
from uuid import UUID

import graphene
from graphql_relay import to_global_id

from catalog.schema import Money, PageInfo, local_id, one_of
from kernel.errors import NotFound
from orders import queries
from orders.asked_life import told_invoice
from orders.queries import life
from orders.queries.returns import all_returns
from orders.schema.life import InvoiceIssued
from org.doors import allowed
from org.paging import cursor, moment, page_size, plain_text, position

MINOR = "Minor units of the order's currency."


class OrderLineDiscount(graphene.ObjectType):
    promotion = graphene.String(required=True, description="Its code; markdown:<code> for a sticker, manual for a price by hand.")
    name = graphene.String(required=True, description="As the customer read it.")
    amount = graphene.BigInt(required=True, description=MINOR)
    supplier_amount = graphene.BigInt(required=True, description=f"{MINOR} The part of it a supplier pays.")

    def resolve_name(discount, info):
        return discount.get("name", "")

    def resolve_supplier_amount(discount, info):
        return discount.get("supplier_amount", 0)


class OrderLineTax(graphene.ObjectType):
    code = graphene.String(required=True)
    name = graphene.String(required=True)
    rate = graphene.Int(required=True, description="Parts per million.")
    amount = graphene.BigInt(required=True, description=MINOR)


class OrderLine(graphene.ObjectType):
    position = graphene.Int(required=True)
    kind = graphene.String(required=True, description="goods, open or deposit")
    variant_id = graphene.ID(description="The catalogue's variant; name, price and tax below are as they were when it was sold.")
    sku = graphene.String(required=True)
    gtin = graphene.String(required=True)
    name = graphene.String(required=True)
    quantity = graphene.BigInt(required=True, description="Thousandths of the unit.")
    unit_price = graphene.BigInt(required=True, description=f"{MINOR} For price_quantity thousandths.")
    price_quantity = graphene.Int(required=True)
    list_total = graphene.BigInt(required=True, description=MINOR)
    discount = graphene.BigInt(required=True, description=MINOR)
    total = graphene.BigInt(required=True, description=MINOR)
    tax_class = graphene.String(required=True)
    tax_rate = graphene.Int(required=True, description="Parts per million.")
    tax = graphene.BigInt(required=True, description=f"{MINOR} Contained in total when the order's tax is included.")
    returned = graphene.BigInt(required=True, description="Thousandths of it that came back.")
    discounts = graphene.List(graphene.NonNull(OrderLineDiscount), required=True, description="Who gave the discount; none in older orders.")
    taxes = graphene.List(graphene.NonNull(OrderLineTax), required=True, description="Each tax by itself; none in older orders.")

    def resolve_variant_id(line, info):
        return to_global_id("Variant", line.variant_id) if line.variant_id else None


class OrderPayment(graphene.ObjectType):
    position = graphene.Int(required=True)
    kind = graphene.String(required=True)
    amount = graphene.BigInt(required=True, description=f"{MINOR} What it paid of the order.")
    tendered = graphene.BigInt(required=True, description=f"{MINOR} What was handed over.")
    change = graphene.BigInt(required=True, description=MINOR)
    paid_at = graphene.DateTime(required=True)
    label = graphene.String(required=True, description="What people know it by: Visa 4242.")
    refunded = graphene.BigInt(required=True, description=f"{MINOR} Of it, what went back.")


class OrderStep(graphene.ObjectType):
    kind = graphene.String(required=True)
    at = graphene.DateTime(required=True)
    actor = graphene.ID()
    facts = graphene.JSONString(required=True)


class OrderDue(graphene.ObjectType):
    position = graphene.Int(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)
    paid = graphene.BigInt(required=True, description=MINOR)
    due_on = graphene.Date()


class OrderReturn(graphene.ObjectType):
    """An order of less than nothing; ask for it by its id for what came back."""

    id = graphene.ID(required=True)
    number = graphene.String(required=True)
    total = graphene.Field(Money, required=True, description="Below zero went back.")
    business_date = graphene.Date(required=True)
    placed_at = graphene.DateTime(required=True)

    def resolve_id(back, info):
        return to_global_id("Order", back.id)

    def resolve_total(back, info):
        return Money(amount=back.total, currency=back.currency)


class Order(graphene.ObjectType):
    id = graphene.ID(required=True)
    number = graphene.String(required=True)
    source = graphene.String(required=True, description="till or web")
    status = graphene.String(required=True)
    channel = graphene.String(required=True, description="The channel's code.")
    store = graphene.String(description="The store's code; none for an order of the web.")
    total = graphene.Field(Money, required=True)
    tax = graphene.Field(Money, required=True, description="Contained in total.")
    tax_included = graphene.Boolean(required=True, description="Whether the lines' totals hold their tax.")
    rounding = graphene.Field(Money, required=True, description="total is the lines, their tax where it is not included, and this.")
    business_date = graphene.Date(required=True)
    placed_at = graphene.DateTime(required=True)
    lines = graphene.List(graphene.NonNull(OrderLine), required=True)
    payments = graphene.List(graphene.NonNull(OrderPayment), required=True)
    kind = graphene.String(required=True, description="sale or return")
    version = graphene.Int(required=True, description="Named by whoever changes it.")
    held_reason = graphene.String(required=True, description="Empty: it is not held.")
    handed_over_at = graphene.DateTime()
    cancelled_at = graphene.DateTime()
    expires_at = graphene.DateTime()
    dues = graphene.List(graphene.NonNull(OrderDue), required=True, description="In which parts it is paid; none: at once.")
    steps = graphene.List(graphene.NonNull(OrderStep), required=True, description="What was done to it, oldest first.")
    customer = graphene.ID(description="Who bought; a Customer's id.")
    delivery = graphene.String(required=True, description="ship, pickup, digital or empty")
    delivery_option = graphene.String(required=True)
    invoices = graphene.List(graphene.NonNull(InvoiceIssued), required=True, description="Its invoice, its credit note.")
    returns = graphene.List(graphene.NonNull(OrderReturn), required=True, description="What came back of it, the oldest first.")

    def resolve_customer(order, info):
        customer = standing(info, order).customer
        return customer and to_global_id("Customer", customer)

    def resolve_delivery(order, info):
        return standing(info, order).delivery

    def resolve_delivery_option(order, info):
        return standing(info, order).delivery_option

    def resolve_invoices(order, info):
        told = (told_invoice(one) for one in of_all(info, order, "orders.invoices", life.all_invoices))
        return [{**one, "order": to_global_id("Order", one["order"])} for one in told]

    def resolve_returns(order, info):
        return of_all(info, order, "orders.returns", all_returns)

    def resolve_kind(order, info):
        return standing(info, order).kind

    def resolve_version(order, info):
        return standing(info, order).version

    def resolve_held_reason(order, info):
        return standing(info, order).held_reason

    def resolve_handed_over_at(order, info):
        return standing(info, order).handed_over_at

    def resolve_cancelled_at(order, info):
        return standing(info, order).cancelled_at

    def resolve_expires_at(order, info):
        return standing(info, order).expires_at

    def resolve_dues(order, info):
        return of_all(info, order, "orders.dues", life.dues)

    def resolve_steps(order, info):
        return of_all(info, order, "orders.steps", life.steps)

    def resolve_id(order, info):
        return to_global_id("Order", order.id)

    def resolve_store(order, info):
        return order.store_code

    def resolve_total(order, info):
        return Money(amount=order.total, currency=order.currency)

    def resolve_tax(order, info):
        return Money(amount=order.tax, currency=order.currency)

    def resolve_rounding(order, info):
        return Money(amount=order.rounding, currency=order.currency)

    def resolve_lines(order, info):
        return of_all(info, order, "orders.lines", queries.lines)

    def resolve_payments(order, info):
        return of_all(info, order, "orders.payments", queries.payments)


class OrderEdge(graphene.ObjectType):
    cursor = graphene.String(required=True)
    node = graphene.Field(Order, required=True)

    def resolve_cursor(order, info):
        return place_of(order)

    def resolve_node(order, info):
        return order


class OrderConnection(graphene.ObjectType):
    edges = graphene.List(graphene.NonNull(OrderEdge), required=True)
    nodes = graphene.List(graphene.NonNull(Order), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class Query:
    orders = graphene.Field(
        OrderConnection,
        required=True,
        description="Newest first. Staff see the orders of their stores, a secret key those of its channel.",
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
    )
    order = graphene.Field(Order, id=graphene.ID(), number=graphene.String(), description="Give one of the arguments.")

    @allowed("orders:read")
    def resolve_orders(root, info, first=None, after=None):
        page = queries.page(
            first=page_size(first, field="first"), after=position(after, moment, UUID, field="after"), **reach(info.context.principal)
        )
        remember(info, page.items)
        ends = (place_of(page.items[0]), place_of(page.items[-1])) if page.items else (None, None)
        place = PageInfo(has_next_page=page.more, has_previous_page=bool(after), start_cursor=ends[0], end_cursor=ends[1])
        return OrderConnection(edges=page.items, nodes=page.items, page_info=place)

    @allowed("orders:read")
    def resolve_order(root, info, id=None, number=None):
        one_of(id=id, number=number)
        number = plain_text(number, field="number", longest=40)
        found = queries.detail(id=local_id("Order", id), number=number or None, **reach(info.context.principal))
        if found is None:
            raise NotFound("There is no such order.")
        remember(info, [found.order])
        info.context.memo.setdefault("orders.lines", {})[found.order.id] = found.lines
        info.context.memo.setdefault("orders.payments", {})[found.order.id] = found.payments
        return found.order


def reach(principal):
    """Whose orders: of the person's stores, or of the key's channel."""
    return {"stores": principal.stores("orders:read"), "channel": principal.channel.id if principal.channel else None}


def remember(info, orders):
    info.context.memo.setdefault("orders.read", {}).update({order.id: order for order in orders})


def standing(info, order):
    return of_all(info, order, "orders.standing", life.standings)


def of_all(info, order, name, read):
    """This order's rows, read for every order of the answer when the first asks."""
    known = info.context.memo.setdefault(name, {})
    if order.id not in known:
        wanted = [id for id in info.context.memo["orders.read"] if id not in known]
        found = read(orders=wanted)
        known.update({id: found.get(id, []) for id in wanted})
    return known[order.id]


def place_of(order: queries.OrderRow) -> str:
    at: datetime = order.placed_at
    return cursor(at.isoformat(), order.id)
