"""Faults put into the core on purpose: each has to be found by the shop on paper or by the pairs that meet."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from inventory.models import Level
from inventory.services import moving, patience, reserving
from inventory.tests.stock_model import BUNDLES, CARTS, GOODS, PLACES, Shop
from inventory.tests.stockroom import stock_up
from inventory.tests.test_interleavings import assert_as_one_after_the_other, stages
from kernel.ids import uuid7


@dataclass
class Fault:
    plant: Callable[[Any], str | None]
    # The pairs that meet it; none: the shop on paper does.
    pairs: tuple[str, ...] = ()


PLANTED: dict[str, Fault] = {}


def planted(*pairs):
    def keep(function):
        PLANTED[function.__name__] = Fault(function, pairs)
        return function

    return keep


def spoil(patch, place, name, right, wrong):
    statement = getattr(place, name)
    assert right in statement, (name, right)
    patch.setattr(place, name, statement.replace(right, wrong))


def spoilt_trigger(name, right, wrong):
    """The statement that puts a fault into a trigger's function; it is undone with the program's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_functiondef(%s::regproc)", [name])
        body = cursor.fetchone()[0]
    assert right in body, (name, right)
    return body.replace(right, wrong)


@planted("reserve, reserve the last")
def nobody_locks_the_level(patch):
    spoil(patch, reserving, "RESERVE", "for update of level", "")


@planted("reserve, reserve the last")
def the_gate_looks_at_what_was_seen_before_the_lock(patch):
    spoil(patch, reserving, "RESERVE", "coalesce(locked.free, 0) else seen.free", "seen.free else seen.free")


@planted("sell, reserve")
def a_guarded_sale_looks_at_what_was_seen_before_the_lock(patch):
    spoil(patch, reserving, "GUARDED_SALE", "coalesce(locked.free, 0) else seen.free", "seen.free else seen.free")


@planted("the same cart twice")
def who_is_refused_behind_a_lock_does_not_look_again(patch):
    patch.setattr(reserving, "LOOKS", 1)


@planted("confirm, release")
def what_is_let_go_while_it_is_confirmed_comes_back(patch):
    spoil(patch, reserving, "NEWEST", "quantity, state = 'open' from (", "quantity, false from (")


@planted("count, count")
def who_counts_does_not_lock(patch):
    levels = Level.objects
    patch.setattr(
        moving, "_locked", lambda location, variant: levels.filter(location=location, variant=variant).values_list("on_hand", flat=True).first()
    )


@planted("leave, release")
def what_leaves_is_not_locked(patch):
    spoil(patch, reserving, "TAKE", "order by line, part for update", "order by line, part")


@planted()
def safety_is_forgotten(patch):
    spoil(patch, reserving, "RESERVE", " - level.safety", "")


@planted()
def what_is_sold_ahead_is_forgotten(patch):
    spoil(patch, reserving, "GUARDED_SALE", " + level.ahead", "")


@planted()
def a_guarded_sale_takes_what_is_promised(patch):
    spoil(patch, reserving, "GUARDED_SALE", " - level.reserved", "")


@planted()
def what_is_recalled_is_promised(patch):
    spoil(patch, reserving, "RESERVE", "when level.blocked > 0 then 0", "when level.blocked > 99 then 0")


@planted()
def a_closed_place_promises(patch):
    spoil(patch, reserving, "RESERVE", "and archived_at is null", "")


@planted()
def lines_of_one_sku_are_not_added_up(patch):
    spoil(patch, reserving, "RESERVE", "sum(needed) as needed", "max(needed) as needed")


@planted()
def lines_that_are_there_are_held_without_the_others(patch):
    alone = "where exists (select from supply where (supply.item, supply.location) = (fresh.item, fresh.location) and free >= supply.needed)"
    spoil(patch, reserving, "RESERVE", "from fresh where (select open from gate)", f"from fresh {alone}")


@planted()
def a_bundle_is_promised_without_a_crumb_of_it(patch):
    spoil(patch, reserving, "RESERVE", "ceil(row.quantity::numeric * part.quantity / 1000)", "row.quantity * part.quantity / 1000")


@planted()
def what_an_order_holds_is_a_cart_s_again(patch):
    spoil(patch, reserving, "RESERVE", "kind = case when held.kind = 'order' then 'order' else", "kind = case when false then 'order' else")


@planted()
def all_lines_are_let_go(patch):
    spoil(patch, reserving, "RELEASE", "or line = any(%s::integer[])", "or %s::integer[] is not null")


@planted()
def what_is_not_over_ends(patch):
    spoil(patch, reserving, "EXPIRE", "held.expires_at <= %s", "held.made_at <= %s")


@planted()
def an_expired_cart_is_confirmed_without_goods(patch):
    spoil(patch, reserving, "NEWEST", "state in ('open', 'expired')", "state = 'open'")


