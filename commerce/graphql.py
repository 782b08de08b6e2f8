"""The GraphQL door: POST of one JSON document, checked before it runs; refusals carry the same codes as REST."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import graphene
import orjson
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from graphene.types.utils import yank_fields_from_attrs
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from commerce import compiled, errors, query_limits
from commerce.rest import as_refused, key_principal, require_csrf
from kernel.errors import Invalid, NotSignedIn, Refused
from org.access import ANONYMOUS, Principal, principal_of_user
from org.doors import Asking

KEPT_DOCUMENTS = 128
KEPT_CHARACTERS = 8 * 1024


class UndeclaredField(Exception):
    """A field that reads without naming who may; the product does not start with one."""


def compose(*, queries: Sequence[type], extensions: Iterable[tuple[type, type]] = ()) -> graphene.Schema:
    """One schema of what the apps bring. A name used twice, or a field without a rule, is an error at start."""
    seen: dict[str, type] = {}
    for query in queries:
        for name in declared_fields(query):
            if name in seen:
                raise ValueError(f"Query.{name} is declared by {seen[name].__module__} and by {query.__module__}")
            seen[name] = query
    for extended, extension in extensions:
        extend(extended, extension)
    return graphene.Schema(query=type("Query", (*queries, graphene.ObjectType), {}))


def declared_fields(declaring: type) -> dict[str, Any]:
    fields: dict[str, Any] = yank_fields_from_attrs(vars(declaring), _as=graphene.Field)
    for name in fields:
        if not getattr(getattr(declaring, f"resolve_{name}", None), "allowed", None):
            raise UndeclaredField(f"{declaring.__module__}.{declaring.__name__}.{name} does not say who may read it: put @allowed on its resolver")
    return fields


def extend(extended: Any, extension: type) -> None:
    """An upper app's fields on a lower app's type."""
    for name, field in declared_fields(extension).items():
        if name in extended._meta.fields:
            raise ValueError(f"{extended.__name__}.{name} is already there; {extension.__module__} cannot add it")
        field.resolver = getattr(extension, f"resolve_{name}")
        extended._meta.fields[name] = field


class QueryInvalid(Refused):
    code = "query_invalid"
    status = 400
    title = "The query is not valid"


@method_decorator(csrf_exempt, name="dispatch")
class GraphQLDoor(View):
    """Exempt from the CSRF middleware because a key's request has no cookie to abuse; a session's is checked here."""

    schema: graphene.Schema | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            return self.post(request)
        if request.method == "GET":
            return self.page(request)
        return refuse_method()

    def page(self, request: HttpRequest) -> HttpResponseBase:
        """GraphiQL for staff. A person's browser is sent to sign in; anything else learns that this address takes POST."""
        if principal_of_user(request.user).kind == "staff":
            return render(request, "graphiql.html")
        if "text/html" in request.headers.get("Accept", ""):
            return redirect_to_login("/graphql/", settings.LOGIN_URL)
        return refuse_method()

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            principal = principal_of_request(request)
            query, variables, operation_name = asked(request)
        except Refused as refused:
            return errors.problem(refused)
        return respond(self.answer(query, variables, operation_name, principal))

    def answer(self, query: str, variables: dict[str, Any], operation_name: str | None, principal: Principal) -> ExecutionResult:
        schema = self.schema.graphql_schema  # type: ignore[union-attr]
        found = prepared(schema, query, operation_name, introspection=principal.kind == "staff")
        return found if isinstance(found, ExecutionResult) else run(found, variables, Asking(principal=principal, now=datetime.now(UTC)))


@dataclass
class Prepared:
    """An operation that was checked. Without a plan graphql-core executes it."""

    schema: Any
    document: DocumentNode
    operation: OperationDefinitionNode
    plan: compiled.Plan | None


def prepared(schema: Any, query: str, name: str | None, *, introspection: bool) -> Prepared | ExecutionResult:
    """What may run, or why not. Programs send the same few documents again and again, so those are kept."""
    if len(query) > KEPT_CHARACTERS:
        return prepare(schema, query, name, introspection, compile=False)
    return kept(schema, query, name, introspection)


def prepare(schema: Any, query: str, name: str | None, introspection: bool, compile: bool = True) -> Prepared | ExecutionResult:
    document, problems = check(schema, query, introspection)
    if document is None:
        return ExecutionResult(errors=problems)
    operation = get_operation_ast(document, name)
    if operation is None:
        return ExecutionResult(errors=[GraphQLError("Name one of the document's operations in operationName.")])
    return Prepared(schema, document, operation, compiled.plan(schema, document, operation) if compile else None)


kept = lru_cache(maxsize=KEPT_DOCUMENTS)(prepare)


