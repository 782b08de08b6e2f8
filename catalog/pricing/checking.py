"""Whether a basket, rules or facts have the shape the engine works on: a mistyped or hostile one is refused with the field it is about."""

from typing import Any

from catalog.pricing.shapes import Check, Wrong, by_kind, flag, keyed, listed, one_of, perhaps, record, text, unique, whole
from kernel.errors import Invalid
from kernel.money import MILLION

Json = dict[str, Any]

# What JavaScript holds exactly, with room for a basket.
MONEY = whole(0, 1_000_000_000_000)
QUANTITY = whole(1, 1_000_000_000)
PIECES = whole(1, 1_000_000)
PERCENT = whole(0, MILLION)
# A rate may be more than all of it: 10,000 %.
RATE = whole(0, 100 * MILLION)
INSTANT = perhaps(whole(-(2**53) + 1, 2**53 - 1))
ID = whole(1, 2**53 - 1)
NAME = text(200)
# Codes are put in order: plain characters, so that every language orders them alike.
CODE = text(100, r"[A-Za-z0-9_-][A-Za-z0-9_.:-]*")
SOME_CODE = text(100, r"([A-Za-z0-9_-][A-Za-z0-9_.:-]*)?")
CODES = listed(CODE, 1000)
WORDS = listed(text(200), 1000)
LINES, CHARGES, COUPONS, PROMOTIONS = 1000, 50, 50, 5000


class BasketInvalid(Invalid):
    code = "basket_invalid"
    title = "The basket cannot be priced"


class RulesInvalid(Invalid):
    code = "rules_invalid"
    title = "The pricing rules are not valid"


class FactsInvalid(Invalid):
    code = "facts_invalid"
    title = "What is known about the sale is not valid"


def check_basket(basket: Any) -> None:
    _checked(BASKET, basket, "", BasketInvalid)


def check_rules(rules: Any) -> None:
    _checked(RULES, rules, "", RulesInvalid)


def check_promotion(promotion: Any, *, field: str = "") -> None:
    """`field` stands before the path of what is wrong."""
    _checked(PROMOTION, promotion, field, RulesInvalid)


def check_facts(facts: Any) -> None:
    _checked(FACTS, facts, "", FactsInvalid)


def _checked(check: Check, value: Any, field: str, error: type[Invalid]) -> None:
    try:
        check(value, field)
    except Wrong as wrong:
        raise error(f"{wrong.path or 'It'} {wrong.message}.", field=wrong.path) from None


def _ends_after_start(row: Json, path: str) -> None:
    if row["starts_at"] is not None and row["ends_at"] is not None and row["ends_at"] <= row["starts_at"]:
        raise Wrong(f"{path}.ends_at" if path else "ends_at", "must be after starts_at")


# The basket.
OFFER = record(
    {
        "list": SOME_CODE,
        "amount": MONEY,
        "price_quantity": QUANTITY,
        "from_quantity": whole(0, 1_000_000_000),
        "starts_at": INSTANT,
        "ends_at": INSTANT,
        "group": SOME_CODE,
        "rank": whole(-1_000_000_000, 1_000_000_000),
    }
)


def _fixed_percent(fixed: Json, path: str) -> None:
    if fixed["kind"] == "percent":
        PERCENT(fixed["value"], f"{path}.value")


FIXED = record(
    {"source": one_of("markdown", "manual"), "code": text(64), "kind": one_of("percent", "amount", "price"), "value": MONEY}, _fixed_percent
)


def _whole_pieces(line: Json, path: str) -> None:
    if line["sold_by"] == "each" and line["quantity"] % 1000:
        raise Wrong(f"{path}.quantity", "must be whole pieces, a multiple of 1000")


LINE = record(
    {
        "id": ID,
        "kind": one_of("goods", "open", "deposit"),
        "sku": text(100),
        "quantity": QUANTITY,
        "sold_by": one_of("each", "weight"),
        "prices": listed(OFFER, 1000),
        "tax_class": SOME_CODE,
        "facets": listed(text(300), 1000),
        "fixed": perhaps(FIXED),
    },
    _whole_pieces,
)
CHARGE = record({"id": ID, "kind": one_of("delivery", "fee"), "name": NAME, "amount": MONEY, "tax_class": perhaps(SOME_CODE)})


def _ids_once(basket: Json, path: str) -> None:
    unique(basket["lines"], "id", "lines")
    unique(basket["charges"], "id", "charges")


BASKET = record({"lines": listed(LINE, LINES), "coupons": listed(text(64), COUPONS), "charges": listed(CHARGE, CHARGES)}, _ids_once)

# Promotions.
GROUPS = keyed(text(100), listed(text(200), 10_000, least=1), 20)
SELECTION = record({"any": GROUPS, "except": GROUPS})
MINIMUM: dict[str, Check] = {"quantity": perhaps(PIECES), "amount": perhaps(MONEY)}
KIND: Check = text(20)
VALUES = {"percent": PERCENT, "amount": MONEY, "fixed": MONEY}
ALIKE = {kind: record({"kind": KIND, "value": value}) for kind, value in VALUES.items()}


