"""The journal follows the orders: balanced, once, and on an open day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import ItemCost
from kernel import outbox
from kernel.ids import uuid7
from kernel.models import Message
from orders import services
from orders.models import BookLine, Order, PeriodLock
from orders.queries import books
from orders.services import SalePayment, booking, periods
from orders.services.booking import book
from orders.tests.till_sales import line, sale
from org.tests.cast import NOW

DAY = date(2026, 3, 14)


def sell(*sales):
    with transaction.atomic():
        services.place(sales=sales, now=NOW)


def told():
    return list(Message.objects.order_by("id"))


def amounts(**bounds):
    return {(row.account, row.rate): row.amount for row in books.day(on=bounds.pop("on", DAY), **bounds)}


def tell(room, what, aggregate, sequence=1, **data):
    type = "drawer_event" if what == "drawer.moved" else "shift"
    return Message.objects.create(
        type=f"pos.{what}", version=1, occurred_at=NOW, aggregate_type=type, aggregate_id=aggregate, sequence=sequence, store="northside",
        correlation=uuid7(), data={"business_date": DAY.isoformat(), **data} if type == "shift" else data,
    )  # fmt: skip


def test_a_sale_is_booked_once_however_often_it_is_told(room):
    ItemCost.objects.create(variant_id=room.variants[0], average=40_000, changed_at=NOW)
    made = sale(
        room, 1, payments=(SalePayment(position=1, kind="cash", amount=60, tendered=60), SalePayment(position=2, kind="card", amount=40, tendered=40))
    )
    sell(made)
    for _ in range(3):
        book(messages=told(), now=NOW)
    assert amounts(store=room.cast.northside.id) == {
        ("card_clearing", None): 40,
        ("cash_safe", None): 60,
        ("cost_of_goods", None): 40,
        ("sales", 70_000): -93,
        ("stock", None): -40,
        ("tax", 70_000): -7,
    }
    assert amounts(channel=room.cast.stores.id) == amounts()


def test_the_relay_books_what_is_told(room):
    sell(sale(room), sale(room))
    outbox.carry(clock=lambda: datetime.now(UTC))
    assert amounts()["sales", 70_000] == -6 * 93
    assert not outbox.Delivery.objects.filter(subscriber=books.SUBSCRIBER).exclude(state="done").exists()


def test_a_batch_of_a_hundred_takes_the_statements_of_one(room):
    counted = []
    for many in (1, 10, 100):
        before = set(Message.objects.values_list("id", flat=True))
        sell(*(sale(room) for _ in range(many)))
        new = [message for message in told() if message.id not in before and message.type == "orders.order.placed"]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            book(messages=new, now=NOW)
        counted.append(len(captured))
    assert counted[0] == counted[1] == counted[2] <= 10


def test_a_drawer_ends_empty_and_its_difference_is_told(room):
    shift = uuid7()
    tell(room, "shift.opened", shift, float_amount=10_000, currency="EUR")
    sell(sale(room, shift=shift))
    tell(room, "drawer.moved", uuid7(), shift=str(shift), kind="payout", amount=-1_000, moved_at=NOW.isoformat())
    tell(room, "drawer.moved", uuid7(), shift=str(shift), kind="no_sale", amount=0, moved_at=NOW.isoformat())
    tell(room, "shift.closed", shift, 2, counted=9_250, expected=9_300)
    book(messages=told(), now=NOW)
    book(messages=told(), now=NOW)
    found = amounts(store=room.cast.northside.id)
    assert ("cash", None) not in {key for key, amount in found.items() if amount}
    assert found["over_short", None] == 50
    assert found["payouts", None] == 1_000
    assert found["cash_safe", None] == 9_250 - 10_000


def test_a_count_anew_puts_the_first_right(room):
    shift = uuid7()
    tell(room, "shift.opened", shift, float_amount=10_000, currency="EUR")
    tell(room, "shift.closed", shift, 2, counted=10_300, expected=10_000)
    book(messages=told(), now=NOW)
    assert amounts()["over_short", None] == -300
    sell(sale(room, shift=shift))
    tell(room, "shift.recounted", shift, 3, counted=10_300, expected=10_300)
    for _ in range(2):
        book(messages=told(), now=NOW)
    assert amounts()["over_short", None] == 0
    assert amounts()["cash", None] == 0


def test_what_changed_later_is_booked_as_a_difference_on_its_day(room):
    sell(sale(room))
    book(messages=told(), now=NOW)
    order = Order.objects.get()
    Order.objects.filter(id=order.id).update(source="staff", version=2)
    later = NOW + timedelta(days=2)
    with transaction.atomic():
        services.cancel(order=order.id, version=2, reason="wrong goods", actor=None, now=later)
    book(messages=told(), now=later)
    in_all = {}
    for row in BookLine.objects.exclude(cause="cost"):
        in_all[row.account] = in_all.get(row.account, 0) + row.amount
    assert set(in_all.values()) == {0}
    assert set(BookLine.objects.filter(amount__gt=0, account="sales").values_list("business_date", flat=True)) == {later.date()}


def test_imported_orders_are_in_no_book(room):
    sell(sale(room))
    Order.objects.update(source="import")
    assert book(messages=told(), now=NOW) == 0


def close(room, through, now=NOW + timedelta(days=60)):
    return periods.close_period(company=room.cast.stores.company_id, through=through, actor=None, now=now)


def test_a_period_is_closed_when_all_of_it_is_booked_and_then_nothing_comes_in(room):
    sell(sale(room))
    with pytest.raises(periods.PeriodOpen) as refused:
        close(room, DAY)
    assert refused.value.details["waiting"][0]["type"] == "orders.order.placed"
    outbox.carry(clock=lambda: datetime.now(UTC))
    close(room, DAY)
    with pytest.raises(periods.PeriodClosed):
        close(room, DAY)
    late = sale(room)
    sell(late)
    outbox.carry(clock=lambda: datetime.now(UTC))
    rows = BookLine.objects.filter(reference=late.id)
    assert {(row.business_date, row.booked_on) for row in rows} == {(DAY, DAY + timedelta(days=1))}
    assert amounts()["sales", 70_000] == -3 * 93
    assert amounts(on=DAY + timedelta(days=1))["sales", 70_000] == -3 * 93


def test_a_day_that_is_not_over_stays_open_and_so_does_one_with_an_open_drawer(room):
    with pytest.raises(periods.PeriodNotOver):
        close(room, NOW.date(), now=NOW)
    tell(room, "shift.opened", uuid7(), float_amount=1, currency="EUR")
    outbox.carry(clock=lambda: datetime.now(UTC))
    with pytest.raises(periods.PeriodOpen):
        close(room, DAY)
    assert not PeriodLock.objects.exists()


def test_the_tax_report_has_turnover_and_tax_by_rate(room):
    cheap = line(room, 0)
    dear = replace(
        line(room, 1), tax_rate=190_000, tax_class="standard", tax=16, taxes=({"code": "vat", "name": "VAT", "rate": 190_000, "amount": 16},)
    )
    sell(sale(room, [cheap, dear]))
    book(messages=told(), now=NOW)
    report = books.tax_report(since=DAY, until=DAY)
    assert [(row.tax_class, row.rate, row.credit) for row in report.sales] == [("food", 70_000, 93), ("standard", 190_000, 84)]
    assert [(row.account, row.rate, row.credit) for row in report.taxes] == [("tax", 70_000, 7), ("tax:vat", 190_000, 16)]


def test_the_export_has_every_line_in_order(room, monkeypatch):
    monkeypatch.setattr(books, "CHUNK", 2)
    sell(sale(room), sale(room))
    book(messages=told(), now=NOW)
    rows = list(books.export(since=DAY, until=DAY))
    assert len(rows) == BookLine.objects.count()
    debit, credit = books.EXPORTED.index("debit"), books.EXPORTED.index("credit")
    assert sum(row[debit] for row in rows) == sum(row[credit] for row in rows) == 600


def test_books_are_refused_by_the_database_when_they_do_not_balance(room):
    sell(sale(room))
    order = Order.objects.get()
    entry = booking.Entry(
        reference=order.id, cause="x", store=None, channel=order.channel_id, company=room.cast.stores.company_id, currency="EUR", day=DAY, at=NOW,
        lines=[(books.Key(account="cash"), 1)],
    )  # fmt: skip
    booking.write(entries=[entry])
    with pytest.raises(IntegrityError, match="come to nothing"), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
