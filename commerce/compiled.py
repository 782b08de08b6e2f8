"""GraphQL reads without graphql-core's executor: an operation becomes nested functions once, and then only runs.

The functions call the schema's own resolvers and turn what they give straight into the answer. What they cannot prove to be
right raises Unproven: a refusal, a null where none may be, a value of an unexpected kind. graphql-core then executes
the same request from the start, and its answer is the one that is sent; tests hold both to the same answers.

Objects made of documents are most of an answer: commerce.straight writes one function for them and all below them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

import graphene
import orjson
from graphene.types.resolver import dict_or_attr_resolver
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    Node,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableNode,
    Visitor,
    is_leaf_type,
    visit,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.execution.values import get_argument_values, get_variable_values

from catalog.lines import Line
from commerce import lines, straight
from commerce.answers import forget_answers
from commerce.query_limits import fragments_of
from commerce.straight import Field, Read, Value
from org.doors import Asking

__all__ = ["Plan", "Ready", "Unproven", "forget_answers", "plan"]
KEPT_SHAPES = 16


class Unproven(Exception):
    """graphql-core has to answer this one."""


class Info:
    """What a resolver is told besides its source and arguments: who asks. Whoever wants to know more is not compiled."""

    __slots__ = ("context",)

    def __init__(self, context: Asking) -> None:
        self.context = context


class Run:
    """One request on its way through the functions."""

    __slots__ = ("arguments", "info", "variables")

    def __init__(self, info: Info, variables: dict[str, Any]) -> None:
        self.info = info
        self.variables = variables
        # Of each field whose arguments hold variables: read once a request, however many rows ask.
        self.arguments: dict[int, dict[str, Any]] = {}


class Plan:
    """A checked operation, ready to run. One shape for each way in which @skip and @include can fall."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = fragments_of(document)
        self.switches = switches(document)
        self.shapes: dict[tuple[Any, ...], Shape] = {}
        self.shape(dict.fromkeys(self.switches, True))
        self.bare: Ready | None = None

    def shape(self, variables: Mapping[str, Any]) -> "Shape":
        key = tuple(variables.get(name) for name in self.switches)
        found = self.shapes.get(key)
        if found is None:
            if len(self.shapes) >= KEPT_SHAPES:
                self.shapes.clear()
            found = self.shapes[key] = Shape(self.schema, self.fragments, self.operation, dict(zip(self.switches, key, strict=True)))
        return found

    def coerced(self, variables: dict[str, Any]) -> dict[str, Any]:
        if not self.operation.variable_definitions:
            return {}
        values = get_variable_values(self.schema, self.operation.variable_definitions, variables)
        if isinstance(values, list):
            raise Unproven
        return values

    def ready(self, variables: dict[str, Any]) -> "Ready":
        """The same each time when nothing is given."""
        if not variables and self.bare:
            return self.bare
        try:
            values = self.coerced(variables)
            made = Ready(self.shape(values), values)
        except Exception as error:
            raise Unproven from error
        self.bare = self.bare if variables else made
        return made


class Ready:
    """A plan with the variables of one request."""

    __slots__ = ("shape", "values")

    def __init__(self, shape: "Shape", values: dict[str, Any]) -> None:
        self.shape = shape
        self.values = values

    @property
    def shelved(self) -> bool:
        """Whether the answer changes only with the shelf's version."""
        return self.shape.shelved

    def run(self, asking: Asking) -> dict[str, Any]:
        asking.short = self.shape.short
        try:
            return self.shape.read(Run(Info(asking), self.values))
        except Exception as error:
            raise Unproven from error


