"""Money is an integer of minor units; quantities are thousandths; rates are parts per million. Nothing here is a float.

pos/static/pos/money.js does the same sums in the browser. kernel/tests/vectors/money.json holds both to the same answers.
"""

from collections.abc import Sequence

MILLION = 1_000_000

# ISO 4217: currencies whose minor unit is not a hundredth.
EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def exponent(currency: str) -> int:
    """How many decimals the currency is written with (EUR 2, JPY 0, KWD 3)."""
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise ValueError(f"{currency!r} is not an ISO 4217 code")
    return EXPONENTS.get(currency, 2)


def divided(numerator: int, denominator: int) -> int:
    """Integer division rounding half away from zero, so that a refund is exactly the sale with the sign turned."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -rounded if numerator < 0 else rounded


def line_total(*, price: int, price_quantity: int, quantity: int) -> int:
    """`price` minor units buy `price_quantity` thousandths; what `quantity` thousandths cost, in minor units."""
    return divided(price * quantity, price_quantity)


def included_tax(*, amount: int, rate: int) -> int:
    """The tax inside a tax-inclusive `amount`, at `rate` parts per million (19 % is 190 000)."""
    if rate < 0:
        raise ValueError("a tax rate cannot be negative")
    return divided(amount * rate, MILLION + rate)


def allocate(*, total: int, weights: Sequence[int]) -> list[int]:
    """`total` shared out in proportion to `weights`: largest remainder first, ties to the earlier one, the parts sum to `total`.

    Weights that are all zero share equally.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights cannot be negative")
    if not weights:
        if total:
            raise ValueError("nothing to share the total among")
        return []
    shares = weights if any(weights) else [1] * len(weights)
    whole = sum(shares)
    parts = [abs(total) * share // whole for share in shares]
    remainders = [abs(total) * share % whole for share in shares]
    for index in sorted(range(len(shares)), key=lambda i: (-remainders[i], i))[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [-part for part in parts] if total < 0 else parts


def format_amount(amount: int, currency: str) -> str:
    """1230 EUR is "12.30", 1230 JPY is "1230". A plain decimal for files and APIs; screens format by locale."""
    decimals = exponent(currency)
    digits = str(abs(amount)).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if amount < 0 else text
