"""What can be done with an order, and what cannot; each thing once, under its version, with a step and an event."""

from datetime import timedelta

import pytest

from inventory.models import Movement
from kernel.ids import uuid7
from kernel.models import Message
from orders import services
from orders.models import Due, Order, OrderStep, Payment
from orders.services import Change, OrderChangedMeanwhile, OrderState, Part, cancelling, life
from orders.tenders import Tender, TenderMismatch
from orders.tests.till_sales import sale
from orders.tests.web_orders import broken, open_for_business, order, reserved, settled
from org.tests.cast import NOW


@pytest.fixture
def room(room):
    return open_for_business(room)


def told(id):
    return list(Message.objects.filter(aggregate_id=id).order_by("sequence").values_list("type", "sequence"))


def steps(id):
    return list(OrderStep.objects.filter(order=id).order_by("id").values_list("kind", flat=True))


def by(actor=None, now=NOW):
    return {"actor": actor, "now": now}


def test_the_table_names_every_status_and_moves_into_known_ones():
    assert set(life.MOVES) == set(Order.Status)
    assert {after for moves in life.MOVES.values() for after in moves.values()} <= {*Order.Status, ""}
    assert set().union(*life.MOVES.values()) >= life.NEEDS_GOODS | life.STOPPED


@pytest.mark.parametrize("status", list(Order.Status))
def test_what_is_not_in_the_table_is_refused_with_what_is_possible(room, status):
    made = order(
        room,
        paid="" if status in ("pending", "quote", "cancelled") else "cash",
        status=status if status in ("pending", "quote") else "pending" if status == "cancelled" else "paid",
    )
    Order.objects.filter(id=made.id).update(status=status)
    made.refresh_from_db()
    moves = {
        "hold": lambda: services.hold(order=made.id, version=1, reason="fraud check", **by()),
        "let_go": lambda: services.let_go(order=made.id, version=1, **by()),
        "hand_over": lambda: services.hand_over(order=made.id, version=1, **by()),
        "settle": lambda: services.settle_review(order=made.id, version=1, note="looked at it", **by()),
        "convert": lambda: services.convert(order=made.id, version=1, **by()),
        "edit": lambda: services.edit(order=made.id, version=1, changes=[Change(line=1, quantity=0)], **by()),
        "cancel": lambda: services.cancel(order=made.id, version=1, reason="why not", **by()),
        "pay": lambda: services.take_payment(order=made.id, version=1, tender=Tender(kind="cash", amount=1), **by()),
    }
    for move in set(moves) - life.possible(made):
        with pytest.raises(OrderState) as refused:
            moves[move]()
        assert refused.value.details["possible"] == sorted(life.possible(made))


def test_an_older_version_is_refused_with_the_present_one(room):
    made = order(room)
    services.hold(order=made.id, version=1, reason="fraud check", **by())
    with pytest.raises(OrderChangedMeanwhile) as refused:
        services.let_go(order=made.id, version=1, **by())
    assert refused.value.details["version"] == 2


def test_a_held_order_is_not_handed_over_until_it_is_let_go_of(room):
    made = order(room)
    services.hold(order=made.id, version=1, reason="fraud check", **by())
    with pytest.raises(OrderState):
        services.hand_over(order=made.id, **by())
    services.let_go(order=made.id, version=2, **by())
    done = services.hand_over(order=made.id, version=3, **by(room.cast.mia.id))
    assert done.version == 4
    assert steps(made.id) == ["placed", "held", "let_go", "handed_over"]
    kinds = [type.removeprefix("orders.order.") for type, _ in told(made.id)]
    assert kinds == ["placed", "changed", "changed", "handed_over"]
    assert [sequence for _, sequence in told(made.id)] == [1, 2, 3, 4]
    assert reserved(room)[:3] == [0, 0, 0]
    assert Movement.objects.filter(reference=made.id, cause="sale").count() == 3
    with pytest.raises(OrderState):
        services.cancel(order=made.id, version=4, reason="too late", **by())


def test_what_a_till_sold_has_left_already(room):
    from django.db import transaction

    made = sale(room)
    with transaction.atomic():
        services.place(sales=[made], now=NOW)
    with pytest.raises(OrderState):
        services.cancel(order=made.id, version=1, reason="no", **by())
    assert services.issue_invoice(order=made.id, now=NOW).number == 1


@pytest.mark.parametrize("paid", ["transfer", ""])
def test_a_cancelled_order_gives_everything_back_once(room, paid):
    made = order(room, paid=paid)
    assert reserved(room)[:3] == [1_000] * 3
    services.cancel(order=made.id, version=1, reason="changed my mind", **by())
    settled()
    with pytest.raises(OrderState):
        services.cancel(order=made.id, version=2, reason="changed my mind", **by())
    found = Order.objects.get(id=made.id)
    assert (found.status, found.cancelled_at) == ("cancelled", NOW)
    assert reserved(room)[:3] == [0, 0, 0]
    assert list(Payment.objects.filter(order=made.id).order_by("position").values_list("amount", flat=True)) == ([300, -300] if paid else [])
    cancelled = Message.objects.get(type="orders.order.cancelled")
    assert cancelled.data["refunded"] == (300 if paid else 0)
    assert broken() == []


