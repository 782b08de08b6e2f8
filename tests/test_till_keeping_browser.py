"""What a till keeps in its browser survives: real Chromium, really killed, filled, emptied and damaged."""

import json

import pytest

from tests.device import Device
from tests.till import ASK, TillPage

pytestmark = pytest.mark.browser

MIRRORED = """async () => {
  const directory = await navigator.storage.getDirectory();
  const texts = [];
  for (const name of ["journal-0", "journal-1"]) {
    try { texts.push(await (await (await directory.getFileHandle(name)).getFile()).text()); } catch { /* not there yet */ }
  }
  return texts.join("");
}"""
REMOVE = f"""async (place) => {{ {ASK}
  const entries = db.transaction("entries", "readwrite").objectStore("entries");
  const {{ till, epoch, seq }} = (await answer(entries.getAll())).at(place);
  await answer(entries.delete([till, epoch, seq]));
  db.close();
}}"""
FULL = f"""async () => {{ {ASK}
  const tx = db.transaction("facts", "readwrite");
  const end = new Promise((done) => {{ tx.oncomplete = () => done(""); tx.onabort = () => done(tx.error?.name); }});
  tx.objectStore("facts").put("x".repeat(1000), "filling");
  const said = await end;
  db.close();
  return said === "QuotaExceededError";
}}"""
AGED = f"""async () => {{ {ASK}
  const entries = db.transaction("entries", "readwrite").objectStore("entries");
  for (const entry of await answer(entries.getAll())) {{
    await answer(entries.put({{ ...entry, wall_ms: entry.wall_ms - 40 * 86400000, session: "long ago" }}));
  }}
  db.close();
}}"""


@pytest.fixture
def pin(stack):
    return stack.logins["carla"]["pin"]


@pytest.fixture
def manager(stack):
    return stack.logins["mia"]["pin"]


@pytest.fixture
def till(stack, browser, pin):
    page = TillPage(browser, stack.url)
    yield page.ready(pin=pin)
    page.close()


def sales(till):
    return [json.loads(entry["text"])["body"] for entry in till.entries() if entry["kind"] == "sale"]


def mirrored(till):
    lines = [json.loads(line) for line in till.page.evaluate(MIRRORED).splitlines()]
    entries = {line["entry"]["id"] for line in lines if "entry" in line}
    answered = {id for line in lines for id in line.get("answered", [])}
    return entries, answered


def sell(till, code):
    till.scan(code)
    till.exact_cash()


def on_server(stack, ids):
    """State and reason of each entry as the server has it."""
    script = (
        "import json,sys; from pos.models import JournalEntry; "
        f"print(json.dumps({{str(one.id): [one.state, one.reason] for one in JournalEntry.objects.filter(id__in={list(ids)!r})}}))"
    )
    return json.loads(stack.manage("shell", "-v", "0", "-c", script).splitlines()[-1])


@pytest.fixture
def device(stack, tmp_path, browser):
    one = Device(browser, stack.url, tmp_path / "profile")
    yield one
    one.close()


def test_a_browser_killed_between_commit_and_paper_asks_for_the_paper_and_has_one_sale(device, pin):
    device.ready(pin=pin)
    code = device.gtins(1)[0]
    device.context.set_offline(True)
    device.scan(code)
    # The moment the entry is on the disk, before anything else happens.
    device.page.keyboard.press("F10")
    device.wait(lambda: len(sales(device)) == 1, what="the commit")
    receipt = sales(device)[0]["receipt"]
    device.kill()
    device.start()
    device.sign_in(pin)
    device.shows(f"Print receipt {receipt}?")
    device.page.get_by_role("button", name="Print", exact=True).click()
    device.wait(lambda: device.page.evaluate("window.papers.length") == 1, what="the paper")
    assert device.lines() == []
    device.sent()
    assert [body["receipt"] for body in sales(device)] == [receipt]


# As Chromium does it when it closes a database in the moment a transaction begins: nothing tells how that ended, and only the
# connection tells that it is closed.
CLOSE_UNDER_A_SALE = """() => {
  const begin = IDBDatabase.prototype.transaction;
  const listens = [IDBRequest.prototype, IDBTransaction.prototype];
  IDBDatabase.prototype.transaction = function (names, ...how) {
    const tx = begin.call(this, names, ...how);
    if (!names.includes("prints") || how[0] !== "readwrite") return tx;
    IDBDatabase.prototype.transaction = begin;
    for (const one of listens) one.addEventListener = () => undefined;
    setTimeout(() => {
      for (const one of listens) delete one.addEventListener;
      this.close();
      this.dispatchEvent(new Event("close"));
      window.closedUnderASale = true;
    });
    return tx;
  };
}"""


