"""Money asked for at a gateway: every attempt is written down before the call, and what came of it after.

A call whose answer never came is not repeated blindly: it has a key of its own at the provider, and is asked about by that.
No card number is ever here: `token` is what the provider gave the shopper's browser for it.
"""

from django.db import models
from django.db.models import F, Q

from kernel.ids import uuid7
from orders.models.order import Order, Payment


class Attempt(models.Model):
    class State(models.TextChoices):
        # Written down; the call may be on its way.
        CREATED = "created", "Asked"
        # The shopper has to do something: 3-D Secure.
        ACTION = "action", "Waits for the customer"
        AUTHORISED = "authorised", "Authorised"
        CAPTURED = "captured", "Captured"
        DECLINED = "declined", "Declined"
        VOIDED = "voided", "Voided"
        # No answer, or one that says nothing: asked about until it is known.
        UNKNOWN = "unknown", "Not known yet"
        # Asked about for too long, or what came does not fit: a person decides.
        REVIEW = "review", "Needs review"

    class Wants(models.TextChoices):
        CAPTURE = "capture", "Taken"
        # The money is only set aside: somebody captures it later, all or a part.
        HOLD = "hold", "Held"
        VOID = "void", "Let go"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attempts")
    # The name of the backend in settings.PAYMENT_BACKENDS.
    backend = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=State, default=State.CREATED)
    captured = models.BigIntegerField(default=0, db_default=0)
    refunded = models.BigIntegerField(default=0, db_default=0)
    # Ours at the provider, derived from our id: the same call twice is one charge.
    key = models.CharField(max_length=64, unique=True)
    # What shall become of it, written down before it is asked for; and of a capture, how much.
    wants = models.CharField(max_length=10, choices=Wants, default=Wants.CAPTURE)
    wanted = models.BigIntegerField(default=0, db_default=0)
    token = models.CharField(max_length=255, blank=True, default="")
    # The provider's, once it is known.
    reference = models.CharField(max_length=255, blank=True, default="")
    label = models.CharField(max_length=60, blank=True, default="")
    # What the shopper's browser needs to go on: an address or a secret for this payment alone.
    action = models.JSONField(default=dict, blank=True)
    code = models.CharField(max_length=60, blank=True, default="", help_text="Why it was declined or is not known.")
    tries = models.PositiveSmallIntegerField(default=0)
    # When it is looked at again; None: nothing is open.
    due_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, related_name="attempt")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="attempt_of_something"),
            models.CheckConstraint(condition=Q(captured__gte=0, captured__lte=F("amount")), name="attempt_captured_within"),
            models.CheckConstraint(condition=Q(refunded__gte=0, refunded__lte=F("captured")), name="attempt_refunded_within"),
            models.UniqueConstraint(fields=["backend", "reference"], condition=~Q(reference=""), name="attempt_reference_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="attempt_due"),
            models.Index(fields=["state", "-created_at", "-id"], name="attempt_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.backend} {self.amount} {self.currency}: {self.state}"


class AttemptStep(models.Model):
    """Append-only: what was asked, answered or told about one attempt."""

    id = models.BigAutoField(primary_key=True)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="steps")
    what = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.attempt_id}: {self.what}"


class ProviderRefund(models.Model):
    """Money to be given back at the gateway: as an attempt, written down before it is asked for."""

    class State(models.TextChoices):
        CREATED = "created", "Asked"
        DONE = "done", "Done"
        FAILED = "failed", "Refused"
        UNKNOWN = "unknown", "Not known yet"
        REVIEW = "review", "Needs review"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="refunds")
    # The tender below zero that it carries out.
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, related_name="provider_refund")
    amount = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.CREATED)
    key = models.CharField(max_length=64, unique=True)
    reference = models.CharField(max_length=255, blank=True, default="")
    code = models.CharField(max_length=60, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="provider_refund_of_something")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="provider_refund_due")]

    def __str__(self) -> str:
        return f"{self.amount} of {self.attempt_id}: {self.state}"


class ProviderEvent(models.Model):
    """A webhook as it came, once. Early ones wait for what they are about; late and repeated ones change nothing."""

    class State(models.TextChoices):
        HELD = "held", "Waits for its payment"
        APPLIED = "applied", "Applied"
        IGNORED = "ignored", "Nothing to do"

    id = models.BigAutoField(primary_key=True)
    backend = models.CharField(max_length=40)
    event = models.CharField(max_length=255)
    kind = models.CharField(max_length=80)
    reference = models.CharField(max_length=255, blank=True, default="")
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=State)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["backend", "event"], name="provider_event_once")]
        indexes = [models.Index(fields=["backend", "reference"], condition=Q(state="held"), name="provider_event_held")]

    def __str__(self) -> str:
        return f"{self.backend} {self.kind}"


class Discrepancy(models.Model):
    """What reconciliation found between our book and the provider's, and what was done about it."""

    class State(models.TextChoices):
        OPEN = "open", "To look at"
        REPAIRED = "repaired", "Repaired"
        ACCEPTED = "accepted", "Accepted"

    id = models.BigAutoField(primary_key=True)
    backend = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    reference = models.CharField(max_length=255)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, null=True, related_name="+")
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["backend", "kind", "reference"], condition=Q(state="open"), name="discrepancy_once")]
        indexes = [models.Index(fields=["state", "-found_at", "-id"], name="discrepancy_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
