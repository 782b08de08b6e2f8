"""How a call fails: said by the token of the payment, or by the plan the simulator was started with.

A token is parts between dots. The first names a card ("sim_visa"); each further one a fault: "authorise:timeout_after",
"refund:500*2" (the first two calls), "look:unknown*" (every call), "webhook:duplicate". A plan is the same parts between commas.
"""

import re
from dataclasses import dataclass
from typing import Final

ALWAYS: Final = 1_000_000
OPERATIONS: Final = ("authorise", "capture", "void", "refund", "look", "webhook")
BEFORE: Final = ("timeout_before", "lost_before", "500", "crash_before")
AFTER: Final = ("timeout_after", "lost_after", "500_after", "crash_after")
# Answers that are well formed and not what one hopes for.
SPOKEN: Final = ("decline", "action", "unknown")
# Of the message that is sent afterwards.
WEBHOOK: Final = ("duplicate", "never", "late", "early", "reordered")
PART: Final = re.compile(r"^([a-z]+):([a-z0-9_]+)(\*\d*)?$")


@dataclass(frozen=True)
class Fault:
    operation: str
    kind: str
    times: int

    @property
    def name(self) -> str:
        return f"{self.operation}:{self.kind}"


def of_token(token: str) -> list[Fault]:
    return [fault for part in token.split(".")[1:] if (fault := _read(part))]


def of_plan(plan: str) -> list[Fault]:
    found = [_read(part.strip()) for part in plan.split(",") if part.strip()]
    if None in found:
        raise ValueError(f"{plan!r}: write operation:fault, operation:fault*3 or operation:fault*, between commas")
    return [fault for fault in found if fault]


def _read(part: str) -> Fault | None:
    matched = PART.match(part)
    if matched is None:
        return None
    operation, kind, times = matched.groups()
    known = WEBHOOK if operation == "webhook" else (*BEFORE, *AFTER, *SPOKEN)
    if operation not in OPERATIONS or kind not in known:
        return None
    # What the customer's bank decided stays decided.
    lasting = operation == "webhook" or kind in ("decline", "action")
    count = ALWAYS if lasting or times == "*" else int(times[1:]) if times else 1
    return Fault(operation, kind, count)
