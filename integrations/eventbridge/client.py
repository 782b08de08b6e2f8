"""One PutEvents call: short timeouts, no retries of its own (the outbox retries), each entry with its own result."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from integrations.eventbridge.mapping import Entry

CONNECT_TIMEOUT = 2
READ_TIMEOUT = 5
AWAY_CODES = {
    # "Later": too much at once, or trouble on their side.
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "InternalFailure",
    "InternalException",
    "InternalServerError",
    "ServiceUnavailable",
    # Ours to put right, and no event is at fault: keys, rights, a bus that is missing.
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorizedForSourceException",
    "NotAuthorizedForDetailTypeException",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "OptInRequired",
    "ResourceNotFoundException",
}


@dataclass(frozen=True)
class Accepted:
    """EventBridge has it."""


@dataclass(frozen=True)
class Rejected:
    """`away`: the event is not at fault, any other would have fared the same. `whole_call`: nothing was said per entry."""

    reason: str
    away: bool
    whole_call: bool = False


Result = Accepted | Rejected


@cache
def connected(region: str, endpoint: str | None) -> Any:
    # Imported here: a web process registers the subscriber but never sends.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT, retries={"total_max_attempts": 1, "mode": "standard"})
    return boto3.client("events", region_name=region, endpoint_url=endpoint, config=config)


def put(entries: "Sequence[Entry]") -> list[Result]:
    """One call with up to ten entries; a result for each, in their order. Never raises for what the network or AWS does."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = connected(settings.AWS_REGION, settings.AWS_ENDPOINT_URL).put_events(Entries=[entry.fields for entry in entries])
    except ClientError as error:
        return [_refused(error)] * len(entries)
    except BotoCoreError as error:
        # No answer: a timeout, a reset (perhaps after they took it), no credentials, an answer that cannot be read.
        return [Rejected(f"{type(error).__name__}: {error}", away=True)] * len(entries)
    told = answer.get("Entries", [])
    if len(told) != len(entries):
        return [Rejected(f"EventBridge told {len(told)} results for {len(entries)} entries", away=True)] * len(entries)
    return [_result(entry) for entry in told]


def _refused(error: Any) -> Rejected:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return Rejected(str(error), away=code in AWAY_CODES or status >= 500 or status == 429, whole_call=True)


def _result(told: dict[str, Any]) -> Result:
    """FailedEntryCount comes inside a 200: only an EventId says that this entry was taken."""
    if told.get("EventId") and not told.get("ErrorCode"):
        return Accepted()
    code = told.get("ErrorCode") or "no EventId"
    return Rejected(f"{code}: {told.get('ErrorMessage', '')}".rstrip(": "), away=code in AWAY_CODES)
