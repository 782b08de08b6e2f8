"""Every field and every address, asked by everybody. One that is missing from these tables fails."""

import re
from functools import cache

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull
from rest_framework.permissions import AllowAny

from catalog.models import Collection, CollectionProduct, Price, Product
from catalog.tests.cast import shelved
from commerce.rest import PublicDocument
from commerce.schema import schema
from inventory import services as inventory
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from kernel.models import Delivery, Message
from orders import services as orders
from orders.tests.till_sales import sale
from org.access import PUBLISHABLE_SCOPES, SCOPES, allows
from org.doors import Door
from org.tests.cast import NOW
from org.tests.doorstep import client_of, code_of, graphql, key

SIGN_IN, NO, MISSING, YES, NOTHING = "not_signed_in", "not_allowed", "not_found", "", "nothing"
# Mia manages the store the rows are in, Stan another one, Carla only sells, Olga owns the shop.
ROLES = ("stranger", "carla", "publishable", "bare", "scoped", "mia", "stan", "olga")


def expected(scope, *, stan=YES, managers=YES):
    return {
        "stranger": SIGN_IN,
        "carla": SIGN_IN,
        "publishable": YES if scope in PUBLISHABLE_SCOPES else NO,
        "bare": NO,
        "scoped": YES,
        "mia": managers,
        "stan": stan if managers == YES else managers,
        "olga": YES,
    }


# GraphQL: what to ask, the scope it needs, and the answers that are not plainly yes.
FIELDS = {
    "Query.products": ("{ products { nodes { name } } }", "catalog:read", {}),
    "Query.product": ('{ product(handle: "milk") { name } }', "catalog:read", {}),
    "Query.variant": ('{ variant(sku: "MILK-0") { sku } }', "catalog:read", {}),
    "Query.categories": ("{ categories { code } }", "catalog:read", {}),
    "Query.collections": ("{ collections { nodes { code } } }", "catalog:read", {}),
    "Query.collection": ('{ collection(code: "best") { name } }', "catalog:read", {}),
    "Query.price": ('{ price(sku: "MILK-0", store: "northside") { amount } }', "catalog:read", {}),
    "Query.basket_preview": (
        '{ basketPreview(input: {store: "northside", lines: [{sku: "MILK-0"}]}) { totals { total } } }',
        "catalog:read",
        {},
    ),
    "Query.orders": ("{ orders { nodes { number } } }", "orders:read", {"stan": NOTHING}),
    "Query.order": ('{ order(id: "%(order)s") { number } }', "orders:read", {"stan": MISSING}),
    "Query.stock_movements": ("{ stockMovements { nodes { quantity } } }", "stock:read", {"stan": NOTHING}),
    "Variant.promise": ('{ variant(sku: "MILK-0") { promise(channel: "stores") { state } } }', "availability:read", {}),
    "Mutation.stock_adjust": (
        'mutation { stockAdjust(input: {location: "northside", reason: FOUND, idempotencyKey: "1", '
        'lines: [{variant: "%(variant)s", quantity: 1000}]}) { adjustment { number } errors { code } } }',
        "stock:write",
        {"stan": "location_not_found"},
    ),
    "Variant.availability": ('{ variant(sku: "MILK-0") { availability { onHand } } }', "stock:read", {"stan": NOTHING}),
}
# REST: method and address, likewise.
ADDRESSES = {
    "catalog:products": ("GET", "/api/v1/products", "catalog:read", {}),
    "catalog:product": ("GET", "/api/v1/products/%(product)s", "catalog:read", {}),
    "catalog:variants": ("GET", "/api/v1/variants?sku=MILK-0", "catalog:read", {}),
    "catalog:categories": ("GET", "/api/v1/categories", "catalog:read", {}),
    "catalog:collections": ("GET", "/api/v1/collections", "catalog:read", {}),
    "catalog:prices": ("GET", "/api/v1/prices?sku=MILK-0&store=northside", "catalog:read", {}),
    "catalog:basket-previews": ("POST", "/api/v1/basket-previews", "catalog:read", {}),
    "inventory:availability": ("GET", "/api/v1/availability?variants=%(variant)s&channel=stores", "availability:read", {}),
    "inventory:stock-levels": ("GET", "/api/v1/stock-levels", "stock:read", {"stan": NOTHING}),
    "inventory:stock-level-changes": ("GET", "/api/v1/stock-level-changes", "stock:read", {"stan": NOTHING}),
    "inventory:stock-movements": ("GET", "/api/v1/stock-movements", "stock:read", {"stan": NOTHING}),
    "inventory:stock-adjustments": ("POST", "/api/v1/stock-adjustments", "stock:write", {"stan": "location_not_found"}),
    "orders:orders": ("GET", "/api/v1/orders", "orders:read", {"stan": NOTHING}),
    "orders:order": ("GET", "/api/v1/orders/%(order)s", "orders:read", {"stan": MISSING}),
    "backoffice:deliveries": ("GET", "/api/v1/deliveries", "deliveries:read", {"managers": NO}),
    "backoffice:delivery-retries": ("POST", "/api/v1/deliveries/%(delivery)s/retries", "deliveries:write", {"managers": NO}),
}
# What is sent along, and how it is answered when it is neither a read nor work that goes on behind.
SENT = {
    "catalog:basket-previews": ('{"store": "northside", "lines": [{"sku": "MILK-0"}]}', 200),
    "inventory:stock-adjustments": ('{"location": "northside", "reason": "found", "lines": [{"variant": "%(variant)s", "quantity": 1000}]}', 201),
}
# A till's own token opens these, or a one-time code; no key and no session does (pos/tests has the rest).
TILL = {
    "till-enrolments": ("POST", "/api/v1/till-enrolments", 422),
    "till-document": ("GET", "/api/v1/till", 401),
    "till-catalogue": ("GET", "/api/v1/till/catalogue", 401),
    "till-catalogue-chunk": ("GET", "/api/v1/till/catalogue/chunks/0", 401),
    "till-checkpoint": ("GET", "/api/v1/till/checkpoint", 401),
    "till-search": ("GET", "/api/v1/till/search?q=tea", 401),
    "till-stock": ("POST", "/api/v1/till/stock", 401),
    "till-journal": ("POST", "/api/v1/till/journal", 401),
    "till-receipts": ("GET", "/api/v1/till/receipts?number=1", 401),
    "till-returns": ("POST", "/api/v1/till/returns", 401),
    "till-return-quotes": ("POST", "/api/v1/till/returns/quotes", 401),
    "till-inbox": ("GET", "/api/v1/till/inbox", 401),
    "till-inbox-note": ("GET", "/api/v1/till/inbox/1", 401),
    "till-inbox-fixes": ("POST", "/api/v1/till/inbox/1/fixes", 401),
    "till-questions": ("GET", "/api/v1/till/questions", 401),
    "till-question-answer": ("POST", "/api/v1/till/questions/1/answer", 401),
}
# Open to everyone by intent, or with a gate of its own.
OPEN = {
    "orders:payment-webhooks",
    "command",
    "start",
    "healthz",
    "readyz",
    "media",
    "till",
    "till-worker",
    "till-script",
    "schema",
    "docs",
    "graphql",
}


