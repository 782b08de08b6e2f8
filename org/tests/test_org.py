from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid, NotFound
from org import queries, services, settings
from org.models import RoleGrant, Store
from org.tests.cast import hire

BERLIN = ZoneInfo("Europe/Berlin")


def day(*clock: int, cutoff: time = time(4, 0), zone: str = "Europe/Berlin", fold: int = 0) -> date:
    at = datetime(*clock, tzinfo=ZoneInfo(zone), fold=fold)
    return queries.business_date(store=Store(timezone=zone, day_cutoff=cutoff), at=at.astimezone(UTC))


def test_a_sale_after_midnight_and_before_the_cutoff_belongs_to_the_day_before():
    assert day(2026, 3, 14, 3, 59) == date(2026, 3, 13)
    assert day(2026, 3, 14, 4, 0) == date(2026, 3, 14)
    assert day(2026, 3, 14, 23, 59) == date(2026, 3, 14)


def test_the_stores_clock_counts_and_not_the_servers():
    at = datetime(2026, 3, 14, 2, 0, tzinfo=UTC)
    assert queries.business_date(store=Store(timezone="America/New_York", day_cutoff=time(4)), at=at) == date(2026, 3, 13)
    assert queries.business_date(store=Store(timezone="Asia/Tokyo", day_cutoff=time(4)), at=at) == date(2026, 3, 14)


def test_days_when_the_clock_changes():
    assert day(2026, 3, 29, 3, 59) == date(2026, 3, 28)
    assert day(2026, 3, 29, 4, 0) == date(2026, 3, 29)
    assert day(2026, 10, 25, 3, 59) == date(2026, 10, 24)
    assert day(2026, 10, 25, 4, 0) == date(2026, 10, 25)


def test_a_cutoff_in_the_hour_that_comes_twice_changes_the_day_once():
    cutoff = time(2, 30)
    assert day(2026, 10, 25, 2, 15, cutoff=cutoff) == date(2026, 10, 24)
    assert day(2026, 10, 25, 2, 45, cutoff=cutoff) == date(2026, 10, 25)
    assert day(2026, 10, 25, 2, 15, cutoff=cutoff, fold=1) == date(2026, 10, 25)


def test_a_cutoff_in_the_hour_that_is_skipped_changes_the_day_at_the_jump():
    cutoff = time(2, 30)
    assert day(2026, 3, 29, 1, 59, cutoff=cutoff) == date(2026, 3, 28)
    assert day(2026, 3, 29, 3, 0, cutoff=cutoff) == date(2026, 3, 29)


@given(
    start=st.integers(1_700_000_000, 1_900_000_000),
    minutes=st.integers(0, 3000),
    cutoff=st.times(max_value=time(6)),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago", "Asia/Kolkata", "UTC"]),
)
def test_the_business_date_never_goes_back(start, minutes, cutoff, zone):
    store = Store(timezone=zone, day_cutoff=cutoff)
    at = datetime.fromtimestamp(start, UTC)
    later = at + timedelta(minutes=minutes)
    assert queries.business_date(store=store, at=at) <= queries.business_date(store=store, at=later)


def test_a_store_needs_a_real_time_zone(cast):
    with pytest.raises(Invalid) as refusal:
        services.create_store(company=cast.company, channel=cast.stores, code="moon", name="Moon", timezone="Moon/Base")
    assert refusal.value.field == "timezone"


def test_a_code_is_used_once(cast):
    with pytest.raises(Invalid) as refusal:
        services.create_company(code="harrow", name="Another", currency="EUR")
    assert refusal.value.field == "code"


def test_the_currency_of_a_store_stays(cast):
    assert services.change_store(store=cast.northside, name="North").name == "North"
    with pytest.raises(Invalid):
        services.change_store(store=cast.northside, currency="USD")


def test_stores_are_found_by_code_and_bounded_by_what_may_be_seen(cast):
    assert queries.store_of(code="northside") == cast.northside
    assert queries.store_of(id=cast.northside.id) == cast.northside
    assert queries.open_stores(stores={cast.riverside.id}) == [cast.riverside]
    assert queries.open_stores() == [cast.northside, cast.riverside]
    assert queries.open_stores(stores=frozenset()) == []
    with pytest.raises(NotFound):
        queries.store_of(code="nowhere")


def test_granting_a_role_again_changes_nothing(cast):
    first = services.grant_role(user=cast.mia, role="viewer")
    assert services.grant_role(user=cast.mia, role="viewer") == first


def test_the_last_owner_can_neither_be_removed_nor_leave(cast):
    grant = RoleGrant.objects.get(user=cast.olga)
    with pytest.raises(services.LastOwner):
        services.revoke_role(grant=grant)
    with pytest.raises(services.LastOwner):
        services.change_user(user=cast.olga, is_active=False)
    hire("otto", "owner")
    services.revoke_role(grant=grant)
    assert not cast.olga.is_staff


def test_an_unknown_role_is_refused(cast):
    with pytest.raises(Invalid):
        services.grant_role(user=cast.mia, role="emperor")


def test_a_setting_for_a_store_wins_over_everywhere_and_that_over_the_default(cast):
    assert settings.get("till.note_buttons") == [500, 1000, 2000, 5000]
    settings.put("till.note_buttons", [1000])
    settings.put("till.note_buttons", [2000, 5000], store=cast.northside)
    assert settings.get("till.note_buttons") == [1000]
    assert settings.get("till.note_buttons", store=cast.northside) == [2000, 5000]
    assert settings.get("till.note_buttons", store=cast.riverside) == [1000]
    settings.clear("till.note_buttons", store=cast.northside)
    assert settings.get("till.note_buttons", store=cast.northside) == [1000]


@pytest.mark.parametrize("value", ["500", [0], [True], [2000, 1000], [1.5], [500, 500], list(range(1, 20)), None])
def test_notes_that_are_no_notes_are_refused(db, value):
    with pytest.raises(settings.SettingInvalid) as refusal:
        settings.put("till.note_buttons", value)
    assert refusal.value.code == "setting_invalid"


CARD = {"title": "A basket", "text": "Scan three things", "scans": ["4006381333931"]}


def test_cards_are_kept_as_they_are(db):
    settings.put("till.try_this", [CARD])
    assert settings.get("till.try_this") == [CARD]


@pytest.mark.parametrize("value", [CARD, ["x"], [CARD | {"more": 1}], [CARD | {"title": ""}], [CARD | {"scans": ["12a"]}], [CARD | {"scans": "12"}]])
def test_cards_of_another_shape_are_refused(db, value):
    with pytest.raises(settings.SettingInvalid):
        settings.put("till.try_this", value)


@pytest.mark.parametrize("title", ["a\0b", "half \ud83d"])
def test_what_the_database_cannot_keep_is_refused(db, title):
    with pytest.raises(settings.SettingInvalid):
        settings.put("till.try_this", [CARD | {"title": title}])


def test_an_unknown_setting_is_refused(db):
    with pytest.raises(settings.UnknownSetting) as refusal:
        settings.get("till.colour")
    assert refusal.value.code == "setting_unknown"


def test_the_first_owner_comes_by_createsuperuser(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long pass phrase")
    call_command("createsuperuser", "--noinput", username="boss", name="The Boss", verbosity=0)
    boss = authenticate(username="boss", password="a long pass phrase")
    assert boss.is_staff
    assert boss.has_perm("org.change_user")
