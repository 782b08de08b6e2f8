"""Goods come back: one document of what was returned, what was bought in exchange, and the money between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orders.services.sales import SaleLine, SalePayment


@dataclass(frozen=True, kw_only=True)
class ReturnLine:
    """`order_line`: the line it was sold on. Without a receipt None, with `variant` instead.

    `quantity` in thousandths, above 0. `condition` is one of OrderLine.Condition; empty: as its reason says. `serial`: read from the piece.
    """

    order_line: int | None
    quantity: int
    reason: str = ""
    condition: str = ""
    variant: UUID | None = None
    serial: str = ""


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money that goes back as the caller chose: a kind of orders.models.Payment and an amount above 0."""

    kind: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The document as it stands; the same for the first time and every replay but for `new`."""

    id: UUID
    number: str
    total: int
    rounding: int
    currency: str
    payments: Sequence[Any]
    new: bool


def quote_return(
    *,
    lines: Sequence[ReturnLine],
    new_lines: Sequence[SaleLine] = (),
    at: UUID | None,
    fee: int = 0,
    now: datetime,
) -> Any:
    """What would come back to whom, and what is in the way. Nothing is written. `at`: the store it comes back to; None: it was sent in."""
    raise NotImplementedError


def return_goods(
    *,
    id: UUID,
    lines: Sequence[ReturnLine],
    new_lines: Sequence[SaleLine] = (),
    tenders: Sequence[SalePayment] = (),
    refunds: Sequence[Refund] | None = None,
    store: UUID | None,
    fee: int = 0,
    source: str = "staff",
    shift: UUID | None = None,
    actor: UUID | None,
    approved_by: UUID | None = None,
    now: datetime,
) -> Returned:
    """`refunds` None: to the tenders of the sales, in their order. `tenders`: what the customer pays where the new goods cost more."""
    raise NotImplementedError
