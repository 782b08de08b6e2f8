"""The GraphQL door: POST of one JSON document, checked before it runs; refusals carry the same codes as REST."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import graphene
import orjson
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
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
    OperationType,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from catalog import shelf
from commerce import compiled, errors, persisted, query_limits
from commerce.answers import Answer, answers
from commerce.rest import as_refused, key_principal, require_csrf
from kernel.errors import Invalid, NotSignedIn, Refused
from org import wire
from org.access import ANONYMOUS, Principal, principal_of_user
from org.doors import Asking

KEPT_DOCUMENTS = 128
KEPT_CHARACTERS = 8 * 1024


class UndeclaredField(Exception):
    """A field that reads without naming who may; the product does not start with one."""


def compose(*, queries: Sequence[type], mutations: Sequence[type] = (), extensions: Iterable[tuple[type, type]] = ()) -> graphene.Schema:
    """One schema of what the apps bring. A name used twice, or a field without a rule, is an error at start."""
    for extended, extension in extensions:
        extend(extended, extension)
    mutation = root("Mutation", mutations) if mutations else None
    return graphene.Schema(query=root("Query", queries), mutation=mutation)


def root(kind: str, parts: Sequence[type]) -> type:
    seen: dict[str, type] = {}
    for part in parts:
        for name in declared_fields(part):
            if name in seen:
                raise ValueError(f"{kind}.{name} is declared by {seen[name].__module__} and by {part.__module__}")
            seen[name] = part
    return type(kind, (*parts, graphene.ObjectType), {})


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


@dataclass
class Wanted:
    """What a request asks to run: a document, or the hash of one that is kept, or both to have it kept."""

    query: str | None
    variables: dict[str, Any]
    name: str | None
    hash: str | None = None

    def document(self) -> str:
        if self.query is None:
            return persisted.found(self.hash or "")
        if self.hash:
            persisted.check(self.hash, self.query)
        return self.query


class GraphQLDoor(View):
    """Exempt from the CSRF middleware because a key's request has no cookie to abuse; a session's is checked here."""

    schema: graphene.Schema | None = None

    @classmethod
    def as_view(cls, **given: Any) -> Callable[..., HttpResponseBase]:
        return csrf_exempt(super().as_view(**given))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            return self.post(request)
        if request.method == "GET" and "operation" in request.GET and "HTTP_X_API_KEY" in request.META:
            return self.get(request)
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
            principal, state = principal_of_request(request)
            wanted = asked(request)
        except Refused as refused:
            return errors.problem(refused)
        return self.answer(request, wanted, principal, state)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Of keys alone, and only what is known by its hash: an answer that browsers and proxies of one key may keep and ask after."""
        try:
            principal, state = principal_of_request(request)
            wanted = asked_by_name(request)
        except Refused as refused:
            return errors.problem(refused)
        return self.answer(request, wanted, principal, state)

    def answer(self, request: HttpRequest, wanted: Wanted, principal: Principal, state: tuple[Any, ...]) -> HttpResponseBase:
        schema = self.schema.graphql_schema  # type: ignore[union-attr]
        try:
            query = wanted.document()
        except Refused as refused:
            return respond(ExecutionResult(errors=[refused_document(refused)]))
        found = prepared(schema, query, wanted.name, introspection=principal.kind == "staff")
        if isinstance(found, ExecutionResult):
            return respond(found)
        if request.method == "GET" and found.operation.operation is not OperationType.QUERY:
            # An address is followed by whoever meets it: it must not change anything.
            return refuse_method()
        if wanted.hash:
            persisted.keep(wanted.hash, query)
        response = Answering(found, wanted.variables, principal, state).answer(request)
        # What has an ETag was packed with it, or needs no packing.
        return response if response.has_header("ETag") else wire.packed(request, response)


class Prepared:
    """An operation that was checked. Without a plan graphql-core executes it."""

    def __init__(self, schema: Any, document: DocumentNode, operation: OperationDefinitionNode, plan: compiled.Plan | None, digest: bytes) -> None:
        self.schema, self.document, self.operation, self.plan, self.digest = schema, document, operation, plan, digest
        self.within: set[tuple[Any, ...]] = set()

    def check_cost(self, variables: dict[str, Any]) -> None:
        """It depends on numbers alone, and programs send the same few."""
        numbers = tuple(one for one in variables.items() if isinstance(one[1], int))
        if numbers in self.within:
            return
        query_limits.check_cost(self.schema, self.document, self.operation, variables)
        if len(self.within) < KEPT_DOCUMENTS:
            self.within.add(numbers)


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
    plan = compiled.plan(schema, document, operation) if compile else None
    return Prepared(schema, document, operation, plan, hashlib.blake2b(f"{name} {query}".encode()).digest())


kept = lru_cache(maxsize=KEPT_DOCUMENTS)(prepare)


