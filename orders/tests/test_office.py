"""Orders, payments, invoices, delivery and the books in the back office: what each role sees, what acts say and do."""

from datetime import date, timedelta

import pytest
from django.test import Client

from customers import services as customers
from kernel.ids import uuid7
from orders.models import Attempt, BookLine, DeliveryOption, Discrepancy, Invoice, Order, PeriodLock
from orders.services import delivery_options, put_to_review
from orders.tests import sold as till
from orders.tests import web_orders as web
from org import settings
from org.models import User
from org.tests.cast import NOW, hire
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)>"
LISTS = {
    "orders/order": {"olga", "mia", "stan", "sue", "abel", "vera"},
    "orders/attempt": {"olga", "sue", "abel"},
    "orders/discrepancy": {"olga", "sue", "abel"},
    "orders/bookline": {"olga", "abel"},
    "orders/bookline/taxes": {"olga", "abel"},
    "orders/bookline/export": {"olga", "abel"},
    "orders/invoice": {"olga", "mia", "stan", "sue", "abel", "vera"},
    # Whoever keeps the catalogue keeps what delivery costs.
    "orders/deliveryoption": {"olga", "mia", "stan", "sue", "abel", "vera", "nora"},
}


@pytest.fixture
def staff(room):
    roles = {"sue": "support", "abel": "accountant", "vera": "viewer", "tess": "stock_clerk", "nora": "merchandiser", "petra": "pricing_manager"}
    made = {name: hire(name, role) for name, role in roles.items()}
    return made | {name: getattr(room.cast, name) for name in ("olga", "mia", "stan", "carla")}


@pytest.fixture
def at(staff):
    def client(name):
        found = Client()
        found.force_login(staff[name])
        return found

    return client


def page(client, path):
    answer = client.get(f"/admin/{path}", follow=True)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def act(client, order, name, **sent):
    order.refresh_from_db()
    return client.post(f"/admin/orders/order/{order.pk}/{name}/", {"version": order.version, **sent}, follow=True)


@pytest.mark.parametrize("path", LISTS)
def test_each_role_sees_what_it_may(staff, at, path):
    seen = {name for name in staff if at(name).get(f"/admin/{path}/").status_code == 200}
    assert seen == LISTS[path]


def test_a_manager_sees_and_acts_on_orders_of_the_own_store_alone(room, at):
    web.open_for_business(room)
    order, sale = web.order(room), till.sold(room)
    for client, made in ((at("mia"), order), (at("stan"), sale), (at("carla"), sale), (at("tess"), sale)):
        assert client.get(f"/admin/orders/order/{made.pk}/change/").status_code in (302, 403)
        for name in ("cancel", "hold", "let-go", "hand-over", "note", "invoice", "settle", "return", "edit"):
            assert client.post(f"/admin/orders/order/{made.pk}/{name}/", {"version": 1, "reason": "other", "text": "x"}).status_code in (302, 403)
    assert at("vera").post(f"/admin/orders/order/{order.pk}/cancel/", {"version": 1, "reason": "other"}).status_code == 403
    assert at("abel").post(f"/admin/orders/order/{order.pk}/hold/", {"version": 1, "reason": "other"}).status_code == 403
    order.refresh_from_db()
    sale.refresh_from_db()
    assert (order.version, sale.version, order.status) == (1, 1, "paid")
    assert "Cancel order" not in page(at("vera"), f"orders/order/{order.pk}/change/")


def test_the_list_costs_the_same_for_one_ten_and_a_hundred(room, at):
    sue, counts = at("sue"), []
    for upto in (1, 10, 100):
        while Order.objects.count() < upto:
            till.sold(room, customer=till.person(data={"email": f"p{Order.objects.count()}@example.org"}))
        with statements() as seen:
            page(sue, "orders/order/")
        counts.append(len(seen))
    assert counts[0] == counts[1] == counts[2], counts


