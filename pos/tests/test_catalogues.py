"""The catalogue in pieces: known by their content, told to those who may see them, built once for each change."""

import gzip
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from catalog import search, shelf
from catalog import services as catalog
from catalog.events import PricesChanged
from catalog.models import Price, Variant
from inventory.models import Pack
from kernel import outbox
from kernel.models import Message
from org import settings
from org.tests.doorstep import statements
from pos import chunks, services
from pos.models import CatalogueChunk, PriceSnapshot, TillCatalogue, ToldChunk
from pos.queries import told
from pos.services import catalogues
from pos.tests import offers

PATH = "/api/v1/till/catalogue?form=chunks"


@pytest.fixture
def northside(shop):
    settings.put("shop.timezone", "Europe/Berlin")
    search.rebuild()
    shelf.rebuild(channel=shop.cast.stores.id, now=timezone.now())
    follow()
    return shop.cast.northside


def list_price(*what, **more):
    """As the services tell it."""
    entry = offers.list_price(*what, **more)
    with transaction.atomic():
        id, past = entry.price_list_id, Message.objects.filter(aggregate_id=entry.price_list_id).count()
        outbox.record(PricesChanged(aggregate_id=id, sequence=past + 1, store=None, change="prices", code=entry.price_list.code), now=timezone.now())


def rename(sku, name):
    catalog.change_product(product=Variant.objects.get(sku=sku).product_id, fields={"name": name}, now=timezone.now(), actor=None)


def follow(now=None):
    """What the relay, the worker and the clock do within seconds."""
    outbox.carry(clock=timezone.now)
    return services.keep_catalogues(now=now or timezone.now())


def manifest(store):
    services.standing_catalogue(store=store, now=timezone.now())
    return json.loads(told.manifest(store=store.id))


def items(store):
    return {item["sku"]: item for chunk in manifest(store)["chunks"] for item in read(store, chunk["id"])}


def read(store, id):
    return [json.loads(line) for line in gzip.decompress(told.chunk(store=store.id, id=id)).split(b"\n")[1:]]


def ids(store):
    return [chunk["id"] for chunk in manifest(store)["chunks"]]


def made(many, **more):
    return [
        {"id": str(uuid4()), "sku": f"S-{n}", "gtins": [f"{n:014d}"], "category": "tea", "favourite": 0, "price": 100, **more} for n in range(many)
    ]


class Asking:
    def __init__(self, shop, till=None):
        self.header = {"Authorization": f"Till {shop.till(till).token}"}

    def __call__(self, path, **headers):
        return Client().get(path, headers=self.header | headers)


def test_pieces_are_the_same_whatever_the_order_and_a_change_of_one_changes_one():
    things = made(3000)
    cut = chunks.cut(things, chunks.pieces(3000))
    assert [chunk.id for chunk in chunks.cut(reversed(things), 4)] == [chunk.id for chunk in cut]
    assert sum(chunk.items for chunk in cut) == 3000
    assert all(500 < chunk.items < 1000 for chunk in cut)
    for changed in ([{**things[5], "price": 1}], [], [things[5], made(1)[0]]):
        other = chunks.cut([*things[:5], *changed, *things[6:]], 4)
        assert sum(one.id != two.id for one, two in zip(cut, other, strict=True)) <= max(1, len(changed))
    assert all(chunk.id == hashlib.sha256(chunk.text).hexdigest()[:32] for chunk in cut)


def test_the_number_of_pieces_stays_while_a_catalogue_grows_over_a_border_and_back():
    assert [chunks.pieces(many) for many in (0, 1, 1000, 1001, 50_000, 100_000)] == [1, 1, 1, 2, 64, 128]
    assert chunks.pieces(1001, now=1) == 1
    assert chunks.pieces(1501, now=1) == 2
    assert chunks.pieces(1400, now=2) == 2
    assert chunks.pieces(600, now=2) == 1


def test_the_first_line_of_a_piece_tells_what_is_asked_of_all_and_the_others_are_the_items():
    offer = {"starts_at": 5, "ends_at": None}
    [chunk] = chunks.cut([{**made(1)[0], "id": str(uuid4()), "offers": [offer]}, {"id": str(uuid4()), "only_deposit": True}], 1)
    head, *lines = (json.loads(line) for line in chunk.text.split(b"\n"))
    assert head["turns"] == [5]
    by_id = {codes[2]: codes for codes in head["codes"]}
    assert [by_id[line["id"]][0] for line in lines] == [None if line.get("only_deposit") else "tea" for line in lines]
    assert [codes[2] for codes in head["codes"]] == [line["id"] for line in lines]


