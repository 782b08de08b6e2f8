"""Selling what is not an everyday thing, in real Chromium: codes that say more, open items, parked baskets, prices that are only looked at;
and a scanner that is heard wherever the focus is."""

import json
from typing import Any

import pytest

from tests.till import ASK, CATALOGUE, TillPage

pytestmark = pytest.mark.browser

UNKNOWN = "4006381333931"
# The store's scales print 21 and a price, 22 and a weight; its apples are 00042 to them.
RULES = """
from django.utils.timezone import now
from catalog.models import Variant
from uuid import uuid4
from catalog.services import set_gtins
from inventory import services as inventory
from inventory.models import Level
from org import settings
from org.models import Store
store = Store.objects.get(code="northside")
settings.put("till.open_item", {"allowed": True, "most": 2000, "tax_class": "standard"}, store=store)
labels = [{"prefix": "21", "item": 5, "value": 5, "holds": "price"}, {"prefix": "22", "item": 5, "value": 5, "holds": "weight"}]
settings.put("till.embedded_codes", labels, store=store)
apples = Variant.objects.filter(product__name__icontains="apple", sold_by="weight").first()
codes = {*apples.gtins.values_list("gtin", flat=True), "2100042000001", "2200042000008"}
set_gtins(variant=apples.id, gtins=sorted(codes), now=now(), actor=None)
for level in Level.objects.filter(location__code="northside", on_hand__lt=20_000):
    what = {"location": level.location_id, "variant": level.variant_id, "quantity": 50_000, "note": "", "reference": uuid4(), "actor": None}
    inventory.adjust(**what, now=now())
"""
PARKED = f"async () => {{ {ASK} const all = await answer(store('facts').get('parked')); db.close(); return (all ?? []).length; }}"
POSTED = "from pos.models import JournalEntry as E; import json; print(json.dumps(E.objects.values_list('posting', 'reason').get(id='%s')))"
ORDERED = """
import json
from orders.models import OrderLine
lines = OrderLine.objects.filter(order_id="%s").order_by("position")
print(json.dumps([[one.kind, one.name, str(one.variant_id), one.total, one.extra] for one in lines]))
"""
# Where a scan may find the focus: every control there is, and nothing.
REACHED = "[...document.querySelectorAll('button, input, a, [tabindex]')].filter((one) => one.offsetParent && !one.disabled)"
PLACES = f"() => {REACHED}.length"
FOCUS = f"place => {{ const all = {REACHED}; document.activeElement?.blur(); if (place) all[place % all.length].focus(); }}"
ITEMS = "() => Number(/([0-9]+) items?$/.exec(document.querySelector('.basket-head-count')?.textContent ?? '')?.[1] ?? 0)"
# When each key came: a driver on a busy machine is now and then as slow as a hand.
GAPS = """() => {
  window.gaps = [];
  let last = 0;
  addEventListener("keydown", (event) => { window.gaps.push(event.timeStamp - last); last = event.timeStamp; }, true);
}"""
SLOWEST = "() => { const slowest = Math.max(...window.gaps.slice(1)); window.gaps = []; return slowest; }"


def check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


@pytest.fixture(scope="module")
def rules(stack) -> None:
    stack.manage("shell", "-v", "0", "-c", RULES)


@pytest.fixture
def till(stack, browser, rules):
    page = TillPage(browser, stack.url).ready(pin=stack.logins["carla"]["pin"])
    # Codes that were given just now come with one of the next looks at the catalogue.
    told = lambda: any("02100042000001" in item["gtins"] for item in page.page.evaluate(CATALOGUE))  # noqa: E731
    page.wait(told, what="the code of the scales", seconds=60)
    yield page
    page.close()


def goods(till: TillPage, sold_by: str = "each") -> list[dict[str, Any]]:
    return [item for item in till.page.evaluate(CATALOGUE) if item["gtins"] and item["sold_by"] == sold_by and item["price"] > 0]


