"""Files that were made to hurt, or were saved the wrong way: refused in one sentence, or read all the same; never trusted."""

import datetime
import gzip
import io
import zipfile

import openpyxl
import pytest

from catalog import services
from catalog.importing import reading
from catalog.importing.incoming import Fault
from catalog.importing.reading import SourceFile, UnreadableFile
from catalog.models import ImportRun, Product
from catalog.tests.cast import NOW, standard_tax


def lines(data, *, lenient=True):
    return [cells for _, cells in SourceFile(io.BytesIO(data), len(data), lenient=lenient).lines()]


def read_through(data):
    read = SourceFile(io.BytesIO(data), len(data), lenient=True).lines()
    reading.header_of(next(read, None))
    for _ in read:
        pass


def refused(data):
    with pytest.raises(UnreadableFile) as error:
        read_through(data)
    assert "\n" not in error.value.message
    return error.value.message


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


# Bombs


def test_a_gzip_bomb_is_refused_before_it_is_unpacked():
    data = gzip.compress(b"name,sku\n" + b"a,b\n" * 8_000_000)
    assert len(data) < 100_000
    assert "unpacks to more than" in refused(data)


def test_a_well_packed_catalogue_is_no_bomb():
    data = gzip.compress(b"name,sku\n" + b"".join(b"Rolled oats %d,SKU-%d\n" % (n, n) for n in range(20_000)))
    assert len(lines(data)) == 20_001


def test_a_zip_bomb_is_refused_by_what_it_says_it_holds():
    data = archive(xl__workbook_xml="<workbook/>", xl__worksheets__sheet1_xml=b"0" * 60_000_000)
    assert "unpacks to" in refused(data)


def test_a_zip_that_lies_about_its_size_is_not_believed():
    """The directory says one byte where sixty million come out: reading stops there, nothing is unpacked beyond what was told."""
    data = bytearray(workbook(["name"], ["Oats"]))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as book:
        sheet = next(part for part in book.infolist() if part.filename.endswith("sheet1.xml"))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(sheet.filename.encode()))
    data[at + 24 : at + 28] = (1).to_bytes(4, "little")
    refused(bytes(data))


def test_a_zip_with_no_workbook_in_it_is_refused():
    assert "not an XLSX workbook" in refused(archive(evil="x"))


