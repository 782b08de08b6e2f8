"""Prices drafted, looked at by a second person, brought in together, in each other's way, ended."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from catalog import services
from catalog.models import PriceChange, PriceEntry
from catalog.tests.price_shop import DAY, NOW, open_price_shop
from kernel.errors import Invalid
from kernel.models import Message
from org import settings
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return open_price_shop()


def live(shop, number=0):
    rows = PriceEntry.objects.filter(live=True, variant=shop.variants[number]).order_by("starts_at")
    return [(row.amount, row.starts_at, row.ends_at) for row in rows]


def ask(change=0, margin=0):
    settings.put("pricing.approval_change", change)
    settings.put("pricing.approval_margin", margin)


def test_what_nobody_has_to_approve_holds_at_once_and_is_told(shop):
    change = shop.bring_in("north", [150, 160])
    assert (change.state, change.reason, change.decided_by) == ("approved", "", shop.pia.pk)
    assert live(shop) == [(150, NOW, None)]
    told = Message.objects.filter(type="catalog.price_list.changed", aggregate_id=shop.lists["north"].pk).order_by("sequence")
    assert [(row.sequence, row.data) for row in told][-1] == (2, {"change": "prices", "code": "northside"})


def test_a_draft_holds_nothing(shop):
    shop.change("north", [150])
    assert live(shop) == []


def test_a_second_person_is_asked_for_far_prices_in_words(shop):
    ask(change=300_000)
    change = shop.bring_in("north", [139, 140, 261])
    assert (change.state, change.reason) == ("waiting", "2 of 3 prices change by more than 30%")
    assert live(shop) == []
    assert shop.bring_in("north", [140]).state == "approved"


def test_a_second_person_is_asked_where_little_is_left(shop):
    ask(margin=250_000)
    change = shop.bring_in("north", [134, 133, 132])
    assert (change.state, change.reason) == ("waiting", "2 of 3 prices leave less than 25% margin")


def test_both_reasons_are_told(shop):
    ask(change=300_000, margin=250_000)
    assert shop.bring_in("north", [110]).reason == "The price changes by more than 30% and leaves less than 25% margin"
    assert shop.bring_in("north", [110, 190]).reason == "1 of 2 prices changes by more than 30%; 1 of 2 prices leaves less than 25% margin"


def test_the_change_is_measured_by_the_price_whose_place_it_takes(shop):
    shop.bring_in("all", [100])
    ask(change=300_000)
    # 1.00 everywhere now, so 0.90 in Northside is near, and 2.00 is far.
    assert shop.bring_in("north", [90]).state == "approved"
    assert shop.bring_in("both", [200]).reason == "The price changes by more than 30%"
    # Northside's own price stands before this one and stays; on the web 1.00 becomes 1.10.
    assert shop.bring_in("web", [110]).state == "approved"


def test_who_made_a_change_does_not_approve_it_and_somebody_else_does(shop):
    ask(change=100_000)
    change = shop.bring_in("north", [100])
    with pytest.raises(services.FourEyes) as refused:
        services.approve_change(change=change.pk, now=NOW, actor=shop.pia.pk)
    assert refused.value.code == "four_eyes"
    services.approve_change(change=change.pk, now=NOW + DAY, actor=shop.petra.pk)
    assert live(shop) == [(100, NOW + DAY, None)]


def test_the_database_keeps_four_eyes_too(shop):
    ask(change=100_000)
    change = shop.bring_in("north", [100])
    with pytest.raises(IntegrityError, match="price_change_four_eyes"), transaction.atomic():
        PriceChange.objects.filter(pk=change.pk).update(state="approved", decided_by=shop.pia.pk)
    with pytest.raises(IntegrityError, match="price_change_four_eyes"), transaction.atomic():
        PriceChange.objects.filter(pk=change.pk).update(state="approved")


def test_what_is_refused_says_why_and_can_be_written_anew(shop):
    ask(change=100_000)
    change = shop.bring_in("north", [100])
    with pytest.raises(Invalid):
        services.refuse_change(change=change.pk, remark=" ", now=NOW, actor=shop.petra.pk)
    refused = services.refuse_change(change=change.pk, remark="Too low", now=NOW, actor=shop.petra.pk)
    assert (refused.state, refused.remark) == ("refused", "Too low")
    with pytest.raises(services.PriceChangeState):
        services.approve_change(change=change.pk, now=NOW, actor=shop.petra.pk)
    entry = services.NewEntry(variant=shop.variants[0].pk, amount=195)
    services.redraft_change(change=change.pk, entries=[entry], now=NOW, actor=shop.petra.pk)
    assert shop.submit(change, actor=shop.petra.pk).state == "approved"
    assert live(shop) == [(195, NOW, None)]


def test_who_wrote_it_anew_is_the_one_who_may_not_approve(shop):
    ask(change=100_000)
    change = shop.bring_in("north", [100])
    services.withdraw_change(change=change.pk, now=NOW, actor=shop.pia.pk)
    services.redraft_change(change=change.pk, name="Mine", now=NOW, actor=shop.petra.pk)
    shop.submit(change)
    with pytest.raises(services.FourEyes):
        services.approve_change(change=change.pk, now=NOW, actor=shop.petra.pk)


def test_a_price_in_the_way_is_named_with_its_time(shop):
    shop.bring_in("north", [150], starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    with pytest.raises(services.PriceOverlaps) as refused:
        shop.bring_in("north", [140], ends_at=NOW + 3 * DAY)
    assert refused.value.code == "price_overlaps"
    assert "In Northside, SKU-0 costs 1.50 from 8 May 2036 10:00 until 9 May 2036 10:00" in refused.value.message
    assert refused.value.details["overlaps"][0]["sku"] == "SKU-0"
    # Next to each other, in another list, or from another quantity on, nothing is in the way.
    shop.bring_in("north", [140], ends_at=NOW + DAY)
    shop.bring_in("both", [140])
    shop.bring_in("north", [130], from_quantity=6000)


def test_a_price_that_makes_room_goes_on_after_the_new_one(shop):
    shop.bring_in("north", [150])
    shop.bring_in("north", [120], now=NOW + DAY, starts_at=NOW + 2 * DAY, ends_at=NOW + 4 * DAY, replace=True)
    assert live(shop) == [(150, NOW, NOW + 2 * DAY), (120, NOW + 2 * DAY, NOW + 4 * DAY), (150, NOW + 4 * DAY, None)]


def test_a_planned_price_that_is_wholly_covered_never_begins(shop):
    shop.bring_in("north", [150], starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    shop.bring_in("north", [120], replace=True)
    assert live(shop) == [(120, NOW, None)]


def test_times_that_have_passed_start_now(shop):
    shop.bring_in("north", [150], starts_at=NOW - 9 * DAY)
    assert live(shop) == [(150, NOW, None)]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"ends_at": NOW}, "price_over", "ends_at"),
        ({"starts_at": NOW + DAY, "ends_at": NOW + DAY}, "invalid", "ends_at"),
        ({"from_quantity": 1500}, "invalid", "from_quantity"),
        ({"from_quantity": 0}, "invalid", "from_quantity"),
        ({"price_quantity": 0}, "invalid", "price_quantity"),
        ({"starts_at": (NOW + DAY).replace(tzinfo=None)}, "invalid", "starts_at"),
    ],
)
def test_what_cannot_be_a_price_is_refused_at_its_field(shop, fields, code, field):
    with pytest.raises(Exception, match=".") as refused:
        shop.change("north", [150], **fields)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_amounts_and_variants_are_checked(shop):
    with pytest.raises(Invalid):
        shop.change("north", [-1])
    twice = [services.NewEntry(variant=shop.variants[0].pk, amount=amount) for amount in (150, 160)]
    with pytest.raises(services.PriceOverlaps):
        services.draft_change(price_list=shop.lists["north"].pk, name="Twice", entries=twice, now=NOW, actor=shop.pia.pk)
    with pytest.raises(services.NoPrices):
        services.draft_change(price_list=shop.lists["north"].pk, name="None", entries=[], now=NOW, actor=shop.pia.pk)
    services.archive_price_list(price_list=shop.lists["north"].pk, now=NOW, actor=None)
    with pytest.raises(services.PriceListArchived):
        shop.change("north", [150])


def test_what_waited_past_its_end_is_not_brought_in(shop):
    ask(change=100_000)
    change = shop.bring_in("north", [100], ends_at=NOW + DAY)
    with pytest.raises(services.PriceOver):
        services.approve_change(change=change.pk, now=NOW + 2 * DAY, actor=shop.petra.pk)


def test_a_price_that_holds_ends_now_and_a_planned_one_never_begins(shop):
    shop.bring_in("north", [150, 150])
    shop.bring_in("both", [150], starts_at=NOW + 5 * DAY)
    ids = list(PriceEntry.objects.values_list("pk", flat=True))
    assert services.end_entries(entries=ids, now=NOW + DAY, actor=shop.pia.pk) == 3
    assert live(shop) == [(150, NOW, NOW + DAY)]
    assert services.end_entries(entries=ids, now=NOW + 2 * DAY, actor=shop.pia.pk) == 0
    last = Message.objects.filter(aggregate_id=shop.lists["north"].pk).order_by("-sequence")[0]
    assert last.data["change"] == "prices"


def test_archiving_a_list_ends_its_prices(shop):
    shop.bring_in("north", [150])
    shop.bring_in("north", [150], starts_at=NOW + 5 * DAY, replace=True)
    services.archive_price_list(price_list=shop.lists["north"].pk, now=NOW + DAY, actor=None)
    assert live(shop) == [(150, NOW, NOW + DAY)]


def test_the_place_of_prices_that_hold_stays(shop):
    shop.bring_in("north", [150])
    with pytest.raises(services.PriceListInUse):
        services.change_price_list(price_list=shop.lists["north"].pk, fields={"stores": [shop.cast.riverside.pk]}, now=NOW, actor=None)
    changed = services.change_price_list(price_list=shop.lists["north"].pk, fields={"name": "N", "priority": 5}, now=NOW, actor=None)
    assert (changed.name, changed.priority) == ("N", 5)
    with pytest.raises(Invalid):
        services.change_price_list(price_list=shop.lists["web"].pk, fields={"stores": [shop.cast.riverside.pk]}, now=NOW, actor=None)


def test_history_stands_in_the_database(shop):
    """By its own clock, whatever a program thinks the time is."""
    with connection.cursor() as cursor:
        cursor.execute("select now()")
        (present,) = cursor.fetchone()
    entry = PriceEntry.objects.create(price_list=shop.lists["north"], variant=shop.variants[0], amount=150, starts_at=present - DAY, live=True)
    for fields in ({"amount": 1}, {"starts_at": present - 2 * DAY}, {"live": False}, {"price_quantity": 1}):
        with pytest.raises(IntegrityError, match="history"), transaction.atomic():
            PriceEntry.objects.filter(pk=entry.pk).update(**fields)
    with pytest.raises(IntegrityError, match="history"), transaction.atomic():
        entry.delete()
    PriceEntry.objects.filter(pk=entry.pk).update(ends_at=present - timedelta(minutes=1))
    with pytest.raises(IntegrityError, match="history"), transaction.atomic():
        PriceEntry.objects.filter(pk=entry.pk).update(ends_at=None)


def test_a_thousand_prices_take_as_many_statements_as_ten(db):
    shop = open_price_shop(1)
    ask(change=900_000, margin=10_000)
    product = shop.variants[0].product
    from catalog.models import Price, Variant

    more = Variant.objects.bulk_create(Variant(product=product, sku=f"MANY-{n}", position=n, reference_cost=100) for n in range(1000))
    Price.objects.bulk_create(Price(variant=row, currency="EUR", amount=200) for row in more)

    def brought_in(rows, **options):
        entries = [services.NewEntry(variant=row.pk, amount=150) for row in rows]
        with statements() as seen:
            change = services.draft_change(price_list=shop.lists["north"].pk, name="Many", entries=entries, now=NOW, actor=shop.pia.pk)
            shop.submit(change, **options)
        return len(seen)

    assert brought_in(more[:10]) == brought_in(more[10:]) < 35
    assert PriceEntry.objects.filter(live=True).count() == 1000
    assert brought_in(more, replace=True) < 40


@pytest.mark.django_db(transaction=True)
def test_of_two_who_submit_prices_in_each_others_way_one_wins():
    shop = open_price_shop(1)
    drafts = [shop.change("north", [amount]) for amount in (150, 160)]
    results, ready = [], threading.Barrier(2)

    def submit(change):
        ready.wait()
        try:
            shop.submit(change)
            results.append("approved")
        except services.PriceOverlaps as refused:
            results.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=[change]) for change in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["approved", "price_overlaps"]
    assert PriceEntry.objects.filter(live=True).count() == 1


def test_the_constraint_holds_for_whoever_forgets_the_lock(shop):
    shop.bring_in("north", [150])
    other = PriceEntry(price_list=shop.lists["north"], variant=shop.variants[0], amount=1, starts_at=NOW + DAY, live=True)
    with pytest.raises(IntegrityError, match="price_entry_no_overlap"), transaction.atomic():
        other.save()


# The short way


def test_a_price_for_two_stores_is_scheduled_in_one_call(shop):
    stores = [shop.cast.riverside.pk, shop.cast.northside.pk]
    times = {"starts_at": NOW + DAY, "ends_at": NOW + 2 * DAY}
    change = services.schedule_price(variant=shop.variants[0].pk, amount=150, stores=stores, now=NOW, actor=shop.pia.pk, **times)
    assert (change.state, change.price_list) == ("approved", shop.lists["both"])
    assert live(shop) == [(150, NOW + DAY, NOW + 2 * DAY)]
    made = services.schedule_price(
        variant=shop.variants[0].pk, amount=150, stores=[shop.cast.riverside.pk], now=NOW, actor=shop.pia.pk, **times
    ).price_list
    assert (made.name, [store.name for store in made.stores.all()]) == ("Riverside", ["Riverside"])
    everywhere = services.schedule_price(variant=shop.variants[0].pk, amount=150, now=NOW, actor=shop.pia.pk)
    assert everywhere.price_list == shop.lists["all"]


# Base prices


def test_a_base_price_that_a_second_person_should_see_is_refused(shop):
    ask(change=300_000)
    given = {"variant": shop.variants[0].pk, "currency": "EUR", "now": NOW, "actor": shop.petra.pk}
    with pytest.raises(services.NeedsApproval) as refused:
        services.set_price(amount=100, **given)
    assert refused.value.code == "needs_approval"
    assert "schedule it under Prices" in refused.value.message
    assert services.set_price(amount=190, **given).amount == 190


def test_taking_a_base_price_away_first_is_no_way_around(shop):
    ask(change=300_000)
    variant = shop.variants[0]
    services.set_price(variant=variant.pk, currency="USD", amount=200, now=NOW, actor=None)
    services.remove_price(variant=variant.pk, currency="EUR", now=NOW, actor=None)
    with pytest.raises(services.NeedsApproval):
        services.set_price(variant=variant.pk, currency="EUR", amount=100, now=NOW, actor=None)


def test_the_grid_takes_no_price_that_a_second_person_should_see(shop):
    ask(change=300_000)
    rows = [services.GridRow(sku="SKU-0", fields={"price": "1.00"}, accept=True), services.GridRow(sku="SKU-1", fields={"price": "1.90"})]
    verdict = services.check_grid(rows=rows, currency="EUR")[0].cells["price"]
    assert (verdict.state, verdict.may_accept) == ("refused", False)
    assert verdict.words.startswith("The price changes by more than 30%")
    with pytest.raises(services.GridRefused):
        services.apply_grid(rows=rows, currency="EUR", name="Grid", now=NOW, actor=shop.petra.pk)
    services.apply_grid(rows=rows[1:], currency="EUR", name="Grid", now=NOW, actor=shop.petra.pk)