def _steps(kinds: tuple[str, ...]) -> Check:
    step = by_kind({kind: record({"from": whole(1, 1_000_000_000_000), "kind": KIND, "value": VALUES[kind]}) for kind in kinds})
    return record({"kind": KIND, "by": one_of("quantity", "amount"), "steps": listed(step, 50, least=1)}, _steps_once)


def _steps_once(reward: Json, path: str) -> None:
    unique(reward["steps"], "from", f"{path}.steps")


SLOT = record({"name": NAME, "selection": SELECTION, "quantity": PIECES})
BUNDLE: dict[str, Check] = {"kind": KIND, "slots": listed(SLOT, 20, least=1)}
BUNDLES = by_kind({kind: record(BUNDLE | {"as": KIND, "value": value}) for kind, value in (("price", MONEY), ("percent", PERCENT))}, "as")
TOGETHER: dict[str, Check] = {
    "set": record({"kind": KIND, "size": whole(1, 1_000_000), "value": MONEY}),
    "buy_get": record({"kind": KIND, "buy": PIECES, "get": PIECES, "percent": PERCENT, "selection": perhaps(SELECTION)}),
    "bundle": BUNDLES,
    "gift": record({"kind": KIND, "selection": SELECTION, "quantity": PIECES}),
}
REWARDS = {
    "line": by_kind(ALIKE | TOGETHER | {"tiers": _steps(("percent", "amount", "fixed"))}),
    "order": by_kind({"percent": ALIKE["percent"], "amount": ALIKE["amount"], "tiers": _steps(("percent", "amount"))}),
    "delivery": by_kind(ALIKE),
}


def _reward_of_level(promotion: Json, path: str) -> None:
    REWARDS[promotion["level"]](promotion["reward"], f"{path}.reward" if path else "reward")


def _limit_only_stacked(promotion: Json, path: str) -> None:
    if promotion["stack_limit"] is not None and promotion["combination"] != "stack":
        raise Wrong(f"{path}.stack_limit" if path else "stack_limit", "is only for promotions that stack")


MINUTE = whole(0, 1439)
WINDOW = record({"days": listed(whole(1, 7), 7, least=1), "from": MINUTE, "until": MINUTE})
PLACES: dict[str, Check] = {"windows": listed(WINDOW, 100), "channels": CODES, "stores": CODES}
PEOPLE: dict[str, Check] = {"coupon": flag, "groups": WORDS, "segments": WORDS, "first_order": flag, "staff": flag}
LIMITS = record({"per_basket": perhaps(PIECES), "limited": flag, "offline": one_of("allow", "refuse")})
PROMOTION = record(
    {
        "code": CODE,
        "name": NAME,
        "priority": whole(-1_000_000, 1_000_000),
        "level": one_of("line", "order", "delivery"),
        "combination": one_of("exclusive", "best", "stack"),
        "group": SOME_CODE,
        "stack_limit": perhaps(PERCENT),
        "starts_at": INSTANT,
        "ends_at": INSTANT,
        "selection": SELECTION,
        "minimum": record(MINIMUM),
        "limits": LIMITS,
        "needs": listed(record({"selection": SELECTION, **MINIMUM, "name": NAME}), 20),
        "supplier": NAME,
        "supplier_share": PERCENT,
        "reward": keyed(text(20), lambda value, path: None, 20),
        **PLACES,
        **PEOPLE,
    },
    _ends_after_start,
    _limit_only_stacked,
    _reward_of_level,
)
TAX = record({"code": CODE, "name": NAME, "rate": RATE, "compound": flag, "starts_at": INSTANT, "ends_at": INSTANT}, _ends_after_start)


def _codes_once(rules: Json, path: str) -> None:
    unique(rules["promotions"], "code", "promotions")


RULES = record(
    {
        "currency": text(3, "[A-Z]{3}"),
        "prices_include_tax": flag,
        "tax_rounding": one_of("line", "document"),
        "cash_rounding": whole(0, 1_000_000),
        "taxes": keyed(SOME_CODE, listed(TAX, 100), 1000),
        "promotions": listed(PROMOTION, PROMOTIONS),
    },
    _codes_once,
)

# What is known about the sale.
LEFT = record({name: perhaps(whole(-(10**15), 10**15)) for name in ("uses", "customer", "budget")})
QUOTED = record({"amount": MONEY, "taxes": listed(record({"code": text(100), "name": NAME, "rate": RATE, "amount": MONEY}), 50)})
FACTS = record(
    {
        "channel": SOME_CODE,
        "store": SOME_CODE,
        "weekday": whole(1, 7),
        "minute": MINUTE,
        "staff": flag,
        "offline": flag,
        "customer": record({"known": flag, "groups": WORDS, "segments": WORDS, "orders": perhaps(whole(0, 2**53 - 1))}),
        "left": keyed(CODE, LEFT, PROMOTIONS),
        "coupons": keyed(text(64), record({"promotion": SOME_CODE, "refused": one_of("", "unknown", "used", "expired", "not_yours")}), COUPONS),
        "exempt": perhaps(record({"certificate": NAME, "classes": perhaps(CODES), "expires_at": INSTANT})),
        "tax_quote": perhaps(record({"lines": keyed(text(16), QUOTED, LINES), "charges": keyed(text(16), QUOTED, CHARGES)})),
    }
)
