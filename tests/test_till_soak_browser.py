"""A till that sells all day: its memory stays what it was, and every sale is with the server once."""

import json

import pytest

from bench.till import Memory, soaked
from tests.till import TillPage

pytestmark = [pytest.mark.browser, pytest.mark.long]

SALES = 500
COUNT = "from pos.models import JournalEntry; print(JournalEntry.objects.filter(id__in={ids}, posting='posted').count())"


def test_five_hundred_sales_leave_memory_as_it_was_and_are_at_the_server_once(stack, browser):
    till = TillPage(browser, stack.url)
    till.ready(pin=stack.logins["carla"]["pin"])
    # By then the page has all its parts and the browser its lists of what was asked for: they fill up once.
    begun, ended = soaked(till, till.gtins(12), SALES, Memory(till.page), first=250)
    assert ended < begun * 1.05
    till.sent()
    entries = till.entries()
    texts = [json.loads(entry["text"]) for entry in entries]
    assert [text["seq"] for text in texts] == list(range(1, SALES + 2))
    assert {entry["result"] for entry in entries} == {"accepted"}
    ids = [entry["id"] for entry in entries if entry["kind"] == "sale"]
    assert len(set(ids)) == SALES
    stack.wait(
        lambda: stack.manage("shell", "-v", "0", "-c", COUNT.format(ids=ids)).strip() == str(SALES), what="every sale to be posted", seconds=120
    )
    till.close()
