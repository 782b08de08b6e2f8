"""Whatever is done to the books behind the shop's back is found, and where."""

import random

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from pos import proof, services
from pos.models import JournalEntry, SealedHead
from pos.proof import Anchor, Walk
from pos.queries import proofs
from pos.services import proving
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

    def findings(rows):
        walk = Walk(key, anchors, examined=lambda row: looked.get(id(row)) or proof.examine(row), store=store)
        places = {one.seq for one in walk.through(iter(rows))}
        return places | {row.seq for row in rows if id(row) not in looked and proof.signed(row, public)}

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
