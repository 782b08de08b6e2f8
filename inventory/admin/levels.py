"""The page of one variant in one place: what is there, and why it is that many."""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory import queries, services
from inventory.admin.shown import CAUSES, full_name, visible_locations
from inventory.admin.stock_list import StockList
from inventory.models import Level, Movement
from inventory.stock_chart import chart
from org.access import allows
from org.models import User

LEDGER_ROWS = 100


class CorrectionForm(forms.Form):
    """`counted` comes out in thousandths. `reference` makes the second click of one form change nothing."""

    counted = forms.RegexField(r"^-?[0-9]{1,9}([.,][0-9]{1,3})?$")
    note = forms.CharField(max_length=200)
    reference = forms.UUIDField()

    def clean_counted(self) -> int:
        whole, _point, rest = self.cleaned_data["counted"].replace(",", ".").partition(".")
        size = int(whole.lstrip("-")) * 1000 + int(rest.ljust(3, "0") or 0)
        return -size if whole.startswith("-") else size


@admin.register(Level)
class LevelAdmin(StockList):
    detail_template = "backoffice/stock.html"

    def get_custom_urls(self) -> Any:
        return (("<int:level>/correct/", "inventory_level_correct", require_POST(self.correct)),)

    def correct(self, request: HttpRequest, level: int, model_admin: Any = None) -> HttpResponse:
        """Somebody counted: the difference goes into the ledger with its reason."""
        held = self.get_queryset(request).filter(pk=level).first()
        if held is None or not allows(request.user, "inventory.adjust", store=held.location.store_id):
            raise PermissionDenied
        form = CorrectionForm(request.POST)
        if form.is_valid():
            call = partial(services.correct, location=held.location_id, variant=held.variant_id, **form.cleaned_data)
            self.perform(request, partial(call, actor=request.user.pk, now=timezone.now()), _("The count is corrected."))
        else:
            messages.error(request, _("Give what was counted, such as 12 or 1.5, and a reason."))
        return redirect("admin:inventory_level_change", level)

    def detail(self, request: HttpRequest, obj: Level) -> dict[str, Any]:
        name = full_name(obj.variant)
        page = queries.timeline(variant=obj.variant_id, location=obj.location_id, first=LEDGER_ROWS, older=older_than(request.GET.get("older", "")))
        sums = Movement.objects.filter(variant=obj.variant, location=obj.location).values("cause").annotate(total=Sum("quantity"), n=Count("id"))
        places = Level.objects.filter(variant=obj.variant, location__in=visible_locations(request.user)).exclude(pk=obj.pk)
        return {
            "title": name,
            "breadcrumb": self.breadcrumb(name),
            "equation": [{"total": row["total"], "word": CAUSES[row["cause"]][1], "n": row["n"]} for row in sums.order_by("cause")],
            "rows": ledger(page.entries),
            "older": f"?older={page.older[0]},{page.older[1]}" if page.older else "",
            "chart": chart(page.entries, now=timezone.now()) if "older" not in request.GET else None,
            "may_adjust": allows(request.user, "inventory.adjust", store=obj.location.store_id),
            "reference": uuid4(),
            "elsewhere": places.select_related("location").order_by("location__name"),
            "zone": obj.location.store.timezone if obj.location.store else "",
            "sold_week": sold_since(obj, days=7),
        }


def ledger(entries: Sequence[queries.TimelineEntry]) -> list[dict[str, Any]]:
    """Each movement with its word, its person and whether it was told later than it happened."""
    people = User.objects.in_bulk({entry.actor for entry in entries if entry.actor})
    recorded = dict(Movement.objects.filter(pk__in=[entry.id for entry in entries]).values_list("id", "recorded_at"))
    rows = []
    for entry in entries:
        shape, word = CAUSES[entry.cause]
        told = recorded[entry.id]
        # Opening stock is told for a day in the past as a matter of course.
        late = told if told - entry.occurred_at > timedelta(minutes=1) and entry.cause != Movement.Cause.OPENING else None
        rows.append({"movement": entry, "icon": shape, "word": word, "late": late, "person": people.get(entry.actor) if entry.actor else None})
    return rows


def older_than(text: str) -> tuple[int, int] | None:
    """The cursor of an earlier page: "id,balance"."""
    found = re.fullmatch(r"([0-9]{1,18}),(-?[0-9]{1,18})", text)
    return (int(found[1]), int(found[2])) if found else None


def sold_since(level: Level, *, days: int) -> int:
    since = timezone.now() - timedelta(days=days)
    sold = Movement.objects.filter(variant=level.variant, location=level.location, cause="sale", occurred_at__gte=since)
    return -(sold.aggregate(total=Sum("quantity"))["total"] or 0)
