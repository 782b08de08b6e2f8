"""Customers come and change: one statement writes them, however many; what tells who they are is sealed before it gets there."""

import json
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from catalog.services import taxes
from customers import details
from customers.models import Customer, Group, Identity, Membership
from customers.sealing import PersonKey
from customers.services.duplicates import Clue, suggest
from customers.services.held import Held, held, moved_on, told
from kernel import outbox
from kernel.errors import Conflict, Invalid
from kernel.ids import uuid7

Json = dict[str, Any]


class IdentityTaken(Conflict):
    """`details`: customer, number of who has it."""

    code = "identity_taken"
    title = "Another customer is known by this"


class Nobody(Invalid):
    code = "customer_nameless"
    title = "Give a name, a company, or something this customer is known by"


class GroupUnknown(Invalid):
    code = "group_unknown"
    title = "There is no such group"


@dataclass(frozen=True, kw_only=True)
class NewCustomer:
    """`data`: given_name, family_name, company, email, phone, birthday, tax_number, language, account_limit, currency, exempt_until, card,
    external {system: id}, country (of a phone number that names none). `verified`: kinds of identities that were proven."""

    data: Mapping[str, Any]
    kind: str = "person"
    guest: bool = False
    groups: Sequence[str] = ()
    verified: Collection[str] = ()
    id: UUID = field(default_factory=uuid7)


@dataclass(frozen=True)
class Made:
    id: UUID
    number: str


CREATE = """
with given as (
    select * from json_to_recordset(%s) as g(
        id uuid, kind text, guest boolean, language text, account_limit bigint, currency text, exempt_until date,
        key text, sealed text, words json, identities json, groups json)
), people as (
    insert into customers_customer
        (id, number, kind, guest, language, account_limit, currency, exempt_until, created_at, changed_at, version)
    select id, 'C-' || nextval('customers_number'), kind, guest, language, account_limit, currency, exempt_until, %s, %s, 1 from given
    returning id, number
), personal as (
    insert into customers_personaldata (customer_id, key, sealed, words)
    select id, decode(key, 'base64'), decode(sealed, 'base64'), array(select decode(w, 'base64') from json_array_elements_text(words) w) from given
), known as (
    insert into customers_identity (customer_id, kind, system, digest, sealed, verified_at, created_at)
    select given.id, i.kind, i.system, decode(i.digest, 'base64'), decode(i.sealed, 'base64'), case when i.verified then %s::timestamptz end, %s
    from given, json_to_recordset(given.identities) as i(kind text, system text, digest text, sealed text, verified boolean)
    on conflict (kind, system, digest) do nothing
    returning customer_id, kind, system
), members as (
    insert into customers_membership (customer_id, group_id)
    select given.id, g::uuid from given, json_array_elements_text(given.groups) g
)
select people.id, people.number, array(select kind || ' ' || system from known where known.customer_id = people.id) from people
"""


def create_customer(
    *,
    data: Mapping[str, Any],
    kind: str = "person",
    guest: bool = False,
    groups: Sequence[str] = (),
    actor: UUID | None,
    now: datetime,
    verified: Collection[str] = (),
) -> UUID:
    """`data` as NewCustomer has it. An e-mail, card or id elsewhere that another is known by: IdentityTaken; a guest, and a phone, which a
    household shares, go without the identity and are suggested as perhaps the same."""
    one = NewCustomer(data=data, kind=kind, guest=guest, groups=groups, verified=verified)
    return create_customers(people=[one], actor=actor, now=now)[0].id


@transaction.atomic
def create_customers(*, people: Sequence[NewCustomer], actor: UUID | None, now: datetime, compare: bool = True) -> list[Made]:
    """Thousands in three statements, each as create_customer makes it. Without `compare` nobody looks for duplicates (services.compare)."""
    groups = group_ids(code for one in people for code in one.groups)
    prepared = [_Prepared.of(one, groups) for one in people]
    with connection.cursor() as cursor:
        cursor.execute(CREATE, [json.dumps([each.row for each in prepared]), now, now, now, now])
        made = {id: (number, set(known)) for id, number, known in cursor.fetchall()}
    for each in prepared:
        _must_have_got(each, made[each.new.id][1])
    if compare:
        suggest([clue for each in prepared for clue in each.clues], now=now)
    rows = [Customer(id=one.id, number=made[one.id][0], kind=one.kind, guest=one.guest, version=1) for one in people]
    outbox.record_many([told(row, ["created"]) for row in rows], now=now)
    for each in prepared:
        if each.open.get("exempt_until"):
            exempt(each.new.id, made[each.new.id][0], each.open["exempt_until"], actor=actor, now=now)
    return [Made(one.id, made[one.id][0]) for one in people]


