"""Whatever is done to the books behind the shop's back is found, and where."""

import hashlib
import json
import random
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from pos import proof, services
from pos.models import JournalEntry, SealedHead, TillEpoch
from pos.proof import Anchor, Walk
from pos.queries import proofs
from pos.services import proving, sealing
from pos.tests.tampering import WAYS

ENTRIES = 300


@pytest.fixture
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def a_day(shop, sales, till=None):
    till = till or shop.till()
    till.open()
    for n in range(sales):
        till.sell([till.goods(shop.items[n % 3], 1 + n % 4)])
        if n % 9 == 8:
            till.write("age_refusal", {"reason": "looked sixteen"})
    till.close(counted=15_000)
    for start in range(0, len(till.entries), 50):
        till.deliver(till.entries[start : start + 50])
    return till


def proven(signatures="all", processes=0, **scope):
    found = []
    told = proving.prove(scope=proving.Scope(**scope), found=found.append, signatures=signatures, processes=processes)
    return found, told


def test_an_honest_journal_has_no_findings(shop, storage):
    till = a_day(shop, 30)
    till.write("age_refusal", {"card": "4111 1111 1111 1111"})
    a_day(shop, 3, till)
    till.deliver([till.seal("not an entry"), till.seal("a\0b"), {**till.entries[3], "sig": "AAAA"}])
    old = shop.till(shop.riverside_till)
    old.open()
    shop.till(shop.riverside_till)
    old.deliver()
    services.seal_heads(now=timezone.now())
    found, told = proven()
    assert found == []
    assert (told.entries, told.receipts) == (JournalEntry.objects.count(), 33)
    # Three proved nothing when they came.
    assert told.signatures == told.entries - 3


def test_signatures_are_checked_beside_as_well(shop, storage):
    till = a_day(shop, 12)
    assert proven(processes=1)[0] == []
    other = JournalEntry.objects.get(seq=2)
    with tampering():
        JournalEntry.objects.filter(seq=5).update(signature=other.signature)
    for processes in (0, 1):
        (finding,) = proven(processes=processes)[0]
        assert (str(finding.till), finding.epoch, finding.seq, finding.what) == (till.id, 1, 5, "signature")
    assert proven("none")[0] == []


def test_signatures_that_were_checked_when_they_were_sealed_are_compared_and_only_the_others_checked(shop, storage):
    till = a_day(shop, 12)
    services.seal_heads(now=timezone.now())
    a_day(shop, 3, till)
    found, told = proven("sealed")
    assert (found, told.signatures, told.sealed) == ([], 5, 15)
    services.seal_heads(now=timezone.now())
    found, told = proven("sealed")
    assert (found, told.signatures, told.sealed) == ([], 0, 20)
    found, told = proven("all")
    assert (found, told.signatures, told.sealed) == ([], 20, 0)


@pytest.mark.parametrize("seq", [5, 17], ids=["in the first stretch", "in the second"])
def test_a_signature_that_is_another_than_when_it_was_sealed_is_found_where_it_stands(shop, storage, seq):
    till = a_day(shop, 12)
    services.seal_heads(now=timezone.now())
    a_day(shop, 3, till)
    services.seal_heads(now=timezone.now())
    with tampering():
        JournalEntry.objects.filter(seq=seq).update(signature=JournalEntry.objects.get(seq=2).signature)
    for processes in (0, 1):
        found, told = proven("sealed", processes=processes)
        assert [(one.seq, one.what) for one in found] == [(seq, "signature")]
        assert (told.signatures, told.sealed) == (15 if seq == 5 else 5, 20)


def test_what_is_rewritten_with_all_hashes_behind_it_is_found_below_a_seal_too(shop, storage):
    till = a_day(shop, 6)
    services.seal_heads(now=timezone.now())
    last = JournalEntry.objects.get(seq=8)
    text = last.text.replace('"counted":15000', '"counted":14000')
    digest = hashlib.sha256(text.encode()).digest()
    with tampering():
        JournalEntry.objects.filter(seq=8).update(text=text, hash=digest)
    assert {(one.seq, one.what) for one in proven("sealed")[0]} == {(8, "seal"), (8, "signature")}
    assert till.seq == 8


