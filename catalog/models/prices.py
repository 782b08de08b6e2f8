"""Price lists: what a variant costs in some places, for some people, from some quantity on, for a time.

The base price of a variant is its Price (catalog.models.products). A price list says otherwise where and while it
applies. Which one wins is told in docs/pricing.md and by catalog.pricing. Times are store times: the instant stored is that wall
clock in the shop's zone (setting shop.timezone), and every store begins when its own clock says so.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from catalog.models.products import Variant
from kernel.ids import uuid7
from org.models import Channel, Store, StoreGroup


class PriceList(models.Model):
    """Prices that hold in one place: everywhere, a channel, a group of stores, or the stores named."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    store_group = models.ForeignKey(StoreGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stores: "models.ManyToManyField[Store, PriceListStore]" = models.ManyToManyField(Store, through="PriceListStore", related_name="+")
    # Only customers of this group get them; empty: everybody.
    customer_group = models.SlugField(max_length=60, blank=True, default="")
    # Before all other rules of precedence: the higher one wins.
    priority = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="price_list_has_name"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="price_list_currency_iso"),
            models.CheckConstraint(condition=Q(channel__isnull=True) | Q(store_group__isnull=True), name="price_list_one_place"),
            models.CheckConstraint(condition=Q(priority__range=(-1000, 1000)), name="price_list_priority"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceListStore(models.Model):
    """A store the list is for. A list with stores names neither a channel nor a group (a trigger keeps it so)."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="places")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["price_list", "store"], name="price_list_store_once")]

    def __str__(self) -> str:
        return f"{self.price_list_id} in {self.store_id}"


class PriceChange(models.Model):
    """Prices somebody wants to bring in together: "Saturday offers, Northside and Riverside". They hold once it is approved."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        WAITING = "waiting", "Waiting for approval"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="changes")
    name = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # Prices of the list that stand in their way make room for them.
    replaces = models.BooleanField(default=False)
    # Why a second person is asked, in words: "18 of 40 prices change by more than 30%". Empty: nobody has to be.
    reason = models.CharField(max_length=300, blank=True, default="")
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    remark = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            # Four eyes. Without a reason nobody has to look, and whoever made it lets it in.
            models.CheckConstraint(
                condition=Q(reason="") | ~Q(state="approved") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))),
                name="price_change_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-made_at"], name="price_change_by_state"),
            models.Index(fields=["-made_at", "-id"], name="price_change_recent"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceEntry(models.Model):
    """`amount` minor units for `price_quantity` thousandths, from `from_quantity` thousandths in the basket on.

    An entry that has begun is history: it can be ended, and nothing else of it changes (a trigger keeps it so).
    """

    id = models.BigAutoField(primary_key=True)
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="entries")
    change = models.ForeignKey(PriceChange, on_delete=models.PROTECT, null=True, blank=True, related_name="entries")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="list_prices")
    amount = models.BigIntegerField()
    price_quantity = models.PositiveIntegerField(default=1000)
    from_quantity = models.BigIntegerField(default=1000)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    # It holds: nobody had to approve it, or somebody did.
    live = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "price entries"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_entry_not_negative"),
            models.CheckConstraint(condition=Q(price_quantity__gt=0), name="price_entry_quantity_positive"),
            models.CheckConstraint(condition=Q(from_quantity__gt=0), name="price_entry_from_positive"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="price_entry_ends_after_start"
            ),
            ExclusionConstraint(
                name="price_entry_no_overlap",
                expressions=[
                    ("price_list", RangeOperators.EQUAL),
                    ("variant", RangeOperators.EQUAL),
                    ("from_quantity", RangeOperators.EQUAL),
                    (Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField()), RangeOperators.OVERLAPS),
                ],
                condition=Q(live=True),
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "price_list"], name="price_entry_of_variant"),
            models.Index(fields=["price_list", "variant", "id"], name="price_entry_of_list"),
            # The next to begin or end.
            models.Index(fields=["starts_at"], condition=Q(live=True), name="price_entry_by_start"),
            models.Index(fields=["ends_at"], condition=Q(live=True), name="price_entry_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.amount}"


class PricePoint(models.Model):
    """What a base price became, and when: written by a trigger on every change of one. Amount empty: it went away."""

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(null=True)
    price_quantity = models.PositiveIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["variant", "currency", "at"], name="price_point_of_variant")]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.amount} {self.currency}"


class Sticker(models.Model):
    """A markdown: goods marked down by hand, found by the code on their sticker. Final sale: no other offer touches them."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "Percent off"
        AMOUNT = "amount", "Amount off"
        PRICE = "price", "Price"

    # 13 digits that begin with 28 (GS1: for use within the company), with a check digit.
    code = models.CharField(primary_key=True, max_length=13)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="stickers")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERCENT)
    # Parts per million, or minor units.
    value = models.BigIntegerField()
    pieces = models.PositiveIntegerField(help_text="How many stickers were printed.")
    reason = models.CharField(max_length=100)
    expires_at = models.DateTimeField()
    made_by = models.UUIDField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code__regex="^28[0-9]{11}$"), name="sticker_code"),
            models.CheckConstraint(condition=Q(value__gt=0) & (~Q(kind="percent") | Q(value__lte=1_000_000)), name="sticker_value"),
            models.CheckConstraint(condition=Q(pieces__gt=0), name="sticker_pieces"),
        ]
        indexes = [models.Index(fields=["store", "-made_at"], name="sticker_of_store"), models.Index(fields=["-made_at"], name="sticker_recent")]

    def __str__(self) -> str:
        return self.code
