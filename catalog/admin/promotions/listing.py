"""The list of promotions: what runs where, in words, and what it has given so far."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.promotions.words import MOST_NAMED, Names, PlaceNames, days, standing, what, when
from catalog.models import Promotion
from catalog.services.promotion_rules import completed
from catalog.services.promotion_times import Clocks
from org.models import Store
from org.queries import shop_currency
from org.templatetags.office import money_text, status

MOST_LETTERS = 36
STATES = {
    "live": gettext_lazy("Live"),
    "planned": gettext_lazy("Scheduled"),
    "waiting": gettext_lazy("Waiting for approval"),
    "draft": gettext_lazy("Draft"),
    "ended": gettext_lazy("Ended"),
}
KINDS = {
    "percent": (gettext_lazy("Percent off"), Q(rule__level="line", rule__reward__kind="percent")),
    "amount": (gettext_lazy("Amount or price"), Q(rule__level="line", rule__reward__kind__in=["amount", "fixed"])),
    "several": (gettext_lazy("Several together"), Q(rule__reward__kind__in=["set", "buy_get", "bundle", "gift"])),
    "tiers": (gettext_lazy("Steps"), Q(rule__reward__kind="tiers")),
    "basket": (gettext_lazy("Whole basket"), Q(rule__level="order")),
    "delivery": (gettext_lazy("Delivery"), Q(rule__level="delivery")),
}


def in_state(state: str, now: datetime) -> Q:
    """By the shop's own clock; stores far east of it begin some hours sooner."""
    approved, over = Q(state=Promotion.State.APPROVED), Q(ends_at__lte=now)
    found = {
        "live": approved & (Q(starts_at=None) | Q(starts_at__lte=now)) & ~over,
        "planned": approved & Q(starts_at__gt=now),
        "waiting": Q(state=Promotion.State.WAITING),
        "draft": Q(state=Promotion.State.DRAFT),
        "ended": Q(state=Promotion.State.ENDED) | (approved & over),
    }
    return found.get(state, Q())


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("State"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> QuerySet[Promotion]:
        return queryset.filter(in_state(self.value() or "", timezone.now()))


class KindFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("Kind"), "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, title) for code, (title, _condition) in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> QuerySet[Promotion]:
        return queryset.filter(KINDS[self.value() or ""][1]) if self.value() in KINDS else queryset


class StoreFilter(admin.SimpleListFilter):
    """What a store gives: what is for it by name, by its groups, by its channel, and what is for everywhere."""

    title, parameter_name = gettext_lazy("Store"), "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Store.objects.filter(archived_at=None).order_by("name").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> QuerySet[Promotion]:
        store = Store.objects.select_related("channel").filter(code=self.value() or "").first()
        if store is None:
            return queryset
        here = Q(rule__stores=[], rule__channels=[], rule__store_groups=[])
        here |= Q(rule__stores__contains=[store.code]) | Q(rule__channels__contains=[store.channel.code])
        for group in store.groups.values_list("code", flat=True):
            here |= Q(rule__store_groups__contains=[group])
        return queryset.filter(here)


class PromotionListing:
    """Mixed into the promotions' OfficeAdmin."""

    list_display: ClassVar[Any] = ["title", "standing", "when", "where", "what", "used_times", "given_amount", "budget_left"]
    list_display_links: ClassVar[Any] = ["title"]
    list_filter: ClassVar[Any] = [StateFilter, StoreFilter, KindFilter]
    numeric: ClassVar[Any] = ("used_times", "given_amount", "budget_left")
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    sortable_by: ClassVar[Any] = ["title", "used_times", "given_amount"]
    ordering: ClassVar[Any] = ["-changed_at", "-id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Live"), {"state": "live"}),
        (gettext_lazy("Scheduled"), {"state": "planned"}),
        (gettext_lazy("Waiting for approval"), {"state": "waiting"}),
        (gettext_lazy("Drafts"), {"state": "draft"}),
        (gettext_lazy("Ended"), {"state": "ended"}),
    )
    one = gettext_lazy("promotion")
    nouns = gettext_lazy("promotions")
    empty_icon = "tag"
    empty_title = gettext_lazy("No promotions yet")
    empty_text = gettext_lazy("Say what is given, on what, when and where. Nobody gets it before it is sent on.")

    def narrowed(self, request: HttpRequest, query: QueryDict) -> QuerySet[Any] | None:
        if set(query) - {"state", "o"}:
            return None
        return Promotion.objects.filter(in_state(query.get("state", ""), timezone.now()))

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Nine statements at most, however many rows."""
        now, clocks, places, currency = timezone.now(), Clocks(), PlaceNames(), shop_currency()
        names = Names([completed(row.rule) for row in rows], most=MOST_NAMED)
        for row in rows:
            row.told = {
                "standing": standing(row, clocks, now),
                "days": days(row, clocks, now),
                "when": when(row, clocks, now),
                "where": places.where(row.rule),
                "what": what(row, names, currency),
                "currency": currency,
            }

    @admin.display(description=gettext_lazy("Promotion"), ordering="name")
    def title(self, row: Any) -> str:
        return str(row.name)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, row: Any) -> str:
        kind, word, shape = row.told["standing"]
        return status(kind, word, shape)

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: Any) -> str:
        return format_html('<span title="{}">{}</span>', row.told["when"], row.told["days"])

    @admin.display(description=gettext_lazy("Where"))
    def where(self, row: Any) -> str:
        return str(row.told["where"])

    @admin.display(description=gettext_lazy("What"))
    def what(self, row: Any) -> str:
        return format_html('<span title="{}">{}</span>', row.told["what"], Truncator(row.told["what"]).chars(MOST_LETTERS))

    @admin.display(description=gettext_lazy("Used"), ordering="used")
    def used_times(self, row: Promotion) -> str:
        return f"{row.used:,}" + (f" / {row.most_uses:,}" if row.most_uses is not None else "")

    @admin.display(description=gettext_lazy("Given"), ordering="given")
    def given_amount(self, row: Any) -> str:
        return money_text(row.given, row.told["currency"]) if row.given else ""

    @admin.display(description=gettext_lazy("Budget left"))
    def budget_left(self, row: Any) -> str:
        if row.budget is None:
            return ""
        left = row.budget - row.given
        text = money_text(left, row.told["currency"])
        return status("bad", text, "late") if left <= 0 else text


def history(entries: Sequence[Any], people: dict[Any, str]) -> Iterator[dict[str, Any]]:
    """What the audit trail knows, in words."""
    for entry in entries:
        changed = sorted(set(entry.after or {}) - {"changed_at", "changed_by", "decided_at", "decided_by", "made_at", "made_by", "id"})
        yield {"who": people.get(entry.actor) or _("Somebody"), "at": entry.at, "words": _said(entry, changed)}


STATE_WORDS = {
    "draft": gettext_lazy("made it a draft"),
    "waiting": gettext_lazy("sent it for approval"),
    "approved": gettext_lazy("let it in"),
    "ended": gettext_lazy("ended it"),
}
PARTS = {
    "name": gettext_lazy("name"),
    "rule": gettext_lazy("offer"),
    "starts_at": gettext_lazy("start"),
    "ends_at": gettext_lazy("end"),
    "receipt_text": gettext_lazy("receipt text"),
    "combination": gettext_lazy("other offers"),
    "group": gettext_lazy("group"),
    "priority": gettext_lazy("priority"),
    "needs_coupon": gettext_lazy("coupons"),
    "supplier": gettext_lazy("supplier"),
    "supplier_share": gettext_lazy("supplier share"),
    "most_uses": gettext_lazy("limit"),
    "most_per_customer": gettext_lazy("limit per customer"),
    "budget": gettext_lazy("budget"),
    "monthly_budget": gettext_lazy("monthly budget"),
    "offline": gettext_lazy("offline"),
}


def _said(entry: Any, changed: Sequence[str]) -> str:
    if entry.action == "insert":
        return _("drafted it")
    after, before = entry.after or {}, entry.before or {}
    parts = [str(PARTS[name]) for name in changed if name in PARTS and after.get(name) != before.get(name)]
    moved = after.get("state") if after.get("state") != before.get("state") else None
    words = [str(STATE_WORDS[moved])] if moved in STATE_WORDS else []
    if parts:
        words.append(_("changed %(parts)s") % {"parts": ", ".join(parts)})
    return " · ".join(words) or _("changed it")
