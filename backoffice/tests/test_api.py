"""Deliveries seen and sent again through REST."""

import pytest
from django.test import Client

from kernel.ids import uuid7
from kernel.models import Delivery, IdempotencyKey, Message
from org.tests.cast import NOW, hire, open_shop
from org.tests.doorstep import client_of, code_of, key, rest, statements


@pytest.fixture
def cast(db):
    return open_shop()


def parked(count=1, state="parked"):
    messages = Message.objects.bulk_create(
        Message(
            type="orders.order.placed",
            version=1,
            occurred_at=NOW,
            aggregate_type="order",
            aggregate_id=uuid7(),
            sequence=1,
            correlation=uuid7(),
            data={},
        )
        for _ in range(count)
    )
    return Delivery.objects.bulk_create(
        Delivery(message=message, subscriber="eventbridge", state=state, attempts=8, due_at=NOW, last_error="refused") for message in messages
    )


def send_again(delivery, *, once="first", **who):
    headers = {"Idempotency-Key": once} if once else {}
    return client_of(**who).post(f"/api/v1/deliveries/{delivery.id}/retries", headers=headers)


def test_deliveries_are_listed_newest_first_and_filtered(cast):
    parked(3)
    parked(2, state="done")
    engineer = hire("erik", "engineer")
    page = rest("/api/v1/deliveries", user=engineer, first=2, state="parked").json()
    more = rest("/api/v1/deliveries", user=engineer, first=2, state="parked", after=page["next"]).json()
    ids = [item["id"] for item in page["items"] + more["items"]]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert more["next"] is None
    assert page["items"][0]["message"]["type"] == "orders.order.placed"
    assert rest("/api/v1/deliveries", user=engineer, subscriber="nobody").json()["items"] == []
    assert code_of(rest("/api/v1/deliveries", user=engineer, state="lost")) == "invalid"


@pytest.mark.parametrize("count", [1, 10, 100])
def test_the_list_costs_the_same_statements_however_long(cast, count):
    parked(count)
    program = key(cast.web, "deliveries:read")
    with statements() as seen:
        assert len(rest("/api/v1/deliveries", key=program, first=100).json()["items"]) == count
    assert len(seen) == 2, seen


def test_a_parked_delivery_goes_again(cast):
    delivery = parked()[0]
    response = send_again(delivery, key=key(cast.web, "deliveries:write"))
    assert (response.status_code, response.json()["state"]) == (202, "pending")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("pending", 0)


def test_the_same_key_gets_the_first_answer_byte_for_byte(cast):
    delivery = parked()[0]
    program = key(cast.web, "deliveries:write")
    first = send_again(delivery, key=program)
    Delivery.objects.update(state="parked", attempts=8)
    again = send_again(delivery, key=program)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    delivery.refresh_from_db()
    assert delivery.state == "parked", "a replay has no effect"
    other = send_again(delivery, key=key(cast.web, "deliveries:write"))
    assert other.content != first.content, "another principal's key is another key"


def test_a_retry_without_a_key_is_refused(cast):
    delivery = parked()[0]
    assert code_of(send_again(delivery, once="", user=cast.olga)) == "idempotency_key_invalid"
    delivery.refresh_from_db()
    assert delivery.state == "parked"


def test_what_has_arrived_is_not_sent_again_and_nothing_is_kept_of_it(cast):
    delivery = parked(state="done")[0]
    response = send_again(delivery, user=cast.olga)
    assert (response.status_code, code_of(response)) == (409, "already_delivered")
    assert not IdempotencyKey.objects.exists()


def test_a_delivery_nobody_has_is_not_found(cast):
    assert code_of(send_again(Delivery(id=10**9), user=cast.olga)) == "not_found"
    assert send_again(Delivery(id=2**70), user=cast.olga).status_code == 404


def test_a_session_needs_its_csrf_token(cast):
    delivery = parked()[0]
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.olga)
    response = browser.post(f"/api/v1/deliveries/{delivery.id}/retries", headers={"Idempotency-Key": "x"})
    assert (response.status_code, code_of(response)) == (403, "not_allowed")


@pytest.mark.parametrize("who", ["carla", "mia"])
def test_the_shops_staff_have_no_business_here(cast, who):
    delivery = parked()[0]
    expected = {"carla": 401, "mia": 403}[who]
    assert rest("/api/v1/deliveries", user=getattr(cast, who)).status_code == expected
    assert send_again(delivery, user=getattr(cast, who)).status_code == expected
    delivery.refresh_from_db()
    assert delivery.state == "parked"
