"""Coupons in the back office: a promotion's codes with their uses, made by hand or at random, voided, taken home as a file."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import services
from catalog.admin.promotions.reading import Reader
from catalog.models import Coupon, Promotion
from catalog.services.coupons import AT_ONCE, JOB
from catalog.services.promotion_times import Clocks
from kernel.errors import Refused
from kernel.models import Job
from org.access import allows
from org.office import OfficeAdmin
from org.queries import shop_currency
from org.templatetags.office import moment_text, status

MOST_JOBS = 5


def in_state(state: str) -> Q:
    now = timezone.now()
    found = {
        "good": Q(voided_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now)),
        "voided": Q(voided_at__isnull=False),
        "expired": Q(voided_at=None, expires_at__lte=now),
        "used": Q(used__gt=0),
    }
    return found.get(state, Q())


class CouponState(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("State"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("good", _("Open")), ("used", _("Used")), ("expired", _("Expired")), ("voided", _("Voided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> QuerySet[Coupon]:
        return queryset.filter(in_state(self.value() or ""))


@admin.register(Coupon)
class CouponAdmin(OfficeAdmin):
    group_title = gettext_lazy("Promotions")
    list_display: ClassVar[Any] = ["code", "of_promotion", "batch_name", "uses", "until", "standing"]
    list_display_links: ClassVar[Any] = None
    numeric: ClassVar[Any] = ("uses",)
    list_filter: ClassVar[Any] = [CouponState]
    list_select_related: ClassVar[Any] = ["promotion"]
    search_fields: ClassVar[Any] = ["code__startswith", "batch__istartswith"]
    search_hint = gettext_lazy("Code or batch, from its start")
    sortable_by: ClassVar[Any] = ["code", "uses"]
    ordering: ClassVar[Any] = ["-made_at", "code"]
    empty_title = gettext_lazy("No coupons yet")
    empty_text = gettext_lazy("They are made on the page of their promotion.")
    views: ClassVar[Any] = ((gettext_lazy("All"), {}),)
    actions = ("void",)
    main_action = "void"
    timed = True

    def get_urls(self) -> Any:
        guarded = self.admin_site.admin_view
        own = [
            path("make/<uuid:promotion>/", guarded(self.make_view), name="catalog_coupon_make"),
            path("csv/<uuid:promotion>/", guarded(self.csv_view), name="catalog_coupon_csv"),
        ]
        return [*own, *super().get_urls()]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # type: ignore[override]
        return lookup in ("promotion__id__exact", "batch__exact") or super().lookup_allowed(lookup, value, request)

    def narrowed(self, request: HttpRequest, query: QueryDict) -> QuerySet[Any] | None:
        """Counted where it is of one promotion: there may be a million of them."""
        return None

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(Q(code__startswith=term.upper()) | Q(batch=term)) if term else queryset), False

    def heading_links(self, request: HttpRequest) -> list[dict[str, str]]:
        promotion = request.GET.get("promotion__id__exact", "")
        try:
            known = UUID(promotion)
        except ValueError:
            return []
        return [
            {"title": _("Make coupons"), "icon": "plus", "link": reverse("admin:catalog_coupon_make", args=[known])},
            {"title": _("Export"), "icon": "file", "link": reverse("admin:catalog_coupon_csv", args=[known])},
            {"title": _("Promotion"), "icon": "tag", "link": reverse("admin:catalog_promotion_change", args=[known])},
        ]

    # Its cells

    @admin.display(description=gettext_lazy("Promotion"))
    def of_promotion(self, coupon: Coupon) -> str:
        return coupon.promotion.name

    @admin.display(description=gettext_lazy("Batch"))
    def batch_name(self, coupon: Coupon) -> str:
        return coupon.batch

    @admin.display(description=gettext_lazy("Used"), ordering="used")
    def uses(self, coupon: Coupon) -> str:
        return f"{coupon.used:,}" + (f" / {coupon.most_uses:,}" if coupon.most_uses is not None else "")

    @admin.display(description=gettext_lazy("Good until"))
    def until(self, coupon: Coupon) -> str:
        return moment_text(coupon.expires_at) if coupon.expires_at else ""

    @admin.display(description=gettext_lazy("State"))
    def standing(self, coupon: Coupon) -> str:
        if coupon.voided_at is not None:
            return status("", _("Voided"), "stop")
        if coupon.expires_at is not None and coupon.expires_at <= timezone.now():
            return status("", _("Expired"), "off")
        if coupon.most_uses is not None and coupon.used >= coupon.most_uses:
            return status("", _("Used up"), "done")
        return status("good", _("Open"))

    # What is done with them

    def has_edit_many_permission(self, request: HttpRequest) -> bool:
        return allows(request.user, "pricing.edit")

    @admin.action(description=gettext_lazy("Void"), permissions=["edit_many"])
    def void(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> None:
        actor: Any = request.user.pk
        by_promotion: dict[UUID, list[str]] = {}
        for code, promotion in queryset.order_by().values_list("code", "promotion_id"):
            by_promotion.setdefault(promotion, []).append(code)
        now = timezone.now()
        done = sum(services.void_coupons(promotion=promotion, codes=codes, now=now, actor=actor) for promotion, codes in by_promotion.items())
        messages.success(request, ngettext("%(n)s coupon opens nothing any more.", "%(n)s coupons open nothing any more.", done) % {"n": f"{done:,}"})

    def make_view(self, request: HttpRequest, promotion: UUID) -> HttpResponse:
        if not allows(request.user, "pricing.edit"):
            raise PermissionDenied
        row = Promotion.objects.filter(pk=promotion).first()
        if row is None:
            return redirect("admin:catalog_promotion_changelist")
        errors: dict[str, str] = {}
        if request.method == "POST":
            errors = self._made(request, row)
            if not errors:
                return redirect("admin:catalog_coupon_make", row.pk)
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Coupons of %(name)s") % {"name": row.name},
            "opts": self.opts,
            "object": row,
            "errors": errors,
            "given": request.POST,
            "at_once": AT_ONCE,
            "breadcrumb": [
                {"title": _("Promotions"), "link": reverse("admin:catalog_promotion_changelist")},
                {"title": row.name, "link": reverse("admin:catalog_promotion_change", args=[row.pk])},
                {"title": _("Coupons")},
            ],
            "count": row.coupons.count(),
            "jobs": Job.objects.filter(kind=JOB, arguments__promotion=str(row.pk)).order_by("-created_at")[:MOST_JOBS],
            "list_path": f"{self.list_path()}?promotion__id__exact={row.pk}",
        }
        return TemplateResponse(request, "backoffice/promotion_coupons.html", context, status=422 if errors else 200)

    def _made(self, request: HttpRequest, row: Promotion) -> dict[str, str]:
        """By hand or at random, or a batch taken back. What is wrong, by its input; empty when it is done."""
        doing = request.POST.get("do", "")
        given = Reader(request.POST, currency=shop_currency(), zone=Clocks().shop)
        actor: Any = request.user.pk
        common: dict[str, Any] = {"promotion": row.pk, "now": timezone.now(), "actor": actor}
        try:
            if doing == "void":
                done = services.void_coupons(batch=given.text("batch"), **common)
                messages.success(request, ngettext("%(n)s coupon is voided.", "%(n)s coupons are voided.", done) % {"n": f"{done:,}"})
            elif doing == "write":
                uses = given.whole("most_uses", needed=False)
                if not given.errors:
                    codes = given.several_lines("codes")
                    done = services.create_coupons(codes=codes, most_uses=uses, expires_at=given.moment("expires_at"), **common)
                    messages.success(request, ngettext("%(n)s coupon is made.", "%(n)s coupons are made.", done) % {"n": done})
            else:
                self._generated(request, given, common)
        except Refused as refused:
            given.errors[refused.field or "codes"] = refused.message
        return given.errors

    @staticmethod
    def _generated(request: HttpRequest, given: Reader, common: dict[str, Any]) -> None:
        count, uses = given.whole("count"), given.whole("each_uses", needed=False)
        ends = given.moment("each_expires_at")
        if given.errors or count is None:
            return
        job = services.generate_coupons(
            count=count, prefix=given.text("prefix"), batch=given.text("batch"), most_uses=uses, expires_at=ends, **common
        )
        if job is None:
            messages.success(request, ngettext("%(n)s coupon is made.", "%(n)s coupons are made.", count) % {"n": f"{count:,}"})
        else:
            messages.success(request, _("%(n)s coupons are being made. You may leave this page.") % {"n": f"{count:,}"})

    def csv_view(self, request: HttpRequest, promotion: UUID) -> HttpResponse | StreamingHttpResponse:
        if not allows(request.user, "pricing.edit"):
            raise PermissionDenied
        row = Promotion.objects.filter(pk=promotion).first()
        if row is None:
            return redirect("admin:catalog_promotion_changelist")
        answer = StreamingHttpResponse(
            services.coupons_csv(promotion=row.pk, batch=request.GET.get("batch", "")), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="coupons-{row.code}.csv"'
        return answer

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Everything stands in the rows."""
