"""Bugs as people make them, each put in on purpose: the model must notice every one."""

import pytest
from hypothesis import Phase

from inventory.tests.stockroom import stock_up
from orders.services import cancelling, handing_over, life, paying, placing, return_drafts, returning, settling
from orders.services import refunds as giving_back
from orders.tests.test_capture_model import run

PLANTED = {}


def planted(function):
    PLANTED[function.__name__] = function
    return function


def nothing(*_given, **_named):
    return 0


@planted
def a_cancelled_order_keeps_its_goods(patch):
    patch.setattr(cancelling.inventory, "release", nothing)


@planted
def a_cancelled_order_keeps_the_gift_card(patch):
    patch.setattr(cancelling.tenders, "give_back", nothing)


@planted
def a_cancelled_order_forgets_its_tenders(patch):
    patch.setattr(cancelling, "give_back_tenders", nothing)


@planted
def what_is_handed_over_stays_in_stock(patch):
    patch.setattr(handing_over.inventory, "take_reserved", nothing)


@planted
def a_stopped_order_leaves_all_the_same(patch):
    patch.setattr(life, "STOPPED", frozenset())


@planted
def what_was_paid_already_is_not_counted(patch):
    patch.setattr(paying, "paid_of", nothing)


@planted
def an_order_of_the_web_holds_nothing(patch):
    patch.setattr(placing.inventory, "reserve", nothing)


@planted
def goods_come_back_to_nowhere(patch):
    patch.setattr(returning, "_move_goods", lambda *_given: [])


@planted
def damaged_goods_are_sold_again(patch):
    patch.setattr(returning, "BESIDE", {})


@planted
def a_unit_is_worth_its_share_whichever_it_is(patch):
    """Each return by itself is right to the cent, all of them together are not."""
    true = return_drafts.part
    patch.setattr(return_drafts, "part", lambda *, sold, start, quantity: true(sold=sold, start=0, quantity=quantity))


@planted
def the_last_tender_gets_its_money_back_first(patch):
    true = giving_back.in_order
    patch.setattr(giving_back, "in_order", lambda *, owed, tenders: true(owed=owed, tenders=list(tenders)[::-1]))


@planted
def a_gift_card_is_not_given_back_what_was_returned(patch):
    patch.setattr(giving_back, "move_value", nothing)


@planted
def what_was_promised_may_be_promised_again(patch):
    patch.setattr(placing, "_holds", lambda _sale: [])


@planted
def money_that_comes_too_late_is_kept(patch):
    patch.setattr(settling, "send_back", nothing)


@pytest.fixture
def room(db, settings):
    settings.PAYMENT_BACKENDS = {"somebody": "builtins.object"}
    return stock_up()


@pytest.mark.long
@pytest.mark.parametrize("name", PLANTED)
def test_the_model_notices(room, monkeypatch, name):
    with monkeypatch.context() as patch:
        PLANTED[name](patch)
        with pytest.raises(BaseException) as noticed:  # noqa: PT011 - it may be the model's word or the database's
            run(room, programs=400, phases=(Phase.generate,))
    assert not isinstance(noticed.value, KeyboardInterrupt)
