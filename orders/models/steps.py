"""What has happened to an order since it was placed, and what is still to be paid when."""

from django.db import models
from django.db.models import F, Q

from orders.models.order import Order


class OrderStep(models.Model):
    """Append-only: one thing that was done to an order. `facts` holds ids, codes and amounts, nothing that tells who bought."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="steps")
    # placed, paid, held, let_go, edited, cancelled, expired, returned, handed_over, invoiced, mailed, reviewed, note
    kind = models.CharField(max_length=20)
    facts = models.JSONField(default=dict)
    actor = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="order_step_order")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.kind}"


class Due(models.Model):
    """A part of what is to be paid: the deposit, the rest. Paid in their order."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="dues")
    position = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField()
    paid = models.BigIntegerField(default=0, db_default=0)
    due_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="due_once"),
            models.CheckConstraint(condition=Q(amount__gt=0, paid__gte=0, paid__lte=F("amount")), name="due_within"),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(paid__lt=F("amount")), name="due_open")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"
