"""A till in a browser, driven as a cashier would: for journeys that need a sale."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# A wedge scanner: keys a few milliseconds apart, then Enter. Dispatched in one go, because a driver that sends key by key
# is as slow as a hand when the machine is busy.
SCAN = """code => {
  for (const key of [...code, "Enter"]) {
    const field = document.activeElement ?? document.body;
    field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
}"""
TRACES = """
  window.papers = [];
  window.print = () => window.papers.push(document.getElementById("paper").textContent.replace(/\\s+/g, " "));
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
ASK = """
  const answer = (asked) => new Promise((done, failed) => { asked.onsuccess = () => done(asked.result); asked.onerror = () => failed(asked.error); });
  const db = await answer(indexedDB.open("onecounter-till"));
  const store = (name) => db.transaction(name).objectStore(name);
"""
ENTRIES = f"async () => {{ {ASK} const all = await answer(store('entries').getAll()); db.close(); return all; }}"
# In pieces, or whole where a test has changed it.
HEAD = f"""async () => {{ {ASK}
  const head = await answer(store('catalogue').get('manifest')) ?? await answer(store('catalogue').get('head'));
  db.close();
  return head;
}}"""
CATALOGUE = f"""async () => {{ {ASK}
  const manifest = await answer(store('catalogue').get('manifest'));
  const parts = await Promise.all((manifest?.chunks ?? [{{ id: 0 }}]).map(({{ id }}) => answer(store('catalogue').get(id))));
  db.close();
  const read = (bytes) => new TextDecoder().decode(bytes).split("\\n").slice(1).map((line) => JSON.parse(line));
  return manifest ? parts.flatMap(read) : parts[0];
}}"""


def changed(route: Any, feed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    # Whole, as the release before told it.
    answer = route.fetch(url=route.request.url.partition("?")[0])
    if answer.status == 200:
        route.fulfill(response=answer, json=feed(answer.json()))
    else:
        route.fulfill(response=answer)


class TillPage:
    """`till` is the label of a demo till: "Northside Till 1". Each enrolment begins a new epoch of it.

    `feed` changes what the server tells of prices before the till has it; `wide` (tests.wide) adds to it; `before` is run
    before the page's own scripts.
    """

    def __init__(
        self,
        browser: Any,
        url: str,
        *,
        feed: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        wide: Any = None,
        before: str = "",
        **context: Any,
    ) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", **context)
        self.context.add_init_script(TRACES + before)
        if feed:
            self.context.route(re.compile(r"/api/v1/till/catalogue(\?|$)"), lambda route: changed(route, feed))
        if wide:
            wide.install(self.context)
        self.url = url + "/pos/"
        self.errors: list[str] = []
        self.page = self.open_window()

    def open_window(self) -> Any:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(self.url)
        return page

    def close(self) -> None:
        violations = self.page.evaluate("window.violations ?? []")
        self.context.unroute_all(behavior="ignoreErrors")
        self.context.close()
        assert self.errors == [], self.errors
        assert violations == [], violations

    @property
    def screen(self) -> str:
        name = self.page.evaluate("document.querySelector('.till')?.className ?? ''")
        return next((part.removeprefix("screen-") for part in name.split() if part.startswith("screen-")), "")

    def wait(self, true: Any, *, what: str, seconds: float = 20) -> Any:
        """Polls: waiting inside the page is refused by its policy."""
        until = time.monotonic() + seconds
        while not (answer := true()):
            assert time.monotonic() < until, f"waited {seconds} s for {what}; the till shows:\n{self.text()}"
            time.sleep(0.02)
        return answer

    def text(self) -> str:
        return " ".join(self.page.locator("#till").inner_text().split())

    def shows(self, words: str) -> None:
        self.wait(lambda: words in self.text(), what=words)

    def at(self, screen: str) -> None:
        self.wait(lambda: self.screen == screen, what=f"the screen {screen}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def enrol(self, till: str = "Northside Till 1") -> None:
        self.enrol_only(till)
        self.shows("items ready")

    def enrol_only(self, till: str = "Northside Till 1") -> None:
        self.at("enrol")
        self.press(f"Use this browser as {till}")
        self.at("sign-in")

    def sign_in(self, pin: str) -> None:
        self.at("sign-in")
        self.page.keyboard.type(pin)
        self.wait(lambda: self.screen in ("open-shift", "sell"), what="a PIN that is known")

    def open_shift(self) -> None:
        self.at("open-shift")
        self.page.locator(".button-primary").wait_for()
        self.page.keyboard.press("Enter")
        self.at("sell")

    def ready(self, *, pin: str, till: str = "Northside Till 1") -> "TillPage":
        self.enrol(till)
        self.sign_in(pin)
        self.open_shift()
        return self

    def scan(self, *codes: str) -> None:
        for code in codes:
            self.page.evaluate(SCAN, code)

    def exact_cash(self) -> None:
        self.page.keyboard.press("F10")
        self.at("change")

    def lines(self) -> list[str]:
        return [" ".join(row.split()) for row in self.page.locator("tr.line").all_inner_texts()]

    def total(self) -> str:
        return str(self.page.locator(".money-figure").inner_text())

    def entries(self) -> list[dict[str, Any]]:
        """The journal of this browser, in its order."""
        return list(self.page.evaluate(ENTRIES))

    def come_back(self) -> None:
        """As when the line is back: the till asks at once and not at its next turn."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def stored_snapshot(self) -> str:
        return str((self.page.evaluate(HEAD) or {}).get("snapshot", ""))

    def sent(self) -> None:
        self.wait(lambda: not any("waiting" in entry for entry in self.entries()), what="everything to be sent")

    def gtins(self, many: int, sold_by: str = "each") -> list[str]:
        """Codes of things this till sells, as they are printed on the pack."""
        catalogue = self.page.evaluate(CATALOGUE)
        codes = [item["gtins"][0] for item in catalogue if item["gtins"] and item["sold_by"] == sold_by and item["price"] > 0]
        return [code[1:] if code.startswith("0") else code for code in codes[:many]]

    def offers(self) -> list[str]:
        """The promotions this till has been told of, by name."""
        return [promotion["name"] for promotion in self.page.evaluate(HEAD)["pricing"]["rules"]["promotions"]]

    def axe(self) -> list[str]:
        return axe_findings(self.page)


def axe_findings(page: Any) -> list[str]:
    """What axe-core finds on this page that is serious or critical."""
    source = Path(__file__).resolve().parent.parent / "node_modules/axe-core/axe.min.js"
    page.evaluate(source.read_text() + "; undefined")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations)")
    return [f"{one['id']}: {one['help']} — {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")]
