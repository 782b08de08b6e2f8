"""The answer in words: each line with what it costs and why, each offer, the totals, the moments one may want to try instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.simulator.asking import Asked, Line, first_minute, shown
from backoffice.simulator.queries import Item, Promotion
from catalog.pricebook import Goods
from catalog.pricing.words import COUPONS
from catalog.services.promotion_baskets import about
from org.templatetags.office import MINUS, money_text, percent_text, quantity_text

Json = dict[str, Any]

# How a state looks: class, icon, and the word for those who see neither.
LOOKS: Final = {"applied": ("applied", "check"), "almost": ("nearly", "warn"), "not": ("", "x")}
SATURDAY: Final = 6
NINE: Final = {"hour": 9, "minute": 0, "second": 0, "microsecond": 0}


@dataclass(frozen=True, slots=True)
class Note:
    """`strong` is what happened, `text` what else there is to say; `link` does what is missing."""

    look: str
    icon: str
    strong: str
    text: str = ""
    link: str = ""
    deed: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """`fixed`: it comes with another line and is not changed by itself. `problem`: why it is not priced."""

    code: str
    name: str
    sku: str = ""
    written: str = ""
    each: str = ""
    list_total: str = ""
    total: str = ""
    reduced: bool = False
    fixed: bool = False
    weighed: bool = False
    problem: str = ""
    # By the piece: one more, one less. Of what is weighed nobody knows how much more.
    steps: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    name: str
    amount: str
    kind: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion that was looked at and told of as a whole."""

    name: str
    note: Note


@dataclass(frozen=True, slots=True)
class Told:
    rows: tuple[Row, ...] = ()
    offers: tuple[Offer, ...] = ()
    totals: tuple[Total, ...] = ()
    # Below what the customer pays.
    after: tuple[Total, ...] = ()
    pays: str = ""
    coupons: tuple[Note, ...] = ()
    focus: "Compared | None" = None
    chips: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """With and without the promotion that is looked at."""

    name: str
    before: str
    after: str
    difference: str
    given: str
    supplier: str
    why: Note | None = field(default=None)