@planted()
def a_bundle_leaves_with_one_component(patch):
    spoil(patch, reserving, "TAKE", "-quantity, 'sale', reference, line, part,", "-quantity, 'sale', reference, line, 1,")


@planted()
def nothing_left_is_told_as_a_shortage(patch):
    spoil(patch, moving, "SHORT", "level.on_hand < 0", "level.on_hand <= 0")


@planted()
def what_is_given_back_stays_reserved(patch):
    return spoilt_trigger("inventory_reservations_changed", "reserved = level.reserved + held.quantity", "reserved = level.reserved")


@planted()
def a_task_stays_when_the_goods_came(patch):
    return spoilt_trigger("inventory_apply_movements", "if risen then", "if false then")


@planted()
def below_zero_makes_no_task(patch):
    return spoilt_trigger("inventory_apply_movements", "if below then", "if false then")


def play(shop, chance, *, steps):
    """One program of the same steps as test_core_model's, without what shrinks it."""
    place, item, cart = (lambda: chance.randrange(PLACES)), (lambda: chance.randrange(GOODS)), (lambda: chance.randrange(CARTS))

    def lines():
        at = place()
        return [
            (at, chance.randrange(GOODS + len(BUNDLES)), chance.choice([1, 333, 1_000, 2_000, 4_000])) for _ in range(chance.choice([1, 1, 2, 3]))
        ]

    can = [
        (3, lambda: shop.receive(place(), item(), chance.choice([1_000, 4_000, 9_000]))),
        (1, lambda: shop.count(place(), item(), chance.choice([0, 3_000, 8_000]))),
        (1, lambda: shop.policy(place(), item(), chance.choice([0, 500]), chance.choice([0, 3_000]))),
        (1, lambda: shop.recall(place(), item())),
        (1, lambda: shop.close(place()) or shop.sell(uuid7(), lines()) or shop.close(chance.choice([*shop.paper.closed, 0]))),
        (1, lambda: shop.wait(chance.choice([1, 10]))),
        (6, lambda: shop.reserve(cart(), lines(), chance.choice(["cart", "cart", "cart", "order"]), chance.choice([5, 30]))),
        (2, lambda: shop.hold_again(cart())),
        (2, lambda: shop.release(cart(), chance.choice([None, [0], [1, 2]]))),
        (2, lambda: shop.confirm(cart())),
        (1, lambda: shop.leave(cart())),
        (1, lambda: shop.expire()),
        (2, lambda: shop.take(chance.randrange(10), lines())),
        (3, lambda: shop.sell(uuid7(), lines())),
        (1, lambda: shop.sell(chance.randrange(10), lines())),
    ]
    weights, calls = zip(*can, strict=True)
    for _ in range(steps):
        chance.choices(calls, weights)[0]()


def walk(shop):
    """What random programs come upon rarely."""
    shop.policy(0, 0, 500, 0)
    shop.reserve(0, [(0, 0, 6_000)], "cart", 30)
    shop.policy(0, 1, 0, 3_000)
    shop.sell(1, [(0, 1, 8_000)])
    shop.reserve(1, [(0, 2, 1_000)], "order", 30)
    shop.reserve(1, [(0, 2, 1_000)], "cart", 30)
    shop.reserve(2, [(0, 2, 1_000), (0, 3, 500)], "cart", 5)
    shop.wait(5)
    shop.expire()
    shop.confirm(2)
    shop.take(2, [(0, 3, 9_000)])
    shop.receive(0, 3, 4_000)


def paper_differs(room, trigger=None, *, programs=12):
    for seed in range(programs):
        try:
            with transaction.atomic():
                if trigger:
                    with connection.cursor() as cursor:
                        cursor.execute(trigger)
                play(Shop(room), random.Random(seed), steps=50) if seed else walk(Shop(room))
                transaction.set_rollback(True)
        except Exception:  # a fault may as well break the statement
            return True
    return False


def pair_differs(pairs, stage):
    try:
        for pair in pairs:
            assert_as_one_after_the_other(stage, pair)
    except Exception:
        return True
    return False


@pytest.mark.django_db(transaction=True)
def test_every_planted_fault_is_found(monkeypatch):
    """One test for all: emptying the database between them would take longer than they do."""
    monkeypatch.setattr(patience, "PASSING", frozenset())
    room = stock_up(variants=1)
    stage = stages(room)
    missed = []
    assert not paper_differs(room, programs=6)
    # On paper first: what the pairs leave behind is not on it.
    for name, fault in sorted(PLANTED.items(), key=lambda named: bool(named[1].pairs)):
        with monkeypatch.context() as patch:
            trigger = fault.plant(patch)
            if not (pair_differs(fault.pairs, stage) if fault.pairs else paper_differs(room, trigger)):
                missed.append(name)
    assert missed == []
