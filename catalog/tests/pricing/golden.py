"""Small cases worked out by hand. Each names the figures that somebody calculated on paper; vectors/golden.json holds the whole results.

    python -m catalog.tests.pricing.golden

writes that file anew, and refuses to where a figure of the engine is not the one calculated here. JavaScript is held to the same file.
What a figure is: `off` what comes off each line, `charged` each charge after discount, `said` entries of the trace (promotion, line, code, params),
`pieces` of line 1 (quantity, total, discount, tax).
"""

import json
from pathlib import Path
from typing import Any

from catalog.tests.pricing.baskets import result
from catalog.tests.pricing.shapes import (
    NOON,
    amount,
    basket,
    bundle,
    buy_get,
    charge,
    customer,
    facts,
    fixed,
    gift,
    line,
    offer,
    percent,
    promotion,
    rate,
    rules,
    selection,
    set_of,
    tiers,
    weighed,
)

Json = dict[str, Any]
VECTORS = Path(__file__).parent / "vectors" / "golden.json"
CASES: list[Json] = []


def case(name: str, basket: Json, rules: Json = rules(), facts: Json = facts(), at: int = NOON, **hand: Any) -> None:  # noqa: B008
    CASES.append({"name": name, "basket": basket, "rules": rules, "facts": facts, "at": at, "hand": hand})


def mark(kind: str, value: int, source: str = "markdown") -> Json:
    return {"source": source, "code": "M30", "kind": kind, "value": value}


def figures(result: Json) -> Json:
    """A result's figures as the cases name them."""
    if "error" in result:
        return {"refused": result["error"], "field": result["field"]}
    return {
        "off": [row["discount"] for row in result["lines"]],
        "charged": [row["total"] for row in result["charges"]],
        "exempted": [row["exempted"] for row in result["lines"]],
        "taxes": [[tax["amount"] for tax in row["taxes"]] for row in result["lines"]],
        "said": [(entry["promotion"], entry["line"], entry["code"], entry["params"]) for entry in result["trace"]],
        "pieces": [tuple(run[key] for key in ("quantity", "total", "discount", "tax")) for row in result["lines"][:1] for run in row["allocation"]],
        "almost": [entry["promotion"] for entry in result["trace"] if entry["state"] == "almost"],
        "trace": [(entry["promotion"], entry["line"], entry["code"]) for entry in result["trace"]],
        "gifts": [(row["promotion"], row["quantity"]) for row in result["gifts"]],
        "by": [(row["promotion"], row["amount"], row["times"]) for row in result["discounts"]],
        "names": [row["name"] for row in result["discounts"]],
        "supplier": [row["supplier_amount"] for row in result["discounts"]],
        "total_taxes": [(row["code"], row["rate"], row["base"], row["amount"]) for row in result["totals"]["taxes"]],
        **{key: result["totals"][key] for key in ("goods", "total", "tax", "net", "cash_total", "cash_rounding")},
    }


def wrong(case: Json, result: Json) -> list[str]:
    """Which figures of the result are not those worked out by hand."""
    found = figures(result)
    missing = [entry for entry in case["hand"].get("said", []) if entry not in found.get("said", [])]
    others = {key: value for key, value in case["hand"].items() if key != "said" and found.get(key) != value}
    return [f"{case['name']}: {key} is {found.get(key)}, not {value}" for key, value in others.items()] + [
        f"{case['name']}: nothing says {entry}, but {found.get('said')}" for entry in missing
    ]


# Prices. 20 % is a sixth of a price with tax.
case("a price is for one piece", basket(line(1, 320, 3)), total=960, tax=160, net=800)
case(
    "a price for six is shared out: 166.67 for two, the first piece carries the odd cent",
    basket(line(1, [offer(500, price_quantity=6000)], 2)),
    total=167,
    tax=28,
    pieces=[(1000, 84, 0, 14), (1000, 83, 0, 14)],
)
case("what is weighed: 345 g at 12.99", basket(weighed(1, 1299, 345)), total=448, tax=75, pieces=[(345, 448, 0, 75)])
case("half a cent rounds away from zero", basket(weighed(1, 10, 50)), total=1, tax=0)
BREAK = [offer(300), offer(250, from_quantity=3000)]
case("a quantity break is reached over two lines of one SKU", basket(line(1, BREAK, 2, sku="t"), line(2, BREAK, 1, sku="t")), total=750)
case("below the break the first price holds", basket(line(1, BREAK, 2)), total=600)
case("a gram below it too", basket(weighed(1, BREAK, 2999)), total=900)
case(
    "the same amount for more is the cheaper one",
    basket(line(1, [offer(300), offer(300, price_quantity=2000), offer(300)])),
    total=150,
)
case("the highest rank wins though it is dearer", basket(line(1, [offer(300), offer(310, list="club", rank=1)])), total=310)
case("of equal rank the first list by code wins", basket(line(1, [offer(280, list="b"), offer(290, list="a")])), total=290)
TRADE = [offer(300), offer(200, list="trade", group="gold", rank=1)]
case("a customer group has its own price", basket(line(1, TRADE)), facts=facts(customer=customer(groups=["gold"])), total=200)
case("others do not", basket(line(1, TRADE)), total=300)
SALE = [offer(300), offer(250, list="sale", rank=1, starts_at=NOON, ends_at=NOON + 1)]
case("a price holds from its start", basket(line(1, SALE)), total=250)
case("and no more at its end", basket(line(1, SALE)), at=NOON + 1, total=300)
case("and not before its start", basket(line(1, SALE)), at=NOON - 1, total=300)
case("without a price there is no sale", basket(line(1, [])), refused="unpriced", field="lines.1")
case(
    "100 for three pieces is 34, 33, 33",
    basket(line(1, [offer(100, price_quantity=3000)], 3, tax_class="none")),
    pieces=[(1000, 34, 0, 0), (2000, 66, 0, 0)],
)

