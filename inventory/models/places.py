"""Where stock lies, and which places a channel may promise from."""

from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from org.models import Channel, Store, validate_timezone


class Location(models.Model):
    class Kind(models.TextChoices):
        STORE = "store", "Store"
        WAREHOUSE = "warehouse", "Warehouse"
        TRANSIT = "transit", "In transit"
        DAMAGED = "damaged", "Damaged"
        QUARANTINE = "quarantine", "Quarantine"

    class Short(models.TextChoices):
        """What the till does with goods the book does not have."""

        ALLOW = "allow", "Sell without a word"
        WARN = "warn", "Warn, and sell"
        BLOCK = "block", "Only with a manager"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    # Whose it is: people of that store see it. A store sells from its one place of kind "store".
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    street = models.CharField(max_length=200, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    city = models.CharField(max_length=100, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    # Millionths of a degree.
    latitude = models.IntegerField(null=True, blank=True)
    longitude = models.IntegerField(null=True, blank=True)
    # {"mon": [["09:00", "18:30"]], …} in the place's own time; a day that is missing is closed, {} says nothing about hours.
    hours = models.JSONField(default=dict, blank=True)
    # Empty: the store's.
    timezone = models.CharField(max_length=50, blank=True, default="", validators=[validate_timezone])
    offers_pickup = models.BooleanField(default=False)
    # From order to ready on the counter, while it is open.
    pickup_minutes = models.PositiveIntegerField(default=120)
    ships = models.BooleanField(default=False)
    receives = models.BooleanField(default=True)
    short_sales = models.CharField(max_length=5, choices=Short, default=Short.ALLOW)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "kind"], name="location_one_of_a_kind"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90_000_000, 90_000_000), longitude__range=(-180_000_000, 180_000_000)),
                name="location_on_earth",
            ),
            models.CheckConstraint(condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="location_country_iso"),
            models.CheckConstraint(
                condition=Q(kind__in=["store", "warehouse"]) | Q(offers_pickup=False, ships=False), name="location_sells_to_serve"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """A channel promises from this place; the lowest `priority` first."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="sources")
    priority = models.PositiveSmallIntegerField(default=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "location"], name="source_once")]

    def __str__(self) -> str:
        return f"{self.channel_id} from {self.location_id}"
