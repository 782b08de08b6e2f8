"""The one base of every back office list and page: read-only unless a subclass says which service saves.

Reads may join own and lower tables. Writes go through services, so the same rules hold here as at every other door.
History is the audit trail that triggers write, not the admin's own log.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.forms import BaseForm, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from kernel.errors import NotAllowed, Refused
from org import access

COUNT_LIMIT = 10_000
ONE_BUTTON = {"show_save_and_add_another": False, "show_save_and_continue": False}


def scoped(queryset: QuerySet[Any], *, user: Any, permission: str, path: str) -> QuerySet[Any]:
    """Only rows whose store, reached by `path`, is one the user holds the permission in."""
    stores: frozenset[UUID] | None = access.stores_for(user, permission)
    return queryset if stores is None else queryset.filter(**{f"{path}__in": stores})


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to a limit and no further: a page of a long table costs the same as one of a short table."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[: COUNT_LIMIT + 1].count() if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_capped(self) -> bool:
        return bool(self.count > COUNT_LIMIT)


class RefusableForm(ModelForm):  # type: ignore[type-arg]
    """Shows what a service refused beside the field it is about."""

    refused: ClassVar[Refused | None] = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refused is not None:
            self.add_error(self.refused.field if self.refused.field in self.fields else None, self.refused.message)
        return cleaned


class OfficeAdmin(ModelAdmin):
    """Who may is org.access's table of models. `store_path` leads from a row to its store: rows of other stores do not exist."""

    adds: ClassVar[bool] = False
    changes: ClassVar[bool] = False
    tiles: ClassVar[bool] = False
    store_path: ClassVar[str] = ""
    numeric: ClassVar[Sequence[str]] = ()
    views: ClassVar[Any] = ()
    group_title: ClassVar[Any] = ""
    page_title: ClassVar[Any] = ""
    list_note: ClassVar[Any] = ""
    empty_icon: ClassVar[str] = "empty"
    empty_title: ClassVar[Any] = gettext_lazy("Nothing here yet")
    empty_text: ClassVar[Any] = ""
    search_hint: ClassVar[Any] = ""
    detail_template: ClassVar[str] = ""
    compact: ClassVar[bool] = False
    # What one and many are called here, where the model's own name is not what people say.
    one: ClassVar[Any] = ""
    nouns: ClassVar[Any] = ""
    # The same for words of filters.
    words: ClassVar[Mapping[str, Any]] = {}
    # Its list shows times.
    timed: ClassVar[bool] = False

    change_list_template = "backoffice/list.html"
    form = RefusableForm
    paginator = CappedPaginator
    empty_value_display = gettext_lazy("None")
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    sortable_by: Sequence[str] = ()
    actions: Sequence[Any] = ()

    # Who may

    @property
    def view_permission(self) -> str:
        return access.MODEL_PERMISSIONS[self.opts.label_lower]["view"] or ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.adds and bool(super().has_add_permission(request))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.changes and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return scoped(rows, user=request.user, permission=self.view_permission, path=self.store_path) if self.store_path else rows

    # Saving

    def save(self, *, request: HttpRequest, obj: Any, form: BaseForm, now: datetime) -> None:
        """Call the service. `obj` carries the form's values and is not saved by itself."""
        raise NotAllowed(_("This cannot be changed here."))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.save(request=request, obj=obj, form=form, now=timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Inlines show; the service called by save() is the only writer."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        refused = getattr(request, "refused", None)
        return type(form.__name__, (form,), {"refused": refused}) if refused else form

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            # The transaction is rolled back; the same form again, with the reason at its field.
            request.refused = refused  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def perform(self, request: HttpRequest, work: Any, done: str) -> bool:
        """Run one service call and say what happened."""
        try:
            work()
        except Refused as refused:
            messages.error(request, refused.message)
            return False
        messages.success(request, done)
        return True

    # Pages

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if any("\0" in value for value in request.GET.values()):
            return redirect(self.list_path())  # No text in the database has one, and asking for it is an error there.
        context = {"title": self.plural(), "breadcrumb": self.breadcrumb(), **(extra_context or {})}
        context["saved_views"] = self.saved_views(request)
        return super().changelist_view(request, context)

    def saved_views(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The tabs above a list: each a named set of filters."""
        given = {key: value for key, value in request.GET.items() if key not in ("p", "q", "o")}
        return [{"title": title, "link": "?" + urlencode(wanted), "current": given == dict(wanted)} for title, wanted in self.views]

    def breadcrumb(self, *last: str) -> list[dict[str, Any]]:
        parts = [{"title": self.group_title}] if self.group_title else []
        return [*parts, {"title": self.plural(), "link": self.list_path() if last else ""}, *({"title": title} for title in last)]

    def plural(self) -> str:
        return str(self.page_title or capfirst(self.opts.verbose_name_plural))

    @property
    def noun(self) -> str:
        return str(self.one or self.opts.verbose_name)

    def drawing(self, obj: Any) -> str:
        """The tile its product is drawn with."""
        return ""

    def list_path(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the detail template shows."""
        return {}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        return super().add_view(request, form_url, {**ONE_BUTTON, **self.adding(), **(extra_context or {})})

    def adding(self) -> dict[str, Any]:
        return {"breadcrumb": self.breadcrumb(_("Add")), "title": _("Add %(name)s") % {"name": self.noun}}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the pencil and the plus beside a choice: what it offers is kept on its own page."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.detail_template or "edit" in request.GET:
            plain = {**ONE_BUTTON, "breadcrumb": self.breadcrumb(_("Edit")), **(extra_context or {})}
            return super().change_view(request, object_id, form_url, plain)
        if not self.has_view_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": str(obj),
            "opts": self.opts,
            "original": obj,
            "object": obj,
            "breadcrumb": self.breadcrumb(str(obj)),
            "may_change": self.has_change_permission(request, obj),
            **self.detail(request, obj),
        }
        return TemplateResponse(request, self.detail_template, context)
