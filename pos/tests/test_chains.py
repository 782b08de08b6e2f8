"""Holes, heads and final shifts: what the server knows of a chain that has not come as a whole."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from kernel.errors import Invalid
from pos import services, till_report
from pos.models import JournalConflict, SealedHead, Shift, SyncNote, TillEpoch
from pos.queries import chains
from pos.services import finality, holes, sealing


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


def test_a_till_asks_for_its_checkpoint(shop):
    till = shop.till()
    till.open()
    till.deliver()
    document = {"epoch": 1, "seq": 1, "hash": till.head}
    assert till.get("/api/v1/till/checkpoint") == (200, document)
    shop.till()
    assert till.get("/api/v1/till/checkpoint") == (200, document)
    till.token = "guess"
    assert till.get("/api/v1/till/checkpoint")[0] == 401


REPORT = "waiting=3;oldest_ms=8000;free_bytes=123456789;persisted=1;release=1.4-b"


def test_what_a_device_says_of_itself_is_kept_once_a_minute(shop):
    till = shop.till()
    till.get("/api/v1/till", **{"X-Till-Report": REPORT})
    epoch = TillEpoch.objects.get()
    assert epoch.reported.pop("at")
    assert epoch.reported == {"waiting": 3, "oldest_ms": 8000, "free_bytes": 123456789, "persisted": True, "release": "1.4-b"}
    till.get("/api/v1/till", **{"X-Till-Report": "waiting=9"})
    assert TillEpoch.objects.get().reported["waiting"] == 3
    TillEpoch.objects.update(last_seen_at=timezone.now() - timedelta(minutes=2))
    till.get("/api/v1/till", **{"X-Till-Report": "waiting=9"})
    assert TillEpoch.objects.get().reported["waiting"] == 9


@pytest.mark.parametrize(
    "header",
    [
        "waiting",
        "waiting=-1",
        "waiting=1;waiting=2",
        "waiting=1e9",
        "persisted=yes",
        "release=<b>",
        "release=",
        "x" * 400,
        "waiting=" + "9" * 30,
        ";",
        "ä=1",
    ],
)
def test_a_report_of_another_shape_is_passed_over(header):
    assert till_report.read(header) is None


def test_names_to_come_are_passed_over():
    assert till_report.read("waiting=1;battery=80") == {"waiting": 1}


def test_a_seal_is_made_once_for_each_head_and_its_file_is_signed(shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    till.deliver()
    now = timezone.now()
    assert services.seal_heads(now=now) == services.Sealing(sealed=1, stored=1)
    assert services.seal_heads(now=now) == services.Sealing()
    (file,) = tmp_path.rglob("*.json")
    told = sealing.read_signed(file.read_bytes())
    assert (told["till"], told["seq"], told["hash"], told["receipt"]) == (till.id, 2, till.head, 1)
    assert sealing.read_signed(file.read_bytes().replace(b'\\"seq\\":2', b'\\"seq\\":3')) is None
    till.sell(basket(till, shop))
    till.deliver()
    assert services.seal_heads(now=now, every=services.DAILY) == services.Sealing()
    assert services.seal_heads(now=now + timedelta(days=1), every=services.DAILY) == services.Sealing(sealed=1, stored=1)


def test_a_storage_that_is_away_is_asked_again(shop, settings, tmp_path):
    till = shop.till()
    till.open()
    till.deliver()
    (tmp_path / "journal-heads").write_text("in the way")
    settings.MEDIA_ROOT = tmp_path
    assert services.seal_heads(now=timezone.now()) == services.Sealing(sealed=1, failed=1)
    assert SealedHead.objects.get().file == ""
    (tmp_path / "journal-heads").unlink()
    assert services.seal_heads(now=timezone.now()) == services.Sealing(stored=1)
    assert SealedHead.objects.get().file


def test_an_old_key_still_reads_what_it_signed(settings):
    signed = sealing.signed_text({"seq": 1})
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert sealing.read_signed(signed) == {"seq": 1}
    settings.SECRET_KEY_FALLBACKS = []
    assert sealing.read_signed(signed) is None


def test_why_a_till_was_signed_out_is_kept(shop):
    till = shop.till()
    with pytest.raises(Invalid):
        services.revoke(till=shop.northside_till, reason="bored", now=timezone.now())
    services.revoke(till=shop.northside_till, reason="lost", actor=shop.cast.mia.id, now=timezone.now())
    shop.till()
    shop.till()
    assert list(TillEpoch.objects.order_by("epoch").values_list("revoked_reason", flat=True)) == ["lost", "replaced", ""]
    till.open()
    assert till.deliver()[0]["reason"] == "old_epoch"
    assert SyncNote.objects.get(kind="apart").facts["reason"] == "old_epoch"


def test_a_till_that_was_taken_over_begins_anew(shop):
    old = shop.till()
    old.open()
    old.sell(basket(old, shop))
    old.deliver()
    new = shop.till()
    assert (new.epoch, new.seq, new.receipt, new.head) == (2, 0, 0, "0" * 64)


def test_a_copied_browser_is_noted_entry_by_entry_and_both_texts_are_kept(shop):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    till.deliver()
    copy = replace(till, entries=[])
    till.sell(basket(till, shop))
    till.deliver()
    for _ in range(30):
        copy.sell(basket(copy, shop))
    for start in range(0, 30, 7):
        results = copy.deliver(copy.entries[start : start + 7])
        assert {result["status"] for result in results} == {"conflict"}
        assert {result["reason"] for result in results} <= {"place_taken", "forked"}
    assert copy.deliver(copy.entries[20:25]) == copy.deliver(copy.entries[20:25])
    assert JournalConflict.objects.count() == SyncNote.objects.filter(kind="conflict").count() == 30
    for _ in range(5):
        till.sell(basket(till, shop))
    assert {result["status"] for result in till.deliver()} == {"accepted"}
    assert checkpoint(till)["seq"] == 8


def test_a_wrong_clock_is_noted_once_a_day(shop):
    till = shop.till()
    till.open()
    till.deliver()
    assert not SyncNote.objects.exists()
    for _ in range(2):
        till.clock = timezone.now() + timedelta(days=1)
        till.sell(basket(till, shop))
        till.deliver()
    assert abs(SyncNote.objects.get(kind="clock").facts["seconds"] - 86_400) < 60
