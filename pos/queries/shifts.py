"""What can be asked about shifts: what their drawers should hold, and what they sold."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.db import connection


class Cash(NamedTuple):
    """Minor units. `moved`: beside the sales, in less out."""

    sold: int
    moved: int


# An addendum is not counted: the Z of its shift was final. The till's own events alone: another till's drawer is another drawer.
CASH = """
    select s.id,
        coalesce((
            select sum(p.amount) from orders_order o join orders_payment p on p.order_id = o.id and p.kind = 'cash'
            where o.shift = s.id and o.store_id = t.store_id and not exists (select from pos_lateentry l where l.entry = o.id)
        ), 0)::bigint,
        coalesce((
            select sum(e.amount) from pos_drawerevent e
            where e.shift = s.id and e.till_id = s.till_id and not exists (select from pos_lateentry l where l.entry = e.id)
        ), 0)::bigint
    from pos_shift s join pos_till t on t.id = s.till_id
    where s.id = any(%s)
"""


def cash(*, shifts: Collection[UUID]) -> dict[UUID, Cash]:
    """What came into the drawer of each shift beside its float."""
    with connection.cursor() as cursor:
        cursor.execute(CASH, [list(shifts)])
        return {id: Cash(sold, moved) for id, sold, moved in cursor.fetchall()}