# What a sticker or a person has fixed.
case(
    "a sticker of 30 % on two at 1.99: 119.4 off",
    basket(line(1, 199, 2, fixed=mark("percent", 300_000))),
    off=[119],
    total=279,
    tax=47,
    pieces=[(1000, 139, 60, 23), (1000, 140, 59, 24)],
    by=[("markdown:M30", 119, 1)],
    names=["M30"],
    supplier=[0],
)
case("a price a person gave", basket(line(1, 199, 3, fixed=mark("price", 150, "manual"))), off=[147], total=450, by=[("manual", 147, 1)], names=[""])
case(
    "a fixed price above the list takes nothing off and still keeps promotions away",
    basket(line(1, 199, fixed=mark("price", 250))),
    rules(promotion("ten", percent(10))),
    off=[0],
    by=[],
    said=[("ten", 1, "fixed", {"source": "markdown"})],
)
case("never below zero", basket(line(1, 199, 2, fixed=mark("amount", 500))), off=[398], total=0)
case("a fixed price per kilogram", basket(weighed(1, 2000, 250, fixed=mark("price", 1000))), off=[250], total=250)
case("1.00 off a weighed pack is off the pack", basket(weighed(1, 2000, 250, fixed=mark("amount", 100))), off=[100], total=400)

# Rewards on lines.
case(
    "10 % of three at 3.33: 99.9 off",
    basket(line(1, 333, 3, tax_class="none")),
    rules(promotion("ten", percent(10))),
    off=[100],
    pieces=[(1000, 299, 34, 0), (2000, 600, 66, 0)],
)
case("percent is rounded line by line", basket(line(1, 5), line(2, 5)), rules(promotion("ten", percent(10))), off=[1, 1])
case("an amount is off each piece", basket(line(1, 199, 3)), rules(promotion("half", amount(50))), off=[150], by=[("half", 150, 3)])
case("and off each kilogram", basket(weighed(1, 1000, 1500)), rules(promotion("two", amount(200))), off=[300])
case("an amount stops at the price", basket(line(1, 199)), rules(promotion("three", amount(300))), off=[199], total=0)
case("a fixed price leaves what is cheaper alone", basket(line(1, 199, 2), line(2, 140)), rules(promotion("now", fixed(150))), off=[98, 0])
case("a fixed price per kilogram on 500 g", basket(weighed(1, 2000, 500)), rules(promotion("now", fixed(1500))), off=[250])
case(
    "for percent, per basket is pieces: the dearest",
    basket(line(1, 300), line(2, 500)),
    rules(promotion("ten", percent(10), limits={"per_basket": 1})),
    off=[0, 50],
)
TWO = promotion("two", set_of(2, 500), name="2 for 5.00")
case(
    "2 for 5.00, and the third at its price",
    basket(line(1, 299, 3, tax_class="none")),
    rules(TWO),
    off=[98],
    total=799,
    pieces=[(2000, 500, 98, 0), (1000, 299, 0, 0)],
    said=[("two", 1, "applied", {"amount": 98, "times": 1})],
)
case("2 for 5.00 takes the dearest: 3.49 and 2.99", basket(line(1, 299), line(2, 349), line(3, 279)), rules(TWO), off=[68, 80, 0])
case("2 for 5.00 once a basket", basket(line(1, 299, 4)), rules(TWO | {"limits": TWO["limits"] | {"per_basket": 1}}), off=[98])
case("a set dearer than its pieces is not made", basket(line(1, 249, 2)), rules(TWO), off=[0], said=[("two", None, "no_saving", {})])
case(
    "3 for 5.00 twice: 97 off each, the odd cents stand together",
    basket(line(1, 199, 6, tax_class="none")),
    rules(promotion("three", set_of(3, 500))),
    total=1000,
    pieces=[(2000, 332, 66, 0), (4000, 668, 128, 0)],
)
case("one more makes the set", basket(line(1, 299)), rules(TWO), off=[0], almost=["two"], said=[("two", None, "add_more", {"count": 1, "size": 2})])
case("what is weighed makes no set", basket(weighed(1, 299, 2000)), rules(TWO), off=[0], said=[("two", 1, "weighed", {})])
case(
    "9,999 pieces are two runs",
    basket(line(1, 299, 9999, tax_class="none")),
    rules(TWO),
    off=[489_902],
    pieces=[(9_998_000, 2_499_500, 489_902, 0), (1000, 299, 0, 0)],
)
THREE = promotion("three", buy_get(2, 1))
case("the cheapest of three is free", basket(line(1, 500), line(2, 300), line(3, 400)), rules(THREE), off=[0, 300, 0])
case("of six the two cheapest", basket(line(1, 500, 3), line(2, 200, 3)), rules(THREE), off=[0, 400])
case("of equal ones the last", basket(line(1, 300), line(2, 300), line(3, 300)), rules(THREE), off=[0, 0, 300])
case("two are one short", basket(line(1, 300, 2)), rules(THREE), off=[0], said=[("three", None, "add_more", {"count": 1, "size": 3})])
case("the second at half its price", basket(line(1, 333, 2)), rules(promotion("half", buy_get(1, 1, 50))), off=[167], total=499)
case(
    "buy two teas, get the cheaper mug",
    basket(line(1, 300, 2, facets="category:tea"), line(2, 800, facets="category:mug"), line(3, 700, facets="category:mug")),
    rules(promotion("mug", buy_get(2, 1, of="category:mug"), on="category:tea")),
    off=[0, 0, 700],
    said=[("mug", 1, "applied", {"amount": 0, "times": 1}), ("mug", 3, "applied", {"amount": 700, "times": 1})],
)
case(
    "a piece that could be both serves once",
    basket(line(1, 500, 3, facets="category:tea category:drinks"), line(2, 300, facets="category:drinks")),
    rules(promotion("drink", buy_get(2, 1, of="category:drinks"), on="category:tea")),
    off=[0, 300],
)
MEAL = promotion("meal", bundle(400, ("category:coffee", 1), ("category:bakery", 1)))
COFFEE, ROLL = line(1, 320, facets="category:coffee"), line(2, 150, facets="category:bakery")
case("coffee and a roll for 4.00: 70 off, 48 and 22", basket(COFFEE, ROLL), rules(MEAL), off=[48, 22])
case("without the roll", basket(COFFEE), rules(MEAL), off=[0], said=[("meal", None, "missing", {"name": "category:bakery"})])
case(
    "two meals, the third roll at its price",
    basket(COFFEE | {"quantity": 2000}, ROLL | {"quantity": 3000}),
    rules(MEAL),
    off=[96, 44],
    by=[("meal", 140, 2)],
)
case(
    "of two coffees the dearer",
    basket(COFFEE, ROLL, line(3, 280, facets="category:coffee")),
    rules(MEAL),
    off=[48, 22, 0],
)
case(
    "two coffees and a roll, twice: each 33 and 17 off, the odd cents stand together",
    basket(line(1, 100, 4, facets="category:coffee", tax_class="none"), line(2, 100, 2, facets="category:bakery")),
    rules(promotion("meal", bundle(250, ("category:coffee", 2), ("category:bakery", 1)))),
    off=[66, 34],
    pieces=[(2000, 166, 34, 0), (2000, 168, 32, 0)],
)
case(
    "a bundle's odd cent goes to the first line, whatever slot it fills",
    basket(line(1, 100, facets="category:a"), line(2, 100, facets="category:b")),
    rules(promotion("pair", bundle(199, ("category:b", 1), ("category:a", 1)))),
    off=[1, 0],
)
case(
    "a slot for anything finds a basket that has nothing for the other",
    basket(line(1, 150)),
    rules(promotion("meal", bundle(400, ("category:coffee", 1), ("", 1)))),
    trace=[("meal", None, "missing")],
)
case(
    "10 % off the meal",
    basket(COFFEE, ROLL),
    rules(promotion("meal", bundle(100_000, ("category:coffee", 1), ("category:bakery", 1), kind="percent"))),
    off=[32, 15],
)
case(
    "the slot with the smaller choice chooses first",
    basket(line(1, 500, facets="category:drinks category:tea"), line(2, 300, facets="category:drinks")),
    rules(promotion("pair", bundle(600, ("category:drinks", 1), ("category:tea", 1)))),
    off=[125, 75],
)
STEPS = promotion("more", tiers("quantity", (3, "percent", 100_000), (6, "percent", 200_000)))
case("the first step", basket(line(1, 100, 4)), rules(STEPS), off=[40])
case("the second step", basket(line(1, 100, 6)), rules(STEPS), off=[120])
case("one short of the first step", basket(line(1, 100, 2)), rules(STEPS), off=[0], said=[("more", None, "add_more", {"count": 1, "size": 3})])
case(
    "spend 20.00 and 3.00 are off, shared by what each line costs",
    basket(line(1, 1500), line(2, 600)),
    rules(promotion("spend", tiers("amount", (1000, "amount", 100), (2000, "amount", 300)))),
    off=[214, 86],
)
MUG = promotion("mug", gift("category:mug"), on="category:tea")
TEA, CUP = line(1, 300, 2, facets="category:tea"), line(2, 800, facets="category:mug")
case("tea brings a mug", basket(TEA, CUP), rules(MUG), off=[0, 800], gifts=[])
case(
    "the mug is not in the basket yet",
    basket(TEA),
    rules(MUG),
    gifts=[("mug", 1)],
    almost=["mug"],
    said=[("mug", None, "add_more", {"count": 1, "size": 1})],
)
case("the mug alone is no reason", basket(CUP), rules(MUG), off=[0], gifts=[], said=[("mug", None, "no_goods", {})])

