"""Who the audit trail says it was, and what that costs."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from commerce.middleware import ActorMiddleware
from org.tests.cast import open_shop


def actor_during(request):
    def view(request):
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(current_setting('onecounter.actor', true), '')")
            return HttpResponse(cursor.fetchone()[0])

    return ActorMiddleware(view)(request).content.decode()


def request_of(user, method="POST", path="/admin/x", session=True):
    request = RequestFactory().generic(method, path)
    request.user = user
    if session:
        request.COOKIES["sessionid"] = "x"
    return request


@pytest.fixture
def cast(db):
    return open_shop()


def test_a_write_by_somebody_signed_in_carries_their_name(cast):
    assert actor_during(request_of(cast.mia)) == str(cast.mia.pk)
    assert actor_during(request_of(cast.mia, session=False)) == "", "and the next request does not"


@pytest.mark.parametrize(
    ("method", "path", "session"),
    [("GET", "/admin/", True), ("POST", "/graphql/", True), ("POST", "/api/v1/till/journal", True), ("POST", "/x", False)],
)
def test_reads_keys_and_tills_pay_no_statement(cast, method, path, session):
    with CaptureQueriesContext(connection) as captured:
        ActorMiddleware(lambda request: HttpResponse())(request_of(cast.mia, method, path, session))
    assert len(captured) == 0
