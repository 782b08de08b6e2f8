import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from inventory import queries as stock
from inventory import services as inventory
from inventory.models import Movement, Serial
from inventory.services import tracking
from inventory.tests.stockroom import stock_up
from kernel import outbox
from kernel.ids import uuid7
from kernel.models import Message
from orders import queries, services
from orders.models import Order, OrderLine, Payment
from orders.services import SalePayment
from orders.tests.till_sales import line, sale
from org.tests.cast import NOW


def place(*sales, now=NOW):
    return committed(lambda: services.place(sales=sales, now=now))


def committed(work):
    """The tests' own transaction never commits, so what a commit would check is checked here."""
    with transaction.atomic(), connection.cursor() as cursor:
        done = work()
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")
        return done


def counts():
    counts = [model.objects.count() for model in (Order, OrderLine, Payment, Movement)]
    return [*counts, Message.objects.filter(type="orders.order.placed").count()]


def test_a_sale_becomes_an_order_with_its_lines_payment_stock_and_event(room):
    made = sale(room, [line(room, 0, 3_000), line(room, 1, 1_234)])
    assert [(placed.id, placed.number, placed.new) for placed in place(made)] == [(made.id, made.number, True)]
    found = queries.detail(id=made.id)
    assert (found.order.number, found.order.status, found.order.total, found.order.tax) == (made.number, "paid", 423, made.tax)
    assert (found.order.store_code, found.order.channel, found.order.business_date) == ("northside", "stores", date(2026, 3, 14))
    assert [(row.position, row.variant_id, row.quantity, row.total, row.tax) for row in found.lines] == [
        (part.position, part.variant, part.quantity, part.total, part.tax) for part in made.lines
    ]
    assert found.lines[0].allocation[0]["quantity"] == 2_000
    assert len(found.lines[1].allocation) == 1
    assert [(row.kind, row.amount, row.tendered, row.change) for row in found.payments] == [("cash", 423, 923, 500)]
    assert sorted(Movement.objects.values_list("quantity", "cause", "reference")) == [(-3_000, "sale", made.id), (-1_234, "sale", made.id)]


@pytest.mark.parametrize("tracked", [True, False])
def test_a_scanned_lot_and_serial_number_leave_with_the_sale(room, tracked):
    """What the pack's code said. Nobody has to have brought it: the goods are in the customer's hand."""
    goods = room.variants[0]
    lots = tracking.ensure_lots(wanted={(goods, "L-1"): None}, now=NOW)
    tracking.bring_pieces(pieces=[inventory.Piece(variant=goods, number="SN-1", location=room.northside, reference=uuid7())])
    parts = [
        replace(line(room, 0, 1_000), position=1, extra={"lot": "L-1", "serial": "SN-1"}),
        replace(line(room, 0, 1_000), position=2, extra={"lot": "L-9", "serial": "SN-9"}),
        replace(line(room, 0, 1_000), position=3, extra={"lot": 7, "serial": ["SN-1"]}),
    ]
    made = sale(room, parts)
    Product.objects.filter(variants=goods).update(tracks_serials=tracked)
    (placed,) = place(made)
    assert placed.strange == (("SN-9",) if tracked else ())
    assert list(Movement.objects.order_by("line").values_list("lot", flat=True)) == [lots[goods, "L-1"], None, None]
    assert Serial.objects.values_list("state", "left_with").get() == ("sold", made.id)
    assert [again.strange for again in place(made)] == [()]


def test_the_event_tells_what_was_sold_and_nobodys_name(room):
    made = sale(room, 2, shift=uuid7())
    place(made)
    message = Message.objects.get(aggregate_id=made.id)
    envelope = outbox.envelope(message)
    assert (envelope["type"], envelope["store"], envelope["aggregate"]) == (
        "orders.order.placed",
        "northside",
        {"type": "order", "id": str(made.id), "sequence": 1},
    )
    assert envelope["data"]["number"] == made.number
    assert (envelope["data"]["total"], envelope["data"]["currency"], envelope["data"]["channel"]) == (200, "EUR", "stores")
    assert [told["variant"] for told in envelope["data"]["lines"]] == [str(variant) for variant in room.variants[:2]]
    assert envelope["data"]["line_count"] == 2
    assert envelope["data"]["payments"] == [{"kind": "cash", "amount": 200}]
    assert str(room.cast.carla.id) not in json.dumps(envelope)


