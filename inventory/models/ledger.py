"""Movements, the levels they add up to, and which levels somebody has yet to be told of."""

from django.db import models
from django.db.models import Q

from catalog.models import Variant
from inventory.models.places import Location


class Level(models.Model):
    """What is there now, what of it is promised, and what may be promised beyond. Written by triggers alone: of movements
    (`on_hand`), reservations (`reserved`), policies (`safety`, `ahead`) and recalls (`blocked`).

    `on_hand` may be negative: a till sells what is already in the customer's hand; then an open task exists.
    What a door may promise is on_hand - reserved - safety + ahead, and nothing while blocked.
    """

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    on_hand = models.BigIntegerField(default=0, db_default=0)
    reserved = models.BigIntegerField(default=0, db_default=0)
    safety = models.BigIntegerField(default=0, db_default=0)
    ahead = models.BigIntegerField(default=0, db_default=0)
    # How many recalls are not dealt with here yet.
    blocked = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="level_once"),
            models.CheckConstraint(condition=Q(reserved__gte=0, safety__gte=0, ahead__gte=0, blocked__gte=0), name="level_parts_not_negative"),
        ]
        indexes = [
            models.Index(fields=["location", "on_hand"], name="level_by_location"),
            models.Index(fields=["location", "variant"], condition=Q(on_hand__lt=0), name="level_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}: {self.on_hand}"


class LevelChange(models.Model):
    """A level that has ever changed. Without a position: changed since it was last told. Triggers write it, tell_levels gives positions."""

    id = models.UUIDField(primary_key=True, editable=False)
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    # Commit-safe: whoever has read up to a position misses nothing before it.
    position = models.BigIntegerField(null=True, unique=True)
    # How often it was told: the sequence of its events.
    told = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "location"], name="level_change_once")]
        indexes = [models.Index(fields=["variant", "location"], condition=Q(position__isnull=True), name="level_change_untold")]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}: {self.position}"


class Movement(models.Model):
    """Append-only. `reference` and `line` name what caused it; the same cause, reference, line and part move stock once."""

    class Cause(models.TextChoices):
        SALE = "sale", "Sale"
        RETURN = "return", "Return"
        OPENING = "opening", "Opening stock"
        RECEIPT = "receipt", "Receipt"
        COUNT = "count", "Count"
        ADJUSTMENT = "adjustment", "Adjustment"
        TRANSFER = "transfer", "Transfer"
        RECALL = "recall", "Recall"
        UNDO = "undo", "Undone"

    id = models.BigAutoField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    # Both are found by indexes below: each of its own would cost every sale one more.
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    quantity = models.BigIntegerField()
    # In minor units of the company's currency, for all of it; where it is known.
    cost = models.BigIntegerField(null=True)
    cause = models.CharField(max_length=12, choices=Cause)
    reference = models.UUIDField()
    line = models.PositiveIntegerField(default=0)
    # A bundle's line moves each of its components, a move between places leaves one and comes to another.
    part = models.PositiveSmallIntegerField(default=0, db_default=0)
    actor = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "cause", "line", "part"], name="movement_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_not_zero"),
            models.CheckConstraint(condition=Q(cost__isnull=True) | Q(cost__gte=0), name="movement_cost_not_negative"),
        ]
        indexes = [
            # With what filters ask and sums are made of: half a million movements are gone through without a look at the table.
            models.Index(fields=["variant", "location", "-id"], include=["quantity", "cause", "occurred_at", "actor"], name="movement_timeline"),
            # What moved in the last weeks, however late it was told.
            models.Index(fields=["variant", "location", "occurred_at"], include=["quantity", "cause"], name="movement_by_time"),
            # Where the equation of a level begins.
            models.Index(fields=["variant", "location", "-id"], condition=Q(cause__in=["count", "opening"]), name="movement_counted"),
            # One movement in a hundred: whoever asks for receipts or recalls does not look through all the sales between them.
            models.Index(fields=["variant", "location", "cause", "-id"], condition=~Q(cause="sale"), name="movement_but_sales"),
            models.Index(fields=["lot", "-id"], condition=Q(lot__isnull=False), name="movement_of_lot"),
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.quantity}"
