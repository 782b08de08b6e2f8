"""What products are sorted by: tax classes, brands, the category tree, product types with their attributes, collections."""

from django.db import models
from django.db.models import F, Q


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


class Brand(models.Model):
    code = models.SlugField(max_length=60, unique=True, allow_unicode=True)
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="brand_has_name")]

    def __str__(self) -> str:
        return self.name


class Described(models.Model):
    """What a page about it says. Translations: {"de": {"name": …, "description": …, "seo_title": …, "seo_description": …}}."""

    description = models.TextField(blank=True, default="", help_text="HTML, cleaned when it is written.")
    seo_title = models.CharField("search engine title", max_length=120, blank=True, default="")
    seo_description = models.CharField("search engine description", max_length=320, blank=True, default="")
    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True


class Category(Described):
    """One tree; a trigger refuses a circle."""

    code = models.SlugField(max_length=60, unique=True, allow_unicode=True)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        constraints = [models.CheckConstraint(condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="category_not_its_own_parent")]

    def __str__(self) -> str:
        return self.name


class ProductType(models.Model):
    """What sort of thing it is, and so which attributes tell about it."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    attributes: "models.ManyToManyField[Attribute, TypeAttribute]" = models.ManyToManyField(
        "Attribute", through="TypeAttribute", related_name="product_types"
    )

    def __str__(self) -> str:
        return self.name


class Attribute(models.Model):
    """One typed fact about products. How a value is stored in Product.attributes, by kind:

    text "…" · number integer thousandths of `unit` · choice "code" · multi_choice ["code", …] · boolean true or false ·
    date "2026-11-22" · measurement {"value": integer thousandths, "unit": "cm"}
    """

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        CHOICE = "choice", "Choice"
        MULTI_CHOICE = "multi_choice", "Several choices"
        BOOLEAN = "boolean", "Yes or no"
        DATE = "date", "Date"
        MEASUREMENT = "measurement", "Measurement"

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    unit = models.CharField(max_length=10, blank=True, default="", help_text="Of a number: g, W, °C.")
    # Whether lists of products can be narrowed by it.
    filterable = models.BooleanField(default=False)
    translations = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.name


class AttributeChoice(models.Model):
    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="choices")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=100)
    position = models.PositiveIntegerField(default=0)
    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attribute", "code"], name="choice_once_per_attribute")]

    def __str__(self) -> str:
        return self.name


class TypeAttribute(models.Model):
    type = models.ForeignKey(ProductType, on_delete=models.CASCADE, related_name="type_attributes")
    attribute = models.ForeignKey(Attribute, on_delete=models.PROTECT, related_name="type_attributes")
    position = models.PositiveIntegerField(default=0)
    # Asked for by the publish checklist; an import may leave it open.
    required = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["type", "attribute"], name="attribute_once_per_type")]

    def __str__(self) -> str:
        return f"{self.type} · {self.attribute}"


class Collection(Described):
    """Products put together by hand, or by a rule: facets (see catalog.facets) of which all must hold, each any of its values.

    {"category": ["tea"], "tag": ["vegan", "organic"]} is tea that is vegan or organic.
    """

    class Kind(models.TextChoices):
        MANUAL = "manual", "Chosen by hand"
        RULE = "rule", "By rule"

    code = models.SlugField(max_length=60, unique=True, allow_unicode=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    rule = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class CollectionProduct(models.Model):
    """Chosen by hand. What a rule finds is worked out when cards are made."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="members")
    product = models.ForeignKey("Product", on_delete=models.CASCADE, related_name="memberships")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "product"], name="product_once_per_collection")]

    def __str__(self) -> str:
        return f"{self.collection} · {self.product_id}"
