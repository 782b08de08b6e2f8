"""Promotions in the back office: written as a sentence, warned about, sent on, let in by somebody else; and nobody without the role."""

import html
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from backoffice.tests import shop as house
from catalog import search, services
from catalog.models import Coupon, Promotion, Redemption
from org import services as org
from org import settings
from org.tests.doorstep import statements

LIST = "/admin/catalog/promotion/"


@pytest.fixture
def people(shop, moment):
    """The shop with drinks, and those whose work promotions are."""
    house.add_products(shop, 4, now=moment)
    search.rebuild()
    for name, role in (("max", "merchandiser"), ("petra", "pricing_manager")):
        setattr(shop, name, org.create_user(username=name, name=name.title()))
        org.grant_role(user=getattr(shop, name), role=role)
    return shop


def typed(**given):
    return {
        "name": "2 for 5.00 drinks",
        "kind": "set",
        "set-size": "2",
        "set-value": "5.00",
        "selection": "category:drinks",
        "combination": "exclusive",
        "priority": "0",
        "then": "save",
        **{name.replace("__", "-"): value for name, value in given.items()},
    }


def drafted(client, **given):
    answer = client.post(f"{LIST}add/", typed(**given))
    assert answer.status_code == 302, answer.context["form"].errors | {"": answer.context["form"].trouble}
    return Promotion.objects.get(pk=answer["Location"].split("/")[-3])


def do(client, row, what, **given):
    return client.post(f"{LIST}{row.pk}/do/", {"do": what, **given})


def errors(answer):
    assert answer.status_code == 422
    return answer.context["form"].errors


OFFERS = [
    ({"kind": "percent", "percent-value": "12,5"}, {"kind": "percent", "value": 125_000}, "12.5% off Drinks"),
    ({"kind": "amount", "amount-value": "0.55"}, {"kind": "amount", "value": 55}, "0.55 off each: Drinks"),
    ({"kind": "fixed", "fixed-value": "2"}, {"kind": "fixed", "value": 200}, "2.00 each: Drinks"),
    ({"kind": "set"}, {"kind": "set", "size": 2, "value": 500}, "2 for 5.00: Drinks"),
    (
        {"kind": "cheapest", "cheapest-size": "3"},
        {"kind": "buy_get", "buy": 2, "get": 1, "percent": 1_000_000, "selection": None},
        "3 for 2: Drinks",
    ),
    (
        {"kind": "buy_get", "buy_get-buy": "2", "buy_get-get": "1", "buy_get-percent": "50", "other": "sku:12204"},
        {"kind": "buy_get", "buy": 2, "get": 1, "percent": 500_000, "selection": {"any": {"sku": ["12204"]}, "except": {}}},
        "Buy 2 Drinks, get 1 Elderflower pressé 330 ml",
    ),
    (
        {"kind": "tiers", "tiers-by": "quantity", "step-0-from": "3", "step-0-kind": "percent", "step-0-value": "10"},
        {"kind": "tiers", "by": "quantity", "steps": [{"from": 3, "kind": "percent", "value": 100_000}]},
        "Drinks: from 3 10%",
    ),
    (
        {"kind": "gift", "gift-quantity": "1", "other": "sku:12204"},
        {"kind": "gift", "quantity": 1, "selection": {"any": {"sku": ["12204"]}, "except": {}}},
        "Elderflower pressé 330 ml free with Drinks",
    ),
    (
        {"kind": "basket_percent", "basket_percent-value": "10", "minimum-amount": "30"},
        {"kind": "percent", "value": 100_000},
        "10% off the basket from 30.00",
    ),
    ({"kind": "delivery_free"}, {"kind": "percent", "value": 1_000_000}, "Free delivery"),
    ({"kind": "delivery_fixed", "delivery_fixed-value": "1.90"}, {"kind": "fixed", "value": 190}, "Delivery for 1.90"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "reward", "words"), OFFERS)
def test_every_kind_of_offer_is_written_and_read_back(people, signed_in, given, reward, words):
    max = signed_in(people.max)
    row = drafted(max, **given)
    assert row.rule["reward"] == reward
    assert row.rule["level"] == {"basket": "order", "delivery": "delivery"}.get(given["kind"].partition("_")[0], "line")
    page = max.get(f"{LIST}{row.pk}/change/")
    form = page.context["form"]
    for name, value in given.items():
        assert form.say(name).removesuffix(".00") == value.replace(",", ".").removesuffix(".00"), name
    assert words in html.unescape(max.get(LIST).content.decode())


