"""Operations made up at random from the schema itself: what a strange program could ask, mostly right and sometimes wrong."""

from dataclasses import dataclass, field
from random import Random

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

ROOTS = (*("products",) * 4, *("product",) * 2, *("variant",) * 2, "categories", "collections", "collection", "orders")
DEEPEST = 5
# Not for every key, so not too often.
STOCK = ("availability", "promise")


@dataclass
class Operation:
    text: str
    variables: dict


@dataclass
class Maker:
    """`values`: for an argument's name what it may say; the last one of each is wrong."""

    schema: object
    values: dict
    seed: int
    random: Random = field(init=False)

    def __post_init__(self):
        self.random = Random(self.seed)  # noqa: S311
        self.variables, self.given, self.fragments, self.aliases = {}, {}, {}, 0

    def chance(self, share):
        return self.random.random() < share

    def operation(self):
        root = self.schema.query_type
        roots = self.random.sample(ROOTS, 1 if self.chance(0.7) else 2)
        if "orders" in roots and not self.chance(0.1):
            roots = ["products"]
        body = " ".join(self.field(root, name, alias=f"r{place}", path=()) for place, name in enumerate(roots))
        if self.chance(0.1):
            body += " __typename"
        declared = ", ".join(f"${name}: {type}" for name, type in self.variables.items())
        head = f"query Q({declared})" if declared else "query Q"
        return Operation(f"{head} {{ {body} }} {' '.join(self.fragments.values())}", self.given)

    def field(self, parent, name, *, path, alias=None):
        definition = parent.fields[name]
        arguments = self.arguments(name, definition)
        if alias is None and (arguments or self.chance(0.1)) and self.aliases < 10:
            self.aliases += 1
            alias = f"a{self.aliases}"
        elif alias is None and arguments:
            arguments = ""
        type = get_named_type(definition.type)
        below = "" if is_leaf_type(type) else self.selection(type, (*path, name))
        return f"{alias + ': ' if alias else ''}{name}{arguments}{self.directive()}{below}"

    def selection(self, type, path):
        nested = len(path) < DEEPEST
        names = [
            name
            for name, definition in type.fields.items()
            if name not in path and (is_leaf_type(get_named_type(definition.type)) or nested) and (name not in STOCK or self.chance(0.15))
        ]
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, 5)))
        parts = [self.field(type, name, path=path) for name in chosen]
        if not parts or self.chance(0.08):
            parts.append("__typename")
        if self.chance(0.12):
            again = self.random.choice(names or ["__typename"])
            if not names or is_leaf_type(get_named_type(type.fields[again].type)):
                parts.append(again)
        if self.chance(0.15):
            cut = self.random.randint(0, len(parts))
            parts = [*parts[:cut], self.inline(type, parts[cut:])] if parts[cut:] else parts
        if self.chance(0.1):
            parts = [self.fragment(type, parts)]
        return " { " + " ".join(parts) + " }"

    def inline(self, type, parts):
        condition = f" on {type.name}" if self.chance(0.6) else ""
        return f"...{condition}{self.directive()} {{ {' '.join(parts)} }}"

    def fragment(self, type: GraphQLObjectType, parts):
        name = f"F{len(self.fragments)}"
        self.fragments[name] = f"fragment {name} on {type.name} {{ {' '.join(parts)} }}"
        return f"...{name}{self.directive()}" + (f" ...{name}" if self.chance(0.2) else "")

    def directive(self):
        if not self.chance(0.08):
            return ""
        # Whatever it takes away, something else must be left: @include of what is, @skip of what is not, mostly.
        name = self.random.choice(("skip", "include"))
        right = (name == "include") == self.chance(0.75)
        if self.chance(0.4):
            return f" @{name}(if: {str(right).lower()})"
        return f" @{name}(if: ${self.variable('Boolean!', right)})"

    def arguments(self, name, definition):
        given = []
        names = list(definition.args)
        if not names:
            return ""
        if name in ("product", "variant"):
            names = [self.random.choice(names)] if self.chance(0.96) else names[:2]
        for argument in names:
            type = definition.args[argument].type
            certain = name in ("product", "variant") or isinstance(type, GraphQLNonNull) or argument == "first"
            if certain or self.chance(0.15):
                given.append(f"{argument}: {self.argument(name, argument, type)}")
        return f"({', '.join(given)})" if given else ""

    def argument(self, field, argument, type):
        value = self.value(field, argument, type)
        if self.chance(0.4):
            declared = str(type)
            if not declared.endswith("!") and value is not None and self.chance(0.3):
                declared += "!"
            name = self.variable(declared, value)
            if self.chance(0.04):
                self.given[name] = self.random.choice((None, {"what": 1}, [1], 1.5, "x"))
            elif self.chance(0.04):
                del self.given[name]
            return f"${name}"
        return self.literal(value, type)

    def variable(self, type, value):
        name = f"v{len(self.variables)}"
        self.variables[name] = type
        self.given[name] = value
        return name

    def value(self, field, argument, type):
        if isinstance(type, GraphQLNonNull):
            return self.value(field, argument, type.of_type)
        if self.chance(0.01):
            return None
        if isinstance(type, GraphQLList):
            return [self.value(field, argument, type.of_type) or "x" for _ in range(self.random.randint(1, 2))]
        if isinstance(type, GraphQLInputObjectType):
            chosen = [name for name, inner in type.fields.items() if isinstance(inner.type, GraphQLNonNull) or self.chance(0.2)]
            return {name: self.value(field, name, type.fields[name].type) for name in chosen}
        if isinstance(type, GraphQLEnumType):
            return self.random.choice([name for name in type.values if name != "RELEVANCE" or self.chance(0.1)])
        known = self.values.get(f"{field}.{argument}") or self.values.get(argument) or ["x"]
        return self.random.choice(known[:-1] or known) if self.chance(0.97) else known[-1]

    def literal(self, value, type):
        if isinstance(type, GraphQLNonNull):
            return self.literal(value, type.of_type)
        if value is None:
            return "null"
        if isinstance(value, list):
            return "[" + ", ".join(self.literal(one, type.of_type) for one in value) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{name}: {self.literal(one, type.fields[name].type)}" for name, one in value.items()) + "}"
        if isinstance(type, GraphQLEnumType) or not isinstance(value, str):
            return str(value).lower() if isinstance(value, bool) else str(value)
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
