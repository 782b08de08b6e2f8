"""Stock as a person would keep it on paper, and a shop that is kept both ways and compared after every step."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import connection

from catalog.models import Variant
from inventory import services
from inventory.models import Location, Lot, Recall, Task
from inventory.services import Hold, Move, OutOfStock, ReservationDiffers, Take
from kernel.ids import uuid7
from org.tests.cast import NOW

GOODS, PLACES, CARTS = 4, 2, 4
# Goods 4 and 5 are bundles: number -> (component, thousandths), in their order.
BUNDLES = {4: ((0, 1_000), (1, 2_000)), 5: ((1, 500), (2, 1_000))}


@dataclass
class Shelf:
    on_hand: int = 0
    safety: int = 0
    ahead: int = 0
    recalls: int = 0


@dataclass
class Held:
    place: int
    item: int
    quantity: int
    kind: str
    expires: int | None
    state: str = "open"


@dataclass
class Paper:
    """Places, goods and carts are numbers, time is minutes."""

    shelves: dict = field(default_factory=dict)
    closed: set = field(default_factory=set)
    # (cart, line, part) -> what was ever held for it, the newest last.
    held: dict = field(default_factory=dict)
    moved: set = field(default_factory=set)
    minute: int = 0

    def shelf(self, place, item):
        return self.shelves.setdefault((place, item), Shelf())

    def open(self, cart=None):
        return {key: rows[-1] for key, rows in self.held.items() if rows[-1].state == "open" and cart in (None, key[0])}

    def reserved(self, place, item):
        return sum(row.quantity for row in self.open().values() if (row.place, row.item) == (place, item))

    def free(self, place, item):
        shelf = self.shelves.get((place, item))
        if shelf is None or shelf.recalls or place in self.closed:
            return 0
        return shelf.on_hand - self.reserved(place, item) - shelf.safety + shelf.ahead

    def parts(self, lines):
        """(line, part, place, item, needed, of a bundle: how much of it is in one) for every line (line, place, item, quantity)."""
        for line, place, item, quantity in lines:
            if item not in BUNDLES:
                yield line, 0, place, item, quantity, None
            for part, (component, per) in enumerate(BUNDLES.get(item, ()), start=1):
                yield line, part, place, component, -(-quantity * per // 1000), per

    def gate(self, lines, parts):
        """What is left for the lines that ask too much, by line; empty: all may pass."""
        wanted = Counter()
        for _, _, place, item, needed, _ in parts:
            wanted[place, item] += needed
        left = {}
        for line, _, place, item, _, per in parts:
            free = max(self.free(place, item), 0)
            left.setdefault(line, []).append((free if per is None else free * 1000 // per, wanted[place, item] > self.free(place, item)))
        asked = {line: quantity for line, _, _, quantity in lines}
        return [(line, asked[line], min(n for n, _ in found)) for line, found in sorted(left.items()) if any(short for _, short in found)]

    def reserve(self, cart, lines, kind, expires):
        parts = list(self.parts(lines))
        mine = {key[1:]: row for key, row in self.open(cart).items() if key[1] in {line for line, *_ in lines}}
        asked = {(line, part): (place, item, needed) for line, part, place, item, needed, _ in parts}
        if any(asked.get(key) != (row.place, row.item, row.quantity) for key, row in mine.items()):
            return "differs"
        fresh = [part for part in parts if part[:2] not in mine]
        if short := self.gate(lines, fresh):
            return short
        for row in mine.values():
            if row.kind == "cart":
                row.kind, row.expires = kind, expires
        for line, part, place, item, needed, _ in fresh:
            self.held.setdefault((cart, line, part), []).append(Held(place, item, needed, kind, expires))
        return "held"

    def end(self, rows, state):
        for row in rows:
            row.state = state

    def release(self, cart, lines):
        rows = {key: row for key, row in self.open(cart).items() if lines is None or key[1] in lines}
        self.end(rows.values(), "released")
        return len({key[1] for key in rows})

    def confirm(self, cart):
        newest = {key: rows[-1] for key, rows in self.held.items() if key[0] == cart and rows[-1].state in ("open", "expired")}
        lines = [(key, row.place, row.item, row.quantity) for key, row in newest.items() if row.state == "expired"]
        short = self.gate(lines, [(key, 0, place, item, quantity, None) for key, place, item, quantity in lines])
        if short:
            return sorted((key[1], asked, left) for key, asked, left in short)
        for key, row in newest.items():
            if row.state == "open":
                row.kind, row.expires = "order", None
            else:
                self.held[key].append(Held(row.place, row.item, row.quantity, "order", None))
        return len({key[1] for key in newest})

    def leave(self, cart):
        rows = self.open(cart)
        moved = [(("held", cart), key[1], key[2], row.place, row.item, row.quantity) for key, row in rows.items()]
        self.end(rows.values(), "taken")
        return self.move_out(moved)

    def take(self, sale, lines):
        return self.move_out([(("sale", sale), line, part, place, item, needed) for line, part, place, item, needed, _ in self.parts(lines)])

    def move_out(self, moves):
        """What is below zero afterwards among what moved; the same sale, line and part moves once."""
        touched = set()
        for sale, line, part, place, item, quantity in moves:
            if (sale, line, part) not in self.moved:
                self.moved.add((sale, line, part))
                self.shelf(place, item).on_hand -= quantity
                touched.add((place, item))
        return sorted((*key, self.shelves[key].on_hand) for key in touched if self.shelves[key].on_hand < 0)

    def sell(self, sale, lines):
        fresh = [part for part in self.parts(lines) if (("sale", sale), *part[:2]) not in self.moved]
        short = self.gate(lines, fresh)
        if not short:
            self.take(sale, lines)
        return short or "sold"

    def expire(self):
        rows = [row for row in self.open().values() if row.expires is not None and row.expires <= self.minute]
        self.end(rows, "expired")
        return len(rows)

    def levels(self):
        reserved = Counter()
        for row in self.open().values():
            reserved[row.place, row.item] += row.quantity
        return {
            key: (shelf.on_hand, reserved[key], shelf.safety, shelf.ahead, shelf.recalls)
            for key, shelf in self.shelves.items()
            if shelf != Shelf() or reserved[key]
        }


STATE = """
select json_build_array(
    (select coalesce(json_agg(json_build_array(location_id, variant_id, on_hand, reserved, safety, ahead, blocked)), '[]') from inventory_level
     where (on_hand, reserved, safety, ahead, blocked) <> (0, 0, 0, 0, 0)),
    (select coalesce(json_agg(json_build_array(reference, line, part, location_id, variant_id, quantity, kind, expires_at is null)), '[]')
     from inventory_reservation where state = 'open'),
    (select coalesce(json_agg(json_build_array(location_id, variant_id)), '[]') from inventory_task where kind = 'negative' and done_at is null)
)
"""


class Shop:
    """Keeps stock in the database and on paper; every step asserts that both say the same."""

    def __init__(self, room):
        self.paper = Paper()
        self.places = [room.northside, room.riverside]
        product = Variant.objects.get(id=room.variants[0]).product
        made = Variant.objects.bulk_create([Variant(product=product, sku=f"PAPER-{n}-{uuid7()}") for n in range(GOODS + len(BUNDLES))])
        self.variants = [variant.id for variant in made]
        for bundle, components in BUNDLES.items():
            services.bundle_of(bundle=self.variants[bundle], components=[(self.variants[n], per) for n, per in components])
        self.carts = [uuid7() for _ in range(CARTS)]
        self.sales, self.asked, self.recalls = {}, {}, {}
        for place in range(PLACES):
            services.open_stock(location=self.places[place], quantities=dict.fromkeys(self.variants[:GOODS], 6_000), reference=uuid7(), now=NOW)
            for item in range(GOODS):
                self.paper.shelf(place, item).on_hand = 6_000

    def now(self):
        return NOW + timedelta(minutes=self.paper.minute)

    # What can happen; numbers for places, goods and carts.

    def receive(self, place, item, quantity):
        move = Move(location=self.places[place], variant=self.variants[item], quantity=quantity, cause="receipt", reference=uuid7(), occurred_at=NOW)
        services.move(movements=[move], now=self.now())
        self.paper.shelf(place, item).on_hand += quantity
        self.compare()

    def count(self, place, item, counted):
        try:
            services.correct(
                location=self.places[place], variant=self.variants[item], counted=counted, note="", reference=uuid7(), actor=None, now=self.now()
            )
        except services.NothingMoved:
            assert self.paper.shelf(place, item).on_hand == counted
        self.paper.shelf(place, item).on_hand = counted
        self.compare()

    def policy(self, place, item, safety, ahead):
        services.set_policy(
            location=self.places[place], variant=self.variants[item], safety=safety, ahead=ahead, ahead_kind="backorder" if ahead else ""
        )
        shelf = self.paper.shelf(place, item)
        shelf.safety, shelf.ahead = safety, ahead
        self.compare()

    def recall(self, place, item):
        """Once for each level; the second time the first is dealt with."""
        shelf = self.paper.shelf(place, item)
        if task := self.recalls.pop((place, item), None):
            Task.objects.filter(id=task).update(done_at=self.now())
            shelf.recalls -= 1
        else:
            lot = Lot.objects.create(variant_id=self.variants[item], code=str(uuid7())[-20:], made_at=NOW)
            recall = Recall.objects.create(lot=lot, reason="glass", made_at=NOW)
            task = Task.objects.create(kind="recall", location_id=self.places[place], variant_id=self.variants[item], recall=recall)
            self.recalls[place, item] = task.id
            shelf.recalls += 1
        self.compare()

    def close(self, place):
        self.paper.closed ^= {place}
        Location.objects.filter(id=self.places[place]).update(archived_at=NOW if place in self.paper.closed else None)
        self.compare()

    def wait(self, minutes):
        self.paper.minute += minutes

    def reserve(self, cart, lines, kind, minutes):
        """lines: (place, item, quantity)"""
        self.asked[cart] = (lines, kind, minutes)
        lines = [(n, *line) for n, line in enumerate(lines)]
        expires = None if kind == "order" else self.paper.minute + minutes
        expected = self.paper.reserve(cart, lines, kind, expires)
        holds = [Hold(location=self.places[place], variant=self.variants[item], quantity=quantity, line=n) for n, place, item, quantity in lines]
        until = None if expires is None else NOW + timedelta(minutes=expires)
        self.told(
            expected,
            "held",
            lambda: services.reserve(holds=holds, reference=self.carts[cart], kind=kind, expires_at=until, now=self.now()),
        )

    def hold_again(self, cart):
        """What the cart asked for last, as it was."""
        if cart in self.asked:
            self.reserve(cart, *self.asked[cart])

    def release(self, cart, lines):
        assert services.release(reference=self.carts[cart], lines=lines, now=self.now()) == self.paper.release(cart, lines)
        self.compare()

    def confirm(self, cart):
        expected = self.paper.confirm(cart)
        self.told(expected, expected, lambda: services.confirm(reference=self.carts[cart], now=self.now()))

    def leave(self, cart):
        short = services.take_reserved(reference=self.carts[cart], occurred_at=NOW, actor=None, now=self.now())
        assert self.shortages(short) == self.paper.leave(cart)
        self.compare()

    def expire(self):
        assert services.expire(now=self.now()) == self.paper.expire()
        self.compare()

    def take(self, sale, lines):
        lines = [(n, *line) for n, line in enumerate(lines)]
        assert self.shortages(services.take(lines=self.takes(sale, lines), now=self.now())) == self.paper.take(sale, lines)
        self.compare()

    def sell(self, sale, lines):
        lines = [(n, *line) for n, line in enumerate(lines)]
        self.told(self.paper.sell(sale, lines), "sold", lambda: services.sell(lines=self.takes(sale, lines), now=self.now()))

    # How both are compared.

    def takes(self, sale, lines):
        reference = self.sales.setdefault(sale, uuid7())
        return [
            Take(location=self.places[place], variant=self.variants[item], quantity=quantity, reference=reference, line=n, occurred_at=NOW)
            for n, place, item, quantity in lines
        ]

    def told(self, expected, fine, call):
        try:
            answer = call()
            outcome = fine if answer is None else answer
        except OutOfStock as refused:
            outcome = sorted((one.line, one.asked, one.left) for one in refused.left)
        except ReservationDiffers:
            outcome = "differs"
        assert outcome == expected
        self.compare()

    def shortages(self, short):
        return sorted((self.places.index(one.location), self.variants.index(one.variant), one.on_hand) for one in short)

    def compare(self):
        with connection.cursor() as cursor:
            cursor.execute(STATE)
            levels, held, tasks = cursor.fetchone()[0]
        place, item = (lambda id: self.places.index(UUID(id))), (lambda id: self.variants.index(UUID(id)))
        assert {(place(row[0]), item(row[1])): tuple(row[2:]) for row in levels} == self.paper.levels()
        assert {(self.carts.index(UUID(row[0])), row[1], row[2]): (place(row[3]), item(row[4]), *row[5:]) for row in held} == {
            key: (row.place, row.item, row.quantity, row.kind, row.expires is None) for key, row in self.paper.open().items()
        }
        below = {key for key, shelf in self.paper.shelves.items() if shelf.on_hand < 0}
        assert {(place(row[0]), item(row[1])) for row in tasks} == below