def test_a_replayed_sale_makes_no_second_order(room):
    made = sale(room)
    place(made)
    before = counts()
    again = place(replace(made, number="NORTHSIDE-OTHER"), now=NOW + timedelta(hours=1))
    assert [(placed.number, placed.new, placed.shortages) for placed in again] == [(made.number, False, ())]
    assert counts() == before


def test_a_sale_twice_in_one_batch_is_one_order(room):
    made = sale(room)
    assert [placed.new for placed in place(made, made)] == [True, True]
    assert counts() == [1, 3, 1, 3, 1]


def test_old_and_new_sales_in_one_batch_keep_their_order(room):
    first, second, third = sale(room), sale(room), sale(room)
    place(second)
    assert [(placed.id, placed.new) for placed in place(third, second, first)] == [(third.id, True), (second.id, False), (first.id, True)]
    assert Order.objects.count() == 3


def test_what_is_short_is_told_for_the_sale_that_took_it(room):
    inventory.open_stock(location=room.northside, quantities=dict.fromkeys(room.variants, 1_000), reference=uuid7(), now=NOW)
    good, short = sale(room, 1), sale(room, [line(room, 2, 4_000)])
    placed = place(good, short)
    assert placed[0].shortages == ()
    assert [(found.variant, found.on_hand) for found in placed[1].shortages] == [(room.variants[2], -3_000)]


def test_an_open_item_takes_nothing_from_stock(room):
    place(sale(room, [replace(line(room, 0), variant=None, kind="open", sku="")]))
    assert counts() == [1, 1, 1, 0, 1]


def test_a_web_order_belongs_to_no_store(room):
    made = sale(room, source="web", channel=room.cast.web.id, store=None)
    place(made)
    assert queries.detail(id=made.id).order.store_code is None
    assert Message.objects.get(type="orders.order.placed").store is None


@pytest.mark.parametrize("how_many", [1, 10, 50])
def test_the_number_of_statements_does_not_grow_with_the_sales(room, how_many):
    inventory.open_stock(location=room.northside, quantities=dict.fromkeys(room.variants, 999_000), reference=uuid7(), now=NOW)
    made = [sale(room) for _ in range(how_many)]
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as caught,
    ):
        services.place(sales=made, now=NOW)
    assert len(caught) == 4, [query["sql"][:80] for query in caught]
    assert Order.objects.count() == how_many


def test_placing_needs_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        services.place(sales=[], now=NOW)


