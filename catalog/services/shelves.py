"""Categories, brands and tax classes: what products are sorted into."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from catalog import names
from catalog.models import Brand, Category, TaxClass
from catalog.services import changes, structure
from catalog.services.structure import CodeTaken, InUse
from kernel.errors import Invalid

__all__ = [
    "BrandInUse",
    "CategoryInUse",
    "CodeTaken",
    "change_brand",
    "change_category",
    "change_tax_class",
    "create_brand",
    "create_category",
    "create_tax_class",
    "ensure_brand",
    "ensure_category",
    "remove_brand",
    "remove_category",
]

CATEGORY: Final = frozenset({"name", "parent", "position", "description", "seo_title", "seo_description", "translations"})


class CategoryInUse(InUse):
    code = "category_in_use"
    title = "Something stands in this category"


class BrandInUse(InUse):
    code = "brand_in_use"
    title = "Products are of this brand"


def create_tax_class(*, code: str, name: str, rate: int, actor: UUID | None, now: datetime | None = None) -> TaxClass:
    """`rate` in parts per million: 190000 is 19%."""
    _check_rate(rate)
    made = TaxClass(code=code, name=name, rate=rate)
    structure.insert(made, now=now, actor=actor)
    return made


def change_tax_class(*, tax_class: int, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> TaxClass:
    """`fields`: name, rate. What was sold keeps the tax it was sold with."""
    if "rate" in fields:
        _check_rate(fields["rate"])
    return _changed(TaxClass, tax_class, fields, {"name", "rate"}, now=now, actor=actor)  # type: ignore[no-any-return]


def create_category(*, code: str, name: str, actor: UUID | None, now: datetime | None = None, **details: Any) -> Category:
    """`details`: parent, position, description, seo_title, seo_description, translations."""
    made = Category(code=code, name=name, **details)
    structure.insert(made, now=now, actor=actor)
    return made


def change_category(*, category: int, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> Category:
    """`fields`: see CATEGORY. A category never stands below itself."""
    return _changed(Category, category, fields, CATEGORY, now=now, actor=actor)  # type: ignore[no-any-return]


def remove_category(*, category: int, now: datetime, actor: UUID | None) -> None:
    structure.remove(Category, category, unused=_category_unused, now=now, actor=actor)


def create_brand(*, name: str, now: datetime, actor: UUID | None, code: str = "") -> Brand:
    made = Brand(code=code, name=name)
    structure.insert(made, now=now, actor=actor)
    return made


def change_brand(*, brand: int, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> Brand:
    """`fields`: name."""
    return _changed(Brand, brand, fields, {"name"}, now=now, actor=actor)  # type: ignore[no-any-return]


def remove_brand(*, brand: int, now: datetime, actor: UUID | None) -> None:
    structure.remove(Brand, brand, unused=_brand_unused, now=now, actor=actor)


def ensure_category(*, name: str, actor: UUID | None) -> Category | None:
    """The category of this name, made when it is new; None for a name without a letter or digit."""
    code = names.handle(name, length=60)
    if not code:
        return None
    with changes.written_by(actor):
        return Category.objects.get_or_create(code=code, defaults={"name": name[:100]})[0]


def ensure_brand(*, name: str, actor: UUID | None) -> Brand | None:
    """The brand of this name, made when it is new; None for a name without a letter or digit."""
    code = names.handle(name, length=60)
    if not code:
        return None
    with changes.written_by(actor):
        return Brand.objects.get_or_create(code=code, defaults={"name": name[:100]})[0]


def _changed(model: Any, id: int, fields: Mapping[str, object], changeable: Any, *, now: datetime, actor: UUID | None) -> Any:
    with structure.altering(model, id, now=now, actor=actor) as alteration:
        alteration.change = "changed" if structure.assign(alteration.row, fields, changeable) else ""
    return alteration.row


def _check_rate(rate: object) -> None:
    if not isinstance(rate, int) or not 0 <= rate < 1_000_000:
        raise Invalid("A tax rate is from 0 to below 1000000 parts per million.", field="rate")


def _category_unused(row: Category) -> None:
    if row.children.exists():
        raise CategoryInUse(f"Other categories stand below {row.name}; move them first.", field="category")
    if row.products.exists():
        raise CategoryInUse(f"Products stand in {row.name}; move them first.", field="category")


def _brand_unused(row: Brand) -> None:
    if row.products.exists():
        raise BrandInUse(f"Products are of the brand {row.name}; give them another one first.", field="brand")
