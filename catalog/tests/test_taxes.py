import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from catalog.models import StoreTax, TaxExemption, TaxRate
from catalog.services import taxes
from catalog.tests.cast import NOW, standard_tax
from kernel.errors import Invalid
from kernel.models import AuditEntry, Message
from org.tests import cast as people

AS = {"now": NOW, "actor": None}
# The day of NOW in UTC, the shop's zone unless somebody sets another.
TODAY = NOW.date()
RATES = Path(__file__).resolve().parents[3] / "shared" / "data" / "tax_rates"


def germany():
    return taxes.create_tax_zone(code="de", name="Germany", country="de", **AS)


def new(tax_class, rate, starts_on=None, **more):
    return taxes.NewRate(tax_class=tax_class.pk, rate=rate, starts_on=starts_on, **more)


def charged(zone, day):
    return [(row.tax_class.code, row.code, row.rate) for row in taxes.rates_on(zone=zone.pk, day=day)]


@pytest.mark.django_db
class TestZonesAndRates:
    def test_a_zone_lies_in_one_country_and_once(self):
        zone = germany()
        assert (zone.country, zone.region) == ("DE", "")
        with pytest.raises(taxes.ZoneTaken) as refused:
            taxes.create_tax_zone(code="other", name="Again", country="DE", **AS)
        assert (refused.value.code, refused.value.field) == ("tax_zone_taken", "country")
        with pytest.raises(taxes.ZoneTaken) as refused:
            taxes.create_tax_zone(code="de", name="Again", country="AT", **AS)
        assert refused.value.field == "code"
        with pytest.raises(Invalid) as refused:
            taxes.create_tax_zone(code="x", name="X", country="1a", **AS)
        assert refused.value.field == "country"

    def test_a_new_rate_ends_the_one_before_on_its_first_day(self):
        zone, tax = germany(), standard_tax()
        taxes.add_rate(zone=zone.pk, rate=new(tax, 190_000), **AS)
        starts = TODAY + timedelta(days=40)
        taxes.add_rate(zone=zone.pk, rate=new(tax, 200_000, starts), **AS)
        assert charged(zone, starts - timedelta(days=1)) == [("standard", "vat", 190_000)]
        assert charged(zone, starts) == [("standard", "vat", 200_000)]
        told = Message.objects.filter(type="catalog.structure.changed", data__code="standard").count()
        assert told == 2
        assert AuditEntry.objects.filter(table="catalog_taxrate").count() == 3

    def test_one_between_two_lasts_until_the_later(self):
        zone, tax = germany(), standard_tax()
        far, near = TODAY + timedelta(days=90), TODAY + timedelta(days=30)
        for rate, starts_on in ((190_000, None), (210_000, far), (160_000, near)):
            taxes.add_rate(zone=zone.pk, rate=new(tax, rate, starts_on), **AS)
        rows = [(row.starts_on, row.ends_on, row.rate) for row in TaxRate.objects.order_by("starts_on")]
        assert sorted(rows, key=str) == sorted([(None, near, 190_000), (near, far, 160_000), (far, None, 210_000)], key=str)

    def test_what_was_charged_stays(self):
        zone, tax = germany(), standard_tax()
        first = taxes.add_rate(zone=zone.pk, rate=new(tax, 190_000), **AS)
        with pytest.raises(taxes.RateHasBegun):
            taxes.add_rate(zone=zone.pk, rate=new(tax, 200_000, TODAY - timedelta(days=1)), **AS)
        with pytest.raises(taxes.RateHasBegun):
            taxes.remove_rate(rate=first.pk, **AS)
        with pytest.raises(taxes.RateHasBegun):
            taxes.end_rate(rate=first.pk, ends_on=TODAY - timedelta(days=1), **AS)
        with pytest.raises(taxes.RateOverlaps):
            taxes.add_rate(zone=zone.pk, rate=new(tax, 200_000), **AS)
        assert charged(zone, TODAY) == [("standard", "vat", 190_000)]

    def test_one_that_was_only_planned_goes_and_the_one_before_runs_on(self):
        zone, tax = germany(), standard_tax()
        taxes.add_rate(zone=zone.pk, rate=new(tax, 190_000), **AS)
        planned = taxes.add_rate(zone=zone.pk, rate=new(tax, 200_000, TODAY + timedelta(days=3)), **AS)
        taxes.remove_rate(rate=planned.pk, **AS)
        assert [(row.starts_on, row.ends_on) for row in TaxRate.objects.all()] == [(None, None)]

    def test_two_taxes_on_one_class_stand_side_by_side(self):
        zone, tax = taxes.create_tax_zone(code="ca-qc", name="Québec", country="CA", region="QC", **AS), standard_tax()
        taxes.add_rate(zone=zone.pk, rate=new(tax, 50_000, code="gst", name="GST"), **AS)
        taxes.add_rate(zone=zone.pk, rate=new(tax, 99_750, code="qst", name="QST", position=1), **AS)
        assert charged(zone, TODAY) == [("standard", "gst", 50_000), ("standard", "qst", 99_750)]

    def test_the_database_lets_no_two_rates_of_a_tax_overlap(self):
        zone, tax = germany(), standard_tax()
        taxes.add_rate(zone=zone.pk, rate=new(tax, 190_000), **AS)
        with pytest.raises(IntegrityError), transaction.atomic():
            TaxRate.objects.create(zone=zone, tax_class=tax, rate=70_000, starts_on=date(2030, 1, 1))

    @pytest.mark.parametrize("rate", [-1, 1_000_000])
    def test_a_rate_is_below_the_whole(self, rate):
        with pytest.raises(Invalid) as refused:
            taxes.add_rate(zone=germany().pk, rate=new(standard_tax(), rate), **AS)
        assert refused.value.field == "rate"

    def test_what_is_not_there_is_said(self):
        tax = standard_tax()
        with pytest.raises(taxes.UnknownZone):
            taxes.add_rate(zone=999, rate=new(tax, 1), **AS)
        with pytest.raises(taxes.UnknownRate):
            taxes.remove_rate(rate=999, **AS)
        with pytest.raises(Invalid) as refused:
            taxes.add_rate(zone=germany().pk, rate=taxes.NewRate(tax_class=999, rate=1), **AS)
        assert refused.value.field == "tax_class"