@pytest.fixture
def shop(db):
    room = stock_up(variants=1)
    Product.objects.update(status="active")
    Price.objects.bulk_create(Price(variant_id=variant, currency="EUR", amount=99) for variant in room.variants)
    best = Collection.objects.create(code="best", name="Best", kind="manual")
    CollectionProduct.objects.create(collection=best, product=Product.objects.get())
    shelved()
    inventory.open_stock(location=room.northside, quantities={room.variants[0]: 5_000}, reference=uuid7(), now=NOW)
    inventory.tell_levels(now=NOW)
    sold = sale(room, 1)
    with transaction.atomic():
        orders.place(sales=[sold], now=NOW)
    message = Message.objects.first()
    delivery = Delivery.objects.create(message=message, subscriber="test", due_at=NOW)
    return room.cast, {"order": sold.id, "product": Product.objects.get().id, "delivery": delivery.id, "variant": room.variants[0]}


def client_for(role, cast, scope):
    other = "orders:read" if scope == "deliveries:read" else "deliveries:read"
    keys = {"publishable": {"catalog:read", scope} & PUBLISHABLE_SCOPES, "bare": (other,), "scoped": {scope, "catalog:read"}}
    if role in keys:
        kind = "publishable" if role == "publishable" else "secret"
        return client_of(key=key(cast.stores, *keys[role], kind=kind))
    return client_of(user=None if role == "stranger" else getattr(cast, role))


