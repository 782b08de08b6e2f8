"""The sync inbox in the back office: every note of the stores one manages, its story, and the same fixes as at the till."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kernel.money import exponent
from orders.admin import StoreFilter
from org.access import allows, stores_for
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, money_text, quantity_text, status
from pos import services
from pos.models import JournalEntry, NoteQuestion, SyncNote, Till
from pos.queries import notes

ICONS = {"price": "price", "stock": "box", "shift": "clock", "held": "stop", "apart": "shield", "conflict": "stop", "hole": "warn", "clock": "clock"}


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open")), ("done", gettext_lazy("Done")), ("mine", gettext_lazy("Asked of me"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "mine":
            return queryset.filter(question__asked=request.user.pk, question__answered_at=None, fix="asked")
        if self.value() not in ("open", "done"):
            return queryset
        return queryset.filter(closed_at__isnull=self.value() == "open")


class TillFilter(admin.SimpleListFilter):
    """The tills of the stores one may see."""

    title = gettext_lazy("till")
    parameter_name = "till"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        stores = stores_for(request.user, model_admin.view_permission)
        tills = Till.objects.order_by("store__name", "number")
        rows = (tills if stores is None else tills.filter(store__in=stores)).values_list("id", "store__name", "name")[:100]
        return [(str(id), f"{store} {name}") for id, store, name in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {str(id) for id, _ in self.lookup_choices}
        return queryset.filter(till=self.value()) if self.value() in known else queryset


@admin.register(SyncNote)
class SyncNoteAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stores")
    page_title = gettext_lazy("Sync inbox")
    one, nouns = gettext_lazy("note"), gettext_lazy("notes")
    store_path = "store"
    list_display: ClassVar[Any] = ["what", "short", "place", "costs", "happened", "standing"]
    list_display_links: ClassVar[Any] = ["what"]
    list_filter: ClassVar[Any] = [StateFilter, StoreFilter, TillFilter, "kind"]
    list_select_related: ClassVar[Any] = ["till__store", "store", "question"]
    search_fields: ClassVar[Any] = ["facts"]
    search_hint = gettext_lazy("Receipt")
    ordering: ClassVar[Any] = ["-happened_at", "-id"]
    numeric: ClassVar[Any] = ("costs",)
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Open"), {"state": "open"}),
        (gettext_lazy("Done"), {"state": "done"}),
        (gettext_lazy("Asked of me"), {"state": "mine"}),
    )
    timed = True
    empty_icon = "check"
    empty_title = gettext_lazy("All tidy")
    empty_text = gettext_lazy("When a sale at a till was not as expected, it is told here. The sale stands.")
    detail_template = "backoffice/note.html"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        receipt = search_term.strip()
        return (queryset.filter(facts__receipt=receipt) if receipt else queryset), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        for told in notes.told(rows):
            told.note.told = told  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Note"))
    def what(self, note: Any) -> str:
        return str(note.told.story.title)

    @admin.display(description=gettext_lazy("What happened"))
    def short(self, note: Any) -> str:
        return str(note.told.story.short)

    @admin.display(description=gettext_lazy("Till"))
    def place(self, note: SyncNote) -> str:
        return str(note.till)

    @admin.display(description=gettext_lazy("Amount"))
    def costs(self, note: SyncNote) -> str:
        return money_text(note.amount, note.store.currency) if note.amount else ""

    @admin.display(description=gettext_lazy("When"))
    def happened(self, note: SyncNote) -> str:
        return moment_text(note.happened_at, note.store.timezone)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, note: Any) -> str:
        return status("warning", _("Open"), "half") if note.closed_at is None else status("good", closed_words(note.told))

    def get_custom_urls(self) -> Any:
        return (
            ("<int:note>/fix/", "pos_syncnote_fix", require_POST(self.fix)),
            ("<int:note>/answer/", "pos_syncnote_answer", require_POST(self.answer)),
        )

    def answer(self, request: HttpRequest, note: int, model_admin: Any = None) -> HttpResponse:
        """Of whom it is asked; nobody else's answer is taken."""
        held = self.get_queryset(request).filter(pk=note, question__asked=request.user.pk).first()
        if held is None:
            raise PermissionDenied
        words, actor = request.POST.get("words", ""), UUID(str(request.user.pk))
        self.perform(
            request,
            lambda: services.answer(note=note, store=held.store_id, words=words, actor=actor, now=timezone.now()),
            _("Your answer is in the inbox."),
        )
        return redirect("admin:pos_syncnote_change", note)

    def fix(self, request: HttpRequest, note: int, model_admin: Any = None) -> HttpResponse:
        held = self.get_queryset(request).filter(pk=note).first()
        if held is None or not allows(request.user, "pos.manage", store=held.store_id):
            raise PermissionDenied
        given = request.POST
        under, counted = given.get("under", ""), given.get("counted", "")
        self.perform(
            request,
            lambda: services.fix_note(
                note=note,
                store=held.store_id,
                fix=given.get("fix", ""),
                actor=request.user.pk,
                now=timezone.now(),
                under=int(under) if under.isascii() and under.isdecimal() and len(under) < 12 else None,
                counted=minor_units(counted, held.store.currency) if given.get("fix") == "closed" else thousandths(counted),
            ),
            _("Done: the sale stays as it was paid."),
        )
        return redirect("admin:pos_syncnote_change", note)

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        [told] = notes.told([obj])
        entry = JournalEntry.objects.filter(pk=obj.entry).values_list("pk", flat=True).first() if obj.entry else None
        return {
            "title": told.story.title,
            "breadcrumb": self.breadcrumb(told.story.title),
            "told": told,
            "closed": closed_words(told) if obj.closed_at else "",
            "answer": notes.answer_of(obj),
            "answer_by": told.named("asked"),
            "asked_me": obj.fix == "asked" and NoteQuestion.objects.filter(note=obj, asked=str(request.user.pk), answered_at=None).exists(),
            "fixes": [fix_words(told, fix) for fix in told.fixes],
            "sale": notes.sale_of(note=obj),
            "entry_link": reverse("admin:pos_journalentry_change", args=[entry]) if entry else "",
            "zone": obj.store.timezone,
            "currency": obj.store.currency,
            "sign": ICONS.get(obj.kind, "warn"),
        }


