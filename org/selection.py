"""What a GraphQL operation selects below a field, so that a reader fetches it at once and nothing else."""

from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, GraphQLIncludeDirective, GraphQLResolveInfo, GraphQLSkipDirective, InlineFragmentNode
from graphql.execution.values import get_directive_values


def selects(info: GraphQLResolveInfo, *path: str) -> bool:
    """Whether the operation asks for this path of field names below the field being resolved."""
    nodes = list(info.field_nodes)
    for name in path:
        nodes = [child for node in nodes for child in fields_of(info, node) if child.name.value == name]
        if not nodes:
            return False
    return True


def fields_of(info: GraphQLResolveInfo, node: Any) -> Iterator[FieldNode]:
    """The fields selected in a node, through fragments, without those @skip and @include take away."""
    for selection in node.selection_set.selections if node.selection_set else ():
        if left_out(info, selection):
            continue
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, FragmentSpreadNode):
            yield from fields_of(info, info.fragments[selection.name.value])
        elif isinstance(selection, InlineFragmentNode):
            yield from fields_of(info, selection)


def left_out(info: GraphQLResolveInfo, selection: Any) -> bool:
    if not selection.directives:
        return False
    skip = get_directive_values(GraphQLSkipDirective, selection, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, selection, info.variable_values)
    return bool(skip and skip["if"]) or bool(include and not include["if"])
