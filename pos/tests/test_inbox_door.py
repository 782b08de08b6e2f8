"""The till's door to the sync inbox: its own token, and the PIN of somebody who manages its store."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone

from org.tests.doorstep import key, statements
from pos import services
from pos.models import SyncNote
from pos.queries import pin_digest
from pos.services import notes
from pos.services.notes import Note
from pos.tests.conftest import through_django

PATH = "/api/v1/till/inbox"


@pytest.fixture
def till(shop, monkeypatch):
    memory = LocMemCache("pins", {})
    memory.clear()
    monkeypatch.setattr("pos.services.pins.cache", memory)
    for user, pin in ((shop.cast.carla, "1111"), (shop.cast.mia, "2222")):
        services.set_pin(user=user, store=shop.cast.northside, pin=pin)
    services.set_pin(user=shop.cast.stan, store=shop.cast.riverside, pin="3333")
    return shop.till()


def noted(shop, many=1, *, till=None, kind="limit", **more):
    till, now = till or shop.northside_till, timezone.now()
    found = [
        Note(till.store_id, till.id, uuid4(), kind, str(n), {"name": "Two for 5", "receipt": "1-1-0001", **more}, -20, now - timedelta(minutes=n))
        for n in range(many)
    ]
    assert notes.record(found=found, now=now) == many


def proof(shop, who="mia", pin="2222", store=None):
    return f"{getattr(shop.cast, who).pk} {pin_digest(store_id=(store or shop.cast.northside).id, pin=pin).hex()}"


def ask(till, path=PATH, method="GET", body=None, *, who):
    return through_django(method, path, body, {"Authorization": f"Till {till.token}", "X-Till-Manager": who})


def test_a_manager_sees_the_stores_notes_in_words_and_no_other_stores(shop, till):
    noted(shop, 2)
    noted(shop, till=shop.riverside_till)
    status, answer = ask(till, who=proof(shop))
    assert (status, answer["open"], len(answer["items"]), answer["done"], answer["next"]) == (200, 2, 2, [], "")
    note = answer["items"][0]
    assert (note["title"], note["short"], note["fixes"], note["till"]["name"]) == (
        "Given beyond its limit",
        "Two for 5 was used up already",
        ["kept"],
        "Till 1",
    )


def test_a_fix_is_done_once_whoever_taps_again(shop, till):
    noted(shop)
    note = SyncNote.objects.get()
    for _ in range(2):
        status, answer = ask(till, f"{PATH}/{note.pk}/fixes", "POST", {"fix": "kept"}, who=proof(shop))
        assert (status, answer["fix"], answer["closed_by"], answer["fixes"]) == (200, "kept", "Mia", [])
    assert ask(till, who=proof(shop))[1]["done"][0]["id"] == note.pk


def test_one_note_comes_with_its_sale(shop, till):
    till.open()
    till.sell([till.goods(shop.items[0])], receipt="9-9-0009")
    till.deliver()
    note = SyncNote.objects.filter(kind="sums").get()
    status, answer = ask(till, f"{PATH}/{note.pk}", who=proof(shop))
    assert (status, answer["sale"]["receipt"], answer["sale"]["lines"][0]["total"]) == (200, "9-9-0009", 149)
    noted(shop)
    other = SyncNote.objects.get(kind="limit")
    assert ask(till, f"{PATH}/{other.pk}", who=proof(shop))[1]["sale"] is None


@pytest.mark.parametrize(
    "who",
    [
        lambda shop: "",
        lambda shop: "nobody",
        lambda shop: f"{shop.cast.mia.pk} zz",
        lambda shop: f"{shop.cast.mia.pk}",
        lambda shop: f"{uuid4()} {'0' * 64}",
        lambda shop: f"{uuid4()} {'00' * 32}",
        lambda shop: proof(shop, pin="2223"),
        lambda shop: proof(shop, "carla", "1111"),
        lambda shop: proof(shop, "stan", "3333", shop.cast.riverside),
        lambda shop: proof(shop, "olga", "2222"),
    ],
    ids=["none", "no id", "no digest", "nothing proven", "a stranger", "zeros", "a wrong PIN", "a cashier", "another store", "another's PIN"],
)
def test_without_the_pin_of_somebody_who_manages_the_store_nothing_is_told(shop, till, who):
    noted(shop)
    note = SyncNote.objects.get()
    for path, method, body in ((PATH, "GET", None), (f"{PATH}/{note.pk}", "GET", None), (f"{PATH}/{note.pk}/fixes", "POST", {"fix": "kept"})):
        status, answer = ask(till, path, method, body, who=who(shop))
        assert (status, answer["code"]) == (403, "pin_not_proven")
    assert SyncNote.objects.get().closed_at is None


def test_somebody_who_left_or_was_moved_proves_nothing(shop, till):
    shop.cast.mia.grants.all().delete()
    assert ask(till, who=proof(shop))[0] == 403
    shop.cast.olga.is_active = False
    shop.cast.olga.save()
    services.set_pin(user=shop.cast.olga, store=shop.cast.northside, pin="4444")
    assert ask(till, who=proof(shop, "olga", "4444"))[0] == 403


def test_five_wrong_pins_and_the_till_waits_with_the_right_one_too(shop, till):
    for _ in range(5):
        assert ask(till, who=proof(shop, pin="0000"))[0] == 403
    status, answer = ask(till, who=proof(shop))
    assert (status, answer["code"]) == (429, "too_many_pins")
    other = shop.till(services.create_till(store=shop.cast.northside, number=2, name="Till 2"))
    assert ask(other, who=proof(shop))[0] == 200


def test_a_manager_works_while_the_cache_is_away(shop, till, monkeypatch):
    monkeypatch.setattr("pos.services.pins.cache", None)
    assert ask(till, who=proof(shop))[0] == 200
    assert ask(till, who=proof(shop, pin="0000"))[0] == 403


def test_a_right_pin_begins_the_count_anew(shop, till):
    for _ in range(3):
        for _ in range(4):
            ask(till, who=proof(shop, pin="0000"))
        assert ask(till, who=proof(shop))[0] == 200


def test_only_a_live_till_asks(shop, till):
    shop.till()
    assert ask(till, who=proof(shop))[1]["code"] == "till_revoked"
    for headers in ({}, {"Authorization": "Till nobody"}, {"X-API-Key": key(shop.cast.stores, "stock:read")}):
        assert through_django("GET", PATH, None, {**headers, "X-Till-Manager": proof(shop)})[0] == 401


def test_another_stores_note_does_not_exist(shop, till):
    noted(shop, till=shop.riverside_till)
    note = SyncNote.objects.get()
    assert ask(till, f"{PATH}/{note.pk}", who=proof(shop))[1]["code"] == "note_unknown"
    assert ask(till, f"{PATH}/{note.pk}/fixes", "POST", {"fix": "kept"}, who=proof(shop))[1]["code"] == "note_unknown"
    assert SyncNote.objects.get().closed_at is None


@pytest.mark.parametrize("body", [{}, {"fix": "burn"}, {"fix": "rule"}, {"fix": "rule", "under": "x"}, {"fix": "counted"}, [], "x"])
def test_a_fix_there_is_not_is_refused(shop, till, body):
    noted(shop)
    assert ask(till, f"{PATH}/{SyncNote.objects.get().pk}/fixes", "POST", body, who=proof(shop))[0] in (400, 422)
    assert SyncNote.objects.get().closed_at is None


def test_pages_and_filters(shop, till):
    noted(shop, 60)
    noted(shop, kind="customer")
    first = ask(till, who=proof(shop))[1]
    second = ask(till, f"{PATH}?after={first['next']}", who=proof(shop))[1]
    assert (len(first["items"]), len(second["items"]), second["next"], second["done"]) == (50, 11, "", [])
    assert len({note["id"] for note in first["items"] + second["items"]}) == 61
    assert [note["kind"] for note in ask(till, f"{PATH}?kind=customer", who=proof(shop))[1]["items"]] == ["customer"]
    assert ask(till, f"{PATH}?till={shop.riverside_till.pk}", who=proof(shop))[1]["items"] == []
    assert [ask(till, f"{PATH}?{bad}", who=proof(shop))[0] for bad in ("kind=x", "after=x", "till=x")] == [422, 422, 404]


@pytest.mark.parametrize("many", [1, 10, 50])
def test_the_list_takes_as_many_statements_for_fifty_as_for_one(shop, till, many):
    noted(shop, many, cashier=str(shop.cast.carla.pk))
    with statements() as seen:
        assert len(ask(till, who=proof(shop))[1]["items"]) == many
    assert len(seen) == 8


def test_the_till_is_told_how_many_are_open(shop, till):
    noted(shop, 3)
    assert till.get("/api/v1/till")[1]["inbox"] == 3
