"""What products are sorted into, in the back office: categories and tax classes."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from catalog import services
from catalog.models import Category, TaxClass
from org.office import OfficeAdmin
from org.templatetags.office import percent_text


@admin.register(Category)
class CategoryAdmin(OfficeAdmin):
    group_title = gettext_lazy("Catalogue")
    list_display: ClassVar[Any] = ["name", "code", "parent", "products_live"]
    numeric: ClassVar[Any] = ("products_live",)
    list_select_related: ClassVar[Any] = ["parent"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["position", "name", "id"]
    empty_icon = "tag"
    empty_title = gettext_lazy("No categories yet")
    empty_text = gettext_lazy("An import makes the categories its products name.")
    adds = True
    fields: ClassVar[Any] = ["name", "code", "parent", "position"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(product_count=Count("products", filter=~Q(products__status="archived")))

    @admin.display(description=gettext_lazy("Products"))
    def products_live(self, category: Any) -> str:
        return str(category.product_count)

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        obj.pk = services.create_category(**form.cleaned_data, actor=request.user.pk).pk


@admin.register(TaxClass)
class TaxClassAdmin(OfficeAdmin):
    group_title = gettext_lazy("Catalogue")
    list_display: ClassVar[Any] = ["name", "code", "share"]
    numeric: ClassVar[Any] = ("share",)
    ordering: ClassVar[Any] = ["name", "id"]
    empty_icon = "percent"
    empty_title = gettext_lazy("No tax classes yet")
    adds = True
    fields: ClassVar[Any] = ["name", "code", "rate"]

    @admin.display(description=gettext_lazy("Rate"))
    def share(self, tax: TaxClass) -> str:
        return percent_text(tax.rate)

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        obj.pk = services.create_tax_class(**form.cleaned_data, actor=request.user.pk).pk
