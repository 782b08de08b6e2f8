"""The overview of a product: its variants at a glance, where it is offered, what is missing, what was changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from catalog import services
from catalog.admin.page import offering
from catalog.admin.page.matrix import ROWS, Facts, laid_out
from catalog.admin.page.missing import Checklist, listed
from catalog.checklist import checklist
from catalog.models import Price, Product, Variant
from kernel.money import MILLION, divided, included_tax
from org.models import User
from org.templatetags.office import percent_text

STEPS, ALL_STEPS = 6, 50


@dataclass(frozen=True)
class Shelves:
    """What stands where: words and sums of the stores the reader may see."""

    words: Mapping[UUID, str]
    total: int
    lines: Sequence[Any] = ()
    promised: int = 0
    sellable: int = 0
    # Places beyond those that have a line.
    more: int = 0


def variants_of(product: Product) -> list[Variant]:
    return list(product.variants.filter(archived_at=None).order_by("position", "id"))


def missing_of(product: Product, variants: Sequence[Variant], currency: str) -> Checklist:
    places = {variant.pk: place for place, variant in enumerate(variants)}
    return listed(checklist(product), places, currency)


def overview(tab: offering.Offering, *, currency: str, query: Any, shelves: Callable[[Product], Shelves], now: datetime) -> dict[str, Any]:
    product = tab.product
    variants = variants_of(product)
    missing = missing_of(product, variants, currency)
    prices = {price.variant_id: price for price in Price.objects.filter(variant__product=product, currency=currency)}
    held = shelves(product)
    places = {variant.pk: place for place, variant in enumerate(variants)}
    grid = laid_out(variants, Facts(prices, held.words, missing.by_variant(), places))
    names = [row["part"].store.name for row in tab.context()["ranges"]]
    return {
        "grid": grid,
        "grid_page": Paginator(grid.lines, ROWS).get_page(query.get("page")),
        "missing": missing,
        "offered": [channel_row(product, part, missing, names, now) for part in tab.all_channels],
        "shelves": held,
        "margin": margin(product, variants, prices),
        "history": history(product, all_of_it="history" in query, currency=currency),
        "all_history": "history" in query,
    }


def channel_row(product: Product, part: offering.ChannelPart, missing: Checklist, stores: Sequence[str], now: datetime) -> dict[str, Any]:
    kind, shape, words = offering.standing(product, part, missing, now)
    counter = part.channel.kind == part.channel.Kind.STORE
    where = ", ".join(stores) if counter else ", ".join(["en", *sorted(product.translations)])
    return {"part": part, "icon": "till" if counter else "globe", "where": where, "kind": kind, "shape": shape, "words": words}


def margin(product: Product, variants: Sequence[Variant], prices: Mapping[UUID, Price]) -> str:
    """From the lowest to the highest, of what is left of the price without tax; empty when no cost is known."""
    found = []
    for variant in variants:
        price = prices.get(variant.pk)
        if variant.reference_cost is None or price is None or price.price_quantity != 1000:
            continue
        net = price.amount - included_tax(amount=price.amount, rate=product.tax_class.rate)
        if net > 0:
            found.append(divided((net - variant.reference_cost) * 1000, net) * (MILLION // 1000))
    if not found:
        return ""
    low, high = percent_text(min(found)) if min(found) >= 0 else f"−{percent_text(-min(found))}", percent_text(max(found))
    return low if min(found) == max(found) else _("%(low)s to %(high)s") % {"low": low, "high": high}


def history(product: Product, *, all_of_it: bool, currency: str) -> dict[str, Any]:
    limit = ALL_STEPS if all_of_it else STEPS
    rows = list(services.history(product=product.pk, first=limit + 1, currency=currency))
    people = known([row.actor for row in rows])
    return {"rows": [{"row": row, "who": people.get(row.actor) or program(row.actor)} for row in rows[:limit]], "more": len(rows) > limit}


def program(actor: str) -> str:
    """Nobody of the staff: a command or a process, known by its database role."""
    return _("System") if not actor or actor.startswith("database:") else actor


def known(actors: Sequence[str]) -> dict[str, str]:
    """Names of the people among those who did something; programs call themselves what they are."""
    ids = []
    for actor in actors:
        try:
            ids.append(UUID(actor))
        except ValueError:
            continue
    return {str(pk): name for pk, name in User.objects.filter(pk__in=ids).values_list("pk", "name")} if ids else {}
