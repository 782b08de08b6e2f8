"""Price lists in the back office: all of them, one with its prices, the days to come."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from catalog import price_calendar, search, services
from catalog.admin.prices import shown
from catalog.admin.prices.forms import PriceListForm
from catalog.admin.prices.scheduling import schedule
from catalog.admin.structure_page import StructureAdmin
from catalog.models import PriceEntry, PriceList, Variant
from catalog.services import price_review
from kernel.errors import Refused
from org.access import allows
from org.lists import CappedPaginator
from org.queries import shop_currency
from org.templatetags.office import moment_text, percent_text

ROWS = 50
STATES: Sequence[tuple[str, Any]] = (("now", gettext_lazy("In force")), ("planned", gettext_lazy("Planned")), ("past", gettext_lazy("Past")))
WHAT_LINKS: dict[str, Callable[[Any], str]] = {
    "prices": lambda of: reverse("admin:catalog_pricelist_change", args=[of]) + "?state=planned",
    "promotion": lambda of: reverse("admin:catalog_promotion_change", args=[of]),
    "tax": lambda of: reverse("admin:catalog_taxzone_change", args=[of]),
}


class ArchivedFilter(admin.SimpleListFilter):
    title = gettext_lazy("lists")
    parameter_name = "lists"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("archived", gettext_lazy("Archived")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("In use")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "archived")


@dataclass(frozen=True)
class Row:
    """A price of a list as its page shows it."""

    entry: PriceEntry
    name: str
    price: str
    base: str
    change: str
    margin: str
    unit: str
    amount_from: str
    starts: str
    ends: str
    who: str
    may_end: bool


@admin.register(PriceList)
class PriceListAdmin(StructureAdmin):
    asks = PriceListForm
    group_title = gettext_lazy("Prices")
    page_title = gettext_lazy("Price lists")
    one = gettext_lazy("price list")
    nouns = gettext_lazy("price lists")
    list_display: ClassVar[Any] = ["name", "where", "for_whom", "priority", "prices", "next_change"]
    list_display_links: ClassVar[Any] = ["name"]
    list_filter: ClassVar[Any] = [ArchivedFilter]
    list_select_related: ClassVar[Any] = ["channel", "store_group"]
    numeric: ClassVar[Any] = ("priority", "prices")
    search_fields: ClassVar[Any] = ["name", "code"]
    search_hint = gettext_lazy("Name or code")
    ordering: ClassVar[Any] = ["-priority", "name", "id"]
    sortable_by: ClassVar[Any] = ["name", "priority"]
    timed = True
    empty_icon = "price"
    empty_title = gettext_lazy("No price lists yet")
    empty_text = gettext_lazy("Everybody pays the base price of a product. A list says otherwise in some places, for a time or for some customers.")
    detail_template = "backoffice/price_list.html"

    # The list of lists

    def list_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.prefetch_related("stores")

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        now = timezone.now()
        live = PriceEntry.objects.filter(price_list__in=[row.pk for row in rows], live=True).filter(Q(ends_at=None) | Q(ends_at__gt=now))
        told = live.order_by().values("price_list").annotate(
            count=Count("pk"), starts=Min("starts_at", filter=Q(starts_at__gt=now)), ends=Min("ends_at")
        )  # fmt: skip
        known = {one["price_list"]: one for one in told}
        zone = shown.shop_zone()
        for row in rows:
            row.told, row.zone = known.get(row.pk, {"count": 0, "starts": None, "ends": None}), zone

    @admin.display(description=gettext_lazy("Where"))
    def where(self, row: PriceList) -> str:
        return shown.where_words(row)

    @admin.display(description=gettext_lazy("For"))
    def for_whom(self, row: PriceList) -> str:
        return row.customer_group or _("Everybody")

    @admin.display(description=gettext_lazy("Prices"))
    def prices(self, row: Any) -> str:
        return f"{row.told['count']:,}"

    @admin.display(description=gettext_lazy("Next change"))
    def next_change(self, row: Any) -> str:
        starts, ends = row.told["starts"], row.told["ends"]
        if starts is None and ends is None:
            return ""
        first = starts if ends is None or (starts is not None and starts <= ends) else ends
        word = _("starts %(when)s") if first == starts else _("ends %(when)s")
        return word % {"when": moment_text(first, row.zone)}

    def heading_links(self, request: HttpRequest) -> list[dict[str, str]]:
        if not allows(request.user, "pricing.edit"):
            return []
        return [{"title": _("Change prices"), "icon": "price", "link": reverse("admin:catalog_pricechange_add")}]

    # Saving

    def put(self, form: PriceListForm, row: Any, *, now: datetime, actor: UUID | None) -> PriceList:
        given = form.given()
        if row is None:
            return services.create_price_list(**given, now=now, actor=actor)
        return services.change_price_list(price_list=row.pk, fields=given, now=now, actor=actor)

    # Addresses of its own

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("calendar/", wrap(require_GET(self.calendar)), name="catalog_price_calendar"),
            path("schedule/<uuid:product>/", wrap(require_POST(schedule)), name="catalog_price_schedule"),
            path("<uuid:price_list>/end/", wrap(require_POST(self.end)), name="catalog_pricelist_end"),
            path("<uuid:price_list>/archive/", wrap(require_POST(self.archive)), name="catalog_pricelist_archive"),
            *super().get_urls(),
        ]

    def end(self, request: HttpRequest, price_list: UUID) -> HttpResponse:
        shown.must(request, "pricing.edit")
        ids = [int(one) for one in request.POST.getlist("entry") if one.isascii() and one.isdecimal() and len(one) < 19]
        chosen = list(PriceEntry.objects.filter(pk__in=ids, price_list=price_list).values_list("pk", flat=True))
        if not chosen:
            messages.error(request, _("Choose the prices to end first."))
        else:
            self._ended(request, chosen)
        return redirect(back_to(request, reverse("admin:catalog_pricelist_change", args=[price_list])))

    def _ended(self, request: HttpRequest, chosen: Sequence[int]) -> None:
        try:
            ended = services.end_entries(entries=chosen, now=timezone.now(), actor=request.user.pk)
        except Refused as refused:
            messages.error(request, refused.message)
            return
        messages.success(request, ngettext("%(n)s price has ended.", "%(n)s prices have ended.", ended) % {"n": ended})

    def archive(self, request: HttpRequest, price_list: UUID) -> HttpResponse:
        shown.must(request, "pricing.edit")
        bring_back = "restore" in request.POST
        work = services.restore_price_list if bring_back else services.archive_price_list
        done = _("The list is back, without prices.") if bring_back else _("The list is archived and its prices have ended.")
        self.perform(request, lambda: work(price_list=price_list, now=timezone.now(), actor=request.user.pk), done)
        return redirect("admin:catalog_pricelist_change", price_list)

    # One list

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        now, zone = timezone.now(), shown.shop_zone()
        query = request.GET
        state = query.get("state", "now") if query.get("state") in dict(STATES) else "now"
        term = query.get("q", "").replace("\0", "").strip()[:100]
        live = PriceEntry.objects.filter(price_list=obj, live=True)
        rows = in_state(live, state, now)
        if term:
            rows = rows.filter(variant__in=search.variants(term))
        page = CappedPaginator(rows.select_related("variant__product__tax_class", "change", "price_list").order_by(*ORDERS[state]), ROWS).get_page(
            query.get("p")
        )
        return {
            "where": shown.where_words(obj),
            "rows": entry_rows(page.object_list, zone=zone, now=now),
            "page": page,
            "term": term,
            "state": state,
            "states": [{"key": key, "title": title, "link": f"?{with_(query, state=key, p='')}", "current": key == state} for key, title in STATES],
            "previous": f"?{with_(query, p=str(page.previous_page_number()))}" if page.has_previous() else "",
            "next": f"?{with_(query, p=str(page.next_page_number()))}" if page.has_next() else "",
            "times": shown.zone_words(zone),
            "waiting": obj.changes.filter(state="waiting").order_by("made_at")[:5],
            "may_change": allows(request.user, "pricing.edit"),
        }

    # The days to come

    def calendar(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now, zone = timezone.now(), shown.shop_zone()
        title = _("Next seven days")
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "breadcrumb": self.breadcrumb(title),
            "days": days_of(price_calendar.calendar(now=now), zone, now),
            "times": shown.zone_words(zone),
        }
        return TemplateResponse(request, "backoffice/price_calendar.html", context)


ORDERS = {"now": ("variant__product__sort_key", "variant_id", "from_quantity", "id"), "planned": ("starts_at", "id"), "past": ("-ends_at", "-id")}


def in_state(live: QuerySet[PriceEntry], state: str, now: datetime) -> QuerySet[PriceEntry]:
    if state == "past":
        return live.filter(ends_at__lte=now)
    if state == "planned":
        return live.filter(starts_at__gt=now)
    return live.filter(Q(starts_at=None) | Q(starts_at__lte=now)).filter(Q(ends_at=None) | Q(ends_at__gt=now))


def back_to(request: HttpRequest, page: str) -> str:
    """With the search and the page it came from."""
    query = QueryDict(request.POST.get("query", "")[:500]).urlencode()
    return f"{page}?{query}" if query else page


def with_(query: QueryDict, **values: str) -> str:
    changed = query.copy()
    for name, value in values.items():
        changed[name] = value
        if not value:
            del changed[name]
    return changed.urlencode()


def entry_rows(entries: Iterable[PriceEntry], *, zone: str, now: datetime) -> list[Row]:
    """A constant number of statements however many, for each currency among them."""
    entries = list(entries)
    currencies = {entry.price_list.currency for entry in entries}
    base = {currency: price_review.base_prices([entry.variant_id for entry in entries], currency) for currency in currencies}
    costed = shop_currency()
    names = shown.people(entry.change.made_by for entry in entries if entry.change)
    found = []
    for entry in entries:
        currency = entry.price_list.currency
        found.append(_row(entry, currency, base[currency].get(entry.variant_id), currency == costed, names, zone, now))
    return found


def _row(entry: PriceEntry, currency: str, base: Any, costed: bool, names: Any, zone: str, now: datetime) -> Row:
    variant: Variant = entry.variant
    price = (entry.amount, entry.price_quantity)
    made = entry.change
    return Row(
        entry=entry,
        name=shown.called(variant),
        price=shown.amount_words(*price, currency),
        base=shown.amount_words(base[0], base[1], currency) if base else shown.NONE,
        change=shown.change_words(price_review.change_of(base, price)),
        margin=shown.share_words(price_review.margin_of(price, variant, variant.reference_cost if costed else None)),
        unit=shown.unit_words(variant, *price, currency),
        amount_from=shown.from_words(entry.from_quantity, variant.sold_by),
        starts=shown.time_words(entry.starts_at, zone, _("always")),
        ends=shown.time_words(entry.ends_at, zone, _("for good")),
        who=names.get(made.made_by, "") if made else "",
        may_end=entry.ends_at is None or entry.ends_at > now,
    )


def days_of(found: Sequence[price_calendar.Happening], zone: str, now: datetime) -> list[dict[str, Any]]:
    """All seven, the quiet ones too."""
    there = ZoneInfo(zone)
    first = now.astimezone(there).date()
    by_day = {day: list(group) for day, group in groupby(found, key=lambda one: one.at.astimezone(there).date())}
    days = [first + timedelta(days=number) for number in range(7)]
    return [
        {
            "title": _("Today") if day == first else _("Tomorrow") if day == days[1] else date_format(day, "l"),
            "date": date_format(day, "j F"),
            "rows": [_happening(one, there) for one in by_day.get(day, [])],
        }
        for day in days
    ]


def _happening(one: price_calendar.Happening, there: ZoneInfo) -> dict[str, Any]:
    starts = one.change == "starts"
    if one.what == "prices":
        given = {"n": f"{one.count:,}", "name": one.name, "sku": one.example}
        words = _prices_words(one.count, starts) % given
    elif one.what == "promotion":
        words = (_("%(name)s starts") if starts else _("%(name)s ends")) % {"name": one.name}
    else:
        words = (_("%(name)s becomes %(rate)s") if starts else _("%(name)s is no longer %(rate)s")) % {
            "name": one.name,
            "rate": percent_text(one.count),
        }
    return {
        "time": date_format(one.at.astimezone(there), "H:i"),
        "words": words,
        "what": one.what,
        "starts": starts,
        "icon": {"prices": "price", "promotion": "tag", "tax": "receipt"}[one.what],
        "link": WHAT_LINKS[one.what](one.of),
    }


def _prices_words(count: int, starts: bool) -> str:
    if starts:
        return ngettext("The price of %(sku)s starts in %(name)s", "%(n)s prices start in %(name)s", count)
    return ngettext("The price of %(sku)s ends in %(name)s", "%(n)s prices end in %(name)s", count)
