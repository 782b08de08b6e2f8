"""A whole shift without a line in real Chromium: float, sales, cash in and out, a drop to the safe with a manager, X, a blind count, a
difference that needs a manager, Z; and once the line is back the books say what the till said."""

import json
import re
from typing import Any

import pytest

from tests.till import TillPage

pytestmark = pytest.mark.browser

BOOKS = """
import json
from pos.models import DrawerEvent, Shift
shift = Shift.objects.get(id='{shift}')
moves = [[e.kind, e.amount, e.reason, str(e.approved_by or '')] for e in DrawerEvent.objects.filter(shift=shift.id).order_by('id')]
told = dict(expected=shift.expected, counted=shift.counted, body=shift.close_body, place=[shift.close_epoch, shift.close_seq], moves=moves)
print(json.dumps(told))
"""


@pytest.fixture
def till(stack, browser):
    page = TillPage(browser, stack.url)
    yield page
    page.close()


@pytest.fixture
def mia(stack) -> str:
    return stack.manage("shell", "-v", "0", "-c", "from org.models import User; print(User.objects.get(username='mia').id)").strip()


def kept(till: TillPage, kind: str) -> list[dict[str, Any]]:
    return [text for entry in till.entries() if (text := json.loads(entry["text"]))["kind"] == kind]


def drawer(till: TillPage, act: int) -> None:
    """By keys alone, from More on."""
    till.press("More")
    till.press("Drawer")
    till.shows("Cash that goes elsewhere")
    till.page.keyboard.type(str(act), delay=130)


def amount(till: TillPage, digits: str, why: str) -> None:
    till.shows("Type the amount")
    till.page.keyboard.type(digits, delay=130)
    till.page.get_by_role("radio", name=why).check()


def enter(till: TillPage) -> None:
    till.page.locator("body").press("Enter")


