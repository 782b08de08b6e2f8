"""One function, written as Python, for an object and all below it: without calls for what only has to be picked.

It takes the straight way alone: documents that are dicts, lists that are lists, values that go into the answer as they are.
Whatever is not so goes to the functions of commerce.compiled, which know every case. The text is put together of this
file's own words: names, keys and types of an operation never stand in it, they are bound to it as values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

# Both take what is there and the run: a field's parent, or a value as it was resolved.
Read = Callable[[Any, Any], Any]
# So far it is indented at most; below that it calls the next. Python takes 20 loops in one another.
DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Value:
    """From what a resolver gave to what the answer says. `own`: the class whose values go into it unchanged; nothing has the
    class None. Of a list `item`, of an object `fields`. `null`: may be null.
    `write`: makes the JSON of lines of such objects (commerce.lines)."""

    read: Read
    own: type | None = None
    item: "Value | None" = None
    fields: "tuple[Field, ...] | None" = None
    null: bool = False
    write: Callable[[Sequence[Any], Any], str] | None = None

    def read_by(self, read: Read, *, null: bool = False) -> "Value":
        return replace(self, read=read, null=null)


@dataclass(frozen=True, slots=True)
class Field:
    """`read` knows every case. `part`: of a document, what it only takes; `resolve`: what gives its value without arguments;
    `typename`: what it always says."""

    key: str
    read: Read
    value: Value | None = None
    part: Any = None
    resolve: Callable[..., Any] | None = None
    typename: str | None = None


def written(fields: Sequence[Field], otherwise: Read) -> Read:
    """Written when it is first called: what stands inside another object never is."""
    made: Read | None = None

    def read(source: Any, run: Any) -> Any:
        nonlocal made
        if made is None:
            made = Writing().function(fields, otherwise)
        return made(source, run)

    return read


class Writing:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.first: list[str] = []
        self.bound: dict[str, Any] = {}
        self.numbers = 0

    def function(self, fields: Sequence[Field], otherwise: Read) -> Read:
        self.line(1, "if s0.__class__ is not dict:")
        self.line(2, f"return {self.bind(otherwise)}(s0, run)")
        made = self.object(fields, "s0", 1)
        self.line(1, f"return {made}")
        return self.compiled()

    def compiled(self) -> Any:
        text = "\n".join(["def read(s0, run):", "    info = run.info", *self.first, *self.lines])
        exec(compile(text, "<operation>", "exec"), self.bound)  # noqa: S102  # of this file's own words only
        return self.bound["read"]

    def line(self, level: int, text: str) -> None:
        self.lines.append("    " * level + text)

    def name(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}{self.numbers}"

    def bind(self, value: Any) -> str:
        name = self.name("n")
        self.bound[name] = value
        return name

    def object(self, fields: Sequence[Field], source: str, level: int) -> str:
        """What makes the object of `source`, a document; what has to stand before it is written."""
        get = self.name("g")
        self.line(level, f"{get} = {source}.get")
        return "{" + ", ".join(f"{self.bind(field.key)}: {self.field(field, source, get, level)}" for field in fields) + "}"

    def field(self, field: Field, source: str, get: str, level: int) -> str:
        value = field.value
        if value is None:
            return f"{self.bind(field.read)}({source}, run)"
        held = self.name("v")
        if field.part is not None:
            given, otherwise = f"{get}({self.bind(field.part)})", f"{self.bind(field.read)}({source}, run)"
        else:
            given, otherwise = self.resolved(field, source, level), f"{self.bind(value.read)}({held}, run)"
        if value.own is not None:
            return f"{held} if ({held} := {given}).__class__ is {value.own.__name__} else {otherwise}"
        self.line(level, f"{held} = {given}")
        return self.value(value, held, otherwise, level)

    def resolved(self, field: Field, source: str, level: int) -> str:
        """A rule is asked before the first value: who asks and what they may does not change while one request is answered."""
        scope, resolve = getattr(field.resolve, "allowed", None), field.resolve
        if scope is None:
            return f"{self.bind(resolve)}({source}, info)"
        passed = self.name("p")
        self.first.append(f"    {passed} = False")
        self.line(level, f"if not {passed}:")
        self.line(level + 1, f"info.context.require({self.bind(scope)})")
        self.line(level + 1, f"{passed} = True")
        return f"{self.bind(resolve.resolver)}({source}, info)"  # type: ignore[union-attr]

    def value(self, value: Value, held: str, otherwise: str, level: int) -> str:
        """What stands for a list or an object; the straight way or else `otherwise`."""
        if level > DEEPEST or (value.item is None and value.fields is None):
            return otherwise
        made = self.name("a")
        if value.fields is not None:
            self.line(level, f"if {held}.__class__ is dict:")
            inside = self.object(value.fields, held, level + 1)
            self.line(level + 1, f"{made} = {inside}")
        else:
            self.line(level, f"if {held}.__class__ is list:")
            self.listed(value.item, held, made, level + 1)
        self.line(level, "else:")
        self.line(level + 1, f"{made} = {otherwise}")
        return made

    def listed(self, item: Any, held: str, made: str, level: int) -> None:
        one, add = self.name("s"), self.name("d")
        self.line(level, f"{made} = []")
        self.line(level, f"{add} = {made}.append")
        self.line(level, f"for {one} in {held}:")
        slow = f"{self.bind(item.read)}({one}, run)"
        if item.own is not None:
            self.line(level + 1, f"{add}({one} if {one}.__class__ is {item.own.__name__} else {slow})")
        else:
            self.line(level + 1, f"{add}({self.value(item, one, slow, level + 1)})")
