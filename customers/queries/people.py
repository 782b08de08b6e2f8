"""Who somebody is, found by what they are known by or called; and what prices have to know of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Case, F, Q, QuerySet, When

from customers import contacts, details
from customers.models import Address, Consent, Customer, Group, Identity, Note, Suggestion
from customers.sealing import PersonKey
from kernel.errors import Invalid, NotFound
from org.paging import Page, page_of, plain_text

Json = dict[str, Any]
Place = tuple[datetime, UUID]


class CustomerUnknown(NotFound):
    title = "There is no such customer"


class AddressUnknown(NotFound):
    title = "There is no such address"


@dataclass(frozen=True, kw_only=True)
class PricingFacts:
    """`customer`: who was meant, of a merged one the kept one; nobody's facts are those of somebody without groups."""

    customer: UUID | None
    groups: tuple[str, ...] = ()
    kind: str = "person"
    exempt_until: date | None = None
    account_limit: int = 0
    currency: str = ""
    erased: bool = False


FACTS = """
select kept.id, kept.kind, kept.exempt_until, kept.account_limit, kept.currency, kept.erased_at is not null as erased,
    array(
        select g.code from customers_membership m join customers_group g on g.id = m.group_id where m.customer_id = kept.id order by g.code
    ) as groups
from customers_customer asked join customers_customer kept on kept.id = coalesce(asked.merged_into_id, asked.id)
where asked.id = %(customer)s
"""


def pricing_facts(*, customer: UUID | None) -> PricingFacts:
    """One statement; none without a customer."""
    if customer is None:
        return PricingFacts(customer=None)
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"customer": customer})
        row = cursor.fetchone()
    if row is None:
        raise CustomerUnknown(field="customer")
    id, kind, exempt_until, limit, currency, erased, groups = row
    return PricingFacts(
        customer=id, groups=tuple(groups), kind=kind, exempt_until=exempt_until, account_limit=limit, currency=currency, erased=erased
    )


def find(*, email: str = "", phone: str = "", card: str = "", system: str = "", external: str = "", country: str = "") -> UUID | None:
    """Who is known by the first of these that is given; None: nobody, or it is no such thing. One statement."""
    try:
        kind, of, value = _identity(email, phone, card, system, external, country)
    except Invalid:
        return None
    digest = details.identity_digest(kind, value, of)
    return Identity.objects.filter(kind=kind, system=of, digest=digest).values_list("customer", flat=True).first()


def _identity(email: str, phone: str, card: str, system: str, external: str, country: str) -> tuple[str, str, str]:
    if email:
        return "email", "", contacts.email(email)
    if phone:
        return "phone", "", contacts.phone(phone, country=details.country_of({"country": country}))
    if card:
        return "card", "", details.card(card)
    return "external", *details.external(system, external)


def find_external(*, system: str, ids: Sequence[str]) -> dict[str, UUID]:
    """Of another system's ids: whose they are. One statement however many."""
    wanted = {details.identity_digest("external", str(id).strip(), system): id for id in ids}
    found = Identity.objects.filter(kind="external", system=system, digest__in=list(wanted)).values_list("digest", "customer")
    return {wanted[bytes(digest)]: customer for digest, customer in found}


