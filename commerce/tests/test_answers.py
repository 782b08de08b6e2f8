"""What is kept of answers, what is sent of them, and operations known by their hash."""

import gzip
import hashlib
import json
from datetime import UTC, datetime

import pytest
from django.core.cache import cache

from catalog.models import Product, Publication, ShelfState
from catalog.tests.cast import oats, shelved
from commerce import persisted
from commerce.answers import Answer, Answers, forget_answers
from inventory import services as inventory
from org.models import ApiKey
from org.tests.cast import NOW, open_shop
from org.tests.doorstep import client_of, code_of, graphql, key, statements

LIST = "query($first: Int) { products(first: $first) { nodes { name description } } }"
STOCK = "{ products { nodes { name variants { sku availability { onHand } } } } }"
HASH = hashlib.sha256(LIST.encode()).hexdigest()
JSON = "application/json"


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    forget_answers()
    persisted.forget()
    cache.clear()


@pytest.fixture
def cast(db):
    cast = open_shop()
    oats(description="<p>" + "Good for breakfast. " * 100 + "</p>")
    shelved()
    return cast


@pytest.fixture
def storefront(cast):
    return key(cast.web, "catalog:read", kind="publishable")


def ask(plain, query=LIST, seen=None, packed=False, **body):
    headers = {"If-None-Match": seen} if seen else {}
    headers |= {"Accept-Encoding": "br, gzip"} if packed else {}
    return client_of(key=plain).post("/graphql/", {"query": query, **body}, content_type=JSON, headers=headers)


def renamed(name):
    Product.objects.update(name=name)
    shelved()


def test_an_unchanged_list_is_answered_from_what_is_kept(storefront):
    first = ask(storefront)
    with statements() as seen:
        again = ask(storefront)
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]
    assert len(seen) == 1, seen  # the key, with the shelf's version
    assert not any("catalog_card" in one for one in seen)


def test_nothing_is_kept_beyond_a_change(storefront):
    before = ask(storefront)
    renamed("Steel-cut oats")
    after = ask(storefront, seen=before["ETag"])
    assert (after.status_code, after.json()["data"]["products"]["nodes"][0]["name"]) == (200, "Steel-cut oats")
    assert after["ETag"] != before["ETag"]


def test_a_window_that_closed_since_is_seen_at_once(cast, storefront):
    assert b"oats" in (first := ask(storefront)).content
    closed = datetime.now(UTC)
    Publication.objects.create(product=Product.objects.get(), channel=cast.web, ends_at=closed)
    ShelfState.objects.filter(channel=cast.web).update(next_change_at=closed)
    assert b"oats" not in ask(storefront).content
    assert ask(storefront, seen=first["ETag"]).status_code == 200


def test_who_has_seen_it_is_told_so_in_no_bytes(storefront):
    seen = ask(storefront)["ETag"]
    forget_answers()
    for tag in (seen, f"W/{seen}", f'"other", {seen}', seen.replace('"', "") and seen[:-1] + '-gzip"'):
        again = ask(storefront, seen=tag)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", seen)
    assert ask(storefront, seen='"other"').status_code == 200


def test_what_is_kept_is_for_one_channel_its_scopes_and_those_variables(cast, storefront):
    tags = [
        ask(plain, variables=variables)["ETag"]
        for variables in ({"first": 1}, {"first": 2})
        for plain in (storefront, key(cast.stores, "catalog:read"))
    ]
    tags.append(ask(key(cast.web, "catalog:read", "stock:read"), variables={"first": 1})["ETag"])
    tags.append(ask(storefront, query=LIST.replace("description", "handle"), variables={"first": 1})["ETag"])
    assert len(set(tags)) == len(tags)
    assert ask(key(cast.web, "catalog:read"), variables={"first": 1})["ETag"] == tags[0]


def test_a_revoked_key_gets_nothing_that_is_kept(cast, storefront):
    seen = ask(storefront)["ETag"]
    ApiKey.objects.update(revoked_at=NOW)
    for answer in (ask(storefront), ask(storefront, seen=seen)):
        assert (answer.status_code, code_of(answer)) == (401, "not_signed_in")


def test_stock_search_errors_and_staff_are_never_kept(cast):
    inventory.create_location(code="n", name="N", store=cast.northside)
    secret = key(cast.web, "catalog:read", "stock:read")
    found = '{ products(search: "oats") { nodes { name } } }'
    for answer in (ask(secret, query=STOCK), ask(secret, query=found), ask(secret, query='{ product(handle: "x") { name } }')):
        assert answer.status_code == 200
        assert "ETag" not in answer
    assert "ETag" not in graphql(LIST, user=cast.mia)


