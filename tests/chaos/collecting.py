"""What a run left behind, read from the browser's papers and entries and from the product's database."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.chaos.oracle import Evidence
from tests.chaos.till import Paper

JOURNAL = """select id::text, till_id::text as till, epoch, seq, encode(prev, 'hex') as prev, encode(hash, 'hex') as hash, text, kind, posting
             from pos_journalentry where state = 'accepted' order by till_id, epoch, seq"""
APART = """select 'quarantined ' || epoch || '/' || seq || ': ' || reason from pos_journalentry where state <> 'accepted'
           union all select 'conflict ' || epoch || '/' || seq from pos_journalconflict"""
ORDERS = "select id::text, number, total, tax, shift::text from orders_order where source = 'till'"
PAYMENTS = (
    """select p.order_id::text as "order", p.kind, p.amount from orders_payment p join orders_order o on o.id = p.order_id where o.source = 'till'"""
)
MOVEMENTS = """select m.reference::text, m.variant_id::text as variant, m.quantity from inventory_movement m
               join orders_order o on o.id = m.reference where o.source = 'till' and m.cause = 'sale'"""
WRONG_LEVELS = """select 'level of ' || coalesce(l.variant_id, m.variant_id) || ': ' || coalesce(l.on_hand, 0) || ', moved ' || coalesce(m.moved, 0)
                  from inventory_level l full join (select location_id, variant_id, sum(quantity) as moved from inventory_movement group by 1, 2) m
                  on m.location_id = l.location_id and m.variant_id = l.variant_id where coalesce(l.on_hand, 0) <> coalesce(m.moved, 0)"""
EVENTS = """select m.aggregate_id::text as "order", count(*) as many from kernel_message m
            join orders_order o on o.id = m.aggregate_id where m.type = 'orders.order.placed' and o.source = 'till' group by 1"""
SHIFTS = """select s.id::text, s.float_amount, s.counted, s.expected, s.closed_at is not null as closed,
            coalesce((select sum(amount) from pos_drawerevent d where d.shift = s.id), 0)::bigint as drawer from pos_shift s"""

GOODS = """select distinct ltrim(g.gtin, '0') as code, v.sold_by from catalog_gtin g join catalog_variant v on v.id = g.variant_id
           join catalog_product p on p.id = v.product_id join catalog_price pr on pr.variant_id = v.id and pr.currency = 'EUR' and pr.amount > 0
           where p.status = 'active' and v.archived_at is null and g.gtin like '0%' and g.gtin not like '02%' and length(ltrim(g.gtin, '0')) = 13
           order by 1"""


def goods(database: str, sold_by: str) -> list[str]:
    """Codes from the pack, always in the same order."""
    with psycopg.connect(database) as connection:
        return [code for code, by in connection.execute(GOODS).fetchall() if by == sold_by]


def collect(*, database: str, papers: list[Paper], client: list[dict[str, Any]], unsent: int) -> Evidence:
    with psycopg.connect(database, row_factory=dict_row) as connection:

        def rows(statement: str) -> list[dict[str, Any]]:
            return connection.execute(statement).fetchall()

        return Evidence(
            papers=sorted({(paper.receipt, paper.total) for paper in papers}),
            client=client,
            journal=rows(JOURNAL),
            apart=[str(next(iter(row.values()))) for row in rows(APART)],
            orders=rows(ORDERS),
            payments=rows(PAYMENTS),
            movements=rows(MOVEMENTS),
            wrong_levels=[str(next(iter(row.values()))) for row in rows(WRONG_LEVELS)],
            events={row["order"]: row["many"] for row in rows(EVENTS)},
            shifts=rows(SHIFTS),
            unsent=unsent,
        )


def posting_left(database: str) -> int:
    with psycopg.connect(database) as connection:
        found = connection.execute("select count(*) from pos_journalentry where state = 'accepted' and posting = 'pending'").fetchone()
    return int(found[0]) if found else 0


def sell_whatever_the_book_says(database: str) -> None:
    """Goods run out in a long run: the till must not ask for a manager."""
    with psycopg.connect(database) as connection:
        connection.execute("update inventory_location set short_sales = 'allow'")
