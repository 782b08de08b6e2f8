"""Payments through GraphQL: the same rows and rules as REST, each act once under its key, and as few statements for a hundred as for one."""

import pytest

from integrations.gateway_simulator.tests.stage import ended, paid_back
from kernel.models import Job
from orders.models import Attempt, Discrepancy, ProviderRefund
from org.tests.doorstep import code_of, graphql, key, statements

LIST = """query($first: Int, $after: String, $state: String, $order: ID) {
    paymentAttempts(first: $first, after: $after, state: $state, order: $order) {
    nodes { id order orderNumber state label captured steps { what facts } refunds { id state amount } } pageInfo { hasNextPage endCursor } } }"""
ACTS = {
    "paymentLook": "PaymentActInput",
    "paymentVoid": "PaymentActInput",
    "paymentCapture": "PaymentCaptureInput",
    "paymentDecide": "PaymentDecideInput",
    "paymentRefundRetry": "PaymentRefundRetryInput",
}
MORE = {"paymentCapture": {"amount": 1}, "paymentDecide": {"outcome": "failed", "note": "seen there"}}


def act(stage, what, id, *, user="olga", once="1", told="attempt { id state wants }", **given):
    shape = ACTS.get(what, f"P{what[1:]}Input")
    document = f"mutation($input: {shape}!) {{ {what}(input: $input) {{ {told} errors {{ code field }} }} }}"
    answer = graphql(document, user=user and getattr(stage.cast, user), input={"id": str(id), "idempotencyKey": once, **given})
    return answer.json()["data"][what] if not code_of(answer) else code_of(answer)


def listed(**asked):
    return graphql(LIST, **asked).json()["data"]["paymentAttempts"]


