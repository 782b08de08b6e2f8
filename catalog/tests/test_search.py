"""What is found for what somebody asks, and in which order."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import search
from catalog.documents import Sight
from catalog.models import SearchEntry, SearchMiss, SearchPin, SearchWord, Synonym
from catalog.queries import cursor_of
from catalog.search import choosing
from catalog.tests.search_shop import NOW, open_search_shop, tree
from kernel.errors import Invalid

pytestmark = pytest.mark.django_db
STAFF = Sight()


@pytest.fixture
def shop():
    return open_search_shop()


# Words


def test_all_words_must_be_there(shop):
    shop.add("Green tea with mint")
    shop.add("Black tea")
    shop.add("Mint sweets")
    assert shop.ask("tea mint") == ["Green tea with mint"]
    assert shop.ask("mint TEA") == ["Green tea with mint"]


def test_little_words_need_not_be_there(shop):
    shop.add("Milch mit Honig")
    assert shop.ask("Milch und Honig") == ["Milch mit Honig"]
    assert shop.ask("mit") == ["Milch mit Honig"]


@pytest.mark.parametrize("words", ["Käse", "kase", "KAESE", "käse", "Kase"])
def test_umlauts_are_found_however_they_are_typed(shop, words):
    shop.add("Käse am Stück")
    assert shop.ask(words) == ["Käse am Stück"]


def test_an_umlaut_finds_what_is_written_without(shop):
    shop.add("Weisse Kaese-Stange")
    assert shop.ask("weiße käse") == ["Weisse Kaese-Stange"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Roasted apples", "apple"),
        ("Apple juice", "apples"),
        ("Baking soda for cakes", "cake"),
        ("Gemischte Nüsse", "Nüssen"),
        ("Frische Brote", "Brot"),
        ("Frisches Brot", "Broten"),
        ("Yaourts aux fraises", "yaourt fraise"),
        ("Jus d'orange pressé", "oranges pressées"),
        ("Crème fraîche épaisse", "creme fraiche"),
        ("Œufs frais", "oeuf"),
        ("L'eau minérale", "eau"),
        ("L’eau minérale", "l'eau"),
        ("Lay's Chips", "lays"),
        ("Coca-Cola Zero", "cocacola"),
        ("Coca-Cola Zero", "coca cola"),
        ("Cocacola light", "coca-cola"),
        ("Oats 500 g", "500g"),
        ("Oats 500g", "500 g oats"),
        ("🍎 Äpfel", "🍎"),
        ("🍏🍎 Mix", "🍎"),
        ("緑茶 ティーバッグ", "緑茶"),
        ("緑茶 ティーバッグ", "茶"),
        ("抹茶入り緑茶", "緑茶"),
    ],
)
def test_found(shop, name, words):
    shop.add(name)
    shop.add("Something else")
    assert shop.ask(words) == [name]


def test_the_beginning_of_a_word_is_enough(shop):
    shop.add("Chocolate bar")
    assert shop.ask("choc") == shop.ask("ch") == shop.ask("cho ba") == ["Chocolate bar"]


def test_two_letters_are_a_beginning_only_at_the_end(shop):
    shop.add("Chocolate bar")
    shop.add("Ch tea bar")
    assert shop.ask("ch bar") == ["Ch tea bar"]


def test_brand_category_tags_options_attributes_and_translations_are_words_too(shop):
    drinks, tea = tree("drinks", "tea")
    tea.translations = {"de": {"name": "Teesorten"}}
    tea.save()
    product = shop.add("Morning", brand="Kestrel", category=tea, tags=["fair-trade"], translations={"fr": {"name": "Matin calme"}})
    shop.variant(product, sku="MORN-XL", name="Extra large", options={"Colour": "Crimson"}, price=500)
    shop.keep(product)
    for words in ("kestrel", "drinks", "teesorten", "fair trade", "matin", "crimson", "extra large", "morning kestrel crimson"):
        assert shop.ask(words) == ["Morning"], words


# Order


def test_names_that_begin_with_the_words_come_first_and_short_ones_before_long_ones(shop):
    shop.add("Chocolate with whole milk")
    shop.add("Milk chocolate, a large box")
    shop.add("Milk")
    shop.add("Cereal bar", tags=["milk"])
    assert shop.ask("milk") == ["Milk", "Milk chocolate, a large box", "Chocolate with whole milk", "Cereal bar"]


def test_a_whole_word_comes_before_one_that_only_begins_so(shop):
    shop.add("Red teapot")
    shop.add("Teapot")
    shop.add("Black tea, loose")
    assert shop.ask("tea")[0] == "Black tea, loose"


def test_pinned_products_stand_first_even_without_the_word(shop):
    shop.add("Milk")
    oat = shop.add("Oat drink")
    SearchPin.objects.create(words="milk", product=oat)
    assert shop.ask("MILK") == ["Oat drink", "Milk"]
    assert shop.ask("milk", sort="name") == ["Milk", "Oat drink"]
    assert shop.ask("milk shake") == []


def test_pins_stand_in_their_own_order(shop):
    first, second, third = (shop.add(name) for name in ("Alpha", "Beta", "Gamma"))
    for position, product in enumerate((third, first, second)):
        SearchPin.objects.create(words="greek", product=product, position=position)
    assert shop.ask("greek") == ["Gamma", "Alpha", "Beta"]


def test_a_code_comes_before_everything(shop):
    shop.add("Oats 500", sku="A-1")
    shop.add("Zebra stripes", sku="oats")
    assert shop.ask("oats") == ["Zebra stripes", "Oats 500"]


@pytest.mark.parametrize(("sort", "names"), [("name", "ABC"), ("price", "CBA"), ("-price", "ABC"), ("newest", "CAB")])
def test_lists_and_finds_in_every_order(shop, sort, names):
    shop.add("B thing", price=200)
    shop.add("A thing", price=300)
    shop.add("C thing", price=100)
    assert shop.ask(sort=sort) == [f"{name} thing" for name in names]
    assert shop.ask("thing", sort=sort) == [f"{name} thing" for name in names]


# Codes


@pytest.mark.parametrize("typed", ["4006381333931", "04006381333931", "4 006381 333931", " 4006381333931 "])
def test_a_gtin_is_found_in_every_printed_length(shop, typed):
    shop.add("Pen", gtins=["4006381333931"])
    shop.add("Other", gtins=["4006381333948"])
    assert shop.ask(typed) == ["Pen"]


def test_short_and_long_gtins(shop):
    shop.add("Eight", gtins=["96385074"])
    shop.add("Twelve", gtins=["036000291452"])
    shop.add("Fourteen", gtins=["10012345678902"])
    assert [shop.ask(typed) for typed in ("96385074", "036000291452", "0036000291452", "10012345678902")] == [
        ["Eight"],
        ["Twelve"],
        ["Twelve"],
        ["Fourteen"],
    ]


def test_part_of_a_gtin_from_six_digits(shop):
    shop.add("Pen", gtins=["4006381333931"])
    assert shop.ask("333931") == ["Pen"]
    assert shop.ask("33393") == []


@pytest.mark.parametrize("typed", ["KX-1000-RED", "kx-1000-red", "kx-1000", "X-1000-R", "1000-red", "100", "00-re", "kx1000red"])
def test_a_sku_is_found_by_any_part_of_three_characters(shop, typed):
    shop.add("Lamp", sku="KX-1000-RED")
    shop.add("Chair", sku="CH-2")
    assert shop.ask(typed) == ["Lamp"]


def test_letters_within_a_sku_are_only_looked_for_when_nothing_has_them_as_a_word(shop):
    shop.add("Lamp", sku="XTEAX")
    assert shop.ask("tea") == ["Lamp"]
    shop.add("Black tea")
    assert shop.ask("tea") == ["Black tea"]


# Spelling


@pytest.mark.parametrize(
    ("typed", "meant"), [("choclate", "chocolate"), ("choclate bar", "chocolate bar"), ("mlik", "milk"), ("chcolatte", "chocolate")]
)
def test_a_mistyped_word_is_put_right(shop, typed, meant):
    shop.add("Chocolate bar")
    shop.add("Milk")
    names, _, corrected = shop.page(typed)
    assert names == (["Milk"] if meant == "milk" else ["Chocolate bar"])
    assert corrected == meant


def test_a_word_that_is_there_is_never_corrected(shop):
    shop.add("Malik's salt")
    shop.add("Milk")
    assert shop.page("malik") == (["Malik's salt"], None, None)


def test_two_slips_are_too_many_for_a_short_word(shop):
    shop.add("Milk")
    assert shop.page("mkli") == ([], None, None)


def test_a_correction_that_finds_nothing_with_the_other_words_is_none(shop):
    shop.add("Chocolate bar")
    shop.add("Green tea")
    assert shop.page("choclate tea") == ([], None, None)


# Synonyms


def test_synonyms_find_each_other(shop):
    Synonym.objects.create(words=["soda", "pop", "fizzy drink"])
    shop.add("Lemon soda")
    shop.add("Fizzy orange drink")
    assert sorted(shop.ask("pop")) == ["Fizzy orange drink", "Lemon soda"]
    assert shop.ask("pop lemon") == ["Lemon soda"]
    assert shop.ask("fizzy drink lemon") == ["Lemon soda"]
    assert shop.ask("lemon") == ["Lemon soda"]


# What is not to be seen


def test_what_the_channel_does_not_show_is_not_found_nor_suggested(shop):
    shop.add("Secret kestrel", hidden=True, sku="SECRET-1", gtins=["4006381333931"])
    shop.add("Draft kestrel", status="draft")
    shop.add("Kettle")
    for words in ("secret", "kestrel", "SECRET-1", "4006381333931", "ecret-1"):
        assert shop.ask(words) == [], words
    assert shop.page("kestrle") == ([], None, None)
    assert shop.page("secrat") == ([], None, None)
    assert sorted(shop.ask("kestrel", sight=STAFF)) == ["Draft kestrel", "Secret kestrel"]


def test_a_hidden_word_does_not_stand_in_the_way_of_a_correction(shop):
    shop.add("Mlik of the moon", hidden=True)
    shop.add("Milk")
    assert shop.page("mlik") == (["Milk"], None, "milk")


def test_a_pin_does_not_show_what_is_hidden(shop):
    hidden = shop.add("Secret", hidden=True)
    SearchPin.objects.create(words="milk", product=hidden)
    shop.add("Milk")
    assert shop.ask("milk") == ["Milk"]


def test_staff_see_every_status(shop):
    for status in ("draft", "active", "archived"):
        shop.add(f"Lamp {status}", status=status)
    assert len(shop.ask("lamp", sight=STAFF)) == 3
    assert len(shop.ask(sight=STAFF)) == 3


# Narrowed


def test_filters_and_prices_narrow(shop):
    drinks, tea = tree("drinks", "tea")
    shop.add("Green tea", category=tea, tags=["organic"], price=300)
    shop.add("Black tea", category=tea, price=200)
    shop.add("Lemonade", category=drinks, tags=["organic"], price=100)
    assert shop.ask(filters={"category": ["drinks"]}) == ["Black tea", "Green tea", "Lemonade"]
    assert shop.ask(filters={"category": ["tea"], "tag": ["organic", "vegan"]}) == ["Green tea"]
    assert shop.ask("tea", filters={"tag": ["organic"]}) == ["Green tea"]
    assert shop.ask(price_from=150, price_to=200) == ["Black tea"]
    assert shop.ask("tea", price_from=250) == ["Green tea"]
    assert shop.ask("tea", sight=STAFF, filters={"status": ["active"], "tag": ["organic"]}, price_to=300) == ["Green tea"]


# Harmless


@pytest.mark.parametrize(
    "words",
    ["'", "' | & ! :* <->", "\\", "a\\'b", "!tea", "tea:*", "tea & !milk", "(", "\x00", "tea\x00milk", "%", "_", "%%s", "%(x)s",
     "x" * 10_000, "\ud800",
     "'; drop table catalog_product; --", "a " * 5_000, "{}", "-", "💩" * 500, "=tea", "^tea", "~tea", "tea|milk", '"tea"'],
)  # fmt: skip
@pytest.mark.parametrize("sort", ["", "name", "relevance"])
def test_nothing_somebody_types_does_harm(shop, words, sort):
    shop.add("Tea milk")
    for sight in (shop.sight, STAFF):
        assert shop.ask(words, sight=sight, sort=sort or "") in ([], ["Tea milk"])
        asked = search.Asked(words=words)
        search.total(sight=sight, asked=asked, now=NOW)
        search.facets(sight=sight, asked=asked, now=NOW)
    search.record_miss(words=words, sight=shop.sight, now=NOW)
    list(SearchEntry.objects.filter(pk__in=search.products(words)))


def test_marks_of_the_index_cannot_be_asked_for(shop):
    shop.add("Apples")
    assert shop.ask("=qq") == shop.ask("^qq") == []


# Cursors


SORTS = ["name", "price", "-price", "newest", "relevance"]


@pytest.mark.parametrize("many", [2_000, 3])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("sight", ["shop", "staff"])
def test_pages_follow_each_other_while_products_come_and_go(shop, sort, many, sight, monkeypatch):
    monkeypatch.setattr(choosing, "MANY", many)
    seen_by = shop.sight if sight == "shop" else STAFF
    made = [shop.add(f"{'Milk' if number % 3 else 'Fresh milk'} {number:02}", price=100 + number % 4) for number in range(24)]
    whole = shop.ask("milk", sort=sort, first=100, sight=seen_by)
    assert len(whole) == 24
    seen, after = [], None
    while True:
        names, after, _ = shop.page("milk", sort=sort, first=5, after=after, sight=seen_by)
        seen += names
        if after is None:
            break
        gone = next((product for product in made if product.name not in seen and product.status == "active"), None)
        if gone and len(seen) == 10:
            gone.status = "archived"
            gone.save()
            shop.keep(gone)
            shop.add("Milk that is new", price=103)
    assert len(seen) == len(set(seen))
    kept = [name for name in whole if sight == "staff" or name != gone_name(made)]
    assert [name for name in seen if name != "Milk that is new" and name in kept] == [name for name in kept if name in seen]
    assert set(kept) <= set(seen)


def gone_name(made):
    return next((product.name for product in made if product.status == "archived"), "")


@pytest.mark.parametrize("sort", SORTS[:-1])
def test_lists_without_words_page_too(shop, sort):
    for number in range(12):
        shop.add(f"Thing {number:02}", price=100 + number % 3)
    whole = shop.ask(sort=sort, first=100)
    seen, after = [], None
    while True:
        names, after, _ = shop.page(sort=sort, first=5, after=after)
        seen += names
        if after is None:
            break
    assert seen == whole


def test_a_cursor_of_another_order_is_refused(shop):
    for number in range(3):
        shop.add(f"Milk {number}")
    for sort in SORTS:
        _, after, _ = shop.page("milk", sort=sort, first=1)
        for other in SORTS:
            if other != sort:
                with pytest.raises(Invalid) as refused:
                    shop.page("milk", sort=other, after=after)
                assert refused.value.field == "after"


@pytest.mark.parametrize(
    "after", ["x", "WyJuYW1lIl0", "WyJwcmljZSIsIjk5OTk5OTk5OTk5OTk5OTk5OTk5IiwiMDE5M2YyZGQtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAwIl0"]
)
def test_a_cursor_that_is_not_ours_is_refused(shop, after):
    with pytest.raises(Invalid):
        shop.page(sort="price", after=after)


def test_an_order_nobody_knows_is_refused(shop):
    with pytest.raises(Invalid):
        shop.page("milk", sort="luck")
    with pytest.raises(Invalid):
        shop.page(sort="relevance")


@pytest.mark.parametrize("many", [2_000, 2])
def test_common_words_are_found_in_the_same_sets_either_way(shop, many, monkeypatch):
    monkeypatch.setattr(choosing, "MANY", many)
    names = {shop.add(f"{word} milk {number}").name for number in range(3) for word in ("Fresh", "Milky", "Milk")}
    pinned = shop.add("Oat drink", sku="milk")
    names.add(pinned.name)
    assert shop.ask("milk")[0] == "Oat drink"
    assert set(shop.ask("milk")) == names
    assert set(shop.ask("milk", sight=STAFF)) == names
    assert shop.ask("milk", price_from=1_000) == []


# Kept


def test_words_are_counted_as_products_change(shop):
    milk = shop.add("Fresh milk")
    shop.add("Milk shake")
    assert SearchWord.objects.get(word="milk").products == 2
    milk.name = "Fresh cream"
    milk.save()
    shop.keep(milk)
    assert SearchWord.objects.get(word="milk").products == 1
    assert SearchWord.objects.get(word="cream").products == 1
    assert shop.ask("cream") == ["Fresh cream"]
    assert shop.ask("fresh milk") == []
    counted = dict(SearchWord.objects.filter(products__gt=0).values_list("word", "products"))
    assert search.rebuild() == 2
    assert dict(SearchWord.objects.values_list("word", "products")) == counted


def test_everything_can_be_made_anew(shop):
    shop.add("Fresh milk", tags=["new"])
    before = list(SearchEntry.objects.values_list("product", "document", "codes", "facets"))
    SearchEntry.objects.all().delete()
    SearchWord.objects.all().delete()
    search.rebuild()
    assert list(SearchEntry.objects.values_list("product", "document", "codes", "facets")) == before
    assert shop.ask("milk") == ["Fresh milk"]


def test_as_many_statements_for_a_hundred_as_for_one(shop):
    made = [shop.add(f"Thing {number}") for number in range(100)]
    counts = []
    for size in (1, 10, 100):
        with CaptureQueriesContext(connection) as queries:
            search.refresh(products=[product.pk for product in made[:size]])
        counts.append(len(queries))
    assert len(set(counts)) == 1


# Misses


def test_a_miss_is_counted_by_words_and_place(shop):
    for words in ("Zebra  Milk", "zebra milk", "zébra milk"):
        search.record_miss(words=words, sight=shop.sight, now=NOW)
    search.record_miss(words="zebra milk", sight=STAFF, now=NOW)
    assert list(SearchMiss.objects.order_by("times").values_list("words", "times", "channel__code")) == [
        ("zebra milk", 1, None),
        ("zebra milk", 3, "web"),
    ]


def test_barcodes_and_signs_are_no_misses(shop):
    for words in ("4006381333931", "?!", "", "\x00"):
        search.record_miss(words=words, sight=shop.sight, now=NOW)
    assert not SearchMiss.objects.exists()


# Lists of staff


def test_lists_of_staff_find_the_same(shop):
    from catalog.models import Product, Variant

    lamp = shop.add("Lamp", sku="KX-1000", gtins=["4006381333931"], status="draft")
    shop.variant(lamp, sku="KX-2000")
    shop.keep(lamp)
    shop.add("Chair")

    def products(term):
        return list(Product.objects.filter(pk__in=search.products(term)).values_list("name", flat=True))

    def variants(term):
        return sorted(Variant.objects.filter(pk__in=search.variants(term)).values_list("sku", flat=True))

    assert products("lamps") == products("lmap") == products("x-100") == products("4006381333931") == ["Lamp"]
    assert products("?") == variants("?") == []
    assert variants("lamp") == ["KX-1000", "KX-2000"]
    assert variants("kx-1000") == variants("4006381333931") == ["KX-1000"]
    assert [product.name for product in search.best_products("lam", first=5)] == ["Lamp"]


def test_those_still_sold_come_before_those_archived(shop):
    shop.add("Lamp", status="archived", archived_at=NOW)
    shop.add("Red lamp")
    assert [product.name for product in search.best_products("lamp", first=5)] == ["Red lamp", "Lamp"]


def test_a_cursor_is_opaque_text():
    assert cursor_of('["name", "x", "y"]').isascii()
