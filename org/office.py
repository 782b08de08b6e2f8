"""The one base of every back office list and page: read-only unless a subclass says which service saves.

Reads may join own and lower tables. Writes go through services, so the same rules hold here as at every other door.
History is the audit trail that triggers write, not the admin's own log.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import FieldError, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseForm, ModelForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from kernel.errors import NotAllowed, NotFound, Refused
from kernel.plans import planned_for_its_values
from org import access, lists, saved_views
from org.lists import CappedPaginator, OfficeChangeList

ONE_BUTTON = {"show_save_and_add_another": False, "show_save_and_continue": False}


def scoped(queryset: QuerySet[Any], *, user: Any, permission: str, path: str) -> QuerySet[Any]:
    """Only rows whose store, reached by `path`, is one the user holds the permission in."""
    stores: frozenset[UUID] | None = access.stores_for(user, permission)
    return queryset if stores is None else queryset.filter(**{f"{path}__in": stores})


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
    # The part of `ordering` that is a text of names, where a search finds by words.
    named_by: ClassVar[str] = ""
    detail_template: ClassVar[str] = ""
    compact: ClassVar[bool] = False
    # What one and many are called here, where the model's own name is not what people say.
    one: ClassVar[Any] = ""
    nouns: ClassVar[Any] = ""
    # The same for words of filters.
    words: ClassVar[Mapping[str, Any]] = {}
    # Its list shows times.
    timed: ClassVar[bool] = False
    # Columns that are there for whoever asks for them, and not shown before.
    spare_columns: ClassVar[Sequence[str]] = ()
    # The action that the bar below chosen rows fills; one that asks for a word first: its name and what is asked.
    main_action: ClassVar[str] = ""
    asking: ClassVar[Mapping[str, Any]] = {}
    action_keys: ClassVar[Mapping[str, str]] = {}

    change_list_template = "backoffice/list.html"
    form = RefusableForm
    paginator = CappedPaginator
    empty_value_display = gettext_lazy("None")
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    sortable_by: ClassVar[Any] = ()
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
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            return redirect(self.list_path())  # No text in the database has one, and asking for it is an error there.
        context = {"title": self.plural(), "breadcrumb": self.breadcrumb(), **(extra_context or {})}
        context["heading_links"] = self.heading_links(request)
        context["views_path"] = f"{self.list_path()}views/"
        context["given_query"] = saved_views.plain_query(request.GET.urlencode())
        with planned_for_its_values():
            context["saved_views"] = lists.tabs(self, request)
            return super().changelist_view(request, context)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OfficeChangeList]:
        return OfficeChangeList

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is searched for is gathered first, then put in the order of names."""
        ordering = list(super().get_ordering(request))
        if self.named_by and request.GET.get("q", "").strip():
            return [lists.gathered(part) if part == self.named_by else part for part in ordering]
        return ordering

    def list_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What only the list needs of the database."""
        return rows

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Read what the cells of one page need, once for all its rows."""

    def facet_counts(self, cl: OfficeChangeList) -> dict[str, Any]:
        """How many each choice of a filter would show, for lists whose filters count."""
        return {}

    def heading_links(self, request: HttpRequest) -> list[dict[str, str]]:
        """What else one may want here, beside adding: title, icon, link."""
        return []

    def headings(self, request: HttpRequest) -> dict[str, str]:
        """Columns named by what is in the database."""
        return {}

    def narrowed(self, request: HttpRequest, query: QueryDict) -> QuerySet[Any] | None:
        """The rows a view shows, to be counted; None where that is not cheap to say."""
        plain = {key: value for key, value in query.items() if key != "o"}
        if any(not key.endswith("__exact") or not self.lookup_allowed(key, value, request) for key, value in plain.items()):
            return None
        try:
            return self.get_queryset(request).filter(**plain)
        except (FieldError, ValidationError, ValueError):
            return None

    # Saved views

    def get_urls(self) -> Any:
        name = f"{self.opts.app_label}_{self.opts.model_name}_views"
        return [path("views/", self.admin_site.admin_view(require_POST(self.keep_view)), name=name), *super().get_urls()]

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Save, rename, share or remove a view of one's own."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = request.POST
        try:
            query = self._kept_view(request, given)
        except NotFound:
            raise PermissionDenied from None
        except Refused as refused:
            messages.error(request, refused.message)
            query = saved_views.plain_query(given.get("query", ""))
        return redirect(f"{self.list_path()}?{query}" if query else self.list_path())

    def _kept_view(self, request: HttpRequest, given: QueryDict) -> str:
        user: Any = request.user.pk
        view = given.get("view", "")
        name, shared, doing = given.get("name", ""), "shared" in given, given.get("do", "")
        number = int(view) if view.isascii() and view.isdecimal() and len(view) < 19 else 0
        if doing == "remove":
            held = saved_views.remove_view(view=number, user=user)
            messages.success(request, _("The view %(name)s is removed.") % {"name": held.name})
            return ""
        if doing == "change":
            held = saved_views.change_view(view=number, user=user, name=name, shared=shared)
        else:
            query = given.get("query", "")
            held = saved_views.save_view(user=user, list=self.opts.label_lower, name=name, query=query, shared=shared, now=timezone.now())
        messages.success(request, _("The view %(name)s is saved.") % {"name": held.name})
        return held.query

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

    def picture(self, obj: Any) -> str:
        """Where a small picture of it is; the tile stands in for one that is missing."""
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
