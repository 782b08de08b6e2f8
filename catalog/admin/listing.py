"""The list of products: its columns, filters, views and what is done with many at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import pictures, services
from catalog.admin import facets
from catalog.models import LifeCycle, Product, ProductMedia, Variant
from catalog.services import bulk
from catalog.unit_price import UnitPrice, margin, unit_price
from kernel.errors import Refused
from kernel.money import divided
from org.access import allows
from org.models import Company
from org.templatetags.office import moment_text, money_text, status

STATUS: dict[str, tuple[str, str]] = {"active": ("good", ""), "draft": ("", "empty"), "archived": ("", "off")}
LIFE: dict[str, tuple[str, str]] = {"planned": ("", "ring"), "run_down": ("", "off"), "delisted": ("", "stop")}
# What these columns are ordered by stands in the search entries, each with an index of its own.
SORTS = {"first_sku": "search_entry__sku", "price": "search_entry__price"}
# A page reads no more of a product than this.
SHOWN = ("name", "status", "life_cycle", "tile", "sort_key", "updated_at", "brand__name", "category__name", "tax_class__rate")
MOST_NAMED = 3
THUMBNAIL = 160


def status_of(product: Product) -> str:
    """Draft and archived say it all; what is live says where it stands in its life when that is anything special."""
    if product.status == Product.Status.ACTIVE and product.life_cycle in LIFE:
        return status(LIFE[product.life_cycle][0], LifeCycle(product.life_cycle).label, LIFE[product.life_cycle][1])
    kind, shape = STATUS[product.status]
    return status(kind, facets.STATUS_WORDS[product.status], shape)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the cells of one product say beyond its own row."""

    skus: Sequence[str]
    # Minor units, and of which currency.
    price: tuple[int, str] | None
    per: UnitPrice | None
    margin: int | None
    picture: str
    # The shop's own.
    currency: str


# Of a variant, one row for each of its prices, or one without.
OF_PRICE = ("prices__currency", "prices__amount", "prices__price_quantity")
OF_VARIANT = ("product_id", "sku", "net_content", "net_unit", "sold_by", "reference_cost")


def listed(products: Sequence[Product]) -> dict[UUID, Listed]:
    """For a page of products: three statements, however many they are."""
    held: dict[UUID, list[Any]] = {product.pk: [] for product in products}
    live = Variant.objects.filter(product__in=list(held), archived_at=None)
    for row in live.order_by("position", "id", "prices__id").values_list(*OF_VARIANT, *OF_PRICE):
        held[row[0]].append(row[1:])
    pictures = pictures_of(list(held))
    currency = Company.objects.order_by("id").values_list("currency", flat=True).first() or "EUR"
    return {product.pk: _listed(product, held[product.pk], pictures.get(product.pk, ""), currency) for product in products}


def _listed(product: Product, rows: Sequence[Any], picture: str, currency: str) -> Listed:
    skus = list(dict.fromkeys(row[0] for row in rows))
    priced = [row for row in rows if row[5] is not None]
    if not priced:
        return Listed(skus, None, None, None, picture, currency)
    # The shop's own currency before any other, then the lowest.
    _sku, content, unit, sold_by, cost, told, amount, quantity = min(priced, key=lambda row: (row[5] != currency, row[6]))
    per = unit_price(amount=amount, price_quantity=quantity, net_content=content, net_unit=unit, sold_by=sold_by)
    left = margin(amount=amount, price_quantity=quantity, tax_rate=product.tax_class.rate, cost=cost if told == currency else None)
    return Listed(skus, (amount, told), per, left, picture, currency)


def pictures_of(products: Sequence[UUID]) -> dict[UUID, str]:
    """Where the small copy of each one's first picture is."""
    shown = ProductMedia.objects.filter(product__in=products, media__state="ready").order_by("product", "position", "id")
    found: dict[UUID, str] = {}
    for product, renditions in shown.values_list("product_id", "media__renditions"):
        if product not in found and renditions:
            smallest = min(renditions, key=lambda copy: (copy["width"] < THUMBNAIL, copy["width"]))
            found[product] = pictures.address(smallest["file"])
    return found