class Words:
    """Of one answer. `lines`: those that were priced, in order; `known`: what they are, by the code that was given."""

    def __init__(
        self, asked: Asked, result: Json, *, lines: Sequence[Line], known: Mapping[str, Item], goods: Sequence[Goods], promotions: Sequence[Promotion]
    ) -> None:
        self.asked, self.result, self.lines, self.known = asked, result, lines, known
        self.currency = result["currency"]
        self.goods = {one.sku: one for one in goods}
        self.promotions = {one.code: one for one in promotions}
        self.of_line: dict[int, list[Json]] = {}
        self.whole: list[Json] = []
        self._sort()
        self.one_more = self._one_more()

    def money(self, amount: int) -> str:
        return money_text(amount, self.currency)

    def coupons(self) -> tuple[Note, ...]:
        """What became of each that was given."""
        return tuple(self._coupon(one) for one in self.result["coupons"])

    def _coupon(self, given: Json) -> Note:
        if given["refused"]:
            return Note("", "x", given["code"], f"{COUPONS.get(given['refused'], _('It does not count'))}.")
        return Note("applied", "check", given["code"], _("It counts."))

    # Which entry belongs where

    def _sort(self) -> None:
        """What is nearly given, and the promotion looked at, is told at each line it is about; others that stay silent as a whole below."""
        ids = self._skus()
        for entry in self.result["trace"]:
            if entry["line"] is not None:
                self.of_line.setdefault(entry["line"], []).append(entry)
                continue
            here = self._about(entry, ids) if self._beside_lines(entry) else []
            for line in here:
                self.of_line.setdefault(line, []).append(entry)
            if not here:
                self.whole.append(entry)

    def _beside_lines(self, entry: Json) -> bool:
        looked_at = self.promotions.get(entry["promotion"])
        if looked_at is None or (looked_at.rule or {}).get("level", "line") != "line":
            return False
        return entry["state"] == "almost" or self.asked.promotion in (str(looked_at.pk), looked_at.code)

    def _about(self, entry: Json, ids: Mapping[int, str]) -> list[int]:
        selections = about(self.promotions[entry["promotion"]])
        return [id for id, sku in ids.items() if sku in self.goods and any(matches(self.goods[sku].facets, one) for one in selections)]

    def _one_more(self) -> dict[int, Json]:
        """Of sets that were given: pieces left over that need a few more for another, told at the last line of them."""
        entries = [entry for one in self.of_line.values() for entry in one if entry["code"] == "applied"]
        found: dict[int, Json] = {}
        for entry in {entry["promotion"]: entry for entry in entries}.values():
            row = self.promotions.get(entry["promotion"])
            size = set_size(row.rule) if row else 0
            if row is None or not size or entry["params"]["times"] == row.rule.get("per_basket"):
                continue
            lines = [line for line in self.result["lines"] if line["id"] in self._about(entry, self._skus()) and not line["quantity"] % 1000]
            silent, left = self._left(lines, entry, size)
            if 0 < left < size and worth(silent[-1], size, row.rule["reward"]):
                found[silent[-1]["id"]] = {**entry, "state": "almost", "code": "add_more", "params": {"count": size - left, "size": size}}
        return found

    def _left(self, lines: list[Json], entry: Json, size: int) -> tuple[list[Json], int]:
        """The lines that are left over and how many pieces. Where another offer took some too, only lines that nobody touched are counted."""
        silent = [line for line in lines if line["id"] not in self.of_line]
        if any(given["promotion"] != entry["promotion"] for line in lines for given in line["discounts"]):
            return silent, pieces(silent)
        return silent or lines, pieces(lines) - entry["params"]["times"] * size

    def _skus(self) -> dict[int, str]:
        return {line["id"]: line["sku"] for line in self.result["lines"] if line["kind"] == "goods"}

    # Rows

    def rows(self) -> tuple[Row, ...]:
        told, given = [], iter(self.lines)
        for line in self.result["lines"]:
            told.append(self._deposit(line) if line["kind"] == "deposit" else self._row(line, next(given)))
        return tuple(told)

    def _row(self, line: Json, given: Line) -> Row:
        item = self.known[given.code]
        weighed = item.sold_by == "weight"
        return self._priced(Row(given.code, item.name, item.sku, given.written, weighed=weighed, steps=not weighed), line)

    def _deposit(self, line: Json) -> Row:
        return self._priced(Row("", line["name"], line["sku"], fixed=True), line)

    def _priced(self, row: Row, line: Json) -> Row:
        return replace(
            row,
            each=self._each(line),
            list_total=self.money(line["list_total"]),
            total=self.money(line["total"]),
            reduced=line["total"] < line["list_total"],
            notes=tuple(self._notes(row, line)),
        )

    def _each(self, line: Json) -> str:
        price = self.money(line["unit_price"])
        unit = "" if line["price_quantity"] == 1000 else f" / {quantity_text(line['price_quantity'])}"
        return f"{quantity_text(line['quantity'])} × {price}{unit}"

    def _notes(self, row: Row, line: Json) -> list[Note]:
        if line["kind"] == "deposit" and not self.of_line.get(line["id"]):
            return [Note("", "x", "", _("Deposits are never discounted."))]
        own = [self.note(entry, row.code) for entry in self.of_line.get(line["id"], ())]
        if line["id"] in self.one_more:
            own.append(self._more_note(self.one_more[line["id"]], row.code))
        if line["list"]:
            own.insert(0, Note("applied", "tag", _("Price of %(list)s.") % {"list": line["list"]}))
        return own

    # Entries

    def note(self, entry: Json, code: str = "") -> Note:
        look, icon = LOOKS[entry["state"]]
        link, deed = self._deed(entry, code)
        if entry["code"] == "add_more" and code:
            return self._more_note(entry, code)
        if entry["code"] == "applied" and code:
            off = entry["params"]["amount"]
            said = _("%(amount)s off.") % {"amount": self.money(off)} if off else _("bought for it.")
            return Note(look, icon, _("%(name)s applied.") % {"name": entry["name"]}, said)
        return Note(look, icon, f"{entry['text']}.".replace("..", "."), self._named(entry), link, deed)

    def _more_note(self, entry: Json, code: str) -> Note:
        count, size = entry["params"]["count"], entry["params"]["size"]
        link, deed = self._deed(entry, code)
        words = _("Add %(count)s more for %(name)s.") % {"count": count, "name": entry["name"]}
        return Note(*LOOKS["almost"], words, _("Has %(has)s, needs %(size)s.") % {"has": size - count, "size": size}, link, deed)

    def _named(self, entry: Json) -> str:
        """Whose words they are, where the words do not say it."""
        return "" if not entry["name"] or entry["name"] in entry["text"] else str(entry["name"])

    def _deed(self, entry: Json, code: str) -> tuple[str, str]:
        if entry["code"] != "add_more" or not code:
            return "", ""
        count = entry["params"]["count"]
        link = "?" + self.asked.with_more(code, count * 1000).query()
        return link, ngettext("Add %(n)s more", "Add %(n)s more", count) % {"n": count}

    def offers(self) -> tuple[Offer, ...]:
        """The name stands above each."""
        return tuple(Offer(entry["name"] or entry["promotion"], replace(self.note(entry), text="")) for entry in self.whole)

    # Totals

    def totals(self) -> tuple[Total, ...]:
        sums = self.result["totals"]
        rows = [Total(_("Without offers"), self.money(sums["goods"] + sums["charges"]))]
        rows += [self._given(one) for one in self.result["discounts"]]
        exempted = sum(one["exempted"] for one in (*self.result["lines"], *self.result["charges"]))
        rows += [Total(_("Tax that is not owed"), self.money(-exempted), "good")] if exempted else []
        rows += [self._tax(one) for one in sums["taxes"]] if not self.result["prices_include_tax"] else []
        return tuple(rows)

    def _given(self, discount: Json) -> Total:
        paid = discount["supplier_amount"]
        told = {"supplier": discount["supplier"], "amount": self.money(paid)}
        note = _("%(supplier)s pays %(amount)s") % told if paid else ""
        return Total(discount["name"] or _("By hand"), f"{MINUS}{self.money(discount['amount'])}", "good", note)

    def _tax(self, tax: Json) -> Total:
        return Total(f"{tax['name']} {percent_text(tax['rate'])}", self.money(tax["amount"]))

    def after_total(self) -> tuple[Total, ...]:
        """The tax within, and what a drawer without small coins takes."""
        sums = self.result["totals"]
        rows = [replace(self._tax(one), name=_("of it %(tax)s") % {"tax": self._tax(one).name}) for one in sums["taxes"]]
        rows = rows if self.result["prices_include_tax"] else []
        return (*rows, Total(_("In cash"), self.money(sums["cash_total"]))) if sums["cash_rounding"] else tuple(rows)

    def pays(self) -> str:
        return self.money(self.result["totals"]["total"])

    # With and without

    def compared(self, promotion: Promotion, without: Json) -> Compared:
        before, after = without["totals"]["total"], self.result["totals"]["total"]
        given: Json = next((one for one in self.result["discounts"] if one["promotion"] == promotion.code), {})
        silent = next((entry for entry in self.result["trace"] if entry["promotion"] == promotion.code), None)
        return Compared(
            name=promotion.name,
            before=self.money(before),
            after=self.money(after),
            difference=self.money(after - before) if after <= before else f"+{self.money(after - before)}",
            given=self.money(given["amount"]) if given else "",
            supplier=self._given(given).note if given else "",
            why=None if given else self.note(silent) if silent else Note("", "x", _("None of these goods are in it.")),
        )


