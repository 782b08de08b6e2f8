"""Every event goes to the bus in AWS_EVENT_BUS, at least once. Without a bus the deliveries wait where staff see them."""

import random
import time
from collections.abc import Sequence

from django.conf import settings

from integrations.eventbridge import client, mapping
from kernel import outbox
from kernel.models import Message

NAME = "eventbridge"
NOT_CONFIGURED = "Not configured: set AWS_EVENT_BUS to send events to EventBridge"
# Seconds for all calls of one delivery; with the one in progress it stays under the outbox's lease of 30.
BUDGET = 15
AWAY_WAIT = (5, 10)


def obstacle() -> str:
    return "" if settings.AWS_EVENT_BUS else NOT_CONFIGURED


def deliver(messages: Sequence[Message]) -> list[outbox.Outcome]:
    entries = [mapping.entry(message, bus=settings.AWS_EVENT_BUS) for message in messages]
    outcomes: dict[int, outbox.Outcome] = {id(each): _too_large(each) for each in entries if each.size > mapping.MOST_BYTES}
    deadline = time.monotonic() + BUDGET
    away = ""
    for batch in mapping.batches([each for each in entries if id(each) not in outcomes]):
        if not away and time.monotonic() > deadline:
            away = f"the {BUDGET} s for one delivery were used up"
        # Once they are away, the rest of this delivery need not find out again, one timeout at a time.
        results = [client.Rejected(away, away=True)] * len(batch) if away else _put(batch, deadline)
        outcomes |= {id(each): _outcome(result) for each, result in zip(batch, results, strict=True)}
        reasons = [result.reason for result in results if isinstance(result, client.Rejected) and result.away]
        away = reasons[0] if len(reasons) == len(batch) else ""
    return [outcomes[id(each)] for each in entries]


def _put(batch: list[mapping.Entry], deadline: float) -> Sequence[client.Result]:
    """A call refused for its content is repeated entry by entry, so that only the entry at fault fails."""
    results = client.put(batch)
    refused = [isinstance(result, client.Rejected) and result.whole_call and not result.away for result in results]
    if len(batch) == 1 or not all(refused):
        return results
    return [client.put([each])[0] if time.monotonic() < deadline else result for each, result in zip(batch, results, strict=True)]


def _outcome(result: client.Result) -> outbox.Outcome:
    if isinstance(result, client.Accepted):
        return outbox.DELIVERED
    if result.away:
        return outbox.Failed(result.reason, retry_after=random.uniform(*AWAY_WAIT), counted=False)  # noqa: S311
    return outbox.Failed(result.reason)


def _too_large(each: mapping.Entry) -> outbox.Failed:
    reason = f"The event has {each.size:,} bytes as EventBridge counts them; it takes at most {mapping.MOST_BYTES:,}"
    return outbox.Failed(reason, final=True)


outbox.register(outbox.Subscriber(name=NAME, types=("*",), deliver=deliver, batch=mapping.MOST_ENTRIES, obstacle=obstacle))
