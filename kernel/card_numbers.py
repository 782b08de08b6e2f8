"""Is there a payment card's number in it? None may enter the system: every door that writes looks, and the till refuses one before it writes.

A card number is 15 to 19 digits, perhaps in groups, from a range that issuers use and with a right Luhn digit. Narrower
than the till's own check, so that nothing the till let pass is caught here. Codes of goods are digits too: fields that
hold them, names that came from the catalogue, ids and hashes are not looked at.
"""

import re
from typing import Any

from kernel.errors import Invalid

NOT_CARDS = frozenset({"gtin", "sku", "variant"})
RUN = re.compile(r"[0-9](?:[ .\-\u00a0]?[0-9]){14,}")
SHORTEST = 15
DEEPEST = 100
GAPS = re.compile(r"[^0-9]")
ID_OR_HASH = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{64}")
ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})"
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|35\d{14}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|(?:50|5[6-8]|6[0-9])\d{14,17}"
)


class CardNumberNotAllowed(Invalid):
    code = "card_number_not_allowed"
    title = "A card number may not be entered here"


def refuse(value: Any) -> None:
    """Raises CardNumberNotAllowed when a parsed value holds a card number. What it was is not told on."""
    try:
        found = found_in(value)
    except RecursionError:
        raise Invalid("This is nested deeper than anything that is written here.") from None
    if found:
        raise CardNumberNotAllowed("Leave the card's number out: it is neither needed nor kept. A provider's token stands for it.")


def may_be_in(text: str) -> bool:
    """Whether a look at the parsed value is worth while: digits enough, or escapes that may hide some."""
    return "\\" in text or RUN.search(text) is not None


def found_in(value: Any) -> bool:
    """Whether a parsed JSON value holds a card number anywhere."""
    return any(holds_card_number(GAPS.sub("", run)) for text in _texts(value) for run in RUN.findall(text))


def holds_card_number(digits: str) -> bool:
    """Readers wrap the number in other digits, so a longer run is looked through from its beginning."""
    lengths = (len(digits),) if len(digits) <= 19 else (19, 16, 15)
    return any(ISSUERS.fullmatch(digits[:length]) is not None and passes_luhn(digits[:length]) for length in lengths)


def passes_luhn(digits: str) -> bool:
    doubled = "0246813579"
    return sum(int(doubled[int(digit)]) if place % 2 else int(digit) for place, digit in enumerate(reversed(digits))) % 10 == 0


def _texts(body: Any) -> list[str]:
    """What is long enough to hold one, walked level by level without calls, because every sale is looked through. JSON has no other types.

    Raises RecursionError for what is nested deeper than anything a till writes.
    """
    found: list[str] = []
    level = [body]
    for _depth in range(DEEPEST):
        if not level:
            return found
        below: list[Any] = []
        for value in level:
            kind = type(value)
            if kind is str:
                if len(value) >= SHORTEST and not ID_OR_HASH.fullmatch(value):
                    found.append(value)
            elif kind is int:
                if value >= 10 ** (SHORTEST - 1):
                    found.append(str(value))
            elif kind is list:
                below += value
            elif kind is dict:
                from_catalogue = value.get("variant") is not None
                below += [inner for name, inner in value.items() if name not in NOT_CARDS and not (name == "name" and from_catalogue)]
                found += [name for name in value if len(name) >= SHORTEST and name not in NOT_CARDS]
        level = below
    raise RecursionError("nested too deeply")
