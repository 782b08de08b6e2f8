"""What carts and checkouts have to know before anything is written, in one statement each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from customers.queries.people import FACTS, CustomerUnknown
from orders.models import Cart

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`countries` empty: everywhere else. Minor units."""

    currency: str
    countries: tuple[str, ...]
    from_total: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class Option:
    code: str
    name: str
    kind: str
    tax_class: str
    days_least: int
    days_most: int
    rates: tuple[Rate, ...]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An order that was placed, as whoever placed it is told. `action`: what the shopper's browser has to do to pay.

    `refusal`: why the provider declined, once it has."""

    id: UUID
    number: str
    status: str
    currency: str
    total: int
    tax: int
    paid: int
    attempt: UUID | None
    payment_state: str
    action: Json
    refusal: str


OPTIONS = """select coalesce(json_agg(told order by told.code), '[]') from (
    select o.code, o.name, o.kind, o.tax_class, o.days_least, o.days_most, (
        select coalesce(json_agg(json_build_object(
            'currency', r.currency, 'countries', r.countries, 'from_total', r.from_total, 'amount', r.amount)), '[]')
        from orders_deliveryrate r where r.option_id = o.id) as rates
    from orders_deliveryoption o join orders_deliveryoption_channels c on c.deliveryoption_id = o.id
    where c.channel_id = %(channel)s and o.archived_at is null and (%(option)s::text is null or o.code = %(option)s)
) told"""
COUNTRY = "select country from customers_address where id = %(ship_to)s and customer_id = %(customer)s"
WHO = f"""select json_build_object('id', who.id, 'groups', who.groups, 'certified',
    exists (select from catalog_taxexemption where customer = who.id)) from ({FACTS}) who"""  # noqa: S608
GROUND = f"""select ({COUNTRY}), exists (select from customers_address where id = %(bill_to)s and customer_id = %(customer)s),
    exists (select from orders_order where id = %(order)s), ({OPTIONS})::text, ({WHO})::text"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Who:
    """Of a merged customer the kept one. `certified`: there are tax exemptions of theirs, whether or not they hold."""

    id: UUID
    groups: tuple[str, ...]
    certified: bool


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a cart stands on: where it goes to (None: no such address of this customer), whether the order stands already, what there is to
    choose, and who buys (None: nobody, or nobody known)."""

    country: str | None
    billed: bool
    placed: bool
    options: tuple[Option, ...]
    who: Who | None


def ground(*, channel: UUID, customer: UUID | None, ship_to: UUID | None, bill_to: UUID | None, option: str | None, order: UUID | None) -> Ground:
    """`option` None: all that the channel offers. A cart of nobody's that goes nowhere yet costs no statement."""
    if option == "" and (customer, ship_to, bill_to, order) == (None, None, None, None):
        return Ground(country=None, billed=False, placed=False, options=(), who=None)
    values = {"channel": channel, "customer": customer, "ship_to": ship_to, "bill_to": bill_to, "option": option, "order": order}
    with connection.cursor() as cursor:
        cursor.execute(GROUND, values)
        country, billed, placed, *told = cursor.fetchone()
    options, who = (orjson.loads(text or "null") for text in told)
    return Ground(
        country=country,
        billed=billed,
        placed=placed,
        options=tuple(_option(told) for told in options),
        who=Who(id=UUID(who["id"]), groups=tuple(who["groups"]), certified=who["certified"]) if who else None,
    )


def _option(told: Json) -> Option:
    rates = tuple(Rate(**{**rate, "countries": tuple(rate["countries"])}) for rate in told["rates"])
    return Option(**{**told, "rates": rates})


STANDING = """select o.id, o.number, o.status, o.currency, o.total, o.tax,
    (select coalesce(sum(amount), 0)::bigint from orders_payment where order_id = o.id), a.id, coalesce(a.state, ''), a.action::text,
    case when a.state in ('declined', 'voided') then coalesce(nullif(a.code, ''), a.state) else '' end
from orders_order o left join lateral (select * from orders_attempt where order_id = o.id order by created_at desc, id desc limit 1) a on true
where o.id = %s"""


def standing(*, order: UUID) -> Standing | None:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [order])
        row = cursor.fetchone()
    if row is None:
        return None
    id, number, status, currency, total, tax, paid, attempt, state, action, refusal = row
    return Standing(
        id=id,
        number=number,
        status=status,
        currency=currency,
        total=total,
        tax=tax,
        paid=paid,
        attempt=attempt,
        payment_state=state,
        action=orjson.loads(action or "{}"),
        refusal=refusal,
    )


KNOWN = f"""select who.id, (select id from orders_cart where customer_id = who.id and channel_id = %(channel)s and state = 'open')
from ({FACTS}) who"""  # noqa: S608


def known_with_cart(*, customer: UUID, channel: UUID) -> tuple[UUID, UUID | None]:
    """Who that is today, of a merged customer the kept one, and the cart that they have open in the channel. Raises CustomerUnknown."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, {"customer": customer, "channel": channel})
        found = cursor.fetchone()
    if found is None:
        raise CustomerUnknown(field="customer")
    return found[0], found[1]


def cart_of_customer(*, customer: UUID, channel: UUID) -> UUID | None:
    """The one that is open."""
    return Cart.objects.filter(customer=customer, channel=channel, state=Cart.State.OPEN).values_list("id", flat=True).first()


def cart_of_order(*, order: UUID) -> UUID | None:
    """What it was before."""
    return Cart.objects.filter(order=order).values_list("id", flat=True).first()
