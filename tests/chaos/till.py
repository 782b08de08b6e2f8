"""The till's browser: a profile on the disk, real Chromium on it, and a cashier quicker than any other.

A sale is one call into the page, so that nothing but the till itself takes time. Papers leave the browser as they are
printed: what a customer has in hand is kept here, not there.
"""

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Error, Page, Playwright

from tests.chaos.processes import end_all, tree_of, with_argument
from tests.stack import CHROMIUM_ARGUMENTS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
RECEIPT = re.compile(r"(?<![\d-])(\d+-\d+-\d{4,})(?![\d-])")
READY_WITHIN = 45.0
NAME = "Northside Till 1"

LOST = "chaos-lost"
# The clock may be told another time, papers are told outside, and a page may die with the paper in the hand. A browser that finds
# its database damaged begins it anew, and tells so in the event of its upgrade alone.
TRACES = """
(() => {
  if (globalThis.top !== globalThis.self || !location.pathname.startsWith("/pos/")) return;
  const Real = Date;
  let shift = Number(localStorage.getItem("chaos-shift") ?? 0);
  globalThis.Date = class Date extends Real {
    constructor(...given) { if (given.length) super(...given); else super(Real.now() + shift); }
    static now() { return Real.now() + shift; }
  };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const screen = () => [...(document.querySelector(".till")?.classList ?? [])].find((name) => name.startsWith("screen-"))?.slice(7) ?? "";
  const keydown = (key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  const key = (name) => (document.activeElement ?? document.body).dispatchEvent(keydown(name));
  const until = async (true_, ms) => {
    const end = performance.now() + ms;
    for (;;) {
      const found = true_();
      if (found || performance.now() > end) return found;
      await wait(4);
    }
  };
  const dies = { moment: "", act: "", delay: 0 };
  const die = () => { dies.moment = ""; dies.act === "reload" ? location.reload() : globalThis.chaosDie(); };
  const at = (moment) => { if (dies.moment === moment) dies.delay ? setTimeout(die, dies.delay) : die(); };
  globalThis.chaos = {
    papers: 0,
    full: false,
    refused: 0,
    screen,
    setShift(ms) { shift = ms; localStorage.setItem("chaos-shift", String(ms)); },
    async sell({ codes, grams, death }) {
      Object.assign(dies, { moment: "", act: "", delay: 0 }, death);
      for (const code of codes) for (const letter of [...code, "Enter"]) key(letter);
      if (grams && await until(() => document.querySelector(".till.panel-quantity"), 3000)) {
        await wait(120);
        for (const letter of [...String(grams), "Enter"]) key(letter);
        await until(() => !document.querySelector(".till.panel-quantity"), 3000);
      }
      if (!await until(() => screen() === "sell" && document.querySelectorAll("tr.line").length, 10000)) return `no lines on ${screen()}`;
      at("basket");
      const before = globalThis.chaos.papers;
      key("F10");
      at("commit");
      const refused = () => document.getElementById("till").textContent.match(/was not kept|disk is full/);
      if (!await until(() => screen() === "change" || (screen() !== "sell" && screen()) || refused(), 20000)) return `F10 did nothing on ${screen()}`;
      if (screen() !== "change") return `refused on ${screen()}`;
      return await until(() => globalThis.chaos.papers > before, 10000) ? "sold" : "no paper";
    },
  };
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...given) {
    const asked = open.apply(this, given);
    asked.addEventListener("upgradeneeded", ({ dataLoss, dataLossMessage }) => {
      if (dataLoss === "total") localStorage.setItem("LOST", dataLossMessage);
    });
    return asked;
  };
  for (const name of ["add", "put"]) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...given) {
      if (!globalThis.chaos.full) return write.apply(this, given);
      globalThis.chaos.refused += 1;
      throw new DOMException("no space", "QuotaExceededError");
    };
  }
  globalThis.print = () => {
    const paper = document.getElementById("paper");
    const cell = paper.querySelector(".paper-total td:last-child");
    const told = { text: paper.textContent.replace(/\\s+/g, " "), total: cell?.textContent ?? "", copy: Boolean(paper.querySelector(".paper-copy")) };
    void globalThis.chaosPaper(JSON.stringify(told));
    globalThis.chaos.papers += 1;
    at("paper");
  };
})();
""".replace("LOST", LOST)
READ = """async () => {
  const answer = (asked) => new Promise((done, failed) => { asked.onsuccess = () => done(asked.result); asked.onerror = () => failed(asked.error); });
  const db = await answer(indexedDB.open("onecounter-till"));
  const all = await answer(db.transaction("entries").objectStore("entries").getAll());
  db.close();
  return all.map(({ till, epoch, seq, id, hash, kind, text }) => ({ till, epoch, seq, id, hash, kind, text }));
}"""
WAITING = """async () => {
  const answer = (asked) => new Promise((done, failed) => { asked.onsuccess = () => done(asked.result); asked.onerror = () => failed(asked.error); });
  const db = await answer(indexedDB.open("onecounter-till"));
  const many = await answer(db.transaction("entries").objectStore("entries").index("waiting").count());
  db.close();
  return many;
}"""
MIRRORED = """async () => {
  const answer = (asked) => new Promise((done, failed) => { asked.onsuccess = () => done(asked.result); asked.onerror = () => failed(asked.error); });
  const db = await answer(indexedDB.open("onecounter-till"));
  const waiting = await answer(db.transaction("entries").objectStore("entries").index("waiting").getAll());
  db.close();
  const directory = await navigator.storage.getDirectory();
  let texts = "";
  for (const name of ["journal-0", "journal-1"]) {
    try { texts += await (await (await directory.getFileHandle(name)).getFile()).text(); } catch { /* not there yet */ }
  }
  return waiting.every(({ id }) => texts.includes(id));
}"""