def test_another_key_of_the_enrolment_is_found(shop, storage):
    a_day(shop, 3)
    services.seal_heads(now=timezone.now())
    other = shop.till(shop.riverside_till)
    TillEpoch.objects.filter(till=shop.northside_till).update(public_key=other.jwk)
    assert {(one.seq, one.what) for one in proven("sealed")[0]} == {(seq, "signature") for seq in range(1, 6)}


def test_a_seal_vouches_for_no_signature_that_does_not_hold(shop, storage):
    till = a_day(shop, 3)
    with tampering():
        JournalEntry.objects.filter(seq=2).update(signature=b"x" * 64)
    services.seal_heads(now=timezone.now())
    a_day(shop, 1, till)
    services.seal_heads(now=timezone.now())
    found, told = proven("sealed")
    assert ([(one.seq, one.what) for one in found], told.signatures, told.sealed) == ([(2, "signature")], 5, 3)


def test_a_seal_of_an_earlier_release_says_nothing_and_the_next_one_vouches_for_all(shop, storage):
    till = a_day(shop, 3)
    services.seal_heads(now=timezone.now())
    (file,) = storage.rglob("*.json")
    told = {name: value for name, value in sealing.read_signed(file.read_bytes()).items() if name not in ("after", "signatures")}
    file.write_bytes(sealing.signed_text(told))
    assert (proven("sealed")[1].signatures, proven("sealed")[0]) == (5, [])
    a_day(shop, 1, till)
    services.seal_heads(now=timezone.now())
    assert (proven("sealed")[1].signatures, proven("sealed")[1].sealed, proven("sealed")[0]) == (0, 8, [])


def test_without_its_file_a_seal_vouches_for_nothing(shop, storage):
    a_day(shop, 3)
    services.seal_heads(now=timezone.now())
    (file,) = storage.rglob("*.json")
    file.unlink()
    found, told = proven("sealed")
    assert ({one.what for one in found}, told.signatures, told.sealed) == ({"seal"}, 5, 0)


class tampering:
    """Somebody with the owner's rights and no respect: triggers do not fire for a replica."""

    def __enter__(self):
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute("set session_replication_role = replica")

    def __exit__(self, kind, *why):
        # A transaction that failed takes the role back by itself.
        if kind is None:
            with connection.cursor() as cursor:
                cursor.execute("set session_replication_role = origin")


def chain_of(till):
    (key,) = [key for key in proofs.chains() if str(key.till) == till.id]
    return key, list(proofs.rows(till=key.till, epoch=key.epoch))


def digest_of(rows, key):
    taken = proof.Vouched(key)
    for row in rows:
        if proof.to_sign(row):
            taken.add(row)
    return taken.digest()


