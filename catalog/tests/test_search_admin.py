"""Synonyms, pinned results and the report of misses, as staff keep them."""

import pytest
from django.urls import reverse

from catalog import search
from catalog.documents import Sight
from catalog.models import SearchMiss, SearchPin, Synonym
from catalog.services import searching
from catalog.tests.search_shop import NOW, open_search_shop
from kernel.errors import Refused
from org.tests.cast import hire

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return open_search_shop()


@pytest.fixture
def mary(client):
    user = hire("mary", "merchandiser")
    client.force_login(user)
    return user


def test_synonyms_are_kept_as_search_reads_them(shop):
    made = searching.create_synonym(words=["Käse ", "Cheese", "cheese", ""], actor=None)
    assert made.words == ["kase", "cheese"]
    shop.add("Cheese")
    assert shop.ask("käse") == ["Cheese"]
    searching.change_synonym(synonym=made.pk, words=["cheese", "fromage"], actor=None)
    assert shop.ask("käse") == []
    assert shop.ask("fromage") == ["Cheese"]
    searching.remove_synonym(synonym=made.pk, actor=None)
    assert shop.ask("fromage") == []


@pytest.mark.parametrize("words", [[], ["one"], ["same", "SAME"], ["!", "?"], ["x" * 40 + " " + "y" * 40, "b"]])
def test_synonyms_are_two_words_at_least(words):
    with pytest.raises(Refused) as refused:
        searching.create_synonym(words=words, actor=None)
    assert refused.value.field == "words"


def test_a_product_is_pinned_once_per_words(shop):
    lamp = shop.add("Lamp")
    made = searching.create_pin(words="Light!", product=lamp.pk, actor=None)
    assert made.words == "light"
    assert shop.ask("LIGHT") == ["Lamp"]
    with pytest.raises(searching.AlreadyPinned):
        searching.create_pin(words="light", product=lamp.pk, actor=None)
    searching.change_pin(pin=made.pk, words="lights", product=lamp.pk, position=2, actor=None)
    assert shop.ask("lights") == ["Lamp"]
    searching.remove_pin(pin=made.pk, actor=None)
    assert shop.ask("lights") == []


def test_what_was_missed_leads_to_a_synonym_or_a_pin_and_leaves_the_report(shop, client, mary):
    shop.add("Lemonade", sku="LEMO-1")
    search.record_miss(words="Fizzy Pop", sight=shop.sight, now=NOW)
    search.record_miss(words="soda", sight=Sight(), now=NOW)
    page = client.get(reverse("admin:catalog_searchmiss_changelist")).content.decode()
    assert "fizzy pop" in page
    assert "Web shop" in page
    assert "Back office" in page
    link = reverse("admin:catalog_synonym_add") + "?words=fizzy+pop"
    assert link.replace("&", "&amp;") in page
    assert 'value="fizzy pop"' in client.get(link).content.decode()
    client.post(reverse("admin:catalog_synonym_add"), {"words": "fizzy pop, lemonade"})
    assert [row.words for row in Synonym.objects.all()] == [["fizzy pop", "lemonade"]]
    client.post(reverse("admin:catalog_searchpin_add"), {"words": "Soda", "wanted": "lemo-1", "position": 0})
    assert [(row.words, row.product.name) for row in SearchPin.objects.all()] == [("soda", "Lemonade")]
    assert not SearchMiss.objects.exists()
    assert shop.ask("fizzy pop") == shop.ask("soda") == ["Lemonade"]


def test_a_product_that_could_be_several_is_asked_for(shop, client, mary):
    shop.add("Red lamp", sku="RED-1")
    shop.add("Blue lamp", sku="BLUE-1")
    page = client.post(reverse("admin:catalog_searchpin_add"), {"words": "light", "wanted": "lamp", "position": 0}).content.decode()
    assert "Red lamp (RED-1)" in page
    assert "Blue lamp (BLUE-1)" in page
    assert not SearchPin.objects.exists()
    client.post(reverse("admin:catalog_searchpin_add"), {"words": "light", "wanted": "blue lamp", "position": 0})
    assert SearchPin.objects.get().product.name == "Blue lamp"


def test_pins_and_synonyms_are_changed_and_removed(shop, client, mary):
    lamp = shop.add("Lamp", sku="LAMP-1")
    pin = searching.create_pin(words="light", product=lamp.pk, actor=None)
    synonym = searching.create_synonym(words=["lamp", "light"], actor=None)
    page = client.get(reverse("admin:catalog_searchpin_change", args=[pin.pk])).content.decode()
    assert 'value="LAMP-1"' in page
    client.post(reverse("admin:catalog_searchpin_change", args=[pin.pk]), {"words": "lights", "wanted": "LAMP-1", "position": 3})
    pin.refresh_from_db()
    assert (pin.words, pin.position) == ("lights", 3)
    client.post(reverse("admin:catalog_synonym_change", args=[synonym.pk]), {"words": "lamp, lantern"})
    synonym.refresh_from_db()
    assert synonym.words == ["lamp", "lantern"]
    client.post(reverse("admin:catalog_synonym_delete", args=[synonym.pk]), {"post": "yes"})
    client.post(reverse("admin:catalog_searchpin_delete", args=[pin.pk]), {"post": "yes"})
    assert not Synonym.objects.exists()
    assert not SearchPin.objects.exists()


def test_a_refused_synonym_is_told_at_its_field(shop, client, mary):
    page = client.post(reverse("admin:catalog_synonym_add"), {"words": "alone"}).content.decode()
    assert "at least two different words" in page


@pytest.mark.parametrize("model", ["synonym", "searchpin", "searchmiss"])
def test_a_viewer_reads_and_a_stranger_does_not(shop, client, model):
    path = reverse(f"admin:catalog_{model}_changelist")
    assert client.get(path).status_code == 302
    search.record_miss(words="soda", sight=shop.sight, now=NOW)
    client.force_login(hire("vera", "viewer"))
    page = client.get(path)
    assert page.status_code == 200
    assert "Make a synonym" not in page.content.decode()
    if model != "searchmiss":
        assert client.post(reverse(f"admin:catalog_{model}_add"), {"words": "a, b"}).status_code == 403


@pytest.mark.parametrize("model", ["synonym", "searchpin", "searchmiss"])
def test_lists_ask_as_much_for_a_hundred_rows_as_for_one(shop, client, mary, model, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    lamp, counts, made = shop.add("Lamp"), [], 0
    for size in (1, 10, 40):
        while made < size:
            made += 1
            searching.create_synonym(words=[f"word{made}", f"term{made}"], actor=None)
            searching.create_pin(words=f"pin{made}", product=lamp.pk, actor=None)
            search.record_miss(words=f"miss {made}x", sight=shop.sight, now=NOW)
        client.get(reverse(f"admin:catalog_{model}_changelist"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(f"admin:catalog_{model}_changelist"))
        counts.append(len(queries))
    assert len(set(counts)) == 1