class Answering:
    """One operation for one caller: from what is kept, from its plan, or by graphql-core."""

    def __init__(self, wanted: Prepared, variables: dict[str, Any], principal: Principal, state: tuple[Any, ...] = ()) -> None:
        self.wanted, self.variables, self.principal, self.state = wanted, variables, principal, state
        self.asking = Asking(principal=principal, now=datetime.now(UTC))
        try:
            self.ready = wanted.plan.ready(variables) if wanted.plan else None
        except compiled.Unproven:
            self.ready = None

    def answer(self, request: HttpRequest) -> HttpResponse:
        key = self.key()
        if key is None:
            return respond(self.run())
        seen = request.META.get("HTTP_IF_NONE_MATCH")
        kept = answers.find(key)
        if seen or kept:
            version = shelf.standing(channel=self.channel.id, now=self.asking.now, state=self.state)
            if kept and kept.version != version:
                kept = None
            tag = kept.etag if kept else wire.etag(version, key)
            if seen and version >= 0 and wire.matches(seen, tag):
                return wire.unchanged(tag)
            if kept:
                return sent(request, kept)
        return self.kept(request, key)

    def kept(self, request: HttpRequest, key: bytes) -> HttpResponse:
        response = respond(self.run())
        version = self.asking.version
        if response.status_code != 200 or version is None or self.ready is None:
            return response
        answer = Answer(response.content, wire.etag(version, key), version)
        answers.keep(key, answer)
        return sent(request, answer)

    @property
    def channel(self) -> Any:
        return self.principal.channel

    def key(self) -> bytes | None:
        """Names the answer as far as shelf and key decide it; None for what changes by other things."""
        if self.principal.kind != "key" or self.ready is None or not self.ready.shelved:
            return None
        variables = orjson.dumps(self.variables, option=orjson.OPT_SORT_KEYS)
        bound = bound_of(self.channel.id, self.channel.currency, self.principal.scopes)
        return hashlib.blake2b(b"\0".join((self.wanted.digest, variables, bound)), digest_size=24).digest()

    def run(self) -> ExecutionResult:
        try:
            self.wanted.check_cost(self.variables)
            result = self.by_plan() or executed(self.wanted, self.variables, self.asking)
            for afterwards in self.asking.later:
                afterwards()
        except Exception as error:  # whatever it is, a stranger is told no more than its code
            return ExecutionResult(errors=[GraphQLError("", original_error=error)])
        return result

    def by_plan(self) -> ExecutionResult | None:
        if self.ready is None:
            return None
        try:
            return ExecutionResult(data=self.ready.run(self.asking))
        except compiled.Unproven:
            self.ready, self.asking = None, self.asking.afresh()
            return None


@lru_cache(maxsize=512)
def bound_of(channel: UUID, currency: str, scopes: frozenset[str]) -> bytes:
    """All of a key that its answers depend on."""
    return str((channel, currency, sorted(scopes))).encode()


def sent(request: HttpRequest, answer: Answer) -> HttpResponse:
    headers = {"ETag": answer.etag, "Cache-Control": wire.KEPT_BY_READER, "Vary": wire.VARIES}
    response = HttpResponse(answer.content, content_type="application/json", headers=headers)
    if len(answer.content) >= wire.SHORTEST_PACKED and wire.takes_gzip(request):
        return wire.pack(response, answer.packed())
    return response


def executed(wanted: Prepared, variables: dict[str, Any], asking: Asking) -> ExecutionResult:
    name = wanted.operation.name.value if wanted.operation.name else None
    result = execute(wanted.schema, wanted.document, context_value=asking, variable_values=variables, operation_name=name, is_awaitable=never)
    return cast(ExecutionResult, result)


def never(value: Any) -> bool:
    """Every resolver answers at once; asking each value whether it must be waited for costs more than the resolvers."""
    return False


def principal_of_request(request: HttpRequest) -> tuple[Principal, tuple[Any, ...]]:
    """And the state of the shelf of a key's channel, read with the key."""
    principal, state = key_principal(request.META, beside=shelf.STATE)
    if principal is None and settings.SESSION_COOKIE_NAME in request.COOKIES:
        principal = principal_of_user(request.user)
        if principal.kind == "staff":
            require_csrf(request)
    if (principal or ANONYMOUS) == ANONYMOUS:
        raise NotSignedIn("Send a staff session or an API key in the X-API-Key header.")
    return cast(Principal, principal), state


def asked(request: HttpRequest) -> Wanted:
    """The query, its variables and the operation's name, from the body alone: an address is logged, a body is not."""
    if request.content_type != "application/json":
        raise errors.UnsupportedMediaType()
    if int(request.META.get("CONTENT_LENGTH") or 0) > query_limits.BODY_BYTES or len(content := request.body) > query_limits.BODY_BYTES:
        raise errors.TooLarge(f"A query has at most {query_limits.BODY_BYTES} bytes.", limit=query_limits.BODY_BYTES)
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise errors.Malformed("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise errors.Malformed("Send one JSON object; several in a list are not taken.")
    query, hash = body.get("query"), persisted.named(body)
    if (query is not None or hash is None) and (not isinstance(query, str) or not query.strip()):
        raise Invalid("Send the query as text.", field="query")
    return Wanted(query, variables_of(body.get("variables")), name_of(body.get("operationName")), hash)


def asked_by_name(request: HttpRequest) -> Wanted:
    """From an address: the hash of an operation that is kept, and its variables as JSON."""
    for name in request.GET:
        if name not in ("operation", "variables", "operationName"):
            raise Invalid(f"There is no {name} here. Known: operation, variables, operationName.", field=name)
    try:
        variables = orjson.loads(request.GET.get("variables") or "null")
    except orjson.JSONDecodeError as error:
        raise errors.Malformed("The variables are not valid JSON.") from error
    hash = persisted.hash_of(request.GET["operation"])
    return Wanted(None, variables_of(variables), name_of(request.GET.get("operationName")), hash)


def variables_of(given: Any) -> dict[str, Any]:
    if not isinstance(given or {}, dict):
        raise Invalid("Send the variables as an object.", field="variables")
    return given or {}


def name_of(given: Any) -> str | None:
    if given and not isinstance(given, str):
        raise Invalid("Send the operation's name as text.", field="operationName")
    return given or None


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
