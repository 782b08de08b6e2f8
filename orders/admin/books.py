"""The daily journal: what a day came to on each account, whether it is whole, the tax report, and the closing of a period."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from inventory.admin.timeline import day_in, line
from kernel.errors import Refused
from orders import services
from orders.admin import beside
from orders.models import BookLine, PeriodLock
from orders.queries import books
from org.access import allows
from org.models import Channel, Company, Store
from org.office import OfficeAdmin
from org.templatetags.office import percent_text

ACCOUNTS = {
    "sales": gettext_lazy("Turnover, net"),
    "tax": gettext_lazy("Tax"),
    "rounding": gettext_lazy("Cash rounding"),
    "cash": gettext_lazy("Cash in drawers"),
    "cash_safe": gettext_lazy("Cash in the safe"),
    "cash_in": gettext_lazy("Cash put in"),
    "cash_out": gettext_lazy("Cash taken out"),
    "payouts": gettext_lazy("Paid out of drawers"),
    "over_short": gettext_lazy("Over and short"),
    "card_clearing": gettext_lazy("Cards, until paid out"),
    "bank_transfers": gettext_lazy("Bank transfers"),
    "other_clearing": gettext_lazy("Other tenders"),
    "receivables": gettext_lazy("Owed by customers"),
    "customer_deposits": gettext_lazy("Paid before the goods"),
    "gift_card_liability": gettext_lazy("Owed on gift cards"),
    "store_credit_liability": gettext_lazy("Owed as credit"),
    "points_redeemed": gettext_lazy("Paid by points"),
    "deposit_liability": gettext_lazy("Deposits on bottles"),
    "goodwill": gettext_lazy("Goodwill"),
    "value_adjusted": gettext_lazy("Corrected value"),
    "value_expired": gettext_lazy("Expired value"),
    "cost_of_goods": gettext_lazy("Cost of goods"),
    "stock": gettext_lazy("Stock"),
    "stock_losses": gettext_lazy("Lost stock"),
}
LONGEST_REPORT = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A store, a channel without one, or everything."""

    code: str
    name: str
    store: UUID | None = None
    channel: UUID | None = None
    currency: str = ""


def places() -> list[Place]:
    told = Store.objects.order_by("name").values_list("id", "code", "name", "currency")
    stores = [Place(code=f"store:{code}", name=name, store=key, currency=currency) for key, code, name, currency in told]
    channels = Channel.objects.exclude(kind=Channel.Kind.STORE).order_by("name").values_list("id", "code", "name")
    return [*stores, *(Place(code=f"channel:{code}", name=name, channel=key) for key, code, name in channels)]


def account_name(account: str) -> str:
    whole, _colon, part = account.partition(":")
    words = str(ACCOUNTS.get(account) or ACCOUNTS.get(whole) or account)
    return f"{words} ({part})" if part else words


def shown(rows: Sequence[books.Balance]) -> list[dict[str, Any]]:
    return [
        {"row": row, "name": account_name(row.account), "rate": percent_text(row.rate) if row.rate is not None else "", "class": row.tax_class}
        for row in rows
    ]


def sums(rows: Sequence[books.Balance]) -> list[dict[str, Any]]:
    """By currency; debit and credit are the same or something is wrong."""
    found = []
    for currency in sorted({row.currency for row in rows}):
        same = [row for row in rows if row.currency == currency]
        debit, credit = sum(row.debit for row in same), sum(row.credit for row in same)
        found.append({"currency": currency, "debit": debit, "credit": credit, "balanced": debit == credit})
    return found


