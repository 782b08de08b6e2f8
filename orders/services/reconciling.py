"""Our book against the provider's: every difference is found, what can safely be put right is, and the rest waits for a person.

Repairs go the ways that everything goes: an answer is settled, money that is too much goes back under a key of its own. Run twice
it finds nothing new. Nothing here is called inside a transaction, since the provider is asked in between.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kernel import jobs
from kernel.errors import Conflict, NotFound
from orders import payments as port
from orders.models import Attempt, Discrepancy, Order, ProviderRefund
from orders.payments import Ask, Backend, Outcome, Seen
from orders.services import life, settling
from orders.services.attempts import ASK_AGAIN, ask_of

JOB: Final = "orders.reconcile"
State = Attempt.State
# What was asked for just now may be on its way.
FRESH: Final = timedelta(minutes=5)
# Clocks differ, and what we began before `since` may have been made there after it.
MARGIN: Final = timedelta(hours=1)
NIGHTLY: Final = timedelta(days=3)
DUPLICATE_KEY: Final = "oc-duplicate-"
WITH_MONEY: Final = (port.AUTHORISED, port.CAPTURED)
KINDS: Final = (
    "missing_here",
    "missing_there",
    "amount_differs",
    "captured_here_not_there",
    "captured_there_not_here",
    "held_there_not_here",
    "ended_there_not_here",
    "refund_missing_here",
    "refund_missing_there",
    "duplicate",
)


class UnknownDiscrepancy(NotFound):
    title = "There is no such difference"


class DiscrepancySettled(Conflict):
    code = "discrepancy_settled"
    title = "This difference is settled already"


@dataclass(frozen=True)
class Finding:
    """`repair` answers whether all agrees afterwards; None: nobody but a person may."""

    kind: str
    reference: str
    attempt: Attempt | None
    ours: dict[str, Any]
    theirs: dict[str, Any]
    repair: Callable[[], bool] | None = None


@dataclass
class Compared:
    payments: int = 0
    refunds: int = 0
    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    repaired: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def reconcile(*, backend: str, since: datetime, now: datetime, told: Callable[[int], None] = lambda done: None) -> Compared:
    """Everything since then, on both sides. `told`: how many differences are dealt with, for whoever watches.

    Raises BackendUnknown; and what the backend raises when it cannot tell all it has: half a list compares with nothing.
    """
    provider, compared = port.backend(name=backend), Compared()
    payments, refunds = list(provider.payments(since - MARGIN)), list(provider.refunds(since - MARGIN))
    compared.payments, compared.refunds = len(payments), len(refunds)
    book = Comparison(backend=backend, provider=provider, since=since, now=now, payments=payments, refunds=refunds)
    known = _known(backend)
    for done, finding in enumerate(book.findings(), start=1):
        state = _deal_with(backend, finding, known.get((finding.kind, finding.reference), []), now)
        compared.found[finding.kind] += state != Discrepancy.State.ACCEPTED
        compared.repaired[finding.kind] += state == Discrepancy.State.REPAIRED
        told(done)
    return compared


@dataclass
class Comparison:
    backend: str
    provider: Backend
    since: datetime
    now: datetime
    payments: list[Seen]
    refunds: list[Seen]

    def findings(self) -> Iterator[Finding]:
        ours = self._attempts()
        by_attempt: dict[UUID, list[Seen]] = defaultdict(list)
        for seen in self.payments:
            row = ours.get(seen.key) or ours.get(seen.reference)
            if row is not None:
                by_attempt[row.id].append(seen)
            elif seen.state in WITH_MONEY:
                yield Finding("missing_here", seen.reference, None, {}, shown(seen))
        for row in {row.id: row for row in ours.values()}.values():
            yield from self._of_attempt(row, by_attempt[row.id])
        yield from self._of_refunds(ours)

    def _attempts(self) -> dict[str, Attempt]:
        """By our key and by the provider's reference: those since then, and those the provider speaks of."""
        rows = Attempt.objects.filter(backend=self.backend)
        found = list(rows.filter(created_at__gte=self.since))
        known = {row.key for row in found}
        older = [seen for seen in self.payments if seen.key not in known]
        found += rows.filter(key__in=[seen.key for seen in older])
        found += rows.filter(reference__in=[seen.reference for seen in older])
        return {name: row for row in found for name in (row.key, row.reference) if name}

    def _of_attempt(self, row: Attempt, there: list[Seen]) -> Iterator[Finding]:
        if self.now - row.changed_at < FRESH and row.lease is not None:
            return
        if not there:
            yield from self._missing_there(row)
            return
        first = next((seen for seen in there if seen.reference == row.reference), there[0])
        for seen in there:
            if seen is not first and seen.state in WITH_MONEY and not self._given_back(seen):
                yield Finding("duplicate", seen.reference, row, book_of(row), shown(seen), lambda seen=seen: self._undo(seen))  # type: ignore[misc]
        finding = self._compared(row, first)
        if finding is not None:
            yield finding

    def _compared(self, row: Attempt, seen: Seen) -> Finding | None:
        def found(kind: str, repair: Callable[[], bool] | None = None) -> Finding:
            return Finding(kind, seen.reference, row, book_of(row), shown(seen), repair)

        if (seen.amount, seen.currency) != (row.amount, row.currency):
            return found("amount_differs")
        match (row.state, seen.state):
            case (State.CAPTURED, port.CAPTURED):
                return found("amount_differs") if seen.captured != row.captured else None
            case (State.CAPTURED, port.AUTHORISED):
                return found("captured_here_not_there", lambda: self._capture(row, seen))
            case (State.CAPTURED, _):
                return found("captured_here_not_there", lambda: self._order_to_review(row, "captured_here_not_there"))
            case (_, port.CAPTURED):
                return found("captured_there_not_here", lambda: self._settled(row, seen, State.CAPTURED))
            case (State.DECLINED | State.VOIDED, port.AUTHORISED):
                return found("held_there_not_here", lambda: self._settled(row, seen, State.AUTHORISED))
            case (State.DECLINED | State.VOIDED, _):
                return None
            case (_, port.DECLINED | port.VOIDED):
                wanted = State.DECLINED if seen.state == port.DECLINED and row.state != State.AUTHORISED else State.VOIDED
                return found("ended_there_not_here", lambda: self._settled(row, seen, wanted, state=wanted))
        return None

    def _missing_there(self, row: Attempt) -> Iterator[Finding]:
        """A list may leave something out: before anybody says so, it is asked for by our key."""
        if row.state in (State.DECLINED, State.VOIDED) or self.now - row.created_at < max(FRESH, ASK_AGAIN):
            return
        outcome = self.provider.look(ask_of(row, "look"))
        if outcome.state != port.ABSENT:
            return
        repair = self._never_arrived if row.state in (*settling.UNDECIDED, State.REVIEW) and not row.reference else self._gone
        yield Finding("missing_there", row.reference or row.key, row, book_of(row), {}, lambda: repair(row))

    def _never_arrived(self, row: Attempt) -> bool:
        outcome = Outcome(state=port.DECLINED, code="never_arrived")
        return settling.settle(attempt=row.id, outcome=outcome, now=self.now) == State.DECLINED

    def _gone(self, row: Attempt) -> bool:
        return self._order_to_review(row, "missing_there")

    def _settled(self, row: Attempt, seen: Seen, wanted: str, *, state: str = "") -> bool:
        told = {"reference": seen.reference, "amount": seen.amount, "currency": seen.currency, "captured": seen.captured}
        outcome = Outcome(state=state or seen.state, code="reconciled", **told)  # type: ignore[arg-type]
        return settling.settle(attempt=row.id, outcome=outcome, now=self.now) == wanted

    def _capture(self, row: Attempt, seen: Seen) -> bool:
        ask = Ask(key=f"{row.key}-capture", amount=row.captured, currency=row.currency, reference=seen.reference, order=str(row.order_id))
        outcome = self.provider.capture(ask)
        return outcome.state == port.CAPTURED and outcome.captured == row.captured

    def _order_to_review(self, row: Attempt, why: str) -> bool:
        """Order without money: a person sees it there, too. It stays a difference."""
        if not Order.objects.filter(pk=row.order_id, status__in=[Order.Status.PENDING, Order.Status.PAID]).exists():
            return False
        with transaction.atomic():
            order, _ = settling.locked(row.id)
            if order.kind == Order.Kind.SALE and order.status in (Order.Status.PENDING, Order.Status.PAID):
                life.put_to_review(order=order.id, reason=why, now=self.now)
        return False

    def _undo(self, seen: Seen) -> bool:
        """Money without an order goes back, under a key that follows from it: asked for twice it goes back once."""
        ask = Ask(key=DUPLICATE_KEY + seen.reference, amount=seen.captured or seen.amount, currency=seen.currency, reference=seen.reference)
        if seen.state == port.AUTHORISED:
            return self.provider.void(ask).state == port.VOIDED
        return self.provider.refund(ask).state == port.REFUNDED

    def _given_back(self, seen: Seen) -> bool:
        back = sum(one.amount for one in self.refunds if one.of == seen.reference and one.state == port.REFUNDED)
        return seen.captured > 0 and back >= seen.captured

    def _of_refunds(self, attempts: dict[str, Attempt]) -> Iterator[Finding]:
        ours = self._our_refunds()
        seen_ones = set()
        for seen in self.refunds:
            if seen.key.startswith(DUPLICATE_KEY):
                continue
            back = ours.get(seen.key) or ours.get(seen.reference)
            if back is None and seen.state == port.REFUNDED:
                yield Finding("refund_missing_here", seen.reference, attempts.get(seen.of), {}, shown(seen))
            elif back is not None:
                seen_ones.add(back.id)
                yield from self._refund_compared(back, seen)
        for back in {back.id: back for back in ours.values()}.values():
            if back.id not in seen_ones:
                yield from self._refund_missing_there(back)

    def _our_refunds(self) -> dict[str, ProviderRefund]:
        rows = ProviderRefund.objects.select_related("attempt").filter(attempt__backend=self.backend)
        found = list(rows.filter(created_at__gte=self.since))
        known = {back.key for back in found}
        found += rows.filter(key__in=[seen.key for seen in self.refunds if seen.key not in known])
        return {name: back for back in found for name in (back.key, back.reference) if name}

    def _refund_compared(self, back: ProviderRefund, seen: Seen) -> Iterator[Finding]:
        def found(kind: str, repair: Callable[[], bool] | None = None) -> Finding:
            return Finding(kind, seen.reference, back.attempt, refund_of(back), shown(seen), repair)

        if seen.amount != back.amount:
            yield found("amount_differs")
        elif seen.state == port.REFUNDED and back.state != ProviderRefund.State.DONE:
            yield found("refund_missing_here", lambda: self._refund_settled(back, seen))
        elif seen.state == port.DECLINED and back.state == ProviderRefund.State.DONE:
            yield found("refund_missing_there")

    def _refund_settled(self, back: ProviderRefund, seen: Seen) -> bool:
        outcome = Outcome(state=port.REFUNDED, reference=seen.reference, amount=seen.amount)
        return settling.settle_refund(refund=back.id, outcome=outcome, now=self.now) == ProviderRefund.State.DONE

    def _refund_missing_there(self, back: ProviderRefund) -> Iterator[Finding]:
        if back.state != ProviderRefund.State.DONE or self.now - back.created_at < FRESH:
            # What is not done yet is being asked for.
            return
        row = back.attempt
        told: dict[str, Any] = {"currency": row.currency, "reference": row.reference, "order": str(row.order_id), "since": back.created_at}
        ask = Ask(key=back.key, amount=back.amount, **told)
        if self.provider.look_refund(ask).state == port.ABSENT:
            # Under its own key: should it be there after all, nothing goes back twice.
            repair = lambda: self.provider.refund(ask).state == port.REFUNDED  # noqa: E731
            yield Finding("refund_missing_there", back.reference or back.key, row, refund_of(back), {}, repair)


