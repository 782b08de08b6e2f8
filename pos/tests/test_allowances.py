"""What was done above a cashier's limit without a manager's word is told to the manager; the sale stands as it was made."""

import json

import pytest

from orders.models import Order
from org import settings
from org.tests.doorstep import client_of, statements
from pos.models import JournalEntry, Shift, SyncNote
from pos.tests.test_drawer import move


@pytest.fixture
def till(shop):
    settings.put("till.open_item", {"allowed": True, "most": 2_000, "tax_class": "reduced"}, store=shop.cast.northside)
    settings.put("till.cash_limit", 5_000, store=shop.cast.northside)
    till = shop.till()
    till.open()
    return till


def opened(till, shop, price, **more):
    line = till.goods(shop.items[0])
    return {
        **line,
        "kind": "open",
        "variant": None,
        "sku": "",
        "name": "Basket",
        "unit_price": price,
        "list_total": price,
        "total": price,
        "tax": 0,
        **more,
    }


def reduced(till, shop, off, **more):
    line = till.goods(shop.items[1])
    total = line["list_total"] - off
    return {**line, "discount": off, "total": total, "tax": 0, "discounts": [{"promotion": "manual", "name": "By hand", "amount": off}], **more}


def word(shop, kind, amount=None, who="mia"):
    return {"kind": kind, "by": str(getattr(shop.cast, who).pk), "at_ms": 1, **({} if amount is None else {"amount": amount})}


def sold(till, *lines, approvals=(), cashier=None):
    entry = till.sell(list(lines))
    if approvals or cashier:
        till.entries.pop()
        fields = json.loads(entry["text"])
        fields |= {"approvals": list(approvals), **({"cashier": str(cashier)} if cashier else {})}
        till.seq, till.head = fields["seq"], fields["prev"]
        entry = till.seal(json.dumps(fields, separators=(",", ":")))
        till.head = entry["hash"]
        till.entries.append(entry)
    till.deliver()


def told():
    return [(note.facts["what"], note.facts["given"]) for note in SyncNote.objects.filter(kind="limit").order_by("about")]


def test_an_open_item_above_the_limit_without_a_word_is_told_and_stands(shop, till):
    sold(till, opened(till, shop, 2_000))
    assert told() == []
    sold(till, opened(till, shop, 2_001))
    assert told() == [("open_item", 2_001)]
    assert list(Order.objects.order_by("number").values_list("total", flat=True)) == [2_000, 2_001]
    assert set(JournalEntry.objects.values_list("posting", flat=True)) <= {"posted", "none"}
    note = SyncNote.objects.get(kind="limit")
    assert (note.facts["receipt"], note.facts["cashier"], note.closed_at) == ("1-1-0002", str(till.cashier), None)


@pytest.mark.parametrize(
    ("kind", "amount", "who", "enough"),
    [
        ("open_item", 9_000, "mia", True),
        ("open_item", 9_000, "olga", True),
        ("open_item", None, "mia", True),
        ("open_item", 8_999, "mia", False),
        ("cash", 9_000, "mia", False),
        ("open_item", 9_000, "carla", False),
        ("open_item", 9_000, "stan", False),
    ],
)
def test_only_the_word_of_somebody_who_manages_this_store_counts_for_what_it_says(shop, till, kind, amount, who, enough):
    sold(till, opened(till, shop, 9_000), approvals=[word(shop, kind, amount, who)])
    assert told() == ([] if enough else [("open_item", 9_000)])


def test_nobody_allows_themselves_an_open_item_but_a_manager_may_take_something_off(shop, till):
    sold(till, opened(till, shop, 9_000), approvals=[word(shop, "open_item", 9_000)], cashier=shop.cast.mia.pk)
    assert told() == [("open_item", 9_000)]
    sold(till, reduced(till, shop, 100), cashier=shop.cast.mia.pk)
    assert len(told()) == 1


def test_a_reduction_by_hand_is_told_above_the_stores_limit(shop, till):
    sold(till, reduced(till, shop, 100))
    assert told() == [("discount", 100)]
    assert SyncNote.objects.get(kind="limit").amount == -100
    settings.put("till.discount_limit", 100, store=shop.cast.northside)
    sold(till, reduced(till, shop, 100))
    sold(till, reduced(till, shop, 101), approvals=[word(shop, "discount")])
    assert len(told()) == 1


def test_what_is_taken_off_by_no_offer_is_by_hand_and_an_offers_is_not(shop, till):
    sold(till, reduced(till, shop, 50, discounts=[]))
    sold(till, reduced(till, shop, 60, discounts=[{"promotion": "two-for-one", "name": "Two for one", "amount": 60}]))
    sold(till, reduced(till, shop, 70, discounts=[{"promotion": "markdown:aa", "name": "Sticker", "amount": 70}]))
    assert told() == [("discount", 50)]


def test_a_price_set_by_hand_wants_a_word(shop, till):
    sold(till, till.goods(shop.items[0], price_source="manual", unit_price=1, list_total=1, total=1, tax=0))
    sold(till, till.goods(shop.items[0], price_source="manual"), approvals=[word(shop, "price")])
    assert [what for what, _ in told()] == ["price"]


