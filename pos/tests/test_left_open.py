"""A till is taken over while its shift is open: somebody counts the drawer, and the shift is closed and final, whatever still comes."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from kernel.models import Message
from org import settings
from org.tests.doorstep import client_of, statements
from pos import services
from pos.models import JournalEntry, LateEntry, Shift, SyncNote
from pos.tests.test_inbox_door import PATH, ask, proof

NOW = timezone.now


def taken_over(shop, sales=1):
    """Northside's till with a float of 150.00 and sales of 1.49 each, and the next enrolment of it."""
    old = shop.till()
    old.open()
    for _ in range(sales):
        old.sell([old.goods(shop.items[0])])
    old.deliver()
    return old, shop.till()


def close(shop, shift, counted, who="mia", **more):
    return services.close_left(shift=UUID(shift), counted=counted, actor=getattr(shop.cast, who).pk, now=NOW(), **more)


def left_note():
    return SyncNote.objects.get(kind="shift", about="left")


def page(shop, path, who="mia"):
    return client_of(user=getattr(shop.cast, who)).get(path).content.decode()


def test_taking_a_till_over_tells_of_the_shift_that_stays_open(shop):
    old, _new = taken_over(shop)
    note = left_note()
    assert (str(note.entry), note.facts["what"], note.facts["shift_cashier"]) == (old.session, "left", str(old.cashier))
    text = page(shop, f"/admin/pos/syncnote/{note.pk}/change/")
    for words in ("Carla&#x27;s shift stayed open", "enrolled anew", "Receipts after 1-1-0001 may exist", "Count the drawer and close the shift"):
        assert words in text
    services.note_left(now=NOW())
    assert SyncNote.objects.filter(kind="shift").count() == 1


def test_switching_a_till_off_tells_too_and_a_closed_shift_does_not(shop):
    old = shop.till()
    old.open()
    old.close(counted=15_000)
    old.deliver()
    old.open()
    old.deliver()
    services.revoke(till=shop.northside_till, reason="lost", now=NOW())
    assert str(left_note().entry) == old.session
    assert "was lost and signed out" in page(shop, f"/admin/pos/syncnote/{left_note().pk}/change/")


def test_an_opening_that_is_released_later_is_told_by_the_next_look(shop):
    old = shop.till()
    opening = old.open()
    services.revoke(till=shop.northside_till, now=NOW())
    old.deliver([opening])
    assert services.note_left(now=NOW()) == 0
    services.release(ids=[UUID(old.session)], actor=None, now=NOW())
    assert (services.note_left(now=NOW()), services.note_left(now=NOW())) == (1, 0)


def test_the_count_closes_it_with_its_difference_and_its_z_is_final_at_once(shop):
    old, _new = taken_over(shop)
    shift = close(shop, old.session, 15_100, reason="coins on the floor")
    shift.refresh_from_db()
    assert (shift.counted, shift.expected, shift.close_epoch, shift.close_seq) == (15_100, 15_149, 1, 2)
    assert shift.final_at is not None
    assert (shift.close_body["reason"], shift.close_body["approved_by"]) == ("coins on the floor", str(shop.cast.mia.pk))
    event = Message.objects.get(type="pos.shift.closed", aggregate_id=shift.pk)
    assert (event.data["counted"], event.data["expected"], event.sequence) == (15_100, 15_149, 2)
    note = left_note()
    assert (note.fix, note.closed_by) == ("closed", shop.cast.mia.pk)


def test_closing_it_again_changes_nothing(shop):
    old, _new = taken_over(shop)
    first = close(shop, old.session, 15_149)
    again = close(shop, old.session, 1, who="olga")
    assert (again.counted, again.closed_at) == (15_149, first.closed_at)
    assert Message.objects.filter(type="pos.shift.closed").count() == 1


def test_what_the_old_device_still_sends_is_kept_apart_and_released_as_an_addendum(shop):
    old, _new = taken_over(shop)
    late = old.sell([old.goods(shop.items[0])])
    closing = old.close(counted=99)
    close(shop, old.session, 15_149)
    assert [one["status"] for one in old.deliver([late, closing])] == ["quarantined", "quarantined"]
    kept = JournalEntry.objects.filter(state="quarantined")
    services.release(ids=list(kept.values_list("id", flat=True)), actor=shop.cast.mia.pk, now=NOW())
    shift = Shift.objects.get(pk=old.session)
    assert (shift.counted, shift.expected) == (15_149, 15_149)
    addendum = LateEntry.objects.get(shift=shift)
    assert (addendum.kind, addendum.cash, addendum.total) == ("sale", 149, 149)
    assert not kept.exists()


def test_it_waits_for_no_posting_and_is_put_right_by_it(shop, monkeypatch):
    old = shop.till()
    old.open()
    old.deliver()
    sale = old.sell([old.goods(shop.items[0])])
    with monkeypatch.context() as patched:
        patched.setattr("pos.services.delivery.post", lambda **_: None)
        old.deliver([sale])
    shop.till()
    shift = close(shop, old.session, 15_149)
    shift.refresh_from_db()
    assert (shift.expected, shift.final_at) == (15_000, None)
    services.post_waiting(now=NOW() + timedelta(minutes=1))
    shift.refresh_from_db()
    assert shift.expected == 15_149
    assert shift.final_at is not None
    assert Message.objects.filter(type="pos.shift.recounted").count() == 1


