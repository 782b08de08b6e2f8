"""Offers that meet are told of before they are saved, with what the customer gets."""

from datetime import timedelta

import pytest

from catalog.models import Promotion
from catalog.services import promotions as offers
from catalog.services.conflicts import check_conflicts
from catalog.tests.cast import NOW
from catalog.tests.test_promotions import OLGA, live, make, percent, set_of, shop
from kernel.errors import Refused
from org.tests.doorstep import statements

__all__ = ["shop"]


def asked(rule, **values):
    return check_conflicts(values={"name": "2 for 5.00 drinks", "rule": rule, **values}, now=NOW)


def test_the_one_that_started_first_leaves_the_other_silent(shop):
    live(rule=percent(100_000, sku=["D2"]), starts_at=NOW - timedelta(days=1))
    (met,) = asked(set_of(2, 500, category=["drinks"]), starts_at=NOW)
    assert met.words == "Overlaps Spring Sale on 1 SKU; customer gets 3.24."
    assert met.why == "Spring Sale started first and does not stack, so this offer stays silent on those lines."
    example = met.examples[0]
    assert (example.sku, example.listed, example.mine, example.theirs, example.both) == ("D2", 360, 250, 324, 324)
    assert met.leave_out == ["D2"]


def test_what_is_left_out_is_no_conflict_any_more(shop):
    live(rule=percent(100_000, sku=["D2"]))
    rule = set_of(2, 500, category=["drinks"])
    assert asked(rule) != []
    rule["selection"]["except"] = {"sku": asked(rule)[0].leave_out}
    assert asked(rule) == []


def test_stacked_offers_are_both_given(shop):
    live(rule=percent(100_000, category=["drinks"]), combination="stack")
    (met,) = asked(percent(100_000, sku=["D0", "D2"]), combination="stack")
    assert met.words == "Overlaps Spring Sale on 2 SKUs; customer gets 2.11 to 2.92."
    assert met.why == "Both are given, one on top of the other."
    assert met.compete is None


def test_the_cheaper_one_wins_when_both_compete(shop):
    other = live(rule=percent(100_000, sku=["D2"]), starts_at=NOW - timedelta(days=1))
    (met,) = asked(set_of(2, 500, category=["drinks"]))
    group, priority = met.compete
    values = {"name": "2 for 5", "rule": set_of(2, 500, category=["drinks"]), "combination": "best", "group": group, "priority": priority}
    (shown,) = check_conflicts(values=values, now=NOW, compete_with=[other.pk])
    assert (shown.why, shown.compete) == ("The cheaper one wins: this offer.", None)
    made = offers.save_promotion(promotion=None, values=values, now=NOW, actor=OLGA, compete_with=[other.pk])
    other.refresh_from_db()
    assert (other.combination, other.group, other.state) == ("best", group, Promotion.State.APPROVED)
    (met,) = check_conflicts(values={}, now=NOW, promotion=made.pk)
    assert met.why == "The cheaper one wins: this offer."
    assert (met.examples[0].both, met.compete) == (250, None)


def test_one_that_is_refused_leaves_the_other_as_it_was(shop):
    other = live(rule=percent(100_000, sku=["D2"]))
    values = {"name": "2 for 5", "rule": set_of(2, 500, category=["drinks"])}
    with pytest.raises(Refused):
        offers.save_promotion(promotion=None, values=values, now=NOW, actor=OLGA, compete_with=[other.pk])
    other.refresh_from_db()
    assert (other.combination, Promotion.objects.count()) == ("exclusive", 1)


@pytest.mark.parametrize(
    "apart",
    [
        {"starts_at": NOW + timedelta(days=9)},
        {"rule": {**percent(100_000, category=["drinks"]), "channels": ["web"]}},
        {"rule": {**percent(100_000, category=["drinks"]), "windows": [{"days": [1], "from": 0, "until": 600}]}},
        {"rule": percent(100_000, sku=["OATS"])},
        {"rule": {"level": "delivery", "reward": {"kind": "percent", "value": 1_000_000}}},
    ],
)
def test_offers_apart_in_time_place_or_goods_do_not_meet(shop, apart):
    live(**{"rule": percent(100_000, category=["drinks"]), **apart})
    here = {**percent(50_000, category=["drinks"]), "stores": ["northside"], "windows": [{"days": [1, 2], "from": 600, "until": 720}]}
    assert asked(here, ends_at=NOW + timedelta(days=2)) == []


def test_weekly_times_meet_over_midnight_and_over_the_week_s_end(shop):
    live(rule={**percent(100_000, category=["drinks"]), "windows": [{"days": [7], "from": 1380, "until": 60}]})
    monday = {**percent(50_000, category=["drinks"]), "windows": [{"days": [1], "from": 30, "until": 120}]}
    assert len(asked(monday)) == 1
    monday["windows"][0]["from"] = 60
    assert asked(monday) == []


def test_a_store_meets_its_channel_and_its_group(shop):
    live(rule={**percent(100_000, category=["drinks"]), "stores": ["northside"]})
    assert len(asked({**percent(50_000, category=["drinks"]), "channels": ["stores"]})) == 1
    assert asked({**percent(50_000, category=["drinks"]), "channels": ["web"]}) == []


@pytest.mark.parametrize(
    "reward",
    [
        {"kind": "buy_get", "buy": 1, "get": 1, "percent": 500_000, "selection": {"any": {"sku": ["OATS"]}}},
        {"kind": "bundle", "as": "price", "value": 300, "slots": [
            {"name": "Drink", "selection": {"any": {"category": ["drinks"]}}, "quantity": 1},
            {"name": "Oats", "selection": {"any": {"sku": ["OATS"]}}, "quantity": 1}]},
        {"kind": "gift", "selection": {"any": {"sku": ["OATS"]}}, "quantity": 1},
    ],
)  # fmt: skip
def test_offers_of_several_goods_are_tried_with_all_they_ask_for(shop, reward):
    live(rule=percent(100_000, sku=["OATS"]))
    (met,) = asked({"selection": {"any": {"category": ["drinks"]}}, "reward": reward}, priority=5)
    assert met.skus == 1
    example = met.examples[0]
    assert example.mine < example.listed
    assert example.both == example.mine


def test_drafts_and_what_has_ended_are_no_conflict(shop):
    make(rule=percent(100_000, category=["drinks"]))
    offers.end_promotion(promotion=live(rule=percent(100_000, category=["drinks"])).pk, now=NOW, actor=OLGA)
    assert asked(percent(50_000, category=["drinks"])) == []


@pytest.mark.parametrize("many", [1, 10, 100])
def test_conflicts_cost_the_same_statements_however_many(shop, many):
    for number in range(many):
        live(
            name=f"Sale {number}", rule={**percent(100_000, category=["drinks"]), "stores": ["northside"]}, starts_at=NOW - timedelta(days=number + 1)
        )
    with statements() as seen:
        found = asked({**set_of(2, 500, category=["drinks"]), "stores": ["northside"]})
    assert len(found) == many
    assert len(seen) == 9, [sql[:80] for sql in seen]
