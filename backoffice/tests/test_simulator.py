"""The simulator: a basket, a place, a time and a customer in the address; what it costs and why, in words."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from backoffice.tests import shop as house
from catalog import search
from catalog import services as catalog
from catalog.models import Promotion, Variant
from org import services as org
from org.tests.doorstep import statements

HERE = "/admin/simulator/"
PAIR: dict[str, Any] = {"selection": {"any": {"category": ["drinks"]}}, "reward": {"kind": "set", "size": 2, "value": 300}}


@pytest.fixture
def busy(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 12, now=moment)
    return shop


def promotion(shop: house.Shop, *, code: str = "two", name: str = "2 for 3.00", **values: Any) -> Promotion:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    values = {"rule": PAIR, "state": "approved", **values}
    who = {"made_by": shop.owner.pk, "made_at": at, "changed_by": shop.owner.pk, "changed_at": at}
    return Promotion.objects.create(code=code, name=name, **who, **values)


def look(client: Client, *lines: tuple[str, Any], status: int = 200, **more: Any) -> Any:
    query = {**{f"item.{sku}": many for sku, many in lines}, **more}
    answer = client.get(HERE + ("?" + urlencode(query) if query else ""))
    assert answer.status_code == status, answer.content[:2000]
    return answer


def notes(answer: Any) -> list[str]:
    return [f"{row.sku}: {note.strong} {note.text}".strip() for row in answer.context["told"].rows for note in row.notes]


def totals(answer: Any) -> list[tuple[str, str]]:
    return [(one.name, one.amount) for one in answer.context["told"].totals]


def wrong(answer: Any) -> dict[str, str]:
    return {row.code: row.problem for row in answer.context["told"].rows if row.problem}


# What it costs, and why


def test_a_basket_costs_what_the_tills_take_and_each_line_says_why(busy: house.Shop, signed_in: Any) -> None:
    promotion(busy)
    answer = look(signed_in(busy.owner), ("12204", 1), ("12205", 1), ("12206", 1))
    assert notes(answer) == [
        "12204: Add 1 more for 2 for 3.00. Has 1, needs 2.",
        "12205: 2 for 3.00 applied. 0.44 off.",
        "12206: 2 for 3.00 applied. 0.46 off.",
    ]
    assert totals(answer) == [("Without offers", "5.70"), ("2 for 3.00", "−0.90")]
    assert answer.context["told"].pays == "4.80"
    assert "Same rules as the tills" in answer.content.decode()
    assert "customer pays 4.80 EUR" in answer.content.decode()


def test_the_link_that_adds_one_more_makes_the_pair(busy: house.Shop, signed_in: Any) -> None:
    promotion(busy)
    client = signed_in(busy.owner)
    answer = look(client, ("12204", 1))
    assert notes(answer) == ["12204: Add 1 more for 2 for 3.00. Has 1, needs 2."]
    (note,) = answer.context["told"].rows[0].notes
    assert (note.deed, note.look, note.icon) == ("Add 1 more", "nearly", "warn")
    after = client.get(HERE + note.link)
    assert notes(after) == ["12204: 2 for 3.00 applied. 0.60 off."]


def test_pieces_left_over_beside_another_offer_still_ask_for_one_more(busy: house.Shop, signed_in: Any) -> None:
    promotion(busy)
    promotion(
        busy, code="oats", name="Oats", priority=5, rule={"selection": {"any": {"sku": ["12210"]}}, "reward": {"kind": "percent", "value": 100_000}}
    )
    answer = look(signed_in(busy.owner), ("12204", 1), ("12205", 2), ("12210", 1))
    assert notes(answer)[0] == "12204: Add 1 more for 2 for 3.00. Has 1, needs 2."
    cheap = promotion(busy, code="ten", name="2 for 10.00", priority=9, rule={**PAIR, "reward": {"kind": "set", "size": 2, "value": 1000}})
    assert not any(cheap.name in note for note in notes(look(signed_in(busy.owner), ("12204", 1), ("12205", 2))))


def test_buttons_beside_a_line_change_it_and_nothing_else(busy: house.Shop, signed_in: Any) -> None:
    client = signed_in(busy.owner)
    form = {"item.12204": "2", "item.12205": "1", "place": "store:riverside", "coupons": "X"}
    for deed, lines in (("more:12204", "item.12204=3&item.12205=1"), ("less:12205", "item.12204=2"), ("out:12204", "item.12205=1")):
        answer = client.get(HERE, {**form, "do": deed})
        assert answer["Location"] == f"{HERE}?place=store%3Ariverside&{lines}&coupons=X"
    part = client.get(HERE, {**form, "do": "more:12204", "part": "1"})
    assert [row.written for row in part.context["told"].rows] == ["3", "1"]
    assert part.context["query"] == "?place=store%3Ariverside&item.12204=3&item.12205=1&coupons=X"
    for deed in ("", "more:", "more:gone", "x:12204", "\0"):
        assert client.get(HERE, {**form, "do": deed})["Location"].endswith("item.12204=2&item.12205=1&coupons=X")


def test_what_was_not_given_is_told_with_the_missing_condition(busy: house.Shop, signed_in: Any) -> None:
    promotion(busy, code="spring", name="Spring", needs_coupon=True)
    promotion(busy, code="staff", name="Staff day", rule={**PAIR, "staff": True})
    promotion(busy, code="far", name="Riverside only", rule={**PAIR, "stores": ["riverside"]})
    promotion(busy, code="later", name="Later", starts_at=datetime(2098, 4, 18, 7, tzinfo=UTC))
    answer = look(signed_in(busy.owner), ("12204", 2), place="store:northside")
    told = {offer.name: offer.note.strong for offer in answer.context["told"].offers}
    assert told == {
        "Spring": "Needs a coupon.",
        "Staff day": "For staff only.",
        "Riverside only": "Not in this store or channel.",
        "Later": "Starts 18 April 2098 07:00.",
    }
    with_all = look(signed_in(busy.owner), ("12204", 2), place="store:riverside", staff="1")
    assert "12204: Riverside only applied. 0.60 off." in notes(with_all)


def test_a_coupon_a_group_and_a_first_order_open_what_asks_for_them(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    held = promotion(busy, code="spring", name="Spring", needs_coupon=True)
    catalog.create_coupons(promotion=held.pk, codes=["SPRING-1"], now=moment, actor=busy.owner.pk)
    promotion(busy, code="club", name="Club", rule={**PAIR, "groups": ["club"]}, priority=5)
    promotion(busy, code="hello", name="Hello", rule={**PAIR, "first_order": True}, priority=9)
    client = signed_in(busy.owner)
    given = [("12204", 2)]
    told = [(note.strong, note.text) for note in look(client, *given, coupons="spring-1, nope").context["told"].coupons]
    assert told == [("NOPE", "This coupon is not known."), ("SPRING-1", "It counts.")]
    assert notes(look(client, *given, coupons="spring-1")) == ["12204: Spring applied. 0.60 off."]
    assert "12204: Club applied. 0.60 off." in notes(look(client, *given, groups="club, gold"))
    assert "12204: Hello applied. 0.60 off." in notes(look(client, *given, customer="new"))
    assert "Hello" in {offer.name for offer in look(client, *given, customer="known").context["told"].offers}


def test_a_barcode_a_weight_and_words_find_their_goods(busy: house.Shop, signed_in: Any) -> None:
    search.refresh(products=[variant.product_id for variant in busy.variants])
    client = signed_in(busy.owner)
    Variant.objects.filter(sku="12206").update(sold_by="weight")
    answer = look(client, (house.gtin(0), 2), ("12206", "0,25"))
    assert [(row.sku, row.each, row.total) for row in answer.context["told"].rows] == [
        ("12204", "2 × 1.80", "3.60"),
        ("12206", "0.25 × 2.00", "0.50"),
    ]
    added = client.get(HERE, {"add": house.gtin(1), "item.12204": "1"})
    assert added.status_code == 302
    assert added["Location"] == f"{HERE}?item.12204=1&item.{house.gtin(1)}=1"
    choices = look(client, ("12204", 1), add="orange soda").context["choices"]
    assert [(one["sku"], one["link"]) for one in choices] == [("12205", "?item.12204=1&item.12205=1")] or len(choices) == 2
    found = client.get(f"{HERE}choices/", {"add": "12205", "item.12204": "1"}).content.decode()
    assert 'href="?item.12204=1&amp;item.12205=1"' in found
    assert "Nothing for" in client.get(f"{HERE}choices/", {"add": "zzzzqq"}).content.decode()


def test_it_starts_from_a_product_and_from_a_promotion(busy: house.Shop, signed_in: Any) -> None:
    client = signed_in(busy.owner)
    page = client.get(f"/admin/catalog/product/{busy.variants[0].product_id}/change/").content.decode()
    assert f'href="{HERE}?sku=12204"' in page
    assert [row.sku for row in look(client, sku="12204").context["told"].rows] == ["12204"]
    held = promotion(busy, state="draft", rule={**PAIR, "stores": ["riverside"]}, starts_at=datetime(2098, 4, 19, 7, tzinfo=UTC))
    answer = look(client, ("12204", 2), promotion=held.pk)
    assert answer.context["spot"].name == "Riverside"
    assert answer.context["at_words"] == "Sat 19 Apr 2098, 07:00"
    focus = answer.context["told"].focus
    assert (focus.before, focus.after, focus.difference, focus.given) == ("3.60", "3.00", "−0.60", "0.60")
    # A draft is nowhere else.
    assert look(client, ("12204", 2), place="riverside", at="2098-04-19T07:00").context["told"].pays == "3.60"


def test_a_basket_that_earns_the_promotion_is_one_click_away(busy: house.Shop, signed_in: Any) -> None:
    search.refresh(products=[variant.product_id for variant in busy.variants])
    client = signed_in(busy.owner)
    held = promotion(busy, state="draft", starts_at=datetime(2098, 4, 19, 7, tzinfo=UTC))
    link = look(client, promotion=held.pk).context["earning"]
    assert link.endswith("&item.12215=2")
    assert client.get(HERE + link).context["told"].focus.given == "2.80"
    nowhere = promotion(busy, code="free", name="Free delivery", rule={"level": "delivery", "reward": {"kind": "percent", "value": 1_000_000}})
    odd = promotion(busy, code="odd", name="Odd", state="draft", rule={"reward": {"kind": "?"}, "selection": 5})
    assert [look(client, promotion=one.pk).context["earning"] for one in (nowhere, odd)] == ["", ""]


def test_without_an_approved_promotion_means_as_if_it_were_over(busy: house.Shop, signed_in: Any) -> None:
    held = promotion(busy, supplier="Brightwater", supplier_share=400_000)
    answer = look(signed_in(busy.owner), ("12204", 2), promotion="two")
    focus = answer.context["told"].focus
    assert (focus.before, focus.after, focus.supplier) == ("3.60", "3.00", "Brightwater pays 0.24")
    silent = look(signed_in(busy.owner), ("12204", 1), promotion=held.pk).context["told"].focus
    assert (silent.difference, silent.why.strong) == ("0.00", "Add 1 more for 2 for 3.00.")


def test_the_promotion_that_is_looked_at_is_told_at_each_of_its_lines(busy: house.Shop, signed_in: Any) -> None:
    held = promotion(busy, ends_at=datetime(2026, 5, 1, tzinfo=UTC), rule={**PAIR, "staff": True})
    answer = look(signed_in(busy.owner), ("12204", 1), ("12205", 1), promotion=held.pk, at="2026-04-02T10:00")
    assert notes(answer) == ["12204: For staff only. 2 for 3.00", "12205: For staff only. 2 for 3.00"]


def test_moments_are_those_of_the_place_and_one_click_away(busy: house.Shop, signed_in: Any) -> None:
    held = promotion(busy, starts_at=datetime(2098, 4, 19, 7, tzinfo=UTC), ends_at=datetime(2098, 4, 20, 7, tzinfo=UTC))
    answer = look(signed_in(busy.owner), ("12204", 2), promotion=held.pk)
    chips = {words: link for words, link, _current in answer.context["told"].chips}
    assert list(chips) == ["Now", "Tomorrow 09:00", "Saturday 09:00", "When it starts", "Its last minute"]
    saturday = signed_in(busy.owner).get(HERE + chips["Saturday 09:00"]).context
    assert saturday["at_words"].startswith("Sat ")
    assert saturday["at_words"].endswith("09:00")
    assert [words for words, _link, current in saturday["told"].chips if current] == ["Saturday 09:00"]
    assert signed_in(busy.owner).get(HERE + chips["Its last minute"]).context["told"].pays == "3.00"


def test_a_web_channel_pays_delivery_and_says_what_is_taken_off(busy: house.Shop, signed_in: Any) -> None:
    org.create_channel(company=busy.company, code="web", name="Web shop", kind="web")
    promotion(busy, code="free", name="Free delivery", rule={"level": "delivery", "reward": {"kind": "percent", "value": 1_000_000}})
    answer = look(signed_in(busy.owner), ("12204", 1), place="channel:web", delivery="4,90")
    assert totals(answer) == [("Without offers", "6.70"), ("Free delivery", "−4.90")]
    assert answer.context["told"].pays == "1.80"
    bad = look(signed_in(busy.owner), ("12204", 1), place="channel:web", delivery="much")
    assert bad.context["wrong_delivery"].startswith("Not a price")


def test_a_sold_basket_is_where_it_starts_for_whoever_may_see_it(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    house.sell(busy, store=busy.northside, at=moment)
    answer = look(signed_in(busy.owner), order="NORTHSIDE-1-1-0001")
    assert answer.context["tabs"][0]["title"] == "Basket NORTHSIDE-1-1-0001"
    assert [(row.sku, row.written) for row in answer.context["told"].rows] == [("12205", "2")]
    assert answer.context["spot"].key == "store:northside"
    assert [row.sku for row in look(signed_in(busy.mia), order="NORTHSIDE-1-1-0001").context["told"].rows] == ["12205"]
    for who in (busy.stan,):
        hidden = look(signed_in(who), order="NORTHSIDE-1-1-0001")
        assert hidden.context["told"].rows == ()
        assert "There is no order NORTHSIDE-1-1-0001 here." in hidden.content.decode()


def test_the_trace_is_there_as_json_for_support(busy: house.Shop, signed_in: Any) -> None:
    promotion(busy)
    body = look(signed_in(busy.owner), ("12204", 2), format="json").json()
    assert body["place"] == "store:northside"
    assert body["result"]["totals"]["total"] == 300
    assert [entry["code"] for entry in body["result"]["trace"]] == ["applied"]


def test_the_live_part_is_the_page_without_its_frame(busy: house.Shop, signed_in: Any) -> None:
    part = look(signed_in(busy.owner), ("12204", 2), part="1").content.decode()
    assert "<html" not in part
    assert "Customer pays" in part


# Whatever stands in the address


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ({"item.12204": "99999999999999"}, "12204", "Write a number of pieces or kilograms, such as 2 or 0.5."),
        ({"item.12204": "10000"}, "12204", "At most 9,999."),
        ({"item.12204": "1.5"}, "12204", "This is sold by the piece: a whole number."),
        ({"item.12204": "-3"}, "12204", "Write a number of pieces or kilograms, such as 2 or 0.5."),
        ({"item.12204": "١"}, "12204", "Write a number of pieces or kilograms, such as 2 or 0.5."),
        ({"item.nosuch": "1"}, "nosuch", "There is no such SKU or barcode."),
        ({"item.<script>": "1"}, "<script>", "There is no such SKU or barcode."),
    ],
)
def test_a_line_that_cannot_be_meant_says_so_and_the_others_are_priced(
    query: dict[str, str], code: str, words: str, busy: house.Shop, signed_in: Any
) -> None:
    answer = look(signed_in(busy.owner), ("12205", 1), **query)
    assert wrong(answer) == {code: words}
    assert answer.context["told"].pays == "1.90"
    assert "<script>1" not in answer.content.decode()


def test_nothing_in_the_address_breaks_the_page(busy: house.Shop, signed_in: Any) -> None:
    client = signed_in(busy.owner)
    moments = (
        "",
        "now",
        "x",
        "2026-02-30T10:00",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "2026-03-29T02:30",
        "2099-12-31T23:59",
        "\0",
        "२०२६-०४-१८T१०:००",
    )
    for at in moments:
        look(client, ("12204", 1), at=at)
    assert "Write a day and a time" in look(client, ("12204", 1), at="9999-12-31T23:59").content.decode()
    names = (
        "place",
        "promotion",
        "order",
        "sku",
        "coupons",
        "groups",
        "segments",
        "customer",
        "staff",
        "delivery",
        "tab",
        "job",
        "simulation",
        "item.",
    )
    for value in ("\0", "'; drop table", "x" * 3000, "0", "-1", "😀", "\ud83d".encode("utf-8", "surrogatepass"), "9" * 400):
        look(client, ("12204", 1), **dict.fromkeys(names, value))
        look(client, part="1", add=value)
    look(client, tab="recent", job="9" * 40)
    raw = client.get(HERE + "?item.12204=%ff%fe&place=%00&item.%00=1&at=%ED%A0%80")
    assert raw.status_code == 200


def test_too_many_lines_are_told_and_never_an_error(busy: house.Shop, signed_in: Any) -> None:
    many = [(f"sku-{number}", 1) for number in range(250)]
    answer = look(signed_in(busy.owner), ("12204", 1), *many)
    assert "A basket here has at most 200 lines; of the 251 given only the first are looked at." in answer.content.decode()
    assert len(answer.context["told"].rows) == 200
    far = look(signed_in(busy.owner), *[(f"sku-{number}", 1) for number in range(2000)], status=400)
    assert "This basket is too long" in far.content.decode()
    assert look(signed_in(busy.owner), coupons=" ".join(f"C{number}" for number in range(50))).status_code == 200


def test_what_has_no_price_is_named_and_nothing_is_made_up(busy: house.Shop, signed_in: Any) -> None:
    Variant.objects.get(sku="12205").prices.all().delete()
    answer = look(signed_in(busy.owner), ("12204", 1), ("12205", 1))
    assert list(wrong(answer)) == ["12205"]
    assert "This basket cannot be priced" in answer.content.decode()
    assert answer.context["told"].pays == ""


def test_an_empty_basket_says_what_to_do(busy: house.Shop, signed_in: Any) -> None:
    page = look(signed_in(busy.owner)).content.decode()
    assert "Nothing in the basket yet" in page
    assert "Copy trace" not in page


# Who may


def test_who_sees_prices_tries_baskets_where_they_work(busy: house.Shop, signed_in: Any) -> None:
    def places(user: Any) -> list[str]:
        return [spot.name for spot in look(signed_in(user), ("12204", 1)).context["spots"]]

    org.create_channel(company=busy.company, code="web", name="Web shop", kind="web")
    for role in ("merchandiser", "pricing_manager"):
        org.grant_role(user=org.create_user(username=role, name=role, password=None), role=role)
    from org.models import User

    everybody = [busy.owner, busy.viewer, *User.objects.filter(username__in=("merchandiser", "pricing_manager"))]
    assert {tuple(places(user)) for user in everybody} == {("Northside", "Riverside", "Web shop")}
    assert places(busy.mia) == ["Northside"]
    elsewhere = look(signed_in(busy.mia), ("12204", 1), place="store:riverside")
    assert elsewhere.context["spot"].name == "Northside"
    assert "There is no place store:riverside for you" in elsewhere.content.decode()


def test_the_cashier_and_the_stranger_see_nothing(busy: house.Shop, signed_in: Any) -> None:
    clerk = org.create_user(username="clerk", name="Clerk", password=None)
    org.grant_role(user=clerk, role="stock_clerk", store=busy.northside)
    for path in ("", "choices/", "keep/", "kept/1/remove/", "recent/"):
        for client in (Client(), signed_in(busy.carla)):
            for answer in (client.get(HERE + path, {"item.12204": 1}), client.post(HERE + path, {"name": "x", "given": "item.12204=1"})):
                assert answer.status_code == 302
                assert "/login" in answer["Location"]
        assert signed_in(clerk).get(HERE + path).status_code in (403, 405)
        assert signed_in(clerk).post(HERE + path).status_code in (403, 405)
    assert "Simulator" not in signed_in(clerk).get("/admin/").content.decode()


def test_it_stands_in_the_navigation_and_under_ctrl_k(busy: house.Shop, signed_in: Any) -> None:
    assert f'href="{HERE}"' in signed_in(busy.viewer).get("/admin/").content.decode()
    groups = {
        str(group.title): [hit.title for hit in group.hits]
        for group in signed_in(busy.viewer).get("/admin/command/", {"s": "basket"}).context["groups"]
    }
    assert groups["Do"] == ["Try a basket"]


def test_a_long_basket_asks_the_database_no_more_than_a_short_one(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(busy, 100, now=moment)
    promotion(busy, most_uses=10, offline="allow")
    held = promotion(busy, code="other", name="Other", state="draft", rule={**PAIR, "reward": {"kind": "set", "size": 3, "value": 300}}, priority=-1)
    client, counts = signed_in(busy.owner), []
    look(client, ("12204", 1), promotion=held.pk, coupons="X")
    for many in (1, 10, 100):
        with statements() as seen:
            look(client, *[(variant.sku, 1) for variant in busy.variants[-many:]], promotion=held.pk, coupons="X", customer="new")
        counts.append(len(seen))
    assert counts[0] == counts[1] == counts[2] < 45, counts
