"""Small checks that put together say what a piece of JSON must look like; what is wrong is told with the path to it."""

import re
from collections.abc import Callable
from typing import Any

# (value, path) -> nothing, or Wrong
Check = Callable[[Any, str], None]


class Wrong(Exception):
    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def whole(low: int, high: int) -> Check:
    """A whole number; true and false are none."""

    def check(value: Any, path: str) -> None:
        if type(value) is not int or not low <= value <= high:
            raise Wrong(path, f"must be a whole number from {low} to {high}")

    return check


def text(most: int, pattern: str = "") -> Check:
    matching = re.compile(pattern, re.ASCII) if pattern else None

    def check(value: Any, path: str) -> None:
        if type(value) is not str or len(value) > most:
            raise Wrong(path, f"must be a text of at most {most} characters")
        if matching and not matching.fullmatch(value):
            raise Wrong(path, f"“{value}” has characters that cannot stand here")

    return check


def flag(value: Any, path: str) -> None:
    if type(value) is not bool:
        raise Wrong(path, "must be true or false")


def one_of(*values: str) -> Check:
    def check(value: Any, path: str) -> None:
        if type(value) is not str or value not in values:
            raise Wrong(path, f"must be one of {', '.join(value or 'nothing' for value in values)}")

    return check


def perhaps(inner: Check) -> Check:
    """The same, or null."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            inner(value, path)

    return check


def listed(inner: Check, most: int, *, least: int = 0) -> Check:
    def check(value: Any, path: str) -> None:
        if type(value) is not list or not least <= len(value) <= most:
            raise Wrong(path, f"must be a list of {least} to {most}")
        for index, one in enumerate(value):
            inner(one, f"{path}.{index}")

    return check


def keyed(key: Check, inner: Check, most: int) -> Check:
    def check(value: Any, path: str) -> None:
        if type(value) is not dict or len(value) > most:
            raise Wrong(path, f"must be an object of at most {most} keys")
        for name, one in value.items():
            key(name, path)
            inner(one, f"{path}.{name}")

    return check


def record(fields: dict[str, Check], *more: Check) -> Check:
    """Exactly these fields; `more` looks at how they go together."""

    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise Wrong(path, "must be an object")
        for name in fields:
            if name not in value:
                raise Wrong(_below(path, name), "is missing")
        for name in value:
            if name not in fields:
                raise Wrong(_below(path, str(name)[:60]), "is not known here")
            fields[name](value[name], _below(path, name))
        for one in more:
            one(value, path)

    return check


def by_kind(kinds: dict[str, Check], key: str = "kind") -> Check:
    """Which record it is, its `kind` says."""

    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise Wrong(path, "must be an object")
        one_of(*kinds)(value.get(key), _below(path, key))
        kinds[value[key]](value, path)

    return check


def unique(rows: list[Any], key: str, path: str) -> None:
    seen = set()
    for index, row in enumerate(rows):
        if row[key] in seen:
            raise Wrong(f"{path}.{index}.{key}", f"{row[key]} is there twice")
        seen.add(row[key])


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
