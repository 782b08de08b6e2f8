"""What a cart costs: the one engine's answer, as the lines of an order. Nothing is written, and nothing a shopper sends is believed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from catalog import pricebook, pricing
from catalog.pricebook import Book, Customer, Goods, Place, UnknownGoods, Wanted
from customers import queries as people
from kernel.errors import Invalid
from kernel.money import allocate
from orders.carts import PIECE, QuantityInvalid
from orders.queries.carts import Ground, Option
from orders.services import delivery as ways
from orders.services.sales import SaleLine

Json = dict[str, Any]

# The type of products that are handed over without lying anywhere.
DIGITAL: Final = "type:digital"
GIFT_CARD_NAME: Final = "Gift card"


class DeliveryNeeded(Invalid):
    code = "delivery_needed"
    title = "Say how it is delivered"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What stands in the way of placing it; `line` is the cart's."""

    code: str
    line: str
    sku: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Priced:
    """`lines`: as the order will have them; `ids`: of each by position the cart's line, none for delivery. Minor units, tax as the channel has it."""

    book: Book
    lines: tuple[SaleLine, ...]
    ids: dict[int, str]
    total: int
    tax: int
    goods: int
    discount: int
    delivery: int
    taxes: list[Json]
    tax_included: bool
    coupons: list[Json]
    hints: list[Json]
    physical: tuple[ways.Wanted, ...]
    option: Option | None
    problems: tuple[Problem, ...] = ()
    customer: Customer | None = field(default=None)

    @property
    def by_line(self) -> dict[str, int]:
        """What each of the cart's lines comes to, its deposit with it."""
        found: dict[str, int] = {}
        for line in self.lines:
            if id := self.ids.get(line.position):
                found[id] = found.get(id, 0) + line.total
        return found


def price(*, document: Json, channel: UUID, ground: Ground, only_offered: bool, now: datetime) -> Priced:
    """What is not to be had any more is left out, and stands in `problems`. Raises what the engine and the price book refuse."""
    store = UUID(document["store"]) if document["store"] else None
    place = Place(channel, store)
    goods = [line for line in document["lines"] if "sku" in line]
    look = pricebook.look(place=place, wanted=[Wanted(sku=line["sku"], quantity=line["quantity"]) for line in goods], at=now, now=now)
    book = pricebook.book(place=place, now=now, where=look.where)
    by_sku = {one.sku: one for one in look.goods}
    problems = [
        Problem(code="sku_unknown", line=line["id"], sku=line["sku"], message=f"{line['sku']} is not to be had here.")
        for line in goods
        if not _is_there(by_sku, line, only_offered)
    ]
    goods = [line for line in goods if _is_there(by_sku, line, only_offered)]
    _check_pieces(goods, by_sku)
    wanted = [Wanted(sku=line["sku"], quantity=line["quantity"]) for line in goods]
    lined = pricebook.lined(wanted=wanted, found=look.goods, prices=look.prices, only_offered=only_offered)
    customer = _customer(document, ground)
    facts = pricebook.facts(book=book, at=now, customer=customer, coupons=document["coupons"], now=now)
    option = _option(document, ground)
    result = _evaluated(book, lined, document["coupons"], option, ground, facts, now)
    return _priced(document, book, result, lined, goods, by_sku, option, problems, customer, facts)


def must_be_known(priced: Priced, *, besides: Collection[str | None] = ()) -> None:
    """Raises UnknownGoods for the first that is not to be had; `besides`: what was in the cart already may stay there."""
    for problem in priced.problems:
        if problem.sku not in besides:
            raise UnknownGoods(problem.message, field="lines", line=problem.line, sku=problem.sku)


def _is_there(by_sku: dict[str, Goods], line: Json, only_offered: bool) -> bool:
    thing = by_sku.get(line["sku"])
    return thing is not None and (thing.offered or not only_offered)


def _check_pieces(goods: Sequence[Json], by_sku: dict[str, Goods]) -> None:
    for line in goods:
        if line["quantity"] % PIECE and by_sku[line["sku"]].sold_by == "each":
            raise QuantityInvalid("This is sold by the piece: the quantity is a multiple of 1000.", field=f"lines.{line['id']}.quantity")


def _customer(document: Json, ground: Ground) -> Customer | None:
    """Who has only given an address is nobody's member yet."""
    if document["customer"] is None:
        return None
    if not document["signed_in"]:
        return Customer(id=UUID(document["customer"]))
    if ground.who is None:
        raise people.CustomerUnknown(field="customer")
    return Customer(id=ground.who.id, groups=ground.who.groups, certified=ground.who.certified)


def _option(document: Json, ground: Ground) -> Option | None:
    chosen = document["delivery"]
    if chosen is None or not chosen["option"]:
        return None
    option = next((one for one in ground.options if one.code == chosen["option"]), None)
    if option is None or option.kind != chosen["kind"]:
        raise ways.DeliveryInvalid("There is no such delivery here.", field="delivery.option")
    return option


def _evaluated(book: Book, lined: list[Json], coupons: list[str], option: Option | None, ground: Ground, facts: Json, now: datetime) -> Json:
    """Twice only where what delivery costs depends on what the goods come to: no promotion on goods depends on delivery."""
    at = pricebook.milliseconds(now)
    basket: Json = {"lines": lined, "coupons": coupons, "charges": []}
    goods = 0
    if option and lined and ways.asks_for_total(option):
        before = pricing.evaluate(basket, book.compiled, facts, at)
        goods = sum(line["total"] for line in before["lines"])
    amount = ways.cost(option, currency=book.currency, country=ground.country, total=goods) if lined else 0
    if option and amount:
        basket["charges"] = [{"id": 1, "kind": "delivery", "name": option.name, "amount": amount, "tax_class": option.tax_class or None}]
    return pricing.evaluate(basket, book.compiled, facts, at)


