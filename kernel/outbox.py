"""The outbox: events are rows in the transaction that made them happen; deliveries are rows with a state.

record      writes the message beside the change
fan_out     gives committed messages their position and makes one delivery per subscriber
work        claims due deliveries of one subscriber, hands them over, settles each by its own result
retry       puts parked or waiting deliveries back, due now
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from django.db import connection, transaction

from kernel.events import Event
from kernel.ids import uuid7
from kernel.models import Delivery, Message

log = logging.getLogger(__name__)

MAX_TRIES: Final = 8
LEASE: Final = timedelta(seconds=30)
FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
# Any constant will do; it only has to differ from the other advisory locks of this database.
FAN_OUT_LOCK: Final = 0x6F75_7462_6F78
ERROR_LENGTH: Final = 500


@dataclass(frozen=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True)
class Failed:
    """The receiver does not have it, or we do not know.

    `retry_after`: seconds until the next try, instead of the back-off.
    `counted=False`: not this message's fault (throttled, unreachable), so it never leads to parking.
    `final=True`: no later try can succeed, so it parks at once.
    """

    reason: str
    retry_after: float | None = None
    counted: bool = True
    final: bool = False


DELIVERED: Final = Delivered()
Outcome = Delivered | Failed


def always_ready() -> str:
    return ""


@dataclass(frozen=True)
class Subscriber:
    """Someone who wants messages. `types` are exact types, "orders.*" or "*".

    `deliver` gets up to `batch` messages in order of position and answers one outcome for each.
    transactional=True: it runs in the transaction that settles, so effects in our own database happen exactly once.
    transactional=False: it runs outside any transaction and may be called twice for one message (at least once).
    `obstacle` answers why nothing can be delivered now ("" when it can): deliveries then wait and burn no tries.
    """

    name: str
    types: tuple[str, ...]
    deliver: Callable[[Sequence[Message]], Sequence[Outcome]]
    batch: int = 10
    transactional: bool = False
    obstacle: Callable[[], str] = field(default=always_ready)


_subscribers: dict[str, Subscriber] = {}


def register(subscriber: Subscriber) -> None:
    """Called from AppConfig.ready; a second call with the same name replaces the first."""
    for pattern in subscriber.types:
        _like(pattern)
    _subscribers[subscriber.name] = subscriber


def forget(name: str) -> None:
    _subscribers.pop(name, None)


def subscribers() -> list[Subscriber]:
    return list(_subscribers.values())


def _like(pattern: str) -> str:
    """ "orders.*" as a LIKE pattern; the star stands only at the end."""
    head = pattern.removesuffix("*")
    if "*" in head or (head and head != pattern and not head.endswith(".")):
        raise ValueError(f"{pattern!r}: write a type, 'app.*' or '*'")
    escaped = head.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped + "%" if head != pattern else escaped


# Two parameters however many rows: an import records tens of thousands. JSON is written three times as fast as ten arrays are.
RECORD = """
insert into kernel_message (id, type, version, occurred_at, aggregate_type, aggregate_id, sequence, store, correlation, data)
select m.id, m.type, m.version, %s, m.aggregate_type, m.aggregate_id, m.sequence, m.store, m.correlation, m.data
from json_to_recordset(%s)
    as m(id uuid, type text, version smallint, aggregate_type text, aggregate_id uuid, sequence bigint, store text, correlation uuid, data jsonb)