def test_long_answers_are_packed_for_those_who_take_it(cast, storefront):
    plain, packed = ask(storefront), ask(storefront, packed=True)
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] == plain["ETag"][:-1] + '-gzip"'
    assert "Accept-Encoding" in packed["Vary"]
    assert "Content-Encoding" not in ask(storefront, query="{ __typename }", packed=True)
    rest = client_of(key=storefront).get("/api/v1/products", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(rest.content) == client_of(key=storefront).get("/api/v1/products").content
    assert "Content-Encoding" not in client_of(key=storefront).get("/api/v1/products", headers={"Accept-Encoding": "gzip;q=0"})


def named(hash=HASH, **more):
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash, **more}}}


def by_name(plain, **body):
    return client_of(key=plain).post("/graphql/", {**named(), **body}, content_type=JSON)


def test_an_operation_is_known_by_its_hash_once_it_was_sent(storefront):
    unknown = by_name(storefront)
    assert (unknown.status_code, code_of(unknown)) == (400, "persisted_query_not_found")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    sent = by_name(storefront, query=LIST)
    persisted.forget()
    assert by_name(storefront).content == sent.content


def test_a_hash_of_something_else_is_refused_and_what_is_wrong_is_not_kept(storefront):
    assert code_of(by_name(storefront, query="{ __typename }")) == "persisted_query_mismatch"
    wrong = "{ nothing }"
    hash = hashlib.sha256(wrong.encode()).hexdigest()
    for _ in range(2):
        answer = client_of(key=storefront).post("/graphql/", {"query": wrong, **named(hash)}, content_type=JSON)
        assert code_of(answer) == "query_invalid"
    assert code_of(client_of(key=storefront).post("/graphql/", named(hash), content_type=JSON)) == "persisted_query_not_found"


@pytest.mark.parametrize(
    "extensions", [[1], "x", {"persistedQuery": 1}, {"persistedQuery": {"version": 2}}, named("x")["extensions"], named(None)["extensions"]]
)
def test_a_hash_of_another_shape_is_refused(storefront, extensions):
    answer = client_of(key=storefront).post("/graphql/", {"extensions": extensions}, content_type=JSON)
    assert (answer.status_code, code_of(answer)) == (422, "invalid")


def test_a_store_that_was_tampered_with_gives_nothing(storefront):
    cache.set(f"operation:{HASH}", "{ __typename }")
    assert code_of(by_name(storefront)) == "persisted_query_not_found"


def test_without_a_cache_operations_are_unknown_and_nothing_fails(storefront, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/at/all.sock"}}
    assert code_of(by_name(storefront)) == "persisted_query_not_found"
    assert by_name(storefront, query=LIST).status_code == 200


def test_a_kept_operation_may_be_asked_by_its_address(cast, storefront):
    sent = by_name(storefront, query=LIST, variables={"first": 1})
    program = client_of(key=storefront)
    address = {"operation": HASH, "variables": json.dumps({"first": 1})}
    answer = program.get("/graphql/", address)
    assert (answer.content, answer["ETag"], answer["Cache-Control"]) == (sent.content, sent["ETag"], "private, no-cache")
    assert "X-API-Key" in answer["Vary"]
    assert program.get("/graphql/", address, headers={"If-None-Match": sent["ETag"]}).status_code == 304
    assert code_of(program.get("/graphql/", {"operation": HASH, "query": LIST})) == "invalid"
    assert code_of(program.get("/graphql/", {"operation": "x"})) == "invalid"
    assert code_of(program.get("/graphql/", {"operation": HASH, "variables": "{"})) == "malformed"
    assert client_of().get("/graphql/", address).status_code == 405
    assert client_of(key="pk_unknown").get("/graphql/", address).status_code == 401
    assert b"nodes" not in client_of(user=cast.mia).get("/graphql/", address).content


def test_a_programs_answer_has_the_headers_of_every_answer(cast, storefront):
    answer = ask(storefront)
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Content-Length"] == str(len(answer.content))
    assert client_of(key=storefront).get("/graphql/", headers={"Host": "elsewhere.example"}).status_code == 400
    assert not answer.cookies


def test_a_program_is_answered_in_one_language(cast, storefront):
    german = client_of(key=storefront).get("/api/v1/products?first=0", headers={"Accept-Language": "de"})
    assert german.json()["detail"] == client_of(key=storefront).get("/api/v1/products?first=0").json()["detail"]


def test_memory_for_answers_has_an_end():
    answers = Answers(most=100)
    for number in range(20):
        answers.keep(bytes([number]), Answer(b"x" * 30, "", 1))
    assert answers.size == 90
    assert list(answers.kept) == [bytes([number]) for number in (17, 18, 19)]
    answers.forget()
    assert (answers.size, answers.find(b"\x13")) == (0, None)


def test_a_stock_list_costs_three_statements_however_long(cast):
    secret = key(cast.web, "catalog:read", "stock:read")
    place = inventory.create_location(code="n", name="N", store=cast.northside)
    assert place
    with statements() as seen:
        assert ask(secret, query=STOCK).status_code == 200
    assert len(seen) == 3, seen  # the key, the cards, the stock
