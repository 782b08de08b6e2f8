"""The gate: what was acknowledged to a client is there exactly once, whoever is killed and when; and a product that is wrong is found out."""

import re
from collections import Counter

import pytest

from tests.crash import oracle, payments, plan, stock
from tests.crash.oracle import Asked, Evidence
from tests.crash.payments import Money
from tests.crash.stock import Stock
from tests.gates import attack


@pytest.mark.long
def test_a_hundred_kills_lose_nothing_and_double_nothing():
    report = attack("crash", "--attempts", "100", "--seed", "7")
    assert report["broken"] == {}
    assert all(report["executed"][kind] >= many for kind, many in report["planned"].items())
    assert report["figures"]["orders"] > 100


@pytest.mark.long
def test_a_product_that_begins_anew_what_was_broken_off_is_found_out():
    report = attack("crash", "--attempts", "6", "--mutant", "begin-anew")
    assert report["broken"]["doubled"]
    assert {"lost", "kills"}.isdisjoint(report["broken"])
    # Whoever asks again may also be refused what was done for them before: the same fault, told to a client.
    assert all(re.match(r"AssertionError: \w+: 409 ", told) for told in report["broken"].get("clients", []))


def test_a_plan_is_the_same_for_the_same_seed_and_has_all_that_is_asked_for():
    assert plan.make(kills=100, seed=3) == plan.make(kills=100, seed=3) != plan.make(kills=100, seed=4)
    for kills in (10, 99, 100, 250):
        assert plan.planned(plan.make(kills=kills, seed=3)).total() == kills


def test_of_a_hundred_kills_everybody_has_a_fair_share_and_more_than_forty_are_at_named_points():
    made = plan.make(kills=100, seed=7)
    shares = {part: len(kills) for part, kills in made.items()}
    named = [kill for kills in made.values() for kill in kills if kill.point != plan.ANYWHERE]
    assert min(shares.values()) >= 20
    assert len(named) >= 40
    assert {kill.point for kill in named} == {"before_commit", "after_commit", "before_charge", "after_charge", "before_kept", "reply_lost"}


def asked(**more: object) -> Asked:
    calm = {"what": "checkout", "path": "/api/v1/checkouts", "key": "k", "status": 201, "answer": b"{}", "again_status": 201, "again": b"{}"}
    return Asked(**calm | {"told": {"id": "o", "number": "W-1", "total": 500}} | more)


ORDER = {"id": "o", "number": "W-1", "status": "paid", "kind": "sale", "source": "web", "total": 500, "customer": True}
ATTEMPT = {"id": "a", "order": "o", "key": "k", "state": "captured", "amount": 500, "captured": 500, "refunded": 0, "status": "paid"}
THERE = {"key": "k", "order": "o", "state": "captured", "captured": 500, "refunded": 0}
BACK = {"key": "r", "state": "done", "amount": 100}
BACK_THERE = {"key": "r", "state": "refunded"}


def money(**more: object) -> Money:
    return Money(**{"attempts": [ATTEMPT], "tenders": {"o": 500}, "payments_there": [THERE]} | more)


def evidence(**more: object) -> Evidence:
    """One order of everything, and all of it in order."""
    calm: dict = {"asked": [asked()], "orders": [ORDER], "money": money(), "told": {"o": 1}, "booked": {"o": 0}, "earned": {"o": 1}}
    return Evidence(**calm | more)


def broken(found: Evidence) -> set[str]:
    return {one.check for one in oracle.judge(found) if one.broken}


def test_the_oracle_is_content_when_everything_is_in_order():
    assert broken(evidence()) == set()


@pytest.mark.parametrize(
    ("check", "more"),
    [
        ("answers", {"asked": [asked(again=b"{ }")]}),
        ("answers", {"asked": [asked(again_status=409)]}),
        ("lost", {"orders": []}),
        ("lost", {"orders": [ORDER | {"number": "W-2"}]}),
        ("doubled", {"orders": [ORDER, ORDER | {"id": "p", "number": "W-2"}]}),
        ("doubled", {"asked": [asked(), asked(key="l")]}),
        ("totals", {"orders": [ORDER | {"total": 499}]}),
        ("sums", {"broken": ["order_lines_add_up o"]}),
        ("money", {"money": money(payments_there=[])}),
        ("goods", {"goods": Stock(wrong=["level of v"])}),
        ("events", {"told": {}}),
        ("events", {"told": {"o": 2}}),
        ("events", {"booked": {}}),
        ("events", {"booked": {"o": 1}}),
        ("events", {"earned": {}}),
        ("events", {"undelivered": ["orders.books did not get it"]}),
        ("drained", {"left": {"deliveries": 1}}),
    ],
)
def test_the_oracle_sees(check: str, more: dict):
    assert check in broken(evidence(**more))


