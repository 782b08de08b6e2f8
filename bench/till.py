"""The till in real Chromium against the whole product: every line of the budget that a cashier would feel.

    .venv/bin/python -m bench.till [--items 50000] [--throttle 1,6] [--soak 500] [--json] [--var DIR --port N]

Without --var it starts an instance of its own. The catalogue is as wide as --items says: what the demo shop has, and made-up things
beside it. At 6x the browser's main thread is six times slower than this machine, as a cheap tablet is; workers are not slowed.
Nothing here fails a check: it tells what is over.
"""

import argparse
import gzip
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.stack import Stack, free_port, launch_browser  # noqa: E402
from tests.till import ASK, TillPage  # noqa: E402
from tests.wide import WORDS, WideFeed  # noqa: E402

DRIVER = """
  const press = (key, on = document.body) => on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const keys = (code) => [...code, "Enter"].forEach((key) => press(key, document.activeElement ?? document.body));
  const { port1, port2 } = new MessageChannel();
  const turn = () => new Promise((done) => { port1.onmessage = done; port2.postMessage(0); });
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const painted = async () => { await frame(); await turn(); };
  const pieces = () => [...document.querySelectorAll("tr.line")].reduce((sum, row) => sum + parseInt(row.innerText, 10), 0);
  const until = async (true_, what) => {
    for (const by = performance.now() + 30000; !true_(); await frame()) if (performance.now() > by) throw new Error(`waited for ${what}`);
  };
  const at = (screen) => until(() => document.querySelector(`.till.screen-${screen}`), screen);
"""
SCANS = f"""async (codes) => {{ {DRIVER}
  const taken = [];
  const many = () => document.querySelector(".till.screen-sell") ? document.querySelectorAll("tr.line").length : 0;
  for (const code of codes) {{
    const before = many();
    const began = performance.now();
    keys(code);
    // Drawn by now, unless it has to wait; the next frame paints it.
    await null;
    await until(() => many() > before, "a line");
    await painted();
    taken.push(performance.now() - began);
  }}
  return taken;
}}"""
# Twenty a second for ten seconds, whether or not the one before is on the screen.
QUICK = f"""async (codes) => {{ {DRIVER}
  const before = pieces();
  for (let n = 0; n < 200; n += 1) {{
    keys(codes[n % codes.length]);
    await new Promise((done) => setTimeout(done, 50));
  }}
  for (const by = performance.now() + 3000; pieces() - before < 200 && performance.now() < by; ) await painted();
  return pieces() - before;
}}"""
REDRAWN = f"""async (codes) => {{ {DRIVER}
  const taken = [];
  for (const code of codes) {{
    const began = performance.now();
    keys(code);
    await turn();
    document.body.offsetHeight;
    taken.push(performance.now() - began);
    await painted();
  }}
  return taken;
}}"""
# From the letter to what was found standing in the page; what a frame costs comes after it, as with a scan.
LOOKED = f"""async (queries) => {{ {DRIVER}
  press("F2");
  await painted();
  const field = document.getElementById("search");
  const taken = [];
  for (const query of queries) {{
    field.value = query;
    const began = performance.now();
    field.dispatchEvent(new InputEvent("input", {{ bubbles: true }}));
    await null;
    await until(() => document.getElementById("results"), query);
    taken.push(performance.now() - began);
    await painted();
  }}
  field.value = "";
  field.dispatchEvent(new InputEvent("input", {{ bubbles: true }}));
  return taken;
}}"""
SOLD = f"""async (sales) => {{ {DRIVER}
  const taken = [];
  for (const codes of sales) {{
    const began = performance.now();
    for (const code of codes) keys(code);
    await turn();
    await until(() => pieces() >= codes.length && document.querySelector(".till.screen-sell"), "the lines");
    press("F10");
    await at("change");
    taken.push(performance.now() - began);
  }}
  return taken;
}}"""
COMMITS = f"""async () => {{ {ASK}
  const taken = [];
  for (let n = 0; n < 200; n += 1) {{
    const began = performance.now();
    const tx = db.transaction(["entries", "facts"], "readwrite", {{ durability: "strict" }});
    tx.objectStore("facts").put({{ n, text: "x".repeat(2000) }}, "measured");
    await new Promise((done) => (tx.oncomplete = done));
    taken.push(performance.now() - began);
  }}
  db.transaction("facts", "readwrite").objectStore("facts").delete("measured");
  db.close();
  return taken;
}}"""
# The same work at any time: how quick the machine itself is in this minute.
FIXED = """() => {
  const began = performance.now();
  let sum = 0;
  for (let n = 0; n < 1000000; n += 1) sum = (sum * 31 + n) % 1000003;
  return sum && performance.now() - began;
}"""
# Scans are measured in as many baskets of thirty.
BASKETS = 6
MARKS = "['scannable', 'searchable'].map((name) => performance.getEntriesByName(name)[0]?.startTime ?? 0)"
WARM = "performance.getEntriesByName('warm').length > 0"


