"""Sales priced at the till: orders keep what was given as it was given; what the sale's own rules say differently is told."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import pricebook, search
from catalog import services as catalog
from catalog.models import Coupon, Promotion, Redemption, StoreTax, TaxClass, TaxRate, TaxZone
from orders.models import Order
from org import settings
from org.tests.doorstep import statements
from pos import services
from pos.models import JournalEntry
from pos.queries import till_of_token
from pos.services import recounting
from pos.tests import offers
from pos.tests.paper_till import id_of


@pytest.fixture
def till(shop):
    settings.put("shop.timezone", "Europe/Berlin")
    search.rebuild()
    till = shop.till()
    till.clock = timezone.now()
    till.open()
    return till


def feed_of(till):
    return till.get("/api/v1/till/catalogue")[1]


def item(feed, sku):
    return next(one for one in feed["items"] if one["sku"] == sku)


def sold(till, rung, feed=None, **changes):
    """The order that came of it, and what people are told about it."""
    feed = feed or feed_of(till)
    rung = [(item(feed, one), 1000, None) if isinstance(one, str) else (item(feed, one[0]), *one[1:], None)[:3] for one in rung]
    entry = till.ring(feed, rung, **changes)
    assert till.deliver()[-1]["status"] == "accepted"
    kept = JournalEntry.objects.get(id=id_of(entry))
    assert kept.posting == "posted", kept.last_error
    return Order.objects.get(id=kept.id), kept.reason


def rewritten(till, change, feed=None, rung=(("OATS-1", 2000),)):
    """A sale whose till counted otherwise."""
    feed = feed or feed_of(till)
    before = (till.seq, till.head, till.receipt, list(till.entries))
    body = json.loads(till.ring(feed, [(item(feed, sku), quantity, None) for sku, quantity in rung])["text"])["body"]
    till.seq, till.head, till.receipt, till.entries = before
    change(body)
    till.receipt += 1
    entry = till.write("sale", body)
    till.deliver()
    return JournalEntry.objects.get(id=id_of(entry))


def test_the_order_has_the_offers_taxes_and_pieces_of_the_sale(till):
    offers.two_for_5(supplier="Kestrel", supplier_share=500_000)
    order, reason = sold(till, [("OATS-1", 3000), "OATS-0"])
    assert reason == ""
    first, second = order.lines.order_by("position")
    assert (first.list_total, first.discount, first.total) == (897, 98, 799)
    assert first.discounts == [{"promotion": "two-for-5", "name": "2 for 5.00", "amount": 98, "supplier_amount": 49}]
    assert first.taxes == [{"code": "vat", "name": "VAT", "rate": 70_000, "amount": first.tax}]
    assert [(run["quantity"], run["total"], run["discount"]) for run in first.allocation] == [(2000, 500, 98), (1000, 299, 0)]
    assert (second.discounts, second.discount, len(second.taxes)) == ([], 0, 1)
    assert (first.extra, order.tax_included, order.total) == ({"price_source": "base"}, True, 948)
    given = Redemption.objects.get()
    assert (given.order, given.amount, given.supplier_amount, given.over) == (order.id, 98, 49, False)


def test_a_price_of_a_list_a_deposit_and_a_sticker_are_posted_as_charged(till, shop):
    offers.list_price("OATS-0", 99)
    offers.product("COLA", 120, deposit=offers.product("DEPOSIT", 25, status="draft"))
    fixed = {"source": "markdown", "code": "2800000000017", "kind": "percent", "value": 300_000}
    order, reason = sold(till, ["OATS-0", ("COLA", 2000), ("OATS-1", 1000, fixed)])
    assert reason == ""
    rows = [(line.sku, line.kind, line.total, line.extra["price_source"]) for line in order.lines.order_by("position")]
    assert rows == [
        ("OATS-0", "goods", 99, "saturday"),
        ("COLA", "goods", 240, "base"),
        ("DEPOSIT", "deposit", 50, "base"),
        ("OATS-1", "goods", 209, "base"),
    ]
    # A sticker is no promotion: nothing is counted.
    assert order.lines.get(sku="OATS-1").discounts[0]["promotion"] == "markdown:2800000000017"
    assert Redemption.objects.count() == 0


@pytest.mark.parametrize(
    "own", [{"price_source": "embedded", "embedded": "2100042005980"}, {"kind": "open", "variant": None, "sku": "", "price_source": "open"}]
)
def test_a_price_of_a_label_or_of_an_open_item_stands_and_no_offer_is_missed(till, own):
    settings.put("till.open_item", {"allowed": True, "most": 1_000, "tax_class": "reduced"})
    offers.two_for_5()
    offers.list_price("OATS-1", 250, code="embedded")

    def own_price(body):
        line = body["lines"][0]
        line |= {"unit_price": 598, "price_quantity": 2000, "list_total": 598, "discount": 0, "total": 598, "tax": 39, "discounts": [], **own}
        line |= {"allocation": [{"quantity": 2000, "total": 598, "discount": 0, "tax": 39}]}
        line["taxes"][0]["amount"] = 39
        body |= {"total": 598, "tax": 39, "promotions": [], "tenders": [{"n": 1, "kind": "cash", "amount": 598, "tendered": 598, "change": 0}]}

    entry = rewritten(till, own_price)
    assert (entry.posting, entry.reason) == ("posted", "")
    line = Order.objects.get().lines.get()
    assert (line.total, line.extra["price_source"], line.variant_id is None) == (598, own["price_source"], own.get("kind") == "open")


def test_what_the_rules_of_its_hour_say_differently_is_told_and_the_sale_stands(till):
    offers.two_for_5()

    def full_price(body):
        line = body["lines"][0]
        line |= {"discount": 0, "total": 598, "tax": 39, "discounts": [], "allocation": [{"quantity": 2000, "total": 598, "discount": 0, "tax": 39}]}
        line["taxes"][0]["amount"] = 39
        body |= {"total": 598, "tax": 39, "promotions": [], "tenders": [{"n": 1, "kind": "cash", "amount": 598, "tendered": 598, "change": 0}]}

    entry = rewritten(till, full_price)
    made = timezone.now().astimezone(pricebook.Clock(shop="Europe/Berlin", place="Europe/Berlin").place)
    assert entry.reason == f"Line 1: charged 5.98, the rules of {made:%H:%M} say 5.00 (2 for 5.00)."
    assert Order.objects.get().total == 598


def test_a_sale_is_judged_by_its_own_rules_and_not_by_those_of_today(till):
    offers.two_for_5()
    feed = feed_of(till)
    Promotion.objects.update(state="ended")
    assert sold(till, [("OATS-1", 2000)], feed)[1] == ""
    # Also by a process that has never seen them.
    recounting.kept.rules.clear()
    assert sold(till, [("OATS-1", 2000)], feed)[1] == ""
    assert "two-for-5" not in json.dumps(feed_of(till)["pricing"])


def test_a_price_that_was_not_that_of_the_moment_is_told(till):
    feed = feed_of(till)
    variant = item(feed, "OATS-1")["id"]
    catalog.set_price(variant=variant, currency="EUR", amount=259, now=timezone.now(), actor=None)
    till.clock = timezone.now() + timedelta(minutes=1)
    assert sold(till, ["OATS-1"], feed)[1] == "Line 1: price 2.99, the catalogue said 2.59 then."
    # Told late it is no mistake: it was the price when it was sold.
    till.clock = timezone.now() - timedelta(minutes=1)
    assert sold(till, ["OATS-0"], feed)[1] == ""


def test_parts_that_do_not_come_to_their_line_are_left_out_and_told(till):
    offers.two_for_5()

    def wrong(body):
        body["lines"][0]["discounts"][0]["amount"] += 1
        body["lines"][0]["taxes"][0]["amount"] += 1
        body["lines"][0]["allocation"][0]["total"] += 1

    entry = rewritten(till, wrong)
    for words in ("its offers come to 0.99, its discount is 0.98", "its taxes come to 0.34, its tax is 0.33", "shared out anew"):
        assert words in entry.reason
    line = Order.objects.get().lines.get()
    assert (line.discounts, line.taxes, line.discount, Redemption.objects.count()) == ([], [], 98, 0)
    assert sum(run["total"] for run in line.allocation) == line.total == 500


def test_tax_on_top_is_sold_and_posted(till, shop):
    from catalog.models import ChannelTax

    zone = TaxZone.objects.create(code="ny", name="New York", country="US")
    for position, (code, rate) in enumerate((("state", 40_000), ("city", 45_000))):
        TaxRate.objects.create(zone=zone, tax_class=TaxClass.objects.get(), code=code, name=code.title(), rate=rate, position=position)
    ChannelTax.objects.create(channel=shop.cast.stores, zone=zone, prices_include_tax=False)
    order, reason = sold(till, [("OATS-0", 2000)])
    assert reason == ""
    assert (order.tax_included, order.total, order.tax) == (False, 298 + 25, 25)
    assert [(tax["code"], tax["amount"]) for tax in order.lines.get().taxes] == [("state", 12), ("city", 13)]
    assert StoreTax.objects.count() == 0


def test_an_offer_beyond_its_limit_stands_and_the_manager_is_told(till):
    offers.two_for_5(most_uses=1, offline="allow")
    feed = feed_of(till)
    assert sold(till, [("OATS-1", 2000)], feed)[1] == ""
    assert sold(till, [("OATS-1", 2000)], feed)[1] == "2 for 5.00 was given beyond its limit."
    assert Promotion.objects.values_list("used", "given").get() == (2, 196)
    assert list(Redemption.objects.order_by("id").values_list("over", flat=True)) == [False, True]


def test_a_coupon_is_used_up_with_the_sale(till):
    promotion = offers.promotion("spring", {"kind": "percent", "value": 100_000}, needs_coupon=True)
    offers.coupon("SPRING", promotion)
    known = {"SPRING": {"promotion": "spring", "refused": ""}}
    order, reason = sold(till, ["OATS-0"], coupons=("SPRING",), known_coupons=known)
    assert (reason, order.lines.get().discount) == ("", 15)
    assert (Coupon.objects.get().used, Redemption.objects.get().coupon_id) == (1, "SPRING")


def test_what_tills_without_a_line_do_not_give_was_given_by_one_that_had_it(till):
    offers.two_for_5(most_uses=9, offline="refuse")
    order, reason = sold(till, [("OATS-1", 2000)], offline=False)
    assert (reason, order.total) == ("", 500)
    order, reason = sold(till, [("OATS-1", 2000)], offline=True)
    assert (reason, order.total) == ("", 598)


def test_rules_of_another_store_and_rules_nobody_knows_are_told(till, shop):
    services.catalogue(till=shop.riverside_till, now=timezone.now())
    from pos.models import PriceSnapshot

    other = PriceSnapshot.objects.get(store=shop.cast.riverside).id
    assert sold(till, ["OATS-0"], snapshot=other)[1] == "It was priced by the rules of another store."
    assert sold(till, ["OATS-0"], snapshot="f" * 64)[1] == "The rules it was priced by are not known here."


def test_a_replay_counts_nothing_twice(till):
    offers.two_for_5()
    sold(till, [("OATS-1", 2000)])
    till.deliver()
    services.retry_posting(ids=list(JournalEntry.objects.values_list("id", flat=True)), actor=None, now=timezone.now())
    assert Promotion.objects.values_list("used", "given").get() == (1, 98)


def test_a_batch_takes_the_statements_of_one(till):
    offers.two_for_5()
    offers.list_price("OATS-0", 99)
    feed = feed_of(till)
    rung = [(item(feed, "OATS-1"), 2000, None), item(feed, "OATS-0"), item(feed, "OATS-2")]
    # The book goes below zero once, which people are told.
    till.ring(feed, rung)
    till.deliver()
    taken = []
    for many in (1, 20):
        entries = [till.ring(feed, rung) for _ in range(many)]
        sealed = [services.Sealed(text=one["text"], hash=one["hash"], signature=one["sig"]) for one in entries]
        services.ingest(epoch=till_of_token(till.token), entries=sealed, now=timezone.now())
        recounting.kept.rules.clear()
        with statements() as seen:
            assert services.post(now=timezone.now()).failed == 0
        taken.append(len(seen))
    assert taken[0] == taken[1]
    assert Redemption.objects.count() == 22


HOSTILE = [
    ("lines", "discounts", "x"),
    ("lines", "discounts", [1]),
    ("lines", "discounts", [{"promotion": "", "amount": 1}]),
    ("lines", "discounts", [{"promotion": "x" * 101, "amount": 1}]),
    ("lines", "discounts", [{"promotion": "a", "amount": -1}]),
    ("lines", "discounts", [{"promotion": "a", "amount": 1.5}]),
    ("lines", "discounts", [{"promotion": "a", "amount": True}]),
    ("lines", "discounts", [{"promotion": "a", "amount": 1, "name": "n" * 201}]),
    ("lines", "taxes", {"a": 1}),
    ("lines", "taxes", [{"code": "vat", "rate": -1, "amount": 1}]),
    ("lines", "taxes", [{"code": "vat", "rate": 2**31, "amount": 1}]),
    ("lines", "allocation", [{"quantity": 0, "total": 1, "discount": 0, "tax": 0}]),
    ("lines", "allocation", [{"quantity": 1000, "total": "1", "discount": 0, "tax": 0}]),
    ("lines", "allocation", [{"quantity": 1000}]),
    ("lines", "parent", 0),
    ("lines", "parent", "1"),
    ("lines", "price_source", 7),
    ("", "snapshot", 7),
    ("", "snapshot", "x" * 65),
    ("", "priced_at", 0),
    ("", "priced_at", "now"),
    ("", "coupons", "SPRING"),
    ("", "coupons", [1]),
    ("", "coupons", ["x" * 101]),
    ("", "promotions", [{"promotion": "a"}]),
    ("", "tax_included", 1),
]


@pytest.mark.parametrize(("where", "name", "value"), HOSTILE, ids=lambda value: str(value)[:30])
def test_what_no_till_writes_is_kept_apart(till, where, name, value):
    def spoil(body):
        (body["lines"][0] if where else body)[name] = value

    entry = rewritten(till, spoil)
    assert entry.state == "quarantined"
    assert entry.reason.startswith(f"unreadable: {'' if isinstance(value, list) else name}")
    assert Order.objects.count() == 0


ODD = [
    ("", "priced_at", 4_102_444_800_000),
    ("", "coupons", ["   ", "x" * 100, "a\u00df"]),
    ("", "promotions", [{"promotion": "nobody", "amount": 2**53 - 1, "supplier_amount": 2**53 - 1}]),
    ("lines", "kind", "riddle"),
    ("lines", "tax_class", "unheard"),
    ("lines", "sku", ""),
    ("lines", "variant", None),
    ("lines", "discounts", []),
    ("lines", "allocation", []),
    ("lines", "allocation", [{"quantity": 1, "total": -5, "discount": 0, "tax": 0}]),
    ("lines", "taxes", [{"code": "x" * 100, "rate": 2**31 - 1, "amount": -(2**53) + 1}]),
]


@pytest.mark.parametrize(("where", "name", "value"), ODD, ids=lambda value: str(value)[:30])
def test_what_only_looks_odd_is_posted_all_the_same(till, where, name, value):
    offers.two_for_5()

    def change(body):
        (body["lines"][0] if where else body)[name] = value

    entry = rewritten(till, change)
    assert (entry.state, entry.posting, entry.last_error) == ("accepted", "posted", "")
    assert Order.objects.get().total == 500
