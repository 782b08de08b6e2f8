"""The parts of the product in the order they need each other."""

import contextlib
import json
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from commerce.run import greeting, runtime
from commerce.run.children import Owner, finish, open_log, spawn, told_last
from commerce.run.emulator import BUS, QUEUE, Emulator, free_port
from commerce.run.places import Places, fingerprint
from commerce.run.preparing import browser_packages, environment, python_packages, static_files
from commerce.run.refusal import CannotStart
from commerce.run.stores import Postgres, Valkey, wait_until
from commerce.run.supervisor import Part, Supervisor

QUEUES = "relay,post,default,slow"
WEB_WORKERS = 2
# The connection pool in the settings is never smaller than this.
WEB_THREADS = 2
READY_WITHIN = 120.0
GIVEN = ("DATABASE_URL", "REDIS_URL", "AWS_ENDPOINT_URL", "AWS_EVENT_BUS", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_MEDIA_BUCKET", "ALLOWED_HOSTS")


class Shop:
    def __init__(self, *, places: Places, port: int, demo: bool, aws_local: bool) -> None:
        self.places, self.port, self.demo = places, port, demo
        self.supervisor = Supervisor(places=places, say=say)
        self.emulator = Emulator(places=places) if aws_local else None
        self.sockets: Path | None = None
        self.postgres: Postgres | None = None
        self.settings: dict[str, str] = {name: os.environ[name] for name in GIVEN if os.environ.get(name)}
        self.settings |= {"PORT": str(port), "ONECOUNTER_DEMO": "1" if demo else "0"}
        self.logins: list[dict[str, Any]] = []

    @property
    def embedded(self) -> bool:
        return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        python_packages(self.places)
        browser_packages(self.places)
        if self.emulator:
            self.emulator.install()

    def open(self, *, owner: Owner | None, began: float) -> None:
        if self.emulator:
            self._start(self.emulator.name, self.emulator.start, store=True)
        self._open_stores(owner)
        self._tell_settings()
        static_files(self.places)
        self._database()
        commands = self._commands() | self._gateway()
        relay = commands.pop("relay")
        for name, command in commands.items():
            self._open_door(name, command)
        if self.emulator:
            # It starts slowly, beside the others; only what sends to it waits for it.
            self._await_emulator(self.emulator)
        self._open_door("relay", relay)
        self._await_ready()
        self.supervisor.ready = True
        self._greet(seconds=time.monotonic() - began)

    def keep_open(self) -> None:
        while True:
            time.sleep(0.2)
            self.supervisor.look()

    def close(self) -> None:
        self.supervisor.stop()
        if self.sockets:
            runtime.remove(str(self.sockets))

    def _start(self, name: str, start: Any, *, end_signal: int = signal.SIGTERM, store: bool = False) -> Part:
        return self.supervisor.start(Part(name=name, start=start, end_signal=end_signal, store=store))

    def _open_stores(self, owner: Owner | None) -> None:
        assert self.sockets is not None or not self.embedded
        if not os.environ.get("DATABASE_URL"):
            self.postgres = Postgres(places=self.places, run=self.sockets, owner=owner)  # type: ignore[arg-type]
            self.settings["DATABASE_URL"] = self.postgres.url
            self._open_store(self.postgres)
            self.postgres.create_database()
        if not os.environ.get("REDIS_URL"):
            valkey = Valkey(places=self.places, run=self.sockets, owner=owner)  # type: ignore[arg-type]
            self.settings["REDIS_URL"] = valkey.url
            self._open_store(valkey)

    def _open_store(self, store: Postgres | Valkey) -> None:
        store.prepare()
        part = self._start(store.name, store.start, end_signal=store.end_signal, store=True)
        assert part.process is not None
        wait_until(store.answers, what=store.name, child=part.process, log=self.places.log / f"{store.name}.log")

    def _tell_settings(self) -> None:
        """So that manage.py finds the services from any other terminal."""
        if self.emulator:
            self.settings |= {**self.emulator.settings, "AWS_EVENT_BUS": BUS}
        if not os.environ.get("SECRET_KEY") and os.environ.get("ONECOUNTER_MODE") != "production":
            kept = self.places.state("secret.json") or {"SECRET_KEY": secrets.token_urlsafe(50)}
            self.places.keep("secret.json", kept)
            self.settings |= kept
        self._tell_gateway()
        self.places.keep("run.json", self.settings)

    def _tell_gateway(self) -> None:
        """The demo shop is paid at a provider that only plays one."""
        if self.demo:
            self.settings |= {"GATEWAY_SIMULATOR_URL": f"http://127.0.0.1:{free_port()}", "GATEWAY_SIMULATOR_SECRET": secrets.token_urlsafe(30)}

    def _gateway(self) -> dict[str, list[str]]:
        if not self.demo:
            return {}
        port = self.settings["GATEWAY_SIMULATOR_URL"].rpartition(":")[2]
        webhook = f"{self.url}/api/v1/payments/webhooks/simulator"
        command = [
            str(self.places.python),
            "-m",
            "integrations.gateway_simulator",
            "--port",
            port,
            "--webhook",
            webhook,
            # In one word: a secret may begin with a dash.
            f"--secret={self.settings['GATEWAY_SIMULATOR_SECRET']}",
        ]
        return {"gateway": [*command, "--state", str(self.places.var / "gateway.db")]}

    def _environment(self, role: str, **more: str) -> dict[str, str]:
        return environment(self.places, ONECOUNTER_ROLE=role, **self.settings, **more)

    def _manage(self, *arguments: str, what: str, **more: str) -> str:
        command = [self.places.python, "manage.py", *arguments]
        return finish(command, what=what, log=self.places.log / "setup.log", env=self._environment("command", **more), cwd=self.places.root)

    def _database(self) -> None:
        """Migrations and demo shop, skipped while nothing that goes into them has changed. /readyz has the last word on migrations."""
        wanted = self._database_inputs()
        kept = self.places.state("demo.json")
        self.logins = kept.get("logins", []) if self.demo else []
        if wanted and self.places.state("stamps.json").get("database") == wanted:
            return
        self._manage("migrate", "--noinput", "--verbosity", "0", what="Migrating the database")
        if self.demo and (self.places.root / "demo" / "management" / "commands" / "demo.py").exists():
            self._load_demo(kept)
        # Asked again: a database made just now had no tables before.
        self.places.keep("stamps.json", self.places.state("stamps.json") | {"database": self._database_inputs()})

    def _database_inputs(self) -> str:
        """Empty for a database of somebody else's: we cannot know what happened to it."""
        if self.postgres is None:
            return ""
        cluster = self.postgres.ask("select system_identifier from pg_control_system()")
        tables = self.postgres.ask("select count(*) from pg_class where relname = 'django_migrations'", database="onecounter")
        root = self.places.root
        files = [*root.glob("*/migrations/*.py"), root / "requirements-pins.txt"]
        files += [path for path in root.glob("demo/**/*") if path.is_file() and "__pycache__" not in path.parts] if self.demo else []
        return fingerprint(files, root=root, also=f"{cluster} {tables} {self.demo} {os.environ.get('DEMO_PASSWORD', '')}") if tables != "0" else ""

    def _load_demo(self, kept: dict[str, Any]) -> None:
        password = os.environ.get("DEMO_PASSWORD") or kept.get("password") or readable_secret()
        # Kept first: a start that is cut short must not leave a shop whose password nobody knows.
        self.places.keep("demo.json", kept | {"password": password})
        try:
            said = self._manage("demo", "--json", what="Loading the demo shop", DEMO_PASSWORD=password)
        except CannotStart as reason:
            raise CannotStart(f"{reason} Without the demo shop: bin/run --no-demo") from None
        told = next((line for line in reversed(said.splitlines()) if line.startswith("{")), "{}")
        self.logins = json.loads(told).get("logins", [])
        self.places.keep("demo.json", {"password": password, "logins": self.logins})

    def _await_emulator(self, emulator: Emulator) -> None:
        child = self.supervisor.parts[emulator.name].process
        assert child is not None
        wait_until(emulator.answers, what="The AWS emulator", child=child, log=self.places.log / "aws.log")
        emulator.make_bus()

    def _commands(self) -> dict[str, list[str]]:
        python = str(self.places.python)
        celery = [python, "-m", "celery", "-A", "commerce.celery"]
        web = [
            python,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-ws",
            "--workers",
            str(WEB_WORKERS),
        ]
        web += ["--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers", "--workers-kill-timeout", "5", "commerce.wsgi:application"]
        worker = [*celery, "worker", "--concurrency", "2", "--queues", QUEUES, "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        beat = [*celery, "beat", "--schedule", str(self.places.var / "beat-schedule"), "--pidfile=", "--loglevel", "WARNING"]
        return {"web": web, "worker": worker, "beat": beat, "relay": [python, "manage.py", "relay"]}

    def _open_door(self, name: str, command: list[str]) -> None:
        role = {"web": "web", "worker": "worker"}.get(name, "command")
        announce = self.places.var / "ready" / name
        announce.parent.mkdir(exist_ok=True)

        def start() -> Any:
            announce.unlink(missing_ok=True)
            with open_log(self.places.log / f"{name}.log") as log:
                return spawn(command, log=log, env=self._environment(role, ONECOUNTER_READY_FILE=str(announce)), cwd=self.places.root)

        self._start(name, start)

    def _await_ready(self) -> None:
        until, migrated = time.monotonic() + READY_WITHIN, False
        while True:
            self.supervisor.look()
            answer = self._readyz()
            if answer.get("status") == "ready" and self._announced("worker") and self._announced("relay"):
                return
            if answer.get("migrations") == "waiting" and not migrated:
                # The database was changed behind our back (a dump restored, say): the stamp was wrong.
                self._manage("migrate", "--noinput", "--verbosity", "0", what="Migrating the database")
                migrated = True
            if time.monotonic() > until:
                raise CannotStart(f"Not ready after {READY_WITHIN:.0f} s: {self._missing(answer)}")
            time.sleep(0.1)

    def _missing(self, answer: dict[str, Any]) -> str:
        late = [name for name in ("worker", "relay") if not self._announced(name)]
        if late:
            return f"{late[0]} says {told_last(self.places.log / (late[0] + '.log'))}"
        return f"/readyz says {json.dumps(answer)}, web says {told_last(self.places.log / 'web.log')}"

    def _announced(self, name: str) -> bool:
        return self.supervisor.up(name) and (self.places.var / "ready" / name).exists()

    def _readyz(self) -> dict[str, Any]:
        # Never through a proxy of the machine: it is our own port.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        body = b"{}"
        try:
            with opener.open(f"{self.url}/readyz", timeout=5) as answer:
                body = answer.read()
        except urllib.error.HTTPError as refused:
            body = refused.read()
        except OSError:
            return {}
        with contextlib.suppress(ValueError):
            told = json.loads(body)
            return told if isinstance(told, dict) else {}
        return {}

    def _greet(self, *, seconds: float) -> None:
        rows = [("Storefront key", "pk_demo_storefront   (header X-API-Key)")] if self.logins else []
        if self.emulator:
            rows += [("AWS", f"{self.emulator.url}   bus {BUS}, every event also in the queue {QUEUE}")]
        print(greeting.table(url=self.url, rows=rows, logins=self.logins))
        print(f"ready {self.url} ({seconds:.1f} s; Ctrl-C ends it, logs are in {self.places.log})", flush=True)


def readable_secret() -> str:
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
