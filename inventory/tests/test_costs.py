"""The moving average: arithmetic first, then what receipts do with it."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import services as catalog
from catalog.models import Revision, Variant
from inventory import services
from inventory.models import ItemCost
from inventory.services import ReceiptLine
from inventory.services.costs import UNIT, Paid, averaged, without
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from kernel.models import AuditEntry, Message
from org.tests.cast import NOW
from org.tests.threads import in_threads

QUANTITIES = st.integers(1, 10**9)
COSTS = st.integers(0, 10**12)
AVERAGES = st.integers(0, 10**15)


def receipt(room, *lines, location=None, reference=None):
    told = [ReceiptLine(variant=room.variants[n], quantity=quantity, cost=cost) for n, quantity, cost in lines]
    return services.receive(
        location=location or room.northside, lines=told, occurred_at=NOW, reference=reference or uuid7(), actor=room.cast.mia.id, now=NOW
    )


def average(room, n=0):
    return ItemCost.objects.filter(variant=room.variants[n]).values_list("average", flat=True).first()


def reference_cost(room, n=0):
    return Variant.objects.get(id=room.variants[n]).reference_cost


@settings(max_examples=300, deadline=None)
@given(average=AVERAGES, held=st.integers(0, 10**12), quantity=QUANTITIES, cost=COSTS)
def test_no_worth_is_made_or_lost(average, held, quantity, cost):
    """To half a thousandth of a minor unit for each 1000 thousandths."""
    after = averaged(average=average, held=held, paid=Paid(quantity=quantity, cost=cost))
    before = average * held + cost * UNIT
    assert 2 * abs(after * (held + quantity) - before) <= held + quantity


@settings(max_examples=200, deadline=None)
@given(average=AVERAGES, held=st.integers(0, 10**12), quantity=QUANTITIES, cost=COSTS)
def test_the_average_lies_between_what_was_and_what_came(average, held, quantity, cost):
    after = averaged(average=average, held=held, paid=Paid(quantity=quantity, cost=cost))
    came = cost * UNIT // quantity
    assert min(average, came) <= after <= max(average, came + 1)


@settings(max_examples=200, deadline=None)
@given(held=st.integers(0, 10**9), start=st.integers(0, 10**9), first=st.tuples(QUANTITIES, COSTS), second=st.tuples(QUANTITIES, COSTS))
def test_two_receipts_come_to_the_same_in_either_order(held, start, first, second):
    def after(one, other):
        middle = averaged(average=start, held=held, paid=Paid(quantity=one[0], cost=one[1]))
        return averaged(average=middle, held=held + one[0], paid=Paid(quantity=other[0], cost=other[1]))

    # Each rounding is worth half a thousandth at most, and there are two of them.
    assert abs(after(first, second) - after(second, first)) <= 2


@settings(max_examples=200, deadline=None)
@given(average=AVERAGES, held=st.integers(1, 10**12), quantity=QUANTITIES, cost=COSTS)
def test_what_came_and_went_leaves_the_average_as_it_was(average, held, quantity, cost):
    paid = Paid(quantity=quantity, cost=cost)
    after = averaged(average=average, held=held, paid=paid)
    back = without(average=after, held=held + quantity, paid=paid)
    # The rounding of what was spread over both is put on what is left; it stays where rounding would make a debt of it.
    assert abs(back - average) <= (held + quantity) // (2 * held) + 1 or (back == after and average * held * 2 <= held + quantity)


@settings(max_examples=200, deadline=None)
@given(average=AVERAGES, held=st.integers(-(10**12), 10**12), quantity=QUANTITIES, cost=COSTS)
def test_an_average_is_never_below_zero(average, held, quantity, cost):
    paid = Paid(quantity=quantity, cost=cost)
    assert without(average=average, held=held, paid=paid) >= 0
    assert averaged(average=average, held=held, paid=paid) >= 0


def test_what_was_held_weighs_as_much_as_it_is(room):
    receipt(room, (0, 10_000, 1_000))
    receipt(room, (0, 30_000, 9_000), location=room.riverside)
    # 10 at 1.00 and 30 at 3.00, wherever they lie.
    assert (average(room), reference_cost(room)) == (250_000, 250)


def test_half_a_thousandth_goes_up(room):
    receipt(room, (0, 16_000, 1))
    assert average(room) == 63  # 62.5
    assert reference_cost(room) == 0


def test_less_than_nothing_is_worth_nothing(room):
    receipt(room, (0, 1_000, 100))
    services.adjust(location=room.northside, variant=room.variants[0], quantity=-5_000, note="", reference=uuid7(), actor=None, now=NOW)
    receipt(room, (0, 10_000, 5_000))
    assert average(room) == 500_000


def test_a_receipt_that_names_no_cost_leaves_the_average(room):
    receipt(room, (0, 10_000, 1_000), (1, 10_000, None))
    receipt(room, (0, 90_000, None))
    assert (average(room), average(room, 1), reference_cost(room, 1)) == (100_000, None, None)


def test_what_the_catalogue_says_is_the_beginning(room):
    catalog.change_variant(variant=room.variants[0], fields={"reference_cost": 300}, now=NOW, actor=None)
    receipt(room, (0, 10_000, None))
    receipt(room, (0, 10_000, 1_000))
    assert (average(room), reference_cost(room)) == (200_000, 200)


def test_what_nobody_knew_the_cost_of_is_worth_what_comes(room):
    receipt(room, (0, 10_000, None))
    receipt(room, (0, 10_000, 1_000))
    assert average(room) == 100_000


def test_the_catalogue_tells_the_new_cost_with_history_event_and_by_whom(room):
    receipt(room, (0, 10_000, 1_000), (1, 10_000, 3_000))
    revision = Revision.objects.latest("id")
    path = f"variant.{room.variants[0]}.reference_cost"
    assert (revision.fields[path], revision.actor, len(revision.fields)) == ([None, 100], str(room.cast.mia.id), 2)
    assert Message.objects.filter(type="catalog.product.changed").count() == 1
    assert AuditEntry.objects.filter(table="catalog_variant", actor=str(room.cast.mia.id)).count() == 2


def test_a_cost_that_stays_tells_nobody(room):
    receipt(room, (0, 10_000, 1_000))
    receipt(room, (0, 10_000, 1_000))
    assert Revision.objects.count() == 1


def test_several_lines_of_one_thing_are_one_price(room):
    receipt(room, (0, 1_000, 100), (0, 3_000, 900))
    assert average(room) == 250_000


def test_an_undone_receipt_leaves_the_average_as_it_was(room):
    receipt(room, (0, 3_000, 1_000))
    before = average(room)
    wrong = receipt(room, (0, 7_000, 99_999), (1, 1_000, 70))
    assert average(room) != before
    services.undo_document(document=wrong.id, actor=None, now=NOW + timedelta(days=1))
    assert (average(room), reference_cost(room)) == (before, 333)
    # Nobody knew what this one cost.
    assert (average(room, 1), reference_cost(room, 1)) == (None, None)


def test_undone_after_another_receipt_its_worth_is_taken_out_again(room):
    receipt(room, (0, 10_000, 1_000))
    wrong = receipt(room, (0, 10_000, 9_000))
    receipt(room, (0, 20_000, 8_000))
    services.undo_document(document=wrong.id, actor=None, now=NOW)
    # 10 at 1.00 and 20 at 4.00 are left.
    assert average(room) == 300_000


def test_undone_after_much_was_sold_the_average_stays(room):
    wrong = receipt(room, (0, 10_000, 9_000))
    receipt(room, (0, 10_000, 1_000))
    services.adjust(location=room.northside, variant=room.variants[0], quantity=-15_000, note="", reference=uuid7(), actor=None, now=NOW)
    before = average(room)
    services.undo_document(document=wrong.id, actor=None, now=NOW)
    assert average(room) == before


@pytest.mark.django_db(transaction=True)
def test_receipts_at_once_add_up():
    room = stock_up(variants=3)

    def come(n):
        lines = [(0, 10_000, 1_000 * (n + 1)), (1, 1_000, 7), (2, 1_000, 9)]
        with transaction.atomic():
            receipt(room, *(lines if n % 2 else lines[::-1]), location=room.northside if n % 2 else room.riverside)

    in_threads(8, come)
    # 80 for 360.00 in any order; each step rounds.
    assert abs(average(room) - 450_000) <= 8
    assert (reference_cost(room), average(room, 1), average(room, 2)) == (450, 7_000, 9_000)


@pytest.mark.parametrize("cost", [-1, 10**13])
def test_costs_of_the_catalogue_have_bounds(room, cost):
    with pytest.raises(services.TooDear):
        receipt(room, (0, 1_000, cost))
    with pytest.raises(Exception, match="ten billion"):
        catalog.set_reference_costs(costs={room.variants[0]: cost}, now=NOW, actor=None)


def test_costs_of_many_products_are_set_in_few_statements(room, django_assert_num_queries):
    with django_assert_num_queries(12):
        assert catalog.set_reference_costs(costs=dict.fromkeys(room.variants, 70), now=NOW, actor=room.cast.mia.id) == 8
    with django_assert_num_queries(5):
        assert catalog.set_reference_costs(costs=dict.fromkeys(room.variants, 70), now=NOW, actor=room.cast.mia.id) == 0
    assert reference_cost(room) == 70
