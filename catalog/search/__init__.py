"""One search for staff, web shops and tills: words in several languages, typos, codes, facets with counts.

refresh, rebuild   what is known of products, written after they changed
"""

from catalog.search.entries import rebuild, refresh

__all__ = ["rebuild", "refresh"]
