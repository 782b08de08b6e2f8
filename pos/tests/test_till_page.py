"""A till's page in the back office: how far each enrolment has come, what is missing, and why it ended."""

import pytest
from django.test import Client
from django.utils import timezone

from pos import services
from pos.models import TillEpoch


@pytest.fixture
def mia(shop):
    client = Client()
    client.force_login(shop.cast.mia)
    return client


def page(client, shop):
    answer = client.get(f"/admin/pos/till/{shop.northside_till.pk}/change/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_says_how_far_a_till_has_come_and_what_is_missing(shop, mia):
    till = shop.till()
    assert "it has not said" in page(mia, shop)
    till.open()
    sales = [till.sell([till.goods(shop.items[0])]) for _ in range(5)]
    till.deliver([till.entries[0], sales[0], sales[3]])
    TillEpoch.objects.update(reported={"waiting": 2, "release": "1.4"})
    shown = page(mia, shop)
    for words in ("entry 2, receipt 4", sales[0]["hash"][:12], "2 entries</span>", "3–4", "2 entries, it said", "1.4"):
        assert words in shown, words


def test_a_lost_till_says_which_receipts_may_exist(shop, mia):
    till = shop.till()
    till.open()
    till.sell([till.goods(shop.items[0])])
    till.deliver()
    mia.post(f"/admin/pos/till/{shop.northside_till.pk}/revoke/", {})
    assert TillEpoch.objects.get().revoked_at is None
    mia.post(f"/admin/pos/till/{shop.northside_till.pk}/revoke/", {"reason": "lost"})
    shop.till()
    shown = page(mia, shop)
    assert "Receipts after 1 of enrolment 1 may exist" in shown
    assert "of enrolment 2 may exist" not in shown


def test_a_stranger_signs_nobody_out(shop):
    shop.till()
    stan = Client()
    stan.force_login(shop.cast.stan)
    assert stan.post(f"/admin/pos/till/{shop.northside_till.pk}/revoke/", {"reason": "lost"}).status_code == 403
    assert TillEpoch.objects.get().revoked_at is None


def test_the_page_costs_the_same_for_any_chain(shop, mia, django_assert_max_num_queries):
    till = shop.till()
    till.open()
    till.deliver()
    counts = []
    for _ in range(2):
        till.deliver([till.sell([till.goods(shop.items[0])]) for _ in range(20)])
        with django_assert_max_num_queries(60) as seen:
            page(mia, shop)
        counts.append(len(seen))
    assert counts[0] >= counts[1]
    services.revoke(till=shop.northside_till, now=timezone.now())
