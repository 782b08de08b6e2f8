"""More buyers than goods, all at once: exactly as many are served as there are goods, all others are told so, nobody meets an error.

PostgreSQL has to let 200 connections in beside the usual ones; bin/test starts it so.
"""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction

from catalog.models import Variant
from inventory import services
from inventory.models import Level
from inventory.services import Hold, OutOfStock, Take, patience
from inventory.tests.buyers import LATER, buys_one, holds_one, overpromised, rush, unsound
from inventory.tests.faraway import far_away
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from org.tests.cast import NOW
from org.tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_is_tried_again(monkeypatch):
    """A deadlock is an error here even where trying again would hide it."""
    monkeypatch.setattr(patience, "PASSING", frozenset())


def stocked(*, variants, each):
    room = stock_up(variants=variants)
    services.open_stock(location=room.northside, quantities=dict.fromkeys(room.variants, each), reference=uuid7(), now=NOW)
    return room


def assert_sold_out(room, outcomes, *, buyers, goods):
    assert outcomes == [{"bought": goods, "out": buyers - goods}] * len(room.variants)
    assert unsound() == []
    assert {(level.on_hand - level.reserved) for level in Level.objects.all()} == {0}


def test_exactly_a_hundred_of_two_thousand_are_served():
    room = stocked(variants=10, each=100_000)
    outcomes = rush(room.variants, buyers=2_000, at_once=200, buy=holds_one(room.northside))
    assert_sold_out(room, outcomes, buyers=2_000, goods=100)


def test_far_from_the_database_they_are_served_as_exactly():
    room = stocked(variants=3, each=100_000)
    with far_away(0.1) as travel:
        outcomes = rush(room.variants, buyers=200, at_once=200, buy=holds_one(room.northside), travel=travel)
    assert_sold_out(room, outcomes, buyers=200, goods=100)


def test_what_nobody_held_is_sold_as_exactly():
    room = stocked(variants=2, each=100_000)
    outcomes = rush(room.variants, buyers=400, at_once=40, buy=buys_one(room.northside))
    assert_sold_out(room, outcomes, buyers=400, goods=100)


@pytest.mark.long
def test_fifty_rounds():
    room = stocked(variants=50, each=100_000)
    outcomes = rush(room.variants, buyers=2_000, at_once=200, buy=holds_one(room.northside))
    assert_sold_out(room, outcomes, buyers=2_000, goods=100)


def test_bundles_that_share_a_component_and_lines_in_every_order():
    """Components 0 to 3, two bundles that share component 1, and plain lines, some twice: a hundred of component 1 are the limit."""
    room = stocked(variants=4, each=100_000)
    more = stock_up_bundles(room)
    variants = [*room.variants, *more]

    def buy(lines, n):
        shuffled = random.Random(n)
        wanted = [variants[4 + n % 2], variants[1], variants[n % 4], variants[n % 4]]
        shuffled.shuffle(wanted)
        holds = [Hold(location=room.northside, variant=variant, quantity=1_000, line=line) for line, variant in enumerate(wanted)]
        reference = uuid7()
        services.reserve(holds=holds, reference=reference, kind="cart", expires_at=LATER, now=NOW)
        services.release(reference=reference, now=NOW) if n % 3 == 0 else services.confirm(reference=reference, now=NOW)

    (outcome,) = rush([None], buyers=400, at_once=32, buy=buy)
    assert set(outcome) == {"bought", "out"}, outcome
    assert unsound() == []
    assert overpromised() == []
    # Nobody could have had one more of component 1.
    level = Level.objects.get(variant=variants[1])
    assert 0 <= level.on_hand - level.reserved < 4_000


def stock_up_bundles(room):
    product = Variant.objects.get(id=room.variants[0]).product
    made = Variant.objects.bulk_create([Variant(product=product, sku=f"BUNDLE-{n}") for n in range(2)])
    services.bundle_of(bundle=made[0].id, components=[(room.variants[1], 1_000), (room.variants[0], 2_000)])
    services.bundle_of(bundle=made[1].id, components=[(room.variants[3], 1_000), (room.variants[1], 1_000)])
    return [variant.id for variant in made]


def test_everything_at_once_never_locks_itself_out():
    """Every service that moves or promises goods, on few goods, in every order: each ends as it may, and the books agree."""
    room = stocked(variants=6, each=50_000)
    carts = [uuid7() for _ in range(8)]

    def work(n):
        chance = random.Random(n)
        for _ in range(60):
            wanted = chance.choices(room.variants, k=3)
            cart = chance.choice(carts)
            holds = [Hold(location=room.northside, variant=variant, quantity=1_000, line=line) for line, variant in enumerate(wanted)]
            takes = [
                Take(location=room.northside, variant=variant, quantity=500, reference=uuid7(), line=line, occurred_at=NOW)
                for line, variant in enumerate(reversed(wanted))
            ]
            late = LATER + timedelta(seconds=chance.choice([-3600, 3600]))
            with suppress(OutOfStock, services.ReservationDiffers, services.NothingMoved):
                chance.choice(
                    [
                        lambda cart=cart, holds=holds, late=late: services.reserve(
                            holds=holds, reference=cart, kind="cart", expires_at=late, now=NOW
                        ),
                        lambda cart=cart: services.release(reference=cart, now=NOW),
                        lambda cart=cart: services.confirm(reference=cart, now=NOW),
                        lambda cart=cart: services.take_reserved(reference=cart, occurred_at=NOW, actor=None, now=NOW),
                        lambda: services.expire(now=NOW),
                        lambda takes=takes: services.take(lines=takes, now=NOW),
                        lambda takes=takes: services.sell(lines=takes, now=NOW),
                        lambda wanted=wanted: services.correct(
                            location=room.northside, variant=wanted[0], counted=30_000, note="", reference=uuid7(), actor=None, now=NOW
                        ),
                    ]
                )()

    in_threads(8, work)
    assert unsound() == []


def test_who_ends_what_expired_waits_for_nobody():
    """A buyer has the goods' row in hand: the batch passes it by and comes back for it."""
    room = stocked(variants=2, each=5_000)
    for variant in room.variants:
        hold = Hold(location=room.northside, variant=variant, quantity=1_000, line=1)
        services.reserve(holds=[hold], reference=uuid7(), kind="cart", expires_at=NOW, now=NOW)

    def work(n):
        if n:
            return services.expire(now=NOW)
        return None

    with transaction.atomic():
        list(Level.objects.select_for_update().filter(variant=room.variants[0]))
        assert sorted(in_threads(2, work), key=str) == [1, None]
    assert services.expire(now=NOW) == 1
    assert set(Level.objects.values_list("reserved", flat=True)) == {0}
