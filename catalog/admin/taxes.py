"""Taxes in the back office: zones, their dated rates, where channels and stores stand, exemptions."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.structure_forms import PercentField, StructureForm, text
from catalog.admin.structure_page import StructureAdmin
from catalog.models import ChannelTax, StoreTax, TaxClass, TaxExemption, TaxRate, TaxZone
from catalog.services import taxes
from org.models import Channel, Store
from org.templatetags.office import percent_text


def day(label: Any, *, required: bool = False, hint: Any = "") -> forms.DateField:
    return forms.DateField(label=label, required=required, help_text=hint, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ZoneForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=30, help_text=gettext_lazy("Short and lower-case: de. It stays."))
    country = text(gettext_lazy("Country"), 2, required=True, hint=gettext_lazy("Two letters, such as DE. It stays."))
    region = text(gettext_lazy("Region"), 3, hint=gettext_lazy("Of the country, such as CA of US-CA. Empty: all of it."))
    sections = ((gettext_lazy("Tax zone"), ("name", "code", "country", "region")),)

    def _add_fields(self) -> None:
        if self.row is not None:
            del self.fields["country"], self.fields["region"]


@admin.register(TaxZone)
class TaxZoneAdmin(StructureAdmin):
    asks = ZoneForm
    list_display: ClassVar[Any] = ["name", "country", "region", "charged"]
    search_fields: ClassVar[Any] = ["name", "code", "country"]
    search_hint = gettext_lazy("Name, code or country")
    ordering: ClassVar[Any] = ["country", "region", "id"]
    one = gettext_lazy("tax zone")
    empty_icon = "percent"
    empty_title = gettext_lazy("No tax zones yet")
    empty_text = gettext_lazy("Without one every tax class charges its own rate. Add one where rates differ by place, or change with a date.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("rates__tax_class")

    @admin.display(description=gettext_lazy("Charged today"), empty_value="")
    def charged(self, zone: TaxZone) -> str:
        today = timezone.localdate()
        held = [rate for rate in zone.rates.all() if holds(rate, today)]
        return ", ".join(
            f"{rate.tax_class.name} {percent_text(rate.rate)}" for rate in sorted(held, key=lambda rate: (rate.tax_class.name, rate.position))
        )

    def put(self, form: ZoneForm, row: Any, *, now: datetime, actor: UUID | None) -> TaxZone:
        given = form.given()
        if row is None:
            return taxes.create_tax_zone(**given, now=now, actor=actor)
        return taxes.change_tax_zone(zone=row.pk, fields={"name": given["name"]}, now=now, actor=actor)


def holds(rate: TaxRate, today: date) -> bool:
    return (rate.starts_on is None or rate.starts_on <= today) and (rate.ends_on is None or rate.ends_on > today)


class RateForm(StructureForm):
    zone = forms.ModelChoiceField(TaxZone.objects.order_by("name"), label=gettext_lazy("Zone"))
    tax_class = forms.ModelChoiceField(TaxClass.objects.order_by("name"), label=gettext_lazy("Tax class"))
    code = forms.SlugField(label=gettext_lazy("Tax"), max_length=20, initial="vat", help_text=gettext_lazy("vat, gst, pst: a line may bear several."))
    name = text(gettext_lazy("On the receipt"), 60, required=True, hint=gettext_lazy("VAT, GST"))
    rate = PercentField(label=gettext_lazy("Rate in percent"))
    starts_on = day(gettext_lazy("From"), hint=gettext_lazy("The rate that holds until then ends. Empty: since ever."))
    position = forms.IntegerField(label=gettext_lazy("Order"), min_value=0, max_value=9, initial=0, help_text=gettext_lazy("Among several taxes."))
    compound = forms.BooleanField(label=gettext_lazy("On the taxes before it too"), required=False)
    sections = (
        (gettext_lazy("Tax rate"), ("zone", "tax_class", "rate", "starts_on")),
        (gettext_lazy("Which tax"), ("name", "code", "position", "compound")),
    )


class EndForm(StructureForm):
    ends_on = day(gettext_lazy("No longer charged from"), required=True, hint=gettext_lazy("To change a rate, add the new one instead."))
    sections = ((gettext_lazy("End this rate"), ("ends_on",)),)


class WhenFilter(admin.SimpleListFilter):
    title = gettext_lazy("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", gettext_lazy("Today")), ("planned", gettext_lazy("Planned")), ("past", gettext_lazy("Over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        chosen = {
            "now": (Q(starts_on=None) | Q(starts_on__lte=today)) & (Q(ends_on=None) | Q(ends_on__gt=today)),
            "planned": Q(starts_on__gt=today),
            "past": Q(ends_on__lte=today),
        }.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen)


@admin.register(TaxRate)
class TaxRateAdmin(StructureAdmin):
    list_display: ClassVar[Any] = ["named", "tax_class", "tax", "share", "starts_on", "ends_on"]
    numeric: ClassVar[Any] = ("share",)
    list_filter: ClassVar[Any] = [WhenFilter, "zone", "tax_class"]
    search_fields: ClassVar[Any] = ["zone__name", "zone__code", "name"]
    search_hint = gettext_lazy("Zone or tax")
    list_select_related: ClassVar[Any] = ["zone", "tax_class"]
    ordering: ClassVar[Any] = ["zone__name", "tax_class__name", "code", "-starts_on", "id"]
    one = gettext_lazy("tax rate")
    empty_icon = "percent"
    empty_title = gettext_lazy("No tax rates yet")
    empty_text = gettext_lazy("Add a zone first, then the rate of each tax class in it.")
    removing_hint = gettext_lazy("Only before its first day. The rate before it runs on.")

    @property
    def asks(self) -> Any:  # type: ignore[override]
        return lambda data, *, row, locked: (RateForm if row is None else EndForm)(data, row=row, locked=locked)

    @admin.display(description=gettext_lazy("Zone"), ordering="zone__name")
    def named(self, rate: TaxRate) -> str:
        return rate.zone.name

    @admin.display(description=gettext_lazy("Tax"))
    def tax(self, rate: TaxRate) -> str:
        return f"{rate.name} ({_('compound')})" if rate.compound else rate.name

    @admin.display(description=gettext_lazy("Rate"))
    def share(self, rate: TaxRate) -> str:
        return percent_text(rate.rate)

    def put(self, form: Any, row: Any, *, now: datetime, actor: UUID | None) -> TaxRate:
        given = form.given()
        if row is not None:
            return taxes.end_rate(rate=row.pk, ends_on=given["ends_on"], now=now, actor=actor)
        new = taxes.NewRate(tax_class=given.pop("tax_class").pk, **{name: value for name, value in given.items() if name != "zone"})
        return taxes.add_rate(zone=given["zone"].pk, rate=new, now=now, actor=actor)

    @staticmethod
    def take_out(id: int, *, now: datetime, actor: UUID | None) -> None:
        taxes.remove_rate(rate=id, now=now, actor=actor)

    def note(self, row: TaxRate) -> str:
        return f"{row.zone.name} · {row.tax_class.name} · {percent_text(row.rate)}"


class ChannelForm(StructureForm):
    channel = forms.ModelChoiceField(Channel.objects.order_by("name"), label=gettext_lazy("Channel"))
    zone = forms.ModelChoiceField(
        TaxZone.objects.order_by("name"),
        label=gettext_lazy("Tax zone"),
        required=False,
        empty_label=gettext_lazy("None: each class has its own rate"),
    )
    prices_include_tax = forms.BooleanField(label=gettext_lazy("Prices include the tax"), required=False, initial=True)
    rounding = forms.ChoiceField(label=gettext_lazy("Tax is rounded"), choices=ChannelTax.Rounding)
    cash_rounding = forms.IntegerField(
        label=gettext_lazy("Cash is rounded to"),
        min_value=1,
        max_value=1000,
        initial=1,
        help_text=gettext_lazy("Minor units: 5 is 0.05."),
    )
    sections = ((gettext_lazy("How this channel taxes"), ("channel", "zone", "prices_include_tax", "rounding", "cash_rounding")),)

    def _add_fields(self) -> None:
        if self.row is not None:
            del self.fields["channel"]


@admin.register(ChannelTax)
class ChannelTaxAdmin(StructureAdmin):
    asks = ChannelForm
    list_display: ClassVar[Any] = ["channel", "zone", "included", "rounding", "cash_rounding"]
    numeric: ClassVar[Any] = ("cash_rounding",)
    list_select_related: ClassVar[Any] = ["channel", "zone"]
    ordering: ClassVar[Any] = ["channel__name"]
    one = gettext_lazy("taxed channel")
    empty_icon = "percent"
    empty_title = gettext_lazy("Every channel taxes the plain way")
    empty_text = gettext_lazy("Prices include the tax, each class charges its own rate, every line is rounded by itself. Add a channel that differs.")

    @admin.display(description=gettext_lazy("Prices"))
    def included(self, row: ChannelTax) -> str:
        return _("include the tax") if row.prices_include_tax else _("tax on top")

    def put(self, form: ChannelForm, row: Any, *, now: datetime, actor: UUID | None) -> Any:
        given = form.given()
        channel = given.pop("channel").pk if row is None else row.pk
        zone = given.pop("zone")
        return taxes.set_channel_tax(channel=channel, zone=zone.pk if zone else None, **given, now=now, actor=actor)

    def called(self, row: ChannelTax) -> str:
        return row.channel.name

    def note(self, row: ChannelTax) -> str:
        return row.channel.code


class StoreForm(StructureForm):
    store = forms.ModelChoiceField(Store.objects.order_by("name"), label=gettext_lazy("Store"))
    zone = forms.ModelChoiceField(TaxZone.objects.order_by("name"), label=gettext_lazy("Tax zone"))
    sections = ((gettext_lazy("A store in another zone than its channel"), ("store", "zone")),)

    def _add_fields(self) -> None:
        if self.row is not None:
            del self.fields["store"]


@admin.register(StoreTax)
class StoreTaxAdmin(StructureAdmin):
    asks = StoreForm
    list_display: ClassVar[Any] = ["store", "zone"]
    list_select_related: ClassVar[Any] = ["store", "zone"]
    ordering: ClassVar[Any] = ["store__name"]
    one = gettext_lazy("store in another zone")
    empty_icon = "percent"
    empty_title = gettext_lazy("Every store stands in the zone of its channel")
    removing_hint = gettext_lazy("The store is taxed as its channel again.")

    def put(self, form: StoreForm, row: Any, *, now: datetime, actor: UUID | None) -> Any:
        given = form.given()
        store = given["store"].pk if row is None else row.pk
        taxes.set_store_tax(store=store, zone=given["zone"].pk, now=now, actor=actor)
        return StoreTax.objects.select_related("store").get(store=store)

    @staticmethod
    def take_out(id: Any, *, now: datetime, actor: UUID | None) -> None:
        taxes.set_store_tax(store=id, zone=None, now=now, actor=actor)

    def called(self, row: StoreTax) -> str:
        return row.store.name

    def note(self, row: StoreTax) -> str:
        return row.store.code


class ExemptionForm(StructureForm):
    customer = forms.UUIDField(label=gettext_lazy("Customer"), help_text=gettext_lazy("Their id."))
    certificate = text(gettext_lazy("Certificate"), 60, required=True)
    classes = forms.ModelMultipleChoiceField(
        TaxClass.objects.order_by("name"),
        label=gettext_lazy("Tax classes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all of them."),
    )
    zone = forms.ModelChoiceField(
        TaxZone.objects.order_by("name"), label=gettext_lazy("Only in"), required=False, empty_label=gettext_lazy("All zones")
    )
    starts_on = day(gettext_lazy("From"), required=True)
    expires_on = day(gettext_lazy("Expires on"), required=True)
    sections = ((gettext_lazy("Exemption certificate"), ("customer", "certificate", "starts_on", "expires_on", "zone", "classes")),)

    def said(self, row: TaxExemption) -> dict[str, Any]:
        return {**super().said(row), "classes": TaxClass.objects.filter(code__in=row.classes)}


@admin.register(TaxExemption)
class TaxExemptionAdmin(StructureAdmin):
    asks = ExemptionForm
    list_display: ClassVar[Any] = ["certificate", "customer", "starts_on", "expires_on"]
    search_fields: ClassVar[Any] = ["certificate"]
    search_hint = gettext_lazy("Certificate")
    ordering: ClassVar[Any] = ["-expires_on", "id"]
    one = gettext_lazy("tax exemption")
    empty_icon = "percent"
    empty_title = gettext_lazy("No exemptions")
    empty_text = gettext_lazy("A customer with a certificate buys without tax until it expires.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a new certificate is a new row

    def put(self, form: ExemptionForm, row: Any, *, now: datetime, actor: UUID | None) -> Any:
        given = form.given()
        zone, classes = given.pop("zone"), given.pop("classes")
        return taxes.add_exemption(**given, zone=zone.pk if zone else None, classes=[row.code for row in classes], now=now, actor=actor)

    def called(self, row: TaxExemption) -> str:
        return row.certificate

    def note(self, row: TaxExemption) -> str:
        return str(row.customer)
