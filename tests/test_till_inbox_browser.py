"""The sync inbox in real Chromium: a till without a line sells at an old price what the book has not; the manager tidies up with one tap each."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.till import CATALOGUE, TillPage

pytestmark = pytest.mark.browser

IMPORTS = """
from datetime import timedelta
from uuid import UUID, uuid4
from django.utils.timezone import now
from catalog import services as catalog
from inventory import services as inventory
from inventory.models import Level, Location
from pos.models import SyncNote
place = Location.objects.get(code='northside')
def costs(variant, amount): catalog.set_price(variant=UUID(variant), currency='EUR', amount=amount, now=now(), actor=None)
def shelf(variant, quantity):
    held = Level.objects.filter(location=place, variant=variant).values_list('on_hand', flat=True).first() or 0
    change = {'location': place.id, 'variant': UUID(variant), 'quantity': quantity - held, 'note': '', 'reference': uuid4(), 'actor': None}
    if quantity != held: inventory.adjust(**change, now=now())
"""


def does(stack: Any, act: str) -> str:
    return str(stack.manage("shell", "-v", "0", "-c", IMPORTS + act)).strip()


@pytest.fixture(scope="module")
def till(stack, browser):
    does(stack, "from org import settings; settings.clear('till.keep_under', store=place.store)")
    page = TillPage(browser, stack.url)
    page.ready(pin=stack.logins["carla"]["pin"])
    # What other journeys left, a shift that this enrolment takes over too, is done with, the day before yesterday.
    does(stack, "SyncNote.objects.filter(closed_at=None).update(fix='seen'); SyncNote.objects.update(closed_at=now() - timedelta(days=2))")
    yield page
    page.close()


def shot(till: TillPage, name: str) -> None:
    if os.environ.get("PICTURES_TO"):
        till.page.screenshot(path=str(Path(os.environ["PICTURES_TO"]) / f"{name}.png"))


def notes(till: TillPage) -> list[str]:
    return [" ".join(row.split()) for row in till.page.locator(".inbox-open").all_inner_texts()]


def goods(till: TillPage) -> list[dict[str, Any]]:
    """Things by the piece whose price is the base price, and no promotion's."""
    items = till.page.evaluate(CATALOGUE)
    plain = [one for one in items if one["gtins"] and one["sold_by"] == "each" and one["price"] > 150 and not one.get("offers")]
    return [one for one in plain if not one.get("deposit")]


def opened(till: TillPage, stack: Any) -> None:
    """From More, with a manager's PIN."""
    till.page.get_by_role("button", name="More").first.click()
    till.page.locator(".fixes .button", has_text="Sync inbox").click()
    till.at("approval")
    till.page.keyboard.type(stack.logins["mia"]["pin"])
    till.at("inbox")
    till.page.locator(".basket-head-count", has_text="sent").wait_for()


def test_what_was_sold_without_a_line_is_told_and_done_with_in_one_tap_each(stack, till):
    dear, scarce, later, *_ = goods(till)[::-1]
    till.wait(lambda: till.page.evaluate("navigator.serviceWorker.controller !== null"), what="the worker to take the page")
    till.context.set_offline(True)
    till.shows("Offline")
    does(stack, f"costs('{dear['id']}', {dear['price'] + 20}); costs('{later['id']}', {later['price'] + 20}); shelf('{scarce['id']}', 0)")
    does(stack, f"shelf('{dear['id']}', 50_000); shelf('{later['id']}', 50_000)")
    for items in ((dear, scarce), (later,)):
        till.scan(*(one["gtins"][0].removeprefix("0") for one in items))
        till.shows(items[-1]["name"])
        till.exact_cash()
    till.context.set_offline(False)
    till.sent()
    opened(till, stack)
    till.wait(lambda: len(notes(till)) == 3, what="three notes")
    listed = " / ".join(notes(till))
    assert f"{dear['name']} sold at" in listed
    assert "Stock was gone" in listed
    assert "shelf now shows −1" in listed
    assert till.axe() == []
    shot(till, "inbox")

    # Keys alone: down to the other, up again, Enter does the usual thing.
    titles = [note.split(" · ")[0] for note in notes(till)]
    till.page.keyboard.press("ArrowDown")
    chosen = till.page.locator(".inbox-open[aria-current=true]")
    assert chosen.inner_text().split()[0] in titles[1]
    stock = till.page.locator(".inbox-open", has_text="Stock was gone")
    stock.click()
    assert "left the shop; the book had fewer" in till.text()
    till.page.keyboard.press("Enter")
    till.shows("Type how many are on the shelf")
    till.page.keyboard.type("12", delay=150)
    shot(till, "inbox-count")
    assert till.axe() == []
    till.press("12 on the shelf")
    till.shows("Mia: counted 12")
    assert does(stack, f"print(Level.objects.get(location=place, variant='{scarce['id']}').on_hand)") == "12000"

    till.page.locator(".inbox-open", has_text=dear["name"]).click()
    assert "of margin" in till.text()
    till.press("Show sale")
    till.shows("base price")
    shot(till, "inbox-sale")
    assert till.axe() == []
    till.page.keyboard.press("Escape")
    till.press("From now on, keep all under 0.50")
    till.wait(lambda: len(till.page.locator(".inbox-item-done").all()) == 3, what="both prices to close with the rule")
    till.shows("nothing needs a look")
    shot(till, "inbox-done")
    till.page.keyboard.press("Escape")
    till.at("change")
    assert till.page.locator(".status-item", has_text="Mia").count() == 0

    # What is small comes closed from now on; without a line the inbox says so, and selling goes on.
    till.context.set_offline(True)
    till.shows("Offline")
    till.press("More")
    till.page.locator(".fixes .button", has_text="Sync inbox").click()
    till.at("approval")
    till.page.keyboard.type(stack.logins["mia"]["pin"])
    till.shows("The inbox needs a line; selling goes on")
    shot(till, "inbox-offline")
    till.page.keyboard.press("Escape")
    till.scan(dear["gtins"][0].removeprefix("0"))
    till.wait(lambda: len(till.lines()) == 1, what="the line")
    till.exact_cash()
    till.context.set_offline(False)
    till.sent()
    assert does(stack, "print(SyncNote.objects.filter(closed_at=None).count())") == "0"


