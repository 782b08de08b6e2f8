"""What goods cost that come back: what was booked for them when they were sold, not what they cost today.

The books keep one sum for a sale. How it fell on its lines is counted out again from what each cost on average then, as the documents tell that
moved the averages; where that comes to another sum (a document was undone since), the booked one is shared in proportion.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from kernel.money import divided
from orders.accounts import cost_at

# `before`: thousandths of the same line that had come back by then.
BACK: Final = """
select back.id, sold.order_id, sold.id, -back.quantity,
    coalesce((select -sum(earlier.quantity) from orders_orderline earlier where earlier.returns_id = sold.id and earlier.id < back.id), 0)::bigint
from orders_orderline back join orders_orderline sold on sold.id = back.returns_id
where back.order_id = any(%s) and back.quantity < 0
"""
SOLD: Final = """
with sale as (
    select reference, min(at) as at, sum(amount) filter (where account = 'cost_of_goods') as cost
    from orders_bookline where reference = any(%s) and cause = 'cost' group by reference
)
select sale.reference, sale.cost::bigint, line.id, line.quantity, coalesce(
    (select l.average_after from inventory_documentline l join inventory_document d on d.id = l.document_id
        where l.variant_id = line.variant_id and l.average_after is not null and d.made_at <= sale.at
            and (d.undone_at is null or d.undone_at > sale.at)
        order by d.made_at desc, l.id desc limit 1),
    (select l.average_before from inventory_documentline l join inventory_document d on d.id = l.document_id
        where l.variant_id = line.variant_id and l.average_after is not null and d.made_at > sale.at order by d.made_at, l.id limit 1),
    item.average, variant.reference_cost * 1000, 0)
from sale join orders_orderline line on line.order_id = sale.reference
join catalog_variant variant on variant.id = line.variant_id
left join inventory_itemcost item on item.variant_id = line.variant_id
order by sale.reference, line.position
"""


def sold_costs(*, returns: Sequence[UUID]) -> dict[int, int]:
    """By line that came back, minor units of the company's currency. Without a receipt, and of what was never booked, nothing is known."""
    back = _rows(BACK, [list(returns)])
    if not back:
        return {}
    lines = _lines(_rows(SOLD, [list({sale for _, sale, *_ in back})]))
    found = {}
    for id, _, line, quantity, before in back:
        if line in lines:
            sold, cost = lines[line]
            # The last of a line takes what rounding left of it.
            found[id] = divided(cost * (before + quantity), sold) - divided(cost * before, sold)
    return found


def _lines(rows: Sequence[tuple[Any, ...]]) -> dict[int, tuple[int, int]]:
    """By line of a sale: thousandths, and what they cost together."""
    by_sale: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_sale[row[0]].append(row)
    return {line: one for of_sale in by_sale.values() for line, one in _shared(of_sale).items()}


def _shared(rows: Sequence[tuple[Any, ...]]) -> Mapping[int, tuple[int, int]]:
    booked = rows[0][1] or 0
    costs = [cost_at(quantity=quantity, average=average) if quantity > 0 else 0 for _, _, _, quantity, average in rows]
    whole, exchanged = sum(costs), any(quantity < 0 for _, _, _, quantity, _ in rows)
    passed, told, shares = 0, 0, []
    for cost, (_, _, _, quantity, _) in zip(costs, rows, strict=True):
        # Of an exchange the sum is of what left and what came: nothing to share.
        passed += cost if whole else quantity
        upto = passed if exchanged or whole == booked else divided(passed * booked, whole or sum(row[3] for row in rows))
        shares.append(upto - told)
        told = upto
    return {row[2]: (row[3], share) for row, share in zip(rows, shares, strict=True) if row[3] > 0}


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
