"""The private directory the sockets live in: short whatever the clone's depth, 0700, owned by whoever runs the services."""

import os
import shutil
import tempfile
from pathlib import Path

from commerce.run.children import Owner, reachable
from commerce.run.refusal import CannotStart

PREFIX = "onecounter-"
# A Unix socket's address holds 107 bytes; PostgreSQL's file name takes 20 of them.
LONGEST = 80


def make(*, owner: Owner | None) -> Path:
    for parent in _parents():
        if parent.is_dir() and os.access(parent, os.W_OK) and len(os.fsencode(parent)) < LONGEST - 20 and reachable(parent, owner=owner):
            made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            if owner:
                os.chown(made, owner.uid, owner.gid)
            return made
    raise CannotStart("No place for the sockets: neither XDG_RUNTIME_DIR nor TMPDIR nor /tmp is a short writable path.")


def _parents() -> list[Path]:
    named = [os.environ.get("XDG_RUNTIME_DIR", ""), os.environ.get("TMPDIR", ""), tempfile.gettempdir(), "/tmp"]  # noqa: S108 - mkdtemp inside
    return [Path(name) for name in named if name]


def remove(recorded: str) -> None:
    """Only what make() could have made."""
    path = Path(recorded)
    if recorded and path.name.startswith(PREFIX) and path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)


def binaries(source: Path, *, beside: tuple[str, ...], into: Path, owner: Owner | None, probe: str) -> Path:
    """The directory to run from: the installed one, or a copy when its owner-to-be cannot get there (a clone under a 0700 home).

    `beside` are sibling directories the programs find by a relative path (their shared libraries)."""
    if reachable(source / probe, owner=owner):
        return source
    copied = into / source.name
    if not copied.exists():
        leave = shutil.ignore_patterns("include", "__pycache__")
        for name in (source.name, *beside):
            if (source.parent / name).exists():
                shutil.copytree(source.parent / name, into / name, ignore=leave, symlinks=True)
    return copied
