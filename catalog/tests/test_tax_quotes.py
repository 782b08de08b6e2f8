from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction

from catalog import tax_quotes
from catalog.pricing import evaluate
from catalog.services import taxes
from catalog.tests.cast import NOW, standard_tax
from catalog.tests.pricing import shapes

AS = {"now": NOW, "actor": None}
ASKED = tax_quotes.Asked(
    currency="CAD",
    prices_include_tax=False,
    country="CA",
    region="QC",
    postcode="H2X 1Y4",
    day=date(2026, 11, 22),
    lines=(tax_quotes.Part(1, 10_000, "standard", "OATS"), tax_quotes.Part(2, 999, "none")),
    charges=(tax_quotes.Part(1, 500, "standard"),),
)


@pytest.fixture
def quebec(db):
    tax = standard_tax()
    country = taxes.create_tax_zone(code="ca", name="Canada", country="CA", **AS)
    region = taxes.create_tax_zone(code="ca-qc", name="Québec", country="CA", region="QC", **AS)
    for zone in (country, region):
        taxes.add_rate(zone=zone.pk, rate=taxes.NewRate(tax_class=tax.pk, rate=50_000, code="gst", name="GST"), **AS)
    taxes.add_rate(zone=region.pk, rate=taxes.NewRate(tax_class=tax.pk, rate=99_750, code="qst", name="QST", position=1), **AS)


class FarAway:
    """A service that has to be asked over the network."""

    local = False

    def taxes(self, asked):
        return [[] for _ in asked.lines], [[] for _ in asked.charges]


def basket():
    lines = [shapes.line(1, 10_000, tax_class="standard"), shapes.line(2, 999, tax_class="none")]
    return shapes.basket(*lines, charges=(shapes.charge(1, 500, tax_class="standard"),))


RULES = shapes.rules(prices_include_tax=False, taxes={"standard": shapes.VAT, "none": []})


class TestQuotes:
    def test_each_part_is_taxed_as_its_class_is_where_it_goes(self, quebec):
        quote = tax_quotes.quote(asked=ASKED)
        told = [(row["code"], row["rate"], row["amount"]) for row in quote.lines[1]]
        assert told == [("gst", 50_000, 500), ("qst", 99_750, 998)]  # 14.975 % of 100.00 is 14.98, the odd cent where most is left over
        assert quote.lines[2] == []
        assert sum(row["amount"] for row in quote.charges[1]) == 75

    def test_a_region_without_rules_of_its_own_has_those_of_its_country(self, quebec):
        quote = tax_quotes.quote(asked=replace(ASKED, region="AB"))
        assert [row["code"] for row in quote.lines[1]] == ["gst"]

    def test_a_place_nobody_spoke_of_is_refused(self, quebec):
        with pytest.raises(tax_quotes.NoTaxThere) as refused:
            tax_quotes.quote(asked=replace(ASKED, country="FR", region=""))
        assert (refused.value.code, refused.value.field) == ("tax_place_unknown", "country")
        assert "FR" in refused.value.message

    def test_what_was_asked_about_is_charged_as_quoted(self, quebec):
        facts = shapes.facts(tax_quote=tax_quotes.quote(asked=ASKED).facts(ASKED))
        totals = evaluate(basket(), RULES, facts, shapes.NOON)["totals"]
        assert (totals["tax"], totals["total"]) == (1_498 + 75, 10_000 + 999 + 500 + 1_498 + 75)

    @pytest.mark.parametrize("change", [{"postcode": "H2X 1Y5"}, {"lines": (tax_quotes.Part(1, 10_001, "standard"),)}, {"region": ""}])
    def test_for_anything_else_it_is_not_used(self, quebec, change):
        quote = tax_quotes.quote(asked=ASKED)
        with pytest.raises(tax_quotes.QuoteOutdated):
            quote.facts(replace(ASKED, **change))

    def test_nobody_far_away_is_asked_inside_a_transaction(self, db, settings):
        settings.TAX_QUOTES = f"{__name__}.FarAway"
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            tax_quotes.quote(asked=ASKED)

    @pytest.mark.django_db(transaction=True)
    def test_outside_of_one_it_is(self, settings):
        settings.TAX_QUOTES = f"{__name__}.FarAway"
        assert tax_quotes.quote(asked=ASKED).lines == {1: [], 2: []}
