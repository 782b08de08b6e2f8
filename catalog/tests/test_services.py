import threading
import uuid

import pytest
from django.db import connection, transaction

from catalog import services
from catalog.gtin import GtinWrongCheckDigit
from catalog.models import Category, Gtin, Price, Product, Variant
from catalog.tests.cast import LATER, NOW, oats, standard_tax
from kernel.errors import Invalid
from kernel.models import Message

pytestmark = pytest.mark.django_db


def events_of(product):
    rows = Message.objects.filter(aggregate_id=product.id).order_by("sequence")
    return [(row.sequence, row.data["change"]) for row in rows]


def test_a_product_is_made_whole_with_its_event():
    product = oats()
    assert product.handle == "rolled-oats"
    assert product.sort_key == "rolled oats"
    variant = product.variants.get()
    assert variant.gtins.get().gtin == "04006381333931"
    assert variant.prices.get().amount == 149
    assert events_of(product) == [(1, "created")]


@pytest.mark.parametrize("bad", [{"sku": ""}, {"gtins": ["4006381333932"]}, {"prices": {"EUR": -1}}, {"prices": {"eur": 1}}, {"net_content": 5}])
def test_nothing_is_left_of_a_product_with_one_bad_part(bad):
    good = services.NewVariant(sku="A", prices={"EUR": 1})
    wrong = services.NewVariant(**{"sku": "B", **bad})
    with pytest.raises((Invalid, GtinWrongCheckDigit)):
        services.create_product(name="Half", tax_class=standard_tax(), variants=[good, wrong], now=NOW, actor=None)
    assert not Product.objects.exists()
    assert not Variant.objects.exists()
    assert not Gtin.objects.exists()
    assert not Message.objects.exists()


def test_names_sort_without_accents_and_case():
    product = oats(name="Élan Äpfel")
    assert product.sort_key == "elan apfel"


def test_handle_sku_and_code_are_nobody_elses():
    product = oats()
    tax = product.tax_class
    for refusal, variant, handle in [
        (services.HandleTaken, services.NewVariant(sku="X"), "rolled-oats"),
        (services.SkuTaken, services.NewVariant(sku="OATS-500"), "x"),
        (services.GtinTaken, services.NewVariant(sku="X", gtins=["04006381333931"]), "x"),
    ]:
        with pytest.raises(refusal):
            services.create_product(name="Other", handle=handle, tax_class=tax, variants=[variant], now=NOW, actor=None)
    assert Product.objects.count() == 1


def test_a_product_without_a_price_is_not_active():
    tax = standard_tax()
    with pytest.raises(services.NothingToSell):
        oats(variants=[services.NewVariant(sku="X")], tax_class=tax)
    draft = oats(variants=[services.NewVariant(sku="X")], status="draft", tax_class=tax)
    with pytest.raises(services.NothingToSell):
        services.change_product(product=draft.id, fields={"status": "active"}, now=NOW, actor=None)


def test_a_change_is_numbered_and_the_same_again_is_none():
    product = oats()
    for _ in range(2):
        services.change_product(product=product.id, fields={"name": "Fine oats"}, now=LATER, actor=None)
    product.refresh_from_db()
    assert (product.name, product.sort_key, product.updated_at) == ("Fine oats", "fine oats", LATER)
    assert events_of(product) == [(1, "created"), (2, "changed")]


def test_archived_is_kept_and_can_come_back():
    product = oats()
    services.archive_product(product=product.id, now=LATER, actor=None)
    product.refresh_from_db()
    assert (product.status, product.archived_at) == ("archived", LATER)
    back = services.change_product(product=product.id, fields={"status": "active"}, now=LATER, actor=None)
    assert back.archived_at is None
    assert [change for _, change in events_of(product)] == ["created", "archived", "changed"]


def test_other_fields_are_refused():
    product = oats()
    with pytest.raises(services.NotOneOf):
        services.change_product(product=product.id, fields={"id": uuid.uuid4()}, now=NOW, actor=None)
    with pytest.raises(services.NotOneOf):
        services.change_variant(variant=product.variants.get().id, fields={"product": 1}, now=NOW, actor=None)