def test_an_order_is_found_by_number_buyer_contact_and_goods(room, at):
    wilma = till.person(data={"given_name": "Wilma", "family_name": "Quill", "email": "wilma@example.org", "phone": "+49 30 1234567"})
    number = customers_number(wilma)
    hers, other = till.sold(room, customer=wilma), till.sold(room, [till.goods(room, 2)])
    Order.objects.filter(pk=hers.pk).update(number="W-100777")
    for term in ("w-100777", number, "wilma@example.org", "+49 30 1234567", "Quill", "milk-0"):
        told = page(at("sue"), f"orders/order/?q={term.replace('+', '%2B')}")
        assert str(hers.pk) in told, term
        assert str(other.pk) not in told, term
    # Who may not know of customers does not find an order by them.
    assert str(hers.pk) not in page(at("abel"), "orders/order/?q=wilma@example.org")
    assert "Wilma" not in page(at("abel"), f"orders/order/{hers.pk}/change/")
    assert "Wilma Quill" in page(at("sue"), f"orders/order/{hers.pk}/change/")


def customers_number(id):
    from customers.models import Customer

    return Customer.objects.get(pk=id).number


def test_filters_and_views_show_what_waits(room, at):
    web.open_for_business(room)
    paid, pending, held = web.order(room), web.order(room, paid=""), web.order(room)
    sue = at("sue")
    act(sue, held, "hold", reason="fraud")
    put_to_review(order=paid.pk, reason="amount", now=NOW)
    shown = {
        "status__exact=pending": pending,
        "status__exact=review": paid,
        "held=yes": held,
        f"customer={uuid7()}": None,
        "source__exact=web": pending,
        "paid_by=transfer": held,
        "paid_by=gift_card": None,
    }
    for query, wanted in shown.items():
        told = page(sue, f"orders/order/?{query}")
        assert (str(wanted.pk) in told) if wanted else "Nothing matches" in told, query
    assert str(held.pk) not in page(sue, "orders/order/?held=no")
    assert str(paid.pk) not in page(sue, "orders/order/?paid_by=cash")


def test_acts_name_their_effect_and_are_refused_for_who_read_an_old_page(room, at):
    web.open_for_business(room)
    order, sue = web.order(room), at("sue")
    told = page(sue, f"orders/order/{order.pk}/change/")
    assert "go back the way they came" in told
    assert "All goods of the order leave the stock now" in told
    act(sue, order, "hold", reason="address")
    told = page(sue, f"orders/order/{order.pk}/change/")
    assert "On hold: The address has to be checked" in told
    assert "Hand over" not in told.partition('class="with-panel')[0]
    stale = sue.post(f"/admin/orders/order/{order.pk}/let-go/", {"version": 1}, follow=True).content.decode()
    assert "has changed since you read it" in stale
    act(sue, order, "let-go")
    act(sue, order, "hand-over")
    order.refresh_from_db()
    assert order.handed_over_at is not None
    assert "Cancel order" not in page(sue, f"orders/order/{order.pk}/change/")


def test_a_note_stands_in_the_timeline_and_is_no_markup(room, at):
    order = till.sold(room)
    act(at("sue"), order, "note", text=f"Rang twice {HOSTILE}")
    told = page(at("sue"), f"orders/order/{order.pk}/change/")
    assert "Rang twice &lt;img" in told
    assert HOSTILE not in told


def test_an_order_is_cancelled_and_says_so(room, at):
    web.open_for_business(room)
    order = web.order(room, paid="")
    assert "no money moves" in page(at("sue"), f"orders/order/{order.pk}/change/")
    act(at("sue"), order, "cancel", reason="customer")
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert "The customer asked for it" in page(at("sue"), f"orders/order/{order.pk}/change/")


def test_what_comes_back_is_shown_before_it_does_and_stands_beside_its_line(room, at):
    order, sue = till.sold(room), at("sue")
    line, path, id = till.line_of(order).pk, f"/admin/orders/order/{order.pk}/return/", str(uuid7())
    asked = {"id": id, "store": str(order.store_id), f"quantity-{line}": "1", f"reason-{line}": "damaged"}
    late = sue.post(path, {**asked, "check": "1"}).content.decode()
    # Too late for money: the rules give something else for it, and say why.
    assert "to Cash" not in late
    assert 'class="warn"' in late
    settings.put("returns.policy", {"days": 3_000, "categories": {}, "extended": []})
    too_much = sue.post(path, {**asked, f"quantity-{line}": "4", "check": "1"})
    assert too_much.status_code == 422
    assert "At most 3 can come back" in too_much.content.decode()
    preview = sue.post(path, {**asked, "check": "1"}).content.decode()
    for words in ("What would happen", "Owed to the customer", "to Cash", "Damaged"):
        assert words in preview, words
    assert Order.objects.filter(kind="return").count() == 0
    for _again in range(2):
        sue.post(path, {**asked, "do": "1"})
    back = Order.objects.get(kind="return")
    assert (back.pk, back.total) == (Order.objects.get(pk=id).pk, -100)
    told = page(sue, f"orders/order/{order.pk}/change/")
    assert back.number in told
    assert "Came back" in told
    assert order.number in page(sue, f"orders/order/{back.pk}/change/")
    assert str(back.pk) in page(sue, "orders/order/?kind__exact=return")