@pytest.mark.parametrize("kind", ["cash_in", "cash_out", "payout"])
def test_cash_above_the_limit_wants_another_ones_word(shop, till, kind):
    move(till, kind, 5_000)
    move(till, kind, 5_001)
    move(till, kind, 6_000, by=shop.cast.mia)
    till.deliver()
    assert [(note.facts["what"], note.facts["given"], note.facts["entry_kind"]) for note in SyncNote.objects.filter(kind="limit")] == [
        ("cash", 5_001, kind)
    ]


def test_the_safe_and_the_open_drawer_have_no_limit(shop, till):
    move(till, "safe_drop", 90_000)
    move(till, "no_sale", 0)
    till.deliver()
    assert told() == []


@pytest.mark.parametrize("approvals", [["mia"], [None], [{"by": 3}], [{"kind": [], "by": "x"}], [{}] * 60, [[]]])
def test_approvals_that_cannot_be_read_are_no_word_and_stop_nothing(shop, till, approvals):
    sold(till, opened(till, shop, 9_000), approvals=approvals)
    assert told() == [("open_item", 9_000)]
    assert not JournalEntry.objects.filter(posting__in=["pending", "failed"]).exists()


def closed(till, shop, counted, approvals=(), **says):
    """The till says what it likes of the difference; we count ourselves."""
    body = {"currency": "EUR", "counted": counted, "denominations": {}, "head": till.head, **says}
    till.write("session_close", body, approvals=list(approvals))
    till.deliver()


@pytest.mark.parametrize(
    ("off", "approved", "enough"),
    [
        (500, None, True),
        (-500, None, True),
        (501, None, False),
        (-501, None, False),
        (-900, ("variance", -900, "mia"), True),
        (900, ("variance", None, "mia"), True),
        (-900, ("variance", -899, "mia"), False),
        (-900, ("cash", -900, "mia"), False),
        (-900, ("variance", -900, "carla"), False),
        (-900, ("variance", -900, "stan"), False),
    ],
)
def test_a_drawer_that_is_off_above_the_stores_limit_wants_another_ones_word(shop, till, off, approved, enough):
    sold(till, till.goods(shop.items[0]))
    in_it = 15_000 + Order.objects.get().total
    kind, amount, who = approved or ("", None, "")
    closed(till, shop, in_it + off, [word(shop, kind, amount, who)] if approved else [], expected=in_it + off)
    assert told() == ([] if enough else [("drawer_short" if off < 0 else "drawer_over", abs(off))])
    assert [note.amount for note in SyncNote.objects.filter(kind="limit")] == ([] if enough else [off])
    assert Shift.objects.get().final_at


@pytest.mark.parametrize(("cashier", "enough"), [("mia", False), ("carla", True)])
def test_nobody_allows_their_own_drawer(shop, till, cashier, enough):
    till.cashier = getattr(shop.cast, cashier).pk
    closed(till, shop, 14_000, [word(shop, "variance", -1_000)])
    assert told() == ([] if enough else [("drawer_short", 1_000)])


def test_a_drawer_is_judged_once_all_of_its_shift_is_here(shop, till):
    till.deliver()
    till.entries.clear()
    sale = till.sell([till.goods(shop.items[0])])
    till.entries.clear()
    closed(till, shop, 14_000)
    assert (Shift.objects.get().counted, Shift.objects.get().final_at, told()) == (14_000, None, [])
    till.deliver([sale])
    assert told() == [("drawer_short", 1_000 + Order.objects.get().total)]
    till.deliver([sale])
    assert len(told()) == 1
    page = client_of(user=shop.cast.mia).get(f"/admin/pos/syncnote/{SyncNote.objects.get(kind='limit').pk}/change/").content.decode()
    for words in (
        "No manager allowed it",
        "The drawer was short by 11.49 at the close",
        "Carla closed a shift on",
        "11.49, unless it is found.",
        "Keep as it is",
    ):
        assert words in page


def test_the_same_again_is_one_note(shop, till):
    sold(till, opened(till, shop, 9_000))
    till.deliver()
    assert len(told()) == 1


def test_the_note_says_it_in_words_and_offers_to_ask(shop, till):
    sold(till, opened(till, shop, 9_000))
    note = SyncNote.objects.get(kind="limit")
    page = client_of(user=shop.cast.mia).get(f"/admin/pos/syncnote/{note.pk}/change/").content.decode()
    for words in ("Basket was sold as an open item for 90.00, and no manager allowed it", "above what a cashier may alone", "Ask Carla about it"):
        assert words in page


def test_many_cost_the_statements_of_one(shop, till):
    till.deliver()

    def cost(many):
        for _ in range(many):
            till.sell([opened(till, shop, 9_000)])
        with statements() as seen:
            till.deliver(till.entries[-many:])
        return len(seen)

    cost(1)
    assert cost(2) == cost(20)
