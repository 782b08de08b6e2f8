"""Every list: empty, filtered empty, searched, paged, and the same number of statements for 1, 10 and 100 rows."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.tests import shop as house
from catalog import search
from catalog import services as catalog
from catalog.models import Product
from catalog.services import bulk
from inventory.models import Level
from kernel.models import Job

LISTS = [
    "catalog/product", "catalog/category", "catalog/taxclass", "catalog/brand", "catalog/producttype", "catalog/attribute", "catalog/collection",
    "catalog/importrun", "catalog/synonym", "catalog/searchpin", "catalog/searchmiss", "inventory/level", "inventory/movement",
    "inventory/document", "inventory/task", "inventory/recall", "inventory/location", "inventory/policy", "inventory/component", "inventory/pack",
    "orders/order", "pos/till", "pos/shift",
    "pos/journalentry", "kernel/delivery", "kernel/job", "kernel/auditentry", "org/user", "org/store", "org/apikey", "org/setting", "org/channel",
]  # fmt: skip
GROWING = [
    "catalog/product",
    "inventory/level",
    "inventory/movement",
    "inventory/task",
    "orders/order",
    "pos/shift",
    "pos/journalentry",
    "kernel/delivery",
    "kernel/auditentry",
]


def statements(client: Any, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, path
    return len(captured)


def fill(shop: house.Shop, count: int, moment: Any) -> None:
    house.add_products(shop, count, now=moment)
    house.sell(shop, store=shop.northside, at=moment, count=count)
    for _number in range(count):
        house.open_shift(shop, store=shop.northside, at=moment, counted=21400)
    taken = shop.receipts
    for number in range(count):
        house.journal(shop, store=shop.northside, at=moment, seq=taken * 1000 + number)
    house.deliver(subscriber=f"subscriber-{count}", state="pending", at=moment)


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_says_so(path: str, shop: house.Shop, signed_in: Any) -> None:
    answer = signed_in(shop.owner).get(f"/admin/{path}/")
    assert answer.status_code == 200
    rows = answer.context["cl"].result_count
    assert rows or 'class="empty"' in answer.content.decode()


@pytest.mark.parametrize("path", [path for path in LISTS if path not in ("kernel/job", "catalog/taxclass", "org/channel")])
def test_a_search_without_a_match_offers_to_clear_it(path: str, shop: house.Shop, signed_in: Any) -> None:
    page = signed_in(shop.owner).get(f"/admin/{path}/?q=no-such-thing-anywhere").content.decode()
    assert "Nothing matches" in page
    assert 'href="?"' in page


def test_statements_do_not_grow_with_rows(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    counts: dict[str, list[int]] = {path: [] for path in GROWING}
    for size in (1, 9, 90):
        fill(shop, size, moment)
        for path in GROWING:
            counts[path].append(statements(client, f"/admin/{path}/"))
    assert all(one == ten == hundred for one, ten, hundred in counts.values()), counts
    assert max(hundred for _one, _ten, hundred in counts.values()) <= 28, counts


def test_pages_and_home_cost_the_same_for_many_rows(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client, seen = signed_in(shop.owner), []
    for size in (1, 9, 90):
        fill(shop, size, moment)
        level = Level.objects.filter(variant=shop.variants[0].pk, location__code="northside").get()
        seen.append([statements(client, path) for path in ("/admin/", f"/admin/inventory/level/{level.pk}/change/")])
    assert seen[0] == seen[1] == seen[2]


def test_a_long_list_goes_on_over_pages(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 60, now=moment)
    client = signed_in(shop.owner)
    first, second = (client.get(f"/admin/catalog/product/?p={page}") for page in (1, 2))
    assert "1–50 of 60" in first.content.decode()
    assert "51–60 of 60" in second.content.decode()
    assert not {row.pk for row in first.context["cl"].result_list} & {row.pk for row in second.context["cl"].result_list}


@pytest.mark.parametrize("term", ["orange soda", "ORANGE", "12205", house.gtin(1)])
def test_products_are_found_by_name_sku_and_barcode(term: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 8, now=moment)
    indexed(shop)
    found = signed_in(shop.owner).get("/admin/catalog/product/", {"q": term}).context["cl"].result_list
    assert [product.name for product in found] == ["Blood orange soda 331 ml"]


@pytest.mark.parametrize("term", ["NORTHSIDE-1-1-0001", "northside-1-1-0001", "1-1-0001"])
def test_orders_are_found_by_number_and_by_what_the_receipt_says(term: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    house.sell(shop, store=shop.northside, at=moment, count=3)
    found = signed_in(shop.owner).get("/admin/orders/order/", {"q": term}).context["cl"].result_list
    assert [order.number for order in found] == ["NORTHSIDE-1-1-0001"]


def test_filters_narrow_and_keep_the_search(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 2, now=moment)
    house.sell(shop, store=shop.northside, at=moment, count=2)
    house.sell(shop, store=shop.riverside, at=moment, count=1)
    client = signed_in(shop.owner)
    assert len(client.get("/admin/orders/order/?store=riverside&day=week").context["cl"].result_list) == 1
    assert len(client.get("/admin/orders/order/?source__exact=web").context["cl"].result_list) == 0
    page = client.get("/admin/orders/order/?store=northside").content.decode()
    assert '<input type="hidden" name="store" value="northside">' in page


def test_stock_below_zero_has_its_own_view(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 2, now=moment)
    house.sell(shop, store=shop.northside, at=moment, quantity=500_000)
    found = signed_in(shop.owner).get("/admin/inventory/level/?on_hand=negative").context["cl"].result_list
    assert [(level.location.code, level.on_hand) for level in found] == [("northside", 21_000 - 500_000)]


PRODUCTS = "/admin/catalog/product/"


def indexed(shop: house.Shop) -> None:
    search.refresh(products=[variant.product_id for variant in shop.variants])


def counts(answer: Any) -> dict[str, dict[str, int]]:
    """By facet, what each choice says beside its name."""
    return {facet["title"]: {str(choice["display"]): choice["count"] for choice in facet["choices"]} for facet in answer.context["all_facets"]}


def assortment(shop: house.Shop, moment: Any) -> None:
    """Six products: four in Drinks of which one is a draft, two in Pantry."""
    house.add_products(shop, 6, now=moment)
    pantry = catalog.ensure_category(name="Pantry", actor=None)
    for variant in shop.variants[4:]:
        catalog.change_product(product=variant.product_id, fields={"category": pantry}, now=moment, actor=shop.owner.pk)
    catalog.change_product(product=shop.variants[0].product_id, fields={"status": "draft"}, now=moment, actor=shop.owner.pk)
    indexed(shop)


def test_facets_count_what_choosing_them_would_show(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    assortment(shop, moment)
    client = signed_in(shop.owner)
    told = counts(client.get(PRODUCTS))
    assert told["Category"] == {"Drinks": 4, "Pantry": 2}
    assert told["Status"] == {"Live": 5, "Draft": 1, "Archived": 0}
    assert told["Missing"]["Net content"] == 6
    # Its own facet goes on counting as before; the others count within it.
    told = counts(client.get(PRODUCTS, {"category": "drinks"}))
    assert told["Category"] == {"Drinks": 4, "Pantry": 2}
    assert told["Status"] == {"Live": 3, "Draft": 1, "Archived": 0}


def test_values_of_a_facet_are_alternatives_and_facets_hold_together(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    assortment(shop, moment)
    client = signed_in(shop.owner)

    def shown(**query: Any) -> int:
        return int(client.get(PRODUCTS, query).context["cl"].result_count)

    assert shown(category=["drinks", "pantry"]) == 6
    assert shown(category=["drinks", "pantry"], status="draft") == 1
    assert shown(category="pantry", status="draft") == 0
    assert shown(category="drinks", q="soda") == 1
    assert shown(brand="no-such-brand") == 0


def test_a_choice_is_a_link_that_adds_or_takes_away_one_value(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    assortment(shop, moment)
    page = signed_in(shop.owner).get(PRODUCTS, {"category": "drinks"}).content.decode()
    assert 'href="?category=drinks&amp;category=pantry"' in page
    assert 'href="?category=drinks&amp;status=active"' in page


def test_a_product_says_price_per_litre_and_margin(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    fields = {"net_content": 330_000, "net_unit": "ml", "reference_cost": 90}
    catalog.change_variant(variant=shop.variants[0].pk, fields=fields, now=moment, actor=shop.owner.pk)
    page = signed_in(shop.owner).get(PRODUCTS).content.decode()
    assert '5.45 <span class="muted small">/ l</span>' in page
    assert "46.4%" in page


def test_each_open_store_has_its_column_and_others_stock_is_not_told(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    house.sell(shop, store=shop.riverside, at=moment, quantity=5000)
    whole = signed_in(shop.owner).get(PRODUCTS).context["cl"]
    assert [whole.headings[name] for name in whole.list_display if name.startswith("on_hand")] == ["Northside", "Riverside", "In all"]
    assert (whole.result_list[0].held, whole.result_list[0].held_in_all) == ([20_000, 15_000], 35_000)
    mine = signed_in(shop.mia).get(PRODUCTS).context["cl"]
    assert [name for name in mine.list_display if name.startswith("on_hand")] == ["on_hand"]
    assert mine.result_list[0].held_in_all == 20_000


@pytest.mark.parametrize("column", [2, 4, 9])
def test_products_are_ordered_by_sku_price_and_last_change(column: int, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 5, now=moment)
    indexed(shop)
    client = signed_in(shop.owner)
    up, down = ([row.pk for row in client.get(PRODUCTS, {"o": order}).context["cl"].result_list] for order in (column, -column))
    assert len(up) == 5
    assert up == down[::-1] or column == 9


def test_nothing_found_says_what_matches_without_the_filters(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    assortment(shop, moment)
    page = signed_in(shop.owner).get(PRODUCTS, {"q": "soda", "category": "pantry"}).content.decode()
    assert "1 matches without the filters." in page
    assert 'href="?q=soda"' in page


def act(client: Any, action: str, rows: list[Any], **more: Any) -> list[str]:
    chosen = {"action": action, "_selected_action": [str(variant.product_id) for variant in rows], "index": "0", "select_across": "0", **more}
    answer = client.post(PRODUCTS + more.pop("query", ""), chosen, follow=True)
    assert answer.status_code == 200
    return [str(message) for message in answer.context["messages"]]


def test_publishing_many_says_what_is_not_ready(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 3, now=moment)
    for variant in shop.variants:
        catalog.change_product(product=variant.product_id, fields={"status": "draft"}, now=moment, actor=shop.owner.pk)
    bare = catalog.create_product(name="Nothing in it", tax_class=shop.food, variants=[], now=moment, actor=shop.owner.pk)
    ready = {"_selected_action": [*(str(variant.product_id) for variant in shop.variants), str(bare.pk)]}
    [said] = act(signed_in(shop.owner), "publish", [], **ready)
    published = Product.objects.filter(status="active").count()
    assert said.startswith(f"{published} product")
    assert "Nothing in it" in said
    assert not Product.objects.filter(pk=bare.pk, status="active").exists()


def test_archiving_and_tagging_many_say_what_was_so_already(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 3, now=moment)
    client = signed_in(shop.owner)
    assert act(client, "add_tag", shop.variants, tag=" Summer  Sale ") == ["3 products tagged."]
    assert Product.objects.filter(tags=["summer-sale"]).count() + Product.objects.filter(tags=["summer sale"]).count() == 3
    assert act(client, "archive", shop.variants[:1]) == ["1 product archived."]
    assert act(client, "archive", shop.variants[:2]) == ["1 product archived, 1 were so already."]


def test_an_action_reaches_all_that_the_filters_show(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 55, now=moment)
    client = signed_in(shop.owner)
    assert "Select all 55" in client.get(PRODUCTS).content.decode()
    act(client, "archive", shop.variants[:1], select_across="1")
    assert Product.objects.filter(status="archived").count() == 55


def test_too_many_at_once_are_refused_and_nothing_is_done(shop: house.Shop, signed_in: Any, moment: Any, monkeypatch: Any) -> None:
    house.add_products(shop, 3, now=moment)
    monkeypatch.setattr(bulk, "MOST", 2)
    [said] = act(signed_in(shop.owner), "archive", shop.variants)
    assert "at most 2" in said
    assert not Product.objects.filter(status="archived").exists()


@pytest.mark.parametrize("action", ["publish", "archive", "add_tag", "edit_in_grid"])
def test_who_may_not_edit_changes_no_product(action: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    client = signed_in(shop.viewer)
    assert f'value="{action}"' not in client.get(PRODUCTS).content.decode()
    act(client, action, shop.variants, tag="mine")
    assert Product.objects.get().status == "active"
    assert Product.objects.get().tags == []


def test_the_grid_opens_with_the_chosen(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 2, now=moment)
    chosen = {"action": "edit_in_grid", "_selected_action": [str(variant.product_id) for variant in shop.variants], "index": "0"}
    answer = signed_in(shop.owner).post(PRODUCTS, chosen)
    assert answer.status_code == 302
    assert {UUID(pk) for pk in answer.url.partition("ids=")[2].split(",")} == {variant.product_id for variant in shop.variants}


def test_a_name_with_quotes_and_tags_stays_text(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    name = 'Tea "best" <script>alert(1)</script>'
    catalog.change_product(product=shop.variants[0].product_id, fields={"name": name}, now=moment, actor=shop.owner.pk)
    page = signed_in(shop.owner).get(PRODUCTS).content.decode()
    assert "<script>alert" not in page
    assert 'title="Tea &quot;best&quot; &lt;script&gt;' in page


def test_exporting_the_chosen_says_where_the_file_will_be(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 3, now=moment)
    client = signed_in(shop.viewer)
    assert 'href="/admin/catalog/importrun/export/"' in client.get(PRODUCTS).content.decode()
    [said] = act(client, "export_chosen", shop.variants[:2])
    assert "2 products are being exported." in said
    assert 'href="/admin/catalog/importrun/export/"' in said
    job = Job.objects.get(kind="catalog.export")
    assert set(job.arguments["products"]) == {str(variant.product_id) for variant in shop.variants[:2]}


def test_the_lowest_sku_and_price_on_sale_set_the_order(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 3, now=moment)
    [first, second, third] = shop.variants
    catalog.set_price(variant=second.pk, currency="EUR", amount=1, now=moment, actor=shop.owner.pk)
    catalog.change_variant(variant=third.pk, fields={"sku": "00-first"}, now=moment, actor=shop.owner.pk)
    indexed(shop)
    client = signed_in(shop.owner)
    assert client.get(PRODUCTS, {"o": "4"}).context["cl"].result_list[0].pk == second.product_id
    assert client.get(PRODUCTS, {"o": "2"}).context["cl"].result_list[0].pk == third.product_id
    assert client.get(PRODUCTS, {"o": "2"}).context["cl"].result_list[1].pk == first.product_id


def test_the_audit_trail_is_filtered_without_reading_all_of_it(shop: house.Shop, signed_in: Any) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = signed_in(shop.owner).get("/admin/kernel/auditentry/?action__exact=delete")
    assert answer.status_code == 200
    assert not any("DISTINCT" in query["sql"] for query in captured.captured_queries)
