"""Coupons: codes that open a promotion. One, a handful, or a million made at random."""

import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalog.models import Coupon, Promotion
from catalog.services.changes import written_by
from catalog.services.promotions import UnknownPromotion
from kernel import jobs
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import Job

# Read aloud and typed by hand: nothing that looks like something else.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
# Ten of 31 letters: one guess in 820 million million finds a given code; with a million codes out, one in 820 million.
RANDOM_LETTERS: Final = 10
AT_ONCE: Final = 1000
MOST: Final = 1_000_000
BATCH: Final = 5000
JOB: Final = "catalog.coupons"
CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")


class CouponTaken(Conflict):
    code = "coupon_taken"
    title = "This code is in use"


class BadCoupon(Invalid):
    code = "coupon_invalid"
    title = "A coupon's code is 3 to 40 capitals, digits and hyphens"


class BatchTaken(Conflict):
    code = "coupon_batch_taken"
    title = "Coupons were made under this name already"


class UnknownCoupon(NotFound):
    code = "coupon_not_found"
    title = "There is no such coupon"


def normalised(code: str) -> str:
    """As people write it to how it is kept: in capitals, without spaces."""
    return "".join(code.split()).upper()


def create_coupons(
    *,
    promotion: UUID,
    codes: Sequence[str],
    now: datetime,
    actor: UUID,
    most_uses: int | None = None,
    expires_at: datetime | None = None,
    customer: UUID | None = None,
    batch: str = "",
) -> int:
    """Codes that somebody chose: SPRING. All are new, or none is made. How many were made."""
    _must_take_coupons(promotion)
    wanted = list(dict.fromkeys(normalised(code) for code in codes))
    bad = next((code for code in wanted if not CODE.fullmatch(code)), None)
    if not wanted or bad is not None:
        raise BadCoupon(f"“{bad}” is not a coupon's code: 3 to 40 capitals, digits and hyphens." if bad else "", field="codes")
    if len(wanted) > AT_ONCE:
        raise Invalid(f"At most {AT_ONCE:,} codes are written at once.", field="codes")
    _check(most_uses, batch)
    given: dict[str, Any] = {"promotion": promotion, "most_uses": most_uses, "expires_at": expires_at, "customer": customer, "batch": batch}
    with written_by(actor):
        made = _insert(wanted, now=now, **given)
        if len(made) < len(wanted):
            taken = next(code for code in wanted if code not in made)
            raise CouponTaken(f"There is a coupon {taken} already.", field="codes")
    return len(wanted)


def generate_coupons(
    *,
    promotion: UUID,
    count: int,
    now: datetime,
    actor: UUID,
    prefix: str = "",
    batch: str = "",
    most_uses: int | None = 1,
    expires_at: datetime | None = None,
) -> Job | None:
    """Random codes, made at once up to AT_ONCE; more of them as a job, which is returned."""
    _must_take_coupons(promotion)
    if not 1 <= count <= MOST:
        raise Invalid(f"From 1 to {MOST:,} coupons are made together.", field="count")
    start = normalised(prefix).strip("-")
    if start and not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,19}", start):
        raise BadCoupon("What codes begin with is at most 20 capitals, digits and hyphens.", field="prefix")
    name = batch.strip() or f"{start or 'Coupons'} {now:%Y-%m-%d %H.%M.%S}"
    _check(most_uses, name)
    underway = Job.objects.filter(kind=JOB, arguments__batch=name, state__in=(Job.State.QUEUED, Job.State.RUNNING))
    if Coupon.objects.filter(batch=name).exists() or underway.exists():
        raise BatchTaken(f"Coupons were made as “{name}” already. Choose another name.", field="batch")
    given: dict[str, Any] = {"promotion": promotion, "batch": name, "most_uses": most_uses, "expires_at": expires_at}
    if count <= AT_ONCE:
        with written_by(actor):
            _generate(count, start, now=now, **given)
        return None
    arguments = {
        **given,
        "promotion": str(promotion),
        "expires_at": expires_at.isoformat() if expires_at else None,
        "made_at": now.isoformat(),
        "count": count,
        "prefix": start,
    }
    return jobs.start(kind=JOB, arguments=arguments, actor=actor, now=now)


