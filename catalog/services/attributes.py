"""Attributes: what is told about products of a type, and whether a value that is told is one.

How each kind is stored is said at catalog.models.Attribute. Texts of people and files become that here, exactly.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from catalog import names
from catalog.models import Attribute, AttributeChoice, Product, ProductType, TypeAttribute
from catalog.services import changes, structure, translations
from catalog.services.structure import InUse
from kernel.errors import Invalid

UNITS: Final = ("mm", "cm", "m", "km", "mg", "g", "kg", "ml", "cl", "l", "W", "kW", "V", "A", "mAh", "kJ", "kcal", "°C", "%", "h", "min", "in")
HIGHEST: Final = 10**15
"""Thousandths; what JavaScript holds exactly."""
LONGEST_TEXT: Final = 2_000
YES: Final = frozenset({"true", "yes", "1", "ja", "oui", "on"})
NO: Final = frozenset({"false", "no", "0", "nein", "non", "off"})
CHANGEABLE: Final = frozenset({"name", "unit", "filterable", "translations", "kind"})
_NUMBER: Final = re.compile(r"([+-]?)([0-9]{1,13})(?:[.,]([0-9]{1,3}))?", re.ASCII)
_MEASURE: Final = re.compile(r"\s*(\S*[0-9])\s*(\S*)\s*", re.ASCII)


class BadValue(Invalid):
    code = "attribute_invalid"
    title = "Not a value of this attribute"


class UnknownAttribute(Invalid):
    code = "attribute_unknown"
    title = "Products of this type have no such attribute"


class AttributeInUse(InUse):
    code = "attribute_in_use"
    title = "Products or types have this attribute"


class ChoiceInUse(InUse):
    code = "choice_in_use"
    title = "Products have this choice"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An attribute as a type asks for it. `choices`: code to name, in order."""

    code: str
    name: str
    kind: str
    unit: str
    required: bool
    choices: Mapping[str, str] = field(default_factory=dict)


Rules = Mapping[str, Rule]


@dataclass(frozen=True, kw_only=True)
class NewChoice:
    name: str
    code: str = ""
    translations: Mapping[str, Any] = field(default_factory=dict)


# Values


def rules(types: Iterable[int]) -> dict[int, dict[str, Rule]]:
    """The attributes of these product types by code, in order: two statements for any number of types."""
    found: dict[int, dict[str, Rule]] = {id: {} for id in types}
    asked = TypeAttribute.objects.filter(type__in=found).select_related("attribute").order_by("position", "id")
    held = {row.attribute_id: row.attribute for row in asked}
    choices: dict[int, dict[str, str]] = {}
    kinds = (Attribute.Kind.CHOICE, Attribute.Kind.MULTI_CHOICE)
    for choice in AttributeChoice.objects.filter(attribute__in=held, attribute__kind__in=kinds).order_by("position", "id"):
        choices.setdefault(choice.attribute_id, {})[choice.code] = choice.name
    for row in asked:
        own = row.attribute
        found[row.type_id][own.code] = Rule(
            code=own.code, name=own.name, kind=own.kind, unit=own.unit, required=row.required, choices=choices.get(own.pk, {})
        )
    return found


def rules_of(type: ProductType | None) -> dict[str, Rule]:
    return rules([type.pk])[type.pk] if type is not None else {}


def checked(type: ProductType | None, values: Mapping[str, object]) -> dict[str, Any]:
    """`values` as they are stored, those that are empty left out. Texts are read ("0,75", "30 cm", "yes"); whole numbers are
    thousandths already. Raises BadValue or UnknownAttribute with field="attributes.<code>"."""
    return checked_by(rules_of(type), values)


def checked_by(rules: Rules, values: Mapping[str, object]) -> dict[str, Any]:
    """The same by rules that were read before, for many products."""
    unknown = next((code for code in values if code not in rules), None)
    if unknown is not None:
        raise UnknownAttribute(f"Products of this type have no attribute “{unknown}”.", field=f"attributes.{unknown}")
    read = {code: value_of(rules[code], value) for code, value in values.items()}
    return {code: read[code] for code in rules if read.get(code) is not None}


