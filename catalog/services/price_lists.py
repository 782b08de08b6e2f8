"""Price lists: where their prices hold, and for whom. What they cost is brought in by catalog.services.price_changes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Max, Q

from catalog import names
from catalog.events import PricesChanged
from catalog.models import PriceEntry, PriceList
from catalog.services import changes
from catalog.services.changes import NotOneOf
from catalog.services.structure import CodeTaken
from kernel import outbox
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import Message
from org.queries import open_stores

CHANGEABLE: Final = ("name", "priority", "currency", "channel", "store_group", "customer_group", "stores")
# What decides whose prices they are: prices that hold, or have held, do not move to other places.
WHERE: Final = ("currency", "channel", "store_group", "customer_group", "stores")


class UnknownPriceList(NotFound):
    code = "price_list_not_found"
    title = "There is no such price list"


class PriceListArchived(Conflict):
    code = "price_list_archived"
    title = "This price list is archived"


class PriceListInUse(Conflict):
    code = "price_list_in_use"
    title = "This price list has prices"


@dataclass
class ListChange:
    """Set `change` to what happened; leave it empty when nothing did, and no event is recorded."""

    row: PriceList
    change: str = field(default="")


@contextmanager
def listing(*, price_list: UUID, now: datetime, actor: UUID | None, archived: bool = False) -> Iterator[ListChange]:
    """The list locked: who holds it is the only one who brings prices into it, and has its next sequence."""
    with changes.written_by(actor):
        row = PriceList.objects.select_for_update(no_key=True, of=("self",)).filter(id=price_list).first()
        if row is None:
            raise UnknownPriceList(field="price_list")
        if row.archived_at is not None and not archived:
            raise PriceListArchived(f"{row.name} is archived. Bring it back first, or use another list.", field="price_list")
        change = ListChange(row)
        yield change
        if change.change:
            tell(row, change.change, now=now)


def tell(row: PriceList, change: str, *, now: datetime) -> None:
    last = Message.objects.filter(aggregate_type=PricesChanged.aggregate_type, aggregate_id=row.id).aggregate(last=Max("sequence"))["last"] or 0
    outbox.record(PricesChanged(aggregate_id=row.id, sequence=last + 1, store=None, change=change, code=row.code), now=now)


def create_price_list(
    *,
    name: str,
    currency: str,
    now: datetime,
    actor: UUID | None,
    code: str = "",
    channel: UUID | None = None,
    store_group: UUID | None = None,
    stores: Collection[UUID] = (),
    customer_group: str = "",
    priority: int = 0,
) -> PriceList:
    """For one channel, one group of stores, the stores named, or, with none of them, everywhere. `code` is made of the name when empty."""
    row = PriceList(name=name, currency=currency, code=code, customer_group=customer_group, priority=priority, created_at=now)
    row.channel_id, row.store_group_id = channel, store_group
    with changes.written_by(actor):
        row.code = code or free_code(name)
        _check(row, stores)
        with _one_code(row):
            row.save(force_insert=True)
        row.stores.set(_known_stores(stores, row.currency))
        tell(row, "created", now=now)
    return row


def change_price_list(*, price_list: UUID, fields: Mapping[str, Any], now: datetime, actor: UUID | None) -> PriceList:
    """`fields`: name, priority; and, while no price of it holds or has held, currency, channel, store_group, stores, customer_group."""
    unknown = sorted(set(fields) - set(CHANGEABLE))
    if unknown:
        raise NotOneOf(f"{', '.join(unknown)} cannot be changed here.", field=unknown[0])
    with listing(price_list=price_list, now=now, actor=actor) as change:
        row = change.row
        held = {store.id for store in row.stores.all()}
        before = _told(row, held)
        for name, value in fields.items():
            if name != "stores":
                setattr(row, f"{name}_id" if name in ("channel", "store_group") else name, value)
        stores = set(fields.get("stores", held))
        _check(row, stores)
        after = _told(row, stores)
        moved = [name for name in WHERE if before[name] != after[name]]
        if moved and row.entries.filter(live=True).exists():
            raise PriceListInUse("Its prices hold where they were meant for. Make another list for another place.", field=moved[0])
        if before != after:
            row.save()
            if stores != held:
                row.stores.set(_known_stores(stores, row.currency))
            change.change = "changed"
    return change.row


def archive_price_list(*, price_list: UUID, now: datetime, actor: UUID | None) -> PriceList:
    """Its prices end now; those that have not begun never will."""
    with listing(price_list=price_list, now=now, actor=actor, archived=True) as change:
        if change.row.archived_at is None:
            with begun_meanwhile():
                end_all(change.row, now=now)
            change.row.archived_at = now
            change.row.save(update_fields=["archived_at"])
            change.change = "archived"
    return change.row


def restore_price_list(*, price_list: UUID, now: datetime, actor: UUID | None) -> PriceList:
    """Without prices: they ended when it was archived."""
    with listing(price_list=price_list, now=now, actor=actor, archived=True) as change:
        if change.row.archived_at is not None:
            change.row.archived_at = None
            change.row.save(update_fields=["archived_at"])
            change.change = "changed"
    return change.row


@contextmanager
def begun_meanwhile() -> Iterator[None]:
    """The database goes by its own clock: what was still to begin a moment ago may have begun."""
    try:
        with changes.written_by(None):
            yield
    except IntegrityError as error:
        if (getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or "") != "price_entry_stands":
            raise
        raise Conflict("A price has begun just now. Look again.", field="entries") from error


def end_all(row: PriceList, *, now: datetime) -> None:
    live = PriceEntry.objects.filter(price_list=row, live=True)
    live.filter(starts_at__gt=now).update(live=False)
    live.filter(Q(ends_at=None) | Q(ends_at__gt=now)).update(ends_at=now)


def free_code(name: str) -> str:
    """Of the name; numbered where that is taken."""
    wanted = names.handle(name, length=50).encode("ascii", "ignore").decode().strip("-_") or "prices"
    taken = set(PriceList.objects.filter(code__startswith=wanted).values_list("code", flat=True))
    return next(code for number in range(1, len(taken) + 2) if (code := wanted if number == 1 else f"{wanted}-{number}") not in taken)


def _told(row: PriceList, stores: Collection[UUID]) -> dict[str, Any]:
    plain = ("name", "priority", "currency", "channel_id", "store_group_id", "customer_group")
    return {name.removesuffix("_id"): getattr(row, name) for name in plain} | {"stores": set(stores)}


def _check(row: PriceList, stores: Collection[UUID]) -> None:
    row.name = " ".join(row.name.split())
    try:
        row.clean_fields(exclude=["id", "channel", "store_group"])
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error
    if not (len(row.currency) == 3 and row.currency.isascii() and row.currency.isupper()):
        raise Invalid(f"“{row.currency[:10]}” is not a currency code such as EUR.", field="currency")
    if not -1000 <= row.priority <= 1000:
        raise Invalid("A priority is a whole number from -1000 to 1000.", field="priority")
    if sum((row.channel_id is not None, row.store_group_id is not None, bool(stores))) > 1:
        raise Invalid("A price list is for a channel, a group of stores or the stores named: choose one.", field="stores" if stores else "channel")
    if row.channel_id is not None and row.channel is not None and row.channel.currency != row.currency:
        raise Invalid(f"{row.channel.name} sells in {row.channel.currency}.", field="currency")


def _known_stores(stores: Collection[UUID], currency: str) -> Sequence[Any]:
    if not stores:
        return []
    known = open_stores(stores=stores)
    if len(known) != len(set(stores)):
        raise Invalid("There is no such store.", field="stores")
    other = next((store for store in known if store.currency != currency), None)
    if other is not None:
        raise Invalid(f"{other.name} sells in {other.currency}.", field="currency")
    return known


@contextmanager
def _one_code(row: PriceList) -> Iterator[None]:
    try:
        with changes.written_by(None):
            yield
    except IntegrityError as error:
        if "code" not in (getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""):
            raise
        raise CodeTaken(f"There is a price list {row.code}.", field="code") from error
