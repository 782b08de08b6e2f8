"""Prices in the back office: lists, changes and who approves them, the days to come, markdowns."""

from catalog.admin.prices import changes, lists, stickers

__all__ = ["changes", "lists", "stickers"]
