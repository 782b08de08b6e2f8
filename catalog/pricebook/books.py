"""The rules of one place, made from the tables and kept as long as their version stands."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from catalog import pricing
from catalog.models import Promotion
from catalog.pricebook.clocks import Clock, milliseconds
from catalog.pricebook.promotions import holds_in, limited, told
from catalog.pricebook.standing import Place, Standing, standing
from catalog.pricebook.taxes import taxes

Json = dict[str, Any]
# A book of a thousand promotions is a few megabytes.
MOST_KEPT = 32
# No two clocks on earth differ by more: what ended longer ago by the shop's clock has ended everywhere.
APART = timedelta(days=2)


@dataclass(frozen=True)
class Book:
    """`rules`: what catalog.pricing.evaluate takes, `compiled` the same prepared. `limited`: promotions whose use is counted, by code."""

    place: Place
    channel: str
    store: str
    currency: str
    timezone: str
    shop_timezone: str
    version: str
    tax_zone: int | None
    rules: Json
    compiled: Any
    limited: Mapping[str, UUID]
    # From the moment it was made until the first of its promotions has ended it is the book of its version.
    made_at: datetime
    ends_at: int | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def clock(self) -> Clock:
        return Clock(shop=self.shop_timezone, place=self.timezone)

    def holds(self, now: datetime) -> bool:
        return self.made_at <= now and (self.ends_at is None or milliseconds(now) < self.ends_at)


class Kept:
    """The books used last, one for a place: where the rules or the place have changed it is of no more use."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.most, self.lock = most, Lock()
        self.books: OrderedDict[tuple[Place, bool], tuple[Standing, Book]] = OrderedDict()

    def find(self, where: Standing, elsewhere: bool, now: datetime) -> Book | None:
        key = (where.place, elsewhere)
        with self.lock:
            stood, book = self.books.get(key, (None, None))
            if book is None or stood != where or not book.holds(now):
                return None
            self.books.move_to_end(key)
            return book

    def keep(self, where: Standing, elsewhere: bool, book: Book) -> None:
        key = (where.place, elsewhere)
        with self.lock:
            self.books[key] = (where, book)
            self.books.move_to_end(key)
            while len(self.books) > self.most:
                self.books.popitem(last=False)

    def forget(self) -> None:
        with self.lock:
            self.books.clear()


kept = Kept()


def book(*, place: Place, now: datetime, drafts: Sequence[Promotion] = (), elsewhere: bool = False, where: Standing | None = None) -> Book:
    """Every approved promotion for this place that has not ended at `now`, and how it taxes. One statement when it is known already;
    none with `where`, how the place stands as it was just read.

    `drafts` are tried along with them, each instead of an approved one of its code. `elsewhere`: with those for other places too, so
    that the trace can say so; never for keys.
    """
    where = where or standing(place=place)
    if drafts:
        return _made(where, now, drafts, elsewhere)
    found = kept.find(where, elsewhere, now)
    if found is None:
        found = _made(where, now, (), elsewhere)
        kept.keep(where, elsewhere, found)
    return found


def _made(where: Standing, now: datetime, drafts: Sequence[Promotion], elsewhere: bool) -> Book:
    clock = where.clock
    groups = _groups()
    drafted = {draft.code for draft in drafts}
    approved = Promotion.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now - APART), state=Promotion.State.APPROVED).order_by("code")
    all = [*drafts, *(promotion for promotion in approved if promotion.code not in drafted)]
    pairs = [(promotion, told(promotion, clock=clock, groups=groups)) for promotion in all]
    at = milliseconds(now)
    here = [pair for pair in pairs if _wanted(pair[1], where, at, elsewhere or pair[0].code in drafted)]
    taxing, tax_zone = taxes(place=where.place, clock=clock)
    rules = {"currency": where.currency, **taxing, "promotions": [rule for _, rule in here]}
    return Book(
        place=where.place,
        channel=where.channel,
        store=where.store,
        currency=where.currency,
        timezone=where.timezone,
        shop_timezone=where.shop_timezone,
        version=where.version,
        tax_zone=tax_zone,
        rules=rules,
        compiled=pricing.compile(rules),
        limited={promotion.code: promotion.id for promotion, _ in here if limited(promotion)},
        made_at=now,
        ends_at=min((rule["ends_at"] for _, rule in here if rule["ends_at"] is not None and rule["ends_at"] > at), default=None),
    )


def _wanted(rule: Json, where: Standing, at: int, elsewhere: bool) -> bool:
    if rule["ends_at"] is not None and rule["ends_at"] <= at:
        return False
    return elsewhere or holds_in(rule, channel=where.channel, store=where.store)


def _groups() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select g.code, array_agg(y.code order by y.code) from org_storegroup g
            join org_storegroup_stores m on m.storegroup_id = g.id join org_store y on y.id = m.store_id group by g.code"""
        )
        return dict(cursor.fetchall())
