"""Why a level is what it is: what was there when it was last counted and what has moved since, by cause; what the count cannot
have known; what of it is promised. Quantities are integer thousandths."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import connection
from django.db.models import Count, Min, Q, Sum

from inventory.models import Movement, Reservation

# A sale that comes in longer after the count than tills keep working by themselves was counted around by somebody.
LATE_AT_MOST = timedelta(days=3)
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """The last count or opening. `balance` is what the book held right after it."""

    id: int
    cause: str
    reference: UUID
    occurred_at: datetime
    balance: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one cause has moved since: in total, and in how many movements."""

    cause: str
    total: int
    times: int


@dataclass(frozen=True, kw_only=True)
class Why:
    """anchor.balance, or without an anchor `before`, + the totals of all parts = on_hand. `late` is the part of them that happened
    before the count and came in after it."""

    on_hand: int
    anchor: Anchor | None
    # What the book has of before the time that was asked for; what came in since about earlier days is in it.
    before: int
    parts: list[Part]
    late: int
    late_times: int


ANCHOR = """
select id, cause, reference, occurred_at from inventory_movement
where variant_id = %(variant)s and location_id = %(location)s and cause in ('count', 'opening') order by id desc limit 1
"""
# One snapshot for both sides of the equation: it always adds up, also when something is counted just now. What came in late happened
# in the few days before the count, and is found by when it happened: to ask it of all that has moved since would double the work.
WHY = """
with parts as materialized (
    select cause, sum(quantity) as total, count(*) as times from inventory_movement
    where variant_id = %(variant)s and location_id = %(location)s and {moved} group by cause
),
late as materialized (
    select cause, sum(quantity) as total, count(*) as times from inventory_movement
    where variant_id = %(variant)s and location_id = %(location)s
        and occurred_at < %(counted_at)s::timestamptz and occurred_at >= %(counted_at)s::timestamptz - %(late_at_most)s::interval
        and id > %(anchor)s::bigint
        and cause in ('sale', 'return') group by cause
)
select level.on_hand, parts.cause, parts.total::bigint, parts.times, coalesce(late.total, 0)::bigint, coalesce(late.times, 0)
from (select coalesce((select on_hand from inventory_level where variant_id = %(variant)s and location_id = %(location)s), 0) as on_hand) level
left join parts on true left join late on late.cause = parts.cause
order by parts.times desc, parts.cause
"""


def why(*, variant: UUID, location: UUID, since: datetime = EVER) -> Why:
    """`since`: of what was never counted, only what happened from then on is told by cause. A long history is not added up for one page."""
    values: dict[str, Any] = {"variant": variant, "location": location, "since": since, "late_at_most": LATE_AT_MOST}
    with connection.cursor() as cursor:
        cursor.execute(ANCHOR, values)
        anchor = cursor.fetchone()
        values["anchor"] = anchor and anchor[0]
        values["counted_at"] = anchor[3] if anchor and anchor[1] == "count" else None
        cursor.execute(WHY.format(moved="id > %(anchor)s" if anchor else "occurred_at >= %(since)s"), values)
        rows = cursor.fetchall()
    on_hand, told = rows[0][0], [row[1:] for row in rows if row[1]]
    parts = [Part(cause=cause, total=total, times=times) for cause, total, times, _late, _late_times in told]
    balance = on_hand - sum(part.total for part in parts)
    return Why(
        on_hand=on_hand,
        anchor=Anchor(id=anchor[0], cause=anchor[1], reference=anchor[2], occurred_at=anchor[3], balance=balance) if anchor else None,
        before=0 if anchor else balance,
        parts=parts,
        late=sum(row[3] for row in told),
        late_times=sum(row[4] for row in told),
    )


@dataclass(frozen=True, kw_only=True)
class Miscount:
    """Goods that had left (or come back) before the count, told of after it: the book moved them twice. `quantity` puts that right;
    `latest` is the last such movement."""

    anchor: Anchor
    quantity: int
    times: int
    latest: Movement


