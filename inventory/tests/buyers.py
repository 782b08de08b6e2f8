"""Many who want the same few goods at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from django.db import connection

from inventory import services
from inventory.models import Level, Movement, Reservation
from inventory.services import Hold, OutOfStock, Take
from kernel.ids import uuid7
from org.tests.cast import NOW

LATER = NOW + timedelta(minutes=15)


def rush(shops, *, buyers, at_once, buy, travel=lambda: None):
    """For each shop `buyers` call buy(shop, n), `at_once` of them at a time, each lane on its own connection all through.
    What came of it, shop by shop: how often "bought", how often "out", and everything else by name."""
    start = Barrier(at_once, timeout=120)

    def lane(number):
        travel()
        try:
            connection.ensure_connection()
            outcomes = []
            for shop in shops:
                start.wait()
                outcomes.append([_outcome(buy, shop, n) for n in range(number, buyers, at_once)])
            return outcomes
        finally:
            connection.close()

    with ThreadPoolExecutor(at_once) as threads:
        lanes = list(threads.map(lane, range(at_once)))
    return [Counter(outcome for of_lane in lanes for outcome in of_lane[number]) for number in range(len(shops))]


def _outcome(buy, shop, n):
    try:
        buy(shop, n)
        return "bought"
    except OutOfStock as refused:
        return "out" if _told(refused.left) else f"out with {refused.left}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _told(left):
    """One line is told of less than it asked for; of several on the same goods each may be there, and not all."""
    return bool(left) and min(one.left for one in left) >= 0 and (len(left) > 1 or left[0].left < left[0].asked)


def holds_one(place):
    def buy(variant, n):
        hold = Hold(location=place, variant=variant, quantity=1_000, line=1)
        services.reserve(holds=[hold], reference=uuid7(), kind="cart", expires_at=LATER, now=NOW)

    return buy


def buys_one(place):
    def buy(variant, n):
        services.sell(lines=[Take(location=place, variant=variant, quantity=1_000, reference=uuid7(), line=1, occurred_at=NOW)], now=NOW)

    return buy


def unsound():
    """Levels that are not what movements and open reservations add up to: empty when all is well."""
    moved, held = Counter(), Counter()
    for variant, location, quantity in Movement.objects.values_list("variant_id", "location_id", "quantity"):
        moved[variant, location] += quantity
    for variant, location, quantity in Reservation.objects.filter(state="open").values_list("variant_id", "location_id", "quantity"):
        held[variant, location] += quantity
    levels = Level.objects.values_list("variant_id", "location_id", "on_hand", "reserved")
    return [row for row in levels if row[2:] != (moved[row[:2]], held[row[:2]])]


def overpromised():
    return [level for level in Level.objects.filter(reserved__gt=0) if level.reserved > level.on_hand - level.safety + level.ahead]
