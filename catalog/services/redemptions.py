"""How often a promotion was given and what it gave: claimed in the order's transaction, given back when the order comes to nothing.

A promotion's `used` is the number of its redemptions that are not released, its `given` their sum, whatever happens at once:
both are read only after the promotion's row is locked, and written by the statement that writes the redemptions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import connection, transaction

from kernel.errors import Conflict
from org import settings


class PromotionUsedUp(Conflict):
    """`field` is the promotion's code."""

    code = "promotion_used_up"
    title = "This offer has just been used up"


class CouponUsed(Conflict):
    """`field` is the coupon's code."""

    code = "coupon_used"
    title = "This coupon cannot be used, or has just been used"


@dataclass(frozen=True, slots=True)
class Given:
    """A promotion, by its code, and what it took off one order. Minor units; `supplier_amount` is the part a supplier pays."""

    promotion: str
    amount: int
    supplier_amount: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What was given in one order. `coupons`: all that were shown; which promotion each opened, the coupon itself knows.

    `stands`: it was given already (a till's sale is a fact), so it counts even beyond the limits.
    """

    order: UUID
    at: datetime
    given: tuple[Given, ...]
    coupons: tuple[str, ...] = ()
    customer: UUID | None = None
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Over:
    """A claim that stands beyond a limit. `limit`: uses, customer, budget, month or coupon."""

    order: UUID
    promotion: str
    name: str
    limit: str


@dataclass(slots=True)
class Promotion:
    """Locked; `used` and `given` count up as the claims of the batch are judged one after the other."""

    id: UUID
    code: str
    name: str
    most_uses: int | None
    most_per_customer: int | None
    budget: int | None
    monthly_budget: int | None
    used: int
    given: int


@dataclass(slots=True)
class Coupon:
    code: str
    promotion: UUID
    most_uses: int | None
    used: int
    customer: UUID | None
    expires_at: datetime | None
    voided_at: datetime | None

    def holds(self, claim: Claim) -> bool:
        live = self.voided_at is None and (self.expires_at is None or claim.at < self.expires_at)
        theirs = self.customer is None or self.customer == claim.customer
        return live and theirs and (self.most_uses is None or self.used < self.most_uses)


@dataclass(slots=True)
class Held:
    """What a customer has had of a promotion: in all, and in the month of the claim."""

    times: int = 0
    month: int = 0


@dataclass(slots=True)
class Batch:
    promotions: dict[str, Promotion]
    coupons: dict[str, Coupon]
    held: dict[tuple[UUID, UUID, datetime], Held]
    zone: ZoneInfo | None
    rows: list[dict[str, Any]] = field(default_factory=list)


# In order of id and of code, so that two batches wait for each other and never lock each other out. Whoever waited reads the row
# as the first has left it. Keys stay: rows that point here are not held up.
LOCK = """select id, code, coalesce(nullif(receipt_text, ''), name), most_uses, most_per_customer, budget, monthly_budget, used, given
from catalog_promotion where code = any(%s) order by id for no key update"""
LOCK_COUPONS = """select code, promotion_id, most_uses, used, customer, expires_at, voided_at
from catalog_coupon where code = any(%s) order by code for no key update"""
# A statement of its own, after the locks: it sees what those committed for whom we waited.
HELD = """select w.promotion, w.customer, w.since, count(r.id), coalesce(sum(r.amount) filter (where r.at >= w.since and r.at < w.until), 0)::bigint
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[]) as w(promotion, customer, since, until)
left join catalog_redemption r on r.promotion_id = w.promotion and r.customer = w.customer and r.released_at is null
group by w.promotion, w.customer, w.since"""
# An order that is edited lets go of what it had and mostly claims the same once more: what was released counts again.
KEEP = """with told as (
    select * from jsonb_to_recordset(%s::jsonb) as r(
        promotion uuid, "order" uuid, coupon text, customer uuid, amount bigint, supplier_amount bigint, over boolean, at timestamptz)
), kept as (
    insert into catalog_redemption (promotion_id, "order", coupon_id, customer, amount, supplier_amount, over, at)
    select promotion, "order", coupon, customer, amount, supplier_amount, over, at from told
    on conflict (promotion_id, "order") do update set coupon_id = excluded.coupon_id, customer = excluded.customer, amount = excluded.amount,
        supplier_amount = excluded.supplier_amount, over = excluded.over, at = excluded.at, released_at = null
        where catalog_redemption.released_at is not null
    returning promotion_id as promotion, coupon_id as coupon, amount
), counted as (
    update catalog_promotion p set used = p.used + s.uses, given = p.given + s.amount
    from (select promotion, count(*) as uses, sum(amount)::bigint as amount from kept group by promotion) s where p.id = s.promotion
)
update catalog_coupon c set used = c.used + s.uses
from (select coupon, count(*) as uses from kept where coupon is not null group by coupon) s where c.code = s.coupon"""
LOCK_OF_ORDER = """select p.id from catalog_promotion p
where p.id in (select promotion_id from catalog_redemption where "order" = %s and released_at is null) order by p.id for no key update"""
LOCK_COUPONS_OF_ORDER = """select c.code from catalog_coupon c
where c.code in (select coupon_id from catalog_redemption where "order" = %s and released_at is null) order by c.code for no key update"""
RELEASE = """with freed as (
    update catalog_redemption set released_at = %s where "order" = %s and released_at is null returning promotion_id, coupon_id, amount
), counted as (
    update catalog_promotion p set used = p.used - s.uses, given = p.given - s.amount
    from (select promotion_id, count(*) as uses, sum(amount)::bigint as amount from freed group by promotion_id) s where p.id = s.promotion_id
), coupons as (
    update catalog_coupon c set used = c.used - s.uses
    from (select coupon_id, count(*) as uses from freed where coupon_id is not null group by coupon_id) s where c.code = s.coupon_id
)
select count(*) from freed"""


def claim(*, claims: Sequence[Claim]) -> list[Over]:
    """Counts what the orders of a batch were given: all of it or none, in as many statements for fifty orders as for one.

    Within the orders' own transaction, after everything else that takes locks. A code nobody knows here is left out where the claim
    stands. Raises PromotionUsedUp or CouponUsed for a claim that does not stand; the transaction is then to be left.
    """
    wanted = [one for one in claims if one.given]
    if not wanted:
        return []
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("claim inside the order's transaction: both stand or fall together")
    batch = _opened(wanted)
    over = [found for one in wanted for given in _together(one.given) for found in _judged(batch, one, given)]
    if batch.rows:
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [orjson.dumps(batch.rows).decode()])
    return over


def release(*, order: UUID, now: datetime) -> int:
    """Gives back what the order claimed; how many redemptions that were. A second time it is none."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_OF_ORDER, [order])
        cursor.execute(LOCK_COUPONS_OF_ORDER, [order])
        cursor.execute(RELEASE, [now, order])
        return int(cursor.fetchone()[0])


