"""What may be promised to somebody, from facts that were read: pure rules, no database and no clock of their own."""

from inventory.promise.distance import Point, metres
from inventory.promise.hours import BadHours, Week, ready_at, week_of
from inventory.promise.telling import LOW, MOST_PLACES, Holding, Pickup, Place, Promise, promised

__all__ = [
    "LOW",
    "MOST_PLACES",
    "BadHours",
    "Holding",
    "Pickup",
    "Place",
    "Point",
    "Promise",
    "Week",
    "metres",
    "promised",
    "ready_at",
    "week_of",
]
