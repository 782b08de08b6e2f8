"""A whole running product for journeys: bin/run with a state directory and a port of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from commerce.run.preparing import one_at_a_time

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 420.0
# What a test of ours, or the shell around it, may have set for itself.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "PORT", "SECRET_KEY", "ONECOUNTER_MODE", "ONECOUNTER_ROLE", "ONECOUNTER_DEMO", "ONECOUNTER_VAR")
# Where a filled shop is kept for all tests of a run (bin/test says so); each makes its own where nothing is said.
KEPT = "ONECOUNTER_TEST_SHOP"
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-dev-shm-usage",
)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN and not name.startswith("AWS_")} | more


@dataclass
class Stack:
    """`logins` are the demo staff by user name: {"carla": {"name", "username", "password", "pin"}}."""

    var: Path
    port: int
    root: Path = ROOT
    # What starts it; bin/run where nothing is said.
    program: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    ready_after: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """For manage.py against this instance: it finds everything else through the state directory."""
        return clean_environment(ONECOUNTER_VAR=str(self.var), ONECOUNTER_ROLE="command", **self.environment)

    @property
    def said(self) -> str:
        return self._output.read_text() if self._output.exists() else ""

    @property
    def _output(self) -> Path:
        return self.var.with_name(self.var.name + ".out")

    @property
    def settings(self) -> dict[str, str]:
        """What bin/run found and started: DATABASE_URL, REDIS_URL, AWS_ENDPOINT_URL, …"""
        return self._state("run.json")

    @property
    def logins(self) -> dict[str, dict[str, Any]]:
        return {login["username"]: login for login in self._state("demo.json").get("logins", [])}

    @property
    def pids(self) -> dict[str, int]:
        """Main processes by part: postgres valkey web worker relay beat gateway aws."""
        return {name: record["pid"] for name, record in self._state("pids.json").items()}

    def _state(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self.var / name).read_text())
        except FileNotFoundError:
            return {}

    def start(self) -> "Stack":
        began = time.monotonic()
        with self._output.open("w") as output:
            self.process = self.run("--port", str(self.port), *self.arguments, stdout=output)
        while not any(line.startswith("ready http://") for line in self.said.splitlines()):
            if self.process.poll() is not None or time.monotonic() - began > READY_WITHIN:
                self.stop()
                raise RuntimeError(f"bin/run did not get ready:\n{self.said}")
            time.sleep(0.05)
        self.ready_after = time.monotonic() - began
        return self

    def furnished(self) -> "Stack":
        """With a copy of the shop that is made once: to migrate and to fill one takes most of a minute. Before it is started."""
        if kept := os.environ.get(KEPT):
            # With their owners: the database belongs to a user of its own where root runs the tests.
            subprocess.run(["cp", "-a", self._made_once(Path(kept)), self.var], check=True)
        return self

    def _made_once(self, kept: Path) -> Path:
        lock = Path(f"{kept}.lock")
        lock.touch()
        with one_at_a_time(lock):
            if not kept.exists():
                fresh = Path(f"{kept}.new")
                command = [sys.executable, "-m", "tests.filled", "--port", str(self.port)]
                done = subprocess.run(command, cwd=ROOT, env=clean_environment(ONECOUNTER_VAR=str(fresh)), capture_output=True, text=True)
                assert done.returncode == 0, done.stdout + done.stderr
                fresh.rename(kept)
        return kept

    def run(self, *arguments: str, stdout: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        command = [*(self.program or (str(self.root / "bin" / "run"),)), *arguments]
        env = clean_environment(ONECOUNTER_VAR=str(self.var), **self.environment)
        # A session of its own: whatever ends the tests does not end it half.
        return subprocess.Popen(
            command, stdout=stdout, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=env, start_new_session=True
        )

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def manage(self, *arguments: str, fine: tuple[int, ...] = (0,)) -> str:
        command = [str(self.root / ".venv" / "bin" / "python"), "manage.py", *arguments]
        done = subprocess.run(command, cwd=self.root, env=self.env, capture_output=True, text=True)
        assert done.returncode in fine, done.stderr
        return done.stdout

    def kill(self, part: str) -> int:
        """SIGKILL to one part's main process; the supervisor starts it again."""
        pid = self.pids[part]
        os.kill(pid, signal.SIGKILL)
        return pid

    def await_restart(self, part: str, *, of: int, seconds: float = 30) -> None:
        """Until the part runs under another pid and the product answers again."""
        self.wait(lambda: self.pids.get(part) not in (None, of) and self.status("/readyz") == 200, what=f"{part} to be back", seconds=seconds)

    def wait(self, true: Any, *, what: str, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"waited {seconds} s for {what}\n{self.said}"
            time.sleep(0.05)

    def status(self, path: str) -> int:
        """0 when nothing answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return 0


@contextmanager
def launch_browser(**more: Any) -> Any:
    """Chromium under playwright. Use: with launch_browser() as browser: page = browser.new_page()."""
    import shutil

    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)
    assert path, "no Chromium on PATH: bin/test installs one, or set CHROMIUM to its path"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS), **more)
        try:
            yield browser
        finally:
            browser.close()
