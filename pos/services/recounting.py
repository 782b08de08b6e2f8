"""A till's sale worked out anew by the very rules it was made with. What comes out differently is remarked upon; nothing is re-priced.

The rules (promotions, taxes, rounding, the store's clock) are those of the snapshot the sale names. What a snapshot does not hold is
taken from the sale and from today's catalogue: each price as it was charged (whether it was the price of its list or the base price at
that moment is asked separately), the facets of the goods and whether they are weighed as they are now.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from catalog import pricebook, pricing
from kernel.errors import Refused
from kernel.money import MILLION, divided, format_amount, line_total
from orders.services import MANUAL, MARKDOWN
from pos import journal, queries
from pos.services.notes import Remark

Json = dict[str, Any]
KINDS = frozenset({"goods", "open", "deposit"})
MOST_LINES = 1000
# Of a name in a note.
LONGEST_NAME = 80
BASE = "base"
EMBEDDED = "embedded"
Prices = Mapping[queries.PriceAsked, Sequence[queries.PriceKnown]]
NOBODY: Json = {"known": False, "groups": [], "segments": [], "orders": None}


@dataclass(frozen=True, slots=True)
class Rules:
    """A snapshot, ready. `not_offline`: promotions that tills without a line do not give."""

    id: str
    store: UUID
    made_at: datetime
    compiled: Any
    channel: str
    store_code: str
    zone: ZoneInfo
    not_offline: frozenset[str]


class Kept:
    """Rules compiled once in a process. A snapshot never changes, so only room is a reason to drop one."""

    def __init__(self, most: int = 32) -> None:
        self.most, self.lock = most, Lock()
        self.rules: OrderedDict[str, Rules] = OrderedDict()

    def of(self, ids: Collection[str]) -> dict[str, Rules]:
        """At most one statement."""
        with self.lock:
            found = {id: self.rules[id] for id in ids if id in self.rules}
            for id in found:
                self.rules.move_to_end(id)
        missing = [id for id in ids if id and id not in found]
        read = {row[0]: _ready(*row) for row in queries.price_snapshots(ids=missing)} if missing else {}
        with self.lock:
            self.rules.update(read)
            while len(self.rules) > self.most:
                self.rules.popitem(last=False)
        return found | read


kept = Kept()


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale to be worked out anew, and where it was made."""

    id: UUID
    body: journal.SaleBody
    store: UUID
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """`existing`: which of the variants there are. `remarks`: by sale, of those whose rules are known."""

    existing: Collection[UUID]
    remarks: Mapping[UUID, list[Remark]]


def recounted(sales: Sequence[Sold]) -> Counted:
    """As many statements for fifty sales as for one: their goods, their prices, rules that are not in memory yet, coupons if any."""
    rules = kept.of({sold.body.snapshot for sold in sales})
    with_rules = [(sold, rules[sold.body.snapshot]) for sold in sales if sold.body.snapshot in rules]
    goods = queries.goods(
        variants={line.variant for sold in sales for line in sold.body.lines if line.variant},
        facets=any(found.compiled.promotions for _, found in with_rules),
        currencies={sold.body.currency for sold in sales},
    )
    coupons = queries.coupon_promotions(codes={pricebook.coupon_code(code) for sold, _ in with_rules for code in sold.body.coupons})
    asked = {sold.id: _asked(sold, goods) for sold, _ in with_rules}
    prices = queries.prices_at(asked=[price for of_sale in asked.values() for price in of_sale.values()])
    remarks = {sold.id: [*_other_prices(sold, asked[sold.id], prices), *_differences(sold, found, goods, coupons)] for sold, found in with_rules}
    unknown = {sold.id: [UNKNOWN] for sold in sales if sold.body.snapshot and sold.id not in remarks}
    return Counted(goods, remarks | unknown)


def _rules_remark(words: str) -> Remark:
    return Remark("sums", words, "rules", facts={"what": "rules", "words": words})


OTHER_STORE = _rules_remark("It was priced by the rules of another store.")
UNKNOWN = _rules_remark("The rules it was priced by are not known here.")


def _ready(id: str, store: UUID, text: str, made_at: datetime) -> Rules:
    content = orjson.loads(text)
    promotions = content["rules"]["promotions"]
    return Rules(
        id=id,
        store=store,
        made_at=made_at,
        compiled=pricing.compile(content["rules"]),
        channel=content["channel"],
        store_code=content["store"],
        zone=ZoneInfo(content["timezone"]),
        not_offline=frozenset(one["code"] for one in promotions if one["limits"]["limited"] and one["limits"]["offline"] == "refuse"),
    )


