"""How sales are taxed: zones with dated rates by class, where each channel and store stands, and who need not pay.

Where no zone says otherwise a class has its own usual rate (TaxClass.rate).
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from catalog.models.structure import TaxClass
from org.models import Channel, Store


class TaxZone(models.Model):
    """Where the same rates hold: a country, or a region of it."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2)
    # The second part of ISO 3166-2 ("CA" of US-CA); empty: the whole country.
    region = models.CharField(max_length=3, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "region"], name="tax_zone_once"),
            models.CheckConstraint(condition=Q(country__regex="^[A-Z]{2}$"), name="tax_zone_country_iso"),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(models.Model):
    """One tax on one class of goods in a zone, for a time. A line may bear several, in order of `position`."""

    zone = models.ForeignKey(TaxZone, on_delete=models.CASCADE, related_name="rates")
    tax_class = models.ForeignKey(TaxClass, on_delete=models.PROTECT, related_name="rates")
    # What it is called in the books and on the receipt: "vat", "gst", "pst".
    code = models.SlugField(max_length=20, default="vat")
    name = models.CharField(max_length=60, default="VAT")
    rate = models.PositiveIntegerField(help_text="Parts per million: 190000 is 19%.")
    # On the price and the taxes before it, not on the price alone.
    compound = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    starts_on = models.DateField(null=True, blank=True)
    # The first day it no longer holds.
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate__lt=1_000_000), name="zone_rate_below_one"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="tax_rate_ends_after_start"
            ),
            ExclusionConstraint(
                name="tax_rate_no_overlap",
                expressions=[
                    ("zone", RangeOperators.EQUAL),
                    ("tax_class", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (Func(F("starts_on"), F("ends_on"), function="daterange", output_field=DateRangeField()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate}"


class ChannelTax(models.Model):
    """How a channel taxes: in which zone it stands, whether its prices hold the tax, how it rounds."""

    class Rounding(models.TextChoices):
        LINE = "line", "On every line"
        DOCUMENT = "document", "Once on the receipt or invoice"

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="+")
    zone = models.ForeignKey(TaxZone, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    prices_include_tax = models.BooleanField(default=True)
    rounding = models.CharField(max_length=10, choices=Rounding, default=Rounding.LINE)
    # Cash is paid in multiples of so many minor units; 1: to the last cent.
    cash_rounding = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name_plural = "channel taxes"
        constraints = [models.CheckConstraint(condition=Q(cash_rounding__gt=0), name="cash_rounding_positive")]

    def __str__(self) -> str:
        return str(self.channel_id)


class StoreTax(models.Model):
    """A store that stands in another zone than its channel."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="+")
    zone = models.ForeignKey(TaxZone, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "store taxes"

    def __str__(self) -> str:
        return str(self.store_id)


class TaxExemption(models.Model):
    """A customer's certificate. The customer is an opaque id: people live above the catalogue."""

    customer = models.UUIDField()
    certificate = models.CharField(max_length=60)
    # Codes of tax classes; empty: all of them.
    classes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    zone = models.ForeignKey(TaxZone, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    starts_on = models.DateField()
    expires_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(certificate=""), name="exemption_has_certificate"),
            models.CheckConstraint(condition=Q(expires_on__gt=F("starts_on")), name="exemption_expires_after_start"),
        ]
        indexes = [models.Index(fields=["customer", "expires_on"], name="exemption_of_customer")]

    def __str__(self) -> str:
        return self.certificate
