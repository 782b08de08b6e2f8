"""Text cut into words, the same way when products are indexed and when somebody asks. Pure.

Case and accents go; what can be written in several ways becomes alternatives: "Käse" is kase or kaese, "Coca-Cola" is
coca with cola, or cocacola, "l'eau" is eau or leau. "500 g", "500g" and "500 gr" are one word, and so is each emoji.
Chinese, Japanese and Korean, which put no space between words, are cut into pairs of characters.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

LONGEST_TEXT = 100
MOST_WORDS = 12
LONGEST_WORD = 60

# A word as it can be written: each alternative is one word, or several that must all be there.
Word = tuple[tuple[str, ...], ...]

_UNITS = {
    **{unit: unit for unit in ["kg", "g", "mg", "l", "ml", "cl", "dl", "cm", "mm", "m", "km", "oz", "lb", "w", "kw", "v", "wh", "kwh", "mah"]},
    **dict.fromkeys(("gr", "gram", "grams", "gramm", "gramme", "grammes"), "g"),
    **dict.fromkeys(("ltr", "liter", "litre", "liters", "litres"), "l"),
}
_LETTERS = str.maketrans({"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘´`′", "'") | dict.fromkeys("‐‑–—−", "-"))
# Signs that stand beside words and say nothing of what somebody looks for.
_MARKS = str.maketrans(dict.fromkeys("™®©℠°\ufe0e\ufe0f\u200d\u200c\u200b\u00ad", ""))
# Accents of Latin, Greek and Cyrillic letters; vowel signs of other scripts are part of their words.
_ACCENTS = re.compile("[\u0300-\u036f]")

_PAIRED = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_SIGNS = "\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e\u0f00-\u0fff\u1000-\u109f\u1780-\u17d3"
_LETTER = rf"(?:(?![{_PAIRED}_])[\w{_SIGNS}])"
_SIGN = "\U0001f1e6-\U0001f1ff\u2190-\u2bff\U0001f000-\U0001faff"
_PIECE = re.compile(
    rf"(?P<amount>\d+(?:[.,]\d+)?)(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})?(?!{_LETTER})(?!['-]{_LETTER})"
    rf"|(?P<word>{_LETTER}+(?:['-]+{_LETTER}+)*)"
    rf"|(?P<paired>[{_PAIRED}]+)"
    r"|(?P<flag>[\U0001f1e6-\U0001f1ff]{2})"
    rf"|(?P<emoji>(?![\U0001f3fb-\U0001f3ff])[{_SIGN}])"
)
_DIGITS = frozenset("0123456789")
_TIMES = re.compile(r"(?<=\d)[x×](?=\d)")
_NOT_A_CODE = re.compile(r"[^\w./+-]")


def asked(text: str) -> list[Word]:
    """What somebody typed, as words that must all be found."""
    return list(_words(text[:LONGEST_TEXT], ending=False))[:MOST_WORDS]


def indexed(text: str) -> list[str]:
    """Every word under which this text is to be found, in order; some stand there twice."""
    found: list[str] = []
    for word in _words(text, ending=True):
        for alternative in word:
            found += alternative
    return found


def first(text: str) -> tuple[str, ...]:
    """The words with which this text begins, in each way of writing."""
    return tuple(dict.fromkeys(alternative[0] for alternative in next(_words(text, ending=True), ())))


def normalised(text: str) -> str:
    """What is the same for search: pins and misses are kept under it."""
    return " ".join(part for word in asked(text) for part in word[0])[:LONGEST_TEXT]


def code(text: str) -> str:
    """As a SKU or the digits on a pack, without case and space around; empty when it cannot be one."""
    plain = text.strip()[:LONGEST_TEXT].casefold()
    return "" if not plain or _NOT_A_CODE.search(plain) else plain


def folded(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.translate(_MARKS).casefold().translate(_LETTERS).translate(_APOSTROPHES))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", plain)).translate(_APOSTROPHES)


def _words(text: str, *, ending: bool) -> Iterator[Word]:
    """`ending`: the last character of a run that is cut into pairs also alone, so that it is found by itself."""
    amount = ""
    for chunk in text.split():
        for word in _pieces(chunk, ending):
            plain = word[0][0]
            if amount:
                unit = _UNITS.get(plain, "")
                yield ((amount + unit,),)
                amount = ""
                if unit:
                    continue
            if plain[0] in _DIGITS and plain.replace(".", "").isdecimal():
                amount = plain
            else:
                yield word
    if amount:
        yield ((amount,),)


@lru_cache(maxsize=200_000)
def _pieces(chunk: str, ending: bool) -> tuple[Word, ...]:
    if chunk.isascii():
        return tuple(_cut(_TIMES.sub(" ", chunk.casefold().replace("`", "'")), ending))
    whole = unicodedata.normalize("NFC", chunk).casefold()
    plain = tuple(_cut(_TIMES.sub(" ", folded(whole)), ending))
    german = whole.translate(_UMLAUTS)
    if german == whole:
        return plain
    other = tuple(_cut(_TIMES.sub(" ", folded(german)), ending))
    # Both ways of writing are cut at the same places.
    return tuple(tuple(dict.fromkeys(one + two)) for one, two in zip(plain, other, strict=False))


def _cut(text: str, ending: bool) -> Iterator[Word]:
    for found in _PIECE.finditer(text):
        kind, piece = found.lastgroup, found.group()
        if kind == "paired":
            yield from _pairs(piece, ending)
        elif kind == "word":
            yield from _compound(piece)
        elif found["amount"]:
            yield ((_number(found["amount"]) + _UNITS.get(found["unit"] or "", ""),),)
        else:
            yield ((piece,),)


def _number(text: str) -> str:
    return text[:LONGEST_WORD].replace(",", ".")


def _pairs(run: str, ending: bool) -> Iterator[Word]:
    for start in range(len(run) - 1):
        yield ((run[start : start + 2],),)
    if ending or len(run) == 1:
        yield ((run[-1],),)


def _compound(piece: str) -> Iterator[Word]:
    parts = [part[:LONGEST_WORD] for part in re.split("['-]+", piece) if part]
    if len(parts) == 1:
        yield ((parts[0],),)
        return
    joined = "".join(parts)[:LONGEST_WORD]
    # The l of l'eau and the s of lay's say nothing alone.
    telling: Sequence[str] = [part for part in parts if len(part) > 1 or part.isdecimal()] if "'" in piece else parts
    yield (tuple(telling), (joined,)) if telling else ((joined,),)
