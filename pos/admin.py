"""Tills, shifts and the journal in the back office."""

import json
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from kernel.errors import Refused
from orders.admin import StoreFilter
from orders.models import Order
from org.access import allows, stores_for
from org.models import User
from org.office import OfficeAdmin, RefusableForm
from org.templatetags.office import moment_text, money_text, status
from pos import books, day_beside, note_pages, services
from pos.models import DrawerEvent, JournalConflict, JournalEntry, Shift, Till, TillEpoch
from pos.queries import shifts as of_shifts
from pos.queries import standing
from pos.shift_words import difference_words, drawer_words, entry_name, figure_words, reason_words

__all__ = ["day_beside", "note_pages"]


class TillStoreFilter(StoreFilter):
    path = "till__store__code"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class TillForm(RefusableForm):
    class Meta:
        model = Till
        fields: ClassVar[list[str]] = ["store", "number", "name"]


@admin.register(Till)
class TillAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stores")
    store_path = "store"
    list_display: ClassVar[Any] = ["name", "store", "number", "enrolled", "open_shift"]
    list_display_links: ClassVar[Any] = ["name"]
    list_filter: ClassVar[Any] = [StoreFilter]
    list_select_related: ClassVar[Any] = ["store"]
    search_fields: ClassVar[Any] = ["name", "store__name"]
    search_hint = gettext_lazy("Till or store")
    ordering: ClassVar[Any] = ["store__name", "number"]
    numeric: ClassVar[Any] = ("number",)
    timed = True
    empty_icon = "till"
    empty_title = gettext_lazy("No tills yet")
    empty_text = gettext_lazy("A till is a browser that was let in once with a code.")
    detail_template = "backoffice/till.html"
    form = TillForm
    adds = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        live = TillEpoch.objects.filter(till=OuterRef("pk"), revoked_at=None)
        shift = Shift.objects.filter(till=OuterRef("pk"), closed_at=None).order_by("-opened_at")
        rows = super().get_queryset(request)
        return rows.annotate(enrolled_at=Subquery(live.values("enrolled_at")[:1]), shift_since=Subquery(shift.values("opened_at")[:1]))

    @admin.display(description=gettext_lazy("Enrolled"))
    def enrolled(self, till: Any) -> str:
        if till.enrolled_at is None:
            return status("", _("Not yet"), "ring")
        return status("good", moment_text(till.enrolled_at, till.store.timezone))

    @admin.display(description=gettext_lazy("Shift open since"))
    def open_shift(self, till: Any) -> str:
        return moment_text(till.shift_since, till.store.timezone) if till.shift_since else ""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        stores = stores_for(request.user, "pos.manage")
        if field is not None and stores is not None:
            field.queryset = field.queryset.filter(pk__in=stores)
        return field

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        obj.pk = services.create_till(**form.cleaned_data).pk

    def get_custom_urls(self) -> Any:
        return (
            ("<uuid:till>/code/", "pos_till_code", require_POST(self.code)),
            ("<uuid:till>/revoke/", "pos_till_revoke", require_POST(self.revoke)),
            ("<uuid:till>/journal/", "pos_till_journal", require_POST(self.read_journal)),
        )

    def code(self, request: HttpRequest, till: UUID, model_admin: Any = None) -> HttpResponse:
        """A code that works once, shown once."""
        held = self._manageable(request, till)
        code = services.create_enrolment_code(till=held, actor=request.user.pk, now=timezone.now())
        link = request.build_absolute_uri(f"/pos/#enrol={code}")
        context = {**self.admin_site.each_context(request), "title": str(held), "breadcrumb": self.breadcrumb(str(held))}
        return TemplateResponse(request, "backoffice/till_code.html", {**context, "till": held, "code": code, "link": link})

    def revoke(self, request: HttpRequest, till: UUID, model_admin: Any = None) -> HttpResponse:
        held = self._manageable(request, till)
        reason = request.POST.get("reason", "")
        self.perform(
            request,
            lambda: services.revoke(till=held, reason=reason, actor=request.user.pk, now=timezone.now()),
            _("The till is signed out for good. What it still sends is kept apart."),
        )
        return redirect("admin:pos_till_change", till)

    def read_journal(self, request: HttpRequest, till: UUID, model_admin: Any = None) -> HttpResponse:
        """A journal that the till saved to a file: the last way in when its line or its browser is gone."""
        held = self._manageable(request, till)
        file = request.FILES.get("file")
        if file is None:
            messages.error(request, _("Choose a file first."))
            return redirect("admin:pos_till_change", till)
        content = file.read(services.LARGEST_FILE + 1)
        try:
            taken = services.take_in(till=held, file=content, actor=request.user.pk, now=timezone.now())
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            told = {"n": taken.entries, "new": taken.accepted, "known": taken.known, "apart": taken.apart, "conflicts": taken.conflicts}
            messages.success(
                request,
                _("Read in %(n)d entries: %(new)d new, %(known)d known already, %(apart)d kept apart, %(conflicts)d in conflict.") % told,
            )
        return redirect("admin:pos_till_change", till)

    def _manageable(self, request: HttpRequest, till: UUID) -> Till:
        held = self.get_queryset(request).filter(pk=till).select_related("store").first()
        if held is None or not allows(request.user, "pos.manage", store=held.store_id):
            raise PermissionDenied
        return held  # type: ignore[no-any-return]

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        shifts = with_totals(Shift.objects.filter(till=obj)).order_by("-opened_at")[:10]
        return {"enrolments": standing.enrolments(till=obj.pk), "shifts": shifts, "enrolled": self.enrolled(obj), "zone": obj.store.timezone}


