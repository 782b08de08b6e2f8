"""What a basket costs to price: 1,000 promotions of a grocer, a full trolley and a few things, beside a floor of the same run.

    python -m bench.pricing [--rounds 15]

The floor is the least that could price them: quantity times price, and the tax in it. Needs no database.
"""
# ruff: noqa: S311  # what is drawn here guards nothing

import argparse
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from catalog.pricing import compile, evaluate
from catalog.tests.pricing import shapes
from kernel.money import included_tax, line_total

Json = dict[str, Any]
SKUS, CATEGORIES, BRANDS, TAGS = 20_000, 200, 400, 40
# How many promotions are about single SKUs, a category, a brand, a tag within a category, the whole order, delivery.
ABOUT = {"sku": 700, "category": 120, "brand": 120, "tag": 40, "order": 15, "delivery": 5}
# CPU-ms.
BUDGETS = {"compile_1000": 50.0, "basket_200": 25.0, "basket_3": 0.5}


def facets(sku: int) -> str:
    """Eight of them, the same for a SKU wherever it lies."""
    drawn = random.Random(sku)
    category = drawn.randrange(CATEGORIES)
    of_it = f"sku:s{sku} product:p{sku // 2} category:c{category} category:top{category // 20} brand:b{drawn.randrange(BRANDS)}"
    return f"{of_it} tag:t{drawn.randrange(TAGS)} tag:t{drawn.randrange(TAGS)} type:x{category % 30}"


def promotions(drawn: random.Random) -> list[Json]:
    kinds = [about for about, count in ABOUT.items() for _ in range(count)]
    return [_promotion(drawn, number, about) for number, about in enumerate(kinds)]


def _promotion(drawn: random.Random, number: int, about: str) -> Json:
    level = about if about in ("order", "delivery") else "line"
    return shapes.promotion(
        f"p{number:04}",
        _reward(drawn, level),
        on=_on(drawn, about),
        level=level,
        combination=drawn.choice(["best", "best", "best", "exclusive", "stack"]),
        priority=drawn.choice([0, 0, 0, 1]),
        minimum={"amount": 5000} if level != "line" or drawn.random() < 0.1 else None,
        windows=[{"days": [5, 6, 7], "from": 480, "until": 1200}] if drawn.random() < 0.1 else [],
        stores=["main"] if drawn.random() < 0.3 else [],
        coupon=level == "order",
    )


def _on(drawn: random.Random, about: str) -> str:
    if about == "sku":
        start = drawn.randrange(SKUS)
        return " ".join(f"sku:s{(start + step) % SKUS}" for step in range(drawn.choice([1, 1, 2, 6, 24])))
    category = f"category:c{drawn.randrange(CATEGORIES)}"
    narrow = {"category": category, "brand": f"brand:b{drawn.randrange(BRANDS)}", "tag": f"{category} tag:t{drawn.randrange(TAGS)}"}
    return narrow.get(about, "")


def _reward(drawn: random.Random, level: str) -> Json:
    if level == "delivery":
        return shapes.percent(100)
    if level == "order":
        return drawn.choice([shapes.percent(5), shapes.amount(500), shapes.tiers("amount", (5000, "amount", 500), (10_000, "amount", 1500))])
    other = f"category:c{drawn.randrange(CATEGORIES)}"
    pair = shapes.bundle(700, (f"category:c{drawn.randrange(CATEGORIES)}", 1), (other, 1))
    plain = [shapes.percent(10), shapes.percent(25), shapes.amount(50), shapes.fixed(199), shapes.set_of(2, 500), shapes.buy_get(2, 1)]
    return drawn.choice([*plain, shapes.buy_get(1, 1, 50, of=other), pair, shapes.tiers("quantity", (3, "percent", 100_000)), shapes.gift("sku:s1")])


def basket(drawn: random.Random, lines: int) -> Json:
    """Half of it is what is on offer anywhere: what is in the leaflet sells."""
    offered = [int(value[1:]) for row in promotions(random.Random(1)) for value in row["selection"]["any"].get("sku", [])]
    skus = [drawn.choice(offered) if drawn.random() < 0.5 else drawn.randrange(SKUS) for _ in range(lines)]
    rows = [_line(drawn, id, sku) for id, sku in enumerate(skus, start=1)]
    return shapes.basket(*rows, charges=(shapes.charge(1, 499, tax_class=None),))


def _line(drawn: random.Random, id: int, sku: int) -> Json:
    price = random.Random(sku).choice([79, 129, 199, 299, 449, 1299])
    return shapes.line(
        id,
        [shapes.offer(price), shapes.offer(price - 10, list="six", from_quantity=6000)],
        drawn.choice([1, 1, 1, 2, 3, 6]),
        sku=f"s{sku}",
        facets=facets(sku),
        tax_class="low" if sku % 3 else "full",
    )


def floor(basket: Json, rate: int) -> int:
    """What a till without promotions adds up."""
    total = 0
    for line in basket["lines"]:
        offer = line["prices"][0]
        amount = line_total(price=offer["amount"], price_quantity=offer["price_quantity"], quantity=line["quantity"])
        total += amount + 0 * included_tax(amount=amount, rate=rate)
    return total


def milliseconds(call: Callable[[], object], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times * 1000


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Product and floor take turns, so what the machine does to one it does to the other."""
    rules = shapes.rules(*promotions(random.Random(1)))
    compiled, facts = compile(rules), shapes.facts()
    full, few = basket(random.Random(2), 200), basket(random.Random(3), 3)
    calls: dict[str, tuple[Callable[[], object], int, Json]] = {
        "compile_1000": (lambda: compile(rules), 1, full),
        "basket_200": (lambda: evaluate(full, compiled, facts, shapes.NOON), 2, full),
        "basket_3": (lambda: evaluate(few, compiled, facts, shapes.NOON), 60, few),
    }
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, (call, times, of) in calls.items():
            spent[name].append((milliseconds(call, times), milliseconds(lambda of=of: floor(of, 200_000), 20 if of is full else 400)))
    return {
        name: {
            "cpu_ms": round(statistics.median(cpu for cpu, _ in rows), 3),
            "least": round(min(cpu for cpu, _ in rows), 3),
            "floor_cpu_ms": round(statistics.median(base for _, base in rows), 4),
            "ratio": round(statistics.median(cpu / base for cpu, base in rows), 1),
        }
        for name, rows in spent.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    figures = measure(parser.parse_args().rounds)
    compiled = compile(shapes.rules(*promotions(random.Random(1))))
    for lines, seed in ((200, 2), (3, 3)):
        answer = evaluate(basket(random.Random(seed), lines), compiled, shapes.facts(), shapes.NOON)
        looked_at = len({entry["promotion"] for entry in answer["trace"]})
        print(f"{lines} lines: {looked_at} of {len(compiled.promotions)} promotions are about something in it, {len(answer['discounts'])} applied")
    print(f"{'operation':16}" + "".join(f"{column:>14}" for column in ("cpu_ms", "least", "floor_cpu_ms", "ratio", "budget")))
    for name, row in figures.items():
        print(f"{name:16}" + "".join(f"{value:>14}" for value in row.values()) + f"{BUDGETS[name]:>14}")


if __name__ == "__main__":
    main()
