"""Whatever happens to stock, in whatever order, the database says what paper would."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from inventory.tests.stock_model import BUNDLES, CARTS, GOODS, PLACES, Shop

places, carts, sales = st.integers(0, PLACES - 1), st.integers(0, CARTS - 1), st.integers(0, 9)
plain, goods = st.integers(0, GOODS - 1), st.integers(0, GOODS + len(BUNDLES) - 1)
# Few sizes, so that contents repeat and goods run out; odd ones for what is weighed.
quantities = st.sampled_from([1, 333, 1_000, 1_000, 2_000, 5_000])
lines = st.lists(st.tuples(places, goods, quantities), min_size=1, max_size=3)


def machine(room):
    class Stock(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            # What a program does is undone behind it.
            self.block = transaction.atomic()
            self.block.__enter__()
            self.shop = Shop(room)

        def teardown(self):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

        @rule(place=places, item=plain, quantity=st.sampled_from([1_000, 4_000, 9_000]))
        def goods_come(self, place, item, quantity):
            self.shop.receive(place, item, quantity)

        @rule(place=places, item=plain, counted=st.sampled_from([0, 3_000, 8_000]))
        def somebody_counts(self, place, item, counted):
            self.shop.count(place, item, counted)

        @rule(place=places, item=plain, safety=st.sampled_from([0, 500]), ahead=st.sampled_from([0, 3_000]))
        def a_policy_changes(self, place, item, safety, ahead):
            self.shop.policy(place, item, safety, ahead)

        @rule(place=places, item=plain)
        def a_recall_comes_or_goes(self, place, item):
            self.shop.recall(place, item)

        @rule(place=places)
        def a_place_closes_or_opens(self, place):
            self.shop.close(place)

        @rule(minutes=st.sampled_from([1, 10, 60]))
        def time_passes(self, minutes):
            self.shop.wait(minutes)

        @rule(cart=carts, lines=lines, kind=st.sampled_from(["cart", "cart", "order"]), minutes=st.sampled_from([5, 30]))
        def a_cart_is_held(self, cart, lines, kind, minutes):
            self.shop.reserve(cart, lines, kind, minutes)

        @rule(cart=carts)
        def a_cart_is_held_again(self, cart):
            self.shop.hold_again(cart)

        @rule(cart=carts, lines=st.none() | st.lists(st.integers(0, 3), max_size=2))
        def a_cart_is_let_go(self, cart, lines):
            self.shop.release(cart, lines)

        @rule(cart=carts)
        def a_cart_becomes_an_order(self, cart):
            self.shop.confirm(cart)

        @rule(cart=carts)
        def what_is_held_leaves(self, cart):
            self.shop.leave(cart)

        @rule()
        def what_is_over_ends(self):
            self.shop.expire()

        @rule(sale=sales, lines=lines)
        def a_till_sells(self, sale, lines):
            self.shop.take(sale, lines)

        @rule(sale=sales, lines=lines)
        def a_door_sells(self, sale, lines):
            self.shop.sell(sale, lines)

    return Stock


def run(room, *, programs):
    # Found once is enough here: what shrinks it is run by hand.
    phases = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
    checks = list(HealthCheck)
    run_state_machine_as_test(
        lambda: machine(room)(),
        settings=settings(max_examples=programs, stateful_step_count=50, deadline=None, phases=phases, suppress_health_check=checks, database=None),
    )


def test_the_database_says_what_paper_would(room):
    run(room, programs=25)


@pytest.mark.long
@pytest.mark.parametrize("quarter", range(4))
def test_two_thousand_programs_of_fifty_steps(room, quarter):
    """In quarters, so that processes share them."""
    run(room, programs=500)
