"""What is sold: products, variants, their codes and prices, and where they are offered. Nothing that was sold is deleted;
it is archived."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from catalog.models.structure import Brand, Category, Described, ProductType, TaxClass
from kernel.ids import uuid7
from org.models import Channel, Store


class LifeCycle(models.TextChoices):
    """Where a product stands in the range: in the whole shop, or in one store where StoreRange says otherwise."""

    PLANNED = "planned", "Planned"
    ACTIVE = "active", "Active"
    RUN_DOWN = "run_down", "Run-down"
    DELISTED = "delisted", "Delisted"


class Product(Described):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    handle = models.SlugField(max_length=200, unique=True, allow_unicode=True)
    name = models.CharField(max_length=300)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    type = models.ForeignKey(ProductType, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    # By code; how each kind is written is told at Attribute.
    attributes = models.JSONField(default=dict, blank=True)
    # Lower-case codes, each once, in order.
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    tax_class = models.ForeignKey(TaxClass, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    life_cycle = models.CharField(max_length=10, choices=LifeCycle, default=LifeCycle.ACTIVE)
    # Years a buyer must be; empty: anybody.
    age_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    tracks_serials = models.BooleanField("each piece has a serial number", default=False)
    tracks_lots = models.BooleanField("kept by lot", default=False)
    # Name of an own-drawn tile (see templates/icons.svg); empty shows the initials.
    tile = models.SlugField(max_length=30, blank=True, default="")
    # Where its source keeps a picture; never shown from there.
    image_url = models.URLField(max_length=500, blank=True, default="")
    # Case-folded and without accents: the embedded database has no ICU to sort by.
    sort_key = models.CharField(max_length=300, editable=False, db_collation="C")
    # Where an import brought it from, and the hash of the row as it came: the same row again changes nothing.
    source = models.CharField(max_length=30, blank=True, default="")
    source_key = models.CharField(max_length=200, blank=True, default="")
    source_hash = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_key"], condition=~Q(source_key=""), name="product_once_per_source"),
            models.CheckConstraint(condition=~Q(name=""), name="product_has_name"),
            models.CheckConstraint(condition=Q(age_limit__isnull=True) | Q(age_limit__range=(1, 99)), name="product_age_limit_in_years"),
        ]
        indexes = [
            models.Index(fields=["status", "sort_key", "id"], name="product_list"),
            models.Index(fields=["category", "sort_key", "id"], name="product_by_category"),
            models.Index(fields=["sort_key", "id"], name="product_by_name"),
            models.Index(fields=["-updated_at", "id"], name="product_recent"),
            GinIndex(OpClass(Upper(F("name")), name="gin_trgm_ops"), name="product_name_words"),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """The thing that is counted, priced and scanned."""

    class SoldBy(models.TextChoices):
        EACH = "each", "Each"
        WEIGHT = "weight", "Weight"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200, blank=True, default="", help_text="What tells it from its siblings: Red, 500 g.")
    options = models.JSONField(default=dict, blank=True)
    # Net content in thousandths of its unit: 0.75 L is 750 of "l", 200 g is 200000 of "g".
    net_content = models.BigIntegerField(null=True, blank=True)
    net_unit = models.CharField(
        max_length=5, blank=True, default="", choices=[("g", "g"), ("kg", "kg"), ("ml", "ml"), ("l", "l"), ("piece", "piece")]
    )
    sold_by = models.CharField(max_length=10, choices=SoldBy, default=SoldBy.EACH)
    # What it costs the shop, in minor units of the company's currency for 1000 thousandths.
    reference_cost = models.BigIntegerField(null=True, blank=True)
    # The deposit that is charged with it: another variant with its own price and tax.
    deposit = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="deposit_of")
    # {"de": {"name": …}}
    translations = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="variant_has_sku"),
            models.CheckConstraint(condition=Q(reference_cost__isnull=True) | Q(reference_cost__gte=0), name="variant_cost_not_negative"),
            models.CheckConstraint(condition=Q(deposit__isnull=True) | ~Q(deposit=F("id")), name="variant_not_its_own_deposit"),
            models.CheckConstraint(condition=Q(net_content__isnull=True) | Q(net_content__gt=0), name="variant_net_content_positive"),
        ]
        indexes = [
            models.Index(fields=["product", "position", "id"], name="variant_of_product"),
            GinIndex(OpClass(Upper(F("sku")), name="gin_trgm_ops"), name="variant_sku_part"),
        ]

    def __str__(self) -> str:
        return self.sku


class Gtin(models.Model):
    """A code on the pack. Stored as 14 digits (GS1 GTIN-14, zeros in front), with a right check digit."""

    gtin = models.CharField(primary_key=True, max_length=14)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="gtins")

    class Meta:
        verbose_name = "GTIN"
        constraints = [models.CheckConstraint(condition=Q(gtin__regex="^[0-9]{14}$"), name="gtin_14_digits")]

    def __str__(self) -> str:
        return self.gtin.lstrip("0").zfill(8)


class Price(models.Model):
    """Minor units of `currency` for `price_quantity` thousandths of the variant's unit: 320 per 1000 = 3.20 per kg."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    price_quantity = models.PositiveIntegerField(default=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "currency"], name="price_once_per_currency"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_not_negative"),
            models.CheckConstraint(condition=Q(price_quantity__gt=0), name="price_quantity_positive"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="price_currency_iso"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class HandleRedirect(models.Model):
    """A handle a product had before: addresses that were shared go on leading to it."""

    handle = models.CharField(max_length=200, primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="redirects")

    def __str__(self) -> str:
        return self.handle


class Publication(models.Model):
    """Where a product is offered, and when. Without a row it is offered in the channel as long as it is active and priced."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="publications")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    offered = models.BooleanField(default=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "channel"], name="publication_once_per_channel"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="publication_ends_after_start"
            ),
        ]
        # The next window to open or close.
        indexes = [
            models.Index(fields=["channel", "starts_at"], name="publication_by_start"),
            models.Index(fields=["channel", "ends_at"], name="publication_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.channel_id}"


class StoreRange(models.Model):
    """A store where the product stands elsewhere in its life than in the shop as a whole."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="ranges")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    life_cycle = models.CharField(max_length=10, choices=LifeCycle)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "store"], name="range_once_per_store")]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.store_id}: {self.life_cycle}"
