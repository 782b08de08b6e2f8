"""The gate: nothing that a customer has on paper is lost or doubled, whatever fails; and a till that is wrong is found out."""

import hashlib
import json

import pytest

from tests.chaos import oracle, plan
from tests.chaos.oracle import Evidence
from tests.chaos.till import Paper, paper_of
from tests.gates import Report, attack

SALE = {"receipt": "1-1-0001", "receipt_no": 1, "total": 500, "tax": 80, "tenders": [{"amount": 500, "kind": "cash"}]}


@pytest.mark.long
@pytest.mark.browser
def test_three_hundred_sales_under_attack_lose_nothing_and_double_nothing():
    report = attack("chaos", "--attempts", "300", "--seed", "7")
    assert report["broken"] == {}
    assert all(report["executed"][kind] >= many for kind, many in report["planned"].items())
    assert report["figures"]["papers"] > 200


@pytest.mark.long
@pytest.mark.browser
def test_a_server_that_takes_a_replay_for_a_sale_is_found_out():
    report = attack("chaos", "--attempts", "50", "--mutant", "no-dedupe")
    assert report["broken"]["doubled"]
    assert {"lost", "run", "faults"}.isdisjoint(report["broken"])


@pytest.mark.long
@pytest.mark.browser
def test_a_till_that_prints_before_it_keeps_is_found_out():
    report = attack("chaos", "--attempts", "50", "--mutant", "late-persist")
    assert any(found.startswith("paper") for found in report["broken"]["lost"])
    assert {"doubled", "run", "faults"}.isdisjoint(report["broken"])


def entry(seq: int = 1, prev: str = oracle.GENESIS, **more: object) -> dict:
    body = SALE | {"lines": [{"variant": "v", "quantity": 1000}]} | more.pop("body", {})
    text = json.dumps({"session": "s", "body": body})
    told = {"id": "o", "till": "t", "epoch": 1, "seq": seq, "prev": prev, "hash": hashlib.sha256(text.encode()).hexdigest()}
    return told | {"text": text, "kind": "sale", "posting": "posted"} | more


def evidence(**more: object) -> Evidence:
    """One sale of everything, and all of it in order."""
    calm: dict = {
        "papers": [("1-1-0001", 500)],
        "client": [entry()],
        "journal": [entry()],
        "apart": [],
        "orders": [{"id": "o", "number": "NORTH-SIDE-1-1-0001", "total": 500, "tax": 80, "shift": "s"}],
        "payments": [{"order": "o", "kind": "cash", "amount": 500}],
        "movements": [{"reference": "o", "variant": "v", "quantity": -1000}],
        "wrong_levels": [],
        "events": {"o": 1},
        "shifts": [{"id": "s", "float_amount": 100, "counted": 600, "expected": 600, "closed": True, "drawer": 0}],
        "unsent": 0,
    }
    return Evidence(**calm | more)


def broken(found: Evidence) -> set[str]:
    return {one.check for one in oracle.judge(found) if one.broken}


def test_the_oracle_is_content_when_everything_is_in_order():
    assert broken(evidence()) == set()


ORDER = evidence().orders[0]
MOVEMENT = evidence().movements[0]


@pytest.mark.parametrize(
    ("check", "more"),
    [
        ("lost", {"papers": [("1-1-0001", 500), ("1-1-0002", 100)]}),
        ("lost", {"papers": [("1-1-0001", 499), ("1-1-0001", 500)]}),
        ("lost", {"client": [entry(), entry(seq=2)], "journal": [entry(hash="other")]}),
        ("doubled", {"orders": [ORDER, ORDER | {"id": "p"}]}),
        ("doubled", {"journal": [entry(), entry(id="p", seq=2)]}),
        ("doubled", {"events": {"o": 2}}),
        ("gaps", {"journal": [entry(seq=2)]}),
        ("gaps", {"journal": [entry(body={"receipt": "1-1-0002", "receipt_no": 2})]}),
        ("chain", {"journal": [entry(hash="0" * 64)]}),
        ("chain", {"journal": [entry(prev="1" * 64)]}),
        ("apart", {"apart": ["conflict 1/2"]}),
        ("stock", {"movements": [MOVEMENT, MOVEMENT]}),
        ("stock", {"wrong_levels": ["level of v"]}),
        ("money", {"payments": [{"order": "o", "kind": "cash", "amount": 499}]}),
        ("money", {"orders": [ORDER | {"tax": 79}]}),
        ("posted", {"journal": [entry(posting="failed")]}),
        ("posted", {"orders": [ORDER | {"id": "p"}]}),
        ("posted", {"events": {}}),
        ("shifts", {"shifts": [evidence().shifts[0] | {"expected": 599}]}),
        ("shifts", {"shifts": []}),
        ("unsent", {"unsent": 1}),
    ],
)
def test_the_oracle_sees(check: str, more: dict):
    assert check in broken(evidence(**more))


def test_a_plan_is_the_same_for_the_same_seed_and_has_every_fault():
    assert plan.make(attempts=300, seed=3) == plan.make(attempts=300, seed=3) != plan.make(attempts=300, seed=4)
    assert plan.planned(plan.make(attempts=300, seed=3)) == plan.MIX
    assert set(plan.planned(plan.make(attempts=60, seed=3))) == set(plan.MIX)


def test_a_page_dies_in_one_way_at_a_time():
    for step in plan.make(attempts=300, seed=5):
        assert len([fault for fault in step.faults if fault.kind not in plan.OF_THE_LINE]) <= 1


def test_a_report_tells_of_what_was_planned_and_did_not_happen():
    report = Report(seed=1, mutant="", attempts=3, planned={"reload": 2, "clock": 1}, executed={"reload": 1, "clock": 2})
    assert report.not_happened == ["reload: 1 planned did not happen"]


def test_papers_of_sales_are_told_from_other_papers():
    assert paper_of(json.dumps({"text": "Tea 4.50 1-2-0042 · 2026-07-18 10:30", "total": "4.50", "copy": False})) == Paper("1-2-0042", 450, False)
    assert paper_of(json.dumps({"text": "Shift totals 2026-07-18", "total": "", "copy": False})) is None
