import pytest

from catalog.pricing.words import told, words
from catalog.tests.pricing.baskets import cases, result
from catalog.tests.pricing.golden import CASES

# Thursday 1 January 1970, 00:00 UTC, is 01:00 in Berlin.
HOUR = 3_600_000
DAY = 24 * HOUR


def say(code, currency="EUR", **params):
    return words({"code": code, "params": params}, name="2 for 5.00", currency=currency, zone="Europe/Berlin", at=0)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (say("add_more", count=1, size=2), "Add 1 more for 2 for 5.00"),
        (say("spend_more", amount=200), "Spend 2.00 more for 2 for 5.00"),
        (say("spend_more", currency="JPY", amount=200), "Spend 200 more for 2 for 5.00"),
        (say("excluded_by", promotion="s", name="Spring Sale"), "Excluded by Spring Sale"),
        (say("not_started", starts_at=2 * DAY + 8 * HOUR), "Starts Saturday 09:00"),
        (say("ended", ends_at=-8 * DAY), "Ended 24 December 1969 01:00"),
        (say("coupon_refused", coupon="A", reason="used"), "This coupon has been used"),
        (say("fixed", source="markdown"), "Marked down already"),
        (say("deposit"), "Deposits are never reduced"),
    ],
)
def test_an_entry_is_told_in_words(said, text):
    assert said == text


def test_a_week_ahead_the_day_alone_would_mislead():
    assert told(6 * DAY, zone="UTC", at=0) == "Wednesday 00:00"
    assert told(7 * DAY, zone="UTC", at=0) == "8 January 1970 00:00"


def test_there_are_words_for_everything_the_engine_says():
    for case in [*cases(count=400, seed=2), *CASES]:
        for entry in result(case).get("trace", []):
            assert words(entry, name="It", currency=case["rules"]["currency"], zone="UTC", at=case["at"])
