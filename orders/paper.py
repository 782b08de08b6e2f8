"""An invoice as a page of PDF. Pure: the document as it was issued and the lines of an address in, the same bytes out every time."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from kernel.money import format_amount

# It tells of every table it leaves out of a font.
logging.getLogger("fontTools").setLevel(logging.WARNING)

FONTS: Final = Path(__file__).parent / "fonts"
FAMILY: Final = "DejaVu"
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "invoice": "Invoice",
        "credit_note": "Credit note",
        "date": "Date",
        "order": "Order",
        "of": "of",
        "credits": "For invoice",
        "erased": "erased",
        "item": "Item",
        "quantity": "Quantity",
        "price": "Price",
        "amount": "Amount",
        "discount": "of it discount",
        "rounding": "Rounding",
        "total": "Total",
        "contained": "contained in the total",
        "added": "added",
        "tax": "Tax",
        "on": "on",
        "page": "Page",
        "cash": "Cash",
        "card": "Card",
        "transfer": "Bank transfer",
        "gift_card": "Gift card",
        "store_credit": "Store credit",
        "points": "Points",
        "account": "On account",
        "other": "Paid",
    },
    "de": {
        "invoice": "Rechnung",
        "credit_note": "Gutschrift",
        "date": "Datum",
        "order": "Bestellung",
        "of": "vom",
        "credits": "Zur Rechnung",
        "erased": "gelöscht",
        "item": "Artikel",
        "quantity": "Menge",
        "price": "Preis",
        "amount": "Betrag",
        "discount": "davon Rabatt",
        "rounding": "Rundung",
        "total": "Summe",
        "contained": "in der Summe enthalten",
        "added": "zuzüglich",
        "tax": "Steuer",
        "on": "auf",
        "page": "Seite",
        "cash": "Bar",
        "card": "Karte",
        "transfer": "Überweisung",
        "gift_card": "Gutschein",
        "store_credit": "Guthaben",
        "points": "Punkte",
        "account": "Auf Rechnung",
        "other": "Bezahlt",
    },
}
WIDTHS: Final = (92, 24, 28, 30)


class _Page(FPDF):
    """A4 with the document's name and the page's number below."""

    def __init__(self, name: str, words: Mapping[str, str]) -> None:
        super().__init__(format="A4")
        self.name, self.words = name, words
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font(FAMILY, style, FONTS / file)
        self.set_margins(18, 18)
        self.set_auto_page_break(True, margin=22)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(FAMILY, size=8)
        self.cell(0, 5, f"{self.name} · {self.words['page']} {self.page_no()}", align="R")


def language_of(code: str) -> str:
    """What we have words for; else English."""
    return code[:2].lower() if code[:2].lower() in WORDS else "en"


def invoice(*, document: Mapping[str, Any], address: Sequence[str] | None, issued_at: datetime, language: str = "en") -> bytes:
    """`address`: lines as they are printed; None: it was erased; none at all: there never was one."""
    words = WORDS[language_of(language)]
    page = _Page(document["name"], words)
    # Of the document, not of the printing: the same bytes whenever it is printed.
    page.set_creation_date(issued_at)
    page.set_title(f"{words[document['kind']]} {document['name']}")
    page.add_page()
    _head(page, document, [words["erased"]] if address is None else address, words)
    _lines(page, document, words)
    _sums(page, document, words)
    return bytes(page.output())


def _text(page: FPDF, text: str, *, size: float = 9, bold: bool = False, height: float = 5) -> None:
    page.set_font(FAMILY, "B" if bold else "", size)
    page.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _head(page: FPDF, document: Mapping[str, Any], address: Sequence[str], words: Mapping[str, str]) -> None:
    _text(page, document["seller"]["name"], size=11, bold=True)
    if document["seller"]["address"]:
        _text(page, document["seller"]["address"])
    page.ln(8)
    for line in address:
        _text(page, line)
    page.ln(10)
    _text(page, f"{words[document['kind']]} {document['name']}", size=15, bold=True, height=8)
    _text(page, f"{words['date']}: {document['issued_on']}")
    _text(page, f"{words['order']}: {document['order']} {words['of']} {document['business_date']}")
    if document["credits"]:
        _text(page, f"{words['credits']}: {document['credits']}")
    page.ln(6)


def _row(page: FPDF, cells: Sequence[str], *, bold: bool = False) -> None:
    page.set_font(FAMILY, "B" if bold else "", 9)
    height = float(page.multi_cell(WIDTHS[0], 5, cells[0], dry_run=True, output="HEIGHT"))  # type: ignore[arg-type]
    if page.will_page_break(height):
        page.add_page()
    top = page.get_y()
    page.multi_cell(WIDTHS[0], 5, cells[0], align="L", new_x=XPos.RIGHT, new_y=YPos.TOP)
    for width, cell in zip(WIDTHS[1:], cells[1:], strict=True):
        page.cell(width, 5, cell, align="R")
    page.set_xy(page.l_margin, top + height)


def _rule(page: FPDF) -> None:
    page.ln(1)
    page.line(page.l_margin, page.get_y(), page.w - page.r_margin, page.get_y())
    page.ln(1)


def _lines(page: FPDF, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
    currency = document["currency"]
    _row(page, [words["item"], words["quantity"], words["price"], words["amount"]], bold=True)
    _rule(page)
    for line in document["lines"]:
        price = format_amount(line["unit_price"], currency)
        price += f" / {_quantity(line['price_quantity'])}" if line["price_quantity"] != 1000 else ""
        _row(page, [line["name"], _quantity(line["quantity"]), price, format_amount(line["total"], currency)])
        if line["discount"]:
            _row(page, [f"   {words['discount']} {format_amount(line['discount'], currency)}", "", "", ""])
    _rule(page)


def _sums(page: FPDF, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
    currency = document["currency"]
    how = words["contained"] if document["tax_included"] else words["added"]
    for tax in document["taxes"]:
        on = f"{tax['name'] or words['tax']} {_percent(tax['rate'])} {words['on']} {format_amount(tax['net'], currency)}, {how}"
        _row(page, [on, "", "", format_amount(tax["amount"], currency)])
    if document["rounding"]:
        _row(page, [words["rounding"], "", "", format_amount(document["rounding"], currency)])
    _row(page, [f"{words['total']} {currency}", "", "", format_amount(document["total"], currency)], bold=True)
    page.ln(4)
    for paid in document["payments"]:
        name = words.get(paid["kind"], words["other"])
        _row(page, [f"{name} {paid['label']}".strip(), "", "", format_amount(paid["amount"], currency)])


def _quantity(thousandths: int) -> str:
    whole, part = divmod(abs(thousandths), 1000)
    said = f"{whole}.{part:03d}".rstrip("0") if part else str(whole)
    return f"-{said}" if thousandths < 0 else said


def _percent(rate: int) -> str:
    whole, part = divmod(rate, 10_000)
    return f"{whole}.{part:04d}".rstrip("0") + "%" if part else f"{whole}%"
