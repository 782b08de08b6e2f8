"""The journal of a store says what its tills' Z say: whatever comes late, twice or in another order."""

import random
from datetime import UTC, date, datetime

import pytest

from kernel import outbox
from kernel.models import Message
from orders.models import BookLine
from orders.queries import books, reconciliation
from pos.models import Shift
from pos.queries import shifts as z
from pos.tests.test_drawer import final, move, sell, shift_of, whole_shift


def carry():
    outbox.carry(clock=lambda: datetime.now(UTC))
    assert not outbox.Delivery.objects.filter(subscriber=books.SUBSCRIBER).exclude(state="done").exists()


def day_of(till) -> date:
    return shift_of(till).business_date


def journal(till, shop):
    return {(row.account, row.rate): row.amount for row in books.day(on=day_of(till), store=shop.cast.northside.id)}


def test_a_shift_is_in_the_journal_as_it_is_on_its_z(shop):
    till = shop.till()
    whole_shift(till, shop)
    till.deliver()
    carry()
    found, figures = journal(till, shop), {(row.what, row.name, row.rate): row.amount for row in z.figures(shift=shift_of(till).id)}
    tax = sum(amount for (what, _, _), amount in figures.items() if what == "tax")
    assert -found["sales", 70_000] == figures["sold", "", 0] - tax
    assert -sum(amount for (account, _), amount in found.items() if account.startswith("tax")) == tax
    assert (found["cash_in", None], found["cash_out", None], found["payouts", None]) == (-2_000, 500, 300)
    assert found["over_short", None] == shift_of(till).expected - shift_of(till).counted == 97
    assert found["cash", None] == 0
    assert found["cash_safe", None] == -15_000 + 10_000 + 7_000
    assert reconciliation.differences(on=day_of(till), store=shop.cast.northside.id) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_order_of_delivery_the_journal_ends_the_same(shop, seed):
    till = shop.till()
    entries = [till.open(float_amount=15_000), sell(till, shop), move(till, "cash_in", 2_000), sell(till, shop, 2), till.close(counted=17_000)]
    random.Random(seed).shuffle(entries)
    for entry in entries:
        till.deliver([entry])
        carry()
    till.deliver()
    carry()
    assert journal(till, shop)["over_short", None] == 15_000 + 897 + 2_000 - 17_000
    assert journal(till, shop)["cash", None] == 0
    assert reconciliation.differences(on=day_of(till)) == []


def test_what_comes_late_is_told_as_a_count_anew_and_booked(shop):
    till = shop.till()
    opening, late, closing = till.open(float_amount=15_000), move(till, "cash_in", 700), till.close(counted=15_000)
    till.deliver([opening, closing])
    carry()
    assert ("over_short", None) not in journal(till, shop)
    till.deliver([late])
    carry()
    told = Message.objects.get(type="pos.shift.recounted")
    assert (told.sequence, told.data["expected"], told.data["counted"], told.store) == (3, 15_700, 15_000, "northside")
    assert journal(till, shop)["over_short", None] == 700
    assert reconciliation.differences(on=day_of(till)) == []


def test_an_addendum_of_a_final_z_is_a_difference_that_is_told(shop):
    till = shop.till()
    opening, late, closing = till.open(float_amount=15_000), sell(till, shop), till.close(counted=15_000)
    till.deliver([opening, closing])
    final(till)
    till.deliver([late])
    carry()
    assert not Message.objects.filter(type="pos.shift.recounted").exists()
    found = reconciliation.differences(on=day_of(till))
    assert [(one.kind, one.account, one.expected, one.booked) for one in found] == [("shift", "cash", 15_000, 15_299)]


def test_two_tills_of_two_stores_have_their_own_days(shop):
    for till in (shop.till(), shop.till(shop.riverside_till)):
        till.open()
        sell(till, shop)
        till.close(counted=15_299)
        till.deliver()
    carry()
    assert Shift.objects.count() == 2
    assert BookLine.objects.filter(store=shop.cast.northside, account="sales").count() == 1
    assert BookLine.objects.filter(store=shop.cast.riverside, account="sales").count() == 1
