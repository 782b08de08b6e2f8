"""Stock in the back office: what is where, why it is that many, and what people do about it."""

from inventory.admin import bundles, documents, levels, movements, packs, places, policies, recalls, tasks

__all__ = ["bundles", "documents", "levels", "movements", "packs", "places", "policies", "recalls", "tasks"]
