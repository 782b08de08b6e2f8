"""One search for staff, web shops and tills: words in several languages, typos, codes, facets with counts.

selection          a statement that yields the products that were asked for, in order
facets, total      how many there are of each value, and in all
products, variants the same for lists of staff, which have their own order
record_miss        what nobody found
refresh, rebuild   what is known of products, written after they changed
"""

from catalog.search.asking import Asked
from catalog.search.choosing import Selection, selection
from catalog.search.counting import Facet, Value, facets, total
from catalog.search.entries import rebuild, refresh
from catalog.search.lists import best_products, products, variants
from catalog.search.misses import record_miss

__all__ = [
    "Asked",
    "Facet",
    "Selection",
    "Value",
    "best_products",
    "facets",
    "products",
    "rebuild",
    "record_miss",
    "refresh",
    "selection",
    "total",
    "variants",
]
