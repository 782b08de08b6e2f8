"""Products in the back office. What stands on the shelves is added above, in backoffice/admin."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog import matches, services
from catalog.models import Price, Product, Variant
from kernel.money import exponent
from org.models import Company
from org.office import OfficeAdmin, RefusableForm
from org.templatetags.office import money_text, percent_text, status

STATUS = {"active": ("good", ""), "draft": ("", "ring"), "archived": ("", "off")}


def status_of(product: Product) -> str:
    kind, shape = STATUS[product.status]
    return status(kind, product.get_status_display(), shape)


def minor_units(text: str, currency: str) -> int:
    """ "2.80" or "2,80" in EUR -> 280. Raises ValidationError for what is no amount of that currency."""
    whole, _point, rest = text.strip().replace(",", ".").partition(".")
    places = exponent(currency)
    if not whole.isdecimal() or (rest and not rest.isdecimal()) or len(rest) > places:
        example = "2.80" if places == 2 else "280" if places == 0 else "2.800"
        raise forms.ValidationError(_("This is not an amount. Write it like %(example)s.") % {"example": example})
    return int(whole + rest.ljust(places, "0"))


class PriceForm(forms.Form):
    amount = forms.CharField(max_length=14, label=gettext_lazy("New price"))

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_amount(self) -> int:
        return minor_units(self.cleaned_data["amount"], self.currency)


class NewProductForm(RefusableForm):
    """A product with its first variant; more are added on its page."""

    sku = forms.CharField(max_length=60, label=gettext_lazy("SKU"), widget=UnfoldAdminTextInputWidget())
    gtin = forms.CharField(max_length=14, required=False, label=gettext_lazy("Barcode (GTIN)"), widget=UnfoldAdminTextInputWidget())
    price = forms.CharField(max_length=14, label=gettext_lazy("Price, tax included"), widget=UnfoldAdminTextInputWidget())

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = ["name", "brand", "category", "tax_class", "status", "description"]

    def clean_price(self) -> int:
        return minor_units(self.cleaned_data["price"], shop_currency())


def shop_currency() -> str:
    company = Company.objects.order_by("id").first()
    return company.currency if company else "EUR"


@admin.register(Product)
class ProductAdmin(OfficeAdmin):
    group_title = gettext_lazy("Catalogue")
    list_display: ClassVar[Any] = ["name", "first_sku", "state", "category", "price"]
    list_display_links: ClassVar[Any] = ["name"]
    numeric: ClassVar[Any] = ("price", "on_hand")
    list_filter: ClassVar[Any] = ["status", "category", "tax_class"]
    list_select_related: ClassVar[Any] = ["category"]
    search_fields: ClassVar[Any] = ["name"]
    search_hint = gettext_lazy("Name, SKU or barcode")
    sortable_by: ClassVar[Any] = ["name"]
    ordering: ClassVar[Any] = ["sort_key", "id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Active"), {"status__exact": "active"}),
        (gettext_lazy("Draft"), {"status__exact": "draft"}),
        (gettext_lazy("Archived"), {"status__exact": "archived"}),
    )
    empty_icon = "tag"
    empty_title = gettext_lazy("No products yet")
    empty_text = gettext_lazy("Add one here, or read a whole catalogue with manage.py import_catalog.")
    tiles = True
    adds = True
    changes = True
    detail_template = "backoffice/product.html"
    fields: ClassVar[Any] = ["name", "brand", "category", "tax_class", "status", "description"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        live = Variant.objects.filter(product=OuterRef("pk"), archived_at=None).order_by("position", "id")
        price = Price.objects.filter(variant__product=OuterRef("pk"), variant__archived_at=None).order_by("amount", "id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                sku_first=Subquery(live.values("sku")[:1]),
                variants_live=Subquery(live.order_by().values("product").annotate(n=Count("id")).values("n")),
                price_lowest=Subquery(price.values("amount")[:1]),
                price_currency=Subquery(price.values("currency")[:1]),
            )
        )

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(pk__in=matches.products(term)) if term else queryset), False

    def drawing(self, obj: Product) -> str:
        return obj.tile

    @admin.display(description=gettext_lazy("SKU"))
    def first_sku(self, product: Any) -> str:
        more = (product.variants_live or 0) - 1
        return f"{product.sku_first} +{more}" if more > 0 else product.sku_first or ""

    @admin.display(description=gettext_lazy("Status"))
    def state(self, product: Product) -> str:
        return status_of(product)

    @admin.display(description=gettext_lazy("Price"))
    def price(self, product: Any) -> str:
        if product.price_lowest is None:
            return ""
        return format_html('{} <span class="muted small">{}</span>', money_text(product.price_lowest, product.price_currency), product.price_currency)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **(kwargs if obj else {**kwargs, "form": NewProductForm}))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = self.fields if obj else ["name", "sku", "gtin", "price", "tax_class", "category", "brand", "status", "description"]
        return [(None, {"fields": fields})]

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        given = form.cleaned_data
        if not obj._state.adding:
            changed = {name: given[name] for name in form.changed_data if name in self.fields}
            services.change_product(product=obj.pk, fields=changed, now=now, actor=request.user.pk)
            return
        first = services.NewVariant(sku=given["sku"], gtins=[given["gtin"]] if given["gtin"] else [], prices={shop_currency(): given["price"]})
        details = {name: given[name] for name in ("brand", "category", "status", "description")}
        made = services.create_product(name=given["name"], tax_class=given["tax_class"], variants=[first], now=now, actor=request.user.pk, **details)
        obj.pk = made.pk

    def detail(self, request: HttpRequest, obj: Product) -> dict[str, Any]:
        variants = list(obj.variants.order_by("archived_at", "position", "id").prefetch_related("gtins", "prices"))
        return {"variants": variants, "state": status_of(obj), "tax": percent_text(obj.tax_class.rate)}
