"""Who buys. What tells who somebody is stands encrypted in side records with a key of their own: erasing the key erases the person,
and every order, ledger and event that holds the customer's id stays valid.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from kernel.ids import uuid7


class Group(models.Model):
    """What prices and promotions know a customer by: its code."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """One person or firm across till and web. Nothing here tells who it is."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        BUSINESS = "business", "Business"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # What staff and the customer say to each other: "C-104233". From a sequence; may have gaps.
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    # Bought without an account: found by what they gave, and becomes an account when they sign up.
    guest = models.BooleanField(default=False)
    language = models.CharField(max_length=10, blank=True, default="")
    groups = models.ManyToManyField(Group, through="Membership", related_name="customers")
    # Of a business: what it may owe, minor units of `currency`; 0: nothing.
    account_limit = models.BigIntegerField(default=0, db_default=0)
    currency = models.CharField(max_length=3, blank=True, default="")
    # Proof that it pays no tax: its number is personal data, until when it holds is not.
    exempt_until = models.DateField(null=True, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    # Moves with every change: whoever edits says which they read.
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(account_limit__gte=0), name="customer_limit_not_negative"),
            models.CheckConstraint(condition=Q(account_limit=0) | Q(currency__regex="^[A-Z]{3}$"), name="customer_limit_has_currency"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="customer_not_merged_into_itself"),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="customer_recent")]

    def __str__(self) -> str:
        return self.number


class Membership(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "group"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.group_id}"


class PersonalData(models.Model):
    """`sealed` is AES-GCM of a JSON object under the person's own key: given_name, family_name, company, email, phone, birthday, tax_number.

    `key` is that key under the shop's key; without it nothing can be read again. `words` are keyed digests of what somebody is looked for
    by without being readable: beginnings of the words of the name, every e-mail address and phone, name and postcode together.
    """

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="personal")
    key = models.BinaryField()
    sealed = models.BinaryField()
    words = ArrayField(models.BinaryField(max_length=16), default=list)

    class Meta:
        indexes = [GinIndex(fields=["words"], name="personal_words")]

    def __str__(self) -> str:
        return f"data of {self.customer_id}"


class Identity(models.Model):
    """What somebody is known by. The value itself is personal data; `digest` is a keyed hash of it as it is compared."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"
        CARD = "card", "Loyalty card"
        EXTERNAL = "external", "Another system"

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=10, choices=Kind)
    # Of EXTERNAL: whose id it is.
    system = models.CharField(max_length=40, blank=True, default="")
    digest = models.BinaryField(max_length=32)
    # Under the person's key, for showing it.
    sealed = models.BinaryField()
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "system", "digest"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"


class Address(models.Model):
    """Never changed: what an order was sent to stays what it was. `sealed` under the person's key: name, company, lines, city, region,
    postcode, phone. The country and region stand open, for taxes and delivery."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="addresses")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=10, blank=True, default="")
    sealed = models.BinaryField()
    # In the address book; what only an order knows, or was replaced, is not.
    listed = models.BooleanField(default=True)
    default_shipping = models.BooleanField(default=False)
    default_billing = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(country__regex="^[A-Z]{2}$"), name="address_country_iso"),
            models.UniqueConstraint(fields=["customer"], condition=Q(default_shipping=True), name="address_one_shipping"),
            models.UniqueConstraint(fields=["customer"], condition=Q(default_billing=True), name="address_one_billing"),
        ]

    def __str__(self) -> str:
        return f"{self.country} of {self.customer_id}"


class Consent(models.Model):
    """Append-only: what was asked in which wording, and what was answered. The newest of a channel and purpose counts."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=10)
    purpose = models.CharField(max_length=40)
    given = models.BooleanField()
    wording = models.CharField(max_length=40, help_text="The version of the text that was shown.")
    source = models.CharField(max_length=40)
    actor = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(channel__in=["email", "sms", "phone", "post"]), name="consent_channel_known")]
        indexes = [models.Index(fields=["customer", "channel", "purpose", "-id"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose}: {self.given}"


class Note(models.Model):
    """What staff wrote down about somebody, sealed under the person's key."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    sealed = models.BinaryField()
    actor = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "-id"], name="note_recent")]

    def __str__(self) -> str:
        return f"note on {self.customer_id}"


class Suggestion(models.Model):
    """Two that may be one. `low` < `high`, so that a pair is suggested once."""

    class State(models.TextChoices):
        OPEN = "open", "To look at"
        MERGED = "merged", "Merged"
        DIFFERENT = "different", "Not the same"

    id = models.BigAutoField(primary_key=True)
    low = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    high = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField()
    settled_by = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="suggestion_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="suggestion_ordered"),
        ]
        indexes = [models.Index(fields=["-id"], condition=Q(state="open"), name="suggestion_open")]

    def __str__(self) -> str:
        return f"{self.low_id} and {self.high_id}"
