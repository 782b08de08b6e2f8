"""Doors of payments: what providers tell, and what staff may see and decide."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from integrations.gateway_simulator.tests.stage import DOOR, ended, paid_back
from integrations.gateway_simulator.webhooks import HEADER, signature
from kernel.models import Job
from orders.models import Attempt, Discrepancy, Payment, ProviderEvent, ProviderRefund
from org.tests.doorstep import client_of, code_of, key, rest, statements

BASE = "/api/v1/payments"


def sent(body: bytes, *, at: int, secret="simulator-only", **more):
    headers = {HEADER: signature(body=body, secret=secret, at=at)} | more
    return Client().post(DOOR, data=body, content_type="application/json", headers=headers)


def test_what_is_not_signed_by_the_provider_is_refused_before_anything_else(stage):
    at = int(stage.now.timestamp())
    attempt = stage.attempt(stage.order())
    told = {"id": "se_1", "kind": "payment.captured", "object": {"id": "sp_forged", "key": attempt.key, "state": "captured", "captured": 1_000}}
    body = json.dumps(told).encode()
    good = {HEADER: signature(body=body, secret="simulator-only", at=at)}
    with statements() as seen:
        answers = [
            sent(body, at=at, secret="guessed"),
            Client().post(DOOR, data=body, content_type="application/json"),
            Client().post(DOOR, data=body, content_type="application/json", headers={HEADER: "t=1;v1=2"}),
            sent(b"not json", at=at, secret="guessed"),
            Client().post(DOOR, data=body + b" ", content_type="application/json", headers=good),
        ]
    assert [(answer.status_code, code_of(answer)) for answer in answers] == [(401, "webhook_signature_invalid")] * 5
    assert seen == [], "nothing is read or written for a stranger"
    assert stage.carry_on(attempt) == "captured"


def test_a_message_signed_long_ago_is_refused(stage):
    body = b'{"id": "se_2", "kind": "payment.captured", "object": {"id": "sp_2", "key": "k", "state": "captured"}}'
    for away in (-301, 301):
        answer = sent(body, at=int((stage.now + timedelta(seconds=away)).timestamp()))
        assert (answer.status_code, code_of(answer)) == (401, "webhook_too_old")
    assert not ProviderEvent.objects.exists()
    assert sent(body, at=int((stage.now - timedelta(seconds=250)).timestamp())).json() == {"status": "held"}


def test_a_message_without_end_is_refused_unread(stage):
    answer = sent(b"x" * 1_000_001, at=int(stage.now.timestamp()))
    assert (answer.status_code, code_of(answer)) == (413, "webhook_too_large")


def test_a_provider_nobody_has_set_up_is_not_there(stage):
    assert Client().post(f"{BASE}/webhooks/stripe", b"{}", content_type="application/json").status_code == 404


def test_of_a_message_only_what_settles_is_kept(stage):
    attempt = stage.attempt(stage.order(), "sim_ok.authorise:lost_after")
    stage.carry_on(attempt)
    stage.deliver_all(stage.simulator.payments(attempt.key)[0]["id"])
    kept = ProviderEvent.objects.get()
    assert (kept.state, set(kept.body)) == ("applied", {"key", "refund", "outcome"})


def act(stage, path, body=None, *, user="olga", key="1"):
    client = client_of(user=getattr(stage.cast, user)) if user else Client()
    return client.post(f"{BASE}/{path}", body or {}, content_type="application/json", headers={"Idempotency-Key": key})


@pytest.mark.parametrize("path", ["looks", "voids", "captures", "decisions"])
def test_only_who_may_manage_payments_acts_on_them(stage, path):
    attempt = stage.attempt(stage.order())
    codes = [act(stage, f"attempts/{attempt.id}/{path}", {"amount": 1}, user=user).status_code for user in (None, "carla", "mia", "stan")]
    assert codes == [401, 401, 403, 403]
    attempt.refresh_from_db()
    assert attempt.wants == "capture"


def test_staff_see_what_was_asked_and_strangers_nothing(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_visa_4242")
    stage.carry_on(attempt)
    listed = rest(f"{BASE}/attempts", user=stage.cast.olga, state="captured").json()
    assert [(row["order_number"], row["label"]) for row in listed["items"]] == [(order.number, "Visa 4242")]
    full = rest(f"{BASE}/attempts/{attempt.id}", user=stage.cast.olga).json()
    assert [step["what"] for step in full["steps"]] == ["asks_authorise", "answered_captured"]
    assert "sim_visa_4242" not in json.dumps(full), "a token could be used again"
    assert rest(f"{BASE}/attempts").status_code == 401
    assert rest(f"{BASE}/attempts", user=stage.cast.mia).status_code == 403
    assert rest(f"{BASE}/attempts", user=stage.cast.olga, state="lost").status_code == 422
    elsewhere = key(stage.cast.stores, "payments:read")
    assert rest(f"{BASE}/attempts", key=elsewhere).json()["items"] == []
    assert rest(f"{BASE}/attempts/{attempt.id}", key=elsewhere).status_code == 404
    assert len(rest(f"{BASE}/attempts", key=key(stage.cast.web, "payments:read")).json()["items"]) == 1


def test_a_list_costs_the_same_at_any_length(stage):
    counts = []
    for more in (1, 9, 90):
        order = stage.order()
        for _ in range(more):
            stage.attempt(order)
        with statements() as seen:
            rest(f"{BASE}/attempts", user=stage.cast.olga, first=100)
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts


def test_a_look_that_is_wanted_is_carried_out_by_the_worker(stage):
    attempt = stage.attempt(stage.order(), "sim_ok.authorise:lost_after")
    stage.carry_on(attempt)
    stage.later(minutes=1)
    answer = act(stage, f"attempts/{attempt.id}/looks")
    assert answer.status_code == 202
    assert act(stage, f"attempts/{attempt.id}/looks").content == answer.content
    stage.work()
    assert ended(attempt.order) == "paid"


def test_held_money_is_taken_or_let_go_by_staff(stage):
    first, second = (stage.attempt(stage.order(), capture=False) for _ in range(2))
    for attempt in (first, second):
        stage.carry_on(attempt)
    assert act(stage, f"attempts/{first.id}/captures", {"amount": 1_001}, key="2").status_code == 409
    assert act(stage, f"attempts/{first.id}/captures", {"amount": 1_000}, key="3").status_code == 202
    assert act(stage, f"attempts/{second.id}/voids", key="4").status_code == 202
    stage.later(minutes=1)
    stage.work()
    assert (ended(first.order), ended(second.order)) == ("paid", "cancelled")
    again = act(stage, f"attempts/{second.id}/voids", key="5")
    assert (again.status_code, code_of(again)) == (409, "payment_state")


@pytest.mark.parametrize(("outcome", "end"), [("captured", "paid"), ("failed", "cancelled")])
def test_a_person_settles_what_nobody_could_tell(stage, outcome, end):
    attempt = stage.attempt(stage.order(), "sim_ok.authorise:unknown")
    stage.carry_on(attempt)
    stage.later(hours=25)
    stage.work()
    attempt.refresh_from_db()
    assert attempt.state == "review"
    assert [row["state"] for row in rest(f"{BASE}/attempts", user=stage.cast.olga, state="to_look_at").json()["items"]] == ["review"]
    answer = act(stage, f"attempts/{attempt.id}/decisions", {"outcome": outcome, "note": "seen on its page"})
    assert answer.status_code == 202, answer.content
    assert ended(attempt.order) == end
    assert Payment.objects.filter(order=attempt.order).count() == (1 if outcome == "captured" else 0)


def test_a_refund_that_failed_is_tried_again_under_its_key(stage):
    attempt, refund = paid_back(stage, "sim_ok.refund:timeout_after")
    ProviderRefund.objects.filter(pk=refund).update(state="failed", due_at=None, tries=1)
    assert act(stage, f"refunds/{refund}/retries").status_code == 202
    stage.later(minutes=1)
    stage.work()
    assert ProviderRefund.objects.get(pk=refund).state == "done"
    assert stage.simulator.payments(attempt.key)[0]["refunded"] == 300
    assert code_of(act(stage, f"refunds/{refund}/retries", key="2")) == "payment_state"


def test_differences_are_listed_and_accepted_and_a_comparison_is_a_job(stage):
    row = Discrepancy.objects.create(backend="simulator", kind="missing_here", reference="sp_1", found_at=stage.now)
    assert [one["id"] for one in rest(f"{BASE}/discrepancies", user=stage.cast.olga, state="open").json()["items"]] == [row.id]
    assert rest(f"{BASE}/discrepancies").status_code == 401
    assert act(stage, f"discrepancies/{row.id}/acceptances", user="mia").status_code == 403
    assert act(stage, f"discrepancies/{row.id}/acceptances").status_code == 204
    row.refresh_from_db()
    assert (row.state, row.settled_by) == ("accepted", stage.cast.olga.id)
    wanted = {"backend": "simulator", "since": stage.now.isoformat()}
    assert act(stage, "reconciliations", wanted, user="mia").status_code == 403
    job = act(stage, "reconciliations", wanted, key="2").json()["job"]
    assert Job.objects.get(pk=job).kind == "orders.reconcile"
    assert act(stage, "reconciliations", wanted | {"backend": "bank"}, key="3").status_code == 404
    assert Attempt.objects.count() == 0
