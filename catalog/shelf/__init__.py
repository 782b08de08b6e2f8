"""The shelf: one card for each product a channel shows, ready to be sent, and a version that moves with every change of them.

refresh   makes the cards of some products anew, in every channel: what the events of the catalogue call
turn      does what time alone brings: windows that open or close
rebuild   drops a channel's cards and makes them all (manage.py rebuild_shelf)
Fast-moving stock is not on it.
"""

from catalog.shelf.keeping import hold, keep, rebuild, refresh, turn
from catalog.shelf.reading import STATE, Read, read, standing

__all__ = ["STATE", "Read", "hold", "keep", "read", "rebuild", "refresh", "standing", "turn"]
