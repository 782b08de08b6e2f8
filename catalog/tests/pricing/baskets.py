"""Random cases for the engine, the same for the same seed: every reward, every gate, few SKUs and round prices so that ties abound.

    python -m catalog.tests.pricing.baskets --count 1000 --seed 1 [--results]

writes one JSON object a line: {"basket", "rules", "facts", "at"}; "rules" is null where they are those of the line before.
With --results each has its "result" too: what `result` answers, {"error": code, "field": field} for a refusal.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

from catalog.pricing import compile, evaluate
from catalog.tests.pricing import shapes
from kernel.errors import Refused

Json = dict[str, Any]

# Minor units that prices are made of, by currency: 2, 0 and 3 decimals.
STEPS = {"EUR": 10, "JPY": 7, "KWD": 50, "USD": 1}
CATEGORIES, BRANDS, TAGS, ROASTS = ("drinks", "tea", "coffee", "mugs", "fruit"), ("acme", "bolt"), ("new", "gift"), ("dark", "light")
SKUS = [f"s{number}" for number in range(1, 15)]
CASES_A_RULES = 20
DAY = 86_400_000


def cases(*, count: int, seed: int) -> Iterator[Json]:
    """`count` cases; several in a row share one `rules` object."""
    for number in range(count):
        if number % CASES_A_RULES == 0:
            rules = random_rules(Random(f"{seed} rules {number}"))
        random = Random(f"{seed} case {number}")
        at = shapes.NOON + random.randrange(-3, 4) * DAY
        basket = random_basket(random, rules)
        yield {"basket": basket, "rules": rules, "facts": random_facts(random, basket, rules, at), "at": at}


def result(case: Json, compiled: Any = None) -> Json:
    try:
        return evaluate(case["basket"], compiled or case["rules"], case["facts"], case["at"])
    except Refused as refused:
        return {"error": refused.code, "field": refused.field}


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def random_rules(random: Random) -> Json:
    currency = random.choice(list(STEPS))
    codes = random.sample([f"p{number:02}" for number in range(30)], random.choice([0, 1, 2, 4, 6, 9]))
    return shapes.rules(
        *(random_promotion(random, code, STEPS[currency]) for code in codes),
        currency=currency,
        prices_include_tax=random.random() < 0.6,
        tax_rounding=random.choice(["line", "document"]),
        cash_rounding=random.choice([0, 1, 5, 10, 100]),
        taxes=_taxes(random),
    )


def _taxes(random: Random) -> Json:
    compound = [shapes.rate("gst", 50_000), shapes.rate("pst", 99_750, compound=True)]
    dated = [
        shapes.rate("vat", 190_000, ends_at=shapes.NOON),
        shapes.rate("vat", 160_000, starts_at=shapes.NOON),
        shapes.rate("eco", 7_777, compound=random.random() < 0.5),
    ]
    return {"full": random.choice([shapes.VAT, compound, dated]), "low": random.choice([shapes.LOW, compound, shapes.VAT]), "none": []}


def random_basket(random: Random, rules: Json) -> Json:
    count = random.choice([1, 1, 2, 3, 4, 6, 9, 20])
    ids = random.sample(range(1, 40), count)
    lines = [_line(random, id, STEPS[rules["currency"]]) for id in ids]
    charges = [_charge(random, id, STEPS[rules["currency"]]) for id in random.sample(range(1, 9), random.choice([0, 0, 1, 2]))]
    return {"lines": lines, "charges": charges, "coupons": random.sample(["SPRING", "VIP", "OLD", "WRONG"], random.choice([0, 0, 1, 2]))}


def _line(random: Random, id: int, step: int) -> Json:
    sku = random.choice(SKUS)
    by_weight = sku in ("s13", "s14")
    kind = "goods" if by_weight else random.choice(["goods"] * 12 + ["open", "deposit"])
    quantity = random.randrange(1, 3000) if by_weight else 1000 * random.choice([1, 1, 1, 2, 2, 3, 4, 5, 7, 12])
    return {
        "id": id,
        "kind": kind,
        "sku": sku,
        "quantity": quantity,
        "sold_by": "weight" if by_weight else "each",
        "prices": _offers(random, step),
        "tax_class": _class(random),
        "facets": _facets(sku),
        "fixed": _fixed(random, step),
    }


def _class(random: Random) -> str:
    return random.choices(["full", "low", "none", "unknown"], [60, 30, 9, 0.2])[0]


def _facets(sku: str) -> list[str]:
    """What a SKU is stays the same wherever it is drawn."""
    random = Random(sku)
    facets = [f"sku:{sku}", f"brand:{random.choice(BRANDS)}", f"category:{random.choice(CATEGORIES[1:])}"]
    facets += [f"tag:{tag}" for tag in TAGS if random.random() < 0.4] + [f"attribute.roast:{roast}" for roast in ROASTS if random.random() < 0.3]
    return [*facets, "category:drinks"] if facets[2] in ("category:tea", "category:coffee") else facets


def _price(random: Random, step: int) -> int:
    return random.choice([0, 1, 3, 9, *([20, 25, 30, 50, 99] * 4), 101, 333]) * step


def _offers(random: Random, step: int) -> list[Json]:
    offers = [shapes.offer(_price(random, step), price_quantity=random.choice([1000, 1000, 1000, 1000, 500, 6000]))]
    while random.random() < 0.3:
        offers.append(
            shapes.offer(
                _price(random, step),
                list=random.choice(["", "sale", "trade"]),
                from_quantity=random.choice([0, 2000, 3000, 6000]),
                group=random.choice(["", "", "gold"]),
                rank=random.choice([0, 0, 1, 2]),
                starts_at=random.choice([None, None, shapes.NOON]),
                ends_at=random.choice([None, None, shapes.NOON + DAY]),
            )
        )
    random.shuffle(offers)
    return offers if random.random() > 0.003 else []


def _fixed(random: Random, step: int) -> Json | None:
    if random.random() > 0.08:
        return None
    kind = random.choice(["percent", "amount", "price"])
    value = random.choice([100_000, 333_333, 500_000, 1_000_000]) if kind == "percent" else random.choice([0, 1, 10, 40]) * step
    return {"source": random.choice(["markdown", "manual"]), "code": random.choice(["M30", "M50"]), "kind": kind, "value": value}


def _charge(random: Random, id: int, step: int) -> Json:
    kind = random.choice(["delivery", "delivery", "fee"])
    return shapes.charge(id, random.choice([0, 1, 49, 50, 99]) * step, kind=kind, tax_class=random.choice([None, None, "full", "low"]))


def _selection(random: Random) -> Json:
    groups = {"category": CATEGORIES, "brand": BRANDS, "tag": TAGS, "attribute.roast": ROASTS, "sku": SKUS}
    chosen = random.sample(list(groups), random.choices([0, 1, 2], [2, 6, 2])[0])
    any_of = {group: random.sample(list(groups[group]), min(len(groups[group]), random.choice([1, 1, 2]))) for group in chosen}
    return {"any": any_of, "except": {"sku": random.sample(SKUS, 2)} if random.random() < 0.15 else {}}


def _reward(random: Random, level: str, step: int) -> Json:
    percents, amounts = [10_000, 100_000, 250_000, 333_333, 500_000, 1_000_000], [1, 5, 15, 40, 120]
    percent, amount = {"kind": "percent", "value": random.choice(percents)}, {"kind": "amount", "value": random.choice(amounts) * step}
    fixed = {"kind": "fixed", "value": random.choice([0, 10, 24, 45]) * step}
    if level == "delivery":
        return random.choice([percent, amount, fixed])
    if level == "order":
        return random.choice([percent, amount, _tiers(random, [percent, amount], step)])
    return random.choice(
        [percent, amount, fixed, _tiers(random, [percent, amount, fixed], step), *(make(random, step) for make in (_set, _buy_get, _bundle, _gift))]
    )


def _tiers(random: Random, kinds: list[Json], step: int) -> Json:
    by = random.choice(["quantity", "amount"])
    starts = random.sample([1, 2, 3, 5, 8] if by == "quantity" else [10 * step, 50 * step, 100 * step, 250 * step], random.choice([1, 2, 3]))
    return {"kind": "tiers", "by": by, "steps": [{"from": start, **random.choice(kinds)} for start in starts]}


def _set(random: Random, step: int) -> Json:
    return {"kind": "set", "size": random.choice([2, 2, 3, 4]), "value": random.choice([0, 30, 49, 60, 97]) * step}


def _buy_get(random: Random, step: int) -> Json:
    other = _selection(random) if random.random() < 0.5 else None
    percent = random.choice([333_333, 500_000, 1_000_000, 1_000_000])
    return {"kind": "buy_get", "buy": random.choice([1, 1, 2, 3]), "get": random.choice([1, 1, 2]), "percent": percent, "selection": other}


def _bundle(random: Random, step: int) -> Json:
    slots = [
        {"name": f"slot {number}", "selection": _selection(random), "quantity": random.choice([1, 1, 2])} for number in range(random.choice([2, 3]))
    ]
    kind = random.choice(["price", "percent"])
    value = random.choice([100_000, 333_333]) if kind == "percent" else random.choice([20, 50, 110]) * step
    return {"kind": "bundle", "slots": slots, "as": kind, "value": value}


def _gift(random: Random, step: int) -> Json:
    return {"kind": "gift", "selection": _selection(random), "quantity": random.choice([1, 1, 2])}


def random_promotion(random: Random, code: str, step: int) -> Json:
    level = random.choices(["line", "order", "delivery"], [8, 2, 2])[0]
    combination = random.choice(["exclusive", "best", "best", "stack", "stack"])
    return shapes.promotion(
        code,
        _reward(random, level, step),
        level=level,
        combination=combination,
        priority=random.choice([0, 0, 0, 1, 2]),
        group=random.choice(["", "", "a"]),
        stack_limit=random.choice([None, 100_000, 500_000]) if combination == "stack" else None,
        selection=_selection(random),
        minimum={"quantity": _seldom(random, [2, 4]), "amount": _seldom(random, [50 * step, 200 * step])},
        limits={"per_basket": _seldom(random, [1, 2, 3], 0.25), "limited": random.random() < 0.2, "offline": random.choice(["allow", "refuse"])},
        supplier=random.choice(["", "acme"]),
        supplier_share=random.choice([0, 500_000, 333_333]),
        **_conditions(random, step),
    )


def _conditions(random: Random, step: int) -> Json:
    windows = [{"days": random.sample(range(1, 8), 4), "from": random.choice([0, 600, 1320]), "until": random.choice([360, 600, 1080])}]
    need = {"selection": _selection(random), "quantity": _seldom(random, [1, 3]), "amount": _seldom(random, [80 * step]), "name": "Something else"}
    return {
        "starts_at": _seldom(random, [shapes.NOON - DAY, shapes.NOON]),
        "ends_at": _seldom(random, [shapes.NOON + 1, shapes.NOON + 2 * DAY]),
        "windows": windows if random.random() < 0.12 else [],
        "channels": ["shop"] if random.random() < 0.1 else [],
        "stores": ["main"] if random.random() < 0.1 else [],
        "coupon": random.random() < 0.1,
        "groups": ["gold"] if random.random() < 0.08 else [],
        "segments": ["loyal"] if random.random() < 0.08 else [],
        "first_order": random.random() < 0.05,
        "staff": random.random() < 0.05,
        "needs": [need] if random.random() < 0.1 else [],
    }


def _seldom(random: Random, values: list[int], chance: float = 0.15) -> int | None:
    return random.choice(values) if random.random() < chance else None


def random_facts(random: Random, basket: Json, rules: Json, at: int) -> Json:
    codes = [promotion["code"] for promotion in rules["promotions"]]
    customer = shapes.customer(
        known=random.random() < 0.7,
        groups=random.choice([[], ["gold"]]),
        segments=random.choice([[], ["loyal"]]),
        orders=random.choice([None, 0, 3]),
    )
    return shapes.facts(
        channel=random.choice(["shop", "web"]),
        store=random.choice(["main", "", "north"]),
        weekday=random.randrange(1, 8),
        minute=random.randrange(1440),
        customer=customer,
        staff=random.random() < 0.2,
        offline=random.random() < 0.3,
        left={code: _left(random, STEPS[rules["currency"]]) for code in codes if random.random() < 0.2},
        coupons={code: _coupon(random, codes) for code in ("SPRING", "VIP", "OLD")},
        exempt=_exempt(random, at) if random.random() < 0.1 else None,
        tax_quote=_quote(random, basket) if random.random() < 0.05 else None,
    )


def _left(random: Random, step: int) -> Json:
    return {
        "uses": random.choice([None, 0, 5]),
        "customer": random.choice([None, None, 0, 1]),
        "budget": random.choice([None, 20 * step, 500 * step]),
    }


def _coupon(random: Random, codes: list[str]) -> Json:
    return {"promotion": random.choice(codes or ["none"]), "refused": random.choice(["", "", "", "used", "expired", "not_yours", "unknown"])}


def _exempt(random: Random, at: int) -> Json:
    return {"certificate": "C-1", "classes": random.choice([None, ["full"], ["low", "none"]]), "expires_at": random.choice([None, at, at + 1])}


def _quote(random: Random, basket: Json) -> Json:
    """Mostly about other amounts; of a basket without promotions sometimes about the right ones."""
    taxes = [{"code": "state", "name": "State", "rate": 62_500, "amount": 3}, {"code": "city", "name": "City", "rate": 10_000, "amount": 1}]

    def row(amount: int) -> Json:
        return {"amount": amount, "taxes": random.choice([[], taxes[:1], taxes])}

    lines = {str(line["id"]): row(_alone(line)) for line in basket["lines"]}
    return {"lines": lines, "charges": {str(charge["id"]): row(charge["amount"]) for charge in basket["charges"]}}


def _alone(line: Json) -> int:
    """What the line costs when its first price holds and nothing comes off."""
    offer = (line["prices"] or [shapes.offer(0)])[0]
    return (2 * offer["amount"] * line["quantity"] + offer["price_quantity"]) // (2 * offer["price_quantity"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Random cases for the pricing engine, one JSON object a line")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", action="store_true", help="with what this engine answers")
    options = parser.parse_args()
    before = compiled = None
    for case in cases(count=options.count, seed=options.seed):
        if case["rules"] is not before:
            compiled = compile(case["rules"])
        written = case | {"rules": None if case["rules"] is before else case["rules"]}
        before = case["rules"]
        sys.stdout.write(canonical(written | ({"result": result(case, compiled)} if options.results else {})) + "\n")


if __name__ == "__main__":
    main()
