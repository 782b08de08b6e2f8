"""Promotions: drafted, sent for approval, let in, ended. What is live is not edited: it is ended, or copied and the copy changed.

draft -> waiting -> approved -> ended. Who submits what nobody else has to look at lets it in at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Max

from catalog import names
from catalog.events import PromotionChanged
from catalog.models import Promotion
from catalog.services import promotion_rules
from catalog.services.changes import written_by
from catalog.services.price_changes import FourEyes
from catalog.services.promotion_depth import approval_reason
from catalog.services.promotion_times import Clocks, is_live, is_over
from kernel import outbox
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import Message

CHANGEABLE: Final = frozenset(
    {
        *("name", "receipt_text", "priority", "combination", "group", "starts_at", "ends_at", "rule", "needs_coupon"),
        *("supplier", "supplier_share", "most_uses", "most_per_customer", "budget", "monthly_budget", "offline"),
    }
)
WHILE_LIVE: Final = frozenset({"ends_at", "receipt_text"})
LIMITS: Final = ("most_uses", "most_per_customer", "budget", "monthly_budget")


class UnknownPromotion(NotFound):
    code = "promotion_not_found"
    title = "There is no such promotion"


class PromotionCodeTaken(Conflict):
    code = "promotion_code_taken"
    title = "This code is in use"


class PromotionLive(Conflict):
    code = "promotion_live"
    title = "A live promotion keeps its rule; end it, or duplicate it and change the copy"


class PromotionNotNow(Conflict):
    code = "promotion_not_now"
    title = "The promotion is not in a state for this"


class PromotionOvertaken(Conflict):
    code = "promotion_overtaken"
    title = "Somebody else has changed it meanwhile"


@dataclass
class Work:
    """`change`: what happened; left empty nobody is told."""

    row: Promotion
    change: str = field(default="")


def create_promotion(*, values: Mapping[str, Any], now: datetime, actor: UUID) -> Promotion:
    """`values`: see CHANGEABLE, and `code`, made from the name when it is left out. A draft; nobody gets it yet."""
    given = dict(values)
    row = Promotion(code=given.pop("code", ""), made_by=actor, made_at=now, changed_by=actor, changed_at=now)
    _assign(row, given)
    row.code = row.code or _free_code(row.name)
    _check(row)
    with written_by(actor):
        with _one_code(row):
            row.save(force_insert=True)
        _tell(row, "created", now=now)
    return row


def change_promotion(*, promotion: UUID, values: Mapping[str, Any], now: datetime, actor: UUID, seen: datetime | None = None) -> Promotion:
    """Back to a draft, which has to be submitted again: also when it was approved and has not begun. Live: see WHILE_LIVE.

    `seen`: its changed_at when whoever changes it read it.
    """
    with _working(promotion, now=now, actor=actor) as work:
        row = work.row
        _must_be_as(row, seen, "What you typed is kept. Look it over; saving again puts it over theirs.")
        before = {name: getattr(row, name) for name in values if hasattr(row, name)}
        clocks = Clocks()
        if is_over(row, now, clocks):
            raise PromotionNotNow("It has ended. Duplicate it to run it again.")
        live = is_live(row, now, clocks)
        _assign(row, values)
        _check(row)
        changed = {name for name, value in before.items() if getattr(row, name) != value}
        if not changed:
            return row
        if live:
            _must_stay(row, changed, before, now)
        else:
            row.state, row.reason, row.decided_by, row.decided_at = Promotion.State.DRAFT, "", None, None
            row.changed_by = actor
        row.changed_at = now
        row.save()
        work.change = "changed"
    return row


def submit_promotion(*, promotion: UUID, now: datetime, actor: UUID) -> Promotion:
    """To a second person where the shop's settings ask for one, with the reason in words; else it is approved."""
    with _working(promotion, now=now, actor=actor) as work:
        row = work.row
        _must_be(row, Promotion.State.DRAFT)
        if row.ends_at is not None and row.ends_at <= now:
            raise Invalid("It would end before it begins: choose a later end.", field="ends_at")
        _check(row)
        row.reason = approval_reason(row)
        row.state = Promotion.State.WAITING if row.reason else Promotion.State.APPROVED
        row.decided_by, row.decided_at = None, None if row.reason else now
        row.save()
        work.change = "submitted" if row.reason else "approved"
    return row


