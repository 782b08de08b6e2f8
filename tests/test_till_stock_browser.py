"""The till hears what the shop knows of goods on its belt, in real Chromium: recalls stop them, and what the book has not needs somebody."""

import json
from typing import Any

import pytest

from tests.till import CATALOGUE, TillPage

pytestmark = pytest.mark.browser

# As if half a minute went by, for what is asked again after that long.
LATER = "() => { const now = Date.now; Date.now = () => now() + 31_000; }"
ASKED = """(() => {
  const fetches = window.fetch, asked = (window.asked = []);
  window.fetch = (what, how) => {
    if (String(what).endsWith("/till/stock")) asked.push({ at: performance.now(), variants: JSON.parse(how.body).variants });
    return fetches(what, how);
  };
})();"""
IMPORTS = "from django.utils.timezone import now; from inventory import services; from inventory.models import *; "


class Shop:
    """Behind the till: recalls a lot, and says what the store does with what it has not."""

    def __init__(self, stack: Any) -> None:
        self.stack = stack

    def does(self, act: str) -> str:
        return str(self.stack.manage("shell", "-v", "0", "-c", IMPORTS + act)).strip()

    def recall(self, variant: str) -> None:
        self.does(f"services.recall(variant='{variant}', code='L-{variant[-6:]}', reason='Glass in it', actor=None, now=now())")

    def look(self) -> None:
        """Every place has looked and found nothing."""
        left = "Task.objects.filter(kind='recall', done_at=None)"
        self.does(f"[services.finish_recall_task(task=one.id, found=0, actor=None, now=now()) for one in {left}]")

    def wants(self, policy: str) -> None:
        self.does(f"Location.objects.filter(code='northside').update(short_sales='{policy}')")


@pytest.fixture
def shop(stack):
    shop = Shop(stack)
    yield shop
    shop.look()
    shop.wants("warn")


@pytest.fixture
def till(stack, browser):
    page = TillPage(browser, stack.url)
    yield page.ready(pin=stack.logins["carla"]["pin"])
    page.close()


def goods(till: TillPage) -> list[tuple[str, str, str]]:
    """Variant, name and code of things by the piece, those first that no other test sells."""
    items = [item for item in till.page.evaluate(CATALOGUE) if item["gtins"] and item["sold_by"] == "each" and item["price"] > 0]
    return [(item["id"], item["name"], item["gtins"][0].removeprefix("0")) for item in items[::-1]]


def sales(till: TillPage) -> list[dict[str, Any]]:
    return [json.loads(entry["text"]) for entry in till.entries() if entry["kind"] == "sale"]


def test_recalled_goods_are_refused_on_the_line_and_at_pay_and_the_rest_is_sold(shop, till):
    (glass, name, code), (_, _, fine), (known_late, late_name, late), *_ = goods(till)
    shop.recall(glass)
    till.scan(code, fine)
    till.shows("Recalled, lot L-")
    till.shows(f"Recalled: {name}")
    assert till.axe() == []
    for key in ("F9", "F10"):
        till.page.keyboard.press(key)
        till.shows("It cannot be sold. Keep it, and remove the line to go on.")
        assert till.screen == "sell"
    assert sales(till) == []
    till.page.locator("button.line-open").first.click()
    till.press("Remove")
    till.wait(lambda: len(till.lines()) == 1, what="the line to go")
    till.wait(lambda: "Recalled, lot" not in till.text(), what="what was said of it to go")
    till.scan(late)
    till.wait(lambda: len(till.lines()) == 2, what="the line")
    shop.recall(known_late)
    till.page.evaluate(LATER)
    till.page.keyboard.press("F10")
    till.shows(f"Recalled: {late_name}")
    assert sales(till) == []
    till.page.keyboard.press("Delete")
    till.wait(lambda: len(till.lines()) == 1, what="the other to go")
    till.exact_cash()
    [sale] = sales(till)
    assert [line["gtin"][-len(fine) :] for line in sale["body"]["lines"] if line["kind"] == "goods"] == [fine]
    assert sale["approvals"] == []


