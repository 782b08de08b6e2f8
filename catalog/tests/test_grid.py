import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from catalog import amounts, services
from catalog.models import Brand, Category, ImportRun, Price, Product, Revision, Variant
from catalog.services import GridRow
from catalog.tests.cast import LATER, NOW, oats, standard_tax
from kernel.errors import Invalid
from kernel.models import AuditEntry, Message
from kernel.money import exponent, format_amount

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("2.95", "EUR", 295),
        ("2,95", "EUR", 295),
        (" 2,9 ", "EUR", 290),
        ("3", "EUR", 300),
        (".5", "EUR", 50),
        ("€ 2.95", "EUR", 295),
        ("2,95 €", "EUR", 295),
        ("2.95 EUR", "EUR", 295),
        ("1,234.50", "EUR", 123450),
        ("1.234,50", "EUR", 123450),
        ("1 234,50", "EUR", 123450),
        ("1\u202f234,50", "EUR", 123450),
        ("1'234.50", "CHF", 123450),
        ("1,234,567", "EUR", 123456700),
        ("1.234.567,8", "EUR", 123456780),
        ("320", "JPY", 320),
        ("1,320", "JPY", 1320),
        ("¥320", "JPY", 320),
        ("1.234", "KWD", 1234),
        ("0.123", "KWD", 123),
    ],
)
def test_amounts_are_read_as_people_and_spreadsheets_write_them(text, currency, amount):
    assert amounts.minor_units(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2,49o", "Not a price: letter “o” at the end"),
        ("l2.49", "Not a price: letter “l” at the start"),
        ("2.4o9", "Not a price: letter “o” in it"),
        ("2.49%", "Not a price: character “%” at the end"),
        ("=1+1", "Not a price: a formula"),
        ("+2.49", "Not a price: a formula"),
        ("@SUM(A1)", "Not a price: a formula"),
        ("-2.49", "Not a price: below zero"),
        ("abc", "Not a price: no digits"),
        (".", "Not a price: no digits"),
        ("2.4999", "Not a price: 2 decimals at most"),
        ("1.234", "1.234 can be read two ways: write 1234 or 1.23"),
        ("1,23,45.00", "Not a price: points and commas do not fit"),
        ("1.2.3", "Not a price: points and commas do not fit"),
        ("$2.95", "Not a price in EUR: $"),
        ("٣", "Not a price: no digits"),
        ("99999999999999", "Not a price: too many digits"),
    ],
)
def test_what_is_no_amount_is_said_in_words(text, words):
    with pytest.raises(amounts.NotAnAmount) as refused:
        amounts.minor_units(text, "EUR")
    assert str(refused.value) == words


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD"]), st.sampled_from([".", ","]), st.booleans())
def test_every_amount_written_in_any_of_these_ways_is_read_as_itself(amount, currency, point, grouped):
    whole, _, rest = format_amount(amount, currency).partition(".")
    if grouped and (exponent(currency) or "," not in f"{int(whole):,}"):
        whole = f"{int(whole):,}".replace(",", "." if point == "," else ",")
    assert amounts.minor_units(whole + (point + rest if rest else ""), currency) == amount


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_refused_in_words(text):
    try:
        amount = amounts.minor_units(text, "EUR")
    except amounts.NotAnAmount as refused:
        words = str(refused)
    else:
        words = format_amount(amount, "EUR")
    assert words.startswith("Not a price") or "two ways" in words or 0 <= amount <= 10**12


def shelf(number, *, cost=None):
    tax = standard_tax()
    return [
        services.create_product(
            name=f"Product {place}",
            handle=f"product-{place}",
            tax_class=tax,
            variants=[services.NewVariant(sku=f"SKU-{place}", prices={"EUR": 100 + place}, reference_cost=cost)],
            status="active",
            now=NOW,
            actor=None,
        )
        for place in range(number)
    ]


def check(currency="EUR", sku="OATS-500", **fields):
    [verdict] = services.check_grid(rows=[GridRow(sku=sku, fields=fields)], currency=currency, actor=None)
    return verdict


