"""Amounts as people and spreadsheets write them: "2,95", "2.95", "€ 1,234.50", "1 234,50 EUR". Integers out, never a float."""

import re
import unicodedata

from catalog.services.prices import HIGHEST
from kernel.money import exponent

SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW"}
_SPACES = re.compile("[\\s\u00a0\u2007\u2009\u202f'\u2019]")
_FORMULA = re.compile(r"[=@+]|-\D")


class NotAnAmount(ValueError):
    """The words say why, and stand alone: 'Not a price: letter “o” at the end'."""


def minor_units(text: str, currency: str) -> int:
    bare = _without_sign(text.strip(), currency)
    if _FORMULA.match(bare):
        raise NotAnAmount("Not a price: a formula")
    if bare.startswith(("-", "−")):
        raise NotAnAmount("Not a price: below zero")
    digits = _SPACES.sub("", bare)
    _only_digits(digits)
    whole, rest = _parts(digits, exponent(currency))
    amount = int(whole + rest)
    if amount > HIGHEST:
        raise NotAnAmount("Not a price: too many digits")
    return amount


def _without_sign(text: str, currency: str) -> str:
    """Another currency's sign is refused: nobody converts in passing."""
    for sign in (*SIGNS, "CHF", "USD", "EUR", "GBP", currency):
        for bare in (text.removeprefix(sign), text.removesuffix(sign)):
            if bare != text:
                if SIGNS.get(sign, sign) != currency:
                    raise NotAnAmount(f"Not a price in {currency}: {sign}")
                return bare.strip()
    return text


def _only_digits(text: str) -> None:
    odd = [place for place, letter in enumerate(text) if letter not in "0123456789.,"]
    if not odd:
        if not any(letter.isdigit() for letter in text):
            raise NotAnAmount("Not a price: no digits")
        return
    letter = text[odd[0]]
    if len(odd) == len(text):
        raise NotAnAmount("Not a price: no digits")
    where = "at the start" if odd[0] == 0 else "at the end" if odd[-1] == len(text) - 1 and len(odd) == 1 else "in it"
    kind = "letter" if unicodedata.category(letter).startswith("L") else "character"
    raise NotAnAmount(f"Not a price: {kind} “{letter}” {where}")


def _parts(text: str, places: int) -> tuple[str, str]:
    """The whole part without its thousands' marks, and all the decimals the currency has."""
    marks = [mark for mark in text if mark in ".,"]
    if not marks:
        return text, "0" * places
    if len(set(marks)) == 2 and text.count(marks[-1]) == 1:
        whole, _, rest = text.rpartition(marks[-1])
        return _grouped(whole, marks[0]), _decimals(rest, places)
    if len(marks) > 1:
        return _grouped(text, marks[0]), "0" * places
    whole, _, rest = text.partition(marks[0])
    if places == 0 and len(rest) == 3:
        return _grouped(text, marks[0]), ""
    if len(rest) == 3 > places and 1 <= len(whole) <= 3 and whole != "0":
        # A thousand and something, or one and something with a decimal too many.
        raise NotAnAmount(f"{text} can be read two ways: write {whole}{rest} or {whole}.{rest[:places]}")
    return whole or "0", _decimals(rest, places)


def _grouped(text: str, mark: str) -> str:
    first, *groups = text.split(mark)
    if not 1 <= len(first) <= 3 or any(len(group) != 3 or not group.isdigit() for group in groups) or not first.isdigit():
        raise NotAnAmount("Not a price: points and commas do not fit")
    return first + "".join(groups)


def _decimals(rest: str, places: int) -> str:
    if len(rest) > places:
        raise NotAnAmount(f"Not a price: {places} decimals at most" if places else "Not a price: this currency has no decimals")
    return rest.ljust(places, "0")
