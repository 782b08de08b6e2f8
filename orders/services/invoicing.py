"""Invoices and credit notes: numbered without gaps, as they were issued for ever.

What is on paper but who it is for is kept with the document; name and address are read where they stand sealed whenever it is printed, and
nobody reads them once their person is erased.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from kernel.errors import NotFound
from orders.models import Invoice, InvoiceSeries, Order, OrderLine, Payment
from orders.services.life import OrderState, opened, record_step
from org import settings

Kind = Invoice.Kind
PREFIXES: Final = {Kind.INVOICE: "INV", Kind.CREDIT_NOTE: "CN"}


class UnknownInvoice(NotFound):
    title = "There is no such invoice"


@transaction.atomic
def issue_invoice(*, order: UUID, now: datetime, actor: UUID | None = None) -> Invoice:
    """Of a sale that is paid its invoice, of a return or of a sale that came to nothing its credit note; the same one every time.

    Raises OrderState: there is nothing to invoice.
    """
    found = opened(order=order, move="invoice")
    kind = _kind(found)
    issued = Invoice.objects.filter(order=order, kind=kind).first()
    if issued is not None:
        return issued
    invoice = Invoice(kind=kind, order=found, company_id=found.channel.company_id, currency=found.currency, issued_at=now)
    invoice.credits = _credited(found) if kind == Kind.CREDIT_NOTE else None
    invoice.issued_on = now.astimezone(ZoneInfo(settings.get("shop.timezone"))).date()
    # A cancelled sale is credited as it was sold.
    sign = -1 if kind == Kind.CREDIT_NOTE and found.kind == Order.Kind.SALE else 1
    invoice.total = sign * found.total
    invoice.number, invoice.name = _next_number(invoice.company_id, found.channel.company.code, kind)
    invoice.document = _document(found, sign, invoice)
    invoice.save(force_insert=True)
    record_step(order=order, kind="invoiced", facts={"invoice": str(invoice.id), "name": invoice.name}, actor=actor, now=now)
    return invoice


def _kind(order: Order) -> Kind:
    if order.kind == Order.Kind.RETURN:
        return Kind.CREDIT_NOTE
    if order.status != Order.Status.CANCELLED:
        return Kind.INVOICE
    if not Invoice.objects.filter(order=order, kind=Kind.INVOICE).exists():
        raise OrderState("It was never invoiced: there is nothing to credit.", status=order.status, possible=[])
    return Kind.CREDIT_NOTE


def _credited(order: Order) -> Invoice | None:
    """The invoice it takes back from: of this order, or of the first sale whose goods came back."""
    sold = OrderLine.objects.filter(order=order, returns__isnull=False).order_by("position").values_list("returns__order", flat=True).first()
    return Invoice.objects.filter(order_id=sold or order.id, kind=Kind.INVOICE).first()


def _next_number(company: UUID, code: str, kind: Kind) -> tuple[int, str]:
    """Under the series' lock until the document is committed or gone: whoever comes next waits, and no number is lost."""
    prefix = f"{PREFIXES[kind]}-{code.upper()[:12]}-"
    InvoiceSeries.objects.bulk_create([InvoiceSeries(company_id=company, kind=kind, prefix=prefix)], ignore_conflicts=True)
    series = InvoiceSeries.objects.select_for_update().get(company=company, kind=kind)
    number = series.next
    series.next = number + 1
    series.save(update_fields=["next"])
    return number, f"{series.prefix}{number:06d}"


def _document(order: Order, sign: int, invoice: Invoice) -> dict[str, Any]:
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    payments = Payment.objects.filter(order=order).order_by("position")
    return {
        "name": invoice.name,
        "kind": str(invoice.kind),
        "issued_on": invoice.issued_on.isoformat(),
        "seller": _seller(order),
        "order": order.number,
        "business_date": order.business_date.isoformat(),
        "credits": invoice.credits.name if invoice.credits else "",
        "currency": order.currency,
        "tax_included": order.tax_included,
        "lines": [_line(line, sign) for line in lines],
        "taxes": _taxes(lines, sign, order.tax_included),
        "rounding": sign * order.rounding,
        "tax": sign * order.tax,
        "total": sign * order.total,
        "payments": [{"kind": paid.kind, "label": paid.label, "amount": paid.amount} for paid in payments],
    }


def _seller(order: Order) -> dict[str, Any]:
    """As Directive 2006/112/EC, article 226 (3, 5) wants it: full name, address and VAT number. Where the goods left stands beside it."""
    company = order.channel.company
    place = " ".join(part for part in (company.postcode, company.city) if part)
    lines = [line for line in (company.line1, company.line2, place, company.country) if line]
    return {
        "name": company.legal_name or company.name,
        "lines": lines,
        "tax_number": company.tax_number,
        "registration": company.registration,
        "store": order.store.name if order.store else "",
        "address": order.store.address if order.store else "",
    }


def _line(line: OrderLine, sign: int) -> dict[str, Any]:
    return {
        "position": line.position,
        "sku": line.sku,
        "name": line.name,
        "quantity": sign * line.quantity,
        "unit_price": line.unit_price,
        "price_quantity": line.price_quantity,
        "discount": sign * line.discount,
        "total": sign * line.total,
        "tax_rate": line.tax_rate,
    }


def _taxes(lines: Sequence[OrderLine], sign: int, included: bool) -> list[dict[str, Any]]:
    """Each tax at each rate: what it is on, and what it comes to."""
    net: dict[tuple[str, int], int] = defaultdict(int)
    amount: dict[tuple[str, int], int] = defaultdict(int)
    for line in lines:
        for tax in line.taxes or [{"name": "", "rate": line.tax_rate, "amount": line.tax}]:
            key = (str(tax.get("name") or ""), int(tax["rate"]))
            net[key] += line.total - line.tax if included else line.total
            amount[key] += tax["amount"]
    return [{"name": key[0], "rate": key[1], "net": sign * net[key], "amount": sign * amount[key]} for key in sorted(net)]
