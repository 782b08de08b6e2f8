"""Every write of every door goes by a key of its caller: found by walking all addresses and all mutations, so that a new one cannot be forgotten."""

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from graphql import GraphQLNonNull

from commerce.schema import schema
from kernel import idempotency
from kernel.ids import uuid7
from kernel.models import IdempotencyKey
from org.doors import Door
from org.tests.cast import open_shop
from org.tests.doorstep import key
from org.writing import SAFE, WriteDoor

# What is sent with POST and changes nothing, or brings a key of its own: an entry of a till's journal its id, a provider's event its number.
READS = {"basket-previews", "gift-card-balances", "order-return-quotes", "return-quotes"}
KEYED_BY_CONTENT = {"payment-webhooks"}


def addresses():
    for place in get_resolver("commerce.urls").url_patterns:
        for pattern in getattr(place, "url_patterns", [place]):
            view = getattr(pattern.callback, "view_class", None) if isinstance(pattern, URLPattern) else None
            if view is not None and issubclass(view, Door):
                yield pattern.name, view


def writes():
    return {name: view for name, view in addresses() if set(view.allowed) - SAFE and name not in READS | KEYED_BY_CONTENT}


def is_a_tills(view):
    return view.__module__.startswith("pos.")


def test_every_address_that_writes_goes_by_a_key():
    found = writes()
    assert {"stock-adjustments", "retries"} <= found.keys() or len(found) > 1
    assert [name for name, view in found.items() if not issubclass(view, WriteDoor) and not is_a_tills(view)] == []


@pytest.mark.django_db
def test_a_write_without_a_key_is_refused_before_anything_else_is_looked_at():
    cast = open_shop()
    client = Client(headers={"X-API-Key": key(cast.stores, "stock:write")})
    answer = client.post("/api/v1/stock-adjustments", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_invalid")


def test_every_mutation_takes_a_key_and_tells_what_was_refused():
    mutations = schema.graphql_schema.mutation_type.fields
    assert mutations
    for name, field in mutations.items():
        given = field.args["input"].type
        assert isinstance(given, GraphQLNonNull), name
        assert isinstance(given.of_type.fields["idempotencyKey"].type, GraphQLNonNull), name
        payload = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        errors = payload.fields["errors"].type
        assert str(errors) == "[MutationError!]!", name


@pytest.mark.django_db(transaction=True)
def test_work_over_several_transactions_is_gone_on_with_under_its_key(now):
    seen = []

    def effect(id):
        seen.append(id)
        if len(seen) == 1:
            raise ConnectionError("the line is cut")
        return idempotency.Answer(status=201, body=str(id).encode())

    asked = {"scope": "key:1 POST /x", "key": "k", "now": now, "effect": effect}
    with pytest.raises(ConnectionError):
        idempotency.answer_resumably(body=b"1", **asked)
    with pytest.raises(idempotency.KeyReused):
        idempotency.answer_resumably(body=b"2", **asked)
    first = idempotency.answer_resumably(body=b"1", **asked)
    assert idempotency.answer_resumably(body=b"1", **asked) == first
    assert len(seen) == 2
    assert seen[0] == seen[1]


@pytest.mark.django_db(transaction=True)
def test_what_was_refused_is_evaluated_again_with_another_body(now):
    def refused(id):
        raise idempotency.KeyInvalid

    asked = {"scope": "key:1 POST /x", "key": str(uuid7()), "now": now}
    with pytest.raises(idempotency.KeyInvalid):
        idempotency.answer_resumably(body=b"1", effect=refused, **asked)
    assert not IdempotencyKey.objects.exists()
    done = idempotency.answer_resumably(body=b"2", effect=lambda id: idempotency.Answer(status=200, body=b"{}"), **asked)
    assert done.status == 200


VISA = "4111 1111 1111 1111"


@pytest.mark.django_db
def test_a_card_number_is_refused_at_every_door_and_a_code_of_goods_is_not(caplog):
    cast = open_shop()
    secret = key(cast.stores, "stock:write")
    body = {"location": "northside", "reason": "found", "note": f"paid by {VISA}", "lines": [{"gtin": "4006381333931", "quantity": 1000}]}
    client = Client(headers={"X-API-Key": secret, "Idempotency-Key": "1"})
    answer = client.post("/api/v1/stock-adjustments", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "card_number_not_allowed")
    mutation = """mutation($note: String) { stockAdjust(input: {location: "northside", reason: FOUND, note: $note, idempotencyKey: "1",
        lines: [{gtin: "4006381333931", quantity: 1000}]}) { errors { code } } }"""
    told = client.post("/graphql/", {"query": mutation, "variables": {"note": VISA}}, content_type="application/json").json()
    assert told["data"]["stockAdjust"]["errors"] == [{"code": "card_number_not_allowed"}]
    office = Client()
    office.force_login(cast.olga)
    typed = office.post("/admin/org/company/add/", f"name={VISA}", content_type="application/x-www-form-urlencoded")
    assert typed.status_code == 422
    assert "4111" not in typed.content.decode() + answer.content.decode() + caplog.text
    answer = client.post("/api/v1/stock-adjustments", {**body, "note": "4006381333931"}, content_type="application/json")
    assert answer.json()["code"] != "card_number_not_allowed"
