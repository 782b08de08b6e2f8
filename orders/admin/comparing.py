"""Comparing our book with a provider's, as its page tells it: with whom, since when, and what the last ones came to."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.admin.timeline import day_in
from kernel.models import Job
from orders.services.reconciling import JOB
from org.templatetags.office import status

LAST: Final = 3
LONGEST: Final = timedelta(days=366)


def told(*, now: datetime) -> dict[str, Any]:
    runs = Job.objects.filter(kind=JOB).order_by("-created_at")[:LAST]
    return {
        "backends": sorted(settings.PAYMENT_BACKENDS),
        "runs": [run_row(run) for run in runs],
        "since": (timezone.localdate(now) - timedelta(days=3)).isoformat(),
    }


def beginning(text: str, *, now: datetime) -> datetime | None:
    """The first moment of a day on the shop's clock; None: no day, one to come, or too long ago."""
    day = day_in(text)
    if day is None:
        return None
    at = datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
    return at if now - LONGEST <= at <= now else None


def run_row(run: Job) -> dict[str, Any]:
    return {"at": run.created_at, "backend": run.arguments.get("backend", ""), "state": state_text(run), "words": words_of(run)}


def state_text(run: Job) -> str:
    kind, icon = {
        Job.State.SUCCEEDED: ("good", "done"),
        Job.State.FAILED: ("bad", "stop"),
        Job.State.CANCELLED: ("", "off"),
    }.get(Job.State(run.state), ("", "ring"))
    return status(kind, str(_(run.get_state_display())), icon)


def words_of(run: Job) -> str:
    if run.state == Job.State.FAILED:
        return run.error[:300]
    if run.state != Job.State.SUCCEEDED or not run.result:
        return _("%(n)s dealt with so far") % {"n": f"{run.done:,}"} if run.done else ""
    found, repaired = sum(run.result.get("found", {}).values()), sum(run.result.get("repaired", {}).values())
    payments = ngettext("%(n)s payment compared", "%(n)s payments compared", run.result["payments"]) % {"n": f"{run.result['payments']:,}"}
    if not found:
        return _("%(payments)s, both books agree") % {"payments": payments}
    differ = ngettext("%(n)s differs", "%(n)s differ", found) % {"n": f"{found:,}"}
    return _("%(payments)s, %(differ)s, %(repaired)s of them put right") % {"payments": payments, "differ": differ, "repaired": f"{repaired:,}"}
