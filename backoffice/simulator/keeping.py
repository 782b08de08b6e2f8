"""Baskets somebody wants to see again: what is kept of them, and what comes out today."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from backoffice.simulator import queries
from backoffice.simulator.asking import Asked, Line, shown, written
from backoffice.simulator.page import Page
from backoffice.simulator.queries import Simulation, Spot
from backoffice.simulator.trying import customer
from kernel.money import format_amount
from org.templatetags.office import money_text

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    id: int
    name: str
    link: str
    where: str
    lines: int
    promotion: str
    expected: str
    # What comes out now; empty where nobody asked.
    present: str
    differs: bool
    problem: str


def basket(page: Page) -> Json:
    """As catalog.models.Simulation keeps it, and catalog.services tries it again. What could not be priced is left out."""
    asked = page.asked
    buyer = customer(asked)
    return {
        "lines": [{"sku": page.known[line.code].sku, "quantity": line.quantity} for line in page.priced],
        "coupons": list(asked.coupons),
        "customer": {"groups": list(buyer.groups), "segments": list(buyer.segments), "orders": buyer.orders} if buyer else None,
        "staff": asked.staff,
        "charges": page.charges,
    }


def listed(page: Page, *, again: bool) -> list[Kept]:
    return [_told(page, row, again) for row in queries.kept(page.stores)]


def _told(page: Page, row: Simulation, again: bool) -> Kept:
    spot = spot_of(page, row)
    found = of(row, spot)
    present, problem = _present(page, found) if again and spot else (None, "")
    return Kept(
        id=row.pk,
        name=row.name,
        link=found.link(),
        where=spot.name if spot else _("A place that is closed"),
        lines=len(found.lines),
        promotion=row.promotion.name if row.promotion else "",
        expected=money_text(row.expected, row.currency),
        present="" if present is None else money_text(present, row.currency),
        differs=bool(problem) or (present is not None and present != row.expected),
        problem=problem,
    )


def spot_of(page: Page, row: Simulation) -> Spot | None:
    return next((one for one in page.spots if one.place.channel == row.channel_id and one.place.store == row.store_id), None)


def _present(page: Page, found: Asked) -> tuple[int | None, str]:
    """What it costs now, or why nobody can say."""
    again = Page(found, page.user, page.now)
    # Where everything is sold is known already.
    again.__dict__["spots"] = page.spots
    tried = again.tried
    if tried is None or tried.result is None:
        return None, tried.refused if tried else _("None of its goods are sold any more.")
    if len(again.priced) < len(found.lines):
        return tried.result["totals"]["total"], _("Some of its goods are not sold any more.")
    return tried.result["totals"]["total"], ""


def of(row: Simulation, spot: Spot | None) -> Asked:
    """The address that tries it again. Whatever stands in the row is read: its shape may be older than this."""
    kept: Mapping[str, Any] = row.basket if isinstance(row.basket, Mapping) else {}
    buyer = kept.get("customer") or {}
    delivery = sum(int(charge.get("amount", 0)) for charge in kept.get("charges", ()))
    lines = [(str(line.get("sku", "")), int(line.get("quantity", 0))) for line in kept.get("lines", ())]
    return Asked(
        lines=tuple(Line(sku, written(quantity), quantity) for sku, quantity in lines if sku and quantity > 0),
        place=spot.key if spot else "",
        at=shown(row.at, spot.zone) if row.at and spot else "now",
        coupons=tuple(kept.get("coupons", ())),
        customer={None: "", 0: "new"}.get(buyer.get("orders"), "known"),
        groups=tuple(buyer.get("groups", ())),
        segments=tuple(buyer.get("segments", ())),
        staff=bool(kept.get("staff")),
        delivery=format_amount(delivery, row.currency) if delivery else "",
        promotion=str(row.promotion_id) if row.promotion_id else "",
    )