FOLLOW = "update catalog_redemption set customer = %s where customer = %s"
FOLLOW_COUPONS = "update catalog_coupon set customer = %s where customer = %s"


def follow(*, keep: UUID, gone: UUID) -> int:
    """Two customers became one: what the gone one was given counts for the kept one, and their own coupons are the kept one's. How many
    redemptions. No promotion is locked: offers come last in everybody's order, and this has value to move after it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FOLLOW_COUPONS, [keep, gone])
        cursor.execute(FOLLOW, [keep, gone])
        return cursor.rowcount


def _together(given: Iterable[Given]) -> list[Given]:
    """One for each promotion, in order of code."""
    found: dict[str, Given] = {}
    for one in given:
        before = found.get(one.promotion, Given(one.promotion, 0))
        found[one.promotion] = Given(one.promotion, before.amount + one.amount, before.supplier_amount + one.supplier_amount)
    return [found[code] for code in sorted(found)]


def _opened(claims: Sequence[Claim]) -> Batch:
    codes = sorted({given.promotion for one in claims for given in one.given})
    shown = sorted({coupon for one in claims for coupon in one.coupons})
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [codes])
        promotions = {row[1]: Promotion(*row) for row in cursor.fetchall()}
        coupons: dict[str, Coupon] = {}
        if shown:
            cursor.execute(LOCK_COUPONS, [shown])
            coupons = {row[0]: Coupon(*row) for row in cursor.fetchall()}
    by_month = any(promotion.monthly_budget is not None for promotion in promotions.values())
    batch = Batch(promotions, coupons, {}, ZoneInfo(settings.get("shop.timezone")) if by_month else None)
    batch.held = _held(batch, claims)
    return batch


def _held(batch: Batch, claims: Sequence[Claim]) -> dict[tuple[UUID, UUID, datetime], Held]:
    """What the customers of the batch have had of those promotions that ask."""
    asked = {
        (promotion.id, one.customer, *_month(one.at, batch.zone))
        for one in claims
        if one.customer is not None
        for given in one.given
        if (promotion := batch.promotions.get(given.promotion)) and (promotion.most_per_customer, promotion.monthly_budget) != (None, None)
    }
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(HELD, [list(column) for column in zip(*asked, strict=True)])
        return {(promotion, customer, since): Held(times, month) for promotion, customer, since, times, month in cursor.fetchall()}


def _month(at: datetime, zone: ZoneInfo | None) -> tuple[datetime, datetime]:
    """The calendar month by the shop's clock; without a monthly budget any will do."""
    local = at.astimezone(zone or ZoneInfo("UTC")).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return local, (local + timedelta(days=32)).replace(day=1)


