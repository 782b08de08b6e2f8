import pytest
from django.core.management import call_command

from kernel import jobs, outbox, tasks
from kernel.models import AuditEntry, Delivery, Job
from kernel.tests.bells import NOON, Listener, ring

pytestmark = pytest.mark.django_db


def test_the_outbox_is_worked_by_task_and_by_command(capsys):
    Listener()
    ring("a", "b")
    assert tasks.work_outbox() == 2
    ring("c")
    call_command("relay", "--once")
    assert capsys.readouterr().out == "1 deliveries worked\n"
    assert Delivery.objects.filter(state="done").count() == 3


def test_waiting_jobs_are_run(monkeypatch):
    monkeypatch.setattr(jobs, "_handlers", {})
    jobs.handler("nothing")(lambda running: None)
    for _ in range(3):
        jobs.start(kind="nothing", arguments={}, actor=None, now=NOON)
    assert tasks.run_jobs() == 3
    assert Job.objects.filter(state="succeeded").count() == 3


def test_the_audit_trail_is_sealed():
    AuditEntry.objects.create(table="t", row="1", action="insert", actor="a", at=NOON)
    assert tasks.seal_audit() == 1
    assert tasks.seal_audit() == 0


def test_an_outage_does_not_keep_a_pass_from_ending():
    Listener(answer=lambda message: outbox.Failed("unreachable", retry_after=0, counted=False))
    ring("a")
    assert tasks.work_outbox() == 0
