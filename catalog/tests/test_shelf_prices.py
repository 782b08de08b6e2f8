"""Cards tell what a variant costs in their channel at that second, and what promotions make of it: as the engine would charge it."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import offers, pricebook, pricing, services, shelf, subscribers
from catalog.documents import Sight
from catalog.models import (
    Card,
    ChannelTax,
    Price,
    PriceEntry,
    PriceList,
    PricePoint,
    Product,
    Promotion,
    ShelfState,
    TaxClass,
    TaxRate,
    TaxZone,
    Variant,
)
from catalog.pricebook import Customer, Place, Wanted, milliseconds
from catalog.queries import asked, products
from catalog.services import price_changes, price_lists, promotions
from catalog.services.price_changes import NewEntry
from catalog.telling import unit_price_of
from catalog.tests.cast import NOW, standard_tax
from catalog.tests.test_shelf import BY_NAME, told
from kernel.models import Message
from org import settings as org_settings
from org.models import Channel
from org.tests.cast import open_shop
from org.tests.doorstep import client_of, graphql, key, rest, statements

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OLGA = uuid4()


@pytest.fixture
def cast(db):
    cast = open_shop()
    for channel in Channel.objects.all():
        shelf.rebuild(channel=channel.id, now=NOW)
    return cast


def tea(sku="TEA", amount=500, currency="EUR", **fields):
    variant = services.NewVariant(sku=sku, prices={currency: amount}, net_content=250_000, net_unit="g")
    tax = TaxClass.objects.first() or standard_tax()
    product = services.create_product(
        **{"name": f"Tea {sku}", "variants": [variant], "tax_class": tax, "status": "active", "now": NOW, "actor": None, **fields}
    )
    shelf.refresh(products=[product.id], now=NOW)
    return product.variants.get()


def listed(code="offers", **fields):
    return PriceList.objects.create(code=code, name=code, currency="EUR", created_at=NOW, **fields)


def enter(price_list, variant, amount, *, start=None, end=None, now=NOW, follow=True, **fields):
    """An entry of hours from NOW on; followed as if it had been told."""
    times = {"starts_at": NOW + start * HOUR if start is not None else None, "ends_at": NOW + end * HOUR if end is not None else None}
    entry = PriceEntry.objects.create(price_list=price_list, variant=variant, amount=amount, live=True, **times, **fields)
    if follow:
        shelf.refresh(products=[variant.product_id], now=now)
    return entry


def promote(code, reward, *, start=None, end=None, columns=None, now=NOW, **rule):
    times = {"starts_at": NOW + start * HOUR if start is not None else None, "ends_at": NOW + end * HOUR if end is not None else None}
    made = {"selection": {"any": {}, "except": {}}, "reward": reward, **rule}
    who = {"made_by": OLGA, "made_at": NOW, "changed_by": OLGA, "changed_at": NOW}
    row = Promotion.objects.create(code=code, name=code.title(), state="approved", rule=made, **times, **who, **(columns or {}))
    shelf.refresh(products=list(Product.objects.values_list("id", flat=True)), now=now)
    return row


def percent(value):
    return {"kind": "percent", "value": value}


def cards(channel, now=NOW):
    return {document["handle"]: document for _, document in shelf.read(selection=BY_NAME, values={}, channel=channel.id, now=now).rows}


def price(channel, now=NOW, handle="tea-tea"):
    return cards(channel, now)[handle]["variants"][0]["prices"][0]


def badges(channel, now=NOW, handle="tea-tea"):
    return [badge["code"] for badge in cards(channel, now)[handle]["badges"]]


def test_a_list_of_the_channel_beats_the_base_price_there_and_nowhere_else(cast):
    enter(listed(channel=cast.web), tea(), 450)
    assert (price(cast.web)["amount"], price(cast.stores)["amount"]) == (450, 500)
    assert Card.objects.get(channel=cast.web).price == 450


def test_prices_of_stores_and_of_customers_are_not_for_cards(cast):
    variant = tea()
    of_store = listed("northside")
    of_store.stores.add(cast.northside)
    for number, price_list in enumerate((of_store, listed("club", customer_group="club"), listed("dollars", priority=5))):
        PriceList.objects.filter(code="dollars").update(currency="USD")
        enter(price_list, variant, 100 + number)
    assert price(cast.web) == {"currency": "EUR", "amount": 500, "formatted": "5.00", "price_quantity": 1000}


def test_a_price_begins_and_ends_to_the_second_for_whoever_reads(cast):
    enter(listed(), tea(), 400, start=1, end=2)
    just_before = NOW + HOUR - timedelta(microseconds=1)
    assert price(cast.web, just_before)["amount"] == 500
    before = ShelfState.objects.get(channel=cast.web).version
    assert price(cast.web, NOW + HOUR)["amount"] == 400
    assert ShelfState.objects.get(channel=cast.web).version == before + 1
    assert price(cast.web, NOW + 2 * HOUR)["amount"] == 500
    assert ShelfState.objects.get(channel=cast.web).next_change_at is None


def test_what_a_list_alone_prices_is_offered_while_it_does(cast):
    variant = tea(currency="USD")
    assert told(cast.web) == []
    enter(listed(channel=cast.web), variant, 300, start=1, end=2)
    assert told(cast.web, NOW + HOUR) == ["Tea TEA"]
    assert told(cast.web, NOW + 2 * HOUR) == []


def test_a_passing_price_tells_what_it_was_and_the_lowest_of_thirty_days_before(cast):
    variant = tea()
    PricePoint.objects.all().delete()
    points = [(40, 450), (20, 480), (3, 500)]
    PricePoint.objects.bulk_create(
        PricePoint(variant=variant, currency="EUR", amount=amount, price_quantity=1000, at=NOW - days * DAY) for days, amount in points
    )
    enter(listed(), variant, 400, start=-24, end=24)
    assert price(cast.web) == {
        "currency": "EUR",
        "amount": 400,
        "formatted": "4.00",
        "price_quantity": 1000,
        "list_amount": 500,
        "list_formatted": "5.00",
        "promotional_amount": None,
        "promotional_formatted": None,
        "promotion": None,
        "breaks": [],
        # That of forty days ago held until twenty days ago.
        "lowest_last_30_days": 450,
        "lowest_last_30_days_formatted": "4.50",
    }
    PricePoint.objects.filter(amount=450).update(at=NOW - 60 * DAY)
    PricePoint.objects.filter(amount=480).update(at=NOW - 45 * DAY)
    shelf.refresh(products=[variant.product_id], now=NOW)
    assert price(cast.web)["lowest_last_30_days"] == 480


def test_a_price_that_stays_is_no_reduction(cast):
    enter(listed(channel=cast.web), tea(), 400, start=-1)
    assert "list_amount" not in price(cast.web)


def test_a_dearer_price_for_a_time_is_no_reduction(cast):
    enter(listed(channel=cast.web), tea(), 600, end=1)
    assert (price(cast.web)["amount"], "list_amount" in price(cast.web)) == (600, False)


def test_quantities_are_told_with_what_they_cost(cast):
    variant, price_list = tea(), listed()
    for quantity, amount in ((6000, 450), (2000, 500), (12_000, 400)):
        enter(price_list, variant, amount, from_quantity=quantity)
    # A list that stands before it from a hundred on.
    enter(listed("bulk", priority=1), variant, 420, from_quantity=100_000)
    told = [(step["from_quantity"], step["amount"], step["formatted"]) for step in price(cast.web)["breaks"]]
    assert told == [(6000, 450, "4.50"), (12_000, 400, "4.00"), (100_000, 420, "4.20")]


def test_lists_are_sorted_and_narrowed_by_what_one_pays(cast):
    tea("A", 500), tea("B", 450)
    sight = Sight(cast.web.id, "EUR")
    promote("half", percent(500_000), selection={"any": {"sku": ["A"]}, "except": {}})
    by_price = products(sight=sight, asked=asked(sort="price", first=5), now=NOW).rows
    assert [document["name"] for _, document in by_price] == ["Tea A", "Tea B"]
    assert len(products(sight=sight, asked=asked(price_to=250, first=5), now=NOW).rows) == 1


def test_a_promotion_puts_its_badge_on_what_it_is_about_while_it_runs(cast):
    tea(), tea("OTHER")
    promote("spring", percent(200_000), start=1, end=2, selection={"any": {"sku": ["TEA"]}, "except": {}})
    assert badges(cast.web) == []
    during = NOW + HOUR
    [badge] = cards(cast.web, during)["tea-tea"]["badges"]
    assert badge == {"code": "spring", "text": "Spring", "kind": "percent", "ends_at": (NOW + 2 * HOUR).isoformat()}
    assert price(cast.web, during)["promotional_amount"] == 400
    assert badges(cast.web, during, "tea-other") == []
    assert "promotion:spring" in Card.objects.get(channel=cast.web, handle="tea-tea").facets
    assert (badges(cast.web, NOW + 2 * HOUR), "promotion" in price(cast.web, NOW + 2 * HOUR)) == ([], False)


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        ({}, {"needs_coupon": True}),
        ({"groups": ["club"]}, {}),
        ({"segments": ["regulars"]}, {}),
        ({"first_order": True}, {}),
        ({"staff": True}, {}),
        ({"channels": ["stores"]}, {}),
        ({"stores": ["northside"]}, {}),
        ({"store_groups": ["big"]}, {}),
        ({"windows": [{"days": [6], "from": 0, "until": 60}]}, {}),
        ({"level": "order"}, {}),
        ({"level": "delivery"}, {}),
        ({}, {"most_uses": 5, "used": 5, "offline": "allow"}),
        ({}, {"budget": 100, "given": 100, "offline": "allow"}),
    ],
)
def test_what_not_everybody_gets_now_is_not_on_a_card(cast, rule, columns):
    tea()
    promote("some", percent(200_000), columns=columns, **rule)
    assert badges(cast.web) == []


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        ({"minimum": {"quantity": 2, "amount": None}}, {}),
        ({"minimum": {"quantity": None, "amount": 100}}, {}),
        ({"needs": [{"selection": {"any": {}, "except": {}}, "quantity": 1, "amount": None, "name": "x"}]}, {}),
        ({"level": "order", "selection": {"any": {"sku": ["TEA"]}, "except": {}}}, {}),
        ({}, {"most_per_customer": 1, "offline": "allow"}),
    ],
)
def test_where_more_is_asked_for_there_is_a_badge_and_no_price(cast, rule, columns):
    tea()
    promote("some", percent(200_000), columns=columns, **rule)
    assert badges(cast.web) == ["some"]
    assert len(price(cast.web)) == 4


def test_a_bundle_is_on_what_fills_its_slots(cast):
    tea(), tea("CUP"), tea("OTHER")
    slots = [{"name": sku, "selection": {"any": {"sku": [sku]}, "except": {}}, "quantity": 1} for sku in ("TEA", "CUP")]
    promote("both", {"kind": "bundle", "slots": slots, "value": 800})
    assert [handle for handle, card in sorted(cards(cast.web).items()) if card["badges"]] == ["tea-cup", "tea-tea"]


def test_a_deposit_is_never_promoted(cast):
    drink, bottle = tea(), tea("BOTTLE", 25)
    services.change_variant(variant=drink.id, fields={"deposit": bottle}, now=NOW, actor=None)
    promote("all", percent(200_000))
    assert (badges(cast.web), badges(cast.web, handle="tea-bottle")) == (["all"], [])
    assert "promotional_amount" not in price(cast.web, handle="tea-bottle")


def test_the_price_of_a_kilogram_is_of_what_one_pays(cast):
    tea()
    promote("half", percent(500_000))
    variant = cards(cast.web)["tea-tea"]["variants"][0]
    assert unit_price_of(variant, "EUR")["formatted"] == "10.00"


def test_staff_see_base_prices(cast):
    enter(listed(), tea(), 400, end=1)
    promote("half", percent(500_000))
    [(_, document)] = products(sight=Sight(), asked=asked(first=5), now=NOW).rows
    assert document["variants"][0]["prices"] == [{"currency": "EUR", "amount": 500, "formatted": "5.00", "price_quantity": 1000}]
    assert document["badges"] == []


def test_a_tax_rate_is_that_of_the_channels_zone_and_changes_with_the_day(cast):
    org_settings.put("shop.timezone", "Europe/Berlin")
    tea()
    zone = TaxZone.objects.create(code="de", name="Germany", country="DE")
    ChannelTax.objects.create(channel=cast.web, zone=zone)
    tax = TaxClass.objects.get()
    first = TaxRate.objects.create(zone=zone, tax_class=tax, rate=160_000, ends_on=date(2026, 11, 23))
    TaxRate.objects.create(zone=zone, tax_class=tax, rate=170_000, starts_on=first.ends_on)
    TaxRate.objects.create(zone=zone, tax_class=tax, code="eco", rate=100_000, compound=True, position=1, starts_on=date(2026, 11, 24))
    shelf.refresh(products=[Product.objects.get().id], now=NOW)

    def rate(channel, now):
        return cards(channel, now)["tea-tea"]["tax_class"]["rate"]

    midnight = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert (rate(cast.web, midnight - timedelta(seconds=1)), rate(cast.web, midnight)) == (160_000, 170_000)
    # Ten percent of what there is with the first tax in it.
    assert rate(cast.web, midnight + DAY) == 170_000 + 117_000
    assert rate(cast.stores, midnight) == 190_000


# What happened is followed


def deliver(aggregate, type):
    subscribers.deliver(list(Message.objects.filter(aggregate_id=aggregate, type=type).order_by("-sequence")[:1]))


def test_prices_brought_in_and_ended_are_followed(cast):
    now = datetime.now(UTC)
    variant, other = tea(), tea("OTHER")
    price_list = price_lists.create_price_list(name="Web", currency="EUR", channel=cast.web.id, now=now, actor=OLGA)
    entries = [NewEntry(variant=variant.id, amount=450), NewEntry(variant=other.id, amount=460, starts_at=now + DAY)]
    change = price_changes.draft_change(price_list=price_list.id, name="Now", entries=entries, now=now, actor=OLGA)
    price_changes.submit_change(change=change.id, now=now, actor=OLGA)
    deliver(price_list.id, "catalog.price_list.changed")
    assert (price(cast.web, now)["amount"], price(cast.web, now, "tea-other")["amount"]) == (450, 500)
    assert ShelfState.objects.get(channel=cast.web).next_change_at == now + DAY
    later = datetime.now(UTC)
    price_changes.end_entries(entries=list(PriceEntry.objects.values_list("id", flat=True)), now=later, actor=OLGA)
    deliver(price_list.id, "catalog.price_list.changed")
    assert price(cast.web, datetime.now(UTC))["amount"] == 500
    assert ShelfState.objects.get(channel=cast.web).next_change_at is None


def test_a_list_of_another_priority_is_followed(cast):
    now = datetime.now(UTC)
    variant = tea()
    lists = [price_lists.create_price_list(name=name, currency="EUR", now=now, actor=OLGA) for name in ("One", "Two")]
    for amount, price_list in zip((450, 440), lists, strict=True):
        change = price_changes.draft_change(
            price_list=price_list.id, name="Now", entries=[NewEntry(variant=variant.id, amount=amount)], now=now, actor=OLGA
        )
        price_changes.submit_change(change=change.id, now=now, actor=OLGA)
        deliver(price_list.id, "catalog.price_list.changed")
    assert price(cast.web, now)["amount"] == 450
    price_lists.change_price_list(price_list=lists[1].id, fields={"priority": 1}, now=now, actor=OLGA)
    deliver(lists[1].id, "catalog.price_list.changed")
    assert price(cast.web, datetime.now(UTC))["amount"] == 440


def test_a_promotion_approved_and_ended_is_followed(cast):
    now = datetime.now(UTC)
    tea(), tea("OTHER")
    values = {"name": "Spring", "rule": {"selection": {"any": {"product": ["tea-tea"]}}, "reward": percent(100_000)}}
    made = promotions.create_promotion(values=values, now=now, actor=OLGA)
    promotions.submit_promotion(promotion=made.id, now=now, actor=OLGA)
    deliver(made.id, "catalog.promotion.changed")
    assert (badges(cast.web, now), badges(cast.web, now, "tea-other")) == (["spring"], [])
    promotions.end_promotion(promotion=made.id, now=datetime.now(UTC), actor=OLGA)
    deliver(made.id, "catalog.promotion.changed")
    assert badges(cast.web, datetime.now(UTC)) == []


@pytest.mark.parametrize("count", [1, 10, 20])
def test_what_begins_is_turned_in_the_same_few_statements_however_much_it_is(cast, count):
    price_list = listed()
    entries = [PriceEntry(price_list=price_list, variant=tea(str(n)), amount=400, live=True, starts_at=NOW + HOUR) for n in range(count)]
    PriceEntry.objects.bulk_create(entries)
    promote("all", percent(100_000), start=1)
    with statements() as seen:
        shelf.turn(channel=cast.web.id, now=NOW + HOUR)
    assert len(seen) == 9
    assert {row["variants"][0]["prices"][0]["promotional_amount"] for row in cards(cast.web, NOW + HOUR).values()} == {360}


# The doors


class Clock(datetime):
    """The clock of both doors, put forward."""

    at = NOW

    @classmethod
    def now(cls, tz=None):
        return cls.at


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr("catalog.api.datetime", Clock)
    monkeypatch.setattr("commerce.graphql.datetime", Clock)
    Clock.at = NOW
    return Clock


FIELDS = "amount listAmount listFormatted promotionalAmount promotionalFormatted promotion lowestLast30Days breaks { fromQuantity amount formatted }"
QUERY = f"{{ products {{ nodes {{ name badges {{ code text kind endsAt }} variants {{ prices {{ {FIELDS} }} }} }} }} }}"
LINES = "{ products { nodes { badges { code text } variants { prices { formatted listFormatted promotionalFormatted } } } } }"


@pytest.mark.parametrize("query", [QUERY, LINES])
def test_no_answer_that_was_kept_outlives_the_second(cast, clock, query):
    enter(listed(), tea(), 400, start=1, end=2)
    promote("half", percent(500_000), start=1, end=2, selection={"any": {"product": ["tea-tea"]}, "except": {}})
    shop = key(cast.web, "catalog:read", kind="publishable")
    first, again = graphql(query, key=shop), graphql(query, key=shop)
    assert first.headers["ETag"] == again.headers["ETag"]
    assert first.json()["data"]["products"]["nodes"][0]["badges"] == []
    clock.at = NOW + HOUR
    during = graphql(query, key=shop)
    assert during.headers["ETag"] != first.headers["ETag"]
    [node] = during.json()["data"]["products"]["nodes"]
    assert node["badges"][0]["code"] == "half"
    told = node["variants"][0]["prices"][0]
    assert told["promotionalFormatted"] == "2.00"
    clock.at = NOW + 2 * HOUR
    assert graphql(query, key=shop).json()["data"]["products"]["nodes"][0]["badges"] == []


def test_rest_tells_the_same_and_asks_again_at_the_second(cast, clock):
    enter(listed(), tea(), 400, start=1, end=2)
    shop = key(cast.web, "catalog:read")
    first = rest("/api/v1/products", key=shop)
    assert first.json()["items"][0]["variants"][0]["prices"][0]["list_amount"] is None
    client = client_of(key=shop)
    seen = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/api/v1/products", headers=seen).status_code == 304
    clock.at = NOW + HOUR
    changed = client.get("/api/v1/products", headers=seen)
    assert changed.status_code == 200
    told = changed.json()["items"][0]["variants"][0]["prices"][0]
    assert (told["amount"], told["list_amount"], told["list_formatted"], told["breaks"]) == (400, 500, "5.00", [])


def test_goods_on_offer_are_found_by_the_promotion(cast, clock):
    tea(), tea("OTHER")
    promote("half", percent(500_000), selection={"any": {"sku": ["TEA"]}, "except": {}})
    shop = key(cast.web, "catalog:read")
    found = graphql('{ products(filter: {promotions: ["half"]}) { nodes { name } facets { code values { code name } } } }', key=shop).json()
    assert found["data"]["products"]["nodes"] == [{"name": "Tea TEA"}]
    assert {"code": "promotion", "values": [{"code": "half", "name": "Half"}]} in found["data"]["products"]["facets"]
    assert len(rest("/api/v1/products", key=shop, promotion="half").json()["items"]) == 1


def test_strangers_see_neither_prices_nor_badges(cast):
    assert graphql(QUERY).status_code == 401


# The engine is right

PLACES = ("", "web", "stores", "northside", "club")
ENTRIES = st.tuples(st.integers(0, 2), st.sampled_from([1000, 1000, 1000, 2000, 6000]), st.integers(1, 900), st.sampled_from([1000, 500, 6000]))
TIMES = st.one_of(st.none(), st.integers(-3, 3))
REWARDS = st.tuples(st.sampled_from(["percent", "amount", "fixed"]), st.integers(1, 999_999), st.integers(1, 900))
SELECTIONS = st.sampled_from(
    [{"any": {}, "except": {}}, {"any": {"sku": ["TEA"]}, "except": {}}, {"any": {"tag": ["loose"], "product": ["tea-tea", "x"]}, "except": {}}]
    + [{"any": {"tag": ["loose", "x"]}, "except": {"sku": ["TEA"]}}, {"any": {"category": ["none"]}, "except": {}}]
    + [{"any": {"tag": ["loose"]}, "except": {"tag": ["x"]}}]
)


def charged(channel, sku, now, quantity):
    place = Place(channel=channel.id, store=None)
    book = pricebook.book(place=place, now=now)
    lines = pricebook.items(book=book, wanted=[Wanted(sku=sku, quantity=quantity)], now=now)
    facts = pricebook.facts(book=book, at=now, customer=Customer(), now=now)
    return pricing.evaluate({"lines": lines, "coupons": [], "charges": []}, book.compiled, facts, milliseconds(now))["lines"][0]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lists=st.lists(st.tuples(st.sampled_from(PLACES), st.integers(-1, 1)), min_size=3, max_size=3),
    entries=st.lists(st.tuples(ENTRIES, TIMES, TIMES), max_size=6),
    reward=REWARDS,
    selection=SELECTIONS,
    combination=st.sampled_from(["exclusive", "best", "stack"]),
    limit=st.sampled_from([None, 100_000]),
)
def test_a_card_tells_what_the_engine_charges_for_one(cast, lists, entries, reward, selection, combination, limit):
    with transaction.atomic():
        variant = tea(tags=["loose"])
        made = []
        for number, (place, priority) in enumerate(lists):
            fields = {"channel": {"web": cast.web, "stores": cast.stores}.get(place), "customer_group": "club" if place == "club" else ""}
            made.append(listed(f"list-{number}", priority=priority, **fields))
            if place == "northside":
                made[-1].stores.add(cast.northside)
        for (which, quantity, amount, price_quantity), start, end in entries:
            known = PriceEntry.objects.filter(price_list=made[which], from_quantity=quantity).exists()
            if not known and (start is None or end is None or start < end):
                enter(
                    made[which], variant, amount, start=start, end=end, from_quantity=quantity, price_quantity=price_quantity, follow=False
                )  # fmt: skip
        kind, share, value = reward
        promote(
            "sale", {"kind": kind, "value": share if kind == "percent" else value}, selection=selection, stack_limit=limit, start=-1, end=2,
            columns={"combination": combination},
        )  # fmt: skip
        for hour in (-2, 1, 3):
            now = NOW + hour * HOUR
            shelf.refresh(products=[variant.product_id], now=now)
            price = cards(cast.web, now)["tea-tea"]["variants"][0]["prices"][0]
            right = charged(cast.web, "TEA", now, 1000)
            assert (price["amount"], price["price_quantity"]) == (right["unit_price"], right["price_quantity"])
            if price["price_quantity"] == 1000:
                paid = price.get("promotional_amount")
                assert (price["amount"] if paid is None else paid) == right["total"]
                assert (paid is None) == (right["total"] == right["list_total"])
            for step in price.get("breaks", ()):
                more = charged(cast.web, "TEA", now, step["from_quantity"])
                assert (step["amount"], step["price_quantity"]) == (more["unit_price"], more["price_quantity"])
        transaction.set_rollback(True)


KINDS = st.sampled_from(["entry", "promotion", "end", "base", "tag", "hour", "archive"])
MOVES = st.lists(st.tuples(KINDS, st.integers(0, 2), st.integers(1, 9)), max_size=10)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_following_and_turning_end_where_rebuilding_does(cast, moves):
    """Whoever only follows what is told, and reads now and then, has the cards of who makes all anew."""
    with transaction.atomic():
        variants = [tea(f"T{number}") for number in range(3)]
        price_list, now = listed(channel=cast.web), NOW
        for place, (move, which, number) in enumerate(moves):
            variant = variants[which]
            touched = [variant.product_id]
            if move == "hour":
                now += number * HOUR
                touched = []
            elif move == "entry":
                start, end = NOW + number * HOUR, NOW + (number + which + 1) * HOUR
                if not PriceEntry.objects.filter(variant=variant, starts_at__lt=end, ends_at__gt=start).exists():
                    PriceEntry.objects.create(price_list=price_list, variant=variant, amount=number, starts_at=start, ends_at=end, live=True)
                touched = []
            elif move == "promotion":
                who = {"made_by": OLGA, "made_at": NOW, "changed_by": OLGA, "changed_at": NOW}
                chosen = [{"sku": [variant.sku]}, {"tag": ["loose"]}, {}][number % 3]
                Promotion.objects.create(
                    code=f"p{place}", name="P", state="approved", **who, starts_at=NOW + number * HOUR, ends_at=NOW + (number + 2) * HOUR,
                    rule={"selection": {"any": chosen, "except": {}}, "reward": percent(number * 10_000)},
                )  # fmt: skip
                touched = subscribers.products_of_promotion(code=f"p{place}", now=now)
            elif move == "end":
                for row in Promotion.objects.filter(state="approved")[:1]:
                    Promotion.objects.filter(pk=row.pk).update(state="ended")
                    touched = subscribers.products_of_promotion(code=row.code, now=now)
            elif move == "base":
                Price.objects.filter(variant=variant).update(amount=number * 100)
            elif move == "tag":
                Product.objects.filter(id=variant.product_id).update(tags=["loose"] if number % 2 else [])
            else:
                Variant.objects.filter(id=variant.id).update(archived_at=NOW if number % 2 else None)
            if move == "entry":
                touched = subscribers.products_of_price_list(price_list=price_list.id, prices=False, since=now, now=now)
            shelf.refresh(products=touched, now=now)
            for channel in Channel.objects.all():
                shelf.standing(channel=channel.id, now=now)
        followed = list(Card.objects.order_by("channel", "product").values())
        moments = dict(ShelfState.objects.values_list("channel", "next_change_at"))
        for channel in Channel.objects.all():
            shelf.rebuild(channel=channel.id, now=now)
        assert list(Card.objects.order_by("channel", "product").values()) == followed
        assert dict(ShelfState.objects.values_list("channel", "next_change_at")) == moments
        transaction.set_rollback(True)


def test_offers_are_found_by_their_rarest_facet():
    rule = {"selection": {"any": {"category": ["a", "b"], "brand": ["x"]}, "except": {}}, "reward": percent(1)}
    assert offers.Offer("p", "P", None, None, "best", False, rule).keys == ["brand:x"]
    everything = {"reward": percent(1)}
    assert offers.Offer("p", "P", None, None, "best", False, everything).keys == [offers.EVERYTHING]
