"""Ways for goods to get to a customer, what each costs where, and from how much on it costs less."""

import re
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.page.fields import minor_units
from catalog.admin.page.shop import shop_currency
from catalog.admin.structure_forms import Rows, StructureForm, text
from catalog.admin.structure_page import StructureAdmin
from catalog.models import TaxClass
from kernel.money import format_amount
from orders.models import DeliveryOption, DeliveryRate
from orders.services import delivery_options
from org.models import Channel
from org.templatetags.office import money_text, status

KINDS = {"ship": gettext_lazy("Ship"), "pickup": gettext_lazy("Pick up"), "digital": gettext_lazy("Digital")}
CELLS = ("row-countries", "row-from", "row-amount", "row-currency")


class DeliveryForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=40, help_text=gettext_lazy("Short and lower-case: parcel. It stays."))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    channels = forms.MultipleChoiceField(label=gettext_lazy("Channels that offer it"), required=False, widget=forms.CheckboxSelectMultiple)
    days_least = forms.IntegerField(label=gettext_lazy("Days, at least"), min_value=0, max_value=365, initial=0)
    days_most = forms.IntegerField(label=gettext_lazy("Days, at most"), min_value=0, max_value=365, initial=0)
    tax_class = forms.ChoiceField(label=gettext_lazy("Tax class"), required=False)
    archived = forms.BooleanField(label=gettext_lazy("Not offered any more"), required=False)
    sections = (
        (gettext_lazy("Delivery"), ("name", "code", "kind", "channels", "archived")),
        (gettext_lazy("How long"), ("days_least", "days_most")),
        (gettext_lazy("Taxes"), ("tax_class",)),
    )
    rows_title = gettext_lazy("What it costs")
    rows_hint = gettext_lazy("Countries as two letters, DE AT; left open: everywhere else. The highest “from” that is reached holds.")
    rows_add = gettext_lazy("Add a rate")

    def _add_fields(self) -> None:
        if self.row is None:
            self.fields.pop("archived")
        self.fields["channels"].choices = [(str(key), name) for key, name in Channel.objects.order_by("name").values_list("pk", "name")]  # type: ignore[attr-defined]
        classes = TaxClass.objects.order_by("name").values_list("code", "name")
        self.fields["tax_class"].choices = [("", _("As the goods are, in their proportions")), *classes]  # type: ignore[attr-defined]

    def said(self, row: DeliveryOption) -> dict[str, Any]:
        return super().said(row) | {
            "archived": row.archived_at is not None,
            "channels": [str(key) for key in row.channels.values_list("pk", flat=True)],
        }

    def rows(self) -> Rows:
        columns: list[tuple[str, Any, Any]] = [
            ("row-countries", _("Countries"), None),
            ("row-from", _("From"), None),
            ("row-amount", _("Costs"), None),
            ("row-currency", _("Currency"), None),
        ]
        if self.is_bound:
            return Rows(columns, [row for row in Rows.read(self.sent, CELLS) if row["row-amount"]])
        held = self.row.rates.order_by("currency", "countries", "from_total") if self.row else ()
        return Rows(columns, [shown(rate) for rate in held], spare=1)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            given["rates"] = [read(row) for row in Rows.read(self.sent, CELLS) if row["row-amount"]]
        except forms.ValidationError as wrong:
            self.add_error(None, wrong)
        return given


def shown(rate: DeliveryRate) -> dict[str, str]:
    told = {"row-countries": " ".join(rate.countries), "row-from": format_amount(rate.from_total, rate.currency) if rate.from_total else ""}
    return told | {"row-amount": format_amount(rate.amount, rate.currency), "row-currency": rate.currency}


def read(row: dict[str, str]) -> dict[str, Any]:
    currency = row["row-currency"].upper() or shop_currency()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise forms.ValidationError(_("A currency has three letters, such as EUR."))
    countries = sorted(set(re.split(r"[\s,]+", row["row-countries"].upper()))) if row["row-countries"] else []
    if any(not re.fullmatch("[A-Z]{2}", country) for country in countries):
        raise forms.ValidationError(_("Write countries as two letters each, such as DE AT."))
    least = minor_units(row["row-from"], currency) if row["row-from"] else 0
    return {"currency": currency, "countries": countries, "from_total": least, "amount": minor_units(row["row-amount"], currency)}


@admin.register(DeliveryOption)
class DeliveryOptionAdmin(StructureAdmin):
    asks = DeliveryForm
    group_title = gettext_lazy("Selling")
    page_title = gettext_lazy("Delivery")
    one = gettext_lazy("delivery option")
    nouns = gettext_lazy("delivery options")
    list_display: ClassVar[Any] = ["name", "kind_text", "offered", "days", "costs", "standing"]
    list_display_links: ClassVar[Any] = ["name"]
    list_filter: ClassVar[Any] = ["kind"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["name", "id"]
    words: ClassVar[Any] = {"kind": gettext_lazy("Kind")}
    empty_icon = "truck"
    empty_title = gettext_lazy("No delivery option yet")
    empty_text = gettext_lazy("Say how goods get to customers and what that costs: then a web order can be placed.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("channels", "rates")

    @admin.display(description=gettext_lazy("Kind"))
    def kind_text(self, row: DeliveryOption) -> str:
        return str(KINDS.get(row.kind, row.kind))

    @admin.display(description=gettext_lazy("Channels"))
    def offered(self, row: DeliveryOption) -> str:
        return ", ".join(sorted(channel.name for channel in row.channels.all()))

    @admin.display(description=gettext_lazy("Days"))
    def days(self, row: DeliveryOption) -> str:
        return f"{row.days_least}–{row.days_most}" if row.days_most != row.days_least else str(row.days_least)

    @admin.display(description=gettext_lazy("Costs"))
    def costs(self, row: DeliveryOption) -> str:
        rates = sorted(row.rates.all(), key=lambda rate: (rate.currency, rate.countries, rate.from_total))
        return ", ".join(f"{money_text(rate.amount, rate.currency)} {rate.currency}" for rate in rates[:4])

    @admin.display(description=gettext_lazy("Standing"))
    def standing(self, row: DeliveryOption) -> str:
        return status("", _("Not offered any more"), "off") if row.archived_at else status("good", _("Offered"), "full")

    def put(self, form: DeliveryForm, row: Any, *, now: datetime, actor: UUID | None) -> DeliveryOption:
        given = form.cleaned_data
        fields = {name: given[name] for name in ("name", "kind", "tax_class", "days_least", "days_most")}
        told = {"fields": fields, "channels": [UUID(channel) for channel in given["channels"]], "rates": given["rates"]}
        if row is None:
            return delivery_options.add_delivery_option(code=given["code"], **told)
        made = delivery_options.change_delivery_option(option=row.pk, **told)
        return delivery_options.archive_delivery_option(option=made.pk, archived=given["archived"], now=now)
