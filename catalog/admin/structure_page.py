"""The one page of everything products are sorted into: a form that saves through services, and a way to take it out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.structure_forms import StructureForm
from kernel.errors import Refused
from org.office import OfficeAdmin


class StructureAdmin(OfficeAdmin):
    """`asks` is the form. `put` saves, `take_out` removes; without one nothing is removed here."""

    group_title = gettext_lazy("Catalogue")
    asks: ClassVar[type[StructureForm]]
    adds = True
    changes = True
    take_out: ClassVar[Callable[..., None] | None] = None
    removing_hint: ClassVar[Any] = ""

    def put(self, form: Any, row: Any, *, now: datetime, actor: UUID | None) -> Any:
        """Calls the services; `row` is None for something new. Returns the row."""
        raise NotImplementedError

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id) if object_id is not None else None
        if object_id is not None and row is None and self.has_view_permission(request):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        may = self.has_change_permission(request, row) if row is not None else self.has_add_permission(request)
        if not (may or (row is not None and request.method in ("GET", "HEAD") and self.has_view_permission(request, row))):
            raise PermissionDenied
        form = self.asks(request.POST if request.method == "POST" else None, row=row, locked=not may)
        if request.method == "POST":
            done = self._taken_out(request, row) if row is not None and "remove" in request.POST else self._saved(request, form, row)
            if done is not None:
                return done
        return self._page(request, form, row, may)

    def _saved(self, request: HttpRequest, form: StructureForm, row: Any) -> HttpResponse | None:
        if not form.is_valid():
            return None
        try:
            # A page may take several calls; all of it is saved or nothing.
            with transaction.atomic():
                made = self.put(form, row, now=timezone.now(), actor=request.user.pk)
        except Refused as refused:
            form.refuse(refused)
            return None
        messages.success(request, _("%(name)s is saved.") % {"name": self.called(made)})
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", made.pk)

    def _taken_out(self, request: HttpRequest, row: Any) -> HttpResponse | None:
        remove = type(self).take_out
        if remove is None:
            raise PermissionDenied
        now, actor = timezone.now(), request.user.pk
        gone = self.perform(request, lambda: remove(row.pk, now=now, actor=actor), _("%(name)s is removed.") % {"name": self.called(row)})
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_{'changelist' if gone else 'change'}", *([] if gone else [row.pk]))

    def _page(self, request: HttpRequest, form: StructureForm, row: Any, may: bool) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = self.called(row) if row is not None else _("Add %(name)s") % {"name": self.noun}
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": row,
            "form": form,
            "breadcrumb": self.breadcrumb(title),
            "may_change": may,
            "may_remove": may and row is not None and type(self).take_out is not None,
            "removing_hint": self.removing_hint,
            "back": self.list_path(),
            "note": self.note(row) if row is not None else "",
        }
        return TemplateResponse(request, "backoffice/structure.html", context, status=422 if form.errors else 200)

    def called(self, row: Any) -> str:
        return str(row.name)

    def note(self, row: Any) -> str:
        """A line beside the name."""
        return str(row.code)
