"""What is promised, what may be, and what a bundle is made of."""

from django.db import models
from django.db.models import F, Q

from catalog.models import Variant
from inventory.models.places import Location
from kernel.ids import uuid7


class Reservation(models.Model):
    """Goods held for a cart until `expires_at`, or for an order until they leave. Open ones add up to Level.reserved."""

    class Kind(models.TextChoices):
        CART = "cart", "Cart"
        ORDER = "order", "Order"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        TAKEN = "taken", "Taken"
        RELEASED = "released", "Released"
        EXPIRED = "expired", "Expired"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField()
    kind = models.CharField(max_length=5, choices=Kind)
    # The cart or order, its line, and the component of a bundle's line.
    reference = models.UUIDField()
    line = models.PositiveIntegerField()
    part = models.PositiveSmallIntegerField(default=0, db_default=0)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    expires_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "line", "part"], condition=Q(state="open"), name="reservation_once_open"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_of_something"),
            models.CheckConstraint(condition=Q(state="open") ^ Q(ended_at__isnull=False), name="reservation_ends_once"),
            models.CheckConstraint(condition=Q(kind="order") | Q(expires_at__isnull=False), name="reservation_of_a_cart_expires"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open", expires_at__isnull=False), name="reservation_to_expire"),
            models.Index(fields=["variant", "location"], condition=Q(state="open"), name="reservation_open_of_level"),
            models.Index(fields=["reference"], name="reservation_of_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.quantity} of {self.variant_id}"


class Policy(models.Model):
    """How one variant is kept in one place. Its trigger writes the level's `safety` and `ahead`."""

    class Ahead(models.TextChoices):
        NONE = "", "No"
        BACKORDER = "backorder", "Backorder"
        PREORDER = "preorder", "Preorder"

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    # Kept back from online doors.
    safety = models.BigIntegerField(default=0)
    # On the low-stock list at or below it; null: never.
    reorder_point = models.BigIntegerField(null=True, blank=True)
    reorder_to = models.BigIntegerField(null=True, blank=True)
    # How many may be promised that are not there, and when they come.
    ahead = models.BigIntegerField(default=0)
    ahead_kind = models.CharField(max_length=9, choices=Ahead, blank=True, default=Ahead.NONE)
    ahead_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="policy_once"),
            models.CheckConstraint(condition=Q(safety__gte=0, ahead__gte=0), name="policy_not_negative"),
            models.CheckConstraint(
                condition=Q(ahead=0, ahead_kind="") | Q(ahead__gt=0, ahead_kind__in=["backorder", "preorder"]), name="policy_ahead_has_kind"
            ),
            models.CheckConstraint(condition=~Q(ahead_kind="preorder") | Q(ahead_on__isnull=False), name="policy_preorder_has_date"),
            models.CheckConstraint(condition=Q(reorder_to__isnull=True) | Q(reorder_to__gt=F("reorder_point")), name="policy_reorder_upwards"),
        ]
        indexes = [models.Index(fields=["location", "variant"], condition=Q(reorder_point__isnull=False), name="policy_reorder")]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}"


class Component(models.Model):
    """`quantity` thousandths of `component` are in 1000 of `bundle`. A bundle has no stock of its own, and is in no other bundle."""

    bundle = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(default=1000)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "component"], name="component_once"),
            models.UniqueConstraint(fields=["bundle", "position"], name="component_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="component_of_something"),
            models.CheckConstraint(condition=Q(position__gt=0), name="component_position_from_one"),
            models.CheckConstraint(condition=~Q(bundle=F("component")), name="component_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.component_id}"