@pytest.mark.parametrize("attempts", [pytest.param(1000, id="a thousand"), pytest.param(10_000, id="ten thousand", marks=pytest.mark.long)])
def test_random_tampers_are_found_and_located(shop, storage, attempts):
    till = a_day(shop, ENTRIES * 9 // 10 - 3)
    services.seal_heads(now=timezone.now())
    key, rows = chain_of(till)
    head = SealedHead.objects.get()
    anchors = [Anchor(head.seq, bytes(head.hash), head.receipt, "sealed")]
    assert (len(rows), head.seq) == (len(till.entries), len(till.entries))
    # A row that is as it was is not looked at again: only what was changed costs anything.
    public, store = proofs.keys()[key], (shop.cast.northside.code, shop.cast.northside.id)
    looked = {id(row): proof.examine(row) for row in rows}
    assert not any(proof.signed(row, public) for row in rows)

    vouched = digest_of(rows, public)

    def findings(rows):
        walk = Walk(key, anchors, examined=lambda row: looked.get(id(row)) or proof.examine(row), store=store)
        places = {one.seq for one in walk.through(iter(rows))}
        forged = {row.seq for row in rows if id(row) not in looked and proof.signed(row, public)}
        # What only a signature tells: what the seal says of them all is another then, and each is looked at.
        assert forged <= places or digest_of(rows, public) != vouched
        return places | forged

    assert findings(rows) == set()
    rng, ways = random.Random(20261122), list(WAYS.items())
    for n in range(attempts):
        name, tamper = ways[n % len(ways)]
        done = tamper(rows, rng)
        seen = findings(done.rows)
        assert seen & done.places, (n, name, done.places, seen)
        assert seen <= done.places | done.near, (n, name, done.places, seen)


ORDER_COLUMNS = {"number": "number", "total": "total", "tax": "tax", "rounding": "rounding", "currency": "currency"}
ORDER_COLUMNS |= {"order_shift": "shift", "cashier": "cashier", "store": "store_id"}
ENTRY_COLUMNS = {"id": "id", "till": "till_id", "epoch": "epoch", "seq": "seq", "prev": "prev", "hash": "hash", "signature": "signature"}
ENTRY_COLUMNS |= {"text": "text", "kind": "kind", "shift": "shift", "state": "state", "reason": "reason", "posting": "posting"}
IN_THE_DATABASE = [name for name in WAYS if name not in ("repeat", "insert", "append", "swap")]


def write(before, after):
    """Makes the database's rows so: a row is known by its id, or by its place when its id was changed."""
    by_id, by_place = {row.id: row for row in after}, {row.seq: row for row in after}
    with connection.cursor() as cursor:
        for old in before:
            new = by_id.get(old.id) or by_place.get(old.seq)
            if new is None:
                cursor.execute("delete from pos_journalentry where id = %s", [old.id])
                continue
            changed = {name for name in old._fields if getattr(old, name) != getattr(new, name)}
            if "number" in changed and new.number is None:
                cursor.execute("delete from orders_order where id = %s", [old.id])
                continue
            for name in changed:
                table = "pos_journalentry" if name in ENTRY_COLUMNS else "orders_order"
                column = ENTRY_COLUMNS.get(name) or ORDER_COLUMNS[name]
                cursor.execute(f"update {table} set {column} = %s where id = %s", [getattr(new, name), old.id])


@pytest.mark.parametrize("rounds", [pytest.param(4, id="some"), pytest.param(40, id="many", marks=pytest.mark.long)])
def test_tampers_with_the_database_are_found_and_located(shop, storage, rounds):
    till = a_day(shop, 12)
    services.seal_heads(now=timezone.now())
    _key, rows = chain_of(till)
    rng, done_to_it = random.Random(7), 0
    for n in range(rounds * len(IN_THE_DATABASE)):
        name = IN_THE_DATABASE[n % len(IN_THE_DATABASE)]
        done = WAYS[name](rows, rng)
        with transaction.atomic():
            try:
                with transaction.atomic(), tampering():
                    write(rows, done.rows)
            except IntegrityError:
                # Two receipts of one number, two entries at one place: the database refuses that by itself.
                continue
            done_to_it += 1
            found = proven(tills=frozenset([rows[0].till]), store=shop.cast.northside.id)[0]
            transaction.set_rollback(True)
        assert {finding.seq for finding in found} & done.places, (n, name, done.places, found)
    assert done_to_it > rounds * len(IN_THE_DATABASE) * 3 // 4
    assert proven()[0] == []


def verified(*arguments):
    out = StringIO()
    try:
        call_command("verify_journal", *arguments, "--processes", "0", stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_tells_what_and_where_and_changes_nothing(shop, storage):
    till = a_day(shop, 5)
    services.seal_heads(now=timezone.now())
    code, told = verified()
    assert (code, told[:41]) == (0, "Nothing is missing, doubled or changed: 7")
    with tampering():
        JournalEntry.objects.filter(seq=3).update(kind="refund")
        JournalEntry.objects.filter(seq=6).delete()
    code, told = verified("--store", "northside", "--till", "1")
    assert code == 1
    assert "northside/1 1/3" in told
    assert "entries 6 to 6 were sealed and are gone" in told
    code, told = verified("--json")
    findings = [json.loads(line) for line in told.splitlines()]
    assert {finding["seq"] for finding in findings[:-1]} >= {3, 6}
    assert findings[-1]["findings"] == len(findings) - 1
    assert verified("--till", "1", "--store", "riverside")[0] == 0
    assert till.deliver(till.entries[5:6])[0]["status"] == "accepted"


def test_a_tail_cut_off_is_found_by_the_newest_seal_even_without_its_row(shop, storage):
    till = a_day(shop, 5)
    services.seal_heads(now=timezone.now())
    with tampering():
        JournalEntry.objects.filter(seq__gt=4).delete()
        SealedHead.objects.all().delete()
    found = {(one.what, one.seq) for one in proven(tills=frozenset([shop.northside_till.id]))[0]}
    assert found == {("seal", 7), ("cut", 5)}
    (file,) = storage.rglob("*.json")
    file.write_bytes(file.read_bytes().replace(till.head[:8].encode(), b"00000000"))
    assert {one.words for one in proven()[0] if one.what == "seal"} == {f"the file {file.relative_to(storage)} is not ours"}


def test_a_seal_that_was_written_over_is_found_by_its_file(shop, storage):
    a_day(shop, 5)
    services.seal_heads(now=timezone.now())
    with tampering():
        SealedHead.objects.update(hash=b"\1" * 32, receipt=9)
    (finding,) = proven()[0]
    assert (finding.what, finding.seq) == ("seal", 7)
    assert "differ in hash, receipt" in finding.words


def test_from_a_day_on_the_proof_begins_at_the_seal_before_it(shop, storage):
    till = a_day(shop, 5)
    services.seal_heads(now=timezone.now())
    a_day(shop, 4, till)
    since = timezone.now() + timedelta(days=1)
    found, told = proven(since=since)
    assert (found, told.entries) == ([], 6)
    with tampering():
        JournalEntry.objects.filter(seq=8).update(prev=b"\2" * 32)
    assert {one.seq for one in proven(since=since)[0]} == {8}


def test_a_sale_that_no_till_wrote_is_found(shop, storage):
    a_day(shop, 5)
    with tampering():
        JournalEntry.objects.filter(seq=6).delete()
    assert "no till wrote the sale NORTHSIDE-1-1-0005" in {one.words for one in proven()[0]}


REFUSED = [
    "update pos_journalentry set text = 'x'",
    "update pos_journalentry set hash = '\\x00'",
    "update pos_journalentry set state = 'quarantined'",
    "update pos_journalentry set shift = null",
    "delete from pos_journalentry",
    "delete from pos_journalconflict",
    "truncate pos_journalentry",
    "truncate pos_journalconflict",
    "truncate pos_sealedhead",
    "truncate pos_drawerevent",
    "truncate pos_lateentry",
    "update pos_sealedhead set seq = 1",
    "update pos_sealedhead set file = ''",
    "delete from pos_sealedhead",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses_to_change_what_was_written(shop, storage, statement):
    a_day(shop, 1)
    services.seal_heads(now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        with pytest.raises(DatabaseError, match="only ever added to"):
            cursor.execute(statement)


def test_posting_and_release_may_still_say_how_it_went(shop):
    till = a_day(shop, 1)
    shop.till()
    till.write("age_refusal", {})
    till.deliver(till.entries[-1:])
    services.release(ids=[JournalEntry.objects.get(state="quarantined").id], actor=shop.cast.mia.id, now=timezone.now())
    assert set(JournalEntry.objects.values_list("state", flat=True)) == {"accepted"}
