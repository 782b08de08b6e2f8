import threading
from uuid import uuid4

import pytest

from kernel import idempotency, outbox
from kernel.idempotency import Answer, InFlight, KeyInvalid, KeyReused
from kernel.models import IdempotencyKey, Message
from kernel.tests.bells import NOON, bell, in_threads

pytestmark = pytest.mark.django_db


def once(effect, *, key="k-1", body=b'{"a":1}', scope="key:1 orders.create"):
    return idempotency.answer_once(scope=scope, key=key, body=body, now=NOON, effect=effect)


def ringing(status=201):
    def effect():
        outbox.record(bell(), now=NOON)
        return Answer(status, f'{{"id": "{uuid4()}"}}'.encode(), "application/json; v=1")

    return effect


def test_the_same_key_and_body_get_the_first_answer_byte_for_byte():
    first = once(ringing())
    assert once(ringing()) == first
    assert once(lambda: pytest.fail("ran again")) == first
    assert Message.objects.count() == 1


def test_the_same_key_with_another_body_is_refused():
    once(ringing())
    with pytest.raises(KeyReused) as refused:
        once(ringing(), body=b'{"a":2}')
    assert (refused.value.code, refused.value.status) == ("idempotency_key_reused", 422)
    assert Message.objects.count() == 1


def test_another_principal_may_use_the_same_key():
    first = once(ringing())
    assert once(ringing(), scope="key:2 orders.create") != first


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
def test_a_refusal_is_not_kept_and_undoes_its_writes(status):
    assert once(ringing(status)).status == status
    assert (Message.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert once(ringing()).status == 201


def test_an_exception_in_the_effect_leaves_nothing():
    def effect():
        ringing()()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(effect)
    assert (Message.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_effect_and_record_leaves_neither(monkeypatch):
    def crash(*of):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "_run", crash)
        with pytest.raises(SystemExit):
            once(ringing())
    assert (Message.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    once(ringing())
    assert (Message.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused(key):
    with pytest.raises(KeyInvalid):
        once(ringing(), key=key)


@pytest.mark.django_db(transaction=True)
def test_a_second_request_in_flight_is_told_to_come_back():
    inside, tried = threading.Event(), threading.Event()

    def slow():
        inside.set()
        assert tried.wait(10)
        return ringing()()

    def second():
        assert inside.wait(10)
        try:
            with pytest.raises(InFlight) as refused:
                once(ringing())
            assert (refused.value.code, refused.value.status, refused.value.details) == ("idempotency_in_flight", 409, {"retry_after": 1})
            assert once(ringing(), key="k-2").status == 201
        finally:
            tried.set()

    in_threads(lambda: once(slow), second)
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_command_sent_by_many_at_once_has_one_effect_and_one_answer():
    answers = []
    start = threading.Barrier(6)

    def send():
        start.wait(10)
        while True:
            try:
                answers.append(once(ringing()))
                return
            except InFlight:
                pass

    in_threads(*[send] * 6)
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert Message.objects.count() == 1
