"""One change of what products are sorted into: the row locked, the event recorded beside it. And the product types."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Max, Model

from catalog import markup, names
from catalog.events import StructureChanged
from catalog.models import Attribute, Brand, Category, ProductType, TaxClass, TypeAttribute
from catalog.models import Collection as ProductCollection
from catalog.services import changes, translations
from catalog.services.changes import NotOneOf
from kernel import outbox
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import Message

KINDS: Final[Mapping[type[Model], str]] = {
    Attribute: "attribute",
    Brand: "brand",
    Category: "category",
    ProductCollection: "collection",
    ProductType: "product_type",
    TaxClass: "tax_class",
}


class CodeTaken(Conflict):
    code = "code_taken"
    title = "This code is in use"


class UnknownStructure(NotFound):
    code = "structure_not_found"
    title = "There is no such brand, category, type, attribute or collection"


class CategoryCircle(Conflict):
    code = "category_circle"
    title = "A category cannot stand below itself"


class InUse(Conflict):
    """Subclasses say what is in use."""

    code = "in_use"


class TypeInUse(InUse):
    code = "product_type_in_use"
    title = "Products are of this type"


@dataclass
class Alteration:
    """Set `change` to what happened to the row; leave it empty when nothing did, and no event is recorded."""

    row: Any
    change: str = field(default="")


@contextmanager
def altering(model: type[Model], id: int, *, now: datetime, actor: UUID | None) -> Iterator[Alteration]:
    with changes.written_by(actor):
        # As with products: who holds the row has the next sequence.
        row = model._default_manager.select_for_update(no_key=True).filter(pk=id).first()
        if row is None:
            raise UnknownStructure(f"There is no such {KINDS[model].replace('_', ' ')}.", field=KINDS[model])
        alteration = Alteration(row)
        yield alteration
        if alteration.change:
            tell(row, id, alteration.change, now=now)


def identity(kind: str, id: int) -> UUID:
    """What the row is called as an aggregate; a row that is made anew under an old code is another one."""
    return uuid5(NAMESPACE_URL, f"onecounter:{kind}:{id}")


def tell(row: Any, id: int, change: str, *, now: datetime) -> None:
    kind = KINDS[type(row)]
    aggregate = identity(kind, id)
    last = Message.objects.filter(aggregate_type=kind, aggregate_id=aggregate).aggregate(last=Max("sequence"))["last"] or 0
    event = StructureChanged(aggregate_id=aggregate, sequence=last + 1, store=None, kind=kind, code=row.code, change=change)
    outbox.record(event, now=now)


def insert(row: Any, *, now: datetime | None, actor: UUID | None) -> None:
    """Without `now` nobody is told: what was just made holds no product yet."""
    row.name = " ".join(row.name.split())
    row.code = row.code or names.handle(row.name, length=60)
    with changes.written_by(actor):
        check(row)
        with one_code(row):
            row.save(force_insert=True)
        if now is not None:
            tell(row, row.pk, "created", now=now)


def assign(row: Any, fields: Mapping[str, object], changeable: Collection[str]) -> bool:
    """Sets the fields, checks and saves them. Whether anything is different."""
    unknown = sorted(set(fields) - set(changeable))
    if unknown:
        raise NotOneOf(f"{', '.join(unknown)} cannot be changed here.", field=unknown[0])
    before = {name: getattr(row, name) for name in fields}
    for name, value in fields.items():
        setattr(row, name, " ".join(value.split()) if name == "name" and isinstance(value, str) else value)
    check(row)
    if all(getattr(row, name) == value for name, value in before.items()):
        return False
    with one_code(row):
        row.save()
    return True


def check(row: Any) -> None:
    """The fields' own rules; texts and translations cleaned."""
    if hasattr(row, "description"):
        row.description = markup.cleaned(row.description)
    if hasattr(row, "translations"):
        row.translations = translations.checked(row.translations, translations.DESCRIBED if hasattr(row, "description") else translations.NAME)
    try:
        row.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error


@contextmanager
def one_code(row: Any) -> Iterator[None]:
    try:
        with changes.written_by(None):
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if constraint in ("category_no_circle", "category_not_its_own_parent"):
            raise CategoryCircle(field="parent") from error
        if "code" not in constraint:
            raise
        raise CodeTaken(f"There is a {row._meta.verbose_name} {row.code}.", field="code") from error


def remove(model: type[Model], id: int, *, unused: Callable[[Any], None], now: datetime, actor: UUID | None) -> None:
    """`unused` raises when something still stands in it."""
    with altering(model, id, now=now, actor=actor) as alteration:
        unused(alteration.row)
        alteration.row.delete()
        alteration.change = "removed"


def create_product_type(*, name: str, now: datetime, actor: UUID | None, code: str = "", attributes: Sequence[tuple[str, bool]] = ()) -> ProductType:
    """`attributes`: code and whether it is required, in order."""
    made = ProductType(code=code, name=name)
    with changes.written_by(actor):
        insert(made, now=now, actor=actor)
        _place(made, attributes)
    return made


def change_product_type(*, type: int, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> ProductType:
    """`fields`: name, and attributes as at create_product_type. A product keeps the values of attributes that are left out until its
    own attributes are saved again."""
    plain = {name: value for name, value in fields.items() if name != "attributes"}
    with altering(ProductType, type, now=now, actor=actor) as alteration:
        different = assign(alteration.row, plain, {"name"})
        if "attributes" in fields:
            different = _place(alteration.row, fields["attributes"]) or different  # type: ignore[arg-type]  # checked by _place
        alteration.change = "changed" if different else ""
    return alteration.row  # type: ignore[no-any-return]


def remove_product_type(*, type: int, now: datetime, actor: UUID | None) -> None:
    remove(ProductType, type, unused=_type_unused, now=now, actor=actor)


def _type_unused(row: ProductType) -> None:
    if row.products.exists():
        raise TypeInUse(f"Products are of the type {row.name}; give them another one first.", field="type")


def _place(type: ProductType, attributes: Sequence[tuple[str, bool]]) -> bool:
    """These attributes and no others, in this order."""
    codes = [code for code, _required in attributes]
    known = {row.code: row for row in Attribute.objects.filter(code__in=codes)}
    for number, code in enumerate(codes):
        if code not in known:
            raise Invalid(f"There is no attribute {code}.", field="attributes")
        if code in codes[:number]:
            raise Invalid(f"{known[code].name} stands twice.", field="attributes")
    before = list(type.type_attributes.order_by("position", "id").values_list("attribute__code", "required"))
    if before == [(code, bool(required)) for code, required in attributes]:
        return False
    type.type_attributes.exclude(attribute__code__in=codes).delete()
    for position, (code, required) in enumerate(attributes):
        TypeAttribute.objects.update_or_create(type=type, attribute=known[code], defaults={"position": position, "required": bool(required)})
    return True