def test_the_pieces_hold_what_the_whole_document_holds(northside, shop):
    list_price("OATS-0", 99)
    ask = Asking(shop)
    whole = ask("/api/v1/till/catalogue").json()
    answer = ask(PATH).json()
    assert {name: answer[name] for name in ("currency", "categories", "pricing")} == {
        name: whole[name] for name in ("currency", "categories", "pricing")
    }
    assert items(northside) == {item["sku"]: item for item in whole["items"]}
    assert answer["position"] == 1
    assert PriceSnapshot.objects.get().id == answer["pricing"]["snapshot"]


def test_packs_are_told_with_what_is_in_them(northside):
    variant = Variant.objects.get(sku="OATS-0")
    Pack.objects.create(gtin="00012345678905", variant=variant, quantity=12_000)
    assert manifest(northside)["packs"] == [{"gtin": "00012345678905", "variant": str(variant.id), "quantity": 12_000}]
    Pack.objects.update(quantity=24_000)
    assert follow() == 1
    assert manifest(northside)["packs"][0]["quantity"] == 24_000


def test_a_till_that_has_it_is_told_so_by_one_statement_however_much_there_is(northside, shop):
    ask = Asking(shop)
    etag = ask(PATH).headers["ETag"]
    counted = []
    for many in (1, 10):
        for n in range(many):
            offers.product(f"MORE-{many}-{n}", 100)
        follow()
        etag = ask(PATH).headers["ETag"]
        with statements() as seen:
            assert ask(PATH, **{"If-None-Match": etag}).status_code == 304
        counted.append(len([one for one in seen if "pos_tillcatalogue" in one or "catalog_" in one]))
        assert len(seen) <= 3
    assert counted == [1, 1]


def test_building_takes_as_many_statements_for_many_as_for_one_and_keeping_what_stands_takes_two(northside, shop):
    counted = []
    for skus in (["A"], ["B", "C", "D", "E", "F"]):
        for sku in skus:
            offers.product(sku, 100)
            list_price(sku, 90)
        outbox.carry(clock=timezone.now)
        services.standing_catalogue(store=northside, now=timezone.now())
        services.keep_catalogues(now=timezone.now())
        TillCatalogue.objects.update(signature="")
        with statements() as seen:
            assert services.keep_catalogues(now=timezone.now()) == 1
        counted.append(len(seen))
        with statements() as seen:
            assert services.keep_catalogues(now=timezone.now()) == 0
        assert len(seen) == 2
    assert counted[0] == counted[1]


def test_a_change_of_one_thing_is_one_new_piece_and_the_position_rises(northside, monkeypatch):
    monkeypatch.setattr(chunks, "WANTED", 2)
    monkeypatch.setattr(chunks, "FEWEST", 0)
    for n in range(12):
        offers.product(f"MORE-{n}", 100)
    follow()
    before, position = ids(northside), manifest(northside)["position"]
    assert len(before) == 8
    rename("OATS-0", "Rolled oats")
    assert follow() == 1
    after = ids(northside)
    assert sum(one != two for one, two in zip(before, after, strict=True)) == 1
    assert manifest(northside)["position"] == position + 1
    # Nothing happened since: nothing is built.
    assert follow() == 0


def test_what_is_gone_is_in_no_piece(northside):
    assert "OATS-0" in items(northside)
    catalog.archive_product(product=Variant.objects.get(sku="OATS-0").product_id, now=timezone.now(), actor=None)
    follow()
    assert sorted(items(northside)) == ["OATS-1", "OATS-2"]


@pytest.mark.parametrize("what", ["settings", "sticker", "rules", "list", "facets"])
def test_whatever_a_till_is_told_moves_what_it_is_known_by(northside, shop, what):
    if what == "facets":
        offers.promotion("a", {"kind": "percent", "value": 100_000}, on={"tag": ["summer"]})
    snapshot = manifest(northside)["snapshot"]
    if what == "settings":
        settings.put("till.favourites", ["OATS-1"], store=northside)
    elif what == "sticker":
        offers.sticker("2800000000017", "OATS-0", store=northside, expires_at=timezone.now() + timedelta(hours=1))
    elif what == "rules":
        offers.two_for_5()
    elif what == "list":
        list_price("OATS-0", 99)
    else:
        offers.product("WATER", 59, tags=["summer"])
    assert follow() == 1
    assert manifest(northside)["snapshot"] != snapshot
    if what == "facets":
        assert items(northside)["WATER"]["facets"] == ["tag:summer"]


def test_what_others_do_elsewhere_moves_nothing_here(northside, shop):
    services.standing_catalogue(store=shop.cast.riverside, now=timezone.now())
    snapshot = manifest(northside)["snapshot"]
    list_price("OATS-0", 99, stores=[shop.cast.riverside])
    settings.put("till.favourites", ["OATS-1"], store=shop.cast.riverside)
    follow()
    assert manifest(northside)["snapshot"] == snapshot
    assert items(shop.cast.riverside)["OATS-0"]["offers"]


