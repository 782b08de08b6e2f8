"""Customers through both doors: the same rules, the same codes, and nothing for a stranger."""

import json

import pytest

from customers import queries, services
from customers.models import Customer, Note
from customers.tests.persons import ADA, BERLIN, GRACE, NOW, somebody
from kernel.ids import uuid7
from kernel.models import IdempotencyKey
from org.tests.cast import open_shop
from org.tests.doorstep import client_of, code_of, graphql, key, rest, statements

pytestmark = pytest.mark.django_db
EVERYTHING = ("customers:read", "customers:write", "customers:erase")
LIST = "/api/v1/customers"


@pytest.fixture
def cast():
    return open_shop()


@pytest.fixture
def program(cast):
    return key(cast.web, *EVERYTHING)


def send(method, path, body=None, *, key, once=None):
    return getattr(client_of(key=key), method)(
        path, json.dumps(body or {}), content_type="application/json", headers={"Idempotency-Key": once or str(uuid7())}
    )


def post(path, body=None, **more):
    return send("post", path, body, **more)


def test_a_customer_is_made_read_changed_and_found(program):
    made = post(LIST, {**ADA, "card": "47114712", "external": {"erp": "K7"}}, key=program)
    assert made.status_code == 201, made.json()
    id = made.json()["id"]
    told = rest(f"{LIST}/{id}", key=program).json()
    assert (told["name"], told["email"], told["phone"], told["version"]) == ("Ada Lovelace", "ada@example.org", "+49301234567", 1)
    assert {one["kind"] for one in told["identities"]} == {"email", "phone", "card", "external"}
    changed = send("patch", f"{LIST}/{id}", {"version": 1, "family_name": "King"}, key=program)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    again = send("patch", f"{LIST}/{id}", {"version": 1, "family_name": "Byron"}, key=program)
    assert (again.status_code, code_of(again), again.json()["version"]) == (409, "customer_changed", 2)
    for q in ("kin", "ada@example.org", told["number"], "47114712", "030 1234567"):
        assert [row["id"] for row in rest(LIST, key=program, q=q).json()["items"]] == [id]
    assert rest(LIST, key=program, q="lovelace").json()["items"] == []


def test_sent_again_it_happens_once_and_what_is_kept_of_it_tells_nobody(program):
    first, second = (post(LIST, ADA, key=program, once="a-key") for _ in range(2))
    assert first.content == second.content
    assert Customer.objects.count() == 1
    kept = IdempotencyKey.objects.get()
    assert b"ada" not in bytes(kept.answer).lower()
    assert code_of(post(LIST, GRACE, key=program, once="a-key")) == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({**ADA, "nickname": "A"}, "unknown_field", "nickname"),
        ({**ADA, "email": "ada"}, "email_invalid", "email"),
        ({}, "customer_nameless", None),
        ({**ADA, "kind": "dog"}, "invalid", "kind"),
        ({**ADA, "groups": ["gold"]}, "group_unknown", "groups"),
        ({**ADA, "account_limit": 1.5}, "invalid", "account_limit"),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(program, body, code, field):
    answer = post(LIST, body, key=program)
    assert (answer.status_code, code_of(answer)) == (422, code)
    assert field is None or answer.json()["field"] == field
    assert not Customer.objects.exists()


def test_the_mail_of_another_is_refused_and_says_whose_it_is(program):
    id = somebody()
    answer = post(LIST, {"email": "ada@example.org"}, key=program)
    assert (answer.status_code, code_of(answer), answer.json()["customer"]) == (409, "identity_taken", str(id))


