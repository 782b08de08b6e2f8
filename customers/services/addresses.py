"""Where somebody lives or is sent to. An address is never changed, because an order may stand on it: what replaces it is a new one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from customers import addresses, details
from customers.models import Address, Customer
from customers.services.duplicates import Clue, suggest
from customers.services.held import Held, held, key_of, moved_on
from kernel.errors import NotFound


class UnknownAddress(NotFound):
    title = "This customer has no such address"


@transaction.atomic
def add_address(
    *,
    customer: UUID,
    address: Mapping[str, Any],
    listed: bool = True,
    default_shipping: bool = False,
    default_billing: bool = False,
    now: datetime,
) -> UUID:
    """`address`: name, company, line1, line2, city, region, postcode, country, phone, as customers.addresses checks them. Not `listed`: of
    one order alone; that is two statements and changes nothing about the customer."""
    kept = addresses.checked(address)
    if not listed:
        return _new(customer, key_of(customer).seal("address", kept), kept, now, listed=False).id
    one = held(customer)
    return _add(one, kept, {"default_shipping": default_shipping, "default_billing": default_billing}, now)


@transaction.atomic
def replace_address(*, customer: UUID, id: UUID, address: Mapping[str, Any], now: datetime) -> UUID:
    """The new one takes the place of the old one, defaults included; what was sent to the old one still says so."""
    kept = addresses.checked(address)
    one = held(customer)
    old = _listed(one.row, id)
    defaults = {"default_shipping": old.default_shipping, "default_billing": old.default_billing}
    _unlist(old)
    return _add(one, kept, defaults, now)


@transaction.atomic
def put_address(*, customer: UUID, id: UUID, address: Mapping[str, Any], default_shipping: bool, default_billing: bool, now: datetime) -> UUID:
    """As replace_address, and says for what it is the default. An address that stays the same stays itself."""
    one = held(customer)
    old = _listed(one.row, id)
    same = one.key.open("address", old.sealed) == addresses.checked(address)
    new = id if same else replace_address(customer=customer, id=id, address=address, now=now)
    set_default_address(customer=customer, id=new, shipping=default_shipping, billing=default_billing, now=now)
    return new


@transaction.atomic
def remove_address(*, customer: UUID, id: UUID, now: datetime) -> None:
    """Out of the address book. Removed twice is fine."""
    one = held(customer)
    old = one.row.addresses.filter(id=id).first()
    if old is None:
        raise UnknownAddress
    if old.listed:
        _unlist(old)
        moved_on(one.row, "addresses", now=now)


@transaction.atomic
def set_default_address(*, customer: UUID, id: UUID, shipping: bool | None = None, billing: bool | None = None, now: datetime) -> None:
    one = held(customer)
    row = _listed(one.row, id)
    before = (row.default_shipping, row.default_billing)
    _take_defaults(one.row, shipping=bool(shipping), billing=bool(billing))
    row.default_shipping = before[0] if shipping is None else shipping
    row.default_billing = before[1] if billing is None else billing
    if before != (row.default_shipping, row.default_billing):
        row.save()
        moved_on(one.row, "addresses", now=now)


def _listed(row: Customer, id: UUID) -> Address:
    found = row.addresses.filter(id=id, listed=True).first()
    if found is None:
        raise UnknownAddress
    return found


def _unlist(row: Address) -> None:
    row.listed = row.default_shipping = row.default_billing = False
    row.save()


def _add(one: Held, kept: Mapping[str, str], defaults: Mapping[str, bool], now: datetime) -> UUID:
    _take_defaults(one.row, shipping=defaults["default_shipping"], billing=defaults["default_billing"])
    row = _new(one.row.id, one.key.seal("address", kept), kept, now, **defaults)
    _found_by(one, kept, now)
    moved_on(one.row, "addresses", now=now)
    return row.id


def _new(customer: UUID, sealed: bytes, kept: Mapping[str, str], now: datetime, **more: bool) -> Address:
    region = kept["region"] if len(kept["region"]) <= 10 else ""
    return Address.objects.create(customer_id=customer, country=kept["country"], region=region, sealed=sealed, created_at=now, **more)


def _take_defaults(row: Customer, *, shipping: bool, billing: bool) -> None:
    if shipping:
        row.addresses.filter(default_shipping=True).update(default_shipping=False)
    if billing:
        row.addresses.filter(default_billing=True).update(default_billing=False)


def _found_by(one: Held, kept: Mapping[str, str], now: datetime) -> None:
    """Whoever has the same name at the same postcode is perhaps the same."""
    household = details.household_digest(one.data, kept)
    if household is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_personaldata set words = words || %s::bytea where customer_id = %s and not words @> array[%s::bytea]",
            [household, one.row.id, household],
        )
    suggest([Clue(one.row.id, "household", household)], now=now)
