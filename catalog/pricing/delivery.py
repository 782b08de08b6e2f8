"""Rewards on what delivery costs."""

from collections.abc import Sequence

from catalog.pricing.compiling import Promotion
from catalog.pricing.gates import Reason
from catalog.pricing.lines import Charge
from kernel.money import MILLION, allocate, divided


def over_delivery(promotion: Promotion, charges: Sequence[Charge]) -> list[tuple[int, int]] | Reason | str:
    """(charge, off) for each charge that something comes off; or the code of the promotion that has them all."""
    asked = [charge for charge in charges if charge.kind == "delivery"]
    free = [charge for charge in asked if not charge.closed and (promotion.stack or not charge.changed)]
    if asked and not free:
        return asked[0].closed or asked[0].changed
    offs = _offs(promotion, [charge.present for charge in free])
    limited = [_within_limit(promotion, charge, off) for charge, off in zip(free, offs, strict=True)]
    if any(offs) and not any(limited):
        return Reason("stack_limit")
    return [(charge.index, off) for charge, off in zip(free, limited, strict=True) if off]


def _offs(promotion: Promotion, present: list[int]) -> list[int]:
    kind, value = promotion.kind, promotion.reward["value"]
    if kind == "percent":
        return [divided(amount * value, MILLION) for amount in present]
    if kind == "fixed":
        return [max(amount - value, 0) for amount in present]
    return allocate(total=min(value, sum(present)), weights=present)


def _within_limit(promotion: Promotion, charge: Charge, off: int) -> int:
    if promotion.limit is None:
        return off
    return min(off, max(charge.amount * promotion.limit // MILLION - charge.off, 0))
