"""What happened with somebody, newest first, and everything that is known of them: customers' own part and what apps above add."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from heapq import nlargest
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from customers import above
from customers.above import Entry
from customers.models import Account, Address, Consent, Customer, Note, PersonalData, Posting
from customers.queries.people import all_consents, everyone_of, read
from customers.sealing import PersonKey
from org.paging import Page, page_of

Json = dict[str, Any]
Place = tuple[datetime, str, str]


def timeline(*, id: UUID, first: int, before: Place | None = None, only: Collection[str] = ()) -> Page[Entry]:
    """`before`: the place of the last entry of the page before; `only`: sorts of entries, none: all. As many statements as there are sources,
    however long the story is; a source that holds several sorts is read on until a page of those that are asked for is together."""
    customers = everyone_of(id=id)
    # One more than the page tells whether there is another.
    wanted, found = first + 1, list[Entry]()
    own = [source for kind, source in OWN.items() if not only or kind in only]
    for source in (*own, *(one.timeline for _, one in sorted(above.known().items()) if one.timeline)):
        found += _before(source, customers, wanted, before, only)
    return page_of(nlargest(wanted, found, key=lambda entry: entry.place), first=first)


def _before(source: above.Timeline, customers: Sequence[UUID], wanted: int, before: Place | None, only: Collection[str]) -> list[Entry]:
    """The newest `wanted` that are asked for, if there are as many. What stands at the moment at which the page before ended is told apart here."""
    asked, until = wanted + 1, before[0] if before else None
    while True:
        entries = list(source(customers=customers, until=until, first=asked))
        fit = [entry for entry in entries if (before is None or entry.place < before) and (not only or entry.sorted_as in only)]
        # Entries of the last moment that was read may go on beyond it: of those the order by place is only known when the moment is whole.
        if len(entries) < asked or len([entry for entry in fit if entry.at > entries[-1].at]) >= wanted:
            return fit
        asked *= 4


def _until(at: str, until: datetime | None) -> Q:
    return Q(**{f"{at}__lte": until}) if until else Q()


def _made(*, customers: Sequence[UUID], until: datetime | None, first: int) -> list[Entry]:
    rows = Customer.objects.filter(_until("created_at", until), id__in=customers).order_by("-created_at")[:first]
    return [Entry(at=row.created_at, kind="customer", id=str(row.id), facts={"number": row.number, "guest": row.guest}) for row in rows]


def _consents(*, customers: Sequence[UUID], until: datetime | None, first: int) -> list[Entry]:
    rows = Consent.objects.filter(_until("at", until), customer__in=customers).order_by("-at", "-id")[:first]
    told = ("channel", "purpose", "given", "wording", "source")
    return [Entry(at=row.at, kind="consent", id=f"{row.pk:020}", facts={name: getattr(row, name) for name in told}) for row in rows]


def _notes(*, customers: Sequence[UUID], until: datetime | None, first: int) -> list[Entry]:
    rows = Note.objects.filter(_until("at", until), customer__in=customers).select_related("customer__personal").order_by("-at", "-id")[:first]
    return [Entry(at=row.at, kind="note", id=f"{row.pk:020}", facts={"text": _note(row), "actor": _id(row.actor)}) for row in rows]


def _note(row: Note) -> str:
    return str(PersonKey.opened(row.customer_id, row.customer.personal.key).open("note", row.sealed)["text"])


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None


def _value(*, customers: Sequence[UUID], until: datetime | None, first: int) -> list[Entry]:
    rows = (
        Posting.objects.filter(_until("transaction__at", until), account__customer__in=customers)
        .select_related("transaction", "account")
        .order_by("-transaction__at", "-id")[:first]
    )
    return [
        Entry(
            at=row.transaction.at,
            kind="value",
            id=f"{row.pk:020}",
            facts={
                "account": str(row.account_id),
                "account_kind": row.account.kind,
                "cause": row.transaction.cause,
                "amount": row.amount,
                "currency": row.account.currency,
                "reference": str(row.transaction.reference),
            },
        )
        for row in rows
    ]


OWN: Final[Mapping[str, above.Timeline]] = {"customer": _made, "consent": _consents, "note": _notes, "value": _value}


def export(*, id: UUID) -> Json:
    """All that is known of somebody as one JSON object; what apps above add stands under their names."""
    customers = everyone_of(id=id)
    told = read(id=id)
    return {
        "customer": told,
        "also_known_as": list(Customer.objects.filter(id__in=customers[1:]).order_by("number").values_list("number", flat=True)),
        "earlier_addresses": _earlier(id),
        "consents": all_consents(customers),
        "notes": [{"at": row.at, "text": _note(row)} for row in Note.objects.filter(customer=id).select_related("customer__personal").order_by("id")],
        "value": _accounts(customers),
        **{name: one.export(customers) for name, one in sorted(above.known().items()) if one.export},
    }


def _earlier(id: UUID) -> list[Json]:
    """Out of the address book, and still what an order was sent to."""
    personal = PersonalData.objects.filter(customer=id).first()
    rows = Address.objects.filter(customer=id, listed=False).order_by("created_at", "id")
    key = PersonKey.opened(id, personal.key) if personal else None
    return [{"at": row.created_at, **key.open("address", row.sealed)} for row in rows] if key else []


def _accounts(customers: Sequence[UUID]) -> list[Json]:
    accounts = Account.objects.filter(customer__in=customers).order_by("created_at", "id").prefetch_related("postings__transaction")
    return [
        {
            "kind": account.kind,
            "currency": account.currency,
            "last4": account.last4,
            "balance": account.balance,
            "expires_at": account.expires_at,
            "movements": [
                {"at": row.transaction.at, "cause": row.transaction.cause, "amount": row.amount, "reference": row.transaction.reference}
                for row in sorted(account.postings.all(), key=lambda row: row.pk)
            ],
        }
        for account in accounts
    ]
