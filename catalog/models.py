"""What is sold: products, variants, their codes and prices. Nothing that was sold is deleted; it is archived."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from kernel.ids import uuid7


class TaxClass(models.Model):
    """How a product is taxed. One rate a class for now, prices include it. Rate in parts per million: 190000 = 19%."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    rate = models.PositiveIntegerField(help_text="Parts per million: 190000 is 19%.")

    class Meta:
        verbose_name_plural = "tax classes"
        constraints = [models.CheckConstraint(condition=Q(rate__lt=1_000_000), name="tax_rate_below_one")]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    handle = models.SlugField(max_length=200, unique=True, allow_unicode=True)
    name = models.CharField(max_length=300)
    description = models.TextField(blank=True, default="")
    brand = models.CharField(max_length=100, blank=True, default="")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    tax_class = models.ForeignKey(TaxClass, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    # Name of an own-drawn tile (see templates/icons.svg); empty shows the initials.
    tile = models.SlugField(max_length=30, blank=True, default="")
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
        ]
        indexes = [
            models.Index(fields=["status", "sort_key", "id"], name="product_list"),
            models.Index(fields=["category", "sort_key", "id"], name="product_by_category"),
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
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="variant_has_sku"),
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


class RefusedRow(models.Model):
    """A row an import could not take: where it stood, which column, why."""

    job = models.UUIDField(db_index=True)
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=60)
    reason = models.CharField(max_length=300)
    row = ArrayField(models.TextField(), default=list)

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}"
