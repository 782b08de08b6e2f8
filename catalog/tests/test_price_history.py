"""What a variant has cost, and the lowest before a reduction as the Omnibus directive asks: examples, and what always holds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import services
from catalog.models import PricePoint, Promotion
from catalog.price_history import Cut, Offer, Point, at_moment, lowest, periods
from catalog.price_reading import lowest_price, price_history
from catalog.pricebook import Place
from catalog.tests.price_shop import DAY, NOW, open_price_shop
from org import settings as shop_settings

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


def base(*steps):
    """(day, amount) …"""
    return [Point(day(at), amount, 1000 if amount is not None else None) for at, amount in steps]


def offer(amount, start, end, rank=100, source="sale"):
    return Offer(amount, 1000, rank, source, None if start is None else day(start), None if end is None else day(end))


def told(found):
    return [(one.starts_at and (one.starts_at - START).days, one.ends_at and (one.ends_at - START).days, one.amount, one.source) for one in found]


def test_a_list_stands_before_the_base_price_while_it_holds():
    found = periods(points=base((0, 500)), offers=[offer(400, 10, 20)])
    assert told(found) == [(0, 10, 500, ""), (10, 20, 400, "sale"), (20, None, 500, "")]


def test_a_base_price_that_moves_under_a_list_is_not_seen():
    found = periods(points=base((0, 500), (15, 300)), offers=[offer(400, 10, 20)])
    assert told(found) == [(0, 10, 500, ""), (10, 20, 400, "sale"), (20, None, 300, "")]


def test_the_higher_rank_wins_and_among_equals_the_first_code():
    found = periods(offers=[offer(1, 0, 10, rank=5, source="low"), offer(2, 0, 10, rank=9, source="b"), offer(3, 0, 5, rank=9, source="a")])
    assert told(found) == [(0, 5, 3, "a"), (5, 10, 2, "b")]


def test_nothing_for_sale_is_no_period():
    assert told(periods(points=base((0, 500), (5, None), (8, 400)))) == [(0, 5, 500, ""), (8, None, 400, "")]
    assert periods() == []


def test_omnibus_the_lowest_of_thirty_days_before_the_reduction():
    """500, for a week 350, 500 again, then 400: it was to be had for 350 within the thirty days before."""
    found = periods(points=base((0, 500)), offers=[offer(350, 60, 67), offer(400, 80, 100)])
    assert lowest(found, at=day(85)).amount == 350
    assert lowest(found, at=day(85)).reduced_at == day(80)
    # After more than thirty days that is over.
    later = periods(points=base((0, 500)), offers=[offer(350, 40, 47), offer(400, 80, 100)])
    assert lowest(later, at=day(85)).amount == 500


def test_omnibus_the_days_count_back_from_the_reduction_and_not_from_today():
    found = periods(points=base((0, 500), (70, 600)), offers=[offer(400, 80, None)])
    assert lowest(found, at=day(300)).amount == 500


def test_omnibus_a_price_that_ended_right_when_the_thirty_days_began_is_past():
    found = periods(points=base((0, 500)), offers=[offer(350, 40, 50), offer(400, 80, 100)])
    assert lowest(found, at=day(80)).amount == 500


def test_omnibus_every_step_down_is_a_reduction_of_its_own():
    found = periods(points=base((0, 500)), offers=[offer(400, 80, 85), offer(300, 85, 100)])
    assert lowest(found, at=day(82)).amount == 500
    assert lowest(found, at=day(90)).amount == 400


def test_omnibus_another_list_with_the_same_price_does_not_begin_it_anew():
    found = periods(points=base((0, 500)), offers=[offer(400, 80, 85), offer(400, 85, 100, source="other")])
    assert lowest(found, at=day(90)) == lowest(found, at=day(82))


def test_a_price_that_rose_is_not_reduced():
    found = periods(points=base((0, 500), (80, 600)))
    assert (lowest(found, at=day(90)).amount, lowest(found, at=day(90)).reduced_at) == (500, None)
    assert lowest(found, at=day(120)).amount == 600


def test_what_was_not_for_sale_before_is_not_reduced():
    assert lowest(periods(points=base((50, 500))), at=day(60)).reduced_at is None
    assert lowest(periods(points=base((50, 500))), at=day(40)) is None


def test_prices_for_other_amounts_are_compared_by_what_they_come_to():
    points = [Point(day(0), 500, 1000), Point(day(10), 450, 500), Point(day(20), 800, 1000)]
    assert (lowest(periods(points=points), at=day(21)).amount, lowest(periods(points=points), at=day(21)).price_quantity) == (500, 1000)


def test_what_everybody_is_given_off_counts_as_a_price():
    cut = Cut("percent", 200_000, "spring", day(60), day(67))
    found = periods(points=base((0, 500)), offers=[offer(450, 80, 100)], cuts=[cut])
    assert [(one.amount, one.promotion) for one in found] == [(500, ""), (400, "spring"), (500, ""), (450, ""), (500, "")]
    assert lowest(found, at=day(85)).amount == 400
    assert periods(points=base((0, 500)), cuts=[Cut("amount", 600, "x", None, None)])[0].amount == 0
    assert periods(points=base((0, 500)), cuts=[Cut("fixed", 600, "x", None, None)])[0].amount == 500


bounds = st.one_of(st.none(), st.integers(0, 120))
offers = st.builds(
    lambda amount, rank, source, one, other: offer(
        amount, *((one, other) if None in (one, other) else (min(one, other), max(one, other) + 1)), rank=rank, source=source
    ),
    st.integers(0, 50), st.integers(1, 3), st.sampled_from("ab"), bounds, bounds,
)  # fmt: skip
points = st.lists(st.tuples(st.integers(0, 120), st.one_of(st.none(), st.integers(0, 50))), max_size=4, unique_by=lambda step: step[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(offers, max_size=5), points, st.integers(-2, 125))
def test_at_every_moment_the_period_is_the_winning_offer(some, steps, number):
    found = periods(offers=some, points=base(*steps))
    at = day(number) + timedelta(hours=1)
    reached = [one for one in some if (one.starts_at is None or one.starts_at <= at) and (one.ends_at is None or at < one.ends_at)]
    first = min(((-one.rank, one.source) for one in reached), default=None)
    stood = [amount for when, amount in sorted(steps, key=lambda step: step[0]) if day(when) <= at]
    # Two of one list at once do not come up in the tables; here either is right.
    right = {one.amount for one in reached if (-one.rank, one.source) == first} if reached else {stood[-1] if stood else None}
    present = at_moment(found, at)
    assert (present.amount if present else None) in right


@settings(max_examples=60, deadline=None)
@given(st.lists(offers, max_size=5), points)
def test_periods_come_in_order_and_touch_only_where_something_differs(some, steps):
    found = periods(offers=some, points=base(*steps))
    for one, other in zip(found, found[1:], strict=False):
        assert one.ends_at is not None
        assert other.starts_at is not None
        assert one.ends_at <= other.starts_at
        assert one.ends_at < other.starts_at or (one.amount, one.source) != (other.amount, other.source)


@settings(max_examples=60, deadline=None)
@given(st.lists(offers, max_size=5), points, st.integers(0, 125), st.integers(1, 60))
def test_the_lowest_was_charged_within_the_days_and_nothing_lower_was(some, steps, number, days):
    found, at = periods(offers=some, points=base(*steps)), day(number) + timedelta(hours=1)
    answer = lowest(found, at=at, days=days)
    if answer is None:
        assert at_moment(found, at) is None
        return
    until = answer.reduced_at or at
    hours = [until - timedelta(hours=1 + 6 * step) for step in range(4 * days) if 1 + 6 * step <= days * 24]
    seen = [one.amount for hour in hours if (one := at_moment(found, hour))] + ([] if answer.reduced_at else [at_moment(found, at).amount])
    assert answer.amount <= min(seen)
    assert answer.amount in [one.amount for one in found]


# Read from the tables


@pytest.fixture
def shop(db):
    return open_price_shop(1)


def test_a_place_has_the_prices_of_its_lists_by_rank(shop):
    shop.bring_in("all", [180], ends_at=NOW + 10 * DAY)
    shop.bring_in("north", [150], starts_at=NOW + 2 * DAY, ends_at=NOW + 4 * DAY)
    shop.bring_in("staff", [10])
    shop.bring_in("north", [20], from_quantity=6000)
    PricePoint.objects.update(at=NOW - 60 * DAY)
    cast, variant = shop.cast, shop.variants[0].pk
    north = price_history(variant=variant, place=Place(cast.stores.pk, cast.northside.pk))
    assert north.currency == "EUR"
    assert [(one.amount, one.source) for one in north.periods] == [
        (200, ""), (180, "everywhere"), (150, "northside"), (180, "everywhere"), (200, ""),
    ]  # fmt: skip
    web = price_history(variant=variant, place=Place(cast.web.pk))
    assert [one.amount for one in web.periods] == [200, 180, 200]
    place = Place(cast.stores.pk, cast.northside.pk)
    assert lowest_price(variant=variant, place=place, at=NOW + 3 * DAY).amount == 180
    assert lowest_price(variant=variant, place=place, at=NOW + DAY).amount == 200


def test_a_store_begins_when_its_own_clock_says_so_also_around_the_change_of_clocks(shop):
    """Saturday 09:00 until Sunday 18:00 in Berlin's words, over the night of 29 March 2037 when an hour is left out."""
    starts, ends = datetime(2037, 3, 28, 8, 0, tzinfo=UTC), datetime(2037, 3, 29, 16, 0, tzinfo=UTC)
    services.schedule_price(variant=shop.variants[0].pk, amount=150, now=NOW, actor=shop.pia.pk, starts_at=starts, ends_at=ends)
    cast = shop.cast
    cast.riverside.timezone = "Europe/London"
    cast.riverside.save()

    def sale(place):
        return next((one.starts_at, one.ends_at) for one in price_history(variant=shop.variants[0].pk, place=place).periods if one.amount == 150)

    assert sale(Place(cast.stores.pk, cast.northside.pk)) == (starts, ends)
    # 09:00 and 18:00 in London too, on winter time and on summer time.
    assert sale(Place(cast.stores.pk, cast.riverside.pk)) == (starts + timedelta(hours=1), ends + timedelta(hours=1))
    assert shop_settings.get("shop.timezone") == "Europe/Berlin"


