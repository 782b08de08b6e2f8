"""What was sold and how it was paid, as it was at the time: names, prices and tax are copied, never looked up again.

Money is minor units of the order's currency. A deferred trigger (orders/migrations) refuses a commit in which the lines do not add up
to the order, or the payments do not fit its status: exactly the total when it is paid, nothing in all when it is cancelled.
Goods that come back are lines of less than nothing, on a document of their own; what is bought in exchange stands beside them.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value

from catalog.models import Variant
from customers.models import Address, Customer
from org.models import Channel, Store


class Order(models.Model):
    class Status(models.TextChoices):
        # Offered, nothing promised.
        QUOTE = "quote", "Quote"
        # Stands, goods are held, money is awaited: a bank transfer, the rest of a deposit, an answer of the gateway.
        PENDING = "pending", "Awaiting payment"
        PAID = "paid", "Paid"
        CANCELLED = "cancelled", "Cancelled"
        # Money and order do not fit and nobody may guess: a person decides.
        REVIEW = "review", "Needs review"

    class Kind(models.TextChoices):
        SALE = "sale", "Sale"
        # Something came back; what was bought in exchange is on it too.
        RETURN = "return", "Return"

    class Source(models.TextChoices):
        TILL = "till", "Till"
        WEB = "web", "Web"
        STAFF = "staff", "Back office"
        # Of another system, from before: counted in history, never in stock or books.
        IMPORT = "import", "Imported"

    # Made by whoever makes the sale (a till offline included): sale id = order id, unique for ever.
    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SALE, db_default=Kind.SALE)
    source = models.CharField(max_length=6, choices=Source)
    status = models.CharField(max_length=10, choices=Status)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    ship_to = models.ForeignKey(Address, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    bill_to = models.ForeignKey(Address, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
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
    # How the goods get to the customer: "", "ship", "pickup" or "digital", and the code of the option that was chosen.
    delivery = models.CharField(max_length=10, blank=True, default="", db_default="")
    delivery_option = models.CharField(max_length=40, blank=True, default="", db_default="")
    # Where the goods are held and leave from; of a pickup, where they wait. An id of inventory's.
    location = models.UUIDField(null=True)
    coupons = ArrayField(models.CharField(max_length=60), default=list, db_default=Value([], ArrayField(models.CharField(max_length=60))))
    # Nothing happens to it while it is held.
    held_reason = models.CharField(max_length=40, blank=True, default="", db_default="")
    # The goods have left, all of them.
    handed_over_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    # A quote holds, and goods of an unpaid order are kept, until then.
    expires_at = models.DateTimeField(null=True)
    # Moves with every change: whoever edits says which they read.
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="order_currency_iso"),
            models.CheckConstraint(condition=Q(delivery__in=["", "ship", "pickup", "digital"]), name="order_delivery_known"),
        ]
        indexes = [
            models.Index(fields=["-placed_at", "-id"], name="order_recent"),
            models.Index(fields=["store", "-placed_at", "-id"], name="order_by_store"),
            models.Index(fields=["channel", "-placed_at", "-id"], name="order_by_channel"),
            models.Index(fields=["shift"], name="order_by_shift"),
            models.Index(fields=["store", "business_date"], name="order_by_day"),
            models.Index(fields=["customer", "-placed_at", "-id"], condition=Q(customer__isnull=False), name="order_by_customer"),
            # What is not settled is little; what waits for a person is less.
            models.Index(fields=["status", "-placed_at", "-id"], condition=~Q(status="paid"), name="order_unsettled"),
            # So is what is held, what came back, and what was sold elsewhere than at a till: lists of them pass nothing else.
            models.Index(fields=["-placed_at", "-id"], condition=~Q(held_reason=""), name="order_held"),
            models.Index(fields=["-placed_at", "-id"], condition=Q(kind="return"), name="order_returns"),
            models.Index(fields=["source", "-placed_at", "-id"], condition=~Q(source="till"), name="order_by_source"),
            models.Index(fields=["expires_at"], condition=Q(status__in=["quote", "pending"]), name="order_expiring"),
            models.Index(fields=["channel", "business_date"], condition=Q(store__isnull=True), name="order_by_web_day"),
            # Addresses are erased with their person: who still needs one is found.
            models.Index(fields=["ship_to"], condition=Q(ship_to__isnull=False), name="order_sent_to"),
            models.Index(fields=["bill_to"], condition=Q(bill_to__isnull=False), name="order_billed_to"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    class Kind(models.TextChoices):
        GOODS = "goods", "Goods"
        OPEN = "open", "Open item"
        DEPOSIT = "deposit", "Deposit"
        DELIVERY = "delivery", "Delivery"
        FEE = "fee", "Fee"
        # Money taken for money owed: a liability, no turnover and no tax.
        GIFT_CARD = "gift_card", "Gift card"

    class Condition(models.TextChoices):
        """Where a unit that came back went."""

        RESTOCK = "restock", "Back on the shelf"
        DAMAGED = "damaged", "Damaged"
        QUARANTINE = "quarantine", "To be looked at"
        # Kept by the customer, or nothing that stands in stock.
        NONE = "none", "Nowhere"

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
    # Of goods that came back: the line they were sold on (none without a receipt), why, and where they went.
    returns = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="returned_on", db_index=False)
    reason = models.CharField(max_length=40, blank=True, default="", db_default="")
    condition = models.CharField(max_length=10, choices=Condition, blank=True, default="", db_default="")
    # Of a line that was sold: how much of it came back. Written by a trigger of the lines that return it.
    returned = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="order_line_quantity_not_zero"),
            models.CheckConstraint(condition=Q(total=F("list_total") - F("discount")), name="order_line_adds_up"),
            models.CheckConstraint(
                condition=Q(returned=0) | Q(quantity__gt=0, returned__gt=0, returned__lte=F("quantity")), name="order_line_returned_within"
            ),
            models.CheckConstraint(condition=Q(returns__isnull=True) | Q(quantity__lt=0), name="order_line_return_is_negative"),
        ]
        indexes = [models.Index(fields=["returns"], condition=Q(returns__isnull=False), name="order_line_returns")]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"


class Payment(models.Model):
    """A tender: money that came in, or below zero went out again."""

    class Kind(models.TextChoices):
        CASH = "cash", "Cash"
        CARD = "card", "Card"
        TRANSFER = "transfer", "Bank transfer"
        GIFT_CARD = "gift_card", "Gift card"
        STORE_CREDIT = "store_credit", "Store credit"
        POINTS = "points", "Points"
        # Bought on the account of a business, owed until it is paid.
        ACCOUNT = "account", "On account"
        # Of imported orders: nobody knows any more.
        OTHER = "other", "Other"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    amount = models.BigIntegerField(help_text="What it paid of the order.")
    tendered = models.BigIntegerField(help_text="What was handed over.")
    change = models.BigIntegerField(default=0)
    paid_at = models.DateTimeField()
    # Where it came from: the attempt at a gateway, or the movement of value of a gift card, credit or points.
    source = models.UUIDField(null=True)
    # What people know it by: "Visa 4242", "Gift card 8Q4K".
    label = models.CharField(max_length=60, blank=True, default="", db_default="")
    # Of money that goes back: the tender it came by. None: as cash or credit because that one could not take it.
    refunds = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="refunded_by", db_index=False)
    # Of money that came in: how much of it went back. Written by a trigger of the payments that refund it.
    refunded = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="payment_once"),
            models.CheckConstraint(condition=Q(amount=F("tendered") - F("change")), name="payment_adds_up"),
            models.CheckConstraint(
                condition=Q(refunded=0) | Q(amount__gt=0, refunded__gt=0, refunded__lte=F("amount")), name="payment_refunded_within"
            ),
            models.CheckConstraint(condition=Q(refunds__isnull=True) | Q(amount__lt=0), name="payment_refund_is_negative"),
        ]
        indexes = [
            models.Index(fields=["refunds"], condition=Q(refunds__isnull=False), name="payment_refunds"),
            models.Index(fields=["source"], condition=Q(source__isnull=False), name="payment_source"),
            models.Index(fields=["kind", "-paid_at", "-id"], condition=~Q(kind="cash"), name="payment_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
