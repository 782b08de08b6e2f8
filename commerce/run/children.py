"""Starting a child so that it cannot outlive us."""

import ctypes
import os
import pwd
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from commerce.run.processes import signal_group
from commerce.run.refusal import CannotStart

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 10_000_000
RAISED = re.compile(r"[A-Za-z_.]+(Error|Exception|Refused|Missing|Configured): ")
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Owner:
    """Who a service runs as when we are root: PostgreSQL refuses root."""

    uid: int
    gid: int


def service_owner() -> Owner | None:
    """None: run it as ourselves."""
    if os.geteuid() != 0:
        return None
    if sys.platform != "linux":
        raise CannotStart("As root the embedded database works on Linux only. Start as an ordinary user, or set DATABASE_URL and REDIS_URL.")
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart("As root the embedded database runs as the user nobody, and there is none here. Set DATABASE_URL and REDIS_URL.") from None
    return Owner(uid=nobody.pw_uid, gid=nobody.pw_gid)


def _die_with_parent(number: int) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        # After the change of uid (which clears it): Popen calls this last.
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def spawn(
    command: Sequence[object],
    *,
    log: int | IO[Any],
    env: dict[str, str],
    cwd: str | Path,
    owner: Owner | None = None,
    pass_fds: Sequence[int] = (),
    end_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Call it from the main thread: the death signal follows the thread that forked."""
    who: dict[str, Any] = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if owner else {}
    return subprocess.Popen(  # noqa: PLW1509 - one thread at this point
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
        pass_fds=pass_fds,
        preexec_fn=_die_with_parent(end_signal),
        **who,
    )


def open_log(path: Path) -> IO[bytes]:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def finish(command: Sequence[object], *, what: str, log: Path, env: dict[str, str], cwd: str | Path, **more: Any) -> str:
    """Run one step to its end and return what it said; a failure is told with its last line, the whole goes to the log."""
    with tempfile.TemporaryFile() as out:
        child = spawn(command, log=out, env=env, cwd=cwd, **more)
        try:
            code = child.wait()
        except BaseException:
            signal_group({"pid": child.pid}, signal.SIGKILL)
            child.wait()
            raise
        out.seek(0)
        said = out.read()
    if code:
        with open_log(log) as file:
            file.write(said)
        raise CannotStart(f"{what} failed: {last_line(said)} (all of it: {log})")
    return said.decode("utf-8", "replace")


def told_last(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
        return last_line(file.read())


def last_line(said: bytes) -> str:
    """The line that says why: the exception of a traceback, else the last one with words in it."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip() and not line.startswith(("npm notice", "[notice]"))]
    raised = [line for line in lines if RAISED.match(line)]
    return (raised or lines or ["no word of why"])[-1].strip()[:300]


def reachable(path: Path, *, owner: Owner | None) -> bool:
    """Whether the owner can read the file or enter the directory: asked by trying, as that user."""
    if owner is None:
        return os.access(path, os.R_OK | os.X_OK)
    probe = ["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', str(path)]
    return subprocess.run(probe, user=owner.uid, group=owner.gid, extra_groups=[], cwd="/", check=False).returncode == 0