@dataclass
class _Prepared:
    new: NewCustomer
    open: Json
    row: Json
    clues: list[Clue]
    # (kind, system, value as compared)
    identities: list[tuple[str, str, str]]

    @classmethod
    def of(cls, new: NewCustomer, groups: Mapping[str, UUID]) -> "_Prepared":
        details.must_be_known(new.data)
        kind = kind_of(new.kind)
        data = {name: value for name, value in details.sealed_parts(new.data).items() if value}
        known = identities_of(data, new.data)
        if not data and not known:
            raise Nobody
        open = details.open_parts(new.data, kind=kind)
        must_name_currency(open.get("account_limit", 0), open.get("currency", ""))
        key = PersonKey.new(new.id)
        row = _row(new, open, key, data) | {
            "identities": [_identity(key, *one, verified=one[0] in new.verified) for one in known],
            "groups": [str(groups[code]) for code in dict.fromkeys(new.groups)],
        }
        return cls(new, open, row, clues_of(new.id, data), known)


def _row(new: NewCustomer, open: Json, key: PersonKey, data: Json) -> Json:
    until = open.get("exempt_until")
    return {
        "id": str(new.id),
        "kind": new.kind,
        "guest": new.guest,
        "language": open.get("language", ""),
        "account_limit": open.get("account_limit", 0),
        "currency": open.get("currency", ""),
        "exempt_until": until.isoformat() if until else None,
        "key": _text(key.wrapped()),
        "sealed": _text(key.seal("personal", data)),
        "words": [_text(word) for word in details.found_by(data)],
    }


def _identity(key: PersonKey, kind: str, system: str, value: str, *, verified: bool) -> Json:
    digest = details.identity_digest(kind, value, system)
    return {
        "kind": kind,
        "system": system,
        "digest": _text(digest),
        "sealed": _text(key.seal("identity", {"value": value})),
        "verified": verified,
    }


def _text(content: bytes) -> str:
    return b64encode(content).decode()


def _must_have_got(each: _Prepared, got: set[str]) -> None:
    """Identities that another has were left out by the database, whoever came first."""
    for kind, system, value in each.identities:
        if f"{kind} {system}" not in got and kind != "phone" and not each.new.guest:
            raise taken(kind, system, value)


def taken(kind: str, system: str, value: str) -> IdentityTaken:
    digest = details.identity_digest(kind, value, system)
    who = Customer.objects.filter(identities__kind=kind, identities__system=system, identities__digest=digest).first()
    return IdentityTaken(field=kind, **({"customer": str(who.id), "number": who.number} if who else {}))


def identities_of(data: Mapping[str, str], given: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found = [(kind, "", data[kind]) for kind in ("email", "phone") if data.get(kind)]
    if given.get("card"):
        found.append(("card", "", details.card(given["card"])))
    elsewhere = given.get("external") or {}
    if not isinstance(elsewhere, Mapping):
        raise details.DetailInvalid("Give {system: id}.", field="external")
    return [*found, *(("external", *details.external(system, id)) for system, id in elsewhere.items())]


def clues_of(customer: UUID, data: Mapping[str, str]) -> list[Clue]:
    return [Clue(customer, kind, details.contact_digest(kind, data[kind])) for kind in ("email", "phone") if data.get(kind)]


def kind_of(given: str) -> str:
    if given not in Customer.Kind.values:
        raise Invalid("A customer is a person or a business.", field="kind")
    return given


def must_name_currency(limit: int, currency: str) -> None:
    if limit and not currency:
        raise details.DetailInvalid("Say in which currency the limit is.", field="currency")


def group_ids(codes: Iterable[str]) -> dict[str, UUID]:
    wanted = set(codes)
    if not wanted:
        return {}
    found = dict(Group.objects.filter(code__in=wanted).values_list("code", "id"))
    if missing := sorted(map(str, wanted - set(found))):
        raise GroupUnknown(f"There is no group {missing[0]}.", field="groups")
    return found


@transaction.atomic
def change_customer(*, id: UUID, data: Mapping[str, Any], version: int, actor: UUID | None, now: datetime) -> int:
    """What `data` names becomes so, "" and None take it away; beside NewCustomer's: kind, guest (false: the guest has an account now),
    groups. The version afterwards; the same when nothing is different. `version`: as it was read, else ChangedMeanwhile."""
    details.must_be_known(data, "kind", "guest", "groups")
    one = held(id, version=version)
    changed = [*_change_open(one.row, data, actor, now), *_change_sealed(one, data, now)]
    if "groups" in data and set_groups(one.row, data["groups"] or ()):
        changed.append("groups")
    return moved_on(one.row, *changed, now=now) if changed else one.row.version


def _change_open(row: Customer, data: Mapping[str, Any], actor: UUID | None, now: datetime) -> list[str]:
    wanted = details.open_parts(data, kind=kind_of(data.get("kind", row.kind)))
    if "kind" in data:
        wanted["kind"] = kind_of(data["kind"])
    if "guest" in data:
        if data["guest"] is not False and not row.guest:
            raise Invalid("A customer with an account does not become a guest.", field="guest")
        wanted["guest"] = bool(data["guest"])
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, wanted[name])
    if row.kind != Customer.Kind.BUSINESS and row.account_limit:
        raise Invalid("Only a business buys on account.", field="account_limit")
    must_name_currency(row.account_limit, row.currency)
    if "exempt_until" in changed:
        exempt(row.id, row.number, row.exempt_until, actor=actor, now=now)
    return changed


