from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from commerce.middleware import OfficeClockMiddleware
from org.queries import zone_of
from org.tests.cast import open_shop


def hour_shown(path, user):
    request = RequestFactory().get(path)
    request.user = user
    told = OfficeClockMiddleware(lambda _: HttpResponse(timezone.localtime(datetime(2026, 7, 1, 12, tzinfo=UTC)).hour))(request)
    return int(told.content)


def test_the_back_office_tells_time_by_the_readers_store(db):
    cast = open_shop()
    cast.northside.timezone = "Asia/Tokyo"
    cast.northside.save()
    assert hour_shown("/admin/", cast.mia) == 21
    assert hour_shown("/api/v1/orders", cast.mia) == 12
    assert timezone.get_current_timezone() == ZoneInfo("UTC")


def test_without_a_store_it_is_utc(db):
    assert zone_of(stores=None) == ZoneInfo("UTC")
