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
from inventory.queries.promises import Free, available, promise, sources
from inventory.queries.reasons import Held, Miscount, Part, Sold, Step, Why, held, miscount, sold, steps, why
from inventory.queries.timeline import Only, Timeline, TimelineEntry, newer, timeline, whole_timeline

__all__ = [
    "Available",
    "Difference",
    "Free",
    "Held",
    "Miscount",
    "Only",
    "Part",
    "Sold",
    "Step",
    "Stock",
    "Timeline",
    "TimelineEntry",
    "Why",
    "availability",
    "available",
    "below_zero",
    "count_below_zero",
    "held",
    "levels",
    "locations",
    "promise",
    "miscount",
    "newer",
    "reconcile",
    "sources",
    "sold",
    "steps",
    "stock",
    "timeline",
    "whole_timeline",
    "why",
]
