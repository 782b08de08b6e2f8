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
        "sold_on": "Sold on",
        "credits": "For invoice",
        "erased": "erased",
        "tax_number": "VAT number",
        "sold_in": "Sold in",
        "net": "Net",
        "gross": "Gross",
        "rate": "Rate",
        "item": "Item",
        "quantity": "Quantity",
        "price": "Price",
        "amount": "Amount",
        "discount": "of it discount",
        "rounding": "Rounding",
        "total": "Total",
        "tax": "Tax",
        "subtotal": "Net total",
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
        "sold_on": "Verkauft am",
        "credits": "Zur Rechnung",
        "erased": "gelöscht",
        "tax_number": "USt-IdNr.",
        "sold_in": "Verkauft in",
        "net": "Netto",
        "gross": "Brutto",
        "rate": "Satz",
        "item": "Artikel",
        "quantity": "Menge",
        "price": "Preis",
        "amount": "Betrag",
        "discount": "davon Rabatt",
        "rounding": "Rundung",
        "total": "Summe",
        "tax": "Steuer",
        "subtotal": "Summe netto",
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
# Millimetres of what A4 has between its margins: item, quantity, price, tax, amount.
WIDTHS: Final = (80, 20, 32, 16, 26)
TAX_WIDTHS: Final = (62, 28, 28, 28, 28)
LINE: Final = 4.8
SMALL: Final = 7.5
GREY: Final = 110
MISSING: Final = "?"


