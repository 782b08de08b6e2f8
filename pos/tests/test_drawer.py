"""The drawer from its float to its count: what moves it beside the sales, and what its books say then."""

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kernel.ids import uuid7
from kernel.models import Message
from pos import journal
from pos.models import DrawerEvent, JournalEntry, LateEntry, Shift, SyncNote
from pos.services import posting
from pos.tests.paper_till import id_of


def move(till, kind, amount=0, reason="change", by=None, **changes):
    approvals = [{"kind": "cash", "by": str(by.id), "at_ms": 1, "amount": amount}] if by else []
    body = {"currency": till.currency, "amount": amount, "reason": reason, "business_date": till.day, **changes}
    if kind == "no_sale":
        body = {"reason": reason, "business_date": till.day}
    return till.write(kind, body, approvals=approvals)


def sell(till, shop, pieces=1):
    return till.sell([till.goods(shop.items[1], pieces)])


def whole_shift(till, shop):
    """Float 150.00, two sales of 2.99 and 5.98, 20.00 in, 5.00 out, 3.00 paid out, 100.00 to the safe, opened once: 70.97 should be there."""
    till.open(float_amount=15_000)
    sell(till, shop)
    move(till, "cash_in", 2_000)
    move(till, "cash_out", 500)
    move(till, "payout", 300, reason="deposit")
    move(till, "safe_drop", 10_000, by=shop.cast.mia)
    move(till, "no_sale", reason="notes")
    sell(till, shop, 2)
    till.write("x_report", {"totals": {"expected": 7_097}})
    return till.close(counted=7_000)


def final(till):
    Shift.objects.filter(id=till.session).update(final_at=timezone.now())


def shift_of(till):
    return Shift.objects.get(id=till.session)


def events_of(type):
    return list(Message.objects.filter(type=type).order_by("id"))


def test_what_moves_the_drawer_is_in_the_books_with_its_reason_and_who_allowed_it(shop):
    till = shop.till()
    whole_shift(till, shop)
    assert {result["status"] for result in till.deliver()} == {"accepted"}
    rows = DrawerEvent.objects.order_by("id").values_list("kind", "amount", "reason", "cashier", "approved_by", "occurred_at")
    carla, mia = shop.cast.carla.id, shop.cast.mia.id
    assert list(rows) == [
        ("cash_in", 2_000, "change", carla, None, till.clock),
        ("cash_out", -500, "change", carla, None, till.clock),
        ("payout", -300, "deposit", carla, None, till.clock),
        ("safe_drop", -10_000, "change", carla, mia, till.clock),
        ("no_sale", 0, "notes", carla, None, till.clock),
    ]
    shift = shift_of(till)
    assert (shift.expected, shift.counted) == (15_000 + 299 + 598 + 2_000 - 500 - 300 - 10_000, 7_000)
    assert (shift.close_epoch, shift.close_seq) == (1, 10)


def test_an_x_report_is_kept_and_changes_nothing(shop):
    till = shop.till()
    till.open()
    report = till.write("x_report", {"totals": {"expected": 15_000}})
    till.deliver()
    kept = JournalEntry.objects.get(id=id_of(report))
    assert (kept.state, kept.posting) == ("accepted", "none")


def test_a_replay_moves_the_drawer_once(shop):
    till = shop.till()
    whole_shift(till, shop)
    for _ in range(3):
        till.deliver()
    JournalEntry.objects.filter(kind="cash_in").update(posting="pending")
    posting.post(now=timezone.now())
    assert DrawerEvent.objects.count() == 5
    assert len(events_of("pos.drawer.moved")) == 5
    assert shift_of(till).expected == 7_097


def test_each_move_is_told_without_its_reason(shop):
    till = shop.till()
    till.open()
    moved = move(till, "safe_drop", 20_000, reason="to Mia, bag 31", by=shop.cast.mia)
    till.deliver()
    [message] = events_of("pos.drawer.moved")
    assert (str(message.aggregate_id), message.store) == (id_of(moved), "northside")
    assert message.data == {
        "till": till.id,
        "shift": till.session,
        "cashier": str(shop.cast.carla.id),
        "approved_by": str(shop.cast.mia.id),
        "kind": "safe_drop",
        "amount": -20_000,
        "moved_at": till.clock.isoformat(),
    }