case(
    "a piece that the sets leave over is no gift to another set: 5 make two of 2",
    basket(line(1, 300, 2), line(2, 280, 3)),
    rules(promotion("two", set_of(2, 500))),
    off=[100, 60],
    by=[("two", 160, 2)],
)
case(
    "five pieces, buy 2 get 1: one free, the middle ones are left alone",
    basket(line(1, 500), line(2, 400), line(3, 300), line(4, 200), line(5, 100)),
    rules(THREE, promotion("rest", percent(10), priority=-1)),
    off=[0, 0, 30, 20, 100],
)
case(
    "one tea and a mug: one more makes two and one",
    basket(line(1, 300, facets="category:tea"), line(2, 800, facets="category:mug")),
    rules(promotion("mug", buy_get(2, 1, of="category:mug"), on="category:tea")),
    off=[0, 0],
    said=[("mug", None, "add_more", {"count": 1, "size": 3})],
    almost=["mug"],
)
case(
    "two gifts wanted, one there",
    basket(TEA, CUP),
    rules(promotion("mug", gift("category:mug", 2), on="category:tea")),
    off=[0, 800],
    gifts=[("mug", 1)],
)
case(
    "what a tier counts is what it may take",
    basket(line(1, 100, 2, fixed=mark("percent", 500_000)), line(2, 100, 2)),
    rules(STEPS),
    off=[100, 0],
    said=[("more", None, "add_more", {"count": 1, "size": 3}), ("more", 1, "fixed", {"source": "markdown"})],
)

