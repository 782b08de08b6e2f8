"""What a variant costs in a channel at a moment, as SQL: for cards, and for whoever must agree with them.

The statements stand inside one that has the variant w, its base price o (both may be null there) and the common table
LISTS. The order in which prices win is that of docs/pricing.md. Amounts are minor units, quantities thousandths. Parameters:
%(channel)s, %(currency)s, %(at)s, and of the currency %(places)s and %(unit)s.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from kernel.money import exponent

# One piece, or one kilogram.
ONE = "1000"
# Before a reduction began, the lowest price of so many days is told with it (Directive 98/6/EC, article 6a).
BEFORE = "interval '30 days'"

# The lists that hold for everybody in the channel. Of stores, groups and customers are not for cards.
HERE = """select l.id, l.code collate "C" as code, (l.priority + 1001) * 100 + (l.channel_id is not null)::int as rank
    from catalog_pricelist l where l.currency = %(currency)s and l.customer_group = '' and l.store_group_id is null
        and (l.channel_id is null or l.channel_id = %(channel)s)
        and not exists (select from catalog_priceliststore s where s.price_list_id = l.id)"""
# A common table expression.
LISTS = f"lists as materialized ({HERE})"


def valid(at: str) -> str:
    """Entries of w. The variant's few are found first, whatever the number of lists."""
    return f"""select e.* from catalog_priceentry e where e.variant_id = w.id and e.live
        and (e.starts_at is null or e.starts_at <= {at}) and (e.ends_at is null or e.ends_at > {at}) offset 0"""


FIRST = "order by rank desc, code, from_quantity desc, amount, price_quantity desc limit 1"


def chosen(*, at: str, quantity: str, base: str, only: str = "true") -> str:
    """amount and price_quantity of the price that wins from this quantity on, of entries that are `only` so, or of the statement `base`."""
    return f"""select amount, price_quantity from (
            select e.amount, e.price_quantity, e.from_quantity, l.rank, l.code from ({valid(at)}) e join lists l on l.id = e.price_list_id
            where e.from_quantity <= {quantity} and {only}
            union all select b.amount, b.price_quantity, 0, 0, '' from ({base}) b where b.amount is not null) c {FIRST}"""


def scaled(amount: str, price_quantity: str) -> str:
    """For as much as the present price n is for."""
    return f"case when {price_quantity} = n.price_quantity then {amount} else {halves(f'{amount}::numeric * n.price_quantity', price_quantity)} end"


def halves(numerator: str, denominator: str) -> str:
    """As kernel.money.divided rounds what is not below zero."""
    return f"div(2 * ({numerator}) + ({denominator}), 2 * ({denominator}))::bigint"


def formatted(amount: str) -> str:
    """As kernel.money.format_amount writes it."""
    return f"""case %(places)s when 0 then ({amount})::text else
        (({amount}) / %(unit)s)::text || '.' || lpad(mod({amount}, %(unit)s)::text, %(places)s, '0') end"""


def digits(currency: str) -> dict[str, int]:
    places = exponent(currency)
    return {"places": places, "unit": 10**places}


def listed(values: Mapping[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ANYTHING, values)
        return bool(cursor.fetchone()[0])


BASE = "select o.amount, o.price_quantity"
# Almost no variant has an entry: then this is one look into an index.
ENTRY = f"""select e.amount, e.price_quantity, e.starts_at, e.ends_at from ({valid("%(at)s")}) e join lists l on l.id = e.price_list_id
    where e.from_quantity <= {ONE} {FIRST}"""
NOW = """select coalesce(e.amount, o.amount) as amount, coalesce(e.price_quantity, o.price_quantity) as price_quantity, e.starts_at, e.ends_at"""

NO_ENTRY = "select null::bigint as amount, null::int as price_quantity, null::timestamptz as starts_at, null::timestamptz as ends_at"
# Whether lists say anything in the channel, or ever said.
ANYTHING = f"""select exists (select from ({HERE}) l join catalog_priceentry e on e.price_list_id = l.id where e.live)"""

# What it costs without the prices that end, where the present one ends.
LASTING = f"""select {scaled("c.amount", "c.price_quantity")} as amount from (
        {chosen(at="%(at)s", quantity=ONE, base=BASE, only="e.ends_at is null")}) c where n.ends_at is not null"""

# From which quantities on it costs something else, in the order of quantities.
BREAKS = f"""select json_agg(json_build_object('from_quantity', quantity, 'amount', amount, 'formatted', {formatted("amount")},
        'price_quantity', price_quantity) order by quantity) as told
    from (
        select s.quantity, c.amount, c.price_quantity, lag(c.amount, 1, n.amount) over steps as amount_before,
            lag(c.price_quantity, 1, n.price_quantity) over steps as price_quantity_before
        from (select distinct e.from_quantity as quantity from ({valid("%(at)s")}) e join lists l on l.id = e.price_list_id
            where e.from_quantity > {ONE}) s
        cross join lateral ({chosen(at="%(at)s", quantity="s.quantity", base=BASE)}) c
        window steps as (order by s.quantity)
    ) stepped where (amount, price_quantity) <> (amount_before, price_quantity_before)"""

# The base price at the moment m.at.
STOOD = """select t.amount, t.price_quantity from catalog_pricepoint t
    where t.variant_id = w.id and t.currency = %(currency)s and t.at <= m.at order by t.at desc, t.id desc limit 1"""


def lowest(since: str, *, begun: str, reduced: Callable[[str, str], str]) -> str:
    """amount: the lowest that was charged for one in the days before `since`; null without a since, or when nothing was charged.
    From the moment `begun` on with `reduced`, what the present promotion makes of a price."""
    first = f"({since} - {BEFORE})"
    entries = "select e.starts_at, e.ends_at from catalog_priceentry e join lists l on l.id = e.price_list_id where e.variant_id = w.id and e.live"
    taken = f"case when m.at >= {begun} then {reduced('c.amount', 'c.price_quantity')} else c.amount end"
    return f"""select min({scaled(taken, "c.price_quantity")}) as amount from (
            select {first} as at
            union select t.at from catalog_pricepoint t where t.variant_id = w.id and t.currency = %(currency)s and t.at > {first} and t.at < {since}
            union select moment.at from ({entries}) e cross join lateral (values (e.starts_at), (e.ends_at), ({begun})) moment(at)
                where moment.at > {first} and moment.at < {since}
        ) m cross join lateral ({chosen(at="m.at", quantity=ONE, base=STOOD)}) c where {since} is not null"""
