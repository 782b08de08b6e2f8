"""Checkout as shoppers do it: in one request, and step by step. Every call buys three other things."""
# ruff: noqa: S311  # what is drawn here guards nothing

import json
import logging
import random
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from bench.measuring import Operation, Web

MANY = 1_000_000_000
KEY = "sk_checkout"
TIMES = 60
HOME = {"name": "Ada Lovelace", "line1": "Torstraße 1", "postcode": "10119", "city": "Berlin", "country": "DE"}


class Shopper:
    """Somebody who has signed in, and a shop that has plenty of two hundred things."""

    def __init__(self, web: Web) -> None:
        from catalog.models import Variant
        from customers import services as customers
        from inventory import services as inventory
        from inventory.models import Location
        from kernel.ids import uuid7
        from orders.models import DeliveryOption, DeliveryRate
        from org import services
        from org.models import Channel

        self.web, now, channel = web, datetime.now(UTC), Channel.objects.get(code="web")
        services.create_api_key(name="checkout", kind="secret", channel=channel, scopes=["checkout:write"], now=now, plain=KEY)
        goods = list(Variant.objects.filter(sold_by="each").order_by("id")[:200])
        self.skus = [one.sku for one in goods]
        place = Location.objects.get(code="northside").id
        inventory.open_stock(location=place, quantities={one.id: MANY for one in goods}, reference=uuid7(), now=now)
        option = DeliveryOption.objects.create(code="standard", name="Standard", kind="ship")
        option.channels.add(channel)
        DeliveryRate.objects.create(option=option, currency=channel.currency, amount=490)
        self.customer = customers.create_customer(data={"given_name": "Ada"}, actor=None, now=now)
        self.home = customers.add_address(customer=self.customer, address=HOME, now=now)
        self.ready: list[dict[str, Any]] = []

    def lines(self) -> list[dict[str, Any]]:
        return [{"sku": sku, "quantity": random.randint(1, 3) * 1000} for sku in random.sample(self.skus, 3)]

    def person(self) -> dict[str, str]:
        return {"customer": str(self.customer), "ship_to": str(self.home)}

    def ask(self, method: str, path: str, body: Any, expected: int) -> Any:
        status, content, _ = self.web(method, f"/api/v1{path}", json.dumps(body).encode(), IDEMPOTENCY_KEY=str(uuid4()))
        assert status == expected, content[:500]
        return json.loads(content)

    def look(self) -> None:
        """What three things cost, before they are bought."""
        asked = {"lines": self.lines(), "delivery": {"kind": "ship", "option": "standard"}, **self.person(), "agreed_total": 0}
        total = self.ask("POST", "/checkouts", asked, 409)["total"]
        self.ready.append({**asked, "agreed_total": total, "tenders": [{"kind": "transfer", "amount": total}]})

    def buy(self) -> None:
        self.ask("POST", "/checkouts", self.ready.pop(), 201)

    def step_by_step(self) -> None:
        cart = self.ask("POST", "/carts", {"lines": self.lines()}, 201)
        path = f"/carts/{cart['id']}"
        self.ask("PUT", f"{path}/customer", self.person(), 200)
        cart = self.ask("PUT", f"{path}/delivery", {"delivery": {"kind": "ship", "option": "standard"}}, 200)
        total = cart["totals"]["total"]
        self.ask("POST", f"{path}/orders", {"agreed_total": total, "tenders": [{"kind": "transfer", "amount": total}]}, 201)


def buying(application: Any, bare: Any, *, rounds: int) -> list[Operation]:
    shopper, plain = Shopper(Web(application, X_API_Key=KEY)), Web(bare)
    # Each is refused on purpose, for what it tells.
    told_of = logging.getLogger("django.request")
    before = told_of.level
    told_of.setLevel(logging.ERROR)
    for _ in range(TIMES * (rounds + 2)):
        shopper.look()
    told_of.setLevel(before)
    told = json.dumps([{"lines": [{"sku": str(n)} for n in range(3)]}]).encode()

    def floor() -> None:
        plain("POST", "/floor/basket", json.dumps(random.sample(shopper.skus, 3)).encode())
        plain("POST", "/floor/sales", told)

    return [
        Operation("checkout_one_request", shopper.buy, floor, times=TIMES),
        Operation("checkout_steps", shopper.step_by_step, floor, times=30),
    ]
