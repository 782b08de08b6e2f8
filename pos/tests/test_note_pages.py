"""The sync inbox in the back office."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from org.tests.doorstep import client_of, statements
from pos.models import SyncNote
from pos.services import notes
from pos.services.notes import Note

LIST = "/admin/pos/syncnote/"


def noted(shop, many=1, *, till=None, kind="price", **more):
    till, now = till or shop.northside_till, timezone.now()
    facts = {"receipt": "1-1-0007", "name": "Oat drink", "sold": 279, "listed": 299, "quantity": 1000, "cashier": str(shop.cast.carla.pk), **more}
    found = [Note(till.store_id, till.id, uuid4(), kind, f"line {n}", facts, -20, now - timedelta(minutes=n)) for n in range(many)]
    notes.record(found=found, now=now)
    return SyncNote.objects.order_by("-id").first()


def text(answer):
    return " ".join(answer.content.decode().split())


def test_a_manager_sees_the_notes_of_the_own_stores_in_words(shop):
    mine, other = noted(shop), noted(shop, till=shop.riverside_till, name="Lemon cake")
    page = text(client_of(user=shop.cast.mia).get(LIST))
    assert "Price had changed" in page
    assert "Oat drink sold at 2.79, list price 2.99 then" in page
    assert "Lemon cake" not in page
    assert "Lemon cake" in text(client_of(user=shop.cast.olga).get(LIST))
    story = text(client_of(user=shop.cast.mia).get(f"{LIST}{mine.pk}/change/"))
    fixes = ("Keep as sold", "From now on, keep all under 0.50", "Ask Carla about it")
    for words in ("What happened", "by Carla", "What it costs", "0.20 of margin.", *fixes):
        assert words in story
    assert client_of(user=shop.cast.mia).get(f"{LIST}{other.pk}/change/").status_code == 302


def test_a_note_is_found_by_its_receipt_its_kind_its_till_and_its_state(shop):
    noted(shop)
    noted(shop, kind="limit", receipt="1-1-0008", name="Two for 5")
    SyncNote.objects.filter(kind="limit").update(closed_at=timezone.now(), fix="kept")
    mia = client_of(user=shop.cast.mia)
    found = {
        "?q=1-1-0008": {"Two for 5"},
        "?q=nothing": set(),
        "?kind__exact=price": {"Oat drink"},
        "?state=open": {"Oat drink"},
        "?state=done": {"Two for 5"},
        f"?till={shop.northside_till.pk}": {"Oat drink", "Two for 5"},
        f"?till={shop.riverside_till.pk}": {"Oat drink", "Two for 5"},
        "?store=northside": {"Oat drink", "Two for 5"},
    }
    for query, names in found.items():
        page = text(mia.get(LIST + query))
        assert {name for name in ("Oat drink", "Two for 5") if name in page} == names, query


def test_a_fix_closes_it_once_and_the_stranger_closes_nothing(shop):
    note = noted(shop)
    fix = f"{LIST}{note.pk}/fix/"
    for user in (None, shop.cast.carla, shop.cast.stan):
        assert client_of(user=user).post(fix, {"fix": "kept"}).status_code in (302, 403)
        assert SyncNote.objects.get(pk=note.pk).closed_at is None
    mia = client_of(user=shop.cast.mia)
    assert mia.get(fix).status_code == 405
    for wrong in ({}, {"fix": "burn"}, {"fix": "rule", "under": "x"}, {"fix": "rule", "under": "1"}, {"fix": "counted", "counted": "3"}):
        assert mia.post(fix, wrong).status_code == 302
        assert SyncNote.objects.get(pk=note.pk).closed_at is None
    assert "cannot be done" in text(mia.post(fix, {"fix": "burn"}, follow=True)) or "There is:" in text(mia.post(fix, {"fix": "burn"}, follow=True))
    assert "Kept as sold, Mia" in text(mia.post(fix, {"fix": "kept"}, follow=True))
    assert SyncNote.objects.get(pk=note.pk).closed_by == shop.cast.mia.pk


def test_a_count_typed_here_puts_the_book_right(shop):
    from inventory.models import Level

    till = shop.till()
    till.open()
    till.sell([till.goods(shop.items[0])])
    till.deliver()
    note = SyncNote.objects.get(kind="stock")
    mia = client_of(user=shop.cast.mia)
    page = text(mia.post(f"{LIST}{note.pk}/fix/", {"fix": "counted", "counted": "12"}, follow=True))
    assert "Counted 12, Mia" in page
    assert Level.objects.get(variant=shop.items[0]["id"], location__store=shop.cast.northside).on_hand == 12_000


def test_what_a_note_says_is_shown_as_text(shop):
    note = noted(shop, name="<script>alert(1)</script>")
    for path in (LIST, f"{LIST}{note.pk}/change/"):
        page = text(client_of(user=shop.cast.olga).get(path))
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_home_and_the_navigation_say_how_many_are_open(shop):
    noted(shop, 3)
    home = text(client_of(user=shop.cast.mia).get("/admin/"))
    assert "3 sales were not as expected" in home
    assert "were not as expected" not in text(client_of(user=shop.cast.stan).get("/admin/"))


def test_the_list_takes_as_many_statements_for_forty_as_for_one(shop):
    mia, taken = client_of(user=shop.cast.mia), []
    mia.get(LIST)
    for many in (1, 10, 40):
        SyncNote.objects.all().delete()
        noted(shop, many)
        with statements() as seen:
            assert text(mia.get(LIST)).count("/change/") >= many
        taken.append(len(seen))
    assert len(set(taken)) == 1, taken
