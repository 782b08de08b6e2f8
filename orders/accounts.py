"""The chart of accounts, and what each thing that happens does to it. Pure: facts in, balanced lines out.

Debit is above zero, credit below; whatever comes out of one function comes to nothing. Amounts are minor units of the document's currency.

    sales                    credit: what was sold, net, by tax class and rate
    tax:<code>               credit: what is owed to the state, by rate
    rounding                 cash rounding
    cash                     in the drawers; after the last Z nothing
    cash_safe                cash that is in no drawer: floats come from it, counted drawers and drops go to it
    cash_in, cash_out, payouts   what else moved a drawer
    over_short               drawers that were counted: debit is missing, credit too much
    card_clearing, bank_transfers, other_clearing   owed by providers and banks until they pay out
    receivables              owed by customers: bought on account, or handed over before all was paid
    customer_deposits        credit: paid for what is not sold yet
    gift_card_liability, store_credit_liability     credit: owed to whoever holds it
    points_redeemed          debit: what points paid, a cost of the shop when they pay
    deposit_liability        credit: deposits on bottles and the like, until they come back
    goodwill, value_adjusted debit: credit and cards that were given or corrected
    value_expired            credit: what nobody claimed in time
    cost_of_goods, stock     what the goods cost that left, at their average or else their reference cost; what comes back, at what it left at
    stock_losses             debit: what came back and cannot be sold
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kernel.money import divided

TENDERS: Final[Mapping[str, str]] = {
    "cash": "cash_safe",
    "card": "card_clearing",
    "transfer": "bank_transfers",
    "gift_card": "gift_card_liability",
    "store_credit": "store_credit_liability",
    "points": "points_redeemed",
    "account": "receivables",
    "other": "other_clearing",
}
DRAWER: Final[Mapping[str, str]] = {"cash_in": "cash_in", "cash_out": "cash_out", "payout": "payouts", "safe_drop": "cash_safe"}
LIABILITIES: Final[Mapping[str, str]] = {"gift_card": "gift_card_liability", "store_credit": "store_credit_liability"}
# What moved value without an order, and who bears it. What an order or a return moved is booked with it.
BORNE_BY: Final[Mapping[str, str]] = {
    "issue": "goodwill",
    "top_up": "goodwill",
    "goodwill": "goodwill",
    "expire": "value_expired",
    "adjust": "value_adjusted",
}
# An average is kept in thousandths of a minor unit for 1000 thousandths of the goods.
COST_UNIT: Final = 1_000_000


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class Key:
    """What is added up apart: an account, and of sales and taxes the rate and class."""

    account: str
    rate: int | None = None
    tax_class: str = ""


Postings = dict[Key, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """`total` holds the `tax` when the order's prices do. `taxes` as orders.models.OrderLine has them."""

    kind: str
    total: int
    tax: int
    tax_class: str
    tax_rate: int
    taxes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """An order or return as it stands. `sold`: its turnover counts; until then what was paid is a deposit of the customer.

    `drawer`: its cash went through the drawer of a shift.
    """

    total: int
    tax_included: bool
    rounding: int
    sold: bool
    drawer: bool
    lines: Sequence[Line]
    payments: Sequence[tuple[str, int]]


def of_document(document: Document) -> Postings:
    """All that an order comes to. What is booked is this less what was booked before."""
    postings = _paid(document)
    came = sum(amount for _, amount in document.payments)
    if not document.sold:
        postings[Key(account="customer_deposits")] -= came
        return _kept(postings)
    for line in document.lines:
        _sell(postings, line, document.tax_included)
    postings[Key(account="rounding")] -= document.rounding
    # Goods that left before all was paid.
    postings[Key(account="receivables")] += document.total - came
    return _kept(postings)


def _paid(document: Document) -> "Counter[Key]":
    postings: Counter[Key] = Counter()
    for kind, amount in document.payments:
        account = "cash" if kind == "cash" and document.drawer else TENDERS.get(kind, "other_clearing")
        postings[Key(account=account)] += amount
    return postings


def _sell(postings: "Counter[Key]", line: Line, tax_included: bool) -> None:
    net = line.total - line.tax if tax_included else line.total
    if line.kind == "gift_card":
        postings[Key(account="gift_card_liability")] -= net
    elif line.kind == "deposit":
        postings[Key(account="deposit_liability")] -= net
    else:
        postings[Key(account="sales", rate=line.tax_rate, tax_class=line.tax_class)] -= net
    left = line.tax
    for tax in line.taxes:
        postings[Key(account=_tax(str(tax.get("code", ""))), rate=int(tax["rate"]), tax_class=line.tax_class)] -= tax["amount"]
        left -= tax["amount"]
    if left:
        # Older orders tell only the sum.
        postings[Key(account="tax", rate=line.tax_rate, tax_class=line.tax_class)] -= left


def _tax(code: str) -> str:
    return f"tax:{code}"[:40] if code else "tax"


def of_float(amount: int) -> Postings:
    return _moved("cash", "cash_safe", amount)


def of_drawer(kind: str, amount: int) -> Postings:
    """Above zero comes in; a drawer opened for nothing moves nothing."""
    return _moved("cash", DRAWER[kind], amount) if kind in DRAWER else {}


def of_count(*, counted: int, expected: int) -> Postings:
    """The drawer is emptied: what was counted goes to the safe, and what it should have held leaves the drawer."""
    return _kept(Counter({Key(account="cash"): -expected, Key(account="cash_safe"): counted, Key(account="over_short"): expected - counted}))


def of_value(*, kind: str, cause: str, amount: int) -> Postings:
    """`amount`: by how much the shop owes more. Nothing for points, and for what belongs to an order."""
    if kind not in LIABILITIES or cause not in BORNE_BY:
        return {}
    return _moved(BORNE_BY[cause], LIABILITIES[kind], amount)


def cost_at(*, quantity: int, average: int) -> int:
    """Minor units for all of it, either way."""
    return divided(abs(quantity) * average, COST_UNIT)


def of_cost(*, quantity: int, cost: int, condition: str = "") -> Postings:
    """Of one line, `cost` in minor units for all of it. Below zero goods come back: what cannot be sold again is lost, what never came
    back costs nothing anew."""
    if quantity > 0:
        return _moved("cost_of_goods", "stock", cost)
    if condition == "none":
        return {}
    return _moved("stock_losses" if condition == "damaged" else "stock", "cost_of_goods", cost)


def difference(target: Mapping[Key, int], booked: Mapping[Key, int]) -> list[tuple[Key, int]]:
    """What is still to be booked, in a stable order; nothing when all is."""
    wanted: Counter[Key] = Counter(target)
    wanted.subtract(booked)
    return sorted((key, amount) for key, amount in wanted.items() if amount) if any(wanted.values()) else []


def comes_to_nothing(postings: Iterable[tuple[Key, int]]) -> bool:
    return sum(amount for _, amount in postings) == 0


def _moved(debit: str, credit: str, amount: int) -> Postings:
    return _kept(Counter({Key(account=debit): amount, Key(account=credit): -amount}))


def _kept(postings: "Counter[Key]") -> Postings:
    return {key: amount for key, amount in postings.items() if amount}
