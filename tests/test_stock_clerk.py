"""A stock clerk's delivery and a recall, in real Chromium against the whole running product: a case is scanned in, a broken bottle
written off, the figure explains itself, a lot is stopped everywhere and found on the shelf. Pictures for the handbook on the way."""

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.stack import Stack
from tests.test_merchandiser import Office

pytestmark = pytest.mark.browser

CASE_OF_ELDERFLOWER = "12000000000357"
SOON = 20_000


class Desk(Office):
    def on_hand(self, sku: str) -> int:
        """What the list of stock says of the goods at Northside, in pieces."""
        self.open(f"inventory/level/?location=northside&q={sku}")
        found = self.page.get_by_role("row", name=re.compile(sku)).locator("td.number").first.inner_text()
        return int(re.sub(r"[^0-9-]", "", found.replace("−", "-")))

    def promised(self, sku: str) -> dict[str, Any]:
        """What the web shop tells of the goods."""
        query = "query($words: String) { products(search: $words) { nodes { variants { sku promise { state pickup { locationCode } } } } } }"
        request = urllib.request.Request(self.stack.url + "/graphql/", method="POST")
        request.add_header("X-API-Key", "pk_demo_storefront")
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps({"query": query, "variables": {"words": sku}}).encode()
        with urllib.request.urlopen(request, timeout=10) as answer:
            nodes = json.load(answer)["data"]["products"]["nodes"]
        found: dict[str, Any] = next(variant["promise"] for node in nodes for variant in node["variants"] if variant["sku"] == sku)
        return found


@pytest.fixture
def desks(stack: Stack, browser: Browser) -> Any:
    desks = [Desk(stack, browser) for _ in range(3)]
    yield desks
    for desk in desks:
        desk.page.context.close()


def test_a_delivery_is_scanned_in_and_the_figure_explains_itself(desks: list[Desk]) -> None:
    tess = desks[0]
    page = tess.page
    tess.sign_in("tess")
    before = tess.on_hand("ELDERFLOWER")

    tess.open("inventory/document/receive/")
    page.get_by_label("From").fill("Harrow Farm")
    page.get_by_label("Delivery note").fill("DN-2290")
    page.get_by_label("SKU, barcode or pack").first.fill(CASE_OF_ELDERFLOWER)
    page.get_by_label("Quantity").first.fill("2")
    page.get_by_label(re.compile("Cost of it all")).first.fill("57.60")
    tess.picture("receive-goods")
    page.get_by_role("button", name="Post the receipt").click()
    expect(page.get_by_role("heading", name=re.compile("Receipt"))).to_be_visible(timeout=SOON)
    assert tess.on_hand("ELDERFLOWER") == before + 48

    tess.open("inventory/document/adjust/")
    page.get_by_label("Reason").select_option("damaged")
    page.get_by_label("SKU, barcode or pack").first.fill("ELDERFLOWER")
    page.get_by_label("Quantity").first.fill("1")
    page.get_by_role("button", name="Post the adjustment").click()
    expect(page.get_by_role("heading", name=re.compile("Adjustment"))).to_be_visible(timeout=SOON)
    assert tess.on_hand("ELDERFLOWER") == before + 47

    page.get_by_role("row", name=re.compile("ELDERFLOWER")).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=re.compile("Why is it"))).to_be_visible(timeout=SOON)
    expect(page.locator(".equation")).to_contain_text("+48")
    expect(page.locator(".equation")).to_contain_text("−1")
    tess.picture("stock-timeline")
    page.get_by_role("link", name=re.compile("Receipt [0-9]+")).first.click()
    expect(page.get_by_text("DN-2290", exact=True)).to_be_visible(timeout=SOON)
    assert tess.troubles == []


def test_a_recalled_lot_is_stopped_everywhere_until_the_shelf_is_looked_through(desks: list[Desk]) -> None:
    nora, mia, _ = desks
    nora.sign_in("nora")
    assert "northside" in {place["locationCode"] for place in nora.promised("EGGS-6")["pickup"]}

    page = nora.page
    nora.open("inventory/recall/add/")
    page.locator("#f-item").fill("EGGS-6")
    page.locator("#f-lot").fill("EGG-0714")
    page.locator("#f-reason").fill("Cracked shells")
    page.get_by_role("button", name="See where it is").click()
    expect(page.get_by_role("row", name=re.compile("Northside"))).to_contain_text("30")
    page.get_by_role("button", name="Recall it everywhere").click()
    expect(page.get_by_text("Nothing of this product is promised there until then.")).to_be_visible(timeout=SOON)
    nora.picture("recall")
    recall = page.url
    assert "northside" not in {place["locationCode"] for place in nora.promised("EGGS-6")["pickup"]}

    mia.sign_in("mia")
    mia.page.goto(recall)
    mia.page.get_by_label("Found on the shelf").fill("4")
    mia.page.get_by_role("button", name=re.compile("Put aside")).click()
    expect(mia.page.get_by_text(re.compile("4 found, "))).to_be_visible(timeout=SOON)
    assert "northside" in {place["locationCode"] for place in nora.promised("EGGS-6")["pickup"]}
    nora.page.goto(recall)
    nora.page.get_by_role("button", name="Close the recall").click()
    expect(nora.page.get_by_text(re.compile("^Closed")).first).to_be_visible(timeout=SOON)
    assert nora.troubles == mia.troubles == []