@dataclass(frozen=True, slots=True)
class Paper:
    receipt: str
    total: int
    copy: bool


def paper_of(told: str) -> Paper | None:
    """None: not the paper of a sale."""
    read = json.loads(told)
    found = RECEIPT.search(read["text"])
    digits = re.sub(r"\D", "", read["total"])
    return Paper(receipt=found[1], total=int(digits), copy=read["copy"]) if found and digits else None


def chromium() -> str:
    path = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path, "no Chromium on PATH: bin/chaos installs one, or set CHROMIUM to its path"
    return path


@dataclass
class Till:
    """One profile. `page` is the window that sells; it is another one after a kill or a take-over."""

    playwright: Playwright
    url: str
    profile: Path
    pin: str
    # What there is to sell, as it is printed on the pack.
    codes: list[str]
    weighed: list[str]
    scripts: tuple[str, ...] = ()
    papers: list[Paper] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    kills: int = 0
    enrolled: bool = False
    # What is done when the browser says that it lost the database: given by whoever has the line too.
    mend: Callable[[str], Awaitable[None]] | None = None
    page: Any = None
    context: Any = None
    pid: int = 0

    async def open(self) -> None:
        """Starts the browser on its profile and opens the till."""
        self.context = await self.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=chromium(),
            args=list(CHROMIUM_ARGUMENTS),
            viewport={"width": 1280, "height": 800},
            locale="en-GB",
        )
        self.pid = with_argument(f"--user-data-dir={self.profile}")
        await self.context.expose_binding("chaosPaper", lambda _, told: self._printed(told))
        await self.context.expose_binding("chaosDie", lambda _: self.kill())
        for script in (*self.scripts, TRACES):
            await self.context.add_init_script(script)
        self.page = self.context.pages[0] if self.context.pages else await self.context.new_page()
        self._listen(self.page)
        await self.go(self.page)

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def go(self, page: Page) -> None:
        """The page comes from the browser itself when there is no line, once it has come over the line."""
        until = time.monotonic() + READY_WITHIN
        while True:
            try:
                await page.goto(self.url, wait_until="commit")
            except Error:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)
            else:
                return

    def _printed(self, told: str) -> None:
        paper = paper_of(told)
        if paper:
            self.papers.append(paper)

    def kill(self) -> int:
        """SIGKILL to every process of this browser, the main one first."""
        pids = tree_of(self.pid)
        if pids:
            self.kills += 1
            end_all(pids)
        return len(pids)

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self.context.close(), 10)
        except (Error, TimeoutError):
            self.kill()

    async def evaluate(self, script: str, given: Any = None, *, seconds: float = 45) -> Any:
        return await asyncio.wait_for(self.page.evaluate(script, given), seconds)

    async def wait(self, true: Callable[[], Awaitable[Any]], *, what: str, seconds: float = READY_WITHIN) -> Any:
        until = time.monotonic() + seconds
        while not (answer := await true()):
            assert time.monotonic() < until, f"waited {seconds} s for {what}; the till shows: {await self.text()}"
            await asyncio.sleep(0.02)
        return answer

    async def text(self) -> str:
        return " ".join(str(await self.page.evaluate("document.getElementById('till')?.innerText ?? ''")).split())

    async def screen(self) -> str:
        try:
            return str(await self.page.evaluate("globalThis.chaos?.screen() ?? ''"))
        except Error:
            # Between two documents.
            return ""

    async def at(self, *screens: str) -> str:
        async def there() -> str:
            now = await self.screen()
            return now if now in screens else ""

        return str(await self.wait(there, what=f"the screen {' or '.join(screens)}"))

    async def press(self, name: str, *, exact: bool = False) -> None:
        await self.page.get_by_role("button", name=name, exact=exact).first.click(timeout=10_000)

    async def enrol(self) -> None:
        await self.at("enrol")
        await self.press(f"Use this browser as {NAME}")
        await self.at("sign-in")
        self.enrolled = True
        await self.wait(self._has_prices, what="things to sell")
        await self.ready()
        await self.wait(lambda: self.evaluate("navigator.serviceWorker.controller !== null"), what="the page's worker to take it")
        await self.print_always()

    async def _has_prices(self) -> bool:
        return "items ready" in await self.text()

    async def print_always(self) -> None:
        """As a cashier chooses it, at Pay."""
        await self.evaluate(
            "(code) => { for (const key of [...code, 'Enter', 'F9']) "
            "document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })); }",
            self.codes[0],
        )
        await self.at("pay")
        await self.page.locator("label.choice").first.click()
        await self.page.keyboard.press("Escape")
        await self.at("sell")

    async def ready(self) -> None:
        """From wherever the till is to where it sells; a paper that may be missing is printed now."""
        steps: dict[str, Callable[[], Awaitable[Any]]] = {
            "elsewhere": lambda: self.press("Take over here"),
            "sign-in": self._sign_in,
            "open-shift": self._open_shift,
            "pay": lambda: self.page.keyboard.press("Escape"),
            "approval": lambda: self.page.keyboard.press("Escape"),
            "broken": lambda: self.press("Reload"),
        }
        until = time.monotonic() + READY_WITHIN
        while (screen := await self.screen()) not in ("sell", "change"):
            assert screen != "enrol" or not self.enrolled, "the till has forgotten what it is"
            assert time.monotonic() < until, f"stuck on {screen or 'nothing'}: {await self.text()}"
            try:
                if screen == "broken" and self.mend and (lost := await self.evaluate("(name) => localStorage.getItem(name)", LOST)):
                    await self.mend(lost)
                    until = time.monotonic() + READY_WITHIN
                elif screen in steps:
                    await steps[screen]()
            except Error:
                # It went on to another screen by itself.
                pass
            await asyncio.sleep(0.02)
        await self._print_what_is_left()

    async def take_second_copy(self) -> None:
        """What it holds is sent, and the browser is a till again."""
        await self.press("Repair with the second copy")
        await self.at("enrol")
        await self.wait(self._is_sent, what="what the second copy held to be sent")
        await self.evaluate("(name) => localStorage.removeItem(name)", LOST)
        self.enrolled = False
        await self.enrol()

    async def _is_sent(self) -> bool:
        return await self.waiting() == 0

    async def _sign_in(self) -> None:
        await self.page.keyboard.type(self.pin)
        until = time.monotonic() + 5
        while await self.screen() == "sign-in" and time.monotonic() < until:
            await asyncio.sleep(0.02)

    async def _open_shift(self) -> None:
        await self.page.locator(".button-primary").wait_for(timeout=5000)
        await self.page.keyboard.press("Enter")
        until = time.monotonic() + 5
        while await self.screen() == "open-shift" and time.monotonic() < until:
            await asyncio.sleep(0.02)

    async def _print_what_is_left(self) -> None:
        for _ in range(3):
            asked = re.search(r"Print receipt (\S+)\?", await self.text())
            if asked is None:
                return
            await self._print_one(len(self.papers), asked[0])

    async def _print_one(self, before: int, asked: str) -> None:
        async def printed() -> bool:
            # The question goes a moment after the paper came.
            return len(self.papers) > before and asked not in await self.text()

        await self.press("Print", exact=True)
        await self.wait(printed, what="the paper that was left", seconds=10)

    async def sell(self, *, codes: list[str], grams: int = 0, death: dict[str, Any] | None = None) -> str:
        """What came of it: "sold", or why not; "died" when the page or its browser is gone."""
        try:
            return str(await self.evaluate("(given) => chaos.sell(given)", {"codes": codes, "grams": grams, "death": death or {}}))
        except Error as error:
            if death or "closed" in str(error) or "destroyed" in str(error):
                return "died"
            raise

    async def waiting(self) -> int:
        return int(await self.evaluate(WAITING))

    async def is_mirrored(self) -> bool:
        """Whether the second copy has every entry that waits."""
        return bool(await self.evaluate(MIRRORED))

    async def entries(self) -> list[dict[str, Any]]:
        return list(await self.evaluate(READ))