def _judged(batch: Batch, claim: Claim, given: Given) -> Iterator[Over]:
    promotion = batch.promotions.get(given.promotion)
    if promotion is None:
        if not claim.stands:
            raise PromotionUsedUp("This offer is not given any more.", field=given.promotion)
        return
    held = batch.held.get((promotion.id, claim.customer, _month(claim.at, batch.zone)[0])) if claim.customer else None
    coupon = _coupon(batch.coupons, promotion, claim)
    limit = _limit(promotion, held, given) or ("coupon" if coupon and not coupon.holds(claim) else "")
    if limit and not claim.stands:
        raise CouponUsed(field=coupon.code) if coupon and limit == "coupon" else PromotionUsedUp(field=promotion.code)
    promotion.used, promotion.given = promotion.used + 1, promotion.given + given.amount
    if held:
        held.times, held.month = held.times + 1, held.month + given.amount
    if coupon:
        coupon.used += 1
    batch.rows.append(_row(promotion, coupon, claim, given, bool(limit)))
    if limit:
        yield Over(claim.order, promotion.code, promotion.name, limit)


def _limit(promotion: Promotion, held: Held | None, given: Given) -> str:
    """The first limit this goes beyond. Who nobody knows is not counted by the person, and so has no part in what is."""
    if promotion.most_uses is not None and promotion.used >= promotion.most_uses:
        return "uses"
    if held and promotion.most_per_customer is not None and held.times >= promotion.most_per_customer:
        return "customer"
    if promotion.budget is not None and promotion.given + given.amount > promotion.budget:
        return "budget"
    if promotion.monthly_budget is not None and (held.month if held else 0) + given.amount > (promotion.monthly_budget if held else 0):
        return "month"
    return ""


def _coupon(coupons: Mapping[str, Coupon], promotion: Promotion, claim: Claim) -> Coupon | None:
    """Of those shown for this promotion the first that holds, else the first: the customer showed it all the same."""
    fitting = [coupons[code] for code in sorted(set(claim.coupons)) if code in coupons and coupons[code].promotion == promotion.id]
    return next((coupon for coupon in fitting if coupon.holds(claim)), fitting[0] if fitting else None)


def _row(promotion: Promotion, coupon: Coupon | None, claim: Claim, given: Given, over: bool) -> dict[str, Any]:
    return {
        "promotion": promotion.id,
        "order": claim.order,
        "coupon": coupon.code if coupon else None,
        "customer": claim.customer,
        "amount": given.amount,
        "supplier_amount": given.supplier_amount,
        "over": over,
        "at": claim.at,
    }