case(
    "a set that saves nothing more leaves its pieces to others",
    basket(line(1, 299, 2), line(2, 250, 2)),
    rules(promotion("two", set_of(2, 500)), promotion("ten", percent(10), priority=-1)),
    off=[98, 50],
)
case("a set that saves a cent is made", basket(line(1, 251), line(2, 250)), rules(TWO), off=[1, 0])
case(
    "a set's odd share goes to the first line, not to the dearest",
    basket(line(1, 100), line(2, 300)),
    rules(promotion("two", set_of(2, 398))),
    off=[1, 1],
)
case("where nothing is free, nothing is missing", basket(line(1, 299, 2, fixed=mark("price", 200))), rules(TWO), trace=[("two", 1, "fixed")])
case("buy one, get two", basket(line(1, 300, 3)), rules(promotion("more", buy_get(1, 2))), off=[600])
ANY, TEA_TOO = "category:drinks", "category:tea category:drinks"
case(
    "what only can be bought is bought first, then the dearest of both; the cheapest that remains is got",
    basket(line(1, 500, facets="category:tea"), line(2, 400, 2, facets=TEA_TOO), line(3, 450, facets=ANY)),
    rules(promotion("drink", buy_get(2, 1, of=ANY), on="category:tea")),
    off=[0, 400, 0],
)
case(
    "one bought, two got, one of which could have been bought",
    basket(line(1, 500, 3, facets="category:tea"), line(2, 400, facets=TEA_TOO), line(3, 300, facets=ANY)),
    rules(promotion("drink", buy_get(1, 2, of=ANY), on="category:tea")),
    off=[0, 400, 300],
)
case("four that could be either: once", basket(line(1, 300, 4, facets=ANY)), rules(promotion("drink", buy_get(2, 1, of=ANY), on=ANY)), off=[300])
case(
    "12.00 more to the first step",
    basket(line(1, 800)),
    rules(promotion("spend", tiers("amount", (2000, "amount", 300)))),
    said=[("spend", None, "spend_more", {"amount": 1200})],
    almost=["spend"],
)
case("a step is given once", basket(line(1, 100, 4)), rules(STEPS), by=[("more", 40, 1)])
case(
    "the dearest four, 25 % off: rounded by line",
    basket(line(1, [offer(100, price_quantity=3000)], 3), line(2, 34), line(3, 1)),
    rules(promotion("p", percent(25), limits={"per_basket": 4})),
    off=[25, 9, 0],
)
case(
    "pieces that became equal again are one run: three sets of three at 2.99 share their odd cents together",
    basket(line(1, 100, 13, tax_class="none")),
    rules(
        promotion("half", buy_get(2, 1, 50), combination="stack", priority=1),
        promotion("three", set_of(3, 299), combination="stack"),
    ),
    by=[("half", 200, 4), ("three", 3, 3)],
    pieces=[(3000, 297, 3, 0), (6000, 600, 0, 0), (4000, 200, 200, 0)],
)

# How promotions go together.
first, second = {"priority": 1}, {"priority": 0}
case(
    "what an exclusive one took, no other has",
    basket(line(1, 1000)),
    rules(promotion("a", percent(20), combination="exclusive", **first), promotion("b", percent(10), combination="stack")),
    off=[200],
    said=[("b", 1, "excluded_by", {"promotion": "a", "name": "A"})],
)
case(
    "stacked: 20 %, then 10 % of the rest",
    basket(line(1, 1000)),
    rules(promotion("b", percent(20), combination="stack", **first), promotion("a", percent(10), combination="stack")),
    off=[280],
    by=[("b", 200, 1), ("a", 80, 1)],
)
case(
    "the best one wins",
    basket(line(1, 1000)),
    rules(promotion("a", percent(10)), promotion("b", percent(30), name="Spring Sale")),
    off=[300],
    said=[("a", 1, "excluded_by", {"promotion": "b", "name": "Spring Sale"})],
)
case(
    "of two equally good the first by code",
    basket(line(1, 1000)),
    rules(promotion("b", percent(10)), promotion("a", percent(10))),
    by=[("a", 100, 1)],
)
case(
    "the best one first, the other on what is left",
    basket(line(1, 1000, facets="category:tea"), line(2, 2000)),
    rules(promotion("a", percent(50), on="category:tea"), promotion("b", percent(5))),
    off=[500, 100],
)
case(
    "the best ones compete though another stands between them by code",
    basket(line(1, 1000)),
    rules(promotion("a", percent(10)), promotion("b", percent(20), combination="exclusive"), promotion("c", percent(30))),
    by=[("c", 300, 1)],
)
case(
    "groups do not compete: the one worked first has it",
    basket(line(1, 1000)),
    rules(promotion("a", percent(10), group="x"), promotion("b", percent(30), group="y")),
    off=[100],
)
case(
    "of the same priority, the one without a start is worked first",
    basket(line(1, 1000)),
    rules(promotion("a", percent(10), combination="exclusive", starts_at=NOON), promotion("b", percent(20), combination="exclusive")),
    by=[("b", 200, 1)],
)
case(
    "then the one that started earlier",
    basket(line(1, 1000)),
    rules(
        promotion("a", percent(10), combination="exclusive", starts_at=NOON),
        promotion("b", percent(20), combination="exclusive", starts_at=NOON - 1),
    ),
    by=[("b", 200, 1)],
)
case(
    "priority comes before a better offer",
    basket(line(1, 1000)),
    rules(promotion("a", percent(10), combination="exclusive", **first), promotion("b", percent(50), combination="exclusive", **second)),
    off=[100],
)
case(
    "an exclusive one takes nothing that is reduced already",
    basket(line(1, 1000)),
    rules(promotion("a", percent(10), combination="stack", **first), promotion("b", percent(50), combination="exclusive")),
    off=[100],
    said=[("b", 1, "excluded_by", {"promotion": "a", "name": "A"})],
)
case(
    "what a set leaves over is free for the next",
    basket(line(1, 299, 3)),
    rules(promotion("a", set_of(2, 500), combination="exclusive", **first), promotion("b", percent(10), combination="exclusive")),
    off=[128],
)
case(
    "a stack limit of 40 %: only 1.00 more after 3.00",
    basket(line(1, 1000)),
    rules(promotion("a", percent(30), combination="stack", **first), promotion("b", percent(30), combination="stack", stack_limit=400_000)),
    off=[400],
)
case(
    "a stack limit over pieces that differ: 40 % of 9.99",
    basket(line(1, 333, 3, tax_class="none")),
    rules(promotion("b", percent(50), combination="stack", stack_limit=400_000)),
    off=[399],
    pieces=[(3000, 600, 399, 0)],
)
case(
    "what saves nothing closes nothing",
    basket(line(1, 500), line(2, 0)),
    rules(promotion("a", buy_get(1, 1), combination="exclusive", priority=1), promotion("b", percent(10))),
    off=[50, 0],
    said=[("a", None, "no_saving", {})],
)
case(
    "a stack limit that is reached",
    basket(line(1, 1000)),
    rules(promotion("a", percent(50), combination="stack", **first), promotion("b", percent(30), combination="stack", stack_limit=400_000)),
    off=[500],
    said=[("b", 1, "stack_limit", {})],
)
case("a deposit is never reduced", basket(line(1, 1000), line(2, 25, kind="deposit")), rules(promotion("ten", percent(10))), off=[100, 0], total=925)
case("an open line is reduced as goods are", basket(line(1, 1000, kind="open")), rules(promotion("ten", percent(10))), off=[100])
case(
    "but not what is excepted",
    basket(line(1, 1000, facets="category:tea sku:s1"), line(2, 1000, facets="category:tea sku:s2"), line(3, 1000, facets="brand:x")),
    rules(promotion("ten", percent(10), on="category:tea -sku:s2")),
    off=[100, 0, 0],
)
case(
    "of every group one: tea or coffee, and of brand x",
    basket(
        line(1, 1000, facets="category:tea brand:x"),
        line(2, 1000, facets="category:coffee brand:x"),
        line(3, 1000, facets="category:tea brand:y"),
        line(4, 1000, facets="brand:x"),
    ),
    rules(promotion("ten", percent(10), on="category:tea category:coffee brand:x")),
    off=[100, 100, 0, 0],
)

