"""A store's sync inbox: its notes with their words, the fixes there are for each, and how many are open."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from kernel.money import exponent
from org import paging
from org.models import Store, User
from org.queries import business_date
from pos import journal
from pos.models import JournalEntry, NoteQuestion, SyncNote
from pos.queries.wording import Setting, Story, Telling, story

# What may be done about a note, the usual one first. "posted" tries once more, "seen" says that a person looked.
FIXES: dict[str, tuple[str, ...]] = {
    "price": ("kept", "rule", "asked"),
    "stock": ("counted", "kept"),
    "shift": ("kept", "asked"),
    "customer": ("kept", "asked"),
    "item": ("kept", "asked"),
    "limit": ("kept", "asked"),
    "sums": ("kept", "asked"),
    "held": ("posted",),
    "apart": ("seen",),
    "conflict": ("seen",),
    "hole": ("seen",),
    "clock": ("seen",),
}
RELEASABLE = "old_epoch"
# Facts that name somebody.
PEOPLE = ("cashier", "shift_cashier", "asked")
# What "all under" is offered for, in hundredths of the main unit.
STEPS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A note as doors show it. `names`: of those its facts name. `under`: up to where the rule is offered; 0 where it is not."""

    note: SyncNote
    story: Story
    names: dict[str, str]
    closed_by: str
    fixes: tuple[str, ...]
    under: int

    @property
    def zone(self) -> str:
        return self.note.store.timezone

    def named(self, fact: str) -> str:
        return self.names.get(str(self.note.facts.get(fact) or ""), "")


def inbox(
    *,
    store: UUID,
    first: int = paging.LONGEST,
    after: str | None = None,
    state: str = "open",
    kind: str = "",
    till: UUID | None = None,
    since: datetime | None = None,
) -> paging.Page[Told]:
    """The newest first; `state` open or done (closed since `since`). Two statements, however many notes."""
    rows = notes(stores=[store]).filter(closed_at=None) if state == "open" else notes(stores=[store]).filter(closed_at__isnull=False)
    if since is not None and state != "open":
        rows = rows.filter(closed_at__gte=since)
    if kind:
        rows = rows.filter(kind=kind)
    if till:
        rows = rows.filter(till=till)
    at = paging.position(after, paging.moment, int, field="after")
    if at is not None:
        rows = rows.filter(Q(happened_at__lt=at[0]) | Q(happened_at=at[0], id__lt=at[1]))
    page = paging.page_of(list(rows.order_by("-happened_at", "-id")[: first + 1]), first=first)
    return paging.Page(items=tuple(told(page.items)), more=page.more)


def cursor_of(told: Told) -> str:
    return paging.cursor(told.note.happened_at.isoformat(), told.note.pk)


def notes(*, stores: Collection[UUID] | None) -> QuerySet[SyncNote]:
    """With their till and store; bounded by `stores` unless that is None."""
    every = SyncNote.objects.select_related("till__store", "store", "question")
    return every if stores is None else every.filter(store__in=stores)


def told(rows: Sequence[SyncNote]) -> list[Told]:
    """One statement more: the names."""
    ids = {str(row.facts[fact]) for row in rows for fact in PEOPLE if row.facts.get(fact)} | {str(row.closed_by) for row in rows if row.closed_by}
    names = {str(id): name for id, name in User.objects.filter(id__in=ids).values_list("id", "name")} if ids else {}
    return [_told(row, names) for row in rows]


def _told(note: SyncNote, names: dict[str, str]) -> Told:
    where = Setting(
        till=note.till.name,
        currency=_currency(note),
        zone=ZoneInfo(note.store.timezone),
        at=note.happened_at,
        amount=note.amount,
        names=names,
    )
    mine = {str(note.facts[fact]): names.get(str(note.facts[fact]), "") for fact in PEOPLE if note.facts.get(fact)}
    return Told(
        note=note,
        story=story(Telling(note.kind, note.facts, where)),
        names=mine,
        closed_by=names.get(str(note.closed_by), "") if note.closed_by else "",
        fixes=fixes_of(note),
        under=rule_under(note),
    )


def _currency(note: SyncNote) -> str:
    """The sale's, where it is one."""
    said = note.facts.get("currency")
    return said if isinstance(said, str) and len(said) == 3 and said.isascii() and said.isalpha() and said.isupper() else note.store.currency


def fixes_of(note: SyncNote) -> tuple[str, ...]:
    """None for what is closed."""
    if note.closed_at is not None:
        return ()
    if note.kind == SyncNote.Kind.APART and note.facts.get("reason") == RELEASABLE:
        return "released", "seen"
    if note.kind == SyncNote.Kind.SHIFT and note.facts.get("what") == "left":
        return ("closed",)
    fixes = FIXES.get(note.kind, ("seen",))
    may_ask = note.facts.get("cashier") and answer_of(note) is None
    return fixes if may_ask else tuple(fix for fix in fixes if fix != "asked")


def answer_of(note: SyncNote) -> NoteQuestion | None:
    """What who was asked has said; None while nothing is."""
    question = getattr(note, "question", None)
    return question if question is not None and question.answered_at else None


def rule_under(note: SyncNote) -> int:
    """The next round amount above what this note is about."""
    unit = 10 ** exponent(note.store.currency)
    steps = (step * unit // 100 for step in STEPS)
    return next((step for step in steps if step > abs(note.amount)), 0) if note.kind == SyncNote.Kind.PRICE else 0


def open_notes(*, stores: Collection[UUID] | None) -> int:
    every = SyncNote.objects.filter(closed_at=None)
    return (every if stores is None else every.filter(store__in=stores)).count()


def today_of(*, store: Store, now: datetime) -> datetime:
    """When the store's business day began, by its clock."""
    day = business_date(store=store, at=now)
    began = datetime.combine(day, store.day_cutoff, tzinfo=ZoneInfo(store.timezone))
    return began if began <= now else now - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SaleShown:
    """The sale a note is about, as its till wrote it."""

    receipt: str
    currency: str
    total: int
    lines: tuple[dict[str, Any], ...] = ()
    tenders: tuple[dict[str, Any], ...] = field(default=())


def sale_of(*, note: SyncNote) -> SaleShown | None:
    """None where the note is about no sale, or about one whose text was kept apart."""
    text = JournalEntry.objects.filter(id=note.entry, till=note.till_id, kind="sale").values_list("text", flat=True).first() if note.entry else None
    if text is None:
        return None
    body = journal.body_of(journal.read(text))
    assert isinstance(body, journal.SaleBody)
    lines = tuple(
        {
            "name": line.name,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "discount": line.discount,
            "total": line.total,
            "price_source": line.price_source,
        }
        for line in body.lines[:MOST_LINES]
    )
    tenders = tuple({"kind": one.kind, "amount": one.amount} for one in body.tenders[:MOST_LINES])
    return SaleShown(receipt=body.receipt, currency=body.currency, total=body.total, lines=lines, tenders=tenders)
