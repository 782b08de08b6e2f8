"""What is typed on the pages of prices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.page import fields
from catalog.admin.page.shop import shop_currency
from catalog.admin.prices import shown
from catalog.admin.structure_forms import CODE_HINT, PercentField, StructureForm, text
from catalog.models import PriceChange, PriceList, Sticker, Variant
from kernel.errors import Refused
from org.models import Channel, Store, StoreGroup

LARGEST_FILE = 1_000_000


class PriceListForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = text(gettext_lazy("Code"), 60, hint=CODE_HINT)
    currency = text(gettext_lazy("Currency"), 3, required=True)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    store_group = forms.ChoiceField(label=gettext_lazy("Group of stores"), required=False)
    stores = forms.MultipleChoiceField(label=gettext_lazy("Stores"), required=False, widget=forms.CheckboxSelectMultiple)
    customer_group = forms.SlugField(
        label=gettext_lazy("Only for customers of the group"), max_length=60, required=False, help_text=gettext_lazy("Its code. Empty: everybody.")
    )
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=-1000,
        max_value=1000,
        initial=0,
        help_text=gettext_lazy("The higher one wins, before everything else. With the same, the nearer place does."),
    )
    sections = (
        (gettext_lazy("Price list"), ("name", "code", "currency", "priority")),
        (gettext_lazy("Where: one of these, or none of them for everywhere"), ("channel", "store_group", "stores")),
        (gettext_lazy("Who"), ("customer_group",)),
    )

    def _add_fields(self) -> None:
        anywhere = ("", _("Not by channel"))
        self._choices("channel", [anywhere, *((str(pk), name) for pk, name in Channel.objects.order_by("name").values_list("pk", "name"))])
        groups = StoreGroup.objects.order_by("name").values_list("pk", "name")
        self._choices("store_group", [("", _("Not by group")), *((str(pk), name) for pk, name in groups)])
        stores = Store.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")
        self._choices("stores", [(str(pk), name) for pk, name in stores])
        if self.row is None:
            self.initial.setdefault("currency", shop_currency())

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def said(self, row: PriceList) -> dict[str, Any]:
        plain = ("name", "code", "currency", "customer_group", "priority")
        stores = [str(store.pk) for store in row.stores.all()]
        return {name: getattr(row, name) for name in plain} | {
            "channel": str(row.channel_id or ""),
            "store_group": str(row.store_group_id or ""),
            "stores": stores,
        }

    def given(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name in self.fields}
        given["channel"], given["store_group"] = given["channel"] or None, given["store_group"] or None
        return _with_ids(given)


def _with_ids(given: dict[str, Any]) -> dict[str, Any]:
    given["channel"], given["store_group"] = (UUID(given[name]) if given[name] else None for name in ("channel", "store_group"))
    given["stores"] = [UUID(store) for store in given["stores"]]
    return given


class Clock(forms.DateTimeField):
    """A day and a clock as the browser's own field writes them; an instant by the shop's clock comes out."""

    def __init__(self, *, label: Any, hint: Any = "") -> None:
        widget = forms.DateTimeInput({"class": "input width-moment", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(
            required=False, label=label, help_text=hint, widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        )

    zone = "UTC"

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        for written in self.input_formats or ():
            try:
                return shown.stored(datetime.strptime(str(value).strip(), written), self.zone)  # noqa: DTZ007  # a wall clock
            except (ValueError, OverflowError):
                continue
        raise forms.ValidationError(_("Write a day and a time like 2026-11-28T09:00."))

    def prepare_value(self, value: Any) -> Any:
        return shown.typed(value, self.zone) if isinstance(value, datetime) else value


class PricesForm(forms.Form):
    """The base of these forms: times by the shop's clock, what a service refused at its field."""

    renamed: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "f-%s", "use_required_attribute": False, **kwargs})
        self.zone = zone
        for field in self.fields.values():
            if isinstance(field, Clock):
                field.zone = zone
            elif not isinstance(field.widget, (forms.CheckboxInput, forms.CheckboxSelectMultiple)):
                field.widget.attrs.setdefault("class", "input")

    def refuse(self, refused: Refused) -> None:
        name = self.renamed.get(refused.field, refused.field)
        self.add_error(name if name in self.fields else None, refused.message)