def asks_more(entry: Json) -> bool:
    """Its promotion has to be looked at to tell which lines it is about."""
    return bool(entry["state"] == "almost" if entry["line"] is None else entry["code"] == "applied")


def set_size(rule: Json) -> int:
    """How many pieces make a set of one selection; 0 where it has none."""
    reward = rule.get("reward", {})
    if reward.get("kind") == "buy_get" and not reward.get("selection"):
        return int(reward.get("buy", 0)) + int(reward.get("get", 0))
    return int(reward.get("size", 0)) if reward.get("kind") == "set" else 0


def pieces(lines: Sequence[Json]) -> int:
    return sum(line["quantity"] // 1000 for line in lines)


def worth(line: Json, size: int, reward: Json) -> bool:
    """A set of these alone would be cheaper than they are."""
    return reward["kind"] != "set" or line["unit_price"] * size * 1000 > reward["value"] * line["price_quantity"]


def matches(facets: Sequence[str], selection: Json) -> bool:
    within = all(any(f"{group}:{value}" in facets for value in values) for group, values in selection.get("any", {}).items())
    return within and not any(f"{group}:{value}" in facets for group, values in selection.get("except", {}).items() for value in values)


def unpriced(line: Line, known: Mapping[str, Item], problem: str) -> Row:
    item = known.get(line.code)
    return Row(line.code, item.name if item else line.code, item.sku if item else "", line.written, problem=problem)


def chips(
    asked: Asked, *, at: datetime, now: datetime, zone: ZoneInfo, shop: ZoneInfo, promotion: Promotion | None
) -> tuple[tuple[str, str, bool], ...]:
    """Words, address, and whether that is the moment there is."""
    local = now.astimezone(zone)
    tomorrow = (local + timedelta(days=1)).replace(**NINE)  # type: ignore[arg-type]
    away = (SATURDAY - local.isoweekday()) % 7 or 7
    saturday = (local + timedelta(days=away)).replace(**NINE)  # type: ignore[arg-type]
    moments = [(_("Tomorrow 09:00"), shown(tomorrow, zone)), (_("Saturday 09:00"), shown(saturday, zone))]
    if promotion and promotion.starts_at:
        moments.append((_("When it starts"), shown(first_minute(promotion.starts_at), shop)))
    if promotion and promotion.ends_at:
        moments.append((_("Its last minute"), shown(promotion.ends_at - timedelta(minutes=1), shop)))
    present = "" if asked.at == "now" else shown(at, zone)
    found = [(words, asked.link(at=text), present == text) for words, text in moments]
    return ((_("Now"), asked.link(at="now"), asked.at in ("", "now") and abs(at - now) < timedelta(minutes=1)), *found)


def moment_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Always with its day: what is tried is seldom today."""
    local = at.astimezone(zone)
    return str(date_format(local, "D j M, H:i" if local.year == now.astimezone(zone).year else "D j M Y, H:i"))
