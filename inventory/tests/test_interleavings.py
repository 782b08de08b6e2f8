"""The critical pairs, in every order in which their statements can meet: what comes of it is always what one after the other would give."""

from datetime import timedelta

import pytest

from catalog.models import Product, Variant
from inventory import services
from inventory.models import Level, Reservation, Task
from inventory.services import Hold, Take, patience
from inventory.tests.buyers import LATER, overpromised, unsound
from inventory.tests.interleaving import orders, together
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from org.tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_is_tried_again(monkeypatch):
    monkeypatch.setattr(patience, "PASSING", frozenset())


class Stage:
    """Goods of its own for each run: three variants with 3 each, a cart that holds 2 of the first, one that holds 1 of the second and is over."""

    def __init__(self, room, product, number):
        self.place = room.northside
        self.variants = product(number)
        services.open_stock(location=self.place, quantities=dict.fromkeys(self.variants, 3_000), reference=uuid7(), now=NOW)
        self.cart, self.over, self.other = uuid7(), uuid7(), uuid7()
        self.reserve(self.cart, (0, 2_000))
        self.reserve(self.over, (1, 1_000), until=NOW)

    def reserve(self, reference, *lines, until=LATER):
        holds = [Hold(location=self.place, variant=self.variants[n], quantity=quantity, line=line) for line, (n, quantity) in enumerate(lines)]
        return services.reserve(holds=holds, reference=reference, kind="cart", expires_at=until, now=NOW)

    def _takes(self, lines, reference=None):
        reference = reference or uuid7()
        return [
            Take(location=self.place, variant=self.variants[n], quantity=quantity, reference=reference, line=line, occurred_at=NOW)
            for line, (n, quantity) in enumerate(lines)
        ]

    def take(self, *lines, reference=None):
        return sorted(short.on_hand for short in services.take(lines=self._takes(lines, reference), now=NOW))

    def sell(self, *lines, reference=None):
        return services.sell(lines=self._takes(lines, reference), now=NOW)

    def release(self):
        return services.release(reference=self.cart, now=NOW)

    def confirm(self, reference):
        return services.confirm(reference=reference, now=NOW)

    def take_reserved(self):
        return [short.on_hand for short in services.take_reserved(reference=self.cart, occurred_at=NOW, actor=None, now=NOW)]

    def expire(self):
        return services.expire(now=NOW)

    def count(self, n, counted):
        return services.correct(location=self.place, variant=self.variants[n], counted=counted, note="", reference=uuid7(), actor=None, now=NOW)

    def state(self):
        names = {self.cart: "cart", self.over: "over", self.other: "other"}
        levels = dict(Level.objects.filter(variant__in=self.variants).values_list("variant_id", "reserved"))
        on_hand = dict(Level.objects.filter(variant__in=self.variants).values_list("variant_id", "on_hand"))
        held = Reservation.objects.filter(variant__in=self.variants).values_list("reference", "line", "quantity", "kind", "state", "expires_at")
        return (
            [(on_hand.get(variant), levels.get(variant)) for variant in self.variants],
            sorted((names.get(row[0], "?"), *row[1:5], str(row[5])) for row in held),
            Task.objects.filter(variant__in=self.variants, done_at=None).count(),
        )


