"""Pages of taxes: a zone, its rates in time, where channels and stores stand; and who may only look, only looks."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import ChannelTax, StoreTax, TaxExemption, TaxRate, TaxZone
from catalog.services import taxes
from org import services as org

PAGES = ["taxzone", "taxrate", "channeltax", "storetax", "taxexemption"]


def post(client, path, **fields):
    return client.post(f"/admin/catalog/{path}/", fields)


def errors(answer):
    assert answer.status_code == 422
    return {name: list(found) for name, found in answer.context["form"].errors.items()}


@pytest.fixture
def olga(shop, signed_in):
    return signed_in(shop.owner)


@pytest.fixture
def germany(shop, moment):
    return taxes.create_tax_zone(code="de", name="Germany", country="DE", now=moment, actor=None)


def rated(zone, tax_class, rate, **more):
    return taxes.add_rate(zone=zone.pk, rate=taxes.NewRate(tax_class=tax_class.pk, rate=rate, **more), now=timezone.now(), actor=None)


def typed(shop, zone, **more):
    return {"zone": zone.pk, "tax_class": shop.food.pk, "code": "vat", "name": "VAT", "rate": "7", "starts_on": "", "position": "0", **more}


def test_a_zone_is_added_and_its_rates_follow_each_other(olga, shop):
    post(olga, "taxzone/add", name="Germany", code="de", country="de", region="")
    zone = TaxZone.objects.get()
    assert zone.country == "DE"
    post(olga, "taxrate/add", **typed(shop, zone))
    starts = timezone.localdate() + timedelta(days=40)
    post(olga, "taxrate/add", **typed(shop, zone, rate="7,5", starts_on=starts.isoformat()))
    assert sorted(TaxRate.objects.values_list("rate", "starts_on", "ends_on"), key=str) == sorted(
        [(70_000, None, starts), (75_000, starts, None)], key=str
    )
    page = olga.get("/admin/catalog/taxzone/").content.decode()
    assert "Food 7%" in page
    assert "7.5%" not in page  # not yet
    planned = olga.get("/admin/catalog/taxrate/?when=planned").content.decode()
    assert "7.5%" in planned


def test_a_rate_in_the_past_is_refused_at_its_field(olga, shop, germany):
    rated(germany, shop.food, 70_000)
    yesterday = timezone.localdate() - timedelta(days=1)
    found = errors(post(olga, "taxrate/add", **typed(shop, germany, rate="8", starts_on=yesterday.isoformat())))
    assert list(found) == ["starts_on"]
    assert TaxRate.objects.count() == 1


def test_a_planned_rate_is_taken_out_and_one_that_holds_is_ended(olga, shop, germany):
    held = rated(germany, shop.food, 70_000)
    planned = rated(germany, shop.food, 80_000, starts_on=timezone.localdate() + timedelta(days=9))
    post(olga, f"taxrate/{planned.pk}/change", remove="1")
    assert TaxRate.objects.get().ends_on is None
    post(olga, f"taxrate/{held.pk}/change", remove="1")
    assert TaxRate.objects.count() == 1
    last = timezone.localdate() + timedelta(days=3)
    post(olga, f"taxrate/{held.pk}/change", ends_on=last.isoformat())
    assert TaxRate.objects.get().ends_on == last


def test_channels_and_stores_say_where_they_stand(olga, shop, germany):
    fields = {"zone": germany.pk, "rounding": "document", "cash_rounding": "5"}
    post(olga, "channeltax/add", channel=shop.stores.pk, **fields)
    row = ChannelTax.objects.get()
    assert (row.channel, row.prices_include_tax, row.rounding, row.cash_rounding) == (shop.stores, False, "document", 5)
    post(olga, f"channeltax/{row.pk}/change", **{**fields, "prices_include_tax": "on"})
    assert ChannelTax.objects.get().prices_include_tax
    post(olga, "storetax/add", store=shop.northside.pk, zone=germany.pk)
    assert StoreTax.objects.get().store == shop.northside
    post(olga, f"storetax/{shop.northside.pk}/change", remove="1")
    assert not StoreTax.objects.exists()


def test_a_certificate_is_written_down_once(olga, shop):
    today = timezone.localdate()
    fields = {
        "customer": str(uuid4()),
        "certificate": "R-77",
        "starts_on": today,
        "expires_on": today + timedelta(days=365),
        "classes": [shop.food.pk],
    }
    post(olga, "taxexemption/add", **fields)
    row = TaxExemption.objects.get()
    assert (row.certificate, row.classes) == ("R-77", ["food"])
    assert olga.get(f"/admin/catalog/taxexemption/{row.pk}/change/").status_code == 200
    assert post(olga, f"taxexemption/{row.pk}/change", **fields).status_code == 403
    assert errors(post(olga, "taxexemption/add", **{**fields, "expires_on": today})) == {"expires_on": ["It expires before it begins."]}


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_list_says_what_to_do(page, olga):
    answer = olga.get(f"/admin/catalog/{page}/")
    assert 'class="empty"' in answer.content.decode()


@pytest.mark.parametrize(("role", "sees", "writes"), [("viewer", True, False), ("merchandiser", True, True), ("pricing_manager", True, True)])
def test_who_may_write_about_taxes(role, sees, writes, shop, signed_in, germany):
    user = org.create_user(username="pat", name="Pat", password=None)
    org.grant_role(user=user, role=role)
    client = signed_in(user)
    assert (client.get("/admin/catalog/taxrate/").status_code == 200) is sees
    answer = post(client, "taxrate/add", **typed(shop, germany))
    assert (answer.status_code == 302, TaxRate.objects.exists()) == (writes, writes)


@pytest.mark.parametrize("page", PAGES)
def test_a_cashier_and_a_stranger_see_nothing(page, shop, signed_in, client, germany):
    for somebody in (signed_in(shop.carla), client):
        answer = somebody.get(f"/admin/catalog/{page}/")
        assert answer.status_code in (302, 403)
        assert "Germany" not in answer.content.decode()


def test_statements_do_not_grow_with_rows(olga, shop, moment):
    counts = []
    for number in range(12):
        zone = taxes.create_tax_zone(code=f"z{number}", name=f"Zone {number}", country=f"A{chr(65 + number)}", now=moment, actor=None)
        rated(zone, shop.food, 10_000 * number)
        if number in (0, 11):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                olga.get("/admin/catalog/taxzone/")
                olga.get("/admin/catalog/taxrate/")
            counts.append(len(seen))
    assert counts[0] == counts[1]
