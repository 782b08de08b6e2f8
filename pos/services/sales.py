"""From a till's sale to orders' words for it, with what does not agree told to people. The sale stands as it was made."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog import pricebook
from kernel import money
from orders.allocation import agrees
from orders.services import Sale, SaleLine, SalePayment
from pos import journal
from pos.queries import TillFacts
from pos.services.notes import Remark
from pos.services.recounting import of_line


def sums_wrong(sale: journal.SaleBody) -> str:
    """Why the books could not hold this sale, in plain words; empty when they can. Only arithmetic, never business."""
    if not sale.lines:
        return "It has no lines."
    for line in sale.lines:
        if line.quantity <= 0:
            return f"Line {line.position}: a sale is of more than nothing."
        if line.total != line.list_total - line.discount:
            return f"Line {line.position}: total {line.total} is not {line.list_total} less discount {line.discount}."
    for tender in sale.tenders:
        if tender.amount != tender.tendered - tender.change:
            return f"Payment {tender.position}: {tender.amount} is not {tender.tendered} handed over less change {tender.change}."
    tax = sum(line.tax for line in sale.lines)
    on_top = 0 if sale.tax_included else tax
    sums = {
        "lines and rounding": (sum(line.total for line in sale.lines) + on_top + sale.rounding, sale.total),
        "tax of the lines": (tax, sale.tax),
        "payments": (sum(tender.amount for tender in sale.tenders), sale.total),
    }
    return next((f"The {name} come to {found}, the sale says {said}." for name, (found, said) in sums.items() if found != said), "")


def differences(entry: journal.Entry, body: journal.SaleBody, till: TillFacts, sale: Sale, *, recomputed: bool) -> Iterator[Remark]:
    """What our own arithmetic and books say differently. Flagged for people; the customer has paid what was asked.

    `sale`: what orders are told of it. `recomputed`: the rules it was made with have been asked about its discounts and taxes already.
    """
    expected = f"{till.number}-{entry.epoch}-{body.receipt_no:04d}"
    if body.receipt != expected:
        yield _sums("receipt", f"Receipt {body.receipt} should be {expected}.")
    if body.currency != till.currency:
        yield _sums("currency", f"Sold in {body.currency}, the store trades in {till.currency}.")
    if entry.body.get("customer"):
        # Nobody keeps customers here yet: whoever a till names is unknown.
        yield Remark("customer", facts={"customer": str(entry.body["customer"])[:36]})
    for line, kept in zip(body.lines, sale.lines, strict=True):
        price = money.line_total(price=line.unit_price, price_quantity=line.price_quantity, quantity=line.quantity)
        if price != line.list_total:
            yield _sums("line", f"Line {line.position}: charged {line.list_total}, the price comes to {price}.", line, amount=line.list_total - price)
        if not recomputed and body.tax_included and len(line.taxes or ()) <= 1:
            tax = money.included_tax(amount=line.total, rate=line.tax_rate)
            if tax != line.tax:
                yield _sums("tax", f"Line {line.position}: tax {line.tax}, computed {tax}.", line)
        yield from _left_out(line, kept, body.currency)
        yield from _unknown(line, kept)


def _sums(what: str, words: str, line: journal.Line | None = None, *, amount: int = 0) -> Remark:
    about = f"{what} line {line.position}" if line else what
    return Remark("sums", words, about, amount, {**(of_line(line) if line else {}), "what": what, "words": words})


def _unknown(line: journal.Line, kept: SaleLine) -> Iterator[Remark]:
    """What the catalogue does not have: it was sold, and no stock of it was taken."""
    if line.variant and not kept.variant:
        what, words = "variant", f"Line {line.position}: its variant is unknown here, no stock was taken."
    elif line.kind == "open":
        what, words = "open", ""
    else:
        return
    yield Remark("item", words, f"line {line.position}", facts={**of_line(line), "what": what, "total": line.total})


def _left_out(line: journal.Line, kept: SaleLine, currency: str) -> Iterator[Remark]:
    """What does not come to its line is left out of the order; the entry keeps it."""
    if line.discounts and not kept.discounts:
        given = money.format_amount(sum(off.amount for off in line.discounts), currency)
        words = f"Line {line.position}: its offers come to {given}, its discount is {money.format_amount(line.discount, currency)}."
        yield _sums("parts offers", words, line)
    if line.taxes and not kept.taxes:
        taxes = money.format_amount(sum(tax["amount"] for tax in line.taxes), currency)
        yield _sums("parts taxes", f"Line {line.position}: its taxes come to {taxes}, its tax is {money.format_amount(line.tax, currency)}.", line)
    if line.allocation is not None and kept.allocation is None:
        yield _sums("parts pieces", f"Line {line.position}: what falls on each piece does not come to the line; it was shared out anew.", line)


def sale_of(
    entry: journal.Entry,
    body: journal.SaleBody,
    *,
    till: TillFacts,
    location: UUID,
    shift: UUID | None,
    existing: Collection[UUID],
    placed_at: datetime,
) -> Sale:
    return Sale(
        id=entry.id,
        number=f"{till.store_code.upper()}-{body.receipt}",
        source="till",
        channel=till.channel,
        store=till.store,
        location=location,
        currency=body.currency,
        total=body.total,
        tax=body.tax,
        rounding=body.rounding,
        shift=shift,
        cashier=entry.cashier,
        business_date=body.business_date,
        placed_at=placed_at,
        tax_included=body.tax_included,
        coupons=tuple(pricebook.coupon_code(coupon) for coupon in body.coupons),
        lines=tuple(_lines(body, existing)),
        payments=tuple(_payment(tender) for tender in body.tenders),
    )


def _lines(body: journal.SaleBody, existing: Collection[UUID]) -> Iterator[SaleLine]:
    shares = {off.promotion: _shares(body, off) for off in body.promotions if off.supplier_amount}
    for line in body.lines:
        given = line.discounts or ()
        if given and sum(off.amount for off in given) != line.discount:
            given = ()
        yield _line(line, existing, [_told(off, shares.get(off.promotion, {}).get(line.position, 0)) for off in given])


def _told(off: journal.Off, supplier_amount: int) -> dict[str, Any]:
    return {"promotion": off.promotion, "name": off.name, "amount": off.amount, "supplier_amount": supplier_amount}


def _shares(body: journal.SaleBody, whole: journal.Off) -> dict[int, int]:
    """The supplier's part of what a promotion gave, by position of the lines it gave it to."""
    given = {line.position: off.amount for line in body.lines for off in line.discounts or () if off.promotion == whole.promotion and off.amount}
    return dict(zip(given, money.allocate(total=whole.supplier_amount, weights=list(given.values())), strict=True)) if given else {}


def _line(line: journal.Line, existing: Collection[UUID], discounts: list[dict[str, Any]]) -> SaleLine:
    known = line.variant in existing
    taxes = line.taxes or ()
    whole = line.allocation is not None and agrees(line.allocation, quantity=line.quantity, total=line.total, discount=line.discount, tax=line.tax)
    lost = {} if known or line.variant is None else {"unknown_variant": str(line.variant)}
    return SaleLine(
        position=line.position,
        kind=line.kind,
        variant=line.variant if known else None,
        sku=line.sku,
        gtin=line.gtin,
        name=line.name[:300],
        quantity=line.quantity,
        unit_price=line.unit_price,
        price_quantity=line.price_quantity,
        list_total=line.list_total,
        discount=line.discount,
        total=line.total,
        tax_class=line.tax_class,
        tax_rate=line.tax_rate,
        tax=line.tax,
        taxes=taxes if sum(tax["amount"] for tax in taxes) == line.tax else (),
        discounts=discounts,
        allocation=line.allocation if whole else None,
        extra={**line.extra, **lost},
    )


def _payment(tender: journal.Tender) -> SalePayment:
    return SalePayment(position=tender.position, kind=tender.kind, amount=tender.amount, tendered=tender.tendered, change=tender.change)
