"""Imports in the back office: the list of all runs, the upload, matching columns, the review, progress and undo.

Every door here checks what came, then makes one call; what the pages show is in import_pages.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from catalog import services
from catalog.admin import import_pages as pages
from catalog.admin import import_words
from catalog.admin.exports import ExportDoors, currencies
from catalog.importing.run import FORMATS
from catalog.models import ImportRun, RefusedRow, TaxClass
from kernel.errors import Refused
from kernel.models import Job
from org.models import User
from org.office import OfficeAdmin
from org.templatetags.office import icon, moment_text

State = ImportRun.State
LARGEST_FILE = 200 * 1024 * 1024
CHOICES = (
    ("", gettext_lazy("Find out from the file")),
    ("onecounter", gettext_lazy("Onecounter CSV")),
    ("shopify", gettext_lazy("Shopify export")),
    ("openfoodfacts", gettext_lazy("Open Food Facts")),
    ("table", gettext_lazy("Another table (CSV or XLSX)")),
)
TEMPLATE = (
    ("name", "sku", "gtin", "price", "cost", "brand", "category", "tax_class", "net_content", "status"),
    ("Rolled oats 1 kg", "11107", "", "2.20", "1.20", "Kestrel", "Breakfast", "", "1 kg", "draft"),
)
FORMAT_NAMES = {**dict(CHOICES[1:]), "table": gettext_lazy("Table"), "grid": gettext_lazy("Edited in the grid")}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={"required": gettext_lazy("Choose a file first."), "empty": gettext_lazy("This file is empty.")},
    )
    format = forms.ChoiceField(choices=CHOICES, required=False, label=gettext_lazy("Format"))
    currency = forms.ChoiceField(label=gettext_lazy("Currency of the prices"))
    tax_class = forms.ModelChoiceField(TaxClass.objects.order_by("name"), to_field_name="code", label=gettext_lazy("Tax class of new products"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies()  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > LARGEST_FILE:
            raise forms.ValidationError(_("This file has %(size)s MB. At most 200 MB can be read; split it.") % {"size": f"{file.size // 1024**2:,}"})
        return file


def known_headers() -> dict[str, dict[str, Any]]:
    """By what columns the page recognises a format before the file is sent."""
    says = {
        "onecounter": _("Looks like our own format."),
        "shopify": _("Looks like a Shopify export."),
        "openfoodfacts": _("Looks like Open Food Facts."),
    }
    found = {name: {"columns": list(FORMATS[name].required), "says": text} for name, text in says.items() if name in FORMATS}
    return {**found, "table": {"columns": [], "says": _("A table of its own: you match its columns in the next step.")}}


@admin.register(ImportRun)
class ImportRunAdmin(ExportDoors, OfficeAdmin):
    group_title = gettext_lazy("Catalogue")
    page_title = gettext_lazy("Imports")
    one = gettext_lazy("import")
    nouns = gettext_lazy("imports")
    list_note = gettext_lazy("every run is kept with what it changed and its undo")
    list_display: ClassVar[Any] = ["name", "who", "begun", "standing", "outcome", "refused", "undo"]
    list_display_links: ClassVar[Any] = ["name"]
    numeric: ClassVar[Any] = ("refused",)
    list_filter: ClassVar[Any] = ["state"]
    search_fields: ClassVar[Any] = ["name"]
    search_hint = gettext_lazy("File name")
    ordering: ClassVar[Any] = ["-created_at", "id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("To review"), {"state__exact": "review"}),
        (gettext_lazy("Applied"), {"state__exact": "applied"}),
        (gettext_lazy("Undone"), {"state__exact": "undone"}),
    )
    words: ClassVar[Any] = {label: import_words.WORDS[state] for state, label in State.choices}
    compact = True
    timed = True
    adds = True
    empty_icon = "import"
    empty_title = gettext_lazy("Nothing has been imported yet")
    empty_text = gettext_lazy("Bring a Shopify export, a supplier's list or a table of your own. You see every change before anything is saved.")
    change_list_template = "backoffice/import_list.html"
    detail_template = "backoffice/import_run.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        job = Job.objects.filter(pk=OuterRef("job"))
        people = User.objects.annotate(text=Cast("pk", CharField())).filter(pk=OuterRef("actor"))
        return (
            super()
            .get_queryset(request)
            .defer("mapping", "fixes")
            .annotate(
                actor_is=Subquery(people.values("name")[:1]),
                job_state=Subquery(job.values("state")[:1]),
                job_done=Subquery(job.values("done")[:1]),
                job_total=Subquery(job.values("total")[:1]),
                job_stopping=Subquery(job.values("cancel_requested")[:1]),
            )
        )

    # The list

    @admin.display(description=gettext_lazy("Who"))
    def who(self, run: Any) -> str:
        return str(actor_of(run)).split(" ")[0]

    @admin.display(description=gettext_lazy("When"))
    def begun(self, run: ImportRun) -> str:
        return moment_text(run.created_at)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, run: Any) -> str:
        return import_words.standing(run, listed_progress(run))

    @admin.display(description=gettext_lazy("Result"))
    def outcome(self, run: ImportRun) -> str:
        return import_words.outcome(run)

    @admin.display(description=gettext_lazy("Refused"))
    def refused(self, run: ImportRun) -> str:
        number = import_words.count(run, "refused")
        return f"{number:,}" if number else ""

    @admin.display(description=gettext_lazy("Undo"))
    def undo(self, run: ImportRun) -> str:
        if run.state != State.APPLIED:
            return ""
        button = '<button class="button button--plain button--small" formaction="{}" aria-label="{}">{}{}</button>'
        label = _("Undo %(name)s") % {"name": run.name}
        return format_html(button, reverse("admin:catalog_importrun_undo", args=[run.pk]), label, icon("undo"), _("Undo"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        rows = self.get_queryset(request) if self.has_view_permission(request) else ImportRun.objects.none()
        running = rows.filter(state__in=import_words.RUNNING).order_by("-created_at")[:3]
        panels = [self.running_panel(run, listed_progress(run)) for run in running]
        return super().changelist_view(request, {"running": panels, **(extra_context or {})})

    def running_panel(self, run: ImportRun, so_far: import_words.Progress) -> dict[str, Any]:
        return {"run": run, "title": import_words.DOING[run.state] % {"name": run.name}, "progress": so_far, "may_stop": True}

    # Doors

    def get_custom_urls(self) -> Any:
        return (
            *super().get_custom_urls(),
            *self.export_urls(),
            ("template.csv", "catalog_importrun_template", require_GET(self.template)),
            ("<uuid:run>/columns/", "catalog_importrun_columns", require_POST(self.match)),
            ("<uuid:run>/fix/", "catalog_importrun_fix", require_POST(self.fix)),
            ("<uuid:run>/everywhere/", "catalog_importrun_everywhere", require_POST(self.fix_everywhere)),
            ("<uuid:run>/suggestions/", "catalog_importrun_suggestions", require_POST(self.take_suggestions)),
            ("<uuid:run>/again/", "catalog_importrun_again", require_POST(self.read_again)),
            ("<uuid:run>/apply/", "catalog_importrun_apply", require_POST(self.apply)),
            ("<uuid:run>/undo/", "catalog_importrun_undo", require_POST(self.undo_run)),
            ("<uuid:run>/cancel/", "catalog_importrun_cancel", require_POST(self.cancel)),
            ("<uuid:run>/edits/", "catalog_importrun_edits", require_POST(self.resolve)),
            ("<uuid:run>/progress/", "catalog_importrun_progress", require_GET(self.progress)),
            ("<uuid:run>/refused.csv", "catalog_importrun_refused", require_GET(self.refused_rows)),
            ("<uuid:run>/file/", "catalog_importrun_file", require_GET(self.uploaded_file)),
        )

    def wanted(self, request: HttpRequest, run: UUID) -> ImportRun:
        if not self.has_change_permission(request):
            raise PermissionDenied
        found: ImportRun = get_object_or_404(ImportRun, pk=run)
        return found

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def back(self, run: ImportRun, place: str = "") -> HttpResponseRedirect:
        return redirect(reverse("admin:catalog_importrun_change", args=[run.pk]) + place)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None, initial=pages.terms_of_last(request.user.pk))
        if request.method == "POST" and form.is_valid():
            try:
                run = self.uploaded(form.cleaned_data, actor=request.user.pk, now=timezone.now())
            except Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else "file", refused.message)
            else:
                return self.back(run)
        context = {
            **self.page_context(request),
            "title": _("Import a file"),
            "breadcrumb": self.breadcrumb(_("Import a file")),
            "form": form,
            "steps": pages.steps("upload"),
            "largest": LARGEST_FILE,
            "tax_classes": TaxClass.objects.exists(),
            "known_headers": known_headers(),
        }
        return TemplateResponse(request, "backoffice/import_upload.html", context, status=400 if form.errors else 200)

    def uploaded(self, given: dict[str, Any], *, actor: UUID | None, now: datetime) -> ImportRun:
        file = given["file"]
        run: ImportRun = services.upload_import(
            name=file.name, content=file, size=file.size, format=given["format"], currency=given["currency"],
            tax_class=given["tax_class"].code, actor=actor, now=now,
        )  # fmt: skip
        return run

    def page_context(self, request: HttpRequest) -> dict[str, Any]:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return {**self.admin_site.each_context(request), "opts": self.opts}

    # What one run's page shows

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        so_far = import_words.progress_of(obj) if obj.state in import_words.RUNNING else None
        shown: dict[str, Any] = {
            "run": obj,
            "standing": import_words.standing(obj, so_far),
            "steps": pages.steps("" if obj.format == "grid" else obj.state),
            "format_name": FORMAT_NAMES.get(obj.format, obj.format),
            "who": actor_of(obj),
            "begun": moment_text(obj.created_at),
            "rows_text": import_words.rows_words(obj),
            "unchanged": import_words.count(obj, "unchanged"),
            "refused_count": import_words.count(obj, "refused"),
            "saved": obj.state == State.FAILED and obj.revisions.exists(),
        }
        if so_far is not None:
            return {**shown, **self.running_panel(obj, so_far)}
        if obj.state == State.UPLOADED or (obj.state == State.REVIEW and "columns" in request.GET and obj.format == "table"):
            return {**shown, **pages.columns_shown(obj, getattr(request, "chosen", None))}
        if obj.state == State.UNDONE:
            return {**shown, **pages.undone_shown(obj)}
        if obj.state in (State.REVIEW, State.APPLIED):
            return {**shown, **pages.review_shown(obj, request.GET)}
        return shown

    def progress(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held = self.wanted(request, run)
        so_far = import_words.progress_of(held)
        running = held.state in import_words.RUNNING
        told = {"running": running, "waiting": so_far.waiting, "done": so_far.done, "total": so_far.total, "text": so_far.text}
        told["ended"] = "" if running else f"{held.name}: {str(import_words.WORDS[held.state]).lower()}"
        return JsonResponse(told, headers={"Cache-Control": "no-store"})

    # Doors

    def match(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held = self.wanted(request, run)
        mapping: dict[str, str] = {}
        if self.call(request, lambda: mapping.update(chosen_fields(held, request))) and self.call(
            request, lambda: services.match_columns(run=held.pk, mapping=mapping, actor=request.user.pk, now=timezone.now())
        ):
            return self.back(held)
        request.chosen = mapping  # type: ignore[attr-defined]
        return self.change_view(request, str(held.pk))

    def fix(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held, row = self.wanted(request, run), refused_row(request, run)
        cell = request.POST.get("cell", "")[: pages.LONGEST_CELL]
        fixed = lambda: services.fix_row(run=held.pk, line=row.line, column=row.column, cell=cell, actor=request.user.pk, now=timezone.now())  # noqa: E731
        self.call(request, fixed)
        return self.back(held, "#refused")

    def fix_everywhere(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        """One cell in all rows refused for it; or, with "create", the category it names."""
        held, told = self.wanted(request, run), {name: request.POST.get(name, "")[: pages.LONGEST_CELL] for name in ("column", "before", "cell")}
        given: dict[str, Any] = {"run": held.pk, "column": told["column"], "actor": request.user.pk, "now": timezone.now()}
        if "create" in request.POST:
            self.call(request, lambda: services.create_category_of(cell=told["before"], **given))
        else:
            self.call(request, lambda: services.fix_everywhere(cell_before=told["before"], cell_after=told["cell"], **given))
        return self.back(held, "#refused")

    def take_suggestions(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held = self.wanted(request, run)
        self.call(request, lambda: services.take_suggestions(run=held.pk, actor=request.user.pk, now=timezone.now()))
        return self.back(held, "#refused")

    def apply(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held = self.wanted(request, run)
        self.call(request, lambda: services.apply_import(run=held.pk, actor=request.user.pk, now=timezone.now()))
        return self.back(held)

    def read_again(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held = self.wanted(request, run)
        self.call(request, lambda: services.start_reading(run=held.pk, actor=request.user.pk, now=timezone.now()))
        return self.back(held)

    def undo_run(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held = self.wanted(request, run)
        self.call(request, lambda: services.undo_import(run=held.pk, actor=request.user.pk, now=timezone.now()))
        return self.back(held)

    def cancel(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        held = self.wanted(request, run)
        self.call(request, lambda: services.cancel_import(run=held.pk, actor=request.user.pk, now=timezone.now()))
        return self.back(held)

    def resolve(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponse:
        """One edit, named by revision and path; or, with "all", every edit that is left."""
        held = self.wanted(request, run)
        restore = request.POST.get("choice") == "restore"
        asked = request.POST.get("revision", "")
        one = {"revision": int(asked) if asked.isdecimal() and len(asked) < 18 else 0, "path": request.POST.get("path", "")}
        wanted: dict[str, Any] = {"run": held.pk, "restore": restore, **({} if "all" in request.POST else one)}
        self.call(request, lambda: services.resolve_edits(**wanted, now=timezone.now(), actor=request.user.pk))
        return self.back(held, "#edits")

    def template(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        """A table to start from: its columns are known, so they need no matching by hand."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = "".join(f"{','.join(row)}\r\n" for row in TEMPLATE)
        headers = {"Content-Disposition": 'attachment; filename="products-template.csv"'}
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)

    def refused_rows(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponseBase:
        held = self.wanted(request, run)
        name = get_valid_filename(f"refused-{held.name.rpartition('.')[0] or held.name}.csv")
        return StreamingHttpResponse(
            (part.encode() for part in services.refused_csv(run=held.pk)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{ascii_name(name)}"'},
        )

    def uploaded_file(self, request: HttpRequest, run: UUID, model_admin: Any = None) -> HttpResponseBase:
        """The file as it came. Only what lies in the run's own folder, whatever the row says."""
        held = self.wanted(request, run)
        if not held.file.startswith(f"imports/{held.pk}/") or ".." in held.file or not default_storage.exists(held.file):
            raise Http404
        return FileResponse(default_storage.open(held.file), as_attachment=True, filename=held.name, content_type="application/octet-stream")

    def call(self, request: HttpRequest, work: Callable[[], Any]) -> bool:
        """One service call; a refusal is told, success shows itself on the page."""
        try:
            work()
        except Refused as refused:
            messages.error(request, refused.message)
            return False
        return True


def actor_of(run: Any) -> str:
    return run.actor_is or (_("Somebody") if run.actor else _("System"))


def chosen_fields(run: ImportRun, request: HttpRequest) -> dict[str, str]:
    known = pages.fields()
    given = {column.name: request.POST.get(f"column-{place}", "") for place, column in enumerate(services.columns_of(run=run.pk))}
    return {column: field if field in known else "" for column, field in given.items()}


def listed_progress(run: Any) -> import_words.Progress:
    return import_words.progress(state=run.state, done=run.job_done, total=run.job_total, job_state=run.job_state, stopping=bool(run.job_stopping))


def refused_row(request: HttpRequest, run: UUID) -> RefusedRow:
    asked = request.POST.get("row", "")
    found: RefusedRow = get_object_or_404(RefusedRow, run=run, pk=int(asked) if asked.isdecimal() and len(asked) < 18 else 0)
    return found


def ascii_name(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "")
