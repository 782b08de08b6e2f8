"""A database that is far away: a proxy on loopback that lets every byte travel for a while, each way."""

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

PORT = 5432


class Faraway:
    """`delay` seconds for a round trip, half each way. Bytes arrive in order, as late as they were sent."""

    def __init__(self, settings, delay):
        self.host, self.there, self.delay = settings["HOST"], int(settings["PORT"] or PORT), delay / 2
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=512))
        self.port = self.server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def _accept(self, reader, writer):
        try:
            if self.host.startswith("/"):
                far_reader, far_writer = await asyncio.open_unix_connection(str(Path(self.host) / f".s.PGSQL.{self.there}"))
            else:
                far_reader, far_writer = await asyncio.open_connection(self.host, self.there)
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        except OSError:
            writer.close()

    async def _carry(self, reader, writer):
        while True:
            try:
                block = await reader.read(65536)
            except OSError:
                block = b""
            # Called in the order of their times, so nothing overtakes.
            self.loop.call_later(self.delay, writer.write if block else lambda _: writer.close(), block)
            if not block:
                return

    def __enter__(self):
        self.thread.start()
        self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.server.close()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


@contextmanager
def far_away(seconds):
    """What this gives, called in a thread before it asks anything, puts that thread's connection far away."""
    with Faraway(connection.settings_dict, seconds) as proxy:

        def travel():
            connection.settings_dict = connection.settings_dict | {"HOST": "127.0.0.1", "PORT": str(proxy.port)}

        yield travel
