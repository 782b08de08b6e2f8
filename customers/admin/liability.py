"""What the shop owes on gift cards, credit and points: by kind and age, and a picture of the months it comes from."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Account
from customers.queries import value as asked

MONTHS = 12
WIDTH, LEFT, FLOOR, TOP = 684, 8, 148, 20
AGES = {
    "month": gettext_lazy("30 days at most"),
    "quarter": gettext_lazy("31 to 90 days"),
    "year": gettext_lazy("91 days to a year"),
    "older": gettext_lazy("Older than a year"),
}


def told(*, now: datetime) -> dict[str, Any]:
    rows = asked.liability(now=now)
    held = {(row.kind, row.currency) for row in rows}
    return {
        "groups": [group(kind, currency, [row for row in rows if (row.kind, row.currency) == (kind, currency)]) for kind, currency in sorted(held)],
        "charts": [chart for currency in sorted({row.currency for row in rows if row.currency != "PTS"}) if (chart := drawn(currency, now))],
        "as_of": now,
    }


def group(kind: str, currency: str, rows: Sequence[asked.Liability]) -> dict[str, Any]:
    by_age = {row.age: row for row in rows}
    return {
        "kind": kind,
        "currency": currency,
        "ages": [{"words": words, "row": by_age.get(age)} for age, words in AGES.items()],
        "amount": sum(row.amount for row in rows),
        "accounts": sum(row.accounts for row in rows),
    }


def drawn(currency: str, now: datetime) -> dict[str, Any] | None:
    """What is still owed of what was opened in each of the last twelve months, and of everything before: points of a picture 684 by 176."""
    months = months_until(timezone.localtime(now).date())
    owed: dict[date | None, int] = {}
    live = Account.objects.exclude(kind=Account.Kind.COUNTER).filter(balance__gt=0, currency=currency).order_by()
    for month, amount in live.annotate(month=TruncMonth("created_at")).values_list("month").annotate(sum=Sum("balance")):
        key = month.date() if month.date() in months else None
        owed[key] = owed.get(key, 0) + amount
    return bars(owed, months, currency)


def bars(owed: dict[date | None, int], months: Sequence[date], currency: str) -> dict[str, Any] | None:
    """Pure. `owed`: by the first of the month; None is everything before."""
    whole = sum(owed.values())
    if not whole:
        return None
    slots: list[date | None] = [None, *months]
    highest, step = max(owed.values()), (WIDTH - LEFT) // len(slots)
    found = []
    for place, month in enumerate(slots):
        amount = owed.get(month, 0)
        height = (FLOOR - TOP) * amount // highest
        old = 2 if month is None else 1 if place <= len(months) - 3 else 0
        x = LEFT + place * step
        bar: dict[str, Any] = {"x": x, "y": FLOOR - height, "width": step - 12, "height": height, "age": old, "amount": amount}
        found.append(bar | {"middle": x + (step - 12) // 2, "label": date_format(month, "M") if month else _("before"), "month": month})
    return {
        "bars": found,
        "currency": currency,
        "whole": whole,
        "highest": highest,
        "floor": FLOOR,
        "top": TOP,
        "width": WIDTH,
        "grid": [TOP, (TOP + FLOOR) // 2],
    }


def months_until(day: date) -> list[date]:
    """The first days of the last twelve months, the oldest first."""
    count = day.year * 12 + day.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(count - MONTHS + 1, count + 1)]
