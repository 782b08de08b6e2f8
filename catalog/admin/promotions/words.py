"""A promotion in words: "2 for 5.00: Soft drinks", "Sat, Sun 09:00–18:00", "Northside, Web"."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.models import Attribute, AttributeChoice, Brand, Category, Collection, LifeCycle, Product, ProductType, Promotion, Variant
from catalog.services.promotion_rules import Json, completed, selections
from catalog.services.promotion_times import Clocks, is_live, is_over
from org.models import Channel, Store, StoreGroup
from org.templatetags.office import money_text, percent_text

MOST_NAMED = 2
DAYS = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)
MILLION = 1_000_000


def _by(model: Any, key: str, name: str = "name") -> Callable[[set[str]], dict[str, str]]:
    return lambda values: dict(model.objects.filter(**{f"{key}__in": values}).values_list(key, name))


LOOK_UP: Mapping[str, Callable[[set[str]], dict[str, str]]] = {
    "brand": _by(Brand, "code"),
    "category": _by(Category, "code"),
    "collection": _by(Collection, "code"),
    "type": _by(ProductType, "code"),
    "product": _by(Product, "handle"),
    "sku": _by(Variant, "sku", "product__name"),
}


class Names:
    """What people call the values of selections: one statement a group, for any number of promotions. `most`: of each only the first."""

    def __init__(self, rules: Iterable[Json], *, most: int | None = None) -> None:
        wanted: dict[str, set[str]] = {}
        for rule in rules:
            for _path, selection in selections(rule):
                for part in ("any", "except"):
                    for group, values in selection[part].items():
                        wanted.setdefault(group, set()).update(values[:most])
        self.found = {group: LOOK_UP[group](values) for group, values in wanted.items() if group in LOOK_UP}
        attributes = {group.removeprefix("attribute.") for group in wanted if group.startswith("attribute.")}
        if attributes:
            self.found |= _choices(attributes)

    def of(self, group: str, value: str) -> str:
        if group == "life_cycle":
            return str(dict(LifeCycle.choices).get(value, value))
        return self.found.get(group, {}).get(value, value)

    def labels(self, rule: Json) -> dict[str, str]:
        """ "category:tea": "Tea" for every value of a rule."""
        return {
            f"{group}:{value}": self.of(group, value)
            for _path, selection in selections(rule)
            for part in ("any", "except")
            for group, values in selection[part].items()
            for value in values
        }

    def selection(self, selection: Json) -> str:
        groups = [self._some(group, values) for group, values in selection["any"].items()]
        text = " · ".join(groups) or _("everything")
        left_out = [self.of(group, value) for group, values in selection["except"].items() for value in values]
        return text + (" " + _("without %(what)s") % {"what": _short(left_out)} if left_out else "")

    def _some(self, group: str, values: Sequence[str]) -> str:
        return _short([self.of(group, value) for value in values])


def _short(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" +{more}" if more > 0 else "")


def _choices(attributes: set[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in Attribute.objects.filter(code__in=attributes, kind=Attribute.Kind.BOOLEAN):
        found[f"attribute.{row.code}"] = {"true": row.name, "false": _("not %(name)s") % {"name": row.name}}
    choices = AttributeChoice.objects.filter(attribute__code__in=attributes)
    for attribute, code, name in choices.values_list("attribute__code", "code", "name"):
        found.setdefault(f"attribute.{attribute}", {})[code] = name
    return found


def what(row: Promotion, names: Names, currency: str) -> str:
    """The offer in a line."""
    rule = completed(row.rule)
    reward, goods = rule["reward"], names.selection(rule["selection"])
    text = _delivery(reward, currency) if rule["level"] == "delivery" else _basket(reward, currency) if rule["level"] == "order" else ""
    return (text or OFFERS[reward["kind"]](reward, goods, names, currency)) + _least(rule["minimum"], currency)


def _least(minimum: Json, currency: str) -> str:
    if minimum["amount"]:
        return " " + _("from %(amount)s") % {"amount": money_text(minimum["amount"], currency)}
    return " " + _("from %(n)s pieces") % {"n": minimum["quantity"]} if minimum["quantity"] else ""


def _delivery(reward: Json, currency: str) -> str:
    if reward["kind"] == "percent":
        full = reward["value"] == MILLION
        return _("Free delivery") if full else _("%(percent)s off delivery") % {"percent": percent_text(reward["value"])}
    price = {"price": money_text(reward["value"], currency)}
    return _("%(price)s off delivery") % price if reward["kind"] == "amount" else _("Delivery for %(price)s") % price


def _basket(reward: Json, currency: str) -> str:
    if reward["kind"] == "tiers":
        return _("Off the basket: %(steps)s") % {"steps": _steps(reward, currency)}
    off = percent_text(reward["value"]) if reward["kind"] == "percent" else money_text(reward["value"], currency)
    return _("%(off)s off the basket") % {"off": off}


def _percent(reward: Json, goods: str, names: Names, currency: str) -> str:
    return _("%(off)s off %(goods)s") % {"off": percent_text(reward["value"]), "goods": goods}


def _amount(reward: Json, goods: str, names: Names, currency: str) -> str:
    return _("%(off)s off each: %(goods)s") % {"off": money_text(reward["value"], currency), "goods": goods}


def _fixed(reward: Json, goods: str, names: Names, currency: str) -> str:
    return _("%(price)s each: %(goods)s") % {"price": money_text(reward["value"], currency), "goods": goods}


def _set(reward: Json, goods: str, names: Names, currency: str) -> str:
    return _("%(n)s for %(price)s: %(goods)s") % {"n": reward["size"], "price": money_text(reward["value"], currency), "goods": goods}


def _buy_get(reward: Json, goods: str, names: Names, currency: str) -> str:
    free = reward["percent"] == MILLION
    given = {"buy": reward["buy"], "get": reward["get"], "all": reward["buy"] + reward["get"], "goods": goods, "off": percent_text(reward["percent"])}
    if not reward["selection"]:
        return (_("%(all)s for %(buy)s: %(goods)s") if free else _("Buy %(buy)s, get %(get)s %(off)s off: %(goods)s")) % given
    given["other"] = names.selection(reward["selection"])
    return (_("Buy %(buy)s %(goods)s, get %(get)s %(other)s free") if free else _("Buy %(buy)s %(goods)s, get %(get)s %(other)s %(off)s off")) % given


def _bundle(reward: Json, goods: str, names: Names, currency: str) -> str:
    parts = " + ".join(slot["name"] or names.selection(slot["selection"]) for slot in reward["slots"])
    if reward["as"] == "price":
        return _("%(parts)s for %(price)s") % {"parts": parts, "price": money_text(reward["value"], currency)}
    return _("%(parts)s, %(off)s off together") % {"parts": parts, "off": percent_text(reward["value"])}


def _tiers(reward: Json, goods: str, names: Names, currency: str) -> str:
    return f"{goods}: {_steps(reward, currency)}"


def _steps(reward: Json, currency: str) -> str:
    return "; ".join(
        _("from %(from)s %(off)s")
        % {
            "from": step["from"] if reward["by"] == "quantity" else money_text(step["from"], currency),
            "off": percent_text(step["value"]) if step["kind"] == "percent" else money_text(step["value"], currency),
        }
        for step in reward["steps"]
    )


def _gift(reward: Json, goods: str, names: Names, currency: str) -> str:
    return _("%(other)s free with %(goods)s") % {"other": names.selection(reward["selection"]), "goods": goods}


OFFERS: Mapping[str, Callable[[Json, str, Names, str], str]] = {
    "percent": _percent,
    "amount": _amount,
    "fixed": _fixed,
    "set": _set,
    "buy_get": _buy_get,
    "bundle": _bundle,
    "tiers": _tiers,
    "gift": _gift,
}


class PlaceNames:
    """Of all channels, stores and groups of stores: three statements."""

    def __init__(self) -> None:
        self.channels = dict(Channel.objects.order_by("kind", "name").values_list("code", "name"))
        self.stores = dict(Store.objects.filter(archived_at=None).order_by("name").values_list("code", "name"))
        self.groups = dict(StoreGroup.objects.order_by("name").values_list("code", "name"))

    def where(self, rule: Mapping[str, Any]) -> str:
        known = (("stores", self.stores), ("store_groups", self.groups), ("channels", self.channels))
        names = [found.get(code, code) for part, found in known for code in rule.get(part) or ()]
        return _short(names) if names else _("Everywhere")


def clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    local = at.astimezone(zone)
    return date_format(local, "D j M, H:i" if local.year == now.astimezone(zone).year else "j M Y, H:i")


def days(row: Promotion, clocks: Clocks, now: datetime) -> str:
    """As `when`, short: its days, and whether it comes back every week."""
    starts, ends = (None if at is None else _day(at, clocks.shop, now) for at in (row.starts_at, row.ends_at))
    if starts and ends:
        text = starts if starts == ends else f"{starts} – {ends}"
    else:
        text = _("From %(at)s") % {"at": starts} if starts else _("Until %(at)s") % {"at": ends} if ends else _("Always")
    return f"{text}, {_('weekly')}" if row.rule.get("windows") else text


def _day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    local = at.astimezone(zone)
    return date_format(local, "j M" if local.year == now.astimezone(zone).year else "j M Y")


def when(row: Promotion, clocks: Clocks, now: datetime) -> str:
    starts, ends = (None if at is None else clock(at, clocks.shop, now) for at in (row.starts_at, row.ends_at))
    if starts and ends:
        text = f"{starts} – {ends}"
    else:
        text = _("From %(at)s") % {"at": starts} if starts else _("Until %(at)s") % {"at": ends} if ends else _("Always")
    weekly = [weekly_text(window) for window in row.rule.get("windows") or ()]
    return f"{text} · {'; '.join(weekly)}" if weekly else text


def weekly_text(window: Mapping[str, Any]) -> str:
    days = ", ".join(str(DAYS[day - 1]) for day in sorted(window["days"]))
    return f"{days} {minute_text(window['from'])}–{minute_text(window['until'])}"


def minute_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def standing(row: Promotion, clocks: Clocks, now: datetime) -> tuple[str, str, str]:
    """Kind, word and shape of its status."""
    if row.state == Promotion.State.DRAFT:
        return "", _("Sent back") if row.decided_by else _("Draft"), "empty"
    if row.state == Promotion.State.WAITING:
        return "warning", _("Waiting for approval"), "late"
    if is_over(row, now, clocks):
        return "", _("Ended") if row.decided_at or row.used else _("Put away"), "off"
    if is_live(row, now, clocks):
        return "good", _("Live"), ""
    return "", _starts_in(row, now), "ring"


def _starts_in(row: Promotion, now: datetime) -> str:
    hours = int((row.starts_at - now).total_seconds() // 3600) if row.starts_at else 0
    if hours < 24:
        return _("Scheduled, starts in %(n)s h") % {"n": max(hours, 1)}
    days = (hours + 12) // 24
    return ngettext("Scheduled, starts in %(n)s day", "Scheduled, starts in %(n)s days", days) % {"n": days}