def apply(*rows, name="Edited in the grid", **more):
    return services.apply_grid(rows=rows, currency="EUR", name=name, now=LATER, actor=None, **more)


def test_a_price_is_checked_as_it_is_typed():
    oats()
    cell = check(price="1,59").cells["price"]
    assert (cell.now, cell.after, cell.state, cell.words) == ("1.49", "1.59", "changed", "")
    assert check(price="1.490").cells["price"].state == "refused"
    assert [check(price=text).cells["price"].state for text in ("1.49", "", " ")] == ["same"] * 3
    assert check(price="1,49").cells["price"].words == "No change"


def test_a_sku_nobody_has_and_one_that_stands_twice_are_told():
    oats()
    rows = [GridRow(sku=sku, fields={"price": "2"}) for sku in ("OATS-500", "NOPE", "", "OATS-500")]
    verdicts = services.check_grid(rows=rows, currency="EUR", actor=None)
    assert [verdict.words for verdict in verdicts] == ["", "No such SKU", "No SKU", "This SKU stands above already"]


def test_an_amount_worth_a_second_look_is_doubtful_or_refused_but_may_be_taken():
    oats(variants=[services.NewVariant(sku="OATS-500", prices={"EUR": 190}, reference_cost=96, net_content=200_000, net_unit="g")])
    for text, state, words in [
        ("19.50", "doubtful", "10 times the old price?"),
        ("0.75", "refused", "Below cost 0.96"),
        ("1.00", "refused", "Below cost 0.96 without its tax"),
        ("5.70", "changed", ""),
        ("5.71", "doubtful", "3 times the old price?"),
    ]:
        cell = check(price=text).cells["price"]
        assert (cell.state, cell.words, cell.may_accept) == (state, words, state != "changed"), text
    assert check(price="2.09", cost="1.90").cells["price"].words == "Below cost 1.90 without its tax"


def test_a_price_far_below_the_old_one_is_doubtful():
    oats()
    assert check(price="0.15").cells["price"].words == "1/10 of the old price?"
    assert check(price="0").cells["price"].words == "For nothing?"


def test_the_figures_of_a_price_are_shares_in_parts_per_million():
    oats(variants=[services.NewVariant(sku="OATS-500", prices={"EUR": 200}, reference_cost=100, net_content=500_000, net_unit="g")])
    figures = check(price="2.38").figures
    assert (figures.change, figures.margin_after, figures.per_unit) == (190_000, 500_000, "4.76")


