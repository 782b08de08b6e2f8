from commerce.celery import app


def test_every_ring_is_heard():
    """A scheduled name that no task has would ring for ever into nothing."""
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_every_task_of_customers_and_orders_rings():
    """What nobody rings for is never done: carts would be kept for ever, and those who were imported compared with nobody."""
    app.loader.import_default_modules()
    told = {name for name in app.tasks if name.startswith(("customers.tasks.", "orders.tasks."))}
    assert told == {entry["task"] for entry in app.conf.beat_schedule.values() if entry["task"].startswith(("customers.", "orders."))}
