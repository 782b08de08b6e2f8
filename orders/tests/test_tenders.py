"""Tenders of the shop's own: which cover a total, what is taken, what goes back."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from graphql_relay import to_global_id
from hypothesis import given
from hypothesis import strategies as st

from customers import queries as held
from customers import services as customers
from customers.models import Customer
from customers.queries.value import broken
from orders.models import Order, OrderLine, Payment
from orders.queries.owed import open_items, owed
from orders.services import on_account, tenders
from orders.services.on_account import MoreThanOwed, SettlementInvalid
from orders.tenders import AccountLimit, NeedsCustomer, Tender, TenderMismatch, TenderUnknown, cover, points_back
from org import settings
from org.tests.cast import open_shop
from org.tests.doorstep import client_of, code_of, graphql, key, rest, statements


def tender(kind, amount, **more):
    return Tender(kind=kind, amount=amount, **more)


def shares(total, *tenders, **more):
    return [(share.kind, share.amount, share.tendered, share.change) for share in cover(total=total, tenders=tenders, **more)]


def test_tenders_come_to_the_total_and_only_cash_gives_change():
    assert shares(0) == []
    assert shares(1000, tender("card", 1000)) == [("card", 1000, 1000, 0)]
    assert shares(1000, tender("card", 700), tender("cash", 500)) == [("card", 700, 700, 0), ("cash", 300, 500, 200)]
    for offered, missing in (
        ([tender("card", 999)], 1),
        ([tender("cash", 999)], 1),
        ([tender("card", 1001)], -1),
        ([tender("transfer", 1001)], -1),
        ([tender("gift_card", 2000, code="X")], -1000),
        ([tender("card", 1000), tender("cash", 500)], -500),
        ([], 1000),
    ):
        with pytest.raises(TenderMismatch) as refused:
            shares(1000, *offered)
        assert refused.value.details == {"missing": missing}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ([tender("cheque", 1000)], "tenders.0.kind"),
        ([tender("cash", 0)], "tenders.0.amount"),
        ([tender("cash", 1100), tender("card", -100)], "tenders.1.amount"),
        ([tender("gift_card", 1000)], "tenders.0.code"),
        ([tender("store_credit", 500), tender("store_credit", 500)], "tenders.1.kind"),
        ([tender("points", 1000)], "tenders.0.amount"),
        ([tender("cash", 1)] * 21, "tenders"),
    ],
)
def test_tenders_that_are_none_are_refused(wrong, field):
    with pytest.raises((TenderMismatch, TenderUnknown)) as refused:
        cover(total=1000, tenders=wrong)
    assert refused.value.field == field


def test_points_pay_in_whole_points():
    assert shares(1000, tender("points", 1000), point_worth=5) == [("points", 1000, 1000, 0)]
    with pytest.raises(TenderMismatch):
        shares(1003, tender("points", 1003), point_worth=5)


@given(st.integers(1, 10**6), st.lists(st.tuples(st.sampled_from(["cash", "card", "transfer"]), st.integers(1, 10**6)), max_size=5))
def test_what_covers_comes_to_the_total_exactly(total, offered):
    wanted = [tender(kind, amount) for kind, amount in offered]
    try:
        found = cover(total=total, tenders=wanted)
    except TenderMismatch:
        return
    assert sum(share.amount for share in found) == total
    assert all(share.amount > 0 and share.change >= 0 and share.tendered == share.tender.amount for share in found)
    assert all(share.kind == "cash" for share in found if share.change)


@given(st.integers(0, 1000), st.integers(1, 5000), st.data())
def test_points_that_go_back_in_parts_come_to_what_was_spent(spent, paid, data):
    before = back = 0
    while before < paid:
        amount = data.draw(st.integers(1, paid - before))
        back += points_back(spent=spent, paid=paid, before=before, amount=amount)
        before += amount
        assert back <= spent
    assert back == spent


@pytest.fixture
def cast(db):
    yield open_shop()
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("select * from orders_broken()")
        assert cursor.fetchall() == []
    assert broken() == []


@pytest.fixture
def anna(cast, now):
    return Customer.objects.create(number="C-1", kind="business", account_limit=10_000, currency="EUR", created_at=now, changed_at=now).id


def order(cast, now, *wanted, customer=None, id=None, status="paid", total=None, who=""):
    """Placed and paid with these tenders."""
    id, total = id or uuid4(), total or sum(one.amount for one in wanted)
    paid = tenders.take_tenders(order=id, wanted=wanted, currency="EUR", customer=customer, now=now, who=who)
    Order.objects.create(
        id=id,
        number=f"W-{str(id)[:8]}",
        source="web",
        status=status,
        customer_id=customer,
        channel=cast.web,
        currency="EUR",
        total=total,
        tax=0,
        business_date=date(2026, 7, 18),
        placed_at=now,
        recorded_at=now,
    )
    amounts = {"unit_price": total, "list_total": total, "total": total, "tax": 0}
    OrderLine.objects.create(order_id=id, position=1, name="Tea", quantity=1000, tax_class="x", tax_rate=0, allocation=[], **amounts)
    Payment.objects.bulk_create([Payment(order_id=id, paid_at=now, **{k: v for k, v in vars(one).items() if k != "refunds"}) for one in paid])
    return id


def gift_card(now, amount=5000):
    return customers.issue_gift_card(amount=amount, currency="EUR", reference=uuid4(), line=0, actor=None, now=now)


def give(now, customer, *, credit=0, points=0):
    given = {"customer": customer, "reference": uuid4(), "actor": None, "note": "", "now": now}
    if credit:
        customers.give_credit(amount=credit, currency="EUR", line=0, **given)
    if points:
        customers.give_points(points=points, line=1, **given)


def has(customer):
    return {one.kind: one.balance for one in held.accounts_of(customer=customer)}


def payments(order):
    return list(Payment.objects.filter(order=order).order_by("position").values_list("kind", "amount", "label"))


def test_an_order_is_paid_with_what_the_shop_owes(cast, now, anna):
    settings.put("value.point_worth", 2)
    give(now, anna, credit=700, points=100)
    card = gift_card(now)
    wanted = [tender("gift_card", 5000, code=card.code), tender("store_credit", 700), tender("points", 150), tender("account", 400)]
    id = order(cast, now, *wanted, customer=anna)
    label = f"Gift card {card.code[-4:]}"
    assert payments(id) == [("gift_card", 5000, label), ("store_credit", 700, "Store credit"), ("points", 150, "Points"), ("account", 400, "")]
    assert (has(anna), held.account(id=card.id).balance) == ({"store_credit": 0, "points": 25}, 0)
    assert owed(customer=anna, currency="EUR") == 400
    assert [one is not None for one in Payment.objects.order_by("position").values_list("source", flat=True)] == [True, True, True, False]


def test_what_is_awaited_is_no_payment_yet(cast, now):
    wanted = [tender("card", 10), tender("transfer", 20), tender("cash", 30)]
    taken = tenders.take_tenders(order=uuid4(), wanted=wanted, currency="EUR", customer=None, now=now)
    assert [(one.position, one.kind) for one in taken] == [(3, "cash")]


def test_a_stranger_has_no_credit(cast, now):
    for kind in ("store_credit", "points", "account"):
        with pytest.raises(NeedsCustomer):
            order(cast, now, tender(kind, 100))
    for code in ("AAAA-AAAA-AAAA-AAAA", "", "' or 1=1 --"):
        with pytest.raises((customers.GiftCardUnknown, TenderMismatch)):
            order(cast, now, tender("gift_card", 100, code=code))


def test_the_credit_of_somebody_else_pays_nothing(cast, now, anna):
    other = Customer.objects.create(number="C-2", created_at=now, changed_at=now).id
    give(now, anna, credit=1000, points=1000)
    with pytest.raises(customers.CreditBalance):
        order(cast, now, tender("store_credit", 100), customer=other)
    with pytest.raises(customers.PointsBalance):
        order(cast, now, tender("points", 100), customer=other)
    assert has(anna) == {"store_credit": 1000, "points": 1000}


def test_the_same_order_takes_once_and_an_edit_takes_more(cast, now, anna):
    card, id = gift_card(now), uuid4()
    for first, left in ((1, 4000), (1, 4000), (2, 3000)):
        taken = tenders.take_tenders(
            order=id, wanted=[tender("gift_card", 1000, code=card.code)], currency="EUR", customer=None, now=now, first=first
        )
        assert (taken[0].position, held.account(id=card.id).balance) == (first, left)


@pytest.mark.parametrize("cards", [1, 10])
def test_ten_cards_are_taken_in_as_many_statements_as_one(cast, now, cards):
    wanted = [tender("gift_card", 100, code=gift_card(now).code) for _ in range(cards)]
    with statements() as seen:
        tenders.take_tenders(order=uuid4(), wanted=wanted, currency="EUR", customer=None, now=now)
    assert len(seen) == 5, seen


def test_what_paid_goes_back_where_it_came_from_once(cast, now, anna):
    give(now, anna, credit=700, points=100)
    card = gift_card(now)
    id = order(cast, now, tender("gift_card", 5000, code=card.code), tender("store_credit", 700), tender("points", 100), customer=anna)
    assert [tenders.give_back(order=id, now=now) for _ in range(2)] == [3, 0]
    assert (has(anna), held.account(id=card.id).balance) == ({"store_credit": 700, "points": 100}, 5000)


def back(order, payment, amount, now):
    """As a return writes it."""
    document, paid = uuid4(), Payment.objects.get(pk=payment)
    movement = tenders.refund_tender(payment=payment, amount=amount, reference=document, line=1, now=now)
    again = tenders.refund_tender(payment=payment, amount=amount, reference=document, line=1, now=now)
    assert again is None
    position = Payment.objects.filter(order=order).count() + 1
    values = {"kind": paid.kind, "amount": -amount, "tendered": -amount, "source": movement, "refunds": paid}
    Payment.objects.create(order_id=order, position=position, paid_at=now, **values)
    Payment.objects.create(order_id=order, position=position + 1, paid_at=now, kind="cash", amount=amount, tendered=amount)


def test_parts_go_back_and_the_rest_with_the_order(cast, now, anna):
    settings.put("value.point_worth", 3)
    give(now, anna, points=100)
    card = gift_card(now)
    id = order(cast, now, tender("gift_card", 1000, code=card.code), tender("points", 99), customer=anna)
    on_card, in_points = Payment.objects.filter(order=id).order_by("position").values_list("pk", flat=True)
    back(id, on_card, 300, now)
    back(id, in_points, 50, now)
    assert (has(anna)["points"], held.account(id=card.id).balance) == (67 + 16, 4300)
    assert tenders.give_back(order=id, now=now) == 2
    assert (has(anna)["points"], held.account(id=card.id).balance) == (100, 5000)
    assert tenders.give_back(order=id, now=now) == 0


def test_a_business_owes_up_to_its_limit(cast, now, anna):
    order(cast, now, tender("account", 9000), customer=anna)
    with pytest.raises(AccountLimit) as refused:
        order(cast, now, tender("account", 1001), customer=anna)
    assert refused.value.details == {"asked": 1001, "left": 1000}
    order(cast, now, tender("account", 1000), customer=anna)
    with pytest.raises(AccountLimit):
        order(cast, now, tender("account", 1), customer=anna)
    private = Customer.objects.create(number="C-2", created_at=now, changed_at=now).id
    with pytest.raises(AccountLimit):
        order(cast, now, tender("account", 1), customer=private)


def settle(now, customer, amount, reference=None, **more):
    given = {"currency": "EUR", "kind": "transfer", "actor": None, "now": now} | more
    return on_account.settle_account(customer=customer, amount=amount, reference=reference or uuid4(), **given)


def test_what_is_owed_is_paid_oldest_first_and_once(cast, now, anna):
    first, second = (order(cast, now.replace(hour=hour), tender("account", 3000), customer=anna) for hour in (8, 9))
    reference = uuid4()
    for _ in range(2):
        found = settle(now, anna, 4000, reference)
        assert [(one.order, one.amount) for one in found] == [(first, 3000), (second, 1000)]
    assert owed(customer=anna, currency="EUR") == 2000
    assert [(one.order, one.left) for one in open_items(customer=anna, currency="EUR")] == [(second, 2000)]
    with pytest.raises(MoreThanOwed) as refused:
        settle(now, anna, 2001)
    assert refused.value.details == {"owed": 2000}
    settle(now, anna, 2000)
    assert owed(customer=anna, currency="EUR") == 0
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}


@pytest.mark.parametrize("wrong", [{"amount": 0}, {"amount": -5}, {"kind": "gift_card", "amount": 1}])
def test_a_settlement_is_money(cast, now, anna, wrong):
    order(cast, now, tender("account", 3000), customer=anna)
    with pytest.raises(SettlementInvalid):
        settle(now, anna, **wrong)


def test_what_is_owed_is_told_and_paid_at_the_doors(cast, now, anna):
    order(cast, now, tender("account", 3000), customer=anna)
    secret, weak = key(cast.web, "payments:read", "payments:write"), key(cast.web, "orders:read")
    path = f"/api/v1/customers/{anna}/account"
    told = rest(path, key=secret).json()
    assert (told["limit"], told["owed"], [one["left"] for one in told["items"]]) == (10_000, 3000, [3000])

    def pay(amount, **who):
        body = {"amount": amount, "currency": "EUR", "kind": "transfer"}
        return client_of(**who).post(f"{path}-payments", body, content_type="application/json", headers={"Idempotency-Key": str(uuid4())})

    assert [rest(path).status_code, rest(path, key=weak).status_code, pay(1).status_code, pay(1, key=weak).status_code] == [401, 403, 401, 403]
    assert [one["amount"] for one in pay(1000, key=secret).json()["settled"]] == [1000]
    asked = "mutation($input: AccountSettleInput!) { accountSettle(input: $input) { settlement { settled { amount } } errors { code } } }"
    wanted = {"customer": to_global_id("Customer", anna), "currency": "EUR", "kind": "cash"}
    for amount, paid, refused in ((2001, None, ["more_than_owed"]), (2000, {"settled": [{"amount": 2000}]}, [])):
        answer = graphql(asked, key=secret, input=wanted | {"amount": amount, "idempotencyKey": str(uuid4())}).json()["data"]["accountSettle"]
        assert (answer["settlement"], [one["code"] for one in answer["errors"]]) == (paid, refused)
    query = "query($id: ID!) { customerAccount(customer: $id) { owed limit { amount } items { left } } }"
    found = graphql(query, key=secret, id=wanted["customer"]).json()["data"]["customerAccount"]
    assert found == {"owed": 0, "limit": {"amount": 10_000}, "items": []}
    assert code_of(graphql(query, key=weak, id=wanted["customer"])) == "not_allowed"


@pytest.mark.parametrize("cards", [1, 5])
def test_what_goes_back_locks_everything_first_and_in_one_order(cast, now, cards):
    wanted = [tender("gift_card", 100, code=gift_card(now).code) for _ in range(cards)]
    id = order(cast, now, *wanted)
    with statements() as seen:
        tenders.give_back(order=id, now=now)
    locks = [sql for sql in seen if "customers_account" in sql and "for no key update" in sql]
    assert "order by id" in locks[0]
    assert len(seen) == 8, seen
