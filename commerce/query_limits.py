"""How much a GraphQL document may ask for. Counted before validation, because validating a hostile document is itself the attack."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
)

from kernel.errors import Refused

BODY_BYTES = 64 * 1024
TOKENS = 2000
DEPTH = 10
ALIASES = 15
FIELDS = 300
COST = 1000


class TooComplex(Refused):
    code = "query_too_complex"
    status = 400
    title = "The query asks for too much at once"


def refuse(what: str, limit: int) -> TooComplex:
    return TooComplex(f"The query goes beyond the limit of {limit} {what}. Ask in smaller parts.", limit=limit, counted=what)


@dataclass
class Measure:
    """One walk over an operation, its fragments spelled out. Introspection is counted but may be as deep as it needs."""

    fragments: Mapping[str, FragmentDefinitionNode]
    fields: int = 0
    aliases: int = 0
    path: list[str] = field(default_factory=list)
    spread: list[str] = field(default_factory=list)

    def walk(self, node: Any, introspection: bool = False) -> None:
        for selection in node.selection_set.selections if node.selection_set else ():
            self.fields += 1
            if self.fields > FIELDS:
                raise refuse("fields", FIELDS)
            if isinstance(selection, FieldNode):
                self.enter(selection, introspection or selection.name.value.startswith("__"))
            elif isinstance(selection, FragmentSpreadNode):
                self.follow(selection.name.value, introspection)
            else:
                self.walk(selection, introspection)

    def enter(self, node: FieldNode, introspection: bool) -> None:
        name = node.name.value
        self.aliases += node.alias is not None
        if self.aliases > ALIASES:
            raise refuse("aliases", ALIASES)
        if not introspection and node.selection_set and name in self.path:
            raise TooComplex(f"The field {name} is selected inside itself.", counted="nesting", limit=1)
        self.path.append(name)
        if not introspection and len(self.path) > DEPTH:
            raise refuse("levels", DEPTH)
        self.walk(node, introspection)
        self.path.pop()

    def follow(self, name: str, introspection: bool) -> None:
        # A fragment that is missing or spreads itself is for validation to tell.
        if name in self.fragments and name not in self.spread:
            self.spread.append(name)
            self.walk(self.fragments[name], introspection)
            self.spread.pop()


def check_shape(document: DocumentNode) -> None:
    fragments = fragments_of(document)
    for definition in document.definitions:
        # A fragment by itself is only counted: how deep it stands is seen where it is spread.
        Measure(fragments).walk(definition, introspection=isinstance(definition, FragmentDefinitionNode))
    operations = Counter(isinstance(definition, OperationDefinitionNode) for definition in document.definitions)
    if operations[True] > ALIASES:
        raise refuse("operations", ALIASES)


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {definition.name.value: definition for definition in document.definitions if isinstance(definition, FragmentDefinitionNode)}


def check_cost(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
    """Objects that could come back: each composite field is one, times the page sizes above it."""
    root = schema.get_root_type(operation.operation)
    cost = Cost(fragments_of(document), {**defaults_of(operation), **variables}).below(operation, root)
    if cost > COST:
        raise TooComplex(
            f"The query could return {cost} objects; the limit is {COST}. Ask for smaller pages.", limit=COST, cost=cost, counted="objects"
        )


def defaults_of(operation: OperationDefinitionNode) -> dict[str, int]:
    given = {variable.variable.name.value: variable.default_value for variable in operation.variable_definitions}
    return {name: int(node.value) for name, node in given.items() if isinstance(node, IntValueNode)}


@dataclass(frozen=True)
class Cost:
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def below(self, node: Any, parent: Any) -> int:
        total = 0
        for selection in node.selection_set.selections if node.selection_set else ():
            if isinstance(selection, FragmentSpreadNode):
                total += self.below(self.fragments[selection.name.value], parent)
            elif isinstance(selection, FieldNode):
                total += self.of(selection, parent)
            else:
                total += self.below(selection, parent)
        return total

    def of(self, node: FieldNode, parent: Any) -> int:
        # Leaves cost nothing, and neither does introspection: its answer is one size.
        if not node.selection_set or not isinstance(parent, GraphQLObjectType) or node.name.value not in parent.fields:
            return 0
        definition = parent.fields[node.name.value]
        inner = self.below(node, get_named_type(definition.type))
        wrapping = node.name.value in ("edges", "nodes", "pageInfo")
        return inner + (0 if wrapping else 1) if "first" not in definition.args else 1 + self.page(node, definition) * (1 + inner)

    def page(self, node: FieldNode, definition: Any) -> int:
        size: Any = definition.args["first"].default_value
        for argument in node.arguments:
            if argument.name.value == "first" and isinstance(argument.value, IntValueNode):
                size = int(argument.value.value)
            elif argument.name.value == "first" and isinstance(argument.value, VariableNode):
                size = self.variables.get(argument.value.name.value, size)
        # Anything else than a whole number is refused when the variable is read.
        return max(size, 0) if isinstance(size, int) else 0
