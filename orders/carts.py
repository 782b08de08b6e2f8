"""What a cart is as a document, and what it refuses: goods by SKU, gift cards by value, coupons, who buys, and how it is delivered.

    {"lines": [{"id": "1", "sku": "TEA-100", "quantity": 2000}, {"id": "2", "gift_card": 5000, "quantity": 1000}],
     "coupons": ["SPRING"], "customer": null, "signed_in": false, "ship_to": null, "bill_to": null,
     "delivery": {"kind": "pickup", "option": "collect", "location": "northside"}, "store": null}

Quantities are thousandths. Prices and totals are no part of it: whoever sends one is told so. `customer`, addresses, `signed_in` and
`store` are put in by the services; of what a shopper sends, `read` knows lines, coupons and delivery.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from catalog.pricebook import coupon_code
from kernel.errors import Invalid

Json = dict[str, Any]

MOST_LINES: Final = 200
MOST_COUPONS: Final = 20
LEAST_QUANTITY: Final = 1
MOST_QUANTITY: Final = 9_999_000
MOST_ON_GIFT_CARD: Final = 100_000_000
PIECE: Final = 1000
LONGEST: Final = 60
LINE_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
KINDS: Final = ("ship", "pickup", "digital")

EMPTY: Final[Json] = {
    "lines": [],
    "coupons": [],
    "customer": None,
    "signed_in": False,
    "ship_to": None,
    "bill_to": None,
    "delivery": None,
    "store": None,
}


class QuantityInvalid(Invalid):
    code = "quantity_invalid"
    status = 400
    title = "This quantity is not possible"

    RANGE: ClassVar = f"A quantity is a whole number of thousandths from {LEAST_QUANTITY} to {MOST_QUANTITY}; one piece is {PIECE}."

    def __init__(self, message: str = "", *, field: str) -> None:
        super().__init__(message or self.RANGE, field=field, minimum=LEAST_QUANTITY, maximum=MOST_QUANTITY)


class UnknownField(Invalid):
    code = "unknown_field"
    status = 400
    title = "This field is not known here"


class CartInvalid(Invalid):
    code = "cart_invalid"
    status = 400
    title = "This cart cannot be kept"


def read(given: Any) -> Json:
    """What a shopper sent, checked: lines, coupons and delivery, of which any may be missing. Raises QuantityInvalid, UnknownField, CartInvalid."""
    only(given, ("lines", "coupons", "delivery"), "")
    read: Json = {}
    if "lines" in given:
        read["lines"] = lines(given["lines"])
    if "coupons" in given:
        read["coupons"] = coupons(given["coupons"])
    if "delivery" in given:
        read["delivery"] = delivery(given["delivery"])
    return read


def only(given: Any, known: Sequence[str], field: str) -> None:
    if not isinstance(given, Mapping):
        raise CartInvalid("Send an object.", field=field)
    for name in given:
        if name not in known:
            path = f"{field}.{name}" if field else str(name)
            raise UnknownField(f"There is no {str(name)[:LONGEST]} here; known: {', '.join(known)}.", field=path[:200])


def lines(given: Any) -> list[Json]:
    """Numbered where they have no id of their own; an id comes once."""
    if not isinstance(given, list | tuple) or len(given) > MOST_LINES:
        raise CartInvalid(f"Give a list of at most {MOST_LINES} lines.", field="lines", maximum=MOST_LINES)
    taken = {one["id"] for one in given if isinstance(one, Mapping) and isinstance(one.get("id"), str)}
    numbers = (str(number) for number in range(1, 10 * MOST_LINES) if str(number) not in taken)
    read = [_line(one, f"lines.{place}", numbers) for place, one in enumerate(given)]
    if len({one["id"] for one in read}) < len(read):
        raise CartInvalid("Each line has an id of its own.", field="lines")
    return read


def _line(given: Any, field: str, numbers: Any) -> Json:
    only(given, ("id", "sku", "quantity", "gift_card"), field)
    id = given.get("id")
    if id is not None and (not isinstance(id, str) or not LINE_ID.fullmatch(id)):
        raise CartInvalid("A line's id is 1 to 40 letters, digits, - and _.", field=f"{field}.id")
    counted = quantity(given.get("quantity", PIECE), f"{field}.quantity")
    if (given.get("sku") is None) == (given.get("gift_card") is None):
        raise CartInvalid("A line is of goods, by their sku, or a gift_card with its value.", field=f"{field}.sku")
    kept = {"id": id or next(numbers), "quantity": counted}
    if given.get("sku") is not None:
        return kept | {"sku": _text(given["sku"], f"{field}.sku")}
    value = given["gift_card"]
    if type(value) is not int or not 0 < value <= MOST_ON_GIFT_CARD:
        raise CartInvalid(f"A gift card is worth 1 to {MOST_ON_GIFT_CARD} minor units.", field=f"{field}.gift_card", maximum=MOST_ON_GIFT_CARD)
    if counted % PIECE:
        raise QuantityInvalid("Gift cards are sold by the piece: a multiple of 1000.", field=f"{field}.quantity")
    return kept | {"gift_card": value}


def quantity(given: Any, field: str) -> int:
    # true is a 1 to Python, and "1" or 1.5 are somebody's mistake: none of them is guessed at.
    if type(given) is not int or not LEAST_QUANTITY <= given <= MOST_QUANTITY:
        raise QuantityInvalid(field=field)
    return given


def coupons(given: Any) -> list[str]:
    """As they are kept, each once."""
    if not isinstance(given, list | tuple) or len(given) > MOST_COUPONS:
        raise CartInvalid(f"Give a list of at most {MOST_COUPONS} coupons.", field="coupons", maximum=MOST_COUPONS)
    return list(dict.fromkeys(coupon_code(_text(one, "coupons")) for one in given))


def delivery(given: Any) -> Json | None:
    if given is None:
        return None
    only(given, ("kind", "option", "location"), "delivery")
    if given.get("kind") not in KINDS:
        raise CartInvalid(f"Delivery is one of {', '.join(KINDS)}.", field="delivery.kind")
    told = {name: _text(given[name], f"delivery.{name}") if given.get(name) else None for name in ("option", "location")}
    if given["kind"] == "pickup" and not told["location"]:
        raise CartInvalid("Say where it is picked up: the location's code.", field="delivery.location")
    return {"kind": given["kind"], **told}


def _text(given: Any, field: str) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST or not given.isprintable():
        raise CartInvalid(f"Give a text of 1 to {LONGEST} characters.", field=field)
    return given


def with_lines(document: Json, added: Any) -> Json:
    """More of what is in it adds up; the rest is put behind. Lines with an id that is there take that line's place."""
    kept = [dict(line) for line in document["lines"]]
    taken = {line["id"] for line in kept}
    new = lines(added)
    asked = [one.get("id") for one in added]
    for id, line in zip(asked, new, strict=True):
        if id in taken:
            kept = [line if one["id"] == id else one for one in kept]
        else:
            _put(kept, line)
    if len(kept) > MOST_LINES:
        raise CartInvalid(f"A cart has at most {MOST_LINES} lines.", field="lines", maximum=MOST_LINES)
    return {**document, "lines": kept}


