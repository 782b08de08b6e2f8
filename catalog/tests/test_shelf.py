"""Cards say what the tables say, for each channel what it may see, and the version moves with what a reader could notice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from graphql_relay import to_global_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import documents, services, shelf, subscribers
from catalog.documents import Sight
from catalog.gtin import check_digit, normalise, shown
from catalog.models import Brand, Card, Category, Collection, CollectionProduct, Gtin, Price, Product, Publication, ShelfState, Variant
from catalog.shelf.following import products_of
from catalog.tests.cast import NOW, oats, standard_tax
from catalog.tests.test_services import wait_until_somebody_waits_for_a_lock
from kernel.models import Message
from kernel.money import format_amount
from org.models import Channel
from org.tests.cast import open_shop

LATER = NOW + timedelta(hours=1)
ALL = "select id from catalog_product"
BY_NAME = "select product_id, sort_key as place from catalog_card where channel_id = %(channel)s order by sort_key, product_id"


@pytest.fixture
def cast(db):
    cast = open_shop()
    for channel in Channel.objects.all():
        shelf.rebuild(channel=channel.id, now=NOW)
    return cast


def tea(number=1, **fields):
    tax = fields.pop("tax_class", None) or (standard_tax() if not Product.objects.exists() else Product.objects.first().tax_class)
    currency = fields.pop("currency", "EUR")
    variant = services.NewVariant(sku=f"TEA-{number}", prices={currency: 100 + number})
    return services.create_product(
        **{"name": f"Tea {number}", "variants": [variant], "tax_class": tax, "status": "active", "now": NOW, "actor": None, **fields}
    )


def follow(*products, now=NOW):
    return shelf.refresh(products=[product.id for product in products], now=now)


def told(channel, now=NOW):
    return [document["name"] for _, document in shelf.read(selection=BY_NAME, values={}, channel=channel.id, now=now).rows]


def version(channel):
    return ShelfState.objects.get(channel=channel).version


def test_a_card_is_what_the_tables_say(cast):
    product = oats()
    follow(product)
    card = shelf.read(selection=BY_NAME, values={}, channel=cast.web.id, now=NOW).rows[0][1]
    made = documents.read(ids=ALL, values={}, sight=Sight(cast.web.id, "EUR"), now=NOW)
    assert card == made[product.id]
    assert card["variants"][0]["gtins"] == ["04006381333931"]
    assert card["variants"][0]["prices"] == [{"currency": "EUR", "amount": 149, "formatted": "1.49", "price_quantity": 1000}]


def test_drafts_and_what_has_no_price_in_the_currency_have_no_card(cast):
    follow(tea(1), tea(2, status="draft"), tea(3, currency="USD"))
    assert told(cast.web) == ["Tea 1"]


def test_an_archived_variant_is_not_on_the_card_and_the_last_one_takes_it_away(cast):
    product = tea()
    services.add_variant(product=product.id, variant=services.NewVariant(sku="TEA-BIG", prices={"EUR": 900}), now=NOW, actor=None)
    services.archive_variant(variant=Variant.objects.get(sku="TEA-1").id, now=NOW, actor=None)
    follow(product)
    assert Card.objects.get(channel=cast.web).price == 900
    Price.objects.all().delete()
    follow(product)
    assert told(cast.web) == []


def test_a_window_opens_and_closes_to_the_moment_for_whoever_reads(cast):
    product = tea()
    Publication.objects.create(product=product, channel=cast.web, starts_at=LATER, ends_at=LATER + timedelta(hours=1))
    follow(product)
    just_before = LATER - timedelta(microseconds=1)
    assert (told(cast.web, just_before), told(cast.stores, just_before)) == ([], ["Tea 1"])
    before = version(cast.web)
    assert told(cast.web, LATER) == ["Tea 1"]
    assert version(cast.web) > before
    assert told(cast.web, LATER + timedelta(minutes=59)) == ["Tea 1"]
    assert told(cast.web, LATER + timedelta(hours=1)) == []
    assert ShelfState.objects.get(channel=cast.web).next_change_at is None


def test_the_standing_version_turns_with_the_clock_too(cast):
    product = tea()
    Publication.objects.create(product=product, channel=cast.web, starts_at=LATER)
    follow(product)
    before = shelf.standing(channel=cast.web.id, now=NOW)
    assert shelf.standing(channel=cast.web.id, now=LATER) == before + 1


def test_switched_off_is_off_in_that_channel_alone(cast):
    product = tea()
    Publication.objects.create(product=product, channel=cast.web, offered=False)
    follow(product)
    assert (told(cast.web), told(cast.stores)) == ([], ["Tea 1"])


def test_the_version_moves_with_what_can_be_seen_and_with_nothing_else(cast):
    product = tea()
    follow(product)
    before = version(cast.web)
    Variant.objects.update(reference_cost=50)
    Product.objects.update(updated_at=LATER, source_hash="other")
    assert follow(product) == 0
    assert version(cast.web) == before
    Price.objects.update(amount=250)
    assert follow(product) == 2
    assert version(cast.web) == before + 1


def test_a_rule_finds_its_products_and_a_hand_puts_others(cast):
    drinks = services.create_category(code="drinks", name="Drinks", actor=None)
    teas = services.create_category(code="teas", name="Teas", parent=drinks, actor=None)
    inside, outside = tea(1, category=teas), tea(2)
    Collection.objects.create(code="to-drink", name="To drink", kind="rule", rule={"category": ["drinks", "juices"], "life_cycle": ["active"]})
    Collection.objects.create(code="empty-rule", name="Nothing", kind="rule", rule={})
    gifts = Collection.objects.create(code="gifts", name="Gifts", kind="manual")
    CollectionProduct.objects.create(collection=gifts, product=outside)
    follow(inside, outside)
    facets = {card.handle: set(card.facets) for card in Card.objects.filter(channel=cast.web)}
    assert {"category:drinks", "category:teas", "collection:to-drink", "life_cycle:active"} <= facets["tea-1"]
    assert {facet for facet in facets["tea-2"] if facet.startswith("collection:")} == {"collection:gifts"}
    assert set(products_of(kind="category", code="drinks")) == {inside.id}
    assert set(products_of(kind="collection", code="gifts")) == {outside.id}


def test_a_renamed_brand_is_renamed_on_its_cards(cast):
    product = tea(brand=services.ensure_brand(name="Kestrel", actor=None))
    follow(product)
    Brand.objects.update(name="Kestrel & Sons")
    shelf.refresh(products=products_of(kind="brand", code="kestrel"), now=NOW)
    card = shelf.read(selection=BY_NAME, values={}, channel=cast.web.id, now=NOW).rows[0][1]
    assert (card["brand"], card["brand_code"]) == ("Kestrel & Sons", "kestrel")


def test_rebuilding_gives_the_same_cards_and_moves_the_version(cast):
    follow(*(tea(number) for number in range(5)))
    before, cards = version(cast.web), list(Card.objects.order_by("channel", "product").values())
    assert shelf.rebuild(channel=cast.web.id, now=NOW) == 5
    assert list(Card.objects.order_by("channel", "product").values()) == cards
    assert version(cast.web) > before


def test_a_new_channel_gets_its_shelf(cast):
    follow(tea())
    late = Channel.objects.create(company=cast.company, code="market", name="Market", kind="web", currency="EUR")
    assert shelf.standing(channel=late.id, now=NOW) == -1
    shelf.keep(now=NOW)
    assert told(late) == ["Tea 1"]


@pytest.mark.parametrize("older", ["'1' || substr(body, 2)", "split_part(body, chr(10), 2)"])
def test_cards_of_an_older_release_are_made_anew_once(cast, older, django_assert_num_queries):
    follow(tea())
    cards = list(Card.objects.order_by("channel").values_list("body", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(f"update catalog_card set body = {older} where channel_id = %s", [cast.web.id])
    before = version(cast.web), version(cast.stores)
    shelf.keeping._looked_at.clear()
    shelf.keep(now=NOW)
    assert list(Card.objects.order_by("channel").values_list("body", flat=True)) == cards
    assert version(cast.web) > before[0]
    assert version(cast.stores) == before[1]
    with django_assert_num_queries(3):
        shelf.keep(now=NOW)


def test_one_statement_reads_cards_and_version(cast, django_assert_num_queries):
    follow(*(tea(number) for number in range(12)))
    with django_assert_num_queries(1):
        read = shelf.read(selection=BY_NAME, values={}, channel=cast.web.id, now=NOW)
    assert (len(read.rows), read.version) == (12, version(cast.web))


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["price", "name", "archive", "bring back", "off", "on", "variant", "category"]), st.integers(0, 2), st.integers(1, 9)),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_following_each_change_ends_where_rebuilding_does(cast, actions):
    with transaction.atomic():
        products = [tea(number) for number in range(3)]
        follow(*products)
        shelf_category = Category.objects.create(code="teas", name="Teas")
        for action, which, number in actions:
            product = products[which]
            product.refresh_from_db()
            if action == "price":
                Price.objects.filter(variant__product=product).update(amount=number)
            elif action == "variant" and not Variant.objects.filter(sku=f"NEW-{which}-{number}").exists():
                services.add_variant(
                    product=product.id, variant=services.NewVariant(sku=f"NEW-{which}-{number}", prices={"EUR": number}), now=NOW, actor=None
                )
            elif action in ("off", "on"):
                Publication.objects.update_or_create(product=product, channel=cast.web, defaults={"offered": action == "on"})
            elif action == "category":
                services.change_product(product=product.id, fields={"category": shelf_category}, now=NOW, actor=None)
            elif action in ("archive", "bring back"):
                status = "archived" if action == "archive" else "active"
                services.change_product(product=product.id, fields={"status": status}, now=NOW, actor=None)
            else:
                services.change_product(product=product.id, fields={"name": f"Tea {number}"}, now=NOW, actor=None)
            follow(product)
        followed = list(Card.objects.order_by("channel", "product").values())
        for channel in Channel.objects.all():
            shelf.rebuild(channel=channel.id, now=NOW)
        assert list(Card.objects.order_by("channel", "product").values()) == followed
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_sees_what_the_first_wrote():
    """Two refreshes of one product at once: the later one waits, then reads the newer price."""
    open_shop()
    for channel in Channel.objects.all():
        shelf.rebuild(channel=channel.id, now=NOW)
    product = tea()
    follow(product)

    def second():
        Price.objects.update(amount=777)
        follow(product)
        connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        list(ShelfState.objects.select_for_update())
        other.start()
        wait_until_somebody_waits_for_a_lock()
        # Made with the price of before; the one who waits must not be overtaken by it.
        follow(product)
    other.join()
    assert set(Card.objects.values_list("price", flat=True)) == {777}


def test_a_window_that_passed_unseen_is_turned_with_the_next_change_of_another_product(cast):
    opening, closing, other = tea(1), tea(2), tea(3)
    Publication.objects.create(product=opening, channel=cast.web, starts_at=LATER)
    Publication.objects.create(product=closing, channel=cast.web, ends_at=LATER)
    follow(opening, closing, other)
    assert told(cast.web) == ["Tea 2", "Tea 3"]
    after = LATER + timedelta(seconds=2)
    follow(other, now=after)
    assert told(cast.web, after) == ["Tea 1", "Tea 3"]


def test_a_deposit_that_is_called_otherwise_is_so_on_the_cards_that_charge_it(cast):
    bottle = tea(1)
    held = bottle.variants.get()
    drink = tea(2)
    services.change_variant(variant=drink.variants.get().id, fields={"deposit": held}, now=NOW, actor=None)
    follow(bottle, drink)
    services.change_variant(variant=held.id, fields={"sku": "BOTTLE"}, now=NOW, actor=None)
    subscribers.deliver(list(Message.objects.filter(aggregate_id=bottle.id).order_by("-sequence")[:1]))
    assert '"deposit_sku" : "BOTTLE"' in Card.objects.get(channel=cast.web, product=drink).body


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_a_new_channel_gets_its_shelf_is_waited_for(transactional_db):
    cast = open_shop()
    late = tea(2, status="draft")
    begun = threading.Event()
    go_on = threading.Event()

    def hold(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if "status = 'active' order by id" in sql:
            begun.set()
            go_on.wait(10)
        return answer

    def build():
        try:
            with connection.execute_wrapper(hold):
                shelf.rebuild(channel=cast.web.id, now=NOW)
        finally:
            connection.close()

    def refresh():
        try:
            follow(late)
        finally:
            connection.close()

    building = threading.Thread(target=build)
    building.start()
    assert begun.wait(10)
    services.change_product(product=late.id, fields={"status": "active"}, now=NOW, actor=None)
    refreshing = threading.Thread(target=refresh)
    refreshing.start()
    refreshing.join(0.3)
    go_on.set()
    building.join(10)
    refreshing.join(10)
    assert told(cast.web) == ["Tea 2"]


def test_a_shelf_that_is_not_built_yet_is_none(cast):
    ShelfState.objects.filter(channel=cast.web).update(rebuilt_at=None)
    assert shelf.standing(channel=cast.web.id, now=NOW) == -1
    assert shelf.read(selection=BY_NAME, values={}, channel=cast.web.id, now=NOW).version == -1


@pytest.mark.parametrize(
    ("currency", "amount", "formatted"),
    [
        *(("EUR", 149, "1.49"), ("EUR", 5, "0.05"), ("EUR", 0, "0.00"), ("EUR", 10**12, "10000000000.00")),
        *(("JPY", 149, "149"), ("KWD", 1005, "1.005"), ("CLF", 20_003, "2.0003")),
    ],
)
def test_a_price_stands_ready_as_money_writes_it(cast, currency, amount, formatted):
    product = tea(currency=currency)
    Price.objects.update(amount=amount)
    [price] = documents.read(ids=ALL, values={}, sight=Sight(), now=NOW)[product.id]["variants"][0]["prices"]
    assert price["formatted"] == formatted == format_amount(amount, currency)


@given(digits=st.sampled_from([8, 12, 13, 14]).flatmap(lambda length: st.integers(10 ** (length - 2), 10 ** (length - 1) - 1)))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_codes_and_ids_stand_ready_as_they_are_written_outside(cast, digits):
    with transaction.atomic():
        product = tea()
        variant = Variant.objects.get()
        code = normalise(f"{digits}{check_digit(str(digits))}")
        Gtin.objects.create(gtin=code, variant=variant)
        told = documents.read(ids=ALL, values={}, sight=Sight(), now=NOW)[product.id]
        assert told["variants"][0]["codes"] == [shown(code)]
        assert told["global_id"] == to_global_id("Product", product.id)
        assert told["variants"][0]["global_id"] == to_global_id("Variant", variant.id)
        transaction.set_rollback(True)
