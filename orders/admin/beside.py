"""A store's day beside itself: what its tills reported, what its orders say and what is booked, figure by figure.

What tills report comes from the app above, which says at start how it is asked; here nobody imports it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from orders.admin.words import TENDERS
from orders.queries import day
from orders.queries.day import Side
from org.templatetags.office import percent_text


@dataclass(frozen=True, kw_only=True)
class Reports:
    """The Z of a day: their figures together, how many there are, how many of that day's shifts have none yet, and a link to them."""

    side: Side
    shifts: int
    missing: int
    link: str


Asked = Callable[..., Reports]
_asked: list[Asked] = []


def add(asked: Asked) -> None:
    """`asked(store, on)`; said again, the last one counts."""
    _asked[:] = [asked]


def told(*, store: UUID, on: date) -> dict[str, Any]:
    orders, booked = day.of_orders(store=store, on=on), day.of_books(store=store, on=on)
    reports = _asked[0](store=store, on=on) if _asked else None
    rows = compared(reports.side if reports and reports.shifts > reports.missing else Side(), orders, booked)
    return {"rows": rows, "reports": reports, "differ": sum(1 for row in rows if row["differs"])}


def compared(reports: Side, orders: Side, booked: Side) -> list[dict[str, Any]]:
    """Of each figure the three amounts; None where one of them does not tell it. What is nothing on all sides is left out."""
    sides = (reports, orders, booked)
    rows = [row_of(_("Total"), reports.total, orders.total, booked.total)]
    for rate in sorted({rate for side in sides for rate in side.taxes or ()}, reverse=True):
        rows.append(row_of(_("Tax %(rate)s") % {"rate": percent_text(rate)}, *(None if side.taxes is None else side.taxes[rate] for side in sides)))
    known = {*day.OF_ACCOUNT.values(), "gift_card"}
    for kind in sorted({kind for side in sides for kind in side.tenders or ()}):
        amounts = [None if side.tenders is None else side.tenders[kind] for side in sides]
        booked_as = amounts[2] if kind in known else None
        rows.append(row_of(str(TENDERS.get(kind, kind)), amounts[0], amounts[1], booked_as))
    rows.append(row_of(_("Over and short"), *(side.over_short for side in sides)))
    return [row for row in rows if any(row[side] for side in ("reports", "orders", "books"))]


def row_of(words: str, reports: int | None, orders: int | None, booked: int | None) -> dict[str, Any]:
    """`differs`: by how much the sides that tell it lie apart."""
    said = [one for one in (reports, orders, booked) if one is not None]
    return {"words": words, "reports": reports, "orders": orders, "books": booked, "differs": max(said) - min(said) if said else 0}
