"""Collections: products put together by hand, or by a rule over what they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from catalog import names
from catalog.models import Attribute, Brand, Category, CollectionProduct, LifeCycle, Product, ProductType
from catalog.models import Collection as ProductCollection
from catalog.services import changes, structure
from catalog.services.changes import UnknownProduct
from kernel.errors import Invalid

FACETS: Final = ("category", "brand", "tag", "type", "life_cycle")
"""What a rule may ask for, beside attribute.<code> of a filterable attribute of choices or of yes and no (catalog.facets)."""
FACET_KINDS: Final = (Attribute.Kind.CHOICE, Attribute.Kind.MULTI_CHOICE, Attribute.Kind.BOOLEAN)
CHANGEABLE: Final = frozenset({"name", "position", "description", "seo_title", "seo_description", "translations", "rule"})


class BadRule(Invalid):
    code = "collection_rule_invalid"
    title = "This rule finds nothing"


class NotByHand(Invalid):
    code = "collection_by_rule"
    title = "This collection follows its rule; nothing is put into it by hand"


def create_collection(
    *, name: str, kind: str, now: datetime, actor: UUID | None, code: str = "", rule: Mapping[str, Sequence[str]] | None = None, **details: Any
) -> ProductCollection:
    """`kind`: manual or rule. `details`: position, description, seo_title, seo_description, translations."""
    made = ProductCollection(code=code, name=name, kind=kind, rule=_rule_for(kind, rule or {}), **details)
    structure.insert(made, now=now, actor=actor)
    return made


def change_collection(*, collection: int, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> ProductCollection:
    """`fields`: see CHANGEABLE. Whether it goes by hand or by rule stays as it was made."""
    with structure.altering(ProductCollection, collection, now=now, actor=actor) as alteration:
        values = dict(fields)
        if "rule" in values:
            values["rule"] = _rule_for(alteration.row.kind, values["rule"])
        alteration.change = "changed" if structure.assign(alteration.row, values, CHANGEABLE) else ""
    return alteration.row  # type: ignore[no-any-return]


def remove_collection(*, collection: int, now: datetime, actor: UUID | None) -> None:
    """Its products stay, and each is told of as changed when it stood in it by hand."""
    with structure.altering(ProductCollection, collection, now=now, actor=actor) as alteration:
        _leave(alteration.row, list(alteration.row.members.values_list("product_id", flat=True)), now=now, actor=actor)
        alteration.row.delete()
        alteration.change = "removed"


def set_members(*, collection: int, products: Sequence[UUID], now: datetime, actor: UUID | None) -> None:
    """These products and no others, in this order."""
    wanted = list(dict.fromkeys(products))
    with structure.altering(ProductCollection, collection, now=now, actor=actor) as alteration:
        row: ProductCollection = alteration.row
        _must_be_manual(row)
        held = list(row.members.order_by("position", "id").values_list("product_id", flat=True))
        if held == wanted:
            return
        _leave(row, [id for id in held if id not in set(wanted)], now=now, actor=actor)
        _join(row, [id for id in wanted if id not in set(held)], now=now, actor=actor)
        _reorder(row, wanted)
        alteration.change = "changed"


def set_collections(*, product: UUID, collections: Sequence[str], now: datetime, actor: UUID | None) -> None:
    """The codes of the manual collections it stands in, and no others. In a new one it stands last."""
    with changes.changing(product=product, now=now, actor=actor) as change:
        wanted = {row.code: row for row in ProductCollection.objects.filter(code__in=collections)}
        for code in collections:
            if code not in wanted:
                raise Invalid(f"There is no collection {code}.", field="collections")
            _must_be_manual(wanted[code])
        held = set(CollectionProduct.objects.filter(product=product).values_list("collection__code", flat=True))
        if held != set(wanted):
            CollectionProduct.objects.filter(product=product).exclude(collection__code__in=wanted).delete()
            for code in sorted(set(wanted) - held):
                _append(wanted[code], product)
            change.kind = "changed"


def checked_rule(rule: object) -> dict[str, list[str]]:
    """A rule as it is stored: known facets, values that exist, each once. Raises BadRule with field="rule"."""
    if not isinstance(rule, Mapping):
        raise BadRule("A rule is written {facet: [values]}.", field="rule")
    made = {str(facet): _values(str(facet), values) for facet, values in rule.items()}
    made = {facet: values for facet, values in sorted(made.items()) if values}
    if not made:
        raise BadRule("A rule names at least one thing its products have in common.", field="rule")
    return made


def matching(rule: Mapping[str, Sequence[str]]) -> QuerySet[Product]:
    """The products a checked rule finds, archived ones included."""
    found = Product.objects.all()
    for facet, values in rule.items():
        found = found.filter(_condition(facet, list(values)))
    return found


def _rule_for(kind: str, rule: object) -> dict[str, list[str]]:
    if kind == ProductCollection.Kind.RULE:
        return checked_rule(rule)
    if rule:
        raise BadRule("A collection chosen by hand has no rule.", field="rule")
    return {}


def _values(facet: str, values: object) -> list[str]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not all(isinstance(value, str) for value in values):
        raise BadRule(f"The values of {facet} are a list of texts.", field="rule")
    given = names.tags(values) if facet == "tag" else list(dict.fromkeys(values))
    known = _known(facet, given)
    missing = next((value for value in given if value not in known), None)
    if missing is not None:
        raise BadRule(f"There is no {facet.removeprefix('attribute.').replace('_', ' ')} “{missing}”.", field="rule")
    return sorted(given)


def _known(facet: str, given: Sequence[str]) -> set[str]:
    if facet == "tag":
        return set(given)
    if facet == "life_cycle":
        return set(LifeCycle.values)
    tables: dict[str, Any] = {"category": Category, "brand": Brand, "type": ProductType}
    if facet in tables:
        return set(tables[facet].objects.filter(code__in=given).values_list("code", flat=True))
    return _known_choices(facet)


def _known_choices(facet: str) -> set[str]:
    code = facet.removeprefix("attribute.")
    attribute = Attribute.objects.filter(code=code).first() if code != facet else None
    if attribute is None:
        raise BadRule(f"“{facet}” is not something a rule can ask for.", field="rule")
    if attribute.kind not in FACET_KINDS or not attribute.filterable:
        raise BadRule(f"{attribute.name} is not an attribute that products are narrowed by.", field="rule")
    return {"true", "false"} if attribute.kind == Attribute.Kind.BOOLEAN else set(attribute.choices.values_list("code", flat=True))


def _condition(facet: str, values: list[str]) -> Q:
    if facet == "category":
        return Q(category__in=_below(values))
    if facet == "tag":
        return Q(tags__overlap=values)
    plain = {"brand": "brand__code__in", "type": "type__code__in", "life_cycle": "life_cycle__in"}
    if facet in plain:
        return Q(**{plain[facet]: values})
    code = facet.removeprefix("attribute.")
    found = Q()
    for value in values:
        stored: list[Any] = [value, [value]] if value not in ("true", "false") else [value, [value], value == "true"]
        for one in stored:
            found |= Q(attributes__contains={code: one})
    return found


def _below(codes: Sequence[str]) -> list[int]:
    """These categories and all that stand below them."""
    children: dict[int | None, list[int]] = {}
    wanted = []
    for id, parent, code in Category.objects.values_list("id", "parent_id", "code"):
        children.setdefault(parent, []).append(id)
        if code in codes:
            wanted.append(id)
    for id in wanted:
        wanted.extend(child for child in children.get(id, ()) if child not in wanted)
    return wanted


def _must_be_manual(row: ProductCollection) -> None:
    if row.kind != ProductCollection.Kind.MANUAL:
        raise NotByHand(f"{row.name} follows its rule; nothing is put into it by hand.", field="collections")


def _leave(row: ProductCollection, products: Sequence[UUID], *, now: datetime, actor: UUID | None) -> None:
    # Sorted, so that two people who change collections wait for each other in one direction.
    for product in sorted(products):
        with changes.changing(product=product, now=now, actor=actor) as change:
            CollectionProduct.objects.filter(collection=row, product=product).delete()
            change.kind = "changed"


def _join(row: ProductCollection, products: Sequence[UUID], *, now: datetime, actor: UUID | None) -> None:
    known = set(Product.objects.filter(id__in=products).values_list("id", flat=True))
    if len(known) != len(products):
        raise UnknownProduct(field="products")
    for product in sorted(products):
        with changes.changing(product=product, now=now, actor=actor) as change:
            _append(row, product)
            change.kind = "changed"


def _append(row: ProductCollection, product: UUID) -> None:
    last = row.members.order_by("-position").values_list("position", flat=True).first()
    CollectionProduct.objects.create(collection=row, product_id=product, position=0 if last is None else last + 1)


def _reorder(row: ProductCollection, wanted: Sequence[UUID]) -> None:
    places = {id: place for place, id in enumerate(wanted)}
    members = list(row.members.all())
    for member in members:
        member.position = places[member.product_id]
    CollectionProduct.objects.bulk_update(members, ["position"])
