"""Changes of prices in the back office: written or pasted, looked over, sent, approved, refused, ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from catalog import price_places, services
from catalog.admin.prices import shown
from catalog.admin.prices.forms import ChangeForm
from catalog.admin.prices.lists import entry_rows, with_
from catalog.models import PriceChange, PriceEntry, PriceList
from catalog.services import price_review
from catalog.services.price_rows import Pasted, read_price_rows
from kernel.errors import Refused
from kernel.money import divided, format_amount
from org.access import allows
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, percent_text, quantity_text, status

ROWS = 100
State = PriceChange.State
STATES = {
    State.DRAFT: ("", "empty"),
    State.WAITING: ("warning", ""),
    State.APPROVED: ("good", ""),
    State.REFUSED: ("bad", ""),
    State.WITHDRAWN: ("", "off"),
}
# What is still open can differ from the prices of now; what was decided is told by itself.
OPEN = (State.DRAFT, State.WAITING, State.REFUSED, State.WITHDRAWN)


@dataclass(frozen=True)
class Line:
    entry: PriceEntry
    seen: price_review.Reviewed
    name: str
    before: str
    after: str
    change: str
    margin_before: str
    margin: str
    unit: str
    amount_from: str
    starts: str
    ends: str
    words: str


@admin.register(PriceChange)
class PriceChangeAdmin(OfficeAdmin):
    adds = True
    changes = True
    group_title = gettext_lazy("Prices")
    page_title = gettext_lazy("Changes of prices")
    one = gettext_lazy("change of prices")
    nouns = gettext_lazy("changes of prices")
    list_display: ClassVar[Any] = ["name", "to_list", "prices", "standing", "why", "made"]
    list_display_links: ClassVar[Any] = ["name"]
    list_select_related: ClassVar[Any] = ["price_list"]
    numeric: ClassVar[Any] = ("prices",)
    search_fields: ClassVar[Any] = ["name", "price_list__name"]
    search_hint = gettext_lazy("Name, or price list")
    ordering: ClassVar[Any] = ["-made_at", "-id"]
    timed = True
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Waiting for approval"), {"state__exact": "waiting"}),
        (gettext_lazy("Drafts"), {"state__exact": "draft"}),
        (gettext_lazy("Refused"), {"state__exact": "refused"}),
    )
    empty_icon = "price"
    empty_title = gettext_lazy("No prices were changed yet")
    empty_text = gettext_lazy("Paste prices from a spreadsheet, or schedule one on the page of a product.")
    detail_template = "backoffice/price_change.html"

    # The list

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        counts = PriceEntry.objects.filter(change__in=[row.pk for row in rows]).order_by().values_list("change").annotate(count=Count("pk"))
        known, names = dict(counts), shown.people(row.made_by for row in rows)
        for row in rows:
            row.count, row.who = known.get(row.pk, 0), names.get(row.made_by, "")

    @admin.display(description=gettext_lazy("Price list"))
    def to_list(self, row: PriceChange) -> str:
        return row.price_list.name

    @admin.display(description=gettext_lazy("Prices"))
    def prices(self, row: Any) -> str:
        return f"{row.count:,}"

    @admin.display(description=gettext_lazy("Status"))
    def standing(self, row: PriceChange) -> str:
        return standing_of(row)

    @admin.display(description=gettext_lazy("Why somebody looks"))
    def why(self, row: PriceChange) -> str:
        return row.reason

    @admin.display(description=gettext_lazy("Made"))
    def made(self, row: Any) -> str:
        return f"{row.who}, {moment_text(row.made_at)}" if row.who else moment_text(row.made_at)

    # Writing one

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        doors = [
            path(f"<uuid:change>/{name}/", wrap(require_POST(door)), name=f"catalog_pricechange_{name}")
            for name, door in (
                ("submit", self.submit),
                ("approve", self.approve),
                ("refuse", self.refuse),
                ("withdraw", self.withdraw),
                ("end", self.end),
            )
        ]
        return [path("<uuid:change>/rows/", wrap(self.rows), name="catalog_pricechange_rows"), *doors, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        zone = shown.shop_zone()
        form = ChangeForm(
            request.POST if request.method == "POST" else None, request.FILES or None, zone=zone, initial={"price_list": request.GET.get("list", "")}
        )
        return self._written(request, form, None, zone)

    def rows(self, request: HttpRequest, change: UUID) -> HttpResponse:
        """The same form for one that is open, with its prices as they would be pasted."""
        shown.must(request, "pricing.edit")
        row = get_object_or_404(PriceChange.objects.select_related("price_list"), pk=change)
        if row.state not in (State.DRAFT, State.REFUSED, State.WITHDRAWN):
            return redirect(self._page(row.pk))
        zone = shown.shop_zone()
        sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        return self._written(request, ChangeForm(*sent, zone=zone, change=row, initial=pasted(row)), row, zone)

    def _written(self, request: HttpRequest, form: ChangeForm, row: PriceChange | None, zone: str) -> HttpResponse:
        read: Pasted | None = None
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                price_list = row.price_list if row is not None else PriceList.objects.get(pk=given["price_list"])
                read = read_price_rows(text=given["rows"], currency=price_list.currency)
                if read.entries and (not read.faults or given["leave_out"]):
                    made = self._drafted(request, row, price_list, given, read)
                    return redirect(self._page(made.pk))
                if not read.faults:
                    form.add_error("rows", _("There is no price in it."))
            except Refused as refused:
                form.refuse(refused)
        title = _("Change prices") if row is None else _("Edit %(name)s") % {"name": row.name}
        return self._form_page(request, form, title, zone, read)

    def _drafted(self, request: HttpRequest, row: PriceChange | None, price_list: PriceList, given: Any, read: Pasted) -> PriceChange:
        timed = [
            services.NewEntry(
                variant=one.variant,
                amount=one.amount,
                price_quantity=one.price_quantity,
                from_quantity=one.from_quantity,
                starts_at=given["starts_at"],
                ends_at=given["ends_at"],
            )
            for one in read.entries
        ]
        who: dict[str, Any] = {"name": given["name"], "entries": timed, "now": timezone.now(), "actor": request.user.pk}
        if row is None:
            return services.draft_change(price_list=price_list.pk, **who)
        return services.redraft_change(change=row.pk, **who)

    def _form_page(self, request: HttpRequest, form: ChangeForm, title: str, zone: str, read: Pasted | None) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        faulty = read is not None and bool(read.faults)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "breadcrumb": self.breadcrumb(title),
            "form": form,
            "read": read,
            "faults": read.faults[:200] if read is not None else [],
            "times": shown.zone_words(zone),
            "back": self.list_path(),
        }
        return TemplateResponse(request, "backoffice/price_rows.html", context, status=422 if form.errors or faulty else 200)

    def _page(self, change: UUID) -> str:
        return reverse("admin:catalog_pricechange_change", args=[change])

    # One

    def detail(self, request: HttpRequest, obj: PriceChange) -> dict[str, Any]:
        user, now, zone = request.user, timezone.now(), shown.shop_zone()
        entries = PriceEntry.objects.filter(change=obj).select_related("variant__product__tax_class", "change", "price_list").order_by("id")
        told = self._looked_over(request, obj, entries, zone, now) if obj.state in OPEN else self._held(request, obj, entries, zone, now)
        names = shown.people([obj.made_by, obj.decided_by])
        own, may_edit = obj.made_by == user.pk, allows(user, "pricing.edit")
        waiting = obj.state == State.WAITING
        return {
            **told,
            "pill": standing_of(obj, pill=True),
            "where": shown.where_words(obj.price_list),
            "made_by": names.get(obj.made_by, ""),
            "decided_by": names.get(obj.decided_by, "") if obj.decided_by else "",
            "times": shown.zone_words(zone),
            "own": own,
            "may_change": may_edit,
            "may_submit": may_edit and obj.state == State.DRAFT,
            "may_write": may_edit and obj.state in (State.DRAFT, State.REFUSED, State.WITHDRAWN),
            "may_withdraw": may_edit and obj.state in (State.DRAFT, State.WAITING),
            "may_approve": waiting and not own and allows(user, "pricing.approve"),
            "may_end": may_edit
            and obj.state == State.APPROVED
            and PriceEntry.objects.filter(change=obj, live=True).exclude(ends_at__lte=now).exists(),
        }

    def _looked_over(self, request: HttpRequest, obj: PriceChange, entries: QuerySet[PriceEntry], zone: str, now: datetime) -> dict[str, Any]:
        """Beside the prices of now: what would change. All of them are measured; a page of them is shown."""
        currency, every = obj.price_list.currency, list(entries)
        lists = price_places.price_lists(currency)
        own = next(one for one in lists if one.id == obj.price_list_id)
        bounds = price_review.limits()
        seen = price_review.review(lists=lists, own=own, entries=every, currency=currency, now=now)
        pairs = list(zip(every, seen, strict=True))
        look = [pair for pair in pairs if pair[1].far or pair[1].thin]
        narrowed = "look" in request.GET
        page = Paginator(look if narrowed else pairs, ROWS).get_page(request.GET.get("p"))
        return {
            "lines": [line_of(entry, one, currency, zone, bounds) for entry, one in page.object_list],
            "reason": obj.reason or price_review.reason_of(seen, bounds),
            "figures": figures(seen),
            "when": when_words(every, zone),
            "count": len(pairs),
            "look": len(look),
            "narrowed": narrowed,
            **paging(request, page),
        }

    def _held(self, request: HttpRequest, obj: PriceChange, entries: QuerySet[PriceEntry], zone: str, now: datetime) -> dict[str, Any]:
        page = Paginator(entries, ROWS).get_page(request.GET.get("p"))
        rows = entry_rows(page.object_list, zone=zone, now=now)
        return {"rows": rows, "reason": obj.reason, "count": page.paginator.count, **paging(request, page)}

    # Deciding

    def _done(
        self, request: HttpRequest, change: UUID, permission: str, work: Callable[..., PriceChange], told: Callable[[PriceChange], str]
    ) -> HttpResponse:
        shown.must(request, permission)
        try:
            row = work(change=change, now=timezone.now(), actor=request.user.pk)
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, told(row))
        return redirect(self._page(change))

    def submit(self, request: HttpRequest, change: UUID) -> HttpResponse:
        replace = "replace" in request.POST

        def work(**given: Any) -> PriceChange:
            return services.submit_change(**given, replace=replace)

        def told(row: PriceChange) -> str:
            return _("Sent: a second person looks at it.") if row.state == State.WAITING else brought_in(row)

        return self._done(request, change, "pricing.edit", work, told)

    def approve(self, request: HttpRequest, change: UUID) -> HttpResponse:
        return self._done(request, change, "pricing.approve", services.approve_change, brought_in)

    def refuse(self, request: HttpRequest, change: UUID) -> HttpResponse:
        remark = request.POST.get("remark", "").replace("\0", "")

        def work(**given: Any) -> PriceChange:
            return services.refuse_change(**given, remark=remark)

        return self._done(request, change, "pricing.approve", work, lambda row: _("Refused: whoever made it reads why."))

    def withdraw(self, request: HttpRequest, change: UUID) -> HttpResponse:
        return self._done(request, change, "pricing.edit", services.withdraw_change, lambda row: _("Taken back. Nothing was changed."))

    def end(self, request: HttpRequest, change: UUID) -> HttpResponse:
        def work(**given: Any) -> PriceChange:
            row = get_object_or_404(PriceChange, pk=given.pop("change"))
            services.end_entries(entries=list(row.entries.filter(live=True).values_list("pk", flat=True)), **given)
            return row

        return self._done(request, change, "pricing.edit", work, lambda row: _("These prices have ended."))


def standing_of(row: PriceChange, *, pill: bool = False) -> str:
    kind, shape = STATES[State(row.state)]
    return status(kind, row.get_state_display(), shape, pill)


def brought_in(row: PriceChange) -> str:
    count = row.entries.count()
    return ngettext("%(n)s price is brought in.", "%(n)s prices are brought in.", count) % {"n": f"{count:,}"}


def paging(request: HttpRequest, page: Any) -> dict[str, Any]:
    return {
        "page": page,
        "previous": f"?{with_(request.GET, p=str(page.previous_page_number()))}" if page.has_previous() else "",
        "next": f"?{with_(request.GET, p=str(page.next_page_number()))}" if page.has_next() else "",
    }


def pasted(row: PriceChange) -> dict[str, Any]:
    """What the form says about one that is there already."""
    entries = list(row.entries.select_related("variant").order_by("id"))
    currency = row.price_list.currency
    usual = (1, 1000)
    lines = [
        "\t".join([one.variant.sku, format_amount(one.amount, currency), *([] if one.from_quantity in usual else [quantity_text(one.from_quantity)])])
        for one in entries
    ]
    first = entries[0] if entries else None
    return {
        "name": row.name,
        "price_list": str(row.price_list_id),
        "rows": "\n".join(lines),
        "starts_at": first.starts_at if first else None,
        "ends_at": first.ends_at if first else None,
    }


def when_words(entries: Sequence[PriceEntry], zone: str) -> dict[str, str] | None:
    """The time of all of them, where it is one."""
    times = {(entry.starts_at, entry.ends_at) for entry in entries}
    if len(times) != 1:
        return None
    starts_at, ends_at = times.pop()
    return {"starts": shown.time_words(starts_at, zone, _("When it is brought in")), "ends": shown.time_words(ends_at, zone, _("further notice"))}


def figures(seen: Sequence[price_review.Reviewed]) -> dict[str, str] | None:
    changes = [one.change for one in seen if one.change is not None]
    if not changes:
        return None
    return {
        "average": shown.change_words(_middle(changes)),
        "smallest": shown.change_words(min(changes)),
        "largest": shown.change_words(max(changes)),
        "margin_before": shown.share_words(_middle([one.margin_before for one in seen if one.margin_before is not None and one.margin is not None])),
        "margin": shown.share_words(_middle([one.margin for one in seen if one.margin_before is not None and one.margin is not None])),
    }


def _middle(values: Sequence[int]) -> int | None:
    return divided(sum(values), len(values)) if values else None


def line_of(entry: PriceEntry, one: price_review.Reviewed, currency: str, zone: str, bounds: price_review.Limits) -> Line:
    words = []
    if one.far:
        words.append(_("More than %(share)s") % {"share": percent_text(bounds.change)})
    if one.thin:
        words.append(_("Less than %(share)s margin") % {"share": percent_text(bounds.margin)})
    if one.margin is not None and one.margin < 0:
        words.append(_("Below cost"))
    return Line(
        entry=entry,
        seen=one,
        name=shown.called(entry.variant),
        before=shown.amount_words(*one.before, currency) if one.before else shown.NONE,
        after=shown.amount_words(*one.after, currency),
        change=shown.change_words(one.change),
        margin_before=shown.share_words(one.margin_before),
        margin=shown.share_words(one.margin),
        unit=shown.unit_words(entry.variant, *one.after, currency),
        amount_from=shown.from_words(entry.from_quantity, entry.variant.sold_by),
        starts=shown.time_words(entry.starts_at, zone, _("when it is brought in")),
        ends=shown.time_words(entry.ends_at, zone, _("for good")),
        words=", ".join(words),
    )