@dataclass
class Row:
    """One line of the table. Over when `value` is above `budget`."""

    name: str
    value: float
    budget: float | None = None
    unit: str = "ms"
    throttle: int = 1

    @property
    def over(self) -> bool:
        return self.budget is not None and self.value > self.budget


class Memory:
    """Bytes in use after rubbish was collected: of the page, and of its workers by name. With what their buffers hold."""

    def __init__(self, page: Any) -> None:
        self.session = page.context.new_cdp_session(page)
        self.page = page
        self.workers: dict[str, str] = {}
        self.answers: dict[int, Any] = {}
        self.last = 0
        self.session.on("Target.attachedToTarget", self._attached)
        self.session.on("Target.detachedFromTarget", lambda event: self.workers.pop(event["sessionId"], None))
        self.session.on("Target.receivedMessageFromTarget", self._received)
        self.session.send("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False})

    def _attached(self, event: Any) -> None:
        if event["targetInfo"]["type"] == "worker":
            self.workers[event["sessionId"]] = event["targetInfo"]["url"]

    def _received(self, event: Any) -> None:
        answer = json.loads(event["message"])
        self.answers[answer.get("id", 0)] = answer.get("result")

    def of_page(self) -> int:
        self.session.send("HeapProfiler.collectGarbage")
        return _used(self.session.send("Runtime.getHeapUsage"))

    def of_worker(self, name: str) -> int:
        for session, url in self.workers.items():
            if name in url:
                self._ask(session, "HeapProfiler.collectGarbage")
                return _used(self._ask(session, "Runtime.getHeapUsage"))
        return 0

    def _ask(self, session: str, method: str) -> Any:
        self.last += 1
        self.session.send("Target.sendMessageToTarget", {"sessionId": session, "message": json.dumps({"id": self.last, "method": method})})
        until = time.monotonic() + 30
        while self.last not in self.answers and time.monotonic() < until:
            self.page.wait_for_timeout(10)
        return self.answers.pop(self.last, None) or {}

    def throttle(self, rate: int) -> None:
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": rate})


def _used(usage: dict[str, Any]) -> int:
    return int(usage.get("usedSize", 0) + usage.get("backingStorageSize", 0))


def part(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else values[0]


def queries(feed: WideFeed, many: int) -> list[str]:
    """What people type: beginnings of words, two of them, part of a SKU, something that is not there."""
    asked = []
    for n in range(many):
        words = feed.items[n * 37 % len(feed.items)]["name"].lower().split()
        asked.append(
            [words[0][:3], f"{words[0]} {words[1]}", f"{words[2][:4]} {words[3][:3]}", f"w-{n:04d}", words[1][1:], WORDS[n % len(WORDS)] + " zz"][
                n % 6
            ]
        )
    return asked


def codes_of(feed: WideFeed, many: int, start: int = 0) -> list[str]:
    step = len(feed.items) // (many + 1)
    return [feed.items[start + n * step]["gtins"][0][1:] for n in range(many)]


def measured(till: TillPage, feed: WideFeed, memory: Memory, pin: str, rate: int) -> Iterator[Row]:
    """The budget names a throttle for scans alone; what else is slower there is told."""
    page, here = till.page, rate == 1
    memory.throttle(rate)
    baskets: list[list[float]] = []
    fixed: list[float] = []
    for n in range(BASKETS):
        # Every basket but the first begins on the screen that shows the change of the one before.
        if baskets:
            till.exact_cash()
            till.sent()
        baskets.append(page.evaluate(SCANS, codes_of(feed, 30, 3 + n)))
        fixed += [page.evaluate(FIXED) for _ in range(10)]
    scans = [scan for basket in baskets for scan in basket]
    yield Row("scan to painted line, p50", part(scans, 50), throttle=rate)
    yield Row("scan to painted line, p95", part(scans, 95), 33 if here else 50, throttle=rate)
    yield Row("of them the first of a basket, p50", part([basket[0] for basket in baskets], 50), throttle=rate)
    yield Row("a fixed piece of work beside them, p50", part(fixed, 50), throttle=rate)
    yield Row("a fixed piece of work beside them, p95", part(fixed, 95), throttle=rate)
    had = codes_of(feed, 30, 2 + BASKETS)
    yield Row("200 scans at 20 a second, lost", 200 - page.evaluate(QUICK, had[:20]), 0, "", rate)
    more = [code for code in codes_of(feed, 200, 1) if code not in had][:170]
    page.evaluate(SCANS, more)
    redrawn = page.evaluate(REDRAWN, more[::3])
    yield Row("a basket of 200 lines drawn anew, p95", part(redrawn, 95), 8 if here else None, throttle=rate)
    till.exact_cash()
    looked = page.evaluate(LOOKED, queries(feed, 240))
    yield Row("search, p50", part(looked, 50), throttle=rate)
    yield Row("search, p95", part(looked, 95), 4 if here else None, throttle=rate)
    yield Row("search, longest", max(looked), 16 if here else None, throttle=rate)
    sold = page.evaluate(SOLD, [codes_of(feed, 3, n) for n in range(20)])
    yield Row("three scans and one key: sold, p95", part(sold, 95), throttle=rate)
    commits = page.evaluate(COMMITS)
    yield Row("strict commit, p50", part(commits, 50), throttle=rate)
    yield Row("strict commit, p95", part(commits, 95), 50, throttle=rate)
    yield from started(till, feed, rate)
    memory.throttle(1)
    till.sign_in(pin)
    till.at("sell")


def started(till: TillPage, feed: WideFeed, rate: int) -> Iterator[Row]:
    """Without a line, from what the browser keeps."""
    marks = []
    with without_a_line(till, feed):
        for _ in range(5):
            till.page.reload()
            till.wait(lambda: all(till.page.evaluate(MARKS)), what="the search", seconds=120)
            marks.append(till.page.evaluate(MARKS))
    yield Row("cold start without a line: scannable", max(one for one, _ in marks), 1000 if rate == 1 else None, throttle=rate)
    yield Row("cold start without a line: searchable", max(two for _, two in marks), 2500 if rate == 1 else None, throttle=rate)


@contextmanager
def without_a_line(till: TillPage, feed: WideFeed) -> Iterator[None]:
    feed.down = True
    till.context.set_offline(True)
    yield
    till.context.set_offline(False)
    feed.down = False


def soaked(till: TillPage, codes: Sequence[str], sales: int, memory: Memory, *, first: int = 100) -> tuple[int, int]:
    """Sells so often three things each. Bytes of the page's heap after `first` sales and at the end."""
    marks = []
    for many in (first, sales - first):
        for start in range(0, many, 50):
            batch = [[codes[(start + n + m) % len(codes)] for m in range(3)] for n in range(min(50, many - start))]
            till.page.evaluate(SOLD, batch)
        till.wait(lambda: "all sent" in till.text(), what="everything to be sent", seconds=120)
        marks.append(memory.of_page())
    return marks[0], marks[1]


def weights(stack: Stack) -> Iterator[Row]:
    built = stack.var / "bundled"
    everything = [*(built / "static/pos").rglob("*.js"), *(built / "workers").glob("*.js")]
    yield Row("all scripts, gzipped", sum(len(gzip.compress(path.read_bytes())) for path in everything) / 1024, 100, "KB")


def run(stack: Stack, *, items: int, throttles: Sequence[int], soak: int) -> Iterator[Row]:
    pin = stack.logins["carla"]["pin"]
    feed = WideFeed(items)
    with launch_browser() as browser:
        till = TillPage(browser, stack.url, wide=feed)
        till.enrol_only()
        till.wait(lambda: "items ready" in till.text(), what="the catalogue", seconds=200)
        till.sign_in(pin)
        till.open_shift()
        till.wait(lambda: till.page.evaluate(WARM), what="the till to have warmed up", seconds=120)
        # The page's worker keeps what the next start needs.
        till.wait(lambda: till.page.evaluate("navigator.serviceWorker.ready.then(() => true)"), what="the next start to be kept", seconds=60)
        memory = Memory(till.page)
        yield Row("catalogue", len(feed.items), None, "items")
        for rate in throttles:
            yield from measured(till, feed, memory, pin, rate)
        yield Row("page: heap and buffers", memory.of_page() / 1e6, 80, "MB")
        yield Row("search worker: heap and buffers", memory.of_worker("search") / 1e6, None, "MB")
        if soak:
            begun, ended = soaked(till, till.gtins(12), soak, memory)
            yield Row(f"heap after {soak} sales, over that after 100", 100 * (ended / begun - 1), 5, "%")
            till.sent()
            entries = till.entries()
            yield Row("entries not taken by the server", sum(entry.get("result") != "accepted" for entry in entries), 0, "")
        till.close()
    yield from weights(stack)


def told(row: Row) -> str:
    budget = "" if row.budget is None else f"{row.budget:g}"
    return f"{row.name:<46}{f'{row.throttle}x':>4}{row.value:>12.1f} {row.unit:<6}{budget:>8}  {'OVER' if row.over else ''}"


@contextmanager
def instance(options: argparse.Namespace) -> Iterator[Stack]:
    if options.var:
        yield Stack(var=Path(options.var), port=options.port)
        return
    with tempfile.TemporaryDirectory() as directory:
        stack = Stack(var=Path(directory) / "var", port=free_port())
        try:
            yield stack.start()
        finally:
            stack.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--throttle", default="1,6")
    parser.add_argument("--soak", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--var")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    rows = []
    with instance(options) as stack:
        for row in run(stack, items=options.items, throttles=[int(rate) for rate in options.throttle.split(",")], soak=options.soak):
            rows.append(row)
            if not options.json:
                print(told(row), flush=True)
    if options.json:
        print(json.dumps([{**vars(row), "over": row.over} for row in rows], indent=1))
    else:
        over = [f"{row.name} at {row.throttle}x" for row in rows if row.over]
        print("over: " + ("; ".join(over) if over else "nothing"))


if __name__ == "__main__":
    main()
