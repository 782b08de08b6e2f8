"""The product page as the admin serves it: its tabs, the forms that come back, and what its buttons do."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from catalog import revisions, services
from catalog.admin.page import overview
from catalog.admin.page.adding import Adding
from catalog.admin.page.details import Details
from catalog.admin.page.offering import Offering
from catalog.admin.page.pictures import Pictures
from catalog.admin.page.search_engines import SearchEngines
from catalog.admin.page.shop import shop_currency
from catalog.admin.page.tab import Tab
from catalog.admin.page.translations import Translations
from catalog.admin.page.variants import Variants
from catalog.admin.prices.tab import Prices
from catalog.models import Product, Revision, Variant
from kernel.errors import Refused
from org.access import allows, stores_for
from org.templatetags.office import status

TABS: tuple[type[Tab], ...] = (Offering, Details, Variants, Prices, Pictures, Translations, SearchEngines)
STATUS = {"active": ("good", ""), "draft": ("", "empty"), "archived": ("", "off")}


def status_of(product: Product, *, pill: bool = False) -> str:
    kind, shape = STATUS[product.status]
    return status(kind, product.get_status_display(), shape, pill)


class ProductPage:
    """For the admin of products, before its base class."""

    # The admin this is mixed into
    admin_site: Any
    opts: Any

    def shelves(self, request: HttpRequest, product: Product) -> overview.Shelves:
        """What stands where; the app above, which keeps stock, says it."""
        return overview.Shelves({}, 0)

    # The page

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        product = self.known_product(request, object_id)
        if product is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        kind = next((tab for tab in TABS if tab.key == request.GET.get("tab")), Offering)
        now = timezone.now()
        if request.method != "POST":
            return self.shown(request, kind(product=product, user=request.user, query=request.GET), now)
        if not self.may_save(request, kind):
            raise PermissionDenied
        tab = kind(product=product, user=request.user, data=request.POST, files=request.FILES, query=request.GET)
        if not tab.save(now=now):
            return self.shown(request, tab, now)
        messages.success(request, _("Saved."))
        return redirect(self.address(product, kind, request))

    def known_product(self, request: HttpRequest, object_id: str) -> Product | None:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        try:
            key = UUID(object_id)
        except ValueError:
            return None
        return Product.objects.select_related("category", "brand", "tax_class", "type").filter(pk=key).first()

    def may_save(self, request: HttpRequest, kind: type[Tab]) -> bool:
        """Everything is the merchandiser's, but for the ranges of stores on the overview."""
        return allows(request.user, "catalog.edit") or (kind is Offering and stores_for(request.user, "catalog.range") != frozenset())

    def address(self, product: Product, kind: type[Tab], request: HttpRequest | None = None) -> str:
        page = request.GET.get("page", "") if request else ""
        query = "" if kind is Offering else f"?tab={kind.key}{f'&page={page}' if page.isdecimal() else ''}"
        return reverse("admin:catalog_product_change", args=[product.pk]) + query

    def shown(self, request: HttpRequest, tab: Tab, now: datetime) -> HttpResponse:
        product, currency = tab.product, shop_currency()
        parts = tab.bound
        told: dict[str, Any] = {}
        if isinstance(tab, Offering):
            told = overview.overview(tab, currency=currency, query=request.GET, shelves=lambda row: self.shelves(request, row), now=now)
        own = product.variants.filter(archived_at=None).aggregate(many=Count("id"), sku=Min("sku"))
        missing = told.get("missing") or overview.missing_of(product, overview.variants_of(product), currency)
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            **tab.context(),
            **told,
            "title": product.name,
            "opts": self.opts,
            "object": product,
            "original": product,
            "breadcrumb": self.breadcrumb(product.name),  # type: ignore[attr-defined]
            "tab": tab,
            "tabs": self.tabs(tab, missing),
            "missing": missing,
            "variant_count": own["many"],
            "try_sku": own["sku"] if allows(request.user, "pricing.view") else "",
            "state": status_of(product, pill=True),
            "picture": product.pictures.filter(media__state="ready").select_related("media").order_by("position", "id").first(),
            "currency": currency,
            "may_edit": allows(request.user, "catalog.edit"),
            "may_save": self.may_save(request, type(tab)) and bool(parts),
            "was": tab.was if tab.data is not None else tab.shown,
            "read_at": product.updated_at.isoformat(),
            "invalid": any(part.is_bound and part.errors for part in parts),
            "others": self.others(request, tab) if tab.overtaken else [],
        }
        return TemplateResponse(request, tab.template, context)

    def tabs(self, tab: Tab, missing: Any) -> list[dict[str, Any]]:
        left = missing.by_tab()
        links = {kind.key: "?" if kind is Offering else f"?tab={kind.key}" for kind in TABS}
        return [
            {"key": key, "title": kind.title, "current": kind is type(tab), "link": links[key], "left": left[key]}
            for kind in TABS
            for key in [kind.key]
        ]

    def others(self, request: HttpRequest, tab: Tab) -> list[dict[str, Any]]:
        """What was changed between reading the page and saving it."""
        try:
            read = datetime.fromisoformat(request.POST.get("read_at", ""))
        except ValueError:
            return []
        if timezone.is_naive(read):
            return []
        since = overview.history(tab.product, all_of_it=False, currency=shop_currency())["rows"]
        return [entry for entry in since if entry["row"].at > read]

    # A new one

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        part = Adding(request.POST if request.method == "POST" else None, currency=shop_currency())
        made = part.made(now=timezone.now(), actor=request.user.pk) if request.method == "POST" else None  # type: ignore[arg-type]
        if made:
            messages.success(request, _("%(name)s is a draft. The list beside says what it needs before it can be published.") % {"name": made.name})
            return redirect("admin:catalog_product_change", made.pk)
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = _("Add product")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": part, "title": title, "breadcrumb": self.breadcrumb(title)}  # type: ignore[attr-defined]
        return TemplateResponse(request, "backoffice/product_add.html", context)

    # Buttons

    def get_custom_urls(self) -> Any:
        buttons: dict[str, Callable[..., HttpResponse]] = {
            "publish": self.press_publish,
            "duplicate": self.press_duplicate,
            "archive": self.press_archive,
            "restore": self.press_restore,
        }
        own = [(f"<uuid:product>/{name}/", f"catalog_product_{name}", require_POST(view)) for name, view in buttons.items()]
        return (
            *super().get_custom_urls(),  # type: ignore[misc]
            *own,
            ("<uuid:product>/history/<int:revision>/undo/", "catalog_product_undo", require_POST(self.press_undo)),
            ("<uuid:product>/variants/<uuid:variant>/archive/", "catalog_variant_archive", require_POST(self.archive_variant)),
            ("<uuid:product>/variants/<uuid:variant>/restore/", "catalog_variant_restore", require_POST(self.restore_variant)),
        )

    def pressed(self, request: HttpRequest, product: UUID, work: Callable[[dict[str, Any]], str]) -> HttpResponse:
        """One service call; `work` says what happened. Back to the page it was pressed on."""
        if not allows(request.user, "catalog.edit"):
            raise PermissionDenied
        get_object_or_404(Product, pk=product)
        try:
            messages.success(request, work({"now": timezone.now(), "actor": request.user.pk}))  # type: ignore[union-attr]
        except Refused as refused:
            messages.error(request, refused.message)
        tab = request.POST.get("tab", "")
        known = next((kind for kind in TABS if kind.key == tab), Offering)
        return redirect(self.address(Product(pk=product), known))

    def press_publish(self, request: HttpRequest, product: UUID, model_admin: Any = None) -> HttpResponse:
        def work(who: dict[str, Any]) -> str:
            return _("%(name)s is published.") % {"name": services.publish(product=product, **who).name}

        return self.pressed(request, product, work)

    def press_duplicate(self, request: HttpRequest, product: UUID, model_admin: Any = None) -> HttpResponse:
        made: list[Product] = []

        def work(who: dict[str, Any]) -> str:
            made.append(services.duplicate_product(product=product, **who))
            return _("This is a copy, a draft: codes and pictures of the pack are its own to give.")

        answer = self.pressed(request, product, work)
        return redirect("admin:catalog_product_change", made[0].pk) if made else answer

    def press_archive(self, request: HttpRequest, product: UUID, model_admin: Any = None) -> HttpResponse:
        def work(who: dict[str, Any]) -> str:
            return _("%(name)s is archived. It can be brought back at any time.") % {"name": services.archive_product(product=product, **who).name}

        return self.pressed(request, product, work)

    def press_restore(self, request: HttpRequest, product: UUID, model_admin: Any = None) -> HttpResponse:
        def work(who: dict[str, Any]) -> str:
            back = services.change_product(product=product, fields={"status": Product.Status.DRAFT}, **who)
            return _("%(name)s is back as a draft.") % {"name": back.name}

        return self.pressed(request, product, work)

    def press_undo(self, request: HttpRequest, product: UUID, revision: int, model_admin: Any = None) -> HttpResponse:
        get_object_or_404(Revision, pk=revision, product=product)

        def work(who: dict[str, Any]) -> str:
            edited = services.undo_revision(revision=revision, **who).edited
            if not edited:
                return _("Undone.")
            names = ", ".join(dict.fromkeys(revisions.words(edit.path, None)[0] for edit in edited))
            told = ngettext("%(n)s field was edited since and stays as it is", "%(n)s fields were edited since and stay as they are", len(edited))
            return told % {"n": len(edited)} + f": {names}. " + _("The rest is undone.")

        return self.pressed(request, product, work)

    def archive_variant(self, request: HttpRequest, product: UUID, variant: UUID, model_admin: Any = None) -> HttpResponse:
        held = get_object_or_404(Variant, pk=variant, product=product)

        def work(who: dict[str, Any]) -> str:
            services.archive_variant(variant=variant, **who)
            return _("%(sku)s is archived. It can be brought back below.") % {"sku": held.sku}

        return self.pressed(request, product, work)

    def restore_variant(self, request: HttpRequest, product: UUID, variant: UUID, model_admin: Any = None) -> HttpResponse:
        held = get_object_or_404(Variant, pk=variant, product=product)

        def work(who: dict[str, Any]) -> str:
            services.restore_variant(variant=variant, **who)
            return _("%(sku)s is back.") % {"sku": held.sku}

        return self.pressed(request, product, work)
