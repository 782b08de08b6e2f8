import gzip
import hashlib
import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from catalog import search, shelf
from catalog import services as catalog
from catalog.models import TaxClass
from org import services as org
from org import settings
from pos import queries, services
from pos.models import EnrolmentCode, PinCredential, TillEpoch
from pos.queries import feed
from pos.tests.conftest import stock_shop, through_django
from pos.tests.paper_till import PaperTill


def code_for(shop, till=None):
    return services.create_enrolment_code(till=till or shop.northside_till, actor=shop.cast.mia.id, now=timezone.now())


def enrolment(code, jwk):
    return through_django("POST", "/api/v1/till-enrolments", {"code": code, "public_key": jwk}, {})


def test_a_code_turns_a_browser_into_a_till(shop):
    till = PaperTill(through_django)
    till.enrol(code_for(shop))
    assert till.document["till"] == {"id": str(shop.northside_till.id), "number": 1, "name": "Till 1"}
    assert till.document["store"] == {
        "id": str(shop.cast.northside.id),
        "code": "northside",
        "name": "Northside",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "day_cutoff": "04:00",
    }
    assert till.document["head"] == {"seq": 0, "hash": "0" * 64, "receipt": 0}
    status, again = till.get("/api/v1/till")
    assert status == 200
    assert again == {name: value for name, value in till.document.items() if name != "token"} | {"server_time_ms": again["server_time_ms"]}


def test_a_code_is_read_as_it_is_heard(shop):
    code = code_for(shop)
    assert len(code) == 14
    assert code[4] == code[9] == "-"
    heard = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert enrolment(heard, PaperTill().jwk)[0] == 201


def test_a_wrong_a_used_and_an_old_code_are_one_answer(shop):
    used, old = code_for(shop), code_for(shop)
    enrolment(used, PaperTill().jwk)
    EnrolmentCode.objects.filter(used_at=None).update(expires_at=timezone.now())
    answers = [enrolment(code, PaperTill().jwk) for code in ("AAAA-BBBB-CCCC", used, old, "ü")]
    assert {(status, answer["code"]) for status, answer in answers} == {(422, "enrolment_code_invalid")}
    assert len({json.dumps(answer) for _, answer in answers}) == 1


def test_neither_code_nor_token_is_kept(shop):
    code, till = code_for(shop), PaperTill(through_django)
    till.enrol(code)
    assert bytes(EnrolmentCode.objects.get().digest) == hashlib.sha256(code.replace("-", "").encode()).digest()
    assert bytes(TillEpoch.objects.get().token_digest) == hashlib.sha256(till.token.encode()).digest()


@pytest.mark.parametrize(
    "change",
    [{"kty": "RSA"}, {"crv": "P-384"}, {"x": "AAAA"}, {"y": "A" * 43}, {"x": 1}, {"d": "secret"}, {"x": "ö"}],
    ids=lambda change: str(change),
)
def test_only_a_public_p256_key_is_taken_and_the_code_is_not_used_up(shop, change):
    code = code_for(shop)
    status, answer = enrolment(code, {**PaperTill().jwk, **change})
    assert (status, answer["code"]) == (422, "public_key_invalid")
    assert enrolment(code, PaperTill().jwk)[0] == 201


def test_a_new_enrolment_fences_off_the_one_before(shop):
    old = shop.till()
    shop.till()
    assert [(epoch.epoch, epoch.revoked_at is None) for epoch in TillEpoch.objects.order_by("epoch")] == [(1, False), (2, True)]
    for path in ("/api/v1/till", "/api/v1/till/catalogue", "/api/v1/till/search?q=tea"):
        status, answer = old.get(path)
        assert (status, answer["code"]) == (401, "till_revoked")


def test_a_till_that_is_switched_off_sells_no_more(shop):
    till = shop.till()
    services.revoke(till=shop.northside_till, now=timezone.now())
    assert till.get("/api/v1/till")[0] == 401


