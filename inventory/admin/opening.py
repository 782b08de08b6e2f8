"""Opening stock from a file: what it would bring, what is refused and why, then in, and out again as a whole."""

import csv
import io
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from catalog.admin.prices.forms import Clock, PricesForm
from catalog.admin.prices.shown import shop_zone
from catalog.importing.incoming import Fault
from inventory.models import Document
from inventory.services import opening as service
from kernel.errors import Refused
from kernel.models import Job
from org.access import allows, stores_for
from org.queries import shop_currency
from org.templatetags.office import money_text, quantity_text

SHOWN = 100
TEMPLATE = "location,sku,gtin,quantity,cost,lot,expiry\n"


class OpeningForm(PricesForm):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("Columns: location, sku or gtin, quantity; where you like, cost, lot and expiry."),
    )
    occurred_at = Clock(label=gettext_lazy("Counted, store time"), hint=gettext_lazy("Empty: now"))


class OpeningPages:
    """Mixed into the admin of documents."""

    admin_site: Any
    opts: Any

    def opening_urls(self, wrap: Callable[..., Any]) -> list[Any]:
        return [
            path("opening/", wrap(self.opening), name="inventory_document_opening"),
            path("opening/template.csv", wrap(require_GET(self.opening_template)), name="inventory_document_opening_template"),
            path("opening/<uuid:run>/", wrap(require_GET(self.opening_run)), name="inventory_document_opening_run"),
            path("opening/<uuid:run>/refused.csv", wrap(require_GET(self.opening_refused)), name="inventory_document_opening_refused"),
            path("opening/<uuid:run>/apply/", wrap(require_POST(self.opening_apply)), name="inventory_document_opening_apply"),
            path("opening/<uuid:run>/undo/", wrap(require_POST(self.opening_undo)), name="inventory_document_opening_undo"),
        ]

    def opening(self, request: HttpRequest) -> HttpResponse:
        stores = _stores(request)
        sent = request.method == "POST"
        form = OpeningForm(request.POST if sent else None, request.FILES if sent else None, zone=shop_zone())
        if sent and form.is_valid():
            checked = _checked(request, form, stores)
            if checked is not None:
                return redirect("admin:inventory_document_opening_run", checked.run)
        return self._opening_page(request, "backoffice/stock_opening.html", _("Opening stock"), {"form": form}, 422 if form.errors else 200)

    def opening_template(self, request: HttpRequest) -> HttpResponse:
        _stores(request)
        return HttpResponse(
            TEMPLATE, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="opening-stock.csv"'}
        )

    def opening_run(self, request: HttpRequest, run: UUID) -> HttpResponse:
        """Before it is opened what it would bring; while a worker opens it how it stands; afterwards what it brought."""
        stores = _stores(request)
        documents = list(self._documents(request, run))
        job = Job.objects.filter(kind=service.APPLY, arguments__run=str(run)).order_by("-created_at").first()
        try:
            told = self._brought(run, documents, stores) if documents else self._would_bring(request, run, stores)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect("admin:inventory_document_opening")
        waiting = not documents and job is not None and job.state in (Job.State.QUEUED, Job.State.RUNNING)
        failed = job.error if job is not None and not documents and job.state == Job.State.FAILED else ""
        return self._opening_page(
            request, "backoffice/stock_opening_run.html", told.pop("title"), {**told, "run": run, "waiting": waiting, "failed": failed}
        )

    def _documents(self, request: HttpRequest, run: UUID) -> Any:
        rows = self.get_queryset(request)  # type: ignore[attr-defined]
        return rows.filter(run=run, kind=Document.Kind.OPENING).select_related("location").order_by("id")

    def _would_bring(self, request: HttpRequest, run: UUID, stores: Collection[UUID] | None) -> dict[str, Any]:
        checked = service.checked_opening(run=run, stores=stores, actor=_actor(request))
        currency = shop_currency()
        places = [
            {
                "name": place.name,
                "lines": place.lines,
                "quantity": quantity_text(place.pieces + place.weight),
                "worth": money_text(place.worth, currency) if place.worth else "",
            }
            for place in checked.places
        ]
        return {
            "title": checked.name,
            "checked": checked,
            "places": places,
            "currency": currency,
            "worth": money_text(sum(place.worth for place in checked.places), currency),
            "refused": checked.refused[:SHOWN],
            "warned": checked.warned[:SHOWN],
        }

    def _brought(self, run: UUID, documents: list[Document], stores: Collection[UUID] | None) -> dict[str, Any]:
        left = any(document.undone_at is None for document in documents)
        return {
            "title": documents[0].note or _("Opening stock"),
            "documents": documents,
            "may_undo": left,
            "moved": service.moved_since(run=run, stores=stores) if left else [],
        }

    def opening_refused(self, request: HttpRequest, run: UUID) -> HttpResponse:
        try:
            checked = service.checked_opening(run=run, stores=_stores(request), actor=_actor(request))
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect("admin:inventory_document_opening")
        return HttpResponse(
            refused_file(checked.refused),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="refused-opening-stock.csv"'},
        )

    def opening_apply(self, request: HttpRequest, run: UUID) -> HttpResponse:
        stores, actor, now = _stores(request), _actor(request), timezone.now()
        try:
            checked = service.checked_opening(run=run, stores=stores, actor=actor)
            if checked.at_once:
                opened = service.apply_opening(run=run, stores=stores, actor=actor, now=now)
                messages.success(request, ngettext("%(n)s line is opened.", "%(n)s lines are opened.", opened.lines) % {"n": f"{opened.lines:,}"})
            else:
                service.start_opening(run=run, stores=stores, actor=actor, now=now)
        except Refused as refused:
            messages.error(request, refused.message)
        return redirect("admin:inventory_document_opening_run", run)

    def opening_undo(self, request: HttpRequest, run: UUID) -> HttpResponse:
        stores, actor, now = _stores(request), _actor(request), timezone.now()
        try:
            done = service.undo_opening(run=run, stores=stores, actor=actor, now=now, moved_too="moved" in request.POST)
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            words = ngettext("%(n)s line is taken back.", "%(n)s lines are taken back.", done.taken_back) % {"n": f"{done.taken_back:,}"}
            left = " " + _("%(n)s were left: they have moved since.") % {"n": f"{done.left:,}"} if done.left else ""
            messages.success(request, words + left)
        return redirect("admin:inventory_document_opening_run", run)

    def _opening_page(self, request: HttpRequest, template: str, title: str, told: dict[str, Any], status: int = 200) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "breadcrumb": self.breadcrumb(title),  # type: ignore[attr-defined]
            "back": self.list_path(),  # type: ignore[attr-defined]
            **told,
        }
        return TemplateResponse(request, template, context, status=status)


def _stores(request: HttpRequest) -> Collection[UUID] | None:
    """Whose places this person may open; None for all."""
    if not allows(request.user, "inventory.adjust"):
        raise PermissionDenied
    return stores_for(request.user, "inventory.adjust")


def _actor(request: HttpRequest) -> UUID:
    return UUID(str(request.user.pk))


def _checked(request: HttpRequest, form: OpeningForm, stores: Collection[UUID] | None) -> service.CheckedOpening | None:
    file, now = form.cleaned_data["file"], timezone.now()
    counted: datetime = form.cleaned_data["occurred_at"] or now
    try:
        return service.check_opening(
            content=file.file, size=file.size, name=file.name, occurred_at=counted, stores=stores, actor=_actor(request), now=now
        )
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else "file", refused.message)
        return None


def refused_file(faults: Collection[Fault]) -> str:
    """Each with its line and why, then the row as it came."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["line", "column", "reason"])
    for fault in faults:
        sheet.writerow([fault.line, fault.column, fault.reason, *map(plain_cell, fault.row)])
    return text.getvalue()


def plain_cell(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
