"""What the home page and the search ask across apps. Plain values out; bounded by the stores of whoever asks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour
from django.utils.translation import gettext as _

from catalog.models import ImportRun, PriceChange, Promotion
from inventory.models import Level, Task
from kernel.models import AuditEntry, Delivery
from orders.matches import orders as matching_orders
from orders.models import Order
from org.models import Company, Store, User
from org.queries import business_date
from pos.models import Shift

Stores = Collection[UUID] | None
WEEK = timedelta(days=7)


def company_name() -> str:
    return Company.objects.order_by("id").values_list("name", flat=True).first() or ""


def within(rows: QuerySet[Any], stores: Stores, path: str) -> QuerySet[Any]:
    return rows if stores is None else rows.filter(**{f"{path}__in": stores})


@dataclass(frozen=True, slots=True)
class Takings:
    """One place: today until now, and the same weekday last week until the same time. Minor units, tax included."""

    name: str
    code: str
    currency: str
    today: int
    baskets: int
    before: int
    baskets_before: int


def takings(*, stores: Stores, now: datetime) -> list[Takings]:
    """Every open store, those that have sold nothing included, by name; orders without a store stand under their channel."""
    open_stores = list(within(Store.objects.filter(archived_at=None), stores, "id").select_related("channel").order_by("name"))
    days = {store.id: business_date(store=store, at=now) for store in open_stores}
    sold: dict[tuple[UUID | None, str, str], dict[date, dict[str, int]]] = {}
    for row in sold_by_day(stores=stores, days=set(days.values()) or {now.date()}, now=now):
        sold.setdefault((row["store"], row["channel__name"], row["currency"]), {})[row["business_date"]] = row
    rows = []
    for store in open_stores:
        found = sold.get((store.id, store.channel.name, store.currency), {})
        rows.append(_takings(store.name, store.code, store.currency, found, days[store.id]))
    for (store_id, channel, currency), found in sold.items():
        if store_id is None:
            rows.append(_takings(channel, "", currency, found, now.date()))
    return rows


def sold_by_day(*, stores: Stores, days: Collection[date], now: datetime) -> QuerySet[Any]:
    wanted = [*days, *(day - WEEK for day in days)]
    by_now = Q(placed_at__lte=now - WEEK) | Q(business_date__in=days)
    # What is not paid is not sold yet.
    orders = within(Order.objects.filter(business_date__in=wanted, status=Order.Status.PAID), stores, "store").order_by()
    return orders.values("store", "channel__name", "currency", "business_date").annotate(
        sum=Sum("total", filter=by_now, default=0), n=Count("id", filter=by_now)
    )


def _takings(name: str, code: str, currency: str, found: dict[date, dict[str, int]], day: date) -> Takings:
    nothing = {"sum": 0, "n": 0}
    today, before = found.get(day, nothing), found.get(day - WEEK, nothing)
    return Takings(name, code, currency, today["sum"], today["n"], before["sum"], before["n"])


def by_hour(*, stores: Stores, currency: str, day: date) -> dict[date, list[tuple[datetime, int]]]:
    """Sums per clock hour of the day and of the same weekday a week before."""
    paid = Order.objects.filter(business_date__in=[day, day - WEEK], currency=currency, status=Order.Status.PAID)
    orders = within(paid, stores, "store")
    rows = orders.annotate(hour=TruncHour("placed_at")).order_by("hour").values_list("business_date", "hour").annotate(sum=Sum("total"))
    hours: dict[date, list[tuple[datetime, int]]] = {day: [], day - WEEK: []}
    for at, hour, total in rows:
        hours[at].append((hour, total))
    return hours


def counted(rows: Mapping[str, QuerySet[Any]], *, most: int) -> dict[str, int]:
    """How many there are of each, up to `most`, in one statement. What nobody can be in is none and not asked."""
    asked: dict[str, str] = {}
    values: list[Any] = []
    for name, one in rows.items():
        try:
            statement, given = one.order_by().values("pk")[:most].query.sql_with_params()
        except EmptyResultSet:
            continue
        asked[name] = f"(select count(*) from ({statement}) c)"  # noqa: S608  # the ORM made it
        values += given
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(asked.values())}", values)
        return dict(zip(asked, cursor.fetchone(), strict=True))


def parked_deliveries() -> QuerySet[Delivery]:
    """Given up."""
    return Delivery.objects.filter(state=Delivery.State.PARKED)


def parked() -> dict[str, int]:
    """Deliveries given up, by whom they were for."""
    rows = parked_deliveries().order_by().values_list("subscriber")
    return dict(rows.annotate(n=Count("id")).order_by("subscriber"))


def waiting(*, subscriber: str) -> int:
    return Delivery.objects.filter(state=Delivery.State.PENDING, subscriber=subscriber).count()


def below_zero(*, stores: Stores) -> QuerySet[Level]:
    return within(Level.objects.filter(on_hand__lt=0), stores, "location__store")


def worst_stock(*, stores: Stores, first: int) -> list[Level]:
    return list(below_zero(stores=stores).select_related("variant__product", "location").order_by("on_hand", "id")[:first])


def open_tasks(*, stores: Stores) -> QuerySet[Task]:
    """Of stock: an index of its own holds those that are open."""
    return within(Task.objects.filter(done_at=None), stores, "location__store")


def recalls_to_look_for(*, stores: Stores, first: int) -> list[Any]:
    found = open_tasks(stores=stores).filter(kind=Task.Kind.RECALL).select_related("recall__lot", "location")
    return list(found.order_by("id")[:first])


def long_shifts(*, stores: Stores, now: datetime) -> list[Shift]:
    """Open for more than a day: somebody went home without counting."""
    forgotten = within(Shift.objects.filter(closed_at=None, opened_at__lt=now - timedelta(days=1)), stores, "till__store")
    return list(forgotten.select_related("till__store").order_by("opened_at")[:5])


def recent_shifts(*, stores: Stores, first: int) -> list[Any]:
    shifts = within(Shift.objects.select_related("till__store"), stores, "till__store")
    return list(shifts.order_by("-opened_at", "-id")[:first])


def recent_changes(*, first: int) -> list[AuditEntry]:
    """Who, what and when; the records themselves stay where they are."""
    return list(AuditEntry.objects.only("table", "row", "action", "actor", "at").order_by("-id")[:first])


def recent_imports(*, first: int) -> list[ImportRun]:
    """Runs that have ended, the newest uploads first."""
    ended = (ImportRun.State.APPLIED, ImportRun.State.UNDONE, ImportRun.State.FAILED)
    return list(ImportRun.objects.filter(state__in=ended).defer("mapping", "fixes").order_by("-created_at", "id")[:first])


def waiting_for_approval(*, user: UUID, first: int) -> list[PriceChange | Promotion]:
    """What somebody else has drafted and this person could let in, the longest waiting first."""
    changes = PriceChange.objects.filter(state=PriceChange.State.WAITING).exclude(made_by=user).order_by("made_at")[:first]
    promotions = Promotion.objects.filter(state=Promotion.State.WAITING).exclude(changed_by=user).order_by("changed_at")[:first]
    found: list[PriceChange | Promotion] = [*changes]
    return [*found, *promotions][:first]


def waiting_imports(*, since: datetime, first: int) -> list[ImportRun]:
    """Runs that wait for a person: columns to match, a plan to review, a failure nobody could have seen before `since`."""
    waits = Q(state__in=(ImportRun.State.UPLOADED, ImportRun.State.REVIEW)) | Q(state=ImportRun.State.FAILED, created_at__gte=since)
    return list(ImportRun.objects.filter(waits).defer("mapping", "fixes").order_by("-created_at", "id")[:first])


def people(ids: Collection[Any]) -> dict[str, str]:
    return {str(key): name for key, name in User.objects.filter(pk__in=ids).values_list("id", "name")}


def program(actor: str) -> str:
    """Who did it when it was nobody of the staff: a command or a process, which the audit trail names by its database role."""
    return _("System") if not actor or actor.startswith("database:") else actor


def find_orders(*, term: str, stores: Stores, first: int) -> list[Order]:
    found = within(Order.objects.filter(pk__in=matching_orders(term)), stores, "store")
    return list(found.select_related("store", "channel").order_by("-placed_at", "-id")[:first])


def open_stores(stores: Stores, *, first: int) -> list[Store]:
    """By name."""
    return list(within(Store.objects.filter(archived_at=None), stores, "pk").order_by("name")[:first])


def held_by_product(products: Sequence[UUID], stores: Stores) -> dict[UUID, dict[UUID | None, int]]:
    """Thousandths on hand by product and store; a warehouse's under None, for those who see every store."""
    levels = within(Level.objects.filter(variant__product__in=products), stores, "location__store")
    found: dict[UUID, dict[UUID | None, int]] = {product: {} for product in products}
    for product, store, held in levels.values_list("variant__product", "location__store").annotate(held=Sum("on_hand")).order_by():
        found[product][store] = held
    return found
