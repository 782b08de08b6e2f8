"""The margin of prices an import would change: what a merchandiser looks at before anything else."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import ImportRun, Variant
from kernel.money import included_tax

# Beyond this many prices the answer would take longer than the rest of the page.
MOST = 2_000

MOVED = """
select key, value, planned.fields -> ('variant.' || split_part(key, '.', 2) || '.reference_cost') -> 1
from catalog_plannedchange planned, jsonb_each(planned.fields)
where planned.run_id = %s and planned.product is not null and key like %s
limit %s
"""


@dataclass(frozen=True, slots=True)
class Margin:
    before: str
    after: str
    text: str
    below: int


@dataclass(slots=True)
class Sums:
    net_before: int = 0
    net_after: int = 0
    cost_before: int = 0
    cost_after: int = 0
    below: int = 0
    known: int = 0


def margin(run: ImportRun) -> Margin | None:
    """Of the changed prices whose cost is known; None when there are none, or too many to add up while somebody waits."""
    rows = moved(run)
    if not rows or len(rows) > MOST:
        return None
    held = Variant.objects.filter(pk__in={UUID(path.split(".")[1]) for path, _value, _cost in rows})
    terms = {str(id): (cost, rate) for id, cost, rate in held.values_list("id", "reference_cost", "product__tax_class__rate")}
    sums = Sums()
    for path, (before, after), cost in rows:
        own, rate = terms.get(path.split(".")[1], (None, 0))
        if before and after and own is not None:
            add(sums, before=net(before, rate), after=net(after, rate), cost=own, new_cost=own if cost is None else cost)
    if not sums.known or not sums.net_before or not sums.net_after:
        return None
    return Margin(share(sums.net_before, sums.cost_before), share(sums.net_after, sums.cost_after), said(len(rows), sums), sums.below)


def moved(run: ImportRun) -> list[tuple[str, Any, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [run.pk, f"variant.%.price.{run.currency}", MOST + 1])
        return [(path, as_json(value), as_json(cost)) for path, value, cost in cursor.fetchall()]


def as_json(value: Any) -> Any:
    """The driver hands jsonb over as it is set up to: parsed or as text."""
    return json.loads(value) if isinstance(value, str) else value


def net(price: list[int], rate: int) -> int:
    """For one piece or kilogram, without tax."""
    amount, quantity = price
    gross = amount * 1000 // quantity
    return gross - included_tax(amount=gross, rate=rate)


def add(sums: Sums, *, before: int, after: int, cost: int, new_cost: int) -> None:
    sums.known += 1
    sums.net_before += before
    sums.net_after += after
    sums.cost_before += cost
    sums.cost_after += new_cost
    sums.below += after < new_cost


def share(net: int, cost: int) -> str:
    tenths = (net - cost) * 1000 // net
    return f"{'−' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}%"


def said(prices: int, sums: Sums) -> str:
    changes = ngettext("%(n)s price change", "%(n)s price changes", prices) % {"n": f"{prices:,}"}
    if sums.below:
        return _("%(changes)s, %(below)s below cost") % {"changes": changes, "below": f"{sums.below:,}"}
    return _("%(changes)s, all above cost") % {"changes": changes} if sums.known == prices else changes
