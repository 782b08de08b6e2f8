"""Carries what is in the outbox to its subscribers until told to stop. Any number of relays may run."""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from kernel import outbox

log = logging.getLogger(__name__)

POLL = 0.2
WAIT_FOR_DATABASE = 1.0
STOPPING = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    help = "Fan out recorded events and work every subscriber's due deliveries. SIGTERM ends it after the batch in hand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="carry what is due now, then end")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        if once:
            self.stdout.write(f"{outbox.carry(clock=now)} deliveries worked")
            return
        # Blocked here, in every thread started from here, and waited for below: a handler that touches
        # an Event while the main thread holds its lock would hang.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        relay = Relay()
        relay.start()
        signal.sigwait(STOPPING)
        relay.stop()


def announce() -> None:
    """bin/run waits for this file before it says ready."""
    if settings.READY_FILE:
        Path(settings.READY_FILE).touch()


class Relay:
    """One thread fans out, one thread works each subscriber: a slow receiver holds up nobody else."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.bells = {subscriber.name: threading.Event() for subscriber in outbox.subscribers()}
        self.threads = [threading.Thread(target=self.fan_out, name="relay-fan-out")]
        self.threads += [threading.Thread(target=self.work, args=(name,), name=f"relay-{name}") for name in self.bells]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()
        announce()
        log.info("relay started for %s", ", ".join(self.bells) or "nobody")

    def stop(self) -> None:
        """Returns when the batches in hand are settled."""
        self.stopping.set()
        self.ring()
        for thread in self.threads:
            thread.join()
        log.info("relay stopped")

    def ring(self) -> None:
        for bell in self.bells.values():
            bell.set()

    def fan_out(self) -> None:
        while not self.stopping.is_set():
            if self.guarded(lambda: outbox.fan_out(now=now())):
                self.ring()
            else:
                self.stopping.wait(POLL)
        connection.close()

    def work(self, name: str) -> None:
        bell, batch = self.bells[name], outbox.named(name).batch
        while not self.stopping.is_set():
            bell.clear()
            if not self.guarded(lambda: outbox.work(subscriber=name, now=now(), limit=batch)):
                bell.wait(POLL)
        connection.close()

    def guarded(self, step: Callable[[], int]) -> int:
        """The database may be restarted under us; whatever else a step raises must not end the relay either."""
        try:
            return int(step())
        except Exception as error:
            log.warning("relay: %s", error, exc_info=not isinstance(error, Error))
            connection.close()
            self.stopping.wait(WAIT_FOR_DATABASE)
            return 0


def now() -> datetime:
    return datetime.now(UTC)