def test_base_prices_leave_their_trace(shop):
    variant = shop.variants[0].pk
    for amount in (210, 220):
        services.set_price(variant=variant, currency="EUR", amount=amount, now=NOW, actor=None)
    assert list(PricePoint.objects.filter(variant=variant).order_by("id").values_list("amount", flat=True)) == [200, 210, 220]


def promotion(shop, *, name="Spring", rule=(), state="approved", starts=NOW, ends=NOW + 10 * DAY, **fields):
    told = {"level": "line", "reward": {"kind": "percent", "value": 250_000}, **dict(rule)}
    made = {"made_by": shop.pia.pk, "made_at": NOW - 40 * DAY, "changed_by": shop.pia.pk, "changed_at": NOW - 40 * DAY}
    return Promotion.objects.create(code=name.lower(), name=name, state=state, rule=told, starts_at=starts, ends_at=ends, **{**made, **fields})


def cheapest(shop, place):
    return min(one.amount for one in price_history(variant=shop.variants[0].pk, place=place).periods)


def test_a_promotion_for_everybody_is_a_price_like_others(shop):
    PricePoint.objects.update(at=NOW - 60 * DAY)
    place = Place(shop.cast.stores.pk, shop.cast.northside.pk)
    promotion(shop)
    found = price_history(variant=shop.variants[0].pk, place=place).periods
    assert [(one.amount, one.promotion) for one in found] == [(200, ""), (150, "spring"), (200, "")]
    assert lowest_price(variant=shop.variants[0].pk, place=place, at=NOW + DAY).amount == 200
    # A list below that soon after: the promotion's price was to be had before.
    shop.bring_in("north", [140], starts_at=NOW + 12 * DAY)
    assert lowest_price(variant=shop.variants[0].pk, place=place, at=NOW + 13 * DAY).amount == 150


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ({}, {"needs_coupon": True}),
        ({}, {"state": "draft"}),
        ({}, {"state": "ended", "ends": None}),
        ({}, {"most_uses": 10, "offline": "allow"}),
        ({"groups": ["club"]}, {}),
        ({"staff": True}, {}),
        ({"windows": [{"days": [6], "from": 0, "until": 600}]}, {}),
        ({"minimum": {"quantity": 2}}, {}),
        ({"stores": ["riverside"]}, {}),
        ({"selection": {"any": {"sku": ["OTHER"]}}}, {}),
        ({"selection": {"except": {"sku": ["SKU-0"]}}}, {}),
        ({"reward": {"kind": "set", "size": 2, "value": 100}}, {}),
        ({"level": "order"}, {}),
    ],
)
def test_what_not_everybody_gets_is_no_price(shop, rule, fields):
    promotion(shop, rule=rule, **fields)
    assert cheapest(shop, Place(shop.cast.stores.pk, shop.cast.northside.pk)) == 200


def test_a_promotion_is_a_price_where_it_holds_and_on_what_it_names(shop):
    promotion(shop, rule={"selection": {"any": {"sku": ["SKU-0", "X"], "product": ["product-0"]}}, "stores": ["northside"]})
    assert cheapest(shop, Place(shop.cast.stores.pk, shop.cast.northside.pk)) == 150
    assert cheapest(shop, Place(shop.cast.stores.pk, shop.cast.riverside.pk)) == 200
