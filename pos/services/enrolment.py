"""A browser becomes a till: a one-time code for a key of its own, a token, and an epoch that fences off the one before."""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from kernel.errors import Conflict, Invalid
from pos import seal, till_report
from pos.models import EnrolmentCode, Till, TillEpoch
from pos.queries import till_of_token, token_digest
from pos.services import left_open

log = logging.getLogger(__name__)

CODE_LIVES = timedelta(minutes=15)
# Crockford's base 32: no I, L, O, U, so that a code can be read aloud. 12 of them are 60 bits.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
SEEN_EVERY = timedelta(minutes=1)
REASONS = ("lost", "replaced", "retired")
HEARD_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class EnrolmentCodeInvalid(Invalid):
    """Wrong, used and too old are one answer: a stranger learns nothing from it."""

    code = "enrolment_code_invalid"
    title = "This code is not valid. Ask for a new one; a code works once, for 15 minutes."


class KeyUnsuitable(Invalid):
    code = "public_key_invalid"
    title = "Send the public half of an ECDSA P-256 key as JWK"


class TillNumberTaken(Conflict):
    code = "till_number_taken"
    title = "This store has a till of that number"


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """`token` is told this once and kept nowhere."""

    epoch: TillEpoch
    token: str


def create_till(*, store: Any, number: int, name: str) -> Till:
    """`store` is an org.models.Store."""
    try:
        with transaction.atomic():
            return Till.objects.create(store=store, number=number, name=name)
    except IntegrityError as error:
        raise TillNumberTaken(field="number") from error


def create_enrolment_code(*, till: Till, actor: UUID | None, now: datetime) -> str:
    """The plain code, grouped for reading: XXXX-XXXX-XXXX."""
    plain = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    EnrolmentCode.objects.create(till=till, digest=_code_digest(plain), expires_at=now + CODE_LIVES, created_by=actor)
    return "-".join(plain[start : start + 4] for start in range(0, CODE_LENGTH, 4))


@transaction.atomic
def enrol(*, code: str, public_key: Any, now: datetime) -> Enrolled:
    try:
        jwk = seal.public_part(public_key)
    except ValueError as error:
        raise KeyUnsuitable(field="public_key") from error
    till = _redeem(code, now)
    newest = till.epochs.order_by("-epoch").values_list("epoch", flat=True).first() or 0
    till.epochs.filter(revoked_at=None).update(revoked_at=now, revoked_reason="replaced")
    token = secrets.token_urlsafe(32)
    epoch = TillEpoch.objects.create(till=till, epoch=newest + 1, token_digest=token_digest(token), public_key=jwk, enrolled_at=now)
    left_open.note_left(till=till.pk, now=now)
    return Enrolled(epoch=epoch, token=token)


class ReasonUnknown(Invalid):
    code = "revocation_reason_invalid"
    title = "Say whether the device was lost, replaced or retired"


@transaction.atomic
def revoke(*, till: Till, reason: str = "retired", actor: UUID | None = None, now: datetime) -> None:
    """The device is lost, replaced or retired. What it still delivers is kept apart, for a person to judge."""
    if reason not in REASONS:
        raise ReasonUnknown(field="reason")
    revoked = till.epochs.filter(revoked_at=None).update(revoked_at=now, revoked_reason=reason)
    left_open.note_left(till=till.pk, now=now)
    log.info("%s signed till %s out (%s): %d enrolments", actor, till.pk, reason, revoked)


def come_in(*, token: str, report: str, now: datetime) -> TillEpoch | None:
    """The enrolment that shows this token, live or not, and that it was heard just now; None for a token nobody was given."""
    epoch = till_of_token(token)
    if epoch is not None:
        _heard(epoch, report, now)
    return epoch


def _heard(epoch: TillEpoch, report: str, now: datetime) -> None:
    """Keeps when a till was last heard and what it said of itself: at most once a minute, so that a busy till costs nothing more.
    Its first report is kept at once: the page sends it a little after its first word. A report of another shape is passed over."""
    told = till_report.read(report)
    if epoch.last_seen_at is not None and now - epoch.last_seen_at < SEEN_EVERY and (epoch.reported or told is None):
        return
    fields = {"last_seen_at": now, **({"reported": {**told, "at": now.isoformat()}} if told is not None else {})}
    TillEpoch.objects.filter(Q(last_seen_at=None) | Q(last_seen_at__lte=now - SEEN_EVERY) | Q(reported={}), pk=epoch.pk).update(**fields)


def _redeem(code: str, now: datetime) -> Till:
    found = EnrolmentCode.objects.select_for_update().filter(digest=_code_digest(code)).first()
    if found is None or found.used_at is not None or found.expires_at <= now:
        raise EnrolmentCodeInvalid(field="code")
    found.used_at = now
    found.save(update_fields=["used_at"])
    # Locked, so that two codes redeemed at once make two epochs. NO KEY: entries coming in refer to the till meanwhile.
    return Till.objects.select_for_update(no_key=True, of=("self",)).select_related("store").get(id=found.till_id)


def _code_digest(code: str) -> bytes:
    return hashlib.sha256(code.upper().translate(HEARD_AS).encode("utf-8", "backslashreplace")).digest()
