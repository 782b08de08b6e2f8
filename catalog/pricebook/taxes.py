"""How a place taxes: the rates of its zone, where no zone says otherwise each class's own."""

from typing import Any

from django.db import connection

from catalog.pricebook.clocks import Clock
from catalog.pricebook.standing import Place

Json = dict[str, Any]

WAYS = """select coalesce(x.prices_include_tax, true), coalesce(x.rounding, 'line'), coalesce(x.cash_rounding, 1), coalesce(s.zone_id, x.zone_id)
from (select 1) one left join catalog_channeltax x on x.channel_id = %(channel)s left join catalog_storetax s on s.store_id = %(store)s"""
RATES = """select t.code, t.rate, r.code, r.name, r.rate, r.compound, r.starts_on, r.ends_on
from catalog_taxclass t left join catalog_taxrate r on r.tax_class_id = t.id and r.zone_id = %(zone)s
order by t.code, r.position, r.starts_on nulls first, r.id"""


def taxes(*, place: Place, clock: Clock) -> tuple[Json, int | None]:
    """The part of the rules that is about tax, and the zone. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(WAYS, {"channel": place.channel, "store": place.store})
        inclusive, rounding, cash, zone = cursor.fetchone()
        cursor.execute(RATES, {"zone": zone})
        rows = cursor.fetchall()
    classes: dict[str, list[Json]] = {}
    own: dict[str, int] = {}
    for code, own_rate, *rate in rows:
        own[code] = own_rate
        classes.setdefault(code, []).extend([_rate(rate, clock)] if rate[0] is not None else [])
    told = {code: _with_own(rates, own[code]) for code, rates in classes.items()}
    return {"prices_include_tax": inclusive, "tax_rounding": rounding, "cash_rounding": cash, "taxes": told}, zone


def _rate(row: list[Any], clock: Clock) -> Json:
    code, name, rate, compound, starts_on, ends_on = row
    return {"code": code, "name": name, "rate": rate, "compound": compound, "starts_at": clock.day(starts_on), "ends_at": clock.day(ends_on)}


def _with_own(rates: list[Json], own: int) -> list[Json]:
    """Until the first rate of the zone begins, the class's own holds."""
    begins = min((rate["starts_at"] for rate in rates), key=lambda at: (at is not None, at or 0)) if rates else None
    if rates and begins is None:
        return rates
    return [{"code": "vat", "name": "VAT", "rate": own, "compound": False, "starts_at": None, "ends_at": begins}, *rates]
