"""What programs ask to be done with an order: both doors send what they were given here, checked for its shape, and tell what comes back.

An order beyond the asker's stores, or of another channel than the key's, is not there.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kernel.errors import Invalid, NotAllowed, NotFound, Refused
from kernel.ids import uuid7
from orders import services
from orders.models import Invoice
from orders.queries import life as queries
from orders.queries.books import place_id
from orders.services import Change, Moved, Offer, Part
from orders.tenders import GIFT_CARD, Tender
from org.access import Principal
from org.paging import plain_text

Json = dict[str, Any]


def looked_up(*, what: str, principal: Principal, given: Mapping[str, Any]) -> Json:
    """What has to be asked before a transaction is open: which card a code is of. Then `act` with what this answers.

    A refusal is told by `act`: who sends again what was done gets the first answer, whatever became of the code meanwhile.
    """
    if what != "pay" or given["kind"] != GIFT_CARD:
        return dict(given)
    code = plain_text(given.get("code"), field="code", longest=TEXTS["code"])
    try:
        (found,) = services.known_cards(wanted=[Tender(kind=GIFT_CARD, amount=given["amount"], code=code)], who=principal.name)
    except Refused as refused:
        return {**given, "refused": refused}
    return {**given, "account": found.account, "code": "", "label": found.label}


def act(*, what: str, principal: Principal, id: UUID, given: Mapping[str, Any], now: datetime) -> Json:
    """`what` is a name of ACTS. `given` has the `version` that was read, and what else the act takes."""
    reached(principal=principal, id=id, scope="orders:write")
    return ACTS[what](id, given, {"actor": actor_of(principal), "now": now})


def actor_of(principal: Principal) -> UUID | None:
    """Who of the staff; a key is nobody."""
    return principal.user.id if principal.user else None


def reached(*, principal: Principal, id: UUID, scope: str) -> None:
    channel = principal.channel.id if principal.channel else None
    if not queries.within(order=id, stores=principal.stores(scope), channel=channel):
        raise NotFound("There is no such order.")


def _moved(done: Moved) -> Json:
    return {"order": str(done.id), **{name: getattr(done, name) for name in ("number", "status", "version", "total", "paid")}}


def _cancel(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    return _moved(services.cancel(order=id, version=given["version"], reason=given["reason"], **by))


def _hold(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    return _moved(services.hold(order=id, version=given["version"], reason=given["reason"], **by))


def _let_go(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    return _moved(services.let_go(order=id, version=given["version"], **by))


def _hand_over(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    return _moved(services.hand_over(order=id, version=given["version"], **by))


def _edit(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    changes = [
        Change(quantity=one["quantity"], line=one.get("line"), sku=plain_text(one.get("sku"), field="changes", longest=60))
        for one in given["changes"]
    ]
    return _moved(services.edit(order=id, version=given["version"], changes=changes, **by))


def _pay(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    texts: Json = {name: plain_text(given.get(name), field=name, longest=longest) for name, longest in TEXTS.items()}
    if given.get("refused"):
        raise given["refused"]
    tender = Tender(kind=given["kind"], amount=given["amount"], account=given.get("account"), **texts)
    return _moved(services.take_payment(order=id, version=given["version"], tender=tender, **by))


def _schedule(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    parts = [Part(amount=one["amount"], due_on=one.get("due_on")) for one in given["parts"]]
    return _moved(services.schedule(order=id, version=given["version"], parts=parts, **by))


def _convert(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    return _moved(services.convert(order=id, version=given["version"], **by))


def _review(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    return _moved(services.settle_review(order=id, version=given["version"], note=given["note"], **by))


def _invoice(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    return told_invoice(services.issue_invoice(order=id, **by))


def _mail(id: UUID, given: Mapping[str, Any], by: Json) -> Json:
    what = given.get("what") or MAILS[0]
    if what not in MAILS:
        raise Invalid(f"A mail is one of: {', '.join(MAILS)}.", field="what")
    return _moved(services.send_again(order=id, what=what, **by))


def quote(*, principal: Principal, given: Mapping[str, Any], now: datetime) -> Json:
    """A key offers in its channel; staff name one."""
    channel = principal.channel.id if principal.channel else place_id(kind="channel", code=given["channel"])
    if channel is None:
        raise NotFound("There is no such channel.", field="channel")
    stores = principal.stores("orders:write")
    if stores is not None:
        raise NotAllowed("Quotes are of no store: who may change the orders of all of them makes one.")
    offer = Offer(
        channel=channel,
        given={name: given[name] for name in ("lines", "coupons", "delivery") if given.get(name) is not None},
        **{name: given.get(name) for name in ("customer", "ship_to", "bill_to", "until")},
        parts=[Part(amount=one["amount"], due_on=one.get("due_on")) for one in given.get("parts") or ()],
    )
    return _moved(services.quote(order=uuid7(), offer=offer, actor=actor_of(principal), now=now))


def told_invoice(invoice: Invoice) -> Json:
    return {
        "id": str(invoice.id),
        "order": str(invoice.order_id),
        "kind": invoice.kind,
        "name": invoice.name,
        "currency": invoice.currency,
        "total": invoice.total,
        "issued_on": invoice.issued_on.isoformat(),
        "document": invoice.document,
    }


MAILS: Final = ("confirmation", "invoice")
TEXTS: Final = {"code": 60, "backend": 40, "token": 255, "label": 60}
ACTS: Final[Mapping[str, Callable[[UUID, Mapping[str, Any], Json], Json]]] = {
    "cancel": _cancel,
    "hold": _hold,
    "let_go": _let_go,
    "hand_over": _hand_over,
    "edit": _edit,
    "pay": _pay,
    "schedule": _schedule,
    "convert": _convert,
    "review": _review,
    "invoice": _invoice,
    "mail": _mail,
}
