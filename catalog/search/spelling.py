"""Words that a mistyped one may have been meant as. Pure."""

from collections.abc import Iterable

SHORTEST = 4
# From so many letters on two slips are forgiven, below only one.
LONG = 8
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def near(word: str) -> list[str]:
    """All that one slip away: a letter too many, missing, wrong, or two of them swapped. About 55 for each letter of the word."""
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    fewer = [left + right[1:] for left, right in halves if right]
    swapped = [left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1]
    other = [left + letter + right[1:] for left, right in halves if right for letter in _LETTERS]
    more = [left + letter + right for left, right in halves for letter in _LETTERS]
    return list(dict.fromkeys(fewer + swapped + other + more))


def correctable(word: str) -> bool:
    """Digits are never guessed at."""
    return len(word) >= SHORTEST and word.isalpha()


def slips(one: str, other: str, most: int) -> int:
    """How many slips lead from one to the other (Damerau and Levenshtein, optimal string alignment); most + 1 for more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        older, before, row = before, row, [place] + [0] * len(other)
        for there, its in enumerate(other, 1):
            row[there] = min(before[there] + 1, row[there - 1] + 1, before[there - 1] + (letter != its))
            if place > 1 and there > 1 and letter == other[there - 2] and one[place - 2] == its:
                row[there] = min(row[there], older[there - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]


def best(word: str, candidates: Iterable[tuple[str, int]], *, most: int) -> list[str]:
    """The likeliest first: few slips, the same beginning, then the commoner word. Candidates come with their count."""
    allowed = 1 if len(word) < LONG else 2
    rated = [(slips(word, other, allowed), other[0] != word[0], -count, other) for other, count in candidates if other != word]
    return [other for away, _, _, other in sorted(rated) if away <= allowed][:most]
