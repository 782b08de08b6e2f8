"""Every screen and panel of the till in real Chromium: nothing serious for axe, nothing to scroll sideways at 200% or on a phone, in two
languages, light and dark; and a sale by keys alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.till import TillPage

pytestmark = pytest.mark.browser

STRINGS = Path(__file__).resolve().parent.parent / "pos/static/pos"
UNKNOWN = "4006381333931"
# As wide as a laptop, the same at 200%, a phone.
SIZES = [(1280, 800), (640, 400), (390, 844)]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def words(language: str) -> dict[str, str]:
    """What the till says, by key."""
    files = [STRINGS / "strings-de.js"] if language == "de" else [one for one in STRINGS.glob("strings*.js") if one.name != "strings-de.js"]
    return {key: text for one in files for key, text in re.findall(r'"([^"]+)": "([^"]*)"', one.read_text())}


class Walk:
    def __init__(self, till: TillPage, language: str, pins: dict[str, str]) -> None:
        self.till, self.language, self.pins = till, language, pins
        self.say = words(language)
        self.found: dict[str, list[str]] = {}

    def press(self, key: str) -> None:
        self.till.press(self.say[key])

    def key(self, name: str) -> None:
        self.till.page.keyboard.press(name)

    def look(self, name: str) -> None:
        problems = self.till.axe()
        for width, height in SIZES:
            self.till.page.set_viewport_size({"width": width, "height": height})
            if over := self.till.page.evaluate(SIDEWAYS):
                problems.append(f"{over} px too wide at {width} x {height}")
        self.till.page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
        self.found[name] = problems

    def panel(self, *keys: str) -> None:
        for key in keys:
            self.press(key)
        self.look(keys[-1])
        self.key("Escape")
        self.key("Escape")
        self.till.at("sell")


@pytest.fixture(params=[("en", "light"), ("de", "dark")], ids=["English, light", "German, dark"])
def walk(request: Any, stack: Any, browser: Any) -> Iterator[Walk]:
    language, theme = request.param
    till = TillPage(browser, stack.url, color_scheme=theme, reduced_motion="reduce")
    pins = {name: stack.logins[name]["pin"] for name in ("carla", "mia")}
    yield Walk(till, language, pins)
    till.close()


def test_every_screen_is_fit_for_everybody(walk: Walk) -> None:
    till = walk.till
    till.at("enrol")
    till.wait(lambda: "Use this browser as" in till.text(), what="the demo tills")
    walk.look("enrol")
    till.enrol()
    walk.look("sign-in")
    till.sign_in(walk.pins["carla"])
    walk.look("open-shift")
    till.open_shift()
    if walk.language == "de":
        till.press("More")
        till.page.get_by_role("radio", name="Deutsch").check()
        walk.key("Escape")
    walk.look("empty")
    selling(walk)
    paying(walk)
    closing(walk)
    assert len(walk.found) == 25
    assert {screen: problems for screen, problems in walk.found.items() if problems} == {}


def selling(walk: Walk) -> None:
    till = walk.till
    code = till.gtins(1)[0]
    till.scan(code, code, UNKNOWN)
    walk.look("sell")
    walk.press("dismiss")
    for keys in (("more",), ("last",), ("try",), ("more", "sync.title"), ("more", "keeping.title"), ("more", "check.price"), ("more", "open.item")):
        walk.panel(*keys)
    for keys in (("more", "drawer"), ("more", "drawer", "drawer.cash_in"), ("more", "drawer", "drawer.no_sale")):
        walk.panel(*keys)
    till.page.locator("#search").fill("a")
    walk.look("search")
    walk.key("Escape")
    till.page.locator("button.line-open").first.click()
    walk.look("line")
    walk.key("Escape")
    walk.press("more")
    walk.press("inbox")
    till.at("approval")
    walk.look("approval")
    till.page.keyboard.type(walk.pins["mia"], delay=70)
    till.at("inbox")
    walk.look("inbox")
    walk.key("Escape")
    till.at("sell")
    walk.key("F4")
    till.wait(lambda: not till.lines(), what="the basket to be parked")
    walk.look("parked")
    walk.key("F4")
    till.wait(lambda: len(till.lines()) == 1, what="the basket to be back")


def paying(walk: Walk) -> None:
    walk.key("F9")
    walk.till.at("pay")
    walk.look("pay")
    walk.key("F10")
    walk.till.at("change")
    walk.look("change")


def closing(walk: Walk) -> None:
    till = walk.till
    walk.press("more")
    walk.press("more.close")
    till.at("count")
    walk.look("count")
    walk.press("count.done")
    till.at("variance")
    walk.look("variance")
    till.page.get_by_role("radio").first.check()
    walk.press("variance.ask")
    till.at("approval")
    till.page.keyboard.type(walk.pins["mia"], delay=70)
    till.at("report")
    walk.look("report")
    walk.press("report.done")
    till.at("sign-in")


def test_a_sale_is_made_by_keys_alone(stack: Any, browser: Any) -> None:
    """Nothing is clicked: found by its name, two of it, one taken back, paid with a note, the shift locked."""
    till = TillPage(browser, stack.url)
    till.ready(pin=stack.logins["carla"]["pin"])
    keys = till.page.keyboard
    keys.press("F2")
    keys.type("lemon", delay=70)
    till.wait(lambda: till.page.locator(".result, [role=option]").count() > 0 or "Lemon" in till.text(), what="what is found")
    keys.press("Enter")
    till.wait(lambda: len(till.lines()) == 1, what="the line")
    keys.press("Escape")
    keys.type("3*", delay=150)
    till.shows("3 ×")
    till.scan(till.gtins(3)[2])
    till.wait(lambda: len(till.lines()) == 2 or "3" in till.lines()[0], what="three of it")
    keys.press("Control+z")
    till.wait(lambda: len(till.lines()) == 1, what="them to be gone")
    keys.press("F9")
    till.at("pay")
    keys.type("5000", delay=70)
    keys.press("Enter")
    till.at("change")
    till.sent()
    keys.press("F12")
    till.at("sign-in")
    till.close()
