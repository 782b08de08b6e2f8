"""What somebody is known by, where they live, notes, groups and who is two, through GraphQL."""

import pytest

from customers import services
from customers.tests.persons import ADA, BERLIN, GRACE, NOW, somebody
from org.tests.cast import open_shop
from org.tests.doorstep import code_of, graphql, key, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return open_shop()


@pytest.fixture
def program(cast):
    return key(cast.web, "customers:read", "customers:write")


SHAPES = {"customerAddressAdd": "CustomerAddressInput"}


def done(what, program, *, once="1", told="customer { addresses { id line1 defaultBilling } identities { id kind verifiedAt } }", **given):
    shape = SHAPES.get(what, f"{what[0].upper()}{what[1:]}Input")
    document = f"mutation($input: {shape}!) {{ {what}(input: $input) {{ {told} errors {{ code field }} }} }}"
    answer = graphql(document, key=program, input={**given, "idempotencyKey": once})
    return code_of(answer) or answer.json()["data"][what]


def test_an_address_is_replaced_and_taken_out(program):
    id = str(somebody())
    first = done("customerAddressAdd", program, customer=id, **BERLIN, defaultBilling=True)["customer"]["addresses"][0]["id"]
    other = {**BERLIN, "line1": "Torstraße 2"}
    second = done("customerAddressReplace", program, customer=id, address=first, **other)["customer"]["addresses"]
    assert [(one["line1"], one["defaultBilling"]) for one in second] == [("Torstraße 2", True)]
    assert done("customerAddressReplace", program, once="2", customer=id, address=first, **other)["errors"][0]["code"] == "not_found"
    assert done("customerAddressRemove", program, customer=id, address=second[0]["id"])["customer"]["addresses"] == []


def test_identities_come_and_go_once(program):
    id = str(somebody())
    given = {"customer": id, "kind": "card", "value": "47114712", "verified": True}
    for _ in range(2):
        told = done("customerIdentityAdd", program, **given)["customer"]["identities"]
    (card,) = (one for one in told if one["kind"] == "card")
    assert card["verifiedAt"]
    assert done("customerIdentityAdd", program, once="2", **{**given, "value": "1"})["errors"]
    left = done("customerIdentityRemove", program, customer=id, identity=card["id"])["customer"]["identities"]
    assert "card" not in {one["kind"] for one in left}
    assert done("customerIdentityRemove", program, once="2", customer=id, identity="nonsense")["errors"] == []


def test_two_are_kept_apart_and_a_group_is_made(program):
    somebody()
    somebody(data={**GRACE, "phone": ADA["phone"]})
    (suggested,) = graphql("{ customerSuggestions { nodes { id } } }", key=program).json()["data"]["customerSuggestions"]["nodes"]
    assert done("customerKeepApart", program, told="suggestion", suggestion=suggested["id"])["suggestion"] == suggested["id"]
    assert done("customerKeepApart", program, once="2", told="suggestion", suggestion="x")["errors"][0]["code"] == "not_found"
    told = "group { code name }"
    assert done("customerGroupCreate", program, told=told, code="trade", name="Trade")["group"] == {"code": "trade", "name": "Trade"}
    assert done("customerGroupCreate", program, once="2", told=told, code="trade", name="Trade")["errors"][0]["code"] == "group_taken"
    assert done("customerGroupCreate", program, once="3", told=told, code="two words", name="x")["errors"] == [{"code": "invalid", "field": "code"}]


def test_notes_come_in_pages_and_everything_is_told_at_once(program, cast):
    id = somebody()
    for number in range(5):
        services.add_note(customer=id, text=f"Note {number}", actor=None, now=NOW)
    page = "nodes { text } pageInfo { hasNextPage endCursor }"
    asked = f"query($id: ID!, $after: String) {{ customerNotes(customer: $id, first: 2, after: $after) {{ {page} }} }}"
    met, after = [], None
    while True:
        page = graphql(asked, key=program, id=str(id), after=after).json()["data"]["customerNotes"]
        met += [note["text"] for note in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert met == [f"Note {number}" for number in (4, 3, 2, 1, 0)]
    whole = graphql("query($id: ID!) { customerExport(id: $id) }", key=program, id=str(id)).json()["data"]["customerExport"]
    assert "Note 3" in whole
    assert ADA["email"].lower() in whole
    assert rest(f"/api/v1/customers/{id}/export", key=program).status_code == 200


def test_a_stranger_learns_and_changes_nothing(cast):
    id = str(somebody())
    reader = key(cast.web, "customers:read")
    for what, given in (
        ("customerAddressReplace", {"customer": id, "address": id, **BERLIN}),
        ("customerAddressRemove", {"customer": id, "address": id}),
        ("customerIdentityAdd", {"customer": id, "kind": "card", "value": "47114712"}),
        ("customerIdentityRemove", {"customer": id, "identity": "1"}),
    ):
        assert (done(what, None, **given), done(what, reader, **given)) == ("not_signed_in", "not_allowed")
    assert code_of(graphql(f'{{ customerExport(id: "{id}") }}')) == "not_signed_in"
    assert code_of(graphql(f'{{ customerNotes(customer: "{id}") {{ nodes {{ text }} }} }}', key=key(cast.web, "orders:read"))) == "not_allowed"
