"""What finance reads: a balanced journal, invoices without gaps, and periods that are closed."""

from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from orders.models.order import Order
from org.models import Channel, Company, Store


class BookLine(models.Model):
    """Append-only. Debit above zero, credit below; the lines of one `reference` and `cause` come to nothing (a deferred trigger)."""

    id = models.BigAutoField(primary_key=True)
    # None: a channel without a counter.
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The day it belongs to, and the day it is booked on: a later one where that was closed already.
    business_date = models.DateField()
    booked_on = models.DateField()
    # orders.accounts names them: "sales", "tax:vat", "cash", "card_clearing", "gift_card_liability", "over_short", "cost_of_goods", …
    account = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    # What was booked: an order, a shift, a movement of value; and what of it.
    reference = models.UUIDField()
    cause = models.CharField(max_length=20)
    line = models.PositiveIntegerField()
    # Of taxes and sales: the rate in parts per million, and the tax class.
    rate = models.PositiveIntegerField(null=True)
    tax_class = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "cause", "line"], name="book_line_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="book_line_of_something"),
        ]
        indexes = [
            models.Index(fields=["store", "booked_on", "account"], name="book_by_store_day"),
            models.Index(fields=["channel", "booked_on", "account"], name="book_by_channel_day"),
            models.Index(fields=["booked_on", "id"], name="book_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"


class PeriodLock(models.Model):
    """Up to and with this day nothing is booked any more. Append-only: the latest day counts, and never moves back."""

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    through = models.DateField()
    actor = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "through"], name="period_lock_once")]

    def __str__(self) -> str:
        return f"{self.company_id} through {self.through}"


class InvoiceSeries(models.Model):
    """The next number of a company's documents. Taken at issue under its lock, in the transaction of the document: no gaps."""

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    prefix = models.CharField(max_length=20)
    next = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "kind"], name="invoice_series_once")]

    def __str__(self) -> str:
        return f"{self.prefix}{self.next}"


class Invoice(models.Model):
    """As it was issued; never changed. `document` is all that is on paper but who it is for; that stands sealed in the customer's address."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit_note", "Credit note"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    number = models.PositiveIntegerField()
    # As printed: the series' prefix and the number.
    name = models.CharField(max_length=40, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    credits = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credited_by")
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    document = models.JSONField()
    issued_on = models.DateField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "number"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="invoice"), name="invoice_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="credit_note"), name="credit_note_once"),
        ]
        indexes = [models.Index(fields=["-issued_at", "-id"], name="invoice_recent")]

    def __str__(self) -> str:
        return self.name
