"""Pictures: a file in the storage (disk or S3), what is known about it, and smaller copies made in the background."""

from django.db import models
from django.db.models import Q

from kernel.ids import uuid7


class Media(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Being prepared"
        READY = "ready", "Ready"
        FAILED = "failed", "Cannot be shown"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Named by its content, so a name never changes what it shows and may be kept by browsers for ever.
    file = models.FileField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    # As uploaded, for people.
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=30)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # The point that stays in sight when a copy is cut: thousandths from the left and from the top.
    focal_x = models.PositiveSmallIntegerField(default=500)
    focal_y = models.PositiveSmallIntegerField(default=500)
    # [{"file": …, "width": 320, "height": 320}, …]
    renditions = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    error = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "picture"
        constraints = [models.CheckConstraint(condition=Q(focal_x__lte=1000) & Q(focal_y__lte=1000), name="media_focal_point_inside")]

    def __str__(self) -> str:
        return self.name


class ProductMedia(models.Model):
    """A picture of a product; of one of its variants when `variant` says so."""

    product = models.ForeignKey("Product", on_delete=models.CASCADE, related_name="pictures")
    variant = models.ForeignKey("Variant", on_delete=models.CASCADE, null=True, blank=True, related_name="pictures")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="uses")
    alt = models.CharField("what it shows", max_length=200, blank=True, default="")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "variant", "media"], name="picture_once_per_product", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} · {self.media_id}"
