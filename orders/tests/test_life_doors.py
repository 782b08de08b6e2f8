"""The life of an order and the books through both doors: once under a key, and nothing for strangers."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from customers import services as customers
from kernel import outbox
from kernel.ids import uuid7
from kernel.models import Message
from orders import services
from orders.api.books import shown
from orders.models import Invoice, Order
from orders.services import invoicing
from orders.tests.web_orders import broken, open_for_business, order
from orders.tests.web_shop import open_web_shop
from orders.tests.web_shop import reserved as web_reserved
from org.tests.cast import NOW, hire
from org.tests.doorstep import client_of, code_of, graphql, key, rest, statements

DAY = "2026-03-14"
BODIES = {
    "cancellations": {"version": 1, "reason": "changed my mind"},
    "holds": {"version": 1, "reason": "fraud check"},
    "hold-releases": {"version": 1},
    "hand-overs": {"version": 1},
    "edits": {"version": 1, "changes": [{"line": 1, "quantity": 2000}]},
    "payments": {"version": 1, "kind": "cash", "amount": 1},
    "schedules": {"version": 1, "parts": [{"amount": 300}]},
    "conversions": {"version": 1},
    "reviews": {"version": 1, "note": "looked at it"},
    "invoices": {},
}


@pytest.fixture
def room(room):
    return open_for_business(room)


@pytest.fixture
def desk(room):
    return key(room.cast.web, "orders:read", "orders:write", "books:read", "books:write")


def post(path, body, *, key=None, user=None, once=""):
    headers = {"Idempotency-Key": once or str(uuid7())}
    return client_of(key=key, user=user).post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("what", BODIES)
def test_strangers_and_other_channels_do_nothing_with_an_order(room, what):
    made = order(room)
    other = key(room.cast.stores, "orders:read", "orders:write")
    reader = key(room.cast.web, "orders:read")
    path = f"orders/{made.id}/{what}"
    assert post(path, BODIES[what]).status_code == 401
    assert post(path, BODIES[what], key=reader).status_code == 403
    assert post(path, BODIES[what], user=room.cast.carla).status_code in (401, 403)
    for who in ({"key": other}, {"user": room.cast.stan}):
        foreign = post(path, BODIES[what], **who)
        missing = post(f"orders/{uuid7()}/{what}", BODIES[what], **who)
        assert (foreign.status_code, code_of(foreign)) == (missing.status_code, code_of(missing)) == (404, "not_found")
    assert Order.objects.get(id=made.id).version == 1


@pytest.mark.parametrize("what", BODIES)
def test_every_act_happens_once_under_its_key(room, desk, what):
    status = {"conversions": "quote"}.get(what, "pending" if what in ("payments", "schedules") else "paid")
    made = order(room, paid="transfer" if status == "paid" else "", status=status)
    if what == "hold-releases":
        services.hold(order=made.id, version=1, reason="fraud check", actor=None, now=NOW)
    if what == "reviews":
        services.put_to_review(order=made.id, reason="amounts", now=NOW)
    body = BODIES[what] | ({"version": 2} if what in ("hold-releases", "reviews") else {})
    first, again = (post(f"orders/{made.id}/{what}", body, key=desk, once="the same") for _ in range(2))
    assert first.status_code == 201, first.content
    assert first.content == again.content
    assert broken() == []
    if what != "invoices":
        assert first.json()["version"] == Order.objects.get(id=made.id).version
        assert code_of(post(f"orders/{made.id}/{what}", body, key=desk)) in ("order_changed", "order_state")


def test_a_body_with_a_field_nobody_knows_is_refused(room, desk):
    made = order(room)
    refused = post(f"orders/{made.id}/holds", {"version": 1, "reason": "x", "sure": True}, key=desk)
    assert (refused.status_code, code_of(refused)) == (400, "unknown_field")
    assert post(f"orders/{made.id}/holds", {"version": 1, "reason": "a\x00b"}, key=desk).status_code < 500


def test_an_order_in_full_tells_its_steps_and_parts(room, desk):
    made = order(room, paid="")
    post(f"orders/{made.id}/schedules", {"version": 1, "parts": [{"amount": 100}, {"amount": 200, "due_on": DAY}]}, key=desk)
    post(f"orders/{made.id}/payments", {"version": 2, "kind": "transfer", "amount": 100, "label": "IBAN"}, key=desk)
    told = rest(f"/api/v1/orders/{made.id}", key=desk).json()
    assert [step["kind"] for step in told["steps"]] == ["placed", "scheduled", "part_paid"]
    assert [(due["amount"], due["paid"]) for due in told["dues"]] == [(100, 100), (200, 0)]
    assert (told["version"], told["status"], told["payments"][0]["label"]) == (3, "pending", "IBAN")


def test_graphql_does_the_same_with_the_same_codes(room, desk):
    made = order(room)
    ask = """mutation($input: OrderReasonInput!) { orderHold(input: $input) { moved { status version } errors { code field details } } }"""
    given = {"id": str(made.id), "version": 1, "reason": "fraud check", "idempotencyKey": "k1"}
    first, again = (graphql(ask, key=desk, input=given).json()["data"]["orderHold"] for _ in range(2))
    assert first == again == {"moved": {"status": "paid", "version": 2}, "errors": []}
    changed = graphql(ask, key=desk, input=given | {"idempotencyKey": "k2"}).json()["data"]["orderHold"]
    assert changed["errors"][0]["code"] == "order_changed"
    assert code_of(graphql(ask, input=given)) == "not_signed_in"
    issue = "mutation($input: OrderInvoiceInput!) { orderInvoice(input: $input) { invoice { name total } errors { code } } }"
    told = graphql(issue, key=desk, input={"id": str(made.id), "idempotencyKey": "k3"}).json()["data"]["orderInvoice"]
    assert told["invoice"] is None or told["invoice"]["total"] == 300


def test_an_invoice_is_read_and_printed_and_names_nobody_who_was_erased(room, desk):
    who = customers.create_customer(data={"given_name": "Zoë", "family_name": "Müller", "email": "zoe@example.com"}, actor=None, now=NOW)
    at = customers.add_address(
        customer=who, address={"name": "Zoë Müller", "line1": "Hauptstraße 5", "city": "Berlin", "postcode": "10115", "country": "DE"}, now=NOW
    )
    made = order(room, customer=who, bill_to=at)
    issued = post(f"orders/{made.id}/invoices", {}, key=desk).json()
    assert (issued["kind"], issued["total"], issued["name"]) == ("invoice", 300, "INV-HARROW-000001")
    assert "Zoë" not in str(Invoice.objects.get().document)
    path = f"/api/v1/orders/{made.id}/invoices/{issued['id']}/pdf"
    before = rest(path, key=desk)
    assert before.content.startswith(b"%PDF")
    assert before.content == rest(path, key=desk).content
    assert [one["id"] for one in rest(f"/api/v1/orders/{made.id}/invoices", key=desk).json()["items"]] == [issued["id"]]
    services.hand_over(order=made.id, actor=None, now=NOW)
    customers.erase(id=who, actor=None, now=NOW)
    after = rest(path, key=desk)
    assert (after.status_code, after.content == before.content) == (200, False)
    assert rest(path).status_code == 401
    assert rest(path, key=key(room.cast.stores, "orders:read")).status_code == 404


def test_numbers_have_no_gaps_when_an_issue_breaks_off(room, monkeypatch):
    first, second, third = (order(room, 1) for _ in range(3))
    services.issue_invoice(order=first.id, now=NOW)
    monkeypatch.setattr(invoicing, "record_step", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.issue_invoice(order=second.id, now=NOW)
    monkeypatch.undo()
    services.issue_invoice(order=third.id, now=NOW)
    assert [one.number for one in Invoice.objects.order_by("number")] == [1, 2]
    assert services.issue_invoice(order=third.id, now=NOW).number == 2
    assert broken() == []


def test_a_cancelled_sale_is_credited_as_it_was_sold(room):
    made = order(room)
    services.cancel(order=made.id, version=1, reason="x", actor=None, now=NOW)
    with pytest.raises(services.OrderState):
        services.issue_invoice(order=made.id, now=NOW)
    made = order(room)
    invoice = services.issue_invoice(order=made.id, now=NOW)
    services.cancel(order=made.id, version=1, reason="x", actor=None, now=NOW)
    credit = services.issue_invoice(order=made.id, now=NOW)
    assert (credit.kind, credit.total, credit.credits, credit.number) == ("credit_note", -300, invoice, 1)
    assert sum(line["total"] for line in credit.document["lines"]) == -300


def carry():
    outbox.carry(clock=lambda: datetime.now(UTC))


def test_books_are_for_accountants_alone(room, desk):
    order(room)
    carry()
    ada = hire("ada", "accountant")
    for path, query in (
        ("days", {"on": DAY}),
        ("vat", {"since": DAY, "until": DAY}),
        ("export", {"since": DAY, "until": DAY}),
        ("periods", {}),
    ):
        assert rest(f"/api/v1/books/{path}", **query).status_code == 401
        assert rest(f"/api/v1/books/{path}", user=room.cast.mia, **query).status_code == 403
        assert rest(f"/api/v1/books/{path}", user=ada, **query).status_code == 200
    assert post("books/periods", {"company": "harrow", "through": DAY}, user=room.cast.mia).status_code == 403


def test_the_day_is_what_the_orders_say_until_somebody_tampers(room, desk):
    made = order(room)
    carry()
    ada = hire("ada", "accountant")
    told = rest("/api/v1/books/days", user=ada, on=DAY, channel="web").json()
    assert told["differences"] == []
    assert {row["account"]: row["debit"] - row["credit"] for row in told["balances"]} == {"bank_transfers": 300, "sales": -279, "tax": -21}
    Order.objects.filter(id=made.id).update(status="pending")
    told = rest("/api/v1/books/days", user=ada, on=DAY, channel="web").json()
    assert {row["id"] for row in told["differences"]} == {str(made.id)}


def test_a_period_is_closed_through_the_door_once(room):
    order(room)
    carry()
    ada = hire("ada", "accountant")
    first, again = (post("books/periods", {"company": "harrow", "through": DAY}, user=ada, once="march") for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    assert code_of(post("books/periods", {"company": "harrow", "through": DAY}, user=ada)) == "period_closed"
    assert code_of(post("books/periods", {"company": "nobody", "through": DAY}, user=ada)) == "not_found"
    assert rest("/api/v1/books/periods", user=ada).json()["items"] == [{"company": "harrow", "through": DAY}]


def test_the_export_is_a_table_and_no_formula(room):
    order(room)
    carry()
    ada = hire("ada", "accountant")
    text = b"".join(rest("/api/v1/books/export", user=ada, since=DAY, until=DAY).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["account"] for row in rows} == {"bank_transfers", "sales", "tax"}
    assert sum(int(row["debit"]) - int(row["credit"]) for row in rows) == 0
    assert [shown(cell) for cell in ("=1+1", "+1", "-1", "@x", "\tx", "plain", -5)] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "plain", -5]


def test_a_long_period_and_a_backward_one_are_refused(room):
    ada = hire("ada", "accountant")
    for until in ("2030-01-01", "2026-03-13"):
        assert code_of(rest("/api/v1/books/vat", user=ada, since=DAY, until=until)) == "invalid"
    assert rest("/api/v1/books/days", user=ada, on=DAY, store="nowhere").status_code == 404


def test_an_order_takes_the_same_statements_however_many_steps_it_has(room, desk):
    made = order(room)
    counted = []
    for version in (1, 3, 5):
        with statements() as seen:
            rest(f"/api/v1/orders/{made.id}", key=desk)
        counted.append(len(seen))
        services.hold(order=made.id, version=version, reason="x", actor=None, now=NOW)
        services.let_go(order=made.id, version=version + 1, actor=None, now=NOW)
    assert len(set(counted)) == 1


def test_customers_are_written_to_once_and_in_their_language(room, settings, mailoutbox):
    settings.MAIL_FROM = "shop@example.com"
    who = customers.create_customer(data={"given_name": "Zoë", "email": "zoe@example.com", "language": "de"}, actor=None, now=NOW)
    order(room, customer=who)
    order(room)
    carry()
    carry()
    outbox.Delivery.objects.filter(subscriber="orders.mails").update(state="pending", due_at=NOW - timedelta(days=1))
    carry()
    assert [mail.to for mail in mailoutbox] == [["zoe@example.com"]]
    mail = mailoutbox[0]
    assert mail.subject.startswith("Danke für Ihre Bestellung: W-")
    assert "Guten Tag Zoë" in mail.body
    assert "<h1>Danke" in mail.alternatives[0][0]
    assert "Zoë" not in str(list(Message.objects.values_list("data", flat=True)))


def test_nobody_is_written_to_by_a_shop_without_a_sender(room, mailoutbox):
    who = customers.create_customer(data={"email": "zoe@example.com"}, actor=None, now=NOW)
    order(room, customer=who)
    carry()
    assert mailoutbox == []


def test_a_quote_is_offered_and_becomes_an_order(db):
    shop = open_web_shop()
    desk = key(shop.cast.web, "orders:read", "orders:write")
    pickup = {"kind": "pickup", "option": "collect", "location": "northside"}
    offer = {"lines": [{"sku": "TEA", "quantity": 2000}], "delivery": pickup, "parts": [{"amount": 400}, {"amount": 600}]}
    made, again = (post("quotes", offer, key=desk, once="offer") for _ in range(2))
    assert made.status_code == 201, made.content
    assert made.content == again.content
    assert (made.json()["status"], made.json()["total"], web_reserved(shop.northside)["TEA"]) == ("quote", 1000, 0)
    id = made.json()["order"]
    done = post(f"orders/{id}/conversions", {"version": made.json()["version"]}, key=desk)
    assert (done.status_code, done.json()["status"], web_reserved(shop.northside)["TEA"]) == (201, "pending", 2000)
    ask = "query($id: ID) { order(id: $id) { version kind heldReason dues { amount paid } steps { kind } } }"
    told = graphql(ask, key=desk, id=id).json()["data"]["order"]
    assert (told["version"], told["dues"][0]) == (done.json()["version"], {"amount": 400, "paid": 0})
    assert [step["kind"] for step in told["steps"]][-2:] == ["scheduled", "converted"]
    assert post("quotes", offer).status_code == 401
    assert post("quotes", offer | {"channel": "web"}, user=shop.cast.mia).status_code == 403
    assert post("quotes", offer | {"channel": "nowhere"}, user=shop.cast.olga).status_code == 404
