"""bin/run: everything the product needs, in one terminal, gone again when it ends."""

import argparse
import contextlib
import errno
import fcntl
import os
import signal
import socket
import sys
import time
from typing import IO, Any

from commerce.run import runtime
from commerce.run.children import service_owner
from commerce.run.places import Places, of_environment
from commerce.run.preparing import state_directory
from commerce.run.processes import alive, gone, record_of
from commerce.run.refusal import CannotStart, Leave
from commerce.run.shop import Shop
from commerce.run.supervisor import end_what_was_left

LOCK = "run.lock"
SUPERVISOR = "supervisor.json"
RUNTIME = "runtime.json"
SETTINGS = "run.json"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/run", description="Start Onecounter with everything it needs. Ctrl-C ends it.")
    parser.add_argument("--stop", action="store_true", help="end what is running from this clone (or from ONECOUNTER_VAR)")
    parser.add_argument("--port", help="where the web listens on 127.0.0.1 (default: PORT, else 8000)")
    parser.add_argument("--aws-local", action="store_true", help="also start an AWS emulator and send the events to it")
    parser.add_argument("--no-demo", action="store_true", help="an empty shop instead of the demo shop")
    return parser.parse_args(arguments)


def main(*, arguments: list[str]) -> int:
    options = parse(arguments)
    places = of_environment()
    try:
        return stop(places) if options.stop else run(places, options)
    except CannotStart as reason:
        return _refuse(str(reason))
    except (Leave, KeyboardInterrupt):
        return 0
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return _refuse(f"No disk space left while writing {error.filename or places.var}.")
        raise


def _refuse(reason: str) -> int:
    print(f"bin/run: {reason}", file=sys.stderr, flush=True)
    return 2


def run(places: Places, options: argparse.Namespace) -> int:
    began = time.monotonic()
    port = chosen_port(options.port)
    state_directory(places)
    with only_one(places):
        for number in SIGNALS:
            signal.signal(number, _leave)
        clear_leftovers(places)
        refuse_taken(port)
        shop = Shop(places=places, port=port, demo=wants_demo(options), aws_local=options.aws_local)
        if not os.environ.get("DATABASE_URL"):
            refuse_nameless_user()
        owner = service_owner() if shop.embedded else None
        try:
            shop.prepare()
            if shop.embedded:
                shop.sockets = runtime.make(owner=owner)
                places.keep(RUNTIME, {"path": str(shop.sockets)})
            shop.open(owner=owner, began=began)
            shop.keep_open()
        finally:
            # A second Ctrl-C must not interrupt the ending.
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            shop.close()
            forget(places)
    return 0


def _leave(number: int, frame: Any) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Leave


def wants_demo(options: argparse.Namespace) -> bool:
    return not options.no_demo and os.environ.get("ONECOUNTER_MODE") != "production" and os.environ.get("ONECOUNTER_DEMO") != "0"


def chosen_port(given: str | None) -> int:
    told = given or os.environ.get("PORT") or "8000"
    if not told.isdigit() or not 0 < int(told) < 65536:
        raise CannotStart(f"{told} is not a port: choose a number from 1 to 65535.")
    return int(told)


def refuse_taken(port: int) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise CannotStart(f"Port {port} {reason}. Choose another: PORT={port + 1 if port < 65535 else 8000} bin/run") from None


def refuse_nameless_user() -> None:
    import pwd

    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise CannotStart(
            f"User id {os.geteuid()} has no name on this machine, which the embedded PostgreSQL needs. Set DATABASE_URL and REDIS_URL."
        ) from None


@contextlib.contextmanager
def only_one(places: Places) -> Any:
    """The lock is the kernel's and goes with its holder, also after SIGKILL."""
    with (places.var / LOCK).open("a") as lock:
        _take(lock, places)
        places.keep(SUPERVISOR, record_of(os.getpid()))
        yield
        places.forget(SUPERVISOR)


def _take(lock: IO[str], places: Places) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        port = places.state(SETTINGS).get("PORT")
        where = f" at http://127.0.0.1:{port}" if port else ""
        raise CannotStart(f"Already running{where}. End it with: bin/run --stop") from None


def clear_leftovers(places: Places) -> list[str]:
    ended = end_what_was_left(places)
    runtime.remove(str(places.state(RUNTIME).get("path", "")))
    forget(places)
    return ended


def forget(places: Places) -> None:
    for name in (RUNTIME, SETTINGS):
        places.forget(name)


def stop(places: Places) -> int:
    record = places.state(SUPERVISOR)
    running = alive(record)
    if running:
        try:
            os.kill(int(record["pid"]), signal.SIGTERM)
        except PermissionError:
            raise CannotStart("It was started by another user: stop it as that user.") from None
        if not gone({"supervisor": record}, seconds=45):
            os.kill(int(record["pid"]), signal.SIGKILL)
    left = clear_leftovers(places) if places.var.exists() else []
    places.forget(SUPERVISOR)
    print("Stopped." if running or left else "Nothing is running.")
    return 0
