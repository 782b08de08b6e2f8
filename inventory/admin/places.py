"""Places where stock lies: what each is, where, when it is open, what it does, and which channels promise from it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.structure_forms import StructureForm, text
from catalog.admin.structure_page import StructureAdmin
from inventory import services
from inventory.admin.shown import SELLING
from inventory.models import Location, Source
from org.models import Channel, Store

DAY_NAMES = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
CLOCKS = (gettext_lazy("opens"), gettext_lazy("closes"), gettext_lazy("opens again"), gettext_lazy("closes again"))


class DegreesField(forms.CharField):
    """ "52.52" to millionths of a degree, and back."""

    def clean(self, value: Any) -> int | None:
        written = str(super().clean(value)).replace(",", ".").replace("−", "-").strip()
        if not written:
            return None
        match = re.fullmatch(r"(-?)([0-9]{1,3})(?:\.([0-9]{1,6})[0-9]*)?", written, re.ASCII)
        if match is None:
            raise forms.ValidationError(_("Write it in degrees, like 52.5200."))
        size = int(match[2]) * 1_000_000 + int((match[3] or "").ljust(6, "0"))
        return -size if match[1] else size

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        whole, rest = divmod(abs(value), 1_000_000)
        return f"{'-' if value < 0 else ''}{whole}.{rest:06}".rstrip("0").rstrip(".")


class DayWidget(forms.MultiWidget):
    """Four clocks in a row: opens, closes, and once more after a break."""

    def __init__(self, day: Any) -> None:
        self.day = day
        super().__init__([forms.TimeInput({"type": "time"}, format="%H:%M") for _clock in CLOCKS])

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        for word, part in zip(CLOCKS, context["widget"]["subwidgets"], strict=True):
            part["attrs"]["aria-label"] = f"{self.day}, {word}"
        return context

    def decompress(self, value: Any) -> list[str]:
        return ["" for _clock in CLOCKS]


def clocks_of(spans: Sequence[Sequence[str]]) -> list[str]:
    """As the four fields of a day show them; midnight is an end left open."""
    clocks = [clock for span in spans for clock in span]
    return ["" if clock == "24:00" else clock for clock in (*clocks, "", "", "", "")[: len(CLOCKS)]]


class DayField(forms.MultiValueField):
    """The spans of one day as the model keeps them; empty is closed. An end left open is midnight."""

    def __init__(self, day: Any) -> None:
        parts = [forms.CharField(max_length=8, required=False) for _clock in CLOCKS]
        super().__init__(parts, label=day, required=False, require_all_fields=False, widget=DayWidget(day))

    def compress(self, values: Any) -> list[list[str]]:
        clocks = [str(value)[:5] for value in (*(values or ()), "", "", "", "")[:4]]
        spans = [(clocks[0], clocks[1]), (clocks[2], clocks[3])]
        if any(closes and not opens for opens, closes in spans):
            raise forms.ValidationError(_("Say when it opens too."))
        return [[opens, "24:00" if closes in ("", "00:00") else closes] for opens, closes in spans if opens]


class PlaceForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=20, help_text=gettext_lazy("Short and lower-case: riverside. It stays."))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Location.Kind.choices, help_text=gettext_lazy("It stays."))
    store = forms.ChoiceField(label=gettext_lazy("Store"), required=False, help_text=gettext_lazy("Its people see what lies here. It stays."))
    street = text(gettext_lazy("Street"), 200)
    postal_code = text(gettext_lazy("Postal code"), 20)
    city = text(gettext_lazy("City"), 100)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$", label=gettext_lazy("Country"), required=False, help_text=gettext_lazy("Two letters: DE"),
        error_messages={"invalid": gettext_lazy("Write two letters, like DE.")},
    )  # fmt: skip
    latitude = DegreesField(label=gettext_lazy("North, in degrees"), required=False, max_length=20, help_text=gettext_lazy("For who looks nearby"))
    longitude = DegreesField(label=gettext_lazy("East, in degrees"), required=False, max_length=20)
    timezone = text(gettext_lazy("Time zone"), 50, hint=gettext_lazy("Like Europe/Berlin. Empty: the store's."))
    offers_pickup = forms.BooleanField(label=gettext_lazy("Customers can pick up here"), required=False)
    pickup_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes until a pickup is ready"), min_value=0, max_value=100_000, initial=120, help_text=gettext_lazy("While it is open")
    )
    ships = forms.BooleanField(label=gettext_lazy("Sends parcels"), required=False)
    receives = forms.BooleanField(label=gettext_lazy("Goods can be received here"), required=False, initial=True)
    short_sales = forms.ChoiceField(label=gettext_lazy("When the till has none in the book"), choices=Location.Short.choices)
    channels = forms.MultipleChoiceField(label=gettext_lazy("Channels that promise from here"), required=False, widget=forms.CheckboxSelectMultiple)
    priority = forms.IntegerField(
        label=gettext_lazy("Its turn among places"), min_value=0, max_value=32_767, initial=100, help_text=gettext_lazy("The lowest goes first.")
    )
    archived = forms.BooleanField(label=gettext_lazy("Closed for good: nothing is promised or received here"), required=False)
    sections = (
        (gettext_lazy("Place"), ("name", "code", "kind", "store", "archived")),
        (gettext_lazy("Address"), ("street", "postal_code", "city", "country", "latitude", "longitude", "timezone")),
        (gettext_lazy("What it does"), ("offers_pickup", "pickup_minutes", "ships", "receives", "short_sales")),
        (gettext_lazy("Online"), ("channels", "priority")),
    )

    def _add_fields(self) -> None:
        if self.row is not None:
            for name in ("kind", "store"):
                self.fields.pop(name)
            if self.row.kind not in SELLING:
                for name in ("offers_pickup", "pickup_minutes", "ships", "short_sales", "channels", "priority"):
                    self.fields.pop(name)
        else:
            self.fields.pop("archived")
            stores = Store.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")
            self.fields["store"].choices = [("", _("None: a warehouse of the shop")), *((str(pk), name) for pk, name in stores)]  # type: ignore[attr-defined]
        if "channels" in self.fields:
            self.fields["channels"].choices = [(str(pk), name) for pk, name in Channel.objects.order_by("name").values_list("pk", "name")]  # type: ignore[attr-defined]
        held = self.row.hours if self.row is not None else {}
        for day, title in DAY_NAMES.items():
            self.fields[f"hours-{day}"] = DayField(title)
            self.initial[f"hours-{day}"] = clocks_of(held.get(day, ()))

    def hours(self) -> list[Any]:
        return [self[f"hours-{day}"] for day in DAY_NAMES]

    def said(self, row: Location) -> dict[str, Any]:
        sources = list(row.sources.values_list("channel_id", "priority"))
        own = {"channels": [str(channel) for channel, _turn in sources], "priority": min((turn for _channel, turn in sources), default=100)}
        return super().said(row) | own | {"archived": row.archived_at is not None}

    def given(self) -> dict[str, Any]:
        """What stays to be said of the place itself."""
        told = {name: value for name, value in self.cleaned_data.items() if name in services.CHANGEABLE_OF_PLACE}
        told["country"] = self.cleaned_data["country"].upper()
        return told | {"hours": {day: self.cleaned_data[f"hours-{day}"] for day in DAY_NAMES if self.cleaned_data[f"hours-{day}"]}}


class UseFilter(admin.SimpleListFilter):
    title = gettext_lazy("in use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("closed", gettext_lazy("Closed")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("In use")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(archived_at__isnull=self.value() != "closed")


@admin.register(Location)
class PlaceAdmin(StructureAdmin):
    asks = PlaceForm
    group_title = gettext_lazy("Stock")
    page_title = gettext_lazy("Places")
    one = gettext_lazy("place")
    nouns = gettext_lazy("places")
    store_path = "store"
    list_display: ClassVar[Any] = ["name", "kind_name", "belongs", "town", "does", "drawn_by"]
    list_display_links: ClassVar[Any] = ["name"]
    list_filter: ClassVar[Any] = ["kind", UseFilter]
    list_select_related: ClassVar[Any] = ["store"]
    search_fields: ClassVar[Any] = ["name", "code", "city"]
    search_hint = gettext_lazy("Name, code or city")
    ordering: ClassVar[Any] = ["name", "id"]
    empty_icon = "store"
    empty_title = gettext_lazy("No places yet")
    empty_text = gettext_lazy("A place is where stock lies: a shop floor, a warehouse, a shelf for what is damaged.")

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        drawn: dict[UUID, list[str]] = {}
        sources = Source.objects.filter(location__in=[row.pk for row in rows]).order_by("channel__name")
        for location, name in sources.values_list("location_id", "channel__name"):
            drawn.setdefault(location, []).append(name)
        for row in rows:
            row.drawn = ", ".join(drawn.get(row.pk, ()))

    @admin.display(description=gettext_lazy("Kind"))
    def kind_name(self, row: Location) -> str:
        return row.get_kind_display()

    @admin.display(description=gettext_lazy("Store"))
    def belongs(self, row: Location) -> str:
        return row.store.name if row.store else ""

    @admin.display(description=gettext_lazy("City"))
    def town(self, row: Location) -> str:
        return row.city

    @admin.display(description=gettext_lazy("Does"))
    def does(self, row: Location) -> str:
        if row.archived_at:
            return _("Closed for good")
        words = ((row.offers_pickup, _("pickup")), (row.ships, _("sends")), (row.receives, _("receives")))
        return ", ".join(word for does, word in words if does)

    @admin.display(description=gettext_lazy("Channels"))
    def drawn_by(self, row: Any) -> str:
        return str(row.drawn)

    # Its page

    def put(self, form: Any, row: Any, *, now: datetime, actor: UUID | None) -> Location:
        told, given = form.given(), form.cleaned_data
        if row is None:
            store = UUID(given["store"]) if given["store"] else None
            made = services.add_location(code=given["code"], name=told.pop("name"), kind=given["kind"], store=store, fields=told, actor=actor)
        else:
            made = services.change_location(location=row.pk, fields=told, actor=actor)
            if given["archived"] and row.archived_at is None:
                services.archive_location(location=row.pk, now=now, actor=actor)
            elif not given["archived"] and row.archived_at is not None:
                services.restore_location(location=row.pk, actor=actor)
        if "channels" in form.fields:
            channels = [UUID(channel) for channel in given["channels"]]
            services.set_sources(location=made.pk, channels=channels, priority=given["priority"], actor=actor)
        return made

    def _page(self, request: HttpRequest, form: Any, row: Any, may: bool) -> HttpResponse:
        response: Any = super()._page(request, form, row, may)
        response.template_name = "backoffice/stock_place.html"
        return response

    def note(self, row: Location) -> str:
        parts = [row.get_kind_display(), row.store.name if row.store and row.store.name != row.name else "", row.code]
        return " · ".join(part for part in parts if part)
