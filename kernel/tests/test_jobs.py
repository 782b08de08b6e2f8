import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from kernel import jobs
from kernel.errors import Invalid
from kernel.models import Job
from kernel.tests.bells import NOON, in_threads

pytestmark = pytest.mark.django_db
ACTOR = uuid4()


def later(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch):
    monkeypatch.setattr(jobs, "_handlers", {})


def started(handler, now=NOON, **arguments):
    jobs.handler("count")(handler)
    return jobs.start(kind="count", arguments=arguments, actor=ACTOR, now=now)


def test_a_job_runs_with_its_arguments_and_keeps_its_result():
    job = started(lambda running: {"sum": running.arguments["a"] + 1, "by": str(running.actor)}, a=2)
    ran = jobs.run_next(now=NOON)
    assert (ran.pk, ran.state, ran.result, ran.attempts, ran.lease) == (job.pk, "succeeded", {"sum": 3, "by": str(ACTOR)}, 1, None)
    assert ran.finished_at >= NOON
    assert jobs.run_next(now=NOON) is None


def test_the_oldest_job_runs_first():
    second = started(lambda running: None, now=later(1))
    first = started(lambda running: None, now=NOON)
    assert jobs.run_next(now=later(2)).pk == first.pk
    assert jobs.run_next(now=later(2)).pk == second.pk


def test_one_named_job_can_be_run():
    started(lambda running: None)
    second = started(lambda running: None, now=later(1))
    assert jobs.run(job=second, now=later(2)).pk == second.pk
    assert jobs.run(job=second, now=later(2)) is None


def test_a_kind_nobody_handles_is_refused_at_the_start():
    with pytest.raises(jobs.JobKindUnknown) as refused:
        jobs.start(kind="dream", arguments={}, actor=None, now=NOON)
    assert refused.value.code == "job_kind_unknown"


def test_a_kind_this_worker_does_not_know_is_left_to_one_that_does():
    started(lambda running: None)
    jobs._handlers.clear()
    assert jobs.run_next(now=NOON) is None
    assert Job.objects.get().state == "queued"


def test_progress_is_seen_while_it_runs_and_keeps_the_lease():
    seen = []

    def count(running):
        running.progress(3, 10)
        seen.append(Job.objects.values_list("done", "total", "state").get())
        running.progress(4)
        seen.append(Job.objects.values_list("done", "total", "state").get())

    started(count)
    jobs.run_next(now=NOON)
    assert seen == [(3, 10, "running"), (4, 10, "running")]


def test_a_failure_is_told_and_a_refusal_in_its_own_words():
    def refuse(running):
        raise Invalid("Row 7 has no name.")

    def crash(running):
        raise KeyError("name")

    started(refuse)
    assert (jobs.run_next(now=NOON).error, Job.objects.get().state) == ("Row 7 has no name.", "failed")
    started(crash)
    assert jobs.run_next(now=NOON).error == "KeyError: 'name'"


def test_a_queued_job_is_cancelled_at_once_and_never_runs():
    job = started(lambda running: pytest.fail("ran"))
    jobs.cancel(id=job.pk, now=later(5))
    job.refresh_from_db()
    assert (job.state, job.finished_at) == ("cancelled", later(5))
    assert jobs.run_next(now=later(6)) is None
    with pytest.raises(jobs.JobFinished):
        jobs.cancel(id=job.pk, now=later(7))


def test_a_running_job_ends_at_its_next_progress():
    steps = []

    def count(running):
        for step in range(10):
            steps.append(step)
            if step == 2:
                jobs.cancel(id=running.id, now=NOON)
            running.progress(step, 10)

    started(count)
    assert jobs.run_next(now=NOON).state == "cancelled"
    assert steps == [0, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_worker_paused_past_its_lease_loses_the_job_and_writes_nothing():
    inside, resume = threading.Event(), threading.Event()
    calls = []

    def count(running):
        calls.append(running.lease)
        if len(calls) == 1:
            inside.set()
            assert resume.wait(20)
            running.progress(99)
            pytest.fail("went on without its lease")
        return "second"

    started(count)

    def take_over():
        assert inside.wait(10)
        try:
            assert jobs.run_next(now=later(59)) is None
            assert jobs.run_next(now=later(61)).result == "second"
        finally:
            resume.set()

    in_threads(lambda: jobs.run_next(now=NOON), take_over)
    job = Job.objects.get()
    assert (job.state, job.result, job.done, job.attempts) == ("succeeded", "second", 0, 2)


@pytest.mark.django_db(transaction=True)
def test_a_result_that_comes_after_the_lease_does_not_replace_the_other_workers():
    inside, resume = threading.Event(), threading.Event()
    calls = []

    def count(running):
        calls.append(running.lease)
        if len(calls) > 1:
            return "second"
        inside.set()
        assert resume.wait(20)
        return "first, too late"

    started(count)

    def take_over():
        assert inside.wait(10)
        try:
            jobs.run_next(now=later(61))
        finally:
            resume.set()

    in_threads(lambda: jobs.run_next(now=NOON), take_over)
    assert Job.objects.get().result == "second"


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_jobs_without_doubling_any():
    ran = []
    for _ in range(20):
        started(lambda running: ran.append(running.id))
    start = threading.Barrier(2)

    def work():
        start.wait(10)
        while jobs.run_next(now=NOON):
            pass

    in_threads(work, work)
    assert len(ran) == len(set(ran)) == 20


@pytest.mark.django_db(transaction=True)
def test_progress_inside_a_transaction_is_a_mistake_that_shows():
    from django.db import transaction

    @transaction.atomic
    def count(running):
        running.progress(1)

    started(count)
    assert "durable" in jobs.run_next(now=NOON).error


def test_a_job_that_ends_its_workers_is_given_up():
    def die(running):
        raise SystemExit

    started(die)
    for number in range(3):
        with pytest.raises(SystemExit):
            jobs.run_next(now=later(61 * number))
    job = jobs.run_next(now=later(61 * 3))
    assert (job.state, job.error) == ("failed", "3 workers ended before the job did.")