def test_placing_nothing_says_nothing(room, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert services.place(sales=[], now=NOW) == []


def change_line(made, **change):
    return replace(made, lines=(replace(made.lines[0], **change), *made.lines[1:]))


WRONG = {
    "total": lambda made: replace(made, total=made.total + 1),
    "tax": lambda made: replace(made, tax=made.tax - 1),
    "payments": lambda made: replace(made, payments=()),
    "lines": lambda made: change_line(made, discount=1),
    "change": lambda made: replace(made, payments=(replace(made.payments[0], change=0),)),
    "rounding": lambda made: replace(made, rounding=2),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_sale_whose_sums_differ_fails_its_whole_batch_cleanly(room, wrong):
    with pytest.raises(services.Unbalanced) as refusal:
        place(sale(room), WRONG[wrong](sale(room)), sale(room))
    assert refusal.value.code == "order_unbalanced"
    assert counts() == [0] * 5


@pytest.mark.parametrize("quantity", [0, -1_000])
def test_goods_that_come_back_are_no_sale(room, quantity):
    with pytest.raises(services.NotASale):
        place(sale(room, [line(room, 0, quantity)]))


def test_rounded_cash_balances(room):
    made = sale(room, 1)
    place(replace(made, rounding=2, total=102, payments=(SalePayment(position=1, kind="cash", amount=102, tendered=102),)))
    assert Order.objects.get().rounding == 2


def test_two_orders_never_share_a_number(room):
    first = sale(room)
    place(first)
    with pytest.raises(services.NumberTaken) as refusal:
        place(sale(room), sale(room, number=first.number))
    assert refusal.value.code == "order_number_taken"
    assert Order.objects.count() == 1


def one_more(model, order):
    """Another row like the last, at the end."""
    row = model.objects.filter(order=order).order_by("-position")[0]
    row.pk, row.position = None, row.position + 1
    row.save(force_insert=True)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (lambda made: Order.objects.update(total=made.total + 1), "order_lines_add_up"),
        (lambda made: Order.objects.update(tax=0), "order_tax_adds_up"),
        (lambda made: Order.objects.update(rounding=1), "order_lines_add_up"),
        (lambda made: Payment.objects.all().delete(), "order_paid_exactly"),
        (lambda made: Payment.objects.update(amount=1, tendered=1, change=0), "order_paid_exactly"),
        (lambda made: OrderLine.objects.filter(position=1).delete(), "order_lines_add_up"),
        (lambda made: OrderLine.objects.filter(position=1).update(tax=0), "order_tax_adds_up"),
        (lambda made: one_more(Payment, made.id), "order_paid_exactly"),
        (lambda made: one_more(OrderLine, made.id), "order_lines_add_up"),
        (lambda made: OrderLine.objects.filter(position=1).update(total=1, list_total=1), "order_lines_add_up"),
    ],
)
def test_the_database_refuses_an_order_that_does_not_balance(room, change, constraint):
    made = sale(room)
    place(made)
    with pytest.raises(IntegrityError) as error:
        committed(lambda: change(made))
    assert error.value.__cause__.diag.constraint_name == constraint
    assert services.refusal_of(error=error.value).code == "order_unbalanced"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Payment, OrderLine])
def test_what_comes_to_an_order_in_a_later_transaction_is_checked_with_it(model):
    room = stock_up()
    made = sale(room)
    with transaction.atomic():
        services.place(sales=[made], now=NOW)
    before = model.objects.count()
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        one_more(model, made.id)
    assert model.objects.count() == before


def test_an_order_without_its_lines_is_refused_at_commit(room):
    values = {"number": "X-1", "source": "till", "status": "paid", "channel": room.cast.stores, "currency": "EUR", "total": 5, "tax": 0}
    values |= {"business_date": date(2026, 3, 14), "placed_at": NOW, "recorded_at": NOW}
    with pytest.raises(IntegrityError, match="does not balance"):
        committed(lambda: Order.objects.create(id=uuid7(), **values))


def test_a_unknown_variant_is_refused_at_commit(room):
    with pytest.raises(IntegrityError):
        place(sale(room, [replace(line(room, 0), variant=uuid7())]))
    assert counts() == [0] * 5


def test_amounts_beyond_32_bits_are_exact(room):
    big = 2**52 + 1
    item = replace(line(room, 0), quantity=2**40, unit_price=big, list_total=big, total=big, tax=0)
    place(replace(sale(room, [item]), payments=(SalePayment(position=1, kind="cash", amount=big, tendered=big),)))
    assert Order.objects.get().total == big
    assert stock.levels(variants=room.variants)[room.variants[0]][0].on_hand == -(2**40)


def test_names_keep_their_letters(room):
    name = "Müsli „Früchte“ 🥣 'x' \\ \" %s"
    place(sale(room, [replace(line(room, 0), name=name, extra={"seller": "Ann", "tare": 12})]))
    kept = OrderLine.objects.get()
    assert (kept.name, kept.extra) == (name, {"seller": "Ann", "tare": 12})
