"""The engine answers the cases that were worked out by hand, and says for JavaScript what it answers."""

import json

import pytest

from catalog.tests.pricing.baskets import result
from catalog.tests.pricing.golden import CASES, VECTORS, wrong

ROWS = json.loads(VECTORS.read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_figures_are_those_worked_out_by_hand(case):
    assert wrong(case, result(case)) == []


def test_the_vectors_are_what_the_engine_answers():
    assert [row["name"] for row in ROWS] == [case["name"] for case in CASES], "run python -m catalog.tests.pricing.golden"
    assert [row["name"] for row in ROWS if result(row) != row["result"]] == []
