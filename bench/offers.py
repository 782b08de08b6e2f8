"""A thousand promotions and a price list over the shop of bench.filling: most are about a brand, a shelf, a tag or a few SKUs."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import connection

PROMOTIONS = 1_000
# Half of the catalogue stands on a list of the channel as well; every seventh variant has a step of it.
LISTED = """with l as (insert into catalog_pricelist (id, code, name, currency, channel_id, customer_group, priority, created_at)
    select gen_random_uuid(), 'bench', 'Bench', 'EUR', c.id, '', 0, %(now)s from org_channel c where c.code = 'web' returning id)
insert into catalog_priceentry (price_list_id, variant_id, amount, price_quantity, from_quantity, live)
select l.id, v.id, 90 + abs(hashtext(v.sku)) %% 800, 1000, step, true from l, catalog_variant v, unnest(array[1000, 6000]) step
where abs(hashtext(v.sku)) %% 2 = 0 and (step = 1000 or abs(hashtext(v.sku)) %% 7 = 0)"""


def offer(*, now: datetime) -> None:
    from catalog.models import Promotion

    with connection.cursor() as cursor:
        cursor.execute(LISTED, {"now": now})
    by = uuid4()
    kept: dict[str, Any] = {"made_by": by, "made_at": now, "changed_by": by, "changed_at": now, "state": "approved"}
    Promotion.objects.bulk_create(Promotion(code=f"offer-{n}", name=f"Offer {n}", **_offer(n), **kept) for n in range(PROMOTIONS))
    with connection.cursor() as cursor:
        cursor.execute("analyze")


def _offer(n: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"selection": {"any": _about(n)}, "reward": REWARDS[n % len(REWARDS)]}
    if n % 200 == 0:
        # A few on the whole basket.
        rule = {"level": "order", "reward": {"kind": "percent", "value": 20_000}, "minimum": {"amount": 1_000 * (1 + n % 7)}}
    return {"priority": n % 10, "combination": ("exclusive", "best", "stack")[n % 3], "group": f"group-{n % 5}" if n % 3 == 1 else "", "rule": rule}


def _about(n: int) -> dict[str, list[str]]:
    return (
        {"brand": [f"brand-{1 + n % 300}"]},
        {"category": [f"shelf-{1 + n % 180}"]},
        {"tag": [f"tag-{n % 40}"], "attribute.diet": ["vegan"]},
        {"sku": [f"P{1 + 13 * n}-M", f"P{1 + 17 * n}-L"]},
    )[n % 4]


REWARDS: list[dict[str, Any]] = [
    {"kind": "percent", "value": 100_000},
    {"kind": "set", "size": 2, "value": 300},
    {"kind": "amount", "value": 20},
    {"kind": "buy_get", "buy": 2, "get": 1, "percent": 1_000_000, "selection": None},
    {"kind": "tiers", "by": "quantity", "steps": [{"from": 3, "kind": "percent", "value": 50_000}, {"from": 6, "kind": "percent", "value": 100_000}]},
    {"kind": "fixed", "value": 150},
]