NO_ANSWER = """
if (!sessionStorage.answers) {
  const never = Object.create(IDBOpenDBRequest.prototype);
  never.addEventListener = () => undefined;
  IDBFactory.prototype.open = () => never;
}"""


def test_a_sale_is_kept_once_when_the_browser_closes_the_database_while_it_is_written(till):
    till.page.evaluate(CLOSE_UNDER_A_SALE)
    sell(till, till.gtins(1)[0])
    assert till.page.evaluate("window.closedUnderASale")
    assert len(sales(till)) == 1
    till.sent()


def test_a_till_that_is_not_open_after_ten_seconds_says_what_to_do(stack, browser):
    till = TillPage(browser, stack.url)
    hint, end = till.page.locator("#not-open"), "document.getAnimations().map((one) => [one.effect.getTiming().delay, one.finish()][0])"
    till.page.add_init_script(NO_ANSWER)
    till.page.reload()
    assert hint.count() == 1
    assert not hint.is_visible()
    assert till.page.evaluate(end) == [10_000]
    assert hint.is_visible()
    assert till.axe() == []
    till.page.evaluate("sessionStorage.answers = true")
    hint.get_by_role("link").click()
    till.at("enrol")
    assert hint.count() == 0
    till.close()


def test_every_entry_is_mirrored_and_its_answer_too(till):
    code = till.gtins(1)[0]
    till.context.set_offline(True)
    for _ in range(3):
        sell(till, code)
    ids = {entry["id"] for entry in till.entries()}
    till.wait(lambda: mirrored(till)[0] >= ids, what="the second copy")
    till.context.set_offline(False)
    till.sent()
    till.wait(lambda: mirrored(till)[1] >= ids, what="the second copy to hear of the answers")


def test_a_full_disk_keeps_the_basket_and_says_so_and_sells_once_there_is_room(till, pin):
    till.scan(till.gtins(1)[0])
    total = till.total()
    devtools = till.context.new_cdp_session(till.page)
    origin = {"origin": till.url.removesuffix("/pos/")}
    devtools.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 1})
    try:
        # The browser looks at what is left only now and then.
        till.wait(lambda: till.page.evaluate(FULL), what="the browser to take notice", seconds=60)
        till.page.keyboard.press("F10")
        till.shows("disk is full")
        assert sales(till) == []
        assert till.total() == total
    finally:
        devtools.send("Storage.overrideQuotaForOrigin", origin)
    till.wait(lambda: not till.page.evaluate(FULL), what="the browser to take notice", seconds=60)
    till.page.keyboard.press("F10")
    till.at("change")
    till.sent()
    assert len(sales(till)) == 1


def test_a_database_that_was_cleared_under_the_page_is_mended_from_the_mirror(till, stack, pin):
    code = till.gtins(1)[0]
    till.context.set_offline(True)
    for _ in range(2):
        sell(till, code)
    ids = [entry["id"] for entry in till.entries()]
    before = till.entries()[0]["epoch"]
    till.wait(lambda: mirrored(till)[0] >= set(ids), what="the second copy")
    till.scan(code)
    till.context.new_cdp_session(till.page).send(
        "Storage.clearDataForOrigin", {"origin": till.url.removesuffix("/pos/"), "storageTypes": "indexeddb"}
    )
    till.at("broken")
    till.shows("holds 3 entries that were not sent")
    till.context.set_offline(False)
    with till.page.expect_navigation():
        till.press("Repair with the second copy")
    till.enrol()
    till.sign_in(pin)
    till.open_shift()
    assert len(till.lines()) == 1, "the basket came along"
    till.exact_cash()
    till.sent()
    entries = till.entries()
    assert [entry["id"] for entry in entries[: len(ids)]] == ids
    assert {entry["epoch"] for entry in entries[len(ids) :]} == {before + 1}
    assert set(on_server(stack, ids)) == set(ids)


def test_a_journal_whose_last_entry_is_gone_is_not_gone_on_with(till, stack, pin):
    code = till.gtins(1)[0]
    sell(till, code)
    till.sent()
    till.context.set_offline(True)
    sell(till, code)
    ids = [entry["id"] for entry in till.entries()]
    till.wait(lambda: mirrored(till)[0] >= set(ids), what="the second copy")
    till.page.evaluate(REMOVE, -1)
    till.context.set_offline(False)
    till.page.reload()
    till.at("broken")
    with till.page.expect_navigation():
        till.press("Repair with the second copy")
    till.enrol()
    till.wait(lambda: all("waiting" not in entry for entry in till.entries()) and len(till.entries()) == len(ids), what="everything to be sent")
    assert {id: state for id, (state, _) in on_server(stack, ids).items()}.keys() == set(ids)


