"""One store's day as two of its three tellers have it: the orders and the journal. Minor units, signs as a till prints them. Four statements."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from orders.accounts import TENDERS
from orders.queries.books import rows


@dataclass(frozen=True, kw_only=True)
class Side:
    """`tenders` by kind as a till tells it, `taxes` by rate in parts per million. None: this side says nothing of it."""

    total: int | None = None
    tenders: "Counter[str] | None" = None
    taxes: "Counter[int] | None" = None
    over_short: int | None = None


# Whose turnover counts, as orders.queries.books has it.
SOLD: Final = "(o.status = 'paid' or o.handed_over_at is not null)"
ORDERS: Final = f"""
select 'total', '', coalesce(sum(o.total), 0)::bigint from orders_order o
where o.store_id = %(store)s and o.business_date = %(on)s and o.source <> 'import' and {SOLD}
union all
select 'tender', p.kind, sum(p.amount)::bigint from orders_order o join orders_payment p on p.order_id = o.id
where o.store_id = %(store)s and o.business_date = %(on)s and o.source <> 'import' group by p.kind
union all
select 'tax', taxes.rate::text, sum(taxes.amount)::bigint
from orders_order o join orders_orderline l on l.order_id = o.id cross join lateral (
    select (one ->> 'rate')::bigint as rate, (one ->> 'amount')::bigint as amount from jsonb_array_elements(l.taxes) one
    union all select l.tax_rate, l.tax where l.taxes = '[]'::jsonb
) taxes
where o.store_id = %(store)s and o.business_date = %(on)s and o.source <> 'import' and {SOLD} group by taxes.rate
"""  # noqa: S608  # a constant
# What was booked of those orders, on whichever day: and what the counts of that day's drawers said.
BOOKED: Final = """
select b.account, b.rate, sum(b.amount)::bigint
from orders_bookline b join orders_order o on o.id = b.reference
where o.store_id = %(store)s and o.business_date = %(on)s and b.cause <> 'cost' group by b.account, b.rate
"""
COUNTED: Final = """
select sum(amount)::bigint from orders_bookline
where store_id = %(store)s and business_date = %(on)s and account = 'over_short' and cause like 'count%%'
"""
GIFT_CARDS: Final = f"""
select coalesce(sum(l.total - case when o.tax_included then l.tax else 0 end), 0)::bigint
from orders_order o join orders_orderline l on l.order_id = o.id
where o.store_id = %(store)s and o.business_date = %(on)s and l.kind = 'gift_card' and {SOLD}
"""  # noqa: S608  # a constant
# Where several kinds of tender meet on one account, or something else stands on it too, a kind cannot be told from the journal.
OF_ACCOUNT: Final = {
    "cash": "cash",
    "cash_safe": "cash",
    **{TENDERS[kind]: kind for kind in ("card", "transfer", "store_credit", "points")},
}


def of_orders(*, store: UUID, on: date) -> Side:
    total, tenders, taxes = 0, Counter[str](), Counter[int]()
    for what, name, amount in rows(ORDERS, {"store": store, "on": on}):
        if what == "total":
            total = amount
        elif what == "tender":
            tenders[name] = amount
        else:
            taxes[int(name)] = amount
    return Side(total=total, tenders=tenders, taxes=taxes)


def of_books(*, store: UUID, on: date) -> Side:
    """A card that is sold and one that pays stand on one account: what was sold is read from the lines."""
    asked = {"store": store, "on": on}
    booked = rows(BOOKED, asked)
    cards = int(rows(GIFT_CARDS, asked)[0][0])
    counted = rows(COUNTED, asked)[0][0]
    tenders, taxes = Counter[str](), Counter[int]()
    for account, rate, amount in booked:
        if account in OF_ACCOUNT:
            tenders[OF_ACCOUNT[account]] += amount
        elif account == "gift_card_liability":
            tenders["gift_card"] += amount + cards
        elif account.partition(":")[0] == "tax":
            taxes[rate or 0] -= amount
    return Side(total=_turnover(booked) + cards, tenders=tenders, taxes=taxes, over_short=None if counted is None else -counted)


def _turnover(booked: Sequence[tuple[str, int | None, int]]) -> int:
    """What the goods came to with their tax, their deposits and the rounding."""
    return -sum(amount for account, _, amount in booked if account.partition(":")[0] in ("sales", "tax", "rounding", "deposit_liability"))
