"""What a basket would cost, and why: the engine's answer over the real tables, with names and words. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from catalog import pricebook, pricing
from catalog.models import Promotion
from catalog.pricebook import Book, Customer, Place, Wanted, milliseconds
from catalog.pricing.words import words
from kernel.errors import Invalid

Json = dict[str, Any]

MOST_LINES: Final = 200
MOST_COUPONS: Final = 20
MOST_CHARGES: Final = 20
MOST_PIECES: Final = 9_999
# What a whole basket costs has to be counted exactly in JavaScript too.
MOST_MONEY: Final = 1_000_000_000_000


class BadBasket(Invalid):
    code = "basket_invalid"
    title = "This basket cannot be priced"


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Thousandths: 1000 is one piece or one kilogram. `fixed`: a markdown or a price by hand, as the engine takes it."""

    sku: str
    quantity: int = 1000
    fixed: Json | None = None


def preview_basket(
    *,
    place: Place,
    lines: Sequence[WantedLine],
    coupons: Sequence[str] = (),
    customer: Customer | None = None,
    charges: Sequence[Json] = (),
    staff: bool = False,
    offline: bool = False,
    at: datetime,
    now: datetime,
    promotions: Sequence[Promotion] = (),
    only_offered: bool = False,
    elsewhere: bool = False,
    tax_quote: Json | None = None,
) -> Json:
    """What catalog.pricing.evaluate answers, its lines with sku, name, kind and quantity, its trace with name and text.

    `at`: the moment that is priced; promotions that ended before `now` are tried only for a moment before that. `promotions`: drafts to try along
    with the approved ones. `only_offered`: no more than the channel shows; `elsewhere`: the trace also tells of promotions for other
    places. Charges as the engine takes them; their ids are given here. Raises BadBasket, UnknownGoods, and what the engine refuses.
    """
    _check(lines, coupons, charges)
    wanted = [Wanted(sku=line.sku, quantity=line.quantity, fixed=line.fixed) for line in lines]
    look = pricebook.look(place=place, wanted=wanted, at=at, now=min(at, now))
    book = pricebook.book(place=place, now=min(at, now), drafts=promotions, elsewhere=elsewhere, where=look.where)
    found = look.goods
    _check_pieces(lines, {one.sku: one.sold_by for one in found})
    of_basket = pricebook.lined(wanted=wanted, found=found, prices=look.prices, only_offered=only_offered)
    codes = list(dict.fromkeys(pricebook.coupon_code(code) for code in coupons))
    known = pricebook.facts(book=book, at=at, customer=customer, coupons=codes, staff=staff, offline=offline, now=now, tax_quote=tax_quote)
    numbered = [{**charge, "id": number} for number, charge in enumerate(charges, start=1)]
    result = pricing.evaluate({"lines": of_basket, "coupons": codes, "charges": numbered}, book.compiled, known, milliseconds(at))
    names = {one.sku: one.name for one in found}
    return _told(result, book, of_basket, numbered, names, milliseconds(now)) | {"coupons": _coupons(known["coupons"])}


def _told(result: Json, book: Book, lines: Sequence[Json], charges: Sequence[Json], names: dict[str, str], now: int) -> Json:
    of_line = {line["id"]: {part: line[part] for part in ("sku", "kind", "quantity")} | {"name": names[line["sku"]]} for line in lines}
    of_charge = {charge["id"]: {"kind": charge["kind"], "name": charge["name"]} for charge in charges}
    titles = {rule["code"]: rule["name"] for rule in book.rules["promotions"]}
    return {
        **result,
        "channel": book.channel,
        "store": book.store,
        "timezone": book.timezone,
        "prices_include_tax": book.rules["prices_include_tax"],
        "lines": [line | of_line[line["id"]] for line in result["lines"]],
        "charges": [charge | of_charge[charge["id"]] for charge in result["charges"]],
        "trace": [_worded(entry, titles.get(entry["promotion"], ""), book, now) for entry in result["trace"]],
    }


def _worded(entry: Json, name: str, book: Book, now: int) -> Json:
    """Times are told by the place's clock, from now."""
    return entry | {"name": name, "text": words(entry, name=name, currency=book.currency, zone=book.timezone, at=now)}


def _coupons(known: dict[str, Json]) -> list[Json]:
    return [{"code": code, "promotion": one["promotion"], "refused": one["refused"]} for code, one in known.items()]


def _check(lines: Sequence[WantedLine], coupons: Sequence[str], charges: Sequence[Json]) -> None:
    if not 0 < len(lines) <= MOST_LINES:
        raise BadBasket(f"A basket to be priced has 1 to {MOST_LINES} lines.", field="lines", maximum=MOST_LINES)
    for field, many, most in (("coupons", len(coupons), MOST_COUPONS), ("charges", len(charges), MOST_CHARGES)):
        if many > most:
            raise BadBasket(f"At most {most} {field} are looked at.", field=field, maximum=most)
    for place, line in enumerate(lines):
        if not 0 < line.quantity <= MOST_PIECES * 1000:
            raise BadBasket(f"A quantity is above 0 and at most {MOST_PIECES} pieces or kilograms.", field=f"lines.{place}.quantity")
    for place, charge in enumerate(charges):
        if not 0 <= charge["amount"] <= MOST_MONEY:
            raise BadBasket("What a charge costs is not below 0, and not endless.", field=f"charges.{place}.amount")


def _check_pieces(lines: Sequence[WantedLine], sold_by: dict[str, str]) -> None:
    for place, line in enumerate(lines):
        if line.quantity % 1000 and sold_by.get(line.sku) == "each":
            raise BadBasket("This is sold by the piece: the quantity is a multiple of 1000.", field=f"lines.{place}.quantity")