def test_without_a_line_a_till_sells_what_it_has_not_heard_of(shop, till):
    *_, (unheard, _, code) = goods(till)[:4]
    till.wait(lambda: till.page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker to take the page")
    shop.recall(unheard)
    till.context.set_offline(True)
    till.shows("Offline")
    till.scan(code)
    till.exact_cash()
    assert len(sales(till)) == 1
    till.context.set_offline(False)
    till.sent()


def test_what_the_book_has_not_needs_a_manager_whose_name_stands_in_the_sale(shop, till, stack):
    variant, name, code = goods(till)[4]
    shop.wants("block")
    till.page.keyboard.type("900*", delay=150)
    till.scan(code)
    till.shows("left by the book: a manager has to allow it")
    till.page.keyboard.press("F9")
    till.at("approval")
    till.shows("Manager approval")
    assert till.axe() == []
    till.page.keyboard.type(stack.logins["carla"]["pin"])
    till.shows("That PIN may not allow it")
    till.page.keyboard.press("Escape")
    till.at("sell")
    till.page.keyboard.press("F10")
    till.at("approval")
    till.page.keyboard.type(stack.logins["mia"]["pin"])
    till.at("sell")
    till.shows("Allowed by Mia")
    till.exact_cash()
    [sale] = sales(till)
    [approval] = sale["approvals"]
    assert (approval["kind"], approval["by"]) == ("short_stock", shop.does("from org.models import User; print(User.objects.get(username='mia').id)"))
    assert [(line["variant"], line["quantity"]) for line in approval["lines"]] == [(variant, 900_000)]
    assert approval["lines"][0]["left"] < 900_000
    till.sent()
    assert name in till.text()


def test_a_store_that_warns_says_so_once_and_sells(shop, till):
    _, name, code = goods(till)[5]
    till.page.keyboard.type("900*", delay=150)
    till.scan(code)
    till.shows(f"Not enough by the book: {name}")
    till.press("Dismiss")
    till.scan(code)
    till.wait(lambda: till.lines()[0].startswith("901"), what="one more")
    till.exact_cash()
    assert sales(till)[0]["approvals"] == []


def test_goods_sold_before_the_shop_has_answered_leave_no_word_behind(shop, till):
    (_, _, short), (_, _, next_one), *_ = goods(till)[6:]
    till.page.keyboard.type("900*", delay=150)
    till.scan(short)
    till.exact_cash()
    till.sent()
    assert "Not enough by the book" not in till.text()
    till.scan(next_one)
    till.wait(lambda: len(till.lines()) == 1, what="the next sale's line")
    till.wait(lambda: till.page.evaluate("new Promise((done) => requestIdleCallback(() => done(true)))"), what="all to be said")
    assert "by the book" not in till.text()


class Answers:
    """What the shop says of stock, held back until it is let through."""

    def __init__(self, till: TillPage) -> None:
        self.till = till
        self.held: list[Any] = []
        till.context.route("**/api/v1/till/stock", lambda route: self.held.append(route))

    def asked(self) -> list[dict[str, Any]]:
        return list(self.till.page.evaluate("window.asked"))

    def come(self) -> None:
        # Routes are told while something is asked of the page.
        self.till.wait(lambda: self.asked() and self.held, what="a question")

    def let_through(self) -> None:
        self.held.pop().continue_()

    def now(self) -> float:
        return float(self.till.page.evaluate("performance.now()"))


def test_what_is_scanned_while_the_shop_is_asked_is_asked_about_at_the_next_pause(stack, browser):
    till = TillPage(browser, stack.url, before=ASKED)
    till.ready(pin=stack.logins["carla"]["pin"])
    answers = Answers(till)
    (first, _, one), (second, _, two), (third, _, three), *_ = goods(till)[8:]
    till.scan(one)
    answers.come()
    since = answers.now()
    till.scan(two)
    answers.let_through()
    answers.come()
    questions = answers.asked()
    assert [question["variants"] for question in questions] == [[first], [second]]
    assert questions[1]["at"] - since >= 240, "one question a scan"
    # The pause comes and goes while the answer is still awaited: what is new is asked about behind it.
    since = answers.now()
    till.scan(three)
    till.wait(lambda: answers.now() - since > 500, what="the pause")
    answers.let_through()
    answers.come()
    assert answers.asked()[2]["variants"] == [third]
    answers.let_through()
    till.close()