def test_on_a_phone_and_in_german_it_is_the_same_inbox(stack, till):
    soon, *_ = goods(till)[5:]
    does(stack, f"shelf('{soon['id']}', 0)")
    till.scan(soon["gtins"][0].removeprefix("0"))
    till.wait(lambda: till.screen == "sell" and len(till.lines()) == 1, what="the line")
    till.exact_cash()
    till.sent()
    till.page.set_viewport_size({"width": 390, "height": 844})
    opened(till, stack)
    shot(till, "inbox-phone")
    assert till.axe() == []
    till.page.locator(".inbox-open", has_text="Stock was gone").first.click()
    till.shows("What happened")
    shot(till, "inbox-phone-story")
    assert till.axe() == []
    till.page.keyboard.press("Escape")
    till.page.keyboard.press("Escape")
    till.page.set_viewport_size({"width": 1280, "height": 800})
    till.press("More")
    till.page.locator(".choice", has_text="Deutsch").click()
    till.page.locator(".fixes .button", has_text="Abgleich").click()
    till.at("approval")
    till.page.keyboard.type(stack.logins["mia"]["pin"])
    till.at("inbox")
    till.shows("Bestand war weg")
    till.shows("Was geschah")
    shot(till, "inbox-german")
    assert till.axe() == []


def test_who_is_asked_is_told_after_signing_in_and_answers_with_a_line(stack, till):
    mia, carla = "User.objects.get(username='mia').pk", "User.objects.get(username='carla').pk"
    till.page.reload()
    till.at("sign-in")
    asking = f"""
from org.models import User
from pos import services
from pos.models import Till
from pos.services import notes
till = Till.objects.get(store=place.store, number=1)
facts = {{'name': 'Two for 5', 'receipt': '9-9-0009', 'cashier': str({carla})}}
notes.record(found=[notes.Note(place.store_id, till.pk, uuid4(), 'limit', 'asked here', facts, -20, now())], now=now())
note = SyncNote.objects.filter(about='asked here').latest('pk')
services.fix_note(note=note.pk, store=place.store_id, fix='asked', actor={mia}, now=now())
"""
    does(stack, asking)
    till.page.reload()
    till.sent()
    till.sign_in(stack.logins["carla"]["pin"])
    english = till.page.evaluate("document.documentElement.lang") == "en"
    asked = "A manager asks you about 1 sale" if english else "Die Leitung fragt nach 1 Verkauf"
    till.shows(asked)
    till.press("More" if english else "Mehr")
    till.page.locator(".fixes .button", has_text=asked).click()
    till.at("inbox")
    till.shows("Two for 5")
    till.page.locator("input[name=words]").fill("She had the coupon")
    shot(till, "inbox-asked")
    assert till.axe() == []
    till.page.locator("form .button-primary").click()
    till.wait(lambda: not till.page.locator("input[name=words]").count(), what="the answer to be taken")
    shown = does(stack, "note = SyncNote.objects.filter(about='asked here').latest('pk'); print(note.closed_at, note.question.answer)")
    assert shown == "None She had the coupon"
    till.page.keyboard.press("Escape")
    till.at("sell")
