"""bin/test: sets itself up, runs every check, tells what each took."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from commerce.run import chromium, runtime
from commerce.run.children import service_owner, spawn
from commerce.run.emulator import Emulator, free_port
from commerce.run.places import ROOT, Places
from commerce.run.preparing import browser_packages, node_environment, python_packages, state_directory
from commerce.run.processes import signal_group
from commerce.run.refusal import CannotStart, Leave
from commerce.run.start import SIGNALS, refuse_nameless_user
from commerce.run.stores import UNSAFE_BUT_FAST, Postgres, Valkey, wait_until

NOTHING_COLLECTED = 5
FAST = "not browser and not aws and not long"
SIDE_BY_SIDE = ("-n", "logical", "--maxprocesses", "4", "--dist")
# The stock tests let two hundred buyers in at once, each on a connection of its own.
ENOUGH_CONNECTIONS = ("-c", "max_connections=320")


@dataclass
class Check:
    name: str
    command: list[str]
    # Exit codes that count as passed.
    fine: tuple[int, ...] = (0,)


@dataclass
class Outcome:
    name: str
    code: int
    seconds: float
    said: str = ""


def main(*, arguments: list[str]) -> int:
    """Exit code 0 when everything passed, 1 when something failed, 2 when the checks could not be run."""
    everything = "--all" in arguments
    narrowed = [argument for argument in arguments if argument != "--all"]
    for number in SIGNALS:
        signal.signal(number, _leave)
    try:
        with set_up() as (places, env):
            checks = pytest_alone(places, narrowed, everything) if narrowed else all_checks(places, everything=everything)
            return 1 if tell([run(check, places=places, env=env) for check in checks]) else 0
    except CannotStart as reason:
        print(f"bin/test: {reason}", file=sys.stderr, flush=True)
        return 2
    except (Leave, KeyboardInterrupt):
        return 130


def _leave(number: int, frame: object) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Leave


@contextlib.contextmanager
def set_up() -> Iterator[tuple[Places, dict[str, str]]]:
    """Packages, a browser, and stores of our own that are thrown away: nothing of a running shop is touched."""
    began = time.monotonic()
    given = os.environ.get("ONECOUNTER_VAR")
    places = Places(var=Path(given).absolute() if given else ROOT / "var" / "test")
    state_directory(places)
    python_packages(places, requirements="requirements-dev.txt")
    browser_packages(places)
    emulator = Emulator(places=places, port=free_port())
    emulator.install()
    browser = chromium.find(places)
    owner = service_owner()
    refuse_nameless_user()
    sockets = runtime.make(owner=owner)
    scratch = Path(tempfile.mkdtemp(prefix="onecounter-test-"))
    running: list[subprocess.Popen[bytes]] = []
    try:
        postgres = Postgres(places=places, run=sockets, owner=owner, data=scratch / "postgres", options=(*UNSAFE_BUT_FAST, *ENOUGH_CONNECTIONS))
        valkey = Valkey(places=places, run=sockets, owner=owner, data=scratch / "valkey", durable=False)
        aws = Emulator(places=Places(var=scratch), port=emulator.port)
        aws.places.log.mkdir()
        # The emulator takes seconds to start: it does so while the first checks run, and its tests wait for it.
        running.append(aws.start())
        for store in (postgres, valkey):
            store.prepare()
            running.append(store.start())
            wait_until(store.answers, what=store.name, child=running[-1], log=places.log / f"{store.name}.log")
        postgres.create_database()
        print(f"set up in {time.monotonic() - began:.1f} s", flush=True)
        yield places, test_environment(places, scratch=scratch, postgres=postgres, valkey=valkey, aws=aws, browser=browser)
    finally:
        _end(running)
        runtime.remove(str(sockets))
        shutil.rmtree(scratch, ignore_errors=True)


def test_environment(places: Places, *, scratch: Path, postgres: Postgres, valkey: Valkey, aws: Emulator, browser: str) -> dict[str, str]:
    foreign = [name for name in os.environ if name.startswith("AWS_")]
    env = node_environment(places) | {
        "ONECOUNTER_VAR": str(scratch),
        "ONECOUNTER_ROLE": "command",
        "ONECOUNTER_TEST_EMULATOR": aws.url,
        "ONECOUNTER_TEST_SHOP": str(scratch / "shop"),
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "CHROMIUM": browser,
        "PATH": os.pathsep.join([str(places.venv / "bin"), node_environment(places)["PATH"]]),
    }
    for name in (*foreign, "ONECOUNTER_MODE", "ONECOUNTER_DEMO", "PORT", "DEMO_PASSWORD"):
        env.pop(name, None)
    return env


def _end(running: list[subprocess.Popen[bytes]]) -> None:
    for child in running:
        child.send_signal(signal.SIGINT)
    for child in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)
        signal_group({"pid": child.pid}, signal.SIGKILL)
        child.wait()


def all_checks(places: Places, *, everything: bool) -> list[Check]:
    root = places.root
    python = str(places.python)
    checks = [
        Check("ruff", [python, "-m", "ruff", "check", "--no-fix", "."]),
        Check("format", [python, "-m", "ruff", "format", "--check", "--quiet", "."]),
        Check("types", [python, "-m", "mypy", "--no-error-summary", "."]),
        Check(
            "imports", [str(places.venv / "bin" / "python"), "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
        ),
        Check("migrations", [python, "manage.py", "makemigrations", "--check", "--dry-run"]),
    ]
    if (root / "tsconfig.json").exists():
        checks.append(Check("script types", ["node", "node_modules/typescript/bin/tsc", "--noEmit"]))
    if scripts := sorted(str(path.relative_to(root)) for path in root.glob("tests/js/**/*.test.*js")):
        checks.append(Check("scripts", ["node", "--test", "--test-reporter=spec", *scripts]))
    # Side by side, a database each: the rest needs a browser, an emulator or the machine to itself.
    checks.append(pytest(places, "pytest", *SIDE_BY_SIDE, "loadfile", "-m", FAST))
    checks.append(pytest(places, "pytest aws", "-m", "aws and not long"))
    checks.append(pytest(places, "pytest browser", "-m", "browser and not long"))
    if everything:
        checks.append(pytest(places, "pytest long", "-m", "long", "--deselect=inventory/", "--deselect=orders/"))
        checks.append(pytest(places, "pytest models", *SIDE_BY_SIDE, "load", "-m", "long", "inventory", "orders"))
    return checks


def pytest(places: Places, name: str, *arguments: str) -> Check:
    # The cluster is new, so the first one makes the test database and the others find it.
    return Check(name, [str(places.python), "-m", "pytest", "--reuse-db", "--durations=5", *arguments], fine=(0, NOTHING_COLLECTED))


def pytest_alone(places: Places, arguments: list[str], everything: bool) -> list[Check]:
    marked = [] if everything or "-m" in arguments else ["-m", "not long"]
    return [Check("pytest", [str(places.python), "-m", "pytest", "--reuse-db", *marked, *arguments])]


def run(check: Check, *, places: Places, env: dict[str, str]) -> Outcome:
    """Its output appears as it comes; the last line is kept for the summary."""
    print(f"\n── {check.name}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryFile() as kept:
        read, write = os.pipe()
        child = spawn(check.command, log=write, env=env, cwd=places.root)
        os.close(write)
        try:
            _pass_on(read, kept.fileno())
            code = child.wait()
        except BaseException:
            signal_group({"pid": child.pid}, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=20)
            signal_group({"pid": child.pid}, signal.SIGKILL)
            raise
        finally:
            os.close(read)
        kept.seek(0)
        lines = kept.read().decode("utf-8", "replace").strip().splitlines()
    told = lines[-1].strip(" =") if lines and check.name.startswith("pytest") else ""
    return Outcome(check.name, 0 if code in check.fine else code, time.monotonic() - began, told)


def _pass_on(source: int, kept: int) -> None:
    while block := os.read(source, 65536):
        os.write(kept, block)
        sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()


def tell(outcomes: list[Outcome]) -> list[Outcome]:
    """The closing summary; returns what failed."""
    print("\n── summary")
    for outcome in outcomes:
        print(f"  {'ok    ' if outcome.code == 0 else 'FAILED'} {outcome.name:<16} {outcome.seconds:6.1f} s  {outcome.said}".rstrip())
    failed = [outcome for outcome in outcomes if outcome.code]
    total = sum(outcome.seconds for outcome in outcomes)
    verdict = f"{len(failed)} of {len(outcomes)} checks failed" if failed else f"all {len(outcomes)} checks passed"
    print(f"  {verdict}, {total:.0f} s", flush=True)
    return failed
