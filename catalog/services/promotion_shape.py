"""Whether the engine can work with a rule: every number whole and within its bounds, every kind one it knows.

What is wrong is said at its place: ("reward.steps.1.from", "Steps rise: …").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from kernel.money import MILLION

Json = Mapping[str, Any]
Problem = tuple[str, str]

MOST_MONEY: Final = 1_000_000_000_000
MOST_PIECES: Final = 9_999
MOST_ROWS: Final = 20
LEVELS: Final = ("line", "order", "delivery")
# What may be given at each step of the basket.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "line": ("percent", "amount", "fixed", "set", "buy_get", "bundle", "tiers", "gift"),
    "order": ("percent", "amount", "tiers"),
    "delivery": ("percent", "amount", "fixed"),
}
FLAGS: Final = ("first_order", "staff")
CODES: Final = ("channels", "stores", "store_groups", "groups", "segments")


def problem(rule: Json) -> Problem | None:
    """The first thing that is wrong with a completed rule."""
    return next(_problems(rule), None)


def _problems(rule: Json) -> Iterator[Problem]:
    if rule["level"] not in LEVELS:
        yield "level", "An offer is for lines, the whole basket, or delivery."
        return
    for name in FLAGS:
        if not isinstance(rule[name], bool):
            yield name, "This is yes or no."
    for name in CODES:
        if not _texts(rule[name]):
            yield name, "This is a list of codes."
    yield from _number(rule, "stack_limit", 1, MILLION, "A limit is above 0 and at most 100 percent.", optional=True)
    yield from _number(rule, "per_basket", 1, MOST_PIECES, "A limit per basket is from 1 to 9999.", optional=True)
    yield from _least(rule["minimum"], "minimum")
    for place, need in enumerate(rule["needs"]):
        yield from _least(need, f"needs.{place}")
    yield from _windows(rule["windows"])
    yield from _reward(rule["reward"], rule["level"])


def _windows(windows: Any) -> Iterator[Problem]:
    if isinstance(windows, str) or not isinstance(windows, Sequence) or len(windows) > MOST_ROWS:
        yield "windows", f"Weekly times are a list of at most {MOST_ROWS}."
        return
    for place, window in enumerate(windows):
        path = f"windows.{place}"
        if not isinstance(window, Mapping) or set(window) != {"days", "from", "until"}:
            yield path, "A weekly time has days, from and until."
            continue
        days = window["days"]
        if not isinstance(days, list) or not days or not all(_whole(day, 1, 7) for day in days) or len(set(days)) != len(days):
            yield f"{path}.days", "Choose the days, each once."
        for part in ("from", "until"):
            yield from _number(window, part, 0, 1439, "Times of the day are from 00:00 to 23:59.", path=path)


def _least(least: Json, path: str) -> Iterator[Problem]:
    yield from _number(least, "quantity", 1, MOST_PIECES, "Pieces are from 1 to 9999.", path=path, optional=True)
    yield from _number(least, "amount", 1, MOST_MONEY, "An amount is more than nothing.", path=path, optional=True)


def _reward(reward: Json, level: str) -> Iterator[Problem]:
    kind = reward.get("kind")
    if kind not in KINDS[level]:
        yield "reward.kind", "This cannot be given here."
        return
    yield from REWARDS[kind](reward)
    if level == "order" and any(step.get("kind") == "fixed" for step in reward.get("steps") or ()):
        yield "reward.steps", "A whole basket has no price of its own: give percent or an amount."


def _percent(reward: Json) -> Iterator[Problem]:
    yield from _number(reward, "value", 1, MILLION, "A discount is above 0 and at most 100 percent.", path="reward")


def _amount(reward: Json) -> Iterator[Problem]:
    yield from _number(reward, "value", 1, MOST_MONEY, "Write an amount above 0.", path="reward")


def _fixed(reward: Json) -> Iterator[Problem]:
    yield from _number(reward, "value", 0, MOST_MONEY, "Write a price of 0 or more.", path="reward")


def _set(reward: Json) -> Iterator[Problem]:
    yield from _number(reward, "size", 2, MOST_PIECES, "A set has at least two pieces.", path="reward")
    yield from _fixed(reward)


def _buy_get(reward: Json) -> Iterator[Problem]:
    yield from _number(reward, "buy", 1, MOST_PIECES, "At least one is bought.", path="reward")
    yield from _number(reward, "get", 1, MOST_PIECES, "At least one is got.", path="reward")
    yield from _number(reward, "percent", 1, MILLION, "A discount is above 0 and at most 100 percent.", path="reward")


def _bundle(reward: Json) -> Iterator[Problem]:
    slots = reward.get("slots")
    if not isinstance(slots, list) or not 2 <= len(slots) <= MOST_ROWS:
        yield "reward.slots", "A bundle has at least two parts."
        return
    for place, slot in enumerate(slots):
        yield from _number(slot, "quantity", 1, MOST_PIECES, "Of each part there is at least one piece.", path=f"reward.slots.{place}")
        if not isinstance(slot.get("name"), str):
            yield f"reward.slots.{place}.name", "A part's name is a text."
    if reward.get("as") not in ("price", "percent"):
        yield "reward.as", "A bundle has a price, or percent off."
        return
    yield from (_fixed if reward["as"] == "price" else _percent)(reward)


def _tiers(reward: Json) -> Iterator[Problem]:
    if reward.get("by") not in ("quantity", "amount"):
        yield "reward.by", "Steps go by pieces or by amount."
    steps = reward.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_ROWS or not all(isinstance(step, Mapping) for step in steps):
        yield "reward.steps", "Write at least one step."
        return
    last = 0
    for place, step in enumerate(steps):
        path = f"reward.steps.{place}"
        yield from _number(step, "from", last + 1, MOST_MONEY, "Steps rise, each beginning above the one before.", path=path)
        last = step["from"] if _whole(step.get("from"), 0, MOST_MONEY) else last
        most = MILLION if step.get("kind") == "percent" else MOST_MONEY
        if step.get("kind") not in ("percent", "amount", "fixed"):
            yield f"{path}.kind", "A step gives percent, an amount, or a price."
        yield from _number(step, "value", 0 if step.get("kind") == "fixed" else 1, most, "Write what this step gives.", path=path)


def _gift(reward: Json) -> Iterator[Problem]:
    yield from _number(reward, "quantity", 1, MOST_PIECES, "At least one piece is given.", path="reward")


REWARDS: Final[Mapping[str, Callable[[Json], Iterator[Problem]]]] = {
    "percent": _percent,
    "amount": _amount,
    "fixed": _fixed,
    "set": _set,
    "buy_get": _buy_get,
    "bundle": _bundle,
    "tiers": _tiers,
    "gift": _gift,
}


def _number(given: Json, name: str, least: int, most: int, words: str, *, path: str = "", optional: bool = False) -> Iterator[Problem]:
    value = given.get(name)
    if not (optional and value is None) and not _whole(value, least, most):
        yield f"{path}.{name}".lstrip("."), words


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one and "\0" not in one for one in value)
