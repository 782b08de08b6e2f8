"""What programs ask to be done with payments: both doors come through here. Nothing is called: what is wanted is written down, and a worker asks the
provider within seconds. A payment of another channel than the key's is not there."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from orders.asked_life import actor_of
from orders.queries import attempts as queries
from orders.services import attempts, giving_instead
from org.access import Principal


def reach(principal: Principal) -> UUID | None:
    """The key's channel; None: all of them."""
    return principal.channel.id if principal.channel else None


def own(*, principal: Principal, id: UUID) -> queries.AttemptDetail:
    found = queries.attempt(id=id, channel=reach(principal))
    if found is None:
        raise attempts.UnknownAttempt
    return found


def act(*, what: str, principal: Principal, id: UUID, given: Mapping[str, Any], now: datetime) -> queries.AttemptDetail:
    """`what` is a name of ACTS; `given` is what that act takes beside the attempt. How it stands then."""
    own(principal=principal, id=id)
    ACTS[what](attempt=id, now=now, actor=actor_of(principal), **given)
    return own(principal=principal, id=id)


def try_refund_again(*, principal: Principal, refund: UUID, now: datetime) -> queries.AttemptDetail:
    """Under its own key: it never goes back twice."""
    return _with_refund(attempts.try_refund_again, principal, refund, now)


def give_credit_instead(*, principal: Principal, refund: UUID, now: datetime) -> queries.AttemptDetail:
    """What the provider has refused to give back, once."""
    return _with_refund(giving_instead.give_credit_instead, principal, refund, now)


def _with_refund(act: Callable[..., str], principal: Principal, refund: UUID, now: datetime) -> queries.AttemptDetail:
    attempt = queries.attempt_of_refund(id=refund)
    if attempt is None:
        raise attempts.UnknownAttempt("There is no such refund.")
    own(principal=principal, id=attempt)
    act(refund=refund, now=now, actor=actor_of(principal))
    return own(principal=principal, id=attempt)


ACTS: Final[Mapping[str, Callable[..., str]]] = {
    "look": attempts.look_now,
    "void": attempts.let_go,
    "capture": attempts.capture,
    "decide": attempts.decide,
}