def shown(seen: Seen) -> dict[str, Any]:
    """As a JSON value."""
    return {name: value for name, value in vars(seen).items() if name != "created_at" and value not in ("", 0)}


def book_of(row: Attempt) -> dict[str, Any]:
    return {"state": str(row.state), "amount": row.amount, "currency": row.currency, "captured": row.captured, "order": str(row.order_id)}


def refund_of(back: ProviderRefund) -> dict[str, Any]:
    return {"state": str(back.state), "amount": back.amount, "refund": str(back.id)}


def _known(backend: str) -> dict[tuple[str, str], list[Discrepancy]]:
    """What was found before and is not repaired, by kind and reference."""
    found: dict[tuple[str, str], list[Discrepancy]] = defaultdict(list)
    for row in Discrepancy.objects.filter(backend=backend, state__in=[Discrepancy.State.OPEN, Discrepancy.State.ACCEPTED]):
        found[row.kind, row.reference].append(row)
    return found


def _deal_with(backend: str, finding: Finding, known: list[Discrepancy], now: datetime) -> str:
    """Written down before it is repaired, so that a repair that breaks is seen."""
    same = [row for row in known if (row.ours, row.theirs) == (finding.ours, finding.theirs)]
    if any(row.state == Discrepancy.State.ACCEPTED for row in same):
        return Discrepancy.State.ACCEPTED
    row = next((row for row in known if row.state == Discrepancy.State.OPEN), None)
    if row is None or row not in same:
        row = row or Discrepancy(backend=backend, kind=finding.kind, reference=finding.reference, found_at=now)
        row.attempt, row.ours, row.theirs = finding.attempt, finding.ours, finding.theirs
        row.save()
    if finding.repair is not None and finding.repair():
        row.state, row.settled_at = Discrepancy.State.REPAIRED, now
        row.save(update_fields=["state", "settled_at"])
    return row.state


