import hashlib
import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.utils import timezone

from kernel.ids import uuid7
from kernel.models import Message
from orders.models import Order
from pos import services
from pos.models import JournalConflict, JournalEntry
from pos.tests.conftest import stock_shop
from pos.tests.paper_till import PaperTill, base64url, id_of

BASKET = ((0, 2), (1, 1), (2, 3))


def basket(till, shop):
    return [till.goods(shop.items[n], pieces) for n, pieces in BASKET]


def statuses(results):
    return [(result["status"], result.get("reason", "").split(":")[0]) for result in results]


def test_every_entry_is_kept_as_it_came(shop):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop), tendered=2000)
    results = till.deliver()
    assert [result["status"] for result in results] == ["accepted", "accepted"]
    assert [result["id"] for result in results] == [id_of(entry) for entry in till.entries]
    assert [result["hash"] for result in results] == [entry["hash"] for entry in till.entries]
    kept = JournalEntry.objects.order_by("seq")
    assert [entry.text for entry in kept] == [entry["text"] for entry in till.entries]
    assert [bytes(entry.hash).hex() for entry in kept] == [entry["hash"] for entry in till.entries]
    assert [(entry.kind, str(entry.shift)) for entry in kept] == [("session_open", till.session), ("sale", till.session)]


def test_the_same_batch_again_changes_nothing(shop):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    first = till.deliver()
    before = (Order.objects.count(), JournalEntry.objects.count(), Message.objects.count())
    for _ in range(4):
        assert till.deliver() == first
    assert till.deliver(till.entries[::-1]) == first[::-1]
    assert till.deliver(till.entries * 3) == first * 3
    assert (Order.objects.count(), JournalEntry.objects.count(), Message.objects.count()) == before
    assert Order.objects.count() == 1


def test_entries_may_come_in_any_order(shop):
    till = shop.till()
    till.open()
    for _ in range(4):
        till.sell(basket(till, shop))
    till.close(counted=15_000)
    for entry in reversed(till.entries):
        assert till.deliver([entry])[0]["status"] == "accepted"
    assert Order.objects.count() == 4
    services.post_waiting(now=timezone.now() + timedelta(hours=1))
    assert set(JournalEntry.objects.values_list("posting", flat=True)) == {"posted"}


def test_another_text_under_the_same_id_is_a_conflict_and_both_are_kept(shop):
    till = shop.till()
    till.open()
    sale = till.sell(basket(till, shop))
    till.deliver()
    fields = json.loads(sale["text"])
    forged = till.seal(json.dumps({**fields, "wall_ms": fields["wall_ms"] + 1}))
    for _ in range(2):
        assert statuses(till.deliver([forged])) == [("conflict", "id_taken")]
    assert JournalEntry.objects.get(id=id_of(sale)).text == sale["text"]
    assert JournalConflict.objects.get().text == forged["text"]
    assert Order.objects.count() == 1
    event = Message.objects.get(type="pos.sync.conflict")
    assert (event.data["entry"], event.data["entry_seq"], event.store) == (id_of(sale), 2, "northside")


def test_two_entries_cannot_stand_at_one_place_of_the_chain(shop):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop))
    copy_of_the_profile = json.loads(till.entries[1]["text"]) | {"id": str(uuid7())}
    both = [till.entries[0], till.entries[1], till.seal(json.dumps(copy_of_the_profile))]
    assert statuses(till.deliver(both)) == [("accepted", ""), ("accepted", ""), ("conflict", "place_taken")]
    assert statuses(till.deliver(both[2:])) == [("conflict", "place_taken")]
    assert Order.objects.count() == JournalConflict.objects.count() == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_broken_chain_is_a_conflict_whichever_side_comes_first(shop, late):
    till = shop.till()
    till.open()
    till.head = "ab" * 32
    till.sell(basket(till, shop))
    entries = till.entries[::-1] if late else till.entries
    assert [till.deliver([entry])[0]["status"] for entry in entries] == ["accepted", "conflict"]


def test_a_chain_begins_with_nothing_before_it(shop):
    till = shop.till()
    till.head = "ab" * 32
    till.open()
    assert statuses(till.deliver()) == [("conflict", "place_taken")]


def broken(till, entry):
    """Ways in which an entry does not prove where it comes from."""
    fields = json.loads(entry["text"])
    return {
        "bad_hash": {**entry, "hash": "00" * 32},
        "other_till": till.seal(json.dumps({**fields, "till": str(uuid7())})),
        "unknown_epoch": till.seal(json.dumps({**fields, "epoch": 9})),
        "unreadable": till.seal("not an entry"),
        "unreadable ": till.seal("\0"),
        "unreadable  ": till.seal(json.dumps({**fields, "seq": 1.0})),
        "unreadable   ": till.seal(json.dumps({**fields, "v": 2})),
        "unreadable    ": till.seal(entry["text"].replace("Oats 1", "Oats \\u0000")),
    }