def sales(till: TillPage) -> list[dict[str, Any]]:
    return [json.loads(entry["text"]) for entry in till.entries() if entry["kind"] == "sale"]


def shell(stack: Any, script: str) -> Any:
    return json.loads(stack.manage("shell", "-v", "0", "-c", script))


def test_codes_tell_lots_weights_and_prices_and_the_books_take_them_without_a_word(till, stack):
    first, second, *_ = goods(till)
    plain, fourteen = second["gtins"][0].lstrip("0"), first["gtins"][0]
    till.scan(f"]C101{fourteen}17991231\u001d10A1", f"https://id.gs1.org/01/{second['gtins'][0]}/10/B2/21/77")
    till.wait(lambda: len(till.lines()) >= 2, what="both lines")
    till.scan(check_digit("220004200742"), check_digit("210004200237"))
    till.wait(lambda: any("2.37" in line for line in till.lines()), what="the label's price")
    assert any("0.742" in line for line in till.lines())
    till.scan(f"01{fourteen}1720010110OLD")
    till.shows("Past its date")
    till.press("Dismiss")
    till.scan(plain)
    till.exact_cash()
    till.sent()
    [sale] = sales(till)
    lines = [line for line in sale["body"]["lines"] if line["kind"] == "goods"]
    told = [tuple(line.get(name) for name in ("lot", "serial", "expires_on", "embedded")) for line in lines]
    weight, price = check_digit("220004200742"), check_digit("210004200237")
    assert told[1:] == [
        ("B2", "77", None, None),
        (None, None, None, weight),
        (None, None, None, price),
        ("OLD", None, "2020-01-01", None),
        (None,) * 4,
    ]
    assert (told[0][0], told[0][2][4:]) == ("A1", "-12-31")
    assert [(line["quantity"], line["price_source"]) for line in lines[2:4]] == [(742, "base"), (lines[3]["quantity"], "embedded")]
    assert (lines[3]["total"], lines[3]["discount"]) == (237, 0)
    stack.wait(lambda: shell(stack, POSTED % sale["id"])[0] == "posted", what="the sale to be in the books")
    assert shell(stack, POSTED % sale["id"])[1] == ""


def test_an_unknown_code_is_sold_as_an_open_item_and_a_dear_one_with_a_manager(till, stack):
    till.scan(*till.gtins(1), UNKNOWN)
    till.shows("Not found")
    assert till.axe() == []
    till.press("Sell as open item")
    till.shows("What is it?")
    till.scan(till.gtins(2)[1])
    till.page.get_by_label("What is it?").fill("")
    till.page.keyboard.type("Candle", delay=120)
    till.page.keyboard.press("Enter")
    assert till.axe() == []
    till.page.keyboard.type("450", delay=150)
    till.shows("Add 4.50")
    till.page.keyboard.press("Enter")
    till.wait(lambda: len(till.lines()) == 3, what="the open item, and the scan that waited for it")
    till.press("More")
    till.press("Open item")
    till.page.locator(".panel-head").wait_for()
    till.page.keyboard.type("9900", delay=150)
    till.shows("Ask a manager: 99.00")
    till.page.keyboard.press("Enter")
    till.at("approval")
    till.shows("Mia: enter your PIN")
    till.page.keyboard.type(stack.logins["mia"]["pin"])
    till.at("sell")
    till.wait(lambda: len(till.lines()) == 4, what="the dear one")
    till.exact_cash()
    till.sent()
    [sale] = sales(till)
    lines = {line["name"]: line for line in sale["body"]["lines"]}
    candle, dear = lines["Candle"], lines["Open item"]
    assert [candle[name] for name in ("kind", "variant", "sku", "gtin", "total", "price_source")] == ["open", None, "", UNKNOWN, 450, "open"]
    assert (dear["total"], dear["gtin"]) == (9900, "")
    assert [(one["kind"], one["amount"]) for one in sale["approvals"]] == [("open_item", 9900)]
    stack.wait(lambda: shell(stack, POSTED % sale["id"])[0] == "posted", what="the sale to be in the books")
    assert shell(stack, POSTED % sale["id"])[1] == ""
    assert ["open", "Candle", "None", 450, {"price_source": "open"}] in shell(stack, ORDERED % sale["id"])


