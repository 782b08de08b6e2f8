"""One page of the simulator, from the address to what the template shows. At most a fixed number of statements, however long the basket."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from backoffice.simulator import queries, telling, trying
from backoffice.simulator.asking import Asked, Line, Problem, first_minute, moment, shown, written, wrong_quantity
from backoffice.simulator.queries import Basket, Item, Promotion, Spot
from catalog import pricebook
from catalog.amounts import NotAnAmount, minor_units
from catalog.services.preview import WantedLine
from org import settings

Json = dict[str, Any]


@dataclass
class Page:
    """What is tried, found out step by step. `problems` gathers what could not be meant."""

    asked: Asked
    user: Any
    now: datetime
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.problems += self.asked.problems
        self.asked = self._from_order(self.asked)

    # What it starts from

    @cached_property
    def stores(self) -> queries.Stores:
        return queries.stores_of(self.user)

    @cached_property
    def basket(self) -> Basket | None:
        return queries.sold_basket(self.user, self.asked.order) if self.asked.order else None

    @cached_property
    def promotion(self) -> Promotion | None:
        return queries.promotion(self.asked.promotion) if self.asked.promotion else None

    def _from_order(self, asked: Asked) -> Asked:
        """A sold basket is where one begins: what is changed then stands in the address."""
        if not asked.order:
            return asked
        if self.basket is None:
            self.problems.append(Problem("order", _("There is no order %(number)s here.") % {"number": asked.order}))
            return replace(asked, order="")
        if self.basket.left_out:
            self.problems.append(Problem("order", _("Open items of the order are left out: nobody can say which offers they are in.")))
        if asked.lines:
            return asked
        taken: dict[str, int] = {}
        for sku, quantity in self.basket.lines:
            taken[sku] = taken.get(sku, 0) + quantity
        return replace(asked, lines=tuple(Line(sku, written(quantity), quantity) for sku, quantity in taken.items()))

    # Where and when

    @cached_property
    def spots(self) -> list[Spot]:
        return queries.spots(self.stores)

    @cached_property
    def spot(self) -> Spot | None:
        """As asked; else where the basket was sold, where the promotion runs, or the first there is."""
        wanted = self.asked.place
        if wanted:
            found = next((spot for spot in self.spots if wanted in (spot.key, spot.code)), None)
            if found:
                return found
            self.problems.append(Problem("place", _("There is no place %(place)s for you; this is another.") % {"place": wanted}))
        return next(filter(None, (self._of_order(), self._of_promotion(), *self.spots)), None)

    def _of_order(self) -> Spot | None:
        sold = self.basket
        where = (sold.channel, sold.store) if sold else None
        return next((spot for spot in self.spots if (spot.place.channel, spot.place.store) == where), None)

    def _of_promotion(self) -> Spot | None:
        rule = self.promotion.rule if self.promotion else {}
        named = {*(f"store:{code}" for code in rule.get("stores", ())), *(f"channel:{code}" for code in rule.get("channels", ()))}
        return next((spot for spot in self.spots if spot.key in named), None)

    @cached_property
    def shop_zone(self) -> ZoneInfo:
        return ZoneInfo(settings.get("shop.timezone"))

    @cached_property
    def at(self) -> datetime:
        """A promotion that is still to come is tried when it starts, unless another moment is asked for."""
        assert self.spot
        text = self.asked.at
        if text and text != "now":
            found = moment(text, self.spot.zone)
            if found:
                return found
            self.problems.append(Problem("at", _("Write a day and a time such as 2026-04-18 10:00. This is for now.")))
        starts = self.promotion.starts_at if self.promotion and not text else None
        if starts:
            there = moment(shown(first_minute(starts), self.shop_zone), self.spot.zone)
            return there if there and there > self.now else self.now
        return self.now

    # What is in it

    @cached_property
    def known(self) -> dict[str, Item]:
        codes = [line.code for line in self.asked.lines] + ([self.asked.add] if self.asked.add else [])
        return queries.items(codes) if codes else {}

    @cached_property
    def priced(self) -> list[Line]:
        return [line for line in self.asked.lines if not self._wrong(line)]

    def _wrong(self, line: Line) -> str:
        item = self.known.get(line.code)
        if item is None:
            return _("There is no such SKU or barcode.")
        wrong = wrong_quantity(line.quantity)
        if not wrong and item.sold_by == "each" and line.quantity and line.quantity % 1000:
            return _("This is sold by the piece: a whole number.")
        return wrong

    @cached_property
    def charges(self) -> list[Json]:
        assert self.spot
        if not self.asked.delivery:
            return []
        try:
            return trying.charges(minor_units(self.asked.delivery, self.spot.currency))
        except NotAnAmount as wrong:
            self.problems.append(Problem("delivery", str(wrong)))
            return []

    @cached_property
    def tried(self) -> trying.Tried | None:
        """None where there is nothing to price."""
        lines = [WantedLine(sku=self.known[line.code].sku, quantity=line.quantity or 0) for line in self.priced]
        if not lines or self.spot is None:
            return None
        return trying.tried(self.asked, spot=self.spot, lines=lines, charges=self.charges, promotion=self.promotion, at=self.at, now=self.now)

    # What is told

    def told(self) -> telling.Told:
        chips = telling.chips(self.asked, at=self.at, now=self.now, zone=self._zone, shop=self.shop_zone, promotion=self.promotion)
        tried = self.tried
        lame = [telling.unpriced(line, self.known, wrong) for line in self.asked.lines if (wrong := self._wrong(line))]
        if tried is None or tried.result is None:
            return telling.Told(rows=(*lame, *self._refused_rows(tried)), chips=chips)
        words = self._words(tried.result)
        focus = words.compared(self.promotion, tried.without) if self.promotion and tried.without else None
        return telling.Told(
            rows=(*words.rows(), *lame),
            offers=words.offers(),
            totals=words.totals(),
            after=words.after_total(),
            pays=words.pays(),
            coupons=words.coupons(),
            focus=focus,
            chips=chips,
        )

    @property
    def _zone(self) -> ZoneInfo:
        return self.spot.zone if self.spot else self.shop_zone

    def _refused_rows(self, tried: trying.Tried | None) -> list[telling.Row]:
        """The others are not wrong, but cost nothing as long as one of them is."""
        if tried is None:
            return []
        wrong = {place: tried.refused for place in [self._refused_place(tried)] if place is not None}
        return [telling.unpriced(line, self.known, wrong.get(place, "")) for place, line in enumerate(self.priced)]

    def _refused_place(self, tried: trying.Tried) -> int | None:
        by_sku = (place for place, line in enumerate(self.priced) if tried.sku and self.known[line.code].sku == tried.sku)
        return tried.line if tried.line is not None else next(by_sku, None)

    def _words(self, result: Json) -> telling.Words:
        assert self.spot
        nearly = {entry["promotion"] for entry in result["trace"] if telling.asks_more(entry)}
        looked_at = [self.promotion] if self.promotion else []
        named = [*queries.promotions(nearly - {one.code for one in looked_at}), *looked_at]
        goods = self._goods(named)
        return telling.Words(self.asked, result, lines=self.priced, known=self.known, goods=goods, promotions=named)

    def _goods(self, named: Sequence[Promotion]) -> list[pricebook.Goods]:
        assert self.spot
        if not named:
            return []
        wanted = [pricebook.Wanted(sku=self.known[line.code].sku) for line in self.priced]
        return pricebook.goods(book=pricebook.standing(place=self.spot.place), wanted=wanted, now=self.at)
