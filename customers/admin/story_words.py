"""Entries of a customer's timeline in words. Facts are ids and plain values: each sort says what of them a person reads."""

from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.above import Entry
from org.access import stores_for
from org.templatetags.office import money_text

# Sort: its name in the filter, what one is called, its icon, and the permission without which it is not told.
SORTS: Final[dict[str, tuple[Any, Any, str, str]]] = {
    "order": (gettext_lazy("Orders"), gettext_lazy("Order"), "receipt", "orders.view"),
    "return": (gettext_lazy("Returns"), gettext_lazy("Return"), "undo", "orders.view"),
    "value": (gettext_lazy("Cards, credit and points"), gettext_lazy("Value"), "tag", "value.view"),
    "consent": (gettext_lazy("What they agreed to"), gettext_lazy("Consent"), "check", ""),
    "mail": (gettext_lazy("Mails"), gettext_lazy("Mail"), "mail", "orders.view"),
    "note": (gettext_lazy("Notes"), gettext_lazy("Note"), "edit", ""),
    "customer": (gettext_lazy("Known since"), gettext_lazy("Customer"), "person", ""),
}
CAUSES: Final[dict[str, Any]] = {
    "issue": gettext_lazy("issued"),
    "top_up": gettext_lazy("topped up"),
    "spend": gettext_lazy("paid with"),
    "give_back": gettext_lazy("given back"),
    "refund": gettext_lazy("refunded"),
    "goodwill": gettext_lazy("given as goodwill"),
    "earn": gettext_lazy("earned"),
    "reverse": gettext_lazy("taken back"),
    "expire": gettext_lazy("expired"),
    "adjust": gettext_lazy("put right"),
    "merge": gettext_lazy("came from another customer"),
}
ACCOUNTS: Final[dict[str, Any]] = {
    "gift_card": gettext_lazy("Gift card"),
    "store_credit": gettext_lazy("Store credit"),
    "points": gettext_lazy("Points"),
}
MAILS: Final[dict[str, Any]] = {
    "placed": gettext_lazy("Their order was confirmed"),
    "confirmed": gettext_lazy("Their order was confirmed"),
    "paid": gettext_lazy("Their money came"),
    "cancelled": gettext_lazy("Their order was cancelled"),
    "handed_over": gettext_lazy("Their goods have left"),
    "returned": gettext_lazy("Their goods came back"),
    "refunded": gettext_lazy("Their money went back"),
}


def sorts_for(user: Any) -> dict[str, Any]:
    """What this person is told of, by code. Orders are those of every store: who sees one store's alone finds them on the customer's page."""
    return {code: words for code, (words, _one, _icon, needed) in SORTS.items() if not needed or stores_for(user, needed) is None}


def row_of(entry: Entry) -> dict[str, Any]:
    one, icon = (SORTS[entry.sorted_as][1], SORTS[entry.sorted_as][2]) if entry.sorted_as in SORTS else (entry.kind, "clock")
    words = WORDS.get(entry.sorted_as, lambda facts: "")(entry.facts)
    return {"at": entry.at, "sort": entry.sorted_as, "one": one, "icon": icon, "words": words, "link": link_of(entry), "amount": amount_of(entry)}


def link_of(entry: Entry) -> str:
    facts = entry.facts
    named = {
        "order": ("orders_order", entry.id),
        "return": ("orders_order", entry.id),
        "mail": ("orders_order", facts.get("order")),
        "value": ("customers_account", facts.get("account")),
    }.get(entry.sorted_as)
    try:
        return reverse(f"admin:{named[0]}_change", args=[named[1]]) if named else ""
    except NoReverseMatch:
        return ""


def amount_of(entry: Entry) -> str:
    facts = entry.facts
    if entry.sorted_as in ("order", "return"):
        return f"{money_text(facts['total'], facts['currency'])} {facts['currency']}"
    if entry.sorted_as != "value":
        return ""
    plain = f"{facts['amount']:,}" if facts["currency"] == "PTS" else money_text(facts["amount"], facts["currency"])
    return f"{'+' if facts['amount'] > 0 else ''}{plain} {'' if facts['currency'] == 'PTS' else facts['currency']}".strip()


def _order(facts: Any) -> str:
    return f"{facts['number']}, {facts['store'] or facts['channel']}"


def _consent(facts: Any) -> str:
    answer = _("Yes") if facts["given"] else _("No")
    return _("%(answer)s to %(purpose)s by %(channel)s, text %(wording)s, asked: %(source)s") % {**facts, "answer": answer}


def _value(facts: Any) -> str:
    return f"{ACCOUNTS.get(facts['account_kind'], facts['account_kind'])} {CAUSES.get(facts['cause'], facts['cause'])}"


def _mail(facts: Any) -> str:
    what = str(facts["type"] or "").rpartition(".")[2]
    return f"{MAILS.get(what, what.replace('_', ' '))}, {facts['number']}"


def _note(facts: Any) -> str:
    return str(facts["text"])


def _customer(facts: Any) -> str:
    return _("%(number)s, as a guest") % facts if facts["guest"] else str(facts["number"])


WORDS: Final = {"order": _order, "return": _order, "consent": _consent, "value": _value, "mail": _mail, "note": _note, "customer": _customer}