# Gates.
ONE = basket(line(1, 1000))


def gate(name: str, told: tuple[str, Json] | None, facts: Json = facts(), basket: Json = ONE, **more: Any) -> None:  # noqa: B008
    """10 % off 10.00: given, or refused for what is told."""
    said = ("p", None, *told) if told else ("p", 1, "applied", {"amount": 100, "times": 1})
    case(name, basket, rules(promotion("p", percent(10), **more)), facts, off=[0 if told else 100], said=[said], trace=[said[:3]])


NIGHT = {"windows": [{"days": [5], "from": 1320, "until": 120}]}
gate("Friday's window over midnight is open at one on Saturday", None, facts(weekday=6, minute=60), **NIGHT)
gate("and not at one on Friday", ("not_now", {}), facts(weekday=5, minute=60), **NIGHT)
gate("nor at two on Saturday", ("not_now", {}), facts(weekday=6, minute=120), **NIGHT)
gate("Sunday's window over midnight reaches Monday", None, facts(weekday=1, minute=0), windows=[{"days": [7], "from": 1320, "until": 120}])
gate("a window's end is outside", ("not_now", {}), facts(minute=720), windows=[{"days": [6], "from": 600, "until": 720}])
gate("not started", ("not_started", {"starts_at": NOON + 1}), starts_at=NOON + 1)
gate("started this very moment", None, starts_at=NOON)
gate("ended this very moment", ("ended", {"ends_at": NOON}), ends_at=NOON)
gate("another store", ("not_here", {}), stores=["north"])
gate("another store, but this channel", None, stores=["north"], channels=["shop"])
gate("no store is not the store without a name", ("not_here", {}), facts(store="", channel="web"), stores=["north"], channels=["app"])
gate("ten in the morning is open from ten", None, facts(minute=600), windows=[{"days": [6], "from": 600, "until": 720}])
gate("on another day not", ("not_now", {}), facts(weekday=5, minute=600), windows=[{"days": [6], "from": 600, "until": 720}])
gate("Friday at ten at night is open from ten", None, facts(weekday=5, minute=1320), **NIGHT)
gate("Saturday at ten at night is not Friday's", ("not_now", {}), facts(weekday=6, minute=1320), **NIGHT)
gate("from noon to noon is a whole day", None, facts(weekday=7, minute=719), windows=[{"days": [6], "from": 720, "until": 720}])
gate("one of two windows is enough", None, facts(minute=60), windows=[*NIGHT["windows"], {"days": [6], "from": 600, "until": 720}])
SPRING = {"coupons": {"SPRING": {"promotion": "p", "refused": ""}}}
USED = {"coupons": {"SPRING": {"promotion": "p", "refused": "used"}}}
gate("a coupon opens it", None, facts(**SPRING), ONE | {"coupons": ["SPRING"]}, coupon=True)
gate("without it, not", ("needs_coupon", {}), facts(**SPRING), coupon=True)
gate("nor with a used one", ("coupon_refused", {"coupon": "SPRING", "reason": "used"}), facts(**USED), ONE | {"coupons": ["SPRING"]}, coupon=True)
OTHERS = {"coupons": {"SPRING": {"promotion": "q", "refused": ""}}}
gate("a coupon for something else", ("needs_coupon", {}), facts(**OTHERS), ONE | {"coupons": ["SPRING"]}, coupon=True)
case(
    "a coupon that meets nothing is answered, other promotions that meet nothing are not told",
    ONE | {"coupons": ["SPRING"]},
    rules(promotion("p", percent(10), on="category:tea", coupon=True), promotion("r", percent(10), on="category:tea")),
    facts(**SPRING),
    trace=[("p", None, "no_goods")],
)
gate("staff", None, facts(staff=True), staff=True)
gate("not staff", ("staff_only", {}), staff=True)
gate("the customer's segment is enough", None, facts(customer=customer(segments=["loyal"])), groups=["gold"], segments=["loyal"])
gate("another customer", ("not_for_customer", {}), facts(customer=customer(groups=["silver"])), groups=["gold"], segments=["loyal"])
gate("another customer, though no segment is asked for", ("not_for_customer", {}), facts(customer=customer(groups=["silver"])), groups=["gold"])
gate("nor a group", ("not_for_customer", {}), facts(customer=customer()), segments=["loyal"])
gate("one of the groups is enough", None, facts(customer=customer(groups=["gold"])), groups=["silver", "gold"], segments=["a", "b"])
gate("one of the segments too", None, facts(customer=customer(segments=["b"])), groups=["silver", "gold"], segments=["a", "b"])
gate("a customer nobody knows has no first order", ("first_order_only", {}), facts(customer=customer(known=False, orders=0)), first_order=True)
gate("not the first order", ("first_order_only", {}), facts(customer=customer(orders=1)), first_order=True)
gate("the first order", None, facts(customer=customer(orders=0)), first_order=True)
gate("nobody knows whether it is the first", ("first_order_only", {}), facts(customer=customer(orders=None)), first_order=True)
LIMITED = {"limits": {"limited": True, "offline": "refuse"}}
gate("limited, and no line to the shop", ("not_offline", {}), facts(offline=True), **LIMITED)
gate("limited, with a line to the shop", None, **LIMITED)
gate("what has no limit needs no line", None, facts(offline=True), limits={"offline": "refuse"})
gate("what may go over its limit needs none either", None, facts(offline=True), limits={"limited": True, "offline": "allow"})
gate("used up by all", ("used_up", {"scope": "uses"}), facts(left={"p": {"uses": 0, "customer": 0, "budget": None}}))
gate("used up by this customer", ("used_up", {"scope": "customer"}), facts(left={"p": {"uses": 3, "customer": 0, "budget": None}}))
gate("over its budget by a cent", ("over_budget", {}), facts(left={"p": {"uses": None, "customer": None, "budget": 99}}))
gate("exactly its budget", None, facts(left={"p": {"uses": 1, "customer": 1, "budget": 100}}))


