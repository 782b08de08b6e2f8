"""The page of one variant in one place: what is there, why it is that many, and what of it can be sold."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inventory import queries, services
from inventory.admin.causes import named
from inventory.admin.shown import CAUSES, can_be_sold, full_name, visible_locations
from inventory.admin.stock_list import StockList
from inventory.admin.timeline import PERIODS, SINCE_COUNT, Asked, as_file, asked, choices, ledger, page_of, zone_of
from inventory.models import Level, Pack, Policy
from inventory.stock_chart import chart, slice_of
from org.access import allows

# A name of a file goes into a header: letters, digits and hyphens, and not many.
NAME_LENGTH = 60
FIRST, LONGEST = "28", "90"


class CorrectionForm(forms.Form):
    """`counted` comes out in thousandths. `reference` makes the second click of one form change nothing."""

    counted = forms.RegexField(r"^-?[0-9]{1,9}([.,][0-9]{1,3})?$")
    note = forms.CharField(max_length=200)
    reference = forms.UUIDField()

    def clean_counted(self) -> int:
        whole, _point, rest = self.cleaned_data["counted"].replace(",", ".").partition(".")
        size = int(whole.lstrip("-")) * 1000 + int(rest.ljust(3, "0") or 0)
        return -size if whole.startswith("-") else size


class LateForm(forms.Form):
    """What the page said is missing, in thousandths: it must still be so."""

    quantity = forms.IntegerField(min_value=-(10**15), max_value=10**15)


@admin.register(Level)
class LevelAdmin(StockList):
    detail_template = "backoffice/stock.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With all that the page names."""
        return super().get_queryset(request).select_related("variant__product", "location__store")

    def get_custom_urls(self) -> Any:
        return (
            ("<int:level>/correct/", "inventory_level_correct", require_POST(self.correct)),
            ("<int:level>/late/", "inventory_level_late", require_POST(self.correct_late)),
            ("<int:level>/timeline.csv", "inventory_level_export", require_GET(self.export)),
        )

    def may_adjust(self, request: HttpRequest, level: int) -> Level:
        held: Level | None = self.get_queryset(request).filter(pk=level).first()
        if held is None or not allows(request.user, "inventory.adjust", store=held.location.store_id):
            raise PermissionDenied
        return held

    def correct(self, request: HttpRequest, level: int, model_admin: Any = None) -> HttpResponse:
        """Somebody counted: the difference goes into the ledger with its reason."""
        held = self.may_adjust(request, level)
        form = CorrectionForm(request.POST)
        if form.is_valid():
            call = partial(services.correct, location=held.location_id, variant=held.variant_id, **form.cleaned_data)
            self.perform(request, partial(call, actor=request.user.pk, now=timezone.now()), _("The count is corrected."))
        else:
            messages.error(request, _("Give what was counted, such as 12 or 1.5, and a reason."))
        return redirect("admin:inventory_level_change", level)

    def correct_late(self, request: HttpRequest, level: int, model_admin: Any = None) -> HttpResponse:
        """What left before the count and was told after it comes back into the book."""
        held = self.may_adjust(request, level)
        form = LateForm(request.POST)
        if form.is_valid():
            call = partial(services.correct_late, location=held.location_id, variant=held.variant_id, **form.cleaned_data)
            self.perform(request, partial(call, actor=request.user.pk, now=timezone.now()), _("The book is put right."))
        return redirect("admin:inventory_level_change", level)

    def export(self, request: HttpRequest, level: int, model_admin: Any = None) -> StreamingHttpResponse:
        held = self.get_queryset(request).filter(pk=level).first()
        if held is None or not self.has_view_permission(request):
            raise PermissionDenied
        answer = StreamingHttpResponse(as_file(held, asked(request.GET), request.user), content_type="text/csv; charset=utf-8")
        name = slugify(f"timeline-{held.variant.sku}-{held.location.code}")[:NAME_LENGTH]
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer

    def detail(self, request: HttpRequest, obj: Level) -> dict[str, Any]:
        name, question, now, zone = full_name(obj.variant), asked(request.GET), timezone.now(), zone_of(obj)
        why = queries.why(variant=obj.variant_id, location=obj.location_id, since=now - PERIODS[LONGEST])
        page, start = page_of(obj, question)
        rows = ledger(page.entries, request.user, why)
        return {
            "title": name,
            "breadcrumb": self.breadcrumb(name),
            "why": why,
            "before": now - PERIODS[LONGEST] if why.before else None,
            "equation": [{"total": part.total, "word": CAUSES[part.cause][1], "n": part.times} for part in why.parts],
            "late": self.late(request, obj, why),
            "asked": question,
            "choices": choices(obj),
            "rows": rows,
            "older": question.address(older=page.older) if page.older else "",
            "newer": question.address(newer=(rows[0]["movement"].id, rows[0]["movement"].balance)) if start and rows else "",
            "export_query": question.address(),
            "chart": None if start else self.chart(obj, question, why, now),
            "periods": [(code, question.address(period=code)) for code in (*([SINCE_COUNT] if why.anchor else []), *PERIODS)],
            "may_adjust": allows(request.user, "inventory.adjust", store=obj.location.store_id),
            "reference": uuid4(),
            "zone": zone,
            **self.beside(request, obj, now),
        }

    def late(self, request: HttpRequest, level: Level, why: queries.Why) -> dict[str, Any] | None:
        """What the last count could not know, in the words of whoever reads it."""
        found = queries.miscount(variant=level.variant_id, location=level.location_id, known=why)
        if found is None:
            return None
        document = named([found.latest], request.user).get(found.latest.reference)
        return {"found": found, "shelf": why.on_hand + found.quantity, "document": document}

    def chart(self, level: Level, question: Asked, why: queries.Why, now: datetime) -> dict[str, Any] | None:
        """Since the last count, or the days asked for. Unasked, a count of long ago does not stretch the picture: days are what one looks at."""
        recent = why.anchor is not None and now - why.anchor.occurred_at <= PERIODS[FIRST]
        period = question.period or (SINCE_COUNT if recent else FIRST)
        if period == SINCE_COUNT and why.anchor:
            since, after = why.anchor.occurred_at, why.anchor.id
        else:
            period = period if period in PERIODS else FIRST
            since, after = now - PERIODS[period], None
        steps = queries.steps(variant=level.variant_id, location=level.location_id, since=since, after=after, slice=slice_of(since=since, now=now))
        drawn = chart(steps, on_hand=why.on_hand, since=since, now=now)
        labels = [{**one, "word": CAUSES[one["cause"]][1]} for one in drawn["labels"]]
        return {**drawn, "labels": labels, "period": period, "since_count": after is not None}

    def beside(self, request: HttpRequest, level: Level, now: datetime) -> dict[str, Any]:
        """What can be sold, what is elsewhere, and when to order."""
        here = {"variant": level.variant_id, "location": level.location_id}
        places = Level.objects.filter(variant=level.variant_id, location__in=visible_locations(request.user)).exclude(pk=level.pk)
        return {
            "held": queries.held(**here),
            "sellable": can_be_sold(level),
            "elsewhere": places.select_related("location").order_by("location__name"),
            **self.reorder(level, queries.sold(**here, now=now)),
        }

    def reorder(self, level: Level, sold: queries.Sold) -> dict[str, Any]:
        """What a policy says of ordering; cases where it is bought in cases."""
        policy = Policy.objects.filter(variant=level.variant_id, location=level.location_id).first()
        point = policy.reorder_point if policy else None
        due = policy is not None and point is not None and level.on_hand <= point
        missing = policy.reorder_to - level.on_hand if due and policy and policy.reorder_to else 0
        pack = Pack.objects.filter(variant=level.variant_id).order_by("-quantity").first()
        # To a tenth of a piece.
        a_day = max(sold.four_weeks, 0) // 28 // 100 * 100
        return {
            "sold": sold,
            "a_day": a_day,
            "days_left": level.on_hand // a_day if a_day and level.on_hand > 0 else None,
            "policy": policy,
            "due": due,
            "missing": missing,
            "pack": pack,
            "cases": -(-missing // pack.quantity) if pack else 0,
        }
