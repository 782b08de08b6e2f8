"""Writes kernel/tests/vectors/money.json, which pytest and node --test both run. `python -m kernel.tests.money_vectors`

The expected values come from fractions and decimals on purpose, another way than kernel/money.py takes.
"""

import json
import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

FILE = Path(__file__).parent / "vectors" / "money.json"
SAFE = 2**53 - 1
CURRENCIES = {"EUR": 2, "USD": 2, "GBP": 2, "PLN": 2, "HUF": 2, "JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "KWD": 3, "TND": 3, "BHD": 3, "CLF": 4}


def rounded(value: Fraction) -> int:
    """Half away from zero."""
    whole, rest = divmod(abs(value), 1)
    result = int(whole) + (1 if rest >= Fraction(1, 2) else 0)
    return -result if value < 0 else result


def line_total(price, price_quantity, quantity):
    return rounded(Fraction(price) * quantity / price_quantity)


def included_tax(amount, rate):
    net = Fraction(amount) / (1 + Fraction(rate, 1_000_000))
    return rounded(amount - net)


def allocate(total, weights):
    """Hands the units that are left over out one by one to whoever is furthest below its exact share."""
    if not weights:
        return []
    shares = weights if any(weights) else [1] * len(weights)
    exact = [Fraction(abs(total)) * share / sum(shares) for share in shares]
    parts = [int(part) for part in exact]
    for _ in range(abs(total) - sum(parts)):
        behind = [exact[i] - parts[i] for i in range(len(parts))]
        parts[behind.index(max(behind))] += 1
    return [-part for part in parts] if total < 0 else parts


def format_amount(amount, currency):
    decimals = CURRENCIES[currency]
    return str((Decimal(amount) / (Decimal(10) ** decimals)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def cases():
    dice = random.Random(20260101)
    lines = [
        (199, 1000, 1000),
        (199, 1000, 3000),
        (1, 3000, 1000),
        (1, 2000, 1000),
        (-1, 2000, 1000),
        (249, 1000, 333),
        (1299, 1000, 1234),
        (0, 1, 0),
    ]
    lines += [(1, 1000, 500), (1, 1000, 499), (1, 1000, -500), (9_999_999_99, 1000, 999_999_000), (100, 100, 1), (33, 100, 150), (SAFE, 1, 1)]
    lines += [(dice.randint(-50_000, 50_000), dice.choice([1, 100, 1000, 6000]), dice.randint(-99_000, 99_000)) for _ in range(120)]
    lines += [(dice.randint(10**8, 10**11), 1000, dice.randint(1, 10**7)) for _ in range(20)]
    taxes = [(119, 190_000), (1, 190_000), (-119, 190_000), (107, 70_000), (0, 190_000), (100, 0), (3, 500_000), (SAFE, 190_000), (1000, 200_000)]
    taxes += [(dice.randint(-(10**6), 10**6), dice.choice([0, 25_000, 55_000, 70_000, 81_000, 190_000, 200_000, 255_000])) for _ in range(120)]
    taxes += [(dice.randint(10**12, 10**15), dice.choice([70_000, 190_000])) for _ in range(20)]
    shares = [
        (100, [1, 1, 1]),
        (-100, [1, 1, 1]),
        (2, [1, 1, 1, 1]),
        (0, [5, 7]),
        (10, [0, 0, 0]),
        (5, [0, 1, 0]),
        (7, [3]),
        (0, []),
        (SAFE, [1, 2, 3]),
    ]
    shares += [(dice.randint(-10_000, 10_000), [dice.randint(0, 5_000) for _ in range(dice.randint(1, 12))]) for _ in range(100)]
    shares += [(dice.randint(10**9, 10**13), [dice.randint(10**6, 10**12) for _ in range(5)]) for _ in range(15)]
    texts = [
        (0, "EUR"),
        (5, "EUR"),
        (-5, "EUR"),
        (1230, "EUR"),
        (1230, "JPY"),
        (-1, "JPY"),
        (0, "JPY"),
        (1230, "KWD"),
        (-7, "KWD"),
        (1, "CLF"),
        (SAFE, "EUR"),
    ]
    texts += [(dice.randint(-(10**7), 10**7), dice.choice(list(CURRENCIES))) for _ in range(60)]
    return lines, taxes, [(total, weights) for total, weights in shares if sum(weights) <= SAFE], texts


def vectors():
    lines, taxes, shares, texts = cases()
    totals = [{"price": p, "price_quantity": q, "quantity": n, "expect": line_total(p, q, n)} for p, q, n in lines]
    return {
        "about": "Integers throughout: minor units, thousandths, parts per million. Written by kernel/tests/money_vectors.py; do not edit.",
        "exponent": [{"currency": currency, "expect": decimals} for currency, decimals in CURRENCIES.items()],
        "line_total": [case for case in totals if abs(case["expect"]) <= SAFE],
        "included_tax": [{"amount": amount, "rate": rate, "expect": included_tax(amount, rate)} for amount, rate in taxes],
        "allocate": [{"total": total, "weights": weights, "expect": allocate(total, weights)} for total, weights in shares],
        "format_amount": [{"amount": amount, "currency": currency, "expect": format_amount(amount, currency)} for amount, currency in texts],
        # The result is beyond JavaScript's safe integers: the browser refuses, the server computes.
        "line_total_unsafe": [{"price": SAFE, "price_quantity": 1, "quantity": 2}, {"price": 10**12, "price_quantity": 1000, "quantity": 10**9}],
        "refused": {
            "exponent": ["", "eur", "EURO", "E1R"],
            "line_total": [{"price": 1, "price_quantity": 0, "quantity": 1}, {"price": 1, "price_quantity": -1, "quantity": 1}],
            "included_tax": [{"amount": 1, "rate": -1}],
            "allocate": [{"total": 1, "weights": []}, {"total": 1, "weights": [1, -1]}],
        },
    }


def text():
    sections = [f"  {json.dumps(name)}: {section(cases)}" for name, cases in vectors().items()]
    return "{\n" + ",\n".join(sections) + "\n}\n"


def section(cases):
    if not isinstance(cases, list):
        return json.dumps(cases)
    return "[\n" + ",\n".join("    " + json.dumps(case) for case in cases) + "\n  ]"


if __name__ == "__main__":
    FILE.write_text(text())
