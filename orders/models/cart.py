"""What somebody is about to buy, and how it could get to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from customers.models import Customer
from org.models import Channel


class Cart(models.Model):
    """One document that is written whole, by whoever read its last version. `id` is random: knowing it is what lets a shopper in.

    `document` (orders.carts.Document) names goods, coupons, customer, addresses and delivery by id and code; nothing in it tells who it is.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        PLACED = "placed", "Placed"
        MERGED = "merged", "Merged into another"

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    document = models.JSONField()
    # The order it became.
    order = models.UUIDField(null=True, unique=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    # Nobody has touched it since long ago: it goes.
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Of one person one is open in a channel: the others were merged into it.
            models.UniqueConstraint(fields=["customer", "channel"], condition=Q(state="open", customer__isnull=False), name="cart_one_open"),
            models.CheckConstraint(
                condition=Q(state="placed", order__isnull=False) | ~Q(state="placed") & Q(order__isnull=True), name="cart_placed_as"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="open"), name="cart_expiring")]

    def __str__(self) -> str:
        return f"{self.id} v{self.version}"


class DeliveryOption(models.Model):
    """A way for goods to get to a customer, in the channels that offer it."""

    class Kind(models.TextChoices):
        SHIP = "ship", "Ship"
        PICKUP = "pickup", "Pick up"
        DIGITAL = "digital", "Digital"

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    names = models.JSONField(default=dict, blank=True, help_text="By language.")
    kind = models.CharField(max_length=10, choices=Kind)
    channels = models.ManyToManyField(Channel, related_name="+", blank=True)
    tax_class = models.SlugField(max_length=40, blank=True, default="", help_text="Empty: taxed as the goods are, in their proportions.")
    days_least = models.PositiveSmallIntegerField(default=0)
    days_most = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(days_most__gte=F("days_least")), name="delivery_days_ordered")]

    def __str__(self) -> str:
        return self.name


class DeliveryRate(models.Model):
    """What it costs, by where to and how much is bought. Of the rates that fit the one with the highest `from_total` holds."""

    option = models.ForeignKey(DeliveryOption, on_delete=models.CASCADE, related_name="rates")
    currency = models.CharField(max_length=3)
    # Empty: everywhere else.
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    from_total = models.BigIntegerField(default=0)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0, from_total__gte=0), name="delivery_rate_not_negative"),
            models.UniqueConstraint(fields=["option", "currency", "countries", "from_total"], name="delivery_rate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.option_id} {self.amount} {self.currency}"
