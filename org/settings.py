"""The typed settings people may change, by name. A value for a store wins over the one for everywhere, that over the default."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from kernel.errors import Invalid, NotFound
from org.models import Setting, Store, known_timezones


class UnknownSetting(NotFound):
    code = "setting_unknown"
    title = "There is no setting of this name"


class SettingInvalid(Invalid):
    code = "setting_invalid"
    title = "This value does not fit the setting"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """`check` tells what is wrong with a value, or "" when nothing is."""

    name: str
    title: str
    default: Any
    check: Callable[[Any], str]


def _cards(value: Any) -> str:
    if not isinstance(value, list) or len(value) > 12:
        return "Give a list of at most 12 cards."
    for card in value:
        if not isinstance(card, dict) or set(card) != {"title", "text", "scans"}:
            return "Each card has exactly: title, text, scans."
        if not all(isinstance(card[part], str) and card[part] and len(card[part]) <= 200 for part in ("title", "text")):
            return "Title and text are texts of 1 to 200 characters."
        if not isinstance(card["scans"], list) or not all(isinstance(code, str) and code.isascii() and code.isdigit() for code in card["scans"]):
            return "scans is a list of codes, digits only."
    return ""


def _skus(value: Any) -> str:
    return "" if isinstance(value, list) and len(value) <= 60 and all(isinstance(sku, str) and sku for sku in value) else "Give at most 60 SKUs."


def _notes(value: Any) -> str:
    if not isinstance(value, list) or len(value) > 8:
        return "Give a list of at most 8 amounts."
    whole = all(isinstance(amount, int) and not isinstance(amount, bool) and amount > 0 for amount in value)
    return "" if whole and value == sorted(set(value)) else "Amounts are whole minor units above 0, rising, each once."


def _zone(value: Any) -> str:
    return "" if isinstance(value, str) and value in known_timezones() else "Give a time zone such as Europe/Berlin."


def _millionths(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000
    return "" if fits else "Give whole parts per million, 0 to 1000000: 300000 is 30%."


DEFINITIONS = {
    definition.name: definition
    for definition in (
        Definition(name="till.try_this", title="Cards on the till that show what to try", default=[], check=_cards),
        Definition(name="till.note_buttons", title="Notes offered for cash, in minor units", default=[500, 1000, 2000, 5000], check=_notes),
        Definition(name="till.favourites", title="SKUs on the till's first page of tiles", default=[], check=_skus),
        Definition(
            name="shop.timezone", title="Zone in which the shop as a whole, its web channels included, tells the time", default="UTC", check=_zone
        ),
        Definition(
            name="pricing.approval_change",
            title="A second person approves prices that change by more than this, in parts per million; 0: never asked",
            default=0,
            check=_millionths,
        ),
        Definition(
            name="pricing.approval_margin",
            title="A second person approves what leaves less margin than this, in parts per million; 0: never asked",
            default=0,
            check=_millionths,
        ),
    )
}


def get(name: str, *, store: Store | None = None) -> Any:
    definition = _definition(name)
    wanted = Q(store=None) | Q(store=store) if store else Q(store=None)
    stored = {row.store_id: row.value for row in Setting.objects.filter(wanted, name=name)}
    everywhere = stored.get(None, definition.default)
    return stored.get(store.id, everywhere) if store else everywhere


def put(name: str, value: Any, *, store: Store | None = None) -> None:
    problem = _definition(name).check(value) or ("" if _storable(value) else "It holds a character that cannot be stored.")
    if problem:
        raise SettingInvalid(problem, field=name)
    Setting.objects.update_or_create(name=name, store=store, defaults={"value": value})


def _storable(value: Any) -> bool:
    """JSON may name NUL and halves of characters; the database's text cannot hold them."""
    try:
        return b"\\u0000" not in json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False


def clear(name: str, *, store: Store | None = None) -> None:
    """Back to the value for everywhere, or to the default."""
    Setting.objects.filter(name=_definition(name).name, store=store).delete()


def _definition(name: str) -> Definition:
    if name not in DEFINITIONS:
        raise UnknownSetting(f"There is no setting {name}. There are: {', '.join(DEFINITIONS)}.", field="name")
    return DEFINITIONS[name]
