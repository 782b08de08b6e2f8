"""The rules tills sold by: how long they are kept."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import shelf
from pos import services
from pos.models import JournalEntry, PriceSnapshot, TillEpoch
from pos.services.snapshots import keep

NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=91)


def rules(id="aged"):
    from pos.queries.feed import Rules

    return Rules(id=id, text=b"{}")


@pytest.fixture
def aged(shop):
    """Rules that were told for the last time long ago, to a till that was heard since."""
    till = shop.till()
    keep(rules=rules(), store=shop.cast.northside.id, now=LONG_AGO)
    TillEpoch.objects.update(last_seen_at=NOW)
    return till


def kept():
    return PriceSnapshot.objects.filter(id="aged").exists()


def test_rules_go_ninety_days_after_they_were_told_last(aged):
    services.forget_prices(now=LONG_AGO + timedelta(days=89, hours=23))
    assert kept()
    assert services.forget_prices(now=NOW) == 1
    assert not kept()


def test_rules_that_came_back_are_kept_from_then_on(aged, shop):
    keep(rules=rules(), store=shop.cast.northside.id, now=NOW - timedelta(days=5))
    services.forget_prices(now=NOW)
    assert kept()


def test_rules_in_force_are_kept_however_old_they_are(shop):
    shelf.rebuild(channel=shop.cast.stores.id, now=NOW)
    till = shop.till()
    assert till.get("/api/v1/till/catalogue?form=chunks")[0] == 200
    PriceSnapshot.objects.update(made_at=LONG_AGO, told_at=None)
    TillEpoch.objects.update(last_seen_at=NOW)
    for days in (0, 89, 178):
        services.forget_prices(now=NOW + timedelta(days=days))
        TillEpoch.objects.update(last_seen_at=NOW + timedelta(days=days))
    assert PriceSnapshot.objects.count() == 1


@pytest.mark.parametrize("seen", [LONG_AGO - timedelta(days=3), LONG_AGO + timedelta(days=1)])
def test_a_till_that_was_not_heard_since_may_still_sell_by_them(aged, seen):
    TillEpoch.objects.update(last_seen_at=seen)
    services.forget_prices(now=NOW)
    assert kept()
    TillEpoch.objects.update(revoked_at=NOW)
    services.forget_prices(now=NOW)
    assert not kept()


def test_a_till_that_says_it_has_something_unsent_may_still_name_them(aged):
    TillEpoch.objects.update(reported={"waiting": 2})
    services.forget_prices(now=NOW)
    assert kept()
    TillEpoch.objects.update(reported={"waiting": 0})
    services.forget_prices(now=NOW)
    assert not kept()


def test_another_store_keeps_nothing_for_this_one(aged, shop):
    shop.till(shop.riverside_till)
    TillEpoch.objects.filter(till=shop.riverside_till).update(last_seen_at=LONG_AGO)
    services.forget_prices(now=NOW)
    assert not kept()


@pytest.mark.parametrize("waits", [{"posting": "pending"}, {"posting": "failed"}])
def test_a_sale_that_is_not_posted_keeps_the_rules_it_names(aged, shop, waits):
    aged.open()
    aged.sell([aged.goods(shop.items[0])], snapshot="aged")
    aged.deliver()
    services.post_waiting(now=NOW)
    sale = JournalEntry.objects.filter(kind="sale")
    assert json.loads(sale.get().text)["body"]["snapshot"] == "aged"
    sale.update(**waits)
    services.forget_prices(now=NOW)
    assert kept()
    sale.update(posting="posted")
    services.forget_prices(now=NOW)
    assert not kept()


def test_a_sale_that_is_kept_apart_keeps_the_rules_it_names(aged, shop):
    aged.open()
    aged.sell([aged.goods(shop.items[0])], snapshot="aged")
    shop.till()
    aged.deliver()
    TillEpoch.objects.update(last_seen_at=NOW)
    assert JournalEntry.objects.get(kind="sale").state == "quarantined"
    services.forget_prices(now=NOW)
    assert kept()
