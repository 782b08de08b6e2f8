"""From a till's sale to orders' words for it, with what does not agree told to people. The sale stands as it was made."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from kernel import money
from orders.services import Sale, SaleLine, SalePayment
from pos import journal
from pos.queries import TillFacts


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
    sums = {
        "lines and rounding": (sum(line.total for line in sale.lines) + sale.rounding, sale.total),
        "tax of the lines": (sum(line.tax for line in sale.lines), sale.tax),
        "payments": (sum(tender.amount for tender in sale.tenders), sale.total),
    }
    return next((f"The {name} come to {found}, the sale says {said}." for name, (found, said) in sums.items() if found != said), "")


def differences(entry: journal.Entry, sale: journal.SaleBody, till: TillFacts, existing: Collection[UUID]) -> Iterator[str]:
    """What our own arithmetic and books say differently. Flagged for people; the customer has paid what was asked."""
    expected = f"{till.number}-{entry.epoch}-{sale.receipt_no:04d}"
    if sale.receipt != expected:
        yield f"Receipt {sale.receipt} should be {expected}."
    if sale.currency != till.currency:
        yield f"Sold in {sale.currency}, the store trades in {till.currency}."
    for line in sale.lines:
        price = money.line_total(price=line.unit_price, price_quantity=line.price_quantity, quantity=line.quantity)
        if price != line.list_total:
            yield f"Line {line.position}: charged {line.list_total}, the price comes to {price}."
        tax = money.included_tax(amount=line.total, rate=line.tax_rate)
        if tax != line.tax:
            yield f"Line {line.position}: tax {line.tax}, computed {tax}."
        if line.variant and line.variant not in existing:
            yield f"Line {line.position}: its variant is unknown here, no stock was taken."


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
        lines=tuple(_line(line, existing) for line in body.lines),
        payments=tuple(_payment(tender) for tender in body.tenders),
    )


def _line(line: journal.Line, existing: Collection[UUID]) -> SaleLine:
    known = line.variant in existing
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
        extra={**line.extra, **lost},
    )


def _payment(tender: journal.Tender) -> SalePayment:
    return SalePayment(position=tender.position, kind=tender.kind, amount=tender.amount, tendered=tender.tendered, change=tender.change)