def approve_promotion(*, promotion: UUID, now: datetime, actor: UUID, seen: datetime | None = None) -> Promotion:
    """`seen`: its changed_at when whoever approves it read it. Nobody approves what they have not seen."""
    with _working(promotion, now=now, actor=actor) as work:
        row = work.row
        _must_be_as(row, seen, "Look at it again before you approve it.")
        _must_be(row, Promotion.State.WAITING)
        if row.changed_by == actor:
            raise FourEyes("You changed it last: somebody else has to approve it.")
        if row.ends_at is not None and row.ends_at <= now:
            raise PromotionNotNow("Its end has passed meanwhile. Refuse it, or choose a later end.")
        # Names it is about may be gone since it was drafted.
        _check(row)
        row.state, row.decided_by, row.decided_at = Promotion.State.APPROVED, actor, now
        row.save()
        work.change = "approved"
    return row


def refuse_promotion(*, promotion: UUID, remark: str, now: datetime, actor: UUID) -> Promotion:
    """Back to its draft with the remark, which whoever drafted it reads. Also takes back what one submitted oneself."""
    with _working(promotion, now=now, actor=actor) as work:
        row = work.row
        _must_be(row, Promotion.State.WAITING)
        row.state, row.reason = Promotion.State.DRAFT, " ".join(remark.replace("\0", "").split())[:300]
        row.decided_by, row.decided_at = actor, now
        row.save()
        work.change = "refused"
    return row


def end_promotion(*, promotion: UUID, now: datetime, actor: UUID) -> Promotion:
    """At once and everywhere. One that never began, a draft too, is put away like this."""
    with _working(promotion, now=now, actor=actor) as work:
        row = work.row
        if row.state == Promotion.State.ENDED:
            return row
        begun = row.state == Promotion.State.APPROVED and (row.starts_at is None or row.starts_at < now)
        row.state = Promotion.State.ENDED
        if begun and (row.ends_at is None or row.ends_at > now):
            row.ends_at = now
        row.save()
        work.change = "ended"
    return row


def archive_promotion(*, promotion: UUID, now: datetime, actor: UUID) -> Promotion:
    """Puts a draft away. What customers may get at this moment is ended, by name, and not put away."""
    row = _found(promotion)
    if is_live(row, now):
        raise PromotionLive("Customers get it now: end it first.")
    return end_promotion(promotion=promotion, now=now, actor=actor)


def duplicate_promotion(*, promotion: UUID, now: datetime, actor: UUID) -> Promotion:
    """A draft with the same rule and limits, nothing used, and no dates that have passed."""
    row = _found(promotion)
    values = {name: getattr(row, name) for name in CHANGEABLE}
    name = f"{row.name[:93]} (copy)"
    if row.ends_at is not None and row.ends_at <= now:
        values |= {"starts_at": None, "ends_at": None}
    return create_promotion(values={**values, "name": name}, now=now, actor=actor)


def save_promotion(
    *,
    promotion: UUID | None,
    values: Mapping[str, Any],
    now: datetime,
    actor: UUID,
    submit: bool = False,
    compete_with: Sequence[UUID] = (),
    seen: datetime | None = None,
) -> Promotion:
    """All that one page changes, or nothing: the promotion, those it shall compete with, and whether it is sent on."""
    with written_by(actor):
        if promotion is None:
            row = create_promotion(values=values, now=now, actor=actor)
        else:
            row = change_promotion(promotion=promotion, values=values, now=now, actor=actor, seen=seen)
        for other in compete_with:
            let_compete(promotion=row.pk, other=other, now=now, actor=actor)
        if submit and row.state == Promotion.State.DRAFT:
            row = submit_promotion(promotion=row.pk, now=now, actor=actor)
    return row


def let_compete(*, promotion: UUID, other: UUID, now: datetime, actor: UUID) -> None:
    """The cheaper of the two wins. Of the other one only how it competes changes, so it may be live: alone it gives what it gave."""
    with _working(other, now=now, actor=actor) as work:
        met, mine = work.row, _found(promotion)
        if met.combination == Promotion.Combination.STACK:
            raise PromotionNotNow(f"{met.name} stacks on top: both are given.", field="combination")
        if (mine.combination, mine.priority, mine.group) != (Promotion.Combination.BEST, met.priority, met.group or met.code):
            raise Invalid(f"To compete with {met.name} this offer is “best”, in its group and with its priority.", field="combination")
        if met.combination != Promotion.Combination.BEST or not met.group:
            met.combination, met.group, met.changed_at = Promotion.Combination.BEST, met.group or met.code, now
            met.save()
            work.change = "changed"


def draft_of(values: Mapping[str, Any], *, row: Promotion | None = None) -> Promotion:
    """What these values would make, checked and not saved."""
    made = Promotion(**{each.attname: getattr(row, each.attname) for each in Promotion._meta.concrete_fields}) if row else Promotion()
    made.code = made.code or "draft"
    _assign(made, {name: value for name, value in values.items() if name != "code"})
    _check(made)
    return made