def test_an_entry_missing_in_the_middle_comes_back_from_the_mirror(till, pin):
    code = till.gtins(1)[0]
    till.context.set_offline(True)
    sell(till, code)
    sell(till, code)
    entries = till.entries()
    till.wait(lambda: mirrored(till)[0] >= {entry["id"] for entry in entries}, what="the second copy")
    till.page.evaluate(REMOVE, 1)
    till.context.set_offline(False)
    till.page.reload()
    till.sign_in(pin)
    till.wait(lambda: len(till.entries()) == len(entries), what="the entry to be back")
    till.sent()
    assert {entry["result"] for entry in till.entries()} == {"accepted"}


def open_keeping(till):
    till.page.locator(".function-key", has_text="More").first.click()
    till.press("What this browser keeps")
    till.shows("Second copy")


def allow(till, manager):
    till.at("approval")
    till.shows("PIN")
    till.page.keyboard.type(manager)
    till.wait(lambda: till.screen != "approval", what="the manager's answer")


def test_leaving_is_refused_while_something_waits_and_locking_is_not(till, pin, manager, stack):
    code = till.gtins(1)[0]
    till.context.set_offline(True)
    sell(till, code)
    open_keeping(till)
    till.shows("1 not sent") if len(till.entries()) == 1 else till.shows("not sent")
    till.press("Forget this till")
    allow(till, manager)
    till.shows("not sent yet")
    till.shows("Bring the till online")
    assert till.entries()
    till.press("Dismiss")
    till.page.keyboard.press("F12")
    till.sign_in(pin)
    till.at("sell")
    till.context.set_offline(False)
    till.sent()
    open_keeping(till)
    till.press("Forget this till")
    allow(till, manager)
    till.shows("Close the shift first")


def test_a_manager_saves_the_journal_and_reads_it_back(till, manager, pin, stack, tmp_path):
    code = till.gtins(1)[0]
    till.context.set_offline(True)
    sell(till, code)
    entries = till.entries()
    open_keeping(till)
    with till.page.expect_download() as downloading:
        till.press("Save what was not sent")
        allow(till, manager)
    saved = tmp_path / "journal.jsonl"
    downloading.value.save_as(saved)
    head, *lines = [json.loads(line) for line in saved.read_text().splitlines()]
    waiting = [entry for entry in entries if "waiting" in entry]
    assert head["entries"] == len(waiting)
    assert [line["text"] for line in lines] == [entry["text"] for entry in waiting]
    assert "token" not in saved.read_text()


def test_what_was_answered_long_ago_is_trimmed_below_what_the_server_vouches_for(till, pin):
    code = till.gtins(1)[0]
    for _ in range(3):
        sell(till, code)
    till.sent()
    till.page.evaluate(AGED)
    last = till.entries()[-1]["seq"]
    till.page.reload()
    till.sign_in(pin)
    till.wait(lambda: [entry["seq"] for entry in till.entries()] == [last], what="the old entries to go")


TELLING = """() => {
  const ask = window.fetch;
  window.reports = [];
  window.fetch = (to, what) => { if (what?.headers?.["X-Till-Report"]) window.reports.push(what.headers["X-Till-Report"]); return ask(to, what); };
}"""


def test_the_device_says_of_itself_how_much_waits_and_how_much_room_there_is(till):
    till.page.evaluate(TELLING)
    till.wait(lambda: till.page.evaluate("document.body.innerText").count("free") >= 0, what="the page")
    sell(till, till.gtins(1)[0])
    report = till.wait(lambda: till.page.evaluate("window.reports.at(-1)"), what="a report")
    told = dict(part.split("=") for part in report.split(";"))
    assert {"waiting", "oldest_ms", "persisted", "free_bytes"} <= set(told)
    assert int(told["free_bytes"]) > 0


def test_another_window_takes_over_while_a_sale_is_written_and_nothing_is_lost_or_doubled(till, pin):
    code = till.gtins(1)[0]
    till.scan(code)
    first, second = till.page, till.open_window()
    till.page = second
    till.shows("The till is open elsewhere")
    first.evaluate("""() => { document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "F10", bubbles: true, cancelable: true })); }""")
    till.press("Take over here")
    till.sign_in(pin)
    till.at("sell")
    # Either the first window had kept the sale, then its basket is gone, or the basket came along and the sale is not kept.
    assert len(sales(till)) + len(till.lines()) == 1
    if till.lines():
        till.exact_cash()
    assert len(sales(till)) == 1
    till.sent()
    till.wait(lambda: mirrored(till)[0] >= {entry["id"] for entry in till.entries()}, what="the second copy in the new window")
