import random
import re

import pytest

from catalog.importing import cleaning
from catalog.importing.incoming import Faulty


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Salsa napolitana &quot;Barilla&quot;", 'Salsa napolitana "Barilla"'),
        ("Salsa &quot napolitana", 'Salsa " napolitana'),
        ("Fish&chips, M&Ms, Ben&jerry", "Fish&chips, M&Ms, Ben&jerry"),
        ("Lait 4&deg;C &#37;", "Lait 4°C %"),
        ("&amp;quot;twice&amp;quot;", '"twice"'),
        ("<b>Bold</b> bread", "Bold bread"),
        ("A<script>alert(1)</script>B", "AB"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Bread", "Bread"),
        ("I <3 bread, a < b", "I <3 bread, a < b"),
        ("nul\0 and \x07bell", "nul and bell"),
        ("turned \u202egnimoc", "turned gnimoc"),
        ("two\nlines\t and  spaces\u00a0", "two lines and spaces"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("🥖 Baguette 👩‍🍳", "🥖 Baguette 👩‍🍳"),
    ],
)
def test_a_name_is_one_line_of_plain_text(cell, text):
    assert cleaning.one_line(cell, "name", longest=300) == text


def test_html_paragraphs_become_lines():
    cell = "<h6>Description</h6><p>First&nbsp;one.</p>\n<ul><li>a</li><li>b</li></ul><style>p{}</style>"
    assert cleaning.paragraphs(cell, "Body") == "Description\nFirst one.\na\nb"


def test_no_markup_survives_whatever_is_thrown_at_it():
    parts = [
        "<",
        ">",
        "</",
        "script",
        "<script",
        "img src=x onerror=alert(1)",
        "&lt;",
        "&gt;",
        "&amp;",
        "lt;",
        "<!--",
        "-->",
        "<![CDATA[",
        "x",
        " ",
        "'",
        '"',
        "/>",
    ]
    seed = random.Random(7)
    for _ in range(3000):
        text = cleaning.plain("".join(seed.choices(parts, k=seed.randint(1, 14))), "x")
        assert not re.search(r"<[a-zA-Z/!?]", text), text


def test_a_byte_that_is_not_utf8_is_named():
    with pytest.raises(Faulty, match="byte 0xE4"):
        cleaning.one_line("K\udce4se", "name", longest=300)


def test_a_name_too_long_is_refused_with_its_length():
    with pytest.raises(Faulty, match="301 characters long; at most 300"):
        cleaning.one_line("x" * 301, "name", longest=300)


@pytest.mark.parametrize("cell", ["3.53758E+12", "3,53758E+12", "4E12", "4006381333931.0", "4006381333931,00"])
def test_a_code_a_spreadsheet_damaged_is_told_so(cell):
    with pytest.raises(Faulty, match="by a spreadsheet"):
        cleaning.code(cell, "barcode")


def test_dropped_zeros_are_guessed_at_but_not_taken():
    with pytest.raises(Faulty, match="it would be 027815179851"):
        cleaning.code("27815179851", "barcode")


def test_the_apostrophe_of_a_text_cell_is_no_part_of_the_code():
    assert cleaning.code("'4006381333931", "barcode") == "04006381333931"


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [
        ("12.30", "EUR", 1230),
        ("0", "EUR", 0),
        ("12", "EUR", 1200),
        ("12.3", "EUR", 1230),
        ("12.3000", "EUR", 1230),
        ("100", "JPY", 100),
        ("1.234", "KWD", 1234),
        ("", "EUR", None),
        (" 8.99 ", "EUR", 899),
    ],
)
def test_an_amount_is_read_exactly(cell, currency, minor):
    assert cleaning.amount(cell, "price", currency) == minor


@pytest.mark.parametrize("cell", ["12,30", "-1", "+1", "1.2.3", "€5", "1e3", "NaN", "1 000", "12.345", "٣", "99999999999999"])
def test_other_amounts_are_refused(cell):
    with pytest.raises(Faulty):
        cleaning.amount(cell, "price", "EUR")


@pytest.mark.parametrize("cell", ["javascript:alert(1)", "https://", "https://a b", 'http://x/"onload', "https://example.org/" + "x" * 500])
def test_only_web_addresses_are_kept(cell):
    with pytest.raises(Faulty):
        cleaning.address(cell, "image")
