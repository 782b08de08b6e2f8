"""Markdowns in the back office: stickers made for a store, and the page that prints them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import search, services
from catalog.admin.listing import share_text
from catalog.admin.prices import shown
from catalog.admin.prices.barcode import WIDTH, bars
from catalog.admin.prices.forms import StickerForm
from catalog.models import Sticker, Variant
from kernel.errors import Refused
from org.access import allows, stores_for
from org.models import Store
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, money_text


class StoreFilter(admin.SimpleListFilter):
    title = gettext_lazy("store")
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Store.objects.filter(archived_at=None).order_by("name").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(store__code=self.value()) if self.value() else queryset


class ValidFilter(admin.SimpleListFilter):
    title = gettext_lazy("valid")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("Valid")), ("no", gettext_lazy("Expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        wanted = {"yes": {"expires_at__gt": now}, "no": {"expires_at__lte": now}}
        return queryset.filter(**wanted.get(self.value() or "", {}))


@admin.register(Sticker)
class StickerAdmin(OfficeAdmin):
    adds = True
    group_title = gettext_lazy("Prices")
    page_title = gettext_lazy("Markdowns")
    one = gettext_lazy("markdown")
    nouns = gettext_lazy("markdowns")
    list_display: ClassVar[Any] = ["item", "code", "at_store", "off", "pieces", "reason", "until", "made"]
    list_display_links: ClassVar[Any] = ["item"]
    list_select_related: ClassVar[Any] = ["variant__product", "store"]
    list_filter: ClassVar[Any] = [StoreFilter, ValidFilter]
    numeric: ClassVar[Any] = ("pieces",)
    search_fields: ClassVar[Any] = ["code", "variant__sku"]
    search_hint = gettext_lazy("Code of the sticker, name or SKU")
    ordering: ClassVar[Any] = ["-made_at", "code"]
    timed = True
    empty_icon = "tag"
    empty_title = gettext_lazy("Nothing is marked down")
    empty_text = gettext_lazy("Goods that expire soon get a sticker with a code of their own; the till knows it.")
    detail_template = "backoffice/price_sticker.html"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isdecimal() and queryset.filter(code=term).exists():
            return queryset.filter(code=term), False
        return queryset.filter(variant__in=search.variants(term)), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        names = shown.people(row.made_by for row in rows)
        for row in rows:
            row.who = names.get(row.made_by, "")

    @admin.display(description=gettext_lazy("Product"))
    def item(self, row: Sticker) -> str:
        return shown.called(row.variant)

    @admin.display(description=gettext_lazy("Store"))
    def at_store(self, row: Sticker) -> str:
        return row.store.name

    @admin.display(description=gettext_lazy("Markdown"))
    def off(self, row: Sticker) -> str:
        return off_words(row)

    @admin.display(description=gettext_lazy("Sell by"), ordering="expires_at")
    def until(self, row: Sticker) -> str:
        return moment_text(row.expires_at, row.store.timezone)

    @admin.display(description=gettext_lazy("Made"))
    def made(self, row: Any) -> str:
        return f"{row.who}, {moment_text(row.made_at)}" if row.who else moment_text(row.made_at)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        stores = own_stores(request.user)
        zone = stores[0].timezone if stores else "UTC"
        chosen = next((store for store in stores if str(store.pk) == request.POST.get("store")), None)
        form = StickerForm(
            request.POST or None, stores=stores, zone=chosen.timezone if chosen else zone, initial={"item": request.GET.get("sku", "")}
        )
        if request.method == "POST" and form.is_valid():
            made = self._made(request, form)
            if made is not None:
                return redirect("admin:catalog_sticker_change", made.pk)
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = _("Mark down")
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "breadcrumb": self.breadcrumb(title), "form": form}
        return TemplateResponse(
            request, "backoffice/price_sticker_add.html", {**context, "back": self.list_path()}, status=422 if form.errors else 200
        )

    def _made(self, request: HttpRequest, form: StickerForm) -> Sticker | None:
        given = form.cleaned_data
        store = form.stores[given["store"]]
        # The choices are the person's own stores already; this is the rule itself.
        if not allows(request.user, "pricing.markdown", store=store):
            raise PermissionDenied
        variant = found_variant(given["item"])
        if variant is None:
            form.add_error("item", _("There is no product with this SKU or barcode."))
            return None
        try:
            made = services.make_stickers(
                variant=variant.pk,
                store=store.pk,
                kind=given["kind"],
                value=given["worth"],
                pieces=given["pieces"],
                reason=given["reason"],
                expires_at=given["expires_at"],
                now=timezone.now(),
                actor=request.user.pk,  # type: ignore[arg-type]  # signed in, or the door is closed
            )
        except Refused as refused:
            form.refuse(refused)
            return None
        messages.success(request, _("The sticker is ready to print."))
        return made

    def detail(self, request: HttpRequest, obj: Sticker) -> dict[str, Any]:
        return {
            "title": shown.called(obj.variant),
            "off": off_words(obj),
            "until": moment_text(obj.expires_at, obj.store.timezone),
            "bars": bars(obj.code),
            "width": WIDTH,
            "digits": (obj.code[0], obj.code[1:7], obj.code[7:]),
            "copies": range(obj.pieces),
            "who": shown.people([obj.made_by]).get(obj.made_by, ""),
            "expired": obj.expires_at <= timezone.now(),
        }


def own_stores(user: Any) -> list[Store]:
    """Where this person may mark down."""
    within = stores_for(user, "pricing.markdown")
    stores = Store.objects.filter(archived_at=None).order_by("name")
    return list(stores if within is None else stores.filter(pk__in=within))


def found_variant(item: str) -> Variant | None:
    """By its SKU, or by the code a scanner reads."""
    plain = item.strip().replace("\0", "")
    found = Variant.objects.filter(sku=plain, archived_at=None).first()
    if found is not None or not (plain.isascii() and plain.isdecimal()):
        return found
    return Variant.objects.filter(gtins__gtin=plain.zfill(14), archived_at=None).first()


def off_words(row: Sticker) -> str:
    if row.kind == Sticker.Kind.PERCENT:
        return f"−{share_text(row.value).replace('.0%', '%')}"
    amount = money_text(row.value, row.store.currency)
    return f"−{amount}" if row.kind == Sticker.Kind.AMOUNT else amount