def test_a_shift_from_its_float_to_its_z_with_the_server_gone(stack, till, mia, tmp_path):
    pins = {name: stack.logins[name]["pin"] for name in ("carla", "mia")}
    till.enrol()
    till.wait(lambda: till.page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker to take the page")
    code = till.gtins(1)[0]
    till.context.set_offline(True)
    till.page.reload()

    # The float is said once, and the day as people say it.
    till.sign_in(pins["carla"])
    till.at("open-shift")
    till.shows("Float in the drawer")
    till.page.keyboard.type("20000", delay=130)
    till.shows("200.00")
    till.page.screenshot(path=tmp_path / "open.png")
    assert till.text().count("200.00") == 1
    assert "-" not in till.page.locator(".facts").inner_text().split("Business date")[1]
    assert till.axe() == []
    till.page.keyboard.press("Enter")
    till.at("sell")
    [opening] = kept(till, "session_open")

    till.scan(code)
    till.exact_cash()
    [sale] = kept(till, "sale")
    sold = sale["body"]["total"]

    # Cash in: a reason is asked, no manager.
    drawer(till, 1)
    till.shows("Type the amount")
    till.page.keyboard.type("2050", delay=130)
    till.shows("Put in 20.50")
    assert till.page.get_by_role("button", name="Put in 20.50").is_disabled()
    till.page.get_by_role("radio", name="Change", exact=True).check()
    till.page.screenshot(path=tmp_path / "cash-in.png")
    assert till.axe() == []
    enter(till)
    till.shows("Cash in 20.50")

    # A drop to the safe above the limit asks a manager; a cashier's own PIN is none.
    drawer(till, 4)
    amount(till, "10000", "Drawer is full")
    till.page.locator(".text-field input").fill("bag 31")
    till.press("Ask a manager")
    till.at("approval")
    till.shows("Safe drop 100.00")
    till.shows("Checked on this till")
    till.page.screenshot(path=tmp_path / "approval.png")
    assert till.axe() == []
    till.page.keyboard.type(pins["carla"], delay=130)
    till.shows("That PIN may not allow it")
    assert kept(till, "safe_drop") == []
    till.page.keyboard.press("Escape")
    till.at("sell")
    till.shows("Ask a manager")
    till.press("Ask a manager")
    till.at("approval")
    till.page.keyboard.type(pins["mia"], delay=130)
    till.shows("Safe drop 100.00")
    till.shows("Allowed by Mia")
    [drop] = kept(till, "safe_drop")
    assert drop["body"]["reason"] == "full: bag 31"
    assert [(one["kind"], one["by"], one["amount"]) for one in drop["approvals"]] == [("cash", mia, 10_000)]

    # A payout, and the drawer opened for no sale.
    drawer(till, 3)
    amount(till, "325", "Bottles")
    enter(till)
    till.shows("Payout 3.25")
    drawer(till, 5)
    till.page.get_by_role("radio", name="Change for a customer").check()
    enter(till)
    till.shows("Drawer opened")
    assert kept(till, "no_sale")[0]["body"]["reason"] == "coins"

    # X: kept, shown, printed; the second paper is a copy. No sum of what was taken, on the screen or on paper: it would be counted towards.
    expected = 20_000 + sold + 2_050 - 10_000 - 325
    sums = [f"{amount / 100:.2f}" for amount in (expected, sold)]
    drawer(till, 6)
    till.at("report")
    till.shows("Sums are told after the count")
    assert not [words for words in sums if words in till.text()]
    till.page.screenshot(path=tmp_path / "x.png")
    assert till.axe() == []
    till.press("Print")
    till.press("Print a copy")
    papers = till.wait(lambda: len(papers := till.page.evaluate("window.papers")) == 2 and papers, what="two papers")
    assert ["COPY" in paper for paper in papers] == [False, True]
    assert all("X report" in paper and not [words for words in sums if words in paper] for paper in papers)
    assert kept(till, "x_report")[0]["body"]["totals"]["expected"] == expected

    # A manager may look before, and that stands in the journal.
    till.press("Show the sums")
    till.at("approval")
    assert not [words for words in sums if words in till.text()]
    till.page.keyboard.type(pins["mia"], delay=130)
    till.at("report")
    till.shows(sums[0])
    till.shows("Allowed by Mia")
    assert [one["kind"] for one in kept(till, "x_report")[1]["approvals"]] == ["x_report"]
    till.press("Done")
    till.at("sell")

    # Counted blind; what is missing is above the limit: the reason, then a manager in place of the close.
    till.press("More")
    till.press("Close shift")
    till.at("count")
    assert f"{expected / 100:.2f}" not in till.text()
    till.page.locator("[data-count='5000']").fill("2")
    till.press("Done counting")
    till.at("variance")
    till.shows("Short")
    till.shows("Above 5.00: a manager has to allow it")
    till.page.screenshot(path=tmp_path / "variance.png")
    assert till.axe() == []
    assert till.page.get_by_role("button", name="Ask a manager").is_disabled()
    till.page.get_by_role("radio", name="Not known").check()
    till.page.locator(".text-field input").fill("rush at noon")
    till.press("Ask a manager")
    till.at("approval")
    till.shows("Cash is short by")
    till.scan(code)
    assert till.screen == "approval"
    till.page.screenshot(path=tmp_path / "close-approval.png")
    till.page.keyboard.press("Escape")
    till.at("variance")
    till.press("Ask a manager")
    till.page.keyboard.type(pins["mia"], delay=130)
    till.at("report")
    till.shows("Z report")
    till.shows("Shift closed")
    till.shows("Not known: rush at noon")
    till.page.screenshot(path=tmp_path / "z.png")
    assert till.axe() == []
    till.press("Print")
    till.wait(lambda: len(till.page.evaluate("window.papers")) == 3, what="the Z on paper")
    paper = till.page.evaluate("window.papers[2]")
    assert "COPY" not in paper
    assert "Z report" in paper
    assert "Allowed by Mia" in paper
    assert f"{expected / 100:.2f}" in paper
    till.press("Done")
    till.at("sign-in")
    assert all("waiting" in entry for entry in till.entries() if entry["session"] == opening["id"])

    # The line is back: the books say the same.
    till.context.set_offline(False)
    till.sent()
    [close] = kept(till, "session_close")

    def told() -> Any:
        return json.loads(stack.manage("shell", "-v", "0", "-c", BOOKS.format(shift=opening["id"])))

    till.wait(lambda: told()["counted"] is not None, what="the close in the books")
    books = told()
    assert (books["expected"], books["counted"]) == (expected, 10_000) == (close["body"]["expected"], close["body"]["counted"])
    assert [move[:3] for move in books["moves"]] == [
        ["cash_in", 2_050, "change"],
        ["safe_drop", -10_000, "full: bag 31"],
        ["payout", -325, "bottles"],
        ["no_sale", 0, "coins"],
    ]
    assert [move[3] for move in books["moves"]] == ["", mia, "", ""]
    assert books["body"]["approved_by"] == mia
    assert books["place"] == [close["epoch"], close["seq"]]


def test_a_manager_allows_nothing_of_their_own_and_the_last_z_is_printed_as_a_copy(stack, till):
    till.ready(pin=stack.logins["mia"]["pin"], till="Northside Till 2")
    drawer(till, 4)
    amount(till, "20000", "Drawer is full")
    till.press("Ask a manager")
    till.at("approval")
    till.page.keyboard.type(stack.logins["mia"]["pin"], delay=130)
    till.shows("That PIN may not allow it")
    assert kept(till, "safe_drop") == []
    till.page.keyboard.press("Escape")
    till.page.keyboard.press("Escape")
    till.press("More")
    till.press("Close shift")
    till.at("count")
    till.page.locator("[data-count='5000']").fill("3")
    till.press("Done counting")
    till.shows("The drawer is right")
    till.page.keyboard.press("Enter")
    till.at("report")
    till.press("Print")
    till.wait(lambda: len(till.page.evaluate("window.papers")) == 1, what="the Z on paper")
    till.press("Done")
    till.sign_in(stack.logins["mia"]["pin"])
    till.open_shift()
    drawer(till, 7)
    till.at("report")
    till.shows("Z report")
    till.press("Print a copy")
    till.wait(lambda: len(till.page.evaluate("window.papers")) == 2, what="the copy")
    assert "COPY" in till.page.evaluate("window.papers[1]")
    assert kept(till, "reprint")[0]["body"]["kind"] == "z"
    till.press("Done")
    till.at("sell")


def test_what_is_scanned_while_a_pin_is_checked_is_in_this_basket_and_not_in_a_later_one(stack, till):
    till.ready(pin=stack.logins["carla"]["pin"])
    code, other = till.gtins(2)
    drawer(till, 4)
    amount(till, "10000", "Drawer is full")
    till.press("Ask a manager")
    till.at("approval")
    till.page.evaluate("""() => {
      const check = crypto.subtle.deriveBits.bind(crypto.subtle);
      crypto.subtle.deriveBits = (...what) => new Promise((go) => (window.go = go)).then(() => check(...what));
    }""")
    till.page.keyboard.type(stack.logins["mia"]["pin"], delay=130)
    till.wait(lambda: till.page.evaluate("Boolean(window.go)"), what="the PIN to be looked at")
    till.scan(code, other, code)
    assert till.lines() == []
    till.page.evaluate("go()")
    till.wait(lambda: len(till.lines()) == 2, what="the scans that waited")
    assert till.lines()[0].startswith("2 ")
    assert len(kept(till, "safe_drop")) == 1
    till.exact_cash()
    till.scan(other)
    till.at("sell")
    assert len(till.lines()) == 1


def test_a_pin_that_is_typed_before_its_screen_is_here_is_not_lost(stack, browser):
    till = TillPage(browser, stack.url, service_workers="block")
    coming = []
    till.context.route(re.compile(r"/parts/approval-"), lambda route: coming.append(route))
    till.ready(pin=stack.logins["carla"]["pin"])
    drawer(till, 4)
    amount(till, "10000", "Drawer is full")
    till.shows("Ask a manager")
    enter(till)
    till.at("approval")
    till.wait(lambda: coming, what="the screen to be asked for")
    till.page.keyboard.type(stack.logins["mia"]["pin"], delay=150)
    assert till.screen == "approval"
    for route in coming:
        route.continue_()
    till.at("sell")
    till.shows("Allowed by Mia")
    assert [move["body"]["amount"] for move in kept(till, "safe_drop")] == [10_000]
    till.close()
