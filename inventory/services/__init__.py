"""What can happen to stock. Each call that moves or promises goods locks levels in one order for everybody: make one of them a transaction."""

from inventory.services.moving import Move, NothingMoved, Shortage, Take, adjust, correct, move, open_stock, take
from inventory.services.places import NoSellingLocation, create_location, selling_location

__all__ = [
    "Move",
    "NoSellingLocation",
    "NothingMoved",
    "Shortage",
    "Take",
    "adjust",
    "correct",
    "create_location",
    "move",
    "open_stock",
    "selling_location",
    "take",
]
