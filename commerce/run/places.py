"""Where things are: the clone, its state directory, and the stamps and records kept there."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Places:
    var: Path
    root: Path = ROOT

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def venv_aws(self) -> Path:
        return self.root / ".venv-aws"

    @property
    def log(self) -> Path:
        return self.var / "log"

    def packages(self) -> Path:
        """The virtual environment's site-packages."""
        return next(iter(sorted((self.venv / "lib").glob("python3*/site-packages"))))

    def state(self, name: str) -> dict[str, Any]:
        return read_json(self.var / name)

    def keep(self, name: str, value: dict[str, Any]) -> None:
        write_private(self.var / name, json.dumps(value, indent=1) + "\n")

    def forget(self, name: str) -> None:
        (self.var / name).unlink(missing_ok=True)


def of_environment() -> Places:
    given = os.environ.get("ONECOUNTER_VAR")
    return Places(var=Path(given).absolute() if given else ROOT / "var")


def read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner only: it may hold passwords."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def fingerprint(paths: Iterable[Path], *, root: Path, also: str = "") -> str:
    """Changes when a file's name under the root or its content does; the same in every clone."""
    digest = hashlib.sha256(also.encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