class ProductListing:
    """Mixed into the products' OfficeAdmin."""

    opts: Any
    list_display: ClassVar[Any] = ["product", "first_sku", "state", "price", "per_unit", "margin", "brand", "category", "changed"]
    list_display_links: ClassVar[Any] = ["product"]
    spare_columns: ClassVar[Any] = ("brand", "category", "changed")
    numeric: ClassVar[Any] = ("price", "per_unit", "margin")
    list_filter: ClassVar[Any] = facets.FACETS
    list_select_related: ClassVar[Any] = ["category", "brand", "tax_class"]
    search_fields: ClassVar[Any] = ["name"]
    search_hint = gettext_lazy("Name, SKU or barcode")
    sortable_by: ClassVar[Any] = ["product", "first_sku", "price", "changed"]
    ordering: ClassVar[Any] = ["sort_key", "id"]
    named_by = "sort_key"
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Live"), {"status": "active"}),
        (gettext_lazy("Draft"), {"status": "draft"}),
        (gettext_lazy("Run-down"), {"life_cycle": "run_down"}),
        (gettext_lazy("Incomplete"), {"missing": ["net_content", "barcode", "price"]}),
        (gettext_lazy("Archived"), {"status": "archived"}),
    )
    empty_icon = "tag"
    empty_title = gettext_lazy("No products yet")
    empty_text = gettext_lazy("Add one here, or read a whole catalogue from a file under Imports.")
    tiles = True
    actions: ClassVar[Any] = ["publish", "archive", "export_chosen", "add_tag", "edit_in_grid"]
    main_action = "edit_in_grid"
    action_keys: ClassVar[Any] = {"edit_in_grid": "E"}
    asking: ClassVar[Any] = {"add_tag": ("tag", gettext_lazy("Tag"))}

    # What is shown

    def heading_links(self, request: HttpRequest) -> list[dict[str, str]]:
        links = []
        if allows(request.user, "catalog.edit"):
            links.append({"title": _("Import"), "icon": "import", "link": reverse("admin:catalog_importrun_changelist")})
        if allows(request.user, "catalog.view"):
            links.append({"title": _("Export"), "icon": "file", "link": reverse("admin:catalog_export")})
        return links

    def list_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if SORTS.keys() & set(self._ordered_by(request)):
            # A join that leaves nothing out could not be walked in the order of the entries.
            rows = rows.filter(search_entry__isnull=False)
        return rows.only(*SHOWN)

    def _ordered_by(self, request: HttpRequest) -> list[str]:
        shown = ["", *self.get_list_display(request)]  # type: ignore[attr-defined]
        places = [part.lstrip("-") for part in request.GET.get("o", "").split(".")]
        return [shown[int(place)] for place in places if place.isascii() and place.isdecimal() and len(place) < 3 and int(place) < len(shown)]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(pk__in=facets.named(request, term)) if term else queryset), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        known = listed(rows)
        for product in rows:
            product.listed = known[product.pk]

    def facet_counts(self, cl: Any) -> dict[str, facets.Counts]:
        if not hasattr(cl, "facets_counted"):
            chosen = {spec.key: spec.chosen for spec in cl.filter_specs if spec.chosen}
            term = cl.query.strip()
            ids = facets.named(cl.filter_specs[0].request, term) if term else None
            cl.facets_counted = facets.counted(chosen, term, ids)
        counts: dict[str, facets.Counts] = cl.facets_counted
        return counts

    def narrowed(self, request: HttpRequest, query: QueryDict) -> QuerySet[Any] | None:
        chosen = {key: query.getlist(key) for key in facets.KEYS if query.getlist(key)}
        # Words cost statements of their own to understand: such a view shows no count.
        if set(query) - {*facets.KEYS, "o"}:
            return None
        return facets.entries(chosen) if chosen else Product.objects.all()

    # Its cells

    def drawing(self, obj: Product) -> str:
        return obj.tile

    def picture(self, obj: Any) -> str:
        return str(obj.listed.picture)

    @admin.display(description=gettext_lazy("Product"), ordering="sort_key")
    def product(self, product: Any) -> str:
        return str(product.name)

    @admin.display(description=gettext_lazy("SKU"), ordering=SORTS["first_sku"])
    def first_sku(self, product: Any) -> str:
        skus = product.listed.skus
        return f"{skus[0]} +{len(skus) - 1}" if len(skus) > 1 else "".join(skus)

    @admin.display(description=gettext_lazy("Status"))
    def state(self, product: Product) -> str:
        return status_of(product)

    @admin.display(description=gettext_lazy("Price"), ordering=SORTS["price"])
    def price(self, product: Any) -> str:
        price = product.listed.price
        return _amount(price[0], price[1], product.listed.currency) if price else ""

    @admin.display(description=gettext_lazy("Per kg, l"))
    def per_unit(self, product: Any) -> str:
        per = product.listed.per
        return format_html('{} <span class="muted small">/ {}</span>', money_text(per.amount, product.listed.price[1]), per.unit) if per else ""

    @admin.display(description=gettext_lazy("Margin"))
    def margin(self, product: Any) -> str:
        share = product.listed.margin
        if share is None:
            return ""
        text = share_text(share)
        return status("bad", text, "late") if share < 0 else text

    @admin.display(description=gettext_lazy("Changed"), ordering="updated_at")
    def changed(self, product: Product) -> str:
        return moment_text(product.updated_at)

    # What is done with many

    def has_edit_many_permission(self, request: HttpRequest) -> bool:
        return allows(request.user, "catalog.edit")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return allows(request.user, "catalog.view")

    @admin.action(description=gettext_lazy("Edit in grid"), permissions=["edit_many"])
    def edit_in_grid(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = _chosen(queryset)
        if len(chosen) > bulk.MOST:
            messages.error(request, _("The grid holds %(most)s products at most. Choose fewer.") % {"most": bulk.MOST})
            return None
        return redirect(f"grid/?ids={','.join(pk.hex for pk in chosen)}")

    @admin.action(description=gettext_lazy("Publish"), permissions=["edit_many"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._bulk(request, lambda: bulk.publish_products(**self._many(request, queryset)), _published, _("not ready"))

    @admin.action(description=gettext_lazy("Archive"), permissions=["edit_many"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._bulk(request, lambda: bulk.archive_products(**self._many(request, queryset)), _archived, _("not archived"))

    @admin.action(description=gettext_lazy("Add tag"), permissions=["edit_many"])
    def add_tag(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        tag = request.POST.get("tag", "")
        self._bulk(request, lambda: bulk.tag_products(tag=tag, **self._many(request, queryset)), _tagged, _("not tagged"))

    @admin.action(description=gettext_lazy("Export"), permissions=["export"])
    def export_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        currency = Company.objects.order_by("id").values_list("currency", flat=True).first() or "EUR"
        chosen = list(queryset.order_by().values_list("pk", flat=True))
        try:
            services.export_catalog(format="onecounter", currency=currency, products=chosen, actor=request.user.pk, now=timezone.now())
        except Refused as refused:
            messages.error(request, refused.message)
            return
        said = ngettext("%(n)s product is being exported.", "%(n)s products are being exported.", len(chosen)) % {"n": f"{len(chosen):,}"}
        messages.success(request, format_html('{} <a href="{}">{}</a>', said, reverse("admin:catalog_export"), _("See the export")))

    def _many(self, request: HttpRequest, queryset: QuerySet[Any]) -> dict[str, Any]:
        return {"products": _chosen(queryset), "now": timezone.now(), "actor": request.user.pk}

    def _bulk(self, request: HttpRequest, work: Callable[[], bulk.Bulk], done: Callable[[int], str], not_done: str) -> None:
        try:
            result = work()
        except Refused as refused:
            messages.error(request, refused.message)
            return
        parts = [done(result.done)]
        if result.unchanged:
            parts.append(_("%(n)s were so already") % {"n": result.unchanged})
        if not result.refused:
            messages.success(request, f"{', '.join(parts)}.")
            return
        named = "; ".join(f"{name}: {reason}" for name, reason in result.refused[:MOST_NAMED])
        more = len(result.refused) - MOST_NAMED
        rest = " " + _("And %(n)s more.") % {"n": more} if more > 0 else ""
        messages.warning(request, f"{', '.join(parts)}, {len(result.refused)} {not_done}. {named}{rest}")


def _published(count: int) -> str:
    return ngettext("%(n)s product published", "%(n)s products published", count) % {"n": count}


def _archived(count: int) -> str:
    return ngettext("%(n)s product archived", "%(n)s products archived", count) % {"n": count}


def _tagged(count: int) -> str:
    return ngettext("%(n)s product tagged", "%(n)s products tagged", count) % {"n": count}


def _chosen(queryset: QuerySet[Any]) -> list[UUID]:
    """One more than may be chosen is enough to say that they are too many."""
    return list(queryset.order_by("sort_key", "id").values_list("pk", flat=True)[: bulk.MOST + 1])


def _amount(amount: int, currency: str, usual: str) -> str:
    """The currency is said where it is not the shop's own."""
    if currency == usual:
        return money_text(amount, currency)
    return format_html('{} <span class="muted small">{}</span>', money_text(amount, currency), currency)


def share_text(ppm: int) -> str:
    """373 200 -> 37.3%, with a true minus sign."""
    tenths = divided(ppm, 1000)
    return f"{'−' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}%"
