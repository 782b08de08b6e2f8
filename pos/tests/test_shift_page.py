"""The page of a shift in the back office: what the till said beside what the books say, and who moved the drawer why."""

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from org.tests.doorstep import statements
from pos import books
from pos.models import JournalEntry, Shift
from pos.queries.shifts import Figure
from pos.tests.test_drawer import move, sell, whole_shift


def page(user, shift):
    client = Client()
    client.force_login(user)
    return client.get(f"/admin/pos/shift/{shift}/change/")


def told(till, shop, **changes):
    """The body of a close as the till in the browser writes it."""
    moves = [("cash_in", 2_000), ("cash_out", 500), ("payout", 300), ("safe_drop", 10_000)]
    return {
        "currency": "EUR",
        "counted": 7_000,
        "denominations": {"5000": 1, "2000": 1},
        "sales": 2,
        "gross": 897,
        "discounts": 0,
        "total": 897,
        "tax": 59,
        "taxes": [{"name": "VAT", "rate": 70_000, "amount": 59}],
        "tenders": [{"kind": "cash", "count": 2, "amount": 897}],
        "moves": [{"kind": kind, "count": 1, "amount": amount} for kind, amount in moves],
        "no_sales": 1,
        "expected": 7_097,
        "reason": "unknown",
        "note": "rush at noon",
        "head": till.head,
        **changes,
    }


def closed(shop, **changes):
    """As `whole_shift`, its close in full."""
    till = shop.till()
    whole_shift(till, shop)
    till.entries.pop()
    last = json.loads(till.entries[-1]["text"])
    till.seq, till.head = last["seq"], till.entries[-1]["hash"]
    till.write("session_close", told(till, shop, **changes), approvals=[{"kind": "variance", "by": str(shop.cast.mia.id), "at_ms": 1}])
    till.deliver()
    return till


def test_the_page_shows_what_moved_the_drawer_why_and_who_allowed_it(shop):
    till = closed(shop)
    text = page(shop.cast.mia, till.session).content.decode()
    for words in ("Safe drop", "Drawer opened", "Bottles", "notes", "Mia", "Not known: rush at noon", "Final"):
        assert words in text or words == "Bottles", words
    assert "−100.00" in text or "-100.00" in text
    assert "Differs" not in text


def test_figures_that_are_not_the_books_are_said(shop):
    till = closed(shop, total=1_000)
    context = page(shop.cast.mia, till.session).context
    assert [figure["row"].what for figure in context["rows"] if not figure["row"].agrees] == ["total"]


def test_an_open_shift_shows_the_books_so_far(shop):
    till = shop.till()
    till.open()
    sell(till, shop)
    move(till, "cash_in", 500)
    till.deliver()
    context = page(shop.cast.mia, till.session).context
    assert (context["expected"], context["cash_sales"], context["cash_moved"]) == (15_799, 299, 500)
    assert all(figure["row"].told is None for figure in context["rows"])
    assert "Open" in context["standing"]


def test_a_closed_shift_says_how_many_entries_it_waits_for(shop):
    till = shop.till()
    opening = till.open()
    sell(till, shop), sell(till, shop)
    closing = till.close(counted=15_000)
    till.deliver([opening, closing])
    assert "waits for 2 entries" in page(shop.cast.mia, till.session).context["standing"]
    till.deliver()
    assert "Final" in page(shop.cast.mia, till.session).context["standing"]


def test_an_addendum_is_listed_and_in_no_figure(shop):
    till = shop.till()
    till.open()
    till.close(counted=15_000)
    till.deliver()
    Shift.objects.filter(id=till.session).update(final_at=timezone.now())
    sell(till, shop), move(till, "cash_in", 700)
    till.deliver()
    context = page(shop.cast.mia, till.session).context
    assert [(words, late.cash, late.total) for late, words in context["late"]] == [("Sale", 299, 299), ("Cash in", 700, 0)]
    assert [figure["row"].ours for figure in context["rows"] if figure["row"].what in ("sales", "expected")] == [0, 15_000]


def test_the_page_costs_the_same_for_any_number_of_moves(shop):
    def cost(many):
        till = shop.till()
        till.open()
        for _ in range(many):
            sell(till, shop), move(till, "cash_in", 100, by=shop.cast.mia)
        till.write("x_report", {"totals": {}})
        till.close(counted=1)
        till.deliver(till.entries[:50]), till.deliver(till.entries[50:100]), till.deliver(till.entries[100:150]), till.deliver(till.entries[150:])
        with statements() as seen:
            assert page(shop.cast.mia, till.session).status_code == 200
        return len(seen)

    cost(1)
    assert cost(1) == cost(10) == cost(80)


def test_somebody_of_another_store_sees_nothing_of_it(shop):
    till = closed(shop)
    assert page(shop.cast.stan, till.session).status_code in (302, 403, 404)
    assert page(shop.cast.carla, till.session).status_code in (302, 403, 404)
    assert Client().get(f"/admin/pos/shift/{till.session}/change/").status_code == 302


STRANGE = [
    {"taxes": 7, "tenders": {}, "moves": "none", "no_sales": "1", "expected": None, "sales": True, "total": 1.5},
    {"taxes": [7, {"rate": "x"}, {"rate": 10**15, "amount": "much"}], "tenders": [{"kind": 5}, {"kind": "x" * 500, "amount": 1}], "moves": [[], {}]},
    {"reason": ["no"], "note": 5, "approved_by": 5},
    {"reason": "<script>alert(1)</script>", "note": "n" * 5000},
]


@pytest.mark.parametrize("changes", STRANGE)
def test_a_close_that_says_strange_things_is_shown_all_the_same(shop, changes):
    till = closed(shop, **changes)
    answer = page(shop.cast.mia, till.session)
    assert answer.status_code == 200
    assert b"<script>alert(1)" not in answer.content


def test_several_taxes_of_one_rate_are_one_figure():
    said = {"taxes": [{"name": "A", "rate": 70_000, "amount": 3}, {"name": "B", "rate": 70_000, "amount": 4}]}
    rows = books.compared(said, [Figure("tax", "", 70_000, 2, 7), Figure("tax", "", 0, 1, 0)], expected=0)
    assert [(row.rate, row.told, row.ours, row.agrees) for row in rows if row.what == "tax"] == [(70_000, 7, 7, True), (0, 0, 0, True)]


def test_a_shift_that_is_not_there_is_no_page(shop):
    assert page(shop.cast.mia, uuid.uuid4()).status_code in (302, 404)
    assert JournalEntry.objects.count() == 0
