"""Codes of gift cards: sixteen characters that nobody mistakes for each other, the last of which tells whether the rest was read right.

A code is told once, to whoever gets the card; what is kept is a keyed digest of it. Codes of another system come in as they are.
"""

import secrets
from typing import Final

from customers import sealing

# Neither 0 and O nor 1, I and L. Thirty-one is a prime: with a weight for each place every single wrong character and every two that
# changed places are seen.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH: Final = 16
SHORTEST, LONGEST = 6, 40


def made() -> str:
    """74 random bits: nobody finds a card by trying."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + _check(body)


def normalised(text: str) -> str:
    """As it is compared, however it was typed: "8q4k-…" and "8Q4K …" are the same code."""
    return "".join(text.upper().replace("-", " ").split())


def shown(code: str) -> str:
    """As it is printed, in fours."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def sound(code: str) -> bool:
    """Whether a code of ours was read right; says nothing about whether there is such a card, or about codes of another system."""
    return len(code) == LENGTH and set(code) <= set(ALPHABET) and _check(code[:-1]) == code[-1]


def fits(code: str) -> bool:
    """Whether this may be a code at all."""
    return SHORTEST <= len(code) <= LONGEST and code.isascii() and code.isalnum()


def digest(code: str) -> bytes:
    return sealing.digest("gift_card", code)


def _check(body: str) -> str:
    return ALPHABET[sum(place * ALPHABET.index(character) for place, character in enumerate(body, start=1)) % len(ALPHABET)]
