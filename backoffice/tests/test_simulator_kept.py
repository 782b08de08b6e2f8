"""Baskets that are kept and run again, and the last baskets that were sold, tried with a promotion."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from backoffice.tests import shop as house
from backoffice.tests.test_simulator import HERE, PAIR, look, promotion
from catalog import services as catalog
from catalog.models import Simulation, Variant
from kernel import jobs
from kernel.models import Job


@pytest.fixture
def busy(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 4, now=moment)
    return shop


def keep(client: Any, name: str, given: str) -> Any:
    answer = client.post(f"{HERE}keep/", {"name": name, "given": given}, follow=True)
    assert answer.status_code == 200
    return answer


def test_a_kept_basket_tells_what_came_out_and_what_comes_out_now(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(busy.owner)
    keep(client, " Two  pressés ", "item.12204=2&place=store:riverside&groups=club&customer=new&staff=1")
    keep(client, "Soda", "item.12205=1")
    held = promotion(busy, rule={**PAIR, "groups": ["club"]})
    plain = look(client, tab="kept").context["kept"]
    assert [(one.name, one.where, one.expected, one.present) for one in plain] == [
        ("Soda", "Northside", "1.90", ""),
        ("Two pressés", "Riverside", "3.60", ""),
    ]
    again = look(client, tab="kept", again="1")
    assert [(one.name, one.present, one.differs) for one in again.context["kept"]] == [("Soda", "1.90", False), ("Two pressés", "3.00", True)]
    assert "1 basket comes out differently" in again.content.decode()
    opened = client.get(HERE + again.context["kept"][1].link)
    asked = opened.context["asked"]
    assert (asked.customer, asked.groups, asked.staff, opened.context["told"].pays) == ("new", ("club",), True, "3.00")
    by_number = client.get(HERE, {"simulation": Simulation.objects.get(name="Soda").pk, "promotion": str(held.pk)})
    assert by_number["Location"] == f"{HERE}?place=store%3Anorthside&at=now&promotion={held.pk}&item.12205=1"


def test_what_the_service_tries_again_is_what_the_page_kept(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    keep(signed_in(busy.owner), "With delivery", "item.12204=2&groups=club&delivery=4.90")
    held = promotion(busy, rule={**PAIR, "groups": ["club"]}, state="draft")
    (found,) = catalog.rerun_simulations(promotion=held.pk, now=moment)
    assert (found.expected, found.total) == (850, 790)
    (kept,) = look(signed_in(busy.owner), tab="kept", again="1").context["kept"]
    assert (kept.expected, kept.present, kept.link.endswith("groups=club&delivery=4.90")) == ("8.50", "8.50", True)


def test_goods_that_are_gone_are_told_and_a_basket_is_removed(busy: house.Shop, signed_in: Any) -> None:
    client = signed_in(busy.owner)
    keep(client, "Old", "item.12204=1&item.12205=1")
    row = Simulation.objects.get()
    row.basket = {**row.basket, "lines": [*row.basket["lines"], {"sku": "gone", "quantity": 1000}]}
    row.save()
    (kept,) = look(client, tab="kept", again="1").context["kept"]
    assert (kept.present, kept.differs, kept.problem) == ("3.70", True, "Some of its goods are not sold any more.")
    assert client.post(f"{HERE}kept/{row.pk}/remove/", {"given": "tab=kept"}).status_code == 302
    assert not Simulation.objects.exists()


@pytest.mark.parametrize(("name", "given"), [("", "item.12204=1"), ("Empty", ""), ("Lost", "item.gone=1"), ("\0", "item.12204=1"), ("x", "\0&%ff")])
def test_what_cannot_be_kept_is_refused_in_words(name: str, given: str, busy: house.Shop, signed_in: Any) -> None:
    answer = keep(signed_in(busy.owner), name, given)
    assert "notice--bad" in answer.content.decode()
    assert not Simulation.objects.exists()


def test_only_who_edits_prices_keeps_and_everybody_sees_those_of_their_stores(busy: house.Shop, signed_in: Any) -> None:
    keep(signed_in(busy.owner), "North", "item.12204=1&place=northside")
    keep(signed_in(busy.owner), "River", "item.12204=1&place=riverside")
    for who in (busy.mia, busy.viewer):
        client = signed_in(who)
        assert client.post(f"{HERE}keep/", {"name": "x", "given": "item.12204=1"}).status_code == 403
        assert client.post(f"{HERE}kept/{Simulation.objects.first().pk}/remove/").status_code == 403
        assert "Keep this basket" not in look(client, ("12204", 1)).content.decode()
    assert Simulation.objects.count() == 2
    assert [one.name for one in look(signed_in(busy.mia), tab="kept").context["kept"]] == ["North"]
    assert len(look(signed_in(busy.viewer), tab="kept").context["kept"]) == 2


# The last baskets


def sell(shop: house.Shop, **how: Any) -> None:
    with transaction.atomic():
        house.sell(shop, **how)


@pytest.mark.django_db(transaction=True)
def test_the_last_baskets_are_tried_with_a_draft_in_the_background(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 4, now=moment)
    Variant.objects.filter(sku="12205").update(reference_cost=100)
    sell(shop, store=shop.northside, at=moment - timedelta(days=3), count=4)
    sell(shop, store=shop.riverside, at=moment - timedelta(days=2), count=1)
    rule = {**PAIR, "selection": {"any": {"sku": ["12205"]}}}
    held = promotion(shop, state="draft", rule=rule, supplier="Brightwater", supplier_share=500_000, starts_at=datetime(2098, 4, 19, tzinfo=UTC))
    client = signed_in(shop.owner)
    assert "Not tried yet" in look(client, tab="recent", promotion=held.pk).content.decode()
    answer = client.post(f"{HERE}recent/", {"given": f"tab=recent&promotion={held.pk}"})
    assert "baskets tried" in client.get(answer["Location"]).content.decode()
    assert jobs.run(job=Job.objects.get(), now=moment).state == "succeeded"
    sums = client.get(answer["Location"]).context["sums"]
    # Two of five held two sodas at 1.90, once in each store: 3.80 for 3.00.
    assert {name: sums[name] for name in ("baskets", "touched", "given", "supplier", "skipped")} == {
        "baskets": 5, "touched": 2, "given": 160, "supplier": 80, "skipped": 0,
    }  # fmt: skip
    assert sums["before"] - sums["after"] == 160
    # 2 x 3.80 less 7 % tax against 2 x 2.00, and the same with 3.00.
    assert (sums["net_before"], sums["net_after"], sums["cost"]) == (710, 560, 400)
    assert (sums["margin_before"], sums["margin_after"]) == ("43.6%", "28.5%")
    mine = signed_in(shop.mia)
    assert look(mine, tab="recent", promotion=held.pk).context["job"] is None
    mine.post(f"{HERE}recent/", {"given": f"tab=recent&promotion={held.pk}"})
    jobs.run_next(now=moment)
    assert look(mine, tab="recent", promotion=held.pk).context["sums"]["baskets"] == 4


@pytest.mark.django_db(transaction=True)
def test_baskets_outside_of_the_hours_of_an_offer_stay_as_they_were(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 4, now=moment)
    monday = datetime(2026, 11, 16, 10, tzinfo=UTC)
    sell(shop, store=shop.northside, at=monday, count=4)
    sell(shop, store=shop.northside, at=monday + timedelta(days=5), count=4)
    weekend = {**PAIR, "windows": [{"days": [6, 7], "from": 540, "until": 1080}]}
    held = promotion(shop, state="draft", rule=weekend)
    signed_in(shop.owner).post(f"{HERE}recent/", {"given": f"tab=recent&promotion={held.pk}"})
    job = jobs.run_next(now=moment)
    assert job is not None
    assert (job.state, job.result["baskets"], job.result["touched"], job.done, job.total) == ("succeeded", 8, 4, 8, 8)


def test_without_a_promotion_it_asks_for_one(busy: house.Shop, signed_in: Any) -> None:
    client = signed_in(busy.owner)
    assert "Which promotion?" in look(client, tab="recent").content.decode()
    answer = client.post(f"{HERE}recent/", {"given": "tab=recent"}, follow=True)
    assert "Open the simulator from a promotion first." in answer.content.decode()
    assert not Job.objects.exists()
