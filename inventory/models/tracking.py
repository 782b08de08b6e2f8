"""Lots, serial numbers, recalls, and what a person has to look after."""

from django.db import models
from django.db.models import Q

from catalog.models import Variant
from inventory.models.places import Location
from kernel.ids import uuid7


class Lot(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    # As printed, GS1 application identifier 10.
    code = models.CharField(max_length=20)
    expires_on = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "code"], name="lot_once"),
            models.CheckConstraint(condition=~Q(code=""), name="lot_has_code"),
        ]
        indexes = [models.Index(fields=["expires_on", "id"], condition=Q(expires_on__isnull=False), name="lot_by_expiry")]

    def __str__(self) -> str:
        return self.code


class LotLevel(models.Model):
    """Of a lot, by what was moved with its code. Sales without a scanned lot are not in it, so it may say more than the level."""

    id = models.BigAutoField(primary_key=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    on_hand = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "location"], name="lot_level_once")]

    def __str__(self) -> str:
        return f"{self.lot_id} at {self.location_id}: {self.on_hand}"


class Serial(models.Model):
    """One piece with a number of its own."""

    class State(models.TextChoices):
        IN_STOCK = "in_stock", "In stock"
        SOLD = "sold", "Sold"
        GONE = "gone", "Gone"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, related_name="+")
    # What brought it, and what it left with.
    came_with = models.UUIDField()
    left_with = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "number"], name="serial_once"),
            models.CheckConstraint(condition=~Q(number=""), name="serial_has_number"),
            models.CheckConstraint(
                condition=Q(state="in_stock", location__isnull=False, left_with__isnull=True)
                | Q(state__in=["sold", "gone"], left_with__isnull=False),
                name="serial_is_somewhere",
            ),
        ]
        indexes = [models.Index(fields=["variant", "location"], condition=Q(state="in_stock"), name="serial_in_stock")]

    def __str__(self) -> str:
        return self.number


class Recall(models.Model):
    """A lot that nobody may sell any more."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="recall")
    reason = models.CharField(max_length=200)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="recall_has_reason")]

    def __str__(self) -> str:
        return self.reason


class Task(models.Model):
    """Something at a place that a person has to look after. Negative stock opens and closes its task by trigger; a recall's
    stays until somebody has taken the lot off the shelf, and blocks its level until then."""

    class Kind(models.TextChoices):
        NEGATIVE = "negative", "Below zero"
        RECALL = "recall", "Recall"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, null=True, related_name="tasks")
    opened_at = models.DateTimeField(db_default=models.functions.Now())
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    # Of a recall: what was found on the shelf and put into quarantine.
    found = models.BigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], condition=Q(kind="negative", done_at__isnull=True), name="task_negative_once"),
            models.UniqueConstraint(fields=["recall", "location"], name="task_recall_once"),
            models.CheckConstraint(condition=Q(kind="recall") ^ Q(recall__isnull=True), name="task_recall_has_recall"),
        ]
        indexes = [models.Index(fields=["location", "-id"], condition=Q(done_at__isnull=True), name="task_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.variant_id}"
