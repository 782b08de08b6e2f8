"""What can happen at the tills: they are enrolled, people get PINs, journals come in and are posted."""

from pos.services.asking import AlreadyAnswered, AnswerUnusable, UnknownQuestion, answer
from pos.services.catalogues import keep as keep_catalogues
from pos.services.catalogues import standing as standing_catalogue
from pos.services.delivery import receive
from pos.services.enrolment import (
    CODE_LIVES,
    Enrolled,
    EnrolmentCodeInvalid,
    TillNumberTaken,
    come_in,
    create_enrolment_code,
    create_till,
    enrol,
    revoke,
)
from pos.services.finality import finish, finish_shifts
from pos.services.fixes import FixDoesNotFit, StillNotPosted, UnknownNote, fix_note
from pos.services.holes import look_for_holes
from pos.services.intake import Result, Sealed, ingest
from pos.services.left_open import AnotherCounts, CloseIsHere, CountUnusable, TillStillWorks, close_left, note_left, was_left
from pos.services.lifeline import LARGEST_FILE, TakenIn, take_in
from pos.services.pins import PinInvalid, PinNotProven, PinTaken, TooManyPins, prove, remove_pin, set_pin
from pos.services.posting import Posted, post, post_waiting
from pos.services.review import NotReleasable, release, resolve_conflicts, retry_posting
from pos.services.sealing import DAILY, Sealing, seal_heads
from pos.services.snapshots import catalogue, forget_prices

__all__ = [
    "CODE_LIVES",
    "AlreadyAnswered",
    "AnswerUnusable",
    "UnknownQuestion",
    "answer",
    "AnotherCounts",
    "CloseIsHere",
    "CountUnusable",
    "TillStillWorks",
    "close_left",
    "note_left",
    "was_left",
    "DAILY",
    "LARGEST_FILE",
    "Enrolled",
    "EnrolmentCodeInvalid",
    "FixDoesNotFit",
    "KeyUnsuitable",
    "NotReleasable",
    "PinInvalid",
    "PinNotProven",
    "PinTaken",
    "Posted",
    "Result",
    "Sealed",
    "TakenIn",
    "Sealing",
    "StillNotPosted",
    "TillNumberTaken",
    "TooManyPins",
    "UnknownNote",
    "catalogue",
    "come_in",
    "create_enrolment_code",
    "create_till",
    "enrol",
    "finish",
    "finish_shifts",
    "fix_note",
    "forget_prices",
    "ingest",
    "keep_catalogues",
    "look_for_holes",
    "post",
    "post_waiting",
    "prove",
    "receive",
    "release",
    "remove_pin",
    "resolve_conflicts",
    "retry_posting",
    "revoke",
    "seal_heads",
    "set_pin",
    "take_in",
    "standing_catalogue",
]
