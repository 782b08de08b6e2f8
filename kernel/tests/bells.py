"""An event and subscribers to test the outbox with; they mean nothing."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

from django.db import connection, transaction

from kernel import outbox
from kernel.events import Event
from kernel.models import Message

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class BellRung(Event):
    type: ClassVar[str] = "tower.bell.rung"
    aggregate_type: ClassVar[str] = "bell"

    tone: str = "c"


def bell(*, tone="c", sequence=1, aggregate=None):
    return BellRung(aggregate_id=aggregate or uuid4(), sequence=sequence, store="northside", tone=tone)


def ring(*tones, now=NOON):
    with transaction.atomic():
        ids = outbox.record_many([bell(tone=tone) for tone in tones], now=now)
        return list(Message.objects.filter(id__in=ids).order_by("id"))


class Listener:
    """Hears messages and answers what `answer` says; remembers every delivery."""

    def __init__(self, name="listener", answer=lambda message: outbox.DELIVERED, types=("tower.*",), **options):
        self.heard = []
        self.calls = []
        self.answer = answer
        self.lock = threading.Lock()
        self.subscriber = outbox.Subscriber(name=name, types=types, deliver=self.deliver, **options)
        outbox.register(self.subscriber)

    def deliver(self, messages):
        with self.lock:
            self.calls.append([message.id for message in messages])
            self.heard += [message.id for message in messages]
        return [self.answer(message) for message in messages]


def in_threads(*functions):
    """Runs them at once, each on its own connection; raises what any of them raised."""
    failures = []

    def guarded(function):
        try:
            function()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    if failures:
        raise failures[0]