class _Page(FPDF):
    """A4 with who sells and the page's number below, and from the second page on the document's name above."""

    def __init__(self, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
        super().__init__(format="A4")
        self.document, self.words = document, words
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font(FAMILY, style, FONTS / file)
        self.set_margins(18, 16)
        self.set_auto_page_break(True, margin=26)

    def header(self) -> None:
        if self.page_no() > 1:
            _say(self, f"{self.words[self.document['kind']]} {self.document['name']}", size=SMALL, grey=True)
            self.ln(4)

    def footer(self) -> None:
        self.set_y(-20)
        _rule(self)
        top = self.get_y()
        self.set_font(FAMILY, size=SMALL)
        self.set_text_color(GREY)
        self.multi_cell(140, 3.8, _printable(self, _seller_in_a_line(self.document["seller"], self.words)), align="L", max_line_height=3.8)
        self.set_xy(-48, top)
        self.cell(30, 3.8, f"{self.words['page']} {self.page_no()} / {{nb}}", align="R")
        self.set_text_color(0)


def language_of(code: str) -> str:
    """What we have words for; else English."""
    return code[:2].lower() if code[:2].lower() in WORDS else "en"


def invoice(*, document: Mapping[str, Any], address: Sequence[str] | None, issued_at: datetime, language: str = "en", tax_number: str = "") -> bytes:
    """`address`: lines as they are printed; None: it was erased; none at all: there never was one. `tax_number`: of whom it is for."""
    words = WORDS[language_of(language)]
    page = _Page(document, words)
    # Of the document, not of the printing: the same bytes whenever it is printed.
    page.set_creation_date(issued_at)
    page.set_title(f"{words[document['kind']]} {document['name']}")
    page.add_page()
    lines = [words["erased"]] if address is None else [*address, *([f"{words['tax_number']} {tax_number}"] if tax_number else [])]
    _head(page, document, lines, words)
    _lines(page, document, words)
    _sums(page, document, words)
    _taxes(page, document, words)
    _tenders(page, document, words)
    return bytes(page.output())


def _printable(page: FPDF, text: str) -> str:
    """What the font has no letter for is seen to be missing: it must not vanish from an invoice."""
    letters = page.current_font.cmap  # type: ignore[union-attr]
    return "".join(one if ord(one) in letters else MISSING for one in text)


def _say(page: FPDF, text: str, *, size: float = 9, bold: bool = False, grey: bool = False, width: float = 0) -> None:
    page.set_font(FAMILY, "B" if bold else "", size)
    page.set_text_color(GREY if grey else 0)
    page.multi_cell(width, size / 2 + 0.3, _printable(page, text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.set_text_color(0)


def _seller_lines(seller: Mapping[str, Any]) -> list[str]:
    """Invoices that were issued before companies had an address know their store's alone."""
    return list(seller.get("lines") or [line for line in (seller["address"],) if line])


def _seller_in_a_line(seller: Mapping[str, Any], words: Mapping[str, str]) -> str:
    number = seller.get("tax_number")
    told = [seller["name"], *_seller_lines(seller), f"{words['tax_number']} {number}" if number else "", seller.get("registration", "")]
    return " · ".join(part for part in told if part)


def _head(page: FPDF, document: Mapping[str, Any], address: Sequence[str], words: Mapping[str, str]) -> None:
    seller = document["seller"]
    _say(page, seller["name"], size=12, bold=True)
    # Where the window of an envelope is.
    page.set_y(max(page.get_y() + 4, 42))
    _say(page, " · ".join([seller["name"], *_seller_lines(seller)]), size=6.5, grey=True, width=90)
    page.ln(1)
    for line in address:
        _say(page, line, width=90)
    below = page.get_y()
    page.set_y(46)
    for name, value in _facts(document, words):
        _fact(page, name, value)
    page.set_y(max(below, page.get_y(), 78) + 4)
    _say(page, f"{words[document['kind']]} {document['name']}", size=15, bold=True)
    page.ln(4)


def _facts(document: Mapping[str, Any], words: Mapping[str, str]) -> list[tuple[str, str]]:
    seller = document["seller"]
    facts = [
        (words["date"], document["issued_on"]),
        (words["order"], document["order"]),
        (words["sold_on"], document["business_date"]),
        (words["credits"], document["credits"]),
        (words["sold_in"], seller.get("store", "")),
        ("", seller["address"] if seller.get("store") else ""),
        (words["tax_number"], seller.get("tax_number", "")),
    ]
    return [(name, value) for name, value in facts if value]


def _fact(page: FPDF, name: str, value: str) -> None:
    page.set_x(118)
    page.set_font(FAMILY, size=8)
    page.set_text_color(GREY)
    page.cell(26, LINE, name)
    page.set_text_color(0)
    page.multi_cell(48, LINE, _printable(page, value), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _row(page: FPDF, cells: Sequence[str], *, widths: Sequence[float] = WIDTHS, bold: bool = False, size: float = 9, grey: bool = False) -> None:
    """The first cell takes as many lines as it needs, the others stand to the right beside its first."""
    page.set_font(FAMILY, "B" if bold else "", size)
    page.set_text_color(GREY if grey else 0)
    top = page.get_y()
    page.multi_cell(widths[0], SMALL / 2 if size == SMALL else LINE, _printable(page, cells[0]), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    bottom = page.get_y()
    page.set_xy(page.l_margin + widths[0], top)
    for width, cell in zip(widths[1:], cells[1:], strict=True):
        _fitted(page, width, cell, size)
    page.set_text_color(0)
    page.set_xy(page.l_margin, bottom)


def _fitted(page: FPDF, width: float, text: str, size: float, height: float = LINE) -> None:
    """A sum that is too long for its column is written smaller: never cut, never over its neighbour."""
    wide = page.get_string_width(text)
    room = width - 2 * page.c_margin
    if wide > room:
        page.set_font_size(size * room / wide)
    page.cell(width, height, text, align="R")
    page.set_font_size(size)


def _height(page: FPDF, text: str, width: float) -> float:
    page.set_font(FAMILY, "", 9)
    return float(page.multi_cell(width, LINE, _printable(page, text), dry_run=True, output="HEIGHT"))  # type: ignore[arg-type]


def _rule(page: FPDF, grey: int = 190) -> None:
    page.ln(1)
    page.set_draw_color(grey)
    page.line(page.l_margin, page.get_y(), page.w - page.r_margin, page.get_y())
    page.ln(1)


def _lines(page: FPDF, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
    _columns(page, words)
    for line in document["lines"]:
        small = _small_print(line, document["currency"], words)
        if page.will_page_break(_height(page, line["name"], WIDTHS[0]) + LINE * bool(small)):
            page.add_page()
            _columns(page, words)
        _line(page, line, small, document["currency"])
    _rule(page, 60)


def _columns(page: FPDF, words: Mapping[str, str]) -> None:
    _row(page, [words[name] for name in ("item", "quantity", "price", "tax", "amount")], bold=True, size=8)
    _rule(page, 60)


def _line(page: FPDF, line: Mapping[str, Any], small: str, currency: str) -> None:
    price = format_amount(line["unit_price"], currency)
    price += f" / {_quantity(line['price_quantity'])}" if line["price_quantity"] != 1000 else ""
    amount = format_amount(line["total"], currency)
    _row(page, [line["name"], _quantity(line["quantity"]), price, _percent(line["tax_rate"]), amount])
    if small:
        _row(page, [small, *[""] * 4], size=SMALL, grey=True)
    page.ln(0.8)


def _small_print(line: Mapping[str, Any], currency: str, words: Mapping[str, str]) -> str:
    discount = f"{words['discount']} {format_amount(line['discount'], currency)}" if line["discount"] else ""
    return " · ".join(part for part in (line.get("sku", ""), discount) if part)


def _sums(page: FPDF, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
    """Net, taxes and total stay on one page."""
    currency, taxes = document["currency"], document["taxes"]
    if page.will_page_break(LINE * (len(taxes) + 4)):
        page.add_page()
    if not document["tax_included"]:
        net = document["total"] - document["tax"] - document["rounding"]
        _sum(page, words["subtotal"], format_amount(net, currency))
        for tax in taxes:
            _sum(page, f"{tax['name'] or words['tax']} {_percent(tax['rate'])}", format_amount(tax["amount"], currency))
    if document["rounding"]:
        _sum(page, words["rounding"], format_amount(document["rounding"], currency))
    _sum(page, f"{words['total']} {currency}", format_amount(document["total"], currency), bold=True, size=11)
    page.ln(5)


def _sum(page: FPDF, name: str, amount: str, *, bold: bool = False, size: float = 9) -> None:
    """Its name stands before it, not at the other side of the page."""
    page.set_font(FAMILY, "B" if bold else "", size)
    page.set_x(page.l_margin + sum(WIDTHS[:2]))
    page.cell(WIDTHS[2] + WIDTHS[3] - 8, LINE + 0.6, name)
    _fitted(page, WIDTHS[4] + 8, amount, size, LINE + 0.6)
    page.set_xy(page.l_margin, page.get_y() + LINE + 0.6)


def _taxes(page: FPDF, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
    """What each rate is on and what it comes to, whichever way prices are told."""
    currency = document["currency"]
    if page.will_page_break(LINE * (len(document["taxes"]) + 1) + 3):
        page.add_page()
    _row(page, [words["tax"], words["rate"], words["net"], words["tax"], words["gross"]], widths=TAX_WIDTHS, bold=True, size=8)
    _rule(page)
    for tax in document["taxes"]:
        sums = (tax["net"], tax["amount"], tax["net"] + tax["amount"])
        cells = [tax["name"] or words["tax"], _percent(tax["rate"]), *(format_amount(one, currency) for one in sums)]
        _row(page, cells, widths=TAX_WIDTHS, size=8)
    page.ln(5)


def _tenders(page: FPDF, document: Mapping[str, Any], words: Mapping[str, str]) -> None:
    for paid in document["payments"]:
        name = f"{words.get(paid['kind'], words['other'])} {paid['label']}".strip()
        if page.will_page_break(_height(page, name, sum(WIDTHS[:4]))):
            page.add_page()
        _row(page, [name, format_amount(paid["amount"], document["currency"])], widths=(sum(WIDTHS[:4]), WIDTHS[4]))


def _quantity(thousandths: int) -> str:
    whole, part = divmod(abs(thousandths), 1000)
    said = f"{whole}.{part:03d}".rstrip("0") if part else str(whole)
    return f"-{said}" if thousandths < 0 else said


def _percent(rate: int) -> str:
    whole, part = divmod(rate, 10_000)
    return f"{whole}.{part:04d}".rstrip("0") + "%" if part else f"{whole}%"