def with_totals(shifts: QuerySet[Shift]) -> QuerySet[Any]:
    """Each shift with its cashier's name and what its orders come to."""
    sold = Order.objects.filter(shift=OuterRef("pk")).order_by().values("shift")
    return shifts.annotate(
        cashier_is=Subquery(User.objects.filter(pk=OuterRef("cashier")).values("name")[:1]),
        sales=Subquery(sold.annotate(n=Count("id")).values("n")),
        takings=Subquery(sold.annotate(sum=Sum("total")).values("sum")),
        tax=Subquery(sold.annotate(sum=Sum("tax")).values("sum")),
        difference=F("counted") - F("expected"),
    )


def difference_of(shift: Any) -> str:
    if shift.difference is None:
        return ""
    text = money_text(shift.difference, shift.till.store.currency)
    return status("good", _("Exact"), "full") if shift.difference == 0 else status("warning", text, "late")


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open")), ("closed", gettext_lazy("Closed")), ("off", gettext_lazy("Closed with a difference"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"open": Q(closed_at=None), "closed": Q(closed_at__isnull=False), "off": Q(closed_at__isnull=False) & ~Q(counted=F("expected"))}
        return queryset.filter(wanted.get(self.value() or "", Q()))


@admin.register(Shift)
class ShiftAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stores")
    store_path = "till__store"
    list_display: ClassVar[Any] = ["opened", "place", "cashier_name", "closed", "sale_count", "sold", "expected_cash", "counted_cash", "difference"]
    list_display_links: ClassVar[Any] = ["opened"]
    numeric: ClassVar[Any] = ("sale_count", "sold", "expected_cash", "counted_cash", "difference")
    list_filter: ClassVar[Any] = [TillStoreFilter, OpenFilter]
    list_select_related: ClassVar[Any] = ["till__store"]
    search_fields: ClassVar[Any] = ["till__name"]
    search_hint = gettext_lazy("Till or cashier")
    ordering: ClassVar[Any] = ["-opened_at", "-id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Open"), {"state": "open"}),
        (gettext_lazy("With a difference"), {"state": "off"}),
    )
    timed = True
    empty_icon = "clock"
    empty_title = gettext_lazy("No shifts yet")
    empty_text = gettext_lazy("A shift shows here when a cashier opens it at a till.")
    detail_template = "backoffice/shift.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_totals(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        people = User.objects.filter(name__icontains=search_term).values("id")
        return queryset.filter(Q(till__name__icontains=search_term) | Q(cashier__in=people)), False

    @admin.display(description=gettext_lazy("Opened"))
    def opened(self, shift: Shift) -> str:
        return moment_text(shift.opened_at, shift.till.store.timezone)

    @admin.display(description=gettext_lazy("Till"))
    def place(self, shift: Shift) -> str:
        return str(shift.till)

    @admin.display(description=gettext_lazy("Cashier"))
    def cashier_name(self, shift: Any) -> str:
        return shift.cashier_is or ""

    @admin.display(description=gettext_lazy("Closed"))
    def closed(self, shift: Shift) -> str:
        return moment_text(shift.closed_at, shift.till.store.timezone) if shift.closed_at else status("good", _("Open"), "half")

    @admin.display(description=gettext_lazy("Sales"))
    def sale_count(self, shift: Any) -> str:
        return str(shift.sales or 0)

    @admin.display(description=gettext_lazy("Sold"))
    def sold(self, shift: Any) -> str:
        return money_text(shift.takings or 0, shift.till.store.currency)

    @admin.display(description=gettext_lazy("Expected"))
    def expected_cash(self, shift: Shift) -> str:
        return money_text(shift.expected, shift.till.store.currency)

    @admin.display(description=gettext_lazy("Counted"))
    def counted_cash(self, shift: Shift) -> str:
        return money_text(shift.counted, shift.till.store.currency)

    @admin.display(description=gettext_lazy("Difference"))
    def difference(self, shift: Any) -> str:
        return difference_of(shift)

    def get_custom_urls(self) -> Any:
        return (("<uuid:shift>/close/", "pos_shift_close", require_POST(self.close)),)

    def close(self, request: HttpRequest, shift: UUID, model_admin: Any = None) -> HttpResponse:
        """Of a till that was taken over: somebody has counted the drawer here."""
        held = self.get_queryset(request).filter(pk=shift).first()
        if held is None or not allows(request.user, "pos.manage", store=held.till.store_id):
            raise PermissionDenied
        counted = note_pages.minor_units(request.POST.get("counted", ""), held.till.store.currency)
        reason = request.POST.get("reason", "")
        self.perform(
            request,
            lambda: services.close_left(
                shift=shift, counted=-1 if counted is None else counted, reason=reason, actor=request.user.pk, now=timezone.now()
            ),
            _("The shift is closed. What comes later is added to it."),
        )
        return redirect("admin:pos_shift_change", shift)

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        told = obj.close_body or {}
        cash = of_shifts.cash(shifts=[obj.pk])[obj.pk]
        expected = obj.float_amount + sum(cash) if obj.expected is None else obj.expected
        moves = with_names(DrawerEvent.objects.filter(shift=obj.pk)).order_by("occurred_at", "id")
        return {
            "title": _("Shift %(opened)s") % {"opened": self.opened(obj)},
            "breadcrumb": self.breadcrumb(self.opened(obj)),
            "currency": obj.till.store.currency,
            "zone": obj.till.store.timezone,
            "difference": difference_of(obj),
            "standing": standing_of(obj),
            "left": obj.closed_at is None and services.was_left(shift=obj.pk),
            "reason": difference_words(books.words(told.get("reason")), books.words(told.get("note"))),
            "allowed_by": person(told.get("approved_by")),
            "cash_sales": cash.sold,
            "cash_moved": cash.moved,
            "expected": expected,
            "rows": [{"words": figure_words(row), "row": row} for row in books.compared(told, of_shifts.figures(shift=obj.pk), expected=expected)],
            "moves": [(move, drawer_words(move.kind), reason_words(move.reason), move.till_id == obj.till_id) for move in moves[:200]],
            "late": [(late, entry_name(late.kind)) for late in obj.late_entries.order_by("received_at", "entry")[:100]],
            "reports": JournalEntry.objects.filter(shift=obj.pk, kind="x_report").order_by("seq")[:20],
            "denominations": denominations(told.get("denominations")),
            "orders": Order.objects.filter(shift=obj.pk).order_by("-placed_at", "-id")[:100],
        }