def _change_sealed(one: Held, data: Mapping[str, Any], now: datetime) -> list[str]:
    wanted = details.sealed_parts(data)
    changed = [name for name, value in wanted.items() if one.data.get(name, "") != value]
    before = dict(one.data)
    one.data = {name: value for name, value in {**one.data, **wanted}.items() if value}
    becomes_account = data.get("guest") is False
    for kind in ("email", "phone"):
        if kind in changed or (becomes_account and one.data.get(kind)):
            _replace_identity(one, kind, before.get(kind, "") if kind in changed else "", now)
    known = identities_of({}, data)
    for kind, system, value in known:
        add_known(one, kind, system, value, now=now)
    if changed:
        reindex(one)
        suggest([clue for clue in clues_of(one.row.id, one.data) if clue.reason in changed], now=now)
    return [*changed, *(["identities"] if known else [])]


def _replace_identity(one: Held, kind: str, before: str, now: datetime) -> None:
    if before:
        one.row.identities.filter(kind=kind, digest=details.identity_digest(kind, before)).delete()
    if value := one.data.get(kind):
        add_known(one, kind, "", value, now=now, shared=kind == "phone" or one.row.guest)


def add_known(one: Held, kind: str, system: str, value: str, *, now: datetime, shared: bool = False, verified: bool = False) -> bool:
    """Whether it is new. `shared`: fine when somebody else is known by it."""
    row = Identity(customer=one.row, kind=kind, system=system, digest=details.identity_digest(kind, value, system), created_at=now)
    row.sealed = one.key.seal("identity", {"value": value})
    row.verified_at = now if verified else None
    # Not tried and caught: whoever comes second is told by the index, without an error that ends the transaction.
    Identity.objects.bulk_create([row], ignore_conflicts=True)
    owner = Identity.objects.filter(kind=kind, system=system, digest=row.digest).values_list("customer", "created_at").first()
    if owner is None or owner[0] != one.row.id:
        if shared:
            return False
        raise taken(kind, system, value)
    return bool(owner[1] == now)


def reindex(one: Held) -> None:
    """What somebody is found by, worked out anew, and the record kept."""
    reached = [bytes(digest)[:16] for digest in one.row.identities.filter(kind__in=["email", "phone"]).values_list("digest", flat=True)]
    listed = one.row.addresses.filter(listed=True).values_list("country", "sealed")
    addresses = [{**one.key.open("address", sealed), "country": country} for country, sealed in listed]
    one.keep(details.found_by(one.data, contacts_of=reached, addresses=addresses))


def set_groups(row: Customer, codes: Sequence[str]) -> bool:
    """Whether that is different from before."""
    wanted = set(group_ids(codes).values())
    before = set(row.memberships.values_list("group", flat=True))
    row.memberships.filter(group__in=before - wanted).delete()
    Membership.objects.bulk_create([Membership(customer=row, group_id=group) for group in wanted - before], ignore_conflicts=True)
    return wanted != before


def exempt(customer: UUID, number: str, until: date | None, *, actor: UUID | None, now: datetime) -> None:
    """Prices ask the catalogue who pays no tax. It knows the customer's number as the certificate: the real one is personal."""
    today = now.date()
    taxes.end_exemptions(customer=customer, on=today, actor=actor)
    if until is not None and until >= today:
        taxes.add_exemption(customer=customer, certificate=number, starts_on=today, expires_on=until + timedelta(days=1), now=now, actor=actor)
