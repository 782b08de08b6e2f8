"""The simulator: a basket, a place, a time and a customer in the address; what it costs and why, in words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from backoffice.tests import shop as house
from catalog import search
from catalog import services as catalog
from catalog.models import Promotion, Simulation, Variant
from kernel import jobs
from org import services as org
from org.tests.doorstep import statements

HERE = "/admin/simulator/"


@pytest.fixture
def busy(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 12, now=moment)
    search.refresh(products=[variant.product_id for variant in shop.variants])
    return shop


def promotion(shop: house.Shop, *, code: str = "two", name: str = "2 for 3.00", now: datetime, **values: Any) -> Promotion:
    rule = values.pop("rule", {"selection": {"any": {"category": ["drinks"]}}, "reward": {"kind": "set", "size": 2, "value": 300}})
    return Promotion.objects.create(
        code=code, name=name, rule=rule, state=values.pop("state", "approved"),
        made_by=shop.owner.pk, made_at=now, changed_by=shop.owner.pk, changed_at=now, **values,
    )  # fmt: skip


def look(client: Client, **query: Any) -> Any:
    answer = client.get(HERE + ("?" + urlencode(query) if query else ""))
    assert answer.status_code == 200, answer.content
    return answer


def basket(*lines: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {**{f"item.{sku}": many for sku, many in lines}, **more}


def notes(answer: Any) -> list[str]:
    return [f"{row.sku}: {note.strong} {note.text}".strip() for row in answer.context["told"].rows for note in row.notes]


def test_a_basket_costs_what_the_tills_take_and_says_why(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    promotion(busy, now=moment)
    answer = look(signed_in(busy.owner), **basket(("12204", 1), ("12205", 2)))
    told = answer.context["told"]
    assert told.pays == "4.80"
    print(notes(answer), told)