@admin.register(BookLine)
class BooksAdmin(OfficeAdmin):
    """Its list is the journal of one day: lines of the books are looked at added up."""

    group_title = gettext_lazy("Money")
    page_title = gettext_lazy("Daily journal")
    one = gettext_lazy("line")
    nouns = gettext_lazy("lines")
    search_fields: ClassVar[Any] = []

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("taxes/", wrap(self.taxes), name="orders_bookline_taxes"),
            path("export/", wrap(self.export), name="orders_bookline_export"),
            path("close/", wrap(require_POST(self.close)), name="orders_bookline_close"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self._may_view(request)
        known, on = places(), day_in(request.GET.get("on", "")) or timezone.localdate()
        place = next((one for one in known if one.code == request.GET.get("place", "")), None)
        rows = books.day(on=on, store=place.store if place else None, channel=place.channel if place else None)
        own = [row for row in rows if row.account not in ("cost_of_goods", "stock", "stock_losses")]
        more = {
            "on": on,
            "places": known,
            "place": place,
            "rows": shown(own),
            "goods": shown([row for row in rows if row not in own]),
            "sums": sums(rows),
            "waiting": waiting_words(on, place),
            "beside": beside.told(store=place.store, on=on) if place and place.store else None,
            "currency": place.currency if place else "",
            "lock": self._lock(on),
            "before": self._day_link(on - timedelta(days=1), place),
            "after": self._day_link(on + timedelta(days=1), place) if on < timezone.localdate() else "",
            "may_close": allows(request.user, "books.close"),
            "closable": min(on, timezone.localdate() - timedelta(days=1)),
            "report": f"{reverse('admin:orders_bookline_taxes')}?{urlencode({'since': on.replace(day=1), 'until': on})}",
            "file": f"{reverse('admin:orders_bookline_export')}?{urlencode({'since': on, 'until': on})}",
        }
        return self._page(request, "backoffice/books_day.html", _("Daily journal"), **more)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A line alone says nothing: its day does."""
        self._may_view(request)
        found = BookLine.objects.filter(pk=object_id).values_list("booked_on", flat=True).first() if object_id.isdecimal() else None
        return redirect(f"{self.list_path()}?on={found}" if found else self.list_path())

    def taxes(self, request: HttpRequest) -> HttpResponse:
        self._may_view(request)
        since, until = span(request)
        channels = list(Channel.objects.order_by("name").values_list("code", "name", "id"))
        channel = next((key for code, _name, key in channels if code == request.GET.get("channel", "")), None)
        report = books.tax_report(since=since, until=until, channel=channel)
        more = {"since": since, "until": until, "sales": shown(report.sales), "taxes": shown(report.taxes)}
        more |= {"channels": channels, "chosen": request.GET.get("channel", "")}
        totals = [{"currency": one["currency"], "tax": one["credit"] - one["debit"]} for one in sums(report.taxes)]
        return self._page(request, "backoffice/books_taxes.html", _("Tax report"), **more, totals=totals)

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Every line of the period. No cell begins with what a spreadsheet takes for a formula: codes and numbers alone."""
        self._may_view(request)
        since, until = span(request)
        response = StreamingHttpResponse(as_file(since, until), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="books-{since}-{until}.csv"'
        response["Cache-Control"] = "no-store"
        return response

    def close(self, request: HttpRequest) -> HttpResponse:
        if not allows(request.user, "books.close"):
            raise PermissionDenied
        through, now = day_in(request.POST.get("through", "")), timezone.now()
        back = f"{self.list_path()}?on={through or ''}"
        if through is None:
            messages.error(request, _("This is not a day. Write it like 2027-12-31."))
            return redirect(back)
        try:
            for company in Company.objects.order_by("id").values_list("id", flat=True):
                services.close_period(company=company, through=through, actor=request.user.pk, now=now)
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(
                request,
                _("Closed through %(day)s. What comes for those days later is booked on the first open one.")
                % {"day": date_format(through, "j M Y")},
            )
        return redirect(back)

    def _may_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    @staticmethod
    def _lock(on: date) -> date | None:
        """The day through which everything is closed, where it covers this one."""
        last = PeriodLock.objects.order_by("-through").values_list("through", flat=True).first()
        return last if last is not None and last >= on else None

    def _day_link(self, on: date, place: Place | None) -> str:
        return "?" + urlencode({"on": on.isoformat(), **({"place": place.code} if place else {})})

    def _page(self, request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        crumbs = self.breadcrumb(title) if title != self.plural() else self.breadcrumb()
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "breadcrumb": crumbs}
        return TemplateResponse(request, template, {**context, "day_page": self.list_path(), **more})


def span(request: HttpRequest) -> tuple[date, date]:
    """From and to as they were asked for; a month until now without them, and never more than a year and a bit."""
    until = day_in(request.GET.get("until", "")) or timezone.localdate()
    since = day_in(request.GET.get("since", "")) or until.replace(day=1)
    since = min(since, until)
    return max(since, until - LONGEST_REPORT), until


def waiting_words(on: date, place: Place | None) -> list[dict[str, Any]]:
    """What was told of days until then and is not in the books yet, and drawers that nobody counted."""
    code = place.code.partition(":")[2] if place and place.store else ""
    found: dict[tuple[str, str], int] = {}
    for company in Company.objects.order_by("id").values_list("id", flat=True):
        for row in books.unbooked(company=company, through=on):
            if not code or row["store"] == code:
                key = (event_words(str(row["type"])), str(row["store"] or ""))
                found[key] = found.get(key, 0) + 1
    return [{"words": words, "store": store, "n": count} for (words, store), count in sorted(found.items())]


def event_words(type: str) -> str:
    if type == "pos.shift.opened":
        return _("A drawer was not counted")
    if type.startswith("orders."):
        return _("An order is not booked yet")
    return _("Value that moved is not booked yet") if type.startswith("customers.") else _("A drawer's movement is not booked yet")


def as_file(since: date, until: date) -> Iterator[str]:
    yield line(books.EXPORTED)
    for row in books.export(since=since, until=until):
        with suppress(ValueError):
            yield line(["" if cell is None else str(cell) for cell in row])
