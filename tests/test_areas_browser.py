"""Every area under its content security policy, in real Chromium: no violation, no script error, nothing serious for axe."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.stack import Stack
from tests.till import TillPage, axe_findings

pytestmark = pytest.mark.browser

LISTEN = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
LISTS = [
    "customers/customer/",
    "customers/group/",
    "customers/suggestion/",
    "customers/account/",
    "orders/attempt/",
    "orders/discrepancy/",
    "orders/invoice/",
    "orders/deliveryoption/",
    "",
    "catalog/product/",
    "catalog/product/add/",
    "catalog/product/?q=nothing-is-called-this",
    "catalog/category/",
    "catalog/category/add/",
    "catalog/product/grid/",
    "catalog/brand/",
    "catalog/brand/add/",
    "catalog/producttype/",
    "catalog/producttype/add/",
    "catalog/attribute/",
    "catalog/attribute/add/",
    "catalog/collection/",
    "catalog/collection/add/",
    "catalog/taxclass/",
    "catalog/synonym/",
    "catalog/synonym/add/",
    "catalog/searchpin/",
    "catalog/searchpin/add/",
    "catalog/searchmiss/",
    "catalog/pricelist/",
    "catalog/pricelist/add/",
    "catalog/pricelist/calendar/",
    "catalog/pricechange/",
    "catalog/pricechange/add/",
    "catalog/sticker/",
    "catalog/sticker/add/",
    "catalog/importrun/",
    "catalog/importrun/add/",
    "catalog/importrun/export/",
    "inventory/level/",
    "inventory/level/?on_hand=low",
    "inventory/movement/",
    "inventory/task/",
    "inventory/document/",
    "inventory/document/receive/",
    "inventory/document/adjust/",
    "inventory/document/opening/",
    "inventory/recall/",
    "inventory/recall/add/",
    "inventory/location/",
    "inventory/location/add/",
    "inventory/policy/",
    "inventory/policy/add/",
    "inventory/component/",
    "inventory/component/add/",
    "inventory/pack/",
    "inventory/pack/add/",
    "orders/order/",
    "pos/till/",
    "pos/shift/",
    "pos/journalentry/",
    "kernel/delivery/",
    "org/store/",
    "org/user/",
    "org/user/add/",
    "org/apikey/",
    "org/apikey/add/",
    "org/setting/",
    "kernel/auditentry/",
]
FIRST_OF = [
    "catalog/product/",
    "catalog/category/",
    "catalog/brand/",
    "catalog/producttype/",
    "catalog/attribute/",
    "catalog/collection/",
    "catalog/pricelist/",
    "catalog/pricechange/",
    "inventory/level/",
    "inventory/location/",
    "inventory/policy/",
    "inventory/pack/",
    "orders/order/",
    "pos/till/",
    "pos/shift/",
    "kernel/delivery/",
    "org/user/",
]


TABS = ["", "?tab=details", "?tab=variants", "?tab=variants&add=1", "?tab=prices", "?tab=pictures", "?tab=translations", "?tab=search"]
# Those who see less: what they may do stands on the same pages, so these are asked again.
SEEN_BY_OTHERS = [
    "",
    "catalog/product/",
    "catalog/category/",
    "catalog/producttype/",
    "catalog/collection/",
    "catalog/synonym/",
    "catalog/searchmiss/",
    "catalog/pricelist/",
    "catalog/pricechange/",
    "catalog/sticker/",
    "inventory/document/",
    "inventory/recall/",
    "inventory/task/",
    "inventory/location/",
]


def signed_in(stack: Stack, browser: Browser, username: str) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(LISTEN)
    page = context.new_page()
    page.goto(stack.url + "/admin/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", stack.logins[username]["password"])
    page.keyboard.press("Enter")
    page.get_by_role("banner").wait_for()
    return page


@pytest.fixture(scope="module")
def office(stack: Stack, browser: Browser) -> Iterator[Page]:
    """Signed in as the owner, in a shop that has sold something."""
    till = TillPage(browser, stack.url).ready(pin=stack.logins["stan"]["pin"], till="Riverside Till 1")
    till.scan(*till.gtins(3))
    till.exact_cash()
    till.sent()
    till.close()
    page = signed_in(stack, browser, "admin")
    page.get_by_text("Needs attention").wait_for()
    yield page
    page.context.close()


@pytest.fixture(scope="module", params=["nora", "vera", "mia"])
def colleague(request: pytest.FixtureRequest, stack: Stack, browser: Browser) -> Iterator[Page]:
    """A merchandiser, somebody who looks on, and the manager of one store."""
    page = signed_in(stack, browser, request.param)
    yield page
    page.context.close()


def first_of(page: Page, stack: Stack, path: str) -> str:
    """The address of the first row of a list."""
    page.goto(f"{stack.url}/admin/{path}")
    href = page.locator("tbody a[href]").first.get_attribute("href")
    assert href
    return stack.url + href if href.startswith("/") else f"{stack.url}/admin/{path}{href}"


def faults(page: Page, url: str) -> list[str]:
    """Opens the page and tells what the policy, its scripts or the server objected to."""
    found: list[str] = []

    def broken(error: Any) -> None:
        found.append(f"script: {error}")

    page.on("pageerror", broken)
    answer = page.goto(url, wait_until="networkidle")
    page.remove_listener("pageerror", broken)
    if answer is None or answer.status != 200:
        found.append(f"status {answer and answer.status}")
    return [*found, *page.evaluate("window.violations")]


def foreign(page: Page, origin: str) -> list[str]:
    return [
        name
        for name in page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
        if not name.startswith((origin, "data:"))
    ]


@pytest.mark.parametrize("path", LISTS)
def test_a_back_office_page_breaks_no_policy_and_serves_everyone(stack: Stack, office: Page, path: str):
    assert faults(office, f"{stack.url}/admin/{path}") == []
    assert foreign(office, stack.url) == []
    assert axe_findings(office) == []


@pytest.mark.parametrize("path", FIRST_OF)
def test_the_first_row_of_a_list_opens_cleanly(stack: Stack, office: Page, path: str):
    assert faults(office, first_of(office, stack, path)) == []
    assert axe_findings(office) == []


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_a_product_is_clean(stack: Stack, office: Page, tab: str):
    assert faults(office, first_of(office, stack, "catalog/product/") + tab) == []
    assert axe_findings(office) == []


@pytest.mark.parametrize("path", SEEN_BY_OTHERS)
def test_others_meet_the_same_pages_without_what_is_not_theirs(stack: Stack, colleague: Page, path: str):
    assert faults(colleague, f"{stack.url}/admin/{path}") == []
    assert axe_findings(colleague) == []


@pytest.mark.parametrize("tab", TABS)
def test_others_see_every_tab_of_a_product(stack: Stack, colleague: Page, tab: str):
    assert faults(colleague, first_of(colleague, stack, "catalog/product/") + tab) == []
    assert axe_findings(colleague) == []


def test_the_first_tab_leads_past_the_menu(stack: Stack, office: Page):
    office.goto(stack.url + "/admin/catalog/product/")
    office.keyboard.press("Tab")
    link = office.locator(".skip-link")
    assert link.evaluate("link => link === document.activeElement && link.getBoundingClientRect().top >= 0")
    office.keyboard.press("Enter")
    assert office.evaluate("document.activeElement.id") == "work"
    office.keyboard.press("Tab")
    assert office.evaluate("document.activeElement.closest('main')?.id") == "work"


def test_the_graphql_page_works_under_the_strict_policy(stack: Stack, office: Page):
    assert faults(office, stack.url + "/graphql/") == []
    office.locator(".graphiql-container").wait_for()
    assert foreign(office, stack.url) == []


def test_the_rest_documents_work_under_the_strict_policy(stack: Stack, office: Page):
    assert faults(office, stack.url + "/api/docs/") == []
    office.get_by_text("/api/v1/products").first.wait_for()
    assert foreign(office, stack.url) == []


def test_the_sign_in_page_is_clean(stack: Stack, browser: Browser):
    page = browser.new_page()
    page.add_init_script(LISTEN)
    assert faults(page, stack.url + "/admin/login/") == []
    assert axe_findings(page) == []
    page.close()
