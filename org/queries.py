"""What can be asked about the shop itself: stores, channels, keys, and which business day it is."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from kernel.errors import NotFound
from org.models import Channel, Company, Store, StoreGroup, User


def business_date(*, store: Store, at: datetime) -> date:
    """The store's day that `at` belongs to: it changes when the store's clock first reaches `day_cutoff`.

    The first time, because in autumn an hour comes twice and the day must not go back; in spring a cut-off inside
    the skipped hour is reached the moment the clock jumps over it.
    """
    local = at.astimezone(ZoneInfo(store.timezone))
    cutoff = datetime.combine(local.date(), store.day_cutoff, tzinfo=local.tzinfo)
    reached = local.time() >= store.day_cutoff or at >= cutoff.astimezone(UTC)
    return local.date() if reached else local.date() - timedelta(days=1)


def open_stores(*, stores: Collection[UUID] | None = None) -> list[Store]:
    """Stores that trade, by name; bounded by `stores` unless that is None."""
    within = Q() if stores is None else Q(id__in=stores)
    return list(Store.objects.filter(within, archived_at=None).select_related("company", "channel").order_by("name"))


def zone_of(*, stores: Collection[UUID] | None) -> ZoneInfo:
    """The zone of the first of these stores by name (None: of all); of any store for somebody who has none; else UTC."""
    mine = Q() if not stores else Q(id__in=stores)
    return ZoneInfo(Store.objects.filter(mine, archived_at=None).order_by("name").values_list("timezone", flat=True).first() or "UTC")


def store_of(*, id: UUID | None = None, code: str | None = None) -> Store:
    wanted = Q(id=id) if id else Q(code=code)
    store = Store.objects.select_related("company", "channel").filter(wanted).first()
    if store is None:
        raise NotFound("There is no such store.", field="store")
    return store


def channels() -> list[Channel]:
    return list(Channel.objects.order_by("code"))


def channel_of(*, code: str) -> Channel:
    channel = Channel.objects.filter(code=code).first()
    if channel is None:
        raise NotFound("There is no such channel.", field="channel")
    return channel


def web_channels() -> list[UUID]:
    """Where people shop by looking at pictures."""
    return list(Channel.objects.filter(kind=Channel.Kind.WEB).values_list("id", flat=True))


def store_groups() -> dict[str, set[str]]:
    """The codes of each group's stores, by the group's code."""
    found: dict[str, set[str]] = {}
    for code, store in StoreGroup.objects.order_by("name").values_list("code", "stores__code"):
        found.setdefault(code, set()).update([store] if store else [])
    return found


def shop_currency() -> str:
    """What costs are kept in: the currency of the first company."""
    return Company.objects.order_by("id").values_list("currency", flat=True).first() or "EUR"


def names_of_users(*, users: Collection[UUID]) -> dict[UUID, str]:
    """For screens that show who it was; people who are gone are missing."""
    return dict(User.objects.filter(id__in=list(users)).values_list("id", "name"))
