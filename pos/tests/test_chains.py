"""Holes, heads and final shifts: what the server knows of a chain that has not come as a whole."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pos.models import Shift, SyncNote, TillEpoch
from pos.queries import chains
from pos.services import finality, holes


def basket(till, shop):
    return [till.goods(shop.items[0])]


def later(minutes=10):
    return timezone.now() + timedelta(minutes=minutes)


def checkpoint(till):
    return chains.checkpoint(till=till.id, epoch=till.epoch)


def notes():
    return list(SyncNote.objects.filter(kind="hole").order_by("id").values_list("about", "facts", "fix"))


def test_the_checkpoint_is_the_end_of_what_came_without_a_hole(shop):
    till = shop.till()
    assert checkpoint(till) == {"epoch": 1, "seq": 0, "hash": "0" * 64}
    till.open()
    entries = [till.sell(basket(till, shop)) for _ in range(5)]
    till.deliver([till.entries[0], entries[0], entries[2], entries[4]])
    for _ in range(2):
        assert checkpoint(till) == {"epoch": 1, "seq": 2, "hash": entries[0]["hash"]}
        holes.look_for_holes(now=timezone.now())
    till.deliver([entries[1]])
    assert checkpoint(till)["seq"] == 4
    till.deliver([entries[3]])
    assert checkpoint(till) == {"epoch": 1, "seq": 6, "hash": till.head}


def test_what_was_kept_apart_fills_its_place(shop):
    till = shop.till()
    till.open()
    till.write("age_refusal", {"reason": "4111 1111 1111 1111"})
    till.sell(basket(till, shop))
    till.deliver()
    assert checkpoint(till) == {"epoch": 1, "seq": 3, "hash": till.head}


def test_a_hole_is_told_once_and_closed_when_it_fills(shop):
    till = shop.till()
    till.open()
    entries = [till.sell(basket(till, shop)) for _ in range(6)]
    till.deliver([till.entries[0], entries[0], entries[3], entries[5]])
    assert holes.look_for_holes(now=timezone.now() + timedelta(minutes=4)) == 0
    assert holes.look_for_holes(now=later()) == 2
    assert holes.look_for_holes(now=later()) == 0
    assert notes() == [("1/3", {"epoch": 1, "first": 3, "last": 4}, ""), ("1/6", {"epoch": 1, "first": 6, "last": 6}, "")]
    till.deliver([entries[1], entries[2]])
    holes.look_for_holes(now=later())
    assert [fix for *_, fix in notes()] == ["filled", ""]
    till.deliver([entries[4]])
    holes.look_for_holes(now=later())
    assert [fix for *_, fix in notes()] == ["filled", "filled"]
    assert TillEpoch.objects.get().chained_to == 7


def test_a_look_costs_the_same_statements_however_much_came(shop, django_assert_num_queries):
    till = shop.till()
    till.open()
    till.deliver()
    for _ in range(2):
        till.deliver([till.sell(basket(till, shop)) for _ in range(20)])
        with django_assert_num_queries(5):
            holes.look_for_holes(now=later())


def closed_shift(shop, **changes):
    till = shop.till()
    till.open()
    sales = [till.sell(basket(till, shop)) for _ in range(3)]
    close = till.close(counted=0)
    return till, sales, close


def test_a_shift_is_final_when_everything_up_to_its_close_is_here_and_posted(shop):
    till, sales, close = closed_shift(shop)
    till.deliver([till.entries[0], sales[0], sales[2], close])
    Shift.objects.update(close_epoch=1, close_seq=5)
    finality.finish(now=timezone.now())
    waits = chains.waiting(shift=Shift.objects.get())
    assert (waits.missing, waits.unposted, waits.other_head) == (1, 0, False)
    till.deliver([sales[1]])
    finality.finish(now=timezone.now())
    assert Shift.objects.get().final_at is not None
    assert chains.waiting(shift=Shift.objects.get()) is None


def test_a_close_behind_another_head_is_never_final(shop):
    till = shop.till()
    till.open()
    till.write("session_close", {"currency": "EUR", "counted": 0, "denominations": {}, "head": "ab" * 32})
    till.deliver()
    Shift.objects.update(close_epoch=1, close_seq=2)
    assert finality.finish(now=timezone.now()) == 0
    assert chains.waiting(shift=Shift.objects.get()).other_head


def test_an_entry_that_waits_for_its_posting_keeps_the_shift_open_to_change(shop):
    till, sales, close = closed_shift(shop)
    till.sell([{**till.goods(shop.items[0]), "total": 1}])
    till.entries[-1], till.entries[-2] = till.entries[-2], till.entries[-1]
    till.deliver()
    Shift.objects.update(close_epoch=1, close_seq=5)
    with transaction.atomic():
        assert finality.finish_shifts(shifts=[Shift.objects.get().id], now=timezone.now()) == 0
    assert chains.waiting(shift=Shift.objects.get()).unposted == 1