# first, second, and whether more may be promised than is there afterwards: a till sells what is promised too.
PAIRS = {
    "take, take": (lambda s: s.take((0, 2_000), (1, 1_000)), lambda s: s.take((1, 2_000), (0, 1_000)), True),
    "the same sale twice": (
        lambda s: s.take((0, 2_000), (1, 1_000), reference=s.other),
        lambda s: s.take((0, 2_000), (1, 1_000), reference=s.other),
        True,
    ),
    "take, expire": (lambda s: s.take((1, 3_000), (0, 1_000)), lambda s: s.expire(), True),
    "take, count": (lambda s: s.take((0, 1_000), (1, 1_000)), lambda s: s.count(0, 2_000), True),
    "count, count": (lambda s: s.count(0, 2_000), lambda s: s.count(0, 1_000), True),
    "first count, first count": (lambda s: s.count(3, 2_000), lambda s: s.count(3, 1_000), False),
    "take, reserve": (lambda s: s.take((0, 1_000)), lambda s: s.reserve(s.other, (0, 1_000)), True),
    "reserve, reserve the last": (lambda s: s.reserve(s.other, (0, 1_000)), lambda s: s.reserve(uuid7(), (0, 1_000)), False),
    "reserve, reserve in opposite order": (
        lambda s: s.reserve(s.other, (0, 1_000), (2, 2_000)),
        lambda s: s.reserve(uuid7(), (2, 2_000), (0, 1_000)),
        False,
    ),
    "the same cart twice": (
        lambda s: s.reserve(s.other, (0, 1_000), (2, 3_000)),
        lambda s: s.reserve(s.other, (0, 1_000), (2, 3_000)),
        False,
    ),
    "the same line with other contents": (lambda s: s.reserve(s.other, (0, 1_000)), lambda s: s.reserve(s.other, (2, 1_000)), False),
    "reserve, release": (lambda s: s.reserve(s.other, (0, 3_000)), lambda s: s.release(), False),
    "reserve again, release": (lambda s: s.reserve(s.cart, (0, 2_000)), lambda s: s.release(), False),
    "reserve, expire": (lambda s: s.reserve(s.other, (1, 3_000)), lambda s: s.expire(), False),
    "reserve again, expire": (
        lambda s: s.reserve(s.over, (1, 1_000), until=LATER + timedelta(minutes=1)),
        lambda s: s.expire(),
        False,
    ),
    "confirm, expire": (lambda s: s.confirm(s.over), lambda s: s.expire(), False),
    "confirm, release": (lambda s: s.confirm(s.cart), lambda s: s.release(), False),
    "confirm, confirm": (lambda s: s.confirm(s.cart), lambda s: s.confirm(s.cart), False),
    "leave, release": (lambda s: s.take_reserved(), lambda s: s.release(), False),
    "leave, leave": (lambda s: s.take_reserved(), lambda s: s.take_reserved(), False),
    "leave, take": (lambda s: s.take_reserved(), lambda s: s.take((0, 1_000)), True),
    "expire, expire": (lambda s: s.expire(), lambda s: s.expire(), False),
    "sell, reserve": (lambda s: s.sell((0, 1_000), (1, 2_000)), lambda s: s.reserve(s.other, (1, 2_000), (0, 1_000)), False),
    "the same guarded sale twice": (
        lambda s: s.sell((0, 1_000), (2, 3_000), reference=s.other),
        lambda s: s.sell((0, 1_000), (2, 3_000), reference=s.other),
        False,
    ),
}


@pytest.fixture
def stage():
    return stages(stock_up(variants=0))


def stages(room):
    """Makes a stage, with goods of its own, each time it is called."""
    product = Product.objects.get()

    def variants(number):
        made = Variant.objects.bulk_create([Variant(product=product, sku=f"S{number}-{n}") for n in range(4)])
        return [variant.id for variant in made]

    numbers = iter(range(10_000))
    return lambda: Stage(room, variants, next(numbers))


def met(stage, first, second, order):
    at = stage()
    outcomes, steps = together(lambda: first(at), lambda: second(at), order)
    # What a batch passed by because the other had it in hand comes with the next one.
    services.expire(now=NOW)
    return (outcomes, at.state()), steps


def test_however_two_meet_it_is_as_one_after_the_other(stage):
    """One test for all pairs: emptying the database between them would take longer than they do."""
    for pair in PAIRS:
        assert_as_one_after_the_other(stage, pair)


def assert_as_one_after_the_other(stage, pair):
    first, second, beyond = PAIRS[pair]
    before = {level.id for level in overpromised()}
    one, steps = met(stage, first, second, [0] * 9)
    other, steps_turned = met(stage, first, second, [1] * 9)
    fine = [_but_batches(pair, result) for result in (one, other)]
    counts = [max(both) for both in zip(steps, steps_turned, strict=True)]
    for order in orders(*counts):
        result, _ = met(stage, first, second, order)
        assert _but_batches(pair, result) in fine, (pair, order, result, fine)
    assert unsound() == [], pair
    assert beyond or {level.id for level in overpromised()} <= before, pair


def _but_batches(pair, result):
    """How many a batch ended depends on what it passed by: not compared."""
    outcomes, state = result
    return ([outcome for outcome, name in zip(outcomes, pair.split(", "), strict=False) if name != "expire"] if "expire" in pair else outcomes, state)