@pytest.mark.django_db
class TestPlacesAndExemptions:
    def test_a_channel_and_a_store_say_where_they_stand(self):
        house = people.open_shop()
        zone = germany()
        row = taxes.set_channel_tax(channel=house.stores.pk, zone=zone.pk, prices_include_tax=False, rounding="document", cash_rounding=5, **AS)
        assert (row.zone_id, row.prices_include_tax, row.rounding, row.cash_rounding) == (zone.pk, False, "document", 5)
        taxes.set_store_tax(store=house.northside.pk, zone=zone.pk, **AS)
        assert StoreTax.objects.get().zone == zone
        taxes.set_store_tax(store=house.northside.pk, zone=None, **AS)
        assert not StoreTax.objects.exists()

    @pytest.mark.parametrize(("field", "value"), [("rounding", "up"), ("cash_rounding", 0)])
    def test_what_cannot_be_is_refused(self, field, value):
        house = people.open_shop()
        fields = {"zone": None, "prices_include_tax": True, "rounding": "line", "cash_rounding": 1, field: value}
        with pytest.raises(Invalid) as refused:
            taxes.set_channel_tax(channel=house.stores.pk, **fields, **AS)
        assert refused.value.field == field

    def test_a_certificate_is_for_classes_there_are_and_for_a_time(self):
        standard_tax()
        who = uuid4()
        period = {"starts_on": TODAY, "expires_on": TODAY + timedelta(days=365)}
        taxes.add_exemption(customer=who, certificate=" R 77 ", classes=["standard"], **period, **AS)
        assert TaxExemption.objects.get(customer=who).certificate == "R 77"
        with pytest.raises(Invalid) as refused:
            taxes.add_exemption(customer=who, certificate="x", classes=["nonsense"], **period, **AS)
        assert refused.value.field == "classes"
        with pytest.raises(Invalid) as refused:
            taxes.add_exemption(customer=who, certificate="x", starts_on=TODAY, expires_on=TODAY, **AS)
        assert refused.value.field == "expires_on"


def read(name):
    """Numbers as they are written: no rate passes through a binary fraction."""
    return json.loads((RATES / name).read_text(), parse_float=Decimal, parse_int=Decimal)


def ppm(written):
    scaled = written * 1_000_000
    assert scaled == int(scaled), written
    return int(scaled)


def in_time(told):
    """Rates with the day they began: "before" tells what held until its moment, the plain one holds today."""
    changes = sorted((datetime.fromisoformat(moment).date(), was["rate"]) for moment, was in told.get("before", {}).items())
    return list(zip([None] + [day for day, _ in changes], [rate for _, rate in changes] + [told["rate"]], strict=True))


@pytest.mark.django_db
class TestRatesOfTheWorld:
    """Published rates, dated changes included, go in and come out on every one of their days."""

    def test_every_country_and_its_changes(self):
        tax = standard_tax()
        expected = []
        long_ago = datetime(2000, 1, 1, tzinfo=UTC)
        for country, told in sorted(read("sales_tax_rates.json").items()):
            places = [("", told, "vat"), *((region, own, own["type"]) for region, own in sorted(told.get("states", {}).items()))]
            for region, own, code in places:
                name = f"{country}-{region}" if region else country
                zone = taxes.create_tax_zone(code=name.lower(), name=name, country=country, region=region, now=long_ago, actor=None)
                # Written as what comes on top of the country's: where that is less than nothing, the sum is charged.
                for day, rate in in_time(own if own["rate"] >= 0 else own | {"rate": told["rate"] + own["rate"]}):
                    taxes.add_rate(zone=zone.pk, rate=new(tax, ppm(rate), day, code=code), now=long_ago, actor=None)
                    expected.append((zone, day, code, ppm(rate)))
        assert len({zone.pk for zone, *_ in expected}) >= 180
        assert any(day is not None for _, day, *_ in expected)
        for zone, day, code, rate in expected:
            assert charged(zone, day or date(1990, 1, 1)) == [("standard", code, rate)]

    def test_every_european_rate_is_written_without_loss(self):
        tax = standard_tax()
        for country, rates in sorted(read("eu_vat_rates_data.json")["rates"].items()):
            zone = taxes.create_tax_zone(code=country.lower(), name=rates["country"], country=country, **AS)
            taxes.add_rate(zone=zone.pk, rate=new(tax, ppm(rates["standard"] / 100)), **AS)
            assert charged(zone, TODAY) == [("standard", "vat", ppm(rates["standard"] / 100))]
