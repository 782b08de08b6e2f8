"""What can happen to orders: they are placed."""

from orders.services.cancelling import cancel, expire
from orders.services.carts import (
    CartChanged,
    CartClosed,
    UnknownCart,
    change_cart,
    create_cart,
    delivery_choices,
    expire_carts,
    get_cart,
    put_cart,
    set_addresses,
    sign_in,
)
from orders.services.checking_out import PaymentDeclined, PriceChanged, checkout, place_cart, undo_placing
from orders.services.delivery import SoldOut
from orders.services.editing import Change, EditInvalid, edit
from orders.services.handing_over import hand_over
from orders.services.history import Loaded, load_history
from orders.services.history import WrongFile as WrongHistoryFile
from orders.services.invoicing import UnknownInvoice, issue_invoice
from orders.services.life import (
    Moved,
    OrderChangedMeanwhile,
    OrderState,
    UnknownOrder,
    hold,
    let_go,
    mark_paid,
    put_to_review,
    record_step,
    settle_review,
)
from orders.services.mailing import MailImpossible, send_again
from orders.services.on_account import Settled, settle_account
from orders.services.paying import take_payment
from orders.services.periods import PeriodClosed, PeriodNotOver, PeriodOpen, close_period
from orders.services.placing import place, refusal_of
from orders.services.quotes import Offer, Part, QuoteOver, ScheduleInvalid, convert, quote, schedule
from orders.services.returning import Quote, Refund, Returned, ReturnLine, quote_return, return_and_refund, return_goods
from orders.services.sales import MANUAL, MARKDOWN, NotASale, NumberTaken, Placed, Sale, SaleLine, SalePayment, Unbalanced, check
from orders.services.tenders import known_cards, take_tenders

__all__ = [
    "quote",
    "Offer",
    "CartChanged",
    "CartClosed",
    "UnknownCart",
    "change_cart",
    "create_cart",
    "delivery_choices",
    "expire_carts",
    "get_cart",
    "put_cart",
    "set_addresses",
    "sign_in",
    "PaymentDeclined",
    "PriceChanged",
    "checkout",
    "place_cart",
    "undo_placing",
    "SoldOut",
    "MailImpossible",
    "send_again",
    "Settled",
    "settle_account",
    "take_tenders",
    "known_cards",
    "schedule",
    "convert",
    "ScheduleInvalid",
    "QuoteOver",
    "Part",
    "close_period",
    "PeriodOpen",
    "PeriodNotOver",
    "PeriodClosed",
    "take_payment",
    "issue_invoice",
    "UnknownInvoice",
    "edit",
    "EditInvalid",
    "Change",
    "MANUAL",
    "Loaded",
    "MARKDOWN",
    "Moved",
    "NotASale",
    "NumberTaken",
    "OrderChangedMeanwhile",
    "OrderState",
    "Placed",
    "Quote",
    "Refund",
    "ReturnLine",
    "Returned",
    "Sale",
    "SaleLine",
    "SalePayment",
    "Unbalanced",
    "UnknownOrder",
    "WrongHistoryFile",
    "cancel",
    "check",
    "expire",
    "hand_over",
    "hold",
    "let_go",
    "load_history",
    "mark_paid",
    "place",
    "put_to_review",
    "quote_return",
    "record_step",
    "refusal_of",
    "return_and_refund",
    "return_goods",
    "settle_review",
]
