"""A promotion's page as a form: what its inputs say, what they are read as, and where a refusal belongs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.promotions.reading import Reader, amount_text, facets_text, moment_text, percent_text
from catalog.admin.promotions.rewards import KINDS, LEVELS, kind_of, typed_out
from catalog.admin.promotions.words import DAYS, Names, PlaceNames, minute_text
from catalog.models import Promotion
from catalog.services.promotion_rules import completed
from catalog.services.promotion_shape import MOST_ROWS
from kernel.errors import Refused

Json = dict[str, Any]
SPARE_ROWS = 3
LIMITS = ("most_uses", "most_per_customer")
BUDGETS = ("budget", "monthly_budget")
# What a live promotion may still be given.
LIVE_INPUTS = ("ends_at", "receipt_text")
PLACES = {"store": "stores", "group": "store_groups", "channel": "channels"}


class PromotionForm:
    """`row`: None for a new one. `locked`: nothing can be changed; `live`: only LIVE_INPUTS."""

    def __init__(
        self, sent: QueryDict | None, *, row: Promotion | None, currency: str, zone: ZoneInfo, locked: bool = False, live: bool = False
    ) -> None:
        self.row, self.currency, self.zone, self.locked, self.live = row, currency, zone, locked, live
        self.rule = completed(row.rule if row is not None else {"reward": {"kind": "set", "size": 2, "value": None}})
        self.shown = self._shown()
        self.sent = sent
        self.given: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.trouble = ""
        if sent is not None:
            self._read(sent)

    # What it says

    def _shown(self) -> dict[str, Any]:
        row, rule, currency = self.row or Promotion(), self.rule, self.currency
        money = {name: amount_text(getattr(row, name), currency) for name in BUDGETS}
        counts = {name: "" if getattr(row, name) is None else str(getattr(row, name)) for name in LIMITS}
        return {
            "name": row.name,
            "receipt_text": row.receipt_text,
            "kind": kind_of(rule) if self.row else "set",
            "selection": facets_text(rule["selection"]["any"]),
            "selection-except": facets_text(rule["selection"]["except"]),
            "minimum-quantity": str(rule["minimum"]["quantity"] or ""),
            "minimum-amount": amount_text(rule["minimum"]["amount"], currency),
            "starts_at": moment_text(row.starts_at, self.zone),
            "ends_at": moment_text(row.ends_at, self.zone),
            "weekly": bool(rule["windows"]),
            "where": [f"{kind}:{code}" for kind, part in PLACES.items() for code in rule[part]],
            "combination": row.combination,
            "stack_limit": percent_text(rule["stack_limit"]),
            "priority": str(row.priority),
            "group": row.group,
            "groups": ", ".join(rule["groups"]),
            "segments": ", ".join(rule["segments"]),
            "first_order": rule["first_order"],
            "staff": rule["staff"],
            "per_basket": str(rule["per_basket"] or ""),
            "offline": row.offline,
            "supplier": row.supplier,
            "supplier_share": percent_text(row.supplier_share) if row.supplier_share else "",
            "needs_coupon": row.needs_coupon,
            **money,
            **counts,
            **typed_out(rule, currency),
            **self._windows_shown(),
            **self._needs_shown(),
        }

    def _windows_shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for place, window in enumerate(self.rule["windows"]):
            shown[f"window-{place}-days"] = [str(day) for day in window["days"]]
            shown |= {f"window-{place}-{part}": minute_text(window[part]) for part in ("from", "until")}
        return shown

    def _needs_shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for place, need in enumerate(self.rule["needs"]):
            shown |= {
                f"need-{place}-name": need["name"],
                f"need-{place}-selection": facets_text(need["selection"]["any"]),
                f"need-{place}-selection-except": facets_text(need["selection"]["except"]),
                f"need-{place}-quantity": str(need["quantity"] or ""),
                f"need-{place}-amount": amount_text(need["amount"], self.currency),
            }
        return shown

    def say(self, name: str) -> Any:
        """What stands in an input: what was sent, else what is kept."""
        if self.sent is None or (self.live and name not in LIVE_INPUTS):
            return self.shown.get(name, "")
        kept = self.shown.get(name)
        if isinstance(kept, list) or name.endswith("-days") or name == "where":
            return self.sent.getlist(name)
        return name in self.sent if isinstance(kept, bool) else self.sent.get(name, "")

    # What it is read as

    def _read(self, sent: QueryDict) -> None:
        given = Reader(sent, currency=self.currency, zone=self.zone)
        if self.live:
            self.given = {"ends_at": given.moment("ends_at"), "receipt_text": given.text("receipt_text")}
        else:
            self.given = self._values(given)
        self.errors = given.errors

    def _values(self, given: Reader) -> dict[str, Any]:
        if not given.text("name"):
            given.errors["name"] = _("Give it a name.")
        return {
            "name": given.text("name"),
            "receipt_text": given.text("receipt_text"),
            "starts_at": given.moment("starts_at"),
            "ends_at": given.moment("ends_at"),
            "combination": given.text("combination") or Promotion.Combination.EXCLUSIVE,
            "priority": given.whole("priority", needed=False) or 0,
            "group": given.text("group"),
            "needs_coupon": given.flag("needs_coupon"),
            "supplier": given.text("supplier"),
            "supplier_share": given.percent("supplier_share", needed=False) or 0,
            "offline": given.text("offline"),
            **{name: given.whole(name, needed=False) for name in LIMITS},
            **{name: given.amount(name, needed=False) for name in BUDGETS},
            "rule": self._rule(given),
        }

    def _rule(self, given: Reader) -> Json:
        kind = KINDS.get(given.text("kind"))
        if kind is None:
            given.errors["kind"] = _("Choose what is given.")
            kind = KINDS["percent"]
        places: dict[str, list[str]] = {part: [] for part in PLACES.values()}
        for where in given.several("where"):
            sort, _colon, code = where.partition(":")
            if sort in PLACES:
                places[PLACES[sort]].append(code)
        stack = given.text("combination") == Promotion.Combination.STACK
        return {
            "level": kind.level,
            "reward": kind.read(given),
            "selection": {"any": {}, "except": {}} if kind.code == "bundle" or kind.level == "delivery" else given.selection("selection"),
            "minimum": {"quantity": given.whole("minimum-quantity", needed=False), "amount": given.amount("minimum-amount", needed=False)},
            "needs": self._needs(given),
            "windows": self._windows(given) if given.flag("weekly") else [],
            **places,
            "groups": given.words("groups"),
            "segments": given.words("segments"),
            "first_order": given.flag("first_order"),
            "staff": given.flag("staff"),
            "stack_limit": given.percent("stack_limit", needed=False) if stack else None,
            "per_basket": given.whole("per_basket", needed=False),
        }

    def _windows(self, given: Reader) -> list[Json]:
        found = []
        for row in range(MOST_ROWS):
            days = [int(day) for day in given.several(f"window-{row}-days") if day in "1234567" and len(day) == 1]
            if days:
                found.append({"days": days, "from": given.minute(f"window-{row}-from"), "until": given.minute(f"window-{row}-until")})
        if not found:
            given.errors["window-0-days"] = _("Choose the days of the week.")
        return found

    def _needs(self, given: Reader) -> list[Json]:
        return [
            {
                "name": given.text(f"need-{row}-name"),
                "selection": given.selection(f"need-{row}-selection"),
                "quantity": given.whole(f"need-{row}-quantity", needed=False),
                "amount": given.amount(f"need-{row}-amount", needed=False),
            }
            for row in given.rows("need-N-selection")
        ]

    @property
    def compete_with(self) -> list[UUID]:
        found = []
        for text in self.sent.getlist("compete_with") if self.sent is not None else ():
            try:
                found.append(UUID(text))
            except ValueError:
                continue
        return found

    # Where a refusal belongs

    def refuse(self, refused: Refused) -> None:
        name = self.input_of(refused.field)
        if name:
            self.errors[name] = refused.message
        else:
            self.trouble = refused.message

    def input_of(self, field: str) -> str:
        """ "rule.reward.slots.1.selection.any.sku" -> "slot-1-selection"; empty where no input is meant."""
        kind = str(self.say("kind"))
        for pattern, name in PATHS:
            match = re.fullmatch(pattern, field)
            if match is not None:
                return name.format(*match.groups(), kind=kind)
        return field if field in self.shown else ""

    # What is chosen from

    @property
    def kinds(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return [(str(title), [(kind.code, str(kind.title)) for kind in KINDS.values() if kind.level == level]) for level, title in LEVELS.items()]

    def places(self) -> list[dict[str, Any]]:
        names, chosen = PlaceNames(), set(self.say("where"))
        found = [("store", names.stores), ("group", names.groups), ("channel", names.channels)]
        known = [{"value": f"{sort}:{code}", "name": name, "sort": sort} for sort, of_sort in found for code, name in of_sort.items()]
        # One that was closed since stays in sight, so that saving does not silently take it out.
        known += [{"value": gone, "name": gone.partition(":")[2], "sort": "gone"} for gone in sorted(chosen - {one["value"] for one in known})]
        return [{**one, "chosen": one["value"] in chosen} for one in known]

    def rows(self, start: str) -> list[dict[str, Any]]:
        """Rows that stand, and some that are empty: shown one by one where the page can, all of them where it cannot."""
        written = self.sent if self.sent is not None and not self.live else self.shown
        numbers = [int(match[1]) for key in written if (match := re.fullmatch(rf"{start}-([0-9]{{1,2}})-[a-z-]+", key)) and self._filled(key)]
        held = max(numbers, default=-1) + 1
        return [{"number": number, "spare": number >= max(held, LEAST_ROWS[start])} for number in range(min(held + SPARE_ROWS, MOST_ROWS))]

    @property
    def slot_rows(self) -> list[dict[str, Any]]:
        return self.rows("slot")

    @property
    def step_rows(self) -> list[dict[str, Any]]:
        return self.rows("step")

    @property
    def need_rows(self) -> list[dict[str, Any]]:
        return self.rows("need")

    @property
    def window_rows(self) -> list[dict[str, Any]]:
        return self.rows("window")

    @property
    def has_needs(self) -> bool:
        return any(not row["spare"] for row in self.rows("need"))

    @property
    def has_order(self) -> bool:
        return self.say("priority") not in ("", "0") or bool(self.say("group"))

    bundle_choices = (("price", gettext_lazy("a price of")), ("percent", gettext_lazy("percent off")))
    tier_choices = (("quantity", gettext_lazy("by pieces")), ("amount", gettext_lazy("by amount")))
    step_choices = (("percent", gettext_lazy("percent off")), ("amount", gettext_lazy("off in all")), ("fixed", gettext_lazy("a price each")))
    offline_choices = (("", gettext_lazy("Not chosen: needed with a limit")), *Promotion.Offline.choices)

    def _filled(self, key: str) -> bool:
        return bool(self.say(key)) and key.rpartition("-")[2] not in ("kind", "quantity")

    def labels(self) -> dict[str, str]:
        """What chips say. Of what was just typed too."""
        rule = self.given.get("rule") if self.given else None
        try:
            return Names([completed(rule if rule else self.rule)]).labels(completed(rule if rule else self.rule))
        except Refused:
            return {}

    def days(self) -> Sequence[tuple[str, Any]]:
        return [(str(number), day) for number, day in enumerate(DAYS, start=1)]


LEAST_ROWS: Mapping[str, int] = {"slot": 2, "step": 2, "need": 0, "window": 1}
# From the places of a rule to the inputs of the page, the most particular first.
PATHS = (
    (r"rule\.selection\.except(?:\..*)?", "selection-except"),
    (r"rule\.selection(?:\..*)?", "selection"),
    (r"rule\.reward\.selection\.except(?:\..*)?", "other-except"),
    (r"rule\.reward\.selection(?:\..*)?", "other"),
    (r"rule\.reward\.slots\.(\d+)\.selection(?:\..*)?", "slot-{0}-selection"),
    (r"rule\.reward\.slots\.(\d+)\.(\w+)", "slot-{0}-{1}"),
    (r"rule\.reward\.slots", "slot-0-name"),
    (r"rule\.reward\.steps\.(\d+)\.(\w+)", "step-{0}-{1}"),
    (r"rule\.reward\.steps", "step-0-from"),
    (r"rule\.reward\.by", "tiers-by"),
    (r"rule\.reward\.as", "bundle-as"),
    (r"rule\.reward\.kind", "kind"),
    (r"rule\.reward\.(\w+)", "{kind}-{0}"),
    (r"rule\.minimum\.(\w+)", "minimum-{0}"),
    (r"rule\.needs\.(\d+)\.selection(?:\..*)?", "need-{0}-selection"),
    (r"rule\.needs\.(\d+)\.(\w+)", "need-{0}-{1}"),
    (r"rule\.windows\.(\d+)\.(\w+)", "window-{0}-{1}"),
    (r"rule\.windows.*", "window-0-days"),
    (r"rule\.(stores|channels|store_groups)", "where"),
    (r"rule\.(\w+)", "{0}"),
)
