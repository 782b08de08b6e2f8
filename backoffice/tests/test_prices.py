"""Prices in the back office: pasted, looked over, approved by somebody else, ended; markdowns of one's own store; who may what."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from backoffice.tests import shop as house
from catalog import services
from catalog.admin.prices.barcode import ODD, PARITY, WIDTH, bars, modules
from catalog.models import PriceChange, PriceEntry, PriceList, Sticker
from org import settings
from org.tests.cast import hire
from org.tests.doorstep import statements

DAY = timedelta(days=1)


@pytest.fixture
def staffed(shop: house.Shop, moment: Any) -> Any:
    """Pia is a merchandiser, Petra approves; two lists, three products at 1.80, 1.90 and 2.00."""
    settings.put("shop.timezone", "Europe/Berlin")
    house.add_products(shop, 3, now=moment)
    shop.pia, shop.petra = hire("pia", "merchandiser"), hire("petra", "pricing_manager")  # type: ignore[attr-defined]
    who: dict[str, Any] = {"currency": "EUR", "now": moment, "actor": None}
    shop.both = services.create_price_list(name="Both stores", stores=[shop.northside.pk, shop.riverside.pk], **who)  # type: ignore[attr-defined]
    shop.all = services.create_price_list(name="Everywhere", **who)  # type: ignore[attr-defined]
    return shop


def pasted(client: Client, shop: Any, rows: str, **fields: Any) -> Any:
    given = {"name": "Offers", "price_list": str(shop.both.pk), "rows": rows, **fields}
    return client.post("/admin/catalog/pricechange/add/", given)


def drafted(shop: Any, moment: Any, *amounts: int, actor: Any = None, **fields: Any) -> PriceChange:
    entries = [services.NewEntry(variant=one.pk, amount=amount, **fields) for one, amount in zip(shop.variants, amounts, strict=False)]
    return services.draft_change(price_list=shop.both.pk, name="Offers", entries=entries, now=moment, actor=(actor or shop.pia).pk)


def brought_in(shop: Any, moment: Any, *amounts: int, **fields: Any) -> PriceChange:
    return services.submit_change(change=drafted(shop, moment, *amounts, **fields).pk, now=moment, actor=shop.pia.pk)


def do(client: Client, change: PriceChange, what: str, **fields: Any) -> str:
    """Where it stands then."""
    answer = client.post(f"/admin/catalog/pricechange/{change.pk}/{what}/", fields)
    change.refresh_from_db()
    return f"{answer.status_code} {change.state}"


# A change, from the paste to the end


def test_pasted_prices_are_looked_over_brought_in_and_ended(staffed: Any, signed_in: Any) -> None:
    pia = signed_in(staffed.pia)
    answer = pasted(pia, staffed, 'SKU\tPrice\n12204\t1,50\n12205\t"1.60"\t6\n')
    change = PriceChange.objects.get()
    assert answer["Location"] == f"/admin/catalog/pricechange/{change.pk}/change/"
    page = pia.get(answer["Location"]).content.decode()
    assert "−16.7%" in page
    assert "from 6 pieces" in page
    assert not PriceEntry.objects.filter(live=True).exists()
    assert do(pia, change, "submit") == "302 approved"
    assert list(PriceEntry.objects.filter(live=True).values_list("amount", "from_quantity")) == [(150, 1000), (160, 6000)]
    assert "12204" in pia.get(f"/admin/catalog/pricelist/{staffed.both.pk}/change/").content.decode()
    do(pia, change, "end")
    assert not PriceEntry.objects.filter(live=True, ends_at=None).exists()


def test_rows_that_cannot_be_read_are_told_by_line_and_can_be_left_out(staffed: Any, signed_in: Any) -> None:
    pia = signed_in(staffed.pia)
    rows = "12204;1,50\nNO-SUCH;1\n12205;2,4o\n12204;1.60\n12206\n12206;1;0\n12206;1;1,5\n;2"
    answer = pasted(pia, staffed, rows)
    assert answer.status_code == 422
    assert [(fault.line, fault.words) for fault in answer.context["faults"]] == [
        (2, "No such SKU"),
        (3, "Not a price: letter “o” at the end"),
        (4, "This SKU stands above already"),
        (5, "A row is a SKU, a price and perhaps from how many on"),
        (6, "From how many: a whole number of pieces above 0"),
        (7, "From how many: a whole number of pieces above 0"),
        (8, "No SKU"),
    ]
    assert rows.splitlines()[1] in answer.content.decode()
    assert not PriceChange.objects.exists()
    assert pasted(pia, staffed, rows, leave_out="on").status_code == 302
    assert [row.amount for row in PriceChange.objects.get().entries.all()] == [150]


def test_a_file_is_read_as_what_is_pasted(staffed: Any, signed_in: Any) -> None:
    pia = signed_in(staffed.pia)
    pasted(pia, staffed, "", file=SimpleUploadedFile("prices.csv", b"\xef\xbb\xbfsku,price\n12204,1.50\n"))
    assert [row.amount for row in PriceChange.objects.get().entries.all()] == [150]
    assert pasted(pia, staffed, "", file=SimpleUploadedFile("prices.csv", b"\xff\xfe1")).status_code == 422
    assert pasted(pia, staffed, " ").status_code == 422


def test_times_are_store_times_also_in_summer(staffed: Any, signed_in: Any) -> None:
    pasted(signed_in(staffed.pia), staffed, "12204 1\n12204\t1.50", starts_at="2037-07-04T09:00", ends_at="2037-12-05T18:00", leave_out="on")
    entry = PriceEntry.objects.get()
    assert (entry.starts_at.isoformat(), entry.ends_at.isoformat()) == ("2037-07-04T07:00:00+00:00", "2037-12-05T17:00:00+00:00")
    berlin = ZoneInfo("Europe/Berlin")
    assert f"{entry.starts_at.astimezone(berlin):%H:%M}" == "09:00"


def test_an_end_before_the_start_is_told_at_its_field(staffed: Any, signed_in: Any) -> None:
    answer = pasted(signed_in(staffed.pia), staffed, "12204\t1.50", starts_at="2037-07-04T09:00", ends_at="2037-07-03T18:00")
    assert answer.status_code == 422
    assert "ends_at" in answer.context["form"].errors


def test_a_second_person_approves_in_one_click_and_nobody_alone(staffed: Any, signed_in: Any, moment: Any) -> None:
    settings.put("pricing.approval_change", 300_000)
    pia, petra = signed_in(staffed.pia), signed_in(staffed.petra)
    change = drafted(staffed, moment, 90, 170)
    assert "1 of 2 prices changes by more than 30%" in pia.get(f"/admin/catalog/pricechange/{change.pk}/change/").content.decode()
    assert do(pia, change, "submit") == "302 waiting"
    assert do(pia, change, "approve") == "403 waiting"
    assert ">1<" in petra.get("/admin/catalog/pricechange/?state__exact=waiting").content.decode()
    page = petra.get(f"/admin/catalog/pricechange/{change.pk}/change/").content.decode()
    assert "Approve 2 prices" in page
    assert do(petra, change, "approve") == "302 approved"
    assert PriceEntry.objects.filter(live=True).count() == 2


def test_who_approves_does_not_approve_their_own(staffed: Any, signed_in: Any, moment: Any) -> None:
    settings.put("pricing.approval_change", 300_000)
    petra = signed_in(staffed.petra)
    change = drafted(staffed, moment, 90, actor=staffed.petra)
    do(petra, change, "submit")
    assert "Approve 1 price" not in petra.get(f"/admin/catalog/pricechange/{change.pk}/change/").content.decode()
    assert do(petra, change, "approve") == "302 waiting"


def test_refusing_says_why_and_it_can_be_written_anew(staffed: Any, signed_in: Any, moment: Any) -> None:
    settings.put("pricing.approval_change", 300_000)
    pia, petra = signed_in(staffed.pia), signed_in(staffed.petra)
    change = drafted(staffed, moment, 90)
    do(pia, change, "submit")
    assert do(petra, change, "refuse", remark="") == "302 waiting"
    assert do(petra, change, "refuse", remark="Below what we paid") == "302 refused"
    assert "Below what we paid" in pia.get(f"/admin/catalog/pricechange/{change.pk}/change/").content.decode()
    form = pia.get(f"/admin/catalog/pricechange/{change.pk}/rows/").content.decode()
    assert "12204\t0.90" in form
    pia.post(f"/admin/catalog/pricechange/{change.pk}/rows/", {"name": "Offers", "rows": "12204\t1.70"})
    assert do(pia, change, "submit") == "302 approved"


def test_prices_in_the_way_make_room_only_when_told_to(staffed: Any, signed_in: Any, moment: Any) -> None:
    brought_in(staffed, moment, 170)
    pia, change = signed_in(staffed.pia), drafted(staffed, moment, 160)
    assert do(pia, change, "submit") == "302 draft"
    page = pia.get(f"/admin/catalog/pricechange/{change.pk}/change/").content.decode()
    assert "12204 costs 1.70 from" in page
    assert do(pia, change, "submit", replace="1") == "302 approved"


def test_chosen_prices_of_a_list_end_and_those_of_another_do_not(staffed: Any, signed_in: Any, moment: Any) -> None:
    brought_in(staffed, moment - DAY, 170, 180)
    first, second = PriceEntry.objects.order_by("id")
    pia = signed_in(staffed.pia)
    pia.post(f"/admin/catalog/pricelist/{staffed.all.pk}/end/", {"entry": [first.pk]})
    assert PriceEntry.objects.filter(ends_at=None).count() == 2
    pia.post(f"/admin/catalog/pricelist/{staffed.both.pk}/end/", {"entry": [first.pk, "x", "9" * 30]})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.ends_at is None, second.ends_at is None) == (False, True)
    assert "12204" in pia.get(f"/admin/catalog/pricelist/{staffed.both.pk}/change/?state=past").content.decode()


def test_a_list_is_made_changed_and_archived(staffed: Any, signed_in: Any, moment: Any) -> None:
    pia = signed_in(staffed.pia)
    given = {"name": "City", "currency": "EUR", "priority": "5", "stores": [str(staffed.northside.pk)], "channel": "", "store_group": ""}
    answer = pia.post("/admin/catalog/pricelist/add/", given)
    made = PriceList.objects.get(name="City")
    assert answer["Location"] == f"/admin/catalog/pricelist/{made.pk}/change/"
    assert (made.code, [store.name for store in made.stores.all()]) == ("city", ["Northside"])
    assert pia.post("/admin/catalog/pricelist/add/", {**given, "channel": str(staffed.stores.pk)}).status_code == 422
    pia.post(f"/admin/catalog/pricelist/{made.pk}/change/?edit", {**given, "name": "Town"})
    pia.post(f"/admin/catalog/pricelist/{made.pk}/archive/")
    made.refresh_from_db()
    assert (made.name, made.archived_at is None) == ("Town", False)
    assert "is archived" in pia.get("/admin/catalog/pricelist/").content.decode()
    assert "Town" not in pia.get("/admin/catalog/pricelist/").content.decode()
    assert "Town" in pia.get("/admin/catalog/pricelist/?lists=archived").content.decode()
    pia.post(f"/admin/catalog/pricelist/{made.pk}/archive/", {"restore": "1"})
    made.refresh_from_db()
    assert made.archived_at is None


def test_a_product_tells_its_prices_and_takes_a_new_one_for_two_stores(staffed: Any, signed_in: Any, moment: Any) -> None:
    pia, variant = signed_in(staffed.pia), staffed.variants[0]
    address = f"/admin/catalog/product/{variant.product_id}/change/?tab=prices"
    assert "Schedule a price" in pia.get(address).content.decode()
    given = {
        "variant": str(variant.pk),
        "amount": "1.50",
        "stores": [str(staffed.northside.pk), str(staffed.riverside.pk)],
        "starts_at": "2037-07-04T09:00",
        "ends_at": "2037-07-05T18:00",
        "replace": "on",
        "place": "northside",
    }
    answer = pia.post(f"/admin/catalog/price_list/schedule/{variant.product_id}/".replace("price_list", "pricelist"), given)
    assert answer.status_code == 302
    entry = PriceEntry.objects.get(live=True)
    assert (entry.price_list, entry.amount, entry.starts_at.isoformat()) == (staffed.both, 150, "2037-07-04T07:00:00+00:00")
    page = pia.get(address).content.decode()
    assert "4 Jul 2037, 09:00" in page
    assert "Not reduced. Lowest price of the last 30 days: <b>1.80</b>" in page
    refused = pia.post(f"/admin/catalog/pricelist/schedule/{variant.product_id}/", {**given, "amount": "cheap"})
    again = pia.get(refused["Location"].partition("#")[0]).content.decode()
    assert 'value="cheap"' in again
    assert "This is not an amount" in again


def test_the_lowest_price_is_told_of_where_it_is_reduced(staffed: Any, signed_in: Any, moment: Any) -> None:
    brought_in(staffed, timezone.now(), 150)
    page = signed_in(staffed.viewer).get(f"/admin/catalog/product/{staffed.variants[0].product_id}/change/?tab=prices&place=northside")
    assert "Lowest price of the 30 days before it was reduced" in page.content.decode()
    assert "Schedule a price" not in page.content.decode()
    strange = f"/admin/catalog/product/{staffed.variants[0].product_id}/change/?tab=prices&place=x&variant=y"
    assert signed_in(staffed.viewer).get(strange).status_code == 200


def test_the_calendar_tells_what_begins_and_ends_by_day(staffed: Any, signed_in: Any, moment: Any) -> None:
    brought_in(staffed, moment, 170, 180, starts_at=moment + DAY, ends_at=moment + 3 * DAY)
    brought_in(staffed, moment, 160, starts_at=moment + 4 * DAY, ends_at=moment + 40 * DAY)
    answer = signed_in(staffed.viewer).get("/admin/catalog/pricelist/calendar/")
    days = answer.context["days"]
    assert [[row["words"] for row in day["rows"]] for day in days][1:5] == [
        ["2 prices start in Both stores"], [], ["2 prices end in Both stores"], ["The price of 12204 starts in Both stores"],
    ]  # fmt: skip
    assert len(days) == 7


# Markdowns


def sticker(client: Client, shop: Any, **fields: Any) -> Any:
    given = {"item": "12204", "store": str(shop.northside.pk), "kind": "percent", "value": "30", "pieces": "4", "reason": "Best before tomorrow"}
    return client.post("/admin/catalog/sticker/add/", {**given, "expires_at": "2037-07-05T18:00", **fields})


def test_a_manager_marks_down_in_the_own_store_and_prints(staffed: Any, signed_in: Any) -> None:
    mia = signed_in(staffed.mia)
    answer = sticker(mia, staffed)
    made = Sticker.objects.get()
    assert (made.kind, made.value, made.pieces, made.store, made.made_by) == ("percent", 300_000, 4, staffed.northside, staffed.mia.pk)
    page = mia.get(answer["Location"]).content.decode()
    assert page.count('<use href="#sticker-bars"/>') == 4
    assert "−30%" in page
    assert "style=" not in page[page.index("<main") : page.index("</main>")]
    assert made.code in mia.get("/admin/catalog/sticker/").content.decode()
    assert made.code in mia.get(f"/admin/catalog/sticker/?q={made.code}").content.decode()
    assert sticker(mia, staffed, item=house.gtin(1), kind="price", value="1,20").status_code == 302
    assert Sticker.objects.latest("made_at").value == 120


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"item": "NO"}, "item"),
        ({"value": "0"}, "value"),
        ({"value": "x"}, "value"),
        ({"pieces": "0"}, "pieces"),
        ({"reason": " "}, "reason"),
        ({"expires_at": "2001-01-01T10:00"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"kind": "price", "value": "9.00"}, "value"),
    ],
)
def test_what_is_no_markdown_is_told_at_its_field(staffed: Any, signed_in: Any, fields: Any, at: str) -> None:
    answer = sticker(signed_in(staffed.mia), staffed, **fields)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [at])
    assert not Sticker.objects.exists()


def test_nobody_marks_down_in_another_store(staffed: Any, signed_in: Any) -> None:
    answer = sticker(signed_in(staffed.stan), staffed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["store"])
    for user in (staffed.viewer, staffed.pia, staffed.petra):
        assert sticker(signed_in(user), staffed).status_code == 403
    assert "/login/" in sticker(Client(), staffed)["Location"]
    assert not Sticker.objects.exists()


def test_bars_read_back_to_the_digits() -> None:
    code = "2801058131238"
    told = modules(code)
    assert (len(told), told[:3], told[45:50], told[-3:]) == (95, "101", "01010", "101")
    left = [told[3 + 7 * n : 10 + 7 * n] for n in range(6)]
    right = [told[50 + 7 * n : 57 + 7 * n] for n in range(6)]
    turned = {"".join("10"[int(bit)] for bit in odd): digit for digit, odd in enumerate(ODD)}
    even = {pattern[::-1]: digit for pattern, digit in turned.items()}
    odd = {pattern: digit for digit, pattern in enumerate(ODD)}
    parity = "".join("L" if one in odd else "G" for one in left)
    digits = [PARITY.index(parity), *(odd.get(one, even.get(one)) for one in left), *(turned[one] for one in right)]
    assert "".join(str(digit) for digit in digits) == code
    assert sum(bar.width for bar in bars(code)) == told.count("1")
    assert max(bar.x + bar.width for bar in bars(code)) == WIDTH - 7
    # GS1's own example.
    assert modules("4006381333931").startswith("1010001101010011101")


# Who may what


PAGES = ["pricelist/", "pricechange/", "sticker/", "pricelist/calendar/"]


@pytest.mark.parametrize("path", PAGES)
def test_strangers_and_cashiers_stay_outside_and_a_viewer_looks(path: str, staffed: Any, signed_in: Any) -> None:
    for client in (Client(), signed_in(staffed.carla)):
        assert "/login/" in client.get(f"/admin/catalog/{path}")["Location"]
    assert signed_in(staffed.viewer).get(f"/admin/catalog/{path}").status_code == 200
    # A stock clerk has nothing to do with prices.
    assert signed_in(hire("clerk", "stock_clerk", store=staffed.northside)).get(f"/admin/catalog/{path}").status_code == 403


def test_a_viewer_and_a_store_manager_change_nothing(staffed: Any, signed_in: Any, moment: Any) -> None:
    settings.put("pricing.approval_change", 300_000)
    brought_in(staffed, moment, 170)
    waiting = drafted(staffed, moment, 90, starts_at=moment + DAY)
    before = list(PriceEntry.objects.values_list()), list(PriceList.objects.values_list()), list(PriceChange.objects.values_list())
    base = "/admin/catalog"
    doors = [
        *(f"{base}/pricechange/{waiting.pk}/{name}/" for name in ("submit", "approve", "refuse", "withdraw", "end", "rows")),
        f"{base}/pricelist/{staffed.both.pk}/end/",
        f"{base}/pricelist/{staffed.both.pk}/archive/",
        f"{base}/pricelist/{staffed.both.pk}/change/?edit",
        f"{base}/pricelist/schedule/{staffed.variants[0].product_id}/",
        f"{base}/pricechange/add/",
        f"{base}/pricelist/add/",
    ]
    sent = {"name": "x", "rows": "12204\t1", "price_list": str(staffed.both.pk), "entry": "1", "remark": "x", "currency": "EUR", "priority": "0"}
    for client in (signed_in(staffed.viewer), signed_in(staffed.mia)):
        assert [client.post(door, sent).status_code for door in doors] == [403] * len(doors)
    assert all("/login/" in Client().post(door, sent)["Location"] for door in doors)
    after = list(PriceEntry.objects.values_list()), list(PriceList.objects.values_list()), list(PriceChange.objects.values_list())
    assert before == after


def test_a_merchandiser_does_not_approve_or_refuse(staffed: Any, signed_in: Any, moment: Any) -> None:
    settings.put("pricing.approval_change", 300_000)
    change = brought_in(staffed, moment, 90)
    other = signed_in(hire("paul", "merchandiser"))
    assert do(other, change, "approve") == "403 waiting"
    assert do(other, change, "refuse", remark="x") == "403 waiting"


def test_statements_do_not_grow_with_rows(staffed: Any, signed_in: Any, moment: Any) -> None:
    petra = signed_in(staffed.petra)

    def grown() -> list[int]:
        told = []
        change = PriceChange.objects.order_by("made_at")[0]
        lists, entries = f"pricelist/{staffed.both.pk}/change/", f"product/{staffed.variants[0].product_id}/change/?tab=prices"
        for path in ("pricelist/", lists, "pricechange/", f"pricechange/{change.pk}/change/", "sticker/", "pricelist/calendar/", entries):
            petra.get(f"/admin/catalog/{path}")
            with statements() as seen:
                assert petra.get(f"/admin/catalog/{path}").status_code == 200
            told.append(len(seen))
        return told

    def sticky(count: int) -> None:
        for _ in range(count):
            services.make_stickers(
                variant=staffed.variants[0].pk, store=staffed.northside.pk, kind="percent", value=300_000, pieces=1, reason="Old",
                expires_at=moment + DAY, now=moment, actor=staffed.mia.pk,
            )  # fmt: skip

    drafted(staffed, moment - DAY, 170)
    brought_in(staffed, moment, 170)
    sticky(1)
    few = grown()
    house.add_products(staffed, 7, now=moment)
    for number in range(3):
        services.create_price_list(name=f"List {number}", currency="EUR", stores=[staffed.northside.pk], now=moment, actor=None)
        drafted(staffed, moment, *[150] * 10)
    for number in range(1, 4):
        brought_in(staffed, moment, *[170] * 10, from_quantity=1000 * number + 1000, starts_at=moment + DAY)
    many = drafted(staffed, moment - 2 * DAY, *[170] * 10)
    assert many.entries.count() == 10
    sticky(9)
    assert grown() == few