@transaction.atomic
def accept(*, id: int, actor: UUID | None, now: datetime) -> None:
    """A person has looked: it stays as it is, and is not told again while both sides stay the same."""
    row = Discrepancy.objects.select_for_update(of=("self",)).filter(pk=id).first()
    if row is None:
        raise UnknownDiscrepancy
    if row.state != Discrepancy.State.OPEN:
        raise DiscrepancySettled(state=row.state)
    row.state, row.settled_at, row.settled_by = Discrepancy.State.ACCEPTED, now, actor
    row.save(update_fields=["state", "settled_at", "settled_by"])


def start(*, backend: str, since: datetime, actor: UUID | None, now: datetime) -> UUID:
    """A job that a worker takes. Raises BackendUnknown."""
    port.backend(name=backend)
    return jobs.start(kind=JOB, arguments={"backend": backend, "since": since.isoformat()}, actor=actor, now=now).pk


def start_nightly(*, now: datetime) -> int:
    """For every provider that is set up. Some days back: what comes late is met again."""
    names: Iterable[str] = sorted(settings.PAYMENT_BACKENDS)
    return len([start(backend=name, since=now - NIGHTLY, actor=None, now=now) for name in names])


@jobs.handler(JOB)
def run(running: jobs.Running) -> dict[str, Any]:
    arguments = running.arguments
    since = datetime.fromisoformat(arguments["since"])
    compared = reconcile(backend=arguments["backend"], since=since, now=running.moment(), told=running.progress)
    return {"payments": compared.payments, "refunds": compared.refunds, "found": dict(compared.found), "repaired": dict(compared.repaired)}
