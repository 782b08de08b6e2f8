"""A text nested deeper than Python goes: it is kept apart, and its neighbours get through."""

import pytest

from orders.models import Order


def write_nested(till, levels):
    """A properly sealed entry; the escape makes the card number check look at every part of it."""
    till.write("x_report", {})
    body = '{"a":' * levels + '"\\u00e9"' + "}" * levels
    entry = till.seal(till.entries[-1]["text"].replace('"body":{}', f'"body":{body}'))
    till.entries[-1], till.head = entry, entry["hash"]


@pytest.mark.parametrize("levels", [1000, 1020, 2000])
def test_a_deeply_nested_entry_does_not_stop_its_neighbours(shop, levels):
    till = shop.till()
    till.open()
    write_nested(till, levels)
    till.sell([till.goods(shop.items[0], 1)])
    results = till.deliver()
    assert [result["status"] for result in results] == ["accepted", "quarantined", "accepted"]
    assert results[1]["reason"].startswith("unreadable: ")
    assert Order.objects.count() == 1
