"""What was sold and how it was paid, as it was at the time: names, prices and tax are copied, never looked up again.

Money is minor units of the order's currency. A deferred trigger (orders/migrations) refuses a commit in which the
lines do not add up to the order or the payments do not cover it exactly.
"""

from django.db import models
from django.db.models import F, Q, Value

from catalog.models import Variant
from org.models import Channel, Store


class Order(models.Model):
    class Status(models.TextChoices):
        PAID = "paid", "Paid"

    class Source(models.TextChoices):
        TILL = "till", "Till"
        WEB = "web", "Web"

    # Made by whoever makes the sale (a till offline included): sale id = order id, unique for ever.
    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField(max_length=40, unique=True)
    source = models.CharField(max_length=5, choices=Source)
    status = models.CharField(max_length=10, choices=Status)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    tax = models.BigIntegerField()
    # Prices hold the tax; without it the tax comes on top of the lines.
    tax_included = models.BooleanField(default=True, db_default=True)
    # Cash rounding: total = sum of lines (+ tax when it is not included) + rounding.
    rounding = models.BigIntegerField(default=0)
    # The till's shift and the cashier, by id: both stand above this app or may be gone.
    shift = models.UUIDField(null=True)
    cashier = models.UUIDField(null=True)
    business_date = models.DateField()
    placed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="order_currency_iso")]
        indexes = [
            models.Index(fields=["-placed_at", "-id"], name="order_recent"),
            models.Index(fields=["store", "-placed_at", "-id"], name="order_by_store"),
            models.Index(fields=["channel", "-placed_at", "-id"], name="order_by_channel"),
            models.Index(fields=["shift"], name="order_by_shift"),
            models.Index(fields=["store", "business_date"], name="order_by_day"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    class Kind(models.TextChoices):
        GOODS = "goods", "Goods"
        OPEN = "open", "Open item"
        DEPOSIT = "deposit", "Deposit"

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GOODS)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, null=True, related_name="+")
    sku = models.CharField(max_length=60, blank=True, default="")
    gtin = models.CharField(max_length=14, blank=True, default="")
    name = models.CharField(max_length=300)
    quantity = models.BigIntegerField()
    unit_price = models.BigIntegerField()
    price_quantity = models.PositiveIntegerField(default=1000)
    list_total = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    total = models.BigIntegerField()
    tax_class = models.CharField(max_length=20)
    tax_rate = models.PositiveIntegerField()
    tax = models.BigIntegerField()
    # Each tax on it, [{"code": "vat", "name": "VAT", "rate": 190000, "amount": 80}]: their amounts come to `tax`.
    taxes = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    # Who gave the discount, [{"promotion": "2-for-5", "name": …, "amount": 58, "supplier_amount": 0}]: in all `discount`.
    discounts = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    # How price, discount and tax fall on units, as run-length segments
    # [{"quantity": 2000, "total": 500, "tax": 80}]: refunds replay it.
    allocation = models.JSONField()
    # What came with the line and has no column yet: seller, price source, lot, serial, tare, deposit parent.
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="order_line_quantity_not_zero"),
            models.CheckConstraint(condition=Q(total=F("list_total") - F("discount")), name="order_line_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"


class Payment(models.Model):
    class Kind(models.TextChoices):
        CASH = "cash", "Cash"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.BigIntegerField(help_text="What it paid of the order.")
    tendered = models.BigIntegerField(help_text="What was handed over.")
    change = models.BigIntegerField(default=0)
    paid_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="payment_once"),
            models.CheckConstraint(condition=Q(amount=F("tendered") - F("change")), name="payment_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
