"""Several at once: no number of an invoice is lost or given twice, an order is cancelled or edited once, events are booked once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from inventory.tests.stockroom import stock_up
from kernel.errors import Conflict
from kernel.models import Message
from orders import services
from orders.models import BookLine, Invoice, InvoiceSeries, Order, Payment
from orders.services import Change, booking
from orders.tests.web_orders import broken, open_for_business, order, reserved
from org.tests.cast import NOW

BY = {"actor": None, "now": NOW}


@pytest.fixture
def room(transactional_db):
    return open_for_business(stock_up())


def at_once(*works):
    def run(work):
        try:
            return work()
        except Conflict as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def test_invoices_issued_at_once_have_numbers_without_gaps(room):
    orders = [order(room, 1) for _ in range(4)]
    at_once(*(lambda id=made.id: services.issue_invoice(order=id, now=NOW) for made in orders * 2))
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert InvoiceSeries.objects.get().next == 5


def test_an_order_is_cancelled_or_edited_by_one_of_those_who_read_it(room):
    made = order(room)
    cancel = lambda: services.cancel(order=made.id, version=1, reason="x", **BY)  # noqa: E731
    edit = lambda: services.edit(order=made.id, version=1, changes=[Change(line=1, quantity=0)], **BY)  # noqa: E731
    told = at_once(cancel, edit, cancel, edit)
    assert sorted(one for one in told if isinstance(one, str)) in (["order_changed"] * 3, ["order_changed"] * 2 + ["order_state"])
    assert Order.objects.get().version == 2
    assert sum(Payment.objects.values_list("amount", flat=True)) in (0, 200)
    assert sum(reserved(room)) in (0, 2_000)
    assert broken() == []


def test_the_same_events_booked_by_several_are_booked_once(room):
    for _ in range(3):
        order(room)
    messages = list(Message.objects.filter(type__startswith="orders."))

    def book():
        with transaction.atomic():
            return booking.book(messages=messages, now=NOW)

    assert sorted(at_once(book, book, book))[:2] == [0, 0]
    assert BookLine.objects.filter(account="sales").count() == 3
