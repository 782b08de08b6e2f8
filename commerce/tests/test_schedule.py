from commerce.celery import app


def test_every_ring_is_heard():
    """A scheduled name that no task has would ring for ever into nothing."""
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