"""


def record(event: Event, *, now: datetime, correlation: UUID | None = None) -> UUID:
    return record_many([event], now=now, correlation=correlation)[0]


def record_many(events: Sequence[Event], *, now: datetime, correlation: UUID | None = None) -> list[UUID]:
    """Writes the messages in one INSERT; their ids. Refuses to run outside a transaction: the event belongs to its change.

    `correlation` is what all consequences of one request share; without it a message starts its own.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record events inside the transaction that changes the state")
    # Sorted, so that the positions of what is recorded together follow the order it was given in.
    ids = sorted(uuid7() for _ in events)
    messages = [_message(id, event, correlation) for id, event in zip(ids, events, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [now, orjson.dumps(messages).decode()])
    return ids


def _message(id: UUID, event: Event, correlation: UUID | None) -> dict[str, Any]:
    return {
        "id": id,
        "type": event.type,
        "version": event.version,
        "aggregate_type": event.aggregate_type,
        "aggregate_id": event.aggregate_id,
        "sequence": event.sequence,
        "store": event.store,
        "correlation": correlation or id,
        "data": event.data(),
    }


def envelope(message: Message) -> dict[str, Any]:
    """What leaves the house, whatever the carrier (docs/events.md)."""
    return {
        "id": str(message.id),
        "type": message.type,
        "version": message.version,
        "occurred_at": message.occurred_at.isoformat().replace("+00:00", "Z"),
        "aggregate": {"type": message.aggregate_type, "id": str(message.aggregate_id), "sequence": message.sequence},
        "store": message.store,
        "correlation": str(message.correlation),
        "data": message.data,
    }


def named(name: str) -> Subscriber:
    if name not in _subscribers:
        raise ValueError(f"no subscriber is called {name!r}")
    return _subscribers[name]


FAN_OUT = """
with last as (
    select coalesce(max(position), 0) as position from kernel_message
), waiting as (
    select id, row_number() over (order by id) as n
    from (select id from kernel_message where position is null order by id limit %s) w
), placed as (
    update kernel_message m set position = last.position + waiting.n
    from waiting, last where m.id = waiting.id
    returning m.id, m.type, m.position
), fanned as (
    insert into kernel_delivery (message_id, subscriber, state, attempts, due_at, last_error)
    select distinct on (placed.position, s.name) placed.id, s.name, 'pending', 0, %s, s.obstacle
    from placed join unnest(%s::text[], %s::text[], %s::text[]) as s(name, pattern, obstacle) on placed.type like s.pattern
    order by placed.position, s.name
)
select count(*) from placed
"""


def fan_out(*, now: datetime, limit: int = 1000) -> int:
    """Gives committed messages their position and every subscriber its delivery. How many messages; 0 when another relay is at it.

    The lock is held until the commit is visible, so positions become visible in their order and without gaps: a reader
    that asks for position > last misses nothing, however long a transaction stayed open beside it.
    """
    known = [(s.name, _like(pattern), s.obstacle()) for s in subscribers() for pattern in s.types]
    names, patterns, obstacles = ([row[column] for row in known] for column in range(3))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [FAN_OUT_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        # A statement of its own: its snapshot must be younger than the lock.
        cursor.execute(FAN_OUT, [limit, now, names, patterns, obstacles])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Claim:
    delivery: int
    attempts: int
    message: Message


# Materialized: as a plain subquery the planner may run it again per row and lock more than the limit.
# What a dead worker left behind is claimed alone, the least tried first: should it end this worker too, its
# neighbours have lost no try, and none of them waits behind it for ever.
CLAIM = """
with due as materialized (
    select id, attempts, lease is not null as abandoned from kernel_delivery
    where subscriber = %s and state = 'pending' and due_at <= %s and (lease_until is null or lease_until <= %s)
    order by due_at limit %s for update skip locked
), chosen as (
    select id, bool_or(abandoned) over () as alone, row_number() over (order by abandoned desc, attempts) as n from due
)
update kernel_delivery d set lease = %s, lease_until = %s, attempts = d.attempts + 1
from chosen where d.id = chosen.id and (not chosen.alone or chosen.n = 1)
returning d.id, d.attempts, d.message_id
"""

SETTLE = """
update kernel_delivery d
set state = s.state, due_at = s.due_at, attempts = s.attempts, last_error = s.error,
    settled_at = case when s.state = 'pending' then null else %s end, lease = null, lease_until = null
from unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::int[], %s::text[]) as s(id, state, due_at, attempts, error)
where d.id = s.id and d.lease = %s
"""


def work(*, subscriber: str, now: datetime, limit: int) -> int:
    """Hands up to `limit` due deliveries over, batch by batch, and settles each. How many were taken in hand.

    0: nothing is due or the receiver is away (nothing in the last batch was the messages' fault); wait before asking again.
    Leases count from `now`: a caller with a slow receiver asks for one batch at a time and brings a fresh `now`.
    """
    receiver = named(subscriber)
    handled = 0
    while handled < limit and not receiver.obstacle():
        taken, away = _work_batch(receiver, now, min(receiver.batch, limit - handled))
        if away:
            return 0
        if not taken:
            break
        handled += taken
    return handled


def carry(*, clock: Callable[[], datetime]) -> int:
    """One pass over everything: fans out, then works what is due, bringing a fresh time to each step."""
    while fan_out(now=clock()):
        pass
    worked = 0
    for receiver in subscribers():
        while taken := work(subscriber=receiver.name, now=clock(), limit=receiver.batch):
            worked += taken
    return worked


def _work_batch(receiver: Subscriber, now: datetime, size: int) -> tuple[int, bool]:
    """How many were claimed, and whether the receiver is away altogether."""
    lease = uuid4()
    claims = _claim(receiver, lease, now, size)
    if len(claims) == 1 and claims[0].attempts > MAX_TRIES:
        # Eight workers took it and none settled it: the message, not the worker, is the likely cause.
        _settle([(claims[0], Failed("no worker lived to see its result", final=True))], lease, now)
        return 1, False
    outcomes = _hand_over(receiver, claims, lease, now) if claims else []
    away = bool(outcomes) and all(isinstance(outcome, Failed) and not outcome.counted for outcome in outcomes)
    return len(claims), away


def _claim(receiver: Subscriber, lease: UUID, now: datetime, size: int) -> list[Claim]:
    # durable: inside someone's transaction the claim would not be committed before the call goes out.
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(CLAIM, [receiver.name, now, now, size, lease, now + LEASE])
        rows = cursor.fetchall()
    messages = Message.objects.in_bulk([row[2] for row in rows])
    claims = [Claim(delivery, attempts, messages[message]) for delivery, attempts, message in rows]
    return sorted(claims, key=lambda claim: claim.message.position or 0)


def _hand_over(receiver: Subscriber, claims: list[Claim], lease: UUID, now: datetime) -> list[Outcome]:
    """Delivers and settles. When a whole batch breaks, each entry goes by itself, so that only the broken one fails."""
    try:
        if receiver.transactional:
            return _in_one_transaction(receiver, claims, lease, now)
        outcomes = _answers(receiver, claims)
    except Exception as error:
        if len(claims) > 1:
            return [outcome for claim in claims for outcome in _hand_over(receiver, [claim], lease, now)]
        log.warning("%s could not take %s", receiver.name, claims[0].message, exc_info=not isinstance(error, _Undone))
        outcomes = [error.failure if isinstance(error, _Undone) else Failed(f"{type(error).__name__}: {error}")]
    _settle(list(zip(claims, outcomes, strict=True)), lease, now)
    return outcomes


def _answers(receiver: Subscriber, claims: list[Claim]) -> list[Outcome]:
    outcomes = list(receiver.deliver([claim.message for claim in claims]))
    if len(outcomes) != len(claims):
        raise ValueError(f"{receiver.name} answered {len(outcomes)} outcomes for {len(claims)} messages")
    return outcomes


class _Undone(Exception):
    """A transactional subscriber failed an entry: whatever it wrote for it goes back."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def _in_one_transaction(receiver: Subscriber, claims: list[Claim], lease: UUID, now: datetime) -> list[Outcome]:
    with transaction.atomic():
        # Locked and still ours: from here to the commit nobody else can take them, so the effects happen once.
        ours = set(Delivery.objects.select_for_update().filter(pk__in=[claim.delivery for claim in claims], lease=lease).values_list("pk", flat=True))
        held = [claim for claim in claims if claim.delivery in ours]
        outcomes = _answers(receiver, held) if held else []
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                raise _Undone(outcome)
        _settle(list(zip(held, outcomes, strict=True)), lease, now)
    return outcomes


def _settle(results: Sequence[tuple[Claim, Outcome]], lease: UUID, now: datetime) -> int:
    """Writes each entry's own result, only where the lease is still ours."""
    if not results:
        return 0
    rows = [(claim.delivery, *_settled(claim.attempts, outcome, now)) for claim, outcome in results]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [now, *([row[column] for row in rows] for column in range(5)), lease])
        return cursor.rowcount


def _settled(attempts: int, outcome: Outcome, now: datetime) -> tuple[str, datetime, int, str]:
    """State, due at, tries, error."""
    if isinstance(outcome, Delivered):
        return Delivery.State.DONE, now, attempts, ""
    reason = outcome.reason.replace("\0", "")[:ERROR_LENGTH]
    if outcome.final or (outcome.counted and attempts >= MAX_TRIES):
        return Delivery.State.PARKED, now, attempts, reason
    wait = outcome.retry_after if outcome.retry_after is not None else back_off(attempts)
    return Delivery.State.PENDING, now + timedelta(seconds=wait), attempts if outcome.counted else attempts - 1, reason


def back_off(attempts: int) -> float:
    """Seconds to wait after the n-th try: doubling, capped, with jitter so that what failed together does not return together."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1)) * random.uniform(0.5, 1)  # noqa: S311


def retry(*, ids: Sequence[int], now: datetime) -> int:
    """Parked or waiting deliveries go again, due now, with all their tries. How many; delivered ones are left alone.

    A lease is not touched: what a worker has in hand just now it settles itself.
    """
    return Delivery.objects.filter(pk__in=ids, state__in=[Delivery.State.PENDING, Delivery.State.PARKED]).update(
        state=Delivery.State.PENDING, due_at=now, attempts=0, settled_at=None
    )
