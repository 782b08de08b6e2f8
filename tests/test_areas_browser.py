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
    "",
    "catalog/product/",
    "catalog/product/add/",
    "catalog/product/?q=nothing-is-called-this",
    "catalog/category/",
    "catalog/category/add/",
    "catalog/brand/",
    "catalog/producttype/",
    "catalog/producttype/add/",
    "catalog/attribute/",
    "catalog/attribute/add/",
    "catalog/collection/",
    "catalog/collection/add/",
    "catalog/taxclass/",
    "inventory/level/",
    "inventory/movement/",
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
FIRST_OF = ["catalog/product/", "inventory/level/", "orders/order/", "pos/till/", "pos/shift/", "kernel/delivery/", "org/user/"]


@pytest.fixture(scope="module")
def office(stack: Stack, browser: Browser) -> Iterator[Page]:
    """Signed in as the owner, in a shop that has sold something."""
    till = TillPage(browser, stack.url).ready(pin=stack.logins["stan"]["pin"], till="Riverside Till 1")
    till.scan(*till.gtins(3))
    till.exact_cash()
    till.sent()
    till.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(LISTEN)
    page = context.new_page()
    page.goto(stack.url + "/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", stack.logins["admin"]["password"])
    page.keyboard.press("Enter")
    page.get_by_text("Needs attention").wait_for()
    yield page
    context.close()


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
    office.goto(f"{stack.url}/admin/{path}")
    href = office.locator("tbody a[href]").first.get_attribute("href")
    assert href
    url = stack.url + href if href.startswith("/") else f"{stack.url}/admin/{path}{href}"
    assert faults(office, url) == []
    assert axe_findings(office) == []


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
