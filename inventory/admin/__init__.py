"""Stock in the back office: what is where, why it is that many, and what people do about it."""

from inventory.admin import documents, levels, movements, places, recalls, tasks

__all__ = ["documents", "levels", "movements", "places", "recalls", "tasks"]