def test_parked_baskets_survive_a_reload_and_come_back_one_at_a_time(till, stack):
    one, two, three = till.gtins(3)
    till.page.keyboard.press("F4")
    till.scan(one, two)
    first = till.total()
    till.page.keyboard.press("F4")
    till.shows("Ready for the first item")
    till.shows("Parked")
    assert till.total() == "0.00"
    till.scan(three)
    till.page.keyboard.press("F4")
    till.wait(lambda: till.page.evaluate(PARKED) == 2, what="the second to be parked and kept")
    till.page.reload()
    till.sign_in(stack.logins["carla"]["pin"])
    till.at("sell")
    assert till.page.locator(".parked-sale", has_text="Parked").count() == 2
    assert till.axe() == []
    till.page.keyboard.press("F4")
    till.shows("Parked baskets")
    assert till.axe() == []
    till.page.get_by_role("button", name="Delete").last.click()
    till.shows("Deleted: 1 item")
    till.press("Undo")
    till.wait(lambda: till.page.locator(".parked-cart").count() == 2, what="it to be back")
    till.page.get_by_role("button", name="Go on").first.click()
    till.wait(lambda: till.total() == first, what="the first basket")
    till.page.get_by_role("button", name="1 parked").click()
    till.page.get_by_role("button", name="Go on").first.click()
    till.wait(lambda: len(till.lines()) == 1, what="the other, and this one parked for it")
    till.exact_cash()
    till.page.keyboard.press("F4")
    till.wait(lambda: till.total() == first, what="the first basket again")
    till.exact_cash()
    assert [len(sale["body"]["lines"]) for sale in sales(till)] == [1, 2]
    assert [sale["body"]["receipt_no"] for sale in sales(till)] == [1, 2]


def test_a_price_is_looked_at_without_selling_it(till):
    one, two = goods(till)[:2]
    till.scan(one["gtins"][0].lstrip("0"))
    total = till.total()
    till.page.keyboard.press("F7")
    till.shows("The basket stays as it is")
    till.scan(two["gtins"][0].lstrip("0"))
    till.wait(lambda: two["name"] in till.page.locator(".price-check").inner_text(), what="its price")
    till.shows("left by the book")
    assert till.axe() == []
    till.page.locator("#search").fill(one["name"][:6])
    till.wait(lambda: till.page.locator(".result").count() > 0, what="results")
    till.page.locator(".result").first.click()
    till.wait(lambda: till.page.locator("#search").input_value() == "", what="the search to be done")
    assert (till.total(), len(till.lines())) == (total, 1)
    till.press("Add to the basket")
    till.wait(lambda: till.total() != total, what="the thing in the basket")
    till.page.keyboard.press("F7")
    till.shows("The basket stays as it is")
    till.page.keyboard.press("Escape")
    till.wait(lambda: "The basket stays as it is" not in till.text(), what="the panel to close")


def test_a_line_takes_a_typed_number_and_tabs_take_arrows(till):
    [code] = till.gtins(1)
    till.scan(code)
    till.page.locator("button.line-open").first.click()
    till.shows("Type a number for more")
    till.page.keyboard.type("12", delay=150)
    till.shows("Make it 12")
    till.page.keyboard.press("Enter")
    till.wait(lambda: till.lines()[0].startswith("12"), what="twelve of them")
    assert till.screen == "sell"
    till.page.keyboard.press("Escape")
    till.page.keyboard.press("Control+z")
    till.shows("Undone")
    till.page.locator(".shelf-tabs [role=tab]").first.focus()
    till.page.keyboard.press("ArrowRight")
    till.wait(lambda: till.page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true", what="the next tab to be chosen")
    assert till.page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-controls')).getAttribute('aria-labelledby') === document.activeElement.id"
    )
    till.page.locator(".tile").first.focus()
    till.page.keyboard.press("ArrowRight")
    assert till.page.evaluate("document.activeElement === document.querySelectorAll('.tile')[1]")
    till.page.keyboard.press("ArrowDown")
    assert till.page.evaluate("document.activeElement === document.querySelectorAll('.tile')[5]")