def _at(sold: Sold) -> int:
    return sold.body.priced_at or pricebook.milliseconds(sold.made_at)


def _asked(sold: Sold, goods: Mapping[UUID, queries.Goods]) -> dict[int, queries.PriceAsked]:
    """By position. A base price that is today's is asked no further."""
    at = datetime.fromtimestamp(_at(sold) / 1000, tz=UTC)
    currency = sold.body.currency
    return {
        line.position: queries.PriceAsked(line.variant, sold.store, currency, line.price_source, at)
        for line in sold.body.lines
        if line.variant and line.variant in goods and line.price_source and not has_own_price(line)
        if line.price_source != BASE or goods[line.variant].prices.get(currency) != (line.unit_price, line.price_quantity)
    }


def _other_prices(sold: Sold, asked: Mapping[int, queries.PriceAsked], prices: Prices) -> Iterator[Remark]:
    """Prices that were not those of their list, or not the base price, at that moment: a till may have been without a line for long."""
    for line in sold.body.lines:
        known = prices.get(asked[line.position], ()) if line.position in asked else ()
        if known and all((line.unit_price, line.price_quantity) != (one.amount, one.price_quantity) for one in known):
            yield _other_price(line, known, sold.body.currency)


def _other_price(line: journal.Line, known: Sequence[queries.PriceKnown], currency: str) -> Remark:
    """Of a list with steps in quantity the nearest one is named: nobody knows which one a till would have taken."""
    said = " or ".join(sorted(format_amount(one.amount, currency) for one in known))
    words = f"Line {line.position}: price {format_amount(line.unit_price, currency)}, the catalogue said {said} then."
    nearest = min(known, key=lambda one: abs(one.amount * line.price_quantity - line.unit_price * one.price_quantity))
    listed = line_total(price=nearest.amount, price_quantity=nearest.price_quantity, quantity=line.quantity)
    facts = {**of_line(line), "sold": line.unit_price, "listed": nearest.amount, "price_quantity": nearest.price_quantity, "since": nearest.since}
    return Remark("price", words, f"line {line.position}", line.list_total - listed, facts)


def of_line(line: journal.Line) -> dict[str, Any]:
    return {"line": line.position, "sku": line.sku, "name": line.name[:LONGEST_NAME], "quantity": line.quantity}


def _differences(sold: Sold, rules: Rules, goods: Mapping[UUID, queries.Goods], coupons: Mapping[str, str]) -> Iterator[Remark]:
    if rules.store != sold.store:
        yield OTHER_STORE
        return
    basket = _basket(sold.body, goods, coupons)
    if basket is None:
        yield _rules_remark("It cannot be worked out anew: no till rings up lines like these.")
        return
    try:
        result = pricing.evaluate(basket, _rules(sold.body, rules), _facts(sold, rules, coupons), _at(sold))
    except (Refused, ArithmeticError) as error:
        yield _rules_remark(f"It cannot be worked out anew: {error}")
        return
    yield from _compared(sold, result, rules)


def _compared(sold: Sold, result: Json, rules: Rules) -> Iterator[Remark]:
    body, said = sold.body, _words(rules, _at(sold))
    names = {one["promotion"]: one["name"] or one["promotion"] for one in result["discounts"]}
    for line, counted in zip(sorted(body.lines, key=lambda one: one.position), result["lines"], strict=True):
        if line.total != counted["total"]:
            offers = ", ".join(names[one["promotion"]] for one in counted["discounts"]) or "no offer"
            yield _off_by("offer", body, line.total, counted["total"], said, line=line, charged="charged", because=f" ({offers})")
        elif line.tax != counted["tax"]:
            yield _off_by("tax", body, line.tax, counted["tax"], said, line=line, charged="tax")
    if body.tax_included != rules.compiled.rules["prices_include_tax"]:
        words = f"Whether prices include tax: {said} say otherwise."
        yield Remark("sums", words, "tax_included", facts={"what": "tax_included", "words": words})
    if body.rounding != result["totals"]["cash_rounding"]:
        yield _off_by("rounding", body, body.rounding, result["totals"]["cash_rounding"], said)


def _off_by(
    what: str, body: journal.SaleBody, was: int, counted: int, said: str, *, line: journal.Line | None = None, charged: str = "", because: str = ""
) -> Remark:
    """What was charged beside what the rules come to."""
    was_text, counted_text = format_amount(was, body.currency), format_amount(counted, body.currency)
    start = f"Line {line.position}: {charged}" if line else "Rounded by"
    words = f"{start} {was_text}, {said} say {counted_text}{because}."
    about = f"{what} line {line.position}" if line else what
    facts = {**(of_line(line) if line else {}), "what": what, "words": words, "was": was, "counted": counted}
    return Remark("sums", words, about, 0 if what == "tax" else was - counted, facts)


