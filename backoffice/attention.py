"""What needs a person, most urgent first, and the small counts in the navigation. Only what the person asking may see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import queries
from catalog import price_calendar
from kernel import outbox
from orders.queries import attention as selling
from org.access import allows, stores_for
from org.templatetags.office import moment_text, program_name, quantity_text
from pos import queries as tills

# A failure older than this has been seen, or nobody misses the file.
FRESH = timedelta(days=7)
MANY = 999


@dataclass(frozen=True, slots=True)
class Item:
    """`kind` is bad or warning; `do` names what the link leads to."""

    kind: str
    icon: str
    title: str
    text: str
    do: str
    link: str


def items(*, user: Any, now: datetime) -> list[Item]:
    found: list[Item] = []
    if allows(user, "pos.manage"):
        found += journal_items(user, now)
    if allows(user, "payments.view"):
        found += payment_items()
    if allows(user, "orders.manage"):
        found += review_items(user)
    if allows(user, "books.view"):
        found += book_items(now)
    if allows(user, "deliveries.view"):
        found += parked_items()
    if allows(user, "inventory.view"):
        found += stock_items(user)
    if allows(user, "pos.manage"):
        found += shift_items(user, now)
    if allows(user, "deliveries.view"):
        found += waiting_items()
    if allows(user, "customers.edit"):
        found += duplicate_items()
    if allows(user, "pricing.approve"):
        found += approval_items(user)
    if allows(user, "catalog.edit"):
        found += import_items(now)
    return sorted(found, key=lambda item: item.kind != "bad")


def journal_items(user: Any, now: datetime) -> Iterator[Item]:
    trouble = tills.attention(stores=stores_for(user, "pos.manage"), now=now)
    journal = reverse("admin:pos_journalentry_changelist")
    if trouble.failed:
        title = ngettext("%(n)s sale could not be posted", "%(n)s sales could not be posted", trouble.failed) % {"n": trouble.failed}
        yield Item(
            "bad",
            "stop",
            title,
            _("Safe in the journal, not yet an order. See why, then post again."),
            _("See them"),
            f"{journal}?posting__exact=failed",
        )
    if trouble.conflicts:
        title = ngettext("%(n)s journal entry came twice, with two texts", "%(n)s journal entries came twice, with two texts", trouble.conflicts)
        yield Item("bad", "stop", title % {"n": trouble.conflicts}, _("Both are kept. Only one can have happened."), _("Compare"), journal)
    if trouble.quarantined:
        title = ngettext("%(n)s journal entry is kept apart", "%(n)s journal entries are kept apart", trouble.quarantined)
        text = _("Its seal, its place or its till did not fit. It is not sold until a person says so.")
        yield Item("bad", "shield", title % {"n": trouble.quarantined}, text, _("Judge"), f"{journal}?state__exact=quarantined")
    if trouble.late:
        title = ngettext("%(n)s entry waits longer than 5 minutes", "%(n)s entries wait longer than 5 minutes", trouble.late)
        yield Item("warning", "clock", title % {"n": trouble.late}, _("Is the worker running?"), _("See them"), f"{journal}?posting__exact=pending")
    if trouble.notes:
        title = ngettext("%(n)s sale was not as expected", "%(n)s sales were not as expected", trouble.notes) % {"n": trouble.notes}
        link = f"{reverse('admin:pos_syncnote_changelist')}?state=open"
        yield Item("warning", "till", title, _("They stand as the customers paid. One tap each tidies up."), _("See them"), link)


def payment_items() -> Iterator[Item]:
    """Money whose standing nobody knows, or that two books tell differently."""
    trouble = selling.trouble()
    if trouble.attempts:
        title = ngettext("%(n)s payment needs review", "%(n)s payments need review", trouble.attempts) % {"n": trouble.attempts}
        text = _("What the provider said does not fit. A person decides.")
        yield Item("bad", "card", title, text, _("See them"), f"{reverse('admin:orders_attempt_changelist')}?state__exact=review")
    if trouble.discrepancies:
        title = ngettext("%(n)s payment differs from the provider's book", "%(n)s payments differ from the provider's book", trouble.discrepancies)
        link = f"{reverse('admin:orders_discrepancy_changelist')}?state__exact=open"
        yield Item("warning", "card", title % {"n": trouble.discrepancies}, _("Ours and theirs stand beside each other."), _("Compare"), link)


def review_items(user: Any) -> Iterator[Item]:
    count = selling.to_review(stores=stores_for(user, "orders.manage"))
    if count:
        title = ngettext("%(n)s order needs review", "%(n)s orders need review", count) % {"n": count}
        link = f"{reverse('admin:orders_order_changelist')}?status__exact=review"
        yield Item("bad", "receipt", title, _("Its money does not fit it. Nothing is guessed."), _("See them"), link)


def book_items(now: datetime) -> Iterator[Item]:
    days = selling.unbooked_days(now=now)
    if days:
        title = _("%(day)s is not whole in the books yet") % {"day": date_format(days[0], "j M Y")}
        text = _("Something of it was not booked, or a drawer was not counted.")
        yield Item("warning", "ledger", title, text, _("See the day"), f"{reverse('admin:orders_bookline_changelist')}?on={days[0].isoformat()}")


def duplicate_items() -> Iterator[Item]:
    count = selling.duplicates()
    if count:
        title = ngettext("%(n)s pair of customers may be one", "%(n)s pairs of customers may be one", count) % {"n": count}
        text = _("The same e-mail, phone, or name and postcode.")
        yield Item("warning", "person", title, text, _("Compare"), reverse("admin:customers_suggestion_changelist"))


def parked_items() -> Iterator[Item]:
    for subscriber, count in queries.parked().items():
        title = ngettext("%(n)s delivery to %(to)s was given up", "%(n)s deliveries to %(to)s were given up", count)
        link = f"{reverse('admin:kernel_delivery_changelist')}?state__exact=parked&subscriber={subscriber}"
        yield Item(
            "bad", "bolt", title % {"n": count, "to": program_name(subscriber)}, _("Nothing is lost. Mend the cause, then retry."), _("Retry"), link
        )


def waiting_items() -> Iterator[Item]:
    for subscriber in outbox.subscribers():
        obstacle = subscriber.obstacle()
        count = queries.waiting(subscriber=subscriber.name) if obstacle else 0
        if count:
            title = ngettext("%(n)s event waits for %(to)s", "%(n)s events wait for %(to)s", count) % {
                "n": count,
                "to": program_name(subscriber.name),
            }
            yield Item("warning", "bolt", title, obstacle, _("See them"), f"{reverse('admin:kernel_delivery_changelist')}?state__exact=pending")


def stock_items(user: Any) -> Iterator[Item]:
    stores = stores_for(user, "inventory.view")
    for task in queries.recalls_to_look_for(stores=stores, first=3):
        title = _("Take lot %(code)s off the shelf at %(place)s") % {"code": task.recall.lot.code, "place": task.location.name}
        yield Item("bad", "stop", title, task.recall.reason, _("See recall"), reverse("admin:inventory_recall_change", args=[task.recall_id]))
    worst = queries.worst_stock(stores=stores, first=3)
    for level in worst:
        name = f"{level.variant.product.name} {level.variant.name}".strip()
        title = _("%(name)s: %(n)s at %(place)s") % {"name": name, "n": quantity_text(level.on_hand), "place": level.location.name}
        link = reverse("admin:inventory_level_change", args=[level.pk])
        yield Item("warning", "box", title, _("More was sold than the book knew of. Count the shelf."), _("Why?"), link)
    if len(worst) == 3:
        count = queries.below_zero(stores=stores).count() - 3
        if count > 0:
            title = ngettext("%(n)s more below zero", "%(n)s more below zero", count) % {"n": count}
            link = f"{reverse('admin:inventory_level_changelist')}?on_hand=negative"
            yield Item("warning", "box", title, _("Sold, but never booked in."), _("See them"), link)


def shift_items(user: Any, now: datetime) -> Iterator[Item]:
    for shift in queries.long_shifts(stores=stores_for(user, "pos.manage"), now=now):
        title = _("%(till)s: shift open since %(at)s") % {"till": shift.till, "at": moment_text(shift.opened_at, shift.till.store.timezone)}
        link = reverse("admin:pos_shift_change", args=[shift.pk])
        yield Item("warning", "till", title, _("The drawer was not counted."), _("See shift"), link)


def approval_items(user: Any) -> Iterator[Item]:
    for one in queries.waiting_for_approval(user=user.pk, first=3):
        link = reverse(f"admin:{one._meta.label_lower.replace('.', '_')}_change", args=[one.pk])
        yield Item("warning", "price", _("%(name)s waits for your approval") % {"name": one.name}, one.reason, _("Look at it"), link)


def import_items(now: datetime) -> Iterator[Item]:
    for run in queries.waiting_imports(since=now - FRESH, first=3):
        link = reverse("admin:catalog_importrun_change", args=[run.pk])
        name = {"name": run.name}
        if run.state == run.State.FAILED:
            yield Item("bad", "stop", _("The import of %(name)s failed") % name, run.error or _("It ended before it was done."), _("See why"), link)
        elif run.state == run.State.UPLOADED:
            text = _("Say what stands in its columns. Nothing is saved yet.")
            yield Item("warning", "import", _("%(name)s waits for its columns") % name, text, _("Match"), link)
        else:
            yield Item("warning", "import", _("%(name)s is ready to review") % name, review_text(run.tally), _("Review"), link)


def review_text(tally: dict[str, int]) -> str:
    parts = {"n": f"{tally.get('created', 0):,}", "changed": f"{tally.get('changed', 0):,}", "refused": f"{tally.get('refused', 0):,}"}
    return _("%(n)s new, %(changed)s changed, %(refused)s refused. Nothing is saved yet.") % parts


# What the navigation counts, for whom, and of what: all that somebody may see is asked in one statement.
COUNTED: dict[str, tuple[str, Callable[[Any], QuerySet[Any]]]] = {
    "prices": ("pricing.view", lambda user: price_calendar.waiting_changes()),
    "tasks": ("inventory.view", lambda user: queries.open_tasks(stores=stores_for(user, "inventory.view"))),
    "review": ("orders.view", lambda user: selling.in_review(stores=stores_for(user, "orders.view"))),
    "duplicates": ("customers.edit", lambda user: selling.suggested()),
    "differences": ("payments.view", lambda user: selling.differing()),
    "deliveries": ("deliveries.view", lambda user: queries.parked_deliveries()),
}


def stock_tasks_badge(request: HttpRequest) -> str:
    return _count(_counted(request)["tasks"])


def review_badge(request: HttpRequest) -> str:
    return _count(_counted(request)["review"])


def duplicates_badge(request: HttpRequest) -> str:
    return _count(_counted(request)["duplicates"])


def differences_badge(request: HttpRequest) -> str:
    return _count(_counted(request)["differences"])


def inbox_badge(request: HttpRequest) -> str:
    return _count(_journal(request).notes)


def journal_badge(request: HttpRequest) -> str:
    trouble = _journal(request)
    return _count(trouble.failed + trouble.quarantined + trouble.conflicts)


def _journal(request: HttpRequest) -> tills.Attention:
    """Asked once a page, for both its counts."""
    held = getattr(request, "journal_attention", None)
    if held is None:
        held = tills.attention(stores=stores_for(request.user, "pos.manage"), now=timezone.now())
        request.journal_attention = held  # type: ignore[attr-defined]
    return held


def deliveries_badge(request: HttpRequest) -> str:
    return _count(_counted(request)["deliveries"])


def waiting_prices_badge(request: HttpRequest) -> str:
    return _count(_counted(request)["prices"])


def _counted(request: HttpRequest) -> dict[str, int]:
    """Asked once a page, for all its counts; what this person may not see is nothing."""
    held = getattr(request, "navigation_counts", None)
    if held is None:
        seen = {name: rows(request.user) for name, (permission, rows) in COUNTED.items() if allows(request.user, permission)}
        # Not counted to the end: with 150,000 open tasks that would be felt on every page, and told nobody anything.
        held = dict.fromkeys(COUNTED, 0) | queries.counted(seen, most=MANY + 1)
        request.navigation_counts = held  # type: ignore[attr-defined]
    return held


def _count(number: int) -> str:
    if number > MANY:
        return f"{MANY:,}+"
    return f"{number:,}" if number else ""
