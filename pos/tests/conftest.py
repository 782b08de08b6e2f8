import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog import services as catalog
from inventory import services as inventory
from org.tests.cast import Cast, open_shop
from pos import services
from pos.models import Till
from pos.queries import feed
from pos.tests.paper_till import PaperTill


def through_django(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    data = {} if body is None else {"data": body if isinstance(body, bytes) else json.dumps(body), "content_type": "application/json"}
    answer = Client().generic(method, path, headers=headers, **data)
    return answer.status_code, json.loads(answer.content) if answer.content else None


@dataclass
class Shop:
    cast: Cast
    northside_till: Till
    riverside_till: Till
    items: list[dict[str, Any]]

    def till(self, till: Till | None = None) -> PaperTill:
        """A freshly enrolled till, Northside's unless told otherwise, with its catalogue."""
        till = till or self.northside_till
        paper = PaperTill(through_django, cashier=self.cast.carla.id)
        paper.enrol(services.create_enrolment_code(till=till, actor=self.cast.mia.id, now=timezone.now()))
        paper.snapshot = "0123456789abcdef"
        return paper


def stock_shop() -> Shop:
    cast = open_shop()
    now = timezone.now()
    for store in (cast.northside, cast.riverside):
        inventory.create_location(code=store.code, name=store.name, store=store)
    tax = catalog.create_tax_class(code="reduced", name="Reduced", rate=70_000, actor=None)
    for n, price in enumerate((149, 299, 89)):
        variant = catalog.NewVariant(sku=f"OATS-{n}", net_content=500_000, net_unit="g", prices={"EUR": price})
        catalog.create_product(name=f"Oats {n}", tax_class=tax, variants=[variant], status="active", now=now, actor=None)
    return Shop(
        cast=cast,
        northside_till=services.create_till(store=cast.northside, number=1, name="Till 1"),
        riverside_till=services.create_till(store=cast.riverside, number=1, name="Till 1"),
        items=json.loads(feed.catalogue(store=cast.northside, now=now).body)["items"],
    )


@pytest.fixture
def shop(db) -> Shop:
    return stock_shop()
