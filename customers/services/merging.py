"""Two who turned out to be one: everything the gone one had is the kept one's, and the gone one's row says whose.

Done again it does nothing. What was sealed under the gone one's key is opened and sealed under the kept one's, and that key is thrown away.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from customers import above
from customers.models import Address, Consent, Customer, Identity, Membership, Note, PersonalData, Suggestion
from customers.services.credit import merge_value
from customers.services.held import Held, UnknownCustomer, held_both, moved_on
from customers.services.people import exempt, reindex
from kernel.errors import Invalid


class MergeInvalid(Invalid):
    code = "merge_invalid"
    title = "These two cannot become one"


@transaction.atomic
def merge(*, keep: UUID, gone: UUID, actor: UUID | None, now: datetime) -> None:
    """Raises MergedAway when either is part of a third already, AlreadyErased when there is nothing left to merge."""
    if keep == gone:
        raise MergeInvalid("It is one customer already.", field="gone")
    # Locked before it is looked at: two who merge the same two, either way round, come one after the other. Their ids stay: whoever buys
    # something for one of them meanwhile is not held up.
    rows = {row.id: row for row in Customer.objects.select_for_update(no_key=True).filter(id__in=[keep, gone]).order_by("id")}
    if len(rows) < 2:
        raise UnknownCustomer(field="keep" if keep not in rows else "gone")
    if rows[gone].merged_into_id == keep:
        return
    both = held_both([keep, gone])
    _move(both[keep], both[gone], actor, now)


def _move(keep: Held, gone: Held, actor: UUID | None, now: datetime) -> None:
    _said(keep, gone, actor, now)
    _consents(keep, gone)
    _groups(keep, gone)
    # What is above first: carts are locked before value, and before an address is put beside a customer, by everybody.
    for _name, one in sorted(above.known().items()):
        if one.merge:
            one.merge(keep=keep.row.id, gone=gone.row.id, actor=actor, now=now)
    # Who has the gone one's key to put something beside it (held.key_of) ends first and is moved; whoever comes now finds nobody here.
    PersonalData.objects.select_for_update().get(customer=gone.row)
    _resealed(keep, gone)
    merge_value(keep=keep.row.id, gone=gone.row.id, actor=actor, now=now)
    _suggestions(keep.row.id, gone.row.id, actor, now)
    _agreed(keep, gone, actor, now)
    reindex(keep)
    gone.personal.delete()
    # Those that were merged into the gone one: one step leads to who is there, always.
    Customer.objects.filter(merged_into=gone.row).update(merged_into=keep.row)
    gone.row.merged_into, gone.row.archived_at = keep.row, now
    moved_on(gone.row, "merged", now=now)
    moved_on(keep.row, "merged", now=now)


def _said(keep: Held, gone: Held, actor: UUID | None, now: datetime) -> None:
    """What the kept one does not say is filled in; where they differ, a note keeps what the gone one said."""
    differs = {name: value for name, value in gone.data.items() if keep.data.get(name) and keep.data[name] != value}
    keep.data = {**gone.data, **keep.data}
    said = "".join(f"\n{name}: {value}" for name, value in sorted(differs.items()))
    Note.objects.create(customer=keep.row, sealed=keep.key.seal("note", {"text": f"Merged with {gone.row.number}.{said}"}), actor=actor, at=now)


def _resealed(keep: Held, gone: Held) -> None:
    """What is the kept one's opens with the kept one's key."""
    identities, notes = list(gone.row.identities.all()), list(gone.row.notes.all())
    for known in identities:
        known.customer, known.sealed = keep.row, _under(keep, gone, "identity", known.sealed)
    for note in notes:
        note.customer, note.sealed = keep.row, _under(keep, gone, "note", note.sealed)
    Identity.objects.bulk_update(identities, ["customer", "sealed"], batch_size=500)
    Note.objects.bulk_update(notes, ["customer", "sealed"], batch_size=500)
    _addresses(keep, gone)


def _under(keep: Held, gone: Held, what: str, sealed: bytes | memoryview) -> bytes:
    return keep.key.seal(what, gone.key.open(what, sealed))


def _addresses(keep: Held, gone: Held) -> None:
    """The kept one's own defaults stay."""
    ships = keep.row.addresses.filter(default_shipping=True).exists()
    bills = keep.row.addresses.filter(default_billing=True).exists()
    rows = list(gone.row.addresses.all())
    for row in rows:
        row.customer, row.sealed = keep.row, _under(keep, gone, "address", row.sealed)
        row.default_shipping, row.default_billing = row.default_shipping and not ships, row.default_billing and not bills
    Address.objects.bulk_update(rows, ["customer", "sealed", "default_shipping", "default_billing"], batch_size=500)


def _consents(keep: Held, gone: Held) -> None:
    """Written down anew, because a consent is never changed; when it was given decides which of a channel is the newest."""
    rows = list(Consent.objects.filter(customer=gone.row).order_by("id"))
    Consent.objects.bulk_create(
        Consent(
            customer=keep.row,
            channel=row.channel,
            purpose=row.purpose,
            given=row.given,
            wording=row.wording,
            source=row.source,
            actor=row.actor,
            at=row.at,
        )
        for row in rows
    )
    Consent.objects.filter(customer=gone.row).delete()


def _groups(keep: Held, gone: Held) -> None:
    groups = Membership.objects.filter(customer=gone.row).values_list("group", flat=True)
    Membership.objects.bulk_create([Membership(customer=keep.row, group_id=group) for group in groups], ignore_conflicts=True)
    Membership.objects.filter(customer=gone.row).delete()


def _suggestions(keep: UUID, gone: UUID, actor: UUID | None, now: datetime) -> None:
    """The pair is settled. Whoever else was perhaps the gone one is perhaps the kept one."""
    low, high = sorted((keep, gone))
    settled = {"state": Suggestion.State.MERGED, "settled_by": actor, "settled_at": now}
    Suggestion.objects.filter(low=low, high=high).update(**settled)
    open = list(Suggestion.objects.filter(Q(low=gone) | Q(high=gone), state=Suggestion.State.OPEN))
    pairs = [(sorted((keep, one.high_id if one.low_id == gone else one.low_id)), one) for one in open]
    Suggestion.objects.bulk_create(
        [Suggestion(low_id=pair[0], high_id=pair[1], reasons=one.reasons, made_at=now) for pair, one in pairs], ignore_conflicts=True
    )
    Suggestion.objects.filter(id__in=[one.id for one in open]).delete()


def _agreed(keep: Held, gone: Held, actor: UUID | None, now: datetime) -> None:
    """What a firm agreed on stands with the kept one where that has nothing of its own; whoever has an account keeps it."""
    row, other = keep.row, gone.row
    row.guest = row.guest and other.guest
    row.language = row.language or other.language
    if other.kind == Customer.Kind.BUSINESS:
        row.kind = Customer.Kind.BUSINESS
        if not row.account_limit:
            row.account_limit, row.currency = other.account_limit, other.currency or row.currency
    if other.exempt_until:
        exempt(other.id, other.number, None, actor=actor, now=now)
    if other.exempt_until and row.exempt_until is None:
        row.exempt_until = other.exempt_until
        exempt(row.id, row.number, row.exempt_until, actor=actor, now=now)
    other.account_limit, other.exempt_until = 0, None
