"""What holds for every basket. The seed of a failing one is told: cases(count=1, seed=...) is the case."""

from copy import deepcopy
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.pricing import compile
from catalog.pricing.lines import SAFE
from catalog.tests.pricing import shapes
from catalog.tests.pricing.baskets import STEPS, canonical, cases, random_promotion, result

SEEDS = st.integers(min_value=0, max_value=10**9)


def properties(examples: int):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def one(seed: int) -> dict:
    return next(cases(count=1, seed=seed))


def broken(case: dict, answer: dict) -> list[str]:
    """The rules of arithmetic that an answer breaks; nothing for a refusal."""
    if "error" in answer:
        return []
    found = [
        text
        for line, row in zip(sorted(case["basket"]["lines"], key=lambda row: row["id"]), answer["lines"], strict=True)
        for text in _of_line(line, row)
    ]
    inside, totals = case["rules"]["prices_include_tax"], answer["totals"]
    rows = answer["lines"] + answer["charges"]
    sums = {
        "goods": sum(row["list_total"] for row in answer["lines"]),
        "charges": sum(row["amount"] for row in answer["charges"]),
        "discount": sum(row["discount"] for row in rows),
        "tax": sum(row["tax"] for row in rows),
        "total": sum(row["total"] + (0 if inside else row["tax"]) for row in rows),
        "net": totals["total"] - totals["tax"],
        "cash_total": totals["total"] + totals["cash_rounding"],
    }
    found += [f"totals.{name}" for name, value in sums.items() if totals[name] != value]
    step = max(case["rules"]["cash_rounding"], 1)
    checks = {
        "charges between zero and their amount": all(0 <= row["total"] <= row["amount"] for row in answer["charges"]),
        "taxes of the document": sum(row["amount"] for row in totals["taxes"]) == totals["tax"],
        "discounts of the document": sum(row["amount"] for row in answer["discounts"]) == totals["discount"],
        "cash": totals["cash_total"] % step == 0 and 2 * abs(totals["cash_rounding"]) <= step,
        "a supplier's share": all(0 <= row["supplier_amount"] <= row["amount"] for row in answer["discounts"]),
    }
    return found + [name for name, holds in checks.items() if not holds] + _over_budget(case, answer)


def _of_line(line: dict, row: dict) -> list[str]:
    runs = row["allocation"]
    checks = {
        "allocation of the quantity": sum(run["quantity"] for run in runs) == line["quantity"],
        "allocation of the total": sum(run["total"] for run in runs) == row["total"],
        "allocation of the discount": sum(run["discount"] for run in runs) == row["discount"],
        "allocation of the tax": sum(run["tax"] for run in runs) == row["tax"],
        "no piece below zero": all(run["total"] >= 0 and run["discount"] >= 0 and run["tax"] >= 0 for run in runs),
        "the price taken apart": row["list_total"] == row["total"] + row["discount"] + row["exempted"],
        "between zero and the list": 0 <= row["total"] <= row["list_total"],
        "its discounts": sum(discount["amount"] for discount in row["discounts"]) == row["discount"],
        "its taxes": sum(tax["amount"] for tax in row["taxes"]) == row["tax"],
        "no deposit reduced": line["kind"] != "deposit" or line["fixed"] is not None or row["discount"] == 0,
        "whole pieces": line["sold_by"] == "weight" or all(run["quantity"] % 1000 == 0 for run in runs),
    }
    return [f"line {row['id']}: {name}" for name, holds in checks.items() if not holds]


def _over_budget(case: dict, answer: dict) -> list[str]:
    left = case["facts"]["left"]
    budgets = {code: row["budget"] for code, row in left.items() if row["budget"] is not None}
    return [f"budget of {row['promotion']}" for row in answer["discounts"] if row["amount"] > budgets.get(row["promotion"], SAFE)]


def turned(case: dict, seed: int) -> dict:
    """The same in another order."""
    other, random = deepcopy(case), Random(seed)
    for rows in (other["basket"]["lines"], other["basket"]["charges"], other["basket"]["coupons"], other["rules"]["promotions"]):
        random.shuffle(rows)
    for line in other["basket"]["lines"]:
        random.shuffle(line["facets"])
        random.shuffle(line["prices"])
    return other


def raised_by_one_more(seed: int) -> tuple[int, int] | None:
    """What the total was and what a stacked promotion below all others makes of it. Only where no tax can move to another class."""
    case = one(seed)
    for charge in case["basket"]["charges"]:
        charge["tax_class"] = charge["tax_class"] or "full"
    case["facts"]["tax_quote"] = None
    more = random_promotion(Random(seed), "zz", STEPS[case["rules"]["currency"]])
    more |= {"priority": -1, "level": "delivery" if more["level"] == "delivery" else more["level"], "combination": "stack"}
    with_more = deepcopy(case)
    with_more["rules"]["promotions"].append(more)
    before, after = result(case), result(with_more)
    return None if "error" in before else (before["totals"]["total"], after["totals"]["total"])


@properties(400)
@given(seed=SEEDS)
def test_every_sum_is_the_sum_of_its_parts(seed):
    case = one(seed)
    assert broken(case, result(case)) == []


@properties(300)
@given(seed=SEEDS)
def test_the_order_of_lines_promotions_and_coupons_changes_nothing(seed):
    case = one(seed)
    assert canonical(result(turned(case, seed))) == canonical(result(case))


@properties(300)
@given(seed=SEEDS)
def test_one_more_stacked_promotion_below_all_others_never_raises_the_total(seed):
    totals = raised_by_one_more(seed)
    assert totals is None or totals[1] <= totals[0]


@properties(100)
@given(seed=SEEDS)
def test_compiled_rules_answer_as_the_rules_do_and_nothing_given_is_changed(seed):
    case = one(seed)
    before = canonical(case)
    compiled = compile(case["rules"])
    assert canonical(result(case, compiled)) == canonical(result(case, compiled)) == canonical(result(case))
    assert canonical(case) == before


@pytest.mark.parametrize(("amount", "counted"), [(SAFE, True), (SAFE + 1, False)])
def test_what_javascript_cannot_count_is_refused(amount, counted):
    case = {"basket": shapes.basket(shapes.line(1, amount, tax_class="none")), "rules": shapes.rules(), "facts": shapes.facts(), "at": shapes.NOON}
    assert SAFE == 9_007_199_254_740_991
    assert (result(case).get("error") != "too_large") == counted


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
def test_currencies_of_every_number_of_decimals_are_among_the_cases(currency):
    assert currency in {case["rules"]["currency"] for case in cases(count=400, seed=5)}