def _priced(
    document: Json,
    book: Book,
    result: Json,
    lined: list[Json],
    goods: list[Json],
    by_sku: dict[str, Goods],
    option: Option | None,
    problems: list[Problem],
    customer: Customer | None,
    facts: Json,
) -> Priced:
    parts = _Parts(result)
    lines: list[SaleLine] = []
    ids: dict[int, str] = {}
    physical: list[ways.Wanted] = []
    cart_lines = iter(goods)
    of_cart: Json = {}
    for asked, told in zip(lined, result["lines"], strict=True):
        thing = by_sku[asked["sku"]]
        of_cart = next(cart_lines) if asked["kind"] == "goods" else of_cart
        digital = DIGITAL in thing.facets
        if asked["kind"] == "goods" and not digital:
            physical.append(ways.Wanted(line=of_cart["id"], sku=thing.sku, variant=thing.id, quantity=asked["quantity"]))
        lines.append(parts.goods(len(lines) + 1, asked, told, thing, digital))
        ids[len(lines)] = of_cart["id"]
    for line in document["lines"]:
        if "gift_card" in line:
            lines.append(_gift_card(len(lines) + 1, line))
            ids[len(lines)] = line["id"]
    lines += [parts.charge(len(lines) + 1, told, option) for told in result["charges"]]
    totals = result["totals"]
    cards = sum(line.total for line in lines if line.kind == "gift_card")
    return Priced(
        book=book,
        lines=tuple(lines),
        ids=ids,
        total=totals["total"] + cards,
        tax=totals["tax"],
        goods=totals["goods"] + cards,
        discount=totals["discount"],
        delivery=sum(told["total"] for told in result["charges"]),
        taxes=totals["taxes"],
        tax_included=book.rules["prices_include_tax"],
        coupons=[{"code": code, "promotion": one["promotion"], "refused": one["refused"]} for code, one in facts["coupons"].items()],
        hints=[{"promotion": one["promotion"], "code": one["code"], "params": one["params"]} for one in result["trace"] if one["state"] == "almost"],
        physical=tuple(physical),
        option=option,
        problems=tuple(problems),
        customer=customer,
    )


class _Parts:
    """Lines of an order out of the engine's answer: each discount with its name and the part of it that a supplier pays."""

    def __init__(self, result: Json) -> None:
        self.of = {one["promotion"]: one for one in result["discounts"]}
        rows = [*result["lines"], *result["charges"]]
        self.shares: dict[tuple[str, int], int] = {}
        for code, whole in self.of.items():
            if whole["supplier_amount"]:
                given = [(number, one["amount"]) for number, row in enumerate(rows) for one in row["discounts"] if one["promotion"] == code]
                parts = allocate(total=whole["supplier_amount"], weights=[amount for _, amount in given])
                self.shares |= {(code, number): part for (number, _), part in zip(given, parts, strict=True)}
        self.number = {id(row): number for number, row in enumerate(rows)}

    def goods(self, position: int, asked: Json, told: Json, thing: Goods, digital: bool) -> SaleLine:
        return SaleLine(
            position=position,
            kind=asked["kind"],
            variant=thing.id,
            sku=thing.sku,
            name=thing.name,
            quantity=asked["quantity"],
            unit_price=told["unit_price"],
            price_quantity=told["price_quantity"],
            tax_class=asked["tax_class"],
            allocation=told["allocation"],
            extra={"digital": True} if digital else {},
            **self._amounts(told),
        )

    def charge(self, position: int, told: Json, option: Option | None) -> SaleLine:
        return SaleLine(
            position=position,
            kind="delivery",
            variant=None,
            name=option.name if option else "",
            quantity=PIECE,
            unit_price=told["amount"],
            tax_class=option.tax_class[:20] if option else "",
            **self._amounts(told),
        )

    def _amounts(self, told: Json) -> Json:
        # Tax that a certificate takes out of the price is not a discount: the list price goes without it.
        return {
            "list_total": told["total"] + told["discount"],
            "discount": told["discount"],
            "total": told["total"],
            "tax": told["tax"],
            "tax_rate": sum({tax["code"]: tax["rate"] for tax in told["taxes"]}.values()),
            "taxes": told["taxes"],
            "discounts": [self._discount(told, one) for one in told["discounts"]],
        }

    def _discount(self, told: Json, one: Json) -> Json:
        code = one["promotion"]
        share = self.shares.get((code, self.number[id(told)]), 0)
        return {"promotion": code, "name": self.of[code]["name"] if code in self.of else "", "amount": one["amount"], "supplier_amount": share}


def _gift_card(position: int, line: Json) -> SaleLine:
    total = line["gift_card"] * (line["quantity"] // PIECE)
    return SaleLine(
        position=position,
        kind="gift_card",
        variant=None,
        name=GIFT_CARD_NAME,
        quantity=line["quantity"],
        unit_price=line["gift_card"],
        list_total=total,
        total=total,
        tax_class="",
        tax_rate=0,
        tax=0,
    )