def test_a_move_needs_nothing_that_comes_before_it(shop):
    till = shop.till()
    opening = till.open()
    moved = move(till, "cash_in", 1_000)
    closing = till.close(counted=16_000)
    till.deliver([moved])
    till.deliver([closing])
    till.deliver([opening])
    posting.post(now=timezone.now() + timedelta(hours=1))
    assert shift_of(till).expected == 16_000


def test_what_comes_after_the_close_is_counted_until_the_z_is_final(shop):
    till = shop.till()
    opening = till.open()
    late = move(till, "cash_in", 700)
    closing = till.close(counted=15_000)
    till.deliver([opening, closing])
    assert shift_of(till).expected == 15_000
    till.deliver([late])
    assert shift_of(till).expected == 15_700
    assert LateEntry.objects.count() == 0
    assert SyncNote.objects.get(entry=id_of(late), kind="shift").facts["what"] == "late"


def test_what_comes_after_the_z_was_final_is_an_addendum_and_changes_no_figure(shop):
    till = shop.till()
    opening = till.open()
    sale, moved, opened = sell(till, shop), move(till, "safe_drop", 200), move(till, "no_sale")
    closing = till.close(counted=15_000)
    till.deliver([opening, closing])
    final(till)
    till.deliver([sale, moved, opened])
    shift = shift_of(till)
    assert (shift.expected, shift.counted) == (15_000, 15_000)
    rows = LateEntry.objects.filter(shift=shift).order_by("kind").values_list("kind", "cash", "total")
    assert list(rows) == [("no_sale", 0, 0), ("safe_drop", -200, 0), ("sale", 299, 299)]
    till.deliver()
    assert LateEntry.objects.count() == 3


def test_an_addendum_stays_out_of_the_sum_whoever_asks_for_it(shop):
    from pos.queries.shifts import cash

    till = shop.till()
    opening, first = till.open(), sell(till, shop)
    late, moved = sell(till, shop, 2), move(till, "cash_in", 5)
    closing = till.close(counted=15_299)
    till.deliver([opening, first, closing])
    final(till)
    till.deliver([late, moved])
    assert cash(shifts=[shift_of(till).id]) == {shift_of(till).id: (299, 0)}


def test_what_was_counted_before_the_z_was_final_is_no_addendum_when_it_is_posted_again(shop):
    till = shop.till()
    whole_shift(till, shop)
    till.deliver()
    final(till)
    JournalEntry.objects.filter(kind__in=["sale", "cash_in"]).update(posting="pending")
    posting.post(now=timezone.now())
    assert LateEntry.objects.count() == 0
    assert shift_of(till).expected == 7_097


def test_a_move_that_names_another_tills_shift_is_kept_and_moves_neither_drawer(shop):
    mine, other = shop.till(), shop.till(shop.riverside_till)
    mine.open(), other.open()
    mine.deliver(), other.deliver()
    own, other_session = mine.session, other.session
    mine.session = other_session
    strayed = move(mine, "cash_in", 5_000)
    mine.session = own
    mine.close(counted=15_000), other.close(counted=15_000)
    mine.deliver(), other.deliver()
    assert set(Shift.objects.values_list("expected", flat=True)) == {15_000}
    assert DrawerEvent.objects.get().amount == 5_000
    assert SyncNote.objects.get(entry=id_of(strayed)).facts["what"] == "other_till"
    Shift.objects.update(final_at=timezone.now())
    mine.session = other_session
    move(mine, "cash_in", 5_000)
    mine.deliver()
    assert LateEntry.objects.count() == 0


def test_the_one_who_allowed_a_difference_stands_with_the_close(shop):
    till = shop.till()
    till.open()
    body = {"currency": "EUR", "counted": 10_000, "denominations": {}, "head": till.head, "reason": "unknown"}
    till.write("session_close", body, approvals=[{"kind": "variance", "by": str(shop.cast.mia.id), "at_ms": 1}])
    till.deliver()
    assert shift_of(till).close_body["approved_by"] == str(shop.cast.mia.id)


