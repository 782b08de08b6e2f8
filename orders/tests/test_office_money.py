"""Comparing from its page, quotes and parts, accounts of businesses, and a day's books beside its Z."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from customers import services as customers
from kernel import outbox
from kernel.ids import uuid7
from kernel.models import Job
from orders.admin import beside, comparing
from orders.models import BookLine, Due, Order, Payment
from orders.queries.day import Side
from orders.services.on_account import settle_account
from orders.tests import web_orders as web
from orders.tests.test_books import sell
from orders.tests.test_office import at, page, staff  # noqa: F401  # fixtures
from orders.tests.till_sales import sale
from org.tests.cast import NOW
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db
LIST = "orders/discrepancy/"


@pytest.fixture
def provider(settings):
    settings.PAYMENT_BACKENDS = {"simulator": "integrations.gateway_simulator.client.Backend"}


def test_a_comparison_is_started_by_who_manages_payments(room, at, provider):  # noqa: F811
    # On the clock of the stores.
    today = timezone.localdate(timezone=ZoneInfo("Europe/Berlin"))
    wanted = {"backend": "simulator", "since": (today - timedelta(days=2)).isoformat()}
    for who in ("mia", "vera", "sue", "carla"):
        assert at(who).post(f"/admin/{LIST}compare/", wanted).status_code in (302, 403)
    assert not Job.objects.exists()
    assert "Compare now" in page(at("abel"), LIST)
    assert "Compare now" not in page(at("sue"), LIST)
    for day in ("", "yesterday", (today + timedelta(days=1)).isoformat(), "1999-01-01"):
        assert "Say since which day" in at("abel").post(f"/admin/{LIST}compare/", wanted | {"since": day}, follow=True).content.decode()
    assert not Job.objects.exists()
    told = at("abel").post(f"/admin/{LIST}compare/", wanted, follow=True).content.decode()
    assert "compared now" in told
    job = Job.objects.get()
    assert (job.kind, job.arguments["backend"]) == ("orders.reconcile", "simulator")
    unknown = at("abel").post(f"/admin/{LIST}compare/", wanted | {"backend": "<b>bank"}, follow=True)
    assert unknown.status_code == 200
    assert Job.objects.count() == 1


def test_what_the_last_ones_came_to_is_told_in_words():
    def run(**more):
        return comparing.run_row(Job(kind="orders.reconcile", arguments={"backend": "simulator"}, created_at=NOW, **more))["words"]

    assert run(state="running", done=1_200) == "1,200 dealt with so far"
    assert run(state="failed", error="Half a list compares with nothing") == "Half a list compares with nothing"
    assert run(state="succeeded", result={"payments": 1, "found": {}, "repaired": {}}) == "1 payment compared, both books agree"
    told = run(state="succeeded", result={"payments": 40, "found": {"duplicate": 2, "missing_here": 1}, "repaired": {"duplicate": 2}})
    assert told == "40 payments compared, 3 differ, 2 of them put right"


def test_no_provider_is_told_as_such(room, at, settings):  # noqa: F811
    settings.PAYMENT_BACKENDS = {}
    assert "No provider is set up" in page(at("abel"), LIST)


def test_a_quote_becomes_an_order_and_is_paid_in_parts(room, at):  # noqa: F811
    web.open_for_business(room)
    quote, sue = web.order(room, paid="", status="quote", expires_at=NOW + timedelta(days=3650)), at("sue")
    base = f"/admin/orders/order/{quote.pk}"
    told = page(sue, f"orders/order/{quote.pk}/change/")
    assert "Make it an order" in told
    assert "Paid in parts" in told
    for who in ("vera", "stan", "carla", "tess"):
        for act in ("convert", "schedule"):
            assert at(who).post(f"{base}/{act}/", {"version": 1}).status_code in (302, 403)
    wrong = sue.post(f"{base}/schedule/", {"version": 1, "amount": ["1.00", "1.00"], "due_on": ["", "soon"]}, follow=True).content.decode()
    assert "This is not a day" in wrong
    short = sue.post(f"{base}/schedule/", {"version": 1, "amount": ["1.00", ""], "due_on": ["", ""]}, follow=True).content.decode()
    assert "do not come to" in short
    assert not Due.objects.exists()
    sue.post(f"{base}/schedule/", {"version": 1, "amount": ["1.00", "2.00", ""], "due_on": ["", "2126-01-01", ""]})
    assert list(Due.objects.order_by("position").values_list("amount", "due_on")) == [(100, None), (200, date(2126, 1, 1))]
    quote.refresh_from_db()
    sue.post(f"{base}/convert/", {"version": quote.version - 1})
    assert Order.objects.get(pk=quote.pk).status == "quote"
    sue.post(f"{base}/convert/", {"version": quote.version})
    assert Order.objects.get(pk=quote.pk).status == "pending"
    assert "Make it an order" not in page(sue, f"orders/order/{quote.pk}/change/")


def business(limit=100_000):
    data = {"company": "Café Süd", "email": "sued@example.com", "account_limit": limit, "currency": "EUR"}
    return customers.create_customer(data=data, kind="business", actor=None, now=NOW)


def test_money_for_an_account_is_booked_once_by_who_may(room, at):  # noqa: F811
    web.open_for_business(room)
    who = business()
    first, second = (web.order(room, paid="account", customer=who) for _ in range(2))
    here = f"customers/customer/{who}/change/"
    told = page(at("abel"), here) if at("abel").get(f"/admin/{here}").status_code == 200 else page(at("olga"), here)
    assert "On account" in told
    base, sent = f"/admin/orders/order/account/{who}/settle/", {"id": str(uuid7()), "amount": "4.00", "kind": "transfer", "label": "Statement 7"}
    for name in ("sue", "mia", "vera", "carla"):
        assert at(name).post(base, sent).status_code in (302, 403)
    assert not Payment.objects.filter(kind="transfer").exists()
    for _ in range(2):
        booked = at("olga").post(base, sent, follow=True).content.decode()
    assert first.number in booked
    assert [(one.order_id, one.amount) for one in Payment.objects.filter(kind="transfer").order_by("id")] == [(first.pk, 300), (second.pk, 100)]
    for wrong, says in (
        ({"amount": "5.00"}, "more than the customer owes"),
        ({"amount": "much"}, "not an amount"),
        ({"kind": "shells"}, "settlement"),
    ):
        assert says in at("olga").post(base, sent | {"id": str(uuid7())} | wrong, follow=True).content.decode()
    assert at("olga").post(base, sent | {"id": "x"}).status_code == 403
    settle_account(customer=who, amount=200, currency="EUR", kind="cash", reference=uuid7(), actor=None, now=NOW)
    assert "Nothing is owed." in page(at("olga"), here)


DAY = f"orders/bookline/?on={NOW.date()}&place=store:northside"


def tell():
    outbox.carry(clock=lambda: datetime.now(UTC))


def test_a_day_stands_beside_its_orders_and_what_differs_is_marked(room, at):  # noqa: F811
    sell(sale(room), sale(room))
    tell()
    told = page(at("abel"), DAY)
    assert "They agree" in told
    assert "Total" in told
    made = Order.objects.order_by("id").first()
    Payment.objects.filter(order=made).update(kind="card")
    told = page(at("abel"), DAY)
    assert "2 figures differ" in told
    assert "Z reports, orders and books" not in page(at("abel"), f"orders/bookline/?on={NOW.date()}")
    assert "Nothing was sold here" in page(at("abel"), "orders/bookline/?on=2020-01-01&place=store:northside")


def test_the_page_of_a_day_costs_the_same_at_any_length(room, at):  # noqa: F811
    counts, abel = [], at("abel")
    for more in (1, 9, 90):
        sell(*(sale(room) for _ in range(more)))
        with statements() as seen:
            assert abel.get(f"/admin/{DAY}").status_code == 200
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts


def test_books_and_orders_agree_for_all_that_is_sold(room):
    room = web.open_for_business(room)
    sell(sale(room), sale(room, 5))
    tell()
    told = beside.told(store=room.cast.northside.id, on=NOW.date())
    assert told["differ"] == 0
    assert {row["words"] for row in told["rows"]} >= {"Total", "Cash", "Tax 7%"}
    assert BookLine.objects.exists()


def test_figures_a_side_does_not_tell_are_not_compared():
    rows = beside.compared(Side(over_short=-5), Side(total=10), Side(total=10, over_short=-5))
    assert [(row["words"], row["differs"]) for row in rows] == [("Total", 0), ("Over and short", 0)]
    assert beside.compared(Side(total=9), Side(total=10), Side(total=10))[0]["differs"] == 1
