"""The export page in the back office: choose a format, watch the job, take the file. Whoever may see the catalogue may export it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from catalog import services
from catalog.admin import import_words as words
from catalog.admin.products import shop_currency
from kernel.errors import Refused
from kernel.models import Job
from org.access import allows
from org.models import Store, User
from org.templatetags.office import status

KIND = "catalog.export"
FOLDER = "exports/"
SHOWN = 10
FORMATS = (
    ("onecounter", gettext_lazy("Onecounter CSV"), gettext_lazy("One row a variant with every field. Import it again and nothing changes.")),
    ("shopify", gettext_lazy("Shopify CSV"), gettext_lazy("As Shopify imports it: products, variants, options, prices, pictures.")),
    ("xlsx", gettext_lazy("Excel workbook"), gettext_lazy("The same table for a spreadsheet; long numbers stay text.")),
)
JOB = {"queued": ("", "clock"), "running": ("good", "half"), "succeeded": ("good", "done"), "failed": ("bad", "fail"), "cancelled": ("", "off")}
ENDINGS = {"onecounter": "csv", "shopify": "csv", "xlsx": "xlsx"}


def currencies() -> list[tuple[str, str]]:
    """The shop's own first, then those of its stores."""
    own = shop_currency()
    return [(code, code) for code in [own, *sorted(set(Store.objects.values_list("currency", flat=True)) - {own})]]


class ExportForm(forms.Form):
    format = forms.ChoiceField(choices=[(code, name) for code, name, _hint in FORMATS], label=gettext_lazy("Format"))
    currency = forms.ChoiceField(label=gettext_lazy("Prices in"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies()  # type: ignore[attr-defined]


class ExportDoors:
    """Mixed into the page of imports."""

    def export_urls(self) -> Any:
        return (
            ("export/", "catalog_export", self.export),
            ("export/<uuid:job>/progress/", "catalog_export_progress", require_GET(self.export_progress)),
            ("export/<uuid:job>/file/", "catalog_export_file", require_GET(self.export_file)),
        )

    def export(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        may_export(request)
        form = ExportForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.export_catalog(**form.cleaned_data, products=None, actor=request.user.pk, now=timezone.now())
            except Refused as refused:
                messages.error(request, refused.message)
            return redirect("admin:catalog_export")
        context = {**self.page_context(request), "title": _("Export"), "form": form, "formats": FORMATS, **recent()}  # type: ignore[attr-defined]
        may_import = self.has_view_permission(request)  # type: ignore[attr-defined]
        context["breadcrumb"] = self.breadcrumb(_("Export")) if may_import else [{"title": _("Export")}]  # type: ignore[attr-defined]
        return TemplateResponse(request, "backoffice/import_export.html", context, status=400 if form.errors else 200)

    def export_progress(self, request: HttpRequest, job: UUID, model_admin: Any = None) -> HttpResponse:
        may_export(request)
        held = get_object_or_404(Job, pk=job, kind=KIND)
        so_far = progress(held)
        running = held.state in (Job.State.QUEUED, Job.State.RUNNING)
        told = {"running": running, "waiting": so_far.waiting, "done": so_far.done, "total": so_far.total, "text": so_far.text}
        return JsonResponse({**told, "ended": "" if running else held.get_state_display()}, headers={"Cache-Control": "no-store"})

    def export_file(self, request: HttpRequest, job: UUID, model_admin: Any = None) -> HttpResponseBase:
        """Only what an export has written, and only from the folder of exports."""
        may_export(request)
        held = get_object_or_404(Job, pk=job, kind=KIND, state=Job.State.SUCCEEDED)
        path = path_of(held)
        if not path.startswith(FOLDER) or ".." in path or not default_storage.exists(path):
            raise Http404
        return FileResponse(default_storage.open(path), as_attachment=True, filename=name_of(held), content_type="application/octet-stream")


def may_export(request: HttpRequest) -> None:
    if not allows(request.user, "catalog.view"):
        raise PermissionDenied


def path_of(job: Job) -> str:
    return str(job.result.get("file", "")) if isinstance(job.result, dict) else ""


def name_of(job: Job) -> str:
    format = str(job.arguments.get("format", ""))
    return f"products-{format}-{timezone.localtime(job.created_at):%Y-%m-%d}.{ENDINGS.get(format, 'csv')}"


def progress(job: Job) -> words.Progress:
    return words.progress(state="", done=job.done, total=job.total, job_state=job.state)


def recent() -> dict[str, Any]:
    jobs = list(Job.objects.filter(kind=KIND).order_by("-created_at")[:SHOWN])
    names = dict(User.objects.filter(pk__in={job.actor for job in jobs if job.actor}).values_list("id", "name"))
    rows = [shown(job, (names.get(job.actor) if job.actor else None) or _("System")) for job in jobs]
    return {"exports": rows, "running": [row for row in rows if row["running"]]}


def shown(job: Job, who: str) -> dict[str, Any]:
    kind, shape = JOB[job.state]
    rows = job.result.get("rows") if isinstance(job.result, dict) else None
    return {
        "job": job,
        "who": who,
        "name": name_of(job),
        "standing": status(kind, job.get_state_display(), shape),
        "running": job.state in (Job.State.QUEUED, Job.State.RUNNING),
        "progress": progress(job),
        "rows": rows,
        "rows_text": f"{rows:,}" if isinstance(rows, int) else "–",
        "ready": job.state == Job.State.SUCCEEDED and bool(path_of(job)),
    }
