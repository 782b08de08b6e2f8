"""Gift cards, credit and points: what moves, and what is refused."""

from datetime import timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from django.db import connection

from customers import codes, queries, services, tasks
from customers.models import Customer, Posting, Transaction
from customers.queries.value import broken
from customers.services import AlreadyGivenBack, CreditBalance, GiftCardBalance, Spend
from customers.services.gift_cards import CodeInvalid, CodeTaken
from customers.services.ledger import AmountInvalid, CurrencyDiffers, SpentOtherwise
from kernel.models import Message
from org import settings
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledgers_agree(db):
    yield
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
    assert broken() == []


@pytest.fixture
def anna(db, now):
    return Customer.objects.create(number="C-1", created_at=now, changed_at=now).id


def card(now, amount=5000, **given):
    return services.issue_gift_card(**{"amount": amount, "currency": "EUR", "reference": uuid4(), "line": 0, "actor": None, "now": now} | given)


def left(id):
    return queries.account(id=id).balance


def take(now, *spends, order=None):
    return services.spend(spends=[Spend(account=id, amount=amount, currency="EUR") for id, amount in spends], reference=order or uuid4(), now=now)


def test_a_card_is_found_by_its_code_however_it_is_typed(now):
    issued = card(now)
    assert codes.sound(codes.normalised(issued.code))
    found = queries.find_gift_card(code=f" {issued.code.lower().replace('-', ' ')}")
    assert (found.id, found.balance, found.currency) == (issued.id, 5000, "EUR")
    assert issued.code not in repr(issued)


def test_a_code_is_kept_nowhere(now):
    issued = card(now)
    plain = codes.normalised(issued.code)
    with connection.cursor() as cursor:
        for table in ("customers_account", "customers_transaction", "customers_posting", "kernel_message"):
            cursor.execute(
                f"select count(*) from {table} t where upper(t::text) like %s or upper(t::text) like %s", [f"%{plain}%", f"%{issued.code}%"]
            )
            assert cursor.fetchone()[0] == 0


def test_an_issued_card_is_issued_once(now):
    order = uuid4()
    first, again = (card(now, reference=order) for _ in range(2))
    assert (again.id, again.code, again.new) == (first.id, "", False)
    assert left(first.id) == 5000


def test_a_code_of_another_system_is_taken_as_it_is_and_once(now):
    issued = card(now, code="old-0001-OIL")
    assert issued.code == ""
    assert queries.find_gift_card(code="OLD0001OIL").id == issued.id
    with pytest.raises(CodeTaken):
        card(now, code="OLD 0001 oil")
    for wrong in ("12345", "x" * 41, "<script>", "ümläut99"):
        with pytest.raises(CodeInvalid):
            card(now, code=wrong)


def test_one_wrong_character_or_two_in_the_wrong_places_are_seen():
    code = codes.made()
    for place, right in enumerate(code):
        assert not any(codes.sound(code[:place] + other + code[place + 1 :]) for other in codes.ALPHABET if other != right)
        for far in range(place + 1, len(code)):
            swapped = list(code)
            swapped[place], swapped[far] = swapped[far], swapped[place]
            assert codes.sound("".join(swapped)) == (swapped == list(code))


def test_what_is_spent_is_gone_and_once_per_order(now):
    issued, order = card(now), uuid4()
    first = take(now, (issued.id, 3000), order=order)
    assert take(now, (issued.id, 3000), order=order) == first
    assert left(issued.id) == 2000
    with pytest.raises(SpentOtherwise):
        take(now, (issued.id, 2000), order=order)


def test_more_than_is_left_is_refused_with_what_is_left(now):
    one, other = card(now, 1000), card(now, 500)
    with pytest.raises(GiftCardBalance) as refused:
        take(now, (one.id, 1000), (other.id, 501))
    assert refused.value.details == {"asked": 501, "left": 500, "account": str(other.id)}
    with pytest.raises(GiftCardBalance) as refused:
        take(now, (one.id, 600), (one.id, 600))
    assert (refused.value.details["asked"], refused.value.details["left"]) == (1200, 1000)
    assert (left(one.id), left(other.id)) == (1000, 500)


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1])
def test_amounts_that_are_none_are_refused(now, anna, amount):
    issued = card(now)
    for wrong in (
        lambda: card(now, amount),
        lambda: take(now, (issued.id, amount)),
        lambda: services.refund_to(account=issued.id, amount=amount, reference=uuid4(), line=0, now=now),
        lambda: services.top_up(id=issued.id, amount=amount, currency="EUR", reference=uuid4(), line=0, actor=None, now=now),
    ):
        with pytest.raises(AmountInvalid):
            wrong()


