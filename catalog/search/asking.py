"""What was asked, and what can be known of it before the products are looked at: which words there are, what they are
spelled like and mean the same as, which code it could be, what is pinned to it."""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any
from uuid import UUID

from django.db import connection

from catalog import gtin
from catalog.documents import Sight
from catalog.search import spelling, words
from catalog.search.entries import quoted
from catalog.search.words import Word

SHORTEST_PREFIX = 3
SHORTEST_PART = 3
SHORTEST_SKU = 5
# Digits alone are part of every barcode: fewer than this many are only looked for in SKUs.
SHORTEST_GTIN_PART = 6
LONGEST_PHRASE = 3
CANDIDATES = 4
TRIES = 9


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`filters`: facet to values, any of them; all facets must hold. Prices in minor units. `sort`: name, price, -price, newest,
    relevance; empty is relevance with words and name without. `after`: a cursor of the same sort."""

    words: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    price_from: int | None = None
    price_to: int | None = None
    sort: str = ""
    first: int = 50
    after: str | None = None

    @property
    def order(self) -> str:
        return self.sort or ("relevance" if self.words.strip() else "name")


@dataclass(frozen=True)
class Known:
    """Of one word: in how many products it is, in how many longer words that begin with it are, its stems, whether it says
    little (the, und, de), and whether anything to be seen has it."""

    exact: int = 0
    longer: int = 0
    stems: tuple[str, ...] = ()
    little: bool = False
    alive: bool = True


@dataclass(frozen=True)
class Part:
    """A word as it was asked, beside the others."""

    word: Word
    last: bool
    # Other words that mean the same, each several that must all be there.
    same: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Question:
    """Texts of tsqueries: `query` all must match; `head` begins the name; `named`, `begun`, `exact` tell how well it matches;
    `code` is a whole code. `part` is a piece of a code, `first` the first word. `estimate`: how many products will match, roughly."""

    query: str = ""
    head: str = ""
    named: str = ""
    begun: str = ""
    exact: str = ""
    code: str = ""
    part: str = ""
    first: str = ""
    pins: tuple[UUID, ...] = ()
    estimate: int = 0
    corrected: str | None = None


_VISIBLE = "join catalog_card c on c.product_id = h.product_id and c.channel_id = %(channel)s"
# Whether anything to be seen matches. The hits are a table expression of their own, which is always read through the index: for one
# row alone the planner would rather read the table until it meets one, and the whole of it when there is none.
_ANY = """exists (with h as materialized (select e.product_id from catalog_searchentry e where e.document @@ ({query})::tsquery)
    select from h {visible})"""
_STEMS = "ts_lexize('english_stem', w.word) || ts_lexize('german_stem', w.word) || ts_lexize('french_stem', w.word)"
# The query of one word, longer ones that begin with it and its stems.
_WORD = """'''' || w.word || '''' || case when w.stretch then ':*' else '' end
    || coalesce((select string_agg(' | ''~' || stem || ''' | ''' || stem || '''', '') from unnest(w.stems) stem), '')"""
# One statement tells all. A rare word is only alive when something to be seen has it: others' words are nobody's business.
_LOOK = """
select (
    select json_agg(json_build_array(w.word, w.exact, w.longer, w.stems, w.little, case when w.exact + w.longer > 200 then true
        else {alive} end))
    from (
        select w.word, w.stretch, coalesce(k.products, 0) as exact, coalesce(longer.products, 0) as longer,
            array(select distinct unnest({stems})) as stems,
            ts_lexize('english_stem', w.word) = '{{}}' or ts_lexize('german_stem', w.word) = '{{}}'
                or ts_lexize('french_stem', w.word) = '{{}}' as little
        from unnest(%(words)s::text[], %(stretched)s::boolean[]) w(word, stretch)
        left join catalog_searchword k on k.word = w.word collate "C"
        left join lateral (select sum(x.products) as products from (select x.products from catalog_searchword x
            where x.word > w.word collate "C" and x.word < (w.word || chr(1114111)) collate "C" limit 300) x) longer on w.stretch
    ) w),
    (select array_agg(product_id order by position, id) from catalog_searchpin where words = %(phrase)s),
    (select json_agg(words) from catalog_synonym where words && %(phrases)s::varchar[]),
    (select reltuples from pg_class where oid = 'catalog_searchentry'::regclass)
"""
_NEAR = "select word, products from catalog_searchword where word = any(%(near)s) and products > 0"
_LIKE = """select word, products from catalog_searchword where word %% %(word)s and products > 0 and length(word) between %(low)s and %(high)s
    order by similarity(word, %(word)s) desc limit 40"""
_FIRST_FOUND = """select k.place from unnest(%(queries)s::text[]) with ordinality k(query, place)
    where {found} limit 1"""


def question(*, sight: Sight, text: str) -> Question | None:
    """None when it holds nothing that could be looked for."""
    asked, code = words.asked(text), _code(text)
    if scanned(code) or _is_sku(sight, code):
        return Question(code=_whole(code), estimate=1)
    if not asked:
        return Question(code=_whole(code), part=_part(code, certain=False)) if code else None
    known, pins, synonyms, total = _look(sight, asked)
    parts = _with_synonyms([Part(word, last=place == len(asked)) for place, word in enumerate(asked, 1)], synonyms)
    telling = [part for part in parts if not _little(part, known)] or parts
    dead = [part for part in telling if not part.same and not _alive(part.word, known)]
    corrected = None
    if dead:
        better = _corrected(sight, telling, dead, known)
        if better is not None:
            telling, corrected, counts = better
            known |= {word: Known(exact=count) for word, count in counts.items()}
    found = _question(telling, known, total)
    return replace(found, code=_whole(code), part=_part(code, certain=not dead), pins=pins, corrected=corrected)


def scanned(code: str) -> bool:
    """A whole GTIN by its check digit: nothing else has so many digits."""
    return len(code) in gtin.LENGTHS[1:] and code.isascii() and code.isdecimal() and gtin.check_digit(code[:-1]) == int(code[-1])


def _is_sku(sight: Sight, code: str) -> bool:
    """Somebody's SKU exactly as it is typed: then nothing else is meant."""
    if len(code) < SHORTEST_SKU or not any(letter.isdigit() for letter in code):
        return False
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_FOUND.format(found=_any("k.query", sight)), {"queries": [_whole(code)], **_bound(sight)})
        return cursor.fetchone() is not None


def _code(text: str) -> str:
    """Digits also as they are printed below a barcode: 4 006381 333931."""
    digits = "".join(text.split()).replace("-", "")
    if digits.isascii() and digits.isdecimal() and 8 <= len(digits) <= 14:
        return digits
    return words.code(text)


def _whole(code: str) -> str:
    if not code:
        return ""
    names = [code, code.zfill(14)] if code.isascii() and code.isdecimal() and 8 <= len(code) <= 14 else [code]
    return " | ".join(quoted("=" + name) for name in dict.fromkeys(names))


def _part(code: str, *, certain: bool) -> str:
    """What has a digit may be part of a code; letters only when they are nothing else."""
    if len(code) < SHORTEST_PART or (certain and not any(letter.isdigit() for letter in code)):
        return ""
    return code


def _look(sight: Sight, asked: Sequence[Word]) -> tuple[dict[str, Known], tuple[UUID, ...], list[list[str]], float]:
    last = len(asked) - 1
    singles = {one: len(one) >= SHORTEST_PREFIX or place == last for place, word in enumerate(asked) for several in word for one in several}
    plain = [" ".join(word[0]) for word in asked]
    phrases = [" ".join(plain[start : start + size]) for size in range(1, LONGEST_PHRASE + 1) for start in range(len(plain) - size + 1)]
    values: dict[str, Any] = {"words": list(singles), "stretched": list(singles.values()), "phrases": phrases}
    values["phrase"] = " ".join(plain)[: words.LONGEST_TEXT]
    with connection.cursor() as cursor:
        cursor.execute(_LOOK.format(stems=_STEMS, alive=_any(_WORD, sight)), values | _bound(sight))
        found, pins, synonyms, total = cursor.fetchone()
    known = {word: Known(exact, longer, tuple(stems), bool(little), alive) for word, exact, longer, stems, little, alive in found or ()}
    return known, tuple(pins or ()), synonyms or [], total


def _any(query: str, sight: Sight) -> str:
    return _ANY.format(query=query, visible=_VISIBLE if sight.channel else "")


def _bound(sight: Sight) -> dict[str, Any]:
    return {"channel": sight.channel} if sight.channel else {}


def _with_synonyms(parts: list[Part], synonyms: Sequence[Sequence[str]]) -> list[Part]:
    """A phrase that means the same as others becomes one part; the longest first."""
    done: list[Part] = []
    place = 0
    while place < len(parts):
        size, same = next(
            ((size, same) for size in range(LONGEST_PHRASE, 0, -1) if (same := _same(parts[place : place + size], size, synonyms))), (1, ())
        )
        span = parts[place : place + size]
        together = tuple(one for part in span for one in part.word[0])
        done.append(Part((together,) if size > 1 else span[0].word, span[-1].last, same))
        place += size
    return done


def _same(span: Sequence[Part], size: int, synonyms: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    if len(span) < size:
        return ()
    phrase = " ".join(one for part in span for one in part.word[0])
    others = [other for group in synonyms if phrase in group for other in group if other != phrase]
    return tuple(tuple(other.split()) for other in dict.fromkeys(others))


def _little(part: Part, known: Mapping[str, Known]) -> bool:
    return not part.same and all(known[one].little for several in part.word for one in several if one in known)


def _alive(word: Word, known: Mapping[str, Known]) -> bool:
    return any(all(known[one].alive for one in several) for several in word)


def _corrected(
    sight: Sight, parts: Sequence[Part], dead: Sequence[Part], known: Mapping[str, Known]
) -> tuple[list[Part], str, dict[str, int]] | None:
    """The likeliest spelling with which something to be seen is found, and in how many products its words are."""
    options, counts = [], dict[str, int]()
    for part in parts:
        mistyped = part in dead
        better = _candidates(part.word[0][0], counts) if mistyped and len(part.word[0]) == 1 else []
        if mistyped and not better:
            return None
        options.append([Part(((other,),), part.last) for other in better] if mistyped else [part])
    tries = list(islice(product(*options), TRIES))
    queries = [" & ".join(_clause(part, known, stretch=part not in dead) for part in one) for one in tries]
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_FOUND.format(found=_any("k.query", sight)), {"queries": queries} | _bound(sight))
        row = cursor.fetchone()
    if row is None:
        return None
    chosen = list(tries[row[0] - 1])
    spelt = [part.word[0][0] for part in chosen]
    return chosen, " ".join(one for part in chosen for one in part.word[0]), {word: counts[word] for word in spelt if word in counts}


def _candidates(word: str, counts: dict[str, int]) -> list[str]:
    if not spelling.correctable(word):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, {"near": spelling.near(word)})
        found = cursor.fetchall()
        if not found:
            cursor.execute(_LIKE, {"word": word, "low": len(word) - 2, "high": len(word) + 2})
            found = cursor.fetchall()
    counts |= found
    return spelling.best(word, found, most=CANDIDATES)


def _question(parts: Sequence[Part], known: Mapping[str, Known], total: float) -> Question:
    counts = [_count(part, known) for part in parts]
    estimate = float(min(counts))
    if len(counts) > 1 and total > 0:
        chance = total
        for count in counts:
            chance *= min(count / total, 1)
        # Few are put in order sooner than found by walking.
        estimate = min(estimate, chance)
    begins = parts[0]
    return Question(
        query=" & ".join(_clause(part, known) for part in parts),
        head=" | ".join(_head(several[0], known) for several in begins.word),
        named=" & ".join(_clause(part, known, stretch=False, weight="A") for part in parts),
        begun=" & ".join(_clause(part, known, weight="A") for part in parts),
        exact=" & ".join(_clause(part, known, stretch=False) for part in parts),
        first=begins.word[0][0],
        estimate=int(estimate),
    )


def _count(part: Part, known: Mapping[str, Known]) -> int:
    def single(one: str) -> int:
        seen = known.get(one, Known())
        return seen.exact + seen.longer

    return max(1, sum(min(single(one) for one in several) for several in part.word))


def _clause(part: Part, known: Mapping[str, Known], *, stretch: bool = True, weight: str = "") -> str:
    def single(one: str, last: bool) -> str:
        long = stretch and (len(one) >= SHORTEST_PREFIX or last)
        mark = ("*" if long else "") + weight
        plain = quoted(one) + (f":{mark}" if mark else "")
        stems = [quoted(lexeme) + (f":{weight}" if weight else "") for stem in known.get(one, Known()).stems for lexeme in ("~" + stem, stem)]
        return " | ".join([plain, *stems])

    def together(several: Sequence[str]) -> str:
        return " & ".join(f"({single(one, part.last and place == len(several))})" for place, one in enumerate(several, 1))

    return "(" + " | ".join(f"({together(several)})" for several in (*part.word, *part.same)) + ")"


def _head(one: str, known: Mapping[str, Known]) -> str:
    """The beginning of a name; of a word that nobody has as it is, also what it begins."""
    seen = known.get(one, Known())
    if not seen.exact:
        return quoted("^" + one) + ":*"
    return " | ".join([quoted("^" + one), *(quoted(mark + stem) for stem in seen.stems for mark in ("^", "^~"))])