def plan(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Plan | None:
    """None for what is not compiled: introspection, whatever is no query, and types that are found out only by looking."""
    try:
        return Plan(schema, document, operation) if operation.operation is OperationType.QUERY else None
    except Exception:
        return None


class Shape:
    """The functions of one operation with its @skip and @include decided."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        decided: dict[str, Any],
    ) -> None:
        self.schema, self.fragments, self.decided = schema, fragments, decided
        self.shelved = self.short = True
        root = cast(GraphQLObjectType, schema.query_type)
        # The root has no source: its fields are asked with what graphql-core would give them, nothing.
        self.fields = self.selected(root, collect_fields(schema, fragments, decided, root, operation.selection_set))

    def read(self, run: Run) -> dict[str, Any]:
        return {field.key: field.read(None, run) for field in self.fields}

    def selected(self, type: GraphQLObjectType, nodes: Mapping[str, Sequence[FieldNode]]) -> tuple[Field, ...]:
        return tuple(self.field(key, type, list(those)) for key, those in nodes.items())

    def object(self, type: GraphQLObjectType, nodes: Mapping[str, Sequence[FieldNode]]) -> Value:
        if type.is_type_of is not None:
            raise Unproven
        fields = self.selected(type, nodes)
        write = self.of_lines(type, fields)

        def read(source: Any, run: Run) -> Any:
            if source.__class__ is Line and write:
                return orjson.Fragment(write((source,), run))
            # An error may come as a value, too.
            if source is None or source is Undefined or isinstance(source, Exception):
                raise Unproven
            return {field.key: field.read(source, run) for field in fields}

        return Value(straight.written(fields, read), fields=fields, write=write)

    def of_lines(self, type: GraphQLObjectType, fields: Sequence[Field]) -> lines.Write | None:
        """For a type whose objects may come as lines; where those do not suffice, the whole operation asks for documents."""
        layout = getattr(getattr(type, "graphene_type", None), "line", None)
        write = lines.written(layout, fields) if layout else None
        self.short = self.short and (layout is None or write is not None)
        return write

    def field(self, key: str, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Field:
        name = nodes[0].name.value
        if name == "__typename":
            return Field(key, lambda source, run: parent.name, typename=parent.name)
        if name.startswith("__"):
            raise Unproven
        field = parent.fields[name]
        rule = getattr(field.resolve, "allowed", None)
        if rule and not field.resolve.shelved:  # type: ignore[union-attr]
            self.shelved = False
        value = self.completed(field.type, nodes)
        if isinstance(field.resolve, partial) and field.resolve.func is dict_or_attr_resolver:
            return Field(key, plain(field, value.read), value, part=field.resolve.args[0])
        if field.resolve is None:
            raise Unproven
        return self.resolved(key, field, nodes[0], value)

    def resolved(self, key: str, field: GraphQLField, node: FieldNode, value: Value) -> Field:
        resolve, complete = cast("Callable[..., Any]", field.resolve), value.read
        if has_variables(node.arguments):
            return Field(key, varying(resolve, field, node, complete))
        given = get_argument_values(field, node, {})
        if given:
            return Field(key, lambda source, run: complete(resolve(source, run.info, **given), run))

        def read(source: Any, run: Run) -> Any:
            return complete(resolve(source, run.info), run)

        part = getattr(resolve, "part", None)
        return Field(key, read, value, part=part) if part else Field(key, read, value, resolve=resolve)

    def completed(self, type: Any, nodes: list[FieldNode]) -> Value:
        """From what a resolver gave to what the answer says."""
        if isinstance(type, GraphQLNonNull):
            # What makes objects and lists takes no null by itself.
            value = self.present(type.of_type, nodes)
            return value.read_by(never_null(value.read)) if is_leaf_type(type.of_type) else value
        value = self.present(type, nodes)
        present = value.read
        return value.read_by(lambda value, run: None if value is None or value is Undefined else present(value, run), null=True)

    def present(self, type: Any, nodes: list[FieldNode]) -> Value:
        if isinstance(type, GraphQLList):
            item = self.completed(type.of_type, nodes)
            return Value(listed(item.read, item.own, item.write), item=item)
        if is_leaf_type(type):
            return Value(leaf(type), own=own_type(type))
        if isinstance(type, GraphQLObjectType):
            return self.object(type, collect_sub_fields(self.schema, self.fragments, self.decided, type, nodes))
        raise Unproven


def plain(field: GraphQLField, complete: Read) -> Read:
    """A field that only takes its own part of the source."""
    resolve = cast("partial[Any]", field.resolve)
    name, default = resolve.args
    return lambda source, run: complete(source.get(name, default) if source.__class__ is dict else resolve(source, run.info), run)


def varying(resolve: Callable[..., Any], field: GraphQLField, node: FieldNode, complete: Read) -> Read:
    mine = id(node)

    def read(source: Any, run: Run) -> Any:
        given = run.arguments.get(mine)
        if given is None:
            given = run.arguments[mine] = get_argument_values(field, node, run.variables)
        return complete(resolve(source, run.info, **given), run)

    return read


def never_null(present: Read) -> Read:
    def complete(value: Any, run: Run) -> Any:
        if value is None or value is Undefined:
            raise Unproven
        return present(value, run)

    return complete


def listed(item: Read, own: type | None, write: lines.Write | None = None) -> Read:
    def complete(value: Any, run: Run) -> Any:
        if value.__class__ is not list and value.__class__ is not tuple:
            raise Unproven
        if write and value and value[0].__class__ is Line:
            return orjson.Fragment(f"[{write(value, run)}]")
        return [one if one.__class__ is own else item(one, run) for one in value]

    return complete


def leaf(type: Any) -> Read:
    own, serialize = own_type(type), type.serialize

    def complete(value: Any, run: Run) -> Any:
        if value.__class__ is own:
            return value
        if isinstance(value, Exception):
            raise Unproven
        written = serialize(value)
        if written is None or written is Undefined:
            raise Unproven
        return written

    return complete


# Values of these go into the answer as they are.
AS_THEY_ARE: Mapping[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


def own_type(type: Any) -> type | None:
    """The Python type whose values this GraphQL type writes unchanged; nothing has the class None."""
    if isinstance(type, GraphQLNonNull):
        return own_type(type.of_type)
    if getattr(type, "graphene_type", None) is graphene.BigInt:
        return int
    return AS_THEY_ARE.get(type) if is_leaf_type(type) else None


class Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.append(node.name.value)


def has_variables(nodes: Sequence[Node]) -> bool:
    return any(variables_in(node) for node in nodes)


def variables_in(node: Node) -> list[str]:
    seen = Variables()
    visit(node, seen)
    return seen.names


def switches(document: DocumentNode) -> tuple[str, ...]:
    """The variables by which @skip and @include decide; any other directive is for graphql-core."""
    names: dict[str, None] = {}
    for directive in directives(document):
        if directive.name.value not in ("skip", "include"):
            raise Unproven
        names |= dict.fromkeys(variables_in(directive))
    return tuple(names)


def directives(document: DocumentNode) -> Iterator[Any]:
    class Directives(Visitor):
        found: list[Any] = []

        def enter_directive(self, node: Any, *_: Any) -> None:
            self.found.append(node)

    seen = Directives()
    seen.found = []
    visit(document, seen)
    yield from seen.found
