"""EAN-13 as bars (GS1 General Specifications, section 5.2.1). Pure: a code in, bars in modules out."""

from typing import Final, NamedTuple

ODD: Final = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
# How the left half is written tells the first digit, which has no bars of its own.
PARITY: Final = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")
QUIET: Final = 11
WIDTH: Final = QUIET + 95 + 7


class Bar(NamedTuple):
    """In modules; `guard` bars are the longer ones."""

    x: int
    width: int
    guard: bool


def modules(code: str) -> str:
    """95 modules, 1 is dark."""
    left = "".join(_left(digit, parity) for digit, parity in zip(code[1:7], PARITY[int(code[0])], strict=True))
    right = "".join(_inverted(ODD[int(digit)]) for digit in code[7:])
    return f"101{left}01010{right}101"


def _left(digit: str, parity: str) -> str:
    odd = ODD[int(digit)]
    # Even parity is the right half's pattern, read backwards.
    return odd if parity == "L" else _inverted(odd)[::-1]


def _inverted(pattern: str) -> str:
    return pattern.translate(str.maketrans("01", "10"))


def bars(code: str) -> list[Bar]:
    """With the quiet zone on the left counted in."""
    told, found, start = modules(code), list[Bar](), 0
    for place in range(1, len(told) + 1):
        if place == len(told) or told[place] != told[start]:
            if told[start] == "1":
                found.append(Bar(QUIET + start, place - start, start < 3 or 45 <= start < 50 or start >= 92))
            start = place
    return found