def test_a_hole_in_the_old_chain_holds_nothing_up(shop):
    old = shop.till()
    opening = old.open()
    old.sell([old.goods(shop.items[0])])
    second = old.sell([old.goods(shop.items[0])])
    old.deliver([opening, second])
    shop.till()
    shift = close(shop, old.session, 15_149)
    shift.refresh_from_db()
    assert (shift.close_seq, shift.expected) == (1, 15_149)
    assert shift.final_at is not None


def test_its_own_close_that_came_before_stands_and_closes_the_note(shop):
    old = shop.till()
    old.open()
    old.deliver()
    with pytest.raises(services.TillStillWorks):
        close(shop, old.session, 15_000)
    shop.till()
    closing = old.close(counted=15_000)
    old.deliver([closing])
    assert left_note().closed_at is None
    services.release(ids=[JournalEntry.objects.get(kind="session_close").pk], actor=None, now=NOW())
    assert (left_note().fix, Shift.objects.get(pk=old.session).counted) == ("closed", 15_000)


def test_a_close_that_is_here_and_not_posted_yet_is_waited_for(shop, monkeypatch):
    old = shop.till()
    old.open()
    old.deliver()
    closing = old.close(counted=15_000)
    with monkeypatch.context() as patched:
        patched.setattr("pos.services.delivery.post", lambda **_: None)
        old.deliver([closing])
    shop.till()
    with pytest.raises(services.CloseIsHere):
        close(shop, old.session, 1)


@pytest.mark.parametrize("counted", [-1, None, True, "1", 10**13])
def test_a_count_that_is_none_closes_nothing(shop, counted):
    old, _new = taken_over(shop)
    with pytest.raises(services.CountUnusable):
        close(shop, old.session, counted)
    assert Shift.objects.get(pk=old.session).closed_at is None


def test_nobody_allows_the_difference_of_their_own_drawer(shop):
    settings.put("till.variance_limit", 100, store=shop.cast.northside)
    old = shop.till()
    old.cashier = shop.cast.mia.pk
    old.open()
    old.deliver()
    shop.till()
    with pytest.raises(services.AnotherCounts):
        close(shop, old.session, 14_000)
    assert close(shop, old.session, 14_000, who="olga").counted == 14_000


def test_the_inbox_at_the_next_till_closes_it_in_one_count(shop):
    services.set_pin(user=shop.cast.mia, store=shop.cast.northside, pin="2222")
    old, new = taken_over(shop)
    note = ask(new, who=proof(shop))[1]["items"][0]
    assert (note["kind"], note["fixes"], note["names"][str(old.cashier)]) == ("shift", ["closed"], "Carla")
    path = f"{PATH}/{note['id']}/fixes"
    assert ask(new, path, "POST", {"fix": "closed"}, who=proof(shop))[1]["code"] == "shift_count_invalid"
    for _ in range(2):
        status, answer = ask(new, path, "POST", {"fix": "closed", "counted": 15_149}, who=proof(shop))
        assert (status, answer["fix"], answer["closed_by"]) == (200, "closed", "Mia")
    assert Shift.objects.get(pk=old.session).counted == 15_149


def test_the_back_office_closes_it_and_the_stranger_does_not(shop):
    old, _new = taken_over(shop)
    path = f"/admin/pos/shift/{old.session}/"
    assert "Close this shift" in page(shop, f"{path}change/")
    for user in (None, shop.cast.carla, shop.cast.stan):
        assert client_of(user=user).post(f"{path}close/", {"counted": "1"}).status_code in (302, 403)
    mia = client_of(user=shop.cast.mia)
    assert mia.get(f"{path}close/").status_code == 405
    for wrong in ("", "x", "-1", "1.234"):
        mia.post(f"{path}close/", {"counted": wrong})
        assert Shift.objects.get(pk=old.session).closed_at is None
    mia.post(f"{path}close/", {"counted": "151,49", "reason": "left"})
    assert Shift.objects.get(pk=old.session).counted == 15_149
    text = page(shop, f"{path}change/")
    assert "Close this shift" not in text
    assert "Final" in text
    assert "Counted after the till was taken over" in text


def test_the_note_page_closes_it_too(shop):
    old, _new = taken_over(shop)
    client_of(user=shop.cast.mia).post(f"/admin/pos/syncnote/{left_note().pk}/fix/", {"fix": "closed", "counted": "150.00"})
    assert Shift.objects.get(pk=old.session).counted == 15_000
    assert "Shift closed, Mia" in page(shop, f"/admin/pos/syncnote/{left_note().pk}/change/")


def test_a_shift_whose_till_works_shows_no_count(shop):
    till = shop.till()
    till.open()
    till.deliver()
    assert "Close this shift" not in page(shop, f"/admin/pos/shift/{till.session}/change/")


def test_the_look_is_one_statement_where_nothing_was_left(shop):
    shop.till().open()
    with statements() as seen:
        services.note_left(now=NOW())
    assert len(seen) == 1
