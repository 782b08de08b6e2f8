"""What the Z of a store's day say together, for the page of its books. The figures are those the tills told; a page shows them, nobody is held up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.urls import reverse

from orders.admin import beside
from orders.admin.beside import Reports
from orders.queries.day import Side
from pos import books
from pos.models import Shift

Name = TypeVar("Name", str, int)


def of_day(*, store: UUID, on: date) -> Reports:
    """One statement. A figure that one of the Z does not tell (a shift that was closed at the desk) is told by none."""
    shifts = list(Shift.objects.filter(till__store=store, business_date=on).values("closed_at", "counted", "expected", "close_body"))
    closed = [shift for shift in shifts if shift["closed_at"] is not None]
    bodies = [shift["close_body"] or {} for shift in closed]
    totals = [books.whole(body.get("total")) for body in bodies]
    side = Side(
        total=None if None in totals else sum(one or 0 for one in totals),
        tenders=summed(bodies, "tenders", "kind", str),
        taxes=summed(bodies, "taxes", "rate", int),
        over_short=sum((shift["counted"] or 0) - (shift["expected"] or 0) for shift in closed),
    )
    return Reports(side=side, shifts=len(shifts), missing=len(shifts) - len(closed), link=reverse("admin:pos_shift_changelist"))


def summed(bodies: Sequence[Mapping[str, Any]], what: str, name: str, kind: type[Name]) -> "Counter[Name] | None":
    """What has another shape was not said; None: one of them says nothing of it."""
    found: Counter[Name] = Counter()
    for body in bodies:
        parts = body.get(what)
        if not isinstance(parts, list):
            return None
        for part in parts:
            if isinstance(part, dict) and type(part.get(name)) is kind:
                found[part[name]] += books.whole(part.get("amount")) or 0
    return found


beside.add(of_day)
