"""Customers: found by what they are known by, seen whole on one page, and what may be done with what is known of them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog.admin.structure_page import StructureAdmin
from customers import services
from customers.admin import customer_page, shown
from customers.admin.customer_form import CustomerForm
from customers.admin.story import StoryPages
from customers.models import Customer, Membership
from org.access import allows
from org.templatetags.office import moment_text, status


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("guest", gettext_lazy("Guests")), ("account", gettext_lazy("With an account")), ("gone", gettext_lazy("Merged or erased"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "gone":
            return queryset.exclude(merged_into=None, erased_at=None)
        live = queryset.filter(merged_into=None, erased_at=None)
        return live.filter(guest=self.value() == "guest") if self.value() in ("guest", "account") else live


class GroupFilter(admin.SimpleListFilter):
    title = gettext_lazy("group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return customer_page.group_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=Membership.objects.filter(group__code=self.value()).values("customer")) if self.value() else queryset


@admin.register(Customer)
class CustomerAdmin(StoryPages, StructureAdmin):
    asks = CustomerForm
    group_title = gettext_lazy("Selling")
    page_title = gettext_lazy("Customers")
    one = gettext_lazy("customer")
    nouns = gettext_lazy("customers")
    list_display: ClassVar[Any] = ["called", "number", "reached", "groups_text", "kind_text", "since"]
    list_display_links: ClassVar[Any] = ["called"]
    list_filter: ClassVar[Any] = [StateFilter, "kind", GroupFilter]
    search_fields: ClassVar[Any] = ["number"]
    search_hint = gettext_lazy("Name, e-mail, phone, card or number")
    ordering: ClassVar[Any] = ["-created_at", "-id"]
    words: ClassVar[Any] = {"kind": gettext_lazy("Kind"), "Person": gettext_lazy("People"), "Business": gettext_lazy("Businesses")}
    empty_icon = "person"
    empty_title = gettext_lazy("No customers yet")
    empty_text = gettext_lazy("Whoever orders on the web or signs up at a till shows here.")
    detail_template = "backoffice/customer.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        acts = {"note": self.note_down, "consent": self.consent, "erase": self.erase, "merge-into": self.merge}
        made = [
            path(f"<uuid:customer>/{name}/", wrap(require_POST(act)), name=f"customers_customer_{name.replace('-', '_')}")
            for name, act in acts.items()
        ]
        pages = [
            path("<uuid:customer>/merge/", wrap(self.merge_preview), name="customers_customer_merge"),
            path("<uuid:customer>/export/", wrap(self.export), name="customers_customer_export"),
        ]
        return [*made, *pages, *super().get_urls()]

    # The list

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(pk__in=shown.meant(term)) if term else queryset), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        customer_page.prepare(rows)

    @admin.display(description=gettext_lazy("Name"))
    def called(self, row: Any) -> str:  # type: ignore[override]
        return str(getattr(row, "name_is", "") or shown.full_name(shown.personal(row.pk)) or row.number)

    @admin.display(description=gettext_lazy("Known by"))
    def reached(self, row: Any) -> str:
        return str(row.contact)

    @admin.display(description=gettext_lazy("Groups"))
    def groups_text(self, row: Any) -> str:
        return str(row.group_names)

    @admin.display(description=gettext_lazy("Kind"))
    def kind_text(self, row: Customer) -> str:
        if row.erased_at:
            return status("", _("Erased"), "off")
        if row.merged_into_id:
            return status("", _("Merged"), "off")
        if row.guest:
            return status("", _("Guest"), "ring")
        return status("good", _("Business") if row.kind == Customer.Kind.BUSINESS else _("Person"), "full")

    @admin.display(description=gettext_lazy("Since"))
    def since(self, row: Customer) -> str:
        return moment_text(row.created_at)

    # Adding and changing

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and "edit" not in request.GET:
            raise PermissionDenied
        return super().change_view(request, object_id, form_url, extra_context)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        gone = obj is not None and (obj.erased_at is not None or obj.merged_into_id is not None)
        return not gone and super().has_change_permission(request, obj)

    def put(self, form: CustomerForm, row: Any, *, now: datetime, actor: UUID | None) -> Customer:
        given, kind, groups = form.given(), form.cleaned_data["kind"], form.cleaned_data["groups"]
        if row is None:
            # What was left open is not said of somebody new.
            made = services.create_customer(
                data={name: value for name, value in given.items() if value}, kind=kind, groups=groups, actor=actor, now=now
            )
            return Customer.objects.get(pk=made)
        version = form.sent.get("version", "")
        read = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
        services.change_customer(id=row.pk, data=given | {"kind": kind, "groups": groups}, version=read, actor=actor, now=now)
        return Customer.objects.get(pk=row.pk)

    def _page(self, request: HttpRequest, form: Any, row: Any, may: bool) -> HttpResponse:
        response: Any = super()._page(request, form, row, may)
        response.template_name = "backoffice/customer_form.html"
        return response

    def note(self, row: Customer) -> str:
        return row.number

    # The page of one

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        told = customer_page.told(obj, request.user, open_contacts="contacts" in request.GET)
        may_edit = self.has_change_permission(request, obj)
        title = told["name"] or obj.number
        return told | {
            "title": title,
            "breadcrumb": self.breadcrumb(obj.number),
            "may_edit": may_edit,
            "may_erase": obj.erased_at is None and allows(request.user, "customers.erase"),
            "may_export": obj.erased_at is None and allows(request.user, "customers.edit"),
        }

    # What its buttons do

    def note_down(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        found, text, now = self._editable(request, customer), request.POST.get("text", ""), timezone.now()
        self.perform(request, lambda: services.add_note(customer=found.pk, text=text, actor=request.user.pk, now=now), _("The note is kept."))
        return redirect("admin:customers_customer_change", customer)

    def consent(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        """What somebody said on the telephone or at the desk: a new answer beside the old ones, which stay."""
        found, sent, now = self._editable(request, customer), request.POST, timezone.now()
        told: dict[str, Any] = {"channel": sent.get("channel", ""), "purpose": sent.get("purpose", ""), "given": sent.get("given") == "yes"}
        told |= {"wording": sent.get("wording", ""), "source": "staff", "actor": request.user.pk, "now": now}
        self.perform(request, lambda: services.record_consent(customer=found.pk, **told), _("The answer is written down."))
        return redirect("admin:customers_customer_change", customer)

    def erase(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        found, now = self._seen(request, customer), timezone.now()
        if not allows(request.user, "customers.erase"):
            raise PermissionDenied
        if request.POST.get("number", "").strip().upper() != found.number:
            messages.error(request, _("Nothing was erased: type %(number)s to say that you mean this customer.") % {"number": found.number})
        else:
            done = _("Everything that told who this was is erased. Orders and papers stay, without a name.")
            self.perform(request, lambda: services.erase(id=found.pk, actor=request.user.pk, now=now), done)
        return redirect("admin:customers_customer_change", customer)

    def export(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        """Everything that is known of somebody, as a file for them."""
        found = self._editable(request, customer)
        text = json.dumps(services.export(id=found.pk), ensure_ascii=False, indent=2, default=str)
        response = HttpResponse(text, content_type="application/json; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{found.number}.json"'
        response["Cache-Control"] = "no-store"
        return response

    def merge_preview(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        """Both beside each other, and what the one that stays would have."""
        keep, term = self._editable(request, customer), request.GET.get("with", "").replace("\0", "").strip()
        others = [other for other in Customer.objects.filter(pk__in=shown.meant(term))[:10] if other.pk != keep.pk] if term else []
        gone = others[0] if len(others) == 1 else None
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = _("Merge into %(name)s") % {"name": self.called(keep)}
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "breadcrumb": self.breadcrumb(keep.number, _("Merge"))}
        told = customer_page.compared(keep, gone, request.user) if gone is not None else {}
        more = {"keep": keep, "gone": gone, "term": term, "others": [{"row": one, "name": self.called(one)} for one in others]}
        return TemplateResponse(request, "backoffice/customer_merge.html", {**context, **more, **told})

    def merge(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        keep, now = self._editable(request, customer), timezone.now()
        try:
            gone = self._editable(request, UUID(request.POST.get("gone", "")))
        except ValueError:
            raise PermissionDenied from None
        done = _("They are one customer now: %(number)s.") % {"number": keep.number}
        self.perform(request, lambda: services.merge(keep=keep.pk, gone=gone.pk, actor=request.user.pk, now=now), done)
        return redirect("admin:customers_customer_change", keep.pk)

    def _seen(self, request: HttpRequest, id: UUID) -> Customer:
        found: Customer | None = self.get_queryset(request).filter(pk=id).first()
        if found is None or not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def _editable(self, request: HttpRequest, id: UUID) -> Customer:
        found = self._seen(request, id)
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        return found
