"""Staff have a mail sent again: once under a key, to where the customer is written to now, and to nobody who was forgotten."""

import pytest
from graphql_relay import to_global_id

from customers import services as customers
from customers.models import Customer
from kernel.ids import uuid7
from kernel.models import Message
from orders import services
from orders.models import OrderStep
from orders.tests.sold import sold
from orders.tests.test_life_doors import carry, code_of, post
from orders.tests.web_orders import open_for_business, order
from org.tests.cast import NOW
from org.tests.doorstep import client_of, graphql, key

AGAIN = "mutation ($input: OrderMailInput!) { orderMail(input: $input) { moved { version } errors { code details } } }"


@pytest.fixture
def room(room, settings):
    settings.MAIL_FROM = "shop@example.com"
    return open_for_business(room)


@pytest.fixture
def desk(room):
    return key(room.cast.web, "orders:write", "orders:read")


def zoe(**data):
    return customers.create_customer(data={"given_name": "Zoë", "email": "zoe@example.com", **data}, actor=None, now=NOW)


def reason(answer):
    assert (answer.status_code, code_of(answer)) == (409, "mail_impossible"), answer.content
    return answer.json()["details"]["reason"] if "details" in answer.json() else answer.json()["reason"]


def test_it_is_sent_again_once_under_a_key_and_says_how_the_order_stands(room, desk, mailoutbox):
    made = order(room, customer=zoe(language="de"))
    carry()
    first, again = (post(f"orders/{made.id}/mails", {}, key=desk, once="k") for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    carry()
    services.cancel(order=made.id, version=None, reason="no", actor=None, now=NOW)
    given = {"id": to_global_id("Order", str(made.id)), "what": "confirmation", "idempotencyKey": "k"}
    assert graphql(AGAIN, key=desk, input=given).json()["data"]["orderMail"]["errors"] == []
    carry()
    subjects = [mail.subject.partition(":")[0] for mail in mailoutbox]
    assert subjects == ["Danke für Ihre Bestellung", "Danke für Ihre Bestellung", *["Ihre Bestellung wurde storniert"] * 2]
    assert {to for mail in mailoutbox for to in mail.to} == {"zoe@example.com"}
    assert OrderStep.objects.filter(order=made, kind="mail_wanted").count() == 2
    assert "zoe" not in str(list(Message.objects.values_list("data", flat=True))).lower()


def test_an_invoice_is_attached(room, desk, mailoutbox):
    made = order(room, customer=zoe())
    assert reason(post(f"orders/{made.id}/mails", {"what": "invoice"}, key=desk)) == "no_invoice"
    issued = services.issue_invoice(order=made.id, now=NOW)
    mailoutbox.clear()
    assert post(f"orders/{made.id}/mails", {"what": "invoice"}, key=desk).status_code == 201
    carry()
    mail = mailoutbox[-1]
    assert mail.subject.startswith("Your invoice: ")
    ((name, page, kind),) = mail.attachments
    assert (name, page[:4], kind) == (f"{issued.name}.pdf", b"%PDF", "application/pdf")


def test_nobody_is_written_to_who_cannot_or_must_not_be(room, desk, settings, mailoutbox):
    gone, silent = order(room, customer=zoe()), order(room, customer=zoe(email="", phone="+49 30 1234567"))
    quoted = order(room, paid="", status="quote", customer=zoe(email="z@example.org"))
    Customer.objects.filter(id=gone.customer_id).update(erased_at=NOW)
    at_a_till = sold(room)
    why_not = {gone.id: "erased", silent.id: "no_address", quoted.id: "order_state", order(room).id: "not_ours"}
    for id, why in why_not.items():
        assert reason(post(f"orders/{id}/mails", {}, key=desk)) == why
    with pytest.raises(services.MailImpossible) as refused:
        services.send_again(order=at_a_till.id, what="confirmation", actor=None, now=NOW)
    assert refused.value.details["reason"] == "not_ours"
    settings.MAIL_FROM = ""
    assert reason(post(f"orders/{silent.id}/mails", {}, key=desk)) == "no_sender"
    assert not Message.objects.filter(type="orders.order.mail_wanted").exists()


def test_strangers_send_nothing(room, desk):
    made = order(room, customer=zoe())
    path = f"orders/{made.id}/mails"
    assert post(path, {}).status_code == 401
    assert post(path, {}, key=key(room.cast.web, "orders:read")).status_code == 403
    assert post(path, {}, key=key(room.cast.stores, "orders:write")).status_code == 404
    assert post(f"orders/{uuid7()}/mails", {}, key=desk).status_code == 404
    assert post(path, {"what": "a poem"}, key=desk).status_code == 422
    office = client_of(user=room.cast.stan)
    assert office.post(f"/admin/orders/order/{made.id}/mail/", {"what": "confirmation"}).status_code in (302, 403, 404)
    assert not Message.objects.filter(type="orders.order.mail_wanted").exists()


def test_the_button_in_the_office_sends_it(room, mailoutbox):
    made = order(room, customer=zoe())
    office = client_of(user=room.cast.olga)
    assert b"Send mail again" in office.get(f"/admin/orders/order/{made.id}/change/").content
    answer = office.post(f"/admin/orders/order/{made.id}/mail/", {"what": "confirmation"})
    assert answer.status_code == 302
    assert Message.objects.filter(type="orders.order.mail_wanted", data__what="confirmation").count() == 1
