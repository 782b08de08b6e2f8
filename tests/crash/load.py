"""Who buys, brings back, cancels and sells while everything dies around them: threads, each with its own chance."""

import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from pos.tests.paper_till import PaperTill
from tests.chaos.till import Paper
from tests.crash.line import Answered, Book, GivenUp, Line
from tests.stack import Stack

WEB = "/api/v1"
BERLIN = {"name": "Ada Example", "line1": "Example Street 1", "city": "Berlin", "postcode": "10115", "country": "DE"}
ON_CARD = 1_000_000
SHOPPERS = 4
TAKEN = ("accepted", "duplicate")
# What the provider that plays one does with a card: most are taken; of some the answer is lost, some are declined.
CARDS = (
    *("sim_visa",) * 6,
    "sim_visa.authorise:lost_after",
    "sim_visa.authorise:500_after",
    "sim_visa.authorise:lost_before",
    "sim_visa.webhook:duplicate",
    "sim_visa.refund:lost_after",
    "sim_visa.authorise:decline",
)
SET_UP = """
import json
from uuid import UUID
from django.utils import timezone
from customers.models import Address
from customers.services import issue_gift_card
from inventory import services as inventory
from kernel.ids import uuid7
from org import services, settings
from org.models import Channel, User
from pos import services as pos
from pos.models import Till
now = timezone.now()
web = Channel.objects.get(code="web")
scopes = ["orders:read", "orders:write", "checkout:write", "catalog:read", "value:read"]
desk = services.create_api_key(name="desk", kind="secret", channel=web, scopes=scopes, now=now)[1]
for sku, variant, location in json.loads(%(goods)r):
    inventory.adjust(location=UUID(location), variant=UUID(variant), quantity=10**9, note="plenty", reference=uuid7(), actor=None, now=now)
settings.put("value.points_earned", 1)
def card():
    return issue_gift_card(amount=%(amount)d, currency="EUR", reference=uuid7(), line=0, customer=None, actor=None, now=now).code
people = list({one.customer_id: {"customer": str(one.customer_id), "ship_to": str(one.id)} for one in Address.objects.order_by("id")}.values())
till = Till.objects.filter(store__code="northside").order_by("-number").first()
print(json.dumps({"desk": desk, "cards": [card() for _ in range(%(cards)d)], "people": people,
    "till": pos.create_enrolment_code(till=till, actor=None, now=now), "cashier": str(User.objects.get(username="carla").pk)}))
"""
# Whole pieces that the web shop sends, of which there is some already, so that their levels stand.
GOODS = """
select distinct on (v.sku) v.sku, v.id::text, l.location_id::text from catalog_variant v join inventory_level l on l.variant_id = v.id
    join inventory_source s on s.location_id = l.location_id join org_channel c on c.id = s.channel_id
    join inventory_location p on p.id = l.location_id join catalog_product g on g.id = v.product_id
    join catalog_price pr on pr.variant_id = v.id and pr.currency = 'EUR' and pr.amount between 100 and 5000
where c.code = 'web' and p.ships and v.sold_by = 'each' and v.archived_at is null and g.status = 'active' and not g.tracks_serials
    and not g.tracks_lots and g.age_limit is null and l.on_hand > 0
order by v.sku, l.on_hand desc limit 40
"""
Json = dict[str, Any]


@dataclass
class World:
    """What the clients may use, made before the first kill."""

    port: int
    skus: list[str]
    desk: str
    cards: list[str]
    people: list[Json]
    till: str
    cashier: str

    @classmethod
    def made(cls, stack: Stack) -> "World":
        with psycopg.connect(stack.settings["DATABASE_URL"]) as database:
            goods = [list(row) for row in database.execute(GOODS).fetchall()]
        assert len(goods) >= 10, f"only {len(goods)} kinds of goods to be sold on the web"
        script = SET_UP % {"goods": json.dumps(goods), "amount": ON_CARD, "cards": SHOPPERS}
        told = json.loads(stack.manage("shell", "-v", "0", "-c", script).splitlines()[-1])
        return cls(port=stack.port, skus=[sku for sku, *_ in goods], **told)