def needs(**least: int) -> Json:
    return {"needs": [{"selection": selection("category:mug"), "quantity": None, "amount": None, "name": "a mug"} | least]}


MISSING = ("missing", {"name": "a mug"})
WITH_MUG = basket(line(1, 1000, facets="category:mug"))
gate("other goods are missing", MISSING, **needs())
gate("and told before a minimum", MISSING, minimum={"amount": 9000}, **needs())
gate("one of them is enough", None, basket=WITH_MUG, **needs())
gate("unless two are asked for", MISSING, basket=WITH_MUG, **needs(quantity=2))
gate("or 10.01", MISSING, basket=WITH_MUG, **needs(amount=1001))
gate("10.00 are there", None, basket=WITH_MUG, **needs(amount=1000))
case(
    "a deposit on mugs is no mug",
    basket(line(1, 1000), line(2, 1, kind="deposit", facets="category:mug")),
    rules(promotion("p", percent(10), **needs())),
    off=[0, 0],
    trace=[("p", None, "missing")],
)
case(
    "nor does it count for a minimum",
    basket(line(1, 1000), line(2, 1, kind="deposit")),
    rules(promotion("p", percent(10), minimum={"quantity": 2})),
    trace=[("p", None, "add_more")],
    almost=["p"],
)
case(
    "what is in no slot does not count for a bundle's minimum",
    basket(COFFEE, ROLL, line(3, 900)),
    rules(MEAL | {"minimum": {"quantity": None, "amount": 1000}}),
    said=[("meal", None, "spend_more", {"amount": 530})],
    almost=["meal"],
)
gate("2.00 more to spend", ("spend_more", {"amount": 200}), minimum={"amount": 1200})
gate("one more to buy", ("add_more", {"count": 1, "size": 2}), minimum={"quantity": 2})
case(
    "a minimum counts present prices",
    ONE,
    rules(promotion("a", percent(10), combination="stack", **first), promotion("b", percent(10), combination="stack", minimum={"amount": 1000})),
    off=[100],
    said=[("b", None, "spend_more", {"amount": 100})],
)