def value_of(rule: Rule, value: object) -> Any:
    """One value as it is stored; None for an empty one."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value in ("", [], {}, ()):
        return None
    try:
        return READERS[rule.kind](rule, value)
    except BadValue as bad:
        raise BadValue(f"{rule.name}: {bad.message}", field=f"attributes.{rule.code}") from None


def thousandths(text: str) -> int:
    """ "0,75" and "1.5" -> 750 and 1500; at most three places, nothing rounded."""
    match = _NUMBER.fullmatch(text.strip().replace("\u2212", "-"))
    if match is None:
        raise BadValue(f"“{text[:40]}” is not a number with at most three decimal places. Write it like 0.75 or 0,75.")
    sign, whole, rest = match.groups()
    number = int(whole) * 1000 + int((rest or "").ljust(3, "0"))
    return _bounded(-number if sign == "-" else number)


def decimal_text(value: int) -> str:
    """750 -> "0.75", as thousandths() reads it."""
    whole, rest = divmod(abs(value), 1000)
    return f"{'-' if value < 0 else ''}{whole}" + (f".{rest:03}".rstrip("0") if rest else "")


def written(rule: Rule, value: Any) -> Any:
    """A stored value as a form shows it and `checked` reads it back: a text, or a list of codes for several choices."""
    if value is None:
        return [] if rule.kind == Attribute.Kind.MULTI_CHOICE else ""
    if rule.kind == Attribute.Kind.NUMBER:
        return decimal_text(value)
    if rule.kind == Attribute.Kind.MEASUREMENT:
        return f"{decimal_text(value['value'])} {value['unit']}"
    return ("true" if value else "false") if rule.kind == Attribute.Kind.BOOLEAN else value


def _bounded(value: int) -> int:
    if abs(value) > HIGHEST:
        raise BadValue("This number is too large.")
    return value


def _text(rule: Rule, value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise BadValue("This is not a text.")
    if len(value) > LONGEST_TEXT:
        raise BadValue(f"This is longer than {LONGEST_TEXT} characters.")
    return value


def _number(rule: Rule, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return _bounded(value)
    if not isinstance(value, str):
        raise BadValue("This is not a number.")
    # "250 g" where grams are meant anyway.
    return thousandths(value.removesuffix(rule.unit) if rule.unit else value)


def _measurement(rule: Rule, value: object) -> dict[str, Any]:
    amount, unit = _measure_of(value)
    unit = unit or rule.unit
    if unit not in {*UNITS, rule.unit} or not unit:
        raise BadValue(f"“{unit}” is not a unit that is known. Write it like 30 {rule.unit or 'cm'}.")
    return {"value": _number(rule, amount), "unit": unit}


def _measure_of(value: object) -> tuple[object, str]:
    if isinstance(value, Mapping) and set(value) == {"value", "unit"} and isinstance(value["unit"], str):
        return value["value"], value["unit"].strip()
    if isinstance(value, str) and (match := _MEASURE.fullmatch(value)):
        return match[1], match[2]
    raise BadValue("This is not a measurement. Write it like 30 cm.")


def _choice(rule: Rule, value: object) -> str:
    if isinstance(value, str):
        if value in rule.choices:
            return value
        # Files bring what people read.
        named = [code for code, name in rule.choices.items() if name.casefold() == value.casefold()]
        if len(named) == 1:
            return named[0]
    raise BadValue(f"“{str(value)[:40]}” is not one of its choices.")


def _choices(rule: Rule, value: object) -> list[str] | None:
    several = re.split(r"[,;|]", value) if isinstance(value, str) else value
    if not isinstance(several, Sequence):
        raise BadValue("These are not choices.")
    given = [one.strip() if isinstance(one, str) else one for one in several]
    chosen = {_choice(rule, one) for one in given if one != ""}
    return [code for code in rule.choices if code in chosen] or None


def _boolean(rule: Rule, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in YES | NO:
        return value.casefold() in YES
    raise BadValue("This is neither yes nor no.")


def _date(rule: Rule, value: object) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise BadValue(f"“{str(value)[:40]}” is not a date. Write it like 2026-11-22.")


READERS: Final[Mapping[str, Callable[[Rule, Any], Any]]] = {
    Attribute.Kind.TEXT: _text,
    Attribute.Kind.NUMBER: _number,
    Attribute.Kind.CHOICE: _choice,
    Attribute.Kind.MULTI_CHOICE: _choices,
    Attribute.Kind.BOOLEAN: _boolean,
    Attribute.Kind.DATE: _date,
    Attribute.Kind.MEASUREMENT: _measurement,
}


# Attributes themselves


def create_attribute(
    *,
    name: str,
    kind: str,
    now: datetime,
    actor: UUID | None,
    code: str = "",
    unit: str = "",
    filterable: bool = False,
    choices: Sequence[NewChoice] = (),
    translations: Mapping[str, Any] | None = None,
) -> Attribute:
    made = Attribute(code=code, name=name, kind=kind, unit=unit.strip(), filterable=filterable, translations=dict(translations or {}))
    with changes.written_by(actor):
        structure.insert(made, now=now, actor=actor)
        _put_choices(made, choices)
    return made


def change_attribute(*, attribute: int, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> Attribute:
    """`fields`: see CHANGEABLE, and choices: the whole list of NewChoice in order. The kind stays once a product has a value."""
    plain = {name: value for name, value in fields.items() if name != "choices"}
    with structure.altering(Attribute, attribute, now=now, actor=actor) as alteration:
        row: Attribute = alteration.row
        if plain.get("kind", row.kind) != row.kind and _told(row.code):
            raise AttributeInUse(f"Products have a value for {row.name}, so its kind stays.", field="kind")
        different = structure.assign(row, plain, CHANGEABLE)
        if "choices" in fields:
            different = _put_choices(row, fields["choices"]) or different  # type: ignore[arg-type]  # checked by _put_choices
        alteration.change = "changed" if different else ""
    return row


def remove_attribute(*, attribute: int, now: datetime, actor: UUID | None) -> None:
    structure.remove(Attribute, attribute, unused=_unused, now=now, actor=actor)


def _unused(row: Attribute) -> None:
    if row.type_attributes.exists():
        raise AttributeInUse(f"Product types ask for {row.name}; take it out there first.", field="attribute")
    if _told(row.code):
        raise AttributeInUse(f"Products have a value for {row.name}.", field="attribute")


def _told(code: str) -> bool:
    return Product.objects.filter(attributes__has_key=code).exists()


def _put_choices(attribute: Attribute, choices: Sequence[NewChoice]) -> bool:
    """These choices and no others, in this order."""
    if choices and attribute.kind not in (Attribute.Kind.CHOICE, Attribute.Kind.MULTI_CHOICE):
        raise Invalid("Only an attribute of choices has choices.", field="choices")
    wanted = {choice.code or names.handle(choice.name, length=60): choice for choice in choices}
    if len(wanted) != len(choices) or "" in wanted:
        raise Invalid("Each choice has a name and a code of its own.", field="choices")
    held = {row.code: row for row in attribute.choices.all()}
    gone = [code for code in held if code not in wanted]
    _nobody_chose(attribute, gone)
    attribute.choices.filter(code__in=gone).delete()
    changed = [_put_choice(attribute, held.get(code), code, place, choice) for place, (code, choice) in enumerate(wanted.items())]
    return bool(gone) or any(changed)


def _nobody_chose(attribute: Attribute, codes: Sequence[str]) -> None:
    for code in codes:
        stored = [code] if attribute.kind == Attribute.Kind.MULTI_CHOICE else code
        if Product.objects.filter(attributes__contains={attribute.code: stored}).exists():
            raise ChoiceInUse(f"Products have the choice {code} of {attribute.name}.", field="choices")


def _put_choice(attribute: Attribute, row: AttributeChoice | None, code: str, place: int, choice: NewChoice) -> bool:
    texts = translations.checked(choice.translations, translations.NAME)
    name = " ".join(choice.name.split())
    if row is not None and (row.name, row.position, row.translations) == (name, place, texts):
        return False
    row = row or AttributeChoice(attribute=attribute, code=code)
    row.name, row.position, row.translations = name, place, texts
    structure.check(row)
    row.save()
    return True
