"""Runs that change many products at once (imports, the grid), what they plan and refuse, and what every change was."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.ids import uuid7


class ImportRun(models.Model):
    """One file or one pasted grid on its way into the catalogue: read, reviewed, applied, perhaps undone."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Columns to match"
        READING = "reading", "Being read"
        REVIEW = "review", "To review"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # What people call it: the file's name as uploaded, or "Edited in the grid".
    name = models.CharField(max_length=200)
    # Where the file lies in the storage; empty for the grid and for a file read by the command.
    file = models.CharField(max_length=200, blank=True, default="")
    # SHA-256 of what stands in the file: the same file under another name is known again. Empty for the grid.
    digest = models.CharField(max_length=64, blank=True, default="")
    format = models.CharField(max_length=30)
    currency = models.CharField(max_length=3)
    tax_class = models.CharField(max_length=20, blank=True, default="")
    # Column of the file -> field of ours; only for files that are not in a known format.
    mapping = models.JSONField(default=dict, blank=True)
    # {"<line>": {"<column>": "<cell>"}}: put right by people without touching the file.
    fixes = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State)
    # The kernel.Job that reads, applies or undoes right now, or did last.
    job = models.UUIDField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    columns = models.PositiveIntegerField(default=0)
    # {"created": 482, "changed": 31, "unchanged": 0, "refused": 6, "restored": 0, "edited": 0, "ms": 1800}
    tally = models.JSONField(default=dict, blank=True)
    error = models.CharField(max_length=500, blank=True, default="")
    actor = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "import"
        indexes = [models.Index(fields=["-created_at", "id"], name="import_run_recent")]

    def __str__(self) -> str:
        return self.name


class PlannedChange(models.Model):
    """What applying a run would do to one product. Gone once it is applied or cancelled."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="planned")
    line = models.PositiveIntegerField()
    # Empty for a product that is new.
    product = models.UUIDField(null=True, blank=True)
    name = models.CharField(max_length=300)
    # {"price EUR SKU-1": [before, after], …}, the paths of catalog.revisions; of a new product what it starts with.
    fields = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["run", "line"], name="planned_of_run")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.name}"


class RefusedRow(models.Model):
    """A row a run could not take: where it stood, which column, why."""

    run = models.UUIDField(db_index=True)
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=60)
    reason = models.CharField(max_length=300)
    # What the cell probably should say; empty when nobody can tell.
    suggestion = models.CharField(max_length=300, blank=True, default="")
    row = ArrayField(models.TextField(), default=list)

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}"


class ColumnMapping(models.Model):
    """How the columns of such a file were matched last time: known by its header."""

    header_hash = models.CharField(max_length=64, unique=True)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.header_hash[:12]


class Revision(models.Model):
    """One change of one product with what it said before and after: the history people read, and what undo goes by.

    The audit trail beside it is written by triggers, row by row; this one speaks of products.
    """

    class Kind(models.TextChoices):
        CREATED = "created", "Created"
        CHANGED = "changed", "Changed"
        UNDONE = "undone", "Undone"

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey("Product", on_delete=models.CASCADE, related_name="revisions")
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, null=True, blank=True, related_name="revisions")
    kind = models.CharField(max_length=8, choices=Kind)
    # {path: [before, after]}; see catalog.revisions for the paths. Empty for a product that was created.
    fields = models.JSONField(default=dict)
    # Paths somebody edited since, looked at when it was undone, and left as they are.
    kept = models.JSONField(default=list, blank=True)
    # Undone by that later revision, as a whole or in part.
    undone_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # A user's id, or what a program calls itself.
    actor = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["product", "-id"], name="revision_of_product"),
            models.Index(fields=["run", "id"], name="revision_of_run", condition=Q(run__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.product_id}"