def test_what_does_not_prove_itself_is_kept_apart_and_takes_no_place(shop):
    till = shop.till()
    till.open()
    sale = till.sell(basket(till, shop))
    cases = broken(till, sale)
    for _ in range(2):
        assert statuses(till.deliver(list(cases.values()))) == [("quarantined", reason.strip()) for reason in cases]
    assert JournalEntry.objects.filter(state="quarantined").count() == len(cases)
    assert Order.objects.count() == 0
    assert [result["status"] for result in till.deliver()] == ["accepted", "accepted"]
    assert Order.objects.count() == 1


def test_a_signature_by_any_other_key_proves_nothing(shop):
    till = shop.till()
    till.open()
    for signature in (base64url(b"\1" * 64), base64url(bytes(64)), PaperTill().seal(till.entries[0]["text"])["sig"], "!!", ""):
        assert statuses(till.deliver([{**till.entries[0], "sig": signature}])) == [("quarantined", "bad_signature")]
    assert statuses(till.deliver()) == [("accepted", "")]


def test_a_nul_is_kept_as_a_json_string(shop):
    till = shop.till()
    till.deliver([till.seal("a\0b")])
    assert json.loads(JournalEntry.objects.get().text) == "a\0b"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total": "747"}, "total"),
        ({"tax": True}, "tax"),
        ({"total": 2**53}, "total"),
        ({"lines": {}}, "lines"),
        ({"tenders": [1]}, "tenders"),
        ({"business_date": "yesterday"}, "business_date"),
        ({"currency": "eur"}, "currency"),
        ({"receipt": "x" * 20}, "receipt"),
    ],
)
def test_a_sale_nobody_could_read_is_kept_apart_with_the_field_named(shop, change, field):
    till = shop.till()
    till.open()
    till.sell(basket(till, shop), **change)
    opened, sold = till.deliver()
    assert (opened["status"], sold["status"]) == ("accepted", "quarantined")
    assert sold["reason"].startswith(f"unreadable: {field}")


def test_a_card_number_is_kept_apart(shop):
    till = shop.till()
    till.open()
    till.write("age_refusal", {"reason": "card 4111 1111 1111 1111"})
    till.write("age_refusal", {"reason": "parcel 4111 1111 1111 1112"})
    assert statuses(till.deliver()) == [("accepted", ""), ("quarantined", "card_number"), ("accepted", "")]


def test_kinds_to_come_are_accepted_and_have_nothing_to_post(shop):
    till = shop.till()
    till.open()
    for kind in ("deposit_redeem", "age_refusal", "a_kind_of_2030"):
        till.write(kind, {"anything": [1, {"at": "all"}]})
    assert {result["status"] for result in till.deliver()} == {"accepted"}
    assert set(JournalEntry.objects.exclude(kind="session_open").values_list("posting", flat=True)) == {"none"}


def test_a_fenced_off_till_still_delivers_and_a_person_decides(shop):
    old = shop.till()
    old.open()
    old.deliver()
    old.sell(basket(old, shop))
    new = shop.till()
    assert new.epoch == old.epoch + 1
    results = old.deliver()
    assert statuses(results) == [("accepted", ""), ("quarantined", "old_epoch")]
    assert Order.objects.count() == 0
    # The new enrolment may carry what the old one left, under the old key.
    assert statuses(new.deliver([old.entries[1]])) == [("quarantined", "old_epoch")]
    sale = id_of(old.entries[1])
    services.release(ids=[sale], actor=shop.cast.mia.id, now=timezone.now())
    assert str(Order.objects.get().id) == sale
    with pytest.raises(services.NotReleasable):
        services.release(ids=[sale], actor=shop.cast.mia.id, now=timezone.now())


def test_the_till_of_another_store_cannot_write_for_this_one(shop):
    northside, riverside = shop.till(), shop.till(shop.riverside_till)
    northside.open()
    riverside_batch = {**northside.batch(), "till": northside.id}
    status, answer = riverside.post(riverside_batch)
    assert (status, answer["code"]) == (403, "wrong_till")
    assert statuses(riverside.deliver(northside.entries)) == [("quarantined", "other_till")]
    assert JournalEntry.objects.filter(state="accepted").count() == 0
    # Nor does it keep the honest entry from its place.
    assert statuses(northside.deliver()) == [("accepted", "")]


