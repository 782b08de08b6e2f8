"""The codes on a pack. A code names one variant in the whole shop."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from catalog import gtin
from catalog.models import Gtin, Variant
from catalog.services import changes
from kernel.errors import Conflict


class GtinTaken(Conflict):
    code = "gtin_taken"
    title = "Another variant has this code"


def set_gtins(*, variant: UUID, gtins: Sequence[str], now: datetime, actor: UUID | None) -> list[str]:
    """These codes and no others. Returns them as stored: 14 digits."""
    with changes.changing(product=changes.product_of(variant), now=now, actor=actor) as change:
        row = Variant.objects.get(id=variant)
        before = set(row.gtins.values_list("gtin", flat=True))
        after = [gtin.normalise(code) for code in gtins]
        if before != set(after):
            change.kind = "changed"
            row.gtins.exclude(gtin__in=after).delete()
            put_gtins(row, [code for code in after if code not in before])
    return after


def put_gtins(row: Variant, gtins: Sequence[str]) -> None:
    """Adds them. Inside the transaction that holds the product."""
    codes = list(dict.fromkeys(gtin.normalise(code) for code in gtins))
    taken = Gtin.objects.filter(gtin__in=codes).select_related("variant").first() if codes else None
    if taken is not None:
        raise GtinTaken(f"{gtin.shown(taken.gtin)} is on {taken.variant.sku}.", field="gtins", gtin=taken.gtin, sku=taken.variant.sku)
    Gtin.objects.bulk_create([Gtin(gtin=code, variant=row) for code in codes])
