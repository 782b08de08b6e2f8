"""Promotions: what is given, on what, when and to whom; coupons; how often it was given; baskets that were tried out."""

from django.db import models
from django.db.models import F, Q

from catalog.models.products import Variant  # noqa: F401  # loaded before these
from kernel.ids import uuid7
from org.models import Channel, Store


class Promotion(models.Model):
    """`rule` is what catalog.pricing evaluates (its shape is told in docs/pricing.md); the columns are what lists and limits need."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        WAITING = "waiting", "Waiting for approval"
        APPROVED = "approved", "Approved"
        ENDED = "ended", "Ended"

    class Combination(models.TextChoices):
        EXCLUSIVE = "exclusive", "Not on lines that another offer has changed"
        BEST = "best", "The one that is cheaper for the customer wins"
        STACK = "stack", "Stack on top"

    class Offline(models.TextChoices):
        ALLOW = "allow", "Tills without a line give it; it may go over the limit"
        REFUSE = "refuse", "Tills without a line do not give it"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    # What the customer reads; empty: its name.
    receipt_text = models.CharField(max_length=40, blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    priority = models.SmallIntegerField(default=0)
    combination = models.CharField(max_length=10, choices=Combination, default=Combination.EXCLUSIVE)
    group = models.SlugField(max_length=60, blank=True, default="")
    # Store times, as in price lists.
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    # Its parts: catalog.services.promotion_rules.EMPTY.
    rule = models.JSONField(default=dict)
    needs_coupon = models.BooleanField(default=False)
    supplier = models.CharField(max_length=100, blank=True, default="")
    # Parts per million of what is given.
    supplier_share = models.PositiveIntegerField(default=0)
    # Empty: no limit. Uses count baskets; budget is minor units of the shop's currency.
    most_uses = models.PositiveIntegerField(null=True, blank=True)
    most_per_customer = models.PositiveIntegerField(null=True, blank=True)
    budget = models.BigIntegerField(null=True, blank=True)
    # What one customer may be given in a calendar month: the cap of a staff discount.
    monthly_budget = models.BigIntegerField(null=True, blank=True)
    offline = models.CharField(max_length=10, choices=Offline, blank=True, default="")
    # Kept with the limits: guarded by the statement that claims, given back by the one that releases.
    used = models.BigIntegerField(default=0, editable=False)
    given = models.BigIntegerField(default=0, editable=False)
    reason = models.CharField(max_length=300, blank=True, default="")
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    changed_by = models.UUIDField()
    changed_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="promotion_has_name"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="promotion_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(supplier_share__lte=1_000_000) & (Q(supplier_share=0) | ~Q(supplier="")), name="promotion_supplier_share"
            ),
            models.CheckConstraint(
                condition=~Q(offline="")
                | Q(most_uses__isnull=True, most_per_customer__isnull=True, budget__isnull=True, monthly_budget__isnull=True),
                name="promotion_limit_offline_policy",
            ),
            # Whoever changed it last does not approve it, where approval is asked for.
            models.CheckConstraint(
                condition=Q(reason="") | ~Q(state="approved") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("changed_by"))),
                name="promotion_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="promotion_by_start"),
            models.Index(fields=["state", "ends_at"], name="promotion_by_end"),
            models.Index(fields=["-changed_at", "-id"], name="promotion_recent"),
        ]

    def __str__(self) -> str:
        return self.name


class Coupon(models.Model):
    """A code that opens a promotion. Kept in capitals, without spaces."""

    code = models.CharField(max_length=40, primary_key=True)
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="coupons")
    # Those generated together carry the same name.
    batch = models.CharField(max_length=60, blank=True, default="")
    # Empty: any number of times.
    most_uses = models.PositiveIntegerField(null=True, blank=True, default=1)
    used = models.PositiveIntegerField(default=0)
    customer = models.UUIDField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(code__regex="^[A-Z0-9-]{3,40}$"), name="coupon_code")]
        indexes = [
            models.Index(fields=["promotion", "-made_at", "code"], name="coupon_of_promotion"),
            models.Index(fields=["batch"], name="coupon_by_batch"),
        ]

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """A promotion given in an order: claimed in the order's transaction, released when the order comes to nothing.

    `over`: a till without a line gave it beyond the limit; the sale stands and a person is told.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="redemptions")
    order = models.UUIDField()
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, null=True, related_name="redemptions")
    customer = models.UUIDField(null=True)
    # Minor units given, and the supplier's part of them.
    amount = models.BigIntegerField()
    supplier_amount = models.BigIntegerField(default=0)
    over = models.BooleanField(default=False)
    at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promotion", "order"], name="redemption_once_per_order")]
        indexes = [
            models.Index(fields=["promotion", "-at"], name="redemption_recent"),
            models.Index(fields=["customer", "promotion", "at"], condition=Q(customer__isnull=False), name="redemption_of_customer"),
            models.Index(fields=["order"], name="redemption_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} in {self.order}"


class Simulation(models.Model):
    """A basket somebody wants to see again: tried anew before a promotion goes live, and compared with what came out then."""

    name = models.CharField(max_length=100)
    # {"lines": [{"sku", "quantity"}], "coupons": […], "customer": {…}} as catalog.services.preview takes it.
    basket = models.JSONField()
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    # The moment it is tried for; empty: now.
    at = models.DateTimeField(null=True, blank=True)
    promotion = models.ForeignKey(Promotion, on_delete=models.SET_NULL, null=True, blank=True, related_name="simulations")
    # What the customer paid when it was kept, in minor units.
    expected = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    made_by = models.UUIDField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="simulation_has_name")]
        indexes = [models.Index(fields=["-made_at", "-id"], name="simulation_recent")]

    def __str__(self) -> str:
        return self.name
