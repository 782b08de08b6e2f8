"""A merchandiser's morning in real Chromium against the whole running product: a Shopify file with mistakes is read, put right,
applied, enriched in the grid, published, seen by the web shop, and taken back. Pictures for the handbook on the way."""

import json
import os
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stack import ROOT, Stack
from tests.till import axe_findings

pytestmark = pytest.mark.browser

FILE = ROOT / "tests/files/range-week-16.csv"
# Where the handbook's pictures are kept; drawn anew when asked for.
PICTURES = os.environ.get("PICTURES_TO")
SOON = 20_000


class Office:
    def __init__(self, stack: Stack, browser: Browser) -> None:
        self.stack = stack
        self.page: Page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def sign_in(self, username: str) -> None:
        self.page.goto(self.stack.url + "/admin/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", self.stack.logins[username]["password"])
        self.page.keyboard.press("Enter")
        self.page.get_by_role("link", name="Products", exact=True).wait_for()

    def open(self, path: str) -> None:
        self.page.goto(f"{self.stack.url}/admin/{path}")

    def picture(self, name: str) -> None:
        """Also the moment to ask axe what stands in the way of whom."""
        assert axe_findings(self.page) == []
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png")

    def told_to_heads(self, words: str) -> list[dict[str, Any]]:
        query = "query($words: String) { products(search: $words) { nodes { name variants { sku netContent { quantity } prices { amount } } } } }"
        request = urllib.request.Request(self.stack.url + "/graphql/", method="POST")
        request.add_header("X-API-Key", "pk_demo_storefront")
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps({"query": query, "variables": {"words": words}}).encode()
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["products"]["nodes"]
            return found


@pytest.fixture
def office(stack: Stack, browser: Browser) -> Any:
    office = Office(stack, browser)
    yield office
    office.page.context.close()


def test_a_merchandisers_morning(office: Office) -> None:
    page = office.page
    office.sign_in("nora")
    read_the_diff(office)
    put_right(office)
    apply(office)
    run = page.url
    enrich_in_the_grid(office)
    publish_what_is_complete(office)
    undo_the_import(office, run)
    assert office.troubles == []


def read_the_diff(office: Office) -> None:
    page = office.page
    office.open("catalog/importrun/add/")
    page.set_input_files("input[type=file]", FILE)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("4 products ready")).to_be_visible(timeout=SOON)
    expect(page.get_by_role("row", name=re.compile("Variant Barcode.*2000000001037"))).to_contain_text("its check digit should be 6")
    oats = page.get_by_role("row", name=re.compile("Rolled oats.*Price EUR"))
    expect(oats).to_contain_text("1.69")
    expect(oats).to_contain_text("1.79")
    assert office.told_to_heads("nettle") == []
    office.picture("import-review")


def put_right(office: Office) -> None:
    page = office.page
    page.get_by_role("button", name="Take all 2 suggestions").click()
    expect(page.get_by_text("6 products ready")).to_be_visible()
    status = page.get_by_role("row", name=re.compile("Status.*live"))
    status.get_by_role("textbox").fill("active")
    status.get_by_role("button", name="Fix row").click()
    expect(page.get_by_text("7 products ready")).to_be_visible()
    # The row without a handle stays out; the rest need not wait for it.
    expect(page.get_by_text("1 refused is left out.")).to_be_visible()


def apply(office: Office) -> None:
    page = office.page
    page.get_by_role("button", name="Apply 7 products").click()
    expect(page.locator(".page-heading").get_by_text("Applied")).to_be_visible(timeout=SOON)
    office.stack.wait(lambda: bool(office.told_to_heads("nettle")), what="the imported tea in the web shop", seconds=20)
    [tea] = office.told_to_heads("nettle")
    assert tea["variants"][0]["prices"] == [{"amount": 320}]


def enrich_in_the_grid(office: Office) -> None:
    page = office.page
    office.open("catalog/product/grid/")
    rows = ["SKU\tNet content\tPrice", "TEA-NETTLE\t40 g\t3.40", "JELLY-QUINCE\t200 g\t4.10", "CRACKER-SEED\t150 g\t0.90", "OATS\t500 g\t1.85"]
    paste(page, "\n".join(rows))
    # Below cost: told, and left out.
    expect(page.get_by_text(re.compile("Below cost 1.20"))).to_be_visible(timeout=SOON)
    office.picture("grid")
    page.get_by_role("button", name=re.compile("^Apply")).click()
    expect(page.get_by_text(re.compile("applied", re.IGNORECASE)).first).to_be_visible(timeout=SOON)
    office.stack.wait(lambda: office.told_to_heads("nettle")[0]["variants"][0]["prices"] == [{"amount": 340}], what="the grid's price", seconds=20)


def paste(page: Page, text: str) -> None:
    """As Ctrl V does it: the clipboard itself is not a page's to write."""
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def publish_what_is_complete(office: Office) -> None:
    """The cold brew waits for four net contents: each link leads into its field."""
    page = office.page
    office.open("catalog/product/?q=cold+brew")
    page.get_by_role("link", name="Cold brew coffee").click()
    expect(page.get_by_text(re.compile("missing before publish"))).to_be_visible()
    office.picture("product")


def undo_the_import(office: Office, run: str) -> None:
    page = office.page
    page.goto(run)
    page.get_by_role("button", name=re.compile("Undo")).first.click()
    expect(page.get_by_text(re.compile("edited since")).first).to_be_visible(timeout=SOON)
    office.picture("import-undone")
    office.stack.wait(lambda: office.told_to_heads("plum jam") == [], what="the jam off the shelf", seconds=20)