def test_what_is_over_by_the_clock_is_told_no_more_from_that_second_on(northside):
    now = timezone.now()
    ends = (now + timedelta(hours=2)).replace(microsecond=0)
    list_price("OATS-0", 99, stores=[northside], ends_at=ends)
    follow(now)
    position = manifest(northside)["position"]
    assert items(northside)["OATS-0"]["offers"]
    assert services.keep_catalogues(now=ends - timedelta(milliseconds=1)) == 0
    assert services.keep_catalogues(now=ends) == 1
    assert "offers" not in items(northside)["OATS-0"]
    assert manifest(northside)["position"] == position + 1
    assert services.keep_catalogues(now=ends + timedelta(seconds=1)) == 0


def test_stores_that_are_told_the_same_have_the_same_bytes(northside, shop):
    riverside = shop.cast.riverside
    assert ids(northside) == ids(riverside)
    assert CatalogueChunk.objects.count() == 1
    assert ToldChunk.objects.count() == 2


def test_a_till_reads_the_pieces_its_store_was_told_of_and_no_others(northside, shop):
    list_price("OATS-0", 99, stores=[shop.cast.riverside])
    outbox.carry(clock=timezone.now)
    here, there = Asking(shop), Asking(shop, shop.riverside_till)
    [ours], [theirs] = ids(northside), ids(shop.cast.riverside)
    assert ours != theirs
    path = "/api/v1/till/catalogue/chunks/"
    answer = here(path + ours, **{"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    plain = here(path + ours)
    assert hashlib.sha256(plain.content).hexdigest()[:32] == ours
    assert gzip.decompress(answer.content) == plain.content
    assert here(path + theirs).status_code == 404
    assert there(path + theirs).status_code == 200
    assert there(path + ours).status_code == 404
    assert here(path + "0" * 32).json()["code"] == "chunk_unknown"
    assert Client().get(path + ours).status_code == 401


def test_a_download_under_way_may_be_finished_and_what_nobody_is_told_of_goes(northside, shop):
    now = timezone.now()
    [before] = ids(northside)
    list_price("OATS-0", 99)
    follow(now)
    assert told.chunk(store=northside.id, id=before) is not None
    list_price("OATS-1", 98)
    follow(now + timedelta(hours=25))
    assert told.chunk(store=northside.id, id=before) is None
    assert before not in set(CatalogueChunk.objects.values_list("id", flat=True))
    # What came back in between stays.
    assert [told.chunk(store=northside.id, id=one) is not None for one in ids(northside)] == [True]


@pytest.mark.django_db(transaction=True)
def test_a_change_whose_transaction_was_open_longest_is_not_missed(shop):
    """It takes its place only when everybody can see it: what was built meanwhile is built again."""
    store, now = shop.cast.northside, timezone.now()
    outbox.carry(clock=timezone.now)
    services.standing_catalogue(store=store, now=now)
    changed, release = Barrier(2), Event()

    def slow():
        try:
            with transaction.atomic():
                rename("OATS-0", "Slow")
                changed.wait(5)
                assert release.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(slow)
        changed.wait(5)
        rename("OATS-1", "Quick")
        follow()
        seen = {item["name"] for item in items(store).values()}
        release.set()
        pending.result()
    assert "Quick 500 g" in seen
    assert "Slow 500 g" not in seen
    assert follow() == 1
    assert items(store)["OATS-0"]["name"] == "Slow 500 g"


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_it_is_built_is_built_once_more(shop, monkeypatch):
    store = shop.cast.northside
    follow()
    services.standing_catalogue(store=store, now=timezone.now())
    list_price("OATS-0", 99)
    build = catalogues._build

    def change_behind_its_back(row, *rest):
        build(row, *rest)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(elsewhere).result()

    def elsewhere():
        try:
            Price.objects.filter(variant__sku="OATS-1").update(amount=1)
            settings.put("till.favourites", ["OATS-2"], store=store)
        finally:
            connection.close()

    monkeypatch.setattr(catalogues, "_build", change_behind_its_back)
    assert follow() == 1
    monkeypatch.setattr(catalogues, "_build", build)
    assert follow() == 1
    assert items(store)["OATS-1"]["price"] == 1
    assert follow() == 0


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_build_it_once(shop):
    follow()
    together = Barrier(6)

    def ask():
        try:
            together.wait(10)
            return services.standing_catalogue(store=shop.cast.northside, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        found = {one.snapshot for one in [future.result() for future in [pool.submit(ask) for _ in range(6)]]}
    assert len(found) == 1
    assert TillCatalogue.objects.get().position == 1
