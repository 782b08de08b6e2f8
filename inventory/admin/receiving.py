"""Two pages with a table of goods: what came in, and what is put right with its reason."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.page.fields import minor_units
from catalog.admin.prices.forms import Clock, PricesForm
from catalog.admin.prices.shown import shop_zone
from inventory import services
from inventory.admin.typed_rows import Column, RowTable, change, pieces
from inventory.models import Document, Location
from kernel.errors import Refused
from kernel.ids import uuid7
from org.access import allows, stores_for
from org.queries import shop_currency

# With these, goods leave whatever sign somebody writes; with "found" they come.
GOES_OFF = frozenset({Document.Reason.DAMAGED, Document.Reason.EXPIRED, Document.Reason.LOST, Document.Reason.OWN_USE})


class GoodsForm(PricesForm):
    """The head of such a page. `reference` makes the second click of one form change nothing."""

    location = forms.ChoiceField(label=gettext_lazy("Place"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    reference = forms.UUIDField(widget=forms.HiddenInput)
    shown: ClassVar[Sequence[str]] = ()

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, zone=shop_zone(), **kwargs)
        self.places = {str(place.pk): place for place in places}
        self.fields["location"].choices = [(key, place.name) for key, place in self.places.items()]  # type: ignore[attr-defined]

    def heading(self) -> list[Any]:
        return [self[name] for name in self.shown]


class ReceiptForm(GoodsForm):
    supplier = forms.CharField(label=gettext_lazy("From"), max_length=100, required=False, help_text=gettext_lazy("The supplier's name"))
    paper = forms.CharField(
        label=gettext_lazy("Delivery note"), max_length=60, required=False, help_text=gettext_lazy("Its number, as they write it")
    )
    occurred_at = Clock(label=gettext_lazy("Arrived, store time"), hint=gettext_lazy("Empty: now"))
    shown = ("location", "supplier", "paper", "occurred_at", "note")


class AdjustmentForm(GoodsForm):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"), choices=[("", gettext_lazy("Choose a reason")), *(one for one in Document.Reason.choices if one[0])]
    )
    shown = ("location", "reason", "note")


def receipt_columns(currency: str) -> list[Column]:
    return [
        Column("code", gettext_lazy("SKU, barcode or pack"), width="width-l"),
        Column("quantity", gettext_lazy("Quantity"), "number", "width-s", 14, pieces),
        Column("cost", _("Cost of it all, %(currency)s") % {"currency": currency}, "number", "width-s", 14, partial(cost_of, currency)),
        Column("lot", gettext_lazy("Lot"), width="width-s", longest=20),
        Column("expires_on", gettext_lazy("Best before"), "date", "width-m", 10, day),
        Column("serials", gettext_lazy("Serial numbers"), width="width-l", longest=4000, read=numbers),
    ]


def cost_of(currency: str, text: str) -> int | None:
    return minor_units(text, currency) if text else None


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise forms.ValidationError(_("Write a day like 2026-11-28.")) from None


def numbers(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))


ADJUSTMENT_COLUMNS = [
    Column("code", gettext_lazy("SKU, barcode or pack"), width="width-l"),
    Column("quantity", gettext_lazy("Quantity"), "number", "width-s", 14, change),
    Column("lot", gettext_lazy("Lot"), width="width-s", longest=20),
    Column("serials", gettext_lazy("Serial numbers"), width="width-l", longest=4000, read=numbers),
]


class ReceivingPages:
    """Mixed into the admin of documents."""

    admin_site: Any
    opts: Any

    def receive(self, request: HttpRequest) -> HttpResponse:
        columns = receipt_columns(shop_currency())
        return self._goods_page(request, ReceiptForm, columns, _receive, _("Receive goods"), "receives")

    def adjust(self, request: HttpRequest) -> HttpResponse:
        return self._goods_page(request, AdjustmentForm, ADJUSTMENT_COLUMNS, _adjust, _("Adjust stock"), "adjusts")

    def _goods_page(
        self, request: HttpRequest, asks: type[GoodsForm], columns: Sequence[Column], save: Callable[..., Document], title: str, what: str
    ) -> HttpResponse:
        places = own_places(request.user, receiving=what == "receives")
        if not allows(request.user, "inventory.adjust"):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else None
        given = {"reference": uuid7(), "location": request.GET.get("location", "")}
        form = asks(sent, places=places, initial=given)
        table = RowTable(columns, sent, [{"code": request.GET.get("sku", "")} | dict.fromkeys([one.name for one in columns[1:]], "")])
        if sent is not None:
            # Both are read, so that all that is wrong is said at once.
            right = table.read() & form.is_valid()
            if right and "check" not in sent:
                made = _made(request, form, table, save)
                if made is not None:
                    messages.success(request, _("%(document)s is posted.") % {"document": made})
                    return redirect("admin:inventory_document_change", made.pk)
        return self._shown(request, form, table, title, what)

    def _shown(self, request: HttpRequest, form: GoodsForm, table: RowTable, title: str, what: str) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        wrong = bool(form.is_bound and (form.errors or table.trouble or any(row.wrong for row in table.rows)))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "breadcrumb": self.breadcrumb(title),  # type: ignore[attr-defined]
            "form": form,
            "table": table,
            "wrong": wrong,
            "checked": form.is_bound and not wrong,
            "what": what,
            "back": self.list_path(),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "backoffice/stock_goods.html", context, status=422 if wrong else 200)


def own_places(user: Any, *, receiving: bool = False) -> list[Location]:
    """Where this person may move stock, by name."""
    stores = stores_for(user, "inventory.adjust")
    places = Location.objects.filter(archived_at=None).order_by("name").select_related("store")
    if receiving:
        places = places.filter(receives=True)
    return list(places if stores is None else places.filter(store__in=stores))


def _made(request: HttpRequest, form: GoodsForm, table: RowTable, save: Callable[..., Document]) -> Document | None:
    place = form.places[form.cleaned_data["location"]]
    # The choices are the person's own places already; this is the rule itself.
    if not allows(request.user, "inventory.adjust", store=place.store_id):
        raise PermissionDenied
    try:
        return save(form=form, table=table, location=place.pk, actor=request.user.pk)
    except Refused as refused:
        if not table.refuse(refused):
            form.refuse(refused)
        return None


def _receive(*, form: GoodsForm, table: RowTable, location: UUID, actor: UUID | None) -> Document:
    given, now = form.cleaned_data, timezone.now()
    lines = [
        services.ReceiptLine(
            variant=row.variant.pk,
            quantity=row.values["quantity"] * row.each // 1000,
            cost=row.values["cost"],
            lot=row.values["lot"],
            expires_on=row.values["expires_on"],
            serials=row.values["serials"],
        )
        for row in table.rows
        if row.variant is not None
    ]
    return services.receive(
        location=location,
        lines=lines,
        supplier=given["supplier"],
        paper=given["paper"],
        note=given["note"],
        occurred_at=given["occurred_at"] or now,
        reference=given["reference"],
        actor=actor,
        now=now,
    )


def _adjust(*, form: GoodsForm, table: RowTable, location: UUID, actor: UUID | None) -> Document:
    given = form.cleaned_data
    lines = [
        services.AdjustmentLine(
            variant=row.variant.pk,
            quantity=signed(given["reason"], row.values["quantity"]) * row.each // 1000,
            lot=row.values["lot"],
            serials=row.values["serials"],
        )
        for row in table.rows
        if row.variant is not None
    ]
    return services.adjust_stock(
        location=location,
        lines=lines,
        reason=given["reason"],
        note=given["note"],
        reference=given["reference"],
        actor=actor,
        now=timezone.now(),
    )


def signed(reason: str, quantity: int) -> int:
    if reason in GOES_OFF:
        return -abs(quantity)
    return abs(quantity) if reason == Document.Reason.FOUND else quantity
