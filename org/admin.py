"""Stores, people, keys and settings in the back office. Every save is one call of org.services or org.settings."""

import json
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

from org import services, settings
from org.access import PUBLISHABLE_SCOPES, SCOPES, allows
from org.models import ApiKey, Channel, Company, RoleGrant, Setting, Store, User
from org.office import OfficeAdmin, RefusableForm
from org.templatetags.office import moment_text, status


@admin.register(Store)
class StoreAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stores")
    list_display: ClassVar[Any] = ["name", "code", "company", "channel", "timezone", "currency"]
    list_select_related: ClassVar[Any] = ["company", "channel"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["name"]
    empty_icon = "store"
    empty_title = gettext_lazy("No stores yet")
    adds = True
    changes = True
    fields: ClassVar[Any] = ["name", "code", "company", "channel", "address", "timezone", "day_cutoff"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["code", "company"] if obj else []

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        if obj._state.adding:
            obj.pk = services.create_store(**form.cleaned_data).pk
        else:
            services.change_store(store=Store.objects.get(pk=obj.pk), **{name: form.cleaned_data[name] for name in form.changed_data})


class NewUserForm(RefusableForm):
    password = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(),
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("At least 10 characters. Leave it empty for somebody who only works at the till."),
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["username", "name", "email"]

    def clean_password(self) -> str | None:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        return password or None


class GrantForm(forms.Form):
    role = forms.ChoiceField(choices=RoleGrant.Role.choices)
    store = forms.ModelChoiceField(Store.objects.order_by("name"), required=False, empty_label=gettext_lazy("Everywhere"))


@admin.register(User)
class UserAdmin(OfficeAdmin):
    group_title = gettext_lazy("System")
    page_title = gettext_lazy("People")
    one = gettext_lazy("person")
    nouns = gettext_lazy("people")
    words: ClassVar[Any] = {"Is active": gettext_lazy("Status"), "Yes": gettext_lazy("Active"), "No": gettext_lazy("Left")}
    list_display: ClassVar[Any] = ["name", "username", "roles", "email", "state"]
    list_display_links: ClassVar[Any] = ["name"]
    list_filter: ClassVar[Any] = ["grants__role", "is_active"]
    search_fields: ClassVar[Any] = ["name", "username"]
    search_hint = gettext_lazy("Name or login")
    ordering: ClassVar[Any] = ["name", "id"]
    tiles = True
    empty_icon = "person"
    empty_title = gettext_lazy("Nobody yet")
    adds = True
    changes = True
    detail_template = "backoffice/person.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("grants__store", "grants__channel")

    @admin.display(description=gettext_lazy("Roles"))
    def roles(self, user: User) -> str:
        return ", ".join(str(grant) for grant in user.grants.all())

    @admin.display(description=gettext_lazy("Status"))
    def state(self, user: User) -> str:
        return status("good", _("Active")) if user.is_active else status("", _("Left"), "off")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **(kwargs if obj else {**kwargs, "form": NewUserForm}))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": ["name", "email", "is_active"] if obj else ["name", "username", "email", "password"]})]

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        if obj._state.adding:
            obj.pk = services.create_user(**form.cleaned_data).pk
        else:
            services.change_user(user=User.objects.get(pk=obj.pk), **{name: form.cleaned_data[name] for name in form.changed_data})

    def get_custom_urls(self) -> Any:
        return (
            ("<uuid:user>/roles/", "org_user_grant", require_POST(self.grant)),
            ("<uuid:user>/roles/<int:grant>/revoke/", "org_user_revoke", require_POST(self.revoke)),
        )

    def grant(self, request: HttpRequest, user: UUID, model_admin: Any = None) -> HttpResponse:
        person = self._manageable(request, user)
        form = GrantForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            self.perform(request, lambda: services.grant_role(user=person, role=given["role"], store=given["store"]), _("The role is given."))
        return redirect("admin:org_user_change", user)

    def revoke(self, request: HttpRequest, user: UUID, grant: int, model_admin: Any = None) -> HttpResponse:
        held = RoleGrant.objects.filter(pk=grant, user=self._manageable(request, user)).first()
        if held:
            self.perform(request, lambda: services.revoke_role(grant=held), _("The role is taken away."))
        return redirect("admin:org_user_change", user)

    def _manageable(self, request: HttpRequest, user: UUID) -> User:
        if not allows(request.user, "org.manage"):
            raise PermissionDenied
        return get_object_or_404(User, pk=user)

    def detail(self, request: HttpRequest, obj: User) -> dict[str, Any]:
        grants = [{"grant": grant, "revoke": reverse("admin:org_user_revoke", args=[obj.pk, grant.pk])} for grant in obj.grants.all()]
        return {"grants": grants, "roles": RoleGrant.Role.choices, "stores": Store.objects.order_by("name"), "state": self.state(obj)}


class NewKeyForm(RefusableForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple(),
        label=gettext_lazy("What it may do"),
        help_text=gettext_lazy("A publishable key may only read the catalogue: %s.") % ", ".join(PUBLISHABLE_SCOPES),
    )

    class Meta:
        model = ApiKey
        fields: ClassVar[list[str]] = ["name", "kind", "channel"]


@admin.register(ApiKey)
class ApiKeyAdmin(OfficeAdmin):
    group_title = gettext_lazy("System")
    list_display: ClassVar[Any] = ["name", "kind", "begins_with", "may", "channel", "created", "state"]
    list_display_links: ClassVar[Any] = ["name"]
    list_filter: ClassVar[Any] = ["kind", "channel"]
    list_select_related: ClassVar[Any] = ["channel"]
    search_fields: ClassVar[Any] = ["name", "hint"]
    search_hint = gettext_lazy("Name or first characters")
    ordering: ClassVar[Any] = ["-created_at", "id"]
    timed = True
    empty_icon = "lock"
    empty_title = gettext_lazy("No keys yet")
    empty_text = gettext_lazy("A shop window, an app or a partner gets its own key.")
    adds = True
    detail_template = "backoffice/key.html"
    form = NewKeyForm
    fields: ClassVar[Any] = ["name", "kind", "channel", "scopes"]

    @admin.display(description=gettext_lazy("Begins with"))
    def begins_with(self, key: ApiKey) -> str:
        return f"{key.hint}…"

    @admin.display(description=gettext_lazy("May"))
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description=gettext_lazy("Made"))
    def created(self, key: ApiKey) -> str:
        return moment_text(key.created_at)

    @admin.display(description=gettext_lazy("Status"))
    def state(self, key: ApiKey) -> str:
        return status("", _("Revoked"), "off") if key.revoked_at else status("good", _("Live"))

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        key, plain = services.create_api_key(**form.cleaned_data, now=now)
        obj.pk, obj.plain = key.pk, plain

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The only time the key is shown: nobody can read it again, here or in the database."""
        made = ApiKey.objects.select_related("channel").get(pk=obj.pk)
        context = {**self.admin_site.each_context(request), "title": made.name, "breadcrumb": self.breadcrumb(made.name)}
        return TemplateResponse(request, "backoffice/key.html", {**context, "object": made, "plain": obj.plain, "state": self.state(made)})

    def get_custom_urls(self) -> Any:
        return (("<uuid:key>/revoke/", "org_apikey_revoke", require_POST(self.revoke)),)

    def revoke(self, request: HttpRequest, key: UUID, model_admin: Any = None) -> HttpResponse:
        if not allows(request.user, "org.manage"):
            raise PermissionDenied
        held = get_object_or_404(ApiKey, pk=key)
        self.perform(request, lambda: services.revoke_api_key(key=held, now=timezone.now()), _("The key opens nothing any more."))
        return redirect("admin:org_apikey_change", key)

    def detail(self, request: HttpRequest, obj: ApiKey) -> dict[str, Any]:
        return {"state": self.state(obj), "may_revoke": allows(request.user, "org.manage") and not obj.revoked_at}


class SettingForm(RefusableForm):
    name = forms.ChoiceField(choices=[(item.name, item.title) for item in settings.DEFINITIONS.values()])
    value = forms.JSONField(widget=UnfoldAdminTextareaWidget(), label=gettext_lazy("Value"))

    class Meta:
        model = Setting
        fields: ClassVar[list[str]] = ["name", "store", "value"]


@admin.register(Setting)
class SettingAdmin(OfficeAdmin):
    group_title = gettext_lazy("System")
    list_display: ClassVar[Any] = ["title", "place", "shown"]
    list_display_links: ClassVar[Any] = ["title"]
    list_select_related: ClassVar[Any] = ["store"]
    search_fields: ClassVar[Any] = ["name"]
    search_hint = gettext_lazy("Name")
    ordering: ClassVar[Any] = ["name", "id"]
    empty_icon = "ledger"
    empty_title = gettext_lazy("Everything is at its default")
    adds = True
    changes = True
    form = SettingForm

    @admin.display(description=gettext_lazy("Setting"))
    def title(self, setting: Setting) -> str:
        known = settings.DEFINITIONS.get(setting.name)
        return known.title if known else setting.name

    @admin.display(description=gettext_lazy("Where"))
    def place(self, setting: Setting) -> str:
        return setting.store.name if setting.store else _("Everywhere")

    @admin.display(description=gettext_lazy("Value"))
    def shown(self, setting: Setting) -> str:
        text = json.dumps(setting.value, ensure_ascii=False)
        return text if len(text) <= 80 else f"{text[:79]}…"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "store"] if obj else []

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        settings.put(obj.name, form.cleaned_data["value"], store=obj.store)
        obj.pk = Setting.objects.values_list("pk", flat=True).get(name=obj.name, store=obj.store)


@admin.register(Channel)
class ChannelAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stores")
    list_display: ClassVar[Any] = ["name", "code", "kind", "company", "currency"]
    list_select_related: ClassVar[Any] = ["company"]
    ordering: ClassVar[Any] = ["name"]


class CompanyForm(RefusableForm):
    class Meta:
        model = Company
        fields: ClassVar[list[str]] = [
            *("name", "legal_name", "line1", "line2", "postcode", "city", "country", "tax_number", "registration"),
        ]

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


@admin.register(Company)
class CompanyAdmin(OfficeAdmin):
    """What invoices show of who sells. Invoices that were issued stay as they were printed."""

    group_title = gettext_lazy("Stores")
    list_display: ClassVar[Any] = ["name", "code", "tax_number", "city", "currency"]
    search_fields: ClassVar[Any] = ["name", "code", "tax_number"]
    search_hint = gettext_lazy("Name, code or tax number")
    ordering: ClassVar[Any] = ["name"]
    empty_icon = "domain"
    empty_title = gettext_lazy("No companies yet")
    changes = True
    form = CompanyForm
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ["name", "code", "currency"]}),
        (gettext_lazy("On invoices"), {"fields": ["legal_name", "line1", "line2", ("postcode", "city"), "country", "tax_number", "registration"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["code", "currency"]

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        services.change_company(company=Company.objects.get(pk=obj.pk), **{name: form.cleaned_data[name] for name in form.changed_data})
