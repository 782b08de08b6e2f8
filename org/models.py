"""Companies, stores, channels, people and what they may do, API keys, settings."""

from datetime import time
from functools import cache
from typing import ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from kernel.ids import uuid7

# Looking for them reads hundreds of files.
known_timezones = cache(available_timezones)


def validate_timezone(name: str) -> None:
    if name not in known_timezones():
        raise ValidationError("%(name)s is not a time zone. Use a name such as Europe/Berlin.", params={"name": name})


class Company(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    # As an invoice has to show them: Directive 2006/112/EC, article 226. Empty: not known yet, and not printed.
    legal_name = models.CharField(max_length=200, blank=True, default="")
    line1 = models.CharField("address", max_length=120, blank=True, default="")
    line2 = models.CharField("address, second line", max_length=120, blank=True, default="")
    postcode = models.CharField(max_length=16, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="", help_text="Two capital letters: DE.")
    tax_number = models.CharField(max_length=40, blank=True, default="", help_text="Its VAT number: DE123456789.")
    registration = models.CharField(max_length=120, blank=True, default="", help_text="Where it is registered, and as what: HRB 12345, Berlin.")

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="company_currency_iso"),
            models.CheckConstraint(condition=Q(country__regex="^([A-Z]{2})?$"), name="company_country_iso"),
        ]

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    """Where goods are offered: the stores' counter, a web shop, a marketplace."""

    class Kind(models.TextChoices):
        STORE = "store", "Store"
        WEB = "web", "Web"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="channel_currency_iso")]

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    address = models.TextField(blank=True, default="")
    timezone = models.CharField(max_length=50, validators=[validate_timezone])
    # Sales before this hour of the store's clock belong to the day before.
    day_cutoff = models.TimeField(default=time(4, 0))
    currency = models.CharField(max_length=3)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="store_currency_iso")]

    def __str__(self) -> str:
        return self.name


class StoreGroup(models.Model):
    """Stores that are treated alike: city stores, those by the motorway."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    stores: "models.ManyToManyField[Store, models.Model]" = models.ManyToManyField(Store, related_name="groups", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="store_group_has_name")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> "User":
        """For `manage.py createsuperuser`: a user with the owner's grant."""
        user = self.create_user(username, password, **fields)
        RoleGrant.objects.create(user=user, role=RoleGrant.Role.OWNER)
        return user


class User(AbstractBaseUser):
    """A person of the staff. What they may do comes from role grants alone; there is no superuser flag."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True, default="")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    # What Django's admin asks. The answers come from org.access; see there.
    @property
    def is_staff(self) -> bool:
        from org.access import may_enter_back_office

        return may_enter_back_office(self)

    def has_perm(self, permission: str, obj: object = None) -> bool:
        from org.access import has_model_permission

        return has_model_permission(self, permission)

    def has_perms(self, permissions: list[str], obj: object = None) -> bool:
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        from org.access import has_app_permission

        return has_app_permission(self, app_label)


class RoleGrant(models.Model):
    """A role somebody holds: everywhere, or in one store, or in one channel."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MERCHANDISER = "merchandiser", "Merchandiser"
        PRICING_MANAGER = "pricing_manager", "Pricing manager"
        STORE_MANAGER = "store_manager", "Store manager"
        CASHIER = "cashier", "Cashier"
        SUPPORT = "support", "Support"
        ACCOUNTANT = "accountant", "Accountant"
        STOCK_CLERK = "stock_clerk", "Stock clerk"
        ENGINEER = "engineer", "Engineer"
        VIEWER = "viewer", "Viewer"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "store", "channel"], name="grant_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(store__isnull=True) | Q(channel__isnull=True), name="grant_store_or_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.store or self.channel or 'everywhere'}"


class ApiKey(models.Model):
    """A head's key. Only the hash is kept; a publishable key may stand in a browser and reads one channel's catalogue."""

    class Kind(models.TextChoices):
        PUBLISHABLE = "publishable", "Publishable"
        SECRET = "secret", "Secret"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    # First characters, shown so that people can tell keys apart.
    hint = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class Setting(models.Model):
    """One stored value of a typed setting (org.settings names them all). Store empty = everywhere."""

    name = models.CharField(max_length=60)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    value = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "store"], name="setting_once", nulls_distinct=False)]

    def __str__(self) -> str:
        return f"{self.name} · {self.store or 'everywhere'}"


class SavedView(models.Model):
    """A list as somebody wants to find it again: its filters, search and order under a name."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    # Which list: "catalog.product".
    list = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    # Its query string, without the page.
    query = models.CharField(max_length=2000, blank=True, default="")
    # Everybody who sees the list sees the view.
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "list", "name"], name="saved_view_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