def test_addresses_identities_consents_and_notes(program):
    id = somebody()
    here = f"{LIST}/{id}"
    first = post(f"{here}/addresses", {**BERLIN, "default_shipping": True}, key=program).json()["id"]
    second = post(f"{here}/addresses", {**BERLIN, "line1": "Torstraße 2", "replaces": first}, key=program).json()["id"]
    assert code_of(post(f"{here}/addresses", {**BERLIN, "postcode": "1"}, key=program)) == "address_invalid"
    post(f"{here}/identities", {"kind": "card", "value": "47114712", "verified": True}, key=program)
    consent = {"channel": "email", "purpose": "news", "given": True, "wording": "1", "source": "web"}
    post(f"{here}/consents", consent, key=program)
    post(f"{here}/notes", {"text": "Prefers blue"}, key=program)
    told = rest(here, key=program).json()
    assert [(one["id"], one["default_shipping"]) for one in told["addresses"]] == [(second, True)]
    assert [one["given"] for one in told["consents"]] == [True]
    card = next(one for one in told["identities"] if one["kind"] == "card")
    assert card["verified_at"] is not None
    assert [note["text"] for note in rest(f"{here}/notes", key=program).json()["items"]] == ["Prefers blue"]
    assert send("delete", f"{here}/identities/{card['id']}", key=program).status_code == 204
    assert send("delete", f"{here}/addresses/{second}", key=program).status_code == 204
    told = rest(here, key=program).json()
    assert told["addresses"] == []
    assert "card" not in {one["kind"] for one in told["identities"]}


def test_merged_told_apart_exported_and_erased(program):
    keep, gone = somebody(), somebody(data={**GRACE, "phone": ADA["phone"]})
    third = somebody(data={"family_name": "T", "phone": ADA["phone"]})
    suggested = rest("/api/v1/customer-suggestions", key=program, customer=str(third)).json()["items"]
    assert {row["reasons"][0] for row in suggested} == {"phone"}
    for one in suggested:
        assert post(f"/api/v1/customer-suggestions/{one['id']}/separations", key=program).status_code == 201
    assert len(rest("/api/v1/customer-suggestions", key=program).json()["items"]) == 1
    for _ in range(2):
        assert post(f"{LIST}/{keep}/merges", {"gone": str(gone)}, key=program).status_code == 201
    export = rest(f"{LIST}/{keep}/export", key=program)
    assert "grace@example.com" in export.content.decode()
    assert export.headers["Cache-Control"] == "no-store"
    kinds = [entry["kind"] for entry in rest(f"{LIST}/{keep}/timeline", key=program).json()["items"]]
    assert kinds == ["note", "customer", "customer"]
    services.give_credit(customer=keep, amount=5, currency="EUR", cause="goodwill", reference=uuid7(), line=0, actor=None, note="", now=NOW)
    refused = post(f"{LIST}/{keep}/erasures", key=program)
    assert (refused.status_code, code_of(refused)) == (409, "customer_unsettled")
    for _ in range(2):
        assert post(f"{LIST}/{keep}/erasures", {"force": True}, key=program).status_code == 201
    assert rest(f"{LIST}/{keep}", key=program).json()["name"] == ""
    assert rest(LIST, key=program, q="ada").json()["items"] == []


def test_groups_are_made_and_listed(program):
    assert post("/api/v1/customer-groups", {"code": "vip", "name": "VIP"}, key=program).status_code == 201
    assert code_of(post("/api/v1/customer-groups", {"code": "vip", "name": "VIP"}, key=program)) == "group_taken"
    assert [group["code"] for group in rest("/api/v1/customer-groups", key=program).json()["items"]] == ["vip"]


@pytest.mark.parametrize("many", [1, 10, 100])
def test_a_page_is_two_statements_however_many(program, many):
    people = [services.NewCustomer(data={"family_name": f"Person{n}"}) for n in range(many)]
    services.create_customers(people=people, actor=None, now=NOW)
    with statements() as seen:
        page = rest(LIST, key=program, first=100, q="per")
    assert len(page.json()["items"]) == many
    assert len(seen) == 2, seen  # the key, the people
    query = "{ customers(first: 100) { nodes { name email addresses { city } identities { kind } consents { given } } } }"
    with statements() as seen:
        answer = graphql(query, key=program)
    assert len(answer.json()["data"]["customers"]["nodes"]) == many
    assert len(seen) == 6, seen


