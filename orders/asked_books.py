"""What programs ask of the books: both doors name places by their codes, and ask for no more than a year and some weeks at once."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from kernel.errors import Invalid, NotFound
from orders.asked_life import actor_of
from orders.queries import books as queries
from orders.services import close_period
from org.access import Principal

LONGEST_DAYS: Final = 400


def place(*, store: str = "", channel: str = "") -> dict[str, UUID | None]:
    """As the queries of the books take it."""
    asked = {"store": store, "channel": channel}
    found = {name: queries.place_id(kind=name, code=code) if code else None for name, code in asked.items()}
    for name, id in found.items():
        if asked[name] and id is None:
            raise NotFound(f"There is no such {name}.", field=name)
    return found


def span(*, since: date, until: date) -> tuple[date, date]:
    if not 0 <= (until - since).days <= LONGEST_DAYS:
        raise Invalid(f"Ask for a period of at most {LONGEST_DAYS} days.", field="until")
    return since, until


def close(*, principal: Principal, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """`given`: company, its code, and through, a day."""
    company = queries.place_id(kind="company", code=given["company"])
    if company is None:
        raise NotFound("There is no such company.", field="company")
    close_period(company=company, through=given["through"], actor=actor_of(principal), now=now)
    return {"company": given["company"], "through": given["through"].isoformat()}
