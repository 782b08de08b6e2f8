"""Carries what is in the outbox to its subscribers until told to stop. Any number of relays may run."""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from kernel import outbox

log = logging.getLogger(__name__)

POLL = 0.2
WAIT_FOR_DATABASE = 1.0


class Command(BaseCommand):
    help = "Fan out recorded events and work every subscriber's due deliveries. SIGTERM ends it after the batch in hand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="carry what is due now, then end")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        if once:
            self.stdout.write(f"{pass_once()} deliveries worked")
            return
        relay = Relay()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        relay.run()


def pass_once() -> int:
    """Everything that is due at the moment of each step."""
    while outbox.fan_out(now=datetime.now(UTC)):
        pass
    worked = 0
    for subscriber in outbox.subscribers():
        while taken := outbox.work(subscriber=subscriber.name, now=datetime.now(UTC), limit=subscriber.batch):
            worked += taken
    return worked


class Relay:
    """One thread fans out, one thread works each subscriber: a slow receiver holds up nobody else."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.bells = {subscriber.name: threading.Event() for subscriber in outbox.subscribers()}

    def stop(self) -> None:
        self.stopping.set()
        for bell in self.bells.values():
            bell.set()

    def run(self) -> None:
        workers = [threading.Thread(target=self.work, args=(name,), name=f"relay-{name}") for name in self.bells]
        for worker in workers:
            worker.start()
        log.info("relay started for %s", ", ".join(self.bells) or "nobody")
        while not self.stopping.is_set():
            if self.guarded(lambda: outbox.fan_out(now=datetime.now(UTC))):
                for bell in self.bells.values():
                    bell.set()
            else:
                self.stopping.wait(POLL)
        for worker in workers:
            worker.join()
        log.info("relay stopped")

    def work(self, name: str) -> None:
        bell, batch = self.bells[name], outbox.named(name).batch
        while not self.stopping.is_set():
            bell.clear()
            if not self.guarded(lambda: outbox.work(subscriber=name, now=datetime.now(UTC), limit=batch)):
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