def test_pages_follow_each_other_through_both_doors(program):
    people = [services.NewCustomer(data={"family_name": f"Person{n}"}) for n in range(7)]
    services.create_customers(people=people, actor=None, now=NOW)
    seen, after = [], ""
    while after is not None:
        page = rest(LIST, key=program, first=3, **({"after": after} if after else {})).json()
        seen, after = seen + [row["number"] for row in page["items"]], page["next"]
    assert len(seen) == len(set(seen)) == 7
    told, after = [], None
    query = "query($after: String) { customers(first: 3, after: $after) { nodes { number } pageInfo { hasNextPage endCursor } } }"
    while True:
        page = graphql(query, key=program, after=after).json()["data"]["customers"]
        told += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert told == seen


CREATE = "mutation($input: CustomerCreateInput!) { customerCreate(input: $input) { customer { id name version } errors { code field details } } }"


def test_graphql_writes_by_the_same_rules(program):
    given = {"givenName": "Ada", "email": "ada@example.org", "external": [{"system": "erp", "id": "K7"}], "idempotencyKey": "one"}
    first, second = (graphql(CREATE, key=program, input=given).json()["data"]["customerCreate"] for _ in range(2))
    assert first == second
    assert (first["errors"], first["customer"]["name"]) == ([], "Ada")
    refused = graphql(CREATE, key=program, input={**given, "idempotencyKey": "two"}).json()["data"]["customerCreate"]
    assert refused["customer"] is None
    assert (refused["errors"][0]["code"], refused["errors"][0]["field"]) == ("identity_taken", "email")
    assert queries.find(system="erp", external="K7")
    id = first["customer"]["id"]
    told = {}
    for name, kind, body in (
        ("customerChange", "CustomerChangeInput", {"id": id, "version": 1, "familyName": "King"}),
        ("customerAddressAdd", "CustomerAddressInput", {"customer": id, **BERLIN, "defaultShipping": True}),
        (
            "customerConsentRecord",
            "CustomerConsentInput",
            {"customer": id, "channel": "sms", "purpose": "news", "given": False, "wording": "1", "source": "web"},
        ),
        ("customerNoteAdd", "CustomerNoteInput", {"customer": id, "text": "Prefers blue"}),
    ):
        query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ customer {{ id name version }} errors {{ code }} }} }}"
        told = graphql(query, key=program, input={**body, "idempotencyKey": name}).json()["data"][name]
        assert told["errors"] == []
    assert told["customer"] == {"id": id, "name": "Ada King", "version": 4}
    query = "query($email: String) { customer(email: $email) { id addresses { city } timeline { nodes { kind facts } pageInfo { hasNextPage } } } }"
    one = graphql(query, key=program, email="ADA@example.org").json()["data"]["customer"]
    assert (one["id"], one["addresses"]) == (id, [{"city": "Berlin"}])
    assert {node["kind"] for node in one["timeline"]["nodes"]} == {"note", "consent", "customer"}
    gone = graphql(CREATE, key=program, input={"givenName": "G", "idempotencyKey": "g"}).json()["data"]["customerCreate"]["customer"]["id"]
    merge = "mutation($input: CustomerMergeInput!) { customerMerge(input: $input) { customer { id } errors { code } } }"
    assert (
        graphql(merge, key=program, input={"keep": id, "gone": gone, "idempotencyKey": "m"}).json()["data"]["customerMerge"]["customer"]["id"] == id
    )
    erase = "mutation($input: CustomerEraseInput!) { customerErase(input: $input) { customer { name } errors { code } } }"
    assert graphql(erase, key=program, input={"customer": id, "idempotencyKey": "e"}).json()["data"]["customerErase"]["customer"]["name"] == ""
    assert graphql(query, key=program, email="ada@example.org").json()["data"]["customer"] is None
    assert Note.objects.count() == 0


