"""A browser of its own with a profile on the disk: it can be killed as a device loses its power, and started again."""

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.stack import CHROMIUM_ARGUMENTS, free_port
from tests.till import TRACES, TillPage

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Device(TillPage):
    """`beside` is the browser of other journeys: its driver drives this one too."""

    def __init__(self, beside: Any, url: str, profile: Path) -> None:
        self.driver, self.profile = beside.browser_type, profile
        self.url = url + "/pos/"
        self.errors = []
        self.start()

    def start(self) -> None:
        port = free_port()
        name = os.environ.get("CHROMIUM") or next(found for one in BROWSERS if (found := shutil.which(one)))
        command = [name, "--headless=new", f"--user-data-dir={self.profile}", f"--remote-debugging-port={port}", *CHROMIUM_ARGUMENTS, "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/json/version", timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until, "the browser did not start"
                time.sleep(0.05)
        self.browser = self.driver.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.context = self.browser.contexts[0]
        self.context.add_init_script(TRACES)
        self.page = self.open_window()

    def open_window(self) -> Any:
        page = super().open_window()
        page.set_viewport_size({"width": 1280, "height": 800})
        return page

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self.kill()
        assert self.errors == [], self.errors