def with_names(moves: QuerySet[DrawerEvent]) -> QuerySet[Any]:
    def name(of: str) -> Subquery:
        return Subquery(User.objects.filter(pk=OuterRef(of)).values("name")[:1])

    return moves.annotate(cashier_is=name("cashier"), approver_is=name("approved_by"))


def person(told: Any) -> str:
    try:
        return User.objects.filter(pk=UUID(told)).values_list("name", flat=True).first() or ""
    except (TypeError, ValueError, AttributeError):
        return ""


def standing_of(shift: Shift) -> str:
    """Open; closed and what it waits for; or final, after which nothing changes its figures."""
    if shift.final_at:
        return status("good", _("Final"), "full")
    if shift.closed_at is None:
        return status("good", _("Open"), "half")
    waits = of_shifts.outstanding(shift=shift.pk)
    return status("warning", ngettext("Closed, waits for %(n)s entry", "Closed, waits for %(n)s entries", waits) % {"n": waits}, "clock")


def denominations(told: Any) -> list[dict[str, int]]:
    """What the cashier counted, the largest first. The till's own words, kept as they came: what is no count is left out."""
    pieces = told.items() if isinstance(told, dict) else ()
    counted = [(int(value), count) for value, count in pieces if value.isdecimal() and len(value) <= 12 and type(count) is int]
    return [{"value": value, "pieces": count, "sum": value * count} for value, count in sorted(counted, reverse=True)]