@pytest.mark.parametrize("path", ["/api/v1/till", "/api/v1/till/catalogue", "/api/v1/till/search?q=tea"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Till guess"}, {"Authorization": "Bearer x"}, {"X-API-Key": "pk_demo_storefront"}])
def test_a_stranger_is_told_to_enrol(shop, path, header):
    assert through_django("GET", path, None, header)[0] == 401


@pytest.mark.django_db(transaction=True)
def test_one_code_redeemed_by_two_at_once_makes_one_till():
    shop = stock_shop()
    code, barrier, answers = code_for(shop), Barrier(4), []

    def work():
        try:
            barrier.wait(timeout=30)
            answers.append(enrolment(code, PaperTill().jwk)[0])
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [201, 422, 422, 422]


def test_a_store_has_each_till_number_once(shop):
    with pytest.raises(services.TillNumberTaken):
        services.create_till(store=shop.cast.northside, number=1, name="Another")


def test_a_pin_is_four_digits_and_names_one_person_in_a_store(shop):
    cast = shop.cast
    services.set_pin(user=cast.carla, store=cast.northside, pin="0427")
    for pin in ("427", "04270", "abcd", "٠٤٢٧"):
        with pytest.raises(services.PinInvalid):
            services.set_pin(user=cast.mia, store=cast.northside, pin=pin)
    with pytest.raises(services.PinTaken) as refused:
        services.set_pin(user=cast.mia, store=cast.northside, pin="0427")
    assert "carla" not in refused.value.message.lower()
    services.set_pin(user=cast.stan, store=cast.riverside, pin="0427")
    services.set_pin(user=cast.carla, store=cast.northside, pin="9999")
    assert PinCredential.objects.count() == 2


def test_the_till_knows_who_may_work_at_it(shop):
    cast = shop.cast
    cashiers_of = lambda till: till.get("/api/v1/till")[1]["cashiers"]  # noqa: E731
    northside, riverside = shop.till(), shop.till(shop.riverside_till)
    for user, store, pin in ((cast.carla, cast.northside, "1111"), (cast.mia, cast.northside, "2222"), (cast.stan, cast.riverside, "3333")):
        services.set_pin(user=user, store=store, pin=pin)
    # A PIN alone opens nothing: Stan has no role at Northside, and nobody without a PIN is listed.
    services.set_pin(user=cast.stan, store=cast.northside, pin="4444")
    assert [(who["name"], who["roles"]) for who in cashiers_of(northside)] == [("Carla", ["cashier"]), ("Mia", ["store_manager"])]
    assert [who["name"] for who in cashiers_of(riverside)] == ["Stan"]
    salt = bytes.fromhex(northside.document["pin"]["salt"])
    digest = hashlib.pbkdf2_hmac("sha256", b"1111", salt, northside.document["pin"]["iterations"], dklen=32)
    assert cashiers_of(northside)[0]["digest"] == digest.hex()
    org.change_user(user=cast.carla, is_active=False)
    services.set_pin(user=cast.olga, store=cast.northside, pin="5555")
    org.grant_role(user=cast.stan, role="cashier", channel=cast.stores)
    assert [who["name"] for who in cashiers_of(northside)] == ["Mia", "Olga", "Stan"]


def test_the_till_finds_its_place_after_a_restart(shop):
    till = shop.till()
    till.open()
    till.sell([till.goods(shop.items[0])])
    till.sell([till.goods(shop.items[0])])
    till.write("no_sale", {})
    till.deliver()
    assert till.get("/api/v1/till")[1]["head"] == {"seq": 4, "hash": till.head, "receipt": 2}


def test_the_feed_holds_what_can_be_sold_and_nothing_else(shop):
    now = timezone.now()
    settings.put("till.favourites", ["OATS-1"], store=shop.cast.northside)
    tax = TaxClass.objects.get()
    drinks = catalog.create_category(code="drinks", name="Drinks", actor=None)
    catalog.create_category(code="empty", name="Nothing on it", actor=None)
    make = lambda name, sku, status="active", **fields: catalog.create_product(  # noqa: E731
        name=name, tax_class=tax, status=status, now=now, actor=None, variants=[catalog.NewVariant(sku=sku, **fields)], category=drinks, tile="bottle"
    )
    make("Water", "WATER", prices={"EUR": 59}, net_content=750, net_unit="l", gtins=["4006381333931", "96385074"])
    make("Draft", "DRAFT", status="draft", prices={"EUR": 59})
    make("Dollars", "DOLLARS", prices={"USD": 59})
    archived = make("Archived", "GONE", prices={"EUR": 59})
    catalog.archive_product(product=archived.id, now=now, actor=None)
    status, feed = shop.till().get("/api/v1/till/catalogue")
    assert status == 200
    assert [item["sku"] for item in feed["items"]] == ["OATS-0", "OATS-1", "OATS-2", "WATER"]
    assert [item["favourite"] for item in feed["items"]] == [0, 1, 0, 0]
    assert feed["categories"] == [{"code": "drinks", "name": "Drinks"}]
    assert feed["items"][3] == {
        "id": feed["items"][3]["id"],
        "sku": "WATER",
        "name": "Water 0.75 l",
        "gtins": ["00000096385074", "04006381333931"],
        "price": 59,
        "price_quantity": 1000,
        "tax_class": "reduced",
        "tax_rate": 70000,
        "category": "drinks",
        "tile": "bottle",
        "sold_by": "each",
        "favourite": 0,
        "facets": [],
        "deposit": None,
    }


def test_the_feed_is_sent_again_only_when_it_changed(shop, django_assert_num_queries):
    till = shop.till()
    header = {"Authorization": f"Till {till.token}", "Accept-Encoding": "gzip"}
    first = Client().get("/api/v1/till/catalogue", headers=header)
    packed = json.loads(gzip.decompress(first.content) if first.headers.get("Content-Encoding") == "gzip" else first.content)
    assert packed["snapshot"] in first.headers["ETag"]
    for known in (first.headers["ETag"], f'"{packed["snapshot"]}"', packed["snapshot"]):
        assert Client().get("/api/v1/till/catalogue", headers={**header, "If-None-Match": known}).status_code == 304
    catalog.set_price(variant=packed["items"][0]["id"], currency="EUR", amount=1, now=timezone.now() + timedelta(seconds=1), actor=None)
    again = Client().get("/api/v1/till/catalogue", headers={**header, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    with django_assert_num_queries(6):
        feed.catalogue(store=shop.cast.northside, now=timezone.now())


def test_what_waits_for_a_person_is_counted(shop):
    till = shop.till()
    till.open()
    till.sell([till.goods(shop.items[0])], total=1)
    till.deliver([*till.entries, till.seal("?")])
    till.deliver([till.seal(till.entries[1]["text"] + " ")])
    assert queries.attention(now=timezone.now()) == queries.Attention(failed=0, quarantined=1, conflicts=1, late=0, notes=3)
    assert queries.attention(now=timezone.now() + timedelta(hours=1)).late == 1
    from pos.models import JournalConflict

    services.resolve_conflicts(ids=[JournalConflict.objects.get().id], actor=shop.cast.mia.id, now=timezone.now())
    assert queries.attention(now=timezone.now()).conflicts == 0


def test_the_whole_shop_is_searched_for_a_till_and_only_what_it_may_sell_is_found(shop):
    tax, now = TaxClass.objects.get(), timezone.now()
    for name, sku, more in (("Ginger tea", "GINGER", {}), ("Ginger root", "ROOT", {"status": "draft"}), ("Ginger beer", "BEER", {"currency": "USD"})):
        variant = catalog.NewVariant(sku=sku, prices={more.pop("currency", "EUR"): 250}, gtins=["4006381333931"] if sku == "GINGER" else [])
        catalog.create_product(name=name, tax_class=tax, variants=[variant], now=now, actor=None, **{"status": "active", **more})
    shelf.rebuild(channel=shop.cast.stores.id, now=now)
    search.rebuild()
    till = shop.till()
    for words in ("ginger", "gigner", "GINGER", "4006381333931"):
        status, told = till.get(f"/api/v1/till/search?q={words}")
        assert (status, [item["sku"] for item in told["items"]]) == (200, ["GINGER"]), words
    assert till.get("/api/v1/till/search?q=")[1] == {"items": []}
    assert till.get("/api/v1/till/search?q=" + "x" * 101)[0] == 422
