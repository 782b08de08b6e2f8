"""The till's engine (JavaScript) and the server's (Python) answer every basket alike: each cent, each piece, each reason."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog.pricing import compile
from catalog.tests.pricing import baskets

ROOT = Path(__file__).resolve().parent.parent.parent
TOGETHER = 1_000
SEED = 20261122
REASONS = frozenset(
    {"applied", "add_more", "spend_more", "missing", "excluded_by", "not_here", "not_started", "ended", "not_now", "needs_coupon", "coupon_refused"}
    | {"not_for_customer", "first_order_only", "staff_only", "not_offline", "used_up", "no_saving", "stack_limit", "deposit", "fixed", "weighed"}
    | {"over_budget", "no_goods", "quote_outdated", "priced", "unpriced", "untaxed"}
)


def cases(count: int) -> Iterator[tuple[dict[str, Any], bytes, dict[str, Any]]]:
    """Each with the line that tells it to the other side and with Python's answer."""
    before = compiled = None
    for case in baskets.cases(count=count, seed=SEED):
        told = case | {"rules": None if case["rules"] is before else case["rules"]}
        if case["rules"] is not before:
            before, compiled = case["rules"], compile(case["rules"])
        yield case, orjson.dumps(told) + b"\n", baskets.result(case, compiled)


def canonical(answer: Any) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS)


def javascript(asked: list[bytes]) -> list[bytes]:
    done = subprocess.run(["node", "tests/js/evaluate.mjs"], cwd=ROOT, input=b"".join(asked), capture_output=True, check=True)
    return done.stdout.splitlines()


def told_apart(number: int, case: Any, python: Any, browser: Any) -> str:
    parts = [key for key in {*python, *browser} if python.get(key) != browser.get(key)]
    return "\n".join(
        [
            f"case {number} of seed {SEED}: {canonical(case).decode()}",
            *(f"{key}:\n  Python {python.get(key)}\n  JavaScript {browser.get(key)}" for key in parts),
        ]
    )


def together(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(rows, TOGETHER)):
        yield part


def asked(part: list[Any]) -> list[bytes]:
    """The first of them tells the rules in any case."""
    case, _, _ = part[0]
    return [orjson.dumps(case) + b"\n", *(line for _, line, _ in part[1:])]


def compared(count: int) -> tuple[set[str], list[str]]:
    """What was seen of promotions, and the cases that differ. While one side answers, the other works on the next."""
    seen: set[str] = set()
    differing: list[str] = []
    with ThreadPoolExecutor(1) as there:
        waiting = [(part, there.submit(javascript, asked(part))) for part in together(cases(count))]
        rows = (row for part, answers in waiting for row in zip(part, answers.result(), strict=True))
        for number, ((case, _, python), line) in enumerate(rows):
            seen |= {entry["code"] for entry in python.get("trace", [])} | {python.get("error", "priced")}
            browser = orjson.loads(line)
            if canonical(python) != canonical(browser):
                differing.append(told_apart(number, case, python, browser))
    return seen, differing


def test_baskets_cost_the_same_here_and_there_whatever_is_in_them():
    seen, differing = compared(3_000)
    assert not differing, f"{len(differing)} differ, the first:\n{differing[0]}"
    assert seen >= REASONS


@pytest.mark.long
def test_twenty_thousand_baskets_cost_the_same_here_and_there():
    _, differing = compared(20_000)
    assert not differing, f"{len(differing)} differ, the first:\n{differing[0]}"