def test_another_currency_is_refused(now):
    issued = card(now)
    with pytest.raises(CurrencyDiffers):
        services.spend(spends=[Spend(account=issued.id, amount=1, currency="USD")], reference=uuid4(), now=now)


def test_it_goes_back_once_and_is_not_spent_again_for_the_same(now):
    one, other, order = card(now), card(now), uuid4()
    take(now, (one.id, 3000), (other.id, 100), order=order)
    assert [services.give_back(reference=order, now=now) for _ in range(3)] == [2, 0, 0]
    assert (left(one.id), left(other.id)) == (5000, 5000)
    with pytest.raises(AlreadyGivenBack):
        take(now, (one.id, 3000), order=order)


def test_parts_go_back_by_line(now):
    one, order = card(now), uuid4()
    take(now, (one.id, 300), (one.id, 50), order=order)
    assert services.give_back(reference=order, lines=[1], now=now) == 1
    assert left(one.id) == 4700
    for _ in range(2):
        services.refund_to(account=one.id, amount=100, reference=order, line=0, now=now)
    assert left(one.id) == 4800


def test_blocked_and_expired_cards_pay_nothing_and_take_back(now):
    one, order = card(now, expires_at=now + timedelta(days=1)), uuid4()
    take(now, (one.id, 1000), order=order)
    assert services.block(id=one.id, blocked=True, actor=None, note="stolen", now=now)
    assert not services.block(id=one.id, blocked=True, actor=None, now=now)
    with pytest.raises(services.GiftCardBlocked):
        take(now, (one.id, 1))
    services.block(id=one.id, blocked=False, actor=None, now=now)
    later = now + timedelta(days=2)
    with pytest.raises(services.GiftCardExpired):
        take(later, (one.id, 1))
    services.give_back(reference=order, now=later)
    take(later, (one.id, 5000))
    assert [row.note for row in queries.movements(account=one.id, first=10).items if not row.amount] == ["unblocked", "blocked stolen"]


def test_what_has_expired_is_taken_once_a_night_and_can_expire_again(now):
    one, order = card(now, expires_at=now + timedelta(days=1)), uuid4()
    take(now, (one.id, 1000), order=order)
    later = now + timedelta(days=2)
    assert [services.expire(now=later, limit=10) for _ in range(2)] == [1, 0]
    assert left(one.id) == 0
    services.give_back(reference=order, now=later)
    assert services.expire(now=later, limit=10) == 0
    assert services.expire(now=later + timedelta(days=31), limit=10) == 1
    assert left(one.id) == 0


def test_a_new_code_opens_the_card_and_the_old_one_nothing(now):
    issued = card(now)
    new = services.replace_code(id=issued.id, actor=None, now=now)
    assert queries.find_gift_card(code=issued.code) is None
    assert queries.find_gift_card(code=new.code).balance == 5000


def test_credit_belongs_to_a_customer_and_is_given_once(now, anna):
    given = {"customer": anna, "amount": 700, "currency": "EUR", "reference": uuid4(), "line": 0, "actor": None, "note": "late", "now": now}
    first, again = services.give_credit(**given), services.give_credit(**given)
    assert (again.account, again.transaction) == (first.account, None)
    assert [(one.kind, one.balance) for one in queries.accounts_of(customer=anna)] == [("store_credit", 700)]
    with pytest.raises(CreditBalance):
        take(now, (first.account, 701))
    with pytest.raises(SpentOtherwise):
        services.give_credit(**given | {"amount": 701})


def test_points_are_earned_by_whole_units_and_live_on_with_each(now, anna):
    settings.put("value.points_earned", 2)
    settings.put("value.points_days", 365)
    order = uuid4()
    earned = [services.earn_points(customer=anna, order=order, amount=1299, currency="EUR", now=now) for _ in range(2)]
    assert earned == [25, 0]
    assert services.earn_points(customer=anna, order=uuid4(), amount=100, currency="JPY", now=now + timedelta(days=200)) == 200
    assert services.expire(now=now + timedelta(days=366), limit=10) == 0
    assert services.expire(now=now + timedelta(days=566), limit=10) == 1
    assert queries.accounts_of(customer=anna)[0].balance == 0


