"""The stock ledger: movements are facts, levels are their sum. Quantities are integer thousandths of the variant's unit."""

from django.db import models
from django.db.models import Q

from catalog.models import Variant
from kernel.ids import uuid7
from org.models import Store


class Location(models.Model):
    class Kind(models.TextChoices):
        STORE = "store", "Store"
        WAREHOUSE = "warehouse", "Warehouse"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    # The place a store sells from: one per store.
    store = models.OneToOneField(Store, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Level(models.Model):
    """What is there now. Written by the trigger on movement alone (inventory/migrations); may be negative: a till
    sells what is already in the customer's hand."""

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    on_hand = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "location"], name="level_once")]
        indexes = [
            models.Index(fields=["location", "on_hand"], name="level_by_location"),
            models.Index(fields=["location", "variant"], condition=Q(on_hand__lt=0), name="level_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}: {self.on_hand}"


class Movement(models.Model):
    """Append-only. `reference` and `line` name what caused it; the same cause, reference and line move stock once."""

    class Cause(models.TextChoices):
        SALE = "sale", "Sale"
        RETURN = "return", "Return"
        OPENING = "opening", "Opening stock"
        ADJUSTMENT = "adjustment", "Adjustment"

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField()
    cause = models.CharField(max_length=12, choices=Cause)
    reference = models.UUIDField()
    line = models.PositiveIntegerField(default=0)
    actor = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "cause", "line"], name="movement_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_not_zero"),
        ]
        indexes = [models.Index(fields=["variant", "location", "-id"], name="movement_timeline")]

    def __str__(self) -> str:
        return f"{self.cause} {self.quantity}"
