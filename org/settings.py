"""The typed settings people may change, by name. A value for a store wins over the one for everywhere, that over the default."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
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


def _amount(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9
    return "" if fits else "Give whole minor units, 0 or more."


def _open_item(value: Any) -> str:
    if not isinstance(value, dict) or set(value) != {"allowed", "most", "tax_class"}:
        return "Give exactly: allowed, most, tax_class."
    if not isinstance(value["allowed"], bool) or _amount(value["most"]):
        return "allowed is true or false; most is whole minor units."
    return "" if isinstance(value["tax_class"], str) and len(value["tax_class"]) <= 20 else "tax_class is the code of a tax class."


def _embedded(value: Any) -> str:
    """How scales of a store print what they weighed: {"prefix": "21", "item": 5, "value": 5, "holds": "price" | "weight"}."""
    if not isinstance(value, list) or len(value) > 20:
        return "Give a list of at most 20 kinds of codes."
    for one in value:
        if not isinstance(one, dict) or set(one) != {"prefix", "item", "value", "holds"}:
            return "Each has exactly: prefix, item, value, holds."
        if not (isinstance(one["prefix"], str) and one["prefix"].isascii() and one["prefix"].isdigit() and 1 <= len(one["prefix"]) <= 3):
            return "prefix is 1 to 3 digits."
        lengths = [one["item"], one["value"]]
        if not all(isinstance(length, int) and not isinstance(length, bool) and 3 <= length <= 6 for length in lengths):
            return "item and value are numbers of digits, 3 to 6."
        if len(one["prefix"]) + sum(lengths) > 12 or one["holds"] not in ("price", "weight"):
            return "prefix, item and value have at most 12 digits together; holds is price or weight."
    return ""


def _zone(value: Any) -> str:
    return "" if isinstance(value, str) and value in known_timezones() else "Give a time zone such as Europe/Berlin."


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _returns(value: Any) -> str:
    """{"days": 30, "categories": {"food": 0}, "extended": [{"from": "2026-11-15", "through": "2026-12-24", "until": "2027-01-31"}]}"""
    if not isinstance(value, dict) or set(value) != {"days", "categories", "extended"}:
        return "Give days, categories and extended."
    days = [value["days"], *(value["categories"].values() if isinstance(value["categories"], dict) else [None])]
    if any(not isinstance(one, int) or isinstance(one, bool) or not 0 <= one <= 3650 for one in days):
        return "Days are whole numbers from 0 to 3650; categories name them by code."
    spans = value["extended"]
    known = isinstance(spans, list) and all(isinstance(one, dict) and set(one) == {"from", "through", "until"} for one in spans)
    return "" if known and all(_day(day) for one in spans for day in one.values()) else "A span has from, through and until, each a day: 2026-12-24."


def _reasons(value: Any) -> str:
    conditions = ("restock", "damaged", "quarantine", "none")
    known = isinstance(value, list) and all(isinstance(one, dict) and set(one) == {"code", "name", "condition"} for one in value)
    if not known or any(not isinstance(text, str) or not 0 < len(text) <= 40 for one in value for text in one.values()):
        return "Each reason has a code, a name and a condition."
    return "" if all(one["condition"] in conditions for one in value) else f"A condition is one of {', '.join(conditions)}."


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
            name="till.open_item",
            title="Whether a cashier may sell what the catalogue does not know, up to how much (minor units), and how it is taxed",
            default={"allowed": False, "most": 0, "tax_class": ""},
            check=_open_item,
        ),
        Definition(
            name="till.variance_limit", title="A manager approves a drawer that is off by more than this, in minor units", default=500, check=_amount
        ),
        Definition(
            name="till.cash_limit", title="A manager approves cash in, out and payouts above this, in minor units", default=5000, check=_amount
        ),
        Definition(
            name="till.discount_limit", title="A manager approves what is taken off by hand above this, in minor units", default=0, check=_amount
        ),
        Definition(name="till.embedded_codes", title="Codes of the store's scales that hold a price or a weight", default=[], check=_embedded),
        Definition(
            name="till.keep_under", title="Price notes of the sync inbox below this close by themselves, in minor units", default=0, check=_amount
        ),
        Definition(
            name="shop.timezone", title="Zone in which the shop as a whole, its web channels included, tells the time", default="UTC", check=_zone
        ),
        Definition(
            name="returns.policy",
            title="How long goods may come back: days, days by category code, and spans bought in which come back until a later day",
            default={"days": 30, "categories": {}, "extended": []},
            check=_returns,
        ),
        Definition(
            name="returns.reasons",
            title="Why goods come back, and where each reason sends them unless somebody says otherwise",
            default=[
                {"code": "unwanted", "name": "Did not want it", "condition": "restock"},
                {"code": "wrong_item", "name": "Wrong item", "condition": "restock"},
                {"code": "damaged", "name": "Damaged", "condition": "damaged"},
                {"code": "faulty", "name": "Does not work", "condition": "quarantine"},
            ],
            check=_reasons,
        ),
        Definition(name="value.points_earned", title="Points earned for each whole unit of money spent; 0: no points", default=0, check=_amount),
        Definition(name="value.point_worth", title="What a point is worth when it pays, in minor units", default=1, check=_amount),
        Definition(name="value.points_days", title="Points expire this many days after the last were earned; 0: never", default=0, check=_amount),
        Definition(name="value.gift_card_days", title="A gift card is valid this many days; 0: for ever", default=0, check=_amount),
        Definition(name="orders.pending_days", title="Goods of an order that is not paid are kept this many days", default=7, check=_amount),
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
