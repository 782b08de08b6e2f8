"""Gift cards, credit and points at the doors: REST and GraphQL, and the stranger at each."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from graphql_relay import to_global_id

from customers import codes, queries, services
from customers.models import Account, Customer
from customers.queries.value import broken
from kernel.models import IdempotencyKey
from org.tests.cast import NOW, hire, open_shop
from org.tests.doorstep import client_of, code_of, graphql, key, rest, statements


@pytest.fixture(autouse=True)
def memory(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(uuid4())}}
    yield
    cache.clear()


@pytest.fixture
def cast(db):
    yield open_shop()
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
    assert broken() == []


@pytest.fixture
def secret(cast):
    return key(cast.web, "value:read", "value:write", "checkout:write")


@pytest.fixture
def anna(cast):
    return Customer.objects.create(number="C-1", created_at=NOW, changed_at=NOW).id


def send(path, body, *, secret=None, user=None, once=None):
    return client_of(key=secret, user=user).post(
        f"/api/v1/{path}", body, content_type="application/json", headers={"Idempotency-Key": once or str(uuid4())}
    )


def issue(secret, **more):
    return send("gift-cards", {"amount": 5000, "currency": "EUR"} | more, secret=secret)


def test_a_card_is_issued_topped_up_blocked_and_asked(secret):
    card = issue(secret).json()
    assert codes.sound(codes.normalised(card["code"]))
    assert send(f"gift-cards/{card['id']}/top-ups", {"amount": 500, "currency": "EUR"}, secret=secret).status_code == 201
    asked = send("gift-card-balances", {"code": card["code"]}, secret=secret).json()
    assert (asked["balance"], asked["spendable"], asked["last4"]) == (5500, 5500, card["code"][-4:])
    assert send(f"gift-cards/{card['id']}/blocks", {"blocked": True}, secret=secret).status_code == 201
    asked = send("gift-card-balances", {"code": card["code"]}, secret=secret).json()
    assert (asked["balance"], asked["spendable"], asked["blocked"]) == (5500, 0, True)
    assert code_of(send(f"gift-cards/{card['id']}/top-ups", {"amount": 500, "currency": "EUR"}, secret=secret)) == "gift_card_blocked"
    movements = rest(f"/api/v1/value-accounts/{card['id']}/movements", key=secret, first=2).json()
    assert [one["cause"] for one in movements["items"]] == ["adjust", "top_up"]
    rest_of = rest(f"/api/v1/value-accounts/{card['id']}/movements", key=secret, after=movements["next"]).json()
    assert [one["cause"] for one in rest_of["items"]] == ["issue"]
    assert rest(f"/api/v1/value-accounts/{card['id']}", key=secret).json()["balance"] == 5500


def test_an_answer_sent_again_has_the_card_and_not_its_code(secret):
    once = str(uuid4())
    first, again = (send("gift-cards", {"amount": 100, "currency": "EUR"}, secret=secret, once=once).json() for _ in range(2))
    assert (again["id"], again["code"]) == (first["id"], None)
    assert Account.objects.filter(kind="gift_card").count() == 1
    new = send(f"gift-cards/{first['id']}/codes", {}, secret=secret).json()["code"]
    assert queries.find_gift_card(code=first["code"]) is None
    assert str(queries.find_gift_card(code=new).id) == first["id"]
    kept = b"".join(bytes(row.answer) for row in IdempotencyKey.objects.all()).decode()
    for code in (first["code"], new):
        assert code not in kept
        assert codes.normalised(code) not in kept


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"amount": 0}, "invalid"),
        ({"amount": -1}, "invalid"),
        ({"amount": 10**13}, "invalid"),
        ({"amount": "many"}, "invalid"),
        ({"currency": "EURO"}, "invalid"),
        ({"currency": "PTS"}, "value_currency_unknown"),
        ({"currency": "e€r"}, "value_currency_unknown"),
        ({"code": "short"}, "gift_card_code_invalid"),
        ({"balance": 1}, "unknown_field"),
    ],
)
def test_what_is_no_card_is_refused(secret, wrong, code):
    refused = issue(secret, **wrong)
    assert (refused.status_code, code_of(refused)) == (422, code)
    assert not Account.objects.exists()


def test_a_card_with_a_code_of_another_system_is_issued_once(secret):
    assert issue(secret, code="OLD-0001").json()["code"] is None
    assert code_of(issue(secret, code="old0001")) == "gift_card_code_taken"


@pytest.mark.parametrize(("role", "most"), [("support", 10), ("publishable", 10), ("secret", 100)])
def test_whoever_guesses_codes_waits_and_nobody_else(cast, secret, role, most):
    card = issue(secret).json()
    who = {"user": hire("sam", role)} if role == "support" else {"secret": key(cast.web, "checkout:write", kind=role)}
    for _ in range(most):
        assert send("gift-card-balances", {"code": card["code"]}, **who).status_code == 200
    for _ in range(most):
        refused = send("gift-card-balances", {"code": codes.made()}, **who)
        assert (refused.status_code, code_of(refused)) == (404, "gift_card_unknown")
    refused = send("gift-card-balances", {"code": card["code"]}, **who)
    assert (refused.status_code, code_of(refused), refused["Retry-After"]) == (429, "gift_card_tries", "600")
    other = key(cast.web, "checkout:write", kind="publishable")
    assert send("gift-card-balances", {"code": card["code"]}, secret=other).status_code == 200


def test_credit_and_points_are_given_and_told(secret, anna):
    assert send(f"customers/{anna}/credit", {"amount": 500, "currency": "EUR", "note": "late parcel"}, secret=secret).status_code == 201
    assert send(f"customers/{anna}/points", {"points": 50, "note": "birthday"}, secret=secret).status_code == 201
    told = [rest(f"/api/v1/customers/{anna}/{kind}", key=secret).json()["items"] for kind in ("credit", "points")]
    assert [(one["kind"], one["currency"], one["balance"]) for items in told for one in items] == [
        ("store_credit", "EUR", 500),
        ("points", "PTS", 50),
    ]
    account = told[0][0]["id"]
    assert code_of(send(f"value-accounts/{account}/adjustments", {"amount": -501, "note": "typo"}, secret=secret)) == "store_credit_balance"
    assert send(f"value-accounts/{account}/adjustments", {"amount": -500, "note": "typo"}, secret=secret).status_code == 201
    assert send(f"customers/{uuid4()}/credit", {"amount": 500, "currency": "EUR", "note": "x"}, secret=secret).status_code == 404


def test_what_is_owed_is_told_by_kind_currency_and_age(secret, anna):
    old = NOW.replace(year=2024)
    for amount, currency, at in ((100, "EUR", NOW), (200, "EUR", NOW), (300, "USD", NOW), (400, "EUR", old)):
        services.issue_gift_card(amount=amount, currency=currency, reference=uuid4(), line=0, actor=None, now=at)
    services.give_points(customer=anna, points=7, reference=uuid4(), line=0, actor=None, note="", now=NOW)
    with statements() as seen:
        found = [(one.kind, one.currency, one.age, one.accounts, one.amount) for one in queries.liability(now=NOW)]
    assert len(seen) == 1
    assert found == [
        ("gift_card", "EUR", "month", 2, 300),
        ("gift_card", "EUR", "older", 1, 400),
        ("gift_card", "USD", "month", 1, 300),
        ("points", "PTS", "month", 1, 7),
    ]
    assert sum(one["amount"] for one in rest("/api/v1/value-liability", key=secret).json()["items"]) == 1007


@pytest.mark.parametrize("rows", [1, 10, 100])
def test_lists_cost_the_same_for_a_hundred_accounts_as_for_one(secret, rows):
    Account.objects.bulk_create(Account(kind="gift_card", currency="EUR", digest=uuid4().bytes, last4=f"{n:04}", created_at=NOW) for n in range(rows))
    with statements() as seen:
        page = rest("/api/v1/value-accounts", key=secret, first=100, kind="gift_card").json()
    assert (len(page["items"]), len(seen)) == (rows, 2), seen
    with statements() as seen:
        found = graphql('{ valueAccounts(first: 100, kind: "gift_card") { nodes { id last4 balance customerId } } }', key=secret).json()
    assert (len(found["data"]["valueAccounts"]["nodes"]), len(seen)) == (rows, 2), seen


def test_pages_go_on_where_the_one_before_ended(secret):
    for n in range(5):
        services.issue_gift_card(amount=n + 1, currency="EUR", reference=uuid4(), line=0, actor=None, now=NOW)
    seen, after = [], ""
    while after is not None:
        page = rest("/api/v1/value-accounts", key=secret, first=2, **({"after": after} if after else {})).json()
        seen += [one["balance"] for one in page["items"]]
        after = page["next"]
    assert sorted(seen) == [1, 2, 3, 4, 5]


def mutate(name, payload, secret, **input):
    given = {"idempotencyKey": str(uuid4())} | input
    kind = {"giftCardReplaceCode": "GiftCardCode"}.get(name, name[0].upper() + name[1:])
    answer = graphql(f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {payload} errors {{ code field }} }} }}", key=secret, input=given)
    return answer.json()["data"][name]


def test_graphql_has_the_same_rules(secret, anna):
    told = "account { id balance currency } code"
    once = {"amount": 5000, "currency": "EUR", "idempotencyKey": str(uuid4())}
    card = mutate("giftCardIssue", told, secret, **once)
    again = mutate("giftCardIssue", told, secret, **once)
    assert (again["account"], again["code"]) == (card["account"], None)
    id = card["account"]["id"]
    assert mutate("giftCardTopUp", "account { balance }", secret, id=id, amount=100, currency="EUR")["account"]["balance"] == 5100
    assert mutate("giftCardTopUp", "account { balance }", secret, id=id, amount=0, currency="EUR")["errors"][0]["code"] == "value_amount_invalid"
    new = mutate("giftCardReplaceCode", told, secret, id=id)["code"]
    asked = "card { balance spendable blocked expiresAt }"
    assert mutate("giftCardBalance", asked, secret, code=card["code"])["errors"] == [{"code": "gift_card_unknown", "field": "code"}]
    assert mutate("giftCardBalance", asked, secret, code=new)["card"] == {"balance": 5100, "spendable": 5100, "blocked": False, "expiresAt": None}
    assert mutate("giftCardBlock", "account { blockedAt }", secret, id=id, blocked=True)["account"]["blockedAt"]
    customer = to_global_id("Customer", anna)
    assert mutate("creditGive", "account { kind balance }", secret, customer=customer, amount=5, currency="EUR", note="x")["account"]["balance"] == 5
    points = mutate("pointsGive", "account { id kind balance }", secret, customer=customer, points=5, note="x")["account"]
    assert mutate("valueAdjust", "account { balance }", secret, id=points["id"], amount=-5, note="x")["account"]["balance"] == 0
    moved = graphql(
        "query($id: ID!) { valueMovements(account: $id) { nodes { cause amount note } } valueAccount(id: $id) { last4 } valueLiability { amount } }",
        key=secret,
        id=id,
    ).json()["data"]
    assert [one["cause"] for one in moved["valueMovements"]["nodes"]] == ["adjust", "adjust", "top_up", "issue"]
    assert moved["valueAccount"]["last4"] == new[-4:]


def every_door(card, customer):
    write = [
        ("gift-cards", {"amount": 1, "currency": "EUR"}),
        (f"gift-cards/{card}/codes", {}),
        (f"gift-cards/{card}/top-ups", {"amount": 1, "currency": "EUR"}),
        (f"gift-cards/{card}/blocks", {"blocked": True}),
        ("gift-card-balances", {"code": "X"}),
        (f"customers/{customer}/credit", {"amount": 1, "currency": "EUR", "note": "x"}),
        (f"customers/{customer}/points", {"points": 1, "note": "x"}),
        (f"value-accounts/{card}/adjustments", {"amount": 1, "note": "x"}),
    ]
    read = [f"value-accounts{rest}" for rest in ("", f"/{card}", f"/{card}/movements")]
    return write, [*read, "value-liability", f"customers/{customer}/credit", f"customers/{customer}/points"]


def test_a_stranger_moves_nothing_and_sees_nothing(cast, secret, anna):
    card = issue(secret).json()["id"]
    write, read = every_door(card, anna)
    weak = key(cast.web, "catalog:read", kind="publishable")
    only_reads = key(cast.web, "value:read")
    for path, body in write:
        assert send(path, body).status_code == 401, path
        for who in ({"secret": weak}, {"secret": only_reads}, {"user": cast.carla}):
            assert send(path, body, **who).status_code in (401, 403), path
    for path in read:
        assert rest(f"/api/v1/{path}").status_code == 401, path
        for who in ({"key": weak}, {"user": cast.stan}):
            assert rest(f"/api/v1/{path}", **who).status_code == 403, path
    assert queries.account(id=card).balance == 5000
    support = hire("sam", "support")
    assert rest(f"/api/v1/value-accounts/{card}", user=support).json()["balance"] == 5000
    asked = "{ valueLiability { amount } valueAccounts { nodes { id } } }"
    assert code_of(graphql(asked)) == "not_signed_in"
    assert code_of(graphql(asked, key=weak)) == "not_allowed"
