"""Making things fail, and the proof that they did: a fault that left no trace has not happened, and is done again or told."""

import asyncio
import os
import struct
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Error, Page

from tests.chaos.plan import OF_THE_LINE, Attempt, Fault
from tests.chaos.processes import alive, end_all, tree_of, works_in
from tests.chaos.proxy import Proxy
from tests.chaos.till import Till
from tests.stack import Stack

BORN = "performance.timeOrigin"
UPDATE = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  const before = registration.active;
  await registration.update();
  return Boolean(registration.installing ?? registration.waiting ?? (registration.active !== before));
}"""
RESTART_WITHIN = 180.0
TEARS = 4
DATABASES = "chrome://indexeddb-internals"
CLOSE_OURS = """(origin) => {
  const ours = [...document.querySelectorAll(".indexeddb-origin")].filter((one) => one.textContent.includes(origin));
  const buttons = ours.flatMap((one) => [...one.querySelectorAll("a, button, span")].filter((each) => each.textContent.trim() === "Force close"));
  buttons.forEach((each) => each.click());
  return buttons.length;
}"""
CONNECTIONS = """(origin) => [...document.querySelectorAll(".indexeddb-origin")].filter((one) => one.textContent.includes(origin))
  .flatMap((one) => [...one.textContent.matchAll(/Open connections:\\s*(\\d+)/g)].map((found) => Number(found[1]))).reduce((a, b) => a + b, 0)"""


@dataclass
class Faults:
    till: Till
    proxy: Proxy
    stack: Stack
    executed: Counter[str] = field(default_factory=Counter)
    proofs: list[str] = field(default_factory=list)
    forgiven: int = 0
    # What the browser said when it lost its database by itself.
    mended: list[str] = field(default_factory=list)
    # What ends by itself after some attempts: the attempt it ends before, its kind, and how.
    _lasting: list[tuple[int, str, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    _restarts: list[asyncio.Task[None]] = field(default_factory=list)

    async def before(self, attempt: Attempt) -> Fault | None:
        """Makes this attempt's faults happen; the one that the page dies of is the sale's to carry."""
        await self.lift(before=attempt.number)
        death = None
        for fault in attempt.faults:
            if fault.kind in OF_THE_LINE:
                self.proxy.faults.append(fault.kind)
            elif fault.kind in ("reload", "kill_browser"):
                death = fault
            else:
                await getattr(self, f"_{fault.kind}")(fault, attempt)
        return death

    async def lift(self, *, before: int | None = None) -> None:
        due = [one for one in self._lasting if before is None or one[0] <= before]
        self._lasting = [one for one in self._lasting if one not in due]
        for _, _, end in due:
            await end()

    async def settle(self) -> None:
        """Everything that was killed is back."""
        restarts, self._restarts = self._restarts, []
        await asyncio.gather(*restarts)

    def all_executed(self) -> Counter[str]:
        return self.executed + self.proxy.executed

    def _done(self, kind: str, proof: str) -> None:
        self.executed[kind] += 1
        self.proofs.append(f"{kind}: {proof}")

    # The page and its browser.

    async def born(self) -> float:
        try:
            return float(await self.till.evaluate(BORN))
        except (Error, TimeoutError):
            return 0.0

    async def die(self, fault: Fault, *, born: float, kills: int) -> None:
        """After the sale it should have died in; where that moment never came, it dies now."""
        if fault.kind == "reload":
            await self._reloaded(fault, born)
        else:
            await self._killed(fault, kills)

    async def _reloaded(self, fault: Fault, born: float) -> None:
        until = time.monotonic() + 1.5
        while await self.born() in (born, 0.0) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        if await self.born() in (born, 0.0):
            await self.till.page.reload(wait_until="commit")
        self._done("reload", f"{fault.moment}, page of {born:.0f} is one of {await self.born():.0f}")

    async def _killed(self, fault: Fault, kills: int) -> None:
        before = self.till.pid
        until = time.monotonic() + fault.delay_ms / 1000 + 0.3
        while self.till.kills == kills and time.monotonic() < until:
            await asyncio.sleep(0.01)
        if self.till.kills == kills:
            self.till.kill()
        while alive(before):
            await asyncio.sleep(0.01)
        await self.till.close()
        await self.till.open()
        assert self.till.pid not in (0, before)
        self._done("kill_browser", f"{fault.moment}, {before} is {self.till.pid}")

    async def _second_tab(self, fault: Fault, attempt: Attempt) -> None:
        """Another window takes over while the first one is writing a sale."""
        old = self.till.page
        code = self.till.codes[attempt.goods[0] % len(self.till.codes)]
        new = await self.till.context.new_page()
        await self.till.go(new)
        self.till.page = new
        await self.till.at("elsewhere")
        last = asyncio.create_task(old.evaluate("(given) => chaos.sell(given)", {"codes": [code], "grams": 0, "death": {}}))
        await self.till.press("Take over here")
        await self.till.at("sign-in", "sell")
        shown = await self._stands_still(old)
        await self.till.ready()
        await old.close()
        await asyncio.gather(last, return_exceptions=True)
        self.till._listen(new)
        if shown:
            self._done("second_tab", "the first window shows that the till is open elsewhere")

    async def _stands_still(self, page: Page) -> bool:
        until = time.monotonic() + 15
        while await page.evaluate("chaos.screen()") != "elsewhere":
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.05)
        return True

    async def _clock(self, fault: Fault, attempt: Attempt) -> None:
        await self._shift_clock(fault.shift_ms)
        off = float(await self.till.evaluate("Date.now()")) - time.time() * 1000
        if abs(off - fault.shift_ms) < 5000:
            self._done("clock", f"the page is {off:.0f} ms off")
        self._lasting.append((attempt.number + fault.span, "clock", lambda: self._shift_clock(0)))

    async def _shift_clock(self, ms: int) -> None:
        await self.till.evaluate("(ms) => chaos.setShift(ms)", ms)

    async def _quota_full(self, fault: Fault, attempt: Attempt) -> None:
        """The space ends while the till sells, and there is some again. Told in place of the browser, which counts its room at its
        own pace: the override of its debugging protocol does not reach a database that is open."""
        await self.till.evaluate("() => { chaos.full = true; }")
        outcome = await self._sell_until_refused()
        refused = await self.till.evaluate("() => { chaos.full = false; return chaos.refused; }")
        if outcome and refused:
            self._done("quota_full", f"{refused} writes and with them a sale were refused")
        await self.till.page.reload(wait_until="commit")
        await self.till.ready()
        self.forgive()

    async def _sell_until_refused(self) -> bool:
        for code in self.till.codes[:3]:
            if await self.till.sell(codes=[code]) != "sold":
                return True
        return False

    def forgive(self) -> None:
        """Where the browser's storage fails, a page may say so."""
        self.forgiven += len(self.till.errors)
        self.till.errors.clear()

    async def _database_closed(self, fault: Fault, attempt: Attempt) -> None:
        """The browser itself closes the databases of the till, as it does when their files fail."""
        origin = self.till.url.removesuffix("/pos/")
        inside = await self.till.context.new_page()
        try:
            await inside.goto(DATABASES)
            until = time.monotonic() + 5
            while not (before := await inside.evaluate(CONNECTIONS, origin)) and time.monotonic() < until:
                await asyncio.sleep(0.05)
            closed = await inside.evaluate(CLOSE_OURS, origin)
        finally:
            await inside.close()
            await self.till.page.bring_to_front()
        if before and closed:
            self._done("database_closed", f"{before} connections closed by the browser")

    async def _torn(self, fault: Fault, attempt: Attempt) -> None:
        """The power goes while the browser writes. It goes on behind the torn record, and cannot read it the time after that."""
        mended = len(self.mended)
        await self.till.wait(self.till.is_mirrored, what="the second copy")
        # Not where the browser begins another log before it goes on.
        for _ in range(TEARS):
            await self._start_anew(tear)
            await self._start_anew()
            if len(self.mended) > mended:
                self._done("torn", self.mended[-1])
                break

    async def _start_anew(self, meanwhile: Callable[[Path], object] = lambda profile: None) -> None:
        self.till.kill()
        await self.till.close()
        meanwhile(self.till.profile)
        await self.till.open()
        await self.till.ready()

    async def _corrupt(self, fault: Fault, attempt: Attempt) -> None:
        """The files of the browser's database go bad while entries wait: the second copy must have them."""
        self.proxy.holds_entries = True
        for code in self.till.codes[:3]:
            await self.till.sell(codes=[code])
        waiting = await self.till.waiting()
        self.till.kill()
        await self.till.close()
        files = spoil(self.till.profile)
        self.proxy.holds_entries = False
        # Whoever repairs a till has a line again: without one nothing can be sent, and no browser enrolled.
        self.proxy.online = True
        await self.till.open()
        if await self.till.at("broken", "sign-in", "sell") == "broken":
            await self.till.take_second_copy()
            self._done("corrupt", f"{files} files spoilt with {waiting} entries waiting")
        await self.till.ready()
        self.forgive()

    async def mend(self, lost: str) -> None:
        """A browser that is killed while it writes may find its database damaged, also the second time it opens it. Whoever
        repairs it has a line that holds."""
        held, self.proxy.holds_entries = self.proxy.holds_entries, False
        online, self.proxy.online = self.proxy.online, True
        coming, self.proxy.faults = self.proxy.faults, deque()
        await self.settle()
        await self.till.take_second_copy()
        self.proxy.holds_entries, self.proxy.online = held, online
        self.proxy.faults.extend(coming)
        self.mended.append(lost)
        self.proofs.append(f"mended: {lost}")
        self.forgive()

    # The line.

    async def _line_off(self, fault: Fault, attempt: Attempt) -> None:
        self.proxy.online = False
        before = self.proxy.seen["refused"]

        async def lift() -> None:
            until = time.monotonic() + 16
            while self.proxy.seen["refused"] == before and time.monotonic() < until:
                await asyncio.sleep(0.05)
            if refused := self.proxy.seen["refused"] - before:
                self._done("line_off", f"{refused} requests found no line")
            self.proxy.online = True

        self._lasting.append((attempt.number + fault.span, "line_off", lift))

    async def _worker_update(self, fault: Fault, attempt: Attempt) -> None:
        """The page's worker is replaced while entries wait."""
        self.proxy.holds_entries = True

        async def lift() -> None:
            self.proxy.online = True
            # A server that was killed just now has no newer worker to give.
            await self.settle()
            before = self.proxy.seen["worker_renewed"]
            waiting = await self.till.waiting()
            self.proxy.worker_release += 1
            found = await self.till.evaluate(UPDATE)
            renewed = self.proxy.seen["worker_renewed"] - before
            if waiting and renewed and found:
                self._done("worker_update", f"release {self.proxy.worker_release} with {waiting} entries waiting")
            self.proxy.holds_entries = False

        self._lasting.append((attempt.number + fault.span, "worker_update", lift))

    # The product behind it.

    async def _kill_web(self, fault: Fault, attempt: Attempt) -> None:
        await self._kill_part("web")

    async def _kill_worker(self, fault: Fault, attempt: Attempt) -> None:
        await self._kill_part("worker")

    async def _kill_postgres(self, fault: Fault, attempt: Attempt) -> None:
        await self._kill_part("postgres")

    async def _kill_part(self, name: str) -> None:
        await self.settle()
        pid = self.stack.pids[name]
        if name == "postgres":
            assert works_in(pid) == (self.stack.var / "postgres").resolve(), "that is not our database"
        pids = tree_of(pid)
        end_all(pids)
        self._restarts.append(asyncio.create_task(self._back(name, pid, len(pids))))

    async def _back(self, name: str, of: int, many: int) -> None:
        until = time.monotonic() + RESTART_WITHIN
        while (now := self.stack.pids.get(name)) in (None, of) or await asyncio.to_thread(self.stack.status, "/readyz") != 200:
            assert time.monotonic() < until, f"{name} is not back after {RESTART_WITHIN:.0f} s"
            await asyncio.sleep(0.1)
        self._done(f"kill_{name}", f"{of} and what it started ({many} processes) is {now}")


def tear(profile: Path) -> None:
    """A record that has begun at the end of the database's log, as LevelDB writes it: its checksum, length and kind, and not all of it."""
    newest = max(profile.glob("Default/IndexedDB/http_127*/*.log"))
    with newest.open("ab") as log:
        log.write(os.urandom(4) + struct.pack("<HB", 1000, 1) + os.urandom(100))


def spoil(profile: Path) -> int:
    """Bytes in the middle of every file of the till's database; returns how many files."""
    files = [path for path in profile.glob("Default/IndexedDB/http_127*/*") if path.is_file() and path.stat().st_size > 16]
    for path in files:
        content = bytearray(path.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 64] = bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
        path.write_bytes(content)
    return len(files)
