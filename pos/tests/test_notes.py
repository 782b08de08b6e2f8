"""The sync inbox: what posting found, told once, in plain words; and each fix."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from catalog import search
from catalog import services as catalog
from catalog.models import PricePoint, Variant
from inventory import services as inventory
from inventory.models import Level, Location, Movement
from kernel.ids import uuid7
from org import settings
from org.tests.cast import NOW
from org.tests.doorstep import statements
from pos import services
from pos.models import JournalConflict, JournalEntry, SyncNote
from pos.queries import notes as asked
from pos.queries import till_of_token
from pos.services import notes
from pos.services.notes import Note
from pos.tests import offers
from pos.tests.paper_till import id_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(shop):
    settings.put("shop.timezone", "Europe/Berlin")
    search.rebuild()
    place = Location.objects.get(store=shop.cast.northside).id
    inventory.open_stock(location=place, quantities={UUID(one["id"]): 100_000 for one in shop.items}, reference=uuid7(), now=NOW)
    till = shop.till()
    till.clock = timezone.now() - timedelta(minutes=30)
    till.open()
    till.feed = till.get("/api/v1/till/catalogue")[1]
    return till


def item(till, sku):
    return next(one for one in till.feed["items"] if one["sku"] == sku)


def ring(till, *skus, **changes):
    entry = till.ring(till.feed, [item(till, sku) for sku in skus], **changes)
    till.deliver()
    return JournalEntry.objects.get(id=id_of(entry))


def price_change(sku, amount, *, ago=20):
    """The catalogue has another price since so many minutes, and the till did not hear of it."""
    variant = Variant.objects.get(sku=sku).id
    catalog.set_price(variant=variant, currency="EUR", amount=amount, now=timezone.now(), actor=None)
    newest = PricePoint.objects.filter(variant=variant).latest("at")
    PricePoint.objects.filter(pk=newest.pk).update(at=timezone.now() - timedelta(minutes=ago))


def shelf(shop, sku, quantity):
    """What the book says there is."""
    variant = Variant.objects.get(sku=sku).id
    place = Location.objects.get(store=shop.cast.northside).id
    held = Level.objects.get(location=place, variant=variant).on_hand
    inventory.adjust(location=place, variant=variant, quantity=quantity - held, note="", reference=uuid4(), actor=None, now=timezone.now())


def inbox(shop, **how):
    return list(asked.inbox(store=shop.cast.northside.id, **how).items)


def only(shop):
    [told] = inbox(shop)
    return told


def sold_at_an_old_price(till, sku="OATS-1", now_costs=319):
    price_change(sku, now_costs)
    till.clock = timezone.now() - timedelta(minutes=10)
    return ring(till, sku)


def fix(shop, told, how, *, who=None, **given):
    return services.fix_note(note=told.note.pk, store=shop.cast.northside.id, fix=how, actor=(who or shop.cast.mia).pk, now=timezone.now(), **given)


def test_a_sale_as_expected_is_noted_nowhere(shop, till):
    assert ring(till, "OATS-0", "OATS-1").posting == "posted"
    assert SyncNote.objects.count() == 0


def test_a_price_that_had_changed_is_told_with_what_it_costs_and_nothing_is_repriced(shop, till):
    entry = sold_at_an_old_price(till)
    told = only(shop)
    facts = told.note.facts
    assert (told.note.kind, told.note.about, told.note.amount, told.note.entry) == ("price", "line 1", -20, entry.id)
    assert (facts["sku"], facts["sold"], facts["listed"], facts["quantity"]) == ("OATS-1", 299, 319, 1000)
    assert facts["receipt"] == "1-1-0001"
    assert told.story.title == "Price had changed"
    assert told.story.short.startswith("Oats 1 500 g sold at 2.99, list price 3.19 since ")
    assert "Sale 1-1-0001 was made on Till 1 at" in told.story.happened
    assert "by Carla and arrived at" in told.story.happened
    assert told.story.costs == "0.20 of margin."
    assert told.note.happened_at == till.clock.replace(microsecond=till.clock.microsecond // 1000 * 1000)


def test_goods_below_zero_are_told_once_until_the_book_is_right_again(shop, till):
    shelf(shop, "OATS-0", 1000)
    ring(till, "OATS-0")
    assert inbox(shop) == []
    ring(till, "OATS-0")
    told = only(shop)
    assert (told.note.kind, told.note.facts["on_hand"], told.note.facts["quantity"]) == ("stock", -1000, 1000)
    assert told.story.short == "Oats 0 500 g: 1 sold, shelf now shows −1"
    ring(till, "OATS-0")
    assert len(inbox(shop)) == 1
    shelf(shop, "OATS-0", 0)
    ring(till, "OATS-0")
    assert len(inbox(shop)) == 2


def test_a_sale_after_its_shift_was_closed_is_told(shop, till):
    till.close(counted=15_000)
    till.deliver()
    entry = ring(till, "OATS-1")
    assert entry.reason == "It came after its shift was closed."
    told = only(shop)
    assert (told.note.kind, told.note.amount, told.note.facts["what"]) == ("shift", 299, "late")
    assert told.story.short == "1 sale arrived after Carla closed; added to that shift"


def test_an_unknown_variant_an_open_item_and_an_unknown_customer_are_told(shop, till):
    settings.put("till.open_item", {"allowed": True, "most": 1_000, "tax_class": "reduced"})
    line = till.goods(shop.items[0])
    till.sell([{**line, "variant": str(uuid4())}, {**line, "kind": "open", "variant": None, "sku": "", "name": "Birdseed", "price_source": "open"}])
    till.sell([till.goods(shop.items[0])], customer=str(uuid4()))
    till.deliver()
    rows = {(told.note.kind, told.note.facts.get("what")): told.story.short for told in inbox(shop)}
    assert rows == {
        ("item", "variant"): "Oats 0 500 g is not in the catalogue any more",
        ("item", "open"): "Birdseed, 1.49, sold as an open item",
        ("customer", None): "The sale names a customer nobody knows here",
        **{key: text for key, text in rows.items() if key[0] == "sums"},
    }


def test_an_offer_beyond_its_limit_and_sums_that_do_not_agree_are_told(shop, till):
    offers.two_for_5(most_uses=1, offline="allow")
    till.feed = till.get("/api/v1/till/catalogue")[1]
    ring(till, "OATS-1", "OATS-1")
    ring(till, "OATS-1", "OATS-1")
    ring(till, "OATS-0", snapshot="f" * 64)
    assert [(told.note.kind, told.story.short) for told in inbox(shop)] == [
        ("sums", "The rules it was priced by are not known here."),
        ("limit", "2 for 5.00 was used up already"),
    ]


def test_what_cannot_be_in_the_books_is_told_at_once_and_closes_itself_when_it_is(shop, till, monkeypatch):
    monkeypatch.setattr("pos.services.sales.sums_wrong", lambda sale: "The payments come to 1.00, the sale says 2.99.")
    entry = ring(till, "OATS-1")
    assert entry.posting == "pending"
    told = only(shop)
    assert (told.note.kind, told.note.amount, told.fixes) == ("held", 299, ("posted",))
    assert "kept exactly as it came" in told.story.safe
    assert told.story.short == "The payments come to 1.00, the sale says 2.99."
    with pytest.raises(services.StillNotPosted):
        fix(shop, told, "posted")
    assert len(inbox(shop)) == 1
    monkeypatch.undo()
    services.retry_posting(ids=[entry.id], actor=None, now=timezone.now())
    note = SyncNote.objects.get()
    assert (note.fix, note.closed_by) == ("posted", None)


def test_what_failed_for_the_last_time_is_told(shop, till, monkeypatch):
    def broken(**_):
        raise RuntimeError("no")

    monkeypatch.setattr("pos.services.posting.orders.place", broken)
    entry = ring(till, "OATS-1")
    assert inbox(shop) == []
    JournalEntry.objects.filter(id=entry.id).update(attempts=7)
    services.post(ids=[entry.id], now=timezone.now())
    assert only(shop).note.kind == "held"
    monkeypatch.undo()
    told = only(shop)
    assert fix(shop, told, "posted").fix == "posted"
    assert SyncNote.objects.get().closed_by == shop.cast.mia.pk


def test_the_same_entries_again_note_nothing_again(shop, till):
    sold_at_an_old_price(till)
    till.deliver()
    services.retry_posting(ids=list(JournalEntry.objects.values_list("id", flat=True)), actor=None, now=timezone.now())
    [row] = SyncNote.objects.all()
    again = [Note(row.store_id, row.till_id, row.entry, row.kind, row.about, {}, 5, row.happened_at)]
    assert (notes.record(found=again, now=timezone.now()), SyncNote.objects.get().amount) == (0, -20)
    hole = [Note(row.store_id, row.till_id, None, "hole", "1/7", {"first": 7, "last": 7}, 0, row.happened_at)]
    assert [notes.record(found=hole, now=timezone.now()) for _ in range(2)] == [1, 0]


def test_notes_cost_one_statement_and_nothing_noted_costs_none(shop, till):
    taken = []
    for skus in (["OATS-0"], ["OATS-1"], ["OATS-1"] * 5):
        if skus == ["OATS-1"]:
            price_change("OATS-1", 319)
            till.clock = timezone.now() - timedelta(minutes=10)
        ring(till, *skus)
        for many in (1, 7):
            for _ in range(many):
                till.ring(till.feed, [item(till, sku) for sku in skus])
            sealed = [services.Sealed(one["text"], one["hash"], one["sig"]) for one in till.entries[-many:]]
            services.ingest(epoch=till_of_token(till.token), entries=sealed, now=timezone.now())
            with statements() as seen:
                assert services.post(now=timezone.now()).failed == 0
            taken.append((len(seen), sum("pos_syncnote" in sql for sql in seen)))
    quiet, noted = taken[0], taken[2]
    assert taken == [quiet] * 2 + [noted] * 4
    assert (quiet[1], noted[1]) == (0, 1)


# Fixes


def test_keep_closes_once_and_remembers_who(shop, till):
    sold_at_an_old_price(till)
    told = only(shop)
    assert told.fixes == ("kept", "rule", "asked")
    kept = fix(shop, told, "kept")
    assert (kept.fix, kept.closed_by) == ("kept", shop.cast.mia.pk)
    again = fix(shop, told, "asked", who=shop.cast.olga)
    assert (again.fix, again.closed_by, again.closed_at) == ("kept", shop.cast.mia.pk, kept.closed_at)
    assert inbox(shop) == []
    [done] = inbox(shop, state="done", since=timezone.now() - timedelta(hours=1))
    assert (done.closed_by, done.fixes) == ("Mia", ())


def test_ask_remembers_whom(shop, till):
    sold_at_an_old_price(till)
    fix(shop, only(shop), "asked")
    [done] = inbox(shop, state="done")
    assert (done.note.fix, done.named("asked")) == ("asked", "Carla")


def test_a_rule_closes_those_below_it_now_and_later_and_keeps_them_listed(shop, till):
    sold_at_an_old_price(till)
    sold_at_an_old_price(till, "OATS-0", 249)
    ring(till, "OATS-1")
    small = next(told for told in inbox(shop) if told.note.amount == -20)
    assert small.under == 50
    with pytest.raises(services.FixDoesNotFit):
        fix(shop, small, "rule", under=20)
    fix(shop, small, "rule", under=50)
    assert settings.get("till.keep_under", store=shop.cast.northside) == 50
    assert settings.get("till.keep_under", store=shop.cast.riverside) == 0
    assert [told.note.amount for told in inbox(shop)] == [-100]
    ring(till, "OATS-1")
    assert [told.note.amount for told in inbox(shop)] == [-100]
    assert [told.note.fix for told in inbox(shop, state="done")] == ["rule"] * 3


def test_a_count_puts_the_book_right_once(shop, till):
    shelf(shop, "OATS-0", 0)
    ring(till, "OATS-0")
    told = only(shop)
    for wrong in (None, -1, 500):
        with pytest.raises(services.FixDoesNotFit):
            fix(shop, told, "counted", counted=wrong)
    fix(shop, told, "counted", counted=6000)
    fix(shop, told, "counted", counted=9000)
    variant = UUID(told.note.facts["variant"])
    assert Level.objects.get(variant=variant, location__store=shop.cast.northside).on_hand == 6000
    counted = Movement.objects.get(cause="count")
    assert (counted.quantity, counted.actor) == (7000, shop.cast.mia.pk)
    assert SyncNote.objects.get().facts["counted"] == 6000


def kept_apart(till, kind, **more):
    found = Note(till.document_store, UUID(till.id), more.pop("entry", uuid4()), kind, "", more, 0, timezone.now())
    notes.record(found=[found], now=timezone.now())
    return SyncNote.objects.get(kind=kind)


def test_what_was_kept_apart_is_released_where_it_may(shop, till):
    till.document_store = shop.cast.northside.id
    old = till
    shop.till()
    entry = ring(old, "OATS-1")
    assert entry.state == "quarantined"
    SyncNote.objects.all().delete()
    kept_apart(old, "apart", entry=entry.id, reason="old_epoch")
    told = only(shop)
    assert (told.fixes, told.story.short) == (("released", "seen"), "The till was enrolled anew or signed out before this came")
    fix(shop, told, "released")
    entry.refresh_from_db()
    assert (entry.state, SyncNote.objects.get(kind="apart").fix) == ("accepted", "released")


def test_a_conflict_is_resolved_with_its_note(shop, till):
    till.document_store = shop.cast.northside.id
    entry = uuid4()
    JournalConflict.objects.create(entry=entry, till_id=till.id, epoch=1, seq=3, hash=b"1" * 32, text="{}", received_at=timezone.now())
    kept_apart(till, "conflict", entry=entry, epoch=1, seq=3)
    told = only(shop)
    fix(shop, told, "seen")
    assert JournalConflict.objects.get().resolved_at is not None


@pytest.mark.parametrize("kind", SyncNote.Kind.values)
def test_every_kind_has_words_and_a_fix_even_with_no_facts(shop, till, kind):
    till.document_store = shop.cast.northside.id
    kept_apart(till, kind)
    told = only(shop)
    assert all((told.story.title, told.story.short, told.story.happened, told.story.safe, told.story.costs))
    assert told.fixes


def test_another_stores_note_does_not_exist(shop, till):
    sold_at_an_old_price(till)
    with pytest.raises(services.UnknownNote):
        services.fix_note(note=only(shop).note.pk, store=shop.cast.riverside.id, fix="kept", actor=shop.cast.stan.pk, now=timezone.now())


@pytest.mark.parametrize("many", [1, 10, 100])
def test_the_inbox_takes_two_statements_however_long(shop, till, many):
    base = sold_at_an_old_price(till)
    row = SyncNote.objects.get()
    found = [Note(row.store_id, row.till_id, base.id, "price", f"line {n}", row.facts, -20, row.happened_at) for n in range(2, many + 1)]
    notes.record(found=found, now=timezone.now())
    with statements() as seen:
        assert len(inbox(shop)) == many
    assert len(seen) == 2


def test_pages_go_on_where_they_ended(shop, till):
    base = sold_at_an_old_price(till)
    row = SyncNote.objects.get()
    ago = [timedelta(seconds=n // 3) for n in range(12)]
    found = [Note(row.store_id, row.till_id, base.id, "price", f"line {n}", row.facts, -20, row.happened_at - ago[n]) for n in range(2, 12)]
    notes.record(found=found, now=timezone.now())
    seen, after = [], None
    while True:
        page = asked.inbox(store=shop.cast.northside.id, first=4, after=after)
        seen += [told.note.pk for told in page.items]
        if not page.more:
            break
        after = asked.cursor_of(page.items[-1])
    assert len(seen) == len(set(seen)) == 11
