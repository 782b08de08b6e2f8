"""Whatever is bought, paid, cancelled, brought back and sent again, in whatever order, the database says what paper would."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase
from hypothesis import settings as rules
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from inventory.tests.stockroom import stock_up
from orders.tests.capture_model import CARDS, GOODS, Shop

orders = st.integers(0, 5)
items = st.integers(0, GOODS - 1)
# Units, and what is given off the line: amounts that three and seven do not divide.
lines = st.lists(
    st.tuples(items, st.sampled_from([1, 2, 3, 7]), st.sampled_from([0, 0, 10, 100])), min_size=1, max_size=2, unique_by=lambda line: line[0]
)
cards, offered = st.none() | st.integers(0, CARDS - 1), st.sampled_from([1, 250, 900, 5_000])


def machine(room):
    class Capture(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            # What a program does is undone behind it.
            self.block = transaction.atomic()
            self.block.__enter__()
            self.shop = Shop(room)

        def teardown(self):
            try:
                self.shop.again()
                self.shop.compare()
            finally:
                transaction.set_rollback(True)
                self.block.__exit__(None, None, None)

        @initialize(item=items, card=cards, units=st.sampled_from([1, 2, 3]), offered=offered)
        def a_day_has_begun(self, item, card, units, offered):
            self.shop.buy([(item, units, 10)], card, offered)
            self.shop.order_online([(item, 1, 0), ((item + 1) % GOODS, 2, 0)], card, offered)
            self.shop.order_online([(item, 2, 0)], None, offered)
            self.shop.pay(1, "transfer", 2)

        @rule(wanted=lines, card=cards, offered=offered)
        def somebody_buys_at_the_counter(self, wanted, card, offered):
            self.shop.buy(wanted, card, offered)

        @rule(wanted=lines, card=cards, offered=offered)
        def somebody_orders_on_the_web(self, wanted, card, offered):
            self.shop.order_online(wanted, card, offered)

        @precondition(lambda self: self.shop.some("pay"))
        @rule(place=orders, kind=st.sampled_from(["transfer", "cash"]), part=st.sampled_from([1, 2, 2, 2, 3]))
        def money_comes(self, place, kind, part):
            self.shop.pay(place, kind, part)

        @precondition(lambda self: self.shop.some("ask"))
        @rule(place=orders)
        def a_provider_is_asked(self, place):
            self.shop.ask(place)

        @precondition(lambda self: self.shop.some("answer"))
        @rule(place=orders, state=st.sampled_from(["captured", "captured", "declined", "unknown"]))
        def a_provider_answers(self, place, state):
            self.shop.answer(place, state)

        @precondition(lambda self: self.shop.some("cancel"))
        @rule(place=orders)
        def an_order_is_cancelled(self, place):
            self.shop.cancel(place)

        @precondition(lambda self: self.shop.some("stop"))
        @rule(place=orders)
        def an_order_is_stopped_or_let_go(self, place):
            self.shop.stop(place)

        @precondition(lambda self: self.shop.some("hand_over"))
        @rule(place=orders)
        def goods_are_handed_over(self, place):
            self.shop.hand_over(place)

        @precondition(lambda self: self.shop.some("bring_back"))
        @rule(place=orders, line=st.integers(0, 1), units=st.sampled_from([1, 1, 2, 3]), instead=st.none() | items, damaged=st.booleans())
        def goods_come_back(self, place, line, units, instead, damaged):
            self.shop.bring_back(place, line, units, instead, damaged)

        @rule()
        def everything_is_sent_again(self):
            self.shop.again()

        @rule()
        def somebody_compares(self):
            self.shop.compare()

    return Capture


def run(room, *, programs, steps=15, phases=(Phase.generate, Phase.shrink)):
    run_state_machine_as_test(
        machine(room),
        settings=rules(
            max_examples=programs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=phases,
            report_multiple_bugs=False,
        ),
    )


@pytest.fixture
def room(db, settings):
    # Nobody calls it: what a provider answers is said by the program.
    settings.PAYMENT_BACKENDS = {"somebody": "builtins.object"}
    return stock_up()


def test_the_database_says_what_paper_would(room):
    run(room, programs=30)


@pytest.mark.long
@pytest.mark.parametrize("quarter", range(4))
def test_two_thousand_programs(room, quarter):
    """In quarters, so that processes share them."""
    run(room, programs=500)