# The whole order, and delivery.
case(
    "a higher priority comes before a lower level",
    ONE,
    rules(promotion("o", amount(100), level="order", combination="stack", priority=1), promotion("b", percent(10), combination="stack")),
    by=[("o", 100, 1), ("b", 90, 1)],
)
case(
    "the whole order, of which nothing may be reduced",
    basket(line(1, 100, fixed=mark("price", 50))),
    rules(promotion("o", percent(10), level="order")),
    trace=[("o", None, "fixed")],
)
case(
    "the whole order, of which what may be reduced costs nothing",
    basket(line(1, 100, fixed=mark("price", 50)), line(2, 0)),
    rules(promotion("o", percent(10), level="order")),
    trace=[("o", None, "no_saving")],
)
case(
    "no delivery is no matter of the goods",
    ONE,
    rules(promotion("a", percent(10), combination="exclusive"), promotion("d", percent(10), level="delivery")),
    trace=[("a", 1, "applied"), ("d", None, "no_saving")],
)
case(
    "10 % of the whole: 100, the odd cent to the largest share",
    basket(line(1, 333), line(2, 333), line(3, 334)),
    rules(promotion("o", percent(10), level="order")),
    off=[33, 33, 34],
)
case(
    "5.00 off the whole, by what each costs", basket(line(1, 1000), line(2, 2000)), rules(promotion("o", amount(500), level="order")), off=[167, 333]
)
case("never more than the whole", basket(line(1, 300)), rules(promotion("o", amount(500), level="order")), off=[300], total=0)
case(
    "the order level comes after the lines",
    ONE,
    rules(promotion("a", amount(100), level="order", combination="stack"), promotion("b", percent(10), combination="stack")),
    off=[200],
    by=[("b", 100, 1), ("a", 100, 1)],
)
FREE = promotion("free", percent(100), level="delivery", minimum={"amount": 5000})
case("free delivery from 50.00", basket(line(1, 5000), charges=(charge(1, 499),)), rules(FREE), charged=[0], total=5000)
case(
    "a cent short of it",
    basket(line(1, 4999), charges=(charge(1, 499),)),
    rules(FREE),
    total=5498,
    said=[("free", None, "spend_more", {"amount": 1})],
)
case(
    "delivery for 1.00, the fee as it is",
    basket(line(1, 100), charges=(charge(1, 499), charge(2, 50, kind="fee"))),
    rules(promotion("one", fixed(100), level="delivery")),
    charged=[100, 50],
)
case(
    "3.00 off two deliveries",
    basket(line(1, 100), charges=(charge(1, 200), charge(2, 400))),
    rules(promotion("three", amount(300), level="delivery")),
    charged=[100, 200],
)
TWICE = basket(line(1, 100), charges=(charge(1, 500),))
case(
    "delivery: the best one wins",
    TWICE,
    rules(promotion("a", percent(20), level="delivery"), promotion("b", percent(50), level="delivery")),
    charged=[250],
    said=[("a", None, "excluded_by", {"promotion": "b", "name": "B"})],
)
case(
    "delivery: stacked, with half of it as the limit",
    TWICE,
    rules(
        promotion("a", percent(40), level="delivery", combination="stack"),
        promotion("b", amount(300), level="delivery", combination="stack", stack_limit=500_000),
    ),
    charged=[250],
    by=[("a", 200, 1), ("b", 50, 1)],
)
ONCE = {"level": "delivery", "combination": "exclusive"}
OVER = {"level": "delivery", "combination": "stack"}
case(
    "delivery: what an exclusive one has is closed to one that stacks",
    TWICE,
    rules(promotion("a", percent(50), **ONCE, priority=1), promotion("b", percent(10), **OVER)),
    charged=[250],
    said=[("b", None, "excluded_by", {"promotion": "a", "name": "A"})],
)
case(
    "and what a stacked one changed to an exclusive one",
    TWICE,
    rules(promotion("a", percent(50), **ONCE), promotion("b", percent(10), **OVER, priority=1)),
    charged=[450],
    said=[("a", None, "excluded_by", {"promotion": "b", "name": "B"})],
)
case(
    "delivery: the limit is reached",
    TWICE,
    rules(promotion("a", percent(50), **OVER, priority=1), promotion("b", percent(10), **OVER, stack_limit=500_000)),
    charged=[250],
    said=[("b", None, "stack_limit", {})],
)
case(
    "reached for one of two deliveries",
    basket(line(1, 100), charges=(charge(1, 400), charge(2, 200))),
    rules(promotion("a", fixed(200), **OVER, priority=1), promotion("b", percent(10), **OVER, stack_limit=500_000)),
    charged=[200, 180],
)
case(
    "a delivery that is cheaper already stays so",
    basket(line(1, 100), charges=(charge(1, 400),)),
    rules(promotion("a", fixed(500), level="delivery")),
    charged=[400],
    trace=[("a", None, "no_saving")],
)
case("no delivery, nothing to save", ONE, rules(promotion("a", percent(20), level="delivery")), said=[("a", None, "no_saving", {})])
case(
    "delivery is not the goods' matter: what is closed there counts for the minimum",
    basket(line(1, 6000), charges=(charge(1, 499),)),
    rules(FREE, promotion("a", percent(10), combination="exclusive")),
    off=[600],
    charged=[0],
    total=5400,
)
case(
    "5.00 off the whole from 20.00, 12.00 from 40.00: the highest step reached",
    basket(line(1, 3000), line(2, 1500)),
    rules(promotion("o", tiers("amount", (2000, "amount", 500), (4000, "amount", 1200)), level="order")),
    off=[800, 400],
)
case(
    "the whole order, but only of what nobody has reduced",
    basket(line(1, 1000, facets="category:tea"), line(2, 2000)),
    rules(promotion("a", percent(50), on="category:tea"), promotion("o", percent(10), level="order")),
    off=[500, 200],
)
case(
    "the whole order, of everything left, when it stacks",
    basket(line(1, 1000, facets="category:tea"), line(2, 2000)),
    rules(promotion("a", percent(50), on="category:tea", combination="stack"), promotion("o", percent(10), level="order", combination="stack")),
    off=[550, 200],
)

# Taxes.
DIMES = basket(line(1, 10), line(2, 10), line(3, 10))
case("tax per line: 1.67 three times", DIMES, tax=6, taxes=[[2], [2], [2]])
case("tax per document: a sixth of 30, shared back", DIMES, rules(tax_rounding="document"), tax=5, taxes=[[2], [2], [1]])
case("the tax of three at 1.00 is 17, 17, 16", basket(line(1, 100, 3)), tax=50, pieces=[(2000, 200, 0, 34), (1000, 100, 0, 16)])
case("tax on top", basket(line(1, 999)), rules(prices_include_tax=False), tax=200, net=999, total=1199)
QUEBEC = {"full": [rate("gst", 50_000), rate("pst", 99_750, compound=True)]}
case(
    "a compound rate is on the tax before it: 500 and 1,047.375",
    basket(line(1, 10_000)),
    rules(prices_include_tax=False, taxes=QUEBEC),
    tax=1547,
    taxes=[[500, 1047]],
    total=11_547,
    total_taxes=[("gst", 50_000, 10_000, 500), ("pst", 99_750, 10_000, 1047)],
)
case(
    "two rates of 10 % and a compound one of 10 % on 120 %",
    basket(line(1, 10_000)),
    rules(prices_include_tax=False, taxes={"full": [rate("a", 100_000), rate("b", 100_000), rate("c", 100_000, compound=True)]}),
    taxes=[[1000, 1000, 1200]],
)
case("the same inside the price", basket(line(1, 11_547)), rules(taxes=QUEBEC), tax=1547, taxes=[[500, 1047]], net=10_000)
case("tax is on what is left after the discount", basket(line(1, 1200)), rules(promotion("ten", percent(10))), tax=180, total=1080)
case("a rate that began at noon", ONE, rules(taxes={"full": [rate("vat", 200_000, ends_at=NOON), rate("vat", 100_000, starts_at=NOON)]}), tax=91)
case("a class without rates has no tax", basket(line(1, 1000, tax_class="none")), tax=0, net=1000, total_taxes=[])
case("a class nobody knows", basket(line(1, 1000, tax_class="odd")), refused="untaxed", field="lines.1")


