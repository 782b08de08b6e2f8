"""One function, written as Python, that makes the JSON of products of their lines (catalog.lines): pieces of text put together.

Only for selections that ask for nothing else; any other has documents. As in commerce.straight, names of an operation are
bound as values and never part of the text.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from catalog.lines import LAYOUT, SEPARATORS, Layout, Line
from commerce.straight import Field, Value, Writing

# From lines and the run to their JSON, one after another.
Write = Callable[[Sequence[Line], Any], str]


class Beyond(Exception):
    """More is asked for than stands in a line, or the line is of another layout."""


def written(layout: Layout, fields: Sequence[Field]) -> Write | None:
    """None when a line does not say all of it."""
    try:
        return Lines().of(layout, fields)
    except Beyond:
        return None


def text(value: Any) -> str:
    return orjson.dumps(value).decode()


class Lines(Writing):
    def of(self, layout: Layout, fields: Sequence[Field]) -> Write:
        self.bound["Beyond"] = Beyond
        self.line(1, "made = []")
        self.line(1, "for line in s0:")
        self.line(2, f"t0 = line.text.split({self.bind(SEPARATORS[0])})")
        self.line(2, f"if t0[0] != {self.bind(LAYOUT)}:")
        self.line(3, "raise Beyond")
        self.line(2, f"made.append({self.row(layout, fields, 't0', 1, level=2, depth=0)})")
        self.line(1, "return ','.join(made)")
        return self.compiled()

    def row(self, layout: Layout, fields: Sequence[Field], tokens: str, first: int, *, level: int, depth: int) -> str:
        """An expression for the JSON of a row whose parts stand in the list `tokens` from `first` on."""
        if not fields:
            raise Beyond
        known = {part.name: (part, f"{tokens}[{number}]") for number, part in enumerate(layout.parts, first)}
        lists = {name: (below, f"{tokens}[{number}]") for number, (name, below) in enumerate(layout.lists, first + len(layout.parts))}
        made = []
        for number, field in enumerate(fields):
            key = self.bind(f"{',' if number else '{'}{text(field.key)}:")
            made.append(f"{{{key}}}{{{self.said(field, known, lists, level, depth)}}}")
        return f"f'{''.join(made)}}}}}'"

    def said(self, field: Field, known: dict[str, Any], lists: dict[str, Any], level: int, depth: int) -> str:
        value = field.value
        if field.typename is not None:
            return self.bind(text(field.typename))
        if value is None:
            raise Beyond
        if field.part in known:
            return self.part(known[field.part], value)
        if field.part in lists:
            return self.rows(lists[field.part], value, level, depth)
        return self.told(field, known, level)

    def part(self, known: Any, value: Value) -> str:
        part, token = known
        own = list if value.item and value.item.own is str else value.own
        if own is not part.kind or (part.null and not value.null):
            raise Beyond
        return str(token)

    def rows(self, found: Any, value: Value, level: int, depth: int) -> str:
        layout, token = found
        if value.item is None or value.item.fields is None:
            raise Beyond
        made, one, tokens = self.name("a"), self.name("r"), self.name("t")
        self.line(level, f"{made} = []")
        self.line(level, f"if {token}:")
        self.line(level + 1, f"for {one} in {token}.split({self.bind(SEPARATORS[2 * depth + 1])}):")
        self.line(level + 2, f"{tokens} = {one}.split({self.bind(SEPARATORS[2 * depth + 2])})")
        row = self.row(layout, value.item.fields, tokens, 0, level=level + 2, depth=depth + 1)
        self.line(level + 2, f"{made}.append({row})")
        joined = self.name("j")
        self.line(level, f"{joined} = '[' + ','.join({made}) + ']'")
        return joined

    def told(self, field: Field, known: dict[str, Any], level: int) -> str:
        """Rows that an app above has by the id: one template for each kind of row, and in it the one value that moves."""
        resolve: Any = field.resolve
        item = field.value.item if field.value else None
        if not hasattr(resolve, "rows") or item is None or item.fields is None:
            raise Beyond
        templates, scope, rows = self.bind(Templates(item.fields, resolve.moving)), self.bind(resolve.allowed), self.bind(resolve.rows)
        passed, kinds, found, made = self.name("p"), self.name("k"), self.name("f"), self.name("a")
        self.first.append(f"    {passed} = False")
        self.line(level, f"if not {passed}:")
        self.line(level + 1, f"info.context.require({scope})")
        self.line(level + 1, f"{kinds}, {found} = {rows}(info)")
        self.line(level + 1, f"{kinds} = {templates}.of({kinds})")
        self.line(level + 1, f"{passed} = True")
        self.line(level, f"{made} = []")
        self.line(level, f"for kind, moving in {found}[{known['id'][1]}[1:-1]]:")
        self.line(level + 1, f"{made}.append({kinds}[kind] % moving)")
        joined = self.name("j")
        self.line(level, f"{joined} = '[' + ','.join({made}) + ']'")
        return joined


class Templates:
    """The JSON of a row with a gap for the value that moves."""

    def __init__(self, fields: Sequence[Field], moving: str) -> None:
        self.fields, self.moving = fields, moving
        gaps = [field for field in fields if field.part == moving]
        if len(gaps) > 1 or not all(self.known(field) for field in fields):
            raise Beyond
        # Where nobody asks for the value it is taken and not shown.
        self.end = "}" if gaps else "%.0s}"

    def known(self, field: Field) -> bool:
        if field.value is None or field.part is None:
            return field.typename is not None
        return field.value.own is (int if field.part == self.moving else str)

    def of(self, kinds: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        return {name: self.template(kind) for name, kind in kinds.items()}

    def template(self, kind: Mapping[str, str]) -> str:
        return "{" + ",".join(f"{text(field.key)}:{self.value(field, kind)}" for field in self.fields) + self.end

    def value(self, field: Field, kind: Mapping[str, str]) -> str:
        return "%s" if field.part == self.moving else text(field.typename or kind[field.part]).replace("%", "%%")
