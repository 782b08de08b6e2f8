"""Changes of list prices: drafted, looked at by a second person where the settings ask for one, brought in together, ended."""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from catalog import price_places
from catalog.models import PriceChange, PriceEntry, PriceList, Variant
from catalog.services import changes, price_review
from catalog.services.price_lists import ListChange, begun_meanwhile, listing
from catalog.services.prices import HIGHEST, WIDEST
from kernel.errors import Conflict, Invalid, NotFound, Refused
from kernel.money import format_amount
from org import settings

MOST: Final = 5_000
NAMED: Final = 3
State = PriceChange.State


class UnknownPriceChange(NotFound):
    code = "price_change_not_found"
    title = "There is no such change of prices"


class PriceChangeState(Conflict):
    code = "price_change_state"
    title = "This change of prices is past that"


class PriceOverlaps(Conflict):
    code = "price_overlaps"
    title = "Another price stands there at the same time"


class PriceOver(Refused):
    code = "price_over"
    title = "This price would have ended already"


class FourEyes(Refused):
    code = "four_eyes"
    title = "Somebody else has to approve this"


class NoPrices(Refused):
    code = "no_prices"
    title = "There are no prices in it"


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """`amount` minor units for `price_quantity` thousandths, for who buys `from_quantity` thousandths or more (empty: one piece, or any weight).
    Without `starts_at` from the moment it comes in, without `ends_at` for good; both are store times."""

    variant: UUID
    amount: int
    price_quantity: int = 1000
    from_quantity: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@contextmanager
def deciding(change: UUID, *, states: Collection[str], now: datetime, actor: UUID | None) -> Iterator[tuple[PriceChange, ListChange]]:
    """The list is locked before the change, everywhere in this order."""
    price_list = PriceChange.objects.filter(id=change).values_list("price_list", flat=True).first()
    if price_list is None:
        raise UnknownPriceChange(field="change")
    with listing(price_list=price_list, now=now, actor=actor) as held:
        row = PriceChange.objects.select_for_update(no_key=True).get(id=change)
        if row.state not in states:
            raise PriceChangeState(f"“{row.name}” is {row.get_state_display().lower()} already.", field="change", state=row.state)
        yield row, held


# Drafting


def draft_change(*, price_list: UUID, name: str, entries: Sequence[NewEntry], now: datetime, actor: UUID) -> PriceChange:
    """Prices that go together; nothing holds before it is submitted."""
    with listing(price_list=price_list, now=now, actor=actor) as held:
        change = PriceChange(price_list=held.row, name=_named(name), made_by=actor, made_at=now)
        rows = _checked(entries, held.row, now)
        change.save(force_insert=True)
        _put(change, rows)
    return change


def redraft_change(*, change: UUID, now: datetime, actor: UUID, name: str | None = None, entries: Sequence[NewEntry] | None = None) -> PriceChange:
    """A draft, or what was refused or taken back, written anew: by `actor`, who is then the one that may not approve it."""
    with deciding(change, states=(State.DRAFT, State.REFUSED, State.WITHDRAWN), now=now, actor=actor) as (row, held):
        row.name = row.name if name is None else _named(name)
        rows = None if entries is None else _checked(entries, held.row, now)
        row.state, row.reason, row.made_by, row.made_at = State.DRAFT, "", actor, now
        row.decided_by = row.decided_at = None
        row.save()
        if rows is not None:
            row.entries.all().delete()
            _put(row, rows)
    return row


