"""The stock ledger: movements are facts, levels are their sum. Quantities are integer thousandths of the variant's unit."""

from inventory.models.documents import Document, DocumentLine, ItemCost, Pack
from inventory.models.ledger import Level, LevelChange, Movement
from inventory.models.places import Location, Source
from inventory.models.promises import Component, Policy, Reservation
from inventory.models.tracking import Lot, LotLevel, Recall, Serial, Task

__all__ = [
    "Component",
    "Document",
    "DocumentLine",
    "ItemCost",
    "Level",
    "LevelChange",
    "Location",
    "Lot",
    "LotLevel",
    "Movement",
    "Pack",
    "Policy",
    "Recall",
    "Reservation",
    "Serial",
    "Source",
    "Task",
]
