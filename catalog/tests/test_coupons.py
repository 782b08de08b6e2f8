"""Coupons: written by hand, made at random by the thousand or by the hundred thousand, voided, handed out as a file."""

import re
from datetime import timedelta

import pytest

from catalog.models import Coupon
from catalog.services import coupons
from catalog.services import promotions as offers
from catalog.tests.cast import NOW
from catalog.tests.test_promotions import OLGA, live, shop
from kernel import jobs
from kernel.errors import Refused
from kernel.models import Job

__all__ = ["shop"]


@pytest.fixture
def spring(shop):
    return live(needs_coupon=True)


def test_a_code_is_kept_in_capitals_without_spaces_and_once(spring):
    assert coupons.create_coupons(promotion=spring.pk, codes=[" spring 26 ", "SPRING26"], now=NOW, actor=OLGA) == 1
    with pytest.raises(coupons.CouponTaken) as refused:
        coupons.create_coupons(promotion=spring.pk, codes=["new-1", "Spring26"], now=NOW, actor=OLGA)
    assert refused.value.field == "codes"
    assert list(Coupon.objects.values_list("code", "most_uses")) == [("SPRING26", None)]


@pytest.mark.parametrize("code", ["", "ab", "-abc", "a" * 41, "grün", "=1+1", "a\0b"])
def test_a_code_that_is_none_is_refused(spring, code):
    with pytest.raises(coupons.BadCoupon):
        coupons.create_coupons(promotion=spring.pk, codes=[code], now=NOW, actor=OLGA)


def test_a_thousand_are_made_at_once_and_cannot_be_mistaken(spring):
    assert coupons.generate_coupons(promotion=spring.pk, count=1000, prefix="tea", now=NOW, actor=OLGA) is None
    codes = set(Coupon.objects.values_list("code", flat=True))
    assert len(codes) == 1000
    assert all(re.fullmatch("TEA-[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}", code) for code in codes)
    assert not re.search("[01ILO]", "".join(code.removeprefix("TEA-") for code in codes))


def test_more_of_them_are_a_job_that_may_run_twice(spring, transactional_db):
    job = coupons.generate_coupons(promotion=spring.pk, count=7000, batch="Flyer May", expires_at=NOW + timedelta(days=9), now=NOW, actor=OLGA)
    with pytest.raises(coupons.BatchTaken):
        coupons.generate_coupons(promotion=spring.pk, count=5, batch="Flyer May", now=NOW, actor=OLGA)
    done = jobs.run(job=job, now=NOW)
    assert (done.state, done.done, done.total, done.result) == (Job.State.SUCCEEDED, 7000, 7000, {"made": 7000, "batch": "Flyer May"})
    Coupon.objects.filter(code__in=Coupon.objects.values("code")[:3000]).delete()
    Job.objects.update(state=Job.State.QUEUED)
    jobs.run(job=job, now=NOW)
    assert Coupon.objects.filter(batch="Flyer May", most_uses=1).count() == 7000


def test_a_batch_is_voided_together_and_told_in_a_file(spring):
    coupons.generate_coupons(promotion=spring.pk, count=3, batch="Flyer", now=NOW, actor=OLGA)
    coupons.create_coupons(promotion=spring.pk, codes=["VIP"], now=NOW, actor=OLGA)
    assert coupons.void_coupons(promotion=spring.pk, batch="Flyer", now=NOW, actor=OLGA) == 3
    assert coupons.void_coupons(promotion=spring.pk, batch="Flyer", now=NOW, actor=OLGA) == 0
    lines = "".join(coupons.coupons_csv(promotion=spring.pk)).split("\r\n")
    assert lines[0] == "code,batch,uses,most_uses,expires_at,voided_at"
    assert "VIP,,0,,," in lines
    assert sum(line.endswith("2026-11-21T09:00:00Z") for line in lines) == 3


def test_what_has_ended_gets_no_more_coupons(spring):
    offers.end_promotion(promotion=spring.pk, now=NOW, actor=OLGA)
    with pytest.raises(Refused):
        coupons.generate_coupons(promotion=spring.pk, count=1, now=NOW, actor=OLGA)


@pytest.mark.parametrize(
    "given", [{"count": 0}, {"count": 1_000_001}, {"count": 1, "prefix": "ü"}, {"count": 1, "most_uses": 0}, {"count": 1, "batch": "=cmd"}]
)
def test_what_cannot_be_made_is_refused(spring, given):
    with pytest.raises(Refused):
        coupons.generate_coupons(**{"promotion": spring.pk, "count": 1, "now": NOW, "actor": OLGA, **given})
    assert not Coupon.objects.exists()