def test_points_go_back_in_proportion_and_never_below_zero(now, anna):
    settings.put("value.points_earned", 1)
    order = uuid4()
    services.earn_points(customer=anna, order=order, amount=10_000, currency="EUR", now=now)
    account = queries.accounts_of(customer=anna)[0].id
    assert services.reverse_points(order=order, part=Fraction(1, 3), now=now) == services.Reversed(points=34, short=0)
    assert services.reverse_points(order=order, part=Fraction(1, 3), now=now) == services.Reversed()
    services.spend(spends=[Spend(account=account, amount=60, currency="PTS")], reference=uuid4(), now=now)
    assert services.reverse_points(order=order, part=Fraction(2, 3), now=now) == services.Reversed(points=6, short=27)
    services.give_points(customer=anna, points=500, reference=uuid4(), line=0, actor=None, note="", now=now)
    assert services.reverse_points(order=order, part=Fraction(2, 3), now=now) == services.Reversed()
    assert services.reverse_points(order=order, part=Fraction(1), now=now) == services.Reversed(points=33, short=0)
    assert services.reverse_points(order=uuid4(), part=Fraction(1), now=now) == services.Reversed()


def test_merged_customers_have_what_both_had(now, anna):
    berta = Customer.objects.create(number="C-2", created_at=now, changed_at=now).id
    order = uuid4()
    for customer, amount in ((anna, 100), (berta, 250)):
        services.give_credit(customer=customer, amount=amount, currency="EUR", reference=uuid4(), line=0, actor=None, note="", now=now)
    old = queries.accounts_of(customer=berta)[0].id
    take(now, (old, 50), order=order)
    issued = card(now, customer=berta)
    assert services.merge_value(keep=anna, gone=berta, actor=None, now=now) == 1
    assert [one.balance for one in queries.accounts_of(customer=anna)] == [300]
    assert queries.account(id=issued.id).customer == anna
    services.give_back(reference=order, now=now)
    Customer.objects.filter(pk=berta).update(merged_into=anna)
    assert [services.follow_merges(now=now) for _ in range(2)] == [1, 0]
    assert [one.balance for one in queries.accounts_of(customer=anna)] == [350]


def test_the_night_takes_what_has_expired_and_says_what_is_broken(now, anna):
    one = card(now, expires_at=now - timedelta(days=900))
    assert [tasks.expire_value() for _ in range(2)] == [1, 0]
    assert left(one.id) == 0
    assert tasks.reconcile_value() == 0
    with connection.cursor() as cursor:
        cursor.execute("update customers_account set balance = 1 where id = %s", [one.id])
        assert tasks.reconcile_value() == 1
        cursor.execute("update customers_account set balance = 0 where id = %s", [one.id])


def test_every_movement_is_told_and_nothing_that_moves_nothing(now, anna):
    issued, order = card(now), uuid4()
    take(now, (issued.id, 3000), order=order)
    services.give_back(reference=order, now=now)
    services.block(id=issued.id, blocked=True, actor=None, now=now)
    told = [
        (row.data["cause"], row.data["amount"], row.data["counter"]) for row in Message.objects.order_by("id") if row.type == "customers.value.moved"
    ]
    assert told == [("issue", 5000, "gift_card:issued"), ("spend", -3000, "gift_card:spent"), ("give_back", 3000, "gift_card:spent")]
    assert Message.objects.filter(type="customers.value.moved").count() == Transaction.objects.filter(postings__isnull=False).distinct().count()


@pytest.mark.parametrize("cards", [1, 10])
def test_ten_cards_cost_no_more_statements_than_one(now, cards):
    held = [card(now).id for _ in range(cards)]
    order = uuid4()
    with statements() as seen:
        take(now, *((id, 10) for id in held), order=order)
    assert len(seen) == 4, seen
    with statements() as seen:
        services.give_back(reference=order, now=now)
    assert len(seen) == 5, seen
    assert Posting.objects.count() == cards * 6