def _named(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > 100:
        raise Invalid("A change of prices has a name of at most 100 characters.", field="name")
    return plain


def _put(change: PriceChange, rows: Sequence[PriceEntry]) -> None:
    for row in rows:
        row.change = change
    PriceEntry.objects.bulk_create(rows)


def _checked(entries: Sequence[NewEntry], price_list: PriceList, now: datetime) -> list[PriceEntry]:
    if not entries:
        raise NoPrices("Name at least one price.", field="entries")
    if len(entries) > MOST:
        raise Invalid(f"A change holds {MOST:,} prices at most.", field="entries")
    known = Variant.objects.only("id", "sku", "sold_by", "archived_at").in_bulk({entry.variant for entry in entries})
    rows = [_entry(entry, known.get(entry.variant), price_list, now) for entry in entries]
    _must_not_meet(rows, {variant.id: variant.sku for variant in known.values()})
    return rows


def _entry(entry: NewEntry, variant: Variant | None, price_list: PriceList, now: datetime) -> PriceEntry:
    if variant is None:
        raise Invalid("There is no such variant.", field="variant")
    if variant.archived_at is not None:
        raise Invalid(f"{variant.sku} is archived.", field="variant")
    if not 0 <= entry.amount <= HIGHEST:
        raise Invalid(f"{variant.sku}: a price is zero or more, and at most ten billion.", field="amount")
    if not 0 < entry.price_quantity <= WIDEST:
        raise Invalid(f"{variant.sku}: a price is for more than nothing, and for at most a million.", field="price_quantity")
    by_weight = variant.sold_by == Variant.SoldBy.WEIGHT
    from_quantity = entry.from_quantity if entry.from_quantity is not None else (1 if by_weight else 1000)
    if not 0 < from_quantity <= WIDEST or (from_quantity % 1000 and not by_weight):
        raise Invalid(f"{variant.sku}: a price holds from a number of {'kilograms' if by_weight else 'whole pieces'} on.", field="from_quantity")
    _must_lie_ahead(entry, variant.sku, now)
    return PriceEntry(
        price_list=price_list,
        variant=variant,
        amount=entry.amount,
        price_quantity=entry.price_quantity,
        from_quantity=from_quantity,
        # What has passed is charged already: it starts now.
        starts_at=max(entry.starts_at, now) if entry.starts_at else None,
        ends_at=entry.ends_at,
    )


def _must_lie_ahead(entry: NewEntry, sku: str, now: datetime) -> None:
    for name, at in (("starts_at", entry.starts_at), ("ends_at", entry.ends_at)):
        if at is not None and at.tzinfo is None:
            raise Invalid("A time names its zone.", field=name)
    if entry.ends_at is None:
        return
    if entry.starts_at is not None and entry.ends_at <= entry.starts_at:
        raise Invalid(f"{sku}: a price ends after it starts.", field="ends_at")
    if entry.ends_at <= now:
        raise PriceOver(f"{sku}: a price cannot end before now.", field="ends_at")


def _must_not_meet(rows: Sequence[PriceEntry], skus: dict[UUID, str]) -> None:
    """In one change: two prices of a variant at the same time from the same quantity on."""
    placed = sorted(rows, key=lambda row: (row.variant_id, row.from_quantity, row.starts_at is not None, row.starts_at and row.starts_at.timestamp()))
    for one, other in zip(placed, placed[1:], strict=False):
        same = (one.variant_id, one.from_quantity) == (other.variant_id, other.from_quantity)
        if same and (one.ends_at is None or other.starts_at is None or one.ends_at > other.starts_at):
            raise PriceOverlaps(f"{skus[one.variant_id]} stands twice in this change at the same time.", field="entries")


# Deciding


def submit_change(*, change: UUID, now: datetime, actor: UUID, replace: bool = False) -> PriceChange:
    """Brings the prices in at once, or, where the settings ask for it, waits for a second person and says why in `reason`. `replace`: prices
    of the list that stand in the way make room; otherwise they are refused with price_overlaps."""
    with deciding(change, states=(State.DRAFT,), now=now, actor=actor) as (row, held):
        entries = list(row.entries.order_by("id"))
        if not entries:
            raise NoPrices("There is no price in it yet.", field="entries")
        row.replaces, row.reason = replace, why_two(held.row, entries, now=now)
        if row.reason:
            row.state = State.WAITING
            if not replace:
                must_not_overlap(row, now=now)
        else:
            _bring_in(row, now=now)
            _decide(row, State.APPROVED, now=now, actor=actor)
            held.change = "prices"
        row.save()
    return row


def approve_change(*, change: UUID, now: datetime, actor: UUID) -> PriceChange:
    """By somebody else than who made it. What should have begun meanwhile begins now."""
    with deciding(change, states=(State.WAITING,), now=now, actor=actor) as (row, held):
        if actor == row.made_by:
            raise FourEyes("You made this change: somebody else has to approve it.", field="change")
        _bring_in(row, now=now)
        _decide(row, State.APPROVED, now=now, actor=actor)
        row.save()
        held.change = "prices"
    return row


def refuse_change(*, change: UUID, remark: str, now: datetime, actor: UUID) -> PriceChange:
    plain = " ".join(remark.split())
    if not plain or len(plain) > 300:
        raise Invalid("Say in at most 300 characters why not.", field="remark")
    with deciding(change, states=(State.WAITING,), now=now, actor=actor) as (row, _held):
        row.remark = plain
        _decide(row, State.REFUSED, now=now, actor=actor)
        row.save()
    return row


def withdraw_change(*, change: UUID, now: datetime, actor: UUID) -> PriceChange:
    """Before it holds; prices that hold are ended instead."""
    with deciding(change, states=(State.DRAFT, State.WAITING), now=now, actor=actor) as (row, _held):
        _decide(row, State.WITHDRAWN, now=now, actor=actor)
        row.save()
    return row


def _decide(row: PriceChange, state: str, *, now: datetime, actor: UUID) -> None:
    row.state, row.decided_by, row.decided_at = state, actor, now


def why_two(price_list: PriceList, entries: Sequence[PriceEntry], *, now: datetime) -> str:
    """Why a second person has to look; empty when nobody has to."""
    bounds = price_review.limits()
    if not bounds:
        return ""
    lists = price_places.price_lists(price_list.currency)
    own = next(one for one in lists if one.id == price_list.id)
    reviewed = price_review.review(lists=lists, own=own, entries=entries, currency=price_list.currency, now=now)
    return price_review.reason_of(reviewed, bounds)


# Coming in

# The prices of the list that stand in the way, with what is left of each beside the new ones.
MET = """
select o.id, o.variant_id, o.amount, o.price_quantity, o.from_quantity, o.starts_at, o.ends_at, o.change_id, (
    select coalesce(json_agg(json_build_array(lower(p), upper(p)) order by lower(p) nulls first), '[]')
    from unnest(tstzmultirange(tstzrange(o.starts_at, o.ends_at))
        - range_agg(tstzrange(greatest(coalesce(e.starts_at, %(now)s), %(now)s), e.ends_at))) p
) from catalog_priceentry e
join catalog_priceentry o on o.live and o.price_list_id = e.price_list_id and o.variant_id = e.variant_id and o.from_quantity = e.from_quantity
    and tstzrange(o.starts_at, o.ends_at) && tstzrange(greatest(coalesce(e.starts_at, %(now)s), %(now)s), e.ends_at)
where e.change_id = %(change)s and (e.ends_at is null or e.ends_at > %(now)s)
group by o.id order by o.id
"""
BEGIN = """
update catalog_priceentry set live = true, starts_at = greatest(coalesce(starts_at, %s), %s) where change_id = %s
"""
SHORTEN = """
update catalog_priceentry o set starts_at = n.starts_at, ends_at = n.ends_at, live = n.live
from json_to_recordset(%s) as n(id bigint, starts_at timestamptz, ends_at timestamptz, live boolean) where o.id = n.id
"""
CONTINUE = """
insert into catalog_priceentry (price_list_id, change_id, variant_id, amount, price_quantity, from_quantity, starts_at, ends_at, live)
select o.price_list_id, o.change_id, o.variant_id, o.amount, o.price_quantity, o.from_quantity, n.starts_at, n.ends_at, true
from json_to_recordset(%s) as n(id bigint, starts_at timestamptz, ends_at timestamptz) join catalog_priceentry o on o.id = n.id
"""


@dataclass(frozen=True)
class Met:
    """A price in the way. `rest`: what stays of its time, in order."""

    id: int
    variant: UUID
    amount: int
    price_quantity: int
    from_quantity: int
    starts_at: datetime | None
    ends_at: datetime | None
    change: UUID | None
    rest_told: str | list[Any]

    @property
    def rest(self) -> Sequence[Sequence[str | None]]:
        told: Sequence[Sequence[str | None]] = json.loads(self.rest_told) if isinstance(self.rest_told, str) else self.rest_told
        return told


def met(change: PriceChange, *, now: datetime) -> list[Met]:
    with connection.cursor() as cursor:
        cursor.execute(MET, {"change": change.id, "now": now})
        return [Met(*row) for row in cursor.fetchall()]


def must_not_overlap(change: PriceChange, *, now: datetime) -> None:
    found = met(change, now=now)
    if found:
        raise _overlaps(change, found)


def _bring_in(change: PriceChange, *, now: datetime) -> None:
    """Under the list's lock, so that nobody brings another price in between; the constraint holds for whoever forgets it."""
    over = change.entries.filter(ends_at__lte=now).select_related("variant").first()
    if over is not None:
        raise PriceOver(f"{over.variant.sku}: its price should have ended before now. Give it another end, or take it out.", field="ends_at")
    found = met(change, now=now)
    if found and not change.replaces:
        raise _overlaps(change, found)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _make_room(cursor, found)
            cursor.execute(BEGIN, [now, now, change.id])
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if constraint not in ("price_entry_no_overlap", "price_entry_stands"):
            raise
        raise PriceOverlaps("Another price was brought in meanwhile. Look again.", field="entries") from error


def _make_room(cursor: Any, found: Sequence[Met]) -> None:
    """The first part of what stays is the old price cut short; further parts are prices of their own; where nothing stays it never begins."""
    if not found:
        return
    cut = [
        {"id": one.id, "starts_at": one.rest[0][0], "ends_at": one.rest[0][1], "live": True}
        if one.rest
        else {"id": one.id, "starts_at": _iso(one.starts_at), "ends_at": _iso(one.ends_at), "live": False}
        for one in found
    ]
    cursor.execute(SHORTEN, [json.dumps(cut)])
    more = [{"id": one.id, "starts_at": part[0], "ends_at": part[1]} for one in found for part in one.rest[1:]]
    if more:
        cursor.execute(CONTINUE, [json.dumps(more)])


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _overlaps(change: PriceChange, found: Sequence[Met]) -> PriceOverlaps:
    price_list = change.price_list
    skus = dict(Variant.objects.filter(id__in=[one.variant for one in found]).values_list("id", "sku"))
    zone = ZoneInfo(settings.get("shop.timezone"))
    told = [f"{skus[one.variant]} costs {format_amount(one.amount, price_list.currency)} {period_words(one, zone)}" for one in found[:NAMED]]
    more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
    rows = [{"sku": skus[one.variant], "amount": one.amount, "starts_at": _iso(one.starts_at), "ends_at": _iso(one.ends_at)} for one in found[:100]]
    return PriceOverlaps(f"In {price_list.name}, {'; '.join(told)}{more}. End that first, or let it make room.", field="entries", overlaps=rows)


def period_words(one: Any, zone: ZoneInfo) -> str:
    """From 21 Nov 2026 09:00 until 22 Nov 2026 18:00."""
    start = f"from {one.starts_at.astimezone(zone):%-d %b %Y %H:%M}" if one.starts_at else ""
    end = f"until {one.ends_at.astimezone(zone):%-d %b %Y %H:%M}" if one.ends_at else ("on" if start else "always")
    return f"{start} {end}".strip()


# Ending


def end_entries(*, entries: Collection[int], now: datetime, actor: UUID | None, at: datetime | None = None) -> int:
    """Prices that hold end now, or `at` a later moment; without `at`, what has not begun never will. How many were ended."""
    if at is not None and at <= now:
        raise Invalid("A price ends now or later.", field="at")
    lists = list(PriceEntry.objects.filter(id__in=list(entries)).order_by("price_list").values_list("price_list", flat=True).distinct())
    if not lists:
        raise NotFound("There is no such price.", field="entries")
    ended = 0
    with changes.written_by(actor):
        for price_list in lists:
            with listing(price_list=price_list, now=now, actor=actor, archived=True) as held:
                with begun_meanwhile():
                    done = _end(PriceEntry.objects.filter(id__in=list(entries), price_list=price_list, live=True), now, at)
                held.change = "prices" if done else ""
                ended += done
    return ended


def _end(live: Any, now: datetime, at: datetime | None) -> int:
    running = Q(ends_at=None) | Q(ends_at__gt=at or now)
    if at is not None:
        too_late = live.filter(starts_at__gte=at).select_related("variant").first()
        if too_late is not None:
            raise Invalid(f"{too_late.variant.sku}: its price begins after that.", field="at")
        return int(live.filter(running).update(ends_at=at))
    never = live.filter(starts_at__gte=now).update(live=False)
    return int(never + live.filter(running).update(ends_at=now))
