"""The product page: an overview and tabs, each one form that is saved as a whole or tells what is wrong where it is wrong."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from backoffice.tests import shop as house
from catalog import services
from catalog.models import Attribute, Collection, Price, Product, ProductType, Publication, StoreRange, TypeAttribute
from kernel.models import Message
from org import services as org
from org.tests.doorstep import statements

TABS = ["overview", "details", "variants", "pictures", "translations", "search"]


@pytest.fixture
def coffee(shop: house.Shop, moment: Any) -> Product:
    """Four flavours in two sizes, one of them never made."""
    made = []
    for number, (flavour, size) in enumerate((f, s) for f in ("Original", "Oat latte", "Mocha", "Vanilla") for s in ("250 ml can", "1 l bottle")):
        if (flavour, size) != ("Vanilla", "1 l bottle"):
            options, content = {"Flavour": flavour, "Size": size}, (250_000 if "can" in size else None)
            given = {"net_content": content, "net_unit": "ml"} if content else {}
            made.append(services.NewVariant(sku=f"CB-{number}", name=f"{flavour} {size}", options=options, prices={"EUR": 320 + number}, **given))
    category = services.ensure_category(name="Drinks", actor=None)
    return services.create_product(
        name="Cold brew coffee", tax_class=shop.food, category=category, variants=made, status="draft", now=moment, actor=shop.owner.pk
    )


def address(product: Product, tab: str = "overview", **query: Any) -> str:
    return f"/admin/catalog/product/{product.pk}/change/?tab={tab}" + "".join(f"&{name}={value}" for name, value in query.items())


def form_of(page: str) -> dict[str, Any]:
    """What a browser without scripts would send back: the values as the page showed them."""
    was = json.loads(html.unescape(re.search(r'id="was" value="([^"]*)"', page)[1]))  # type: ignore[index]
    read_at = re.search(r'name="read_at" value="([^"]*)"', page)[1]  # type: ignore[index]
    sent = {name: "on" if value is True else value for name, value in was.items() if value is not False}
    return {**sent, "was": json.dumps(was), "read_at": html.unescape(read_at)}


def save(client: Client, url: str, **typed: Any) -> Any:
    page = client.get(url).content.decode()
    form = {**form_of(page), **typed}
    return client.post(url, {name: value for name, value in form.items() if value is not None})


def test_every_tab_shows(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    for tab in TABS:
        answer = signed_in(shop.owner).get(address(coffee, tab))
        assert answer.status_code == 200
        assert "Cold brew coffee" in answer.content.decode()


def test_variants_stand_with_one_option_down_and_the_other_across(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    grid = signed_in(shop.owner).get(address(coffee)).context["grid"]
    assert (grid.down, grid.across_name, grid.across) == ("Flavour", "Size", ["250 ml can", "1 l bottle"])
    assert [line.head for line in grid.lines] == ["Original", "Oat latte", "Mocha", "Vanilla"]
    never = grid.lines[3].cells[1]
    assert never.variant is None
    assert never.link.startswith("?tab=variants&add=1&option.Flavour=Vanilla&option.Size=1+l+bottle")


def test_what_a_variant_lacks_is_a_link_to_its_field(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    answer = client.get(address(coffee))
    lacking = next(variant for variant in coffee.variants.all() if variant.net_content is None)
    link = f"?tab=variants#f-{lacking.pk}-net_content"
    assert link in html.unescape(answer.content.decode())
    assert f'id="f-{lacking.pk}-net_content"' in client.get(address(coffee, "variants")).content.decode()


def test_every_link_of_the_checklist_leads_to_a_field_that_is_there(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    kind = ProductType.objects.create(code="drink", name="Drink")
    for code, sort in (("allergens", "multi_choice"), ("origin", "text")):
        fact = Attribute.objects.create(code=code, name=code.title(), kind=sort)
        TypeAttribute.objects.create(type=kind, attribute=fact, required=True)
    org.create_channel(company=shop.company, code="web", name="Web shop", kind="web")
    Product.objects.filter(pk=coffee.pk).update(type=kind)
    client = signed_in(shop.owner)
    links = {link.link for entry in client.get(address(coffee)).context["missing"].entries for link in entry.links}
    assert {link.partition("#")[0].partition("&")[0] for link in links} == {"?tab=details", "?tab=variants", "?tab=pictures"}
    for link in links:
        where, _hash, anchor = link.partition("#")
        page = client.get(f"/admin/catalog/product/{coffee.pk}/change/{where}").content.decode()
        assert f'id="{anchor}"' in page, link


def test_details_are_saved_and_only_what_was_typed_over(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    answer = save(signed_in(shop.owner), address(coffee, "details"), name="Cold brew", tags="Vegan, cold", age_limit="16", tracks_lots="on")
    coffee.refresh_from_db()
    assert answer.status_code == 302
    assert (coffee.name, coffee.tags, coffee.age_limit, coffee.tracks_lots) == ("Cold brew", ["cold", "vegan"], 16, True)
    assert set(coffee.revisions.order_by("id").last().fields) == {"name", "tags", "age_limit", "tracks_lots"}  # type: ignore[union-attr]


def test_saving_without_a_change_changes_nothing(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    before = coffee.revisions.count()
    for tab in TABS:
        assert save(signed_in(shop.owner), address(coffee, tab)).status_code == 302, tab
    assert coffee.revisions.count() == before


@pytest.mark.parametrize(
    ("tab", "field", "typed", "told"),
    [
        ("details", "name", "", "required"),
        ("details", "age_limit", "old", "whole number"),
        ("search", "handle", "", "required"),
        ("search", "handle", "a b", "slug"),
    ],
)
def test_what_is_wrong_stands_at_its_field(tab: str, field: str, typed: str, told: str, coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    answer = save(signed_in(shop.owner), address(coffee, tab), **{field: typed})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing is saved yet" in page
    assert told in re.search(rf'id="f-{field}-error">(.*?)</span>', page, re.S)[1]  # type: ignore[index]


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("price-EUR", "1,234.5", "not an amount"),
        ("price-EUR", "-1", "not an amount"),
        ("net_content", "500", "Needs a unit, for example 500 g"),
        ("net_content", "a lot", "number and its unit"),
        ("gtins", "4000000000001", "check digit"),
        ("sku", "", "required"),
        ("sku", "CB-1", "Another variant has the SKU"),
        ("deposit", "NO-SUCH", "no variant with the SKU"),
    ],
)
def test_a_bad_cell_of_a_variant_is_told_at_the_cell(field: str, typed: str, told: str, coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    variant = coffee.variants.order_by("position")[0]
    answer = save(signed_in(shop.owner), address(coffee, "variants"), **{f"{variant.pk}-{field}": typed, f"{variant.pk}-name": "New name"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert told in re.search(rf'id="f-{variant.pk}-{field}-error">(.*?)</span>', page, re.S)[1]  # type: ignore[index]
    variant.refresh_from_db()
    assert variant.name == "Original 250 ml can"


@pytest.mark.parametrize(("typed", "amount"), [("2.80", 280), ("2,8", 280), ("3", 300), ("1234567", 123456700)])
def test_a_price_is_typed_as_people_write_it(typed: str, amount: int, coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    variant = coffee.variants.order_by("position")[0]
    assert save(signed_in(shop.owner), address(coffee, "variants"), **{f"{variant.pk}-price-EUR": typed}).status_code == 302
    assert variant.prices.get().amount == amount


def test_a_variant_is_changed_with_its_codes_options_content_and_prices(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    variant, bottle = coffee.variants.order_by("position")[:2]
    typed = {"sku": "CB-X", "gtins": house.gtin(9), "net_content": "0,25 l", "reference_cost": "1.10", "deposit": bottle.sku, "option-1": "Can"}
    save(signed_in(shop.owner), address(coffee, "variants"), **{f"{variant.pk}-{name}": value for name, value in typed.items()})
    variant.refresh_from_db()
    assert (variant.sku, variant.net_content, variant.net_unit, variant.reference_cost, variant.deposit) == ("CB-X", 250, "l", 110, bottle)
    assert variant.options == {"Flavour": "Original", "Size": "Can"}
    assert variant.gtins.get().gtin == house.gtin(9).zfill(14)


def test_what_is_saved_together_is_one_change(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    told = Message.objects.count(), coffee.revisions.count()
    first, second = coffee.variants.order_by("position")[:2]
    typed = {f"{first.pk}-price-EUR": "1.00", f"{first.pk}-name": "One", f"{second.pk}-price-EUR": "2.00", f"{second.pk}-gtins": house.gtin(4)}
    save(signed_in(shop.owner), address(coffee, "variants"), **typed)
    assert (Message.objects.count(), coffee.revisions.count()) == (told[0] + 1, told[1] + 1)
    assert len(coffee.revisions.order_by("id").last().fields) == 4  # type: ignore[union-attr]


def test_what_cannot_be_saved_as_a_whole_is_not_saved_in_part(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    before = coffee.revisions.count()
    first, second = coffee.variants.order_by("position")[:2]
    typed = {f"{first.pk}-price-EUR": "1.00", f"{second.pk}-sku": first.sku}
    assert save(signed_in(shop.owner), address(coffee, "variants"), **typed).status_code == 200
    assert (coffee.revisions.count(), first.prices.get().amount) == (before, 320)


def test_a_variant_that_was_never_made_is_added_from_its_place(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    link = client.get(address(coffee)).context["grid"].lines[3].cells[1].link.partition("#")[0]
    save(client, f"/admin/catalog/product/{coffee.pk}/change/{link}", **{"new-sku": "CB-V1", "new-price-EUR": "9.90"})
    made = coffee.variants.get(sku="CB-V1")
    assert (made.options, made.prices.get().amount) == ({"Flavour": "Vanilla", "Size": "1 l bottle"}, 990)


def test_a_variant_goes_and_comes_back(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client, variant = signed_in(shop.owner), coffee.variants.order_by("position")[0]
    for doing, gone in (("archive", True), ("restore", False)):
        client.post(f"/admin/catalog/product/{coffee.pk}/variants/{variant.pk}/{doing}/", {"tab": "variants"})
        variant.refresh_from_db()
        assert (variant.archived_at is not None) is gone


def test_attributes_are_typed_by_their_kind(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    kind = ProductType.objects.create(code="drink", name="Drink")
    typed = {
        "text": "Peru",
        "number": "12,5",
        "choice": "dark",
        "multi_choice": ["dark", "light"],
        "boolean": "yes",
        "date": "2026-11-22",
        "measurement": "7 cm",
    }
    for code in typed:
        fact = Attribute.objects.create(code=code.replace("_", "-"), name=code.title(), kind=code, unit="cm" if code == "measurement" else "")
        TypeAttribute.objects.create(type=kind, attribute=fact)
        if "choice" in code:
            for choice in ("dark", "light"):
                fact.choices.create(code=choice, name=choice.title())
    client = signed_in(shop.owner)
    save(client, address(coffee, "details"), type=str(kind.pk))
    answer = save(client, address(coffee, "details"), **{f"attribute-{code.replace('_', '-')}": value for code, value in typed.items()})
    assert answer.status_code == 302, answer.context["form"].errors
    coffee.refresh_from_db()
    assert coffee.attributes == {
        "text": "Peru",
        "number": 12500,
        "choice": "dark",
        "multi-choice": ["dark", "light"],
        "boolean": True,
        "date": "2026-11-22",
        "measurement": {"value": 7000, "unit": "cm"},
    }
    assert save(client, address(coffee, "details")).status_code == 302
    assert save(client, address(coffee, "details"), **{"attribute-text": ""}).status_code == 302
    coffee.refresh_from_db()
    assert "text" not in coffee.attributes


def test_a_product_is_put_into_collections_by_hand(coffee: Product, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    for code, kind in (("summer", "manual"), ("gifts", "manual"), ("cheap", "rule")):
        Collection.objects.create(code=code, name=code.title(), kind=kind)
    client = signed_in(shop.owner)
    assert save(client, address(coffee, "details"), collections=["summer", "gifts"], name="Cold brew").status_code == 302
    assert set(coffee.memberships.values_list("collection__code", flat=True)) == {"summer", "gifts"}
    assert set(coffee.revisions.order_by("id").last().fields) == {"collections", "name"}  # type: ignore[union-attr]
    assert save(client, address(coffee, "details"), collections=["cheap"]).status_code == 200
    assert save(client, address(coffee, "details"), collections=[]).status_code == 302
    assert not coffee.memberships.exists()


def test_translations_stand_beside_the_english(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    save(client, address(coffee, "translations"), **{"de-name": "Kaltgebrühter Kaffee", "fr-name": "Café infusé à froid"})
    save(client, address(coffee, "translations"), **{"fr-name": ""})
    coffee.refresh_from_db()
    assert coffee.translations == {"de": {"name": "Kaltgebrühter Kaffee"}}


def test_names_of_variants_are_translated_too(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    variant = coffee.variants.exclude(name="").order_by("position").first()
    assert variant is not None
    client = signed_in(shop.owner)
    save(client, address(coffee, "translations"), **{f"{variant.pk}-de": "Dose", f"{variant.pk}-fr": "Canette"})
    save(client, address(coffee, "translations"), **{f"{variant.pk}-fr": ""})
    variant.refresh_from_db()
    assert variant.translations == {"de": {"name": "Dose"}}


def test_an_old_address_keeps_leading_to_the_product(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client, old = signed_in(shop.owner), coffee.handle
    save(client, address(coffee, "search"), handle="cold-brew", seo_title="Cold brew, ready to drink")
    coffee.refresh_from_db()
    assert (coffee.handle, coffee.seo_title) == ("cold-brew", "Cold brew, ready to drink")
    assert old in client.get(address(coffee, "search")).content.decode()


def test_the_description_is_shown_cleaned(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    save(client, address(coffee, "details"), description="<p>Slow <b>brew</b></p><script>alert(1)</script>")
    page = client.get(address(coffee, "details")).content.decode()
    assert "<p>Slow <b>brew</b></p>" in page
    assert "alert(1)" not in page
    refused = save(client, address(coffee, "details"), description="<img src=x onerror=alert(2)><p>x</p>", name="").content.decode()
    assert "<img src=x" not in refused


# Two people


def test_a_save_over_somebody_elses_says_who_and_keeps_what_was_typed(coffee: Product, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    stale = form_of(client.get(address(coffee, "details")).content.decode())
    services.change_product(product=coffee.pk, fields={"name": "Iced coffee", "age_limit": 12}, now=moment + timedelta(minutes=1), actor=shop.mia.pk)
    answer = client.post(address(coffee, "details"), {**stale, "tags": "cold"})
    page = html.unescape(answer.content.decode())
    coffee.refresh_from_db()
    assert (answer.status_code, coffee.tags) == (200, [])
    assert "Mia Kovač saved this product while you were writing" in page
    assert "Iced coffee" in page
    assert 'value="cold"' in page
    again = client.post(address(coffee, "details"), {**form_of(answer.content.decode()), "tags": "cold"})
    coffee.refresh_from_db()
    assert (again.status_code, coffee.name, coffee.tags, coffee.age_limit) == (302, "Iced coffee", ["cold"], 12)


# Where and when


def test_a_channel_is_offered_in_a_window(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    typed = {"channel-stores-starts_at": "2027-03-01T09:00", "channel-stores-ends_at": "2027-03-08T18:00"}
    assert save(client, address(coffee), **typed).status_code == 302
    row = Publication.objects.get(product=coffee)
    assert row.ends_at - row.starts_at == timedelta(days=7, hours=9)  # type: ignore[operator]
    assert save(client, address(coffee), **{"channel-stores-offered": None}).status_code == 302
    assert "Switched off" in client.get(address(coffee)).content.decode()


def test_a_window_that_ends_before_it_starts_is_told_at_its_end(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    typed = {"channel-stores-starts_at": "2027-03-08T09:00", "channel-stores-ends_at": "2027-03-01T18:00"}
    page = save(signed_in(shop.owner), address(coffee), **typed).content.decode()
    assert "ends after it starts" in re.search(r'id="f-channel-stores-ends_at-error">(.*?)</span>', page, re.S)[1]  # type: ignore[index]
    assert not Publication.objects.exists()


def test_a_manager_changes_the_range_of_the_own_store_only(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    stan = signed_in(shop.stan)
    answer = save(
        stan, address(coffee), **{"range-riverside-life_cycle": "run_down", "range-northside-life_cycle": "delisted", "channel-stores-offered": None}
    )
    assert answer.status_code == 302
    assert list(StoreRange.objects.values_list("store__code", "life_cycle")) == [("riverside", "run_down")]
    assert not Publication.objects.exists()
    assert "Northside" not in stan.get(address(coffee)).content.decode()


# History, publishing, copies


def test_a_change_is_taken_back_from_the_history(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    save(client, address(coffee, "details"), name="Wrong")
    last = coffee.revisions.order_by("id").last()
    client.post(f"/admin/catalog/product/{coffee.pk}/history/{last.pk}/undo/")
    coffee.refresh_from_db()
    assert coffee.name == "Cold brew coffee"
    assert "took back" in client.get(address(coffee)).content.decode()


def test_what_was_edited_since_stays_and_is_named(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    save(client, address(coffee, "details"), name="First", age_limit="16")
    first = coffee.revisions.order_by("id").last()
    save(client, address(coffee, "details"), name="Second")
    page = html.unescape(client.post(f"/admin/catalog/product/{coffee.pk}/history/{first.pk}/undo/", follow=True).content.decode())
    coffee.refresh_from_db()
    assert (coffee.name, coffee.age_limit) == ("Second", None)
    assert "1 field was edited since and stays as it is: Name" in page


def test_a_change_of_another_product_is_not_undone_from_here(coffee: Product, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    other = shop.variants[0].product
    services.change_product(product=other.pk, fields={"name": "Renamed"}, now=moment, actor=None)
    last = other.revisions.order_by("id").last()
    assert signed_in(shop.owner).post(f"/admin/catalog/product/{coffee.pk}/history/{last.pk}/undo/").status_code == 404


def test_a_draft_is_published_archived_and_brought_back(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    for doing, left in (("publish", "active"), ("archive", "archived"), ("restore", "draft")):
        client.post(f"/admin/catalog/product/{coffee.pk}/{doing}/")
        coffee.refresh_from_db()
        assert coffee.status == left


def test_what_blocks_publishing_is_said(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    Price.objects.filter(variant__product=coffee).delete()
    assert re.search(r"<button[^>]*disabled[^>]*>Publish", client.get(address(coffee)).content.decode())
    page = client.post(f"/admin/catalog/product/{coffee.pk}/publish/", follow=True).content.decode()
    coffee.refresh_from_db()
    assert coffee.status == "draft"
    assert "Still missing" in page


def test_a_copy_opens_as_a_draft_of_its_own(coffee: Product, shop: house.Shop, signed_in: Any) -> None:
    answer = signed_in(shop.owner).post(f"/admin/catalog/product/{coffee.pk}/duplicate/")
    copy = Product.objects.exclude(pk=coffee.pk).get()
    assert answer.url == f"/admin/catalog/product/{copy.pk}/change/"
    assert (copy.status, copy.variants.count()) == ("draft", coffee.variants.count())


# Constant work


def test_the_number_of_variants_does_not_change_the_number_of_statements(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client, counts = signed_in(shop.owner), {}
    for size in (1, 10, 100):
        variants = [
            services.NewVariant(sku=f"S{size}-{n}", name=f"No {n}", options={"Row": f"{n // 4}", "Column": f"{n % 4}"}, prices={"EUR": 100 + n})
            for n in range(size)
        ]
        made = services.create_product(name=f"Many {size}", tax_class=shop.food, variants=variants, now=moment, actor=shop.owner.pk)
        for variant in made.variants.all()[:3]:
            services.set_gtins(variant=variant.pk, gtins=[house.gtin(size * 1000 + variant.position)], now=moment, actor=None)
        for tab in TABS:
            client.get(address(made, tab))
            with statements() as seen:
                assert client.get(address(made, tab)).status_code == 200
            counts.setdefault(tab, set()).add(len(seen))
    assert all(len(found) == 1 and max(found) < 45 for found in counts.values()), counts


def test_a_hundred_variants_are_paged_and_their_links_find_their_page(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    variants = [services.NewVariant(sku=f"V-{n:03}", name=f"No {n}", prices={"EUR": 100}) for n in range(120)]
    made = services.create_product(name="Many", tax_class=shop.food, variants=variants, now=moment, actor=shop.owner.pk)
    client = signed_in(shop.owner)
    assert len(client.get(address(made)).context["grid_page"]) == 50
    last = made.variants.get(sku="V-119")
    line = client.get(address(made, page=3)).context["grid_page"][-1]
    assert line.link == f"?tab=variants&page=6#f-{last.pk}-sku"
    assert save(client, address(made, "variants", page=6), **{f"{last.pk}-name": "The last"}).status_code == 302
    last.refresh_from_db()
    assert last.name == "The last"