def without_line(document: Json, id: str) -> Json:
    return {**document, "lines": [line for line in document["lines"] if line["id"] != id]}


def merged(kept: Json, gone: Json) -> Json:
    """Both in one: quantities of the same goods add up, as far as a quantity goes; coupons of both, as many as there may be.

    Who buys, where to and how stays as it is in `kept`, and comes from `gone` where that says nothing.
    """
    together = [dict(line) for line in kept["lines"]]
    for line in gone["lines"]:
        _put(together, line)
    found = {**kept, "lines": together[:MOST_LINES], "coupons": list(dict.fromkeys([*kept["coupons"], *gone["coupons"]]))[:MOST_COUPONS]}
    found["delivery"] = kept["delivery"] or gone["delivery"]
    return found


def _put(kept: list[Json], line: Json) -> None:
    """Into the line with the same goods, else behind them with an id that is free."""
    same = next((one for one in kept if _what(one) == _what(line)), None)
    if same is not None:
        same["quantity"] = min(same["quantity"] + line["quantity"], MOST_QUANTITY)
        return
    taken = {one["id"] for one in kept}
    id = line["id"] if line["id"] not in taken else next(str(n) for n in range(1, 10 * MOST_LINES) if str(n) not in taken)
    kept.append({**line, "id": id})


def _what(line: Json) -> tuple[str | None, int | None]:
    return line.get("sku"), line.get("gift_card")