def test_who_may_only_write_learns_nothing_of_whom_they_write_about(cast):
    id = somebody()
    writer = key(cast.web, "customers:write")
    note = "mutation($input: CustomerNoteInput!) { customerNoteAdd(input: $input) { customer { name } errors { code } } }"
    answer = graphql(note, key=writer, input={"customer": str(id), "text": "x", "idempotencyKey": "n"})
    assert "Ada" not in answer.content.decode()
    assert code_of(answer) == "not_allowed"


READS = ("", "/{id}", "/{id}/timeline", "/{id}/export", "/{id}/notes")
WRITES = (
    ("post", "", ADA),
    ("patch", "/{id}", {"version": 1}),
    ("post", "/{id}/addresses", BERLIN),
    ("delete", "/{id}/addresses/{id}", None),
    ("post", "/{id}/identities", {"kind": "card", "value": "4711"}),
    ("delete", "/{id}/identities/1", None),
    ("post", "/{id}/consents", {}),
    ("post", "/{id}/notes", {"text": "x"}),
    ("post", "/{id}/merges", {}),
    ("post", "/{id}/erasures", {}),
)


def test_a_stranger_learns_and_changes_nothing_at_any_door(cast):
    id = somebody()
    public, other = key(cast.web, "catalog:read", "checkout:write", kind="publishable"), key(cast.web, "orders:read", "orders:write")
    reader = key(cast.web, "customers:read")
    for path in READS:
        asked = LIST + path.format(id=id)
        assert rest(asked).status_code == 401
        assert [rest(asked, key=one).status_code for one in (public, other)] == [403, 403]
        assert rest(asked, user=cast.carla).status_code in (401, 403)
        assert rest(asked, user=cast.mia).status_code == 200
    for method, path, body in WRITES:
        asked = LIST + path.format(id=id)
        assert send(method, asked, body, key="nobody").status_code == 401
        assert [send(method, asked, body, key=one).status_code for one in (public, other, reader)] == [403, 403, 403]
    for path in ("customer-suggestions", "customer-groups"):
        assert rest(f"/api/v1/{path}", key=public).status_code == 403
    assert post("/api/v1/customer-suggestions/1/separations", key=reader).status_code == 403
    assert post("/api/v1/customer-groups", {"code": "x", "name": "x"}, key=reader).status_code == 403
    assert post(f"{LIST}/{id}/erasures", key=key(cast.web, "customers:read", "customers:write")).status_code == 403
    for query in ("{ customers { nodes { name } } }", "{ customerGroups { code } }", "{ customerSuggestions { nodes { id } } }"):
        assert code_of(graphql(query, key=public)) == "not_allowed"
    assert code_of(graphql(f'{{ customer(id: "{id}") {{ name }} }}', key=public)) == "not_allowed"
    assert code_of(graphql(CREATE, key=reader, input={"givenName": "X", "idempotencyKey": "k"})) == "not_allowed"
    assert Customer.objects.get().version == 1


@pytest.mark.parametrize("path", ["{id}", "{id}/timeline", "{id}/export"])
def test_who_is_not_there_is_not_found(program, path):
    answer = rest(f"{LIST}/{path.format(id=uuid7())}", key=program)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


@pytest.mark.parametrize("query", [{"after": "x"}, {"first": 0}, {"kind": "dog"}, {"colour": "blue"}, {"q": "x" * 201}])
def test_a_wrong_filter_is_refused(program, query):
    assert code_of(rest(LIST, key=program, **query)) in ("invalid", "unknown_filter")


@pytest.mark.parametrize("q", ["'; drop table", "%", "\\", "C-99999999999999999999", "+", "0" * 200, "@@", "\U0001f600", "a\u0000"])
def test_odd_questions_find_nobody_and_break_nothing(program, q):
    somebody()
    answer = rest(LIST, key=program, q=q)
    assert answer.status_code in (200, 422)
    assert answer.json().get("items", []) == []
