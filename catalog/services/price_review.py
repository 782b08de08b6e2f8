"""What prices would change, and whether a second person has to look: measured against what each of them takes the place of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import connection

from catalog import price_places, unit_price
from catalog.models import Price, PricePoint, Variant
from catalog.price_places import Listed
from kernel.errors import Refused
from kernel.money import MILLION, divided
from org import settings
from org.queries import shop_currency

HELD = """
select e.price_list_id, e.variant_id, e.from_quantity, e.amount, e.price_quantity from catalog_priceentry e
where e.live and e.variant_id = any(%s) and e.price_list_id = any(%s)
    and (e.starts_at is null or e.starts_at <= %s) and (e.ends_at is null or e.ends_at > %s)
"""
# Minor units, for so many thousandths.
Amount = tuple[int, int]


class NeedsApproval(Refused):
    code = "needs_approval"
    title = "A second person has to approve this price"


class Entered(Protocol):
    variant_id: UUID
    amount: int
    price_quantity: int
    from_quantity: int


@dataclass(frozen=True)
class Limits:
    """Parts per million; 0: nobody is asked."""

    change: int
    margin: int

    def __bool__(self) -> bool:
        return bool(self.change or self.margin)


@dataclass(frozen=True)
class Reviewed:
    """`before`: the price whose place it takes, of those in force the one it differs from most. Shares in parts per million."""

    variant: Variant
    before: Amount | None
    after: Amount
    change: int | None
    margin_before: int | None
    margin: int | None
    far: bool
    thin: bool


def limits() -> Limits:
    return Limits(settings.get("pricing.approval_change"), settings.get("pricing.approval_margin"))


def change_of(before: Amount | None, after: Amount) -> int | None:
    """Parts per million, below zero when it gets cheaper; None when there is nothing to compare with."""
    if before is None or before[0] == 0:
        return None
    old, new = before[0] * after[1], after[0] * before[1]
    return divided((new - old) * MILLION, old)


def is_far(before: Amount | None, after: Amount, most: int) -> bool:
    """Exactly: rounding hides no change. What cost nothing and now costs something differs by any measure."""
    if not most or before is None:
        return False
    old, new = before[0] * after[1], after[0] * before[1]
    return abs(new - old) * MILLION > most * old


def review(*, lists: Sequence[Listed], own: Listed, entries: Sequence[Entered], currency: str, now: datetime) -> list[Reviewed]:
    """In the order of `entries`, in a constant number of statements. `own`: the list they belong to, one of `lists`."""
    bounds = limits()
    variants = Variant.objects.select_related("product__tax_class").in_bulk({entry.variant_id for entry in entries})
    base = base_prices(variants, currency)
    held = in_force(variants, [one.id for one in lists], now=now)
    ways = price_places.reached(own, price_places.all_places(), lists)
    costed = shop_currency() == currency
    found = []
    for entry in entries:
        variant, after = variants[entry.variant_id], (entry.amount, entry.price_quantity)
        befores = [before for way in ways if (before := replaced(entry, way, held, base)) is not None]
        before = max(befores, key=lambda one: abs(change_of(one, after) or 0), default=None)
        found.append(_reviewed(variant, before, after, bounds, variant.reference_cost if costed else None))
    return found


def _reviewed(variant: Variant, before: Amount | None, after: Amount, bounds: Limits, cost: int | None) -> Reviewed:
    margin = margin_of(after, variant, cost)
    return Reviewed(
        variant=variant,
        before=before,
        after=after,
        change=change_of(before, after),
        margin_before=margin_of(before, variant, cost) if before else None,
        margin=margin,
        far=is_far(before, after, bounds.change),
        thin=is_thin(after, margin, cost, bounds.margin),
    )


def is_thin(after: Amount, margin: int | None, cost: int | None, least: int) -> bool:
    """A price of nothing has no margin to speak of, and leaves none."""
    if not least or not cost:
        return False
    return after[0] == 0 or (margin is not None and margin < least)


def margin_of(price: Amount, variant: Variant, cost: int | None) -> int | None:
    return unit_price.margin(amount=price[0], price_quantity=price[1], tax_rate=variant.product.tax_class.rate, cost=cost)


def replaced(
    entry: Entered, way: Sequence[Listed], held: Mapping[tuple[UUID, UUID], Sequence[tuple[int, Amount]]], base: Mapping[UUID, Amount]
) -> Amount | None:
    """What somebody who buys so many pays in that place as long as this entry is not there."""
    for one in way:
        steps = [step for step in held.get((one.id, entry.variant_id), ()) if step[0] <= entry.from_quantity]
        if steps:
            return max(steps)[1]
    return base.get(entry.variant_id)


def in_force(variants: Collection[UUID], lists: Collection[UUID], *, now: datetime) -> dict[tuple[UUID, UUID], list[tuple[int, Amount]]]:
    """By list and variant: from which quantity on, what it costs."""
    found: dict[tuple[UUID, UUID], list[tuple[int, Amount]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(HELD, [list(variants), list(lists), now, now])
        for price_list, variant, from_quantity, amount, price_quantity in cursor.fetchall():
            found.setdefault((price_list, variant), []).append((from_quantity, (amount, price_quantity)))
    return found


def base_prices(variants: Collection[UUID], currency: str) -> dict[UUID, Amount]:
    rows = Price.objects.filter(variant__in=list(variants), currency=currency).values_list("variant_id", "amount", "price_quantity")
    return {variant: (amount, quantity) for variant, amount, quantity in rows}


def reason_of(reviewed: Sequence[Reviewed], bounds: Limits) -> str:
    """In words why a second person is asked; empty when nobody has to be."""
    far, thin, count = sum(one.far for one in reviewed), sum(one.thin for one in reviewed), len(reviewed)
    parts = []
    if far:
        parts.append(f"{_counted(far, count)} {'changes' if far == 1 else 'change'} by more than {_share(bounds.change)}")
    if thin:
        parts.append(f"{_counted(thin, count)} {'leaves' if thin == 1 else 'leave'} less than {_share(bounds.margin)} margin")
    return " and ".join(parts).replace(" and The price", " and") if count == 1 else "; ".join(parts)


def _counted(some: int, count: int) -> str:
    return "The price" if count == 1 else f"{some} of {count} prices"


def _share(ppm: int) -> str:
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}" + (f".{rest:04d}".rstrip("0") if rest else "") + "%"


def must_not_need_approval(variant: Variant, *, currency: str, amount: int, price_quantity: int) -> None:
    """For base prices, which nobody can approve: what goes beyond the settings comes in by a price list."""
    words = why_not_alone([(variant, (amount, price_quantity))], currency=currency).get(variant.id)
    if words:
        raise NeedsApproval(words, field="amount")


def why_not_alone(wanted: Sequence[tuple[Variant, Amount]], *, currency: str) -> dict[UUID, str]:
    """The variants whose base price may not become that without a second person, and why."""
    bounds = limits() if wanted else None
    if not bounds:
        return {}
    ids = [variant.id for variant, _after in wanted]
    last = last_base_prices(ids, currency)
    costed = shop_currency() == currency
    found = {}
    for variant, after in wanted:
        before = last.get(variant.id)
        # What is sold for the first time changes no price, and neither does what stays.
        if before is None or before[0] * after[1] == after[0] * before[1]:
            continue
        one = _reviewed(variant, before, after, bounds, variant.reference_cost if costed else None)
        words = reason_of([one], bounds)
        if words:
            found[variant.id] = f"{words}: schedule it under Prices, where a second person approves it."
    return found


def last_base_prices(variants: Collection[UUID], currency: str) -> dict[UUID, Amount]:
    """As they are, or were before they were taken away: removing a price first is no way around."""
    found = base_prices(variants, currency)
    gone = [variant for variant in variants if variant not in found]
    if gone:
        points = PricePoint.objects.filter(variant__in=gone, currency=currency).exclude(amount=None).order_by("variant", "-at", "-id")
        rows = points.distinct("variant").values_list("variant_id", "amount", "price_quantity")
        found |= {variant: (amount, quantity) for variant, amount, quantity in rows if amount is not None and quantity is not None}
    return found
