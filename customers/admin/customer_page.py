"""What a customer's page shows, and two of them beside each other before they become one."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import sealing
from customers.admin import parts, shown
from customers.admin.accounts import amount_text, called
from customers.models import Account, Address, Consent, Customer, Group, Identity, Membership, Note, PersonalData, Suggestion
from org.access import allows
from org.queries import names_of_users

MOST = 50
IDENTITIES: dict[str, Any] = {
    Identity.Kind.EMAIL: gettext_lazy("E-mail"),
    Identity.Kind.PHONE: gettext_lazy("Phone"),
    Identity.Kind.CARD: gettext_lazy("Loyalty card"),
    Identity.Kind.EXTERNAL: gettext_lazy("Another system"),
}
CHANNELS = {
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("Text message"),
    "phone": gettext_lazy("Telephone"),
    "post": gettext_lazy("Letter"),
}
REASONS = {
    "email": gettext_lazy("the same e-mail"),
    "phone": gettext_lazy("the same phone"),
    "household": gettext_lazy("the same name and postcode"),
}


def group_choices() -> list[tuple[str, str]]:
    return list(Group.objects.order_by("name").values_list("code", "name")[:100])


def prepare(rows: Sequence[Any]) -> None:
    """Names, masked contacts and groups of a whole page of a list, in two statements."""
    ids = [row.pk for row in rows]
    personal = {row.customer_id: shown.opened(row) for row in PersonalData.objects.filter(customer__in=ids)}
    groups: dict[UUID, list[str]] = {}
    for customer, name in Membership.objects.filter(customer__in=ids).order_by("group__name").values_list("customer_id", "group__name"):
        groups.setdefault(customer, []).append(name)
    for row in rows:
        told = personal.get(row.pk, {})
        row.name_is, row.group_names = shown.full_name(told) or row.number, ", ".join(groups.get(row.pk, ()))
        kind = next((kind for kind in ("email", "phone") if told.get(kind)), "")
        row.contact = shown.masked(kind, told[kind]) if kind else ""


def told(row: Customer, user: Any, *, open_contacts: bool) -> dict[str, Any]:
    key, personal = shown.key_of(row.pk), shown.personal(row.pk)
    consents = list(Consent.objects.filter(customer=row).order_by("-id")[:MOST])
    notes = list(Note.objects.filter(customer=row).order_by("-id")[:MOST])
    people = names_of_users(users={actor for actor in [one.actor for one in consents] + [one.actor for one in notes] if actor})
    return {
        "name": shown.full_name(personal),
        "personal": personal,
        "open_contacts": open_contacts,
        "contacts": contacts_of(row, personal, key, open_contacts),
        "addresses": [
            {"row": one, "lines": shown.lines_of(one, key)} for one in Address.objects.filter(customer=row, listed=True).order_by("-id")[:MOST]
        ],
        "groups": list(Group.objects.filter(memberships__customer=row).order_by("name")),
        "consents": standing_consents(consents),
        "history": [
            {"consent": one, "channel": CHANNELS.get(one.channel, one.channel), "who": people.get(one.actor, "") if one.actor else ""}
            for one in consents
        ],
        "notes": [{"note": one, "text": note_text(one, key), "who": people.get(one.actor, "") if one.actor else ""} for one in notes],
        "accounts": accounts_of(row, user),
        "suggestions": suggestions_of(row),
        "parts": parts.told(user, row.pk),
        "channels": list(CHANNELS.items()),
        "merged_into": row.merged_into,
    }


def contacts_of(row: Customer, personal: dict[str, Any], key: sealing.PersonKey | None, whole: bool) -> list[dict[str, Any]]:
    """What somebody is known by; a phone that a household shares is one's own to read and nobody's to be found by alone."""
    found = []
    for one in Identity.objects.filter(customer=row).order_by("kind", "id"):
        value = ""
        with suppress(sealing.Unreadable):
            value = str(key.open("identity", one.sealed).get("value", "")) if key is not None else ""
        found.append(
            {"kind": IDENTITIES.get(one.kind, one.kind), "system": one.system, "plain": value, "type": one.kind, "verified": one.verified_at}
        )
    known = {one["plain"] for one in found}
    for kind in ("email", "phone"):
        if personal.get(kind) and personal[kind] not in known:
            found.append({"kind": IDENTITIES[Identity.Kind(kind)], "system": "", "plain": personal[kind], "type": kind, "verified": None})
    return [one | {"shown": one["plain"] if whole else shown.masked(one["type"], one["plain"])} for one in found]


def standing_consents(history: Sequence[Consent]) -> list[dict[str, Any]]:
    """The newest answer for each channel and purpose; `history` is newest first."""
    newest: dict[tuple[str, str], Consent] = {}
    for one in history:
        newest.setdefault((one.channel, one.purpose), one)
    return [{"consent": one, "channel": CHANNELS.get(one.channel, one.channel)} for one in newest.values()]


def note_text(note: Note, key: sealing.PersonKey | None) -> str:
    with suppress(sealing.Unreadable):
        return str(key.open("note", note.sealed).get("text", "")) if key is not None else ""
    return ""


def accounts_of(row: Customer, user: Any) -> dict[str, Any] | None:
    """Gift cards, credit and points; what they hold is told to those who may know of value."""
    if not allows(user, "value.view"):
        return None
    found = Account.objects.filter(customer=row).order_by("kind", "-created_at")[:MOST]
    rows = [{"row": one, "called": called(one), "balance": amount_text(one.balance, one.currency)} for one in found]
    issue = f"{reverse('admin:customers_account_add')}?what=store_credit&customer={row.number}" if allows(user, "value.issue") else ""
    return {"rows": rows, "issue": issue}


def suggestions_of(row: Customer) -> list[dict[str, Any]]:
    found = Suggestion.objects.filter(low=row, state=Suggestion.State.OPEN) | Suggestion.objects.filter(high=row, state=Suggestion.State.OPEN)
    rows = list(found.select_related("low", "high").order_by("-id")[:MOST])
    names = {one.customer_id: shown.full_name(shown.opened(one)) for one in PersonalData.objects.filter(customer__in=others(rows, row.pk))}
    told = []
    for one in rows:
        other = one.high if one.low_id == row.pk else one.low
        told.append({"suggestion": one, "other": other, "name": names.get(other.pk) or other.number, "why": reasons_text(one)})
    return told


def others(rows: Sequence[Suggestion], me: UUID) -> list[UUID]:
    return [row.high_id if row.low_id == me else row.low_id for row in rows]


def reasons_text(row: Suggestion) -> str:
    return ", ".join(str(REASONS.get(str(reason), reason)) for reason in row.reasons)


def compared(keep: Customer, gone: Customer, user: Any) -> dict[str, Any]:
    """Field by field. The one that stays keeps its own; what it lacks comes from the other."""
    left, right = shown.personal(keep.pk), shown.personal(gone.pk)
    fields = [
        (_("Given name"), "given_name"),
        (_("Family name"), "family_name"),
        (_("Company"), "company"),
        (_("E-mail"), "email"),
        (_("Phone"), "phone"),
        (_("Birthday"), "birthday"),
        (_("Tax number"), "tax_number"),
    ]
    rows = [row_of(words, str(left.get(name, "")), str(right.get(name, ""))) for words, name in fields if left.get(name) or right.get(name)]
    rows.append({"words": _("Known since"), "keep": keep.created_at.date(), "gone": gone.created_at.date(), "differs": False, "after": ""})
    rows += [counted(words, model, keep, gone) for words, model in ((_("Addresses"), Address), (_("Notes"), Note), (_("Known by"), Identity))]
    return {"rows": rows, "keep_name": shown.full_name(left) or keep.number, "gone_name": shown.full_name(right) or gone.number}


def row_of(words: str, left: str, right: str) -> dict[str, Any]:
    return {"words": words, "keep": left, "gone": right, "differs": bool(left and right and left != right), "after": left or right}


def counted(words: str, model: Any, keep: Customer, gone: Customer) -> dict[str, Any]:
    mine, theirs = model.objects.filter(customer=keep).count(), model.objects.filter(customer=gone).count()
    return {"words": words, "keep": mine, "gone": theirs, "differs": False, "after": mine + theirs}
