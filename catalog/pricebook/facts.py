"""What holds at one moment for one customer: the place's clock, coupons looked up, what is left of limits, exemptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.pricebook.books import Book
from catalog.pricebook.clocks import first_shown, milliseconds

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Customer:
    """Known by an opaque id, or only by what is said of them. `orders`: how many they have had; None: nobody knows. `certified`: whether
    tax exemptions are worth asking for."""

    id: UUID | None = None
    groups: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    orders: int | None = None
    certified: bool = True


LEFT = """select p.code, p.most_uses, p.used, p.budget, p.given, p.most_per_customer, p.monthly_budget, coalesce(r.times, 0), coalesce(r.month, 0)
from catalog_promotion p
left join lateral (
    select count(*) as times, sum(d.amount) filter (where d.at >= %(since)s and d.at < %(until)s) as month from catalog_redemption d
    where d.promotion_id = p.id and d.customer = %(customer)s and d.released_at is null
) r on %(customer)s::uuid is not null
where p.id = any(%(promotions)s::uuid[])"""
COUPONS = """select c.code, p.code, c.most_uses, c.used, c.customer, c.expires_at, c.voided_at
from catalog_coupon c join catalog_promotion p on p.id = c.promotion_id where c.code = any(%(codes)s)"""
# The certificate that covers most: an empty list is every class.
EXEMPT = """select e.certificate, e.classes, e.expires_on from catalog_taxexemption e
where e.customer = %(customer)s and (e.zone_id is null or e.zone_id = %(zone)s) and e.starts_on <= %(day)s and e.expires_on > %(day)s
order by cardinality(e.classes) = 0 desc, cardinality(e.classes) desc, e.expires_on desc, e.id limit 1"""


def facts(
    *,
    book: Book,
    at: datetime,
    customer: Customer | None = None,
    coupons: Sequence[str] = (),
    staff: bool = False,
    offline: bool = False,
    now: datetime,
    tax_quote: Json | None = None,
) -> Json:
    """As catalog.pricing takes them. At most three statements: for limits, coupons, exemptions, where there are any to ask for.

    `at`: the moment that is priced; `now`: the moment by which coupons are live. `tax_quote`: what a tax service said, handed through.
    """
    local = at.astimezone(book.zone)
    known = customer or Customer()
    return {
        "channel": book.channel,
        "store": book.store,
        "weekday": local.isoweekday(),
        "minute": local.hour * 60 + local.minute,
        "customer": {"known": customer is not None, "groups": list(known.groups), "segments": list(known.segments), "orders": known.orders},
        "staff": staff,
        "offline": offline,
        "left": _left(book, known, local.date()),
        "coupons": _coupons(book, known, coupons, max(at, now)),
        "exempt": _exempt(book, known, local.date()),
        "tax_quote": tax_quote,
    }


def coupon_code(text: str) -> str:
    """As it is kept: capitals, no spaces."""
    return "".join(text.split()).upper()


def _left(book: Book, customer: Customer, day: date) -> dict[str, Json]:
    if not book.limited:
        return {}
    since, until = _month(book, day)
    values = {"promotions": list(book.limited.values()), "customer": customer.id, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(LEFT, values)
        return {row[0]: _remaining(row[1:], customer.id is not None) for row in cursor}


def _remaining(row: Sequence[Any], known: bool) -> Json:
    most_uses, used, budget, given, most_per_customer, monthly, times, month = row
    budgets = [budget - given] if budget is not None else []
    if monthly is not None:
        # What is counted by the person is not given to nobody in particular.
        budgets.append(monthly - int(month) if known else 0)
    return {
        "uses": most_uses - used if most_uses is not None else None,
        "customer": most_per_customer - times if most_per_customer is not None and known else None,
        "budget": min(budgets) if budgets else None,
    }


def _month(book: Book, day: date) -> tuple[datetime, datetime]:
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return first_shown(datetime.combine(first, time()), book.zone), first_shown(datetime.combine(following, time()), book.zone)


def _coupons(book: Book, customer: Customer, given: Sequence[str], at: datetime) -> dict[str, Json]:
    codes = sorted({coupon_code(code) for code in given})
    if not codes:
        return {}
    here = {rule["code"] for rule in book.rules["promotions"]}
    found: dict[str, Json] = {code: {"promotion": "", "refused": "unknown"} for code in codes}
    with connection.cursor() as cursor:
        cursor.execute(COUPONS, {"codes": codes})
        for code, promotion, *rest in cursor:
            # Of a promotion that is not for this place nobody learns here that it exists.
            if promotion in here:
                found[code] = {"promotion": promotion, "refused": _refused(rest, customer, at)}
    return found


def _refused(row: Sequence[Any], customer: Customer, at: datetime) -> str:
    most_uses, used, owner, expires_at, voided_at = row
    if owner is not None and owner != customer.id:
        return "not_yours"
    if voided_at is not None or (expires_at is not None and expires_at <= at):
        return "expired"
    return "used" if most_uses is not None and used >= most_uses else ""


def _exempt(book: Book, customer: Customer, day: date) -> Json | None:
    if customer.id is None or not customer.certified:
        return None
    with connection.cursor() as cursor:
        cursor.execute(EXEMPT, {"customer": customer.id, "zone": book.tax_zone, "day": day})
        row = cursor.fetchone()
    if row is None:
        return None
    certificate, classes, expires_on = row
    expires = milliseconds(first_shown(datetime.combine(expires_on, time()), book.zone).astimezone(UTC))
    return {"certificate": certificate, "classes": list(classes) or None, "expires_at": expires}
