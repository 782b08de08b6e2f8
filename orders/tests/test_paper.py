"""What an invoice shows, and that it is readable whatever stands on it."""

import re
import zlib

import pytest

from orders import paper, services
from orders.models import Invoice
from orders.tests.web_orders import open_for_business, order
from org import services as org
from org.tests.cast import NOW

SELLER = {
    "legal_name": "Harrow Lane Foods GmbH",
    "line1": "12 Harrow Lane",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
    "tax_number": "DE000000001",
    "registration": "HRB 1, Berlin",
}


def line(position, **more):
    told = {"sku": f"MILK-{position}", "name": "Milk", "quantity": 1000, "unit_price": 100, "price_quantity": 1000, "discount": 0, "total": 100}
    return {"position": position, **told, "tax_rate": 70_000, **more}


def document(lines, **more):
    seller = {"name": "Harrow", "lines": ["12 Harrow Lane", "10115 Berlin"], "tax_number": "DE1", "registration": "", "store": "", "address": ""}
    return {
        "name": "INV-1", "kind": "invoice", "issued_on": "2026-03-14", "seller": seller, "order": "W-1", "business_date": "2026-03-14", "credits": "",
        "currency": "EUR", "tax_included": True, "lines": lines, "taxes": [{"name": "VAT", "rate": 70_000, "net": 93, "amount": 7}],
        "rounding": 0, "tax": 7, "total": 100, "payments": [{"kind": "cash", "label": "", "amount": 100}], **more,
    }  # fmt: skip


def printed(told, **more):
    return paper.invoice(document=told, address=["Zoë Müller"], issued_at=NOW, **more)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\n", pdf))


def letters(pdf: bytes) -> int:
    """How much is written on it."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return sum(len(re.findall(rb"T[jJ]", zlib.decompress(one))) for one in streams if one[:1] == b"\x78" and b" Tf" in zlib.decompress(one))


@pytest.mark.django_db
def test_an_invoice_names_who_sells_with_address_and_tax_number_as_they_were(room):
    room = open_for_business(room)
    company = room.cast.company
    org.change_company(company=company, **SELLER)
    first = services.issue_invoice(order=order(room, 1).id, now=NOW)
    org.change_company(company=company, tax_number="DE000000002", line1="1 New Road")
    second = services.issue_invoice(order=order(room, 1).id, now=NOW)
    told = Invoice.objects.get(pk=first.pk).document["seller"]
    assert told == {
        "name": "Harrow Lane Foods GmbH", "lines": ["12 Harrow Lane", "10115 Berlin", "DE"], "tax_number": "DE000000001",
        "registration": "HRB 1, Berlin", "store": "", "address": "",
    }  # fmt: skip
    assert (second.document["seller"]["tax_number"], second.document["seller"]["lines"][0]) == ("DE000000002", "1 New Road")


@pytest.mark.django_db
def test_a_company_that_is_not_filled_in_is_printed_by_its_name(room):
    room = open_for_business(room)
    told = services.issue_invoice(order=order(room, 1).id, now=NOW).document["seller"]
    assert (told["name"], told["lines"], told["tax_number"]) == ("Harrow Lane Foods", [], "")


def test_the_same_bytes_every_time_and_others_for_another_number():
    assert printed(document([line(1)])) == printed(document([line(1)]))
    assert printed(document([line(1)])) != printed(document([line(1)]), tax_number="DE2")


def test_one_that_was_issued_before_companies_had_addresses_is_still_printed():
    assert printed(document([line(1)], seller={"name": "Harrow", "address": "1 Old Street"})).startswith(b"%PDF")


def test_sixty_lines_go_over_pages_and_the_sums_stay_together():
    assert pages(printed(document([line(1)]))) == 1
    assert pages(printed(document([line(number) for number in range(1, 61)]))) == 3
    for many in range(18, 26):
        assert pages(printed(document([line(number) for number in range(1, many)]))) in (1, 2)


def test_what_is_endless_or_in_other_letters_is_printed(caplog):
    hostile = [line(1, name="Supercalifragilistic" * 20), line(2, name="龍井茶"), line(3, name="Чай"), line(4, unit_price=10**14, total=10**14)]
    taxes = [{"name": "A tax of a very long name in a district far away", "rate": 70_000, "net": 10**14, "amount": 10**13}]
    assert printed(document(hostile, taxes=taxes, total=10**14)).startswith(b"%PDF")
    assert "missing the following glyphs" not in caplog.text


@pytest.mark.parametrize(("included", "rounding"), [(True, 0), (False, 0), (False, -2), (True, 3)])
def test_every_sum_is_written(included, rounding):
    plain = letters(printed(document([line(1)], tax_included=True)))
    more = letters(printed(document([line(1)], tax_included=included, rounding=rounding)))
    assert more - plain == 2 * (rounding != 0) + 4 * (not included)