def test_lines_become_others(room, at):
    web.open_for_business(room)
    order, sue = web.order(room, paid=""), at("sue")
    assert "Items" in page(sue, f"orders/order/{order.pk}/edit/")
    answer = sue.post(f"/admin/orders/order/{order.pk}/edit/", {"version": order.version, "quantity-1": "2"})
    assert answer.status_code == 302, answer.content.decode()
    assert till.line_of(order).quantity == 2_000
    assert sue.post(f"/admin/orders/order/{order.pk}/edit/", {"version": 1, "quantity-1": "five"}).status_code == 422


def test_an_invoice_is_issued_found_and_printed(room, at):
    order, sue = till.sold(room), at("sue")
    act(sue, order, "invoice")
    made = Invoice.objects.get()
    assert made.name in page(sue, f"orders/order/{order.pk}/change/")
    assert made.name in page(sue, f"orders/invoice/?q={order.number}")
    printed = sue.get(f"/admin/orders/invoice/{made.pk}/pdf/")
    assert printed["Content-Type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    assert at("stan").get(f"/admin/orders/invoice/{made.pk}/pdf/").status_code == 403
    assert at("tess").get(f"/admin/orders/invoice/{made.pk}/pdf/").status_code == 403


def attempt(room, state="review"):
    order = web.order(room, paid="")
    times = {"created_at": NOW, "changed_at": NOW}
    return Attempt.objects.create(
        order=order, backend="simulator", amount=300, currency="EUR", state=state, key=uuid7().hex, code=HOSTILE[:40], **times
    )


def test_payments_are_told_by_state_and_asked_about_by_who_may(room, at):
    web.open_for_business(room)
    made = attempt(room)
    told = page(at("abel"), f"orders/attempt/{made.pk}/change/")
    assert "Ask the provider now" in told
    assert "onerror=alert" not in told.replace("onerror=alert(1)&gt;", "")
    assert str(made.pk) in page(at("abel"), "orders/attempt/?state__exact=review")
    assert "Ask the provider now" not in page(at("sue"), f"orders/attempt/{made.pk}/change/")
    assert at("sue").post(f"/admin/orders/attempt/{made.pk}/look/").status_code == 403
    at("abel").post(f"/admin/orders/attempt/{made.pk}/look/")
    made.refresh_from_db()
    assert made.due_at is not None
    assert at("sue").post(f"/admin/orders/attempt/{made.pk}/decide/", {"outcome": "failed", "note": "x"}).status_code == 403
    at("abel").post(f"/admin/orders/attempt/{attempt(room).pk}/decide/", {"outcome": "failed", "note": "Not on their pages"})
    assert Attempt.objects.filter(state="declined").count() == 1
    assert "1 payment needs review" in page(at("abel"), "")


def test_two_books_stand_beside_each_other_and_one_is_accepted(room, at):
    ours, theirs = {"amount": 300, "currency": "EUR", "state": "captured"}, {"amount": 500, "currency": "EUR", "state": "captured", "note": HOSTILE}
    made = Discrepancy.objects.create(backend="simulator", kind="amount_differs", reference="pi_1", ours=ours, theirs=theirs, found_at=NOW)
    told = page(at("abel"), f"orders/discrepancy/{made.pk}/change/")
    for words in ("The amounts differ", "3.00", "5.00", "differs"):
        assert words in told, words
    assert HOSTILE not in told
    assert "Accept as it is" not in page(at("sue"), f"orders/discrepancy/{made.pk}/change/")
    assert at("sue").post(f"/admin/orders/discrepancy/{made.pk}/accept/").status_code == 403
    at("abel").post(f"/admin/orders/discrepancy/{made.pk}/accept/")
    made.refresh_from_db()
    assert made.state == "accepted"


def book(room, amount, account, line, day=date(2026, 3, 14)):
    where = {"store": room.cast.northside, "channel": room.cast.stores, "business_date": day, "booked_on": day, "currency": "EUR", "at": NOW}
    return BookLine(account=account, amount=amount, reference=room.cast.northside.pk, cause="sale", line=line, **where)


def test_a_day_of_the_books_balances_is_exported_and_closed(room, at):
    rows = [book(room, 107, "cash_safe", 1), book(room, -100, "sales", 2), book(room, -7, "tax:vat", 3)]
    BookLine.objects.bulk_create(rows)
    abel = at("abel")
    told = page(abel, "orders/bookline/?on=2026-03-14&place=store:northside")
    for words in ("Cash in the safe", "Turnover, net", "Tax (vat)", "1.07", "The day is whole"):
        assert words in told, words
    assert "Nothing is booked on this day" in page(abel, "orders/bookline/?on=2026-03-14&place=store:riverside")
    assert "1.00" in page(abel, "orders/bookline/taxes/?since=2026-03-01&until=2026-03-31")
    exported = b"".join(abel.get("/admin/orders/bookline/export/?since=2026-03-14&until=2026-03-14").streaming_content).decode()
    assert exported.splitlines()[0].startswith("booked_on,business_date,store")
    assert len(exported.splitlines()) == 4
    abel.post("/admin/orders/bookline/close/", {"through": "2026-03-14"})
    assert PeriodLock.objects.get().through == date(2026, 3, 14)
    assert "Closed" in page(abel, "orders/bookline/?on=2026-03-14")
    assert at("sue").post("/admin/orders/bookline/close/", {"through": "2026-03-15"}).status_code == 403


def test_delivery_is_kept_with_its_rates(room, at):
    owner, given = at("olga"), {"name": "Parcel", "code": "parcel", "kind": "ship", "days_least": "1", "days_most": "3", "tax_class": ""}
    rows = {"row-countries": ["DE, at", ""], "row-from": ["", "50,00"], "row-amount": ["4.90", "0"], "row-currency": ["EUR", "EUR"]}
    answer = owner.post("/admin/orders/deliveryoption/add/", {**given, "channels": [str(room.cast.web.pk)], **rows})
    assert answer.status_code == 302, answer.content.decode()
    made = DeliveryOption.objects.get()
    assert sorted(made.rates.values_list("countries", "from_total", "amount")) == [([], 5_000, 0), (["AT", "DE"], 0, 490)]
    assert "4.90 EUR" in page(owner, "orders/deliveryoption/")
    assert "Parcel" in page(at("vera"), f"orders/deliveryoption/{made.pk}/change/")
    assert at("vera").post(f"/admin/orders/deliveryoption/{made.pk}/change/", given).status_code == 403
    owner.post(
        f"/admin/orders/deliveryoption/{made.pk}/change/",
        {**given, "archived": "on", "row-amount": ["4.90"], "row-countries": [""], "row-from": [""], "row-currency": [""]},
    )
    made.refresh_from_db()
    assert made.archived_at is not None
    assert made.rates.get().amount == 490


def test_two_rates_for_the_same_are_refused():
    rate = {"currency": "EUR", "countries": [], "from_total": 0, "amount": 100}
    with pytest.raises(delivery_options.OptionInvalid):
        delivery_options.add_delivery_option(code="parcel", fields={"name": "Parcel", "kind": "ship"}, rates=[rate, rate])
    assert not DeliveryOption.objects.exists()


def test_a_customers_page_tells_their_orders(room, at):
    wilma = till.person(data={"email": "wilma@example.org"})
    order = till.sold(room, customer=wilma)
    assert order.number in page(at("sue"), f"customers/customer/{wilma}/change/")
    # Whose store it was not, does not know of it.
    assert order.number not in page(at("stan"), f"customers/customer/{wilma}/change/")
    assert str(order.pk) in page(at("sue"), f"orders/order/?customer={wilma}")
    assert customers.export(id=wilma)


def test_home_tells_what_waits_to_those_it_concerns(room, at):
    till.person(data={"given_name": "A", "email": "a@example.org", "phone": "+49 30 999999"})
    till.person(data={"given_name": "B", "email": "b@example.org", "phone": "+49 30 999999"})
    web.open_for_business(room)
    put_to_review(order=web.order(room).pk, reason="amount", now=NOW + timedelta(minutes=1))
    told = page(at("sue"), "")
    assert "1 pair of customers may be one" in told
    assert "1 order needs review" in told
    for name in ("tess", "vera"):
        assert "pair of customers" not in page(at(name), ""), User.objects.get(username=name)