def run(wanted: Prepared, variables: dict[str, Any], asking: Asking) -> ExecutionResult:
    try:
        query_limits.check_cost(wanted.schema, wanted.document, wanted.operation, variables)
        if wanted.plan is None:
            return executed(wanted, variables, asking)
        try:
            return ExecutionResult(data=wanted.plan.run(asking, variables))
        except compiled.Unproven:
            return executed(wanted, variables, asking.afresh())
    except Exception as error:  # whatever it is, a stranger is told no more than its code
        return ExecutionResult(errors=[GraphQLError("", original_error=error)])


def executed(wanted: Prepared, variables: dict[str, Any], asking: Asking) -> ExecutionResult:
    name = wanted.operation.name.value if wanted.operation.name else None
    result = execute(wanted.schema, wanted.document, context_value=asking, variable_values=variables, operation_name=name, is_awaitable=never)
    return cast(ExecutionResult, result)


def never(value: Any) -> bool:
    """Every resolver answers at once; asking each value whether it must be waited for costs more than the resolvers."""
    return False


def principal_of_request(request: HttpRequest) -> Principal:
    principal = key_principal(request.headers)
    if principal is None and settings.SESSION_COOKIE_NAME in request.COOKIES:
        principal = principal_of_user(request.user)
        if principal.kind == "staff":
            require_csrf(request)
    if (principal or ANONYMOUS) == ANONYMOUS:
        raise NotSignedIn("Send a staff session or an API key in the X-API-Key header.")
    return principal  # type: ignore[return-value]


def asked(request: HttpRequest) -> tuple[str, dict[str, Any], str | None]:
    """The query, its variables and the operation's name, from the body alone: an address is logged, a body is not."""
    if request.content_type != "application/json":
        raise errors.UnsupportedMediaType()
    if int(request.headers.get("Content-Length") or 0) > query_limits.BODY_BYTES or len(request.body) > query_limits.BODY_BYTES:
        raise errors.TooLarge(f"A query has at most {query_limits.BODY_BYTES} bytes.", limit=query_limits.BODY_BYTES)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise errors.Malformed("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise errors.Malformed("Send one JSON object; several in a list are not taken.")
    query, variables, name = body.get("query"), body.get("variables") or {}, body.get("operationName") or None
    if not isinstance(query, str) or not query.strip():
        raise Invalid("Send the query as text.", field="query")
    if not isinstance(variables, dict):
        raise Invalid("Send the variables as an object.", field="variables")
    if name is not None and not isinstance(name, str):
        raise Invalid("Send the operation's name as text.", field="operationName")
    return query, variables, name


def check(schema: Any, query: str, introspection: bool) -> tuple[DocumentNode | None, list[GraphQLError]]:
    try:
        document = parse(query, max_tokens=query_limits.TOKENS)
        query_limits.check_shape(document)
    except GraphQLSyntaxError as error:
        beyond = f"more that {query_limits.TOKENS} tokens" in error.message or f"more than {query_limits.TOKENS} tokens" in error.message
        return None, [refused_document(query_limits.refuse("tokens", query_limits.TOKENS)) if beyond else error]
    except Refused as refused:
        return None, [refused_document(refused)]
    except RecursionError:
        return None, [refused_document(query_limits.refuse("levels", query_limits.DEPTH))]
    rules = specified_rules if introspection else [*specified_rules, NoSchemaIntrospectionCustomRule]
    problems = validate(schema, document, rules, max_errors=5)
    return (None, problems) if problems else (document, [])


def refused_document(refused: Refused) -> GraphQLError:
    return GraphQLError(refused.message, original_error=refused)


def respond(result: ExecutionResult) -> HttpResponse:
    body: dict[str, Any] = {}
    status = 200
    if result.errors:
        body["errors"] = [told(error) for error in result.errors]
        # Without a path the operation never ran.
        status = 200 if any(error.path for error in result.errors) else 400
    if status == 200:
        body["data"] = result.data
    return HttpResponse(orjson.dumps(body), content_type="application/json", status=status)


def told(error: GraphQLError) -> dict[str, Any]:
    """What the caller learns of an error: the rules' own words, the library's without its suggestions, of a fault nothing."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    refused: Refused = as_refused(cause) if isinstance(cause, Exception) else QueryInvalid(error.message.split(" Did you mean")[0])
    entry: dict[str, Any] = {"message": refused.message}
    if error.locations:
        entry["locations"] = [location.formatted for location in error.locations]
    if error.path:
        entry["path"] = error.path
    extensions = {name: value if isinstance(value, str | int | bool) else str(value) for name, value in refused.details.items()}
    entry["extensions"] = {**extensions, "code": refused.code, **({"field": refused.field} if refused.field else {})}
    return entry


def refuse_method() -> HttpResponse:
    response = errors.problem(errors.MethodNotAllowed("Send the query in a POST of application/json."))
    response["Allow"] = "POST"
    return response