@cache
def declared_fields():
    """Query's fields and every field below that carries a rule of its own."""
    roots = (schema.query, schema.mutation)
    found = {f"{root._meta.name}.{name}" for root in roots for name in root._meta.fields}
    for type in schema.graphql_schema.type_map.values():
        graphene_type = getattr(type, "graphene_type", None)
        fields = getattr(getattr(graphene_type, "_meta", None), "fields", None) or {}
        found |= {f"{graphene_type.__name__}.{name}" for name, field in fields.items() if getattr(getattr(field, "resolver", None), "allowed", None)}
    return found


@cache
def addresses():
    found = {}

    def walk(patterns, prefix, names):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                found[":".join([*names, pattern.name or path])] = pattern.callback
            elif not path.startswith("admin/"):
                walk(pattern.url_patterns, path, [*names, pattern.namespace] if pattern.namespace else names)

    walk(get_resolver().url_patterns, "", [])
    return found


def code_within(response):
    """Of a mutation that was run and refused."""
    told = response.json().get("data") or {}
    return next((error["code"] for payload in told.values() if isinstance(payload, dict) for error in payload.get("errors") or ()), "")


def test_every_field_is_in_the_table_or_walked():
    """What customers and orders bring is walked below: each by the scope it declares, asked by everybody."""
    left = declared_fields() - set(FIELDS)
    assert left == walked_fields().keys(), "a field below Query and Mutation that has a rule of its own belongs in the table"


def test_every_address_is_in_the_table_or_walked():
    demo = {name for name in addresses() if name.startswith("demo")}
    left = set(addresses()) - demo - set(ADDRESSES) - set(TILL) - OPEN
    assert {name.partition(":")[0] for name in left} <= {"orders", "customers"}
    assert {name for name, _method in walked_addresses()} == left


def test_every_rest_view_names_its_rule():
    for name, callback in addresses().items():
        view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        if name in ADDRESSES:
            assert issubclass(view, Door), name
            assert set(view.allowed) == {method.upper() for method in view.http_method_names if hasattr(view, method)} - {"OPTIONS", "HEAD"}, name
        elif {AllowAny, PublicDocument} & set(getattr(view, "permission_classes", ())):
            assert name in OPEN | {"till-enrolments"}, name


SAMPLES = {"uuid": "01900000-0000-7000-8000-000000000000", "int": "1", "slug": "x", "str": "x"}


@cache
def walked_addresses():
    """(name, method) of every REST view that stands in no table -> its path and the scope it declares."""
    routes = {}
    for place in get_resolver().url_patterns:
        for pattern in getattr(place, "url_patterns", ()):
            if getattr(pattern.callback, "view_class", None) is not None and str(place.pattern) == "api/v1/":
                name = f"{place.namespace}:{pattern.name}" if place.namespace else pattern.name
                routes[name] = re.sub(r"<(\w+):\w+>", lambda found: SAMPLES[found[1]], f"/api/v1/{pattern.pattern}")
    known = set(ADDRESSES) | set(TILL) | OPEN
    views = {name: addresses()[name].view_class for name in routes if name not in known}
    return {(name, method): (routes[name], scope) for name, view in views.items() for method, scope in view.allowed.items()}


@cache
def walked_fields():
    """Every root field that stands in no table -> the smallest document that asks for it, and the scope it declares."""
    found = {}
    for root, fields in ((schema.query, schema.graphql_schema.query_type.fields), (schema.mutation, schema.graphql_schema.mutation_type.fields)):
        for name in root._meta.fields:
            key = f"{root._meta.name}.{name}"
            if key not in FIELDS:
                told = next(camel for camel in fields if camel.lower() == name.replace("_", ""))
                resolver = getattr(root, f"resolve_{name}")
                found[key] = (f"{root._meta.name.lower()} {{ {told}{arguments(fields[told].args)}{selection(fields[told].type)} }}", resolver.allowed)
    return found


def arguments(args):
    given = {name: literal(arg.type.of_type) for name, arg in args.items() if isinstance(arg.type, GraphQLNonNull)}
    return f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


LITERALS = {"Int": "1", "BigInt": "1", "Boolean": "true", "Date": '"2026-03-14"', "DateTime": '"2026-03-14T10:00:00Z"'}


def literal(type):
    if isinstance(type, GraphQLInputObjectType):
        needed = {name: field.type.of_type for name, field in type.fields.items() if isinstance(field.type, GraphQLNonNull)}
        return f"{{{', '.join(f'{name}: {literal(of)}' for name, of in needed.items())}}}"
    if isinstance(type, GraphQLEnumType):
        return next(iter(type.values))
    if isinstance(type, GraphQLList):
        return "[]"
    return f'"{SAMPLES["uuid"]}"' if type.name == "UUID" else LITERALS.get(type.name, '"0123456789abcdef"')