def test_nothing_of_a_cancelling_stays_when_it_breaks_off(room, monkeypatch):
    made = order(room)
    monkeypatch.setattr(cancelling.redemptions, "release", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.cancel(order=made.id, version=1, reason="changed my mind", **by())
    monkeypatch.undo()
    assert Order.objects.get(id=made.id).status == "paid"
    assert reserved(room)[:3] == [1_000] * 3
    services.cancel(order=made.id, version=1, reason="changed my mind", **by())
    assert broken() == []


def test_unpaid_orders_end_when_their_time_is_over_and_deposits_wait(room):
    over, begun, later = (order(room, 1, paid="", expires_at=NOW + timedelta(days=days)) for days in (1, 1, 3))
    services.schedule(order=begun.id, version=1, parts=[Part(amount=40), Part(amount=60)], **by())
    services.take_payment(order=begun.id, version=2, tender=Tender(kind="transfer", amount=40), **by())
    assert services.expire(now=NOW + timedelta(days=2), limit=10) == 1
    assert services.expire(now=NOW + timedelta(days=2), limit=10) == 0
    found = {id: Order.objects.get(id=id).status for id in (over.id, begun.id, later.id)}
    assert list(found.values()) == ["cancelled", "pending", "pending"]
    assert steps(over.id)[-1] == "expired"
    settled()


def test_an_order_is_paid_in_parts_and_stands_paid_with_the_last(room):
    made = order(room, paid="")
    services.schedule(order=made.id, version=1, parts=[Part(amount=100), Part(amount=200, due_on=NOW.date())], **by())
    done = services.take_payment(order=made.id, version=2, tender=Tender(kind="transfer", amount=150), **by())
    assert (done.status, done.paid) == ("pending", 150)
    assert list(Due.objects.order_by("position").values_list("paid", flat=True)) == [100, 50]
    with pytest.raises(TenderMismatch):
        services.take_payment(order=made.id, version=3, tender=Tender(kind="cash", amount=151), **by())
    done = services.take_payment(order=made.id, version=3, tender=Tender(kind="cash", amount=150), **by())
    assert (done.status, done.paid) == ("paid", 300)
    assert [type.removeprefix("orders.order.") for type, _ in told(made.id)] == ["confirmed", "changed", "placed"]
    # Money told again changes nothing.
    assert services.mark_paid(order=made.id, now=NOW).version == done.version
    settled()
    assert broken() == []


def test_parts_come_to_the_total(room):
    made = order(room, paid="")
    with pytest.raises(services.ScheduleInvalid):
        services.schedule(order=made.id, version=1, parts=[Part(amount=100)], **by())


def test_a_quote_holds_nothing_until_it_is_converted(room):
    made = order(room, paid="", status="quote", expires_at=NOW + timedelta(days=10))
    assert reserved(room)[:3] == [0, 0, 0]
    done = services.convert(order=made.id, version=1, **by())
    assert (done.status, reserved(room)[:3]) == ("pending", [1_000] * 3)
    assert Message.objects.get(type="orders.order.confirmed").data["due"] == 300
    late = order(room, paid="", status="quote", expires_at=NOW)
    with pytest.raises(services.QuoteOver):
        services.convert(order=late.id, version=1, **by())
    settled()


def test_a_person_settles_what_needed_review(room):
    made = order(room)
    services.put_to_review(order=made.id, reason="amounts differ", now=NOW)
    done = services.settle_review(order=made.id, version=2, note="The bank confirmed it.", **by(room.cast.olga.id))
    assert done.status == "paid"
    assert OrderStep.objects.get(order=made.id, kind="reviewed").actor == room.cast.olga.id


def edited(made, *changes, version=1):
    done = services.edit(order=made.id, version=version, changes=list(changes), **by())
    settled()
    assert broken() == []
    return done


def test_what_is_added_is_held_priced_and_awaited(room):
    made = order(room)
    done = edited(made, Change(sku="MILK-5", quantity=2_000), Change(line=1, quantity=3_000))
    assert (done.status, done.total, done.paid) == ("pending", 700, 300)
    assert reserved(room)[:6] == [3_000, 1_000, 1_000, 0, 0, 2_000]
    done = services.take_payment(order=made.id, version=done.version, tender=Tender(kind="cash", amount=400), **by())
    assert done.status == "paid"


def test_what_is_taken_out_is_let_go_of_and_goes_back_to_its_tender(room):
    made = order(room)
    done = edited(made, Change(line=1, quantity=0), Change(line=2, quantity=500 * 2))
    assert (done.status, done.total, done.paid) == ("paid", 200, 200)
    assert reserved(room)[:3] == [0, 1_000, 1_000]
    assert list(Payment.objects.order_by("position").values_list("kind", "amount", "refunds__position")) == [
        ("transfer", 300, None),
        ("transfer", -100, 1),
    ]
    assert steps(made.id) == ["placed", "edited"]


def test_an_edit_of_goods_that_are_gone_changes_nothing(room):
    made = order(room)
    from inventory.services import OutOfStock

    with pytest.raises(OutOfStock):
        services.edit(order=made.id, version=1, changes=[Change(line=1, quantity=11_000)], **by())
    assert reserved(room)[:3] == [1_000] * 3
    assert Order.objects.get(id=made.id).total == 300


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [Change(line=9, quantity=1)],
        [Change(line=1, quantity=0), Change(line=2, quantity=0), Change(line=3, quantity=0)],
        [Change(sku="MILK-1", quantity=0)],
    ],
)
def test_changes_of_nothing_are_refused(room, changes):
    made = order(room)
    with pytest.raises(services.EditInvalid):
        services.edit(order=made.id, version=1, changes=changes, **by())


def test_a_quote_is_edited_without_holding_anything(room):
    made = order(room, paid="", status="quote")
    done = edited(made, Change(line=1, quantity=5_000))
    assert (done.status, done.total, reserved(room)[0]) == ("quote", 700, 0)


def test_nobody_knows_an_order_that_is_not_there(db):
    with pytest.raises(services.UnknownOrder):
        services.hold(order=uuid7(), version=1, reason="x", **by())