def kept(*, id: UUID) -> UUID:
    """Who that is today: of a merged customer the one that was kept."""
    found = Customer.objects.filter(id=id).values_list("id", "merged_into").first()
    if found is None:
        raise CustomerUnknown
    return found[1] or found[0]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`text`: beginnings of the words of a name, a number (C-100001), an e-mail address, a phone or card number."""

    text: str = ""
    group: str = ""
    kind: str = ""
    guest: bool | None = None
    archived: bool = False


def search(*, wanted: Wanted, first: int, before: Place | None = None) -> Page[Json]:
    """Newest first, one statement; somebody erased or merged into another is not found. Rows as `summary` tells them."""
    rows = _narrowed(wanted).annotate(group_codes=_GROUPS).select_related("personal").order_by("-created_at", "-id")
    if before is not None:
        rows = rows.filter(Q(created_at__lt=before[0]) | Q(created_at=before[0], id__lt=before[1]))
    page = page_of(list(rows[: first + 1]), first=first)
    return Page(items=tuple(map(summary, page.items)), more=page.more)


_GROUPS = ArrayAgg("groups__code", filter=Q(groups__isnull=False), default=[], order_by="groups__code")


def _narrowed(wanted: Wanted) -> QuerySet[Customer]:
    rows = Customer.objects.filter(erased_at=None, merged_into=None)
    if not wanted.archived:
        rows = rows.filter(archived_at=None)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.guest is not None:
        rows = rows.filter(guest=wanted.guest)
    if wanted.group:
        rows = rows.filter(id__in=Customer.objects.filter(groups__code=wanted.group).values("id"))
    return rows.filter(matching(wanted.text)) if wanted.text.strip() else rows


def matching(text: str) -> Q:
    """For other lists of customers, as those of the back office: whoever is meant by what was typed."""
    text = plain_text(text, field="text").strip()
    if "@" in text:
        return _reached(text, contacts.email, "email")
    if re.fullmatch(r"[cC]-\d{1,17}", text):
        return Q(number=text.upper())
    if re.fullmatch(r"[+\d][\d\s\-./()]*", text):
        return _figures(text)
    words = [details.beginning_digest(word) for word in contacts.words(text)]
    named = Q(personal__words__contains=words) if words else Q(pk__in=[])
    return named | _card(text)


def _figures(text: str) -> Q:
    """A number of ours, a phone's, a card's: figures alone do not say which. Also what a name may hold."""
    bare = re.sub(r"\D", "", text)
    found = Q(number=f"C-{bare}") | _reached(text, lambda given: contacts.phone(given, country=details.country_of({})), "phone") | _card(text)
    return found | Q(personal__words__contains=[details.beginning_digest(bare)]) if bare else found


def _reached(text: str, compared: Any, kind: str) -> Q:
    try:
        value = compared(text)
    except Invalid:
        return Q(pk__in=[])
    return Q(personal__words__contains=[details.contact_digest(kind, value)])


def _card(text: str) -> Q:
    try:
        digest = details.identity_digest("card", details.card(text))
    except Invalid:
        return Q(pk__in=[])
    return Q(id__in=Identity.objects.filter(kind="card", system="", digest=digest).values("customer"))


def summary(row: Customer) -> Json:
    """Of a row with `personal`, and `group_codes` where it was annotated with them."""
    personal = getattr(row, "personal", None)
    data = PersonKey.opened(row.id, personal.key).open("personal", personal.sealed) if personal else {}
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "guest": row.guest,
        "name": details.name_of(data),
        **{name: data.get(name, "") for name in details.SEALED},
        "language": row.language,
        "groups": list(getattr(row, "group_codes", ())),
        "account_limit": row.account_limit,
        "currency": row.currency,
        "exempt_until": row.exempt_until,
        "merged_into": row.merged_into_id,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "archived_at": row.archived_at,
        "erased_at": row.erased_at,
        "version": row.version,
    }


def names(*, ids: Sequence[UUID]) -> dict[UUID, str]:
    """For lists of what they bought: each one's name, or else the number. One statement however many."""
    rows = Customer.objects.filter(id__in=ids).select_related("personal")
    return {row.id: told["name"] or told["email"] or row.number for row in rows if (told := summary(row))}


def read(*, id: UUID) -> Json:
    """All of one customer: `summary`, and identities, addresses, consents that count. Of an erased one there is no name. Four statements."""
    found = read_all(ids=[id])
    if id not in found:
        raise CustomerUnknown
    return found[id]


def read_all(*, ids: Sequence[UUID]) -> dict[UUID, Json]:
    """As `read` tells each; four statements however many. Who is not there is left out."""
    rows = Customer.objects.filter(id__in=ids).annotate(group_codes=_GROUPS).select_related("personal")
    found, keys = {}, {}
    for row in rows:
        found[row.id] = {**summary(row), "identities": [], "addresses": [], "consents": []}
        if personal := getattr(row, "personal", None):
            keys[row.id] = PersonKey.opened(row.id, personal.key)
    for known in Identity.objects.filter(customer__in=list(keys)).order_by("id"):
        found[known.customer_id]["identities"].append(_told_identity(known, keys[known.customer_id]))
    for address in Address.objects.filter(customer__in=list(keys), listed=True).order_by("created_at", "id"):
        found[address.customer_id]["addresses"].append(_told_address(address, keys[address.customer_id]))
    for consent in _newest(list(found)):
        found[consent.customer_id]["consents"].append(_told_consent(consent))
    return found


