"""A manager asks who sold: it waits at the till for that person alone, and the answer brings the note back to the manager."""

import pytest
from django.utils import timezone

from org.tests.doorstep import client_of, statements
from pos import services
from pos.models import NoteQuestion, SyncNote
from pos.tests.test_inbox_door import PATH, ask, noted, proof

QUESTIONS = "/api/v1/till/questions"


@pytest.fixture
def till(shop):
    for name, pin in (("mia", "2222"), ("carla", "1111")):
        services.set_pin(user=getattr(shop.cast, name), store=shop.cast.northside, pin=pin)
    services.set_pin(user=shop.cast.stan, store=shop.cast.riverside, pin="3333")
    return shop.till()


def asked(shop, till, many=1):
    noted(shop, many, cashier=str(shop.cast.carla.pk))
    for note in SyncNote.objects.filter(closed_at=None):
        status, answer = ask(till, f"{PATH}/{note.pk}/fixes", "POST", {"fix": "asked"}, who=proof(shop))
        assert (status, answer["fix"]) == (200, "asked")
    return SyncNote.objects.order_by("-pk").first()


def carla(shop):
    return proof(shop, "carla", "1111")


def say(till, note, words, who):
    return ask(till, f"{QUESTIONS}/{note.pk}/answer", "POST", {"words": words}, who=who)


def test_who_is_asked_is_told_at_the_till_after_signing_in(shop, till):
    note = asked(shop, till)
    assert till.get("/api/v1/till")[1]["asked"] == {str(shop.cast.carla.pk): 1}
    status, answer = ask(till, QUESTIONS, who=carla(shop))
    (item,) = answer["items"]
    assert (status, item["note"]["id"], item["note"]["fixes"], item["asked_by"]) == (200, note.pk, [], "Mia")
    assert item["note"]["short"] == "Two for 5 was used up already"
    assert ask(till, QUESTIONS, who=proof(shop))[1]["items"] == []


def test_the_answer_comes_back_to_the_managers_inbox_and_is_taken_once(shop, till):
    note = asked(shop, till)
    assert ask(till, who=proof(shop))[1]["open"] == 0
    for _ in range(2):
        status, answer = say(till, note, "  She had\nthe coupon ", carla(shop))
        assert (status, answer["words"]) == (200, "She had the coupon")
    (item,) = ask(till, who=proof(shop))[1]["items"]
    assert (item["id"], item["answer"]["by"], item["answer"]["words"], item["fixes"]) == (note.pk, "Carla", "She had the coupon", ["kept"])
    assert say(till, note, "Another story", carla(shop))[1]["code"] == "question_answered"
    assert ask(till, QUESTIONS, who=carla(shop))[1]["items"] == []
    assert till.get("/api/v1/till")[1]["asked"] == {}
    assert ask(till, f"{PATH}/{note.pk}/fixes", "POST", {"fix": "asked"}, who=proof(shop))[1]["code"] == "fix_does_not_fit"
    assert ask(till, f"{PATH}/{note.pk}/fixes", "POST", {"fix": "kept"}, who=proof(shop))[1]["closed_by"] == "Mia"
    assert say(till, note, "She had the coupon", carla(shop))[0] == 200
    assert SyncNote.objects.get(pk=note.pk).fix == "kept"


def test_nobody_else_answers_or_is_told(shop, till):
    note = asked(shop, till)
    assert say(till, note, "It was me", proof(shop))[1]["code"] == "question_unknown"
    for who in ("", "nobody", proof(shop, "carla", "1112"), proof(shop, "stan", "3333", shop.cast.riverside)):
        assert ask(till, QUESTIONS, who=who)[1]["code"] == "pin_not_proven"
        assert say(till, note, "x", who)[1]["code"] == "pin_not_proven"
    assert NoteQuestion.objects.get().answered_at is None
    noted(shop, till=shop.riverside_till, cashier=str(shop.cast.carla.pk))
    other = SyncNote.objects.get(store=shop.cast.riverside)
    services.fix_note(note=other.pk, store=other.store_id, fix="asked", actor=None, now=timezone.now())
    assert say(till, other, "x", carla(shop))[1]["code"] == "question_unknown"


def test_only_a_live_till_is_told(shop, till):
    note = asked(shop, till)
    shop.till()
    assert ask(till, QUESTIONS, who=carla(shop))[1]["code"] == "till_revoked"
    assert say(till, note, "x", carla(shop))[1]["code"] == "till_revoked"


@pytest.mark.parametrize("words", ["", "  ", "x" * 201, "a\0b", "\x1b[31m", "4111 1111 1111 1111"])
def test_an_answer_is_one_plain_line(shop, till, words):
    note = asked(shop, till)
    assert say(till, note, words, carla(shop))[0] in (400, 422)
    assert ask(till, f"{QUESTIONS}/{note.pk}/answer", "POST", [], who=carla(shop))[0] in (400, 422)
    assert NoteQuestion.objects.get().answer == ""


@pytest.mark.parametrize("many", [1, 10, 50])
def test_the_questions_take_as_many_statements_for_fifty_as_for_one(shop, till, many):
    asked(shop, till, many)
    with statements() as seen:
        assert len(ask(till, QUESTIONS, who=carla(shop))[1]["items"]) == many
    assert len(seen) == 6


def test_somebody_with_the_back_office_answers_there_too(shop, till):
    noted(shop, cashier=str(shop.cast.mia.pk))
    note = SyncNote.objects.get()
    page = f"/admin/pos/syncnote/{note.pk}/"
    client_of(user=shop.cast.olga).post(f"{page}fix/", {"fix": "asked"})
    mine = "/admin/pos/syncnote/?state=mine"
    assert "Two for 5" in client_of(user=shop.cast.mia).get(mine).content.decode()
    assert "Two for 5" not in client_of(user=shop.cast.olga).get(mine).content.decode()
    for user in (None, shop.cast.carla, shop.cast.olga):
        assert client_of(user=user).post(f"{page}answer/", {"words": "x"}).status_code in (302, 403)
    assert NoteQuestion.objects.get().answered_at is None
    mia = client_of(user=shop.cast.mia)
    assert "You are asked about this" in mia.get(f"{page}change/").content.decode()
    assert mia.get(f"{page}answer/").status_code == 405
    mia.post(f"{page}answer/", {"words": "It was on offer"})
    shown = client_of(user=shop.cast.olga).get(f"{page}change/").content.decode()
    assert "Mia answers" in shown
    assert "It was on offer" in shown
    assert "Keep as sold" in shown


def test_a_note_that_was_asked_about_before_there_were_questions_stays_as_it_was(shop, till):
    noted(shop, cashier=str(shop.cast.carla.pk))
    SyncNote.objects.update(closed_at=timezone.now(), fix="asked")
    assert ask(till, QUESTIONS, who=carla(shop))[1]["items"] == []
    assert ask(till, who=proof(shop))[1]["done"][0]["answer"] is None