class ChangeForm(PricesForm):
    """Prices that go together."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What whoever approves it reads first"))
    price_list = forms.ChoiceField(label=gettext_lazy("Price list"))
    starts_at = Clock(label=gettext_lazy("Starts, store time"), hint=gettext_lazy("Empty: as soon as it is brought in"))
    ends_at = Clock(label=gettext_lazy("Ends, store time"), hint=gettext_lazy("Empty: for good"))
    rows = forms.CharField(
        label=gettext_lazy("Prices"),
        required=False,
        max_length=400_000,
        widget=forms.Textarea({"class": "input input--area code", "rows": 12, "spellcheck": "false"}),
        help_text=gettext_lazy("Paste from a spreadsheet: SKU, price and, where you like, from how many on. A row each."),
    )
    file = forms.FileField(label=gettext_lazy("Or a CSV file"), required=False)
    leave_out = forms.BooleanField(label=gettext_lazy("Leave out the rows that cannot be read"), required=False)
    renamed: ClassVar[Mapping[str, str]] = {"entries": "rows", "amount": "rows", "variant": "rows", "price_quantity": "rows", "from_quantity": "rows"}

    def __init__(self, *args: Any, change: PriceChange | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = PriceList.objects.filter(archived_at=None).order_by("name", "pk").values_list("pk", "name", "currency")
        self.fields["price_list"].choices = [(str(pk), f"{name}, {currency}") for pk, name, currency in lists]  # type: ignore[attr-defined]
        if change is not None:
            self.fields["price_list"].disabled = True

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file = given.get("file")
        if file is not None:
            if file.size > LARGEST_FILE:
                self.add_error("file", _("A file of prices is at most 1 MB."))
                return given
            try:
                given["rows"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("Save the file as CSV in UTF-8."))
        elif not given.get("rows", "").strip():
            self.add_error("rows", _("Paste at least one row, or choose a file."))
        return given


class ScheduleForm(PricesForm):
    """One variant, some stores, from when to when."""

    variant = forms.ChoiceField(label=gettext_lazy("Variant"))
    stores = forms.MultipleChoiceField(
        label=gettext_lazy("Stores"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: everywhere, the web included"),
    )
    amount = forms.CharField(label=gettext_lazy("Price"))
    starts_at = Clock(label=gettext_lazy("From, store time"), hint=gettext_lazy("Empty: at once"))
    ends_at = Clock(label=gettext_lazy("Until, store time"), hint=gettext_lazy("Empty: for good"))
    replace = forms.BooleanField(label=gettext_lazy("Planned prices make room"), required=False, initial=True)

    def __init__(self, *args: Any, variants: Sequence[Variant], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = fields.Amount(currency=currency, label=_("Price"), required=True)
        self.fields["variant"].choices = [(str(one.pk), one.name or one.sku) for one in variants]  # type: ignore[attr-defined]
        stores = Store.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")
        self.fields["stores"].choices = [(str(pk), name) for pk, name in stores]  # type: ignore[attr-defined]


class StickerForm(PricesForm):
    item = forms.CharField(label=gettext_lazy("SKU or barcode"), max_length=60, help_text=gettext_lazy("Scan it"))
    store = forms.ChoiceField(label=gettext_lazy("Store"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Marked down by"),
        choices=[(Sticker.Kind.PERCENT, gettext_lazy("Percent off")), (Sticker.Kind.PRICE, gettext_lazy("A new price"))],
    )
    value = forms.CharField(label=gettext_lazy("Percent or price"), max_length=16, help_text=gettext_lazy("30 for 30% off, or 1.50"))
    pieces = forms.IntegerField(label=gettext_lazy("Stickers"), min_value=1, max_value=1000, initial=1)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=100, help_text=gettext_lazy("Best before tomorrow, damaged box"))
    expires_at = Clock(label=gettext_lazy("Sell by, store time"), hint=gettext_lazy("After that the sticker is worth nothing"))
    renamed: ClassVar[Mapping[str, str]] = {"variant": "item"}

    def __init__(self, *args: Any, stores: Sequence[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stores = {str(store.pk): store for store in stores}
        self.fields["store"].choices = [(key, store.name) for key, store in self.stores.items()]  # type: ignore[attr-defined]
        self.fields["expires_at"].required = True

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        store, written = self.stores.get(given.get("store", "")), given.get("value", "")
        if store is None or not written or "kind" not in given:
            return given
        try:
            percent = given["kind"] == Sticker.Kind.PERCENT
            given["worth"] = _percent(written) if percent else fields.minor_units(written, store.currency)
        except forms.ValidationError as error:
            self.add_error("value", error)
        return given


def _percent(written: str) -> int:
    if written.strip().removesuffix("%").strip() == "100":
        return 1_000_000
    return PercentField().clean(written)
