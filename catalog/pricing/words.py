"""What an entry of the trace means, for people."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kernel.money import format_amount

Json = dict[str, Any]
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")

# What needs no figure.
PLAIN = {
    "not_here": "Not in this store or channel",
    "not_now": "Not at this time",
    "needs_coupon": "Needs a coupon",
    "not_for_customer": "For certain customers only",
    "first_order_only": "For a customer's first order only",
    "staff_only": "For staff only",
    "not_offline": "Not without a connection to the shop",
    "no_saving": "Saves nothing here",
    "stack_limit": "As much as may be taken off has been taken off",
    "deposit": "Deposits are never reduced",
    "weighed": "Not for what is sold by weight",
    "over_budget": "Its budget is used up",
    "no_goods": "Nothing here that it is for",
    "quote_outdated": "The tax service was asked about another basket; the shop's own rates were used",
}
COUPONS = {
    "unknown": "This coupon is not known",
    "used": "This coupon has been used",
    "expired": "This coupon has expired",
    "not_yours": "This coupon is another customer's",
}


def words(entry: Json, *, name: str, currency: str, zone: str, at: int) -> str:
    """`name` is the promotion's; `zone` an IANA time zone to tell times in; `at` now, in milliseconds since 1970 UTC."""
    code, params = entry["code"], entry["params"]
    if code in PLAIN:
        return PLAIN[code]
    if code in ("not_started", "ended"):
        moment = params["starts_at" if code == "not_started" else "ends_at"]
        return f"{'Starts' if code == 'not_started' else 'Ended'} {told(moment, zone=zone, at=at)}"
    return WITH_FIGURES[code](params, name, currency)


def told(moment: int, *, zone: str, at: int) -> str:
    """ "Saturday 09:00" within six days of now, else "3 May 2026 09:00"."""
    then, now = (_local(instant, zone) for instant in (moment, at))
    day = DAYS[then.weekday()] if abs((then.date() - now.date()).days) < 7 else f"{then.day} {MONTHS[then.month - 1]} {then.year}"
    return f"{day} {then:%H:%M}"


def _local(instant: int, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)).astimezone(ZoneInfo(zone))


def _used_up(params: Json, name: str, currency: str) -> str:
    return "This customer has used it up" if params["scope"] == "customer" else "Used up"


def _fixed(params: Json, name: str, currency: str) -> str:
    return "Marked down already" if params["source"] == "markdown" else "Its price was set by hand"


WITH_FIGURES: dict[str, Callable[[Json, str, str], str]] = {
    "applied": lambda params, name, currency: f"{name}: {format_amount(params['amount'], currency)} off",
    "add_more": lambda params, name, currency: f"Add {params['count']} more for {name}",
    "spend_more": lambda params, name, currency: f"Spend {format_amount(params['amount'], currency)} more for {name}",
    "missing": lambda params, name, currency: f"Needs {params['name']}",
    "excluded_by": lambda params, name, currency: f"Excluded by {params['name']}",
    "coupon_refused": lambda params, name, currency: COUPONS.get(params["reason"], "This coupon does not count"),
    "used_up": _used_up,
    "fixed": _fixed,
}