def test_an_id_belongs_to_whoever_used_it_first_whatever_the_store(shop):
    northside, riverside = shop.till(), shop.till(shop.riverside_till)
    northside.open()
    northside.deliver()
    riverside.write("age_refusal", {}, id=id_of(northside.entries[0]))
    assert statuses(riverside.deliver()) == [("conflict", "id_taken")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"not json", 400, "journal_malformed"),
        (b"\xff", 400, "journal_malformed"),
        (b"[]", 400, "journal_malformed"),
        (b'{"entries": {}}', 400, "journal_malformed"),
        ("one more", 413, "journal_too_large"),
        ("too long", 413, "journal_too_large"),
        ("no text", 400, "journal_malformed"),
    ],
)
def test_a_batch_of_the_wrong_shape_stores_nothing(shop, body, status, code):
    till = shop.till()
    entry = till.open()
    shapes = {"one more": [entry] * 51, "too long": [entry, till.seal("x" * 256 * 1024)], "no text": [entry, {"hash": "", "sig": ""}]}
    found, answer = till.post(till.batch(shapes[body]) if isinstance(body, str) else body)
    assert (found, answer["code"]) == (status, code)
    assert JournalEntry.objects.count() == 0


def test_one_entry_alone_gets_through_however_long_it_is(shop):
    till = shop.till()
    till.write("age_refusal", {"note": "long " * 60_000})
    assert statuses(till.deliver()) == [("accepted", "")]


def test_strangers_are_told_so(shop):
    till = shop.till()
    for token, code in (("", "till_unknown"), ("guess", "till_unknown")):
        till.token = token
        status, answer = till.post(till.batch([]))
        assert (status, answer["code"]) == (401, code)


def test_a_batch_costs_the_same_statements_whatever_its_length(shop):
    till = shop.till()
    till.open()
    # What goes short is noted once, with one statement more.
    till.sell(basket(till, shop))
    till.deliver()
    counts = []
    for sales in (1, 30):
        entries = [till.sell(basket(till, shop)) for _ in range(sales)]
        with CaptureStatements() as statements:
            till.deliver(entries)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 30, counts
    assert Order.objects.count() == 32


class CaptureStatements(list):
    def __enter__(self):
        self.wrapper = connection.execute_wrapper(self.note)
        self.wrapper.__enter__()
        return self

    def note(self, execute, sql, params, many, context):
        self.append(sql)
        return execute(sql, params, many, context)

    def __exit__(self, *why):
        self.wrapper.__exit__(*why)


def at_once(works):
    """Runs the works in threads that start together; what they answered, and nothing they raised."""
    barrier, answers, errors = Barrier(len(works)), [], []

    def run(work):
        try:
            barrier.wait(timeout=30)
            answers.append(work())
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    return answers


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_make_one_row_and_one_effect():
    shop = stock_shop()
    till = shop.till()
    till.open()
    till.deliver()
    till.sell(basket(till, shop))
    answers = at_once([lambda: till.deliver(till.entries[1:])] * 50)
    assert len(answers) == 50
    assert {statuses(answer)[0] for answer in answers} == {("accepted", "")}
    assert Order.objects.count() == 1
    assert JournalEntry.objects.filter(kind="sale").count() == 1
    assert Message.objects.filter(type="orders.order.placed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tills_at_once_with_one_id_leave_one_entry_and_one_conflict():
    shop = stock_shop()
    tills = [shop.till(), shop.till(shop.riverside_till)]
    for _ in range(5):
        shared = str(uuid7())
        entries = [till.write("age_refusal", {}, id=shared) for till in tills]
        works = [lambda till=till, entry=entry: till.deliver([entry])[0]["status"] for till, entry in zip(tills, entries, strict=True)]
        assert sorted(at_once(works)) == ["accepted", "conflict"]
        # The loser's chain goes on from what it wrote.
    assert JournalEntry.objects.count() == JournalConflict.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_copied_profile_at_once_leaves_one_entry_at_each_place():
    shop = stock_shop()
    till = shop.till()
    till.open()
    till.deliver()
    fields = json.loads(till.sell(basket(till, shop))["text"])
    twins = [till.seal(json.dumps({**fields, "id": str(uuid7())})) for _ in range(6)]
    answers = at_once([lambda twin=twin: till.deliver([twin])[0]["status"] for twin in twins])
    assert sorted(answers) == ["accepted"] + ["conflict"] * 5
    assert Order.objects.count() == 1


def test_the_hash_is_of_the_exact_text(shop):
    till = shop.till()
    till.write("age_refusal", {"note": "Brötchen – 2 €"})
    till.deliver()
    kept = JournalEntry.objects.get()
    assert hashlib.sha256(kept.text.encode()).digest() == bytes(kept.hash)
