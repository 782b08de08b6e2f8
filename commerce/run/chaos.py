"""bin/chaos: sets itself up as bin/test does, then hands over to the attack on the till in tests/chaos."""

import os
import sys
from pathlib import Path

from commerce.run import chromium
from commerce.run.places import ROOT, Places
from commerce.run.preparing import browser_packages, node_environment, python_packages, state_directory
from commerce.run.refusal import CannotStart


def main(*, arguments: list[str]) -> int:
    """Exit code 0 when nothing was lost, 1 when something was, 2 when it could not be run. Does not come back where it could."""
    given = os.environ.get("ONECOUNTER_VAR")
    places = Places(var=Path(given).absolute() if given else ROOT / "var" / "test")
    try:
        state_directory(places)
        python_packages(places, requirements="requirements-dev.txt")
        browser_packages(places)
        browser = chromium.find(places)
        os.chdir(places.root)
        command = [str(places.python), "-m", "tests.chaos", *arguments]
        os.execve(places.python, command, node_environment(places) | {"CHROMIUM": browser})  # noqa: S606
    except CannotStart as reason:
        print(f"bin/chaos: {reason}", file=sys.stderr, flush=True)
        return 2
