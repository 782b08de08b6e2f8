"""Cells made fit to keep: plain text without markup or control characters, exact amounts, codes with an explanation."""

import html
import re
import unicodedata
from html.parser import HTMLParser

from catalog import gtin, markup
from catalog.importing.incoming import Faulty
from catalog.services.prices import HIGHEST
from kernel import money

LONGEST_TEXT = 50_000
# How a cell begins that a spreadsheet would run.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BLOCKS = frozenset(
    ["address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"]
    + ["ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"]
)
_UNSEEN = frozenset({"script", "style", "template", "head", "title", "noscript", "iframe", "object", "svg", "math"})
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});|&(?:quot|amp|lt|gt|apos|nbsp)(?![a-zA-Z0-9;])")
_OPENING = re.compile(r"<+(?=[a-zA-Z/!?])")
_SPACES = re.compile("[\t\r\v\f\x85\xa0\u2028\u2029]")
# Controls but the line break, and marks that turn the reading direction or cannot be seen.
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_DAMAGED = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,10}))?", re.ASCII)


def one_line(cell: str, column: str, *, longest: int, required: bool = False) -> str:
    text = " ".join(plain(cell, column).split())
    if required and not text:
        raise Faulty(column, "is empty")
    return _not_longer(text, column, longest)


def paragraphs(cell: str, column: str) -> str:
    lines = (" ".join(line.split()) for line in plain(cell, column).splitlines())
    return _not_longer("\n".join(line for line in lines if line), column, LONGEST_TEXT)


def rich(cell: str, column: str) -> str:
    """HTML as far as catalog.markup lets it pass."""
    return _not_longer(markup.cleaned(without_controls(cell, column)), column, LONGEST_TEXT)


def unescaped(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking a text for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def escaped(cell: str) -> str:
    """What a spreadsheet would run begins with an apostrophe, so that it shows it instead."""
    return f"'{cell}" if cell[:1] in FORMULA and cell else cell


def plain(cell: str, column: str) -> str:
    """Entities decoded, tags and what browsers run taken out, control and direction marks removed, NFC."""
    text = cell
    # Twice at most: exports often escape text that was escaped before.
    for _ in range(2):
        if "<" not in text and "&" not in text:
            break
        text = decoded(without_tags(text))
    if "<" in text:
        text = _OPENING.sub("", without_tags(text))
    return without_controls(text, column)


def decoded(text: str) -> str:
    """Only what is surely an entity: "Fish&chips", "M&Ms" and "&notes" stay."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def without_tags(text: str) -> str:
    if not _OPENING.search(text):
        return text
    reader = _Text()
    # Entities are decoded on their own terms, so the parser must hand every ampersand back as it came.
    reader.feed(text.replace("&", "&amp;"))
    reader.close()
    return "".join(reader.parts)


class _Text(HTMLParser):
    """The text between tags, without what is inside elements that browsers do not show as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and tag == self._unseen[-1]:
            self._unseen.pop()
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")


def without_controls(text: str, column: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    broken = _NOT_UTF8.search(text)
    if broken:
        raise Faulty(column, f"is not UTF-8 (byte 0x{ord(broken[0]) & 0xFF:02X}); save the file as UTF-8")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _SPACES.sub(" ", text)))


def _not_longer(text: str, column: str, longest: int) -> str:
    if len(text) > longest:
        raise Faulty(column, f"is {len(text):,} characters long; at most {longest:,} fit")
    return text


def code(cell: str, column: str) -> str:
    """A GTIN as 14 digits. Shop systems put an apostrophe in front so that spreadsheets leave the digits alone."""
    text = cell.strip().removeprefix("'")
    if _DAMAGED.fullmatch(text) or re.fullmatch(r"[0-9]+[.,]0+", text):
        raise Faulty(column, f"{text[:40]} was turned into a number by a spreadsheet and has lost digits; format the column as text and export again")
    try:
        return gtin.normalise(text)
    except gtin.GtinWrongLength as error:
        zeros = _lost_zeros(text)
        raise Faulty(column, error.message + zeros, suggestion=zeros.rstrip(".").rpartition(" ")[2]) from error
    except gtin.GtinWrongCheckDigit as error:
        raise Faulty(column, error.message, suggestion=f"{text[:-1]}{gtin.check_digit(text[:-1])}") from error
    except gtin.BadGtin as error:
        raise Faulty(column, without_controls(error.message, column), suggestion=_digits(text)) from error


def _lost_zeros(text: str) -> str:
    longer = next((size for size in gtin.LENGTHS if size > len(text)), 0)
    if not longer or gtin.check_digit(text[:-1]) != int(text[-1]):
        return ""
    return f" With the zeros a spreadsheet may have dropped it would be {text.zfill(longer)}."


def amount(cell: str, column: str, currency: str) -> int | None:
    """Minor units from decimal text, exactly; None for an empty cell."""
    text = cell.strip()
    if not text:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Faulty(
            column, f"“{text[:40]}” is not an amount such as 12.30 (digits, a point, no sign or symbol)", suggestion=likely_amount(text, currency)
        )
    decimals = money.exponent(currency)
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        raise Faulty(column, f"{text[:40]} has more than the {decimals} decimals of {currency}")
    minor = int(match[1] + fraction.ljust(decimals, "0"))
    if minor > HIGHEST:
        raise Faulty(column, f"{text[:40]} is higher than any price may be")
    return minor


_LOOKALIKES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", ",": ".", "€": "", "$": "", "£": "", " ": ""})


def likely_amount(text: str, currency: str) -> str:
    """What a mistyped amount probably says: 2,4O is 2.40; empty when that is no amount either."""
    plain = text.strip().translate(_LOOKALIKES)
    if plain == text.strip():
        return ""
    try:
        return plain if amount(plain, "", currency) is not None else ""
    except Faulty:
        return ""


def _digits(text: str) -> str:
    """The digits of a code typed with spaces, hyphens or letters that look like digits, when they are a right code."""
    plain = "".join(letter for letter in text.translate(_LOOKALIKES) if letter.isdigit() and letter.isascii())
    try:
        return plain if gtin.normalise(plain) else ""
    except gtin.BadGtin:
        return ""


def folded(text: str) -> str:
    """Without accents and case, for comparing names."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))


def address(cell: str, column: str) -> str:
    text = cell.strip()
    if text and not (re.fullmatch(r"https?://[^\s/<>\"']+[^\s<>\"]*", text) and len(text) <= 500 and text.isprintable()):
        raise Faulty(column, f"“{without_controls(text[:40], column)}” is not a web address of at most 500 characters")
    return text
