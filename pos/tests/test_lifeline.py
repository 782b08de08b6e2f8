"""A journal that came as a file is believed no more and counts no more often than what comes over the line."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from pos import services
from pos.models import JournalEntry
from pos.services.lifeline import LifelineOfAnotherTill, LifelineTooLarge, LifelineUnreadable


def saved(till, entries=None, **head):
    """As the till in the browser writes it."""
    entries = till.entries if entries is None else entries
    first = {"onecounter_journal": 1, "till": till.id, "saved_ms": 0, "entries": len(entries), **head}
    lines = [{"till": till.id, "epoch": till.epoch, "seq": 0, **entry} for entry in entries]
    return "".join(json.dumps(line) + "\n" for line in [first, *lines]).encode()


def read_in(shop, file):
    return services.take_in(till=shop.northside_till, file=file, actor=shop.cast.mia.id, now=timezone.now())


@pytest.fixture
def till(shop):
    till = shop.till()
    till.open()
    for item in shop.items[:2]:
        till.sell([till.goods(item)])
    return till


def told(taken):
    return (taken.entries, taken.accepted, taken.known, taken.apart, taken.conflicts)


def test_what_a_till_could_not_send_is_taken_in_and_posted_once(shop, till):
    assert told(read_in(shop, saved(till))) == (3, 3, 0, 0, 0)
    assert set(JournalEntry.objects.values_list("state", "posting")) == {("accepted", "posted")}
    assert told(read_in(shop, saved(till))) == (3, 0, 3, 0, 0)


def test_what_had_come_over_the_line_is_known(shop, till):
    till.deliver()
    till.sell([till.goods(shop.items[0])])
    assert told(read_in(shop, saved(till))) == (4, 1, 3, 0, 0)


def test_a_fenced_off_enrolments_entries_are_kept_apart_until_a_person_releases_them(shop, till):
    shop.till()
    assert told(read_in(shop, saved(till))) == (3, 0, 0, 3, 0)
    assert set(JournalEntry.objects.values_list("state", "reason")) == {("quarantined", "old_epoch")}
    services.release(ids=list(JournalEntry.objects.values_list("id", flat=True)), actor=shop.cast.mia.id, now=timezone.now())
    assert set(JournalEntry.objects.values_list("state", "posting")) == {("accepted", "posted")}


def test_a_changed_text_and_a_foreign_signature_count_for_nothing(shop, till):
    changed = {**till.entries[1], "text": till.entries[1]["text"].replace('"total"', '"Total"')}
    unsigned = {**till.entries[2], "sig": till.entries[0]["sig"]}
    assert told(read_in(shop, saved(till, [till.entries[0], changed, unsigned]))) == (3, 1, 0, 2, 0)
    assert set(JournalEntry.objects.filter(state="quarantined").values_list("reason", flat=True)) == {"bad_hash", "bad_signature"}


def test_an_enrolment_nobody_knows_is_kept_apart(shop, till):
    stranger = {**till.entries[0], "text": till.entries[0]["text"].replace('"epoch":1', '"epoch":77').replace('"epoch": 1', '"epoch": 77')}
    assert told(read_in(shop, saved(till, [stranger])))[3] == 1


@pytest.mark.parametrize(
    "file", [b"", b"\xff\xfe", b"sku,price\n1,2\n", b'{"onecounter_journal": 2}\n', b"[]\n", b'"text"\n', b'{"onecounter_journal": 1, "till": "'],
    ids=["empty", "binary", "csv", "other-format", "list", "text", "cut"],
)  # fmt: skip
def test_what_is_no_journal_is_refused(shop, till, file):
    with pytest.raises(LifelineUnreadable):
        read_in(shop, file)


def test_an_entry_of_another_shape_is_refused_whole(shop, till):
    with pytest.raises(LifelineUnreadable):
        read_in(shop, saved(till, [till.entries[0], {"text": 1, "hash": "", "sig": ""}]))
    assert not JournalEntry.objects.exists()


def test_the_journal_of_another_till_is_refused(shop, till):
    with pytest.raises(LifelineOfAnotherTill):
        services.take_in(till=shop.riverside_till, file=saved(till), actor=None, now=timezone.now())


def test_a_file_beyond_its_limits_is_refused(shop, till, monkeypatch):
    monkeypatch.setattr("pos.services.lifeline.MOST_ENTRIES", 2)
    with pytest.raises(LifelineTooLarge):
        read_in(shop, saved(till))
    monkeypatch.setattr("pos.services.lifeline.LARGEST_FILE", 100)
    with pytest.raises(LifelineTooLarge):
        read_in(shop, saved(till))


def upload(user, till, file):
    path = f"/admin/pos/till/{till.pk}/journal/"
    client = Client()
    client.force_login(user)
    return client.post(path, {"file": SimpleUploadedFile("journal.jsonl", file)} if file is not None else {}, follow=True)


def test_a_manager_reads_a_file_in_on_the_tills_page(shop, till):
    page = upload(shop.cast.mia, shop.northside_till, saved(till))
    assert "Read in 3 entries: 3 new, 0 known already, 0 kept apart, 0 in conflict." in page.content.decode()
    assert 'name="file"' in page.content.decode()
    assert "Choose a file first." in upload(shop.cast.mia, shop.northside_till, None).content.decode()
    assert "no journal that a till saved" in upload(shop.cast.mia, shop.northside_till, b"nonsense").content.decode()


def test_strangers_read_nothing_in(shop, till):
    for user in (shop.cast.stan, shop.cast.carla):
        answer = upload(user, shop.northside_till, saved(till))
        assert answer.status_code == 403 or answer.redirect_chain[-1][0].startswith("/admin/login/")
    assert not JournalEntry.objects.exists()
