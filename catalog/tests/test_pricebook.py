"""Real tables on one side, what the engine takes on the other."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from catalog import pricing, services
from catalog.models import (
    Category,
    ChannelTax,
    Coupon,
    Price,
    PriceEntry,
    PriceList,
    Product,
    Promotion,
    Redemption,
    StoreTax,
    TaxExemption,
    TaxRate,
    TaxZone,
    Variant,
)
from catalog.pricebook import Customer, Place, UnknownGoods, UnknownPlace, Wanted, book, facts, items, milliseconds, offers, standing
from catalog.pricebook.books import Kept
from catalog.pricebook.clocks import Clock, first_shown
from catalog.tests.cast import standard_tax
from kernel.ids import uuid7
from org import settings as org_settings
from org.models import StoreGroup
from org.tests.cast import NOW, open_shop
from org.tests.doorstep import statements

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def cast(db):
    shop = open_shop()
    org_settings.put("shop.timezone", "Europe/Berlin")
    return shop


def tea(sku="TEA-100", amount=500, **fields):
    made = {"prices": {"EUR": amount}, **fields}
    tax = made.pop("tax_class", None) or services_tax()
    category = made.pop("category", None)
    product = services.create_product(
        name=f"Tea {sku}", variants=[services.NewVariant(sku=sku, **made)], tax_class=tax, category=category, status="active", now=NOW, actor=None
    )
    return product.variants.get()


def services_tax():
    from catalog.models import TaxClass

    return TaxClass.objects.filter(code="standard").first() or standard_tax()


def price_list(code, cast=None, *, stores=(), **fields):
    made = PriceList.objects.create(code=code, name=code.title(), currency=fields.pop("currency", "EUR"), created_at=NOW, **fields)
    for store in stores:
        made.places.create(store=store)
    return made


def entry(of, variant, amount, **fields):
    return PriceEntry.objects.create(price_list=of, variant=variant, amount=amount, live=fields.pop("live", True), **fields)


def promotion(code, *, rule=None, **fields):
    rule = {"reward": {"kind": "percent", "value": 100_000}, **(rule or {})}
    values = {"name": code.title(), "state": "approved", "made_by": uuid4(), "made_at": NOW, "changed_by": uuid4(), "changed_at": NOW, **fields}
    return Promotion.objects.create(code=code, rule=rule, **values)


def in_store(cast):
    return Place(cast.stores.id, cast.northside.id)


def charged(place, *wanted, at=NOW, customer=None, coupons=(), **given):
    rules = book(place=place, now=at)
    lines = items(book=rules, wanted=wanted, now=at)
    known = facts(book=rules, at=at, customer=customer, coupons=coupons, now=at, **given)
    return pricing.evaluate({"lines": lines, "coupons": list(coupons), "charges": []}, rules.compiled, known, milliseconds(at))


def unit(place, variant, *, quantity=1000, **given):
    line = charged(place, Wanted(sku=variant.sku, quantity=quantity), **given)["lines"][0]
    return line["list"], line["unit_price"]


def test_the_base_price_holds_where_no_list_says_otherwise(cast):
    variant = tea()
    assert unit(in_store(cast), variant) == ("", 500)


def lowest_to_highest(cast):
    """Each beats all before it."""
    city = StoreGroup.objects.create(code="city", name="City")
    city.stores.add(cast.northside)
    return [
        price_list("everywhere"),
        price_list("channel", channel=cast.stores),
        price_list("group", store_group=city),
        price_list("store", stores=[cast.northside]),
        price_list("staff-everywhere", customer_group="club"),
        price_list("staff-store", customer_group="club", stores=[cast.northside]),
        price_list("first", priority=1),
        price_list("first-store", priority=1, stores=[cast.northside]),
        price_list("first-club", priority=1, customer_group="club"),
    ]


def test_every_pair_of_lists_is_settled_by_the_precedence_that_is_documented(cast):
    lists = lowest_to_highest(cast)
    club = Customer(groups=("club",))
    for low in range(len(lists)):
        for high in range(low + 1, len(lists)):
            variant = tea(f"T-{low}-{high}")
            entry(lists[high], variant, 300 + high)
            entry(lists[low], variant, 300 + low)
            assert unit(in_store(cast), variant, customer=club) == (lists[high].code, 300 + high), (low, high)


def test_lists_that_stand_alike_go_by_their_code(cast):
    variant = tea()
    for code, amount in (("b", 100), ("a", 400)):
        entry(price_list(code), variant, amount)
    assert unit(in_store(cast), variant) == ("a", 400)


def test_a_list_holds_in_its_own_places_only(cast):
    north = StoreGroup.objects.create(code="north", name="North")
    north.stores.add(cast.northside)
    variant = tea()
    entry(price_list("northside", stores=[cast.northside]), variant, 100)
    entry(price_list("group", store_group=north), variant, 200)
    entry(price_list("counter", channel=cast.stores), variant, 300)
    assert unit(in_store(cast), variant) == ("northside", 100)
    assert unit(Place(cast.stores.id, cast.riverside.id), variant) == ("counter", 300)
    assert unit(Place(cast.stores.id), variant) == ("counter", 300)
    assert unit(Place(cast.web.id), variant) == ("", 500)


def test_what_is_not_live_archived_or_in_another_currency_is_no_price(cast):
    variant = tea()
    entry(price_list("waiting"), variant, 100, live=False)
    entry(price_list("gone", archived_at=NOW), variant, 100)
    entry(price_list("franc", currency="CHF"), variant, 100)
    assert unit(in_store(cast), variant) == ("", 500)


def test_only_the_groups_own_customers_get_their_price(cast):
    variant = tea()
    entry(price_list("club", customer_group="club"), variant, 450)
    assert unit(in_store(cast), variant) == ("", 500)
    assert unit(in_store(cast), variant, customer=Customer(groups=("trade", "club"))) == ("club", 450)


def test_the_largest_step_that_is_reached_holds_over_all_lines_of_the_sku(cast):
    variant = tea()
    breaks = price_list("breaks")
    for pieces, amount in ((1, 490), (6, 450), (12, 400)):
        entry(breaks, variant, amount, from_quantity=pieces * 1000)
    assert [unit(in_store(cast), variant, quantity=n * 1000)[1] for n in (1, 5, 6, 11, 12, 99)] == [490, 490, 450, 450, 400, 400]
    both = charged(in_store(cast), Wanted(sku=variant.sku, quantity=4000), Wanted(variant=variant.id, quantity=2000))
    assert [line["unit_price"] for line in both["lines"]] == [450, 450]


def test_a_price_begins_and_ends_on_the_second_of_the_stores_own_clock(cast):
    org_settings.put("shop.timezone", "Europe/Berlin")
    for store, zone in ((cast.northside, "Europe/Berlin"), (cast.riverside, "America/New_York")):
        type(store).objects.filter(id=store.id).update(timezone=zone)
    begins, ends = datetime(2026, 6, 6, 9, tzinfo=BERLIN), datetime(2026, 6, 7, 18, tzinfo=BERLIN)
    variant = tea()
    entry(price_list("saturday"), variant, 399, starts_at=begins, ends_at=ends)
    second = timedelta(seconds=1)
    for store, zone in ((cast.northside, BERLIN), (cast.riverside, ZoneInfo("America/New_York"))):
        here = Place(cast.stores.id, store.id)
        first, last = begins.replace(tzinfo=zone).astimezone(UTC), ends.replace(tzinfo=zone).astimezone(UTC)
        assert [unit(here, variant, at=at)[1] for at in (first - second, first, last - second, last)] == [500, 399, 399, 500], zone


def test_a_web_channel_goes_by_the_shops_clock(cast):
    begins = datetime(2026, 6, 6, 9, tzinfo=BERLIN)
    variant = tea()
    entry(price_list("saturday"), variant, 399, starts_at=begins)
    assert [unit(Place(cast.web.id), variant, at=begins + timedelta(seconds=n))[1] for n in (-1, 0)] == [500, 399]


@pytest.mark.parametrize(
    ("wall", "zone", "first"),
    [
        # In spring the clock goes from 02:00 to 03:00: it first shows something from 02:30 on at the jump.
        ("2026-03-29T02:30:00", "Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-03-29T03:00:00", "Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-03-29T01:59:59", "Europe/Berlin", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        # In autumn 02:30 comes twice: the first time counts.
        ("2026-10-25T02:30:00", "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T03:00:00", "Europe/Berlin", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        # A midnight that never is: the day begins at one.
        ("2018-11-04T00:00:00", "America/Sao_Paulo", datetime(2018, 11, 4, 3, 0, tzinfo=UTC)),
        # Half an hour is skipped.
        ("2026-10-04T02:15:00", "Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ],
)
def test_a_time_of_the_clock_is_the_instant_it_is_first_shown(wall, zone, first):
    assert first_shown(datetime.fromisoformat(wall), ZoneInfo(zone)) == first


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"])
def test_times_of_the_clock_never_change_their_order(day, zone):
    shown = [first_shown(datetime.fromisoformat(day) + timedelta(minutes=5 * n), ZoneInfo(zone)) for n in range(12 * 8)]
    assert all(early <= late for early, late in pairwise(shown))


def test_a_store_in_the_shops_own_zone_keeps_the_second_hour_of_autumn():
    clock = Clock(shop="Europe/Berlin", place="Europe/Berlin")
    twice = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert clock.instant(twice) == milliseconds(twice)
    assert Clock(shop="Europe/Berlin", place="Europe/Paris").instant(twice) == milliseconds(twice - timedelta(hours=1))


def test_an_offer_that_is_skipped_by_the_clock_is_none(cast):
    type(cast.northside).objects.filter(id=cast.northside.id).update(timezone="Europe/Berlin")
    org_settings.put("shop.timezone", "UTC")
    variant = tea()
    entry(price_list("gap"), variant, 1, starts_at=datetime(2026, 3, 29, 2, 10, tzinfo=UTC), ends_at=datetime(2026, 3, 29, 2, 50, tzinfo=UTC))
    assert list(offers(place=in_store(cast), currency="EUR", variants=None, now=NOW, base=False)) == []


def test_offers_tell_those_to_come_and_not_those_that_have_ended(cast):
    variant = tea()
    made = price_list("week")
    entry(made, variant, 1, starts_at=NOW - timedelta(days=9), ends_at=NOW)
    entry(made, variant, 2, starts_at=NOW, ends_at=NOW + timedelta(days=1))
    entry(made, variant, 3, starts_at=NOW + timedelta(days=1))
    found = offers(place=in_store(cast), currency="EUR", variants=[variant.id], now=NOW)
    assert [offer["amount"] for offer in found[variant.id]] == [2, 3, 500]
    assert [offer["list"] for offer in offers(place=in_store(cast), currency="EUR", variants=None, now=NOW, base=False)[variant.id]] == [
        "week",
        "week",
    ]


def test_any_number_of_lines_is_two_statements(cast):
    drinks = Category.objects.create(code="drinks", name="Drinks")
    deposit = tea("DEPOSIT", 25)
    made = price_list("all")
    variants = [tea(f"T-{n}", category=drinks) for n in range(200)]
    Variant.objects.filter(id__in=[one.id for one in variants]).update(deposit=deposit)
    PriceEntry.objects.bulk_create(PriceEntry(price_list=made, variant=one, amount=400, live=True) for one in variants)
    rules = book(place=in_store(cast), now=NOW)
    for many in (1, 10, 200):
        wanted = [Wanted(sku=one.sku) for one in variants[:many]]
        with statements() as seen:
            lines = items(book=rules, wanted=wanted, now=NOW)
        assert (len(lines), len(seen)) == (2 * many, 2)
        with statements() as seen:
            offers(place=in_store(cast), currency="EUR", variants=[one.id for one in variants[:many]], now=NOW)
        assert len(seen) == 2


def test_lines_tell_what_promotions_go_by(cast):
    drinks = Category.objects.create(code="drinks", name="Drinks")
    green = Category.objects.create(code="green", name="Green", parent=drinks)
    deposit = tea("DEPOSIT", 25)
    variant = tea(category=green)
    Variant.objects.filter(id=variant.id).update(deposit=deposit)
    goods, bottle = items(book=book(place=in_store(cast), now=NOW), wanted=[Wanted(sku="TEA-100", quantity=3000)], now=NOW)
    assert {"category:green", "category:drinks", f"product:{Product.objects.get(id=variant.product_id).handle}", "sku:TEA-100"} <= set(
        goods["facets"]
    )
    assert (goods["id"], goods["kind"], goods["quantity"], goods["tax_class"], goods["sold_by"]) == (1, "goods", 3000, "standard", "each")
    assert (bottle["id"], bottle["kind"], bottle["sku"], bottle["quantity"]) == (2, "deposit", "DEPOSIT", 3000)


def test_what_does_not_exist_and_what_is_not_offered_is_refused_alike(cast):
    variant = tea()
    rules = book(place=in_store(cast), now=NOW)
    Product.objects.filter(id=variant.product_id).update(status="draft")
    for sku, only in (("NOTHING", False), ("NOTHING", True), ("TEA-100", True)):
        with pytest.raises(UnknownGoods) as refused:
            items(book=rules, wanted=[Wanted(sku=sku)], now=NOW, only_offered=only)
        assert refused.value.field == "lines.0.sku"
    assert len(items(book=rules, wanted=[Wanted(sku="TEA-100")], now=NOW)) == 1


def test_a_store_of_another_channel_is_no_place(cast):
    for place in (Place(cast.web.id, cast.northside.id), Place(uuid7()), Place(cast.stores.id, uuid7())):
        with pytest.raises(UnknownPlace):
            book(place=place, now=NOW)


def test_promotions_of_other_places_are_not_in_the_book(cast):
    south = StoreGroup.objects.create(code="south", name="South")
    StoreGroup.objects.create(code="empty", name="Empty")
    south.stores.add(cast.riverside)
    rules = {
        "anywhere": {},
        "counter": {"channels": ["stores"]},
        "web": {"channels": ["web"]},
        "north": {"stores": ["northside"]},
        "south": {"store_groups": ["south"]},
        "nobody": {"store_groups": ["empty"]},
        "either": {"channels": ["web"], "store_groups": ["south"]},
    }
    for code, rule in rules.items():
        promotion(code, rule=rule)

    def codes(place, **more):
        return [rule["code"] for rule in book(place=place, now=NOW, **more).rules["promotions"]]

    assert codes(in_store(cast)) == ["anywhere", "counter", "north"]
    assert codes(Place(cast.stores.id, cast.riverside.id)) == ["anywhere", "counter", "either", "south"]
    assert codes(Place(cast.web.id)) == ["anywhere", "either", "web"]
    assert codes(Place(cast.stores.id)) == ["anywhere", "counter"]
    assert codes(Place(cast.web.id), elsewhere=True) == sorted(rules)


def test_only_what_is_approved_and_not_over_is_in_the_book(cast):
    for state in ("draft", "waiting", "approved", "ended"):
        promotion(state, state=state)
    promotion("over", starts_at=NOW - timedelta(days=2), ends_at=NOW)
    promotion("to-come", starts_at=NOW + timedelta(days=2))
    codes = [rule["code"] for rule in book(place=in_store(cast), now=NOW).rules["promotions"]]
    assert codes == ["approved", "to-come"]


def test_a_draft_is_tried_instead_of_the_approved_one_of_its_code(cast):
    variant = tea()
    approved = promotion("tenth")
    approved.rule = {"reward": {"kind": "percent", "value": 500_000}}
    tried = book(place=in_store(cast), now=NOW, drafts=[approved])
    assert [rule["reward"]["value"] for rule in tried.rules["promotions"]] == [500_000]
    assert charged(in_store(cast), Wanted(sku=variant.sku))["totals"]["total"] == 450


def test_a_book_is_kept_until_something_of_it_changes(cast):
    first = book(place=in_store(cast), now=NOW)
    with statements() as seen:
        again = book(place=in_store(cast), now=NOW + timedelta(hours=1))
    assert (again is first, len(seen)) == (True, 1)
    changes = [
        lambda: promotion("new"),
        lambda: Promotion.objects.filter(code="new").update(priority=3),
        lambda: TaxZone.objects.create(code="de", name="Germany", country="DE"),
        lambda: ChannelTax.objects.create(channel=cast.stores, zone=TaxZone.objects.get()),
        lambda: TaxRate.objects.create(zone=TaxZone.objects.get(), tax_class=services_tax(), rate=70_000),
        lambda: StoreTax.objects.create(store=cast.northside, zone=TaxZone.objects.get()),
        lambda: org_settings.put("shop.timezone", "Europe/Paris"),
        lambda: StoreGroup.objects.create(code="city", name="City").stores.add(cast.northside),
        lambda: type(cast.northside).objects.filter(id=cast.northside.id).update(timezone="Europe/Madrid"),
        lambda: Promotion.objects.all().delete(),
    ]
    for change in changes:
        before = book(place=in_store(cast), now=NOW)
        change()
        assert book(place=in_store(cast), now=NOW) is not before


def test_what_sales_count_does_not_move_the_book(cast):
    promotion("few", most_uses=10, offline="refuse")
    before = book(place=in_store(cast), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("update catalog_promotion set used = used + 1, given = given + 100")
    assert book(place=in_store(cast), now=NOW) is before


def test_what_was_rolled_back_never_stands_for_something_else(cast):
    with transaction.atomic():
        promotion("phantom")
        assert [rule["code"] for rule in book(place=in_store(cast), now=NOW).rules["promotions"]] == ["phantom"]
        transaction.set_rollback(True)
    promotion("real")
    assert [rule["code"] for rule in book(place=in_store(cast), now=NOW).rules["promotions"]] == ["real"]


def test_a_book_is_made_anew_when_one_of_its_promotions_has_ended(cast):
    promotion("short", ends_at=NOW + timedelta(hours=1))
    before = book(place=in_store(cast), now=NOW)
    assert book(place=in_store(cast), now=NOW + timedelta(minutes=59)) is before
    assert book(place=in_store(cast), now=NOW + timedelta(hours=1)).rules["promotions"] == []
    assert len(book(place=in_store(cast), now=NOW).rules["promotions"]) == 1


def test_taxes_are_those_of_the_stores_zone_else_the_channels_else_of_the_class(cast):
    standard = services_tax()
    germany, canada = (TaxZone.objects.create(code=code, name=code, country=code.upper()) for code in ("de", "ca"))
    services.create_tax_class(code="books", name="Books", rate=50_000, actor=None)
    TaxRate.objects.create(zone=germany, tax_class=standard, rate=160_000, starts_on=date(2020, 7, 1), ends_on=date(2021, 1, 1))
    TaxRate.objects.create(zone=germany, tax_class=standard, rate=200_000, starts_on=date(2021, 1, 1))
    TaxRate.objects.create(zone=canada, tax_class=standard, code="gst", name="GST", rate=50_000, position=1)
    TaxRate.objects.create(zone=canada, tax_class=standard, code="qst", name="QST", rate=99_750, position=2, compound=True)

    def told(place):
        rules = book(place=place, now=NOW).rules
        return {code: [(rate["code"], rate["rate"]) for rate in rates] for code, rates in rules["taxes"].items()}

    assert told(in_store(cast)) == {"standard": [("vat", 190_000)], "books": [("vat", 50_000)]}
    ChannelTax.objects.create(channel=cast.stores, zone=germany, prices_include_tax=False, rounding="document", cash_rounding=5)
    assert told(in_store(cast))["standard"] == [("vat", 190_000), ("vat", 160_000), ("vat", 200_000)]
    StoreTax.objects.create(store=cast.northside, zone=canada)
    assert told(in_store(cast)) == {"standard": [("gst", 50_000), ("qst", 99_750)], "books": [("vat", 50_000)]}
    rules = book(place=in_store(cast), now=NOW).rules
    assert (rules["prices_include_tax"], rules["tax_rounding"], rules["cash_rounding"]) == (False, "document", 5)
    assert book(place=Place(cast.web.id), now=NOW).rules["tax_rounding"] == "line"


def test_a_rate_begins_with_the_places_own_day(cast):
    type(cast.northside).objects.filter(id=cast.northside.id).update(timezone="America/New_York")
    zone = TaxZone.objects.create(code="us", name="US", country="US")
    standard = services_tax()
    TaxRate.objects.create(zone=zone, tax_class=standard, rate=100_000, ends_on=date(2027, 1, 1))
    TaxRate.objects.create(zone=zone, tax_class=standard, rate=200_000, starts_on=date(2027, 1, 1))
    ChannelTax.objects.create(channel=cast.stores, zone=zone)
    variant = tea()
    midnight = datetime(2027, 1, 1, tzinfo=ZoneInfo("America/New_York"))
    taxes = [charged(in_store(cast), Wanted(sku=variant.sku), at=midnight + timedelta(seconds=n))["lines"][0]["taxes"][0]["rate"] for n in (-1, 0)]
    assert taxes == [100_000, 200_000]


def coupon(code, of, **fields):
    return Coupon.objects.create(code=code, promotion=of, made_at=NOW, **fields)


def test_a_coupon_says_why_it_is_refused(cast):
    spring, web = promotion("spring", needs_coupon=True), promotion("web", rule={"channels": ["web"]}, needs_coupon=True)
    waiting = promotion("waiting", state="waiting", needs_coupon=True)
    mine, other = uuid7(), uuid7()
    coupon("GOOD", spring)
    coupon("MINE", spring, customer=mine)
    coupon("OTHERS", spring, customer=other)
    coupon("USED", spring, used=1)
    coupon("MANY", spring, most_uses=None, used=99)
    coupon("LATE", spring, expires_at=NOW)
    coupon("VOID", spring, voided_at=NOW)
    coupon("WEB", web)
    coupon("WAITING", waiting)
    codes = ["good", " m ine ", "OTHERS", "USED", "MANY", "LATE", "VOID", "WEB", "WAITING", "NOBODYS"]
    rules = book(place=in_store(cast), now=NOW)
    known = facts(book=rules, at=NOW, customer=Customer(id=mine), coupons=codes, now=NOW)["coupons"]
    refused = {code: one["refused"] for code, one in known.items()}
    assert refused == {
        "GOOD": "",
        "MINE": "",
        "OTHERS": "not_yours",
        "USED": "used",
        "MANY": "",
        "LATE": "expired",
        "VOID": "expired",
        "WEB": "unknown",
        "WAITING": "unknown",
        "NOBODYS": "unknown",
    }
    assert {one["promotion"] for code, one in known.items() if one["refused"] == "unknown"} == {""}
    stranger = facts(book=rules, at=NOW, coupons=["MINE"], now=NOW)["coupons"]
    assert stranger["MINE"]["refused"] == "not_yours"


def test_what_is_left_of_limits_counts_what_was_not_given_back(cast):
    limited = promotion("few", most_uses=10, most_per_customer=3, budget=10_000, offline="refuse", used=4, given=9_000)
    capped = promotion("staff", monthly_budget=5_000, offline="refuse")
    promotion("free")
    carla = uuid7()

    def redeemed(of, amount, at=NOW, **fields):
        Redemption.objects.create(promotion=of, order=uuid7(), customer=carla, amount=amount, at=at, **fields)

    redeemed(limited, 100)
    redeemed(limited, 100)
    redeemed(limited, 100, released_at=NOW)
    redeemed(capped, 1_500)
    redeemed(capped, 2_000, at=datetime(2026, 2, 28, 22, 59, tzinfo=UTC))
    redeemed(capped, 700, at=datetime(2026, 2, 28, 23, 0, tzinfo=UTC))
    rules = book(place=in_store(cast), now=NOW)
    left = facts(book=rules, at=NOW, customer=Customer(id=carla), now=NOW)["left"]
    assert left == {"few": {"uses": 6, "customer": 1, "budget": 1_000}, "staff": {"uses": None, "customer": None, "budget": 2_800}}
    # What is counted by the person is not given to nobody in particular.
    assert facts(book=rules, at=NOW, now=NOW)["left"] == {
        "few": {"uses": 6, "customer": None, "budget": 1_000},
        "staff": {"uses": None, "customer": None, "budget": 0},
    }


def test_an_exemption_is_the_customers_own_of_this_zone_and_day(cast):
    zone, other = (TaxZone.objects.create(code=code, name=code, country=code.upper()) for code in ("de", "fr"))
    ChannelTax.objects.create(channel=cast.stores, zone=zone)
    school = uuid7()

    def certificate(number, **fields):
        TaxExemption.objects.create(customer=school, certificate=number, **{"starts_on": date(2026, 1, 1), "expires_on": date(2027, 1, 1), **fields})

    certificate("FR", zone=other)
    certificate("OLD", expires_on=date(2026, 3, 14))
    certificate("NEXT", starts_on=date(2026, 3, 15))
    rules = book(place=in_store(cast), now=NOW)
    assert facts(book=rules, at=NOW, customer=Customer(id=school), now=NOW)["exempt"] is None
    certificate("SOME", classes=["standard"], zone=zone)
    found = facts(book=rules, at=NOW, customer=Customer(id=school), now=NOW)["exempt"]
    assert found == {"certificate": "SOME", "classes": ["standard"], "expires_at": milliseconds(datetime(2026, 12, 31, 23, tzinfo=UTC))}
    certificate("ALL")
    assert facts(book=rules, at=NOW, customer=Customer(id=school), now=NOW)["exempt"]["classes"] is None
    assert facts(book=rules, at=NOW, customer=Customer(id=uuid7()), now=NOW)["exempt"] is None


def test_the_clock_of_the_facts_is_the_places_own(cast):
    type(cast.northside).objects.filter(id=cast.northside.id).update(timezone="Pacific/Auckland")
    known = facts(book=book(place=in_store(cast), now=NOW), at=NOW, now=NOW)
    # Saturday 10:30 in London is Saturday 23:30 in Auckland.
    assert (known["weekday"], known["minute"], known["channel"], known["store"]) == (6, 23 * 60 + 30, "stores", "northside")


def test_facts_cost_three_statements_at_most_and_none_when_there_is_nothing_to_ask(cast):
    rules = book(place=in_store(cast), now=NOW)
    with statements() as seen:
        facts(book=rules, at=NOW, now=NOW)
    assert seen == []
    for n in range(20):
        coupon(f"C-{n}", promotion(f"p-{n}", most_uses=5, offline="allow", needs_coupon=True))
    rules = book(place=in_store(cast), now=NOW)
    with statements() as seen:
        facts(book=rules, at=NOW, customer=Customer(id=uuid7()), coupons=[f"C-{n}" for n in range(20)], now=NOW)
    assert len(seen) == 3


def test_a_tax_services_quote_is_handed_through(cast):
    quote = {"digest": "x", "lines": {}, "charges": {}}
    assert facts(book=book(place=in_store(cast), now=NOW), at=NOW, now=NOW, tax_quote=quote)["tax_quote"] is quote


def test_a_base_price_in_another_currency_is_none(cast):
    variant = tea()
    Price.objects.create(variant=variant, currency="USD", amount=1)
    assert [offer["amount"] for offer in offers(place=in_store(cast), currency="EUR", variants=[variant.id], now=NOW)[variant.id]] == [500]


def test_no_more_books_are_kept_than_there_is_room_for(cast):
    some = Kept(most=2)
    places = [in_store(cast), Place(cast.stores.id), Place(cast.web.id)]
    for place in places:
        some.keep(standing(place=place), False, book(place=place, now=NOW))
    assert [some.find(standing(place=place), False, NOW) is not None for place in places] == [False, True, True]
