"""What can happen at the tills: they are enrolled, people get PINs, journals come in and are posted."""

from pos.services.catalogues import keep as keep_catalogues
from pos.services.catalogues import standing as standing_catalogue
from pos.services.delivery import receive
from pos.services.enrolment import (
    CODE_LIVES,
    Enrolled,
    EnrolmentCodeInvalid,
    TillNumberTaken,
    create_enrolment_code,
    create_till,
    enrol,
    revoke,
)
from pos.services.intake import Result, Sealed, ingest
from pos.services.pins import PinInvalid, PinTaken, remove_pin, set_pin
from pos.services.posting import Posted, post, post_waiting
from pos.services.review import NotReleasable, release, resolve_conflicts, retry_posting
from pos.services.snapshots import catalogue

__all__ = [
    "CODE_LIVES",
    "Enrolled",
    "EnrolmentCodeInvalid",
    "KeyUnsuitable",
    "NotReleasable",
    "PinInvalid",
    "PinTaken",
    "Posted",
    "Result",
    "Sealed",
    "TillNumberTaken",
    "catalogue",
    "create_enrolment_code",
    "create_till",
    "enrol",
    "ingest",
    "keep_catalogues",
    "post",
    "post_waiting",
    "receive",
    "release",
    "remove_pin",
    "resolve_conflicts",
    "retry_posting",
    "revoke",
    "set_pin",
    "standing_catalogue",
]
