"""Baskets, rules and facts written shortly: what a test does not name is as plain as it can be."""

from typing import Any

Json = dict[str, Any]

VAT = [{"code": "vat", "name": "VAT 20 %", "rate": 200_000, "compound": False, "starts_at": None, "ends_at": None}]
LOW = [{"code": "vat", "name": "VAT 5 %", "rate": 50_000, "compound": False, "starts_at": None, "ends_at": None}]
NOON = 1_790_000_000_000


def rate(code: str, ppm: int, *, compound: bool = False, **more: Any) -> Json:
    return {"code": code, "name": code.upper(), "rate": ppm, "compound": compound, "starts_at": None, "ends_at": None} | more


def offer(amount: int, **more: Any) -> Json:
    return {
        "list": "",
        "amount": amount,
        "price_quantity": 1000,
        "from_quantity": 0,
        "starts_at": None,
        "ends_at": None,
        "group": "",
        "rank": 0,
    } | more


def line(id: int, price: int | list[Json], pieces: int = 1, *, facets: str = "", **more: Any) -> Json:
    """`pieces` of `price` each. The SKU is `s<id>`."""
    return {
        "id": id,
        "kind": "goods",
        "sku": f"s{id}",
        "quantity": pieces * 1000,
        "sold_by": "each",
        "prices": [offer(price)] if isinstance(price, int) else price,
        "tax_class": "full",
        "facets": facets.split(),
        "fixed": None,
    } | more


def weighed(id: int, price: int, grams: int, **more: Any) -> Json:
    """`price` for 1 kg."""
    return line(id, price, **({"quantity": grams, "sold_by": "weight"} | more))


def charge(id: int, amount: int, **more: Any) -> Json:
    return {"id": id, "kind": "delivery", "name": "Delivery", "amount": amount, "tax_class": "full"} | more


def basket(*lines: Json, coupons: tuple[str, ...] = (), charges: tuple[Json, ...] = ()) -> Json:
    return {"lines": list(lines), "coupons": list(coupons), "charges": list(charges)}


def selection(text: str = "") -> Json:
    """ "category:tea category:coffee brand:x -sku:s3": any of the values of each group; what follows a minus is excepted."""
    found: Json = {"any": {}, "except": {}}
    for word in text.split():
        group, _, value = word.lstrip("-").partition(":")
        found["except" if word.startswith("-") else "any"].setdefault(group, []).append(value)
    return found


def promotion(code: str, reward: Json, *, on: str = "", minimum: Json | None = None, limits: Json | None = None, **more: Any) -> Json:
    return {
        "code": code,
        "name": code.title(),
        "priority": 0,
        "level": "line",
        "combination": "best",
        "group": "",
        "stack_limit": None,
        "starts_at": None,
        "ends_at": None,
        "windows": [],
        "channels": [],
        "stores": [],
        "coupon": False,
        "groups": [],
        "segments": [],
        "first_order": False,
        "staff": False,
        "selection": selection(on),
        "minimum": {"quantity": None, "amount": None} | (minimum or {}),
        "needs": [],
        "limits": {"per_basket": None, "limited": False, "offline": "allow"} | (limits or {}),
        "supplier": "",
        "supplier_share": 0,
        "reward": reward,
    } | more


def rules(*promotions: Json, **more: Any) -> Json:
    return {
        "currency": "EUR",
        "prices_include_tax": True,
        "tax_rounding": "line",
        "cash_rounding": 0,
        "taxes": {"full": VAT, "low": LOW, "none": []},
        "promotions": list(promotions),
    } | more


def facts(**more: Any) -> Json:
    """Saturday, noon, nobody known, in the store "main"."""
    return {
        "channel": "shop",
        "store": "main",
        "weekday": 6,
        "minute": 720,
        "staff": False,
        "offline": False,
        "left": {},
        "coupons": {},
        "customer": {"known": False, "groups": [], "segments": [], "orders": None},
        "exempt": None,
        "tax_quote": None,
    } | more


def customer(**more: Any) -> Json:
    return {"known": True, "groups": [], "segments": [], "orders": None} | more


def percent(value: int) -> Json:
    """In whole percent."""
    return {"kind": "percent", "value": value * 10_000}


def amount(value: int) -> Json:
    return {"kind": "amount", "value": value}


def fixed(value: int) -> Json:
    return {"kind": "fixed", "value": value}


def set_of(size: int, value: int) -> Json:
    return {"kind": "set", "size": size, "value": value}


def buy_get(buy: int, get: int, off: int = 100, *, of: str | None = None) -> Json:
    return {"kind": "buy_get", "buy": buy, "get": get, "percent": off * 10_000, "selection": None if of is None else selection(of)}


def bundle(value: int, *slots: tuple[str, int], kind: str = "price") -> Json:
    rows = [{"name": on, "selection": selection(on), "quantity": quantity} for on, quantity in slots]
    return {"kind": "bundle", "slots": rows, "as": kind, "value": value}


def tiers(by: str, *steps: tuple[int, str, int]) -> Json:
    return {"kind": "tiers", "by": by, "steps": [{"from": start, "kind": kind, "value": value} for start, kind, value in steps]}


def gift(on: str, quantity: int = 1) -> Json:
    return {"kind": "gift", "selection": selection(on), "quantity": quantity}
