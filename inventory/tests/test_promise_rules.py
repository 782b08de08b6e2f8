"""Opening hours, distances and what is told: without a database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.promise import LOW, MOST_PLACES, BadHours, Holding, Place, metres, promised, ready_at, week_of

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
SHOP = {day: [["09:00", "18:30"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": [["10:00", "14:00"]]}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ready(hours, minutes, now, zone=BERLIN):
    return ready_at(week=week_of(hours), zone=zone, minutes=minutes, now=at(now))


@pytest.mark.parametrize(
    ("minutes", "now", "wanted"),
    [
        # Monday noon in Berlin.
        (120, "2026-03-16 11:00", "2026-03-16 13:00"),
        # Before it opens it counts from nine o'clock.
        (120, "2026-03-16 02:00", "2026-03-16 10:00"),
        # Half an hour before it closes: the rest on Tuesday.
        (120, "2026-03-16 17:00", "2026-03-17 09:30"),
        # Exactly as it closes: when it opens again.
        (30, "2026-03-16 17:00", "2026-03-17 08:00"),
        # Saturday afternoon: Sunday is closed.
        (60, "2026-03-21 13:30", "2026-03-23 09:00"),
        # Nothing to do: at once, or as soon as it opens.
        (0, "2026-03-16 11:00", "2026-03-16 11:00"),
        (0, "2026-03-22 11:00", "2026-03-23 08:00"),
        # A broken minute counts as a whole one.
        (0, "2026-03-16 11:00:01", "2026-03-16 11:01"),
        # Three weeks of opening time.
        (3 * (5 * 570 + 240), "2026-03-16 08:00", "2026-04-06 07:00"),
    ],
)
def test_only_opening_time_counts(minutes, now, wanted):
    assert ready(SHOP, minutes, now) == at(wanted)


def test_the_clock_of_the_place_says_when_it_opens():
    assert ready(SHOP, 60, "2026-03-16 11:00", NEW_YORK) == at("2026-03-16 14:00")


@pytest.mark.parametrize(
    ("hours", "now", "wanted"),
    [
        # The night of 29 March has no hour from two to three: nine o'clock summer time is 07:00 UTC, not 08:00.
        ({"sun": [["09:00", "18:00"]]}, "2026-03-28 20:00", "2026-03-29 08:00"),
        # A bakery at work from ten to six that night works an hour less.
        ({"sat": [["22:00", "06:00"]], "mon": [["09:00", "12:00"]]}, "2026-03-28 21:00", "2026-03-28 22:00"),
        # The night of 25 October has that hour twice.
        ({"sun": [["09:00", "18:00"]]}, "2026-10-24 20:00", "2026-10-25 09:00"),
    ],
)
def test_summer_time_is_the_places_own_affair(hours, now, wanted):
    assert ready(hours, 60, now) == at(wanted)


@pytest.mark.parametrize(("saturday", "worked"), [("2026-03-28", 7 * 60), ("2026-10-24", 9 * 60), ("2026-03-21", 8 * 60)])
def test_a_night_is_as_long_as_it_really_is(saturday, worked):
    """From ten at night to six: the last minute of it is still ready, the next one only a week later."""
    hours = {"sat": [["22:00", "06:00"]]}
    opens = datetime.fromisoformat(saturday).replace(hour=22, tzinfo=BERLIN).astimezone(UTC)
    week = week_of(hours)
    assert ready_at(week=week, zone=BERLIN, minutes=worked - 1, now=opens) == opens + timedelta(minutes=worked - 1)
    assert ready_at(week=week, zone=BERLIN, minutes=worked, now=opens) >= opens + timedelta(days=6)


def test_after_midnight_last_nights_hours_still_hold():
    assert ready({"sat": [["22:00", "06:00"]]}, 60, "2026-03-22 02:00") == at("2026-03-22 03:00")


def test_round_the_clock_is_plain_time():
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    assert ready(hours, 5_000, "2026-03-27 11:17") == at("2026-03-27 11:17") + timedelta(minutes=5_000)
    assert ready({}, 5_000, "2026-03-27 11:17") == at("2026-03-27 11:17") + timedelta(minutes=5_000)


def test_a_place_that_never_opens_promises_nothing():
    assert ready({"mon": []}, 1, "2026-03-16 11:00") is None
    assert ready(SHOP, 10**7, "2026-03-16 11:00") is None


@given(minutes=st.integers(0, 20_000), start=st.integers(0, 60 * 24 * 365))
def test_whoever_begins_earlier_is_never_later(minutes, start):
    now = at("2026-01-01 00:00") + timedelta(minutes=start)
    first, second = (ready_at(week=week_of(SHOP), zone=BERLIN, minutes=minutes, now=now + timedelta(minutes=n)) for n in (0, 7))
    assert now + timedelta(minutes=minutes) <= first <= second


@pytest.mark.parametrize(
    "hours",
    [
        [], {"monday": []}, {"mon": "09:00-18:00"}, {"mon": [["09:00"]]}, {"mon": [["9:00", "18:00"]]}, {"mon": [["09:00", "25:00"]]},
        {"mon": [["24:00", "01:00"]]}, {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}, {"mon": [["09:00", 18]]}, {"mon": [["09:00", "１8:00"]]},
    ],
)  # fmt: skip
def test_hours_nobody_can_read_are_refused(hours):
    with pytest.raises(BadHours):
        week_of(hours)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ((52_520_008, 13_404_954), (48_137_154, 11_576_124), 504_200),
        ((52_520_008, 13_404_954), (52_520_008, 13_404_954), 0),
        # A thousandth of a degree along a meridian.
        ((0, 0), (1_000, 0), 111),
        # Over the date line it is near, not once round the earth.
        ((0, 179_999_000), (0, -179_999_000), 222),
        ((90_000_000, 0), (-90_000_000, 0), 20_015_115),
    ],
)
def test_distances_are_great_circles(one, other, wanted):
    assert abs(metres(one, other) - wanted) <= wanted // 1000 + 1
    assert metres(one, other) == metres(other, one)


def place(n, **given):
    usual = {"distance": n, "ships": False, "offers_pickup": True, "pickup_minutes": 60, "hours": SHOP, "timezone": "Europe/Berlin"}
    return Place(id=UUID(int=n), code=f"p{n}", name=f"P{n}", store=None, **usual | given)


NOW = at("2026-03-16 11:00")


def told(*holdings, places=None):
    known = {one.id.int: one for one in places or [place(n) for n in range(20)]}
    return promised(variant=UUID(int=0), holdings=[one._replace(place=known[one.place]) for one in holdings], now=NOW)


def holding(n, there, available=None, **given):
    return Holding(place=n, there=there, available=there if available is None else available, **given)


@pytest.mark.parametrize(
    ("holdings", "state", "comes_on"),
    [
        ([], "out", None),
        ([holding(1, LOW + 1)], "in_stock", None),
        ([holding(1, LOW)], "low", None),
        ([holding(1, LOW), holding(2, 1_000)], "in_stock", None),
        ([holding(1, 0, 9_000, ahead="backorder")], "backorder", None),
        ([holding(1, 0, 9_000, ahead="backorder"), holding(2, 1_000)], "low", None),
        ([holding(1, 0, 9_000, ahead="backorder"), holding(2, 0, 9, ahead="preorder", comes_on=date(2026, 4, 1))], "preorder", date(2026, 4, 1)),
        ([holding(1, 0, 9_000, ahead="preorder", comes_on=date(2026, 3, 1))], "preorder", None),
    ],
)
def test_one_word_says_how_it_stands(holdings, state, comes_on):
    promise = told(*holdings)
    assert (promise.state, promise.comes_on) == (state, comes_on)
    assert promise.available == sum(one.available for one in holdings)


def test_what_is_there_can_be_fetched_where_pickup_is_offered():
    places = [place(1), place(2, offers_pickup=False), place(3, hours={"mon": []}), place(4, hours={"mon": 5}), place(5, ships=True)]
    promise = told(*(holding(n, 9_000) for n in (1, 2, 3, 4, 5)), places=places)
    assert [one.place.code for one in promise.pickup] == ["p1", "p5"]
    assert {one.ready_at for one in promise.pickup} == {at("2026-03-16 12:00")}
    assert promise.ships
    assert not told(holding(1, 9_000), places=places).ships


def test_what_comes_on_a_day_can_be_fetched_from_that_day_on():
    coming = holding(1, 0, 9_000, ahead="preorder", comes_on=date(2026, 4, 1))
    assert [(one.state, one.ready_at) for one in told(coming).pickup] == [("preorder", at("2026-04-01 08:00"))]
    assert not told(holding(1, 0, 9_000, ahead="backorder")).pickup


def test_no_more_places_are_told_than_anybody_reads():
    assert len(told(*(holding(n, 9_000) for n in range(20))).pickup) == MOST_PLACES