def test_a_tap_anywhere_on_a_line_opens_it_and_the_next_sale_changes_the_page_it_finds(till):
    one, two = till.gtins(2)
    till.scan(one, two)
    till.page.locator("tr.line .line-price").first.click()
    till.shows("Type a number for more")
    till.page.keyboard.press("Escape")
    till.page.evaluate("window.kept = [...document.querySelectorAll('.tile, .basket-head, .money')]")
    till.page.locator(".tile").first.focus()
    till.exact_cash()
    # A key meant for the screen before must not press what is there still.
    assert till.page.evaluate("document.activeElement === document.body")
    till.page.locator("tr.line .line-price").first.click()
    assert till.screen == "change"
    till.scan(one)
    till.at("sell")
    assert len(till.lines()) == 1
    assert till.page.evaluate("window.kept.length > 10 && window.kept.every((part) => part.isConnected)")


PANELS = {
    "none": [],
    "more": [("button", "More")],
    "receipt": [("button", "Last receipt")],
    "sync": [("button", "Online")],
    "price check": [("key", "F7")],
    "line": [("line", "")],
    "search": [("key", "F2")],
}


def opened(till: TillPage, acts: list[tuple[str, str]]) -> None:
    for kind, name in acts:
        if kind == "key":
            till.page.keyboard.press(name)
        elif kind == "line":
            till.page.locator("button.line-open").first.click()
        else:
            till.press(name)


def test_a_scan_is_heard_once_wherever_the_focus_is_and_presses_nothing(till, stack):
    """Real key events, hundreds of scans: on each control, with each panel open, with each ending."""
    [code] = till.gtins(1)
    till.page.evaluate(GAPS)
    till.scan(code)
    heard, slow = 0, 0
    for panel, acts in PANELS.items():
        opened(till, acts)
        till.page.wait_for_timeout(300)
        for place in range(min(till.page.evaluate(PLACES), 48)):
            before = till.page.evaluate(ITEMS)
            if place and panel not in ("none", "search", "price check"):
                opened(till, acts)
            till.page.evaluate(FOCUS, place)
            till.page.evaluate("() => { window.gaps = []; }")
            till.page.keyboard.type(code + "\n")
            if till.page.evaluate(SLOWEST) > 60:
                slow += 1
                till.page.wait_for_timeout(300)
                till.page.keyboard.press("Escape")
                till.page.keyboard.press("Escape")
                till.at("sell")
                opened(till, acts)
                continue
            heard += 1
            wanted = before if panel == "price check" else before + 1
            what = f"scan {heard} on control {place}, panel {panel}"
            till.wait(lambda wanted=wanted: till.page.evaluate(ITEMS) == wanted, what=what, seconds=5)
            assert till.screen == "sell", what
            assert till.page.evaluate("document.querySelector('#search')?.value ?? ''") == "", what
        till.page.keyboard.press("Escape")
        till.page.keyboard.press("Escape")
    assert heard > 100, (heard, slow)
    assert sales(till) == []


def test_what_an_input_method_hides_is_scanned_too(till):
    [code] = till.gtins(1)
    till.page.locator("#search").focus()
    line = till.context.new_cdp_session(till.page)
    line.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": "Unidentified", "windowsVirtualKeyCode": 229})
    line.send("Input.insertText", {"text": code})
    till.page.keyboard.press("Enter")
    till.wait(lambda: len(till.lines()) == 1, what="the thing that was scanned")
    assert till.page.locator("#search").input_value() == ""
