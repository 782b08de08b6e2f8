"""What the shop owes: gift cards, store credit and points, as double-entry ledgers. Amounts are minor units of the account's currency,
or whole points ("PTS").

Every transaction moves value between accounts and comes to nothing in all; a trigger of postings is the only writer of balances;
only the shop's own counter accounts may be below zero.
"""

from django.db import models
from django.db.models import Q

from customers.models.people import Customer
from kernel.ids import uuid7


class Account(models.Model):
    class Kind(models.TextChoices):
        GIFT_CARD = "gift_card", "Gift card"
        STORE_CREDIT = "store_credit", "Store credit"
        POINTS = "points", "Points"
        # The other side: what was issued, spent, given as goodwill, has expired; one of each per kind and currency.
        COUNTER = "counter", "Counter account"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    # ISO 4217, or PTS.
    currency = models.CharField(max_length=3)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts")
    # Of a counter account: "gift_card:issued", "gift_card:spent", "gift_card:expired", "points:earned", …
    name = models.CharField(max_length=40, blank=True, default="")
    # Of a gift card: a keyed hash of its code, and what may be shown of it. The code is told once and kept nowhere.
    digest = models.BinaryField(max_length=32, null=True, blank=True)
    last4 = models.CharField(max_length=4, blank=True, default="")
    # Written by the trigger of postings alone.
    balance = models.BigIntegerField(default=0, db_default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind="counter") | Q(balance__gte=0), name="account_not_below_zero"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="account_currency_iso"),
            models.UniqueConstraint(fields=["digest"], name="gift_card_code_once"),
            models.UniqueConstraint(fields=["name", "currency"], condition=Q(kind="counter"), name="counter_account_once"),
            models.UniqueConstraint(
                fields=["customer", "kind", "currency"], condition=Q(kind__in=["store_credit", "points"]), name="customer_account_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="gift_card", digest__isnull=False)
                | Q(kind__in=["store_credit", "points"], customer__isnull=False)
                | (Q(kind="counter") & ~Q(name="")),
                name="account_knows_whose",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "-created_at", "-id"], name="account_recent"),
            models.Index(fields=["customer"], name="account_of_customer"),
            models.Index(fields=["expires_at"], condition=Q(balance__gt=0, expires_at__isnull=False), name="account_expiring"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.last4}".strip()


class Transaction(models.Model):
    """One movement of value, once per reference and cause: a replay finds it and moves nothing."""

    class Cause(models.TextChoices):
        ISSUE = "issue", "Issued"
        TOP_UP = "top_up", "Topped up"
        SPEND = "spend", "Spent"
        GIVE_BACK = "give_back", "Given back"
        REFUND = "refund", "Refunded to it"
        GOODWILL = "goodwill", "Goodwill"
        EARN = "earn", "Earned"
        REVERSE = "reverse", "Reversed"
        EXPIRE = "expire", "Expired"
        ADJUST = "adjust", "Corrected"
        MERGE = "merge", "Merged"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cause = models.CharField(max_length=12, choices=Cause)
    # What it belongs to: an order, a return, an import; and which tender or line of it.
    reference = models.UUIDField()
    line = models.PositiveIntegerField(default=0)
    # What a giving back gives back, so that it happens once.
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")
    actor = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reference", "cause", "line"], name="value_once")]
        indexes = [models.Index(fields=["-at", "-id"], name="value_recent")]

    def __str__(self) -> str:
        return f"{self.cause} {self.reference}"


class Posting(models.Model):
    """Append-only. Above zero the account gets it."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="posting_of_something"),
            models.UniqueConstraint(fields=["transaction", "account"], name="posting_once"),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="posting_of_account")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount}"
