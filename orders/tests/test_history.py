"""Past orders out of a file: real ones are cancelled, blank, free of charge and wrong."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.models import Movement
from kernel.models import Message
from orders import services
from orders.models import Order, OrderLine, Payment
from org.tests.cast import NOW, open_shop

HEADER = "order,placed_at,store,sku,name,quantity,total,discount\n"
ROWS = (
    "489434,2009-12-01T07:45:00Z,,85048,15CM CHRISTMAS GLASS BALL,12,83.40,\n"
    "489434,2009-12-01T07:45:00Z,,MILK-0,,1.5,2.105,0.30\n"
    "C489449,2009-12-01T10:33:00Z,,22087,PAPER BUNTING,-12,-35.40,\n"
    "489464,2009-12-01T10:52:00Z,,21733,,-96,0,\n"
    "A506401,2010-04-29T13:36:00Z,,B,Adjust bad debt,1,-53594.36,\n"
    "T-1,2010-12-31T23:30:00Z,northside,MILK-0,,0,1.00,\n"
    "T-1,2010-12-31T23:30:00Z,northside,MILK-0,,0,0,\n"
)


def load(cast, text, **more):
    asked = {"source": "oldshop", "channel": cast.web.pk, "currency": "GBP", "zone": "Europe/London", "now": NOW} | more
    return services.load_history(file=[text.encode()], **asked)


def test_the_mess_of_a_real_shop_is_kept_to_the_penny(room):
    loaded = load(room.cast, HEADER + ROWS)
    assert (loaded.read, loaded.orders, loaded.lines, loaded.nothing, loaded.rounded, loaded.refused) == (7, 5, 6, 1, 1, {})
    assert loaded.total == sum(Order.objects.values_list("total", flat=True)) == 8340 + 211 - 3540 + 0 - 5359436 + 100
    kinds = dict(Order.objects.values_list("number", "kind"))
    assert kinds["oldshop-C489449"] == "return"
    assert kinds["oldshop-489434"] == "sale"
    milk = OrderLine.objects.get(order__number="oldshop-489434", sku="MILK-0")
    assert (milk.quantity, milk.list_total, milk.discount, milk.total, milk.variant_id) == (1500, 241, 30, 211, room.variants[0])
    assert OrderLine.objects.get(sku="85048").variant_id is None
    fee = OrderLine.objects.get(order__number="oldshop-T-1")
    assert (fee.kind, fee.variant_id, fee.total) == ("fee", None, 100)
    told = Order.objects.get(number="oldshop-T-1")
    assert (told.store_id, told.business_date.isoformat(), told.source, told.status) == (room.cast.northside.pk, "2010-12-31", "import", "paid")
    assert set(Payment.objects.values_list("kind", flat=True)) == {"other"}


def test_history_moves_neither_goods_nor_money_and_tells_nobody(room):
    before = Movement.objects.count(), Message.objects.count()
    load(room.cast, HEADER + ROWS)
    assert (Movement.objects.count(), Message.objects.count()) == before
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("select * from orders_broken()")
        assert cursor.fetchall() == []


def test_the_same_file_again_adds_nothing_and_two_systems_may_use_one_number(room):
    first = load(room.cast, HEADER + ROWS)
    again = load(room.cast, HEADER + ROWS)
    assert (again.orders, again.known, again.total) == (0, first.orders, 0)
    assert load(room.cast, HEADER + ROWS, source="other").orders == first.orders


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2009-12-01T07:45:00Z,nowhere,A,,1,1,\n", "store"),
        ("1,yesterday,,A,,1,1,\n", "placed_at"),
        ("1,2009-12-01T07:45:00Z,,A,,one,1,\n", "quantity"),
        ("1,2009-12-01T07:45:00Z,,A,,1,NaN,\n", "total"),
        ("1,2009-12-01T07:45:00Z,,A,,1,1,-1\n", "discount"),
        (f"1,2009-12-01T07:45:00Z,,{'A' * 61},,1,1,\n", "sku"),
        (f"{'1' * 26},2009-12-01T07:45:00Z,,A,,1,1,\n", "order"),
    ],
)
def test_an_order_with_a_line_that_cannot_be_kept_is_refused_whole_and_the_others_stand(room, row, reason):
    good = row.split(",")[0] + ",2009-12-01T07:45:00Z,,B,,1,2.00,\n"
    loaded = load(room.cast, HEADER + row + good + "2,2009-12-01T07:45:00Z,,A,,1,5.00,\n")
    assert loaded.refused == {reason: (1, [2])} or (reason == "order" and loaded.refused == {"order": (2, [2, 3])})
    assert (loaded.refused_orders, loaded.orders, loaded.total) == (1, 1, 500)


@pytest.mark.parametrize("text", ["", "order,sku\n1,2\n", HEADER + '1,"\n', HEADER + "1,2,3\n"])
@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_none_is_told_what_is_wrong(text):
    with pytest.raises(services.WrongHistoryFile) as told:
        load(open_shop(), text)
    assert "Line 2" in told.value.message or "columns" in told.value.message
    assert not Order.objects.exists()


def test_the_command_says_what_it_did(room, tmp_path, capsys):
    path = tmp_path / "history.csv"
    path.write_text(HEADER + ROWS)
    call_command("load_orders", path, source="oldshop", channel="web", currency="GBP")
    assert "5 orders with 6 lines, -53543.25 GBP in all" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("load_orders", tmp_path / "none.csv", source="oldshop", channel="web", currency="GBP")
    with pytest.raises(CommandError, match="letters and digits"):
        call_command("load_orders", path, source="old shop", channel="web", currency="GBP")