def test_what_was_refused_or_stood_before_is_no_double():
    assert broken(evidence(orders=[ORDER, ORDER | {"id": "p", "status": "cancelled"}])) == set()
    assert broken(evidence(orders=[ORDER, ORDER | {"id": "p"}], before=frozenset("p"))) == set()


def test_what_was_changed_on_purpose_may_cost_something_else():
    edit = asked(what="edits", path="/api/v1/orders/o/edits", told={})
    assert "totals" not in broken(evidence(asked=[asked(), edit], orders=[ORDER | {"total": 700}]))


@pytest.mark.parametrize(
    "more",
    [
        {"payments_there": []},
        {"payments_there": [THERE, THERE]},
        {"payments_there": [THERE, THERE | {"key": "l"}]},
        {"payments_there": [THERE | {"captured": 499}]},
        {"attempts": [], "tenders": {}},
        {"attempts": [ATTEMPT | {"state": "unknown"}]},
        {"attempts": [ATTEMPT | {"state": "declined", "captured": 0}], "tenders": {}},
        {"attempts": [ATTEMPT | {"status": "cancelled"}]},
        {"attempts": [ATTEMPT | {"state": "declined", "captured": 0, "status": "pending"}], "tenders": {}, "payments_there": []},
        {"tenders": {}},
        {"refunds": [BACK]},
        {"refunds_there": [BACK_THERE]},
        {"refunds": [BACK | {"state": "unknown"}], "refunds_there": [BACK_THERE]},
        {"refunds": [BACK], "refunds_there": [BACK_THERE, BACK_THERE]},
    ],
)
def test_money_without_an_order_or_an_order_without_money_is_seen(more: dict):
    assert list(payments.judge(money(**more)))


def test_money_that_went_back_is_no_difference():
    back = {"attempts": [ATTEMPT | {"refunded": 100}], "tenders": {"o": 400}, "payments_there": [THERE | {"refunded": 100}]}
    assert list(payments.judge(money(**back, refunds=[BACK], refunds_there=[BACK_THERE]))) == []


SOLD = {"order": "o", "variant": "v", "quantity": 1000}
GONE = {"reference": "o", "variant": "v", "quantity": -1000}
HELD = {"reference": "o", "variant": "v", "quantity": 1000}
WAITS = {"id": "o", "number": "W-1", "kind": "sale", "status": "paid", "left": False}


@pytest.mark.parametrize(
    ("order", "movements", "held", "fine"),
    [
        (WAITS, [], [HELD], True),
        (WAITS, [], [], False),
        (WAITS, [GONE], [HELD], False),
        (WAITS | {"left": True}, [GONE], [], True),
        (WAITS | {"left": True}, [GONE, GONE], [], False),
        (WAITS | {"left": True}, [GONE], [HELD], False),
        (WAITS | {"status": "cancelled"}, [], [], True),
        (WAITS | {"status": "cancelled"}, [], [HELD], False),
    ],
)
def test_goods_leave_once_and_are_held_until_then(order: dict, movements: list, held: list, fine: bool):
    found = list(stock.judge(Stock(orders=[order], lines=[SOLD], movements=movements, held=held)))
    assert (found == []) is fine


def test_what_came_back_has_moved():
    back = {"id": "b", "number": "W-2", "kind": "return", "status": "paid", "left": False}
    line, moved = SOLD | {"order": "b", "quantity": -1000}, GONE | {"reference": "b", "quantity": 1000}
    assert list(stock.judge(Stock(orders=[back], lines=[line], movements=[moved]))) == []
    assert list(stock.judge(Stock(orders=[back], lines=[line])))


def test_kinds_of_kills_have_names_of_their_own():
    assert max(Counter(plan.kind(*what) for what in plan.MIX).values()) == 1