def correction_of(count: UUID) -> UUID:
    """What corrections of one count are called, so that each is made once."""
    return uuid5(NAMESPACE_OID, f"inventory.late/{count}")


def miscount(*, variant: UUID, location: UUID, known: Why) -> Miscount | None:
    """What the last count could not know, less what was corrected of it; None when there is nothing, as there nearly always is."""
    if not known.late or known.anchor is None:
        return None
    here = Movement.objects.filter(variant=variant, location=location, id__gt=known.anchor.id)
    # Its reference is in an index; few or no movements have it.
    done = Movement.objects.filter(reference=correction_of(known.anchor.reference), variant=variant, location=location)
    quantity = -known.late - (done.aggregate(total=Sum("quantity"))["total"] or 0)
    if not quantity:
        return None
    before = Q(occurred_at__lt=known.anchor.occurred_at, occurred_at__gte=known.anchor.occurred_at - LATE_AT_MOST)
    latest = here.filter(before, cause__in=("sale", "return")).order_by("-id").first()
    return Miscount(anchor=known.anchor, quantity=quantity, times=known.late_times, latest=latest) if latest else None


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is promised of a level: to orders, and to carts until the first of them lets go at `next_expiry`."""

    orders: int
    order_times: int
    carts: int
    cart_times: int
    next_expiry: datetime | None


def held(*, variant: UUID, location: UUID) -> Held:
    rows = Reservation.objects.filter(variant=variant, location=location, state=Reservation.State.OPEN).values("kind")
    totals: Any = rows.annotate(total=Sum("quantity"), times=Count("reference", distinct=True), expiry=Min("expires_at"))
    found: dict[str, Any] = {row["kind"]: row for row in totals}
    nothing: dict[str, Any] = {}
    orders, carts = found.get("order", nothing), found.get("cart", nothing)
    return Held(
        orders=orders.get("total", 0),
        order_times=orders.get("times", 0),
        carts=carts.get("total", 0),
        cart_times=carts.get("times", 0),
        next_expiry=carts.get("expiry"),
    )


@dataclass(frozen=True, kw_only=True)
class Step:
    """What moved within one slice of time from `at` on, by one cause."""

    at: datetime
    cause: str
    moved: int


# As many slices as the picture has points: it shows as much as if every movement were drawn.
STEPS = """
select date_bin(%(slice)s::interval, greatest(occurred_at, %(since)s), %(since)s), cause, sum(quantity)::bigint
from inventory_movement
where variant_id = %(variant)s and location_id = %(location)s and {within}
group by 1, 2 order by 1, 2
"""


def steps(*, variant: UUID, location: UUID, since: datetime, after: int | None, slice: timedelta) -> list[Step]:
    """Oldest first. With `after`, all that the book has since that movement; without, all that happened since `since`."""
    within = "id > %(after)s" if after is not None else "occurred_at >= %(since)s"
    values: dict[str, Any] = {"variant": variant, "location": location, "since": since, "after": after, "slice": slice}
    with connection.cursor() as cursor:
        cursor.execute(STEPS.format(within=within), values)
        return [Step(at=at, cause=cause, moved=moved) for at, cause, moved in cursor.fetchall()]


SOLD = """
select coalesce(-sum(quantity) filter (where occurred_at >= %(week)s), 0)::bigint, coalesce(-sum(quantity), 0)::bigint
from inventory_movement
where variant_id = %(variant)s and location_id = %(location)s and cause in ('sale', 'return') and occurred_at >= %(month)s
"""


@dataclass(frozen=True, kw_only=True)
class Sold:
    """What customers took, less what they brought back."""

    week: int
    four_weeks: int


def sold(*, variant: UUID, location: UUID, now: datetime) -> Sold:
    values: dict[str, Any] = {"variant": variant, "location": location, "week": now - timedelta(days=7), "month": now - timedelta(days=28)}
    with connection.cursor() as cursor:
        cursor.execute(SOLD, values)
        week, month = cursor.fetchone()
    return Sold(week=week, four_weeks=month)
