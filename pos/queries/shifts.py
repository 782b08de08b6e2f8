"""What can be asked about shifts: what their drawers should hold, and what they sold."""

from collections.abc import Collection
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a shift. `what`: sold, gross, discounts, tax, tender or drawer; `name` tells those of one kind apart. Minor units."""

    what: str
    name: str
    rate: int
    count: int
    amount: int


# What came when the Z was final is left out: it is listed beside the shift.
FIGURES = """
    with sold as (
        select o.id, o.total from pos_shift s join pos_till t on t.id = s.till_id
        join orders_order o on o.shift = s.id and o.store_id = t.store_id
        where s.id = %(shift)s and not exists (select from pos_lateentry l where l.entry = o.id)
    ), lines as (
        select l.* from sold join orders_orderline l on l.order_id = sold.id
    )
    select 'sold', '', 0, count(*), coalesce(sum(total), 0)::bigint from sold
    union all select 'gross', '', 0, count(*), coalesce(sum(list_total), 0)::bigint from lines
    union all select 'discounts', '', 0, count(*) filter (where discount <> 0), coalesce(sum(discount), 0)::bigint from lines
    union all select 'tender', p.kind, 0, count(*), sum(p.amount)::bigint from sold join orders_payment p on p.order_id = sold.id group by p.kind
    union all
    select 'tax', '', taxes.rate, count(*), sum(taxes.amount)::bigint
    from lines cross join lateral (
        select (one ->> 'rate')::bigint as rate, (one ->> 'amount')::bigint as amount from jsonb_array_elements(lines.taxes) one
        union all select lines.tax_rate, lines.tax where lines.taxes = '[]'::jsonb
    ) taxes group by taxes.rate
    union all
    select 'drawer', e.kind, 0, count(*), abs(sum(e.amount))::bigint
    from pos_shift s join pos_drawerevent e on e.shift = s.id and e.till_id = s.till_id
    where s.id = %(shift)s and not exists (select from pos_lateentry l where l.entry = e.id)
    group by e.kind
    order by 1, 3 desc, 2
"""


def figures(*, shift: UUID) -> list[Figure]:
    """What the books say of a shift: taxes by rate, tenders, and what moved the drawer (above zero, whichever way)."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"shift": shift})
        return [Figure(*row) for row in cursor.fetchall()]


# What fills a place of the chain up to the close, and what of the shift is not in the books yet.
OUTSTANDING = """
    select
        s.close_seq - (
            select count(distinct j.seq) from pos_journalentry j
            where j.till_id = s.till_id and j.epoch = s.close_epoch and j.seq between 1 and s.close_seq and j.state in ('accepted', 'quarantined')
        ),
        (select count(*) from pos_journalentry j where j.shift = s.id and j.state = 'accepted' and j.posting in ('pending', 'failed'))
    from pos_shift s where s.id = %s
"""


def outstanding(*, shift: UUID) -> int:
    """How many entries a closed shift waits for: those that have not come, and those that came and are not posted."""
    with connection.cursor() as cursor:
        cursor.execute(OUTSTANDING, [shift])
        missing, unposted = cursor.fetchone() or (0, 0)
    return max(0, missing or 0) + int(unposted)
