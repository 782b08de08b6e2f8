"""Tax zones with their dated rates, where channels and stores stand, and who need not pay. Rates are parts per million."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from catalog.models import ChannelTax, StoreTax, TaxClass, TaxExemption, TaxRate, TaxZone
from catalog.services import changes, structure
from kernel.errors import Conflict, Invalid, NotFound
from org import settings


class UnknownZone(NotFound):
    code = "tax_zone_not_found"
    title = "There is no such tax zone"


class UnknownRate(NotFound):
    code = "tax_rate_not_found"
    title = "There is no such tax rate"


class ZoneTaken(Conflict):
    code = "tax_zone_taken"
    title = "There is a zone for this code, country or region already"


class RateOverlaps(Conflict):
    code = "tax_rate_overlaps"
    title = "Another rate of the same tax holds at that time"


class RateHasBegun(Conflict):
    """What sales were taxed with stays known."""

    code = "tax_rate_has_begun"
    title = "A rate that has begun can only be followed by another"


@dataclass(frozen=True, slots=True)
class NewRate:
    """`code` is the tax ("vat"); `starts_on` empty: since ever."""

    tax_class: int
    rate: int
    starts_on: date | None = None
    code: str = "vat"
    name: str = "VAT"
    compound: bool = False
    position: int = 0


def create_tax_zone(*, code: str, name: str, country: str, now: datetime, actor: UUID | None, region: str = "") -> TaxZone:
    """`country` ISO 3166-1 alpha-2, `region` the second part of ISO 3166-2 or empty for the whole country."""
    zone = TaxZone(code=code, name=" ".join(name.split()), country=country.strip().upper(), region=region.strip().upper())
    with changes.written_by(actor):
        _checked(zone)
        _saved(zone)
    return zone


def change_tax_zone(*, zone: int, fields: Mapping[str, str], now: datetime, actor: UUID | None) -> TaxZone:
    """Its name. Where it lies stays: rates were charged there."""
    fixed = set(fields) - {"name"}
    if fixed:
        raise changes.NotOneOf(f"{', '.join(sorted(fixed))} cannot be changed here.", field=min(fixed))
    with changes.written_by(actor):
        row = _zone(zone)
        row.name = " ".join(fields["name"].split())
        _checked(row)
        row.save()
    return row


def add_rate(*, zone: int, rate: NewRate, now: datetime, actor: UUID | None) -> TaxRate:
    """Ends the rate of the same tax and class that holds on the day the new one begins. Raises RateOverlaps, RateHasBegun."""
    with changes.written_by(actor):
        row = _new_rate(zone, rate)
        running = _holding(row, rate.starts_on) if rate.starts_on is not None else None
        if running is not None:
            if row.starts_on is not None and row.starts_on < _today(now):
                raise RateHasBegun(f"{running.name} of {_percent(running.rate)}% holds today: a new rate begins today or later.", field="starts_on")
            TaxRate.objects.filter(id=running.id).update(ends_on=row.starts_on)
        _saved(row)
        structure.tell(row.tax_class, row.tax_class_id, "changed", now=now)
    return row


def remove_rate(*, rate: int, now: datetime, actor: UUID | None) -> None:
    """One that has not begun: the one before it runs on."""
    with changes.written_by(actor):
        row = TaxRate.objects.select_for_update(of=("self",)).select_related("tax_class").filter(id=rate).first()
        if row is None:
            raise UnknownRate(field="rate")
        if row.starts_on is None or row.starts_on <= _today(now):
            raise RateHasBegun(field="starts_on")
        row.delete()
        same = TaxRate.objects.filter(zone=row.zone_id, tax_class=row.tax_class, code=row.code, ends_on=row.starts_on)
        same.update(ends_on=row.ends_on)
        structure.tell(row.tax_class, row.tax_class_id, "changed", now=now)


def end_rate(*, rate: int, ends_on: date, now: datetime, actor: UUID | None) -> TaxRate:
    """The tax is no longer charged from that day on."""
    with changes.written_by(actor):
        row = TaxRate.objects.select_for_update(of=("self",)).select_related("tax_class").filter(id=rate).first()
        if row is None:
            raise UnknownRate(field="rate")
        if ends_on < _today(now):
            raise RateHasBegun("What was charged until today stays: end it today or later.", field="ends_on")
        if row.starts_on is not None and ends_on <= row.starts_on:
            raise Invalid("It ends before it begins. Remove it instead.", field="ends_on")
        row.ends_on = ends_on
        _saved(row)
        structure.tell(row.tax_class, row.tax_class_id, "changed", now=now)
    return row


def set_channel_tax(
    *, channel: UUID, zone: int | None, prices_include_tax: bool, rounding: str, cash_rounding: int, now: datetime, actor: UUID | None
) -> ChannelTax:
    """How a channel and its stores tax from now on. `cash_rounding` in minor units: 5 rounds cash to 0.05."""
    with changes.written_by(actor):
        row = ChannelTax(
            channel_id=channel,
            zone=_zone(zone) if zone is not None else None,
            prices_include_tax=prices_include_tax,
            rounding=rounding,
            cash_rounding=cash_rounding,
        )
        if rounding not in ChannelTax.Rounding.values:
            raise Invalid("Rounding is “line” or “document”.", field="rounding")
        if not 1 <= cash_rounding <= 1000:
            raise Invalid("Cash is rounded to 1 to 1000 minor units.", field="cash_rounding")
        row.save()
        _tell_every_class(now)
    return row


def set_store_tax(*, store: UUID, zone: int | None, now: datetime, actor: UUID | None) -> None:
    """A store in another zone than its channel; None: where the channel stands."""
    with changes.written_by(actor):
        if zone is None:
            StoreTax.objects.filter(store=store).delete()
        else:
            StoreTax(store_id=store, zone=_zone(zone)).save()
        _tell_every_class(now)


def add_exemption(
    *,
    customer: UUID,
    certificate: str,
    starts_on: date,
    expires_on: date,
    now: datetime,
    actor: UUID | None,
    classes: Sequence[str] = (),
    zone: int | None = None,
) -> TaxExemption:
    """`classes` by code; none named: all of them."""
    unknown = set(classes) - set(TaxClass.objects.filter(code__in=list(classes)).values_list("code", flat=True))
    if unknown:
        raise Invalid(f"There is no tax class {min(unknown)}.", field="classes")
    if expires_on <= starts_on:
        raise Invalid("It expires before it begins.", field="expires_on")
    row = TaxExemption(
        customer=customer,
        certificate=" ".join(certificate.split()),
        classes=sorted(set(classes)),
        zone=_zone(zone) if zone is not None else None,
        starts_on=starts_on,
        expires_on=expires_on,
    )
    with changes.written_by(actor):
        _checked(row)
        row.save()
    return row


@transaction.atomic
def end_exemptions(*, customer: UUID, on: date, actor: UUID | None) -> None:
    """From that day on the customer pays taxes again. What held before stays as it was; what had not begun is gone."""
    with changes.written_by(actor):
        TaxExemption.objects.filter(customer=customer, starts_on__gte=on).delete()
        TaxExemption.objects.filter(customer=customer, expires_on__gt=on).update(expires_on=on)


def _new_rate(zone: int, rate: NewRate) -> TaxRate:
    tax_class = TaxClass.objects.filter(id=rate.tax_class).first()
    if tax_class is None:
        raise Invalid("There is no such tax class.", field="tax_class")
    row = TaxRate(
        zone=_zone(zone),
        tax_class=tax_class,
        code=rate.code,
        name=" ".join(rate.name.split()),
        rate=rate.rate,
        compound=rate.compound,
        position=rate.position,
        starts_on=rate.starts_on,
    )
    if not 0 <= rate.rate < 1_000_000:
        raise Invalid("A rate is from 0 to below 100 percent.", field="rate")
    # One that is planned already ends the new one: it is put between.
    later = TaxRate.objects.filter(zone=row.zone, tax_class=tax_class, code=row.code, starts_on__isnull=False)
    if rate.starts_on is not None:
        later = later.filter(starts_on__gt=rate.starts_on)
    row.ends_on = later.order_by("starts_on").values_list("starts_on", flat=True).first()
    _checked(row)
    return row


def _holding(new: TaxRate, day: date) -> TaxRate | None:
    same = TaxRate.objects.select_for_update().filter(zone=new.zone, tax_class=new.tax_class, code=new.code)
    return same.filter(Q(starts_on=None) | Q(starts_on__lt=day), Q(ends_on=None) | Q(ends_on__gt=day)).first()


def _zone(id: int) -> TaxZone:
    row = TaxZone.objects.filter(id=id).first()
    if row is None:
        raise UnknownZone(field="zone")
    return row


def _percent(rate: int) -> str:
    whole, rest = divmod(rate, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(settings.get("shop.timezone"))).date()


def _checked(row: Any) -> None:
    try:
        row.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error


def _saved(row: Any) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if constraint == "tax_rate_no_overlap":
            raise RateOverlaps(field="starts_on") from error
        if constraint == "tax_zone_country_iso":
            raise Invalid("A country is two letters, such as DE.", field="country") from error
        if "taxzone" in constraint or constraint == "tax_zone_once":
            raise ZoneTaken(field="code" if "code" in constraint else "country") from error
        raise


def _tell_every_class(now: datetime) -> None:
    """Cards tell the rate of their place: where that changed, every class did."""
    for tax_class in TaxClass.objects.order_by("id"):
        structure.tell(tax_class, tax_class.pk, "changed", now=now)


def rates_on(*, zone: int, day: date) -> list[TaxRate]:
    """What is charged in a zone that day, by class and in order."""
    holding = TaxRate.objects.filter(Q(starts_on=None) | Q(starts_on__lte=day), Q(ends_on=None) | Q(ends_on__gt=day), zone=zone)
    return list(holding.select_related("tax_class").order_by("tax_class__code", F("position"), "id"))
