"""What is in flight when somebody comes in: three offers, a price that changes tomorrow, one that waits for a second person, goods
marked down, and the zone the shop is taxed in. Dates follow from the day it is loaded. What people changed since stays."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from catalog import services as catalog
from catalog.services import NewEntry, taxes
from demo import queries
from org import settings
from org.models import Channel, Store

SETTINGS = {"pricing.approval_change": 300_000, "pricing.approval_margin": 100_000}
DRINKS = ["APPLE-JUICE", "APPLE-PEAR-JUICE", "ELDERFLOWER", "INNOCENT-ENERGISE-SMOOTHIE", "OAT-DRINK", "RED-GRAPE-JUICE", "VOELKEL-APPLE-PEACH"]
FRUIT = ["AVOCADO", "BLUEBERRIES", "LEMON", "ORGANIC-ITALIA-GRAPES"]
CHEESE = ["CHEDDAR"]


def begin(*, zone: str) -> None:
    """Before people are at work: the clock of the shop and when a second person is asked."""
    for name, value in {"shop.timezone": zone, **SETTINGS}.items():
        if not queries.has_setting(name):
            settings.put(name, value)


def finish(*, channels: list[Channel], stores: list[Store], zone: str, now: datetime) -> None:
    """Nora drafts it, Petra lets it in."""
    _taxes(channels, now)
    if queries.has_promotions():
        return
    nora, petra = queries.person("nora"), queries.person("petra")
    today = now.astimezone(ZoneInfo(zone))
    for values in offers(today, stores):
        _given(values, nora=nora, petra=petra, now=now)
    tomorrow = _at(today, days=1, hour=6)
    places = [store.pk for store in stores]
    catalog.schedule_price(variant=queries.variant("BAGUETTE"), stores=places, amount=210, starts_at=tomorrow, now=now, actor=nora)
    _waiting(places, today, now, nora)
    sandwich = queries.variant("SANDWICH-CHEESE")
    catalog.make_stickers(
        variant=sandwich,
        store=stores[0].pk,
        kind="percent",
        value=300_000,
        pieces=6,
        reason="Best before tomorrow",
        expires_at=_at(today, days=1, hour=21),
        now=now,
        actor=queries.person("mia"),
    )


def offers(today: datetime, stores: list[Store]) -> list[dict[str, Any]]:
    everywhere: dict[str, Any] = {"starts_at": None, "ends_at": None}
    counter = {"stores": [store.code for store in stores]}
    sunday = today + timedelta(days=(6 - today.weekday()) or 7)
    return [
        {
            **everywhere,
            "name": "2 for 5.00 drinks",
            "receipt_text": "2 for 5.00",
            "rule": {"selection": skus(DRINKS), "reward": {"kind": "set", "size": 2, "value": 500}},
        },
        {
            **everywhere,
            "name": "Lunch bundle 6.90",
            "receipt_text": "Lunch bundle",
            "priority": 10,
            "rule": {**counter, "reward": {"kind": "bundle", "as": "price", "value": 690, "slots": LUNCH}},
        },
        {
            "name": "20% off cheddar this week",
            "receipt_text": "20% this week",
            "starts_at": today - timedelta(days=2),
            "ends_at": datetime.combine(sunday.date(), time(18), tzinfo=today.tzinfo),
            "supplier": "Brightwater",
            "supplier_share": 400_000,
            "rule": {"selection": skus(CHEESE), "reward": {"kind": "percent", "value": 200_000}},
        },
    ]


def skus(wanted: list[str]) -> dict[str, Any]:
    return {"any": {"sku": wanted}, "except": {}}


LUNCH = [
    {"name": "Sandwich", "selection": skus(["SANDWICH-CHEESE"]), "quantity": 1},
    {"name": "Drink", "selection": skus(DRINKS), "quantity": 1},
    {"name": "Fruit", "selection": skus(FRUIT), "quantity": 1},
]


def _given(values: dict[str, Any], *, nora: UUID, petra: UUID, now: datetime) -> None:
    row = catalog.create_promotion(values=values, now=now, actor=nora)
    row = catalog.submit_promotion(promotion=row.pk, now=now, actor=nora)
    if row.state == row.State.WAITING:
        catalog.approve_promotion(promotion=row.pk, now=now, actor=petra)


def _waiting(stores: list[UUID], today: datetime, now: datetime, nora: UUID) -> None:
    """40% off is more than one person decides here."""
    prices = catalog.create_price_list(name="Weekend at Northside", currency="EUR", stores=stores[:1], now=now, actor=nora)
    saturday = _at(today, days=(5 - today.weekday()) % 7 or 7, hour=9)
    ends = saturday + timedelta(days=1, hours=9)
    entries = [
        NewEntry(variant=queries.variant(sku), amount=amount, starts_at=saturday, ends_at=ends) for sku, amount in (("LOAF", 390), ("RYE", 290))
    ]
    change = catalog.draft_change(price_list=prices.pk, name="Bread for the weekend", entries=entries, now=now, actor=nora)
    catalog.submit_change(change=change.pk, now=now, actor=nora)


def _taxes(channels: list[Channel], now: datetime) -> None:
    if queries.has_tax_zone("de"):
        return
    zone = taxes.create_tax_zone(code="de", name="Germany", country="DE", now=now, actor=None)
    for code, rate in queries.tax_rates().items():
        taxes.add_rate(zone=zone.pk, rate=taxes.NewRate(tax_class=queries.tax_class(code).pk, rate=rate), now=now, actor=None)
    for channel in channels:
        taxes.set_channel_tax(channel=channel.pk, zone=zone.pk, prices_include_tax=True, rounding="line", cash_rounding=1, now=now, actor=None)


def _at(today: datetime, *, days: int, hour: int) -> datetime:
    return datetime.combine((today + timedelta(days=days)).date(), time(hour), tzinfo=today.tzinfo)
