"""Opening stock from a file: what would be opened, opened as checked, taken back as a whole."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import services as catalog
from catalog.importing.reading import MissingColumns, UnreadableFile
from catalog.models import Variant
from inventory import queries, services
from inventory.models import Document, ItemCost, Level, Location, LotLevel, Movement
from inventory.opening_file import OpeningTooLong
from inventory.services import ReceiptLine
from inventory.services.opening import APPLY, UNDO
from inventory.tests.stockroom import stock_up
from inventory.tests.test_documents import CASE, PIECE, tracking
from kernel import jobs
from kernel.ids import uuid7
from kernel.models import Job
from org.tests.cast import NOW
from org.tests.threads import in_threads

THEN = NOW - timedelta(days=3)


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


def check(room, text, *, stores=None, head="location,sku,quantity\n"):
    content = text if isinstance(text, bytes) else f"{head}{text}".encode()
    told = {"name": "C:\\stock.csv", "occurred_at": THEN, "actor": room.cast.mia.id, "now": NOW}
    return services.check_opening(content=io.BytesIO(content), size=len(content), stores=stores, **told)


def apply(room, checked, *, stores=None, actor=None):
    return services.apply_opening(run=checked.run, stores=stores, actor=actor or room.cast.mia.id, now=NOW)


def undo(room, opened, **more):
    return services.undo_opening(run=opened.run, actor=room.cast.mia.id, now=NOW, **{"stores": None, **more})


def refusals(checked):
    return [(fault.line, fault.column, fault.reason) for fault in checked.refused]


def on_hand(room, n, location=None):
    return Level.objects.filter(variant=room.variants[n], location=location or room.northside).values_list("on_hand", flat=True).first()


class TestTheCheck:
    def test_it_says_what_each_place_would_get_and_changes_nothing(self, room):
        Variant.objects.filter(id=room.variants[2]).update(sold_by="weight")
        text = "northside,MILK-0,12,1.50\nnorthside,MILK-2,0.250,8\nriverside,MILK-0,3,\nriverside,MILK-1,0,\n"
        checked = check(room, text, head="location,sku,quantity,cost\n")
        assert (checked.lines, checked.nothing, checked.refused, checked.warned, checked.name) == (3, 1, [], [], "stock.csv")
        told = [(place.code, place.name, place.lines, place.pieces, place.weight, place.worth) for place in checked.places]
        assert told == [("northside", "Northside", 2, 12_000, 250, 2_000), ("riverside", "Riverside", 1, 3_000, 0, 0)]
        assert (Document.objects.count(), Movement.objects.count()) == (0, 0)

    def test_every_line_that_cannot_be_opened_says_why(self, room):
        Location.objects.create(code="old", name="Old", kind="warehouse", archived_at=NOW)
        tracking(room, 4, tracks_lots=True)
        tracking(room, 5, tracks_serials=True)
        services.bundle_of(bundle=room.variants[6], components=[(room.variants[7], 1_000)])
        rows = [
            ("nothside,MILK-0,1,,", "location", "There is no place “nothside”; did you mean northside?"),
            ("riverside,MILK-0,1,,", "location", "riverside is not a place of yours"),
            ("old,MILK-0,1,,", "location", "old is not a place of yours"),
            ("northside,CREAM,1,,", "sku", "There is no SKU “CREAM”"),
            ("northside,,1,,", "sku", "is empty"),
            ("northside,MILK-0,twelve,,", "quantity", "“twelve” is not a number such as 12 or 0.250"),
            ("northside,MILK-0,=1+1,,", "quantity", "“=1+1” is not a number such as 12 or 0.250"),
            ("northside,MILK-0,-2,,", "quantity", "is below zero; opening stock is what lies there"),
            ("northside,MILK-0,1.5,,", "quantity", "MILK-0 is sold by the piece: a whole number of them"),
            ("northside,MILK-0,1000001,,", "quantity", "1000001 is more than a million"),
            ("northside,MILK-0,1,L1,", "lot", "MILK-0 is not kept by lot"),
            ("northside,MILK-4,1,,", "lot", "MILK-4 is kept by lot: name the lot"),
            ("northside,MILK-4,1,L1,31.02.2026", "expiry", "“31.02.2026” is not a day such as 2026-05-31"),
            ("northside,MILK-5,1,,", "sku", "MILK-5 has serial numbers: bring it in by a receipt, which asks for them"),
            ("northside,MILK-6,1,,", "sku", "MILK-6 is a bundle: open what it is made of"),
            ("northside,MILK-1,1,,", None, None),
            ("northside,MILK-1,2,,", "", "MILK-1 at northside stands in line 17 already: add them up"),
            ("northside,MILK-2,2", "", "has 3 columns, the header has 5"),
        ]
        text = "\n".join(row for row, _, _ in rows)
        checked = check(room, text, head="location,sku,quantity,lot,expiry\n", stores={room.cast.northside.id})
        assert refusals(checked) == [(line, column, reason) for line, (_, column, reason) in enumerate(rows, start=2) if reason]
        assert checked.refused[0].row == ("nothside", "MILK-0", "1", "", "")
        assert [place.lines for place in checked.places] == [1]

    def test_what_has_moved_already_is_warned_of(self, room):
        services.adjust(location=room.northside, variant=room.variants[0], quantity=-1_500, note="", reference=uuid7(), actor=None, now=NOW)
        checked = check(room, "northside,MILK-0,1\nnorthside,MILK-1,1\n")
        assert [(fault.line, fault.reason) for fault in checked.warned] == [
            (2, "MILK-0 at northside has movements already: this is added to the -1.5 there")
        ]
        assert checked.lines == 2

    @pytest.mark.parametrize(
        "content",
        [
            "location,sku,quantity\nnorthside,MILK-0,12\n".encode("utf-8-sig"),
            "\ufeffLocation;SKU;Quantity\r\nNorthside;MILK-0;12,000\r\n".encode(),
            "Lager\tArtikelnummer\tBestand\nnorthside\tMILK-0\t12\n".encode("utf-16"),
            'name,location,sku,quantity\n"Käse, mild",northside,MILK-0,12\n'.encode("cp1252"),
        ],
    )
    def test_files_come_as_spreadsheets_write_them(self, room, content):
        checked = check(room, content)
        assert (refusals(checked), [place.pieces for place in checked.places]) == ([], [12_000])

    def test_goods_are_named_by_code_and_a_case_is_as_many_as_are_in_it(self, room):
        catalog.set_gtins(variant=room.variants[0], gtins=[PIECE], now=NOW, actor=None)
        services.set_pack(variant=room.variants[1], gtin=CASE, quantity=12_000)
        text = f"northside,{PIECE},,2\nnorthside,{CASE},MILK-1,2\nriverside,{CASE},MILK-0,1\nriverside,4006381333932,,1\nriverside,4006381333948,,1\n"
        checked = check(room, text, head="location,gtin,sku,quantity\n")
        apply(room, checked)
        assert (on_hand(room, 0), on_hand(room, 1)) == (2_000, 24_000)
        assert [line for line, _, _ in refusals(checked)] == [4, 5, 6]

    @pytest.mark.parametrize(
        ("content", "refused"),
        [
            (b"", UnreadableFile),
            (b"%PDF-1.7", UnreadableFile),
            (b"location,amount\nnorthside,1\n", MissingColumns),
            (b"location,sku,sku,quantity\nnorthside,A,A,1\n", UnreadableFile),
            (b"PK\x03\x04 no workbook", UnreadableFile),
        ],
    )
    def test_what_is_no_such_file_is_refused_as_a_whole(self, room, content, refused):
        with pytest.raises(refused):
            check(room, content)

    def test_a_file_is_not_endless(self, room, monkeypatch):
        monkeypatch.setattr("inventory.opening_file.MOST_ROWS", 2)
        with pytest.raises(OpeningTooLong):
            check(room, "northside,MILK-0,1\n" * 3)

    def test_a_formula_is_only_text(self, room):
        assert refusals(check(room, "northside,=cmd|'/c calc'!A1,1\n")) == [(2, "sku", "There is no SKU “=cmd|'/c calc'!A1”")]

    @settings(max_examples=60, deadline=None)
    @given(text=st.text(alphabet="0123456789.,-+=eE ٣½", max_size=12))
    def test_a_quantity_is_exact_or_refused(self, text):
        from catalog.importing.incoming import Faulty
        from inventory.opening_file import _quantity

        try:
            quantity = _quantity(text, "quantity")
        except Faulty:
            return
        whole, _, rest = text.strip().replace(",", ".").partition(".")
        assert quantity == int(whole) * 1000 + int((rest.rstrip("0") or "0").ljust(3, "0"))


class TestOpening:
    def test_each_place_gets_a_document_of_one_run(self, room):
        opened = apply(
            room, check(room, "northside,MILK-0,12,150\nnorthside,MILK-1,5,\nriverside,MILK-0,8,50\n", head="location,sku,quantity,cost\n")
        )
        assert opened.lines == 3
        assert [(row.kind, row.run, row.occurred_at, row.made_by, row.note) for row in opened.documents] == [
            ("opening", opened.run, THEN, room.cast.mia.id, "stock.csv")
        ] * 2
        assert (on_hand(room, 0), on_hand(room, 1), on_hand(room, 0, room.riverside)) == (12_000, 5_000, 8_000)
        assert set(Movement.objects.values_list("cause", "occurred_at")) == {("opening", THEN)}
        # 12 at 150.00 and 8 at 50.00.
        assert (ItemCost.objects.get().average, Variant.objects.get(id=room.variants[0]).reference_cost) == (11_000_000, 11_000)

    def test_lots_come_with_their_dates(self, room):
        tracking(room, 0, tracks_lots=True)
        text = "northside,MILK-0,12,L1,2026-05-01\nnorthside,MILK-0,5,L2,1.8.2026\nriverside,MILK-0,5,L1,2026-05-02\n"
        checked = check(room, text, head="location,sku,quantity,lot,expiry\n")
        assert refusals(checked) == [(4, "expiry", "Lot L1 expires on 2026-05-01, not on 2026-05-02")]
        apply(room, checked)
        told = LotLevel.objects.order_by("lot__code").values_list("lot__code", "lot__expires_on", "on_hand")
        assert list(told) == [("L1", date(2026, 5, 1), 12_000), ("L2", date(2026, 8, 1), 5_000)]

    def test_the_same_run_opens_once(self, room):
        checked = check(room, "northside,MILK-0,12\n")
        first, again = apply(room, checked), apply(room, checked)
        assert ([row.id for row in first.documents], first.lines) == ([row.id for row in again.documents], again.lines)
        assert on_hand(room, 0) == 12_000

    def test_a_catalogue_that_has_changed_since_is_told(self, room):
        checked = check(room, "northside,MILK-0,12\nnorthside,MILK-1,5\nnorthside,CREAM,1\n")
        Variant.objects.filter(id=room.variants[0]).update(sku="CREAM")
        with pytest.raises(services.OpeningChanged) as told:
            apply(room, checked)
        assert told.value.details["changed"] == ["line 2: There is no SKU “MILK-0”", "line 4: can be opened now"]
        assert Document.objects.count() == 0
        with pytest.raises(services.OpeningChanged, match="line 2: riverside|line 2: northside is not a place of yours"):
            apply(room, check(room, "northside,MILK-1,12\n"), stores={room.cast.riverside.id})

    def test_another_file_than_the_one_checked_is_refused(self, room):
        checked = check(room, "northside,MILK-0,12\n")
        name = f"openings/{checked.run}/source"
        default_storage.delete(name)
        default_storage.save(name, ContentFile(b"location,sku,quantity\nnorthside,MILK-0,13\n"))
        with pytest.raises(services.OpeningChanged, match="not the one"):
            apply(room, checked)

    def test_only_who_checked_it_opens_it(self, room):
        checked = check(room, "northside,MILK-0,12\n")
        with pytest.raises(services.UnknownOpening):
            apply(room, checked, actor=room.cast.stan.id)
        with pytest.raises(services.UnknownOpening):
            services.apply_opening(run=uuid7(), stores=None, actor=room.cast.mia.id, now=NOW)
        assert services.checked_opening(run=checked.run, stores=None, actor=room.cast.mia.id) == checked

    def test_a_file_of_nothing_opens_nothing(self, room):
        with pytest.raises(services.NothingToOpen):
            apply(room, check(room, "northside,MILK-0,0\nnorthside,CREAM,1\n"))

    @pytest.mark.django_db(transaction=True)
    def test_a_long_one_is_opened_by_a_worker(self):
        room = stock_up(variants=1)
        checked = check(room, "northside,MILK-0,12\n")
        for _ in range(2):
            services.start_opening(run=checked.run, stores={room.cast.northside.id}, actor=room.cast.mia.id, now=NOW)
        for _ in range(2):
            jobs.run_next(now=NOW)
        assert [(job.kind, job.state, job.result["lines"]) for job in Job.objects.filter(kind=APPLY)] == [(APPLY, "succeeded", 1)] * 2
        assert on_hand(room, 0) == 12_000
        with pytest.raises(services.UnknownOpening):
            services.start_undo_opening(run=checked.run, stores=[], actor=None, now=NOW)
        for _ in range(2):
            services.start_undo_opening(run=checked.run, stores=None, actor=room.cast.mia.id, now=NOW)
        for _ in range(2):
            jobs.run_next(now=NOW)
        assert [job.result["taken_back"] for job in Job.objects.filter(kind=UNDO).order_by("created_at", "id")] in ([1, 0], [0, 1])
        assert on_hand(room, 0) == 0

    @pytest.mark.django_db(transaction=True)
    def test_two_who_press_at_once_open_it_once(self):
        room = stock_up(variants=3)
        checked = check(room, "".join(f"{place},MILK-{n},12\n" for place in ("northside", "riverside") for n in range(3)))
        opened = in_threads(4, lambda n: apply(room, checked).lines)
        assert (opened, Movement.objects.count(), on_hand(room, 1)) == ([6] * 4, 6, 12_000)

    def test_statements_do_not_grow_with_the_lines(self, db):
        room = stock_up(variants=200)
        counted = set()
        for many in (1, 10, 100):
            skus = [f"MILK-{n}" for n in range(many)]
            text = "".join(f"{place},{sku},2,{many}\n" for sku in skus for place in ("northside", "riverside"))
            with CaptureQueriesContext(connection) as seen:
                checked = check(room, text, head="location,sku,quantity,cost\n")
            looked = len(seen)
            with CaptureQueriesContext(connection) as seen:
                opened = apply(room, checked)
            done = len(seen)
            with CaptureQueriesContext(connection) as seen:
                undo(room, opened)
            counted.add((looked, done, len(seen)))
        assert len(counted) == 1, counted
        assert max(counted) <= (6, 32, 32)


class TestUndo:
    def test_the_run_is_taken_back_as_a_whole(self, room):
        opened = apply(room, check(room, "northside,MILK-0,12,9\nnorthside,MILK-1,5,\nriverside,MILK-0,8,9\n", head="location,sku,quantity,cost\n"))
        assert services.moved_since(run=opened.run, stores=None) == []
        undone = undo(room, opened)
        assert (undone.taken_back, undone.left, undone.moved) == (3, 0, [])
        assert (on_hand(room, 0), on_hand(room, 0, room.riverside), ItemCost.objects.count()) == (0, 0, 0)
        assert Variant.objects.get(id=room.variants[0]).reference_cost is None
        assert Document.objects.filter(undone_at=NOW, undone_by=room.cast.mia.id).count() == 2
        with pytest.raises(services.OpeningUndone):
            undo(room, opened)
        assert queries.reconcile() == []

    def test_lines_that_have_moved_since_are_told_and_left_until_asked_for(self, room):
        opened = apply(room, check(room, "northside,MILK-0,12\nnorthside,MILK-1,5\nriverside,MILK-0,8\n"))
        services.adjust(location=room.northside, variant=room.variants[0], quantity=-10_000, note="", reference=uuid7(), actor=None, now=NOW)
        told = [(one.location, one.sku, one.quantity, one.on_hand) for one in services.moved_since(run=opened.run, stores=None)]
        assert told == [("northside", "MILK-0", 12_000, 2_000)]
        undone = undo(room, opened)
        assert (undone.taken_back, undone.left, [one.sku for one in undone.moved]) == (2, 1, ["MILK-0"])
        assert (on_hand(room, 0), on_hand(room, 1), on_hand(room, 0, room.riverside)) == (2_000, 0, 0)
        assert list(Document.objects.order_by("location__code").values_list("undone_at", flat=True)) == [None, NOW]
        again = undo(room, opened)
        assert (again.taken_back, again.left) == (0, 1)
        assert undo(room, opened, moved_too=True).taken_back == 1
        assert (on_hand(room, 0), Document.objects.filter(undone_at=None).count()) == (-10_000, 0)

    def test_what_is_left_keeps_its_share_of_the_average(self, room):
        opened = apply(room, check(room, "northside,MILK-0,10,1\nriverside,MILK-0,10,3\n", head="location,sku,quantity,cost\n"))
        services.adjust(location=room.northside, variant=room.variants[0], quantity=0 - 1_000, note="", reference=uuid7(), actor=None, now=NOW)
        undo(room, opened)
        # 9 at 2.00 and 10 at 2.00, less 10 that cost 3.00: 8.00 for 9.
        assert ItemCost.objects.get().average == 88_889
        document = next(row for row in opened.documents if row.location_id == room.northside)
        services.undo_document(document=document.id, actor=None, now=NOW)
        assert (on_hand(room, 0), ItemCost.objects.get().average) == (-1_000, 88_889)

    def test_two_lots_of_one_thing_do_not_move_each_other(self, room):
        tracking(room, 0, tracks_lots=True)
        opened = apply(room, check(room, "northside,MILK-0,12,L1\nnorthside,MILK-0,5,L2\n", head="location,sku,quantity,lot\n"))
        assert (undo(room, opened).taken_back, on_hand(room, 0)) == (2, 0)

    def test_a_lot_that_has_left_stays_where_it_is(self, room):
        tracking(room, 0, tracks_lots=True)
        opened = apply(room, check(room, "northside,MILK-0,12,L1\nnorthside,MILK-1,1,\n", head="location,sku,quantity,lot\n"))
        line = services.AdjustmentLine(variant=room.variants[0], quantity=-1_000, lot="L1")
        services.adjust_stock(location=room.northside, lines=[line], reason="lost", reference=uuid7(), actor=None, now=NOW)
        assert undo(room, opened).taken_back == 1
        with pytest.raises(services.LotsGone):
            services.undo_document(document=opened.documents[0].id, actor=None, now=NOW)
        assert undo(room, opened, moved_too=True).taken_back == 1

    def test_a_stranger_takes_nothing_back(self, room):
        opened = apply(room, check(room, "northside,MILK-0,12\nriverside,MILK-0,8\n"))
        for stores in (set(), {room.cast.northside.id}):
            with pytest.raises(services.UnknownOpening):
                undo(room, opened, stores=stores)
            with pytest.raises(services.UnknownOpening):
                services.moved_since(run=opened.run, stores=stores)
        with pytest.raises(services.UnknownOpening):
            services.undo_opening(run=uuid7(), stores=None, actor=None, now=NOW)

    @pytest.mark.django_db(transaction=True)
    def test_undo_receipts_and_sales_at_once_never_lock_each_other_out(self):
        room = stock_up(variants=8)
        text = "".join(f"{place},MILK-{n},5,1\n" for n in range(8) for place in ("northside", "riverside"))
        opened = [apply(room, check(room, text, head="location,sku,quantity,cost\n")) for _ in range(2)]

        def work(n):
            if n < 2:
                return undo(room, opened[n], moved_too=bool(n)).taken_back
            for _ in range(4):
                lines = [ReceiptLine(variant=variant, quantity=1_000, cost=100) for variant in room.variants[:: 1 if n % 2 else -1]]
                services.receive(location=room.northside, lines=lines, occurred_at=NOW, reference=uuid7(), actor=None, now=NOW)
            return 0

        in_threads(5, work)
        assert queries.reconcile() == []
