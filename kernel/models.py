"""The outbox, jobs, idempotency keys and the audit trail. No business nouns here."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.ids import uuid7


class Message(models.Model):
    """An event that happened, written in the transaction that made it happen."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField()
    occurred_at = models.DateTimeField()
    aggregate_type = models.CharField(max_length=50)
    aggregate_id = models.UUIDField()
    sequence = models.BigIntegerField()
    store = models.CharField(max_length=20, null=True)
    correlation = models.UUIDField()
    data = models.JSONField()
    recorded_at = models.DateTimeField(db_default=Now())
    # Assigned by the one relay that holds the fan-out lock, after commit. A reader that asks for
    # position > last never misses a message whose transaction was open longer than its neighbours'.
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["aggregate_type", "aggregate_id", "sequence"], name="message_once_per_sequence"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="message_waiting"),
            models.Index(fields=["type", "position"], name="message_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.aggregate_id}"


class Delivery(models.Model):
    """One message on its way to one subscriber. Staff see it, retry it and park it."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DONE = "done", "Delivered"
        PARKED = "parked", "Parked"

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    subscriber = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    # A claim: until lease_until it belongs to the worker that knows lease. A worker paused past
    # its lease finds another lease here and settles nothing.
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["message", "subscriber"], name="delivery_once_per_subscriber")]
        indexes = [
            models.Index(fields=["subscriber", "due_at"], condition=Q(state="pending"), name="delivery_due"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["subscriber", "-id"], name="delivery_by_subscriber"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.subscriber}"


class Job(models.Model):
    """Long work that a person started: arguments, progress, result, cancel; claimed by a worker with a lease."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, default="")
    cancel_requested = models.BooleanField(default=False)
    actor = models.UUIDField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["queued", "running"]), name="job_open"),
            models.Index(fields=["kind", "-created_at"], name="job_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class IdempotencyKey(models.Model):
    """The first answer to a write, kept in the transaction of its effect. Scope = principal + operation."""

    scope = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    answer = models.BinaryField()
    content_type = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class AuditEntry(models.Model):
    """One changed row, written by a trigger in the same transaction; sealed into a hash chain afterwards, in batches."""

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=63)
    row = models.CharField(max_length=64)
    action = models.CharField(max_length=6)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor = models.CharField(max_length=64)
    at = models.DateTimeField()
    seal_position = models.BigIntegerField(null=True, unique=True)
    seal = models.BinaryField(null=True, max_length=32)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["table", "row", "-id"], name="audit_by_row"),
            models.Index(fields=["id"], condition=Q(seal__isnull=True), name="audit_unsealed"),
            # Removals are rare: nobody walks the whole trail to find fifty.
            models.Index(fields=["action", "-id"], condition=~Q(action="update"), name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.row}"
