"""What is where, what may be promised of it, and how it came to be so. Quantities are integer thousandths."""

from inventory.queries.changes import Change, Moved, Wanted, changes, movements
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
    "Change",
    "Difference",
    "Free",
    "Held",
    "Miscount",
    "Moved",
    "Only",
    "Part",
    "Sold",
    "Step",
    "Stock",
    "Timeline",
    "TimelineEntry",
    "Wanted",
    "Why",
    "availability",
    "available",
    "below_zero",
    "changes",
    "count_below_zero",
    "held",
    "levels",
    "locations",
    "miscount",
    "movements",
    "newer",
    "promise",
    "reconcile",
    "sold",
    "sources",
    "steps",
    "stock",
    "timeline",
    "whole_timeline",
    "why",
]
