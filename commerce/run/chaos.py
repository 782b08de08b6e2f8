"""bin/chaos and bin/crash: set themselves up as bin/test does, then hand over to tests/chaos and tests/crash."""

import os
import sys
from pathlib import Path

from commerce.run import chromium
from commerce.run.places import ROOT, Places
from commerce.run.preparing import browser_packages, node_environment, python_packages, state_directory
from commerce.run.refusal import CannotStart


def main(*, name: str, arguments: list[str]) -> int:
    """Exit code 0 when nothing was lost, 1 when something was, 2 when it could not be run. Does not come back where it could."""
    given = os.environ.get("ONECOUNTER_VAR")
    places = Places(var=Path(given).absolute() if given else ROOT / "var" / "test")
    try:
        state_directory(places)
        python_packages(places, requirements="requirements-dev.txt")
        browser_packages(places)
        # Nothing but the till's attack drives a browser.
        browser = {"CHROMIUM": chromium.find(places)} if name == "chaos" else {}
        os.chdir(places.root)
        command = [str(places.python), "-m", f"tests.{name}", *arguments]
        os.execve(places.python, command, node_environment(places) | browser)  # noqa: S606
    except CannotStart as reason:
        print(f"bin/{name}: {reason}", file=sys.stderr, flush=True)
        return 2
