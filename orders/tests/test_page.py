"""The order's page in the back office: what was given by name, each tax by its rate."""

from dataclasses import replace

import pytest
from django.test import Client

from orders import services
from orders.tests.test_place import committed
from orders.tests.till_sales import line, sale
from org.tests.cast import NOW

VAT = [{"code": "vat", "name": "VAT", "rate": 50_000, "amount": 9}, {"code": "city", "name": "City tax", "rate": 20_000, "amount": 4}]


def offered(room):
    """Two at 1.00, 20 cents off."""
    off = {"promotion": "two-for", "name": "2 for 1.80", "amount": 15, "supplier_amount": 5}
    discounts = [off, {"promotion": "markdown:2800000000017", "name": "", "amount": 5}]
    return replace(line(room, 0, 2_000), discount=20, total=180, tax=13, discounts=discounts, taxes=VAT)


@pytest.fixture
def mia(room):
    client = Client()
    client.force_login(room.cast.mia)
    return client


def page(client, made):
    committed(lambda: services.place(sales=[made], now=NOW))
    return client.get(f"/admin/orders/order/{made.id}/change/").content.decode()


def test_the_page_tells_list_price_offers_by_name_and_tax_by_rate(room, mia):
    told = page(mia, sale(room, [offered(room), line(room, 1)]))
    for words in ("List price", "2 for 1.80 −0.15", "Markdown 2800000000017 −0.05", "supplier pays 0.05", "VAT 5%", "City tax 2%", "Tax included"):
        assert words in told, words


def test_a_discount_without_a_name_and_an_old_order_are_told_too(room, mia):
    told = page(mia, sale(room, [replace(line(room, 0, 2_000), discount=20, total=180, tax=12)]))
    assert "Discount −0.20" in told
    assert "<dt>7%</dt>" in told
    assert "Offers given" not in page(mia, sale(room, 1))


def test_tax_on_top_is_told_as_such(room, mia):
    made = sale(room, 1)
    made = replace(made, tax_included=False, total=made.total + made.tax)
    made = replace(made, payments=(replace(made.payments[0], amount=made.total, tendered=made.total, change=0),))
    assert "Tax on top" in page(mia, made)
