"""Taxes worked out by somebody else, by where the goods go: asked before the transaction, known by a hash of what was
asked, and used for exactly that or not at all.

settings.TAX_QUOTES names the backend by its dotted path; OwnRates, our own zones and rates, is the one that is there from the start.
Amounts are minor units after every discount; with `prices_include_tax` the tax lies in them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from catalog.models import TaxRate, TaxZone
from catalog.pricing.taxes import folded
from catalog.services.taxes import rates_on
from kernel.errors import Conflict, Refused

Taxes = list[dict[str, Any]]


class NoTaxThere(Refused):
    code = "tax_place_unknown"
    title = "Nobody has said how sales to this place are taxed"


class QuoteOutdated(Conflict):
    """The basket is not the one that was asked about: ask again."""

    code = "tax_quote_outdated"
    title = "The taxes were worked out for another basket"


@dataclass(frozen=True, slots=True)
class Part:
    """A line or a charge of the basket, by its id there."""

    id: int
    amount: int
    tax_class: str
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """`country` ISO 3166-1 alpha-2, `region` the second part of ISO 3166-2."""

    currency: str
    prices_include_tax: bool
    country: str
    region: str
    postcode: str
    day: date
    lines: tuple[Part, ...]
    charges: tuple[Part, ...] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Quote:
    """The taxes of each line and charge, by its id: [{"code", "name", "rate" in parts per million, "amount" in minor units}]."""

    digest: str
    lines: Mapping[int, Taxes]
    charges: Mapping[int, Taxes]

    def facts(self, asked: Asked) -> dict[str, Any]:
        """As catalog.pricing takes it. Raises QuoteOutdated for anything but what was asked."""
        if asked.digest != self.digest:
            raise QuoteOutdated(field="tax_quote")
        return {"lines": _told(asked.lines, self.lines), "charges": _told(asked.charges, self.charges)}


class Backend(Protocol):
    """`taxes` answers for each part, in its order. `local`: it asks nobody far away; one that does raises Refused when its time is up."""

    local: bool

    def taxes(self, asked: Asked) -> tuple[Sequence[Taxes], Sequence[Taxes]]: ...


class OwnRates:
    """The rates of the zone the goods go to: its region's, or its country's."""

    local = True

    def taxes(self, asked: Asked) -> tuple[Sequence[Taxes], Sequence[Taxes]]:
        zones = TaxZone.objects.filter(country=asked.country, region__in={asked.region, ""}).order_by("-region")
        zone = zones.first()
        if zone is None:
            raise NoTaxThere(f"There is no tax zone for {'-'.join(filter(None, (asked.country, asked.region)))}.", field="country")
        held = rates_on(zone=zone.pk, day=asked.day)

        def taxed(part: Part) -> Taxes:
            rates = folded([_rate(rate) for rate in held if rate.tax_class.code == part.tax_class], 0)
            return rates.split(rates.tax(part.amount, inside=asked.prices_include_tax)) if rates.rows else []

        return [taxed(part) for part in asked.lines], [taxed(part) for part in asked.charges]


def quote(*, asked: Asked) -> Quote:
    """Raises Refused when the backend cannot tell. A backend that asks somebody far away is never called inside a transaction."""
    backend: Backend = import_string(settings.TAX_QUOTES)()
    if connection.in_atomic_block and not backend.local:
        raise transaction.TransactionManagementError("taxes are asked for before the transaction begins")
    lines, charges = backend.taxes(asked)
    return Quote(asked.digest, _by_id(asked.lines, lines), _by_id(asked.charges, charges))


def _rate(row: TaxRate) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "rate": row.rate, "compound": row.compound, "starts_at": None, "ends_at": None}


def _by_id(parts: Sequence[Part], taxes: Sequence[Taxes]) -> dict[int, Taxes]:
    return {part.id: told for part, told in zip(parts, taxes, strict=True)}


def _told(parts: Sequence[Part], taxes: Mapping[int, Taxes]) -> dict[str, Any]:
    return {str(part.id): {"amount": part.amount, "taxes": taxes[part.id]} for part in parts}
