"""Receipts, adjustments and their undo; packs, lots and serial numbers."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from catalog import services as catalog
from catalog.gtin import BadGtin, check_digit
from catalog.models import Product, Variant
from inventory import queries, services
from inventory.models import Document, DocumentLine, ItemCost, Level, Location, Lot, LotLevel, Movement, Recall, Serial
from inventory.services import AdjustmentLine, Piece, ReceiptLine, Take
from inventory.tests.stockroom import stock_up
from kernel.errors import Refused
from kernel.ids import uuid7
from org.tests.cast import NOW
from org.tests.threads import in_threads

SPRING, SUMMER = date(2026, 5, 1), date(2026, 8, 1)


def code(digits):
    return f"{digits}{check_digit(str(digits))}"


PIECE, CASE, OTHER = code(400638133393), code(1400638133393), code(400638133394)


def tracking(room, n, **flags):
    """A product of its own for this variant, kept by lot or by serial number."""
    variant = Variant.objects.select_related("product").get(id=room.variants[n])
    product = variant.product
    product.pk, product.handle = uuid7(), f"tracked-{n}"
    Product.objects.bulk_create([product])
    Product.objects.filter(pk=product.pk).update(**flags)
    Variant.objects.filter(id=variant.id).update(product=product.pk)
    return variant.id


def receive(room, *lines, **more):
    told = {"location": room.northside, "occurred_at": NOW, "reference": uuid7(), "actor": room.cast.mia.id, "now": NOW}
    return services.receive(lines=list(lines), **{**told, **more})


def adjust(room, *lines, **more):
    told = {"location": room.northside, "reason": "damaged", "reference": uuid7(), "actor": room.cast.mia.id, "now": NOW}
    return services.adjust_stock(lines=list(lines), **{**told, **more})


def undo(document):
    return services.undo_document(document=document.id, actor=None, now=NOW + timedelta(hours=1))


def on_hand(room, n=0):
    return Level.objects.filter(variant=room.variants[n], location=room.northside).values_list("on_hand", flat=True).first()


def lot_on_hand(name):
    return LotLevel.objects.get(lot__code=name).on_hand


class TestReceipts:
    def test_what_came_is_there_with_its_paper(self, room):
        then = NOW - timedelta(days=2)
        lines = [ReceiptLine(variant=room.variants[0], quantity=10_000, cost=1_500), ReceiptLine(variant=room.variants[1], quantity=500_000)]
        made = receive(room, *lines, supplier=" Dairy ", paper="D-77", note="in part", occurred_at=then)
        assert (made.kind, made.supplier, made.paper, made.occurred_at, made.made_at, made.made_by) == (
            "receipt",
            "Dairy",
            "D-77",
            then,
            NOW,
            room.cast.mia.id,
        )
        assert str(made) == f"Receipt {made.number}"
        movements = list(Movement.objects.order_by("line").values_list("quantity", "cost", "cause", "reference", "line", "occurred_at", "note"))
        assert movements == [(10_000, 1_500, "receipt", made.id, 1, then, "in part"), (500_000, None, "receipt", made.id, 2, then, "in part")]
        assert (on_hand(room), on_hand(room, 1)) == (10_000, 500_000)
        assert list(made.lines.order_by("position").values_list("variant", "quantity", "cost")) == [
            (room.variants[0], 10_000, 1_500),
            (room.variants[1], 500_000, None),
        ]

    def test_a_case_is_as_many_as_are_in_it(self, room):
        catalog.set_gtins(variant=room.variants[0], gtins=[PIECE], now=NOW, actor=None)
        services.set_pack(variant=room.variants[0], gtin=CASE, quantity=12_000, name="Case of 12")
        receive(room, ReceiptLine(gtin=CASE, quantity=2_000, cost=2_400), ReceiptLine(gtin=PIECE, quantity=3_000))
        assert on_hand(room) == 27_000
        assert ItemCost.objects.get().average == 100_000

    def test_the_same_receipt_again_changes_nothing(self, room):
        again = {"reference": uuid7()}
        first = receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, cost=5), **again)
        assert receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, cost=5), **again).number == first.number
        assert (on_hand(room), Movement.objects.count(), DocumentLine.objects.count()) == (1_000, 1, 1)

    @pytest.mark.parametrize("other", [{"quantity": 2_000, "cost": 5}, {"quantity": 1_000, "cost": 6}])
    def test_another_receipt_under_the_same_reference_is_refused(self, room, other):
        again = {"reference": uuid7()}
        receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, cost=5), **again)
        with pytest.raises(services.DocumentDiffers):
            receive(room, ReceiptLine(variant=room.variants[0], **other), **again)
        assert on_hand(room) == 1_000

    @pytest.mark.parametrize(
        ("line", "refused", "field"),
        [
            ({"quantity": 0}, "more than nothing", "lines.1.quantity"),
            ({"quantity": -1_000}, "adjustment", "lines.1.quantity"),
            ({"quantity": True}, "more than nothing", "lines.1.quantity"),
            ({"quantity": 10**12}, "a million", "lines.1.quantity"),
            ({"quantity": 1_500}, "by the piece", "lines.1.quantity"),
            ({"quantity": 1_000, "lot": "L1"}, "not kept by lot", "lines.1.lot"),
            ({"quantity": 1_000, "serials": ["1"]}, "no serial numbers", "lines.1.serials"),
            ({"quantity": 1_000, "cost": -1}, "zero or more", "lines.1.cost"),
        ],
    )
    def test_a_line_that_cannot_be_is_refused_by_its_place_and_nothing_is_posted(self, room, line, refused, field):
        with pytest.raises(Refused, match=refused) as told:
            receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000), ReceiptLine(variant=room.variants[1], **line))
        assert told.value.field == field
        assert Document.objects.count() == 0

    def test_unknown_goods_codes_and_places_are_refused(self, room):
        for line, refused in [
            (ReceiptLine(variant=uuid7(), quantity=1_000), services.UnknownGoods),
            (ReceiptLine(gtin=OTHER, quantity=1_000), services.UnknownGoods),
            (ReceiptLine(quantity=1_000), services.UnknownGoods),
            (ReceiptLine(gtin="4006381333932", quantity=1_000), BadGtin),
        ]:
            with pytest.raises(refused):
                receive(room, line)
        line = ReceiptLine(variant=room.variants[0], quantity=1_000)
        with pytest.raises(services.UnknownLocation):
            receive(room, line, location=uuid7())
        Location.objects.filter(id=room.northside).update(receives=False)
        with pytest.raises(services.LocationReceivesNothing):
            receive(room, line)
        Location.objects.filter(id=room.northside).update(archived_at=NOW)
        with pytest.raises(services.LocationArchived):
            receive(room, line)
        with pytest.raises(services.EmptyDocument):
            receive(room)
        with pytest.raises(Exception, match="later than now"):
            receive(room, line, occurred_at=NOW + timedelta(days=3))

    def test_a_bundle_is_received_as_what_it_is_made_of(self, room):
        services.bundle_of(bundle=room.variants[0], components=[(room.variants[1], 2_000)])
        with pytest.raises(services.BundleHasNoStock):
            receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000))

    def test_statements_do_not_grow_with_the_lines(self, django_assert_num_queries):
        room = stock_up(variants=120)
        receive(room, *[ReceiptLine(variant=variant, quantity=1_000, cost=1) for variant in room.variants])
        for many in (1, 10, 100):
            with django_assert_num_queries(23):
                receive(room, *[ReceiptLine(variant=variant, quantity=1_000, cost=many * 900) for variant in room.variants[:many]])

    test_statements_do_not_grow_with_the_lines.pytestmark = [pytest.mark.django_db]


class TestLots:
    def test_goods_kept_by_lot_come_with_theirs(self, room):
        tracking(room, 0, tracks_lots=True)
        receive(room, ReceiptLine(variant=room.variants[0], quantity=5_000, lot="L1", expires_on=SPRING))
        lot = Lot.objects.get()
        assert (lot.code, lot.expires_on, lot_on_hand("L1"), Movement.objects.get().lot) == ("L1", SPRING, 5_000, lot)
        receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, lot="L1"))
        assert (lot_on_hand("L1"), Lot.objects.get().expires_on) == (6_000, SPRING)
        with pytest.raises(services.LotNeeded):
            receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000))
        with pytest.raises(services.LotDiffers):
            receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, lot="L1", expires_on=SUMMER))

    def test_a_recalled_lot_is_not_received(self, room):
        tracking(room, 0, tracks_lots=True)
        receive(room, ReceiptLine(variant=room.variants[0], quantity=5_000, lot="L1"))
        Recall.objects.create(lot=Lot.objects.get(), reason="glass", made_at=NOW)
        with pytest.raises(services.LotRecalled):
            receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, lot="L1"))

    def test_what_expires_first_goes_first(self, room):
        tracking(room, 0, tracks_lots=True)
        line = {"variant": room.variants[0], "quantity": 5_000}
        dates = [("NEVER", None), ("LATE", SUMMER), ("BAD", SPRING), ("EARLY", SPRING)]
        receive(room, *[ReceiptLine(**line, lot=lot, expires_on=on) for lot, on in dates])
        Recall.objects.create(lot=Lot.objects.get(code="BAD"), reason="glass", made_at=NOW)
        here = {"variant": room.variants[0], "location": room.northside}
        assert [(held.code, held.recalled) for held in services.lots_of(**here)] == [
            ("BAD", True),
            ("EARLY", False),
            ("LATE", False),
            ("NEVER", False),
        ]
        assert [(held.code, quantity) for held, quantity in services.pick(**here, quantity=7_000)] == [("EARLY", 5_000), ("LATE", 2_000)]
        assert services.lots_of(variant=room.variants[0], location=room.riverside) == []

    def test_an_adjustment_names_the_lot_where_one_is_known(self, room):
        tracking(room, 0, tracks_lots=True)
        adjust(room, AdjustmentLine(variant=room.variants[0], quantity=-1_000))
        receive(room, ReceiptLine(variant=room.variants[0], quantity=5_000, lot="L1"))
        with pytest.raises(services.LotNeeded) as told:
            adjust(room, AdjustmentLine(variant=room.variants[0], quantity=-1_000))
        assert told.value.details["lots"] == ["L1"]
        adjust(room, AdjustmentLine(variant=room.variants[0], quantity=-1_000, lot="L1"))
        assert lot_on_hand("L1") == 4_000
        with pytest.raises(services.UnknownLot):
            adjust(room, AdjustmentLine(variant=room.variants[0], quantity=-1_000, lot="L2"))

    def test_a_receipt_whose_lot_has_left_is_not_undone(self, room):
        tracking(room, 0, tracks_lots=True)
        made = receive(room, ReceiptLine(variant=room.variants[0], quantity=5_000, lot="L1"), ReceiptLine(variant=room.variants[1], quantity=1_000))
        left = Take(
            location=room.northside, variant=room.variants[0], quantity=1_000, reference=uuid7(), line=1, lot=Lot.objects.get().id, occurred_at=NOW
        )
        services.take(lines=[left], now=NOW)
        with pytest.raises(services.LotsGone) as told:
            undo(made)
        assert told.value.details["lots"] == ["L1"]
        assert (on_hand(room), on_hand(room, 1), lot_on_hand("L1")) == (4_000, 1_000, 4_000)


class TestSerials:
    def test_each_piece_comes_with_its_number(self, room):
        tracking(room, 0, tracks_serials=True)
        made = receive(room, ReceiptLine(variant=room.variants[0], quantity=2_000, serials=["A", "B"]))
        assert set(Serial.objects.values_list("number", "state", "location", "came_with")) == {
            ("A", "in_stock", room.northside, made.id),
            ("B", "in_stock", room.northside, made.id),
        }
        for serials in (["C"], ["C", ""], ["C", "D", "E"]):
            with pytest.raises(services.SerialsNeeded):
                receive(room, ReceiptLine(variant=room.variants[0], quantity=2_000, serials=serials))
        with pytest.raises(Exception, match="twice"):
            receive(room, ReceiptLine(variant=room.variants[0], quantity=2_000, serials=["C", "C"]))
        with pytest.raises(services.SerialKnown) as told:
            receive(room, ReceiptLine(variant=room.variants[0], quantity=2_000, serials=["C", "B"]))
        assert (told.value.details["serial"], on_hand(room)) == ("B", 2_000)

    def test_pieces_leave_by_their_number_and_come_back_by_undo(self, room):
        tracking(room, 0, tracks_serials=True)
        came = receive(room, ReceiptLine(variant=room.variants[0], quantity=2_000, serials=["A", "B"]))
        lost = adjust(room, AdjustmentLine(variant=room.variants[0], quantity=-1_000, serials=["A"]), reason="lost")
        assert Serial.objects.filter(number="A", state="gone", left_with=lost.id, location=None).exists()
        with pytest.raises(services.SerialNotHere):
            adjust(room, AdjustmentLine(variant=room.variants[0], quantity=-1_000, serials=["A"]), reason="lost")
        with pytest.raises(services.SerialsGone):
            undo(came)
        undo(lost)
        assert Serial.objects.filter(number="A", state="in_stock", location=room.northside, came_with=came.id).exists()
        undo(came)
        assert (set(Serial.objects.values_list("state", flat=True)), on_hand(room)) == ({"gone"}, 0)

    def test_what_an_undone_receipt_brought_can_come_again(self, room):
        tracking(room, 0, tracks_serials=True)
        line = ReceiptLine(variant=room.variants[0], quantity=1_000, serials=["A"])
        undo(receive(room, line))
        again = receive(room, line)
        assert Serial.objects.get().came_with == again.id

    def test_pieces_are_sold_with_the_take_once_and_strangers_are_told(self, room):
        tracking(room, 0, tracks_serials=True)
        receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, serials=["A"]))
        sale = uuid7()
        pieces = [Piece(variant=room.variants[0], number=number, location=room.northside, reference=sale) for number in "AB"]
        for _ in range(2):
            assert [piece.number for piece in services.sell_pieces(pieces=pieces)] == ["B"]
        assert Serial.objects.filter(number="A", state="sold", left_with=sale).exists()


class TestAdjustments:
    def test_stock_is_put_right_with_a_reason(self, room):
        made = adjust(room, AdjustmentLine(variant=room.variants[0], quantity=-2_000), note="fell", occurred_at=NOW - timedelta(days=1))
        movement = Movement.objects.get()
        assert (made.kind, made.reason, on_hand(room)) == ("adjustment", "damaged", -2_000)
        assert (movement.cause, movement.note, movement.occurred_at) == ("adjustment", "fell", NOW - timedelta(days=1))
        assert ItemCost.objects.count() == 0

    @pytest.mark.parametrize(("reason", "quantity"), [("damaged", 1_000), ("found", -1_000), ("", -1_000), ("bored", -1_000)])
    def test_a_reason_that_does_not_fit_is_refused(self, room, reason, quantity):
        with pytest.raises(services.ReasonDoesNotFit):
            adjust(room, AdjustmentLine(variant=room.variants[0], quantity=quantity), reason=reason)

    @pytest.mark.parametrize(("reason", "quantity"), [("found", 1_000), ("miscount", -1_000), ("miscount", 1_000), ("other", 1_000)])
    def test_reasons_that_go_their_way(self, room, reason, quantity):
        adjust(room, AdjustmentLine(variant=room.variants[0], quantity=quantity), reason=reason)
        assert on_hand(room) == quantity


class TestUndo:
    def test_movements_go_the_other_way_once(self, room):
        made = receive(room, ReceiptLine(variant=room.variants[0], quantity=3_000, cost=90), ReceiptLine(variant=room.variants[1], quantity=1_000))
        undone = undo(made)
        assert (undone.undone_at, on_hand(room), on_hand(room, 1)) == (NOW + timedelta(hours=1), 0, 0)
        back = Movement.objects.filter(cause="undo").order_by("line").values_list("reference", "line", "quantity", "cost")
        assert list(back) == [(made.id, 1, -3_000, 90), (made.id, 2, -1_000, None)]
        with pytest.raises(services.DocumentUndone):
            undo(made)
        with pytest.raises(services.UnknownDocument):
            services.undo_document(document=uuid7(), actor=None, now=NOW)
        assert queries.reconcile() == []

    def test_what_was_sold_since_shows_below_zero(self, room):
        made = receive(room, ReceiptLine(variant=room.variants[0], quantity=3_000))
        services.adjust(location=room.northside, variant=room.variants[0], quantity=-2_000, note="", reference=uuid7(), actor=None, now=NOW)
        undo(made)
        assert on_hand(room) == -2_000

    def test_an_undone_receipt_posted_again_stays_undone(self, room):
        line, reference = ReceiptLine(variant=room.variants[0], quantity=3_000), uuid7()
        undo(receive(room, line, reference=reference))
        assert receive(room, line, reference=reference).undone_at is not None
        assert on_hand(room) == 0

    def test_statements_do_not_grow_with_the_lines(self, django_assert_num_queries):
        room = stock_up(variants=100)
        for many in (1, 10, 100):
            made = receive(room, *[ReceiptLine(variant=variant, quantity=1_000, cost=900) for variant in room.variants[:many]])
            with django_assert_num_queries(21):
                undo(made)

    test_statements_do_not_grow_with_the_lines.pytestmark = [pytest.mark.django_db]


class TestPacks:
    def test_a_case_is_changed_and_removed(self, room):
        services.set_pack(variant=room.variants[0], gtin=CASE, quantity=12_000)
        assert services.set_pack(variant=room.variants[0], gtin=CASE, quantity=24_000).quantity == 24_000
        services.remove_pack(gtin=CASE)
        with pytest.raises(services.UnknownPack):
            services.remove_pack(gtin=CASE)

    def test_a_code_that_is_something_elses_is_refused(self, room):
        catalog.set_gtins(variant=room.variants[0], gtins=[PIECE], now=NOW, actor=None)
        services.set_pack(variant=room.variants[1], gtin=CASE, quantity=12_000)
        for variant, gtin in [(room.variants[0], CASE), (room.variants[0], PIECE), (room.variants[1], PIECE)]:
            with pytest.raises(services.PackCodeTaken):
                services.set_pack(variant=variant, gtin=gtin, quantity=12_000)

    def test_a_case_holds_whole_pieces(self, room):
        for quantity, refused in [(1_500, services.WholePiecesOnly), (0, Exception), (-1_000, Exception)]:
            with pytest.raises(refused):
                services.set_pack(variant=room.variants[0], gtin=CASE, quantity=quantity)
        with pytest.raises(services.UnknownGoods):
            services.set_pack(variant=uuid7(), gtin=CASE, quantity=1_000)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_receipt_from_many_threads_is_posted_once(self):
        room = stock_up(variants=3)
        tracking(room, 2, tracks_lots=True)
        reference = uuid7()
        lines = [ReceiptLine(variant=variant, quantity=1_000, cost=100, lot="L" if n == 2 else "") for n, variant in enumerate(room.variants)]

        def come(n):
            return receive(room, *lines, reference=reference).number

        assert len(set(in_threads(6, come))) == 1
        assert (Movement.objects.count(), lot_on_hand("L")) == (3, 1_000)

    def test_a_document_is_undone_by_one_of_many(self):
        room = stock_up(variants=1)
        made = receive(room, ReceiptLine(variant=room.variants[0], quantity=1_000, cost=100))

        def back(n):
            try:
                return bool(undo(made))
            except services.DocumentUndone:
                return False

        assert sorted(in_threads(6, back)) == [False] * 5 + [True]
        assert on_hand(room) == 0

    def test_receipts_and_their_undo_never_lock_each_other_out(self):
        room = stock_up(variants=6)

        def work(n):
            variants = room.variants[:: 1 if n % 2 else -1]
            for round in range(5):
                lines = [ReceiptLine(variant=variant, quantity=1_000, cost=100 + n) for variant in variants]
                made = receive(room, *lines)
                if round % 2:
                    undo(made)
                with transaction.atomic():
                    takes = [
                        Take(location=room.northside, variant=variant, quantity=1_000, reference=made.id, line=line, occurred_at=NOW)
                        for line, variant in enumerate(variants)
                    ]
                    services.take(lines=takes, now=NOW)

        in_threads(6, work)
        assert queries.reconcile() == []
