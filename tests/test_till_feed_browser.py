"""What a till is told to sell by: changes between sales only, half a download, and a start without a line."""

import pytest

from tests.till import TillPage
from tests.wide import WideFeed

pytestmark = pytest.mark.browser

MANY = 6000
RESULTS = "#results"
SEARCHABLE = "performance.getEntriesByName('searchable').length"


@pytest.fixture
def pin(stack) -> str:
    return stack.logins["carla"]["pin"]


def reload_and_sign_in(till, pin):
    till.page.reload()
    till.sign_in(pin)
    till.at("sell")


def look_for(till, words, thing):
    till.page.keyboard.press("F2")
    till.wait(lambda: till.page.evaluate("document.activeElement.id") == "search", what="the search field")
    till.page.keyboard.type(words, delay=130)
    till.wait(lambda: thing["name"] in " ".join(till.page.locator(RESULTS).all_inner_texts()), what=thing["name"])


def test_a_wide_shop_is_fetched_in_pieces_through_a_broken_line_and_found_scanned_and_searched_without_one(stack, browser, pin):
    feed = WideFeed(MANY)
    feed.left = 3
    till = TillPage(browser, stack.url, wide=feed)
    till.enrol_only()
    # Asking the page lets the routes answer.
    till.wait(lambda: till.text() and feed.left == 0, what="the first pieces")
    assert "items ready" not in till.text()
    fetched = list(feed.told)
    feed.left = None
    till.come_back()
    till.shows("items ready")
    # What was here was not fetched again.
    assert sorted(feed.told) == sorted(set(feed.told))
    assert set(fetched) < set(feed.told)
    till.sign_in(pin)
    till.open_shift()
    feed.down = True
    till.context.set_offline(True)
    reload_and_sign_in(till, pin)
    thing = feed.items[MANY // 2]
    till.scan(thing["gtins"][0][1:])
    assert thing["name"] in till.lines()[0]
    till.wait(lambda: till.page.evaluate(SEARCHABLE), what="the search")
    words = thing["name"].split()
    look_for(till, " ".join(word[:4] for word in words[:4]), thing)
    till.page.keyboard.press("Enter")
    till.wait(lambda: "2" in till.lines()[0].split()[0], what="a second piece")
    # A part inside a word is found too.
    look_for(till, feed.items[4567]["sku"][4:], feed.items[4567])
    till.close()


def test_prices_change_between_sales_and_what_is_gone_is_gone_but_not_from_an_open_basket(stack, browser, pin):
    feed = WideFeed(MANY)
    till = TillPage(browser, stack.url, wide=feed)
    till.ready(pin=pin)
    thing, other = feed.items[1], feed.items[2]
    till.scan(thing["gtins"][0][1:], other["gtins"][0][1:])
    before = till.total()
    feed.told.clear()
    feed.items[1] = {**thing, "price": thing["price"] + 100}
    feed.items = [item for item in feed.items if item is not other]
    feed.change()
    till.come_back()
    till.wait(lambda: till.text() and feed.told, what="the pieces that changed")
    till.wait(lambda: till.stored_snapshot() == feed.snapshot, what="the new catalogue to be kept")
    # Two things changed: at most two pieces.
    assert 1 <= len(feed.told) <= 2
    assert (till.total(), len(till.lines())) == (before, 2)
    till.exact_cash()
    # The next scan begins the next sale, by the new prices.
    till.scan(thing["gtins"][0][1:])
    till.wait(lambda: till.total() == f"{(thing['price'] + 100) / 100:.2f}", what="the new price")
    till.scan(other["gtins"][0][1:])
    till.shows("Not found")
    assert len(till.lines()) == 1
    till.sent()
    till.close()
