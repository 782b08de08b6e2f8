"""What is where, what may be promised of it, and how it came to be so. Quantities are integer thousandths."""

from inventory.queries.levels import (
    Available,
    Difference,
    Stock,
    availability,
    below_zero,
    count_below_zero,
    levels,
    locations,
    reconcile,
    stock,
)
from inventory.queries.timeline import Timeline, TimelineEntry, timeline

__all__ = [
    "Available",
    "Difference",
    "Stock",
    "Timeline",
    "TimelineEntry",
    "availability",
    "below_zero",
    "count_below_zero",
    "levels",
    "locations",
    "reconcile",
    "stock",
    "timeline",
]
