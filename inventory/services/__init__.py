"""What can happen to stock. Each call that moves or promises goods locks levels in one order for everybody: make one of them a transaction."""

from inventory.services.moving import Move, NothingMoved, Shortage, Take, adjust, correct, move, open_stock, take
from inventory.services.places import (
    LocationCodeTaken,
    LocationPromised,
    LocationThere,
    NoSellingLocation,
    UnknownLocation,
    WrongHours,
    WrongLocation,
    add_location,
    archive_location,
    change_location,
    create_location,
    restore_location,
    selling_location,
    set_sources,
)
from inventory.services.telling import record_shortages, tell_levels

__all__ = [
    "LocationCodeTaken",
    "LocationPromised",
    "LocationThere",
    "Move",
    "NoSellingLocation",
    "NothingMoved",
    "Shortage",
    "Take",
    "UnknownLocation",
    "WrongHours",
    "WrongLocation",
    "add_location",
    "adjust",
    "archive_location",
    "change_location",
    "correct",
    "create_location",
    "move",
    "open_stock",
    "record_shortages",
    "restore_location",
    "selling_location",
    "set_sources",
    "take",
    "tell_levels",
]
