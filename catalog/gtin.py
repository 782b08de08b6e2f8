"""GTIN: the number on the pack (GS1 General Specifications, section 7.9: standard check digit calculations).

A GTIN has 8, 12, 13 or 14 digits and ends in a check digit. It is the same number with zeros in front, so it is
kept and compared as 14 digits.
"""

from kernel.errors import Refused

LENGTHS = (8, 12, 13, 14)
# By how many digits there are without zeros in front.
_SHOWN = {many: next(size for size in LENGTHS if size >= many) for many in range(15)}
_ASCII_DIGITS = frozenset("0123456789")


class BadGtin(Refused):
    code = "gtin_invalid"
    title = "Not a GTIN"


class GtinNotDigits(BadGtin):
    code = "gtin_not_digits"


class GtinWrongLength(BadGtin):
    code = "gtin_wrong_length"


class GtinWrongCheckDigit(BadGtin):
    code = "gtin_wrong_check_digit"


def check_digit(body: str) -> int:
    """The digit that follows `body`: weights 3, 1, 3, … counted from the right end."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -weighted % 10


def normalise(text: str) -> str:
    """The 14 digits of `text`, or a BadGtin that says what is wrong. Space around it is not part of it."""
    code = text.strip()
    # str.isdigit() is true of Arabic and superscript digits too; a scanner never sends them.
    if not code or not _ASCII_DIGITS.issuperset(code):
        raise GtinNotDigits(f"“{_shown(code)}” holds something else than the digits 0 to 9.", field="gtin")
    if len(code) not in LENGTHS:
        raise GtinWrongLength(f"{_shown(code)} has {len(code)} digits; a GTIN has 8, 12, 13 or 14.", field="gtin", digits=len(code))
    right = check_digit(code[:-1])
    if right != int(code[-1]):
        raise GtinWrongCheckDigit(f"{code} ends in {code[-1]}; its check digit should be {right}.", field="gtin", expected=right)
    return code.zfill(14)


def shown(gtin: str) -> str:
    """As people know it: the shortest of 8, 12, 13 or 14 digits that holds the 14 stored ones."""
    digits = gtin.lstrip("0")
    return digits.zfill(_SHOWN.get(len(digits), 14))


def _shown(code: str) -> str:
    return code if len(code) <= 40 else code[:39] + "…"