def test_staff_read_what_was_asked_and_nobody_else_does(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_visa_4242")
    stage.carry_on(attempt)
    answer = graphql(LIST, user=stage.cast.olga, state="captured")
    assert "sim_visa_4242" not in answer.content.decode(), "a token could be used again"
    (one,) = answer.json()["data"]["paymentAttempts"]["nodes"]
    assert (one["orderNumber"], one["label"], [step["what"] for step in one["steps"]]) == (
        order.number, "Visa 4242", ["asks_authorise", "answered_captured"],
    )  # fmt: skip
    assert [row["id"] for row in listed(user=stage.cast.olga, order=one["order"])["nodes"]] == [one["id"]]
    assert code_of(graphql(LIST, user=stage.cast.olga, state="lost")) == "invalid"
    assert [code_of(graphql(LIST, user=who)) for who in (None, stage.cast.carla, stage.cast.mia)] == ["not_signed_in", "not_signed_in", "not_allowed"]
    elsewhere, here = key(stage.cast.stores, "payments:read"), key(stage.cast.web, "payments:read")
    single = f'{{ paymentAttempt(id: "{one["id"]}") {{ state }} }}'
    assert listed(key=elsewhere)["nodes"] == []
    assert graphql(single, key=elsewhere).json()["data"]["paymentAttempt"] is None
    assert graphql(single, key=here).json()["data"]["paymentAttempt"] == {"state": "captured"}


def test_pages_follow_each_other_and_cost_the_same_at_any_length(stage):
    counts = []
    for more in (1, 9, 90):
        order = stage.order()
        for _ in range(more):
            stage.attempt(order)
        with statements() as seen:
            assert len(listed(user=stage.cast.olga, first=100)["nodes"]) == sum((1, 9, 90)[: len(counts) + 1])
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts
    met, after = [], None
    while True:
        page = listed(user=stage.cast.olga, first=40, after=after)
        met += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(met) == len(set(met)) == 100
    assert code_of(graphql(LIST, user=stage.cast.olga, after="nonsense")) == "invalid"


@pytest.mark.parametrize("what", ACTS)
def test_only_who_may_manage_payments_acts_on_them(stage, what):
    attempt = stage.attempt(stage.order())
    told = [act(stage, what, attempt.id, user=user, **MORE.get(what, {})) for user in (None, "carla", "mia", "stan")]
    assert told == ["not_signed_in", "not_signed_in", "not_allowed", "not_allowed"]
    attempt.refresh_from_db()
    assert attempt.wants == "capture"


def test_held_money_is_taken_or_let_go_and_what_is_sent_again_happens_once(stage):
    first, second = (stage.attempt(stage.order(), capture=False) for _ in range(2))
    for attempt in (first, second):
        stage.carry_on(attempt)
    assert act(stage, "paymentCapture", first.id, amount=1_001)["errors"] == [{"code": "payment_state", "field": "amount"}]
    taken = act(stage, "paymentCapture", first.id, once="2", amount=1_000)
    assert (taken["attempt"]["wants"], taken["errors"]) == ("capture", [])
    assert act(stage, "paymentCapture", first.id, once="2", amount=1_000)["errors"] == []
    assert act(stage, "paymentCapture", first.id, once="2", amount=999)["errors"][0]["code"] == "idempotency_key_reused"
    assert act(stage, "paymentVoid", second.id, once="3")["attempt"]["wants"] == "void"
    stage.later(minutes=1)
    stage.work()
    assert (ended(first.order), ended(second.order)) == ("paid", "cancelled")
    assert act(stage, "paymentVoid", second.id, once="4")["errors"][0]["code"] == "payment_state"


def test_a_person_looks_and_decides(stage):
    attempt = stage.attempt(stage.order(), "sim_ok.authorise:unknown")
    stage.carry_on(attempt)
    stage.later(hours=25)
    stage.work()
    assert [one["state"] for one in listed(user=stage.cast.olga, state="to_look_at")["nodes"]] == ["review"]
    assert act(stage, "paymentLook", attempt.id)["errors"] == []
    for given, field in (({"outcome": "perhaps", "note": "x"}, "outcome"), ({"outcome": "captured", "note": " "}, "note"),
                         ({"outcome": "captured", "note": "x", "amount": 0}, "amount")):  # fmt: skip
        assert act(stage, "paymentDecide", attempt.id, once="2", **given)["errors"] == [{"code": "invalid", "field": field}]
    decided = act(stage, "paymentDecide", attempt.id, once="3", outcome="captured", note="seen on its page")
    assert (decided["attempt"]["state"], ended(attempt.order)) == ("captured", "paid")


def test_a_refund_that_failed_is_tried_again(stage):
    attempt, refund = paid_back(stage, "sim_ok.refund:timeout_after")
    ProviderRefund.objects.filter(pk=refund).update(state="failed", due_at=None, tries=1)
    assert act(stage, "paymentRefundRetry", refund)["attempt"]["state"] == "captured"
    stage.later(minutes=1)
    stage.work()
    assert ProviderRefund.objects.get(pk=refund).state == "done"
    assert stage.simulator.payments(attempt.key)[0]["refunded"] == 300
    assert act(stage, "paymentRefundRetry", attempt.id, once="2")["errors"][0]["code"] == "not_found"


def test_who_may_only_write_learns_nothing(stage):
    attempt = stage.attempt(stage.order())
    document = """mutation($input: PaymentActInput!) { paymentLook(input: $input) { attempt { label } errors { code } } }"""
    writer = key(stage.cast.web, "payments:write")
    answer = graphql(document, key=writer, input={"id": str(attempt.id), "idempotencyKey": "1"})
    assert (code_of(answer), answer.json()["data"]["paymentLook"]["attempt"]) == ("not_allowed", None)
    elsewhere = key(stage.cast.stores, "payments:write", "payments:read")
    told = graphql(document, key=elsewhere, input={"id": str(attempt.id), "idempotencyKey": "1"}).json()["data"]["paymentLook"]
    assert told == {"attempt": None, "errors": [{"code": "not_found"}]}


def test_differences_are_read_and_accepted_and_a_comparison_is_started(stage):
    rows = [Discrepancy.objects.create(backend="simulator", kind="missing_here", reference=f"sp_{n}", found_at=stage.now) for n in range(3)]
    asked = 'query($after: String) { paymentDiscrepancies(first: 2, after: $after, state: "open") { nodes { id kind } pageInfo { endCursor } } }'
    first = graphql(asked, user=stage.cast.olga).json()["data"]["paymentDiscrepancies"]
    second = graphql(asked, user=stage.cast.olga, after=first["pageInfo"]["endCursor"]).json()["data"]["paymentDiscrepancies"]
    assert [int(one["id"]) for one in (*first["nodes"], *second["nodes"])] == [row.pk for row in reversed(rows)]
    assert code_of(graphql(asked, user=stage.cast.mia)) == "not_allowed"
    accept = {"told": "accepted"}
    assert act(stage, "paymentDiscrepancyAccept", rows[0].pk, user="mia", **accept) == "not_allowed"
    for _ in range(2):
        assert act(stage, "paymentDiscrepancyAccept", rows[0].pk, **accept) == {"accepted": str(rows[0].pk), "errors": []}
    assert act(stage, "paymentDiscrepancyAccept", "nobody", once="2", **accept)["errors"][0]["code"] == "not_found"
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].settled_by) == ("accepted", stage.cast.olga.id)
    compare = "mutation($input: PaymentReconcileInput!) { paymentReconcile(input: $input) { reconciliation { job } errors { code } } }"
    wanted = {"backend": "simulator", "since": "2026-03-01T00:00:00", "idempotencyKey": "1"}
    assert code_of(graphql(compare, user=stage.cast.mia, input=wanted)) == "not_allowed"
    told = graphql(compare, user=stage.cast.olga, input=wanted).json()["data"]["paymentReconcile"]
    assert Job.objects.get(pk=told["reconciliation"]["job"]).arguments["since"] == "2026-03-01T00:00:00+00:00"
    told = graphql(compare, user=stage.cast.olga, input=wanted | {"backend": "bank", "idempotencyKey": "2"}).json()["data"]["paymentReconcile"]
    assert told["errors"]
    assert Attempt.objects.count() == 0
