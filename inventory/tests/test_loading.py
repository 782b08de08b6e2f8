"""Movements out of a file: to the unit, once, and nothing without a word."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory import queries, services
from inventory.models import Component, Level, Movement
from inventory.services import WrongFile
from inventory.tests.stockroom import Stockroom
from org.tests.cast import NOW

HEADER = "location,sku,quantity,cause,reference,line,occurred_at\n"
SLICE = (
    HEADER + "northside,MILK-0,-2,sale,basket-1,1,2017-01-01T11:53:26Z\n"
    "northside,MILK-1,-1.5,sale,basket-1,2,2017-01-01T11:53:26Z\n"
    "riverside,MILK-0,-1,sale,basket-2,1,2017-01-01T12:10:28Z\n"
    "northside,MILK-0,0,sale,basket-3,1,2017-01-02T12:10:28Z\n"
    "northside,MILK-0,24,receipt,delivery-1,1,2016-12-31T08:00:00Z\n"
)


def load(text: str, source: str = "oldtill") -> services.Loaded:
    # In pieces that end where they like.
    data = text.encode()
    return services.load_movements(file=(data[at : at + 7] for at in range(0, len(data), 7)), source=source, now=NOW)


def held() -> dict[tuple[str, str], int]:
    return {(level.location.code, level.variant.sku): level.on_hand for level in Level.objects.select_related("location", "variant")}


def test_every_line_moves_stock_and_nothing_is_told(room: Stockroom) -> None:
    loaded = load(SLICE)
    assert (loaded.read, loaded.moved, loaded.known, loaded.nothing, loaded.refused) == (5, 4, 0, 1, {})
    assert held() == {("northside", "MILK-0"): 22_000, ("northside", "MILK-1"): -1_500, ("riverside", "MILK-0"): -1_000}
    assert queries.reconcile() == []


def test_the_same_file_again_moves_nothing(room: Stockroom) -> None:
    load(SLICE)
    before = held()
    loaded = load(SLICE)
    assert (loaded.moved, loaded.known, held()) == (0, 4, before)
    assert load(SLICE, source="other till").moved == 4


def test_a_timeline_has_them_in_the_order_in_which_they_happened(room: Stockroom) -> None:
    load(SLICE)
    entries = queries.timeline(variant=room.variants[0], location=room.northside).entries
    assert [(entry.cause, entry.balance) for entry in entries] == [("sale", 22_000), ("receipt", 24_000)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nowhere,MILK-0,-2,sale,b,1,2017-01-01T11:53:26Z", "location"),
        ("northside,CHEESE,-2,sale,b,1,2017-01-01T11:53:26Z", "sku"),
        ("northside,MILK-0,two,sale,b,1,2017-01-01T11:53:26Z", "quantity"),
        ("northside,MILK-0,1e5,sale,b,1,2017-01-01T11:53:26Z", "quantity"),
        ("northside,MILK-0,0.0001,sale,b,1,2017-01-01T11:53:26Z", "quantity"),
        ("northside,MILK-0,,sale,b,1,2017-01-01T11:53:26Z", "quantity"),
        ("northside,MILK-0,-2,theft,b,1,2017-01-01T11:53:26Z", "cause"),
        ("northside,MILK-0,-2,sale,,1,2017-01-01T11:53:26Z", "reference"),
        ("northside,MILK-0,-2,sale,b,-1,2017-01-01T11:53:26Z", "line"),
        ("northside,MILK-0,-2,sale,b,99999999999,2017-01-01T11:53:26Z", "line"),
        ("northside,MILK-0,-2,sale,b,1,yesterday", "occurred_at"),
        ("northside,MILK-0,-2,sale,b,1,2017-02-30", "occurred_at"),
    ],
)
def test_what_no_ledger_can_hold_is_refused_by_line_and_the_rest_moves(line: str, reason: str, room: Stockroom) -> None:
    loaded = load(f"{SLICE}{line}\n")
    assert (loaded.moved, loaded.refused) == (4, {reason: (1, [7])})


@pytest.mark.parametrize("text", ["", "\n", "a,b\n", HEADER.replace("sku", "sku,sku"), HEADER.replace("sku", 'sku; drop table "x"')])
def test_a_file_that_does_not_name_its_columns_is_refused(text: str, room: Stockroom) -> None:
    with pytest.raises(WrongFile):
        load(text)
    assert load(SLICE).moved == 4


def test_a_bundle_moves_what_is_in_it(room: Stockroom) -> None:
    Component.objects.create(bundle_id=room.variants[2], component_id=room.variants[0], quantity=6000, position=1)
    load(HEADER + "northside,MILK-2,-2,sale,b,1,2017-01-01T11:53:26Z\n")
    assert held() == {("northside", "MILK-0"): -12_000}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "history.csv"
    path.write_text(SLICE)
    return path


def told(*args: Any) -> str:
    out = StringIO()
    call_command("load_movements", *map(str, args), "--source", "oldtill", stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_did(file: Path, room: Stockroom) -> None:
    assert told(file) == "5 lines: 4 moved, 0 known already, 1 of nothing\n"
    file.write_text(SLICE + "northside,CHEESE,-2,sale,b,1,2017-01-01T11:53:26Z\n")
    assert told(file).splitlines() == ["6 lines: 0 moved, 4 known already, 1 of nothing", "refused for its sku: 1 lines (7)"]


def test_a_missing_file_is_told_in_a_sentence(room: Stockroom, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        told(tmp_path / "none.csv")
    (tmp_path / "wrong.csv").write_text("a,b\n")
    with pytest.raises(CommandError, match="It needs the columns"):
        told(tmp_path / "wrong.csv")
    assert not Movement.objects.exists()
