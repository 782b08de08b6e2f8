"""Orders of three years, so that what is measured beside them is measured in a shop that has been open for a while.

Written past the rules, each already true of it: one tender that covers two lines, paid, a part of them on the web and a few of those waiting.
"""

from datetime import datetime

ORDERS = """
insert into orders_order (id, number, kind, source, status, channel_id, store_id, currency, total, tax, tax_included, rounding, business_date,
    placed_at, recorded_at, delivery, delivery_option, coupons, held_reason, version, customer_id)
select overlay(md5(n::text) placing '0199' from 1)::uuid, 'P-' || n, 'sale', case when n %% 5 = 0 then 'web' else 'till' end,
    case when n %% 1000 = 0 then 'pending' else 'paid' end, case when n %% 5 = 0 then web.id else store.channel_id end,
    case when n %% 5 = 0 then null else store.id end, 'EUR', 300, 0, true, 0, (%(now)s - n * interval '90 seconds')::date,
    %(now)s - n * interval '90 seconds', %(now)s - n * interval '90 seconds', '', '', '{}', '', 1,
    (select id from customers_customer order by id limit 1)
from generate_series(1, %(orders)s) n, (select id, channel_id from org_store where code = 'northside') store,
    (select id from org_channel where code = 'web') web
"""
FIRST = """create temporary table first as
select id, sku, row_number() over (order by id) - 1 as n from catalog_variant order by id limit 100"""
LINES = """
insert into orders_orderline (order_id, position, kind, variant_id, sku, gtin, name, quantity, unit_price, price_quantity, list_total, discount,
    total, tax_class, tax_rate, tax, taxes, discounts, allocation, extra, reason, condition, returned)
select o.id, p, 'goods', v.id, v.sku, '', v.sku, 1000, 150, 1000, 150, 0, 150, 'standard', 0, 0, '[]', '[]',
    '[{"quantity": 1000, "total": 150, "discount": 0, "tax": 0}]', '{}', '', '', 0
from (select id, substr(number, 3)::bigint as n from orders_order where number like 'P-%') o
cross join generate_series(1, 2) p join first v on v.n = (o.n + p) % 100
"""
PAYMENTS = """
insert into orders_payment (order_id, position, kind, amount, tendered, change, paid_at, label, refunded)
select id, 1, case when source = 'web' then 'card' else 'cash' end, 300, 300, 0, placed_at, '', 0
from orders_order where number like 'P-%' and status = 'paid'
"""


def fill(*, orders: int, now: datetime) -> None:
    from django.db import connection

    values = {"orders": orders, "now": now}
    with connection.cursor() as cursor:
        # Of a superuser alone: no trigger and no foreign key is asked, which a million orders one by one would take an hour for.
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            "create temporary table first as select id, sku, row_number() over (order by id) - 1 as n from catalog_variant order by id limit 100"
        )
        cursor.execute(ORDERS, values)
        cursor.execute(LINES)
        cursor.execute(PAYMENTS)
        cursor.execute("drop table first")
        cursor.execute("set session_replication_role = default")
        cursor.execute("vacuum analyze orders_order, orders_orderline, orders_payment")
