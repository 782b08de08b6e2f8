"""A newer till, and an older one again, under a queue that is not sent yet: in real Chromium, one shop behind it."""

import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.front import as_served, in_front_of, kept, renamed
from tests.till import TillPage

pytestmark = pytest.mark.browser

# The till as it was released before it was bundled: its own modules, its own worker, its own database of the browser.
OLDER = kept(Path(__file__).parent / "files/till-plain-modules.tar.xz")
NEWER = "f00dfeedf00dfeed"
REGISTRATION = "(await navigator.serviceWorker.getRegistration('/pos/'))"
LOOKS = 3 * 2
# For a while already: it makes room for a page of its own at once.
IN_CHARGE = f"""async () => {{
  const {{ waiting, installing }} = {REGISTRATION};
  if (waiting || installing || !(await caches.has(document.body.dataset.release))) return false;
  window.inCharge ??= performance.now();
  return performance.now() - window.inCharge > 2000;
}}"""
# One file of the release, as a browser short of room may do.
LOSE = """async () => {
  const cache = await caches.open(document.body.dataset.release);
  const parts = (await cache.keys()).filter(({ url }) => url.includes("/pos/parts/close-"));
  return (await Promise.all(parts.map((part) => cache.delete(part)))).some(Boolean);
}"""


@pytest.fixture
def pin(stack) -> str:
    return stack.logins["carla"]["pin"]


@pytest.fixture
def front(stack):
    with in_front_of(stack.url) as front:
        yield front


def prices(till):
    """An older till asks for them anew: it keeps them in its own way."""
    till.wait(lambda: till.page.locator(".tile-name").count(), what="prices")


def told(till, script):
    """Nothing while a page makes room for the next."""
    try:
        return till.page.evaluate(script)
    except Error:
        return ""


def release(till):
    """Of the page that is shown; a till of plain modules has no name for it."""
    return told(till, "document.body.dataset.release ?? null")


def anew(till):
    """As by hand; the till may load itself anew at the same moment."""
    till.page.reload(wait_until="commit")


def older_again(till):
    """At the latest at a further start: the older worker takes over as soon as the newer one has nothing open."""
    for _ in range(6):
        until = time.monotonic() + 8
        till.wait(lambda end=until: release(till) is None or time.monotonic() > end, what="the older till")
        if release(till) is None:
            return
        anew(till)
    pytest.fail("the older till never came")


def worker(till, what):
    return till.page.evaluate(f"async () => {REGISTRATION}?.{what}")


def settled(till):
    till.wait(lambda: till.page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker to take the page")


def sell(till, code):
    """Kept on this till, whether or not anybody takes it."""
    before = len(till.entries())
    till.scan(code)
    till.at("sell")
    till.exact_cash()
    till.wait(lambda: len(till.entries()) > before, what="the sale to be kept")


def texts(till):
    return [entry["text"] for entry in till.entries()]


def waiting(till):
    return [entry for entry in till.entries() if "waiting" in entry]


def all_taken_once(till):
    till.sent()
    entries = till.entries()
    assert [json.loads(entry["text"])["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert {entry["result"] for entry in entries} == {"accepted"}


def forget_what_the_browser_cached_by_itself(till):
    """It may be gone at any time: a till does not rely on it."""
    till.context.new_cdp_session(till.page).send("Network.clearBrowserCache")


def opens_without_a_server(till, front, pin, code):
    forget_what_the_browser_cached_by_itself(till)
    front.down = True
    anew(till)
    till.sign_in(pin)
    till.at("sell")
    sell(till, code)
    front.down = False


def test_a_till_says_that_it_opens_without_a_line_only_when_all_of_it_is_here(browser, front, pin):
    till = TillPage(browser, front.url)
    till.ready(pin=pin)
    settled(till)
    code = till.gtins(1)[0]
    till.press("More")
    till.press("Connection")
    till.shows("Opens without a line: ready")
    forget_what_the_browser_cached_by_itself(till)
    front.down = True
    assert till.page.evaluate(LOSE)
    till.shows("Opens without a line: not yet")
    front.down = False
    till.shows("Opens without a line: ready")
    till.page.keyboard.press("Escape")
    opens_without_a_server(till, front, pin, code)
    assert len([worker for worker in till.page.workers if "-worker." in worker.url]) == 2
    till.close()


def test_a_newer_till_waits_for_the_end_of_the_sale_and_loses_nothing_of_the_queue(browser, front, pin):
    till = TillPage(browser, front.url)
    till.ready(pin=pin)
    settled(till)
    code, was = till.gtins(1)[0], release(till)
    front.takes_entries = False
    sell(till, code)
    sell(till, code)
    till.scan(code)
    front.release = renamed(was, NEWER)
    till.page.evaluate(f"async () => void (await {REGISTRATION}.update())")
    till.wait(lambda: worker(till, "waiting?.state") == "installed", what="the newer worker to wait")
    till.page.keyboard.press("F12")
    till.at("sign-in")
    # It asks every two seconds whether the till rests: a basket behind the sign-in is a sale all the same.
    until = time.monotonic() + LOOKS
    till.wait(lambda: time.monotonic() > until, what="some looks")
    assert (release(till), worker(till, "waiting?.state")) == (was, "installed")
    till.sign_in(pin)
    assert len(till.lines()) == 1
    till.page.keyboard.press("Delete")
    till.wait(lambda: till.lines() == [], what="the basket to be empty")
    before = texts(till)
    till.page.keyboard.press("F12")
    till.wait(lambda: release(till) == NEWER, what="the newer till")
    assert worker(till, "waiting") is None
    assert texts(till) == before
    assert len(waiting(till)) >= 2
    opens_without_a_server(till, front, pin, code)
    assert release(till) == NEWER
    assert texts(till)[: len(before)] == before
    front.takes_entries = True
    all_taken_once(till)
    till.close()


def test_an_older_till_a_newer_one_and_the_older_one_again_share_one_journal(browser, front, pin):
    front.release = OLDER
    till = TillPage(browser, front.url)
    till.ready(pin=pin, till="Northside Till 2")
    settled(till)
    code = till.gtins(1)[0]
    front.takes_entries = False
    sell(till, code)
    assert release(till) is None

    front.release = as_served
    kept = texts(till)
    anew(till)
    till.wait(lambda: release(till), what="the newer till")
    till.wait(lambda: told(till, IN_CHARGE), what="its worker to take over")
    till.sign_in(pin)
    till.at("sell")
    assert texts(till) == kept
    sell(till, code)
    till.page.keyboard.press("F12")

    front.release = OLDER
    kept = texts(till)
    anew(till)
    older_again(till)
    till.sign_in(pin)
    till.at("sell")
    prices(till)
    assert texts(till) == kept
    sell(till, code)
    opens_without_a_server(till, front, pin, code)
    assert len(waiting(till)) >= 4

    front.release = as_served
    kept = texts(till)
    anew(till)
    till.wait(lambda: release(till), what="the newer till again", seconds=40)
    assert texts(till)[: len(kept)] == kept
    front.takes_entries = True
    all_taken_once(till)
    till.close()
