"""Categories, brands and tax classes: what products are sorted into."""

from uuid import UUID

from django.db import IntegrityError

from catalog import names
from catalog.models import Brand, Category, TaxClass
from catalog.services import changes
from kernel.errors import Conflict, Invalid


class CodeTaken(Conflict):
    code = "code_taken"
    title = "This code is in use"


def create_tax_class(*, code: str, name: str, rate: int, actor: UUID | None) -> TaxClass:
    """`rate` in parts per million: 190000 is 19%."""
    if not 0 <= rate < 1_000_000:
        raise Invalid("A tax rate is from 0 to below 1000000 parts per million.", field="rate")
    try:
        with changes.written_by(actor):
            return TaxClass.objects.create(code=code, name=name, rate=rate)
    except IntegrityError as error:
        raise CodeTaken(f"There is a tax class {code}.", field="code") from error


def create_category(*, code: str, name: str, actor: UUID | None, parent: Category | None = None, position: int = 0) -> Category:
    try:
        with changes.written_by(actor):
            return Category.objects.create(code=code, name=name, parent=parent, position=position)
    except IntegrityError as error:
        raise CodeTaken(f"There is a category {code}.", field="code") from error


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