def _words(rules: Rules, at: int) -> str:
    made, sold = rules.made_at.astimezone(rules.zone), datetime.fromtimestamp(at / 1000, tz=rules.zone)
    return f"the rules of {made:%H:%M}" if made.date() == sold.date() else f"the rules of {made:%Y-%m-%d %H:%M}"


def _basket(body: journal.SaleBody, goods: Mapping[UUID, queries.Goods], coupons: Mapping[str, str]) -> Json | None:
    """None for what the engine does not know: it is asked nothing about amounts or quantities that make no sense."""
    sound = len(body.lines) <= MOST_LINES and len({line.position for line in body.lines}) == len(body.lines)
    if not sound or not all(line.kind in KINDS and line.unit_price >= 0 and line.quantity > 0 for line in body.lines):
        return None
    return {"lines": [_line(line, goods.get(line.variant) if line.variant else None) for line in body.lines], "coupons": list(coupons), "charges": []}


def _line(line: journal.Line, thing: queries.Goods | None) -> Json:
    weighed = line.quantity % 1000 != 0 or (thing is not None and thing.sold_by == "weight")
    return {
        "id": line.position,
        "kind": line.kind,
        "sku": line.sku,
        "quantity": line.quantity,
        "sold_by": "weight" if weighed else "each",
        "prices": [
            {
                "list": "" if line.price_source == BASE else line.price_source,
                "amount": line.unit_price,
                "price_quantity": line.price_quantity,
                "from_quantity": 0,
                "starts_at": None,
                "ends_at": None,
                "group": "",
                "rank": 0,
            }
        ],
        "tax_class": line.tax_class,
        "facets": [] if thing is None or line.kind == "deposit" else thing.facets,
        "fixed": _fixed(line),
    }


def has_own_price(line: journal.Line) -> bool:
    """Printed on its label or typed for an open item: of no list, and no offer changes it."""
    return line.kind == "open" or (line.price_source == EMBEDDED and EMBEDDED in line.extra)


def _fixed(line: journal.Line) -> Json | None:
    """A sticker's part or a person's stands as it was taken off: as a share of the price, which gives that very amount again."""
    if has_own_price(line):
        # Nothing is taken off, and that closes it to offers: as the till does.
        return {"source": MANUAL, "code": "", "kind": "amount", "value": 0}
    off = next((one for one in line.discounts or () if one.promotion == MANUAL or one.promotion.startswith(MARKDOWN)), None)
    if off is None or line.list_total <= 0:
        return None
    share = min(divided(off.amount * MILLION, line.list_total), MILLION)
    source, _, code = off.promotion.partition(":")
    return {"source": source, "code": code, "kind": "percent", "value": share}


def _rules(body: journal.SaleBody, rules: Rules) -> Any:
    """A class without a rule is taxed as it came with the goods: so does the till."""
    missing = {line.tax_class: line.tax_rate for line in body.lines if line.tax_class not in rules.compiled.rules["taxes"]}
    if not missing:
        return rules.compiled
    own = {code: [{"code": "tax", "name": "", "rate": rate, "compound": False, "starts_at": None, "ends_at": None}] for code, rate in missing.items()}
    compiled = copy(rules.compiled)
    compiled.rules = {**compiled.rules, "taxes": {**compiled.rules["taxes"], **own}}
    return compiled


def _facts(sold: Sold, rules: Rules, coupons: Mapping[str, str]) -> Json:
    """What the till knew. It gave what tills without a line do not give: so it had one."""
    local = datetime.fromtimestamp(_at(sold) / 1000, tz=rules.zone)
    given = {off.promotion for off in _all_given(sold.body)}
    shown = sorted({pricebook.coupon_code(code) for code in sold.body.coupons})
    return {
        "channel": rules.channel,
        "store": rules.store_code,
        "weekday": local.isoweekday(),
        "minute": local.hour * 60 + local.minute,
        "customer": NOBODY,
        "staff": False,
        "offline": not given & rules.not_offline,
        "left": {},
        # One that opened nothing was refused there for a reason of that moment.
        "coupons": {code: {"promotion": coupons.get(code, ""), "refused": "" if coupons.get(code) in given else "used"} for code in shown},
        "exempt": None,
        "tax_quote": None,
    }


def _all_given(body: journal.SaleBody) -> Iterable[journal.Off]:
    return (off for line in body.lines for off in line.discounts or ())