def exempt(**more: Any) -> Json:
    return facts(exempt={"certificate": "C-1", "classes": None, "expires_at": None} | more)


TWO_CLASSES = basket(line(1, 1200), line(2, 1050, tax_class="low"))
case("exempt: the tax inside comes off the price", TWO_CLASSES, facts=exempt(), exempted=[200, 50], tax=0, total=2000)
case("exempt on top: nothing is added", TWO_CLASSES, rules(prices_include_tax=False), exempt(), exempted=[0, 0], tax=0, total=2250)
case("exempt delivery", basket(line(1, 1200), charges=(charge(1, 600),)), facts=exempt(), charged=[500], total=1500, tax=0)
case("exempt for one class", TWO_CLASSES, facts=exempt(classes=["low"]), exempted=[0, 50], tax=200, total=2200)
case("a certificate that has just expired", TWO_CLASSES, facts=exempt(expires_at=NOON), exempted=[0, 0], tax=250)
case("pieces of an exempt line: 83, 83, 84", basket(line(1, 100, 3)), facts=exempt(), total=250, pieces=[(2000, 166, 0, 0), (1000, 84, 0, 0)])
SPLIT = basket(line(1, 3000), line(2, 1000, tax_class="low"), charges=(charge(1, 499, tax_class=None),))
case(
    "delivery follows the goods: 374 at 20 %, 125 at 5 %",
    SPLIT,
    total=4499,
    tax=616,
    total_taxes=[("vat", 50_000, 1071, 54), ("vat", 200_000, 2812, 562)],
)
case(
    "delivery follows a cent and three: 100 and 300",
    basket(line(1, 1), line(2, 3, tax_class="low"), charges=(charge(1, 400, tax_class=None),)),
    tax=31,
)
case("exempt delivery that follows the goods: 62 and 6 come off", SPLIT, facts=exempt(), exempted=[500, 48], charged=[431], total=3883)
case("delivery of nothing has no tax to follow", basket(charges=(charge(1, 499, tax_class=None),)), refused="untaxed", field="charges.1")
case("nothing for the delivery of nothing", basket(charges=(charge(1, 0, tax_class=None),)), total=0, tax=0, charged=[0])
case(
    "the odd cent of delivery goes to the first class by its code",
    basket(line(1, 1000, tax_class="low"), line(2, 1000), charges=(charge(1, 5, tax_class=None),)),
    tax=216,
)
case("delivery of nothing with a class of its own", basket(charges=(charge(1, 600),)), total=600, tax=100)


def quote(amount: int) -> Json:
    return facts(
        tax_quote={"lines": {"1": {"amount": amount, "taxes": [{"code": "state", "name": "State", "rate": 62_500, "amount": 63}]}}, "charges": {}}
    )


case(
    "a tax service's answer holds",
    ONE,
    rules(prices_include_tax=False),
    quote(1000),
    tax=63,
    total=1063,
    total_taxes=[("state", 62_500, 1000, 63)],
)
case("inside the price too", ONE, facts=quote(1000), tax=63, net=937, total=1000, total_taxes=[("state", 62_500, 937, 63)])
case("unless it is about another amount", ONE, rules(prices_include_tax=False), quote(999), tax=200, said=[("", None, "quote_outdated", {})])

# Currencies and cash.
TENTH = {"full": [rate("jct", 100_000)]}
case("yen have no decimals", basket(line(1, 105, 3)), rules(promotion("p", percent(7)), currency="JPY", taxes=TENTH), off=[22], total=293, tax=27)
case("dinars have three", basket(line(1, 1250, 3, tax_class="none")), rules(promotion("p", percent(5)), currency="KWD"), off=[188], total=3562)
case("cash to five: 12.32 is 12.30", basket(line(1, 1232)), rules(cash_rounding=5, currency="CHF"), total=1232, cash_total=1230, cash_rounding=-2)
case("cash to five: 12.33 is 12.35", basket(line(1, 1233)), rules(cash_rounding=5, currency="CHF"), cash_total=1235, cash_rounding=2)
case("cash to ten: 12.35 is 12.40", basket(line(1, 1235)), rules(cash_rounding=10, currency="SEK"), cash_total=1240, cash_rounding=5)
case("a supplier pays a third", ONE, rules(promotion("p", percent(10), supplier="acme", supplier_share=333_333)), supplier=[33])


def main() -> None:
    rows = [{key: one[key] for key in ("name", "basket", "rules", "facts", "at")} | {"result": result(one)} for one in CASES]
    mistakes = [mistake for one, row in zip(CASES, rows, strict=True) for mistake in wrong(one, row["result"])]
    if mistakes:
        raise SystemExit("\n".join(mistakes))
    VECTORS.parent.mkdir(exist_ok=True)
    VECTORS.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows) + "\n]\n")
    print(f"{len(rows)} cases")


if __name__ == "__main__":
    main()