def _found(promotion: UUID) -> Promotion:
    row = Promotion.objects.filter(pk=promotion).first()
    if row is None:
        raise UnknownPromotion(field="promotion")
    return row


@contextmanager
def _working(promotion: UUID, *, now: datetime, actor: UUID) -> Iterator[Work]:
    with written_by(actor):
        # Who holds the row has the next sequence; counters are moved beside it by the statement that claims.
        row = Promotion.objects.select_for_update(no_key=True).filter(pk=promotion).first()
        if row is None:
            raise UnknownPromotion(field="promotion")
        work = Work(row)
        yield work
        if work.change:
            _tell(row, work.change, now=now)


def _tell(row: Promotion, change: str, *, now: datetime) -> None:
    told = Message.objects.filter(aggregate_type=PromotionChanged.aggregate_type, aggregate_id=row.pk)
    last = told.aggregate(last=Max("sequence"))["last"] or 0
    outbox.record(PromotionChanged(aggregate_id=row.pk, sequence=last + 1, store=None, code=row.code, change=change), now=now)


def _assign(row: Promotion, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - CHANGEABLE)
    if unknown:
        raise Invalid(f"{unknown[0]} cannot be changed here.", field=unknown[0])
    for name, value in values.items():
        if isinstance(value, str) and "\0" in value:
            raise Invalid("It holds a character that cannot be stored.", field=name)
        setattr(row, name, " ".join(value.split()) if name in ("name", "receipt_text", "supplier") and isinstance(value, str) else value)


def _check(row: Promotion) -> None:
    row.rule = promotion_rules.checked(row.rule)
    # As the database gives them back: the engine takes plain texts.
    row.combination, row.offline = str(row.combination), str(row.offline)
    if any(getattr(row, name) is not None for name in LIMITS) and not row.offline:
        raise Invalid("Say what tills without a line do with its limits.", field="offline")
    if row.budget is not None and row.budget <= 0:
        raise Invalid("A budget is more than nothing.", field="budget")
    if row.monthly_budget is not None and row.monthly_budget <= 0:
        raise Invalid("What a customer may get in a month is more than nothing.", field="monthly_budget")
    if row.starts_at is not None and row.ends_at is not None and row.ends_at <= row.starts_at:
        raise Invalid("It ends before it begins.", field="ends_at")
    if row.supplier_share and not row.supplier:
        raise Invalid("Say which supplier pays the share.", field="supplier")
    if not 0 <= row.supplier_share <= 1_000_000:
        raise Invalid("A supplier pays from 0 to 100 percent.", field="supplier_share")
    try:
        row.clean_fields(exclude={"made_by", "made_at", "changed_by", "changed_at"})
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error
    promotion_rules.engine_takes(row)


def _must_be_as(row: Promotion, seen: datetime | None, words: str) -> None:
    if seen is not None and row.changed_at != seen:
        raise PromotionOvertaken(f"Somebody else has changed it meanwhile. {words}")


def _must_be(row: Promotion, state: str) -> None:
    if row.state != state:
        raise PromotionNotNow(f"It is {row.get_state_display().lower()}: this was done meanwhile, or is not possible any more.")


def _must_stay(row: Promotion, changed: set[str], before: Mapping[str, Any], now: datetime) -> None:
    """A live one may be called otherwise on receipts and end sooner; it ends later only where nobody had to approve it."""
    barred = sorted(changed - WHILE_LIVE)
    if barred:
        raise PromotionLive(field=barred[0])
    if "ends_at" not in changed:
        return
    if row.ends_at is not None and row.ends_at <= now:
        raise Invalid("This end has passed. To stop it now, use “End now”.", field="ends_at")
    was: datetime | None = before["ends_at"]
    later = was is not None and (row.ends_at is None or row.ends_at > was)
    if later and row.reason:
        raise PromotionLive("It was approved until its end. Duplicate it to run on.", field="ends_at")


def _free_code(name: str) -> str:
    """Of the name; with a number behind it when that is taken. Two at once: the database lets one of them."""
    wanted = names.handle(name, length=54).encode("ascii", "ignore").decode().strip("-_") or "offer"
    taken = set(Promotion.objects.filter(code__startswith=wanted).values_list("code", flat=True))
    return next(code for number in range(1, len(taken) + 2) if (code := wanted if number == 1 else f"{wanted}-{number}") not in taken)


@contextmanager
def _one_code(row: Promotion) -> Iterator[None]:
    try:
        with written_by(None):
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if "code" not in constraint:
            raise
        raise PromotionCodeTaken(f"There is a promotion {row.code}.", field="code") from error