def test_what_is_not_there_is_said_to_be_not_there():
    with pytest.raises(services.UnknownProduct):
        services.archive_product(product=uuid.uuid4(), now=NOW, actor=None)
    with pytest.raises(services.UnknownVariant):
        services.set_price(variant=uuid.uuid4(), currency="EUR", amount=1, now=NOW, actor=None)


def test_a_price_is_set_once_per_currency():
    product = oats()
    variant = product.variants.get()
    services.set_price(variant=variant.id, currency="EUR", amount=159, now=LATER, actor=None)
    services.set_price(variant=variant.id, currency="EUR", amount=159, now=LATER, actor=None)
    services.set_price(variant=variant.id, currency="CHF", amount=180, now=LATER, actor=None)
    assert dict(variant.prices.values_list("currency", "amount")) == {"EUR": 159, "CHF": 180}
    assert len(events_of(product)) == 3


def test_an_active_product_keeps_its_last_price():
    variant = oats().variants.get()
    with pytest.raises(services.LastPrice):
        services.remove_price(variant=variant.id, currency="EUR", now=NOW, actor=None)
    assert Price.objects.count() == 1


def test_codes_are_replaced_as_a_set():
    product = oats()
    variant = product.variants.get()
    services.set_gtins(variant=variant.id, gtins=["96385074", "614141007349"], now=LATER, actor=None)
    assert set(variant.gtins.values_list("gtin", flat=True)) == {"00000096385074", "00614141007349"}
    services.set_gtins(variant=variant.id, gtins=["614141007349", "96385074", "96385074"], now=LATER, actor=None)
    assert len(events_of(product)) == 2


def test_variants_come_change_and_go():
    product = oats()
    small = services.add_variant(product=product.id, variant=services.NewVariant(sku="OATS-250", prices={"EUR": 99}), now=LATER, actor=None)
    assert small.position == 1
    services.change_variant(variant=small.id, fields={"sku": "OATS-S"}, now=LATER, actor=None)
    with pytest.raises(services.SkuTaken):
        services.change_variant(variant=small.id, fields={"sku": "OATS-500"}, now=LATER, actor=None)
    services.archive_variant(variant=small.id, now=LATER, actor=None)
    services.archive_variant(variant=small.id, now=LATER, actor=None)
    small.refresh_from_db()
    assert (small.sku, small.archived_at) == ("OATS-S", LATER)
    assert len(events_of(product)) == 4


def test_a_category_is_made_once():
    first = services.ensure_category(name="Wine & beer", actor=None)
    assert services.ensure_category(name="wine  beer", actor=None) == first
    assert services.ensure_category(name="&&", actor=None) is None
    with pytest.raises(services.CodeTaken):
        services.create_category(code="wine-beer", name="Again", actor=None)
    assert Category.objects.count() == 1


@pytest.mark.parametrize("rate", [-1, 1_000_000])
def test_a_tax_rate_is_below_one(rate):
    with pytest.raises(Invalid):
        services.create_tax_class(code="x", name="X", rate=rate, actor=None)


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_get_two_sequences():
    product = oats()
    variant = product.variants.get()
    start = threading.Barrier(4)

    def change(amount):
        try:
            start.wait()
            services.set_price(variant=variant.id, currency="EUR", amount=amount, now=LATER, actor=None)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=[200 + number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sequence for sequence, _ in events_of(product)] == [1, 2, 3, 4, 5]


def wait_until_somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        for _ in range(20_000):
            # Within a transaction the view stays as it was first seen, unless it is asked to look again.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waited")


@pytest.mark.django_db(transaction=True)
def test_two_people_who_change_different_fields_both_keep_their_change():
    product = oats()

    def brand():
        try:
            services.change_product(
                product=product.id, fields={"brand": services.ensure_brand(name="Harrow Lane", actor=None)}, now=LATER, actor=None
            )
        finally:
            connection.close()

    other = threading.Thread(target=brand)
    with transaction.atomic():
        services.change_product(product=product.id, fields={"name": "Fine oats"}, now=LATER, actor=None)
        other.start()
        wait_until_somebody_waits_for_a_lock()
    other.join()
    product.refresh_from_db()
    assert (product.name, product.brand.name) == ("Fine oats", "Harrow Lane")
