"""Only promotions that are about something in the basket are looked at, and none of those is missed."""

import ast
import sys
from pathlib import Path

import pytest

from catalog import pricing
from catalog.pricing import compile, evaluate
from catalog.pricing.lines import opened
from catalog.pricing.selections import Found
from catalog.tests.pricing import shapes
from catalog.tests.pricing.baskets import cases
from catalog.tests.pricing.shapes import NOON
from kernel.errors import Refused

FOLDER = Path(pricing.__file__).parent


def test_of_a_thousand_promotions_only_those_about_the_basket_are_looked_at():
    rules = shapes.rules(*(shapes.promotion(f"p{number}", shapes.percent(10), on=f"sku:s{number}") for number in range(1000)))
    lines = opened(shapes.basket(shapes.line(1, 100, facets="sku:s7"), shapes.line(2, 100, facets="sku:s999")), groups=[], at=NOON)
    compiled = compile(rules)
    assert {compiled.promotions[index].code for index in compiled.matching(Found(lines), [])} == {"p7", "p999"}


def test_the_index_finds_what_looking_at_every_line_finds():
    for case in cases(count=400, seed=31):
        compiled = compile(case["rules"])
        try:
            lines = opened(case["basket"], groups=[], at=case["at"])
        except Refused:
            continue
        found = compiled.matching(Found(lines), [])
        for promotion in compiled.promotions:
            if promotion.level == "line":
                about = [line for line in lines if any(selection.matches(line) for selection in promotion.selections)]
                assert found.get(promotion.index, []) == about


def test_what_several_promotions_ask_for_is_looked_up_once_and_what_differs_stays_apart():
    all_tea = shapes.promotion("all", shapes.percent(10), on="category:tea")
    too = shapes.promotion("too", shapes.percent(20), on="category:tea")
    no_green = shapes.promotion("no green", shapes.percent(30), on="category:tea")
    no_green["selection"]["except"] = {"tag": ["green"]}
    compiled = compile(shapes.rules(all_tea, too, no_green))
    of = {promotion.code: promotion.selection for promotion in compiled.promotions}
    assert of["all"] is of["too"]
    lines = opened(
        shapes.basket(shapes.line(1, 100, facets="category:tea tag:green"), shapes.line(2, 100, facets="category:tea")), groups=[], at=NOON
    )
    about = {compiled.promotions[index].code: [line.id for line in found] for index, found in compiled.matching(Found(lines), []).items()}
    assert about == {"all": [1, 2], "too": [1, 2], "no green": [2]}


def test_rules_are_compiled_once_and_compiled_rules_stay_as_they_are():
    compiled = compile(shapes.rules())
    assert compile(compiled) is compiled


def test_a_coupon_that_was_given_is_answered_though_nothing_in_the_basket_is_meant():
    rules = shapes.rules(shapes.promotion("tea", shapes.percent(10), on="category:tea", coupon=True))
    facts = shapes.facts(coupons={"SPRING": {"promotion": "tea", "refused": ""}})
    basket = shapes.basket(shapes.line(1, 100))
    assert evaluate(basket, rules, facts, NOON)["trace"] == []
    told = evaluate(basket | {"coupons": ["SPRING"]}, rules, facts, NOON)["trace"]
    assert [(entry["promotion"], entry["code"]) for entry in told] == [("tea", "no_goods")]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_the_engine_knows_nothing_but_money_and_refusals(path):
    modules = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    own = {name for name in modules if name.startswith("catalog.pricing")}
    assert {name for name in modules - own if name.partition(".")[0] not in sys.stdlib_module_names} <= {"kernel.money", "kernel.errors"}
