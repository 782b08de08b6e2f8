"""The last baskets that were sold, as if they were bought in the first week of a promotion: how many it touches, and what it costs.

Every basket keeps its weekday and its hour. Goods as they were sold, at the prices of that week; people and coupons are left aside.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backoffice.simulator import queries
from backoffice.simulator.page import Page
from backoffice.simulator.queries import Promotion, Sold, Stores
from backoffice.simulator.trying import absent, tried_along
from catalog import pricebook, pricing
from catalog.pricebook import Book, Place, Wanted, milliseconds
from catalog.pricebook.clocks import first_shown
from catalog.pricebook.offering import pieces
from kernel import jobs
from kernel.errors import NotFound, Refused
from kernel.models import Job
from kernel.money import line_total
from org.queries import shop_currency
from org.templatetags.office import money_text, percent_text

Json = dict[str, Any]

KIND: Final = "simulator.recent"
MOST: Final = 500
EACH: Final = 25
WEEK: Final = timedelta(days=7)
MILLION: Final = 1_000_000
OPEN: Final = ("queued", "running")


@dataclass
class Sums:
    """In minor units of one currency. `cost` and both `net`: of the goods whose cost is known."""

    currency: str
    baskets: int = 0
    touched: int = 0
    given: int = 0
    supplier: int = 0
    before: int = 0
    after: int = 0
    net_before: int = 0
    net_after: int = 0
    cost: int = 0
    uncosted: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class Shelf:
    """One place in that week: its rules with and without the promotion, and lines for one of each of the goods."""

    book: Book
    without: Book
    lines: Mapping[str, Sequence[Json]]
    facts: Json
    begins: datetime
    costs: Mapping[str, int] = field(default_factory=dict)


def arguments(promotion: UUID, stores: Stores) -> Json:
    return {"promotion": str(promotion), "stores": None if stores is None else sorted(str(store) for store in stores)}


@jobs.handler(KIND)
def work(running: jobs.Running) -> Json:
    promotion = queries.promotion(running.arguments["promotion"])
    if promotion is None:
        raise NotFound("This promotion does not exist any more.")
    given = running.arguments["stores"]
    sold = queries.last_sold(None if given is None else [UUID(store) for store in given], first=MOST)
    sums = Sums(shop_currency())
    done = 0
    for place, baskets in _by_place(sold):
        shelf = _shelf(place, baskets, promotion, running.moment())
        for basket in baskets:
            if done % EACH == 0:
                running.progress(done, len(sold))
            _add(sums, shelf, basket, promotion.code)
            done += 1
    running.progress(done, len(sold))
    return vars(sums)


def _by_place(sold: Sequence[Sold]) -> Iterator[tuple[Place, list[Sold]]]:
    found: dict[Place, list[Sold]] = defaultdict(list)
    for one in sold:
        found[Place(one.channel, one.store)].append(one)
    yield from found.items()


def _shelf(place: Place, baskets: Sequence[Sold], promotion: Promotion, now: datetime) -> Shelf:
    clock = pricebook.standing(place=place).clock
    starts = first_shown(promotion.starts_at.astimezone(clock.shop).replace(tzinfo=None, fold=0), clock.place) if promotion.starts_at else now
    begins = max(now, starts)
    book = pricebook.book(place=place, now=begins, drafts=tried_along(promotion))
    without = pricebook.book(place=place, now=begins, drafts=absent(promotion, begins))
    skus = {sku for basket in baskets for sku, _quantity in basket.taken}
    lines = _lines(book, skus, begins)
    known = pricebook.facts(book=book, at=begins, now=now)
    return Shelf(book, without, lines, known, begins, queries.costs(skus) if book.currency == shop_currency() else {})


def _lines(book: Book, skus: set[str], at: datetime) -> dict[str, list[Json]]:
    """One of each of the goods that there still are, each with its deposit behind it."""
    here = {one.sku for one in pricebook.goods(book=book, wanted=[Wanted(sku=sku) for sku in skus], now=at)}
    found: dict[str, list[Json]] = {}
    sku = ""
    for line in pricebook.items(book=book, wanted=[Wanted(sku=sku) for sku in sorted(skus & here)], now=at):
        if line["kind"] == "goods":
            sku = line["sku"]
            found[sku] = []
        found[sku].append(line)
    return found


def _add(sums: Sums, shelf: Shelf, sold: Sold, code: str) -> None:
    basket, at = _basket(shelf, sold), _moment(shelf, sold.at)
    local = at.astimezone(shelf.book.zone)
    facts = {**shelf.facts, "weekday": local.isoweekday(), "minute": local.hour * 60 + local.minute}
    if basket is None or shelf.book.currency != sums.currency:
        sums.skipped += 1
        return
    try:
        after, before = (pricing.evaluate(basket, book.compiled, facts, milliseconds(at)) for book in (shelf.book, shelf.without))
    except Refused:
        # Something in it has no price in that week.
        sums.skipped += 1
        return
    _count(sums, before, after, code)
    _margin(sums, shelf, basket, before, after)


def _basket(shelf: Shelf, sold: Sold) -> Json | None:
    lines: list[Json] = []
    for sku, quantity in sold.taken:
        if sku not in shelf.lines:
            return None
        for line in shelf.lines[sku]:
            many = quantity if line["kind"] == "goods" else pieces(quantity)
            lines.append({**line, "id": len(lines) + 1, "quantity": many})
    return {"lines": lines, "coupons": [], "charges": []}


def _moment(shelf: Shelf, at: datetime) -> datetime:
    """The same weekday and hour in the week that begins with the promotion."""
    zone = shelf.book.zone
    wall, first = (moment.astimezone(zone).replace(tzinfo=None, fold=0) for moment in (at, shelf.begins))
    return first_shown(wall + -((wall - first) // WEEK) * WEEK, zone)


def _count(sums: Sums, before: Json, after: Json, code: str) -> None:
    given: Json = next((one for one in after["discounts"] if one["promotion"] == code), {})
    sums.baskets += 1
    sums.touched += bool(given)
    sums.given += given.get("amount", 0)
    sums.supplier += given.get("supplier_amount", 0)
    sums.before += before["totals"]["total"]
    sums.after += after["totals"]["total"]


def _margin(sums: Sums, shelf: Shelf, basket: Json, before: Json, after: Json) -> None:
    """Of goods whose cost is known; deposits earn nothing."""
    included = shelf.book.rules["prices_include_tax"]
    for line, old, new in zip(basket["lines"], before["lines"], after["lines"], strict=True):
        if line["kind"] != "goods":
            continue
        cost = shelf.costs.get(line["sku"])
        if cost is None:
            sums.uncosted += 1
            continue
        sums.net_before += old["total"] - (old["tax"] if included else 0)
        sums.net_after += new["total"] - (new["tax"] if included else 0)
        sums.cost += line_total(price=cost, price_quantity=1000, quantity=line["quantity"])


# On the page


def shown(page: Page, job: UUID | None) -> Json:
    """The job asked for, or the last one of this promotion that this person may see."""
    if page.promotion is None:
        return {"job": None}
    rows = Job.objects.filter(kind=KIND, arguments__promotion=str(page.promotion.pk)).order_by("-created_at")
    if page.stores is not None:
        rows = rows.filter(actor=page.user.pk)
    held = (rows.filter(pk=job) if job else rows).first()
    return {"job": held, "busy": held is not None and held.state in OPEN, "sums": told(held.result) if held else None}


def told(result: Any) -> Json | None:
    if not isinstance(result, dict):
        return None
    sums = Sums(**result)
    share = sums.touched * MILLION // sums.baskets if sums.baskets else 0
    return {
        **result,
        "share": percent_text(share // 1000 * 1000),
        "given_text": money_text(sums.given, sums.currency),
        "supplier_text": money_text(sums.supplier, sums.currency) if sums.supplier else "",
        "before_text": money_text(sums.before, sums.currency),
        "after_text": money_text(sums.after, sums.currency),
        "margin_before": margin(sums.net_before, sums.cost),
        "margin_after": margin(sums.net_after, sums.cost),
    }


def margin(net: int, cost: int) -> str:
    """To a tenth of a percent; nothing where nothing is known."""
    if net <= 0:
        return ""
    part = (net - cost) * 1000 // net
    return percent_text(part * 1000) if part >= 0 else f"−{percent_text(-part * 1000)}"
