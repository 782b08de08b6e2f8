"""Recalls: a lot is stopped everywhere, each place looks and says what it found, and who bought it is known."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog import search
from catalog.admin.page.fields import thousandths
from catalog.admin.prices.forms import PricesForm
from catalog.admin.prices.shown import shop_zone
from inventory import services
from inventory.admin.causes import NAMERS, Named
from inventory.admin.shown import full_name
from inventory.admin.typed_rows import goods
from inventory.models import LotLevel, Recall, Task
from inventory.queries import recalls as asked
from kernel.errors import Refused
from org.access import allows, stores_for
from org.office import OfficeAdmin
from org.queries import names_of_users
from org.templatetags.office import moment_text, status

BUYERS = 50


class RecallForm(PricesForm):
    item = forms.CharField(label=gettext_lazy("SKU or barcode"), max_length=60, help_text=gettext_lazy("Scan it"))
    lot = forms.CharField(label=gettext_lazy("Lot"), max_length=20, help_text=gettext_lazy("As it is printed"))
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200, help_text=gettext_lazy("Every till shows it: glass in the jar"))


class FoundForm(forms.Form):
    """`found` comes out in thousandths."""

    found = forms.CharField(max_length=14)
    note = forms.CharField(max_length=200, required=False)

    def clean_found(self) -> int:
        return thousandths(self.cleaned_data["found"])


class StandingFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open")), ("closed", gettext_lazy("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(closed_at__isnull=self.value() == "open") if self.value() in ("open", "closed") else queryset


@admin.register(Recall)
class RecallAdmin(OfficeAdmin):
    """Whoever sees stock sees what is recalled; tasks and sales are those of their own stores."""

    adds = True
    group_title = gettext_lazy("Stock")
    page_title = gettext_lazy("Recalls")
    one = gettext_lazy("recall")
    nouns = gettext_lazy("recalls")
    list_display: ClassVar[Any] = ["item", "lot", "reason", "made", "who", "looked", "standing"]
    list_display_links: ClassVar[Any] = ["item"]
    numeric: ClassVar[Any] = ("looked",)
    list_filter: ClassVar[Any] = [StandingFilter]
    list_select_related: ClassVar[Any] = ["lot__variant__product"]
    search_fields: ClassVar[Any] = ["lot__code"]
    search_hint = gettext_lazy("Lot, name or SKU")
    ordering: ClassVar[Any] = ["-id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Open"), {"standing": "open"}),
        (gettext_lazy("Closed"), {"standing": "closed"}),
    )
    tiles = True
    timed = True
    empty_icon = "shield"
    empty_title = gettext_lazy("Nothing was ever recalled")
    empty_text = gettext_lazy("Say which lot must not be sold: it is stopped at once in every place, online and at the tills.")
    detail_template = "backoffice/stock_recall.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:recall>/close/", wrap(require_POST(self.close)), name="inventory_recall_close"),
            path("<uuid:recall>/task/<int:task>/", wrap(require_POST(self.finish)), name="inventory_recall_finish"),
            *super().get_urls(),
        ]

    # The list

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        of_lot = queryset.filter(lot__code__iexact=term)
        return (of_lot if of_lot.exists() else queryset.filter(lot__variant__in=search.variants(term))), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        told = Task.objects.filter(recall__in=[row.pk for row in rows]).order_by().values_list("recall")
        counts = {key: (places, left) for key, places, left in told.annotate(n=Count("id"), left=Count("id", filter=Q(done_at=None)))}
        people = names_of_users(users={row.made_by for row in rows if row.made_by})
        for row in rows:
            row.places, row.left = counts.get(row.pk, (0, 0))
            row.person = people.get(row.made_by, "")

    def drawing(self, obj: Recall) -> str:
        return obj.lot.variant.product.tile

    @admin.display(description=gettext_lazy("Product"))
    def item(self, row: Recall) -> str:
        return full_name(row.lot.variant)

    @admin.display(description=gettext_lazy("Lot"))
    def lot(self, row: Recall) -> str:
        return row.lot.code

    @admin.display(description=gettext_lazy("Recalled"))
    def made(self, row: Recall) -> str:
        return moment_text(row.made_at)

    @admin.display(description=gettext_lazy("Who"))
    def who(self, row: Any) -> str:
        return str(row.person)

    @admin.display(description=gettext_lazy("Places looked"))
    def looked(self, row: Any) -> str:
        return _("%(done)s of %(places)s") % {"done": row.places - row.left, "places": row.places}

    @admin.display(description=gettext_lazy("Standing"))
    def standing(self, row: Any) -> str:
        return standing(row, row.left)

    # Making one

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else None
        form = RecallForm(sent, zone=shop_zone(), initial={"item": request.GET.get("sku", ""), "lot": request.GET.get("lot", "")})
        found: list[LotLevel] | None = None
        if form.is_valid():
            variant = goods([form.cleaned_data["item"].strip()]).get(form.cleaned_data["item"].strip(), (None,))[0]
            if variant is None:
                form.add_error("item", _("There is no product with this SKU or barcode."))
            elif "recall" in request.POST:
                made = self._made(request, form, variant.pk)
                if made is not None:
                    return redirect("admin:inventory_recall_change", made.pk)
            else:
                found = where(variant.pk, form.cleaned_data["lot"].strip())
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = _("Recall a lot")
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "breadcrumb": self.breadcrumb(title), "form": form}
        more = {"found": found, "looked": found is not None, "name": full_name(variant) if found is not None and variant else ""}
        return TemplateResponse(
            request, "backoffice/stock_recall_add.html", {**context, **more, "back": self.list_path()}, status=422 if form.errors else 200
        )

    def _made(self, request: HttpRequest, form: RecallForm, variant: UUID) -> Recall | None:
        given = form.cleaned_data
        try:
            made = services.recall(variant=variant, code=given["lot"], reason=given["reason"], actor=UUID(str(request.user.pk)), now=timezone.now())
        except Refused as refused:
            form.refuse(refused)
            return None
        messages.success(request, _("Lot %(code)s is stopped everywhere.") % {"code": given["lot"].strip()})
        return made

    # The page of one

    def detail(self, request: HttpRequest, obj: Recall) -> dict[str, Any]:
        tasks = asked.recall_tasks(recall=obj.pk)
        people = names_of_users(users={one for one in (obj.made_by, *(task.done_by for task in tasks)) if one})
        mine = stores_for(request.user, "inventory.view")
        seen = [task for task in tasks if mine is None or task.location.store_id in mine]
        left = sum(task.done_at is None for task in tasks)
        name = full_name(obj.lot.variant)
        return {
            "title": _("Recall of %(name)s") % {"name": name},
            "name": name,
            "breadcrumb": self.breadcrumb(_("Lot %(code)s") % {"code": obj.lot.code}),
            "pill": standing(obj, left, pill=True),
            "made_by": people.get(obj.made_by, "") if obj.made_by else "",
            "tasks": [
                {
                    "task": task,
                    "who": people.get(task.done_by, "") if task.done_by else "",
                    "may": task.done_at is None and allows(request.user, "inventory.adjust", store=task.location.store_id),
                }
                for task in seen
            ],
            "left": left,
            "places": len(tasks),
            "found": sum(task.found or 0 for task in seen),
            "may_close": obj.closed_at is None and not left and allows(request.user, "inventory.recall"),
            "buyers": self._buyers(request, obj) if mine is None else None,
        }

    def _buyers(self, request: HttpRequest, recall: Recall) -> dict[str, Any]:
        """Sales of every store: for whoever sees them all."""
        possible = request.GET.get("buyers") == "possible"
        before = request.GET.get("before", "")
        after = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
        page = (asked.possible_buyers if possible else asked.certain_buyers)(recall=recall.pk, first=BUYERS, before=after)
        named = receipts(request.user, {buyer.reference for buyer in page.items})
        kind = "possible" if possible else "certain"
        return {
            "possible": possible,
            "rows": [{"buyer": buyer, "named": named.get(buyer.reference)} for buyer in page.items],
            "older": f"?buyers={kind}&before={page.items[-1].movement}#buyers" if page.more else "",
            "newest": f"?buyers={kind}#buyers" if after is not None else "",
        }

    # What its buttons do

    def finish(self, request: HttpRequest, recall: UUID, task: int) -> HttpResponse:
        held = Task.objects.filter(pk=task, recall=recall).select_related("location").first()
        if held is None or not allows(request.user, "inventory.adjust", store=held.location.store_id) or not self._sees(request, held):
            raise PermissionDenied
        form = FoundForm(request.POST)
        if form.is_valid():
            given, now, actor = form.cleaned_data, timezone.now(), request.user.pk
            done = _("%(place)s has looked: what was found lies in quarantine.") % {"place": held.location.name}
            self.perform(request, lambda: services.finish_recall_task(task=task, **given, actor=actor, now=now), done)
        else:
            messages.error(request, _("Say how many were found, such as 12, or 0 for none."))
        return redirect("admin:inventory_recall_change", recall)

    @staticmethod
    def _sees(request: HttpRequest, task: Task) -> bool:
        mine = stores_for(request.user, "inventory.adjust")
        return mine is None or task.location.store_id in mine

    def close(self, request: HttpRequest, recall: UUID) -> HttpResponse:
        if not allows(request.user, "inventory.recall"):
            raise PermissionDenied
        now, actor = timezone.now(), request.user.pk
        self.perform(request, lambda: services.close_recall(recall=recall, actor=actor, now=now), _("The recall is closed."))
        return redirect("admin:inventory_recall_change", recall)


def where(variant: UUID, code: str) -> list[LotLevel]:
    """Which places have had the lot, the fullest first."""
    return list(LotLevel.objects.filter(lot__variant=variant, lot__code=code).select_related("location").order_by("-on_hand", "id"))


def receipts(user: Any, references: set[UUID]) -> dict[UUID, Named]:
    """What this person may know of these sales."""
    found: dict[UUID, Named] = {}
    for causes, namer in NAMERS:
        if "sale" in causes and references:
            found |= namer(user, references)
    return found


def standing(row: Recall, left: int, *, pill: bool = False) -> str:
    if row.closed_at is not None:
        return status("", _("Closed"), "done", pill)
    return status("bad", _("Open"), "stop", pill) if left else status("warning", _("All have looked"), "late", pill)


def page_of(recall: UUID) -> str:
    return reverse("admin:inventory_recall_change", args=[recall])
