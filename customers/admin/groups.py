"""Groups of customers: what prices and promotions know them by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from catalog.admin.structure_forms import StructureForm, text
from catalog.admin.structure_page import StructureAdmin
from customers import services
from customers.models import Group, Membership


class GroupForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = forms.SlugField(
        label=gettext_lazy("Code"), max_length=60, help_text=gettext_lazy("Short and lower-case: regulars. Prices name the group by it; it stays.")
    )
    sections = ((gettext_lazy("Group"), ("name", "code")),)


@admin.register(Group)
class GroupAdmin(StructureAdmin):
    asks = GroupForm
    group_title = gettext_lazy("Selling")
    page_title = gettext_lazy("Customer groups")
    one = gettext_lazy("group")
    nouns = gettext_lazy("groups")
    list_note = gettext_lazy("a price list or a promotion may be for one of them alone")
    list_display: ClassVar[Any] = ["name", "code", "members"]
    list_display_links: ClassVar[Any] = ["name"]
    numeric: ClassVar[Any] = ("members",)
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["name", "id"]
    empty_icon = "person"
    empty_title = gettext_lazy("No groups yet")
    empty_text = gettext_lazy("Regulars, staff, trade: a group is what a price list or a promotion can be for.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its code stands in prices and its members know it by its name: it stays as it was made."""
        return False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        counted = Membership.objects.filter(group__in=[row.pk for row in rows]).order_by().values_list("group").annotate(n=Count("id"))
        counts = dict(counted)
        for row in rows:
            row.count = counts.get(row.pk, 0)

    @admin.display(description=gettext_lazy("Customers"))
    def members(self, row: Any) -> str:
        if not row.count:
            return "0"
        return format_html('<a href="{}?group={}">{}</a>', reverse("admin:customers_customer_changelist"), row.code, f"{row.count:,}")

    def put(self, form: GroupForm, row: Any, *, now: datetime, actor: UUID | None) -> Group:
        given = form.cleaned_data
        return Group.objects.get(pk=services.create_group(code=given["code"], name=given["name"], actor=actor, now=now))