@dataclass
class Shopper:
    """One thread: buys in every way there is, and is sometimes sorry for it."""

    world: World
    line: Line
    card: str
    # A customer has one cart: nobody else buys in this name.
    person: Json

    @property
    def chance(self) -> random.Random:
        return self.line.chance

    def step(self) -> None:
        buys = self.chance.choice((self.at_once, self.at_once, self.step_by_step))
        placed = buys()
        if placed is not None:
            self.afterwards(placed)

    def ask(self, method: str, path: str, body: Any = None, what: str = "", **headers: str) -> Answered:
        return self.line.ask(method, WEB + path, body, what=what, X_API_Key=self.world.desk, **headers)

    def goods(self) -> list[Json]:
        return [{"sku": sku, "quantity": 1000 * self.chance.randint(1, 3)} for sku in self.chance.sample(self.world.skus, self.chance.randint(1, 3))]

    def at_once(self) -> Json | None:
        """All in one request; what it costs is what the first answer says it does."""
        wanted = {"lines": self.goods(), "delivery": {"kind": "ship", "option": "parcel"}, **self.person}
        shown = self.ask("POST", "/checkouts", {**wanted, "agreed_total": 0, "tenders": []}, "look").told
        if shown.get("code") != "price_changed":
            raise AssertionError(f"asked for the price: {shown}")
        total = shown["total"]
        return self.placed(self.ask("POST", "/checkouts", {**wanted, "agreed_total": total, "tenders": self.tenders(total)}, "checkout"), total)

    def step_by_step(self) -> Json | None:
        cart = self.ask("POST", "/carts", {"lines": self.goods()}, "cart").told
        path = f"/carts/{cart['id']}"
        self.put(f"{path}/customer", self.person, "cart_customer")
        total = self.put(f"{path}/delivery", {"delivery": {"kind": "ship", "option": "parcel"}}, "cart_delivery")["totals"]["total"]
        return self.placed(self.ask("POST", f"{path}/orders", {"agreed_total": total, "tenders": self.tenders(total)}, "cart_order"), total)

    def put(self, path: str, body: Json, what: str) -> Json:
        """Asked anew while somebody else was faster: an earlier cart of the same person opens again in the moment its payment is found to
        have failed, whoever finds it."""
        for _ in range(5):
            answered = self.ask("PUT", path, body, what)
            if answered.status != 409 or answered.told["code"] != "cart_changed":
                break
        assert answered.status == 200, f"{what}: {answered.status} {answered.told}"
        told: Json = answered.told
        return told

    def tenders(self, total: int) -> list[Json]:
        card = {"kind": "card", "backend": "simulator", "token": self.chance.choice(CARDS)}
        match self.chance.choice(("transfer", "gift_card", "card", "card", "split")):
            case "transfer":
                return [{"kind": "transfer", "amount": total}]
            case "gift_card":
                return [{"kind": "gift_card", "amount": total, "code": self.card}]
            case "card":
                return [{**card, "amount": total}]
        part = max(1, total // 3)
        return [{"kind": "gift_card", "amount": part, "code": self.card}, {**card, "amount": total - part}]

    def placed(self, answered: Answered, total: int) -> Json | None:
        told: Json = answered.told
        if answered.status == 201:
            assert told["total"] == total, f"agreed {total}, told {told}"
            return told
        assert answered.status == 402, f"{answered.what}: {answered.status} {told}"
        return None

    def afterwards(self, placed: Json) -> None:
        """Cancelled, changed, or handed over and brought back; most stay as they are."""
        match self.chance.choices(("stays", "cancel", "edit", "return"), (5, 2, 1, 2))[0]:
            case "cancel":
                self.act(placed, "cancellations", reason="customer")
            case "edit":
                self.act(placed, "edits", changes=[{"sku": self.chance.choice(self.world.skus), "quantity": 1000}])
            case "return" if placed["status"] == "paid" and self.act(placed, "hand-overs") is not None:
                self.brings_back(placed)

    def act(self, placed: Json, what: str, **given: Any) -> Json | None:
        """None: refused, since it stands otherwise by now."""
        shown = self.ask("GET", f"/orders/{placed['id']}").told
        done = self.ask("POST", f"/orders/{placed['id']}/{what}", {"version": shown["version"], **given}, what)
        assert done.status in (201, 409), f"{what}: {done.status} {done.told}"
        return done.told if done.status == 201 else None

    def brings_back(self, placed: Json) -> None:
        shown = self.ask("GET", f"/orders/{placed['id']}").told
        line = next(one for one in shown["lines"] if one["kind"] == "goods")
        wanted = {"lines": [{"position": line["position"], "quantity": 1000, "reason": "unwanted"}]}
        back = self.ask("POST", f"/orders/{placed['id']}/returns", wanted, "return")
        assert back.status == 201, f"return: {back.status} {back.told}"


@dataclass
class Counter:
    """One till of paper, real keys and a real chain: it rings up sales and hands its entries in, the same ones until they are taken."""

    till: PaperTill
    items: list[Json]
    chance: random.Random
    feed: Json
    papers: list[Paper] = field(default_factory=list)

    @classmethod
    def opened(cls, world: World, line: Line) -> "Counter":
        def send(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
            told = line.ask(method, path, body, what="till", **headers)
            return told.status, told.told

        till = PaperTill(send, cashier=UUID(world.cashier), clock=datetime.now(UTC))
        till.enrol(world.till)
        status, feed = till.get(f"{WEB}/till/catalogue")
        assert status == 200, feed
        till.open()
        till.deliver()
        items = [item for item in feed["items"] if item["sku"] in world.skus]
        return cls(till=till, items=items, chance=line.chance, feed=feed)

    def step(self) -> None:
        self.till.clock = datetime.now(UTC)
        entries = [self._sale() for _ in range(self.chance.randint(1, 3))]
        self._taken(self.till.deliver(entries))

    def close(self) -> None:
        self.till.clock = datetime.now(UTC)
        self._taken(self.till.deliver([self.till.close(counted=15_000 + sum(paper.total for paper in self.papers))]))

    def _sale(self) -> dict[str, str]:
        entry = self.till.ring(self.feed, self.chance.sample(self.items, self.chance.randint(1, 3)))
        body = json.loads(entry["text"])["body"]
        # Whoever stands at the counter has it in hand before anybody else hears of it.
        self.papers.append(Paper(receipt=body["receipt"], total=body["total"], copy=False))
        return entry

    def _taken(self, results: list[Json]) -> None:
        assert all(result["status"] in TAKEN for result in results), f"till: {results}"

    @property
    def entries(self) -> list[Json]:
        return [{**json.loads(entry["text"]), **entry} for entry in self.till.entries]


@dataclass
class Load:
    """All clients, each a thread of its own, until they are told to stop; each ends what it has begun."""

    book: Book
    steps: list[Callable[[], None]]
    failed: list[str] = field(default_factory=list)
    _enough: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> "Load":
        self._threads = [threading.Thread(target=self._go, args=(step,), daemon=True) for step in self.steps]
        for thread in self._threads:
            thread.start()
        return self

    def _go(self, step: Callable[[], None]) -> None:
        while not self._enough.is_set():
            try:
                step()
            except GivenUp as error:
                self.failed.append(str(error))
                return
            except (AssertionError, KeyError, StopIteration, TypeError) as error:
                self.failed.append(f"{type(error).__name__}: {error}"[:600])

    def stop(self) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()


def shoppers(world: World, *, seed: int, book: Book) -> list[Callable[[], None]]:
    return [
        Shopper(world=world, line=Line(port=world.port, book=book, chance=random.Random(f"{seed} shopper {number}")), card=card, person=person).step
        for number, (card, person) in enumerate(zip(world.cards, world.people, strict=False))
    ]