@pytest.mark.parametrize(
    "approvals",
    [[], ["nobody"], [{"by": 5}], [{"by": "mia"}], [{}], [None], [7]],
)
def test_an_approval_nobody_can_read_holds_nothing_up(shop, approvals):
    till = shop.till()
    till.open()
    till.write("no_sale", {"reason": "", "business_date": till.day}, approvals=approvals)
    assert till.deliver()[-1]["status"] == "accepted"
    assert DrawerEvent.objects.get().approved_by is None


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("cash_in", {"amount": 0}),
        ("cash_in", {"amount": -5}),
        ("safe_drop", {"amount": 1.5}),
        ("payout", {"amount": True}),
        ("cash_out", {"amount": "500"}),
        ("cash_out", {"currency": "euro"}),
        ("cash_out", {"reason": "r" * 201}),
        ("cash_out", {"business_date": "today"}),
        ("no_sale", {"reason": 5}),
        ("no_sale", {"business_date": None}),
    ],
)
def test_a_move_of_another_shape_is_kept_apart(shop, kind, changes):
    till = shop.till()
    till.open()
    body = {"currency": "EUR", "amount": 500, "reason": "change", "business_date": till.day, **changes}
    till.write(kind, body)
    assert till.deliver()[-1]["status"] == "quarantined"
    assert DrawerEvent.objects.count() == 0


def test_a_move_in_other_money_is_kept_and_said(shop):
    till = shop.till()
    till.open()
    moved = move(till, "cash_in", 500, currency="USD")
    till.deliver()
    assert JournalEntry.objects.get(id=id_of(moved)).reason == "Moved in USD, the store trades in EUR."


def test_many_moves_cost_the_statements_of_one(shop):
    def statements(many):
        till = shop.till()
        till.open()
        till.deliver()
        moves = [move(till, "cash_in", 100) for _ in range(many)]
        with CaptureQueriesContext(connection) as found:
            till.deliver(moves)
        return len(found)

    statements(1)
    assert statements(1) == statements(10) == statements(50)


def expected_of(till):
    shift = shift_of(till)
    return shift.expected, shift.counted - shift.expected


def test_whatever_the_order_of_delivery_the_books_say_the_same(shop):
    """Openings, sales, moves and closes of two shifts, singly and in batches, some of them twice."""
    for seed in range(12):
        chance, till = random.Random(seed), shop.till()
        whole_shift(till, shop)
        first = till.session
        till.open(float_amount=7_000)
        move(till, "cash_in", 1), sell(till, shop)
        till.close(counted=7_300)
        entries = [*till.entries, *chance.sample(till.entries, 4)]
        chance.shuffle(entries)
        while entries:
            size = chance.randint(1, 6)
            till.deliver(list({entry["hash"]: entry for entry in entries[:size]}.values()))
            entries = entries[size:]
        posting.post_waiting(now=timezone.now() + timedelta(days=1))
        last, till.session = till.session, first
        assert expected_of(till) == (7_097, -97), seed
        till.session = last
        assert expected_of(till) == (7_300, 0), seed
    assert LateEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "amount"), [("cash_in", -1), ("cash_in", 0), ("cash_out", 1), ("payout", 0), ("safe_drop", 5), ("no_sale", 1), ("gift", 1)]
)
def test_the_database_refuses_a_move_with_the_wrong_sign(shop, kind, amount):
    with pytest.raises(IntegrityError), transaction.atomic():
        DrawerEvent.objects.create(
            id=uuid7(), shift=uuid7(), till=shop.northside_till, kind=kind, amount=amount, cashier=uuid7(), occurred_at=timezone.now()
        )


def test_every_kind_of_the_books_has_its_reader_and_the_other_way_round():
    moves = {kind for kind in journal.READERS if kind not in {"session_open", "sale", "session_close"}}
    assert moves >= set(DrawerEvent.Kind.values)