def test_a_bundle_has_parts_of_its_own(people, signed_in):
    slots = {"slot-0-name": "Drink", "slot-0-quantity": "1", "slot-0-selection": "category:drinks", "slot-1-quantity": "2"}
    slots |= {"slot-1-selection": "sku:12204\nsku:12205", "slot-1-selection-except": "sku:12206", "slot-1-name": ""}
    row = drafted(signed_in(people.max), kind="bundle", **{"bundle-as": "price", "bundle-value": "7.50"}, **slots)
    assert row.rule["reward"]["slots"][1] == {
        "name": "",
        "quantity": 2,
        "selection": {"any": {"sku": ["12204", "12205"]}, "except": {"sku": ["12206"]}},
    }
    assert row.rule["selection"] == {"any": {}, "except": {}}


def test_all_other_parts_of_the_page_are_kept(people, signed_in):
    settings.put("shop.timezone", "Europe/Berlin")
    row = drafted(
        signed_in(people.max),
        starts_at="2027-04-17T09:00",
        ends_at="2027-04-18T18:00",
        weekly="1",
        where=["store:northside", "channel:stores"],
        combination="stack",
        groups="club, staff",
        segments="new",
        first_order="1",
        needs_coupon="1",
        per_basket="2",
        most_uses="500",
        budget="250",
        offline="refuse",
        supplier="Brightwater",
        supplier_share="40",
        receipt_text="2 for 5.00",
        **{"window-0-days": ["6", "7"], "window-0-from": "09:00", "window-0-until": "18:00", "stack_limit": "30"},
        **{"need-0-selection": "sku:12205", "need-0-quantity": "1"},
    )
    rule = row.rule
    assert (row.starts_at.isoformat(), row.ends_at.isoformat()) == ("2027-04-17T07:00:00+00:00", "2027-04-18T16:00:00+00:00")
    assert rule["windows"] == [{"days": [6, 7], "from": 540, "until": 1080}]
    assert (rule["stores"], rule["channels"], rule["groups"], rule["segments"]) == (["northside"], ["stores"], ["club", "staff"], ["new"])
    assert (rule["first_order"], rule["staff"], rule["per_basket"], rule["stack_limit"]) == (True, False, 2, 300_000)
    assert (row.needs_coupon, row.most_uses, row.budget, row.offline) == (True, 500, 25_000, "refuse")
    assert (row.supplier, row.supplier_share, row.receipt_text) == ("Brightwater", 400_000, "2 for 5.00")
    assert rule["needs"][0]["selection"]["any"] == {"sku": ["12205"]}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"name": ""}, "name"),
        ({"set__value": "five"}, "set-value"),
        ({"set__size": ""}, "set-size"),
        ({"set__size": "1"}, "set-size"),
        ({"kind": "percent", "percent__value": "120"}, "percent-value"),
        ({"selection": "category:tea"}, "selection"),
        ({"selection": "tea"}, "selection"),
        ({"where": "store:moon"}, "where"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": "2027-04-17T09:00", "ends_at": "2027-04-16T09:00"}, "ends_at"),
        ({"weekly": "1"}, "window-0-days"),
        ({"most_uses": "10"}, "offline"),
        ({"supplier_share": "40"}, "supplier"),
        ({"kind": "bundle", "bundle-as": "price", "bundle-value": "5", "slot-0-selection": "sku:none", "slot-0-quantity": "1",
          "slot-1-selection": "sku:12204", "slot-1-quantity": "1"}, "slot-0-selection"),
        ({"kind": "tiers", "tiers-by": "quantity", "step-0-from": "3", "step-0-kind": "percent", "step-0-value": "10",
          "step-1-from": "2", "step-1-kind": "percent", "step-1-value": "20"}, "step-1-from"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_input_and_the_rest_is_kept(people, signed_in, given, name):
    answer = signed_in(people.max).post(f"{LIST}add/", typed(**given))
    assert name in errors(answer)
    assert not Promotion.objects.exists()
    assert answer.context["form"].say("combination") == "exclusive"


def test_a_merchandiser_drafts_and_a_pricing_manager_lets_it_in(people, signed_in):
    settings.put("pricing.approval_change", 100_000)
    max, petra = signed_in(people.max), signed_in(people.petra)
    row = drafted(max, kind="percent", percent__value="40", then="submit")
    assert row.state == Promotion.State.WAITING
    assert "cheaper: more than 10%" in petra.get(f"{LIST}{row.pk}/change/").content.decode()
    assert do(max, row, "approve").status_code == 403
    do(petra, row, "approve")
    row.refresh_from_db()
    assert (row.state, row.decided_by) == (Promotion.State.APPROVED, people.petra.pk)
    assert "let it in" in petra.get(f"{LIST}{row.pk}/change/").content.decode()


def test_a_pricing_manager_does_not_approve_what_is_her_own(people, signed_in):
    settings.put("pricing.approval_change", 100_000)
    petra = signed_in(people.petra)
    row = drafted(petra, kind="percent", percent__value="40", then="submit")
    page = petra.get(f"{LIST}{row.pk}/change/").content.decode()
    assert 'value="approve"' not in page
    do(petra, row, "approve")
    row.refresh_from_db()
    assert row.state == Promotion.State.WAITING


def test_nobody_approves_or_overwrites_what_they_have_not_seen(people, signed_in):
    settings.put("pricing.approval_change", 100_000)
    max, petra = signed_in(people.max), signed_in(people.petra)
    row = drafted(max, kind="percent", percent__value="40", then="submit")
    seen = petra.get(f"{LIST}{row.pk}/change/").context["seen"]
    max.post(f"{LIST}{row.pk}/change/", typed(kind="percent", percent__value="95", then="submit"))
    do(petra, row, "approve", seen=seen)
    row.refresh_from_db()
    assert (row.state, row.rule["reward"]["value"]) == (Promotion.State.WAITING, 950_000)
    answer = petra.post(f"{LIST}{row.pk}/change/", typed(name="Mine", seen=seen))
    assert "Somebody else has changed it" in answer.content.decode()
    assert answer.context["form"].say("name") == "Mine"
    do(petra, row, "approve", seen=answer.context["seen"])
    row.refresh_from_db()
    assert row.state == Promotion.State.APPROVED


def test_it_is_sent_back_with_a_word(people, signed_in):
    settings.put("pricing.approval_change", 100_000)
    max = signed_in(people.max)
    row = drafted(max, kind="percent", percent__value="40", then="submit")
    do(signed_in(people.petra), row, "refuse", remark="Too deep <b>")
    page = max.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "Petra sent it back" in page
    assert "Too deep &lt;b&gt;" in page


def test_a_live_one_changes_only_its_end_and_receipt_text(people, signed_in):
    max = signed_in(people.max)
    row = drafted(max, then="submit")
    assert row.state == Promotion.State.APPROVED
    page = max.get(f"{LIST}{row.pk}/change/")
    assert "Customers get it now" in page.content.decode()
    answer = max.post(f"{LIST}{row.pk}/change/", {**typed(), "set-value": "1.00", "receipt_text": "Drinks!"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.rule["reward"]["value"], row.receipt_text, row.state) == (500, "Drinks!", Promotion.State.APPROVED)


def test_ended_put_away_and_copied(people, signed_in):
    max = signed_in(people.max)
    live, draft = drafted(max, then="submit"), drafted(max, name="Draft")
    do(max, live, "end")
    do(max, draft, "archive")
    assert set(Promotion.objects.values_list("state", flat=True)) == {Promotion.State.ENDED}
    answer = do(max, live, "duplicate")
    copy = Promotion.objects.get(state=Promotion.State.DRAFT)
    assert answer["Location"] == f"{LIST}{copy.pk}/change/"
    assert "disabled" in max.get(f"{LIST}{live.pk}/change/").content.decode()


def test_conflicts_are_told_before_anything_is_saved(people, signed_in):
    max = signed_in(people.max)
    other = drafted(max, name="Spring Sale", kind="percent", percent__value="10", then="submit")
    told = max.post(f"{LIST}check/", typed()).json()
    assert told["counts"]["selection"] == "4 SKUs"
    assert "Overlaps Spring Sale on 4 SKUs; customer gets" in told["banner"]
    assert str(other.pk) in told["banner"]
    assert "They cost 1.80 to 2.10." in told["hint"] or "SKU" not in told["hint"]
    assert "Overlaps Spring Sale" in max.post(f"{LIST}check/", typed(name="")).json()["banner"]
    assert Promotion.objects.count() == 1
    assert max.post(f"{LIST}check/", typed(selection="category:drinks", **{"selection-except": "category:drinks"})).json()["banner"].strip() == ""


def test_the_cheaper_one_wins_when_it_is_asked_for(people, signed_in):
    max = signed_in(people.max)
    other = drafted(max, name="Spring Sale", kind="percent", percent__value="10", then="submit")
    mine = drafted(max, combination="best", group=other.code, compete_with=[str(other.pk), "nonsense"])
    other.refresh_from_db()
    assert (other.combination, other.group, mine.group) == ("best", other.code, other.code)


def test_a_check_of_half_a_sentence_says_what_is_missing_and_breaks_nothing(people, signed_in):
    max = signed_in(people.max)
    for given in ({}, {"kind": "unheard"}, {"kind": "bundle"}, typed(set__value=""), typed(selection="sku:none"), {"kind": "tiers", "tiers-by": "x"}):
        answer = max.post(f"{LIST}check/", given)
        assert answer.status_code == 200
        assert answer.json()["errors"] or answer.json()["trouble"], given


def test_selections_are_found_by_a_part_of_a_name(people, signed_in):
    max = signed_in(people.max)
    assert {choice["facet"] for choice in max.get(f"{LIST}choices/?q=drin").json()["choices"]} >= {"category:drinks"}
    assert {choice["facet"] for choice in max.get(f"{LIST}choices/?q=1220").json()["choices"]} == {f"sku:{12204 + n}" for n in range(4)}
    assert max.get(f"{LIST}choices/").json()["choices"][0]["facet"] == "category:drinks"
    assert max.get(f"{LIST}choices/?q=%25_%00").json()["choices"] is not None


@pytest.mark.parametrize(("who", "sees", "drafts", "approves"), [
    ("owner", True, True, True), ("max", True, True, False), ("petra", True, True, True),
    ("viewer", True, False, False), ("mia", True, False, False), ("carla", False, False, False), (None, False, False, False),
])  # fmt: skip
def test_who_may_do_what(people, signed_in, client, who, sees, drafts, approves):
    settings.put("pricing.approval_change", 100_000)
    row = drafted(signed_in(people.max), kind="percent", percent__value="40", then="submit")
    door = signed_in(getattr(people, who)) if who else client
    page = f"{LIST}{row.pk}/change/"
    assert [door.get(path).status_code == 200 for path in (LIST, page)] == [sees, sees]
    assert [door.get(path).status_code == 200 for path in (f"{LIST}add/", f"{LIST}choices/")] == [drafts, drafts]
    assert (door.post(f"{LIST}check/", typed()).status_code == 200) == drafts
    held = Promotion.objects.count()
    door.post(f"{LIST}add/", typed())
    door.post(page, typed(name="Mine now"))
    assert (Promotion.objects.count() > held) == drafts
    row.refresh_from_db()
    assert (row.name == "Mine now") == drafts
    for path in (f"/admin/catalog/coupon/make/{row.pk}/", f"/admin/catalog/coupon/csv/{row.pk}/", "/admin/catalog/coupon/"):
        assert (door.get(path).status_code == 200) == drafts, path
    assert (
        door.post(f"/admin/catalog/coupon/make/{row.pk}/", {"do": "write", "codes": "MINE"}).status_code == 302 and Coupon.objects.exists()
    ) == drafts
    Promotion.objects.filter(pk=row.pk).update(state="waiting", reason="Deep", changed_by=uuid4(), decided_by=None)
    door.post(f"{LIST}{row.pk}/do/", {"do": "approve"})
    row.refresh_from_db()
    assert (row.state == Promotion.State.APPROVED) == approves
    for doing in ("end", "duplicate", "archive", "submit", "refuse", "unheard"):
        before = Promotion.objects.filter(state="ended").count(), Promotion.objects.count()
        door.post(f"{LIST}{row.pk}/do/", {"do": doing})
        if not drafts:
            assert (Promotion.objects.filter(state="ended").count(), Promotion.objects.count()) == before


def many(people, count):
    now = timezone.now()
    for number in range(count):
        rule = {
            "selection": {"any": {"category": ["drinks"], "sku": [f"{12204 + number % 4}"]}},
            "reward": {"kind": "percent", "value": 10_000 + number},
        }
        rule |= {"stores": ["northside"] if number % 2 else []}
        services.create_promotion(values={"name": f"Offer {number}", "rule": rule, "budget": 100, "offline": "allow"}, now=now, actor=people.max.pk)


def test_the_list_costs_the_same_for_1_10_and_100(people, signed_in):
    viewer, seen = signed_in(people.viewer), []
    for count in (1, 9, 90):
        many(people, count)
        viewer.get(LIST)
        with statements() as asked:
            assert viewer.get(LIST).status_code == 200
        seen.append(len(asked))
    assert seen[0] == seen[1] == seen[2], seen


def test_the_list_is_narrowed_by_state_store_and_kind(people, signed_in):
    max = signed_in(people.max)
    drafted(max, name="Drafted one")
    drafted(max, name="Live one", then="submit", where="store:northside")
    later = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    drafted(max, name="Later one", then="submit", starts_at=later, kind="delivery_free", where="store:riverside")

    def shown(query):
        page = max.get(f"{LIST}?{query}")
        return {name.split()[0] for name in ("Drafted one", "Live one", "Later one") if f">{name}<" in page.content.decode()}

    assert shown("state=draft") == {"Drafted"}
    assert shown("state=live") == {"Live"}
    assert shown("state=planned") == {"Later"}
    assert shown("state=ended") == set()
    assert shown("store=northside") == {"Drafted", "Live"}
    assert shown("kind=delivery") == {"Later"}
    assert shown("q=later") == {"Later"}


def test_coupons_are_made_listed_voided_and_exported(people, signed_in):
    max = signed_in(people.max)
    row = drafted(max, needs_coupon="1")
    make = f"/admin/catalog/coupon/make/{row.pk}/"
    assert max.post(make, {"do": "generate", "count": "12", "prefix": "tea", "batch": "Flyer", "each_uses": "1"}).status_code == 302
    assert max.post(make, {"do": "write", "codes": "SPRING\nsummer 26"}).status_code == 302
    assert max.post(make, {"do": "write", "codes": "SPRING"}).status_code == 422
    page = max.get(f"/admin/catalog/coupon/?promotion__id__exact={row.pk}").content.decode()
    assert "SUMMER26" in page
    assert "TEA-" in page
    assert "SPRING" not in max.get(f"/admin/catalog/coupon/?promotion__id__exact={row.pk}&q=tea-").content.decode()
    max.post("/admin/catalog/coupon/", {"action": "void", "_selected_action": ["SPRING"], "index": "0", "select_across": "0"})
    assert Coupon.objects.get(code="SPRING").voided_at is not None
    max.post(make, {"do": "void", "batch": "Flyer"})
    assert Coupon.objects.filter(voided_at=None).count() == 1
    lines = b"".join(max.get(f"/admin/catalog/coupon/csv/{row.pk}/").streaming_content).decode().splitlines()
    assert len(lines) == 15


def test_coupons_are_listed_in_the_same_statements_for_1_10_and_100(people, signed_in):
    max, seen = signed_in(people.max), []
    row = drafted(max, needs_coupon="1")
    for count in (1, 9, 90):
        services.generate_coupons(promotion=row.pk, count=count, batch=f"Flyer {count}", now=timezone.now(), actor=people.max.pk)
        max.get("/admin/catalog/coupon/")
        with statements() as asked:
            max.get(f"/admin/catalog/coupon/?promotion__id__exact={row.pk}")
        seen.append(len(asked))
    assert seen[0] == seen[1] == seen[2], seen


def test_kept_baskets_that_come_out_otherwise_are_told_before_it_goes_live(people, signed_in):
    settings.put("pricing.approval_change", 100_000)
    max = signed_in(people.max)
    row = drafted(max, kind="percent", percent__value="40")
    kept = {"basket": {"lines": [{"sku": "12204", "quantity": 1000}]}, "channel": people.stores.pk, "store": people.northside.pk, "currency": "EUR"}
    for name, expected in (("As it was", 180), ("As it shall be", 108)):
        services.save_simulation(name=name, expected=expected, promotion=row.pk, now=timezone.now(), actor=people.max.pk, **kept)
    assert [one.name for one in services.rerun_simulations(promotion=row.pk, now=timezone.now())] == ["As it was"]
    page = max.get(f"{LIST}{row.pk}/change/")
    assert max.get(page.context["simulator"]).status_code == 200
    do(max, row, "submit")
    page = signed_in(people.petra).get(f"{LIST}{row.pk}/change/").content.decode()
    assert "As it was: 1.08 instead of 1.80" in page
    assert "As it shall be:" not in page


def test_odd_addresses_lead_nowhere(people, signed_in):
    max = signed_in(people.max)
    assert max.get(f"{LIST}{uuid4()}/change/").status_code == 302
    assert max.get(f"{LIST}nonsense/change/").status_code == 302
    assert max.post(f"{LIST}{uuid4()}/do/", {"do": "end"}).status_code == 302
    assert max.get(f"{LIST}?state=%00&store=x&kind=y").status_code in (200, 302)
    assert max.get(f"/admin/catalog/coupon/make/{uuid4()}/").status_code == 302
    assert max.get("/admin/catalog/coupon/?promotion__id__exact=nonsense").status_code in (200, 302)
    assert json.loads(max.post(f"{LIST}{uuid4()}/check/", typed()).content)["hint"]
    assert not Redemption.objects.exists()