@admin.register(JournalEntry)
class JournalEntryAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stores")
    page_title = gettext_lazy("Journal")
    store_path = "till__store"
    list_display: ClassVar[Any] = ["place_in_chain", "what", "till", "received", "standing", "why"]
    list_display_links: ClassVar[Any] = ["place_in_chain"]
    list_filter: ClassVar[Any] = [TillStoreFilter, "state", "posting"]
    list_select_related: ClassVar[Any] = ["till__store"]
    search_fields: ClassVar[Any] = ["id"]
    search_hint = gettext_lazy("Entry id")
    ordering: ClassVar[Any] = ["-received_at", "-id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Needs a person"), {"posting__exact": "failed"}),
        (gettext_lazy("Kept apart"), {"state__exact": "quarantined"}),
        (gettext_lazy("Waiting"), {"posting__exact": "pending"}),
    )
    compact = True
    timed = True
    empty_icon = "ledger"
    empty_title = gettext_lazy("The journal is empty")
    empty_text = gettext_lazy("Everything a till does arrives here, in its own order.")
    detail_template = "backoffice/journal_entry.html"
    actions: ClassVar[Any] = ["retry"]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        try:
            return queryset.filter(pk=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description=gettext_lazy("Entry"))
    def place_in_chain(self, entry: JournalEntry) -> str:
        return f"{entry.epoch}/{entry.seq}"

    @admin.display(description=gettext_lazy("What"))
    def what(self, entry: JournalEntry) -> str:
        return entry_name(entry.kind)

    @admin.display(description=gettext_lazy("Received"))
    def received(self, entry: JournalEntry) -> str:
        return moment_text(entry.received_at, entry.till.store.timezone)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, entry: JournalEntry) -> str:
        if entry.state == JournalEntry.State.QUARANTINED:
            return status("bad", _("Kept apart"), "stop")
        kinds = {"posted": ("good", "full"), "none": ("", "full"), "pending": ("warning", "clock"), "failed": ("bad", "fail")}
        kind, shape = kinds[entry.posting]
        return status(kind, entry.get_posting_display(), shape)

    @admin.display(description=gettext_lazy("Why"))
    def why(self, entry: JournalEntry) -> str:
        return (entry.last_error or entry.reason)[:80]

    @admin.action(description=gettext_lazy("Post again"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        self.perform(
            request, lambda: services.retry_posting(ids=ids, actor=request.user.pk, now=timezone.now()), _("Tried again; the list shows how it went.")
        )

    def get_custom_urls(self) -> Any:
        return (
            ("<uuid:entry>/retry/", "pos_journalentry_retry", require_POST(self.retry_one)),
            ("<uuid:entry>/release/", "pos_journalentry_release", require_POST(self.release_one)),
            ("conflicts/<int:conflict>/resolve/", "pos_journalentry_resolve", require_POST(self.resolve)),
        )

    def retry_one(self, request: HttpRequest, entry: UUID, model_admin: Any = None) -> HttpResponse:
        self.retry(request, self.get_queryset(request).filter(pk=entry))
        return redirect("admin:pos_journalentry_change", entry)

    def release_one(self, request: HttpRequest, entry: UUID, model_admin: Any = None) -> HttpResponse:
        if not self.get_queryset(request).filter(pk=entry).exists():
            raise PermissionDenied
        self.perform(
            request, lambda: services.release(ids=[entry], actor=request.user.pk, now=timezone.now()), _("Released: it counts like any other entry.")
        )
        return redirect("admin:pos_journalentry_change", entry)

    def resolve(self, request: HttpRequest, conflict: int, model_admin: Any = None) -> HttpResponse:
        mine = self.conflicts(request).filter(pk=conflict)
        done = services.resolve_conflicts(ids=list(mine.values_list("pk", flat=True)), actor=request.user.pk, now=timezone.now())
        if done:
            messages.success(request, _("Marked as seen. Both texts stay."))
        return redirect("admin:pos_journalentry_changelist")

    def conflicts(self, request: HttpRequest) -> QuerySet[JournalConflict]:
        stores = stores_for(request.user, self.view_permission)
        open_ones = JournalConflict.objects.filter(resolved_at=None).select_related("till__store").order_by("-received_at")
        return open_ones if stores is None else open_ones.filter(till__store__in=stores)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"conflicts": self.conflicts(request)[:5], **(extra_context or {})})

    change_list_template = "backoffice/journal.html"
    words: ClassVar[Any] = {"Quarantined": gettext_lazy("Kept apart")}

    def detail(self, request: HttpRequest, obj: JournalEntry) -> dict[str, Any]:
        return {
            "title": f"{entry_name(obj.kind)} {obj.epoch}/{obj.seq}",
            "standing": self.standing(obj),
            "text": shown(obj.text),
            "digest": bytes(obj.hash).hex(),
            "before": bytes(obj.prev).hex(),
            "zone": obj.till.store.timezone,
            "may_retry": obj.posting in ("failed", "pending"),
            "may_release": obj.state == JournalEntry.State.QUARANTINED and obj.reason == "old_epoch",
            "others": JournalConflict.objects.filter(entry=obj.pk),
        }


def shown(text: str) -> str:
    """The entry laid out for reading; as it came when it cannot be."""
    try:
        laid_out = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        laid_out.encode()  # An escape may stand for half a character, which no page can show.
        return laid_out
    except (ValueError, RecursionError):
        return text