def _told_identity(row: Identity, key: PersonKey) -> Json:
    value = key.open("identity", row.sealed)["value"]
    return {"id": row.pk, "kind": row.kind, "system": row.system, "value": value, "verified_at": row.verified_at}


def _told_address(row: Address, key: PersonKey | None) -> Json:
    sealed = bytes(row.sealed)
    parts = key.open("address", sealed) if key and sealed else {"country": row.country, "region": row.region}
    return {
        "id": row.id,
        **{part: parts.get(part, "") for part in ("name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone")},
        "default_shipping": row.default_shipping,
        "default_billing": row.default_billing,
    }


def read_address(*, id: UUID) -> Json:
    """One statement. Of somebody erased country and region are left."""
    return read_addresses(ids=[id])[id]


def read_addresses(*, ids: Sequence[UUID]) -> dict[UUID, Json]:
    """One statement however many. Raises AddressUnknown when one is missing."""
    found = {}
    for row in Address.objects.filter(id__in=ids).select_related("customer__personal"):
        personal = getattr(row.customer, "personal", None)
        found[row.id] = _told_address(row, PersonKey.opened(row.customer_id, personal.key) if personal else None)
    if missing := set(ids) - set(found):
        raise AddressUnknown(address=str(min(missing)))
    return found


def consents_of(customer: UUID) -> list[Json]:
    """What counts now: the newest answer of each channel and purpose."""
    return [_told_consent(row) for row in _newest([customer])]


def _newest(customers: Sequence[UUID]) -> QuerySet[Consent]:
    by_answer = Consent.objects.filter(customer__in=customers).order_by("customer", "channel", "purpose", "-at", "-id")
    return by_answer.distinct("customer", "channel", "purpose")


def _told_consent(row: Consent) -> Json:
    return {name: getattr(row, name) for name in ("channel", "purpose", "given", "wording", "source", "actor", "at")}


def may_contact(*, customers: Sequence[UUID], channel: str, purpose: str) -> set[UUID]:
    """Who of these said yes and has not taken it back; one statement."""
    rows = Consent.objects.filter(customer__in=customers, channel=channel, purpose=purpose).order_by("customer", "-at", "-id").distinct("customer")
    return {row.customer_id for row in rows if row.given}


def notes_of(*, customer: UUID, first: int, before: int | None = None) -> Page[Json]:
    """Newest first; `before`: a note's id."""
    rows = Note.objects.filter(customer=customer).select_related("customer__personal").order_by("-id")
    page = page_of(list((rows.filter(id__lt=before) if before else rows)[: first + 1]), first=first)
    return Page(items=tuple(map(_told_note, page.items)), more=page.more)


def _told_note(row: Note) -> Json:
    key = PersonKey.opened(row.customer_id, row.customer.personal.key)
    return {"id": row.pk, "text": key.open("note", row.sealed)["text"], "actor": row.actor, "at": row.at}


def all_consents(customers: Sequence[UUID]) -> list[Json]:
    return [_told_consent(row) for row in Consent.objects.filter(customer__in=customers).order_by("at", "id")]


def groups() -> list[Json]:
    return [{"id": row.id, "code": row.code, "name": row.name} for row in Group.objects.order_by("code")]


def suggestions(*, first: int, before: int | None = None, customer: UUID | None = None) -> Page[Json]:
    """Open ones, newest first, both customers told; two statements."""
    rows = Suggestion.objects.filter(state=Suggestion.State.OPEN).order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    if customer:
        rows = rows.filter(Q(low=customer) | Q(high=customer))
    page = page_of(list(rows[: first + 1]), first=first)
    ids = {id for row in page.items for id in (row.low_id, row.high_id)}
    people = {row.id: summary(row) for row in Customer.objects.filter(id__in=ids).select_related("personal")} if ids else {}
    told = (
        {"id": row.pk, "reasons": row.reasons, "made_at": row.made_at, "customers": [people[row.low_id], people[row.high_id]]} for row in page.items
    )
    return Page(items=tuple(told), more=page.more)


def everyone_of(*, id: UUID) -> list[UUID]:
    """The customer and all that were merged into it: whatever stands by an old id is theirs."""
    found = list(
        Customer.objects.filter(Q(id=id) | Q(merged_into=id)).order_by(Case(When(id=id, then=0), default=1), F("id")).values_list("id", flat=True)
    )
    if not found or found[0] != id:
        raise CustomerUnknown
    return found
