import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from kernel import audit
from kernel.models import AuditEntry
from kernel.tests.bells import in_threads

pytestmark = pytest.mark.django_db
MIA = uuid4()


def soon():
    """The entries carry the database's time, so sealing looks a little past ours."""
    return datetime.now(UTC) + timedelta(minutes=1)


def run(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)


def apply(operation, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert operation.reversible


@pytest.fixture
def shelf(transactional_db):
    """An audited table. `a` is a column on purpose: no alias of the trigger may be taken for it."""
    run("create table audit_shelf (id int primary key, a text, price int, secret text, seen int)")
    operation = audit.audited("audit_shelf", exclude=["seen"], hide=["secret"])
    apply(operation, operation.sql)
    yield
    run("drop table audit_shelf")


def entries():
    return list(AuditEntry.objects.order_by("id").values_list("action", "row", "before", "after"))


def test_inserts_updates_and_deletes_are_written_with_what_changed(shelf):
    run("insert into audit_shelf values (1, 'x', 100, 'p', 0)")
    run("update audit_shelf set price = 120, secret = 'q', seen = 5 where id = 1")
    run("delete from audit_shelf")
    assert entries() == [
        ("insert", "1", None, {"id": 1, "a": "x", "price": 100, "secret": "(hidden)"}),
        ("update", "1", {"price": 100, "secret": "(hidden)"}, {"price": 120, "secret": "(hidden)"}),
        ("delete", "1", {"id": 1, "a": "x", "price": 120, "secret": "(hidden)"}, None),
    ]


def test_an_update_that_changes_nothing_worth_telling_writes_nothing(shelf):
    run("insert into audit_shelf values (1, 'x', 100, 'p', 0)")
    run("update audit_shelf set seen = 9, price = 100")
    assert len(entries()) == 1


def test_a_statement_over_many_rows_writes_each_and_an_upsert_both_kinds(shelf):
    run("insert into audit_shelf select n, 'x', n, '', 0 from generate_series(1, 1000) n")
    run("insert into audit_shelf values (1, 'x', 7, '', 0), (2000, 'y', 8, '', 0) on conflict (id) do update set price = excluded.price")
    actions = AuditEntry.objects.order_by("id").values_list("action", "row")[1000:]
    assert sorted(actions) == [("insert", "2000"), ("update", "1")]


def test_a_changed_key_reads_as_one_row_gone_and_one_come(shelf):
    run("insert into audit_shelf values (1, 'x', 100, 'p', 0)")
    run("update audit_shelf set id = 2")
    assert {(row, before is None, after is None) for _, row, before, after in entries()[1:]} == {("1", False, True), ("2", True, False)}


def test_what_rolls_back_leaves_no_entry(shelf):
    def change():
        with transaction.atomic():
            run("insert into audit_shelf values (1, 'x', 100, 'p', 0)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert entries() == []


def test_the_entry_names_who_it_was(shelf):
    with audit.acting_as(MIA):
        run("insert into audit_shelf values (1, 'x', 100, 'p', 0)")
        with transaction.atomic():
            run("update audit_shelf set price = 1")
            with audit.acting_as("import"):
                run("update audit_shelf set price = 2")
            run("update audit_shelf set price = 3")
    with transaction.atomic():
        with audit.acting_as("till"):
            run("update audit_shelf set price = 4")
        run("update audit_shelf set price = 5")
    actors = list(AuditEntry.objects.order_by("id").values_list("actor", flat=True))
    assert actors == [str(MIA), str(MIA), "import", str(MIA), "till", "database:postgres"]


def current_actor():
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(current_setting('onecounter.actor', true), '')")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("inside", [True, False])
def test_a_name_never_outlives_its_work_even_when_that_fails(shelf, inside):
    def broken():
        with audit.acting_as(MIA):
            run("select 1/0")

    def broken_in_transaction():
        with transaction.atomic():
            broken()

    with pytest.raises(DatabaseError):
        broken_in_transaction() if inside else broken()
    assert current_actor() == ""


def test_a_connection_lost_meanwhile_hands_no_name_on(shelf):
    with audit.acting_as(MIA):
        connection.connection.close()
    assert current_actor() == ""


def test_names_that_are_no_plain_column_are_refused():
    with pytest.raises(ValueError, match="plain"):
        audit.audited("audit_shelf", exclude=["x'); drop table y; --"])


def test_the_operation_can_be_taken_back(shelf):
    operation = audit.audited("audit_shelf")
    apply(operation, operation.reverse_sql)
    run("insert into audit_shelf values (1, 'x', 100, 'p', 0)")
    assert entries() == []


@pytest.fixture
def ten(shelf):
    for number in range(10):
        run("insert into audit_shelf values (%s, 'x', 1, '', 0)", number)


def tampered(sql, *parameters):
    """As someone who owns the database would: past the guard."""
    run("alter table kernel_auditentry disable trigger guard")
    run(sql, *parameters)
    run("alter table kernel_auditentry enable trigger guard")


def test_sealing_goes_in_batches_and_the_chain_holds(ten):
    assert [audit.seal(now=soon(), limit=4) for _ in range(4)] == [4, 4, 2, 0]
    assert list(AuditEntry.objects.order_by("seal_position").values_list("seal_position", flat=True)) == list(range(1, 11))
    assert audit.verify(kept=audit.head()) == []


def test_an_entry_committed_late_is_sealed_later_and_the_chain_holds(shelf):
    recorded, may_commit = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            run("insert into audit_shelf values (1, 'slow', 1, '', 0)")
            recorded.set()
            assert may_commit.wait(10)

    def quick():
        assert recorded.wait(10)
        run("insert into audit_shelf values (2, 'quick', 1, '', 0)")
        assert audit.seal(now=soon()) == 1
        may_commit.set()

    in_threads(slow, quick)
    assert audit.seal(now=soon()) == 1
    assert list(AuditEntry.objects.order_by("seal_position").values_list("row", flat=True)) == ["2", "1"]
    assert audit.verify() == []


@pytest.mark.parametrize(
    "change",
    [
        "update kernel_auditentry set actor = 'nobody' where seal_position = 5",
        "update kernel_auditentry set after = after || '{\"price\": 2}' where seal_position = 5",
        "update kernel_auditentry set at = at - interval '1 hour' where seal_position = 5",
        "update kernel_auditentry set seal = sha256('x') where seal_position = 5",
        "delete from kernel_auditentry where seal_position = 5",
    ],
)
def test_a_tampered_entry_is_found(ten, change):
    audit.seal(now=soon())
    tampered(change)
    assert audit.verify()[0].position == 5


def test_an_entry_sealed_anew_after_tampering_breaks_the_next(ten):
    audit.seal(now=soon())
    fourth, fifth = AuditEntry.objects.filter(seal_position__in=[4, 5]).order_by("seal_position")
    fifth.actor = "nobody"
    forged = audit.seal_of(fifth, 5, bytes(fourth.seal))
    tampered("update kernel_auditentry set actor = 'nobody', seal = %s where seal_position = 5", forged)
    assert [found.position for found in audit.verify()] == [6]


def test_a_chain_cut_off_or_made_anew_shows_against_a_kept_head(ten):
    audit.seal(now=soon())
    kept = audit.head()
    tampered("delete from kernel_auditentry where seal_position > 8")
    assert audit.verify() == []
    assert audit.verify(kept=kept)[0].reason == "the chain ends before the kept head 10"
    tampered("update kernel_auditentry set seal = null, seal_position = null, actor = 'nobody'")
    run("insert into audit_shelf values (77, 'x', 1, '', 0), (78, 'x', 1, '', 0)")
    audit.seal(now=soon())
    assert audit.verify() == []
    assert audit.verify(kept=kept)[0].position == 10


@pytest.mark.parametrize(
    "change", ["delete from kernel_auditentry", "update kernel_auditentry set actor = 'x'", "update kernel_auditentry set seal = null"]
)
def test_entries_are_never_changed_or_deleted(ten, change):
    audit.seal(now=soon())
    with pytest.raises(DatabaseError, match="audit entries are"):
        run(change)
