"""The small counts in the navigation: right for whoever looks, and one statement beside that of the journal."""

import pytest
from django.test import Client, RequestFactory

from backoffice import attention, queries
from catalog.models import PriceChange
from kernel.models import Delivery
from orders.models import Discrepancy
from org.models import Store
from org.tests.cast import NOW, hire, open_shop
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db
BADGES = ("waiting_prices", "stock_tasks", "review", "duplicates", "differences", "inbox", "journal", "deliveries")


def asked(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def badges(request):
    return {name: getattr(attention, f"{name}_badge")(request) for name in BADGES}


def differ(many):
    for number in range(many):
        Discrepancy.objects.create(backend="simulator", kind="missing_here", reference=f"sp_{number}", found_at=NOW)


def test_all_counts_of_a_page_are_two_statements():
    cast = open_shop()
    differ(3)
    request = asked(cast.olga)
    cast.olga.grants.all()
    attention.stock_tasks_badge(asked(cast.olga))
    with statements() as seen:
        told = badges(request)
        badges(request)
    assert told["differences"] == "3"
    assert told["review"] == ""
    assert len([one for one in seen if "count" in one.lower()]) == 2, seen


def test_each_is_counted_of_what_somebody_may_see():
    cast = open_shop()
    differ(2)
    told = {name: badges(asked(user))["differences"] for name, user in (("olga", cast.olga), ("mia", cast.mia), ("abel", hire("abel", "accountant")))}
    assert told == {"olga": "2", "mia": "", "abel": "2"}


def test_who_reaches_no_store_and_what_has_no_end_are_counted_too():
    open_shop()
    differ(12)
    nobody = Delivery.objects.filter(pk__in=[])
    assert queries.counted({"a": nobody, "b": Discrepancy.objects.order_by("found_at"), "c": PriceChange.objects.all()}, most=10) == {"b": 10, "c": 0}
    assert queries.counted({"a": nobody}, most=10) == {}
    assert queries.counted({"stores": Store.objects.filter(code__in=["northside", "riverside"])}, most=10) == {"stores": 2}


def test_every_page_of_the_office_asks_no_more_for_its_navigation():
    cast, client = open_shop(), Client()
    client.force_login(cast.olga)
    client.get("/admin/org/store/")
    with statements() as seen:
        assert client.get("/admin/org/store/").status_code == 200
    counted = [one for one in seen if "orders_discrepancy" in one or "customers_suggestion" in one or "inventory_task" in one]
    assert len(counted) == 1, counted
