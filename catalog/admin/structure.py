"""What products are sorted into, in the back office: categories, brands, types, attributes, collections and tax classes."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import services
from catalog.admin.structure_forms import AttributeForm, BrandForm, CategoryForm, CollectionForm, ProductTypeForm, TaxClassForm
from catalog.admin.structure_page import StructureAdmin
from catalog.models import Attribute, Brand, Category, Collection, Product, ProductType, TaxClass
from org.templatetags.office import percent_text

# From the top down to the category, each step sorting as its siblings do; chr(1) sorts before every letter.
WAY = """(with recursive up as (
    select c.parent_id, lpad(c.position::text, 7, '0') || c.name as step, c.name, 1 as n from catalog_category c where c.id = catalog_category.id
    union all
    select c.parent_id, lpad(c.position::text, 7, '0') || c.name, c.name, up.n + 1 from catalog_category c join up on c.id = up.parent_id
) select {} from up)"""
PLACE = WAY.format("string_agg(step, chr(1) order by n desc)")
ABOVE = WAY.format("string_agg(name, ', ' order by n desc) filter (where n > 1)")
DEPTH = WAY.format("count(*) - 1")


def products_in(field: str) -> Any:
    """How many products that are not archived stand in the row."""
    live = Product.objects.filter(**{field: OuterRef("pk")}).exclude(status=Product.Status.ARCHIVED).order_by()
    counted = live.values(field).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class CountsProducts(StructureAdmin):
    products_field: ClassVar[str]
    numeric: ClassVar[Any] = ("products_live",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(product_count=products_in(self.products_field))

    @admin.display(description=gettext_lazy("Products"))
    def products_live(self, row: Any) -> str:
        return f"{row.product_count:,}"


@admin.register(Category)
class CategoryAdmin(CountsProducts):
    asks = CategoryForm
    products_field = "category"
    list_note = gettext_lazy("one tree; a list narrowed by one shows those below it too")
    list_display: ClassVar[Any] = ["indented", "above", "code", "products_live"]
    list_display_links: ClassVar[Any] = ["indented"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    one = gettext_lazy("category")
    empty_icon = "tag"
    empty_title = gettext_lazy("No categories yet")
    empty_text = gettext_lazy("An import makes the categories its products name.")
    removing_hint = gettext_lazy("Only when no product and no category stands in it.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Of this file's own text; nothing that was typed is in it.
        way, depth = RawSQL(ABOVE, [], TextField()), RawSQL(DEPTH, [], IntegerField())  # noqa: S611
        return super().get_queryset(request).annotate(way=way, depth=depth)

    def get_ordering(self, request: HttpRequest) -> Any:
        return [RawSQL(PLACE, [], TextField()).asc()]  # noqa: S611

    @admin.display(description=gettext_lazy("Name"))
    def indented(self, category: Any) -> str:
        return "\u2003" * category.depth + category.name

    @admin.display(description=gettext_lazy("Below"), empty_value="")
    def above(self, category: Any) -> str:
        return category.way or ""

    def put(self, form: CategoryForm, row: Any, *, now: datetime, actor: UUID | None) -> Category:
        given = form.given()
        if row is None:
            return services.create_category(**given, now=now, actor=actor)
        return services.change_category(category=row.pk, fields=given, now=now, actor=actor)

    @staticmethod
    def take_out(id: int, *, now: datetime, actor: UUID | None) -> None:
        services.remove_category(category=id, now=now, actor=actor)


@admin.register(Brand)
class BrandAdmin(CountsProducts):
    asks = BrandForm
    products_field = "brand"
    list_display: ClassVar[Any] = ["name", "code", "products_live"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    sortable_by: ClassVar[Any] = ["name"]
    ordering: ClassVar[Any] = ["name", "id"]
    one = gettext_lazy("brand")
    empty_icon = "tag"
    empty_title = gettext_lazy("No brands yet")
    empty_text = gettext_lazy("An import makes the brands its products name.")
    removing_hint = gettext_lazy("Only when no product is of it, archived ones included.")

    def put(self, form: BrandForm, row: Any, *, now: datetime, actor: UUID | None) -> Brand:
        given = form.given()
        if row is None:
            return services.create_brand(**given, now=now, actor=actor)
        return services.change_brand(brand=row.pk, fields=given, now=now, actor=actor)

    @staticmethod
    def take_out(id: int, *, now: datetime, actor: UUID | None) -> None:
        services.remove_brand(brand=id, now=now, actor=actor)


@admin.register(ProductType)
class ProductTypeAdmin(CountsProducts):
    asks = ProductTypeForm
    products_field = "type"
    list_note = gettext_lazy("what sort of thing it is, and so which attributes tell about it")
    list_display: ClassVar[Any] = ["name", "code", "asked", "products_live"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["name", "id"]
    one = gettext_lazy("product type")
    empty_icon = "box"
    empty_title = gettext_lazy("No product types yet")
    empty_text = gettext_lazy("A type says which attributes its products have: roast and origin of coffee, size and colour of a shirt.")
    removing_hint = gettext_lazy("Only when no product is of it, archived ones included.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("type_attributes__attribute")

    @admin.display(description=gettext_lazy("Attributes"))
    def asked(self, type: ProductType) -> str:
        rows = sorted(type.type_attributes.all(), key=lambda row: (row.position, row.pk))
        names = ", ".join(row.attribute.name for row in rows[:5])
        return f"{names} +{len(rows) - 5}" if len(rows) > 5 else names

    def put(self, form: ProductTypeForm, row: Any, *, now: datetime, actor: UUID | None) -> ProductType:
        given = form.given()
        if row is None:
            return services.create_product_type(**given, now=now, actor=actor)
        return services.change_product_type(type=row.pk, fields=given, now=now, actor=actor)

    @staticmethod
    def take_out(id: int, *, now: datetime, actor: UUID | None) -> None:
        services.remove_product_type(type=id, now=now, actor=actor)


@admin.register(Attribute)
class AttributeAdmin(StructureAdmin):
    asks = AttributeForm
    list_display: ClassVar[Any] = ["name", "code", "kind", "unit", "narrows", "types"]
    numeric: ClassVar[Any] = ("types",)
    list_filter: ClassVar[Any] = ["kind", "filterable"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["name", "id"]
    one = gettext_lazy("attribute")
    words: ClassVar[Any] = {"Filterable": gettext_lazy("Narrows lists")}
    empty_icon = "tag"
    empty_title = gettext_lazy("No attributes yet")
    empty_text = gettext_lazy("One fact that products tell: origin, roast, wattage, washable.")
    removing_hint = gettext_lazy("Only when no type asks for it and no product tells it.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(type_count=Count("type_attributes"))

    @admin.display(description=gettext_lazy("Product types"))
    def types(self, attribute: Any) -> str:
        return str(attribute.type_count)

    @admin.display(description=gettext_lazy("Narrows lists"))
    def narrows(self, attribute: Attribute) -> str:
        return _("Yes") if attribute.filterable else ""

    def put(self, form: AttributeForm, row: Any, *, now: datetime, actor: UUID | None) -> Attribute:
        given = form.given()
        if row is None:
            return services.create_attribute(**given, now=now, actor=actor)
        return services.change_attribute(attribute=row.pk, fields=given, now=now, actor=actor)

    @staticmethod
    def take_out(id: int, *, now: datetime, actor: UUID | None) -> None:
        services.remove_attribute(attribute=id, now=now, actor=actor)


@admin.register(Collection)
class CollectionAdmin(StructureAdmin):
    asks = CollectionForm
    list_display: ClassVar[Any] = ["name", "code", "kind", "asks_for", "members_live"]
    numeric: ClassVar[Any] = ("members_live",)
    list_filter: ClassVar[Any] = ["kind"]
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["position", "name", "id"]
    one = gettext_lazy("collection")
    empty_icon = "bag"
    empty_title = gettext_lazy("No collections yet")
    empty_text = gettext_lazy("Products put together by hand, or by a rule: everything organic below tea.")
    removing_hint = gettext_lazy("Its products stay.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(member_count=Count("members", filter=~Q(members__product__status="archived")))

    @admin.display(description=gettext_lazy("Rule"))
    def asks_for(self, collection: Collection) -> str:
        return "; ".join(f"{facet.removeprefix('attribute.').replace('_', ' ')}: {', '.join(values)}" for facet, values in collection.rule.items())[
            :80
        ]

    @admin.display(description=gettext_lazy("By hand"))
    def members_live(self, collection: Any) -> str:
        # What a rule finds is counted on its page: counting here would cost a statement a row.
        return f"{collection.member_count:,}" if collection.kind == Collection.Kind.MANUAL else ""

    def put(self, form: CollectionForm, row: Any, *, now: datetime, actor: UUID | None) -> Collection:
        given = {name: value for name, value in form.given().items() if name != "kind"}
        rule: dict[str, Any] = {"rule": form.rule()} if form.kind == Collection.Kind.RULE else {}
        if row is None:
            made = services.create_collection(kind=form.kind, **given, **rule, now=now, actor=actor)
        else:
            made = services.change_collection(collection=row.pk, fields={**given, **rule}, now=now, actor=actor)
        if form.kind == Collection.Kind.MANUAL:
            services.set_members(collection=made.pk, products=form.wanted(), now=now, actor=actor)
        return made

    @staticmethod
    def take_out(id: int, *, now: datetime, actor: UUID | None) -> None:
        services.remove_collection(collection=id, now=now, actor=actor)

    def note(self, row: Collection) -> str:
        if row.kind == Collection.Kind.RULE:
            return f"{row.code} · {_('by rule')}"
        count = row.members.count()
        return f"{row.code} · {ngettext('%(n)s product by hand', '%(n)s products by hand', count) % {'n': count}}"


@admin.register(TaxClass)
class TaxClassAdmin(StructureAdmin):
    asks = TaxClassForm
    list_display: ClassVar[Any] = ["name", "code", "share"]
    numeric: ClassVar[Any] = ("share",)
    ordering: ClassVar[Any] = ["name", "id"]
    one = gettext_lazy("tax class")
    empty_icon = "percent"
    empty_title = gettext_lazy("No tax classes yet")

    @admin.display(description=gettext_lazy("Rate"))
    def share(self, tax: TaxClass) -> str:
        return percent_text(tax.rate)

    def put(self, form: TaxClassForm, row: Any, *, now: datetime, actor: UUID | None) -> TaxClass:
        given = form.given()
        if row is None:
            return services.create_tax_class(**given, now=now, actor=actor)
        return services.change_tax_class(tax_class=row.pk, fields=given, now=now, actor=actor)