@jobs.handler(JOB)
def generate(running: jobs.Running) -> dict[str, Any]:
    """Batch by batch; a worker that takes over goes on where the one before stopped: the name of the batch counts."""
    told = running.arguments
    expires_at = datetime.fromisoformat(told["expires_at"]) if told["expires_at"] else None
    given: dict[str, Any] = {"batch": told["batch"], "most_uses": told["most_uses"], "expires_at": expires_at}
    done = Coupon.objects.filter(batch=told["batch"], promotion=told["promotion"]).count()
    running.progress(done, told["count"])
    while done < told["count"]:
        step = min(BATCH, told["count"] - done)
        with written_by(running.actor):
            _generate(step, told["prefix"], now=datetime.fromisoformat(told["made_at"]), promotion=UUID(told["promotion"]), **given)
        done += step
        running.progress(done)
    return {"made": done, "batch": told["batch"]}


def void_coupons(*, promotion: UUID, codes: Sequence[str] = (), batch: str = "", now: datetime, actor: UUID) -> int:
    """Those named, or all of a batch: they open nothing from now on. How many there were that did."""
    wanted = Coupon.objects.filter(promotion=promotion, voided_at=None)
    if codes:
        wanted = wanted.filter(code__in=[normalised(code) for code in codes])
    elif batch:
        wanted = wanted.filter(batch=batch)
    else:
        raise Invalid("Say which coupons, or which batch.", field="codes")
    with written_by(actor):
        return wanted.update(voided_at=now)


def void_coupon(*, code: str, now: datetime, actor: UUID) -> None:
    held = Coupon.objects.filter(code=normalised(code)).first()
    if held is None:
        raise UnknownCoupon(field="code")
    void_coupons(promotion=held.promotion_id, codes=[held.code], now=now, actor=actor)


def coupons_csv(*, promotion: UUID, batch: str = "") -> Iterator[str]:
    """Line by line, so that a million of them need no memory. No cell begins with what a spreadsheet takes for a formula."""
    yield "code,batch,uses,most_uses,expires_at,voided_at\r\n"
    rows = Coupon.objects.filter(promotion=promotion, **({"batch": batch} if batch else {})).order_by("made_at", "code")
    fields = ("code", "batch", "used", "most_uses", "expires_at", "voided_at")
    for code, name, used, most, expires_at, voided_at in rows.values_list(*fields).iterator(chunk_size=2000):
        moments = ["" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (expires_at, voided_at)]
        yield f"{code},{name},{used},{'' if most is None else most},{','.join(moments)}\r\n"


def _must_take_coupons(promotion: UUID) -> None:
    row = Promotion.objects.filter(pk=promotion).first()
    if row is None:
        raise UnknownPromotion(field="promotion")
    if row.state == Promotion.State.ENDED:
        raise Conflict("The promotion has ended: its coupons open nothing any more.", field="promotion")


def _check(most_uses: int | None, batch: str) -> None:
    if most_uses is not None and not 1 <= most_uses <= 1_000_000_000:
        raise Invalid("A coupon is good for at least one use.", field="most_uses")
    if batch and not NAME.fullmatch(batch):
        raise Invalid("The name of a batch is letters, digits, spaces, dots and hyphens, at most 60.", field="batch")


def _generate(count: int, prefix: str, *, now: datetime, **given: Any) -> None:
    missing = count
    while missing:
        # Two of the same are as good as impossible; the database has the word all the same.
        missing -= len(_insert([_random(prefix) for _number in range(missing)], now=now, **given))


def _random(prefix: str) -> str:
    letters = "".join(secrets.choice(ALPHABET) for _letter in range(RANDOM_LETTERS))
    half = RANDOM_LETTERS // 2
    return "-".join(part for part in (prefix, letters[:half], letters[half:]) if part)


INSERT: Final = """insert into catalog_coupon (code, promotion_id, batch, most_uses, used, customer, expires_at, made_at)
select code, %s, %s, %s, 0, %s, %s, %s from unnest(%s::text[]) code on conflict (code) do nothing returning code"""


def _insert(
    codes: Sequence[str],
    *,
    promotion: UUID,
    now: datetime,
    most_uses: int | None,
    expires_at: datetime | None,
    batch: str,
    customer: UUID | None = None,
) -> set[str]:
    """Those that nobody had."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [promotion, batch, most_uses, customer, expires_at, now, list(codes)])
        return {row[0] for row in cursor.fetchall()}