def changed_part(book, name, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as given, zipfile.ZipFile(out, "w") as made:
        for part in given.infolist():
            content = given.read(part)
            made.writestr(part.filename, change(content) if part.filename.endswith(name) else content)
    return out.getvalue()


BOMB = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize("part", ["workbook.xml", "sheet1.xml", "styles.xml", "workbook.xml.rels", "[Content_Types].xml"])
def test_a_workbook_that_declares_entities_is_refused(part):
    book = changed_part(workbook(["name"], ["Oats"]), part, lambda content: BOMB.encode() + content)
    assert "declares a document type" in refused(book)


def test_a_document_type_far_into_a_part_is_found():
    behind = b"<!--" + b" " * 1_500_000 + b"-->"
    book = changed_part(workbook(["name"], ["Oats"]), "sheet1.xml", lambda content: behind + BOMB.encode() + content)
    assert "declares a document type" in refused(book)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-be", "cp037", "utf-7"])
def test_no_encoding_hides_a_document_type(encoding):
    """Without a mark in front, only the declaration says how the rest is to be read."""

    def hidden(content):
        if encoding.startswith("utf-"):
            return (BOMB + content.decode()).encode(encoding) if encoding != "utf-7" else b'<?xml version="1.0" encoding="utf-7"?>' + content
        return f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + BOMB.encode(encoding) + content.decode().encode(encoding)

    assert "not written in UTF-8" in refused(changed_part(workbook(["name"], ["Oats"]), "sheet1.xml", hidden))


def test_a_sheet_with_printer_settings_and_a_text_that_speaks_of_doctypes_is_read():
    """What Excel keeps of a printer is UTF-16 and no XML; what stands in a cell is escaped."""
    book = workbook(["name"], ["<!DOCTYPE html>"])
    out = io.BytesIO(book)
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("xl/printerSettings/printerSettings1.bin", "HP Laser".encode("utf-16-le"))
    assert lines(out.getvalue()) == [["name"], ["<!DOCTYPE html>"]]


def test_a_file_that_is_too_large_is_not_opened(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_FILE", 10)
    with pytest.raises(UnreadableFile, match="Split it"):
        SourceFile(io.BytesIO(b"name,sku\na,b\n"), 13)


def test_more_rows_than_a_sheet_may_have_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    assert "more than 3 rows" in refused(workbook(["name"], *(["Oats"] for _ in range(5))))


def test_more_columns_than_a_table_may_have_are_refused():
    wide = [f"c{number}" for number in range(500)]
    assert "at most 200" in refused(",".join(wide).encode() + b"\n")
    assert "at most 200" in refused(workbook(wide))


def test_a_cell_that_never_ends_costs_its_row(monkeypatch):
    monkeypatch.setattr(reading, "LONGEST_CELL", 1_000)
    read = lines(b"name,sku\n" + b"x" * 5_000 + b",A\nOats,B\n")
    assert isinstance(read[1], Fault)
    assert read[-1] == ["Oats", "B"]


def test_a_long_cell_of_a_workbook_costs_its_row(monkeypatch):
    monkeypatch.setattr(reading, "LONGEST_CELL", 1_000)
    read = lines(workbook(["name", "sku"], ["x" * 5_000, "A"], ["Oats", "B"]))
    assert isinstance(read[1], Fault)
    assert read[2] == ["Oats", "B"]


def test_texts_in_their_cells_dates_and_gaps_are_read_as_a_spreadsheet_shows_them():
    """What other programs write: no shared texts, letters in runs of their own, cells and rows left out, a date by its format alone."""
    rows = (
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c><c r="C1" t="inlineStr"><is><r><t>so</t></r><r><t>ld</t></r></is></c></row>'
        b'<row r="4"><c r="B4" t="inlineStr"><is><t/></is></c><c r="C4" s="1"><v>45992</v></c></row>'
    )
    dated = openpyxl.Workbook()
    dated.active["A1"] = datetime.date(2025, 12, 1)
    out = io.BytesIO()
    dated.save(out)

    def filled(content):
        start, end = content.index(b"<sheetData>"), content.index(b"</sheetData>")
        return content[:start] + b"<sheetData>" + rows + content[end:]

    data = changed_part(out.getvalue(), "sheet1.xml", filled)
    read = list(SourceFile(io.BytesIO(data), len(data), lenient=True).lines())
    assert read == [(1, ["name", "", "sold"]), (4, ["", "", "2025-12-01"])]


# Encodings and separators


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_are_read_as_spreadsheets_save_them(encoding, mark):
    text = mark.join(["name", "größe"]) + "\r\n" + mark.join(["Käse", "500 g"]) + "\r\n"
    prefix = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert lines(prefix + text.encode(encoding)) == [["name", "größe"], ["Käse", "500 g"]]


def test_a_separator_within_quotes_of_the_header_does_not_count():
    assert lines(b'"a;b;c;d",name\n1,Oats\n') == [["a;b;c;d", "name"], ["1", "Oats"]]


def test_lines_may_end_as_on_an_old_mac():
    assert lines(b"name,sku\rOats,A\r") == [["name", "sku"], ["Oats", "A"]]


# Workbooks


def test_cells_of_a_workbook_are_read_as_people_see_them():
    read = lines(workbook(["name", "gtin", "price", "on", "yes", "=1+1"], ["Oats", 4006381333931, 2.95, datetime.date(2026, 11, 22), True, None]))
    assert read[1] == ["Oats", "4006381333931", "2.95", "2026-11-22", "true"]


# Headers


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no header line"),
        (b"\n\n", "no header line"),
        (b",,,\n", "must name the columns"),
        (b"name,sku,name\na,b,c\n", "name stands in the first line twice"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel"),
        (b"PK\x03\x04rest", "damaged"),
        (b"\x1f\x8bnonsense", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(data, told):
    assert told in refused(data)


@pytest.mark.django_db
@pytest.mark.parametrize("data", [b"name,sku\n", b"", b"%PDF-1.7"])
def test_an_upload_that_cannot_be_read_leaves_no_run_and_no_file(data, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    standard_tax()
    given = {"currency": "EUR", "tax_class": "standard", "actor": None, "now": NOW}
    with pytest.raises(UnreadableFile):
        services.upload_import(name="x.csv", content=io.BytesIO(data), size=len(data), **given)
    assert not ImportRun.objects.exists()
    assert not Product.objects.exists()
    assert list(tmp_path.iterdir()) == []