def test_every_column_reads_what_people_write_and_writes_it():
    product = oats()
    Brand.objects.create(code="harrow", name="Harrow Lane")
    Category.objects.create(code="cereal", name="Cereal")
    services.create_tax_class(code="reduced", name="Reduced", rate=70_000, actor=None)
    fields = {
        "name": "Fine  oats",
        "brand": "harrow lane",
        "category": "cereal",
        "status": "Draft",
        "life_cycle": "Run-down",
        "tags": "Vegan; new, vegan",
        "tax_class": "Reduced",
        "price": "1,59",
        "cost": "0.80",
        "net_content": "0,75 kg",
        "gtin": "96385074",
    }
    assert {cell.state for cell in check(**fields).cells.values()} == {"changed"}
    run = apply(GridRow(sku="OATS-500", fields=fields))
    product = Product.objects.select_related("brand", "category", "tax_class").get(id=product.id)
    variant = product.variants.get()
    assert (product.name, product.sort_key, product.brand.code, product.category.code) == ("Fine oats", "fine oats", "harrow", "cereal")
    assert (product.status, product.life_cycle, product.tags, product.tax_class.code) == ("draft", "run_down", ["new", "vegan"], "reduced")
    assert (variant.prices.get().amount, variant.reference_cost, variant.net_content, variant.net_unit) == (159, 80, 750, "kg")
    assert [code.gtin for code in variant.gtins.all()] == ["00000096385074"]
    assert {cell.state for cell in check(**fields).cells.values()} == {"same"}
    assert (run.state, run.tally["changed"], run.columns) == ("applied", 1, 11)


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("name", "=1+1", "Starts with “=”: a formula, not text"),
        ("name", "@cmd", "Starts with “@”: a formula, not text"),
        ("tags", "+x", "Starts with “+”: a formula, not text"),
        ("brand", "Nobody", "No such brand"),
        ("category", "Nowhere", "No such category"),
        ("tax_class", "x", "No such tax class"),
        ("status", "gone", "Write Draft, Active or Archived"),
        ("net_content", "much", "Write it like 500 g or 0.75 l"),
        ("net_content", "0 g", "Net content is more than zero"),
        ("gtin", "4006381333932", "4006381333932 ends in 2; its check digit should be 1."),
        ("cost", "1.2.3", "Not a price: points and commas do not fit"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(column, text, words):
    oats()
    cell = check(**{column: text}).cells[column]
    assert (cell.state, cell.words, cell.may_accept) == ("refused", words, False)
    with pytest.raises(services.GridRefused):
        apply(GridRow(sku="OATS-500", fields={column: text}, accept=True))


def test_a_name_that_two_categories_have_needs_the_code():
    oats()
    for code in ("a", "b"):
        Category.objects.create(code=code, name="Tea")
    assert check(category="tea").cells["category"].words == "Several are called this; write the code"
    assert check(category="B").cells["category"].state == "changed"


def test_a_barcode_of_another_product_is_refused():
    [product] = shelf(1)
    oats(tax_class=product.tax_class)
    assert check(sku="SKU-0", gtin="4006381333931").cells["gtin"].words == "Another product has this barcode"
    rows = [GridRow(sku=sku, fields={"gtin": "96385074"}) for sku in ("SKU-0", "OATS-500")]
    assert [verdict.cells["gtin"].words for verdict in services.check_grid(rows=rows, currency="EUR")] == ["", "Another row brings this barcode"]


def test_two_rows_of_one_product_agree_on_what_the_product_says():
    product = oats()
    services.add_variant(product=product.id, variant=services.NewVariant(sku="OATS-250", prices={"EUR": 99}), now=NOW, actor=None)
    rows = [GridRow(sku="OATS-500", fields={"name": "A", "price": "2"}), GridRow(sku="OATS-250", fields={"name": "B"})]
    assert services.check_grid(rows=rows, currency="EUR")[1].cells["name"].words == "Another row of this product says otherwise"
    run = apply(rows[0], GridRow(sku="OATS-250", fields={"name": "A", "price": "1.05"}))
    assert run.tally["changed"] == 1
    assert sorted(Price.objects.values_list("amount", flat=True)) == [105, 200]


def test_applied_prices_leave_a_run_that_can_be_undone():
    shelf(3)
    run = apply(*(GridRow(sku=f"SKU-{place}", fields={"price": "1.50"}, seen={"price": f"1.0{place}"}) for place in range(3)))
    assert (run.format, run.rows, run.finished_at) == ("grid", 3, LATER)
    assert Revision.objects.filter(run=run, kind="changed").count() == 3
    assert Message.objects.filter(data__change="changed").count() == 3
    assert services.undo_run_batch(run=run.id, now=LATER, actor=None).restored == 3
    assert sorted(Price.objects.values_list("amount", flat=True)) == [100, 101, 102]


def test_the_audit_trail_names_who_applied():
    shelf(1)
    person = Product.objects.get().id  # Any id will do.
    services.apply_grid(rows=[GridRow(sku="SKU-0", fields={"price": "1.50"})], currency="EUR", name="x", now=LATER, actor=person)
    assert AuditEntry.objects.filter(table="catalog_price", action="update").get().actor == str(person)
    assert Revision.objects.get(kind="changed").actor == str(person)


def test_all_or_nothing():
    shelf(2, cost=90)
    for bad in ("0.50", "x"):
        with pytest.raises(services.GridRefused) as refused:
            apply(GridRow(sku="SKU-0", fields={"price": "1.50"}), GridRow(sku="SKU-1", fields={"price": bad}))
        assert refused.value.details["skus"] == ["SKU-1"]
    assert sorted(Price.objects.values_list("amount", flat=True)) == [100, 101]
    assert not ImportRun.objects.exists()


def test_below_cost_is_taken_when_somebody_ticks_it():
    shelf(1, cost=90)
    apply(GridRow(sku="SKU-0", fields={"price": "0.50"}), accept=["SKU-0"])
    assert Price.objects.get().amount == 50


def test_a_price_that_somebody_changed_meanwhile_stops_all_and_is_named():
    products = shelf(2)
    services.set_price(variant=products[1].variants.get().id, currency="EUR", amount=150, now=LATER, actor=None)
    with pytest.raises(services.GridStale) as stale:
        apply(*(GridRow(sku=f"SKU-{place}", fields={"price": "1.60"}, seen={"price": f"1.0{place}"}) for place in range(2)))
    assert (stale.value.code, stale.value.details["skus"]) == ("grid_stale", ["SKU-1"])
    assert sorted(Price.objects.values_list("amount", flat=True)) == [100, 150]


def test_an_active_product_without_a_price_is_refused():
    oats(variants=[services.NewVariant(sku="X")], status="draft")
    with pytest.raises(services.GridRefused):
        apply(GridRow(sku="X", fields={"status": "active"}))
    apply(GridRow(sku="X", fields={"status": "active", "price": "1"}))
    assert Product.objects.get().status == "active"


def test_unknown_columns_and_too_many_rows_are_refused():
    with pytest.raises(Invalid):
        check(colour="red")
    with pytest.raises(Invalid):
        services.check_grid(rows=[GridRow(sku=str(number), fields={}) for number in range(2001)], currency="EUR")


def test_statements_do_not_grow_with_rows():
    shelf(30)
    counts = []
    for number in (1, 10, 30):
        rows = [GridRow(sku=f"SKU-{place}", fields={"price": f"{number}.50", "name": f"Name {number}"}, accept=True) for place in range(number)]
        with CaptureQueriesContext(connection) as checking:
            services.check_grid(rows=rows, currency="EUR")
        with CaptureQueriesContext(connection) as applying:
            apply(*rows)
        counts.append((len(checking), len(applying)))
    assert counts[0] == counts[1] == counts[2]


def test_two_hundred_prices_are_applied_at_once():
    tax = standard_tax()
    dates = {"created_at": NOW, "updated_at": NOW}
    products = [Product(handle=f"p-{place}", name=f"P {place}", sort_key="p", tax_class=tax, status="active", **dates) for place in range(200)]
    variants = [
        Variant(product=product, sku=f"SKU-{place}", reference_cost=50) for place, product in enumerate(Product.objects.bulk_create(products))
    ]
    Price.objects.bulk_create(Price(variant=variant, currency="EUR", amount=199) for variant in Variant.objects.bulk_create(variants))
    apply(*(GridRow(sku=f"SKU-{place}", fields={"price": "2.10"}) for place in range(200)))
    assert set(Price.objects.values_list("amount", flat=True)) == {210}


@pytest.mark.django_db(transaction=True)
def test_two_grids_over_the_same_products_one_after_the_other_the_later_is_told():
    shelf(5)
    start, results = threading.Barrier(2), []

    def work(skus, price):
        rows = [GridRow(sku=f"SKU-{place}", fields={"price": price}, seen={"price": f"1.0{place}"}) for place in skus]
        try:
            start.wait()
            apply(*rows)
            results.append(price)
        except services.GridStale as stale:
            results.append(stale.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=args) for args in ((range(5), "1.50"), (range(4, -1, -1), "1.60"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "grid_stale" in results
    won = next(result for result in results if result != "grid_stale")
    assert {format_amount(amount, "EUR") for amount in Price.objects.values_list("amount", flat=True)} == {won}