def selection(type):
    while hasattr(type, "of_type"):
        type = type.of_type
    return " { __typename }" if hasattr(type, "fields") else ""


# Past the door, and sent away there: whoever stands in a browser may not say who they are.
SENT_AWAY = {("orders:cart-customer", "publishable"), ("Mutation.cart_customer_set", "publishable")}


def let_in(role, cast, scope):
    """Whether somebody gets past the door: what they find behind it is another matter."""
    if role in ("stranger", "carla"):
        return SIGN_IN
    if role == "publishable":
        return YES if scope in PUBLISHABLE_SCOPES else NO
    if role == "bare":
        return NO
    if role in ("mia", "stan"):
        return YES if allows(getattr(cast, role), SCOPES[scope]) else NO
    return YES


def turned_away(code):
    return code if code in (SIGN_IN, NO) else YES


@pytest.mark.parametrize(("name", "method"), walked_addresses())
def test_a_walked_address_lets_in_those_it_declares(shop, name, method):
    cast, _ = shop
    path, scope = walked_addresses()[name, method]
    for role in ROLES:
        headers = {"Idempotency-Key": f"{role}-0123456789abcdef", "If-Match": '"1"'}
        response = client_for(role, cast, scope).generic(method, path, "{}", content_type="application/json", headers=headers)
        wanted = NO if (name, role) in SENT_AWAY else let_in(role, cast, scope)
        assert turned_away(code_of(response)) == wanted, (role, response.content)
        assert response.status_code < 500


@pytest.mark.parametrize("field", walked_fields())
def test_a_walked_field_lets_in_those_it_declares(shop, field):
    cast, _ = shop
    document, scope = walked_fields()[field]
    for role in ROLES:
        response = graphql(document, client=client_for(role, cast, scope))
        assert turned_away(code_of(response) or code_within(response)) == let_in(role, cast, scope), (role, document, response.content)
        assert code_of(response) not in ("internal", "query_invalid"), (role, document, response.content)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_answers_those_it_may(shop, field):
    cast, ids = shop
    query, scope, special = FIELDS[field]
    seen = {role: graphql(query % ids, client=client_for(role, cast, scope)) for role in ROLES}
    wanted = expected(scope, **special)
    for role, response in seen.items():
        nothing = wanted[role] == NOTHING
        assert (code_of(response) or code_within(response)) == ("" if nothing else wanted[role]), (role, response.content)
        if nothing:
            assert b"[]" in response.content, role


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_answers_those_it_may(shop, name):
    cast, ids = shop
    method, path, scope, special = ADDRESSES[name]
    wanted = expected(scope, **special)
    body, done = SENT.get(name, ("", 202 if method == "POST" else 200))
    for role in ROLES:
        headers = {"Idempotency-Key": role}
        response = client_for(role, cast, scope).generic(method, path % ids, body % ids, content_type="application/json", headers=headers)
        nothing = wanted[role] == NOTHING
        assert code_of(response) == ("" if nothing else wanted[role]), (role, response.content)
        assert response.status_code == {SIGN_IN: 401, NO: 403, YES: done, NOTHING: 200}.get(wanted[role], 404), role
        if nothing:
            assert response.json()["items"] == [], role


@pytest.mark.parametrize("name", ADDRESSES)
def test_other_methods_are_refused_to_the_owner_too(shop, name):
    cast, ids = shop
    method, path, scope, _ = ADDRESSES[name]
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {method}:
        response = client_of(user=cast.olga).generic(other, path % ids)
        assert (response.status_code, code_of(response)) == (405, "method_not_allowed"), other


@pytest.mark.parametrize("name", TILL)
def test_a_till_door_takes_neither_key_nor_session(shop, name):
    cast, _ = shop
    method, path, status = TILL[name]
    for role in ROLES:
        response = client_for(role, cast, "orders:read").generic(method, path, "{}", content_type="application/json")
        assert response.status_code == status, (role, response.content)


def test_an_unknown_address_is_a_problem_to_programs_and_a_line_to_people(db):
    api, page = Client().get("/api/v1/nothing"), Client().get("/nothing")
    assert (api.status_code, api["Content-Type"], api.json()["code"]) == (404, "application/problem+json", "not_found")
    assert (page.status_code, page.content) == (404, b"Not found\n")