def thousandths(typed: str) -> int | None:
    """Of "12" or "0.45"; None for what is no number of things."""
    try:
        number = Decimal(typed.strip().replace(",", ".")) * 1000
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and 0 <= number < 10**12 and number == int(number) else None


def minor_units(typed: str, currency: str) -> int | None:
    """Of "123.45"; None for what is no amount of money."""
    try:
        number = Decimal(typed.strip().replace(",", ".")) * 10 ** exponent(currency)
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and 0 <= number < 10**12 and number == int(number) else None


def is_of_sale(told: notes.Told) -> bool:
    """And not of what moved or closed a drawer."""
    return bool(told.note.facts.get("entry_kind", "sale") == "sale")


def fix_words(told: notes.Told, fix: str) -> dict[str, Any]:
    """A button: what it does, and what is sent along."""
    under = money_text(told.under, told.note.store.currency)
    as_sold = (_("Keep as sold"), _("Closes this note; nothing changes for the customer."))
    words = {
        "kept": as_sold if is_of_sale(told) else (_("Keep as it is"), _("Closes this note; nothing else changes.")),
        "rule": (_("From now on, keep all under %(amount)s") % {"amount": under}, _("Notes like this then close by themselves, and stay listed.")),
        "asked": (
            _("Ask %(name)s about it") % {"name": told.named("cashier")},
            _("It is shown at the till after signing in; the answer brings this note back."),
        ),
        "counted": (_("Count the shelf"), _("Say what is there; the book is put right.")),
        "closed": (_("Count the drawer and close the shift"), _("Say how much cash is in it. What comes later is added to that shift.")),
        "posted": (_("Try posting again"), _("Nothing is lost if it does not work.")),
        "released": (_("This till did make it: count it"), _("It then counts like any other entry.")),
        "seen": (_("Seen"), _("Closes this note; nothing else changes.")),
    }
    title, text = words[fix]
    return {"fix": fix, "title": title, "text": text, "under": told.under if fix == "rule" else None, "first": fix == told.fixes[0]}


def closed_words(told: notes.Told) -> str:
    note = told.note
    words = {
        "kept": _("Kept as sold") if is_of_sale(told) else _("Kept as it is"),
        "rule": _("Kept by the rule of this store"),
        "asked": _("%(name)s is asked") % {"name": told.named("asked")},
        "counted": _("Counted %(n)s") % {"n": quantity_text(note.facts.get("counted"))},
        "closed": _("Shift closed"),
        "posted": _("Posted after all"),
        "released": _("Released"),
        "seen": _("Seen"),
        "filled": _("It came after all"),
    }
    said = words.get(note.fix, _("Done"))
    return f"{said}, {told.closed_by}" if told.closed_by else said
