"""What people write down: receipts, adjustments, opening stock; the packs they scan and what goods cost on average."""

from django.db import models
from django.db.models import Q, Value

from catalog.models import Variant
from inventory.models.places import Location
from inventory.models.tracking import Lot
from kernel.ids import uuid7


class Document(models.Model):
    """Its movements carry its id as `reference`, and the line's position as `line`. Posted when it is made; undone by movements the other way."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Receipt"
        ADJUSTMENT = "adjustment", "Adjustment"
        OPENING = "opening", "Opening stock"

    class Reason(models.TextChoices):
        NONE = "", "–"
        DAMAGED = "damaged", "Damaged"
        EXPIRED = "expired", "Expired"
        LOST = "lost", "Lost or stolen"
        FOUND = "found", "Found"
        OWN_USE = "own_use", "Own use or sample"
        MISCOUNT = "miscount", "Counted wrong"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # What people call it: Receipt 318.
    number = models.BigIntegerField(unique=True, db_default=models.Func(Value("inventory_document_number"), function="nextval"))
    kind = models.CharField(max_length=10, choices=Kind)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason, blank=True, default=Reason.NONE)
    supplier = models.CharField(max_length=100, blank=True, default="")
    # Theirs: the delivery note's number.
    paper = models.CharField(max_length=60, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")
    # What several documents came with: one file of opening stock for several places.
    run = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind="adjustment") ^ Q(reason=""), name="document_adjustment_has_reason")]
        indexes = [
            models.Index(fields=["location", "-id"], name="document_of_location"),
            models.Index(fields=["run"], condition=Q(run__isnull=False), name="document_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class DocumentLine(models.Model):
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    # Signed, as it moved.
    quantity = models.BigIntegerField()
    # Minor units of the company's currency, for all of it.
    cost = models.BigIntegerField(null=True)
    # What the variant cost on average before this document and after it (ItemCost); where the document moved that.
    average_before = models.BigIntegerField(null=True)
    average_after = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "position"], name="document_line_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="document_line_of_something"),
            models.CheckConstraint(condition=Q(cost__isnull=True) | Q(cost__gte=0), name="document_line_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.variant_id}"


class Pack(models.Model):
    """A case with a code of its own: scanned at a receipt it is `quantity` thousandths of the variant."""

    # 14 digits, as catalog's.
    gtin = models.CharField(primary_key=True, max_length=14)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="packs")
    quantity = models.BigIntegerField()
    name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(gtin__regex="^[0-9]{14}$"), name="pack_14_digits"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="pack_of_something"),
        ]

    def __str__(self) -> str:
        return self.gtin.lstrip("0").zfill(8)


class ItemCost(models.Model):
    """What a variant costs on average, over all places: moved by each receipt that names its cost."""

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    # Thousandths of a minor unit of the company's currency, for 1000 thousandths of the variant.
    average = models.BigIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(average__gte=0), name="item_cost_not_negative")]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.average}"
