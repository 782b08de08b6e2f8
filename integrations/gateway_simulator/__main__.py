"""python -m integrations.gateway_simulator --port 8090 --state var/gateway.db [--webhook URL] [--faults authorise:timeout_after*3]"""

import argparse
import signal
import threading
from typing import Any

from integrations.gateway_simulator import faults
from integrations.gateway_simulator.book import Book
from integrations.gateway_simulator.server import Provider, serve
from integrations.gateway_simulator.webhooks import Messenger

SECRET = "simulator-only"  # noqa: S105 - of a provider that moves no money


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gateway_simulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", required=True, help="the file that holds all it knows")
    parser.add_argument("--webhook", default="", help="where its messages go; without it they wait to be fetched")
    parser.add_argument("--secret", default=SECRET, help="what callers show, and what its messages are signed with")
    parser.add_argument("--faults", default="", help="operation:fault[*times], between commas")
    parser.add_argument("--hang", type=float, default=30.0, help="seconds until a timed-out call is dropped")
    return parser.parse_args()


def main() -> None:
    told = parse()
    book = Book(path=told.state)
    messenger = Messenger(book=book, url=told.webhook, secret=told.secret)
    provider = Provider(book=book, secret=told.secret, messenger=messenger, plan=faults.of_plan(told.faults), hang=told.hang)
    server = serve(provider=provider, port=told.port)

    def end(*_: Any) -> None:
        provider.ended.set()
        messenger.ended.set()
        # From another thread: shutdown waits for the loop that this handler interrupts.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    threading.Thread(target=messenger.keep_sending, daemon=True).start()
    print(f"ready on {server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
